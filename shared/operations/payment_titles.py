"""Rows of a file that are no payments by their look: titles, totals, and what is blank."""

from __future__ import annotations

from shared.operations.payment_cells import Raw, label
from shared.structs import replace

FEATURES = (
    *("date", "invoice", "applied", "credit_notes", "customer", "method", "reference"),
    *("gateway", "charge_state"),
)
"""What only payments have: a row without any of them is a total or a title."""


def told_apart(raw: Raw, first: str = "") -> Raw:
    """The row, told apart from a payment where it is a total, a title or blank.

    A payment has at least one of FEATURES. A row that is labeled as a total is none whatever
    it has: a count of payments may stand among invoices, the day of the report among days.
    ``first`` is the first cell of a row of a report, which labels it.
    """
    features = any(label(raw.values.get(name)) for name in FEATURES)
    name = label(raw.values.get("external_id"))
    labels = [name] if name else filter(None, map(label, raw.values.values()))
    told = first or next(iter(labels), "")
    if not features or is_total(told, loosely=bool(name or first)):
        return replace(raw, note=NO_PAYMENT)
    return raw


def is_total(text: str, *, loosely: bool = False) -> bool:
    """Whether a text reads like "Grand total:"; ``loosely`` also "Total of 12 payments".

    An id of a payment has no such word in it, but the name of a customer may.
    """
    words = [word.strip(".,:;()*=-") for word in text.casefold().split()]
    totals = [word for word in words if word in _TOTALS]
    return bool(totals) and (loosely or all(word in _TOTALS | _WITH_TOTALS for word in words))


NO_PAYMENT = "it is a total or a title and not a payment, so it was not imported"
_IN_MANY_LANGUAGES = """
    total totals totaal totale totales totali totais totalt subtotal subtotals sub-total
    subtotaal subtotale subtotales sum sums summe suma summa sumas somme somma soma gesamt
    gesamtsumme gesamtbetrag zwischensumme insgesamt endsumme razem łącznie celkem összesen
    yhteensä kokku kopā viso ukupno skupaj toplam jumlah tổng итого всего сумма разом усього
    общо σύνολο المجموع الإجمالي סה״כ รวม 合计 总计 小计 總計 合計 総計 小計 합계 총계 소계
"""
_TOTALS = frozenset(_IN_MANY_LANGUAGES.split())
_WITH_TOTALS = frozenset(
    {"", "grand", "gran", "sub", "net", "overall", "general", "général", "report"}
)
