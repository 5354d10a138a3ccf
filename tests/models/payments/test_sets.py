"""Message sets: written before they leave, one open at a time, and what QuickBooks may forget."""

from __future__ import annotations

import hashlib

import peewee
import pytest

from shared.errors import NotFound, NotPossible, StoreError
from shared.models.payments import postings, sets
from shared.models.statements import current
from tests.models.builders import NOON, invoice, later
from tests.models.payments.builders import REQUEST, Till, pays
from tests.models.plans import plans, sqlite_alone


@pytest.fixture
def sender(till):
    """Two payments that are ready to go out."""
    till.take_in(pays("pay_1"), pays("pay_2"))
    return till


def query(sql, *values):
    _engine, database = current()
    return database.execute_sql(sql.replace("?", database.param), values).fetchall()


def test_a_set_is_kept_byte_for_byte_before_it_leaves(sender):
    begun = sender.write("SET1")
    assert begun == sets.open_set(sender.id)
    assert (begun.connection_id, begun.application_id) == (sender.id, sender.applications[1])
    assert (begun.posting_id, begun.set_id) == (sender.part("pay_1").id, "SET1")
    assert (begun.request, begun.phase, begun.outcome) == (REQUEST, "sent", "")
    assert (begun.sends, begun.first_sent_at, begun.last_sent_at) == (1, NOON, NOON)
    assert (begun.session_id, begun.settle_now_by, begun.closed_at) == (7, "", None)
    assert (begun.doubted, begun.ran, begun.turned_away) == (False, False, False)


def test_the_digest_is_that_of_the_bytes(sender):
    sender.write()
    assert query("SELECT digest FROM message_set") == [(hashlib.sha256(REQUEST).hexdigest(),)]


def test_the_bytes_show_in_no_repr(sender):
    assert "QBXML" not in repr(sender.write())


def test_nothing_is_open_before_and_after(sender):
    assert sets.open_set(sender.id) is None
    sender.close(sender.write())
    assert sets.open_set(sender.id) is None


def test_a_second_open_set_is_refused_in_words_and_the_unit_goes_on(sender):
    first = sender.write("SET1")
    with pytest.raises(StoreError, match="open already: message set SET1") as refusal:
        sender.write("SET2", "pay_2")
    assert "next Payment Sync settles it" in refusal.value.remedy
    assert sets.open_set(sender.id) == first
    assert sets.by_posting(sender.part("pay_2").id) == []


def test_the_database_itself_admits_one_open_set_only(sender):
    sender.write("SET1")
    columns = (
        "connection_id, application_id, posting_id, request, digest, phase, outcome, sends,"
        " first_sent_ms, last_sent_ms, session, doubted, ran, turned_away, settle_now_by, cleared"
    )
    copy = f"INSERT INTO message_set (set_id, {columns}) SELECT 'SET2', {columns} FROM message_set"
    with pytest.raises(peewee.IntegrityError), sender.store.transaction():
        query(copy + " RETURNING id")


def test_another_company_may_have_one_open_at_the_same_time(sender):
    sender.write("SET1")
    other = Till(sender.store, "Bramble")
    other.owes(invoice("1A-100", "250.00"))
    other.take_in(pays())
    assert other.write("SET2").set_id == "SET2"
    assert sets.open_set(sender.id).set_id == "SET1"


def test_after_one_is_closed_another_may_begin(sender):
    sender.close(sender.write("SET1"))
    assert sender.write("SET2", "pay_2") == sets.open_set(sender.id)


def test_an_id_that_was_used_before_is_refused(sender):
    sender.close(sender.write("SET1"))
    with pytest.raises(StoreError, match="SET1 was used before"):
        sender.write("SET1", "pay_2")


def test_what_became_of_a_set_is_written_and_its_bytes_stay(sender):
    begun = sender.write()
    sender.save(
        begun,
        phase="closed",
        outcome="parked",
        sends=2,
        last_sent_at=later(minutes=15),
        session_id=8,
        doubted=True,
        ran=True,
        turned_away=True,
        settle_now_by="anna",
        closed_at=later(minutes=20),
    )
    [saved] = sets.by_posting(begun.posting_id)
    assert (saved.phase, saved.outcome, saved.sends) == ("closed", "parked", 2)
    assert (saved.last_sent_at, saved.closed_at) == (later(minutes=15), later(minutes=20))
    assert (saved.session_id, saved.settle_now_by) == (8, "anna")
    assert (saved.doubted, saved.ran, saved.turned_away) == (True, True, True)
    assert (saved.request, saved.first_sent_at) == (REQUEST, NOON)


def test_the_sets_of_a_posting_are_listed_oldest_first(sender):
    for set_id, payment in [("SET1", "pay_1"), ("SET2", "pay_2"), ("SET3", "pay_1")]:
        sender.close(sender.write(set_id, payment))
    listed = sets.by_posting(sender.part("pay_1").id)
    assert [one.set_id for one in listed] == ["SET1", "SET3"]


def clearable(sender, application=1):
    return sets.clearable(sender.id, sender.applications[application])


def test_the_latest_closed_set_may_be_forgotten(sender):
    assert clearable(sender) == ""
    for set_id in ("SET1", "SET2"):
        sender.close(sender.write(set_id))
    assert clearable(sender) == "SET2"


def test_an_open_set_may_not_be_forgotten(sender):
    sender.close(sender.write("SET1"))
    sender.write("SET2")
    assert clearable(sender) == "SET1"


def test_a_set_that_was_ever_in_doubt_is_never_forgotten(sender):
    sender.close(sender.write("SET1"))
    sender.close(sender.write("SET2"), doubted=True)
    assert clearable(sender) == "SET1"


def test_each_application_has_sets_of_its_own_to_forget(sender):
    sender.close(sender.write("SET1"))
    assert clearable(sender, application=0) == ""


def test_what_quickbooks_forgot_is_not_told_to_it_again(sender):
    sender.close(sender.write("SET1"))
    sender.close(sender.write("SET2"))
    third = sender.write("SET3")
    sets.cleared_by(third.id)
    assert clearable(sender) == ""
    sender.close(third)
    assert clearable(sender) == "SET3"


def test_a_set_is_not_forgotten_by_itself(sender):
    sender.close(sender.write("SET1"))
    second = sender.write("SET2")
    sender.close(second)
    sets.cleared_by(second.id)
    assert clearable(sender) == "SET2"


def test_only_earlier_sets_of_the_same_application_are_forgotten(sender):
    sender.close(sender.write("SET1", application_id=sender.applications[0]))
    second = sender.write("SET2")
    sender.close(second)
    sender.close(sender.write("SET3"))
    sets.cleared_by(second.id)
    assert clearable(sender, application=0) == "SET1"
    assert clearable(sender) == "SET3"


def test_a_doubted_set_does_not_count_as_forgotten(sender):
    first = sender.write("SET1")
    sender.close(first, doubted=True)
    second = sender.write("SET2")
    sets.cleared_by(second.id)
    assert query("SELECT cleared FROM message_set WHERE set_id = ?", "SET1") in ([(False,)], [(0,)])


def test_a_person_vouches_that_no_copy_is_left(sender):
    begun = sender.write()
    sender.save(begun, phase="hold", doubted=True)
    vouched = sets.settle_now(sender.id, "anna", later(minutes=3))
    assert (vouched.settle_now_by, vouched.phase, vouched.doubted) == ("anna", "hold", True)
    assert vouched == sets.open_set(sender.id)
    told = postings.life(sender.payment().id)[-1]
    assert (told.at, told.who, told.set_id) == (later(minutes=3), "anna", "SET1")
    assert told.detail == "No copy of its request is left on any PC."


def test_nothing_open_is_nothing_to_vouch_for(sender):
    sender.close(sender.write())
    with pytest.raises(NotFound, match="no payment in doubt in 'Larkspur'"):
        sets.settle_now(sender.id, "anna", NOON)
    [closed] = sets.by_posting(sender.part().id)
    assert closed.settle_now_by == ""


def test_nobody_vouches_while_the_answer_is_awaited(sender):
    begun = sender.write()
    with pytest.raises(NotPossible, match="is being posted now"):
        sets.settle_now(sender.id, "anna", NOON)
    assert sets.open_set(sender.id) == begun


# However many there have been


@sqlite_alone
def test_no_question_before_a_write_goes_through_all_sets(sender, monkeypatch):
    seen = plans(monkeypatch)
    with sender.store.transaction():
        sets.open_set(sender.id)
        sets.is_open_elsewhere("key", sender.id)
        sets.written_elsewhere("key", sender.id, NOON)
        sets.count(1)
        sets.clearable(sender.id, sender.applications[1])
        sets.cleared_by(1)
    assert seen
    assert not [step for step in seen if step.startswith("SCAN")]
