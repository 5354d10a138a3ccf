"""The support bundle: everything about a sync, and not one secret."""

from __future__ import annotations

import io
import json
import zipfile
from pathlib import Path

import pytest

from shared.bundles import Bundle, save
from shared.errors import NotFound
from shared.models import applications, connections, sessions, syncs
from shared.models.store import open_store
from shared.operations import bundle as operation
from shared.rules.values import Outcome, Record, RecordKind
from shared.settings import load_settings
from tests.console.tui.screens.driver import Driver, RoomyMachine, sit_down
from tests.console.tui.screens.office import imported
from tests.models.builders import NOON

DATABASE = "postgresql://anna:pl4nt-database%21@127.0.0.1:1/context"
REQUEST = (
    b"<QBXML><QBXMLMsgsRq><ReceivePaymentAddRq><RefNumber>pay-1</RefNumber>"
    b"<CreditCardNumber>4000-pl4nt-request</CreditCardNumber></ReceivePaymentAddRq>"
    b"</QBXMLMsgsRq></QBXML>"
)
ANSWER = (
    "<QBXML><QBXMLMsgsRs><CustomerRet><FullName>Larkspur Tile</FullName>"
    "<BillAddress><Addr1>1 pl4nt-street</Addr1></BillAddress><Email>pl4nt@mail.example</Email>"
    "<AccountNumber>pl4nt-account</AccountNumber><Memo>card 4111 1111 1111 1111</Memo>"
    "</CustomerRet></QBXMLMsgsRs></QBXML>"
)


def taken(office, sync_id: int, **environ: str) -> Bundle:
    settings = load_settings(None, {"DESKBRIDGE_DATABASE": office.url} | environ)
    with office.store.reading():
        return operation.view(office.store, sync_id, settings, RoomyMachine(lambda: NOON))


def unpacked(archive: bytes) -> dict[str, str]:
    with zipfile.ZipFile(io.BytesIO(archive)) as packed:
        assert packed.testzip() is None
        return {name: packed.read(name).decode() for name in packed.namelist()}


def again(office, session_id: int) -> None:
    """The same call once more, in the same session."""
    with office.store.transaction():
        session = sessions.by_id(session_id)
        one = sessions.add_exchange(
            session, step="invoices", request_id="7-2", request=REQUEST, now=NOON
        )
        sessions.keep_response(one.id, ANSWER)


def part(bundle: Bundle, name: str):
    return json.loads(next(one.text for one in bundle.parts if one.name == name))


@pytest.fixture
def troubled(office):
    """Sync 1 of Larkspur, with debug on: a record imported, one failed, a call that was kept."""
    larkspur = office.connect(debug=True)
    office.bind(larkspur)
    sync = office.sync(larkspur, position=2, total=2, failed=1, message="Finished: 1 record")
    office.touched(sync, imported("A-1", "Invoice 7, Fern"))
    office.trouble(larkspur, sync, object_id="A-3")
    office.exchange(sync, REQUEST, ANSWER)
    return office


def test_it_holds_the_sync_and_all_that_stands_around_it(troubled):
    bundle = taken(troubled, 1)
    assert part(bundle, "sync.json")["message"] == "Finished: 1 record"
    assert part(bundle, "connection.json")["binding"]["country"] == "US"
    assert [one["outcome"] for one in part(bundle, "records.json")] == ["failed", "imported"]
    [problem] = part(bundle, "problems.json")
    assert (problem["document"], problem["said"]) == ("Invoice 100, Larkspur Tile", "12,5O")
    [call] = part(bundle, "calls.json")
    assert (call["step"], call["request_id"]) == ("invoices", "7-1")
    assert part(bundle, "versions.json")["store"]["engine"] == "sqlite"
    assert {"daemon", "store", "clock"} <= {
        check["name"] for check in part(bundle, "doctor.json")["checks"]
    }
    names = [one.name for one in bundle.parts]
    assert names[0] == "README.txt"
    assert {"calls/001-request.xml", "calls/001-answer.xml"} <= set(names)


def test_the_first_file_names_all_others_and_what_is_masked(troubled):
    first, *others = taken(troubled, 1).parts
    for one in others:
        assert f"{one.name}: {one.holds} ({one.size_bytes:,} bytes)" in first.text
    assert "Masked: passwords, tickets, keys" in first.text
    assert "Not masked: names of customers" in first.text


def test_a_call_is_in_full_only_where_debug_kept_the_answer(troubled):
    sync = troubled.sync(troubled.connect("Bramble"))
    troubled.exchange(sync, REQUEST)
    bundle = taken(troubled, sync.id)
    assert not [one.name for one in bundle.parts if one.name.startswith("calls/")]
    [told] = [one.holds for one in bundle.parts if one.name == "calls.json"]
    assert told == "1 call to QuickBooks, answers were not kept"
    assert "ReceivePaymentAddRq" not in "".join(one.text for one in bundle.parts)


def test_no_planted_secret_gets_in(office):
    larkspur = office.connect(debug=True)
    with office.store.transaction():
        found = connections.applications(larkspur.id)
        applications.set_password([one.id for one in found], "$argon2id$pl4nt-hash")
    users = [one.username for one in found]
    sync = office.failed_sync(
        larkspur,
        "internal-error",
        "Refused: password=pl4nt-error, ticket: pl4nt-ticket",
        message='{"api_key": "pl4nt-key"} at https://u:pl4nt-url@books.example.com',
    )
    office.touched(
        sync,
        Record(RecordKind.INVOICE, "A-9", "Invoice 9", Outcome.FAILED, "token=pl4nt-reason", ""),
    )
    office.trouble(
        larkspur,
        sync,
        said="<strPassword>pl4nt-said</strPassword> Authorization: Bearer pl4nt-bearer",
        message='could not log in as "anna" with pl4nt-database!',
    )
    office.exchange(sync, REQUEST, ANSWER)
    bundle = taken(office, sync.id, DESKBRIDGE_DATABASE=DATABASE)
    shown = unpacked(bundle.archive())
    everything = "\n".join([*shown, *shown.values(), bundle.as_text(10**6)])
    assert "pl4nt" not in everything
    assert "4111" not in everything
    assert not [user for user in users if user in everything]
    assert "Larkspur Tile" in everything  # or this proves nothing
    assert "password=…" in everything
    assert "anna:…@127.0.0.1" in everything


def test_a_login_with_an_unknown_name_has_a_bundle_too(office):
    sync = office.failed_sync(None, "unknown-user", "Nobody has this user name.")
    bundle = taken(office, sync.id)
    assert part(bundle, "connection.json") is None
    assert part(bundle, "problems.json") == []


def test_a_sync_that_is_not_there_has_none(office):
    with pytest.raises(NotFound):
        taken(office, 99)


def test_of_many_records_the_failed_ones_are_in_it(office, monkeypatch):
    monkeypatch.setattr(operation, "MOST_RECORDS", 3)
    larkspur = office.connect()
    sync = office.sync(larkspur)
    office.touched(sync, *(imported(f"A-{n}", f"Invoice {n}") for n in range(5)))
    office.trouble(larkspur, sync, object_id="Z-1")
    bundle = taken(office, sync.id)
    assert [one["id"] for one in part(bundle, "records.json")] == ["Z-1", "A-0", "A-1"]
    [told] = [one.holds for one in bundle.parts if one.name == "records.json"]
    assert told == "the first 3 of 6 records, failed ones first"


def test_of_long_answers_the_latest_that_fit_are_in_it(office, monkeypatch):
    monkeypatch.setattr(operation, "MOST_ANSWER_CHARACTERS", 2 * len(ANSWER))
    sync = office.sync(office.connect(debug=True))
    first = office.exchange(sync, REQUEST, ANSWER)
    for _ in range(2):
        again(office, first.session_id)
    bundle = taken(office, sync.id)
    kept = [one.name for one in bundle.parts if one.name.endswith("answer.xml")]
    assert kept == ["calls/002-answer.xml", "calls/003-answer.xml"]
    [told] = [one.holds for one in bundle.parts if one.name == "calls.json"]
    assert told == "3 calls to QuickBooks, 2 of them in full"


def test_the_same_bundle_gives_the_same_archive(troubled):
    assert taken(troubled, 1).archive() == taken(troubled, 1).archive()


def test_a_copy_leaves_out_what_is_too_long_and_names_it(troubled):
    bundle = taken(troubled, 1)
    text = bundle.as_text(2000)
    assert "==== sync.json ====" in text
    assert "doctor.json" in text.splitlines()[-1]
    assert text.splitlines()[-1].startswith("Left out, too long: ")
    assert "Left out" not in bundle.as_text(10**6)


def test_it_is_saved_for_its_owner_alone_and_never_over_another_file(troubled, tmp_path):
    bundle = taken(troubled, 1)
    path = save(bundle, tmp_path / "help.zip")
    assert path.stat().st_mode & 0o777 == 0o600
    assert "deskbridge-sync-1/README.txt" in unpacked(path.read_bytes())
    with pytest.raises(FileExistsError):
        save(bundle, path)
    with pytest.raises(FileNotFoundError) as missing:
        save(bundle, tmp_path / "none" / "help.zip")
    assert missing.value.filename == str(tmp_path / "none")
    assert save(bundle, tmp_path) == tmp_path / "deskbridge-sync-1.zip"


def test_what_is_inside_is_read_before_it_is_saved(troubled, tmp_path, monkeypatch):
    monkeypatch.setattr(Path, "home", lambda: tmp_path)

    async def scenario(at: Driver) -> None:
        await at.press("y", "enter", "z")
        assert "Support bundle of sync 1: 10 files, masked" in at.lines[0]
        assert "Masked: passwords, tickets, keys" in at.text
        await at.press("down", "down", "down", "enter")
        assert '"document": "Invoice 100, Larkspur Tile",' in at.text
        await at.press("escape", "z")
        assert "Not masked: names of customers" in at.text
        assert not list(tmp_path.glob("*.zip"))
        await at.press("enter")
        assert f"Saved to {tmp_path}" in at.text
        assert "readable only by you." in at.text
        await at.press("z", "enter")
        assert "File exists." in at.text
        await at.press("z", "escape", "escape")
        assert "Sync 1: Larkspur" in at.lines[0]

    sit_down(troubled.url, scenario)
    assert (tmp_path / "deskbridge-sync-1.zip").is_file()


def test_it_is_copied_as_text(troubled):
    async def scenario(at: Driver) -> None:
        await at.press("y", "enter", "z", "C")
        assert at.app.clipboard.startswith("==== README.txt ====\nSupport bundle of sync 1")
        assert "Copied the bundle as text." in at.text

    sit_down(troubled.url, scenario)


def test_who_only_looks_may_take_a_bundle(troubled):
    async def scenario(at: Driver) -> None:
        await at.press("y", "enter", "z")
        assert "Support bundle of sync 1: 10 files" in at.lines[0]

    sit_down(troubled.url, scenario, read_only=True)


def test_it_works_the_same_on_postgresql(empty_postgres_url):
    with open_store(empty_postgres_url, clock=lambda: NOON) as store:
        settings = load_settings(None, {"DESKBRIDGE_DATABASE": empty_postgres_url})
        with store.transaction():
            made = connections.add("Larkspur", now=NOON)
            sync = syncs.start(made.id, "invoice", NOON)
        with store.reading():
            bundle = operation.view(store, sync.id, settings, RoomyMachine(lambda: NOON))
    assert part(bundle, "versions.json")["store"]["engine"] == "postgresql"
