"""Commands that put QuickBooks into the states that a rehearsal needs: closed, locked, failing.

Also those for the company file as a whole: its backups, and its closing date.
"""

from __future__ import annotations

from pathlib import Path

import click

from shared.structs import asdict, replace
from simulator.company.company import Company
from simulator.company.errors import HRESULTS, OPEN, SITUATIONS, STATUS_MESSAGES
from simulator.company.product import HABITS
from simulator.company.records import Fault
from simulator.company.requests import REQUESTS
from simulator.company.screen import changing, speaking
from simulator.screen import AS_JSON, DAY, FILE, STATE, Failure, option, show

_HABIT_WORDS = {"yes": True, "no": False}


def _habit(
    context: click.Context, option: click.Parameter, given: tuple[str, ...]
) -> dict[str, str | bool]:
    """Read NAME=VALUE; what there is decides Company.set_habits."""
    split = [one.partition("=") for one in given]
    return {name.replace("-", "_"): _HABIT_WORDS.get(value, value) for name, _, value in split}


def _habit_names() -> str:
    """The habits as the help lists them."""
    words: dict[str | bool, str] = {value: word for word, value in _HABIT_WORDS.items()}
    return ", ".join(
        f"{name.replace('_', '-')}={'|'.join(words.get(value, str(value)) for value in values)}"
        for name, values in HABITS.items()
    )


@click.command()
@STATE
@click.argument("situation", type=click.Choice([OPEN, *SITUATIONS]), required=False)
@click.option("--year", type=click.IntRange(2002, 2040), help="Year of the product.")
@click.option("--tier", type=click.Choice(["pro", "premier", "enterprise"]), help="Which product.")
@click.option("--product", help='Any product name; "" for the usual one of its year.')
@click.option(
    "--file-mode", type=click.Choice(["SingleUser", "MultiUser"]), help="How the file is open."
)
@click.option(
    "--habit",
    "habits",
    multiple=True,
    metavar="NAME=VALUE",
    callback=_habit,
    help=f"How it behaves where that is not documented; the first is usual: {_habit_names()}.",
)
@AS_JSON
@speaking
def quickbooks(
    state: Path,
    *,
    situation: str | None,
    year: int | None,
    tier: str | None,
    product: str | None,
    file_mode: str | None,
    habits: dict[str, str | bool],
    as_json: bool,
) -> None:
    """Set the state of QuickBooks, and which QuickBooks it is.

    In every SITUATION but "open" a session is refused with the HRESULT of that situation, until the
    situation is "open" again. Without arguments, shows what is set.
    """
    with changing(state) as company:
        books = company.books
        books.situation = situation or books.situation
        was = books.profile.product
        becomes = replace(
            was,
            year=year or was.year,
            tier=tier or was.tier,
            name=was.name if product is None else product,
            file_mode=file_mode or was.file_mode,
        )
        books.profile = replace(books.profile, product=becomes)
        company.set_habits(**habits)
    now = books.profile.product
    hresult = SITUATIONS[books.situation][0] if books.situation != OPEN else ""
    shown = {
        "situation": books.situation,
        "hresult": hresult,
        "product": now.product_name,
        "major_version": now.major_version,
        "newest_qbxml": now.versions[-1],
        "file_mode": now.file_mode,
        "habits": asdict(books.profile.habits),
    }
    refusal = f", so sessions are refused with {hresult}" if hresult else ""
    text = (
        f"{now.product_name} ({now.file_mode}, qbXML up to {now.versions[-1]}): "
        f"{books.situation}{refusal}."
    )
    show(shown, text, as_json=as_json)


@click.command()
@STATE
@click.argument("code", required=False)
@click.option(
    "--request", type=click.Choice(list(REQUESTS)), default=None, help="Only for this request."
)
@option("--times", type=click.IntRange(1), default=1, help="How often.")
@click.option("--done", is_flag=True, help="QuickBooks does the work, and only the answer is lost.")
@click.option(
    "--after",
    type=click.IntRange(0),
    metavar="N",
    help="QuickBooks crashes after N requests of the set, and does not remember them.",
)
@click.option(
    "--late", is_flag=True, help="QuickBooks does the work later, when you run `company late`."
)
@click.option("--message", default="", help="Use this message instead of the usual one.")
@click.option("--clear", is_flag=True, help="Forget all planned faults first.")
@AS_JSON
@speaking
def fault(
    state: Path,
    *,
    code: str | None,
    request: str | None,
    times: int,
    done: bool,
    after: int | None,
    late: bool,
    message: str,
    clear: bool,
    as_json: bool,
) -> None:
    """Plan an answer that fails: CODE is an HRESULT (0x80040402) or a status code (3175).

    The next matching requests get it, then QuickBooks works again. Without CODE, shows what is
    planned. Common ones: 0x80010105 (QuickBooks crashes), 0x8004041C (internal error), 3175 and
    3176 (in use), 1000 (internal error), 3260 (no permission). 600, 9001, 9002, 9004 and 9005
    answer the next message set that has an id; with 9002 and 9005 it runs, and is not stored.
    """
    planned = [Fault(_code(code), request or "", times, done, message, after, late)] if code else []
    if (done or late or after is not None) and not (planned and planned[0].is_hresult):
        raise click.UsageError("--done, --after and --late need an HRESULT.")
    if done + late + (after is not None) > 1:
        raise click.UsageError("Use only one of --done, --after and --late.")
    with changing(state) as company:
        books = company.books
        books.faults = ([] if clear else books.faults) + planned
    rows = [{**one._asdict(), "message": one.message or _usual(one)} for one in books.faults]
    text = "\n".join(
        f"{r['times']} x {r['code']} for {r['request'] or 'any request'}" for r in rows
    )
    show(rows, text or "No fault is planned.", as_json=as_json)


@click.command()
@STATE
@click.argument("reference")
@AS_JSON
@speaking
def lock(state: Path, *, reference: str, as_json: bool) -> None:
    """Open a document or customer in a window, so that requests that name it find it in use."""
    with changing(state) as company:
        object_id = company.lock(reference)
    show({"locked": sorted(company.books.locks)}, f"{object_id} is in use.", as_json=as_json)


@click.command()
@STATE
@click.argument("reference", required=False)
@AS_JSON
@speaking
def unlock(state: Path, *, reference: str | None, as_json: bool) -> None:
    """Close the window of a document or customer, or all windows."""
    with changing(state) as company:
        locks = company.books.locks
        if reference is None:
            locks.clear()
        else:
            company.unlock(reference)
    text = f"Still in use: {', '.join(sorted(locks))}." if locks else "Nothing is in use."
    show({"locked": sorted(locks)}, text, as_json=as_json)


@click.command()
@STATE
@AS_JSON
@speaking
def late(state: Path, *, as_json: bool) -> None:
    """Let QuickBooks finish requests that were given up (`company fault CODE --late`)."""
    with changing(state) as company:
        answers = company.run_late()
    text = "\n".join(answers) or "No request is waiting to be finished."
    show({"answers": answers}, text, as_json=as_json)


@click.command()
@STATE
@click.argument("day", type=DAY, required=False, metavar="[DAY]")
@click.option("--password", is_flag=True, help="Protect it: earlier documents cannot be changed.")
@click.option("--clear", is_flag=True, help="Remove the closing date.")
@AS_JSON
@speaking
def closing(state: Path, *, day: str | None, password: bool, clear: bool, as_json: bool) -> None:
    """Close the books through DAY. Without a password, QuickBooks lets requests pass silently."""
    with changing(state) as company:
        if day or clear:
            company.set_closing_date(day or "", password=password)
    profile = company.books.profile
    shown = {"closing_date": profile.closing_date, "password": profile.closing_password}
    guard = "with" if profile.closing_password else "without"
    text = f"The books are closed through {profile.closing_date}, {guard} a password."
    show(shown, text if profile.closing_date else "The books are not closed.", as_json=as_json)


@click.command()
@STATE
@click.argument("file", type=FILE)
@click.option("--force", is_flag=True, help="Replace an existing FILE.")
@AS_JSON
@speaking
def backup(state: Path, *, file: Path, force: bool, as_json: bool) -> None:
    """Back the company file up to FILE: books, and the message sets that it remembers."""
    if file.exists() and not force:
        raise Failure(f"{file} already exists. --force replaces it.")
    Company.load(state).save(file)
    show({"backup": str(file)}, f"Backed up to {file}.", as_json=as_json)


@click.command()
@STATE
@click.argument("file", type=FILE)
@AS_JSON
@speaking
def restore(state: Path, *, file: Path, as_json: bool) -> None:
    """Restore the company file from the backup FILE; all later work is lost.

    The clock, planned faults and QuickBooks' settings stay as they are.
    """
    saved = Company.load(file)
    with changing(state) as company:
        company.restore(saved.backup())
    show({"restored": str(file)}, f"Restored from {file}.", as_json=as_json)


REHEARSALS = (backup, closing, fault, late, lock, quickbooks, restore, unlock)


def _code(text: str) -> str:
    code = text.lower()
    if code.startswith("0x") and len(code) == 10 and all(c in "0123456789abcdef" for c in code[2:]):
        return f"0x{code[2:].upper()}"
    if code.isdecimal() and code.isascii():
        return str(int(code))
    raise click.BadParameter(
        f"{text!r} is neither an HRESULT such as 0x80040402 nor a status code such as 3175."
    )


def _usual(one: Fault) -> str:
    if one.is_hresult:
        return HRESULTS.get(one.code, "")
    return STATUS_MESSAGES.get(int(one.code), "")
