"""Answers of QuickBooks, spoiled in one way or another; the same numbers spoil the same way.

An answer is spoiled so that it can be seen to be: cut, twisted, swollen, out of its place. A wrong
amount that looks like a right one is not among these: no reader can tell it from the truth.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from random import Random

Mutation = Callable[[str, Random], str]

_ELEMENT = re.compile(r"<(\w+)(?:\s[^<>]*)?>([^<>]*)</\1>")
_RECORD = re.compile(r"<(\w+Ret)>.*?</\1>\s*", re.DOTALL)
ODD_TEXTS = (
    *("", " ", "-", "0", "NaN", "1e999999", "-0.00", "99999999999999999999.99", "1,234.56"),
    *("true", "maybe", "2026-02-30", "0000-00-00T00:00:00", "²", "١٢٣", "&amp;lt;", "]]&gt;"),
    *("=1+1", "'; DROP TABLE payment;--", "\u202e", "\u0085", "😀" * 40, "a\n\tb", "&#x9;"),
)
ODD_CHARACTERS = (
    *("\x00", "\x01", "\x0b", "\x1f", "\x7f", "\x85", "\x9f", "\ufffe", "\ufeff", "&", "<"),
    *("&#0;", "&#x1F;", "&#xD800;", "&#1114112;", "&nobody;", "]]>", "<!--", "<![CDATA[", '"'),
)
_STATUSES = (*(0, 1, 500, 530, 3000, 3100, 3120, 3140, 3175, 3176, 3200, 3260, 9001), -1, 99999)


def _cut(answer: str, random: Random) -> str:
    return answer[: random.randrange(len(answer) + 1)]


def _without_a_piece(answer: str, random: Random) -> str:
    at = random.randrange(len(answer) + 1)
    return answer[:at] + answer[at + random.choice((1, 7, 100, 3_000)) :]


def _twice_a_piece(answer: str, random: Random) -> str:
    at, end = sorted(random.randrange(len(answer) + 1) for _ in range(2))
    return answer[:end] + answer[at:end] + answer[end:]


def _twice(answer: str, _random: Random) -> str:
    return answer + answer


def _nothing(_answer: str, random: Random) -> str:
    return random.choice(("", " ", "<QBXML/>", "null", "<html>502 Bad Gateway</html>"))


def _odd_characters(answer: str, random: Random) -> str:
    for _ in range(random.choice((1, 1, 5))):
        at = random.randrange(len(answer) + 1)
        answer = answer[:at] + random.choice(ODD_CHARACTERS) + answer[at:]
    return answer


def _in_text(answer: str, random: Random, text: str) -> str:
    found = list(_ELEMENT.finditer(answer))
    if not found:
        return answer
    one = random.choice(found)
    return answer[: one.start(2)] + text + answer[one.end(2) :]


def _odd_text(answer: str, random: Random) -> str:
    return _in_text(answer, random, random.choice(ODD_TEXTS))


def _odd_character_in_text(answer: str, random: Random) -> str:
    return _in_text(answer, random, f"a{random.choice(ODD_CHARACTERS)}b")


def _huge_text(answer: str, random: Random) -> str:
    return _in_text(answer, random, "x" * random.choice((5_000, 70_000, 200_000)))


def _element_gone(answer: str, random: Random) -> str:
    found = list(_ELEMENT.finditer(answer))
    one = random.choice(found) if found else None
    return answer[: one.start()] + answer[one.end() :] if one else answer


def _element_twice(answer: str, random: Random) -> str:
    found = list(_ELEMENT.finditer(answer))
    one = random.choice(found) if found else None
    return answer[: one.end()] + one[0] + answer[one.end() :] if one else answer


def _elements_swapped(answer: str, random: Random) -> str:
    found = list(_ELEMENT.finditer(answer))
    if len(found) < 2:
        return answer
    at = random.randrange(len(found) - 1)
    one, next_ = found[at], found[at + 1]
    between = answer[one.end() : next_.start()]
    return answer[: one.start()] + next_[0] + between + one[0] + answer[next_.end() :]


def _unknown_element(answer: str, random: Random) -> str:
    found = list(_ELEMENT.finditer(answer))
    one = random.choice(found) if found else None
    added = "<Nobody><Knows a='b'>this</Knows></Nobody>"
    return answer[: one.end()] + added + answer[one.end() :] if one else answer


def _record_twice(answer: str, random: Random) -> str:
    found = list(_RECORD.finditer(answer))
    one = random.choice(found) if found else None
    return answer[: one.end()] + one[0] + answer[one.end() :] if one else answer


def _records_turned(answer: str, _random: Random) -> str:
    found = list(_RECORD.finditer(answer))
    if len(found) < 2:
        return answer
    turned = "".join(one[0] for one in reversed(found))
    return answer[: found[0].start()] + turned + answer[found[-1].end() :]


def _wrong_count(answer: str, random: Random) -> str:
    wrong = random.choice(("0", "1", "-1", "999999", "", "many", "00007"))
    pattern = r'((?:iteratorRemainingCount|retCount)=")[^"]*'
    return re.sub(pattern, rf"\g<1>{wrong}", answer)


def _other_iterator(answer: str, random: Random) -> str:
    wrong = random.choice(("", "{00000000-0000-0000-0000-000000000000}", "x" * 300))
    return re.sub(r'(iteratorID=")[^"]*', rf"\g<1>{wrong}", answer)


def _other_request(answer: str, random: Random) -> str:
    wrong = random.choice(("", "0", "999", "-1", "x" * 300))
    return re.sub(r'(requestID=")[^"]*', rf"\g<1>{wrong}", answer, count=1)


def _other_status(answer: str, random: Random) -> str:
    pattern = r'statusCode="[^"]*" statusSeverity="[^"]*"(?: statusMessage="[^"]*")?'
    said = random.choice(("", "Status OK", "locked", "x" * 2_000, "&#1;"))
    severity = random.choice(("Error", "Warn", "Info", "Fatal"))
    status = random.choice(_STATUSES)
    by = f'statusCode="{status}" statusSeverity="{severity}" statusMessage="{said}"'
    return re.sub(pattern, by, answer, count=1)


def _refused(answer: str, random: Random) -> str:
    """A status of an error as QuickBooks sends it: without any record."""
    head = re.search(r'<(\w+Rs) (?:[^<>]*?)(requestID="[^"]*")', answer)
    if head is None:
        return answer
    status = random.choice(_STATUSES[2:])
    return (
        f'<?xml version="1.0" ?><QBXML><QBXMLMsgsRs><{head[1]} {head[2]} statusCode="{status}" '
        'statusSeverity="Error" statusMessage="No." /></QBXMLMsgsRs></QBXML>'
    )


def _other_name(answer: str, random: Random) -> str:
    name = random.choice(("CustomerQueryRs", "TxnDeletedQueryRs", "ReceivePaymentAddRs", "Rs"))
    return re.sub(r"\b\w+Rs\b", name, answer)


def _deep(answer: str, random: Random) -> str:
    depth = random.choice((50, 300, 5_000))
    return _in_text(answer, random, "<a>" * depth + "</a>" * depth)


MUTATIONS: dict[str, Mutation] = {
    function.__name__.strip("_"): function
    for function in (
        *(_cut, _without_a_piece, _twice_a_piece, _twice, _nothing, _odd_characters, _odd_text),
        *(_odd_character_in_text, _huge_text, _element_gone, _element_twice, _elements_swapped),
        *(_unknown_element, _record_twice, _records_turned, _wrong_count, _other_iterator),
        *(_other_request, _other_status, _refused, _other_name, _deep),
    )
}
