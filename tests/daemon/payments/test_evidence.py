"""What an answer of QuickBooks proves about a payment that we sent."""

from __future__ import annotations

from functools import partial

import pytest

from daemon.stages.payments import evidence, intake
from daemon.stages.payments.evidence import Evidence, Tags
from daemon.stages.payments.plan import Step
from daemon.stages.payments.protocol import (
    Declined,
    FoundNone,
    FoundUnclear,
    NotRemembered,
    RanUnseen,
    Saved,
    Unanswered,
)
from daemon.stages.reading import Reading, read_answer
from shared.qbxml.payment_responses import ReceivePaymentRet
from shared.qbxml.refs import Ref
from shared.qbxml.responses import BadRecord, TxnDeletedRet
from shared.rules.payments import tags
from shared.rules.payments.tags import Origin
from shared.structs import replace
from tests.qbxml.builders import answer, payment, response, xml
from tests.rules.payments.builders import a_posting, money

SET = "ABCDEFGHIJKLMNOPQRST"
NEVER = Unanswered(turned_away=True, for_good=True)
RECORD = xml("ReceivePaymentRet", payment(TxnID="1B0-7"))
UNREADABLE_RECORD = xml("ReceivePaymentRet", payment(TxnID="1B0-7", TotalAmount="much"))
TOUCHED = xml("ErrorRecovery", {"TxnID": "1B0-7", "EditSequence": "99"})
TOO_MUCH = (
    'The "AppliedToTxnAdd payment amount" field has an invalid value "129.43".  '
    "QuickBooks error message: You cannot pay more than the amount due."
)


def read(document: str) -> Reading:
    take = partial(intake.take, step=Step.POST, home_currency="USD")
    return read_answer((document,), SET, take, None)


def says(
    *records: str, code: int = 0, said: str = "Status OK", request_id=SET, status: str | None = "0"
) -> str:
    """An answer to a ReceivePaymentAdd; ``status`` is that of the message set, None for none."""
    written = response(
        "ReceivePaymentAddRs", *records, request_id=request_id, statusCode=code, statusMessage=said
    )
    given = {"newMessageSetID": SET, "messageSetStatusCode": status} if status else {}
    return answer(written, **given)


def alone(status: str) -> str:
    """The status of a message set and nothing else."""
    return answer(newMessageSetID=SET, messageSetStatusCode=status)


def of_write(document: str) -> Evidence:
    return evidence.of_write(read(document), SET)


def of_check(document: str) -> Evidence:
    return evidence.of_check(read(document), SET)


# The answer to a write


def test_a_saved_payment_is_the_one_that_is_shown():
    proof = of_write(says(RECORD))
    assert proof.event == Saved()
    assert proof.ret is not None
    assert (proof.ret.txn_id, proof.ret.total_amount) == ("1B0-7", money("500.00"))


def test_a_payment_that_was_saved_without_its_invoice_is_saved_and_says_so():
    proof = of_write(says(RECORD, code=570, said="The invoice is closed."))
    assert (proof.event, proof.code, proof.said) == (Saved(), 570, "The invoice is closed.")


def test_a_saved_payment_that_cannot_be_read_is_still_known_by_its_id():
    proof = of_write(says(UNREADABLE_RECORD))
    assert (proof.event, proof.ret) == (Saved(), ReceivePaymentRet(txn_id="1B0-7"))


def test_a_saved_payment_of_which_only_the_id_is_told_is_known_by_that():
    proof = of_write(says(TOUCHED))
    assert (proof.event, proof.ret) == (Saved(), ReceivePaymentRet("1B0-7", edit_sequence="99"))


@pytest.mark.parametrize(
    ("code", "said"),
    [(3120, 'Object "1A2-1" cannot be found.'), (3210, TOO_MUCH), (3260, "No permission.")],
)
def test_a_refusal_in_quickbooks_words_is_a_refusal(code, said):
    proof = of_write(says(code=code, said=said))
    assert (proof.event, proof.ret, proof.code, proof.said) == (Declined(), None, code, said)


def test_a_refusal_that_names_a_record_is_doubt():
    proof = of_write(says(TOUCHED, code=3210, said=TOO_MUCH))
    assert (proof.event, proof.ret) == (Unanswered(), None)


@pytest.mark.parametrize("code", [1000, 3180, 9999])
def test_an_error_that_does_not_say_whether_anything_was_done_is_doubt(code):
    proof = of_write(says(code=code, said="An error."))
    assert (proof.event, proof.code, proof.said) == (Unanswered(), code, "An error.")


def test_success_that_shows_no_payment_is_doubt():
    assert of_write(says()).event == Unanswered()


@pytest.mark.parametrize("request_id", [None, "", "another-1"])
def test_an_answer_without_our_request_id_is_doubt(request_id):
    assert of_write(says(RECORD, request_id=request_id)).event == Unanswered()


@pytest.mark.parametrize("whole", [says(RECORD), says(code=3210, said=TOO_MUCH)])
def test_a_torn_answer_is_doubt_however_much_of_it_came(whole):
    for end in range(len(whole) - len("\n</QBXML>"), 0, -37):
        assert of_write(whole[:end]).event == Unanswered()


def test_an_answer_to_something_else_is_doubt():
    assert of_write(answer(response("ReceivePaymentQueryRs", RECORD))).event == Unanswered()
    assert of_write(answer()).event == Unanswered()


@pytest.mark.parametrize("status", ["600", "9001", "9002", "9004"])
def test_a_set_that_was_turned_away_as_a_whole_never_runs(status):
    proof = of_write(alone(status))
    assert (proof.event, proof.code) == (NEVER, int(status))


@pytest.mark.parametrize("status", ["0", "9003", "9005"])
def test_a_status_without_an_answer_is_doubt(status):
    assert of_write(alone(status)).event == Unanswered()


@pytest.mark.parametrize("status", ["600", "9005", None])
def test_what_happened_to_the_set_takes_nothing_from_an_answer_in_full(status):
    assert of_write(says(RECORD, status=status)).event == Saved()
    assert of_write(says(code=3210, said=TOO_MUCH, status=status)).event == Declined()


def test_an_outside_identifier_that_is_refused_is_refused_to_every_copy():
    assert of_write(says(code=3065, said="The ExternalGUID is in use.")).event == NEVER


# What QuickBooks remembers


def test_the_whole_answer_is_taken_as_if_it_had_come_in_time():
    proof = of_check(says(RECORD))
    assert proof.event == Saved()
    assert proof.ret is not None
    assert proof.ret.txn_id == "1B0-7"
    assert of_check(says(code=3210, said=TOO_MUCH)).event == Declined()


def test_a_remembered_answer_need_not_carry_our_request_id():
    assert of_check(says(RECORD, request_id=None)).event == Saved()


def test_the_record_that_was_touched_names_the_payment():
    proof = of_check(says(TOUCHED))
    assert (proof.event, proof.ret) == (Saved(), ReceivePaymentRet("1B0-7", edit_sequence="99"))


def test_success_alone_proves_that_it_ran_but_not_what_it_made():
    for remembered in (says(), alone("0")):
        proof = of_check(remembered)
        assert (proof.event, proof.ret) == (RanUnseen(), None)


@pytest.mark.parametrize("status", ["600", "9001", "9002", "9003", "9004", "9005"])
def test_no_other_status_of_the_set_proves_anything(status):
    proof = of_check(alone(status))
    assert (proof.event, proof.code) == (NotRemembered(), int(status))
    assert of_check(says(RECORD, status=status)).event == NotRemembered()


@pytest.mark.parametrize(
    "document",
    [
        answer(),
        says(RECORD, request_id="another-1"),
        says(RECORD).partition("</ReceivePaymentAddRs>")[0],
        says(code=3065, said="The ExternalGUID is in use."),
    ],
    ids=["empty", "foreign", "torn", "identifier refused"],
)
def test_an_answer_that_is_not_to_be_relied_on_proves_nothing(document):
    assert of_check(document).event == NotRemembered()


@pytest.mark.parametrize(
    "document",
    [says(code=1000, said="An error."), says(TOUCHED, code=3210, said=TOO_MUCH)],
    ids=["unclear", "refused, with a record"],
)
def test_an_unclear_answer_on_record_proves_that_it_ran_but_not_what_it_made(document):
    proof = of_check(document)
    assert (proof.event, proof.ret) == (RanUnseen(), None)
    assert proof.code in (1000, 3210)


# Looking for the payment itself

POSTING = a_posting()
OURS = Origin("one store", "larkspur")
TAGS = Tags.of(OURS, "pay_8Kd2", POSTING)


def in_quickbooks(txn_id: str = "1B0-7", **changes) -> ReceivePaymentRet:
    """The posting as it stands in QuickBooks."""
    plain = ReceivePaymentRet(
        txn_id=txn_id,
        customer=Ref("80-1", "Larkspur Tile"),
        ref_number=POSTING.ref_number,
        total_amount=POSTING.amount,
        memo=f"Deskbridge pay_8Kd2 {tags.memo_tag(POSTING.ref_number)}",
        external_guid=POSTING.external_guid,
    )
    return plain._replace(**changes)


def a_stranger(**changes) -> ReceivePaymentRet:
    plain = {"ref_number": "CHK 5512", "memo": "Deskbridge", "external_guid": ""}
    return in_quickbooks("1B0-9", **(plain | changes))


def unread(document: str, txn_id: str = "1B0-7") -> BadRecord:
    return BadRecord("ReceivePaymentRet", txn_id, document, "TotalAmount", "much", "no amount")


def found(*rows: object) -> Evidence:
    return evidence.of_search(rows, POSTING, TAGS)


def test_the_payment_is_found_as_it_was_sent():
    proof = found(a_stranger(), in_quickbooks())
    assert (proof.event, proof.ret) == (Saved(), in_quickbooks())


@pytest.mark.parametrize(
    "left",
    [
        {"memo": "", "external_guid": ""},
        {"memo": "", "ref_number": ""},
        {"ref_number": "", "external_guid": ""},
        {"memo": "", "external_guid": "", "ref_number": POSTING.ref_number.upper()},
        {"memo": "", "ref_number": "", "external_guid": POSTING.external_guid.lower()},
        {"external_guid": "", "ref_number": "", "memo": f"x [DB:{POSTING.ref_number}] y"},
    ],
)
def test_any_one_tag_is_enough_in_any_case_of_letters(left):
    assert found(in_quickbooks(**left)).event == Saved()


def test_strangers_of_the_same_customer_day_and_amount_are_not_ours():
    assert found(a_stranger(), a_stranger(memo=POSTING.ref_number)).event == FoundNone()
    assert found().event == FoundNone()


def test_the_same_payment_shown_by_two_questions_is_one():
    assert found(in_quickbooks(), in_quickbooks()).event == Saved()


def test_of_several_with_our_tags_a_person_decides():
    proof = found(in_quickbooks(), in_quickbooks("1B0-8", external_guid=""))
    assert proof.event == FoundUnclear()
    assert (proof.hint, proof.found) == ("payment-found-several", "2")


@pytest.mark.parametrize(
    ("changed", "told"),
    [
        ({"total_amount": money("2500.00")}, "2,500.00 of Larkspur Tile"),
        ({"customer": Ref("80-2", "Alder Joinery")}, "250.00 of Alder Joinery"),
        ({"total_amount": None}, "no amount of Larkspur Tile"),
    ],
)
def test_a_payment_that_is_no_longer_as_it_was_sent_is_shown_to_a_person(changed, told):
    proof = found(in_quickbooks(**changed))
    assert proof.event == FoundUnclear()
    assert (proof.hint, proof.found) == ("payment-found-other", told)


def test_a_deleted_payment_is_shown_to_a_person():
    proof = found(TxnDeletedRet("1B0-7", ref_number=POSTING.ref_number))
    assert (proof.event, proof.hint) == (FoundUnclear(), "payment-found-deleted")


def test_what_was_deleted_before_it_was_planned_anew_says_nothing():
    earlier = tags.ref_number(OURS, "pay_8Kd2", 1, 1)
    posting = replace(POSTING, generation=2)
    known_by = Tags.of(OURS, "pay_8Kd2", posting)
    rows = (TxnDeletedRet("1B0-7", ref_number=earlier),)
    assert evidence.of_search(rows, posting, known_by).event == FoundNone()


def test_payments_of_others_that_were_deleted_say_nothing():
    assert found(TxnDeletedRet("1B0-7", ref_number="5512")).event == FoundNone()


def test_a_payment_that_is_there_counts_more_than_one_that_was_deleted():
    deleted = TxnDeletedRet("1B0-6", ref_number=POSTING.ref_number)
    assert found(deleted, in_quickbooks()).event == Saved()


def test_a_record_of_ours_that_cannot_be_read_is_shown_to_a_person():
    proof = found(unread(f"Payment {POSTING.ref_number}, Larkspur Tile"))
    assert (proof.event, proof.hint) == (FoundUnclear(), "payment-found-other")
    assert found(unread("Payment CHK 5512, Larkspur Tile")).event == FoundNone()


def test_a_payment_that_one_question_showed_and_another_spoiled_is_one():
    assert found(in_quickbooks(), unread(f"Payment {POSTING.ref_number}")).event == Saved()


def test_a_second_record_of_ours_that_cannot_be_read_makes_it_several():
    proof = found(in_quickbooks(), unread(f"Payment {POSTING.ref_number}", "1B0-8"))
    assert (proof.event, proof.hint) == (FoundUnclear(), "payment-found-several")


def test_a_payment_that_was_planned_anew_is_known_by_its_earlier_tags_too():
    third = replace(POSTING, generation=3)
    known_by = Tags.of(OURS, "pay_8Kd2", third)
    for generation in (1, 2):
        earlier = a_stranger(external_guid=tags.external_guid(OURS, "pay_8Kd2", 1, generation))
        assert evidence.of_search((earlier,), third, known_by).event == Saved()
    never = a_stranger(external_guid=tags.external_guid(OURS, "pay_8Kd2", 1, 4))
    assert evidence.of_search((never,), third, known_by).event == FoundNone()
