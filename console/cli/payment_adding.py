"""``deskbridge payments add`` and ``import``: payments of the billing platform come in."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from datetime import date, datetime
from decimal import Decimal
from functools import partial
from pathlib import Path
from shlex import quote
from typing import Any, BinaryIO

import click

from console.cli import output
from console.cli.context import CommandContext, pass_command_context
from console.cli.deciding import decide
from console.cli.errors import Refused, WrongUsage
from console.cli.json_option import json_option
from console.cli.params import (
    DAY,
    FROM_STANDARD_INPUT,
    MONEY,
    NO_DATE,
    SHARE,
    flag,
    name_argument,
    named_argument,
    option,
)
from shared.models.store import Store
from shared.operations import payment_import_words as describe
from shared.operations import payment_intake, payment_profiles, which
from shared.operations.contracts.payment_intake import TAKEN, TAKEN_FILE
from shared.operations.deciding import Operator, PlanIsStale, carry_out
from shared.operations.describe.text import count
from shared.operations.file_profiles import HowToRead, Profile
from shared.operations.file_text import FORMS, readable_twice
from shared.operations.payment_columns import DatesAreAmbiguous
from shared.operations.payment_files import PaymentFile
from shared.operations.payment_intake import Imported, ImportPlan, Report
from shared.operations.payment_profiles import SavePlan
from shared.operations.payment_staging import StagedRows
from shared.operations.payment_terms import Unreadable, uses_of
from shared.rules.payments.values import ChargeState, NewPayment
from shared.structs import replace

CHARGE_STATES = ("succeeded", "pending", "failed")
FORMATS = ("csv", "jsonl")
NOTHING = Decimal("0.00")
TRIES = 3


@click.command()
@name_argument
@option("--external-id", "ID", "Its ID on the platform.", required=True)
@click.option("--amount", type=MONEY, required=True, help="Amount paid, such as 1234.50.")
@option(
    "--invoice",
    "NUMBER|TXNID",
    "Invoice that receives what --applied leaves; without one, the rest stays on account.",
)
@option(
    "--applied",
    "INVOICE=AMOUNT",
    "Amount for one invoice, by number or TxnID; may be repeated.",
    type=SHARE,
    multiple=True,
)
@option(
    "--credit-note",
    "DOCUMENT=AMOUNT",
    "Credit note used with it, recorded but not posted; may be repeated.",
    into="credit_notes",
    type=SHARE,
    multiple=True,
)
@option(
    "--customer",
    "NAME|LISTID",
    "Customer who paid. Default: the invoices' customer; required without an invoice.",
)
@option("--currency", "CODE", "Currency, such as USD. Default: the invoices' currency.")
@option("--method", "METHOD", "Payment method, such as credit_card, ach or check.")
@option("--reference", "TEXT", "The gateway's ID, or a check number.")
@option("--gateway", "GATEWAY", "Gateway, such as stripe.")
@option("--date", "DATE", "Date of the payment. Default: today.", into="day", type=DAY)
@flag("--offline", "Taken offline: it is never posted.")
@flag("--from-quickbooks", "Comes from QuickBooks: it is never posted.")
@click.option(
    "--charge-state",
    type=click.Choice(CHARGE_STATES),
    default="succeeded",
    show_default=True,
    help="State of its charge.",
)
@click.option("--refunded", type=MONEY, default=NOTHING, help="Amount refunded since.")
@flag("--disputed", "Its charge is disputed.")
@option("--memo", "TEXT", "Memo for QuickBooks.")
@json_option(TAKEN)
@pass_command_context
def add(
    context: CommandContext, /, name: str | None, day: date | None, as_json: bool, **given: Any
) -> None:
    """Add a payment from the billing platform, or correct one that is on file.

    The same external ID with the same content changes nothing. Different content corrects the
    payment until a request for it is sent to QuickBooks; after that, the correction is refused and
    becomes a problem of the payment. News about its charge (--charge-state, --refunded, --disputed)
    is always accepted. Without an invoice it is a payment on account of --customer. You can leave
    out NAME if there is only one connection.
    """
    undated = day is None or day == NO_DATE
    payment = _given(given, _today(context.store.now()) if day is None or day == NO_DATE else day)
    with context.store.reading():
        connection = which.connection(name).name
    plan = partial(payment_intake.plan_add, connection=connection, payment=payment, undated=undated)
    added = decide(context, plan)
    if added.refusal:
        raise Refused(f"{payment.external_id}: {added.refusal.reason}", added.refusal.remedy)
    if as_json:
        output.say_json(TAKEN.of(added))
    else:
        output.say_wrapped(added.sentence)


def _today(now: datetime) -> date:
    return now.astimezone().date()


def _given(given: Mapping[str, Any], day: date) -> NewPayment:
    """Make the payment of the options; raises WrongUsage where they contradict each other."""
    documents = given["invoice"] or given["applied"] or given["credit_notes"]
    if not (documents or given["customer"]):
        raise WrongUsage(
            "Give the invoice that it pays, or the customer who paid on account.",
            "--invoice NUMBER, --applied INVOICE=…, or --customer NAME",
        )
    invoice = (given["invoice"] or "").strip()
    try:
        uses = uses_of(given["amount"], invoice, given["applied"], given["credit_notes"])
    except Unreadable as fault:
        raise WrongUsage(f"{str(fault).capitalize()}.") from fault
    names = ("external_id", "customer", "currency", "method", "reference", "gateway", "memo")
    texts: dict[str, Any] = {name: (given[name] or "").strip() for name in names}
    return NewPayment(
        date=day,
        amount=given["amount"],
        uses=uses,
        **texts,
        charged=not given["offline"],
        charge_state=ChargeState(given["charge_state"]),
        from_quickbooks=given["from_quickbooks"],
        refunded=given["refunded"],
        disputed=given["disputed"],
    )


@click.command("import")
@named_argument
@click.argument("file", type=click.Path(dir_okay=False, allow_dash=True, path_type=Path))
@click.option(
    "--format",
    "form",
    type=click.Choice(FORMATS),
    help=(
        "Format of standard input, or of a file whose name ends otherwise than .csv, .tsv, .txt "
        "or .jsonl."
    ),
)
@option(
    "--profile",
    "LABEL",
    "Program that wrote the file, such as stripe-payments. Default: recognized by its columns.",
    default="",
)
@option(
    "--map",
    '"HEADER=field"',
    "Column for a field; may be repeated. The invoice can be found inside a text: "
    '"Description=invoice:INV-#", where # stands for its digits.',
    into="maps",
    multiple=True,
)
@option(
    "--date-format",
    "FORMAT",
    "Date format, such as MM/DD/YYYY or DD/MM/YYYY. Default: decided by all dates in the file.",
    default="",
)
@option(
    "--time-zone",
    "ZONE",
    "Time zone for times in UTC, such as America/Chicago. Default: this machine's.",
    default="",
)
@option(
    "--save-profile",
    "LABEL",
    "Save the profile, column maps, date format and time zone of this import for later "
    "files of NAME.",
)
@flag("--dry-run", "Show what would happen to each row; change nothing.")
@flag("--skip-bad-rows", "Leave out rows that cannot be read and import the others.")
@json_option(TAKEN_FILE)
@pass_command_context
def import_file(
    context: CommandContext,
    /,
    name: str,
    file: Path,
    form: str | None,
    save_profile: str | None,
    dry_run: bool,
    skip_bad_rows: bool,
    as_json: bool,
    **said: Any,
) -> None:
    """Import a FILE of payments, .csv or .jsonl; - is standard input, with --format.

    The file may be an export from Stripe (payments or balance), Square, PayPal or QuickBooks
    Online, or any other file with its columns mapped (`payments profiles list`). Otherwise columns
    (or keys) are named as the options of `payments add`, with underscores: external_id and amount
    are needed; invoice, applied, credit_notes, customer, currency, method, reference, gateway,
    date, offline, charge_state, refunded, disputed, from_quickbooks, memo, fee and net may be left
    out. Shares are written A=1.00;B=2.00 or as JSON. Encoding, delimiter, decimal mark and date
    order are detected from the file; unknown columns are ignored and listed.

    The file may contain payments that are already on file: those with the same content are counted;
    those with different content correct the payment, or are refused if it was already sent. A
    refused row does not stop the others, but the command exits with 1. Rows that cannot be read
    stop the whole file unless --skip-bad-rows is given. Totals, titles, and rows of another kind
    (payouts, refunds, fees, failed or pending payments) are left out and listed.
    """
    if dry_run and save_profile:
        raise WrongUsage(
            "A dry run changes nothing, so it cannot save a profile.",
            "Leave out one of the two options",
        )
    rows, profile = _read(context, name, file, form, said)
    plan_of = partial(
        payment_intake.plan_import,
        connection=name,
        file_rows=rows,
        source="standard input" if str(file) == FROM_STANDARD_INPUT else file.name,
        skip_bad_rows=skip_bad_rows,
    )
    with context.store.reading():
        plan = plan_of(context.store)
    saving = _saving(context, name, save_profile, profile) if save_profile else None
    report = plan.report if dry_run else _carried_out(context, plan).report
    saved = decide(context, saving).sentence if saving else ""
    if as_json:
        output.say_json(TAKEN_FILE.of(report))
    else:
        _say(plan, report, dry_run=dry_run, saved=saved)
    if report.refused:
        raise _refused(report, dry_run=dry_run)


def _saving(
    context: CommandContext, name: str, label: str, profile: Profile | None
) -> Callable[[Store], SavePlan]:
    """What saves the profile after the import; what cannot be saved is refused before."""
    if profile is None:
        raise WrongUsage("JSON lines have no columns, so there is no profile to save.")
    plan_of = partial(payment_profiles.plan_save, which=name, label=label, profile=profile)
    context.read(plan_of)
    return plan_of


def _read(
    context: CommandContext, name: str, file: Path, form: str | None, said: Mapping[str, Any]
) -> tuple[StagedRows, Profile | None]:
    """The rows of the file, and the profile by which they were read."""
    form = form or FORMS.get(file.suffix.casefold())
    if form is None:
        raise WrongUsage(
            f"The name of {file} does not tell its format.",
            'Save a spreadsheet as "CSV UTF-8". If it is text already, give --format csv or '
            "--format jsonl",
        )
    with context.store.reading():
        how = payment_profiles.how_to_read(context.store, name, **said)
    today = _today(context.store.now())
    if str(file) == FROM_STANDARD_INPUT:
        return _staged(sys.stdin.buffer, form, today, how)
    try:
        with file.open("rb") as content:
            return _staged(content, form, today, how)
    except FileNotFoundError as error:
        raise Refused(f"{file}: there is no such file.", "Check the path") from error
    except PermissionError as error:
        piped = f"deskbridge payments import {quote(name)} - --format {form} < {quote(str(file))}"
        raise Refused(
            f"{file}: this user is not allowed to read it.",
            f"Run as a user who can read it: {piped}",
        ) from error


def _staged(
    content: BinaryIO, form: str, today: date, how: HowToRead
) -> tuple[StagedRows, Profile | None]:
    """Read all rows; where a person has to say how dates are written, ask at a terminal."""
    with readable_twice(content) as kept:
        try:
            rows = PaymentFile(kept, form, today, how)
        except DatesAreAmbiguous as asked:
            if not output.is_terminal():
                raise
            output.say_wrapped(asked.sentence)
            order = click.prompt("Date format", type=click.Choice(["mdy", "dmy"]))
            rows = PaymentFile(kept, form, today, replace(how, date_order=order))
        return StagedRows(rows), rows.profile


def _carried_out(context: CommandContext, plan: ImportPlan) -> Imported:
    """Carry the import out; what a sync changed meanwhile is planned anew, row by row."""
    by = Operator(context.store, context.who)
    for _ in range(TRIES):
        try:
            return carry_out(by, plan)
        except PlanIsStale:
            with context.store.reading():
                plan = plan.again(context.store)
    return carry_out(by, plan)


def _say(plan: ImportPlan, report: Report, *, dry_run: bool, saved: str) -> None:
    for told in (*report.told, describe.becomes(plan, dry_run=dry_run), *describe.details(plan)):
        output.say_wrapped(told)
    if saved:
        output.say_wrapped(saved)
    if not dry_run:
        output.say_wrapped(f"Their status: deskbridge payments list {quote(plan.connection.name)}")


def _refused(report: Report, *, dry_run: bool) -> Refused:
    """The rows that are refused, each remedy once; what was taken in is said, too."""
    would_be = "would be " if dry_run else ""
    first = (
        f"{count(len(report.refused), 'row')} {would_be}refused; "
        f"{count(report.taken, 'other row')} {would_be}imported."
    )
    told = "\n".join([first, *describe.refused(report.refused)])
    return Refused(told, describe.remedies(report.refused))
