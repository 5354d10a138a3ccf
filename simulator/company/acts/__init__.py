"""What a bookkeeper does in QuickBooks, each act with the checks that QuickBooks makes.

An act takes the books and what it is about: documents go by TxnID or number, customers by full
name or ListID, amounts are hundredths of the document's currency. It lets some time pass on the
simulated clock, keeps all balances true and answers a Change. What QuickBooks would not allow
raises BookError, an unknown name NotInBooks; nothing has changed then. The first line of its
docstring is also its help on the command line.
"""

from simulator.company.acts.documents import close, credit, delete, pay, void
from simulator.company.acts.finding import Change, wait
from simulator.company.acts.invoices import add_invoice, edit, move, pend, post, renumber
from simulator.company.acts.lists import (
    add_account,
    add_customer,
    deactivate,
    delete_customer,
    merge,
    reactivate,
    rename,
)
from simulator.company.acts.payments import apply, deposit, edit_payment, receive
from simulator.company.acts.randomly import random_acts

__all__ = [
    "Change",
    "add_account",
    "add_customer",
    "add_invoice",
    "apply",
    "close",
    "credit",
    "deactivate",
    "delete",
    "delete_customer",
    "deposit",
    "edit",
    "edit_payment",
    "merge",
    "move",
    "pay",
    "pend",
    "post",
    "random_acts",
    "reactivate",
    "receive",
    "rename",
    "renumber",
    "void",
    "wait",
]
