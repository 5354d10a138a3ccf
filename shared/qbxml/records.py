"""The records of an answer: which child is which field, and what its text must be."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date

from shared.qbxml import payment_records, responses
from shared.qbxml.refs import Ref, read_full_name, read_ref, read_spare_ref
from shared.qbxml.responses import BadRecord, Ret
from shared.qbxml.shape import BadField, Element, Leaf, Node, Shape
from shared.qbxml.text import (
    BadId,
    BadValue,
    read_amount,
    read_count,
    read_date,
    read_flag,
    read_id,
    shown,
    wall_clock,
)


def _text(element: Element) -> str:
    text = element.text or ""
    return "" if text.isspace() else text


def _word(element: Element) -> str:
    return (element.text or "").strip()


def _date(element: Element) -> date | None:
    return read_date(element.text or "")


def _flag(element: Element) -> bool | None:
    return read_flag(element.text or "")


def _printed_lines(element: Element) -> tuple[str, ...]:
    return tuple(text for text in map(_text, element) if text)


def _is_accountant_copy(element: Element) -> bool | None:
    return read_flag(element.findtext("AccountantCopyExists", ""))


_ADDRESS = Shape(
    responses.Address,
    {
        **{f"Addr{number}": Node("lines", _text, repeats=True) for number in range(1, 6)},
        "City": Leaf("city"),
        "State": Leaf("state"),
        "Province": Leaf("state"),
        "County": Leaf("state"),
        "PostalCode": Leaf("postal_code"),
        "Country": Leaf("country"),
        "Note": Leaf("note"),
    },
)

_DATA_EXT = Shape(
    responses.DataExt,
    {
        "OwnerID": Leaf("owner_id", str.strip),
        "DataExtName": Leaf("name"),
        "DataExtType": Leaf("type", str.strip),
        "DataExtValue": Leaf("value"),
    },
)

_HOST = Shape(
    responses.HostRet,
    {
        "ProductName": Leaf("product_name"),
        "MajorVersion": Leaf("major_version", str.strip),
        "MinorVersion": Leaf("minor_version", str.strip),
        "Country": Leaf("country", str.strip),
        "SupportedQBXMLVersion": Node("supported_versions", _word, repeats=True),
        "IsAutomaticLogin": Leaf("is_automatic_login", read_flag),
        "QBFileMode": Leaf("file_mode", str.strip),
    },
)

_COMPANY = Shape(
    responses.CompanyRet,
    {
        "IsSampleCompany": Leaf("is_sample_company", read_flag),
        "CompanyName": Leaf("company_name"),
        "LegalCompanyName": Leaf("legal_company_name"),
        "Address": Node("address", _ADDRESS),
        "AccountantCopy": Node("is_accountant_copy", _is_accountant_copy),
        "DataExtRet": Node("data_exts", _DATA_EXT, repeats=True),
    },
)

_PREFERENCES: Mapping[str, Node] = {
    "AccountingPreferences/ClosingDate": Node("closing_date", _date),
    "MultiCurrencyPreferences/IsMultiCurrencyOn": Node("is_multi_currency_on", _flag),
    "MultiCurrencyPreferences/HomeCurrencyRef": Node("home_currency", read_spare_ref),
    "SalesAndCustomersPreferences/IsAutoApplyingPayments": Node("is_auto_applying_payments", _flag),
    "CurrentAppAccessRights/IsPersonalDataAccessAllowed": Node(
        "is_personal_data_access_allowed", _flag
    ),
}

_CUSTOMER = Shape(
    responses.CustomerRet,
    {
        "ListID": Leaf("list_id", read_id),
        "TimeCreated": Leaf("time_created", wall_clock, spare=True),
        "TimeModified": Leaf("time_modified", wall_clock),
        "EditSequence": Leaf("edit_sequence", str.strip),
        "Name": Leaf("name"),
        "FullName": Leaf("full_name"),
        "IsActive": Leaf("is_active", read_flag),
        "ParentRef": Node("parent", read_ref),
        "Sublevel": Leaf("sublevel", read_count, spare=True),
        "CompanyName": Leaf("company_name"),
        "BillAddress": Node("bill_address", _ADDRESS),
        "BillAddressBlock": Node("bill_address_block", _printed_lines),
        "Phone": Leaf("phone"),
        "Email": Leaf("email"),
        "CurrencyRef": Node("currency", read_full_name),
    },
)

_LINKED_TXN = Shape(
    responses.LinkedTxn,
    {
        "TxnID": Leaf("txn_id", str.strip),
        "TxnType": Leaf("txn_type", str.strip),
        "TxnDate": Leaf("txn_date", read_date, spare=True),
        "RefNumber": Leaf("ref_number"),
        "LinkType": Leaf("link_type", str.strip),
        "Amount": Leaf("amount", read_amount, spare=True),
    },
)

_INVOICE_LINE = Shape(
    responses.InvoiceLineRet,
    {
        "TxnLineID": Leaf("txn_line_id", str.strip),
        "ItemRef": Node("item", read_full_name),
        "Desc": Leaf("description"),
        "Quantity": Leaf("quantity", str.strip),
        "Rate": Leaf("rate", str.strip),
        "RatePercent": Leaf("rate_percent", str.strip),
        "Amount": Leaf("amount", read_amount, spare=True),
        "ServiceDate": Leaf("service_date", read_date, spare=True),
        "SalesTaxCodeRef": Node("sales_tax_code", read_full_name),
    },
)

_INVOICE_LINE_GROUP = Shape(
    responses.InvoiceLineGroupRet,
    {
        "TxnLineID": Leaf("txn_line_id", str.strip),
        "ItemGroupRef": Node("item_group", read_full_name),
        "Desc": Leaf("description"),
        "Quantity": Leaf("quantity", str.strip),
        "TotalAmount": Leaf("total_amount", read_amount, spare=True),
        "InvoiceLineRet": Node("lines", _INVOICE_LINE, repeats=True),
    },
)

_INVOICE = Shape(
    responses.InvoiceRet,
    {
        "TxnID": Leaf("txn_id", read_id),
        "TimeCreated": Leaf("time_created", wall_clock, spare=True),
        "TimeModified": Leaf("time_modified", wall_clock),
        "EditSequence": Leaf("edit_sequence", str.strip),
        "CustomerRef": Node("customer", read_ref),
        "ARAccountRef": Node("ar_account", read_spare_ref),
        "TxnDate": Leaf("txn_date", read_date),
        "RefNumber": Leaf("ref_number"),
        "IsPending": Leaf("is_pending", read_flag),
        "PONumber": Leaf("po_number"),
        "TermsRef": Node("terms", read_full_name),
        "DueDate": Leaf("due_date", read_date),
        "Subtotal": Leaf("subtotal", read_amount, spare=True),
        "SalesTaxTotal": Leaf("sales_tax_total", read_amount, spare=True),
        "Tax1Total": Leaf("tax1_total", read_amount, spare=True),
        "Tax2Total": Leaf("tax2_total", read_amount, spare=True),
        "AppliedAmount": Leaf("applied_amount", read_amount),
        "BalanceRemaining": Leaf("balance_remaining", read_amount),
        "CurrencyRef": Node("currency", read_full_name),
        "ExchangeRate": Leaf("exchange_rate", str.strip),
        "Memo": Leaf("memo"),
        "IsPaid": Leaf("is_paid", read_flag),
        "IsTaxIncluded": Leaf("is_tax_included", read_flag, spare=True),
        "LinkedTxn": Node("links", _LINKED_TXN, repeats=True),
        "InvoiceLineRet": Node("lines", _INVOICE_LINE, repeats=True),
        "InvoiceLineGroupRet": Node("lines", _INVOICE_LINE_GROUP, repeats=True),
    },
)

_TXN_DELETED = Shape(
    responses.TxnDeletedRet,
    {
        "TxnDelType": Leaf("txn_del_type", str.strip),
        "TxnID": Leaf("txn_id", read_id),
        "TimeCreated": Leaf("time_created", wall_clock, spare=True),
        "TimeDeleted": Leaf("time_deleted", wall_clock),
        "RefNumber": Leaf("ref_number"),
    },
)

_LIST_DELETED = Shape(
    responses.ListDeletedRet,
    {
        "ListDelType": Leaf("list_del_type", str.strip),
        "ListID": Leaf("list_id", read_id),
        "TimeCreated": Leaf("time_created", wall_clock, spare=True),
        "TimeDeleted": Leaf("time_deleted", wall_clock),
        "FullName": Leaf("full_name"),
    },
)


def _preferences(element: Element) -> responses.PreferencesRet:
    values = {}
    for path, node in _PREFERENCES.items():
        child = element.find(path)
        if child is None:
            continue
        try:
            values[node.field] = node.read(child)
        except BadValue as why:
            raise BadField(path, why) from why
    return responses.PreferencesRet(**values)


def _invoice_document(element: Element) -> str:
    customer = Ref(full_name=element.findtext("CustomerRef/FullName", ""))
    number = element.findtext("RefNumber", "")
    return responses.InvoiceRet(ref_number=number, customer=customer).document


def _customer_document(element: Element) -> str:
    full_name, name = element.findtext("FullName", ""), element.findtext("Name", "")
    return responses.CustomerRet(full_name=full_name, name=name).document


def _nameless(element: Element) -> str:
    return element.tag


@dataclass(frozen=True, slots=True)
class _Kind:
    """How one kind of record is read, which child and field is its ID, and how to name it."""

    read: Callable[[Element], Ret]
    identity: str = ""
    identity_field: str = ""
    document: Callable[[Element], str] = _nameless


_KINDS: Mapping[str, _Kind] = {
    "HostRet": _Kind(_HOST),
    "CompanyRet": _Kind(_COMPANY),
    "PreferencesRet": _Kind(_preferences),
    "CustomerRet": _Kind(_CUSTOMER, "ListID", "list_id", _customer_document),
    "InvoiceRet": _Kind(_INVOICE, "TxnID", "txn_id", _invoice_document),
    "ReceivePaymentRet": _Kind(
        payment_records.RECEIVE_PAYMENT, "TxnID", "txn_id", payment_records.payment_document
    ),
    "AccountRet": _Kind(
        payment_records.ACCOUNT, "ListID", "list_id", payment_records.account_document
    ),
    "PaymentMethodRet": _Kind(
        payment_records.PAYMENT_METHOD,
        "ListID",
        "list_id",
        payment_records.payment_method_document,
    ),
    "ErrorRecovery": _Kind(payment_records.ERROR_RECOVERY),
    "TxnDeletedRet": _Kind(_TXN_DELETED, "TxnID", "txn_id"),
    "ListDeletedRet": _Kind(_LIST_DELETED, "ListID", "list_id"),
}


def read_record(element: Element) -> Ret | BadRecord | None:
    """The value of one complete record; None for a kind that is not read here.

    A malformed value, or a record without its ID, gives a BadRecord: nothing is raised.
    """
    kind = _KINDS.get(element.tag)
    if kind is None:
        return None
    try:
        record = kind.read(element)
    except BadField as why:
        reason = f"{why.path} is {shown(why.why.text)}, which is not {why.why.wanted}"
        return _bad(element, kind, why.path, why.why.text, reason)
    if kind.identity and not getattr(record, kind.identity_field):
        return _bad(element, kind, kind.identity, "", f"it has no {kind.identity}")
    return record


def _bad(element: Element, kind: _Kind, field: str, value: str, reason: str) -> BadRecord:
    try:
        identity = read_id(element.findtext(kind.identity, "")) if kind.identity else ""
    except BadId:
        identity = ""
    return BadRecord(element.tag, identity, kind.document(element), field, value, reason)
