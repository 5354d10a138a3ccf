"""The rows of a file of payments, kept on disk while they are sorted and written.

A cumulative export has hundreds of thousands of rows. They stand in a temporary database that
goes with the process, so that memory does not grow with the file.
"""

from __future__ import annotations

from array import array
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from typing import overload

from msgspec import msgpack

from shared.models.temporary_rows import TemporaryRows
from shared.operations.file_profiles import BY_HAND, LEFT_OUT
from shared.operations.payment_cells import FileRow
from shared.rules.payments.values import NewPayment
from shared.structs import replace

_AT_ONCE = 500
_ONLY_COUNTED = frozenset(LEFT_OUT) - {*BY_HAND}


class StagedRows:
    """All rows of a file, by line and by external id.

    ``bad`` are those that cannot be read, ``noted`` those that are no payments and of which each
    is told; ``left_out`` are the lines of the other ones by what they are. ``told`` says how the
    file was read, and ``payments`` how many rows are payments. Raises NotPossible where there is
    no room on the disk, and what reading the rows raises.
    """

    def __init__(self, rows: Iterable[FileRow]) -> None:
        self.bad: list[FileRow] = []
        self.noted: list[FileRow] = []
        self.left_out: defaultdict[str, array[int]] = defaultdict(lambda: array("q"))
        self.payments = self._count = 0
        self._kept = TemporaryRows(map(self._staged, rows))
        self.told: tuple[str, ...] = getattr(rows, "told", ())

    def _staged(self, row: FileRow) -> tuple[int, str | None, bytes]:
        self._count += 1
        self.payments += row.payment is not None
        if row.faults:
            self.bad.append(row)
        if row.kind and row.payment is None:
            self.left_out[row.kind].append(row.line)
        if row.note and row.kind not in _ONLY_COUNTED:
            self.noted.append(row)
        if row.payment is None:  # nobody asks for it again
            return row.line, None, b""
        return row.line, row.payment.external_id, _packed(row)

    def __len__(self) -> int:
        return self._count

    def by_id(self) -> Iterator[dict[str, list[FileRow]]]:
        """All rows of some hundred ids at a time, in the order in which the ids come first."""
        ids = self._kept.keys()
        while chunk := list(islice(ids, _AT_ONCE)):
            found: defaultdict[str, list[FileRow]] = defaultdict(list)
            for row in map(_read, self._kept.of_keys(chunk)):
                assert row.payment is not None
                found[row.payment.external_id].append(row)
            yield {external_id: found[external_id] for external_id in chunk}

    def of_lines(self, lines: Iterable[int]) -> list[FileRow]:
        """The rows with a payment that begin on these lines, in their order."""
        return [_read(content) for content in self._kept.of_lines(lines)]


_packed = msgpack.Encoder().encode
_read = msgpack.Decoder(FileRow).decode


class NewPayments(Sequence[NewPayment]):
    """The payments of these lines, each as it is to be on file; read when they are asked for."""

    def __init__(self, rows: StagedRows, lines: array[int]) -> None:
        self._rows = rows
        self._lines = lines

    def __len__(self) -> int:
        return len(self._lines)

    @overload
    def __getitem__(self, which: int) -> NewPayment: ...
    @overload
    def __getitem__(self, which: slice) -> list[NewPayment]: ...
    def __getitem__(self, which: int | slice) -> NewPayment | list[NewPayment]:
        if isinstance(which, int):
            return self[which : which + 1 or None][0]
        found = {row.line: row.payment for row in self._rows.of_lines(self._lines[which])}
        return [as_written(one) for line in self._lines[which] if (one := found[line])]


def as_written(payment: NewPayment) -> NewPayment:
    """A payment as it is kept: codes of currencies in capitals."""
    if payment.currency.isupper() or not payment.currency:
        return payment
    return replace(payment, currency=payment.currency.upper())
