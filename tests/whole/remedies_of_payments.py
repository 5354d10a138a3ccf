"""Remedies of payments: those that were refused, parked, changed or found otherwise."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import date
from decimal import Decimal
from pathlib import Path

from shared.models import connections
from shared.models.payments import account_rules
from shared.rules.payments.values import ChargeState
from shared.rules.values import ApplicationKind, OnAccount
from simulator.company import acts
from tests.taking_in import take_in
from tests.whole.bookkeeping import changed, owes, spoil, synced
from tests.whole.office import BECAUSE, Office, remedy
from tests.whole.payments.builders import (
    ADD,
    LARKSPUR,
    LOBBY,
    LOOK,
    SOON,
    WINDOW,
    after_quickbooks_did_it,
    backed_up,
    before_quickbooks_gets_it,
    dies,
    happens_after,
    in_quickbooks,
    loses,
    parts,
    payment,
    pays,
    receive,
    settles,
    till,
)
from tests.whole.rig import Rig

WRONG = ("payments", "add", "Larkspur", "--external-id", "pay_1", "--date", "2025-06-30")


def opened(office: Office) -> Rig:
    """A rig with three open invoices of Larkspur: 1042 250.00, 1043 100.00, 1044 80.00."""
    return till(office.rig)


def refused(office: Office, **given: object) -> Rig:
    """A payment came in, and a Payment Sync looked at it."""
    rig = opened(office)
    receive(rig, payment(**given))
    return settles(rig)


def posted(office: Office, **given: object) -> Rig:
    rig = refused(office, **given)
    assert parts(rig)[0].txn_id
    return rig


def corrects(office: Office, *words: str) -> None:
    """Correct the payment with the same external id, as the remedy says."""
    office.runs(*WRONG, *words)
    settles(office.rig)


def retries(office: Office, code: str) -> None:
    office.retries(code)
    settles(office.rig)


def skips(office: Office, code: str) -> None:
    office.skips(code)
    settles(office.rig)


def acknowledges(office: Office, code: str) -> None:
    office.acknowledges(code)
    settles(office.rig)


def maps(office: Office, name: str, customer: str) -> None:
    office.runs("customers", "map", "Larkspur", name, customer)
    settles(office.rig)


def allows(office: Office, code: str, *words: str) -> None:
    office.runs("payments", "allow", office.payment(code), *words)
    settles(office.rig)


def permits(office: Office, code: str, *words: str) -> None:
    """Allow it for all payments of the connection, and retry this one."""
    office.runs("connection", "edit", "Larkspur", *words)
    retries(office, code)


# The charge


@remedy("payment-refunded-before")
def what_was_kept_is_recorded_by_hand(office: Office) -> Iterator[None]:
    refused(office, refunded=Decimal("20.00"))
    yield
    skips(office, "payment-refunded-before")


@remedy("payment-disputed-before")
def the_dispute_is_won(office: Office) -> Iterator[None]:
    rig = refused(office, disputed=True)
    yield
    receive(rig, payment())
    settles(rig)
    if "payment-disputed-before" in [one["code"] for one in office.problems()]:
        retries(office, "payment-disputed-before")


@remedy("payment-disputed-before")
def the_dispute_is_lost(office: Office) -> Iterator[None]:
    refused(office, disputed=True)
    yield
    skips(office, "payment-disputed-before")


def happened_since(code: str, **given: object) -> None:
    @remedy(code)
    def it_is_recorded_by_hand(office: Office) -> Iterator[None]:
        rig = posted(office)
        receive(rig, payment(**given))
        yield
        acknowledges(office, code)


happened_since("payment-refunded", refunded=Decimal("20.00"))
happened_since("payment-disputed", disputed=True)
happened_since("payment-returned", charge_state=ChargeState.FAILED)


@remedy("payment-changed-after-sending")
def it_is_corrected_in_quickbooks(office: Office) -> Iterator[None]:
    receive(posted(office), payment(amount="60.00"))
    yield
    acts.edit_payment(office.books, parts(office.rig)[0].txn_id, amount=6_000)
    acknowledges(office, "payment-changed-after-sending")


@remedy("payment-changed-after-sending")
def the_platform_sends_what_is_on_file(office: Office) -> Iterator[None]:
    receive(posted(office), payment(amount="60.00"))
    yield
    receive(office.rig, payment())


@remedy("payment-changed-after-sending")
def what_was_refused_is_recorded_by_hand(office: Office) -> Iterator[None]:
    rig = opened(office)
    receive(rig, payment())
    rig.company.fail_next("3210", "ReceivePaymentAddRq", message="The moon is full.")
    settles(rig)
    receive(rig, payment(amount="60.00"))
    yield
    office.skips("payment-changed-after-sending")
    acknowledges(office, "payment-changed-after-sending")


# Which invoice, and whose


@remedy("payment-invoice-near")
def the_number_is_corrected(office: Office) -> Iterator[None]:
    refused(office, pays={"#1042": "50.00"})
    yield
    corrects(office, "--amount", "50.00", "--invoice", "1042")


@remedy("payment-invoice-near")
def another_invoice_is_still_to_come(office: Office) -> Iterator[None]:
    refused(office, pays={"#1042": "50.00"})
    yield
    owes(office.rig, "#1042", 5_000)
    settles(synced(office.rig))


@remedy("payment-invoice-near")
def it_is_to_go_no_further(office: Office) -> Iterator[None]:
    refused(office, pays={"#1042": "50.00"})
    yield
    skips(office, "payment-invoice-near")


def pays_one_of_two(office: Office) -> str:
    rig = opened(office)
    second = owes(rig, "1042", 5_000)
    receive(synced(rig), payment())
    settles(rig)
    return second


@remedy("payment-invoice-ambiguous")
def each_of_the_two_gets_a_number(office: Office) -> Iterator[None]:
    second = pays_one_of_two(office)
    yield
    acts.renumber(office.books, second, "1042-B")
    synced(office.rig)
    retries(office, "payment-invoice-ambiguous")


@remedy("payment-invoice-ambiguous")
def the_payment_names_the_txn_id(office: Office) -> Iterator[None]:
    second = pays_one_of_two(office)
    yield
    corrects(office, "--amount", "50.00", "--invoice", second)


@remedy("payment-customer-mismatch")
def both_names_are_one_customer(office: Office) -> Iterator[None]:
    refused(office, customer="Tiles of Larkspur")
    yield
    maps(office, "Tiles of Larkspur", LARKSPUR)


@remedy("payment-customer-mismatch")
def the_names_are_made_the_same(office: Office) -> Iterator[None]:
    refused(office, customer="Tiles of Larkspur")
    yield
    acts.rename(office.books, LARKSPUR, "Tiles of Larkspur")
    synced(office.rig)
    retries(office, "payment-customer-mismatch")


@remedy("payment-customer-mismatch")
def another_invoice_was_meant(office: Office) -> Iterator[None]:
    rig = opened(office)
    acts.add_customer(office.books, "Rowan")
    owes(rig, "R-1", 5_000, "Rowan")
    receive(synced(rig), payment(customer="Rowan"))
    settles(rig)
    yield
    corrects(office, "--amount", "50.00", "--invoice", "R-1", "--customer", "Rowan")


def has_two_bearers_of_a_name(rig: Rig) -> None:
    """Larkspur is called otherwise now, and another customer has its name."""
    acts.rename(rig.company.books, LARKSPUR, "Elder")
    synced(rig)
    acts.add_customer(rig.company.books, LARKSPUR)
    owes(rig, "N-1", 5_000)
    synced(rig)


@remedy("payment-customer-ambiguous")
def the_name_means_the_elder(office: Office) -> Iterator[None]:
    rig = opened(office)
    has_two_bearers_of_a_name(rig)
    receive(rig, payment(customer=LARKSPUR))
    settles(rig)
    yield
    maps(office, LARKSPUR, "Elder")


@remedy("payment-account-ambiguous")
def it_is_said_whose_account(office: Office) -> Iterator[None]:
    rig = opened(office)
    changed(rig, on_account=OnAccount.POST)
    has_two_bearers_of_a_name(rig)
    receive(rig, payment(pays={}, amount="50.00", customer=LARKSPUR))
    settles(rig)
    yield
    maps(office, LARKSPUR, "Elder")


@remedy("payment-currency-mismatch")
def the_currency_is_corrected(office: Office) -> Iterator[None]:
    refused(office, currency="EUR")
    yield
    corrects(office, "--amount", "50.00", "--invoice", "1042", "--currency", "USD")


@remedy("payment-currency-mismatch")
def it_is_recorded_at_the_rate_of_the_day(office: Office) -> Iterator[None]:
    refused(office, currency="EUR")
    yield
    acts.pay(office.books, "1042", 5_000)
    skips(office, "payment-currency-mismatch")


# What the invoice owes


def closed_by_hand(office: Office) -> Rig:
    rig = opened(office)
    acts.close(office.books, "1042")
    receive(rig, payment())
    return settles(rig)


@remedy("payment-invoice-closed")
def this_payment_closed_it(office: Office) -> Iterator[None]:
    closed_by_hand(office)
    yield
    skips(office, "payment-invoice-closed")


@remedy("payment-invoice-closed")
def it_is_opened_again(office: Office) -> Iterator[None]:
    closed_by_hand(office)
    yield
    acts.delete(office.books, in_quickbooks(office.rig)[0].txn_id)
    retries(office, "payment-invoice-closed")


@remedy("payment-invoice-closed")
def the_customer_paid_twice(office: Office) -> Iterator[None]:
    closed_by_hand(office)
    yield
    allows(office, "payment-invoice-closed", "--overpayment", "credit")


@remedy("payment-overpays")
def the_invoice_is_corrected(office: Office) -> Iterator[None]:
    refused(office, amount="250.01")
    yield
    acts.edit(office.books, "1042", add=1)
    retries(office, "payment-overpays")


@remedy("payment-overpays")
def the_cent_is_credit(office: Office) -> Iterator[None]:
    refused(office, amount="250.01")
    yield
    allows(office, "payment-overpays", "--overpayment", "credit")


@remedy("payment-overpays")
def the_rest_is_credit_always(office: Office) -> Iterator[None]:
    refused(office, amount="250.01")
    yield
    permits(office, "payment-overpays", "--overpayment", "credit")


@remedy("payment-overpays")
def the_amount_is_corrected(office: Office) -> Iterator[None]:
    refused(office, amount="250.01")
    yield
    corrects(office, "--amount", "250.00", "--invoice", "1042")


@remedy("payment-invoice-gone")
def the_invoice_is_entered_again(office: Office) -> Iterator[None]:
    rig = opened(office)
    receive(rig, payment())
    acts.delete(office.books, "1042")
    settles(rig)
    yield
    owes(rig, "1042", 25_000)
    synced(rig)
    retries(office, "payment-invoice-gone")


# The date


def in_a_closed_period(office: Office) -> Rig:
    rig = opened(office)
    rig.company.set_closing_date("2025-05-31", password=True)
    receive(rig, payment(date=date(2025, 5, 31)))
    return settles(rig)


@remedy("payment-closed-period")
def it_is_posted_on_the_first_open_day(office: Office) -> Iterator[None]:
    in_a_closed_period(office)
    yield
    allows(office, "payment-closed-period", "--closed-period", "next-open-day")


@remedy("payment-closed-period")
def all_are_posted_on_the_first_open_day(office: Office) -> Iterator[None]:
    in_a_closed_period(office)
    yield
    permits(office, "payment-closed-period", "--closed-period", "next-open-day")


@remedy("payment-closed-period")
def quickbooks_itself_refused_the_day(office: Office) -> Iterator[None]:
    rig = opened(office)
    receive(rig, payment(date=date(2025, 5, 31)))
    happens_after(rig, LOOK, lambda: rig.company.set_closing_date("2025-05-31", password=True))
    settles(rig)
    yield
    allows(office, "payment-closed-period", "--closed-period", "next-open-day")


@remedy("payment-closed-period")
def it_is_recorded_by_hand(office: Office) -> Iterator[None]:
    in_a_closed_period(office)
    yield
    skips(office, "payment-closed-period")


@remedy("payment-closed-period")
def the_closing_date_is_moved(office: Office) -> Iterator[None]:
    rig = in_a_closed_period(office)
    yield
    rig.company.set_closing_date("", password=False)
    retries(office, "payment-closed-period")


# Accounts, methods and customers


def has_no_account(office: Office) -> Rig:
    rig = opened(office)
    with rig.store.transaction():
        held = connections.get("Larkspur").id
        account_rules.add_deposit_rule(
            held, method="", currency="", gateway="stripe", account="Stripe"
        )
    receive(rig, payment(gateway="stripe"))
    return settles(rig)


@remedy("payment-account-missing")
def the_account_is_added(office: Office) -> Iterator[None]:
    has_no_account(office)
    yield
    acts.add_account(office.books, "Stripe", "Bank")
    retries(office, "payment-account-missing")


@remedy("payment-method-missing")
def the_method_may_be_added_now(office: Office) -> Iterator[None]:
    rig = opened(office)
    receive(rig, payment(method="credit_card"))
    rig.company.fail_next("3260", "PaymentMethodAddRq")
    settles(rig)
    yield
    retries(office, "payment-method-missing")


@remedy("payment-customer-gone")
def the_customer_is_active_again(office: Office) -> Iterator[None]:
    rig = on_account(office)
    acts.deactivate(office.books, LARKSPUR)
    settles(rig)
    yield
    acts.reactivate(office.books, LARKSPUR)
    retries(office, "payment-customer-gone")


@remedy("payment-receivable-unknown")
def the_receivables_account_is_active_again(office: Office) -> Iterator[None]:
    rig = on_account(office)
    rig.alter = spoil("<AccountType>AccountsReceivable<", "<AccountType>Bank<")
    settles(rig)
    yield
    rig.alter = None
    retries(office, "payment-receivable-unknown")


@remedy("payment-no-invoice")
def it_is_allowed_on_account(office: Office) -> Iterator[None]:
    rig = on_account(office)
    happens_after(rig, "<AccountQueryRq", lambda: changed(rig, on_account=OnAccount.REFUSE))
    settles(rig)
    yield
    allows(office, "payment-no-invoice", "--on-account", "post")


def on_account(office: Office) -> Rig:
    rig = opened(office)
    changed(rig, on_account=OnAccount.POST)
    receive(rig, payment(pays={}, amount="50.00", customer=LARKSPUR))
    return rig


@remedy("payment-parts-changed")
def the_rest_is_recorded_by_hand(office: Office) -> Iterator[None]:
    rig = opened(office)
    acts.add_customer(office.books, "Rowan")
    for number in ("J-1", "J-2"):
        owes(rig, number, 5_000, LOBBY)
    synced(rig)
    receive(rig, payment(pays={"1042": "50.00", "J-1": "20.00", "J-2": "20.00"}))
    rig.company.lock("J-1")
    settles(rig)
    rig.company.unlock("J-1")
    acts.move(office.books, "J-1", "Rowan")
    synced(rig)
    settles(rig)
    yield
    acts.pay(office.books, "J-1", 2_000)
    acts.pay(office.books, "J-2", 2_000)
    skips(office, "payment-parts-changed")


# What QuickBooks refuses, and what waits


@remedy("payment-request-refused")
def quickbooks_is_restarted_and_asked_again(office: Office) -> Iterator[None]:
    rig = opened(office)
    receive(rig, payment())
    rig.company.fail_next("0x80040400", "ReceivePaymentAddRq", times=3)
    settles(rig)
    yield
    retries(office, "payment-request-refused")


@remedy("3210")
def the_record_is_corrected_and_retried(office: Office) -> Iterator[None]:
    rig = opened(office)
    receive(rig, payment())
    rig.company.fail_next("3210", "ReceivePaymentAddRq", message="The moon is full.")
    settles(rig)
    yield
    office.runs("payments", "retry", office.payment("3210"))
    office.ran.clear()  # the words of QuickBooks' codes name no command
    settles(rig)


@remedy("payment-not-permitted")
def the_application_may_post_again(office: Office) -> Iterator[None]:
    rig = opened(office)
    receive(rig, payment())
    rig.company.fail_next("3260", "ReceivePaymentAddRq")
    settles(rig)
    yield
    settles(rig)


def has_waited_for_a_day(office: Office) -> Rig:
    rig = opened(office)
    receive(rig, payment())
    rig.company.lock("1042")
    settles(rig)
    rig.later(hours=25)
    return settles(rig)


@remedy("payment-waits-long")
def what_it_waits_for_is_put_right(office: Office) -> Iterator[None]:
    rig = has_waited_for_a_day(office)
    yield
    rig.company.unlock("1042")
    settles(rig)


@remedy("payment-waits-long")
def it_waits_no_longer(office: Office) -> Iterator[None]:
    has_waited_for_a_day(office)
    yield
    skips(office, "payment-waits-long")


# Parked


def was_changed_before_it_was_known(office: Office, act: Callable[[str], object]) -> Rig:
    """A payment was saved without our knowing, and then a person did something to it."""
    rig = opened(office)
    rig.company.set_habits(status_check="status", guids_are_unique=False)
    receive(rig, payment())
    loses(rig, after_quickbooks_did_it)
    act(in_quickbooks(rig)[0].txn_id)
    rig.later(**SOON)
    return settles(rig)


@remedy("payment-found-deleted")
def it_was_deleted_on_purpose(office: Office) -> Iterator[None]:
    was_changed_before_it_was_known(office, lambda one: acts.delete(office.books, one))
    yield
    skips(office, "payment-found-deleted")


@remedy("payment-found-deleted")
def it_was_deleted_by_mistake(office: Office) -> Iterator[None]:
    was_changed_before_it_was_known(office, lambda one: acts.delete(office.books, one))
    yield
    retries(office, "payment-found-deleted")


def copies(rig: Rig) -> str:
    """A person records the payment once more, as it stands."""
    [one] = in_quickbooks(rig)
    made = acts.receive(
        rig.company.books,
        one.customer,
        one.amount,
        invoices=[("1042", one.amount)],
        number=one.ref_number,
        memo=one.memo,
    )
    return made.object_id


@remedy("payment-found-several")
def one_of_several_is_kept(office: Office) -> Iterator[None]:
    made: list[str] = []
    was_changed_before_it_was_known(office, lambda _: made.append(copies(office.rig)))
    yield
    acts.delete(office.books, made[0])
    skips(office, "payment-found-several")


@remedy("payment-found-other")
def it_is_corrected_there(office: Office) -> Iterator[None]:
    def edits(txn_id: str) -> None:
        acts.edit_payment(office.books, txn_id, amount=6_000)

    was_changed_before_it_was_known(office, edits)
    yield
    acts.edit_payment(office.books, in_quickbooks(office.rig)[0].txn_id, amount=5_000)
    skips(office, "payment-found-other")


def ran_unseen(office: Office) -> Rig:
    def vanishes(txn_id: str) -> None:
        acts.delete(office.books, txn_id)
        office.books.deletions.clear()

    rig = was_changed_before_it_was_known(office, vanishes)
    rig.later(**WINDOW)
    return settles(rig)


@remedy("payment-ran-unseen")
def it_is_there_after_all(office: Office) -> Iterator[None]:
    ran_unseen(office)
    yield
    skips(office, "payment-ran-unseen")


@remedy("payment-ran-unseen")
def it_is_not_there(office: Office) -> Iterator[None]:
    ran_unseen(office)
    yield
    retries(office, "payment-ran-unseen")


def never_answered(office: Office) -> Rig:
    rig = opened(office)
    receive(rig, payment())
    while not any(one["code"] == "payment-never-answered" for one in office.problems()):
        pays(rig, on_boundary=dies(rig, *before_quickbooks_gets_it))
        rig.later(**WINDOW)
    return rig


@remedy("payment-never-answered")
def it_was_recorded_by_hand(office: Office) -> Iterator[None]:
    never_answered(office)
    yield
    skips(office, "payment-never-answered")


@remedy("payment-never-answered")
def the_damage_is_repaired(office: Office) -> Iterator[None]:
    never_answered(office)
    yield
    retries(office, "payment-never-answered")


def of_another_installation(office: Office) -> Rig:
    """QuickBooks has the payment from a store that was lost and made anew."""
    rig = opened(office)
    anew = office.shell.folder / "anew.sqlite3"
    backed_up(Path(rig.store_url.removeprefix("sqlite:///")), anew)
    receive(rig, payment())
    settles(rig)
    rig.store_url = office.shell.database = f"sqlite:///{anew}"
    rig.restart()
    rig.name_installation("another store")
    receive(synced(rig), payment())
    return settles(rig)


@remedy("payment-of-another-installation")
def it_is_the_same_payment(office: Office) -> Iterator[None]:
    of_another_installation(office)
    yield
    skips(office, "payment-of-another-installation")


@remedy("payment-of-another-installation")
def it_is_another_payment(office: Office) -> Iterator[None]:
    of_another_installation(office)
    yield
    retries(office, "payment-of-another-installation")


# The company file


def of_two_writers(office: Office) -> Rig:
    """Two connections came to one company file in times of old; one has a write out."""
    rig = opened(office)
    rig.add_connection("Aster")
    with office.patch.context() as patch:
        patch.setattr("shared.models.company_files.bound_before", lambda *_: "")
        with rig.store.transaction():
            held = connections.get("Larkspur")
            second = connections.get("Aster").id
            connections.bind(second, held.binding)
        assert rig.sync("Aster").ok
        receive(rig, payment())
        hand = rig.by_hand(kind=ApplicationKind.PAYMENT)
        hand.log_in()
        while ADD not in (request := hand.ask()):
            hand.tell(hand.work(request))
        rig.later(minutes=1)
        take_in(rig.store, second, [payment("pay_2", pays={"1043": "20.00"})], rig.now)
        assert rig.sync("Aster", kind=ApplicationKind.PAYMENT).ok
        hand.tell(hand.work(request))
        assert hand.finish() == 100
    return rig


@remedy("company-written-elsewhere")
def one_of_the_two_is_removed(office: Office) -> Iterator[None]:
    rig = of_two_writers(office)
    yield
    office.runs("connection", "remove", "Larkspur")
    rig.later(minutes=5)
    assert rig.sync("Aster", kind=ApplicationKind.PAYMENT).ok


def restored(office: Office) -> str:
    """A copy from before the payment is open; what the newer file held."""
    rig = opened(office)
    receive(rig, payment("pay_0", pays={"1044": "10.00"}))
    settles(rig)
    older = rig.company.backup()
    receive(rig, payment())
    settles(rig)
    newer = rig.company.backup()
    rig.company.restore(older)
    settles(rig)
    return newer


@remedy("company-restored")
def the_right_file_is_opened(office: Office) -> Iterator[None]:
    newer = restored(office)
    yield
    office.rig.company.restore(newer)
    settles(office.rig)


@remedy("company-restored")
def the_older_file_is_the_one_to_go_on_with(office: Office) -> Iterator[None]:
    restored(office)
    yield
    office.runs("problems", "retry", office.number("company-restored"))
    settles(office.rig)


def not_told(office: Office) -> str:
    """The same, and the answer with what was deleted never comes; what the newer file held."""
    newer = restored(office)
    office.rig.alter_with_request = lambda answer, request: (
        "" if "<TxnDeletedQueryRq" in request and "<ReceivePaymentQueryRq" in request else answer
    )
    settles(office.rig)
    return newer


@remedy("company-copy-unknown")
def the_right_file_is_opened_where_nothing_told(office: Office) -> Iterator[None]:
    newer = not_told(office)
    yield
    office.rig.company.restore(newer)
    settles(office.rig)


@remedy("company-copy-unknown")
def the_file_is_the_one_to_go_on_with_where_nothing_told(office: Office) -> Iterator[None]:
    not_told(office)
    yield
    office.runs("problems", "retry", office.number("company-copy-unknown"))
    settles(office.rig)


def lost(office: Office) -> str:
    newer = restored(office)
    office.shell.says("problems", "retry", office.number("company-restored"), "--yes")
    settles(office.rig)
    return newer


@remedy("payment-lost")
def the_newer_file_comes_back(office: Office) -> Iterator[None]:
    newer = lost(office)
    yield
    office.rig.company.restore(newer)
    settles(office.rig)


@remedy("payment-lost")
def somebody_recorded_it_again(office: Office) -> Iterator[None]:
    lost(office)
    yield
    skips(office, "payment-lost")


@remedy("payment-lost")
def nobody_recorded_it_again(office: Office) -> Iterator[None]:
    lost(office)
    yield
    retries(office, "payment-lost")


# After it was posted


@remedy("payment-edited")
def the_edit_is_taken_back(office: Office) -> Iterator[None]:
    rig = posted(office)
    acts.edit_payment(office.books, parts(rig)[0].txn_id, amount=8_000)
    settles(rig)
    yield
    acts.edit_payment(office.books, parts(rig)[0].txn_id, amount=5_000)
    settles(rig)


@remedy("payment-edited")
def the_edit_is_meant(office: Office) -> Iterator[None]:
    rig = posted(office)
    acts.edit_payment(office.books, parts(rig)[0].txn_id, amount=8_000)
    settles(rig)
    yield
    acknowledges(office, "payment-edited")


@remedy("payment-deleted")
def it_is_recorded_again_by_hand(office: Office) -> Iterator[None]:
    rig = posted(office)
    acts.delete(office.books, parts(rig)[0].txn_id)
    settles(rig)
    yield
    acts.pay(office.books, "1042", 5_000)
    acknowledges(office, "payment-deleted")


@remedy("payment-posted-twice")
def the_copy_is_deleted(office: Office) -> Iterator[None]:
    rig = posted(office)
    copy = acts.receive(
        office.books, LARKSPUR, 5_000, invoices=[("1042", 5_000)], number=parts(rig)[0].ref_number
    )
    settles(rig)
    yield
    acts.delete(office.books, copy.object_id)
    settles(rig)
    acknowledges(office, "payment-posted-twice")


@remedy("payment-not-applied")
def it_is_applied_by_hand(office: Office) -> Iterator[None]:
    rig = opened(office)
    rig.company.set_habits(closed_invoice="unapplied")
    receive(rig, payment(amount="100.00"))
    happens_after(rig, LOOK, lambda: acts.close(office.books, "1042"))
    settles(rig)
    yield
    acts.apply(office.books, parts(rig)[0].txn_id, "1043", 10_000)
    acknowledges(office, "payment-not-applied")


@remedy("payment-balance-differs")
def the_balance_is_right(office: Office) -> Iterator[None]:
    rig = opened(office)
    receive(rig, payment())
    happens_after(rig, ADD, lambda: acts.edit(office.books, "1042", add=1_000))
    settles(rig)
    yield
    acknowledges(office, "payment-balance-differs")


# Out of QuickBooks


def by_hand(office: Office, cents: int = 15_000) -> Rig:
    rig = opened(office)
    acts.receive(office.books, LARKSPUR, cents, invoices=[("1042", 10_000)], number="CHQ 1")
    return rig


@remedy("payment-total-mismatch")
def the_parts_are_checked_and_saved(office: Office) -> Iterator[None]:
    rig = by_hand(office)
    rig.alter = spoil("<UnusedPayment>50.00<", "<UnusedPayment>40.00<")
    settles(rig)
    yield
    rig.alter = None
    acts.edit_payment(office.books, "CHQ 1", memo="checked")
    settles(rig)


@remedy("payment-total-mismatch")
def the_parts_are_right(office: Office) -> Iterator[None]:
    rig = by_hand(office)
    rig.alter = spoil("<UnusedPayment>50.00<", "<UnusedPayment>40.00<")
    settles(rig)
    yield
    acknowledges(office, "payment-total-mismatch")


@remedy("payment-unreadable")
def the_payment_is_saved_again(office: Office) -> Iterator[None]:
    rig = by_hand(office)
    rig.alter = spoil("<TotalAmount>150.00<", "<TotalAmount>15O.00<")
    settles(rig)
    yield
    rig.alter = None
    acts.edit_payment(office.books, "CHQ 1", memo="checked")
    settles(rig)


@remedy("payment-unreadable")
def the_payment_is_skipped(office: Office) -> Iterator[None]:
    rig = by_hand(office)
    rig.alter = spoil("<TotalAmount>150.00<", "<TotalAmount>15O.00<")
    settles(rig)
    yield
    office.runs("problems", "skip", office.number("payment-unreadable"), *BECAUSE)
    settles(rig)


@remedy("payments-deletions-missed")
def both_sides_are_compared(office: Office) -> Iterator[None]:
    rig = by_hand(office, 10_000)
    settles(rig)
    rig.later(days=120)
    settles(rig)
    yield
    office.runs("reconcile", "Larkspur")
    settles(rig)
