"""Connections, their applications, and what a login is compared with."""

from __future__ import annotations

import itertools
import re
from datetime import date
from uuid import UUID

import pytest

from shared.errors import BadName, NameTaken, NotFound
from shared.models import applications, audit, connections, problems, sessions, syncs
from shared.models.ledger import rereads
from shared.rules.values import (
    ApplicationKind,
    ClosedPeriod,
    CompanyBinding,
    JobMode,
    Layout,
    OnAccount,
    Overpayment,
    RecordKind,
    SampleCompany,
)
from tests.models.builders import NOON, Books, customer, invoice, later, trouble

BOUND = CompanyBinding(
    company_name="Larkspur Tile & Stone",
    product_name="QuickBooks Enterprise Solutions 24.0",
    major_version="34",
    minor_version="0",
    country="US",
    qbxml_version="13.0",
    home_currency="USD",
    multicurrency=True,
    bound_at=NOON,
)


@pytest.fixture(autouse=True)
def unit(store):
    """Each of these tests is one transaction."""
    with store.transaction():
        yield


def add(name="Larkspur Tile", **options):
    return connections.add(name, now=NOON, **options)


def credentials(username):
    found = applications.application_by_username(username)
    assert found is not None
    return found


def test_a_name_is_enough():
    made = add()
    assert made == connections.get("Larkspur Tile") == connections.by_id(made.id)
    assert (made.layout, made.jobs, made.start_date) == (Layout.TWO, JobMode.ROLL_UP, None)
    assert (made.created_at, made.binding) == (NOON, None)


def test_everything_that_is_given_comes_back():
    made = add(
        layout=Layout.COMBINED,
        company_file=r"C:\Books\Larkspur & Söhne.qbw",
        jobs=JobMode.SEPARATE,
        start_date=date(2024, 1, 1),
        run_every_minutes=15,
        minimum_interval_seconds=300,
        debug=True,
        overpayment=Overpayment.CREDIT,
        on_account=OnAccount.POST,
        closed_period=ClosedPeriod.NEXT_OPEN_DAY,
        sample_company=SampleCompany.ALLOW,
    )
    assert (made.company_file, made.jobs) == (r"C:\Books\Larkspur & Söhne.qbw", JobMode.SEPARATE)
    assert (made.start_date, made.run_every_minutes) == (date(2024, 1, 1), 15)
    assert (made.minimum_interval_seconds, made.debug) == (300, True)
    assert (made.overpayment, made.on_account) == (Overpayment.CREDIT, OnAccount.POST)
    assert made.closed_period == ClosedPeriod.NEXT_OPEN_DAY
    assert made.sample_company == SampleCompany.ALLOW


def test_names_are_found_whatever_their_case_and_blanks():
    made = add("  Larkspur   Tile ")
    assert made.name == "Larkspur Tile"
    assert connections.get("LARKSPUR tile").id == made.id


def test_a_name_that_is_nearly_right_is_suggested():
    add("Larkspur Tile")
    with pytest.raises(NotFound, match="Did you mean 'Larkspur Tile'") as missing:
        connections.get("larkspr tile")
    assert (missing.value.what, missing.value.nearest) == ("connection", "Larkspur Tile")
    with pytest.raises(NotFound, match=r"There is no connection 'Other Company'\.$"):
        connections.get("Other Company")


def test_a_name_is_taken_once():
    add("Larkspur Tile")
    with pytest.raises(NameTaken, match="already a connection named 'larkspur tile'"):
        add("larkspur tile")


@pytest.mark.parametrize("name", ["", "   ", "x" * 61, "bell\a"])
def test_a_name_that_cannot_be_shown_is_refused(name):
    with pytest.raises(BadName, match="cannot name a connection") as refusal:
        add(name)
    assert refusal.value.remedy


def test_connections_are_listed_by_name():
    for name in ("beta", "Alpha", "gamma"):
        add(name)
    assert [one.name for one in connections.all()] == ["Alpha", "beta", "gamma"]


def test_each_application_has_names_and_ids_of_its_own():
    made = add("Larkspur Tile & Söhne GmbH of Nowhere in Particular")
    invoices, payments = connections.applications(made.id)
    assert (invoices.kind, payments.kind) == (ApplicationKind.INVOICE, ApplicationKind.PAYMENT)
    assert invoices.app_name == "Invoice Sync - Larkspur Tile & Sohne GmbH of Nowhere in Part"
    assert payments.app_name == "Payment Sync - Larkspur Tile & Sohne GmbH of Nowhere in Part"
    assert re.fullmatch("larkspur-tile-sohne-gmbh-invoice-[a-z2-7]{6}", invoices.username)
    unique = {
        text
        for one in (invoices, payments)
        for text in (one.username, one.app_unique_name, one.owner_id, one.file_id)
    }
    assert len(unique) == 8
    guids = [one.owner_id for one in (invoices, payments)]
    assert all(guid == f"{{{UUID(guid)}}}".upper() for guid in guids)


@pytest.mark.parametrize(
    ("name", "username"),
    [
        ("Ünïcode", "unicode-invoice"),
        ("株式会社", "company-invoice"),
        ("a" * 60, "a" * 24 + "-invoice"),
        ("-- & --", "company-invoice"),
    ],
)
def test_user_names_are_plain_ascii_of_at_most_40_characters(name, username):
    application = connections.applications(add(name).id)[0]
    assert application.username[:-7] == username
    assert application.username.isascii()
    assert len(application.username) <= 40


def test_user_names_have_a_part_that_nobody_can_guess():
    names = ("Larkspur!", "Larkspur?", "larkspur #")
    made = [connections.applications(add(name).id)[0].username for name in names]
    assert len(set(made)) == 3
    assert all(re.fullmatch("larkspur-invoice-[a-z2-7]{6}", one) for one in made)


def test_a_random_part_that_is_taken_is_drawn_again():
    taken = itertools.chain([UUID(int=7)] * 8, (UUID(int=one) for one in itertools.count(8)))
    first = add("Larkspur!", new_id=lambda: UUID(int=7))
    second = add("Larkspur?", new_id=lambda: next(taken))
    made = [connections.applications(one.id)[0].username for one in (first, second)]
    assert made == ["larkspur-invoice-aaaaah", "larkspur-invoice-aaaaai"]


def test_rows_of_companies_that_are_cut_alike_are_told_apart():
    long = "Larkspur Tile and Stone of Northern California and so on "
    rows = [connections.applications(add(long + end).id)[0].app_name for end in ("1", "2", "3")]
    assert len(set(rows)) == 3
    assert [row[-2:] for row in rows[1:]] == [" 2", " 3"]
    assert all(len(row) <= 60 for row in rows)


def test_a_row_keeps_its_name_when_the_connection_is_renamed():
    made = add("Larkspur")
    connections.edit(made.id, name="Wisteria")
    assert connections.applications(made.id)[0].app_name == "Invoice Sync - Larkspur"


def test_ids_can_be_made_predictable():
    numbers = itertools.count(1)
    made = add(new_id=lambda: UUID(int=next(numbers)))
    first = connections.applications(made.id)[0]
    assert first.owner_id == "{00000000-0000-0000-0000-000000000001}"
    assert first.app_unique_name == "Deskbridge Invoice 00000000"


def test_editing_changes_only_what_is_named():
    made = add(start_date=date(2024, 1, 1), debug=True)
    edited = connections.edit(made.id, name="Larkspur Stone", start_date=None)
    assert (edited.name, edited.start_date, edited.debug) == ("Larkspur Stone", None, True)
    assert connections.get("larkspur stone") == edited


def test_a_name_may_change_its_case_but_not_become_another_connections():
    made = add("Larkspur")
    add("Other")
    assert connections.edit(made.id, name="LARKSPUR").name == "LARKSPUR"
    with pytest.raises(NameTaken):
        connections.edit(made.id, name="other")
    with pytest.raises(TypeError, match="has no color"):
        connections.edit(made.id, color="blue")
    with pytest.raises(NotFound):
        connections.edit(999, name="nobody")


def test_a_user_name_stays_when_the_connection_is_renamed():
    made = add("Larkspur")
    connections.edit(made.id, name="Wisteria")
    username = connections.applications(made.id)[0].username
    assert username.startswith("larkspur-invoice-")
    assert credentials(username).connection.name == "Wisteria"


def test_another_layout_brings_its_application_and_revokes_the_others():
    made = add()
    before = connections.applications(made.id)
    applications.set_password([one.id for one in before], "old-hash")

    connections.edit(made.id, layout=Layout.COMBINED)

    (combined,) = connections.applications(made.id)
    assert (combined.kind, combined.app_name) == (
        ApplicationKind.COMBINED,
        "Invoiced - Larkspur Tile",
    )
    revoked = credentials(before[0].username)
    assert (revoked.password_hash, revoked.previous_password_hash) == ("", "old-hash")


def test_failed_syncs_of_an_application_that_is_revoked_are_no_problems_any_more():
    made = add()
    failed = trouble(code="session-cut", kind=RecordKind.SYNC, object_id="payment")
    problems.report(made.id, None, [failed], NOON)
    connections.edit(made.id, layout=Layout.COMBINED)
    assert problems.list_problems(made.id) == []


def test_going_back_to_a_layout_finds_the_applications_as_they_were():
    made = add()
    before = connections.applications(made.id)
    connections.edit(made.id, layout=Layout.COMBINED)
    connections.edit(made.id, layout=Layout.TWO)
    assert connections.applications(made.id) == before


def test_a_company_is_bound_and_unbound():
    made = add()
    connections.bind(made.id, BOUND)
    assert connections.by_id(made.id).binding == BOUND
    connections.unbind(made.id)
    assert connections.by_id(made.id).binding is None


def test_nobody_logs_in_before_the_first_password():
    username = connections.applications(add().id)[0].username
    fresh = credentials(username)
    assert (fresh.password_hash, fresh.application.password_generation) == ("", 0)
    assert applications.application_by_username(username.upper()) is None


def test_a_new_password_makes_the_old_one_recognizable_only():
    held = connections.applications(add().id)
    ids = [one.id for one in held]
    applications.login_failed(ids[0], locked_until=later(minutes=5))
    applications.set_password(ids, "first")
    applications.set_password(ids, "second")
    now = credentials(held[1].username)
    assert (now.password_hash, now.previous_password_hash) == ("second", "first")
    assert now.application.password_generation == 2
    assert (now.failed_logins, now.application.locked_until) == (0, None)


def test_a_password_is_in_use_from_the_first_sign_in_until_the_next_one():
    (first, _) = connections.applications(add().id)
    applications.set_password([first.id], "first")
    assert not credentials(first.username).application.password_used
    assert not applications.login_succeeded(first.id, "another", "", NOON)
    assert not credentials(first.username).application.password_used
    assert applications.login_succeeded(first.id, "first", "", NOON)
    assert credentials(first.username).application.password_used
    applications.set_password([first.id], "second")
    assert not credentials(first.username).application.password_used


def test_a_lock_can_be_ended_by_hand():
    (first, _) = connections.applications(add().id)
    applications.login_failed(first.id, locked_until=later(minutes=5))
    assert credentials(first.username).application.locked(NOON) == later(minutes=5)
    applications.unlock([first.id])
    free = credentials(first.username)
    assert (free.failed_logins, free.application.locked(NOON)) == (0, None)


def test_a_password_after_a_revocation_still_remembers_the_one_before():
    (first, _) = connections.applications(add().id)
    applications.set_password([first.id], "first")
    applications.revoke(first.id)
    applications.revoke(first.id)
    applications.set_password([first.id], "second")
    assert credentials(first.username).previous_password_hash == "first"


def test_hashes_never_show():
    those = connections.applications(add().id)
    applications.set_password([one.id for one in those], "$argon2id$secret")
    assert "argon2" not in repr(credentials(those[0].username))


def test_wrong_passwords_are_counted_until_a_right_one():
    (first, _) = connections.applications(add().id)
    applications.login_failed(first.id, locked_until=None)
    applications.login_failed(first.id, locked_until=later(minutes=1))
    locked = credentials(first.username)
    assert (locked.failed_logins, locked.application.locked_until) == (2, later(minutes=1))

    applications.login_succeeded(first.id, "", "", later(minutes=2))

    free = credentials(first.username)
    assert (free.failed_logins, free.application.locked_until) == (0, None)
    assert free.application.password_used
    assert (free.application.last_seen_at, free.application.last_call) == (
        later(minutes=2),
        "authenticate",
    )


def test_the_last_call_is_remembered():
    (first, _) = connections.applications(add().id)
    applications.seen(first.id, "closeConnection", later(hours=1))
    seen = credentials(first.username).application
    assert (seen.last_call, seen.last_seen_at) == ("closeConnection", later(hours=1))


def test_ids_are_renewed_and_the_user_name_stays():
    before, other = connections.applications(add().id)
    applications.renew_ids([before.id])
    after, same = connections.applications(before.connection_id)
    assert (after.username, after.id) == (before.username, before.id)
    assert after.owner_id != before.owner_id
    assert after.file_id != before.file_id
    assert after.app_unique_name != before.app_unique_name
    assert same == other


def test_a_removed_connection_takes_everything_of_its_own_along(store):
    gone, kept = Books(store, "Gone"), Books(store, "Kept")
    for books in (gone, kept):
        books.read(invoice("1A-1"))
        books.hold(customer())
        books.settle()
        problems.report(books.id, books.sync.id, [trouble()], NOON)
        rereads.queue_reread(books.id, RecordKind.INVOICE, ["1A-1"])
        rereads.set_watermark(books.id, "invoice", "2024")
        audit.add("anna", "connection.add", books.connection.name, "", NOON)
        session = sessions.open_session(
            application=connections.applications(books.id)[0],
            connection=books.connection,
            sync_id=books.sync.id,
            ticket_hash=books.connection.name,
            phase="ready",
            plan="{}",
            lease_expires_at=later(minutes=10),
            now=NOON,
            peer="",
        )
        exchange = sessions.add_exchange(
            session, step="read", request_id="1", request=b"<QBXML/>", now=NOON
        )
        sessions.keep_response(exchange.id, "<QBXML/>")

    connections.remove(gone.id)

    assert [one.name for one in connections.all()] == ["Kept"]
    assert sessions.by_ticket("Gone") is None
    assert [one.connection for one in syncs.list_syncs()] == ["Kept"]
    assert [one.connection for one in problems.list_problems()] == ["Kept"]
    assert len(audit.entries()) == 2
    assert list(kept.listed()) == ["1A-1"]
    assert rows_left(store) == {
        "invoice": 1,
        "invoice_lines": 1,
        "customer": 1,
        "reread": 1,
        "watermark": 1,
        "exchange": 1,
        "exchange_text": 1,
        "record": 0,
    }


def rows_left(store):
    tables = (
        "invoice",
        "invoice_lines",
        "customer",
        "reread",
        "watermark",
        "exchange",
        "exchange_text",
        "record",
    )
    database = store._engine.database
    return {
        table: database.execute_sql(f"SELECT count(*) FROM {table}").fetchone()[0]
        for table in tables
    }


def test_a_connection_that_is_added_again_has_the_account_that_it_had():
    first = connections.add("Larkspur Tile", now=NOON)
    connections.remove(first.id)
    again = connections.add("larkspur  TILE", now=NOON)
    assert again.platform_account == first.platform_account


def test_an_account_stays_when_its_connection_is_renamed_and_is_nobody_elses():
    first = connections.add("Larkspur", now=NOON)
    renamed = connections.edit(first.id, name="Larkspur East")
    second = connections.add("Larkspur", now=NOON)
    assert renamed.platform_account == first.platform_account
    assert second.platform_account != first.platform_account
