"""A QuickBooks company in a box: books made from a seed, and an engine that answers qbXML."""

from simulator.company.audit import Audit, Importable
from simulator.company.books import BookError, NotInBooks
from simulator.company.company import Company, make_profile
from simulator.company.errors import SITUATIONS, QuickBooksError
from simulator.company.product import HABITS, Habits
from simulator.company.session import QuickBooksSession
from simulator.company.state import BadState

__all__ = [
    "HABITS",
    "SITUATIONS",
    "Audit",
    "BadState",
    "BookError",
    "Company",
    "Habits",
    "Importable",
    "NotInBooks",
    "QuickBooksError",
    "QuickBooksSession",
    "make_profile",
]
