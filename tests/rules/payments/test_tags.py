"""The tags by which a payment of ours is known in QuickBooks."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.rules.payments.tags import (
    Origin,
    external_guid,
    memo,
    memo_tag,
    name_payment,
    ref_number,
    set_id,
)
from tests.rules.payments.builders import a_payment, a_posting

ORIGINS = st.builds(Origin, st.sampled_from(["one store", "another"]), st.text(max_size=9))
FOUR = st.tuples(ORIGINS, st.text(max_size=30), st.integers(1, 9), st.integers(0, 9))
OURS = Origin("one store", "larkspur")
STORABLE = re.compile(r"[A-Za-z0-9._-]{1,11}-[A-Z2-7]{8}")
GUID = re.compile(r"\{[0-9A-F]{8}-[0-9A-F]{4}-5[0-9A-F]{3}-[0-9A-F]{4}-[0-9A-F]{12}\}")


@given(FOUR)
def test_a_ref_number_can_be_stored_and_looked_up_and_has_no_more_than_20_characters(four):
    ref = ref_number(*four)
    assert STORABLE.fullmatch(ref)
    assert len(ref) <= 20
    assert ref.encode("cp1252")


@given(FOUR, FOUR)
def test_two_origins_payments_parts_or_generations_share_no_tag_even_without_case(one, other):
    same = one == other
    assert (ref_number(*one).casefold() == ref_number(*other).casefold()) is same
    assert (external_guid(*one) == external_guid(*other)) is same


@given(FOUR)
def test_a_guid_is_in_capitals_and_braces(four):
    assert GUID.fullmatch(external_guid(*four))


def test_tags_never_change_from_one_release_to_the_next():
    assert ref_number(OURS, "pay_8Kd2", 1, 0) == "pay_8Kd2-FBN552HX"
    assert external_guid(OURS, "pay_8Kd2", 1, 0) == "{F183DD46-363C-592B-BAC1-629932F64C8B}"


@pytest.mark.parametrize(
    ("external_id", "head"),
    [
        ("pay_8Kd2", "pay_8Kd2"),
        ("pay_8Kd2Zq77abc", "pay_8Kd2Zq7"),
        ("inv 7 / März", "inv7Mrz"),
        ("=cmd|x", "cmdx"),
        ("-5", "5"),
        ("支払い", "payment"),
    ],
)
def test_a_ref_number_begins_with_what_a_person_can_trace(external_id, head):
    assert ref_number(OURS, external_id, 1, 0).rpartition("-")[0] == head


def test_ids_that_differ_in_case_alone_get_different_ref_numbers():
    small, large = ref_number(OURS, "pay_a", 1, 0), ref_number(OURS, "PAY_A", 1, 0)
    assert small.casefold() != large.casefold()


# The memo.


def test_a_memo_names_the_payment_the_part_the_tag_the_charge_and_what_was_noted():
    payment = a_payment(external_id="pay_123", memo="for the lobby")
    posting = a_posting(part=1, ref_number="pay_123-K7QJ2M4A")
    assert memo(payment, posting, parts=2) == (
        "Deskbridge pay_123 part 1 of 2 [db:pay_123-K7QJ2M4A] | stripe ch_9x | for the lobby"
    )


def test_a_memo_leaves_out_what_there_is_none_of():
    payment = a_payment(gateway="", reference="", memo="")
    assert memo(payment, a_posting()) == "Deskbridge pay_8Kd2 [db:pay_8Kd2-K7QJ2M4A]"


def test_a_memo_is_one_line_of_what_quickbooks_stores():
    payment = a_payment(memo="Ångström \u2192 tile\r\nsecond\tline\x00 ☃")
    assert memo(payment, a_posting()).endswith(" | Ångström ? tile second line ?")


def test_a_long_note_is_cut_and_never_the_tag():
    text = memo(a_payment(external_id="x" * 100, memo="ß" * 9000), a_posting(), parts=3)
    assert len(text) == 4095
    assert memo_tag(a_posting().ref_number) in text


def test_a_note_cannot_pass_for_the_tag_of_another_payment():
    theirs = "[DB:pay_9-AAAAAAAA]"
    payment = a_payment(external_id=theirs, gateway=theirs, reference=theirs, memo=theirs)
    assert memo(payment, a_posting()).lower().count("[db:") == 1


@given(st.text(max_size=200), st.text(max_size=20))
def test_any_memo_can_be_stored(note, external_id):
    payment = a_payment(memo=note, external_id=external_id, reference=note)
    text = memo(payment, a_posting())
    assert text.encode("cp1252")
    assert not re.search(r"[\r\n\t]|  ", text)
    assert text == text.strip()
    assert text.lower().count("[db:") == 1


# Payments that somebody else's Deskbridge posted.


@given(st.text(min_size=1, max_size=30), ORIGINS)
def test_number_and_memo_name_their_payment_whoever_posted_it(external_id, origin):
    payment = a_payment(external_id=external_id)
    posting = a_posting(ref_number=ref_number(origin, external_id, 1, 1))
    assert name_payment("", memo(payment, posting), external_id)
    assert name_payment("", memo(payment, posting, parts=3), external_id)
    assert name_payment(posting.ref_number.lower(), "somebody's note", external_id)


@pytest.mark.parametrize(
    ("ref", "text"),
    [
        ("CHK 5512", "Deskbridge pay_8Kd [db:pay_8Kd-K7QJ2M4A]"),
        ("pay_8Kd-K7QJ2M4A", ""),
        ("pay_8Kd2-K7QJ2M4A", "Deskbridge pay_8Kd2-3 [db:pay_8Kd2-K7QJ2M4A]"),
        ("", "for pay_8Kd2"),
        ("", "Deskbridge pay_8Kd2"),
        ("pay_8Kd2", ""),
    ],
)
def test_what_only_looks_like_it_names_no_payment_of_ours(ref, text):
    assert not name_payment(ref, text, "pay_8Kd2")


# The id of a message set.


def test_a_set_id_is_the_same_for_the_same_attempt_and_another_for_any_other():
    first = set_id("{F1}", "{G1}", 1)
    assert first == set_id("{f1}", "{g1}", 1)
    others = {set_id("{F2}", "{G1}", 1), set_id("{F1}", "{G2}", 1), set_id("{F1}", "{G1}", 2)}
    assert len({first, *others}) == 4


@given(st.text(max_size=40))
def test_a_set_id_fits_what_quickbooks_takes(guid):
    assert re.fullmatch("[A-Z2-7]{20}", set_id("{F1}", guid, 1))
