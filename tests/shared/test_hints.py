from __future__ import annotations

import re
from collections import Counter
from decimal import Decimal
from pathlib import Path

import click
import pytest

from console.cli.app import cli
from shared.hints import Actor, Kind, all_hints, canonical, hint, hresult, say, search, tell
from shared.hints.catalog import default_fields
from shared.hints.page import render_markdown
from shared.hints.sentences import MAX_SENTENCE
from shared.qbxml.status_table import STATUSES, Effect
from tests.shared import said

ROOT = Path(__file__).parents[2]

QBWC = [*range(1000, 1047), 1048, 1051, 1085]
HRESULT_CODES = """
    80040400 80040401 80040402 80040403 80040404 80040406 80040407 80040408 80040409 8004040A
    8004040D 80040410 80040413 80040414 80040416 80040417 80040418 8004041A 8004041B 8004041C
    8004041D 8004041E 8004041F 80040420 80040421 80040422 80040423 80040424 80040427 8004042A
    8004042C 80040154 80010105 800706BA
"""
HRESULTS = HRESULT_CODES.split()
TROUBLESHOOTING = {
    "Sync is not working",
    "Mismatched password",
    "Updating the .qwc file",
    "Could not start QuickBooks",
}


def of_kind(kind):
    return [entry for entry in all_hints() if entry.kind is kind]


# What is in the catalog.


OURS = {entry.code for entry in of_kind(Kind.DESKBRIDGE)}


def test_each_hint_of_our_own_is_said_by_some_code():
    assert sorted(OURS - said.names_of_codes(OURS) - set(said.enumerated(OURS))) == []
    assert all(entry.group for entry in of_kind(Kind.DESKBRIDGE))


def test_each_code_that_the_program_says_has_a_hint():
    calls = said.said_by_calls()
    assert len({one.code for one in calls}) > 70
    assert [one for one in calls if hint(one.code) is None] == []
    assert [code for code in said.enumerated(OURS) if "-" in code and code not in OURS] == []


def test_whoever_says_a_code_passes_every_field_of_its_sentence():
    lacking = [
        (one.where, one.code, name)
        for one in said.said_by_calls()
        for name in sorted(hint(one.code).fields - (one.fields or hint(one.code).fields))
        if (one.code, name) not in said.NOT_TOLD
    ]
    assert lacking == []


def test_only_the_first_part_of_a_sentence_is_filled_in():
    # Views tell the remedy of a code without the facts of one record.
    assert [entry.code for entry in of_kind(Kind.DESKBRIDGE) if "{" in entry.next] == []


def test_each_code_of_the_web_connector_has_a_hint():
    for number in QBWC:
        found = hint(f"QBWC{number}")
        assert found, number
        assert found.group != "range", number
        assert f"QBWC{number}" in (found.code, *found.also)


def test_each_hresult_has_a_hint_and_says_what_became_of_the_request():
    for bits in HRESULTS:
        found = hresult(bits)
        assert found, bits
        assert f"0x{bits}" in (found.code, *found.also)
        # A parse error alone says for sure that nothing was done.
        effect = Effect.NOT_DONE if bits == "80040400" else Effect.UNKNOWN
        assert found.effect is effect, bits


def test_some_hresults_pass_by_themselves():
    passing = {entry.code for entry in of_kind(Kind.HRESULT) if entry.transient}
    assert passing == {"0x80040414", "0x8004041B", "0x80040422", "0x80040424"}


def test_the_status_table_is_the_only_source_of_status_hints():
    for code, row in STATUSES.items():
        found = hint(str(code))
        assert found
        assert (found.title, found.happened, found.why) == (row.title, row.meaning, row.why)
        assert found.remedy == (row.remedy,)
        assert (found.actor, found.effect, found.transient) == (
            row.actor,
            row.effect,
            row.transient,
        )


def test_the_troubleshooting_entries_of_the_product_are_there():
    assert {entry.title for entry in of_kind(Kind.PRODUCT)} >= TROUBLESHOOTING


def test_every_entry_is_complete_and_every_code_unique():
    codes = Counter(code for entry in all_hints() for code in (entry.code, *entry.also))
    assert [code for code, count in codes.items() if count > 1] == []
    for entry in all_hints():
        assert entry.title
        assert not entry.title.endswith(".")
        assert entry.remedy
        for sentence in (entry.happened, *entry.remedy, entry.short, entry.next):
            assert sentence.endswith("."), (entry.code, sentence)
            assert sentence.isascii(), (entry.code, sentence)
        if entry.kind is not Kind.STATUS:
            assert entry.why.endswith(".")
        for code in entry.see:
            assert hint(code), (entry.code, code)
            assert code in (hint(code).code, *hint(code).also)


def test_every_field_of_a_sentence_has_a_word_that_stands_in_and_no_other_has():
    used = {name for entry in all_hints() for name in entry.fields}
    assert used == set(default_fields())


def test_nobody_is_blamed():
    blame = re.compile(r"\byou (failed|forgot|did not|should have)|illegal|fatal|stupid", re.I)
    for entry in all_hints():
        text = " ".join((entry.happened, entry.why, *entry.remedy, entry.short, entry.next))
        assert not blame.search(text), entry.code


# Finding an entry by its code.


@pytest.mark.parametrize(
    "spelling",
    ["0x80040408", "0X80040408", "80040408", " 0x80040408 ", "-2147220472", "2147746824"],
)
def test_an_hresult_is_known_in_every_spelling(spelling):
    assert canonical(spelling) == "0x80040408"
    assert hresult(spelling).code == "0x80040408"
    assert hint(spelling) is hresult(spelling)


@pytest.mark.parametrize("spelling", ["0x8004040a", "0x8004040A", "8004040a", "-2147220470"])
def test_letters_of_an_hresult_may_be_small(spelling):
    assert canonical(spelling) == "0x8004040A"
    assert hresult(spelling).title == "Another company file is open"


def test_one_entry_may_serve_several_codes():
    assert hresult("0x80040409") is hresult("0x80040406")
    assert hint("qbwc 1024") is hint("QBWC1023")


def test_an_hresult_that_is_not_listed_is_none_for_the_machine_and_a_general_hint_for_people():
    assert hresult("0x8004FFFF") is None
    assert hint("0x8004FFFF").code == "hresult-other"


def test_other_kinds_are_no_hresults():
    assert hresult("3175") is None
    assert hresult("wrong-password") is None
    assert hresult("") is None


def test_codes_without_an_entry_lead_to_the_entry_of_their_range():
    assert hint("QBWC1066").code == "qbwc-other"
    assert hint("3345").code == "3300-3399"
    assert hint("9150").code == "9100-9199"
    assert hint("99999") is None
    assert hint("no-such-code") is None
    assert hint("") is None


# Status lines.


def test_a_sentence_fits_with_a_reference_and_keeps_its_remedy_whole():
    for entry in all_hints():
        fields = dict.fromkeys(entry.fields, "Larkspur Tile & Stone of Northern California " * 9)
        if entry.group in ("records", "payment") or entry.kind is Kind.STATUS:
            fields["document"] = "Invoice 1042, " + "Larkspur Tile & Stone " * 9
        line = say(entry.code, reference="S1234567", **fields)
        assert len(line) <= MAX_SENTENCE, entry.code
        assert line.endswith(" (ref S1234567)"), entry.code
        if entry.group != "range":
            assert entry.next.split("{")[0] in line, entry.code
            assert "\u2026" not in say(entry.code, reference="S1234567"), entry.code


def test_a_sentence_says_what_happened_to_what_and_what_to_do_with_a_reference():
    assert say(
        "company-mismatch", found="Fern & Co", expected="Larkspur Tile", reference="S42"
    ) == (
        "QuickBooks has Fern & Co open, but this sync belongs to Larkspur Tile; nothing was read "
        "or changed. Open the right company and run it again. (ref S42)"
    )


def test_a_document_stands_in_front_and_quickbooks_words_at_the_end():
    line = say("3175", document="Invoice 1042, Larkspur Tile", said="The record is locked.")
    assert line.startswith("Invoice 1042, Larkspur Tile: Somebody has the record open")
    assert line.endswith("QuickBooks said: The record is locked.")


def test_of_quickbooks_words_the_part_that_says_something_is_quoted():
    said = (
        "There was an error when saving a ReceivePayment.  QuickBooks error message: "
        "You cannot pay more than the amount due. "
    )
    assert say("3210", said=said, reference="S7") == (
        "QuickBooks refused a value of the record. Correct the record in QuickBooks, then retry "
        "it. QuickBooks said: You cannot pay more than the amount due. (ref S7)"
    )


def test_quickbooks_words_are_cut_or_left_out_before_anything_of_ours():
    line = say("0x80040408", said="x" * 500, reference="S42")
    assert len(line) == MAX_SENTENCE
    assert "click Update Selected again. QuickBooks said: xxx" in line
    assert line.endswith("\u2026 (ref S42)")
    full = say("3000", document="Invoice 1042, Larkspur Tile", said="x" * 500)
    assert "QuickBooks said" not in full
    assert "\u2026" not in full


def test_words_about_a_lock_change_what_a_collective_code_says():
    assert "Somebody else is working" in say("3180", said="The record could not be locked.")
    assert "could not save" in say("3180", said="The credit limit is exceeded.")
    assert "Somebody else" in tell("3180", said="The record could not be locked.").message


def test_long_fields_are_shortened_alike():
    line = say("company-mismatch", found="a" * 90, expected="b" * 90)
    assert len(line) <= MAX_SENTENCE
    a, b = (len(re.search(f"{sign}{sign}+", line)[0]) for sign in "ab")
    assert abs(a - b) <= 1
    short = say("company-mismatch", found="Fern & Co", expected="b" * 90)
    assert "Fern & Co open" in short


def test_a_sentence_is_one_line_without_control_characters():
    line = say("record-refused", document="Invoice\r\n1042\t\x00", said="No.\n\nReally.")
    assert line.isprintable()
    assert line.startswith("Invoice 1042: QuickBooks refused")
    assert "No. Really." in line


def test_missing_and_empty_fields_get_a_neutral_word_and_others_are_ignored():
    assert say("login-locked", until="", color="red") == say("login-locked")
    assert "until a later time" in say("login-locked")
    assert say("application-replaced").startswith("This application was replaced")


def test_a_field_at_the_end_brings_no_second_full_stop():
    assert "read: no amount. Open" in say("invoice-unreadable", reason="no amount.")
    assert "Inc. is a QuickBooks sample" in say("sample-company", found="Rock Inc.")


def test_braces_in_a_field_are_text():
    assert "{until} {0}" in say("wrong-password", application="{until} {0}")


def test_unknown_codes_show_quickbooks_own_words_unchanged():
    assert say("4711", said="The frobnicator said no.") == "The frobnicator said no."
    assert say("0x8004FFFF", said="Strange.", reference="S1") == "Strange. (ref S1)"
    assert say("no-such-code", said="x" * 300) == "x" * 199 + "\u2026"
    assert tell("4711", said="Two  blanks\nand a line.").message == "Two  blanks\nand a line."
    assert "4711" in say("4711") or say("4711").startswith("QuickBooks")
    assert "no-such-code" in say("no-such-code")


def test_a_problem_gets_message_and_remedy_apart_and_uncut():
    told = tell("invoice-unreadable", reason="x" * 300, document="Invoice 1042")
    assert told.message == f"The invoice could not be read: {'x' * 300}."
    assert told.remedy.startswith("Open it in QuickBooks")
    assert tell("skipped").message == "Left out: an operator skipped this record."


# Commands that a remedy names.


def commands_named():
    for entry in all_hints():
        for text in (entry.happened, entry.why, *entry.remedy, entry.short, entry.next):
            for found in re.findall(
                r"deskbridge ([a-z]+(?: [a-z]+)*(?: (?:[A-Z]+|--[a-z-]+))*)", text
            ):
                yield entry.code, found


def test_every_command_that_a_remedy_names_exists_with_its_options():
    named = sorted({command for _, command in commands_named()})
    assert len(named) > 10
    for line in named:
        command, words = cli, line.split()
        while words and isinstance(command, click.Group):
            named_one = command.get_command(click.Context(command), words.pop(0))
            assert named_one is not None, line
            command = named_one
        options = {opt for p in command.params for opt in (*p.opts, *p.secondary_opts)}
        assert {word for word in words if word.startswith("--")} <= options, line


# Searching.


@pytest.mark.parametrize(
    ("text", "first"),
    [
        ("QBWC1012", "QBWC1012"),
        ("QBWC1012: Authentication failed due to following error message.", "QBWC1012"),
        ("Error 0x80040408 came up", "0x80040408"),
        ("returned -2147220472 today", "0x80040408"),
        ("1041", "QBWC1041"),
        ("3175", "3175"),
        ("wrong-password", "wrong-password"),
        ("Could not start QuickBooks", "could-not-start-quickbooks"),
        ("modal dialog", "0x80040414"),
        ("duplicate invoice number", "invoice-duplicate-number"),
        ("QBWC1066", "qbwc-other"),
        ("3345", "3300-3399"),
    ],
)
def test_searching_finds_what_a_person_has_before_them(text, first):
    assert search(text)[0].code == first


def test_searching_by_a_word_finds_all_entries_that_have_it():
    found = {entry.code for entry in search("password")}
    assert found >= {"wrong-password", "old-password", "mismatched-password", "QBWC1030"}


def test_a_password_that_does_not_work_leads_to_each_of_its_causes_first():
    found = [entry.code for entry in search("password does not work")[:5]]
    assert {"wrong-password", "old-password", "login-locked"} <= set(found)


def test_nonsense_finds_nothing():
    assert search("blergh") == []
    assert search("") == []
    assert search("???") == []


# The page.


def test_the_docs_page_is_current():
    page = (ROOT / "docs" / "hints.md").read_text("utf-8")
    assert page == render_markdown(), "run: python -m shared.hints > docs/hints.md"


def test_every_hint_is_on_the_page_and_every_link_leads_somewhere():
    page = render_markdown()
    for entry in all_hints():
        assert entry.title in page
        assert all(
            f"`{code}`" in page or f"| {code} |" in page
            for code in (entry.code, *entry.also)
            if entry.group != "range"
        )
    anchors = {
        re.sub(r"[^\w\- ]", "", line.lstrip("#").strip().lower()).replace(" ", "-")
        for line in page.splitlines()
        if line.startswith("#")
    }
    linked = set(re.findall(r"\]\(#([^)]+)\)", page))
    assert linked
    assert linked <= anchors


def test_tables_of_the_page_are_not_broken_by_their_texts():
    rows = [line for line in render_markdown().splitlines() if line.startswith("|")]
    assert {line.count("|") for line in rows} == {7}


def test_who_acts_is_one_of_four():
    assert {entry.actor for entry in all_hints()} == set(Actor)


def test_a_figure_of_nothing_is_told_as_a_figure():
    told = tell("payment-total-mismatch", sum=Decimal("25.00"), total=Decimal("0.00"))
    assert "0.00" in told.message
    assert "another" not in told.message
