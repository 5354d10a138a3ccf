"""What one call to QuickBooks shows: the request and the answer, indented to be read."""

from __future__ import annotations

from dataclasses import dataclass

from lxml import etree

from console.tui.masking import masked
from shared.errors import NotFound
from shared.models import sessions
from shared.models.store import Store
from shared.rules.values import Exchange


@dataclass(frozen=True, slots=True)
class ExchangeText:
    """A call; ``answer`` is None where it was not kept. Lines are masked."""

    exchange: Exchange
    request: tuple[str, ...]
    answer: tuple[str, ...] | None


def read(_store: Store, exchange_id: int) -> ExchangeText:
    """Read one call; raises NotFound."""
    exchange = sessions.exchange_by_id(exchange_id)
    if exchange is None:
        raise NotFound("call", exchange_id)
    answer = sessions.exchange_text(exchange_id)
    return ExchangeText(
        exchange,
        pretty(exchange.request.decode(errors="replace")),
        None if answer is None else pretty(answer),
    )


def pretty(xml: str) -> tuple[str, ...]:
    """The lines of ``xml``, indented; as they are when it is not well-formed. Masked."""
    parser = etree.XMLParser(remove_blank_text=True, resolve_entities=False, no_network=True)
    try:
        root = etree.fromstring(xml.encode(), parser)
    except (etree.XMLSyntaxError, ValueError):
        return tuple(masked(xml).splitlines())
    etree.indent(root, "  ")
    return tuple(masked(etree.tostring(root, encoding="unicode")).splitlines())
