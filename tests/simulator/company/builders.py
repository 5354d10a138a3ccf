"""Small companies, and a way to ask them that checks every answer as it comes."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from lxml import etree

from simulator.company import Company, QuickBooksSession
from simulator.company.books import Books
from simulator.company.records import Customer, Invoice

SCHEMA = Path(__file__).parents[4] / "shared" / "qbxml-schema" / "qbxmlops130.xsd"
NO_SCHEMA = f"Intuit's schema is not beside the project ({SCHEMA})"
# QuickBooks itself says Mail here, which its schema does not list.
_KNOWN_DEVIATION = "Element 'PreferredDeliveryMethod'"


@cache
def xsd() -> etree.XMLSchema | None:
    """Intuit's schema, where it is at hand."""
    return etree.XMLSchema(etree.parse(str(SCHEMA))) if SCHEMA.is_file() else None


def a_company(customers: int = 30, invoices: int = 80, seed: int = 7, **options) -> Company:
    return Company.create(seed=seed, customers=customers, invoices=invoices, **options)


def a_session(company: Company | None = None) -> QuickBooksSession:
    return (company or a_company()).connect("Invoice Sync")


def document(body: str, *, version: str = "13.0", attributes: str = 'onError="stopOnError"') -> str:
    return (
        f'<?xml version="1.0" encoding="utf-8"?>\n<?qbxml version="{version}"?>\n<QBXML>'
        f"<QBXMLMsgsRq {attributes}>{body}</QBXMLMsgsRq></QBXML>"
    )


def ask(session: QuickBooksSession, body: str, **options: str) -> etree._Element:
    """The answer's message set; every answer is plain ASCII and fits Intuit's schema."""
    return checked(session.process(document(body, **options)))


def ask_one(session: QuickBooksSession, body: str, **options: str) -> etree._Element:
    """The answer to a set of one request."""
    (answer,) = ask(session, body, **options)
    return answer


def checked(answer: str) -> etree._Element:
    assert answer.isascii()
    assert answer.startswith('<?xml version="1.0" ?>\n<QBXML>\n<QBXMLMsgsRs')
    assert "<?qbxml" not in answer
    root = etree.fromstring(answer.encode())
    schema = xsd()
    if schema is not None and not schema.validate(root):
        wrong = [e.message for e in schema.error_log if not e.message.startswith(_KNOWN_DEVIATION)]
        assert not wrong, wrong
    (message_set,) = root
    return message_set


def status(answer: etree._Element) -> tuple[int, str]:
    return int(answer.get("statusCode") or "-1"), answer.get("statusSeverity") or ""


def texts(answer: etree._Element, path: str) -> list[str]:
    return [element.text or "" for element in answer.iterfind(path)]


def an_open_invoice(books: Books) -> Invoice:
    """Open, posted, nothing applied yet, of a customer in home currency, over 10.00."""
    return next(
        one
        for one in books.invoices.values()
        if one.balance > 1000
        and not (one.pending or one.applied)
        and one.number
        and one.currency == books.profile.home_currency
        and [other.number for other in books.invoices.values()].count(one.number) == 1
    )


def a_job(books: Books) -> Customer:
    return next(one for one in books.customers.values() if one.parent)
