"""Files, passwords, links and locks: what is asked, what is made, what goes back."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from shared.errors import CannotBeMeant, NotPossible
from shared.models import applications, audit, connections
from shared.operations import issuing
from shared.operations.connections import ENDS_SIGN_IN, plan_add
from shared.operations.deciding import NotConfirmed, Operator, PlanIsStale, carry_out
from shared.passwords import verify_password
from shared.qwc import QwcRefused
from shared.rules.values import Layout
from shared.settings import load_settings
from tests.models.builders import Books, signs_in

SETTINGS = load_settings(None, {"DESKBRIDGE_PUBLIC_URL": "https://sync.example.com"})


@pytest.fixture
def books(store):
    return Books(store)


@pytest.fixture
def folder(tmp_path) -> Path:
    return tmp_path / "qwc"


def files(books, folder, **options):
    with books.store.reading():
        return issuing.plan_files(books.store, SETTINGS, books.id, folder=folder, **options)


def rotation(books, **options):
    with books.store.reading():
        return issuing.plan_rotation(books.store, books.id, **options)


def carried_out(books, plan):
    return carry_out(Operator(books.store, "anna"), plan, codes(plan))


def codes(plan):
    return [need.code for need in plan.needs]


def those_of(books):
    with books.store.reading():
        return connections.applications(books.id)


def opens(books, password):
    with books.store.reading():
        held = [
            applications.application_by_username(one.username)
            for one in connections.applications(books.id)
        ]
    return [bool(one and verify_password(password, one.password_hash)) for one in held]


def sign_in(books, *kinds):
    with books.store.transaction():
        for one in connections.applications(books.id):
            if not kinds or one.kind in kinds:
                signs_in(one)


def lock(books, kind, **span):
    with books.store.transaction():
        until = books.store.now() + timedelta(**span)
        for one in connections.applications(books.id):
            if one.kind == kind:
                applications.login_failed(one.id, locked_until=until)


def audited(books):
    with books.store.reading():
        return [(entry.action, entry.detail) for entry in audit.entries()]


# When it asks.


def test_the_first_files_ask_nothing_nor_do_others_before_somebody_signed_in(books, folder):
    for _ in range(2):
        plan = files(books, folder)
        assert plan.needs == ()
        carried_out(books, plan)
    assert rotation(books).needs == ()


def test_a_password_that_is_in_use_is_not_replaced_without_a_word(books, folder):
    old = carried_out(books, files(books, folder)).password
    sign_in(books)
    for plan in (files(books, folder), rotation(books)):
        assert codes(plan) == [issuing.REPLACES_PASSWORD]
        assert "Invoice Sync and Payment Sync use now" in plan.needs[0].sentence
        with pytest.raises(NotConfirmed):
            carry_out(Operator(books.store, "anna"), plan)
    assert opens(books, old) == [True, True]


def test_only_the_applications_concerned_count(books, folder):
    carried_out(books, files(books, folder))
    sign_in(books, "invoice")
    assert rotation(books, app="payment").needs == ()
    assert codes(rotation(books, app="invoice")) == [issuing.REPLACES_PASSWORD]


def test_a_replaced_password_asks_again_only_once_it_is_used(books, folder):
    carried_out(books, files(books, folder))
    sign_in(books)
    carried_out(books, rotation(books))
    assert rotation(books).needs == ()


def test_a_sign_in_between_plan_and_deed_makes_the_plan_stale(books, folder):
    old = carried_out(books, files(books, folder)).password
    plan = rotation(books)
    sign_in(books)
    with pytest.raises(PlanIsStale):
        carried_out(books, plan)
    assert opens(books, old) == [True, True]


def test_new_ids_are_confirmed_where_somebody_signs_in(books, folder):
    carried_out(books, files(books, folder))
    assert files(books, folder, renew_ids=True).needs == ()
    sign_in(books)
    plan = files(books, folder, renew_ids=True)
    assert codes(plan) == [issuing.REPLACES_PASSWORD, issuing.RENEWS_IDS]


def test_another_layout_is_confirmed_where_somebody_signs_in(books, folder):
    carried_out(books, files(books, folder))
    sign_in(books)
    plan = files(books, folder, app="combined")
    assert codes(plan) == [ENDS_SIGN_IN]
    made = carried_out(books, plan)
    assert (made.relaid, made.connection.layout) == (True, Layout.COMBINED)


# Keeping the password.


def test_the_same_files_are_written_again_and_nothing_else_happens(books, folder):
    made = carried_out(books, files(books, folder))
    sign_in(books)
    before = {file.path: file.path.read_bytes() for file in made.files}
    for path in before:
        path.unlink()
    plan = files(books, folder, keep_password=True)
    assert plan.needs == ()
    again = carried_out(books, plan)
    assert {file.path: file.path.read_bytes() for file in again.files} == before
    assert (again.password, again.replaced) == ("", False)
    assert opens(books, made.password) == [True, True]
    assert [one.password_generation for one in those_of(books)] == [1, 1]
    names = ", ".join(one.username for one in those_of(books))
    assert audited(books)[0] == ("qwc", f"{names}; same password")


def test_the_steps_with_the_same_password_ask_nobody_to_type_one(books, folder):
    made = carried_out(books, files(books, folder))
    again = carried_out(books, files(books, folder, keep_password=True))
    assert any("Password column" in step for step in made.steps)
    assert not any("Password column" in step for step in again.steps)


def test_where_there_is_no_password_none_can_be_kept(books, folder):
    with pytest.raises(NotPossible, match="Invoice Sync and Payment Sync of Larkspur have no"):
        files(books, folder, keep_password=True)
    carried_out(books, rotation(books, app="invoice"))
    with pytest.raises(NotPossible, match="Payment Sync of Larkspur has no"):
        files(books, folder, keep_password=True)


def test_a_password_that_another_layout_revoked_cannot_be_kept(books, folder):
    carried_out(books, files(books, folder))
    with books.store.transaction():
        connections.edit(books.id, layout=Layout.COMBINED)
        connections.edit(books.id, layout=Layout.TWO)
    with pytest.raises(NotPossible):
        files(books, folder, keep_password=True)


@pytest.mark.parametrize("change", [{"renew_ids": True}, {"app": "combined"}])
def test_what_stays_the_same_cannot_change_something_else(books, folder, change):
    carried_out(books, files(books, folder))
    with pytest.raises(CannotBeMeant, match="with the same IDs and the same layout"):
        files(books, folder, keep_password=True, **change)


# All or nothing.


def test_a_refused_file_leaves_password_and_folder_as_they_were(books, folder):
    old = carried_out(books, files(books, folder)).password
    (folder / "payment.qwc").write_text("mine")
    with pytest.raises(issuing.FileInTheWay):
        carried_out(books, files(books, folder))
    assert opens(books, old) == [True, True]
    assert (folder / "payment.qwc").read_text() == "mine"


def test_a_company_is_set_up_with_its_files_or_not_at_all(books, folder):
    settings = load_settings(None, {"DESKBRIDGE_PUBLIC_URL": "http://192.0.2.7:8085"})
    with books.store.reading():
        adding = plan_add(books.store, {"name": "Bramble"})
        refused = issuing.plan_set_up(books.store, settings, adding, folder)
        plan = issuing.plan_set_up(books.store, SETTINGS, adding, folder)
    with pytest.raises(QwcRefused):
        carried_out(books, refused)
    with books.store.reading():
        assert [one.name for one in connections.all()] == ["Larkspur"]
    made = carried_out(books, plan)
    assert made.connection.name == "Bramble"
    assert [file.path.name for file in made.files] == ["invoice.qwc", "payment.qwc"]
    assert [action for action, _ in audited(books)] == ["qwc", "connection.add"]


def test_what_is_made_shows_no_password(books, folder):
    made = carried_out(books, files(books, folder))
    assert made.password
    assert made.password not in repr(made)
    assert made.password not in made.sentence


# Locks.


def test_a_lock_is_ended_and_the_password_stays(books, folder):
    password = carried_out(books, files(books, folder)).password
    lock(books, "invoice", minutes=5)
    with books.store.reading():
        plan = issuing.plan_unlock(books.store, books.id)
    assert (plan.needs, plan.names) == ((), "Invoice Sync")
    carried_out(books, plan)
    assert [one.locked_until for one in those_of(books)] == [None, None]
    assert opens(books, password) == [True, True]
    assert audited(books)[0] == ("password.unlock", "Invoice Sync")


@pytest.mark.parametrize("span", [{"minutes": -1}, {"hours": 9}], ids=["over", "clock set back"])
def test_where_nothing_is_locked_there_is_nothing_to_end(books, span):
    lock(books, "invoice", **span)
    with books.store.reading(), pytest.raises(NotPossible, match="not locked"):
        issuing.plan_unlock(books.store, books.id)
