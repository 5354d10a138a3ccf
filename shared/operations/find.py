"""Find anything by its number, an id or a name, over all connections: what jumps lead to."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import suppress
from operator import itemgetter
from typing import TypeVar

from shared import hints
from shared.errors import NotFound
from shared.hints import Hint
from shared.models import lookups, problems, syncs
from shared.models.ledger import credit_memos, customer_pages, invoice_pages
from shared.models.lookups import BEGINS, HOLDS, IS, MOST, Company, Match
from shared.models.payments import payment_pages
from shared.models.store import Store
from shared.operations.describe import syncs as describe_syncs
from shared.operations.describe.invoices import status as invoice_status
from shared.operations.describe.payments import name_of, status_word
from shared.operations.describe.problems import document_of
from shared.operations.liveness import as_it_stands
from shared.rules.found import Found, Hit, Kind
from shared.rules.ledger import CreditMemo, CustomerSides, InvoiceSides
from shared.rules.payments.names import folded
from shared.rules.payments.values import Payment
from shared.rules.values import WAITING, Problem, Sync

AT_ONCE = 5
"""How many of each kind are shown where nobody says otherwise."""

T = TypeVar("T")
_SYNC = re.compile(r"(s?)#?(\d{1,18})", re.IGNORECASE | re.ASCII)
_PROBLEM = re.compile(r"#?(\d{1,18})", re.ASCII)


def view(
    store: Store, text: str, limit: int = AT_ONCE, *, inside: bool = True
) -> tuple[Found, ...]:
    """What is meant by ``text``: of each kind at most ``limit``, the kind with the best hit first.

    A number, an id or a code may be typed as far as people know it, in upper or lower case; words
    of a name in their order. Better: what is the text, then what begins with it, then what holds
    it. Nothing is found for no text. Without ``inside`` it is what an index finds at once: no text
    in the middle, no credit memos, problems or hints.
    """
    typed = text.strip()
    if not typed:
        return ()
    looks = _LOOKS if inside else _BY_INDEX
    ranked = [one for look in looks for one in look(store, typed, limit, inside)]
    ranked.sort(key=lambda one: one[0])
    return tuple(found for _, found in ranked)


def _companies(_store: Store, typed: str, limit: int, _inside: bool) -> Iterator[tuple[int, Found]]:
    wanted = folded(typed)
    ranked: list[tuple[int, int, Company]] = []
    for place, one in enumerate(lookups.companies()):
        names = [folded(name) for name in one[1:] if name]
        rank = min((rank for name in names if (rank := _rank(name, wanted)) is not None), default=9)
        if rank <= HOLDS:
            ranked.append((rank, place, one))
    ranked.sort()
    hits = [_company(one) for _, _, one in ranked[:limit]]
    yield from _found(Kind.COMPANY, [rank for rank, _, _ in ranked], hits)


def _rank(name: str, wanted: str) -> int | None:
    """How well a name fits; None: not at all. Both are folded."""
    if name == wanted:
        return IS
    if name.startswith(wanted):
        return BEGINS
    return HOLDS if all(word in name for word in wanted.split()) else None


def _company(one: Company) -> Hit:
    about = ", ".join(name for name in (one.company_name, one.company_file) if name)
    return Hit(Kind.COMPANY, str(one.id), one.name, about, "", None, "", one.name, one.id)


def _customers(_store: Store, typed: str, limit: int, inside: bool) -> Iterator[tuple[int, Found]]:
    ranked = lookups.matches(lookups.CUSTOMERS, typed, inside=inside)
    yield from _of_rows(Kind.CUSTOMER, ranked, limit, customer_pages.of_ids, _customer)


def _customer(one: CustomerSides, match: Match) -> Hit:
    name = one.full_name or one.list_id
    is_known_by = match.text not in (folded(name), folded(one.list_id))
    about = f"also {match.text}" if is_known_by else one.list_id
    state = "" if one.active else "inactive"
    where = (one.connection, one.connection_id)
    return Hit(Kind.CUSTOMER, one.list_id, name, about, state, None, "", *where)


def _invoices(_store: Store, typed: str, limit: int, inside: bool) -> Iterator[tuple[int, Found]]:
    ranked = lookups.matches(lookups.INVOICES, typed, inside=inside)
    yield from _of_rows(Kind.INVOICE, ranked, limit, invoice_pages.of_ids, _invoice)


def _invoice(one: InvoiceSides, _match: Match) -> Hit:
    money = (one.balance, one.currency)
    where = (one.connection, one.connection_id)
    title = one.number or f"(no number) {one.txn_id}"
    return Hit(Kind.INVOICE, one.txn_id, title, one.customer, invoice_status(one), *money, *where)


def _payments(_store: Store, typed: str, limit: int, inside: bool) -> Iterator[tuple[int, Found]]:
    ranked = lookups.matches(lookups.PAYMENTS, typed, inside=inside)
    names = {company.id: company.name for company in lookups.companies()}

    def hit(one: Payment, match: Match) -> Hit:
        where = (names.get(one.connection_id, ""), one.connection_id)
        money = (one.amount, one.currency)
        title, stands = name_of(one), status_word(one)
        is_known_by = match.text == one.reference.lower() and one.reference != title
        about = f"{one.reference}, {one.customer}" if is_known_by else one.customer
        return Hit(Kind.PAYMENT, str(one.id), title, about, stands, *money, *where)

    yield from _of_rows(Kind.PAYMENT, ranked, limit, payment_pages.of_ids, hit)


def _credit_memos(
    _store: Store, typed: str, limit: int, _inside: bool
) -> Iterator[tuple[int, Found]]:
    """Those of which something is left, by number or TxnID."""
    wanted = typed.lower()

    def rank(memo: CreditMemo) -> int:
        return min(_rank_of(text.lower(), wanted) for text in (memo.number, memo.txn_id))

    called = credit_memos.called(typed, MOST + 1)
    ranked = sorted(((rank(memo), of, memo) for of, memo in called), key=itemgetter(0))
    names = {company.id: company.name for company in lookups.companies()}
    hits = [_credit_memo(memo, of, names.get(of, "")) for _, of, memo in ranked[:limit]]
    yield from _found(Kind.CREDIT_MEMO, [one[0] for one in ranked], hits)


def _credit_memo(memo: CreditMemo, connection_id: int, connection: str) -> Hit:
    title = memo.number or f"(no number) {memo.txn_id}"
    return Hit(
        *(Kind.CREDIT_MEMO, memo.txn_id, title, memo.customer, "open"),
        *(memo.remaining, memo.currency, connection, connection_id),
        customer_list_id=memo.customer_list_id,
    )


def _of_rows(
    kind: Kind,
    ranked: list[Match],
    limit: int,
    read: Callable[[Collection[int]], Mapping[int, T]],
    hit: Callable[[T, Match], Hit],
) -> Iterator[tuple[int, Found]]:
    """The best ones, read; a row that is hidden at the moment is not shown."""
    rows = read([match.id for match in ranked[:limit]]) if ranked else {}
    hits = [hit(rows[match.id], match) for match in ranked[:limit] if match.id in rows]
    yield from _found(kind, [match.rank for match in ranked], hits)


def _syncs(store: Store, typed: str, _limit: int, _inside: bool) -> Iterator[tuple[int, Found]]:
    """The one of that number; ``S42`` is how the Web Connector's status line calls it."""
    named = _SYNC.fullmatch(typed)
    if named is None:
        return
    try:
        one = as_it_stands(store, syncs.get(int(named[2])))
    except NotFound:
        return
    yield from _found(Kind.SYNC, [IS if named[1] else HOLDS], [_sync(one)])


def _sync(one: Sync) -> Hit:
    about = describe_syncs.application(one.application)
    state = describe_syncs.word(one)
    where = (one.connection or "", one.connection_id)
    return Hit(Kind.SYNC, str(one.id), f"S{one.id}", about, state, None, "", *where)


def _problems(_store: Store, typed: str, limit: int, _inside: bool) -> Iterator[tuple[int, Found]]:
    """Those that are not settled, by their code, their number or what they are about."""
    words = typed.split()
    listed = problems.page(WAITING, words, limit)
    number = sum(problems.counts(WAITING, words).values())
    numbered = [one for one in _problem_numbered(typed) if one not in listed]
    listed = [*numbered, *listed][:limit]
    wanted = folded(typed)
    ranks = [_rank_of(one.code.casefold(), wanted) for one in listed]
    rest = [HOLDS] * (number + len(numbered) - len(listed))
    yield from _found(Kind.PROBLEM, [*ranks, *rest], [_problem(one) for one in listed])


def _problem_numbered(typed: str) -> Iterator[Problem]:
    number = _PROBLEM.fullmatch(typed)
    if number is not None:
        with suppress(NotFound):
            one = problems.get(int(number[1]))
            if one.state in WAITING:
                yield one


def _problem(one: Problem) -> Hit:
    known = hints.hint(one.code)
    about = known.title if known else one.message
    where = (one.connection, one.connection_id)
    state = one.state.value
    return Hit(Kind.PROBLEM, str(one.id), document_of(one), about, state, None, "", *where)


def _hints(_store: Store, typed: str, limit: int, _inside: bool) -> Iterator[tuple[int, Found]]:
    found = [one for one in hints.search(typed) if one.group != "range"]
    wanted = hints.canonical(typed).casefold()
    ranks = [
        min(_rank_of(code.casefold(), wanted) for code in (one.code, *one.also)) for one in found
    ]
    yield from _found(Kind.HINT, ranks, [_hint(one) for one in found[:limit]])


def _rank_of(text: str, wanted: str) -> int:
    rank = _rank(text, wanted)
    return HOLDS if rank is None else rank


def _hint(one: Hint) -> Hit:
    return Hit(Kind.HINT, one.code, one.code, one.title, f"{one.actor.value} acts")


def _found(
    kind: Kind, ranks: Collection[int], hits: Collection[Hit]
) -> Iterator[tuple[int, Found]]:
    """The group with the rank of its best one; nothing where there is none to show."""
    if hits:
        total = min(len(ranks), MOST)
        yield min(ranks), Found(kind, tuple(hits), max(total - len(hits), 0), len(ranks) <= MOST)


_BY_INDEX = (_companies, _customers, _invoices, _payments, _syncs)
_LOOKS = (*_BY_INDEX, _credit_memos, _problems, _hints)
