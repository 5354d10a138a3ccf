"""Alerts: what is wrong, who is told of it, and how that goes."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, ClassVar

from shared.errors import CannotBeMeant, NotPossible
from shared.mail_server import is_mail_address
from shared.models import alerts, connections, outlets
from shared.models.store import Store
from shared.operations import which
from shared.operations.deciding import Operator, Outcome, Plan
from shared.operations.receivers import checked_url
from shared.operations.which import Which
from shared.rules.alerts import Alert, Audience, Digest, DigestTime, Recipient
from shared.rules.operators import Role
from shared.rules.quiet_hours import NotQuietHours, QuietHours
from shared.structs import Value, replace

MOST = 100
"""So many recipients there are at the most."""
USUAL_TIME = "07:00"


def view_alerts(
    _store: Store, limit: int, connection: Which = None, *, closed: bool = False
) -> list[Alert]:
    """What is wrong now, the newest first; on request also what was. Raises NotFound."""
    return alerts.newest(limit, which.number(connection), closed=closed)


class RecipientStanding(Value):
    """A recipient with how its messages stand."""

    recipient: Recipient
    reason: Annotated[str, "why messages fail; empty: they do not"]
    retry_at: Annotated[datetime | None, "when it is tried again; null: nothing failed"]
    delivered_at: Annotated[datetime | None, "when a message was delivered last"]


def view_recipients(_store: Store, connection: Which = None) -> list[RecipientStanding]:
    """Everybody who is told, by number, or those of one connection alone. Raises NotFound."""
    of = which.number(connection)
    return [_standing(one) for one in alerts.recipients() if of in (None, one.connection_id)]


def _standing(recipient: Recipient) -> RecipientStanding:
    outlet = outlets.get(recipient.outlet)
    retry_at = outlet.pause_until_at if outlet.reason else None
    return RecipientStanding(recipient, outlet.reason, retry_at, outlet.delivered_at)


# Adding and removing.


class Added(Outcome, kw_only=True):
    """A new recipient. ``secret`` signs what its URL gets, and is shown this once."""

    HIDDEN: ClassVar = ("secret",)

    id: Annotated[int, "number of the recipient"]
    secret: Annotated[
        str, "the secret that signs the requests to its URL, shown once; empty: it is email"
    ]


class Wanted(Value, kw_only=True):
    """What a recipient is to get; empty texts for the usual."""

    audience: Audience = Audience.OPERATOR
    digest: Digest = Digest.NONE
    digest_time: str = ""
    quiet: str = ""
    amounts: bool | None = None


class AddPlan(Plan[Added], kw_only=True):
    """A recipient to be added."""

    HIDDEN: ClassVar = ("address",)

    role = Role.MANAGE
    address: str
    connection: str
    wanted: Wanted

    @property
    def everywhere(self) -> bool:
        return not self.connection

    def again(self, store: Store) -> AddPlan:
        return plan_add(store, self.address, self.wanted, self.connection or None)

    def apply(self, by: Operator) -> Added:
        """Add it; what is wrong already is told, too."""
        of = connections.get(self.connection).id if self.connection else None
        made = alerts.add(_recipient(self.address, self.wanted, of, by), of, by.now)
        by.note("alerts.add", self.connection, f"recipient {made.id}, {made.shown}")
        whom = f"alerts of {self.connection}" if self.connection else "all alerts"
        sentence = f"Recipient {made.id} ({made.shown}) gets {whom} from now on."
        if made.is_mail:
            return Added(sentence, id=made.id, secret="")
        keep = " Keep its secret now: it is not shown again."
        return Added(sentence + keep, id=made.id, secret=alerts.secret(made))


def _recipient(address: str, wanted: Wanted, of: int | None, by: Operator) -> Recipient:
    """A recipient as it is wanted, before the store gave it numbers."""
    for_operator = wanted.audience is Audience.OPERATOR
    return Recipient(
        id=0,
        address=address,
        connection_id=of,
        connection=None,
        audience=wanted.audience,
        digest=wanted.digest,
        digest_time=wanted.digest_time,
        quiet=wanted.quiet,
        amounts=for_operator if wanted.amounts is None else wanted.amounts,
        outlet_id=0,
        created_at=by.now,
        created_by=by.who,
        digest_at=None,
        sent_at=None,
    )


def plan_add(_store: Store, address: str, wanted: Wanted, connection: Which = None) -> AddPlan:
    """What adding a recipient would do. Raises NotFound, CannotBeMeant, NotPossible."""
    of = None if connection is None else which.connection(connection)
    address = checked_address(address)
    wanted = _checked(wanted)
    if wanted.audience is Audience.BOOKKEEPER and of is None:
        raise CannotBeMeant(
            "A bookkeeper gets the alerts of one connection only.", "Name it with --connection."
        )
    held = alerts.recipients()
    of_id = None if of is None else of.id
    if any((one.address, one.connection_id) == (address, of_id) for one in held):
        raise NotPossible("This address is already a recipient.", "See: deskbridge alerts list")
    if len(held) >= MOST:
        raise NotPossible(f"There are already {MOST} recipients.", "Remove one of them first.")
    return AddPlan(
        title="Add a recipient of alerts?",
        verb="Add",
        address=address,
        connection="" if of is None else of.name,
        wanted=wanted,
    )


def checked_address(address: str) -> str:
    """An address that alerts can be sent to, without spaces around it. Raises CannotBeMeant."""
    address = address.strip()
    if is_mail_address(address):
        return address
    if "://" not in address:
        raise CannotBeMeant(
            "Alerts cannot be sent to this address: it is neither an email address nor a URL.",
            "Write ann@example.com, or https:// and the address of a program.",
        )
    return checked_url(address, "Alerts")


def _checked(wanted: Wanted) -> Wanted:
    """The same with its times as they are kept. Raises CannotBeMeant."""
    if wanted.digest_time and wanted.digest is Digest.NONE:
        raise CannotBeMeant("Only a digest has a time.", "Add --digest daily or --digest weekly.")
    try:
        quiet = str(QuietHours.parse(wanted.quiet)) if wanted.quiet.strip() else ""
        time = wanted.digest_time.strip() or USUAL_TIME
        if wanted.digest is not Digest.NONE:
            DigestTime.parse(time)
    except (NotQuietHours, ValueError) as why:
        raise CannotBeMeant(str(why)) from None
    return replace(wanted, quiet=quiet, digest_time="" if wanted.digest is Digest.NONE else time)


class RemovePlan(Plan[Outcome], kw_only=True):
    """A recipient that is to be told nothing more."""

    role = Role.MANAGE
    recipient_id: int

    def again(self, store: Store) -> RemovePlan:
        return plan_remove(store, self.recipient_id)

    def apply(self, by: Operator) -> Outcome:
        one = alerts.get(self.recipient_id)
        alerts.remove(one)
        by.note("alerts.remove", one.connection or "", f"recipient {one.id}, {one.shown}")
        return Outcome(f"Recipient {one.id} ({one.shown}) is removed.")


def plan_remove(_store: Store, recipient_id: int) -> RemovePlan:
    """What removing a recipient would do. Raises NotFound."""
    one = alerts.get(recipient_id)
    return RemovePlan(
        title=f"Remove recipient {one.id} ({one.shown})?",
        verb="Remove",
        told=("It gets no more alerts.",),
        recipient_id=one.id,
    )


# Tests.


class Asked(Outcome, kw_only=True):
    """Test messages that the daemon sends to these recipients."""

    ids: tuple[int, ...]


class TestPlan(Plan[Asked], kw_only=True):
    """A test message to some recipients."""

    role = Role.MANAGE
    __test__ = False
    ids: tuple[int, ...]

    def again(self, store: Store) -> TestPlan:
        return plan_test(store, self.ids)

    def apply(self, by: Operator) -> Asked:
        """Have the daemon send them, pause or not."""
        for id_ in self.ids:
            alerts.ask_for_test(id_, by.now)
            by.note("alerts.test", "", f"recipient {id_}")
        return Asked("A test is being sent.", count=len(self.ids), ids=self.ids)


def plan_test(_store: Store, ids: Sequence[int] = ()) -> TestPlan:
    """What a test would do; no ``ids``: everybody is tested.

    Raises NotFound, NotPossible where there is nobody.
    """
    meant = [alerts.get(one).id for one in ids] or [one.id for one in alerts.recipients()]
    if not meant:
        raise NotPossible(
            "There are no recipients of alerts yet.", "Run: deskbridge alerts add ADDRESS"
        )
    return TestPlan(
        title="Send a test message?",
        verb="Send",
        told=("The daemon sends a message that says it is a test.",),
        ids=tuple(dict.fromkeys(meant)),
    )


class TestResult(Value):
    """What became of the test of one recipient."""

    __test__ = False
    id: Annotated[int, "number of the recipient"]
    shown: Annotated[str, "the email address, or the URL without its query"]
    delivered: Annotated[bool, "whether it was accepted"]
    reason: Annotated[str, "why it was not; empty: it was"]


class TestResults(Value):
    """What became of tests."""

    __test__ = False
    delivered: Annotated[bool, "whether all were accepted"]
    results: Annotated[tuple[TestResult, ...], "the test of each recipient"]


def view_tests(_store: Store, ids: Sequence[int]) -> TestResults | None:
    """What became of tests; None as long as one of them was not tried. Raises NotFound."""
    results = []
    for one in ids:
        if (tested := alerts.tested(one)) is None:
            return None
        results.append(TestResult(one, alerts.get(one).shown, tested.delivered, tested.reason))
    return TestResults(all(one.delivered for one in results), tuple(results))
