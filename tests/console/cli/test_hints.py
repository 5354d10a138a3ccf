from __future__ import annotations

import pytest


def test_a_code_gives_its_hint_in_full(shell):
    text = shell.says("hints", "QBWC1039")
    assert "QBWC1039" in text.splitlines()[0]
    for title in ("What happened", "Why", "What to do (bookkeeper)", "1. "):
        assert title in text


@pytest.mark.parametrize("code", ["0x80040408", "80040408", "-2147220472"])
def test_a_code_is_found_in_any_spelling(shell, code):
    assert "0x80040408" in [hint["code"] for hint in shell.json("hints", code)]


def test_words_find_what_fits(shell):
    assert "QBWC1039" in shell.says("hints", "OwnerID", "FileID", "unique")


def test_a_log_may_be_piped_in(shell):
    log = "20260105.10:00 QBWC1040: update failed\n"
    assert "QBWC1040" in [hint["code"] for hint in shell.json("hints", "-", given=log)]


def test_without_words_all_are_listed(shell):
    codes = {hint["code"] for hint in shell.json("hints")}
    assert {"QBWC1039", "0x80040408", "3170", "wrong-password"} <= codes


def test_nothing_found_is_told_with_what_to_try(shell):
    said = shell.refuses(3, "hints", "zzzzqqqq")
    assert "zzzzqqqq" in said
    assert "What to do" in said


def test_nothing_to_look_up_is_told(shell):
    shell.refuses(3, "hints", "-", given="  \n")
    shell.refuses(3, "hints", "")


def test_no_store_is_made_for_it(shell):
    shell.database = f"sqlite:///{shell.folder}/none.sqlite3"
    shell.says("hints", "QBWC1039")
    assert not (shell.folder / "none.sqlite3").exists()
