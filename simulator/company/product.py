"""Which QuickBooks runs: editions, product names, years and the qbXML versions they speak."""

from __future__ import annotations

from enum import StrEnum
from functools import cache

from shared.structs import Value, field


class Edition(StrEnum):
    """The country edition; tax fields and version lists depend on it."""

    US = "us"
    CA = "ca"
    UK = "uk"


class Currency(Value):
    """A currency by the name that QuickBooks lists it under.

    ``rate`` is what one unit costs in US dollars, as text; only its ratio matters.
    """

    name: str
    rate: str


CURRENCIES = {
    "USD": Currency("US Dollar", "1"),
    "CAD": Currency("Canadian Dollar", "0.7312"),
    "GBP": Currency("British Pound Sterling", "1.2654"),
    "EUR": Currency("Euro", "1.0842"),
    "AUD": Currency("Australian Dollar", "0.6598"),
    "CHF": Currency("Swiss Franc", "1.1127"),
    "MXN": Currency("Mexican Peso", "0.0547"),
}
HOME_CURRENCY = {Edition.US: "USD", Edition.CA: "CAD", Edition.UK: "GBP"}
USUAL_CURRENCIES = {
    Edition.US: ("EUR", "CAD"),
    Edition.CA: ("USD", "EUR"),
    Edition.UK: ("EUR", "USD"),
}
COUNTRY = {Edition.US: "US", Edition.CA: "CA", Edition.UK: "UK"}
USUAL_YEAR = {Edition.US: 2024, Edition.CA: 2024, Edition.UK: 2021}
USUAL_ZONE = {Edition.US: "new-york", Edition.CA: "toronto", Edition.UK: "london"}

_US_VERSIONS = ("1.0", "1.1", "2.0", "2.1", "3.0", "4.0", "4.1", "5.0")
_OLD_VERSIONS = {
    Edition.US: _US_VERSIONS,
    Edition.CA: ("CA2.0", "CA3.0"),
    Edition.UK: ("UK2.0", "UK3.0"),
}
_COMMON_VERSIONS = tuple(f"{n}.0" for n in range(6, 17))
_NEWEST_BY_YEAR = ((2023, 16), (2022, 15), (2021, 14), (2014, 13))


class Product(Value):
    """The QuickBooks program on the PC. An empty ``name`` is the usual one of its year."""

    edition: Edition = Edition.US
    year: int = 2024
    tier: str = "enterprise"
    name: str = ""
    file_mode: str = "SingleUser"

    @property
    def product_name(self) -> str:
        """What HostRet says, such as ``QuickBooks Enterprise Solutions 24.0``."""
        if self.name:
            return self.name
        if self.tier == "enterprise":
            return f"QuickBooks Enterprise Solutions {self.year % 100}.0"
        return f"QuickBooks {self.tier.capitalize()} {self.year}"

    @property
    def major_version(self) -> str:
        """The year minus 1990, as QuickBooks counts."""
        return str(self.year - 1990)

    @property
    def versions(self) -> tuple[str, ...]:
        """The SupportedQBXMLVersion list, oldest first; older editions have prefixed ones."""
        return _versions(self.edition, self.year)


class Habits(Value):
    """What QuickBooks' documentation leaves open: each value is one way it may be.

    ``sets_kept``: message sets remembered per application, ``all`` or only the last ``one``.
    ``status_check``: what a status check brings back, the whole stored ``answer``, its
    ``status`` alone, or the status with ``recovery`` (the ErrorRecovery element).
    ``unknown_old_set``: a set whose oldMessageSetID is unknown is answered 600 and ``runs``, or
    is ``refused``. ``unprocessed``: after an error with stopOnError the rest is ``answered``
    3231 or ``missing``. ``closed_invoice``: an application to a closed invoice is ``refused``
    (3120), or ``unapplied`` (570: the payment is saved without it). ``amounts_include_credits``:
    what a payment shows as applied counts the credits that were set with it.
    """

    sets_kept: str = "all"
    status_check: str = "answer"
    unknown_old_set: str = "runs"
    unprocessed: str = "answered"
    closed_invoice: str = "refused"
    parents_pay_jobs: bool = False
    guids_are_unique: bool = True
    amounts_include_discounts: bool = True
    amounts_include_credits: bool = False
    undeposited_by_default: bool = True


HABITS = {
    "sets_kept": ("all", "one"),
    "status_check": ("answer", "status", "recovery"),
    "unknown_old_set": ("runs", "refused"),
    "unprocessed": ("answered", "missing"),
    "closed_invoice": ("refused", "unapplied"),
    "parents_pay_jobs": (False, True),
    "guids_are_unique": (True, False),
    "amounts_include_discounts": (True, False),
    "amounts_include_credits": (False, True),
    "undeposited_by_default": (True, False),
}


class Profile(Value):
    """Who the company is and how its PC is set up; none of it changes by bookkeeping.

    ``currencies`` are codes, the home currency first; one alone means that multicurrency is
    off. ``payments_touch_invoices`` says whether an invoice's TimeModified moves when it is
    paid, which is not known for certain of QuickBooks. ``closing_password`` says that the
    closing date is guarded by one: without it, changes before that date go through.
    """

    name: str
    file_path: str
    product: Product = field(default_factory=Product)
    currencies: tuple[str, ...] = ("USD",)
    zone: str = "new-york"
    offsets: str = "winter"
    closing_date: str = ""
    is_sample: bool = False
    payments_touch_invoices: bool = True
    closing_password: bool = False
    habits: Habits = field(default_factory=Habits)

    def is_closed(self, day: str) -> bool:
        """Whether documents of an ISO date can no longer be changed by an application."""
        return self.closing_password and bool(self.closing_date) and day <= self.closing_date

    @property
    def edition(self) -> Edition:
        """The country edition of the program that opens the file."""
        return self.product.edition

    @property
    def home_currency(self) -> str:
        """The code of the currency the books are kept in."""
        return self.currencies[0]

    @property
    def multicurrency(self) -> bool:
        """Whether customers may have currencies of their own."""
        return len(self.currencies) > 1


@cache
def _versions(edition: Edition, year: int) -> tuple[str, ...]:
    newest = next((n for since, n in _NEWEST_BY_YEAR if year >= since), year - 2001)
    return tuple(
        version
        for version in _OLD_VERSIONS[edition] + _COMMON_VERSIONS
        if number(version)[0] <= newest
    )


@cache
def number(version: str) -> tuple[int, int]:
    """A qbXML version as numbers, the country prefix aside: ``CA3.0`` is (3, 0)."""
    major, _, minor = version.lstrip("ACKSU").partition(".")
    return int(major), int(minor or 0)
