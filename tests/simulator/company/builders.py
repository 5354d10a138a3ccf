"""Small companies, and a way to ask them that checks every answer as it comes."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from lxml import etree

from simulator.company import Company, QuickBooksSession, acts
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


def said(answer: etree._Element) -> str:
    return answer.get("statusMessage") or ""


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


def a_debtor(**options) -> tuple[Company, Invoice]:
    """A company with one open invoice over 100.00, of a customer without any other."""
    company = a_company(3, 0, **options)
    owner = acts.add_customer(company.books, "Debtor").object_id
    made = acts.add_invoice(company.books, owner, 10000, number="D-1")
    return company, company.books.invoices[made.object_id]


def another_invoice(company: Company, invoice: Invoice, amount: int, **options) -> Invoice:
    """One more invoice of the same customer."""
    made = acts.add_invoice(company.books, invoice.customer, amount, **options)
    return company.books.invoices[made.object_id]


def fields(**given: str | None) -> str:
    """Elements in the order given; None leaves one out."""
    return "".join(
        f"<{name}>{value}</{name}>" for name, value in given.items() if value is not None
    )


def ref(list_id: str = "", full_name: str = "") -> str:
    return fields(ListID=list_id or None, FullName=full_name or None)


def applied_to(invoice: Invoice | str, amount: str | None = None, more: str = "") -> str:
    txn_id = invoice if isinstance(invoice, str) else invoice.txn_id
    return fields(TxnID=txn_id, PaymentAmount=amount) + more


def a_payment(
    invoice: Invoice,
    amount: str = "40.00",
    *,
    customer: str | None = None,
    total: str | None = None,
    applied: list[str] | None = None,
    auto: str | None = None,
    request_id: str = "1",
    include: str = "",
    **others: str,
) -> str:
    """A ReceivePaymentAddRq for an invoice; ``others`` are further elements by name."""
    lines = [applied_to(invoice, amount)] if applied is None else applied
    body = fields(
        CustomerRef=customer or ref(invoice.customer),
        ARAccountRef=others.get("ARAccountRef"),
        TxnDate=others.get("TxnDate"),
        RefNumber=others.get("RefNumber"),
        TotalAmount=amount if total is None else total,
        ExchangeRate=others.get("ExchangeRate"),
        PaymentMethodRef=others.get("PaymentMethodRef"),
        Memo=others.get("Memo"),
        DepositToAccountRef=others.get("DepositToAccountRef"),
        ExternalGUID=others.get("ExternalGUID"),
        IsAutoApply=auto,
    )
    if auto is None:
        body += "".join(f"<AppliedToTxnAdd>{line}</AppliedToTxnAdd>" for line in lines)
    return (
        f'<ReceivePaymentAddRq requestID="{request_id}"><ReceivePaymentAdd>{body}'
        f"</ReceivePaymentAdd>{include}</ReceivePaymentAddRq>"
    )


def in_set(new: str | None = None, old: str | None = None, on_error: str = "stopOnError") -> str:
    """The attributes of a message set with ids."""
    ids = {"newMessageSetID": new, "oldMessageSetID": old, "onError": on_error}
    return " ".join(f'{name}="{value}"' for name, value in ids.items() if value is not None)


def refused(company: Company, request: str, code: int, *words: str) -> None:
    """The request is refused with a code and words, and nothing has changed."""
    before = company.backup()
    answer = ask_one(a_session(company), request)
    assert status(answer) == (code, "Error"), said(answer)
    for word in words:
        assert word in said(answer)
    assert without_sessions(company.backup()) == without_sessions(before)


def without_sessions(state: str) -> str:
    """A state without the count of sessions, which reading moves as well."""
    head, _, tail = state.partition('"sessions":')
    return head + tail.partition("}")[2]
