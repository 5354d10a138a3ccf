from __future__ import annotations

from datetime import timedelta

import pytest

from console.cli.connection import connection
from shared import dates
from shared.models import applications, audit, connections, syncs
from shared.rules.values import (
    ClosedPeriod,
    JobMode,
    Layout,
    MissingMethod,
    OnAccount,
    Overpayment,
    SampleCompany,
    SyncState,
)
from tests.models.builders import signs_in

FIELDS = {
    "layout": "combined",
    "company_file": "C:\\Books\\Larkspur Tile.qbw",
    "jobs": "separate",
    "start_date": "2026-01-31",
    "run_every_minutes": 15,
    "minimum_interval_seconds": 300,
    "debug": True,
    "overpayment": "credit",
    "on_account": "post",
    "closed_period": "next-open-day",
    "sample_company": "allow",
}
OPTIONS = (
    *("--layout", "combined", "--company-file", "C:\\Books\\Larkspur Tile.qbw"),
    *("--jobs", "separate", "--start-date", "2026-01-31", "--every", "15"),
    *("--minimum-interval", "300", "--debug"),
    *("--overpayment", "credit", "--on-account", "post"),
    *("--closed-period", "next-open-day", "--sample-company", "allow"),
)
CHOICES = {
    "layout": Layout,
    "jobs": JobMode,
    "missing_method": MissingMethod,
    "overpayment": Overpayment,
    "on_account": OnAccount,
    "closed_period": ClosedPeriod,
    "sample_company": SampleCompany,
}


def plain(text: str) -> str:
    return " ".join(text.split())


def actions(shell) -> list[tuple[str, str, str]]:
    with shell.store.reading():
        return [(entry.action, entry.connection, entry.detail) for entry in audit.entries(10)]


def test_the_name_alone_is_enough(shell):
    made = shell.json("connection", "add", "Larkspur")
    assert made["name"] == "Larkspur"
    assert made["layout"] == "two"
    assert made["jobs"] == "roll-up"
    assert made["company_file"] == ""
    assert made["start_date"] is None
    assert made["debug"] is False
    assert (made["overpayment"], made["on_account"]) == ("refuse", "refuse")
    assert (made["closed_period"], made["sample_company"]) == ("hold", "refuse")
    assert [application["application"] for application in made["applications"]] == [
        "invoice",
        "payment",
    ]
    assert made["binding"] is None


def test_adding_says_what_to_do_next(shell):
    assert shell.says("connection", "add", "Larkspur & Sons") == (
        "Added Larkspur & Sons.\nNext: deskbridge qwc 'Larkspur & Sons' --out FOLDER\n"
    )


def test_every_field_can_be_given(shell):
    made = shell.json("connection", "add", "Larkspur", *OPTIONS)
    assert {name: made[name] for name in FIELDS} == FIELDS


def test_every_field_can_be_changed(shell):
    shell.says("connection", "add", "Larkspur")
    changed = shell.json("connection", "edit", "Larkspur", *OPTIONS)
    assert {name: changed[name] for name in FIELDS} == FIELDS


def test_what_is_not_named_stays(shell):
    shell.says("connection", "add", "Larkspur", *OPTIONS)
    changed = shell.json("connection", "edit", "Larkspur", "--every", "0")
    assert {name: changed[name] for name in FIELDS} == FIELDS | {"run_every_minutes": 0}


def test_fields_can_be_emptied(shell):
    shell.says("connection", "add", "Larkspur", *OPTIONS)
    emptied = ("--start-date", "none", "--company-file", "", "--no-debug")
    changed = shell.json("connection", "edit", "Larkspur", *emptied)
    assert changed["start_date"] is None
    assert changed["company_file"] == ""
    assert changed["debug"] is False


def test_the_choices_are_those_of_the_store():
    def choices(name):
        [option] = [p for p in connection.commands["add"].params if p.name == name]
        return list(option.type.choices)

    for name, values in CHOICES.items():
        assert choices(name) == [value.value for value in values]


@pytest.mark.parametrize(
    ("option", "value", "told"),
    [
        ("--start-date", "31.1.2026", "write it as 11/28/2026 or 2026-11-28"),
        ("--start-date", "2026-02-30", "write it as 11/28/2026 or 2026-11-28"),
        ("--company-file", "Larkspur.qbw", "full path"),
        ("--company-file", "/mnt/books/larkspur.qbw", "full path"),
        ("--company-file", "C:\\Books\\larkspur.qbb", "full path"),
        ("--every", "-1", "0<=x<=10080"),
        ("--every", "ten", "integer"),
        ("--layout", "three", "'two', 'combined'"),
    ],
)
def test_a_value_that_cannot_be_meant_is_wrong_usage(shell, option, value, told):
    said = shell.refuses(2, "connection", "add", "Larkspur", option, value)
    assert told in " ".join(said.split())
    assert option in said
    assert shell.json("connection", "list") == []


@pytest.mark.parametrize("path", ["C:/Books/x.QBW", "\\\\server\\share\\x.qbw", ""])
def test_company_files_may_be_written_in_any_windows_way(shell, path):
    assert shell.json("connection", "add", "L", "--company-file", path)["company_file"] == path


def test_a_name_is_taken_only_once(shell):
    shell.says("connection", "add", "Larkspur")
    said = shell.refuses(1, "connection", "add", "LARKSPUR")
    assert "already a connection" in said
    assert "What to do: " in said


def test_a_name_that_cannot_be_one_is_wrong_usage(shell):
    assert "cannot name a connection" in shell.refuses(2, "connection", "add", "")


def test_an_unknown_name_suggests_the_nearest(shell):
    shell.says("connection", "add", "Larkspur")
    assert "Larkspur" in shell.refuses(3, "connection", "show", "Larkspr")


def test_an_empty_name_is_not_the_only_connection(shell):
    shell.says("connection", "add", "Larkspur")
    shell.refuses(3, "connection", "show", "")


def test_the_name_may_be_left_out_when_there_is_one(shell):
    shell.says("connection", "add", "Larkspur")
    assert shell.json("connection", "show")["name"] == "Larkspur"


def test_the_name_is_asked_for_when_there_are_several(shell):
    shell.says("connection", "add", "Larkspur")
    shell.says("connection", "add", "Bramble")
    said = shell.refuses(2, "connection", "show")
    assert "Bramble" in said
    assert "Larkspur" in said


def test_without_any_connection_the_first_step_is_told(shell):
    assert "deskbridge connection add NAME" in shell.refuses(3, "connection", "show")


def test_the_list_shows_each_connection(shell):
    shell.says("connection", "add", "Larkspur")
    shell.says("connection", "add", "Bramble", "--layout", "combined")
    text = shell.says("connection", "list")
    assert [line.split()[:2] for line in text.splitlines()[1:]] == [
        ["Bramble", "combined"],
        ["Larkspur", "two"],
    ]


def test_a_name_with_control_characters_never_reaches_the_terminal(shell):
    said = shell.refuses(3, "connection", "show", "Evil\x1b[2J")
    assert "\x1b" not in said


def test_show_tells_all_that_is_set(shell):
    shell.says("connection", "add", "Larkspur", *OPTIONS)
    text = shell.says("connection", "show", "Larkspur")
    for told in (
        "C:\\Books\\Larkspur Tile.qbw",
        "The job itself",
        "2026-01-31",
        "15 minutes",
        "300 seconds",
        "Keep the rest as customer credit",
        "Post on account",
        "Allow",
    ):
        assert told in text
    assert "Post on the first open day, with the original date in the memo" in plain(text)


def test_edit_without_options_is_wrong_usage(shell):
    shell.says("connection", "add", "Larkspur")
    assert "Give something to change" in shell.refuses(2, "connection", "edit", "Larkspur")


def test_a_connection_can_be_renamed(shell):
    shell.says("connection", "add", "Larkspur")
    shell.says("connection", "edit", "larkspur", "--rename", "Larkspur Tile")
    assert shell.json("connection", "show")["name"] == "Larkspur Tile"


def test_another_layout_says_that_new_files_are_needed(shell):
    shell.says("connection", "add", "Larkspur")
    text = shell.says("connection", "edit", "--layout", "combined")
    assert "deskbridge qwc Larkspur" in " ".join(text.split())


def test_rebind_forgets_the_company(shell, bound):
    assert shell.json("connection", "show")["company"] == "Larkspur Tile Works"
    changed = shell.json("connection", "edit", "--rebind")
    assert changed["company"] is None
    assert changed["binding"] is None


def test_the_bound_company_is_shown(shell, bound):
    detail = shell.json("connection", "show")["binding"]
    assert detail["country"] == "CA"
    assert detail["bound_at"].endswith("Z")
    assert "Larkspur Tile Works" in shell.says("connection", "list")


def test_remove_without_a_terminal_needs_yes(shell):
    shell.says("connection", "add", "Larkspur")
    said = shell.refuses(2, "connection", "remove", "Larkspur", given="y\n")
    assert "--yes" in said
    assert len(shell.json("connection", "list")) == 1


def test_remove_with_yes_removes(shell):
    shell.says("connection", "add", "Larkspur")
    shell.says("connection", "remove", "Larkspur", "--yes")
    assert shell.json("connection", "list") == []


def test_remove_asks_on_a_terminal(shell, monkeypatch):
    monkeypatch.setattr("console.cli.output.is_terminal", lambda: True)
    shell.says("connection", "add", "Larkspur")
    refused = shell.run("connection", "remove", "Larkspur", given="\n")
    assert refused.exit_code == 1
    assert "cannot be undone" in plain(refused.stdout)
    assert "Nothing was changed" in refused.stderr
    shell.says("connection", "remove", "Larkspur", given="y\n")
    assert shell.json("connection", "list") == []


def test_remove_never_guesses_the_name(shell):
    shell.says("connection", "add", "Larkspur")
    shell.refuses(2, "connection", "remove", "--yes")


def test_every_change_is_in_the_audit_trail(shell):
    shell.says("connection", "add", "Larkspur", "--every", "15")
    shell.says("connection", "edit", "Larkspur", "--start-date", "none", "--rebind")
    shell.says("connection", "remove", "Larkspur", "--yes")
    assert sorted(actions(shell)) == [
        ("connection.add", "Larkspur", "run every minutes: 15"),
        ("connection.edit", "Larkspur", "start date: none, rebind: True"),
        ("connection.remove", "Larkspur", ""),
    ]


def test_a_refused_change_leaves_no_trace(shell):
    shell.says("connection", "add", "Larkspur")
    shell.refuses(1, "connection", "add", "Larkspur")
    assert len(actions(shell)) == 1


def test_the_columns_fit_eighty_cells(shell):
    shell.says("connection", "add", "L" * 60)
    for words in (("list",), ("show",)):
        text = shell.says("connection", *words)
        assert max(len(line) for line in text.splitlines()) <= 80


def test_the_list_tells_how_the_last_sync_went(shell):
    shell.says("connection", "add", "Larkspur Tile Works of the Northern Territories")
    assert "none yet" in shell.says("connection", "list")
    with shell.store.transaction():
        now = shell.store.now()
        sync = syncs.start(connections.all()[0].id, "invoice", now)
        syncs.save(sync.id, state=SyncState.FAILED, ended_at=now)
    listed = shell.says("connection", "list").splitlines()
    assert "failed" in listed[1]
    assert max(map(len, listed)) <= 80


def test_a_pause_after_wrong_passwords_is_told_until_it_is_over(shell):
    shell.says("connection", "add", "Larkspur")
    now = shell.store.now()
    for minutes, told in ((-1, False), (15, True)):
        until = now + timedelta(minutes=minutes)
        with shell.store.transaction():
            invoice = connections.applications(connections.all()[0].id)[0]
            applications.login_failed(invoice.id, locked_until=until)
        text = " ".join(shell.says("connection", "show").split())
        assert (f"sign-in is locked until {dates.moment(until)}." in text) is told
        assert ("deskbridge password unlock" in text) is told
        listed = plain(shell.says("connection", "list"))
        assert (f"locked until {dates.moment(until)}." in listed) is told


def test_a_layout_with_a_working_login_is_changed_only_when_it_is_meant(shell):
    shell.says("connection", "add", "Larkspur")
    with shell.store.transaction():
        for one in connections.applications(connections.get("Larkspur").id):
            signs_in(one, shell.store.now())
    change = ("connection", "edit", "--layout", "combined")
    said = shell.refuses(2, *change)
    assert "can no longer sign in" in plain(said)
    assert "--yes" in said
    assert shell.json("connection", "show")["layout"] == "two"
    assert shell.json(*change, "--yes")["layout"] == "combined"


def test_a_connection_is_paused_and_resumed(shell):
    shell.says("connection", "add", "Larkspur")
    assert "Larkspur is not paused." in shell.refuses(3, "connection", "resume", "Larkspur")
    assert "paused" in shell.says("connection", "pause", "Larkspur")
    [listed] = shell.json("connection", "list")
    assert listed["paused_at"] is not None
    assert listed["paused_by"] in shell.says("connection", "show", "Larkspur")
    told = shell.refuses(3, "connection", "pause", "Larkspur")
    assert "Larkspur is already paused." in told
    shell.says("connection", "resume", "Larkspur")
    assert shell.json("connection", "list")[0]["paused_at"] is None
    actions = [one["action"] for one in shell.json("audit", "list")]
    assert actions[:2] == ["connection.resume", "connection.pause"]


def test_quiet_hours_and_the_time_of_a_sync_are_set_and_taken_back(shell):
    shell.says("connection", "add", "Larkspur")
    words = ("connection", "edit", "Larkspur")
    held = shell.json(*words, "--quiet-hours", "8:00-17:00", "--time-budget-minutes", "10")
    assert (held["quiet_hours"], held["time_budget_minutes"]) == ("08:00-17:00", 10)
    shell.refuses(2, *words, "--quiet-hours", "all day")
    shell.refuses(2, *words, "--quiet-hours", "08:00-17:00 Nowhere/City")
    held = shell.json(*words, "--quiet-hours", "none", "--time-budget-minutes", "0")
    assert (held["quiet_hours"], held["time_budget_minutes"]) == ("", 0)
