"""The settings of a connection: each with all that is said of it, once.

The options of the command line, the form of a screen, ``connection show``, the question before a
change, its sentences and the words of the audit trail follow from this table. A new setting is a
field of ``rules.values.Connection``, a column of ``models.tables.Connection``, and a row here.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from shared import dates
from shared.rules.values import (
    MAX_AUTO_RUN_MINUTES,
    ClosedPeriod,
    Connection,
    JobMode,
    Layout,
    MissingMethod,
    OnAccount,
    Overpayment,
    SampleCompany,
)
from shared.structs import Value

OPEN_FILE = "the file that is open in QuickBooks"
_DAY_SECONDS = 24 * 60 * 60


def _shown(value: Any) -> Any:
    return dates.day(value) if isinstance(value, date) else value


class Worded(Value):
    """What a setting may be, in words; the question before it becomes so, and the button.

    ``{name}`` in the question is the connection's, which is told at its end where it stands
    nowhere; ``{new}`` is the value. ``follows`` is what it brings.
    """

    value: Any
    words: str
    question: str
    button: str
    follows: str = ""

    @property
    def word(self) -> str:
        """It on the command line."""
        return ("on" if self.value else "off") if isinstance(self.value, bool) else str(self.value)

    def asked(self, name: str, new: Any) -> tuple[str, str]:
        """The question for a connection of this name, and the button's word."""
        question = self.question if "{name}" in self.question else f"{self.question} for {{name}}?"
        return question.format(name=name, new=_shown(new)), self.button


class Setting(Value, kw_only=True):
    """One setting: ``told`` on a screen, with ``option`` and ``help`` on the command line.

    One of ``values`` is chosen, of which the first is usual. Where ``other`` says how anything
    else is told, it is typed, and ``values`` holds what is said of nothing, or zero; Setup
    begins with ``typed``. ``follows`` is what any change brings; ``asks``: a screen asks first.
    A number counts ``unit`` and is ``most`` at the most.
    """

    key: str
    title: str
    told: str
    option: str = ""
    help: str = ""
    values: tuple[Worded, ...] = ()
    other: Worded | None = None
    typed: Any = None
    follows: str = ""
    asks: bool = False
    unit: str = ""
    most: int = 0

    @property
    def options(self) -> tuple[tuple[Any, str], ...]:
        """Its choices with their words; none where it is typed."""
        return () if self.other else tuple((one.value, one.words) for one in self.values)

    @property
    def proposed(self) -> Any:
        """What Set-up fills in."""
        return self.typed if self.other else self.values[0].value

    def of(self, given: Any) -> Worded:
        """All that is said of a value of it."""
        return next((one for one in self.values if one.value == given), None) or self._other

    def words(self, given: Any) -> str:
        """A value of it as a person reads it."""
        return self.of(given).words.format(new=_shown(given))

    def follows_from(self, given: Any) -> str:
        """What it brings that it becomes a value; empty: nothing to speak of."""
        return self.of(given).follows or self.follows

    @property
    def _other(self) -> Worded:
        if self.other is None:
            raise ValueError(f"{self.key} is not one of the choices")
        return self.other


_FROM_NOW_ON = (
    "It takes effect with the next Payment Sync. Payments that were already refused need a retry."
)

_CONNECTION = (
    Setting(
        key="name",
        title="Name",
        told="The company's name in Deskbridge and in the .qwc files.",
        other=Worded(None, "{new}", "Rename {name} to {new}?", "Rename"),
        typed="",
        follows="User names and passwords stay. New .qwc files show the new name; the old files"
        " still work.",
    ),
    Setting(
        key="layout",
        title="Rows in the Web Connector",
        told="What the bookkeeper selects and updates in the Web Connector.",
        option="--layout",
        help="Two rows in the Web Connector (Invoice Sync, Payment Sync) or one combined.",
        values=(
            Worded(
                Layout.TWO,
                "Two: Invoice Sync and Payment Sync",
                "Use two rows in the Web Connector, Invoice Sync and Payment Sync,",
                "Use two rows",
                "Invoiced can no longer sign in: remove it from the Web Connector. Then generate"
                " the .qwc files of Invoice Sync and Payment Sync, with a new password.",
            ),
            Worded(
                Layout.COMBINED,
                "One for both, called Invoiced",
                "Use one row in the Web Connector, Invoiced,",
                "Use one row",
                "Invoice Sync and Payment Sync can no longer sign in: remove both from the Web"
                " Connector. Then generate the .qwc file of the one row, Invoiced, with a new"
                " password.",
            ),
        ),
        asks=True,
    ),
    Setting(
        key="company_file",
        title="Company file",
        told=r"Its path on the Windows PC, such as C:\Books\Larkspur.qbw. Empty: the file that is"
        " open. Required if syncs should run while QuickBooks is closed.",
        option="--company-file",
        help=r"Path on the Windows PC, C:\Books\X.qbw; empty: the file that is open.",
        values=(
            Worded(
                "",
                OPEN_FILE[:1].upper() + OPEN_FILE[1:],
                "Use the file that is open in QuickBooks",
                "Use the open file",
            ),
        ),
        other=Worded(None, "{new}", "Use the company file {new}", "Use this file"),
        typed="",
        follows="The Web Connector opens this file from the next sync on. It must be the "
        "connection's own company, or nothing is synced.",
    ),
)
_SCHEDULE = (
    Setting(
        key="run_every_minutes",
        title="Auto-Run interval",
        told="In minutes (0 = manual only). The .qwc file suggests it; the bookkeeper turns "
        "on Auto-Run.",
        option="--every",
        help="Auto-Run interval suggested in the .qwc files; 0: none.",
        values=(Worded(0, "Manual only", "Run {name} manually only?", "Run manually"),),
        other=Worded(None, "{new} minutes", "Run {name} every {new} minutes?", "Set interval"),
        typed=30,
        follows="The interval is part of the .qwc file: write the file again, or set Every_Min in"
        " the Web Connector.",
        unit="minutes",
        most=MAX_AUTO_RUN_MINUTES,
    ),
    Setting(
        key="minimum_interval_seconds",
        title="Shortest interval",
        told="The shortest Auto-Run interval that the Web Connector may use, in seconds (0 = any).",
        option="--minimum-interval",
        help="Shortest Auto-Run interval that the Web Connector may use; 0: any.",
        values=(Worded(0, "Any", "Allow any interval", "Allow any"),),
        other=Worded(
            None,
            "{new:,} seconds",
            "Set the shortest interval of {name} to {new:,} seconds?",
            "Set interval",
        ),
        typed=0,
        follows="The Web Connector gets it at its next sign-in.",
        unit="seconds",
        most=_DAY_SECONDS,
    ),
    Setting(
        key="quiet_hours",
        title="Quiet hours",
        told="No sync runs in these hours of each day. Write 08:00-17:00, with a time zone if"
        " needed (08:00-17:00 America/Chicago), or leave it empty.",
        option="--quiet-hours",
        help="No sync runs in these hours, such as 08:00-17:00; none: at any time.",
        values=(Worded("", "None", "Let {name} sync at any time?", "Remove quiet hours"),),
        other=Worded(None, "{new}", "Stop syncs of {name} during {new}?", "Set quiet hours"),
        typed="",
        follows="A sync that is running when they begin finishes its write and stops; the next"
        " one continues after them.",
    ),
    Setting(
        key="time_budget_minutes",
        title="Time budget",
        told="A sync stops after this many minutes, and the next one continues (0 = no limit).",
        option="--time-budget-minutes",
        help="A sync stops after this many minutes, and the next one continues; 0: no limit.",
        values=(Worded(0, "No limit", "Let syncs of {name} run to their end?", "Remove limit"),),
        other=Worded(
            None,
            "{new} minutes",
            "Stop each sync of {name} after {new} minutes?",
            "Set time budget",
        ),
        typed=0,
        follows="It stops between two requests, never while a payment is being written.",
        unit="minutes",
        most=_DAY_SECONDS // 60,
    ),
)
_FLOWS = (
    Setting(
        key="payments_in",
        title="Payments from QuickBooks",
        told="Payments recorded in QuickBooks.",
        option="--payments-in/--no-payments-in",
        help="Import the payments recorded in QuickBooks, or not. Default: import.",
        values=(
            Worded(
                True,
                "Import",
                "Import payments from QuickBooks",
                "Import payments",
                "The next Payment Sync imports payments recorded in QuickBooks.",
            ),
            Worded(
                False,
                "Don't import",
                "Stop importing payments from QuickBooks",
                "Stop importing",
                "Payments recorded in QuickBooks are no longer imported.",
            ),
        ),
    ),
    Setting(
        key="payments_out",
        title="Payments to QuickBooks",
        told="Payments processed by the billing platform.",
        option="--payments-out/--no-payments-out",
        help="Post payments of the billing platform to QuickBooks, or never. Default: post.",
        values=(
            Worded(
                True,
                "Post",
                "Post payments to QuickBooks",
                "Post payments",
                "The next Payment Sync posts payments that were held.",
            ),
            Worded(
                False,
                "Don't post",
                "Stop posting payments to QuickBooks",
                "Stop posting",
                "No more payments are posted. The outcome of a payment that was already sent "
                "is still settled.",
            ),
        ),
        asks=True,
    ),
    Setting(
        key="credit_memos",
        title="Credit memos",
        told="Credits that customers can still use, shown here for reference.",
        option="--credit-memos",
        help="Read open credit memos from QuickBooks and show them here. Default: off.",
        values=(
            Worded(
                False,
                "Don't read",
                "Stop reading credit memos",
                "Stop reading",
                "The next Invoice Sync removes the credit memos from the ledger.",
            ),
            Worded(
                True,
                "Read",
                "Read credit memos from QuickBooks",
                "Read",
                "The next Invoice Sync reads open credit memos. They are shown and nothing else.",
            ),
        ),
    ),
    Setting(
        key="start_date",
        title="Start date",
        told=f"Earlier invoices are left out and earlier payments are not posted. Write "
        f"{dates.EXAMPLE}, or leave it empty to include everything.",
        option="--start-date",
        help=f"Leave out invoices dated earlier ({dates.EXAMPLE}); none: include all.",
        values=(
            Worded(
                None, "None (all open invoices)", "Remove the start date of {name}?", "Remove date"
            ),
        ),
        other=Worded(None, "{new}", "Set the start date of {name} to {new}?", "Set date"),
        follows="The ledger changes with the next Invoice Sync. Payments dated earlier are not"
        " posted.",
        asks=True,
    ),
    Setting(
        key="jobs",
        title="Bill job invoices to",
        told="Who owes a job's invoice.",
        option="--jobs",
        help="Bill a job's invoices to its top customer, or keep jobs apart.",
        values=(
            Worded(
                JobMode.ROLL_UP,
                "Parent customer",
                "Bill job invoices to the parent customer",
                "Bill the parent",
            ),
            Worded(
                JobMode.SEPARATE,
                "The job itself",
                "Bill job invoices to the job itself",
                "Bill the job",
            ),
        ),
        follows="The ledger changes with the next Invoice Sync.",
    ),
)
_MISFITS = (
    Setting(
        key="overpayment",
        title="Overpayments",
        told="A payment that exceeds the balance due of its invoices.",
        option="--overpayment",
        help="A payment that exceeds the balance due of its invoices: refuse it, or keep the "
        "rest as customer credit.",
        values=(
            Worded(Overpayment.REFUSE, "Refuse", "Refuse overpayments", "Refuse"),
            Worded(
                Overpayment.CREDIT,
                "Keep the rest as customer credit",
                "Keep the rest of overpayments as customer credit",
                "Keep as credit",
                _FROM_NOW_ON,
            ),
        ),
        asks=True,
    ),
    Setting(
        key="on_account",
        title="Payments without an invoice",
        told="A payment that names a customer and no invoice.",
        option="--on-account",
        help="A payment that names a customer and no invoice: refuse it, or post it on account.",
        values=(
            Worded(OnAccount.REFUSE, "Refuse", "Refuse payments without an invoice", "Refuse"),
            Worded(
                OnAccount.POST,
                "Post on account",
                "Post payments without an invoice on account",
                "Post on account",
                "It applies to payments that arrive from now on. Payments already on file"
                " without an invoice stay as they are, because somebody may have recorded"
                " them in QuickBooks: retry those that should be posted.",
            ),
        ),
        asks=True,
    ),
    Setting(
        key="closed_period",
        title="Payments in a closed period",
        told="A payment dated on or before the closing date.",
        option="--closed-period",
        help="A payment dated in a closed period: hold it, or post it on the first open day with"
        " its own date in the memo.",
        values=(
            Worded(ClosedPeriod.HOLD, "Hold", "Hold payments in a closed period", "Hold"),
            Worded(
                ClosedPeriod.NEXT_OPEN_DAY,
                "Post on the first open day, with the original date in the memo",
                "Post payments in a closed period on the first open day",
                "Post on open day",
                _FROM_NOW_ON,
            ),
        ),
        asks=True,
    ),
    Setting(
        key="missing_method",
        title="Missing payment method",
        told="A payment method that QuickBooks does not have.",
        option="--missing-method",
        help="A payment method that QuickBooks does not have: create it there, or use Other.",
        values=(
            Worded(
                MissingMethod.CREATE,
                "Add it to QuickBooks",
                "Add missing payment methods to QuickBooks",
                "Add methods",
            ),
            Worded(
                MissingMethod.OTHER,
                "Use the method Other",
                "Use the method Other in place of missing payment methods",
                "Use Other",
            ),
        ),
    ),
)
_TRIALS = (
    Setting(
        key="sample_company",
        title="QuickBooks sample company",
        told="The practice files that come with QuickBooks; allow them for a trial only.",
        option="--sample-company",
        help="A sample company of QuickBooks: refuse it, or allow it for a trial.",
        values=(
            Worded(SampleCompany.REFUSE, "Refuse", "Refuse QuickBooks sample companies", "Refuse"),
            Worded(
                SampleCompany.ALLOW,
                "Allow",
                "Allow a QuickBooks sample company",
                "Allow",
                "For a trial only. The next sync may bind a sample company that is open "
                "in QuickBooks.",
            ),
        ),
    ),
    Setting(
        key="debug",
        title="Debug",
        told="Keep QuickBooks' answers for troubleshooting.",
        option="--debug/--no-debug",
        help="Keep QuickBooks' answers for troubleshooting.",
        values=(
            Worded(
                False,
                "Off",
                "Stop keeping QuickBooks' answers",
                "Stop keeping",
                "QuickBooks' answers are no longer kept.",
            ),
            Worded(
                True,
                "On: keep QuickBooks' answers",
                "Keep QuickBooks' answers",
                "Keep answers",
                "From the next sync on, QuickBooks' answers are kept. They contain "
                "customers' names and amounts: turn this off when you have found the problem.",
            ),
        ),
    ),
)
GROUPS: Mapping[str, tuple[Setting, ...]] = {
    "Connection": _CONNECTION,
    "Schedule": _SCHEDULE,
    "Data flows": _FLOWS,
    "Payments that do not match": _MISFITS,
    "Trials and troubleshooting": _TRIALS,
}
SETTINGS: Mapping[str, Setting] = {one.key: one for group in GROUPS.values() for one in group}
"""Every setting, in the order of listings."""


def real(before: Connection, changes: Mapping[str, Any]) -> dict[str, Any]:
    """Those changes that are none are left out."""
    return {key: new for key, new in changes.items() if new != getattr(before, key)}


def changed(before: Connection, changes: Mapping[str, Any]) -> list[str]:
    """Each change as a sentence: ``Overpayments: from Refuse to Keep the rest as …``."""
    return [
        f"{one.title}: from {one.words(getattr(before, key))} to {one.words(new)}."
        for key, new in changes.items()
        if (one := SETTINGS[key])
    ]


def follows(before: Connection, changes: Mapping[str, Any]) -> list[str]:
    """What changes bring, in sentences; nothing for those that are none."""
    told = (SETTINGS[key].follows_from(new) for key, new in real(before, changes).items())
    return list(dict.fromkeys(sentence for sentence in told if sentence))


def for_the_audit(fields: Mapping[str, Any]) -> str:
    """Fields as the audit trail keeps them: ``start date: none, debug: True``."""
    words = {"rename" if name == "name" else name: given for name, given in fields.items()}
    return ", ".join(
        f"{name.replace('_', ' ')}: {'none' if given is None else given}"
        for name, given in words.items()
    )


def question(name: str, changes: Mapping[str, Any], *, rebind: bool) -> tuple[str, str]:
    """The question that real changes of connection ``name`` raise, and the button's word."""
    asked = [SETTINGS[key].of(new).asked(name, new) for key, new in changes.items()]
    if rebind:
        asked.append((f"Forget the company file of {name}?", "Forget"))
    if not asked:
        return f"Leave {name} as it is?", "Leave it"
    if len(asked) > 1:
        return f"Make these {len(asked)} changes to {name}?", "Change"
    return asked[0]
