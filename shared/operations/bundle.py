"""What a support bundle is made of: a sync with all that stands around it, read and masked."""

from __future__ import annotations

import json
import platform
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from datetime import datetime
from importlib.metadata import PackageNotFoundError, version
from typing import Any
from urllib.parse import unquote, urlsplit

from shared.bundles import MASKED, NOT_MASKED, Bundle, Part
from shared.dates import iso_instant
from shared.health.machine import Machine
from shared.masking import masked, without_contacts
from shared.models import connections, daemons, facts, problems, sessions, syncs
from shared.models.store import Store
from shared.operations.connections import ConnectionView
from shared.operations.contracts.connections import APPLICATION, CONNECTION_DETAIL
from shared.operations.contracts.doctor import DIAGNOSIS
from shared.operations.contracts.records import PROBLEM
from shared.operations.contracts.syncs import MESSAGE, RECORD, SYNC
from shared.operations.describe.text import count
from shared.operations.health import Diagnosis
from shared.operations.health import view as examined
from shared.operations.syncs import Message, pretty
from shared.rules.values import Connection, Exchange, Outcome, Record, Sync
from shared.settings import Settings
from shared.structs import replace

MOST_RECORDS = 5000
MOST_ANSWER_CHARACTERS = 8_000_000
_LEAST_SECRET = 4  # anything shorter occurs by chance
_LOOKED_AT = (Outcome.FAILED, Outcome.PARKED)
_LIBRARIES = (
    *("textual", "twisted", "lxml", "peewee", "click", "libpass", "argon2-cffi"),
    *("pysqlite3", "psycopg"),
)


def view(store: Store, sync_id: int, settings: Settings, machine: Machine) -> Bundle:
    """Everything about a sync, masked; raises NotFound."""
    sync = syncs.get(sync_id)
    connection = None if sync.connection_id is None else connections.by_id(sync.connection_id)
    records = syncs.records(sync_id)
    parts = [
        _json("sync.json", "how the sync went", SYNC.of(sync)),
        _json("connection.json", "the connection's settings and company", _connection(connection)),
        _records(records),
        _problems(sync, records),
        *_calls(sessions.exchanges(sync_id)),
        _json("versions.json", "versions of everything that took part", _versions(store)),
        _json("doctor.json", "findings and settings", _diagnosis(store, settings, machine)),
    ]
    safe = [_without(_passwords(settings), part) for part in parts]
    now = store.now()
    return Bundle(sync_id, now, (_read_me(sync, now, safe), *safe))


def _read_me(sync: Sync, now: datetime, parts: Sequence[Part]) -> Part:
    lines = [
        f"Support bundle of sync {sync.id}, {sync.connection or 'unknown user name'}",
        f"Made by Deskbridge {version('deskbridge')} at {iso_instant(now)}.",
        "",
        MASKED,
        NOT_MASKED,
        "",
        "Inside:",
        *(f"  {part.name}: {part.holds} ({part.size_bytes:,} bytes)" for part in parts),
    ]
    told = masked("\n".join(lines))
    return Part("README.txt", "what is inside, and what is masked", f"{told}\n")


def _json(name: str, holds: str, value: Any) -> Part:
    return Part(name, holds, json.dumps(_masked_values(value), indent=2, ensure_ascii=False) + "\n")


def _masked_values(value: Any) -> Any:
    """The same value with every text in it masked, before quotes in it are escaped."""
    if isinstance(value, str):
        return masked(value)
    if isinstance(value, dict):
        return {key: _masked_values(inner) for key, inner in value.items()}
    return [_masked_values(inner) for inner in value] if isinstance(value, list) else value


def _without(secrets: Iterable[str], part: Part) -> Part:
    text = part.text
    for secret in secrets:
        text = text.replace(secret, "…")
    return replace(part, text=text)


def _passwords(settings: Settings) -> list[str]:
    """The database's password, as it is and as it stands in an address."""
    written = urlsplit(settings.database).password or ""
    return [text for text in {written, unquote(written)} if len(text) >= _LEAST_SECRET]


def _connection(connection: Connection | None) -> Any:
    """What is set and which company it is; no user names, which are half of a login."""
    if connection is None:
        return None
    applications = connections.applications(connection.id)
    held = ConnectionView(connection, applications, open_problems=0)
    found = CONNECTION_DETAIL.of(held)
    secret = ("username", "owner_id", "file_id")
    found["applications"] = [_but(APPLICATION.of(one), *secret) for one in applications]
    return _but(found, "open_problems", "payments_held")


def _but(value: Mapping[str, Any], *names: str) -> dict[str, Any]:
    return {key: inner for key, inner in value.items() if key not in names}


def _records(records: Sequence[Record]) -> Part:
    """What failed comes first, so that it is there whatever is cut off."""
    ordered = sorted(records, key=lambda one: one.outcome not in _LOOKED_AT)
    told = count(len(records), "record")
    if len(records) > MOST_RECORDS:
        told = f"the first {MOST_RECORDS:,} of {told}"
    listed = [RECORD.of(one) for one in ordered[:MOST_RECORDS]]
    return _json("records.json", f"{told}, failed ones first", listed)


def _problems(sync: Sync, records: Sequence[Record]) -> Part:
    looked_at = [one.object_id for one in records if one.outcome in _LOOKED_AT]
    about = [*looked_at[:MOST_RECORDS], sync.application]
    found = problems.about(sync.connection_id, about) if sync.connection_id is not None else []
    told = f"{count(len(found), 'problem')} with them, and with the sync as a whole"
    return _json("problems.json", told, [PROBLEM.of(one) for one in found])


def _calls(exchanges: Sequence[Exchange]) -> Iterator[Part]:
    """The list of calls, and the text of those whose answer was kept, the latest that fit."""
    answers = dict(_answers(exchanges))
    kept = f"{len(answers):,} of them in full" if answers else "answers were not kept"
    told = f"{count(len(exchanges), 'call')} to QuickBooks, {kept}"
    listed = [MESSAGE.of(Message(one, None)) for one in exchanges]
    yield _json("calls.json", told, [_but(one, "request", "answer") for one in listed])
    for number, one in enumerate(exchanges, start=1):
        if one.id in answers:
            request = one.request.decode(errors="replace")
            yield _xml(f"calls/{number:03}-request.xml", f"request {number}: {one.step}", request)
            yield _xml(f"calls/{number:03}-answer.xml", f"answer {number}", answers[one.id])


def _answers(exchanges: Sequence[Exchange]) -> Iterator[tuple[int, str]]:
    room = MOST_ANSWER_CHARACTERS
    for one in reversed(exchanges):
        answer = sessions.exchange_text(one.id)
        if answer is not None:
            room -= len(answer)
            if room < 0:
                return
            yield one.id, answer


def _xml(name: str, holds: str, text: str) -> Part:
    return Part(name, holds, without_contacts("\n".join(pretty(text))) + "\n")


def _versions(store: Store) -> dict[str, Any]:
    engine = facts.read()
    now = store.now()
    return {
        "deskbridge": version("deskbridge"),
        "python": platform.python_version(),
        "system": platform.platform(),
        "libraries": {name: found for name in _LIBRARIES if (found := _installed(name))},
        "store": {
            "engine": engine.engine,
            "version": engine.version,
            "schema": store.schema_version,
            "journal": store.journal_mode,
        },
        "daemons": [
            {
                "version": one.facts.version,
                "runs": one.runs(now),
                "started_at": iso_instant(one.facts.started_at),
                "last_beat_at": iso_instant(one.last_beat_at),
            }
            for one in daemons.known()
        ],
    }


def _installed(library: str) -> str | None:
    with suppress(PackageNotFoundError):
        return version(library)
    return None


def _diagnosis(store: Store, settings: Settings, machine: Machine) -> dict[str, Any]:
    checks = examined(store, settings, machine)
    return DIAGNOSIS.of(Diagnosis(checks, settings.shown()))
