"""What must not be on a screen or in a bundle: numbers and words worth stealing, and where people
live.

Every pattern takes time in proportion to the text, whatever the text: a repetition is possessive
or has a bound, and once its beginning fits nothing that follows can fail far away.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

_SECRET = (
    *("CreditCardNumber", "CardSecurityCode", "BankNumber", "AccountNumber", "SSN"),
    *("TaxIdentNum", "TaxIdentifier", "VendorTaxIdent", "ticket"),
)
_CONTACT = (
    *("Addr1", "Addr2", "Addr3", "Addr4", "Addr5", "City", "PostalCode", "Phone", "AltPhone"),
    *("Mobile", "Pager", "Fax", "Email", "Cc", "Contact", "AltContact", "Salutation"),
    *("FirstName", "MiddleName", "LastName", "Note", "Notes"),
)
_WORDS = (
    r"pass(?:word|wd|phrase|code|wort)|pwd|secret|token"
    r"|(?:api|access|private|secret|signing|encryption|account|auth|license)[ _.-]?key"
    r"|credentials?"
)
_ALONE = r"pass|pw|pin|otp|cvv2?|cvc2?|ssn|ticket|signature|sig"
_MORE = r"(?:s|[ _.-]?(?:key|id|value|token|hash|text|string|code|word|\d{1,3}))?"
_QUOTE = r"&(?:quot|apos|\#3[49]|\#x2[27]);"
_BLANKS = r"[^\S\n]{0,8}"
_AND = rf"""\\{{0,4}}(?:["'\]]|{_QUOTE})?{_BLANKS}(?:=>|:=|[=:]|%3[ad]){_BLANKS}"""
_VALUE = rf"""
    "(?:[^"\\\n]|\\.)*+"?
    | '(?:[^'\\\n]|\\.)*+'?
    | (?P<quote>\\{{1,4}}["']|{_QUOTE})(?:(?!(?P=quote))[^\n<])*+(?P=quote)?
    | [^\s<&;,]++
"""
_KEYED = re.compile(
    rf"""
    (?P<key>(?:{_WORDS}|(?<![a-z])(?:{_ALONE})|(?-i:(?<=[a-z])(?:Pass|Pin|Ticket)))
        {_MORE}{_AND})
    (?!\s)(?:{_VALUE})
    """,
    re.I | re.X,
)
_OPTION = re.compile(
    rf"(?P<key>(?<![\w-])--?(?:[\w-]{{0,40}}?)(?:{_WORDS})[ \t]++)(?![-|\]])\S++", re.I
)
_HEADER = re.compile(
    r"""(?P<key>\b(?:authorization|(?:set-)?cookie)\\?["']?\s{0,8}[=:]\s{0,8}\\?["']?)"""
    r"""[^\n<"',;\s][^\n<"',;]*+""",
    re.I,
)
_SCHEME = re.compile(
    r"(?P<key>\b(?:bearer|basic)\s{1,8})(?=[^\s\d<]*+[\d=]|[^\s<]{16})[\w.~+/=-]++", re.I
)
_SHAPE = re.compile(
    r"(?<![A-Za-z0-9])(?:"
    r"(?:sk|pk|rk|ac)_(?:live|test)_\w++|whsec_\w++|sk-[\w-]{16,}+|gh[a-z]_\w{16,}+"
    r"|github_pat_\w++|glpat-[\w-]++|xox[a-z]-[\w-]++|shp[a-z]{2}_\w{16,}+|sq0[a-z]{3}-[\w-]++"
    r"|npm_\w{16,}+|dbt_[\w-]{16,}+"
    r"|hf_\w{16,}+|A(?:KIA|SIA)[A-Z0-9]{12,}+|AIza[\w-]{20,}+|SG\.[\w.-]{20,}+"
    r"|eyJ[\w-]{8,}+\.[\w.-]++)"
)
_ADDRESS = re.compile(r"(?P<key>://[^\s/:@<>]*+:)[^\s/<>]+(?=@)|(?<=://)[^\s/:@<>]{20,}+(?=@)")
_PRIVATE = re.compile(
    r"(?P<key>-----BEGIN [A-Z ]{0,30}PRIVATE KEY(?: BLOCK)?-----)(?:(?!-----END).)*+", re.S
)
_LESS = r"(?:<|&(?:amp;){0,3}(?:lt|\#0{0,4}60|\#x0{0,4}3c);|\\u003c)"
_MORE_THAN = r"(?:>|&(?:amp;){0,3}(?:gt|\#0{0,4}62|\#x0{0,4}3e);|\\u003e)"


def _elements(names: Sequence[str]) -> re.Pattern[str]:
    """Match elements by name: with a prefix, escaped, in CDATA, or cut off before their end."""
    return re.compile(
        rf"""
        (?P<key>{_LESS}(?:[\w.-]{{1,64}}:)?(?:{"|".join(names)})
            (?:\s(?:(?!{_LESS}|{_MORE_THAN}).)*+)?{_MORE_THAN})
        (?:{_LESS}!\[CDATA\[(?:(?!\]\]{_MORE_THAN}).)*+(?:\]\]{_MORE_THAN})?|(?!{_LESS}).)++
        """,
        re.I | re.S | re.X,
    )


_SECRET_ELEMENT = _elements([*_SECRET, rf"[\w.-]{{0,40}}?(?:{_WORDS})(?:key|id|value|hash)?"])
_CONTACT_ELEMENT = _elements(_CONTACT)
_MASKS = (_PRIVATE, _SECRET_ELEMENT, _HEADER, _KEYED, _OPTION, _SCHEME, _SHAPE, _ADDRESS)

_BETWEEN = r"[ \t\xa0\u2007\u2009\u202f]{1,2}|[ \xa0]?[-./_\xb7\u2010-\u2015][ \xa0]?"
_NUMBERS = re.compile(rf"(?<![\w-])\d++(?:(?:{_BETWEEN})\d++)*+(?![\w-])")
_NUMBER = re.compile(rf"(\d++)({_BETWEEN})?")
_ISSUED = re.compile(r"4|5|6|3[0-9]|2[2-7]|1800")
"""How numbers of cards begin."""


def masked(text: str) -> str:
    """The text with secrets as dots.

    They are: elements that hold one, what follows ``password=`` and its like, the password of an
    address, what looks as only keys and tokens do, and card numbers.
    """
    for mask in _MASKS:
        text = mask.sub(_dots, text)
    return _NUMBERS.sub(lambda found: "".join(_without_cards(found.group())), text)


def without_contacts(text: str) -> str:
    """The text with addresses, telephone numbers and names of contacts as dots, in elements."""
    return _CONTACT_ELEMENT.sub(_dots, text)


def _dots(found: re.Match[str]) -> str:
    return f"{found.groupdict().get('key') or ''}…"


def _without_cards(numbers: str) -> Iterator[str]:
    """Numbers that stand side by side, with those that make up a card number as dots."""
    groups = _NUMBER.findall(numbers)
    at = 0
    while at < len(groups):
        end = _end_of_card(groups, at)
        yield "…" if end > at else groups[at][0]
        at = max(end, at + 1)
        yield groups[at - 1][1]


def _end_of_card(groups: Sequence[tuple[str, str]], start: int) -> int:
    """Where the card number that begins with this group ends; ``start`` where none does.

    Its groups are all set apart by the same mark and have four digits or more but for the last,
    so that dates and amounts that stand in a row are none.
    """
    digits, longest = "", 8
    if not _ISSUED.match(groups[start][0]):
        return start
    for end in range(start, min(start + 5, len(groups))):
        number, mark = groups[end]
        digits += number
        if len(digits) > 19 or (end > start and len(number) > longest):
            break
        if _is_card(digits) and (end == start or len(groups[start][0]) <= longest):
            return end + 1
        if len(number) < 4 or mark != groups[start][1]:
            break
    return start


def _is_card(digits: str) -> bool:
    """Whether the check digit is right, as it is by chance in one number of ten."""
    if not 13 <= len(digits) <= 19:
        return False
    backwards = [int(digit) for digit in reversed(digits)]
    doubled = (sum(divmod(2 * digit, 10)) for digit in backwards[1::2])
    return (sum(backwards[::2]) + sum(doubled)) % 10 == 0
