"""Small files with the headers of real exports, as rows of cells."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence


def _columns(text: str) -> tuple[str, ...]:
    """A header as it stands in the file; lines are joined."""
    return tuple("".join(line.strip() for line in text.splitlines()).split(","))


STRIPE_PAYMENTS = _columns(
    """
    id,Created date (UTC),Amount,Amount Refunded,Currency,Captured,Converted Amount,
    Converted Amount Refunded,Converted Currency,Decline Reason,Description,Fee,
    Refunded date (UTC),Statement Descriptor,Status,Seller Message,Taxes On Fee,Card ID,
    Customer ID,Customer Description,Customer Email,Invoice ID,Transfer,invoice_number (metadata)
    """
)
STRIPE_BALANCE = _columns(
    """
    id,Type,Source,Amount,Fee,Net,Currency,Created (UTC),Available On (UTC),Description,
    Customer Facing Amount,Customer Facing Currency,Transfer,Transfer Date (UTC),Transfer Group,
    invoice_number (metadata)
    """
)
SQUARE = _columns(
    """
    Date,Time,Time Zone,Gross Sales,Discounts,Service Charges,Net Sales,Gift Card Sales,Tax,Tip,
    Partial Refunds,Total Collected,Source,Card,Card Entry Methods,Cash,Square Gift Card,
    Other Tender,Other Tender Type,Tender Note,Fees,Net Total,Transaction ID,Payment ID,
    Card Brand,PAN Suffix,Device Name,Staff Name,Staff ID,Details,Description,Event Type,Location,
    Dining Option,Customer ID,Customer Name,Customer Reference ID,Deposit ID,Deposit Date,
    Transaction Status
    """
)
PAYPAL = _columns(
    """
    Date,Time,TimeZone,Name,Type,Status,Currency,Gross,Fee,Net,From Email Address,
    To Email Address,Transaction ID,Item Title,Item ID,Reference Txn ID,Invoice Number,
    Custom Number,Quantity,Receipt ID,Balance,Subject,Note,Balance Impact
    """
)
QUICKBOOKS_ONLINE = _columns(
    """
    ,Date,Transaction Type,Num,Name,Memo/Description,Account,Split,Amount,Balance
    """
)
TITLES = (
    ("Larkspur Tile Co.",),
    ("Transaction List by Date",),
    ("January 1 - December 31, 2026",),
    ("",),
)

Cells = dict[str, str]


def charge(id_: str = "ch_1", amount: str = "250.00", **other: str) -> Cells:
    """A row of Stripe's payments."""
    return {
        "id": id_,
        "Created date (UTC)": "2026-07-10 18:37:41",
        "Amount": amount,
        "Amount Refunded": "0.00",
        "Currency": "usd",
        "Captured": "true",
        "Description": "Mirror LLC - INV-0168",
        "Fee": "7.55",
        "Status": "Paid",
        **other,
    }


def entry(type_: str = "charge", source: str = "ch_1", amount: str = "250.00", **o: str) -> Cells:
    """A row of Stripe's balance."""
    return {
        "id": f"txn_{source}",
        "Type": type_,
        "Source": source,
        "Amount": amount,
        "Fee": "7.55",
        "Net": "242.45",
        "Currency": "usd",
        "Created (UTC)": "2026-07-10 18:37",
        **o,
    }


def sale(id_: str = "sq_1", amount: str = "$22.50", **other: str) -> Cells:
    """A row of Square's transactions."""
    return {
        "Date": "2026-11-10",
        "Time": "2:30:00 PM",
        "Time Zone": "Pacific Time (US & Canada)",
        "Total Collected": amount,
        "Card": amount,
        "Cash": "$0.00",
        "Square Gift Card": "$0.00",
        "Other Tender": "$0.00",
        "Tip": "$2.50",
        "Fees": "-$0.95",
        "Net Total": "$21.55",
        "Transaction ID": f"t_{id_}",
        "Payment ID": id_,
        "Event Type": "Payment",
        "Customer Name": "Larkspur Tile",
        "Transaction Status": "Complete",
        **other,
    }


def activity(id_: str = "5TX1", gross: str = "1,500.00", **other: str) -> Cells:
    """A row of PayPal's activity."""
    return {
        "Date": "10/25/2026",
        "Time": "09:12:44",
        "TimeZone": "PDT",
        "Name": "Mirror LLC",
        "Type": "Website Payment",
        "Status": "Completed",
        "Currency": "USD",
        "Gross": gross,
        "Fee": "-43.80",
        "Net": "1,456.20",
        "From Email Address": "pay@mirror.example",
        "Transaction ID": id_,
        "Invoice Number": "100",
        "Balance Impact": "Credit",
        **other,
    }


def received(num: str = "1042", amount: str = "1,250.00", **other: str) -> Cells:
    """A row of QuickBooks Online's transaction list."""
    return {
        "Date": "01/25/2026",
        "Transaction Type": "Payment",
        "Num": num,
        "Name": "Larkspur Tile",
        "Account": "Undeposited Funds",
        "Split": "Accounts Receivable (A/R)",
        "Amount": amount,
        **other,
    }


def written(
    header: Sequence[str],
    *rows: Cells | Sequence[str],
    above: Iterable[Sequence[str]] = (),
    delimiter: str = ",",
    quoted: bool = False,
) -> str:
    """The file as text; a row is its cells by column, or as they stand."""
    out = io.StringIO()
    quoting = csv.QUOTE_ALL if quoted else csv.QUOTE_MINIMAL
    writer = csv.writer(out, delimiter=delimiter, quoting=quoting)
    writer.writerows(above)
    writer.writerow(header)
    for row in rows:
        if isinstance(row, dict):
            unknown = row.keys() - {*header}
            assert not unknown, unknown
            row = [row.get(name, "") for name in header]
        writer.writerow(row)
    return out.getvalue()
