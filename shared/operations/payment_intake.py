"""Payments of the billing platform come in: new, corrected, known already, or refused.

    plan = plan_import(store, "Larkspur", PaymentFile(content, "csv", today), source="may.csv")
    plan.report                        # what would happen to each row; nothing is written
    carry_out(by, plan)                # it happens

The platform names each payment by its external id. The same id with other terms corrects the
payment as long as no request of it has left. Afterward that row alone is refused, and the
payment has a problem until the platform sends again what is on file. What became of a charge
is taken over at any time.
"""

from __future__ import annotations

from array import array
from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from enum import Enum
from functools import partial
from hashlib import blake2b
from itertools import islice
from types import MappingProxyType
from typing import Annotated, ClassVar, Self, TypeVar

from shared.errors import CannotBeMeant, StoreError
from shared.hints import tell
from shared.models import audit, connections, problems
from shared.models.ledger.named import invoices_named
from shared.models.payments import from_platform, hidden_imports, payment_pages, rejudging, rows
from shared.models.payments.standing import CHANGED_AFTER_SENDING, IN_QUICKBOOKS
from shared.models.store import Store
from shared.operations import payment_arrivals
from shared.operations.deciding import Effect, Operator, Outcome, Plan, PlanIsStale
from shared.operations.describe.text import count, money
from shared.operations.file_profiles import LEFT_OUT
from shared.operations.payment_cells import FileRow, in_columns
from shared.operations.payment_staging import NewPayments, StagedRows, as_written
from shared.operations.slices import in_slices
from shared.rules.operators import Role
from shared.rules.payments import checking, reasons
from shared.rules.payments.correcting import (
    CHARGE,
    TERMS,
    Change,
    as_taken,
    changes,
    with_charge_of,
)
from shared.rules.payments.values import (
    ChargeState,
    NamedInvoice,
    NewPayment,
    Payment,
    PaymentStatus,
    UseKind,
)
from shared.rules.values import Connection, RecordKind, Trouble
from shared.structs import PartlyCompared, Value, replace

_Key = TypeVar("_Key")
_AT_ONCE = 500
_LAST = 500
"""So many payments on file change in one short transaction: 65 ms, where others wait for it."""
_SHOWN = 5
_PAYMENT = RecordKind.PAYMENT
_CORRECT_THE_ROW = "Correct the row in the file and import it again."


class Refusal(Value):
    """A row that is not taken in, why, and what to do."""

    line: Annotated[int, "the line where the row begins in the file"]
    external_id: Annotated[str, "its ID on the billing platform; may be empty"]
    reason: Annotated[str, "why it is not imported"]
    remedy: Annotated[str, "what to do"]


class Note(Value):
    """What is to be known about a row that is no refusal: a total, a payment of nothing …"""

    line: Annotated[int, "the line where the row begins in the file"]
    sentence: Annotated[str, "what to know about it"]


class LeftOut(Value):
    """Rows of one kind that are no payments to take in."""

    kind: Annotated[str, "what they are, such as `payout`, `refund` or `pending`"]
    count: Annotated[int, "how many"]
    reason: Annotated[str, "the same for people"]
    lines: Annotated[tuple[int, ...], "the lines where the first of them begin"]

    def __str__(self) -> str:
        shown = ", ".join(map(str, self.lines))
        more = ", …" * (self.count > len(self.lines))
        line = "line" if self.count == 1 else "lines"
        return f"{count(self.count, 'row')} left out, {line} {shown}{more}: {self.reason}."


class Report(PartlyCompared):
    """What becomes of the rows. Each is new, changed, unchanged, refused, left out, or only a note.

    A payment that is in the file twice is unchanged the second time.
    """

    NOT_COMPARED: ClassVar = ("notes", "left_out", "told")

    new: Annotated[int, "number of new payments"]
    changed: Annotated[int, "number of rows that changed a payment on file"]
    unchanged: Annotated[int, "number of rows already on file"]
    refused: Annotated[tuple[Refusal, ...], "rows that are not imported"] = ()
    notes: Annotated[tuple[Note, ...], "totals, titles, payments that are never posted"] = ()
    left_out: Annotated[tuple[LeftOut, ...], "rows of another kind, such as payouts"] = ()
    told: Annotated[tuple[str, ...], "how the file was read"] = ()

    @property
    def taken(self) -> int:
        """How many rows are on file afterward as they came."""
        return self.new + self.changed + self.unchanged


class BadRows(StoreError):
    """Rows that cannot be read; none of their file was taken in. ``rows`` are those rows."""

    def __init__(self, source: str, staged: StagedRows) -> None:
        bad = staged.bad
        verb = "has" if len(bad) == 1 else "have"
        told = [f"line {row.line}: {fault}" for row in bad for fault in row.faults]
        first = f"Nothing imported: {len(bad):,} of {count(len(staged), 'row')} {verb} errors."
        super().__init__(
            "\n".join([f"{source}: {first}", *told, *staged.told]),
            "Correct these rows and run the same command again, or leave them out with "
            "--skip-bad-rows",
        )
        self.rows = tuple(bad)


class _How(Enum):
    NEW = "new"
    CORRECTED = "corrected"  # other terms of what has not left
    RECHARGED = "recharged"  # only what became of its charge
    SAME = "same"
    SENT = "sent"  # other terms of what has left
    WITHDRAWN = "withdrawn"  # other terms of what a person took back
    BACK = "back"  # taken back, and added again by a person


_CHANGED = (_How.CORRECTED, _How.RECHARGED, _How.BACK)


class _Verdict(PartlyCompared):
    """What is to be done about one external id, that of the rows that begin on these ``lines``.

    ``payment`` is as it is to be on file and ``id`` its number, 0 for a new one. ``before`` is what
    is there where that is something else. ``terms`` are the terms that differ, those refused where
    it was sent.
    """

    NOT_COMPARED: ClassVar = ("held",)

    how: _How
    lines: tuple[int, ...]
    payment: NewPayment
    id: int = 0
    before: NewPayment | None = None
    terms: tuple[Change, ...] = ()
    held: Payment | None = None

    @property
    def line(self) -> int:
        """The row that counts: the last one."""
        return self.lines[-1]

    @property
    def planned(self) -> _Planned:
        """What a plan keeps of it."""
        content = repr((self.payment, self.before)).encode("utf-8", "surrogatepass")
        return _Planned(self.how, self.lines, self.id, blake2b(content, digest_size=16).digest())

    @property
    def changes(self) -> tuple[Change, ...]:
        """All that is to change, in both contents."""
        return changes(self.before, self.payment, (*TERMS, *CHARGE)) if self.before else ()


class _Planned(Value):
    """A verdict without its contents: a file may correct a hundred thousand payments.

    The verdict is found again by its rows; ``digest`` is of both contents.
    """

    how: _How
    lines: tuple[int, ...]
    id: int
    digest: bytes


class Imported(Outcome):
    """What became of a file; ``report`` is that of its plan."""

    report: Report = Report(0, 0, 0)


class _Ready(Value):
    """A plan of which only the last transaction is left.

    ``import_id`` is the import that brings the new payments, 0 where there are none; ``last`` is
    what becomes of payments on file in that transaction.
    """

    import_id: int
    last: tuple[_Verdict, ...]


class ImportPlan(Plan[Imported], kw_only=True):
    """What importing these rows would do to the payments on file.

    ``verdicts`` are those about payments on file that something is to be done about, and
    ``new_lines`` the rows of those that are not on file.
    """

    NOT_COMPARED: ClassVar = ("connection", "rows", "ready")

    role = Role.RUN
    connection: Connection
    rows: StagedRows
    source: str
    skip_bad_rows: bool
    report: Report
    verdicts: tuple[_Planned, ...]
    new_lines: array[int]
    ready: _Ready | None = None

    def again(self, store: Store) -> ImportPlan:
        """Sort the same rows by what is on file now.

        Once it is prepared, only those that the last transaction is about: that has to be short.
        """
        if self.ready is not None:
            still = self._verdicts([one.planned for one in self.ready.last])
            return self if still == self.ready.last else replace(self, verdicts=())
        return plan_import(
            store,
            self.connection.name,
            self.rows,
            source=self.source,
            skip_bad_rows=self.skip_bad_rows,
        )

    def _verdicts(self, planned: Sequence[_Planned]) -> tuple[_Verdict, ...]:
        """What is to be done about some of the payments on file, as they are now."""
        asked = self.rows.of_lines(line for one in planned for line in one.lines)
        return _sort(self.connection.id, asked)[0] if planned else ()

    def _still(self, planned: Sequence[_Planned]) -> tuple[_Verdict, ...]:
        """The same. Raises PlanIsStale where it is not what was planned."""
        verdicts = self._verdicts(planned)
        if [one.planned for one in verdicts] != list(planned):
            raise PlanIsStale(self)
        return verdicts

    @contextmanager
    def prepared(self, by: Operator) -> Iterator[Self]:
        """Write the new payments where nobody sees them; once everybody does, judge them.

        Where more payments on file change than fit into a short transaction, only the last ones
        change together with that; the others do before, each as a whole.
        """
        touching = tuple(one for one in self.verdicts if one.how not in (_How.NEW, _How.SAME))
        early, last = touching[:-_LAST], touching[-_LAST:]
        arrival = payment_arrivals.Arrival(by, self.connection, self.source)
        try:
            import_id = arrival.write(NewPayments(self.rows, self.new_lines))
            in_slices(by.store, early, partial(self._change, by))
            with by.store.reading():
                ready = _Ready(import_id, self._still(last))
            yield replace(self, ready=ready)
        except BaseException as error:
            arrival.remove()
            if isinstance(error, PlanIsStale | payment_arrivals.Disturbed):
                with by.store.reading():
                    fresh = self.again(by.store)
                raise PlanIsStale(fresh) from error
            raise
        arrival.judge([one.id for one in touching if one.how in _CHANGED])

    def _change(self, by: Operator, planned: Sequence[_Planned]) -> None:
        _take(by, self, self.connection, self._still(planned))

    def apply(self, by: Operator) -> Imported:
        """Change what is on file, and let everybody see the new payments."""
        assert self.ready is not None
        if self.ready.import_id and not hidden_imports.show(
            self.connection.id, self.ready.import_id
        ):
            raise PlanIsStale(self)
        told = problems.waiting_about(self.connection.id, _PAYMENT, CHANGED_AFTER_SENDING)
        same = [str(one.id) for one in self.verdicts if one.how is _How.SAME]
        over = [one for one in same if one in told]
        problems.resolve(self.connection.id, _PAYMENT, over, [CHANGED_AFTER_SENDING], by.now)
        _take(by, self, self.connection, self.ready.last)
        said = numbers(self.report)
        if self.report.new or self.report.changed or self.report.refused:
            by.note("payment.import", self.connection.name, f"{self.source}: {said}")
        sentence = f"{count(len(self.rows), 'row')}: {said}."
        return Imported(sentence, self.report.taken, self.report)


def numbers(report: Report) -> str:
    """How many rows were what, in words."""
    return (
        f"{report.new:,} new, {report.changed:,} changed, {report.unchanged:,} unchanged, "
        f"{len(report.refused):,} refused"
    )


def plan_import(
    store: Store,
    connection: str,
    file_rows: Iterable[FileRow] | StagedRows,
    *,
    source: str,
    skip_bad_rows: bool = False,
) -> ImportPlan:
    """What importing ``file_rows`` would do. ``source`` is how people call the file.

    Raises BadRows where rows cannot be read, unless they are skipped; NotFound for an unknown
    connection.
    """
    held = connections.get(connection)
    staged = file_rows if isinstance(file_rows, StagedRows) else StagedRows(file_rows)
    if staged.bad and not skip_bad_rows:
        raise BadRows(source, staged)
    told = problems.waiting_about(held.id, _PAYMENT, CHANGED_AFTER_SENDING)
    done: list[_Planned] = []
    told_of: list[str] = []
    new_lines = array("q")
    sorting = _Sorting(held.id, map(_noted, staged.noted), staged.left_out)
    for rows_of in staged.by_id():
        verdicts = sorting.sort(rows_of)
        new_lines.extend(one.line for one in verdicts if one.how is _How.NEW)
        done += [one.planned for one in verdicts if _is_kept(one, told)]
        told_of += _told(verdicts)
    refused = map(_unreadable, staged.bad)
    report = replace(sorting.report(refused), told=staged.told)
    return ImportPlan(
        title=f"Import {source} into {held.name}?",
        verb="Import",
        told=tuple(told_of),
        connection=held,
        rows=staged,
        source=source,
        skip_bad_rows=skip_bad_rows,
        report=report,
        verdicts=tuple(done),
        new_lines=new_lines,
    )


def _is_kept(one: _Verdict, told: Collection[str]) -> bool:
    """Whether anything is to be done about it later: of most rows of an export, nothing is."""
    if one.how is _How.SAME:
        return str(one.id) in told
    return one.how is not _How.NEW


def _told(verdicts: Iterable[_Verdict]) -> Iterator[str]:
    for one in verdicts:
        if one.changes and one.how is not _How.WITHDRAWN:
            yield f"Line {one.line}: {one.payment.external_id}: {_both(one.changes)}."


def _both(differing: Iterable[Change]) -> str:
    return "; ".join(map(str, differing))


def _unreadable(row: FileRow) -> Refusal:
    return Refusal(row.line, row.external_id, "; ".join(row.faults), _CORRECT_THE_ROW)


class BadPayment(CannotBeMeant):
    """A payment that is wrong in itself; all that is wrong with it is said."""

    def __init__(self, faults: Sequence[checking.Fault]) -> None:
        named = [in_columns(fault) for fault in faults]
        super().__init__(
            "\n".join(f"{fault.told}." for fault in named),
            " ".join(dict.fromkeys(f"{one.remedy[:1].upper()}{one.remedy[1:]}." for one in named)),
        )


class Added(Outcome, kw_only=True):
    """What became of one payment: ``how`` is added, updated, unchanged or refused.

    ``payment`` is as it is on file now; ``refusal`` says why it is not as it was asked for.
    """

    payment: Payment
    how: Annotated[str, "`added`, `updated` or `unchanged`"]
    refusal: Refusal | None = None


class AddPlan(Plan[Added], kw_only=True):
    """What taking in one payment would do."""

    NOT_COMPARED: ClassVar = ("connection",)

    role = Role.RUN
    connection: Connection
    payment: NewPayment
    undated: bool
    back: bool
    report: Report
    verdicts: tuple[_Verdict, ...]

    def again(self, store: Store) -> AddPlan:
        name, undated, back = self.connection.name, self.undated, self.back
        return plan_add(store, name, self.payment, undated=undated, back=back)

    def apply(self, by: Operator) -> Added:
        """Take it in, correct the one on file, or have a problem say why not."""
        new = [one.payment for one in self.verdicts if one.how is _How.NEW]
        from_platform.add(self.connection.id, new, by.now)
        _take(by, self, self.connection, self.verdicts)
        [number] = from_platform.ids(self.connection.id, [self.payment.external_id]).values()
        if self.report.new or self.report.changed:
            rejudging.judge_again(self.connection.id, by.now, [number])
        payment = payment_pages.get(number)
        how = _how(self.report)
        if how == "added":
            by.note("payment.add", self.connection.name, f"{payment.document} is imported")
        refusal = next(iter(self.report.refused), None)
        if refusal:
            return Added(refusal.reason, 0, payment=payment, how=how, refusal=refusal)
        return Added(_stands(payment, how), 1, payment=payment, how=how)


def plan_add(
    store: Store, connection: str, payment: NewPayment, *, undated: bool = False, back: bool = True
) -> AddPlan:
    """What taking in one payment would do; ``undated``: its date is only the present day.

    ``back``: one that a person withdrew is taken in again.

    Raises BadPayment for one that cannot be meant, NotFound for an unknown connection.
    """
    if faults := checking.faults(payment):
        raise BadPayment(faults)
    held = connections.get(connection)
    row = FileRow(1, payment, undated=undated, external_id=payment.external_id)
    done, report = _sort(held.id, [row], back=back)
    amount = money(payment.amount, payment.currency)
    named = f"Payment {payment.external_id}"
    return AddPlan(
        title=f"Add payment {payment.external_id}, {amount}, to {held.name}?",
        verb="Add payment",
        told=tuple(_both(one.changes) for one in done if one.changes),
        effects=(Effect(held.name, named, _how(report), payment.amount, payment.currency),),
        connection=held,
        payment=payment,
        undated=undated,
        back=back,
        report=report,
        verdicts=done,
    )


def _how(report: Report) -> str:
    if report.refused:
        return "refused"
    return "added" if report.new else "updated" if report.changed else "unchanged"


_HOW = {
    "added": "is imported",
    "updated": "is changed",
    "unchanged": "was already there; nothing changed",
}


def _stands(payment: Payment, how: str) -> str:
    stands = f"It is {payment.status.replace('_', ' ')}"
    why = f": {payment.reason}" if payment.reason else "."
    return f"{payment.document} {_HOW[how]} as number {payment.id}. {stands}{why}"


def _sort(
    connection_id: int, file_rows: Sequence[FileRow], *, back: bool = False
) -> tuple[tuple[_Verdict, ...], Report]:
    """Hold the payments of a few rows against what is on file; nothing is written.

    ``back``: one that was withdrawn is taken in again.
    """
    by_id: defaultdict[str, list[FileRow]] = defaultdict(list)
    for row in file_rows:
        if row.payment is not None:
            by_id[row.payment.external_id].append(row)
    sorting = _Sorting(connection_id, (), back=back)
    return tuple(sorting.sort(by_id)), sorting.report()


class _Sorting:
    """Holds payments against what is on file, some ids at a time, and counts what becomes of them.

    ``back``: one that was withdrawn is taken in again.
    """

    def __init__(
        self,
        connection_id: int,
        notes: Iterable[Note],
        left_out: Mapping[str, Sequence[int]] = MappingProxyType({}),
        *,
        back: bool = False,
    ) -> None:
        self._connection_id = connection_id
        self._back = back
        self._left_out = {kind: list(lines) for kind, lines in left_out.items()}
        self._payments = 0
        self._how: Counter[_How] = Counter()
        self._refused: list[Refusal] = []
        self._notes = list(notes)

    def sort(self, by_id: Mapping[str, Sequence[FileRow]]) -> list[_Verdict]:
        """What is to be done about these ids, of which ``by_id`` has all rows."""
        on_file = from_platform.on_file(self._connection_id, by_id.keys())
        by_id = self._that_count(by_id, on_file)
        left = from_platform.left([held.id for held in on_file.values()])
        asked = {key: _asked(same_id, on_file.get(key)) for key, same_id in by_id.items()}
        refused = {
            key: told
            for key, each in asked.items()
            if (told := _contradicting(each, is_whole=not any(row.unsaid for row in by_id[key])))
        }
        found = [
            _verdict(each, on_file.get(key), left, back=self._back)
            for key, each in asked.items()
            if key not in refused
        ]
        self._refused += [one for each in refused.values() for one in each]
        self._refused += [refusal for one in found for refusal in _not_changed(one)]
        self._notes += _notes(self._connection_id, found)
        self._how.update(one.how for one in found)
        return found

    def _that_count(
        self, by_id: Mapping[str, Sequence[FileRow]], on_file: Mapping[str, Payment]
    ) -> Mapping[str, Sequence[FileRow]]:
        """The rows that are payments; one that failed counts where it is on file."""
        counting: dict[str, Sequence[FileRow]] = {}
        for key, rows_of in by_id.items():
            paid = [row for row in rows_of if not row.kind]
            used = paid or (rows_of if key in on_file else ())
            for row in rows_of if len(used) < len(rows_of) else ():
                if row.kind and row not in used:
                    self._left_out.setdefault(row.kind, []).append(row.line)
            if used:
                counting[key] = used
                self._payments += len(used)
        return counting

    def report(self, unreadable: Iterable[Refusal] = ()) -> Report:
        """What became of them; ``unreadable`` are rows that are none of payments."""
        new, changed = self._how[_How.NEW], sum(self._how[one] for one in _CHANGED)
        return Report(
            new=new,
            changed=changed,
            unchanged=self._payments - new - changed - len(self._refused),
            refused=tuple(sorted([*unreadable, *self._refused], key=lambda one: one.line)),
            notes=tuple(sorted(self._notes, key=lambda note: note.line)),
            left_out=tuple(_left_out(*one) for one in sorted(self._left_out.items())),
        )


def _left_out(kind: str, lines: Sequence[int]) -> LeftOut:
    return LeftOut(kind, len(lines), LEFT_OUT[kind], tuple(sorted(lines)[:_SHOWN]))


def _noted(row: FileRow) -> Note:
    return Note(row.line, f"Line {row.line}: {row.note}.")


def _chunks(keys: Iterable[_Key]) -> Iterator[list[_Key]]:
    waiting = iter(keys)
    while chunk := list(islice(waiting, _AT_ONCE)):
        yield chunk


def _asked(same_id: Iterable[FileRow], held: Payment | None) -> list[tuple[int, NewPayment]]:
    """The payments of rows of one id, with their lines.

    What a row does not say stays as it is on file: the date where it came without one, so that
    the same file another day asks for nothing else, the fee, and what a report is silent about.
    """
    before = as_taken(held) if held else None
    asked = []
    for row in same_id:
        assert row.payment is not None
        one = as_written(row.payment)
        asked.append((row.line, _with_unsaid(one, row, before) if before else one))
    return asked


def _with_unsaid(one: NewPayment, row: FileRow, before: NewPayment) -> NewPayment:
    kept = {name: getattr(before, name) for name in row.unsaid}
    if row.undated:
        kept["date"] = before.date
    if one.fee is None:
        kept["fee"] = before.fee
    if "uses" in kept and [use.amount for use in before.uses] == [before.amount]:
        kept["uses"] = (replace(before.uses[0], amount=one.amount),) if one.amount else ()
    return replace(one, **kept)


def _contradicting(asked: Sequence[tuple[int, NewPayment]], *, is_whole: bool) -> list[Refusal]:
    """Refuse all rows of an id whose terms are not the same throughout: which is meant?

    Where they are not the whole of a payment, also those that cannot be meant together with what
    is on file.
    """
    _, last = asked[-1]
    if faults := () if is_whole else checking.faults(last):
        told = "; ".join(str(in_columns(fault)) for fault in faults)
        return [Refusal(line, one.external_id, told, _remedy(faults)) for line, one in asked]
    if not any(changes(one, last, TERMS) for _, one in asked[:-1]):
        return []
    lines = ", ".join(str(line) for line, _ in asked)
    return [
        Refusal(
            line,
            one.external_id,
            f"lines {lines} have this payment with different content",
            "Keep the right one in the file and import it again.",
        )
        for line, one in asked
    ]


def _remedy(faults: Sequence[checking.Fault]) -> str:
    if any(fault.field == "customer" for fault in faults):
        return (
            'Map the column with the invoice: "HEADER=invoice", or the customer of payments on '
            'account: "HEADER=customer" (with --map; in the console under Columns).'
        )
    return _CORRECT_THE_ROW


def _verdict(
    same_id: Sequence[tuple[int, NewPayment]],
    held: Payment | None,
    left: Collection[int],
    *,
    back: bool,
) -> _Verdict:
    lines, asked = tuple(line for line, _ in same_id), same_id[-1][1]
    if held is None:
        return _Verdict(_How.NEW, lines, asked)
    before = as_taken(held)
    terms = changes(before, asked, TERMS)
    if held.status is PaymentStatus.WITHDRAWN and (terms or back):
        how = _How.BACK if back else _How.WITHDRAWN
    elif terms and held.id in left:
        how, asked = _How.SENT, with_charge_of(before, asked)
    elif terms:
        how = _How.CORRECTED
    elif changes(before, asked, CHARGE):
        how = _How.RECHARGED
    else:
        # Most rows of a cumulative export: hundreds of thousands are held at once.
        return _Verdict(_How.SAME, lines, asked, held.id)
    return _Verdict(how, lines, asked, held.id, before, terms, held)


def _not_changed(one: _Verdict) -> list[Refusal]:
    """Refuse other terms of what was sent, and of what was withdrawn."""
    if one.how is _How.SENT:
        told = tell(CHANGED_AFTER_SENDING, changes=_both(one.terms))
        reason, remedy = told.message, told.remedy
    elif one.how is _How.WITHDRAWN:
        reason = f"the payment is withdrawn, so it was not changed: {_both(one.terms)}"
        remedy = "To post it, add it again: deskbridge payments add."
    else:
        return []
    return [Refusal(line, one.payment.external_id, reason, remedy) for line in one.lines]


def _notes(connection_id: int, verdicts: Sequence[_Verdict]) -> Iterator[Note]:
    """What is taken in and will not go out as it is, as far as the row itself tells."""
    news = [one for one in verdicts if one.how in (_How.NEW, _How.CORRECTED, _How.BACK)]
    priced = [one for one in news if one.payment.currency]
    documents = {use.document for one in priced for use in one.payment.uses}
    found = invoices_named(connection_id, documents)
    for one in news:
        if not one.payment.amount:
            yield Note(one.line, f"Line {one.line}: the amount is 0.00, so it is never posted.")
    for one in priced:
        yield from _in_another_currency(one, found)


def _in_another_currency(
    one: _Verdict, found: Mapping[str, Sequence[NamedInvoice]]
) -> Iterator[Note]:
    for use in one.payment.uses:
        invoices = found[use.document] if use.kind is UseKind.INVOICE else ()
        named = {invoice.currency for invoice in invoices if invoice.currency}
        if named and one.payment.currency not in named:
            yield Note(
                one.line,
                f"Line {one.line}: the payment is in {one.payment.currency}, invoice "
                f"{use.document} is in {', '.join(sorted(named))}, so it is held.",
            )


def _take(
    by: Operator, plan: Plan[Outcome], connection: Connection, verdicts: Sequence[_Verdict]
) -> None:
    """Write what the verdicts say about payments that are on file; they are judged afterward."""
    for chunk in _chunks(verdicts):
        of = {how: [one for one in chunk if one.how is how] for how in _How}
        corrected = (*of[_How.CORRECTED], *of[_How.BACK])
        _hold_still(by, plan, [one.id for one in corrected])
        _correct(by, connection, corrected)
        recharged = [one for one in (*of[_How.RECHARGED], *of[_How.SENT]) if one.changes]
        from_platform.recharge([(one.id, one.payment) for one in recharged], by.now)
        _tell_of_posted(connection.id, recharged, by.now)
        _tell_of_sent(connection.id, of[_How.SENT], by.now)
        over = [str(one.id) for one in chunk if one.how in (_How.SAME, _How.RECHARGED)]
        problems.resolve(connection.id, _PAYMENT, over, [CHANGED_AFTER_SENDING], by.now)


def _hold_still(by: Operator, plan: Plan[Outcome], payment_ids: Sequence[int]) -> None:
    """Keep payments that are to be corrected from leaving in this moment, on another daemon."""
    if not payment_ids:
        return
    rows.lock(payment_ids)
    if from_platform.left(payment_ids):
        raise PlanIsStale(plan.again(by.store))


def _correct(by: Operator, connection: Connection, corrected: Sequence[_Verdict]) -> None:
    from_platform.correct(
        [(one.id, one.payment, _corrected(one)) for one in corrected], by.who, by.now
    )
    over = [str(one.id) for one in corrected]
    problems.resolve(connection.id, _PAYMENT, over, [reasons.WAITS_LONG], by.now)
    details = [f"{one.payment.external_id}: {_corrected(one)}" for one in corrected]
    audit.add_all(by.who, "payment.correct", connection.name, details, by.now)


def _corrected(one: _Verdict) -> str:
    again = "added again after it was withdrawn" * (one.how is _How.BACK)
    return "; ".join(filter(None, (again, _both(one.changes))))


def _tell_of_sent(connection_id: int, sent: Iterable[_Verdict], now: datetime) -> None:
    troubles = [
        _trouble(one.held, CHANGED_AFTER_SENDING, changes=_both(one.terms))
        for one in sent
        if one.held
    ]
    problems.report(connection_id, None, troubles, now)


def _tell_of_posted(connection_id: int, recharged: Sequence[_Verdict], now: datetime) -> None:
    """A refund, dispute or return of what QuickBooks has in full is for a person to book there."""
    parts = rows.postings_of(one.id for one in recharged)
    posted = [
        one for one in recharged if any(part.state in IN_QUICKBOOKS for part in parts[one.id])
    ]
    troubles = [trouble for one in posted for trouble in _of_charge(one)]
    problems.report(connection_id, None, troubles, now)
    for code, is_over in _OVER.items():
        over = [str(one.id) for one in recharged if is_over(one.payment)]
        problems.resolve(connection_id, _PAYMENT, over, [code], now)


_OVER: Mapping[str, Callable[[NewPayment], bool]] = {
    "payment-disputed": lambda told: not told.disputed,
    "payment-returned": lambda told: told.charge_state is not ChargeState.FAILED,
}
"""Which problems of a charge are over by what is told of it now."""


def _of_charge(one: _Verdict) -> Iterator[Trouble]:
    payment, asked = one.held, one.payment
    assert payment is not None
    amount = money(payment.amount, payment.currency)
    if asked.refunded and asked.refunded != payment.refunded:
        refunded = money(asked.refunded, payment.currency)
        yield _trouble(payment, "payment-refunded", amount=amount, refunded=refunded)
    if asked.disputed and not payment.disputed:
        yield _trouble(payment, "payment-disputed", amount=amount)
    if asked.charge_state is ChargeState.FAILED is not payment.charge_state:
        yield _trouble(payment, "payment-returned", amount=amount)


def _trouble(payment: Payment, code: str, **fields: str) -> Trouble:
    told = tell(code, **fields)
    return Trouble(
        code=code,
        kind=_PAYMENT,
        object_id=str(payment.id),
        document=payment.document,
        message=told.message,
        remedy=told.remedy,
    )
