"""Which QuickBooks we work with, and in which qbXML version we speak to it.

QuickBooks answers in the version of the request, so the version also fixes the shape of what
comes back. Every product we support (2015 and later) speaks 13.0. The requests we send have
had the same elements in the same order since 10.0, so 12.0 down to 10.0 serve an edition
that lists no more; nothing above 13.0 adds an element that a sync reads.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from shared.qbxml.responses import HostRet
from shared.structs import Value

SPOKEN_VERSIONS = ("13.0", "12.0", "11.0", "10.0")
OLDEST_YEAR = 2015
COUNTRIES = ("US", "CA", "UK")

_YEAR_OF_VERSION_ZERO = 1990  # major version 34 is the product of 2024
_VERSION = re.compile(r"(?P<country>[A-Z]{2})?(?P<number>[0-9]{1,2}\.[0-9])")
# Names change with the years ("Contractor Edition 2020"), so only what is known not to take
# requests of the Web Connector is refused by its name.
_OTHER_PRODUCT = re.compile(r"\b(mac|online|point of sale|simple start)\b", re.IGNORECASE)


class NoCommonVersion(ValueError):
    """QuickBooks lists no qbXML version that we speak; ``supported`` is what it lists."""

    def __init__(self, supported: Sequence[str]) -> None:
        listed = ", ".join(supported) or "none"
        super().__init__(
            f"This QuickBooks speaks no qbXML version that Deskbridge knows"
            f" ({SPOKEN_VERSIONS[-1]} to {SPOKEN_VERSIONS[0]}); it lists {listed}."
        )
        self.supported = tuple(supported)


class Unsupported(Value):
    """Why this QuickBooks is not served: the code of the hint, and a sentence to show."""

    code: str
    reason: str


def is_spoken(version: str) -> bool:
    """Whether requests may be written in this version, plain or of one country ("CA13.0")."""
    found = _VERSION.fullmatch(version)
    return found is not None and found["number"] in SPOKEN_VERSIONS


def choose_version(supported: Sequence[str], country: str = "") -> str:
    """The highest version that both sides speak, spelled as QuickBooks lists it.

    Numbers are compared as numbers: 4.1 is below 13.0. A version with a country before it
    ("CA12.0") counts for an edition of that country only, and behind the plain one of the
    same number. Raises NoCommonVersion.
    """
    listed = {version.strip().upper() for version in supported}
    for number in SPOKEN_VERSIONS:
        for spelling in (number, country.upper() + number):
            if spelling in listed:
                return spelling
    raise NoCommonVersion(supported)


def product_year(major_version: str) -> int | None:
    """The year a QuickBooks is named after: "34" is 2024. None when that is no number."""
    if not re.fullmatch(r"[0-9]{1,3}", major_version):
        return None
    return _YEAR_OF_VERSION_ZERO + int(major_version)


def why_unsupported(host: HostRet) -> Unsupported | None:
    """Why we do not serve this QuickBooks; None when we do.

    A field that QuickBooks withheld is no reason: the version of qbXML then decides alone.
    """
    product = host.product_name or "This QuickBooks"
    year = product_year(host.major_version)
    if year is not None and year < OLDEST_YEAR:
        return Unsupported(
            "quickbooks-too-old",
            f"{product} is of {year}; Deskbridge needs QuickBooks {OLDEST_YEAR} or later.",
        )
    if _OTHER_PRODUCT.search(host.product_name):
        return Unsupported(
            "quickbooks-unsupported",
            f"{product} is not supported;"
            " Deskbridge works with QuickBooks Pro, Premier, Enterprise and Accountant.",
        )
    if host.country and host.country.upper() not in COUNTRIES:
        return Unsupported(
            "quickbooks-unsupported",
            f"{product} is an edition of {host.country};"
            " Deskbridge works with US, Canadian and UK editions.",
        )
    try:
        choose_version(host.supported_versions, host.country)
    except NoCommonVersion as why:
        return Unsupported("qbxml-unsupported", str(why))
    return None
