from __future__ import annotations

import stat
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

import pytest
from lxml import etree

from shared import files
from shared.errors import StoreUnavailable
from shared.models import applications, audit, connections
from shared.models.store import Store
from shared.passwords import verify_password
from tests.models.builders import signs_in


@pytest.fixture
def larkspur(shell):
    shell.says("connection", "add", "Larkspur")
    return shell


def issued(shell, *words: str, folder: str = "out"):
    return shell.json("qwc", "--out", str(shell.folder / folder), *words)


def element(path: str | Path, name: str) -> str | None:
    return etree.parse(str(path)).getroot().findtext(name)


def opens(shell, username: str, password: str) -> bool:
    """Whether the password signs in the application whose user name begins so."""
    with shell.store.reading():
        held = applications.all_of(connections.get("Larkspur").id)
        found = next(one.username for one in held if one.username.startswith(username))
        credentials = applications.application_by_username(found)
    assert credentials is not None
    return verify_password(password, credentials.password_hash)


def test_one_run_gives_both_files_and_one_password(larkspur):
    made = issued(larkspur)
    assert [file["application"] for file in made["files"]] == ["invoice", "payment"]
    assert [Path(file["path"]).name for file in made["files"]] == ["invoice.qwc", "payment.qwc"]
    assert len(made["password"]) >= 20
    for file in made["files"]:
        assert element(file["path"], "UserName") == file["username"]
        assert opens(larkspur, file["username"], made["password"])


def test_the_keys_come_in_the_order_that_is_promised(larkspur):
    made = issued(larkspur)
    assert list(made)[:2] == ["password", "files"]
    assert list(made["files"][0])[:3] == ["application", "path", "username"]


def test_the_files_are_for_their_owner_only_and_hold_no_password(larkspur):
    made = issued(larkspur)
    for file in made["files"]:
        assert stat.S_IMODE(Path(file["path"]).stat().st_mode) == 0o600
        assert made["password"] not in Path(file["path"]).read_text()


def test_the_password_is_kept_nowhere(larkspur):
    password = issued(larkspur)["password"].encode()
    larkspur.close()
    for path in larkspur.folder.rglob("*"):
        assert path.is_dir() or password not in path.read_bytes()


def test_every_run_replaces_the_password(larkspur):
    first, second = issued(larkspur), issued(larkspur)
    assert first["password"] != second["password"]
    username = first["files"][0]["username"]
    assert not opens(larkspur, username, first["password"])
    assert opens(larkspur, username, second["password"])


def test_the_files_stay_the_same_over_every_run(larkspur):
    before = [Path(file["path"]).read_bytes() for file in issued(larkspur)["files"]]
    assert before == [Path(file["path"]).read_bytes() for file in issued(larkspur)["files"]]


def test_renewed_ids_are_new_and_stay(larkspur):
    def ids(made) -> list[str | None]:
        return [element(made["files"][0]["path"], name) for name in ("OwnerID", "FileID")]

    before, renewed, after = (
        ids(issued(larkspur)),
        ids(issued(larkspur, "--renew-ids")),
        ids(issued(larkspur)),
    )
    assert not set(before) & set(renewed)
    assert renewed == after


def test_one_of_two_gets_its_own_password(larkspur):
    both = issued(larkspur)
    one = issued(larkspur, "--app", "payment")
    assert [file["application"] for file in one["files"]] == ["payment"]
    invoice, payment = (file["username"] for file in both["files"])
    assert opens(larkspur, invoice, both["password"])
    assert opens(larkspur, payment, one["password"])


def test_combined_turns_two_applications_into_one(larkspur):
    two = issued(larkspur)
    made = issued(larkspur, "--app", "combined")
    assert [Path(file["path"]).name for file in made["files"]] == ["invoiced.qwc"]
    assert larkspur.json("connection", "show")["layout"] == "combined"
    assert not opens(larkspur, two["files"][0]["username"], two["password"])


def test_both_turns_one_application_into_two(shell):
    shell.says("connection", "add", "Larkspur", "--layout", "combined")
    made = issued(shell, "--app", "both")
    assert [file["application"] for file in made["files"]] == ["invoice", "payment"]
    assert shell.json("connection", "show")["layout"] == "two"


def test_a_changed_layout_is_said(larkspur):
    folder = str(larkspur.folder / "out")
    text = larkspur.says("qwc", "--app", "combined", "--out", folder)
    assert "The layout changed" in text


def test_the_folder_is_made_and_paths_are_absolute(larkspur, monkeypatch):
    monkeypatch.chdir(larkspur.folder)
    made = larkspur.json("qwc", "--out", "a/b")
    assert Path(made["files"][0]["path"]) == larkspur.folder / "a" / "b" / "invoice.qwc"


def test_the_files_land_here_without_out(larkspur, monkeypatch):
    monkeypatch.chdir(larkspur.folder)
    larkspur.says("qwc")
    assert (larkspur.folder / "invoice.qwc").exists()
    assert (larkspur.folder / "payment.qwc").exists()


def test_a_file_of_another_connection_is_not_overwritten(larkspur):
    before = issued(larkspur)
    larkspur.says("connection", "add", "Bramble")
    content = Path(before["files"][0]["path"]).read_bytes()
    folder = str(larkspur.folder / "out")
    said = larkspur.refuses(1, "qwc", "Bramble", "--out", folder)
    assert "invoice.qwc" in said
    assert "Choose another folder" in said
    assert Path(before["files"][0]["path"]).read_bytes() == content
    generations = larkspur.json("connection", "show", "Bramble")["applications"]
    assert [application["password_generation"] for application in generations] == [0, 0]


def test_a_file_in_the_way_takes_back_what_was_written(larkspur):
    folder = larkspur.folder / "out"
    folder.mkdir()
    (folder / "payment.qwc").write_text("a shopping list")
    before = larkspur.json("connection", "show")
    larkspur.refuses(1, "qwc", "--out", str(folder))
    assert [path.name for path in folder.iterdir()] == ["payment.qwc"]
    assert (folder / "payment.qwc").read_text() == "a shopping list"
    assert larkspur.json("connection", "show") == before


def test_a_disk_that_fails_leaves_the_old_password(larkspur, monkeypatch):
    before = issued(larkspur)
    content = {file["path"]: Path(file["path"]).read_bytes() for file in before["files"]}

    write = files.write_private

    def fail_on_payment(target, content):
        if target.name == "payment.qwc":
            raise OSError(28, "No space left on device", str(target))
        write(target, content)

    monkeypatch.setattr(files, "write_private", fail_on_payment)
    folder = str(larkspur.folder / "out")
    said = larkspur.refuses(1, "qwc", "--renew-ids", "--out", folder)
    assert "No space left" in said
    assert "What to do" in said
    assert {path: Path(path).read_bytes() for path in content} == content
    assert opens(larkspur, before["files"][0]["username"], before["password"])


def test_a_commit_that_fails_takes_the_files_back(larkspur, monkeypatch):
    real = Store.transaction

    @contextmanager
    def failing_at_the_end(store):
        with real(store):
            yield
            raise StoreUnavailable("The disk is full.", "Make room.")

    monkeypatch.setattr(Store, "transaction", failing_at_the_end)
    said = larkspur.refuses(1, "qwc", "--out", str(larkspur.folder / "out"))
    assert "The disk is full." in said
    assert list((larkspur.folder / "out").iterdir()) == []


def test_a_folder_that_is_a_file_is_refused(larkspur):
    (larkspur.folder / "out").write_text("")
    larkspur.refuses(2, "qwc", "--out", str(larkspur.folder / "out"))


def test_an_address_that_the_web_connector_refuses_is_told_with_all_faults(larkspur):
    said = larkspur.refuses(
        1,
        *("qwc", "--out", str(larkspur.folder / "out")),
        DESKBRIDGE_PUBLIC_URL="http://192.0.2.7:8085",
    )
    assert "IP address" in said
    assert "public_url" in said
    assert list((larkspur.folder / "out").iterdir()) == []


def test_the_steps_for_the_bookkeeper_are_numbered(larkspur):
    text = larkspur.says("qwc", "--out", str(larkspur.folder / "out"))
    steps = [line for line in text.splitlines() if line[:1].isdigit()]
    assert [step.split(".")[0] for step in steps] == [str(n + 1) for n in range(len(steps))]
    told = " ".join(text.split())
    assert "won't be shown again" in told
    assert "click Remove" in told
    assert "Update Selected" in told
    assert "Auto-Run" in told


def test_the_password_stands_alone_on_its_line(larkspur):
    text = larkspur.says("qwc", "--out", str(larkspur.folder / "out"))
    [password] = [line.strip() for line in text.splitlines() if line.startswith("    ")]
    assert opens(larkspur, "larkspur-invoice", password)


def test_the_auto_run_proposal_is_told(shell):
    shell.says("connection", "add", "Larkspur", "--every", "45")
    assert "(45)" in shell.says("qwc", "--out", str(shell.folder / "out"))


def test_a_second_run_says_that_the_old_password_is_gone(larkspur):
    words = ("qwc", "--out", str(larkspur.folder / "out"))
    assert "no longer works" not in larkspur.says(*words)
    assert "no longer works" in larkspur.says(*words)


def test_rotating_replaces_the_password_and_leaves_the_files(larkspur):
    before = issued(larkspur)
    content = Path(before["files"][0]["path"]).read_bytes()
    rotated = larkspur.json("password", "rotate")
    assert [owner["application"] for owner in rotated["applications"]] == ["invoice", "payment"]
    assert Path(before["files"][0]["path"]).read_bytes() == content
    for owner in rotated["applications"]:
        assert opens(larkspur, owner["username"], rotated["password"])
        assert not opens(larkspur, owner["username"], before["password"])


def test_rotating_one_leaves_the_other(larkspur):
    before = issued(larkspur)
    rotated = larkspur.json("password", "rotate", "--app", "invoice")
    assert opens(larkspur, "larkspur-invoice", rotated["password"])
    assert opens(larkspur, "larkspur-payment", before["password"])


def test_rotating_never_changes_the_layout(larkspur):
    assert "layout is two" in larkspur.refuses(2, "password", "rotate", "--app", "combined")


def test_rotating_tells_what_to_do_with_it(larkspur):
    text = " ".join(larkspur.says("password", "rotate").split())
    assert "won't be shown again" in text
    assert "Password column" in text


def test_the_audit_trail_names_the_applications_and_never_the_password(larkspur):
    made = issued(larkspur, "--renew-ids")
    rotated = larkspur.json("password", "rotate")
    with larkspur.store.reading():
        entries = [(entry.action, entry.detail) for entry in audit.entries(2)]
    names = ", ".join(file["username"] for file in made["files"])
    assert names.startswith("larkspur-invoice-")
    assert entries == [
        ("password.rotate", names),
        ("qwc", f"{names}; new OwnerID and FileID"),
    ]
    for password in (made["password"], rotated["password"]):
        assert password not in repr(entries)


def test_an_unknown_connection_makes_no_folder_content(larkspur):
    larkspur.refuses(3, "qwc", "Nobody", "--out", str(larkspur.folder / "out"))
    assert not any((larkspur.folder / "out").glob("*"))


def test_the_steps_speak_of_one_file_where_there_is_one(shell):
    shell.says("connection", "add", "Larkspur", "--layout", "combined")
    text = " ".join(shell.says("qwc", "--out", str(shell.folder / "out")).split())
    assert "If Invoiced is already listed, remove the old row first" in text
    assert "one after the other" not in text


def test_the_steps_speak_of_two_files_where_there_are_two(larkspur):
    text = " ".join(larkspur.says("qwc", "--out", str(larkspur.folder / "out")).split())
    assert "If Invoice Sync and Payment Sync are already listed, remove the old rows first" in text
    assert "one after the other" in text


def sign_in(shell):
    """The Web Connector signs in with the present password."""
    with shell.store.transaction():
        for one in connections.applications(connections.get("Larkspur").id):
            signs_in(one, shell.store.now())


@pytest.mark.parametrize("words", [("qwc",), ("password", "rotate"), ("qwc", "--renew-ids")])
def test_a_password_in_use_is_replaced_only_when_it_is_meant(larkspur, monkeypatch, words):
    monkeypatch.chdir(larkspur.folder)
    before = larkspur.json("qwc")
    sign_in(larkspur)
    said = larkspur.refuses(2, *words)
    assert "--yes" in said
    assert opens(larkspur, "larkspur-invoice", before["password"])
    after = larkspur.json(*words, "--yes")
    assert opens(larkspur, "larkspur-invoice", after["password"])


def test_on_a_terminal_it_asks_and_no_means_no(larkspur, monkeypatch):
    before = issued(larkspur)
    sign_in(larkspur)
    monkeypatch.setattr("console.cli.output.is_terminal", lambda: True)
    refused = larkspur.run("password", "rotate", given="\n")
    assert refused.exit_code == 1
    assert "Replace the password of Larkspur?" in refused.stdout
    assert opens(larkspur, "larkspur-invoice", before["password"])


def test_the_same_files_are_written_again_with_the_same_password(larkspur):
    before = issued(larkspur)
    sign_in(larkspur)
    content = {file["path"]: Path(file["path"]).read_bytes() for file in before["files"]}
    for path in content:
        Path(path).unlink()
    again = issued(larkspur, "--keep-password")
    assert list(again) == list(before)
    assert (again["password"], again["files"]) == (None, before["files"])
    assert {path: Path(path).read_bytes() for path in content} == content
    assert opens(larkspur, "larkspur-invoice", before["password"])
    folder = str(larkspur.folder / "out")
    text = larkspur.says("qwc", "--keep-password", "--out", folder)
    assert text.startswith("The password of Larkspur was not changed.")


def test_there_is_no_password_to_keep_before_the_first(larkspur):
    said = larkspur.refuses(3, "qwc", "--keep-password", "--out", str(larkspur.folder / "out"))
    assert "no password yet" in " ".join(said.split())


def test_a_password_cannot_be_kept_with_new_ids(larkspur):
    issued(larkspur)
    folder = str(larkspur.folder / "out")
    larkspur.refuses(2, "qwc", "--keep-password", "--renew-ids", "--out", folder)


def test_a_lock_is_ended_by_hand(larkspur):
    larkspur.refuses(3, "password", "unlock", "Larkspur")
    with larkspur.store.transaction():
        invoice = connections.applications(connections.get("Larkspur").id)[0]
        until = larkspur.store.now() + timedelta(minutes=10)
        applications.login_failed(invoice.id, locked_until=until)
    assert larkspur.json("connection", "show")["applications"][0]["locked_until"]
    assert larkspur.says("password", "unlock", "Larkspur") == (
        "Invoice Sync of Larkspur can sign in again.\n"
    )
    assert larkspur.json("connection", "show")["applications"][0]["locked_until"] is None
    larkspur.refuses(3, "password", "unlock")
