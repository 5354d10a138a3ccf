"""A QuickBooks company in a box: books made from a seed, and an engine that answers qbXML."""

from simulator.company.books import BookError, NotInBooks
from simulator.company.company import Company, make_profile
from simulator.company.errors import SITUATIONS, QuickBooksError
from simulator.company.session import QuickBooksSession
from simulator.company.state import BadState

__all__ = [
    "SITUATIONS",
    "BadState",
    "BookError",
    "Company",
    "NotInBooks",
    "QuickBooksError",
    "QuickBooksSession",
    "make_profile",
]
