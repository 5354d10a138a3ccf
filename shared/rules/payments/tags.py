"""The tags by which a payment of ours is known in QuickBooks, whatever became of our request.

RefNumber, ExternalGUID and memo are worked out from whose payment it is (``Origin``), its id, its
part and how often it was planned anew, so they can be worked out again from the terms alone.
QuickBooks does not keep any of them unique, and compares a RefNumber without case.
"""

from __future__ import annotations

import json
import re
from base64 import b32encode
from decimal import Decimal
from functools import lru_cache
from hashlib import sha256
from uuid import UUID, uuid5

from shared.qbxml.text import clean, one_line
from shared.rules.payments.values import Payment, Posting
from shared.structs import Value

MAX_MEMO = 4095
_HEAD = 11
_SET_ID = 20
_NAMESPACE = UUID("7f0f6d0e-5b6c-4f57-9d0a-3b0d7a4c5e21")
_NO_NAME = "payment"
_PRODUCT = "Deskbridge"


class Origin(Value):
    """Whose payments these are: the store that posts them, and its account on the platform.

    ``installation`` is a random name that a store gets once and keeps, also in its backups. Two
    stores, or two accounts, may have payments of the same id: their tags differ.
    """

    installation: str
    account: str


def ref_number(origin: Origin, external_id: str, part: int, generation: int) -> str:
    """The RefNumber, at most 20 characters: "pay_8Kd2-K7QJ2M4A".

    The head is what a person reads; the tail alone tells two apart, in capitals and digits
    because QuickBooks compares without case.
    """
    key = _key(origin, external_id, part, generation)
    digest = sha256(key.encode()).digest()
    return f"{_head(external_id)}-{b32encode(digest[:5]).decode('ascii')}"


def _head(external_id: str) -> str:
    return re.sub(r"[^A-Za-z0-9._-]", "", external_id).lstrip("._-")[:_HEAD] or _NO_NAME


def external_guid(origin: Origin, external_id: str, part: int, generation: int) -> str:
    """The ExternalGUID: in capitals and braces, always the same for the same four."""
    key = _key(origin, external_id, part, generation)
    return f"{{{str(uuid5(_NAMESPACE, key)).upper()}}}"


def memo_tag(ref: str) -> str:
    """How the memo names the RefNumber, which a person may have changed: "[db:pay_8Kd2-…]"."""
    return f"[db:{ref}]"


def memo(payment: Payment, posting: Posting, parts: int = 1) -> str:
    """The memo, one line of at most 4,095 characters that QuickBooks can store."""
    return _whole_memo(payment, posting, parts)[:MAX_MEMO].rstrip()


def is_cut(payment: Payment, posting: Posting, parts: int = 1) -> bool:
    """Whether the memo's end does not fit."""
    return len(_whole_memo(payment, posting, parts)) > MAX_MEMO


def _whole_memo(payment: Payment, posting: Posting, parts: int) -> str:
    """All that the memo tells, in one line.

    "Deskbridge pay_123 part 1 of 2 [db:pay_123-K7QJ2M4A] | stripe ch_9x | for the lobby". The
    tag stands in front of all that may be cut off. ``parts`` is how many the payment has. Where
    it is not posted as it was paid, the memo says so: see ``dated`` and ``credited``.
    """
    share = f"part {posting.part} of {parts}" if parts > 1 else ""
    ours = f"{_PRODUCT} {_free(payment.external_id)} {share} {memo_tag(posting.ref_number)}"
    charge = f"{_free(payment.gateway)} {_free(payment.reference)}"
    moved = dated(payment) if posting.date not in (None, payment.date) else ""
    kept = credited(posting.credited) if posting.credited else ""
    texts = (ours, moved, kept, charge, _free(payment.memo))
    pieces = (one_line(piece) for piece in texts)
    return " | ".join(piece for piece in pieces if piece)


def lost(payment: Payment) -> str:
    """The characters of a payment's own texts that QuickBooks cannot store, each once."""
    texts = (payment.external_id, payment.gateway, payment.reference, payment.memo)
    return "".join(dict.fromkeys(one for text in texts for one in clean(text).lost))


def dated(payment: Payment) -> str:
    """How the memo tells a payment's own date where it is posted under a later one."""
    return f"dated {payment.date.isoformat()}, in a closed period"


def credited(amount: Decimal) -> str:
    """How the memo tells what its invoices no longer owed."""
    return f"{amount:,.2f} kept as credit"


def name_payment(ref: str, memo_text: str, external_id: str) -> bool:
    """Whether number or memo of a payment in QuickBooks are what Deskbridge writes for this id.

    That of any origin: another store, or another account, may have posted it. The memo has the
    whole id; where somebody rewrote it, the number's head has to do.
    """
    written = _OUR_MEMO.match(memo_text)
    if written is not None:
        return written["id"] == one_line(_free(external_id))
    number = rf"{re.escape(_head(external_id))}-{_TAIL}"
    return re.fullmatch(number, ref, re.IGNORECASE) is not None


def may_be_ours(ref: str) -> bool:
    """Whether a RefNumber looks like one that Deskbridge writes: nothing else can be one."""
    return _OUR_NUMBER.fullmatch(ref) is not None


_TAIL = "[A-Z2-7]{8}"
_OUR_NUMBER = re.compile(rf"[A-Z0-9._-]{{1,{_HEAD}}}-{_TAIL}", re.IGNORECASE)


_OUR_MEMO = re.compile(
    rf"{_PRODUCT} (?P<id>.*?) ?(?:part \d+ of \d+ )?\[db:[^\]]{{1,20}}\]", re.IGNORECASE
)


def set_id(file_id: str, guid: str, attempt: int) -> str:
    """The newMessageSetID of a posting's ``attempt``, from 1: 20 capitals and digits.

    ``file_id`` is the application's, ``guid`` the posting's ExternalGUID. Always the same for
    the same three: a store that was restored from a backup meets what QuickBooks remembers.
    """
    digest = sha256(f"{file_id.upper()}:{guid.upper()}:{attempt}".encode()).digest()
    return b32encode(digest[:13]).decode("ascii")[:_SET_ID]


@lru_cache(1)
def _key(origin: Origin, external_id: str, part: int, generation: int) -> str:
    return json.dumps([origin.installation, origin.account, part, generation, external_id])


def _free(text: str) -> str:
    """Text of others: it must not look like a tag of ours."""
    return re.sub(r"\[(?=db:)", "(", text, flags=re.IGNORECASE)
