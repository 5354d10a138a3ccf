"""``deskbridge payments import`` of files as people have them, and the profiles of a connection."""

from __future__ import annotations

import pytest

from console.cli import output
from tests.console.cli.test_payments import audited, books, plain, shown, statuses  # noqa: F401
from tests.operations.reports import PAYPAL, STRIPE_PAYMENTS, activity, charge, written

MAP = "invoice_number (metadata)=invoice"
STRIPE = written(
    STRIPE_PAYMENTS,
    charge("ch_1", **{"invoice_number (metadata)": "1042"}),
    charge("ch_2", Status="Failed"),
)
AMBIGUOUS = written(PAYPAL, activity("5TX1", Date="10/09/2026", **{"Invoice Number": "1042"}))


def file_of(shell, text: str, name: str = "export.csv") -> str:
    path = shell.folder / name
    path.write_text(text)
    return str(path)


def test_an_export_is_taken_in_and_says_how_it_was_read(books):  # noqa: F811
    path = file_of(books, STRIPE)
    said = plain(books.says("payments", "import", "Larkspur", path, "--map", MAP))
    assert "Read as stripe-payments: Stripe: payments" in said
    assert "Columns not used:" in said
    assert "1 row left out, line 3: failed or were canceled: nothing was paid." in said
    assert "2 rows: 1 new, 0 changed, 0 unchanged, 0 refused." in said
    assert (shown(books, "ch_1")["amount"], shown(books, "ch_1")["fee"]) == ("250.00", "7.55")
    assert "Fee 7.55, so 242.45 net" in plain(books.says("payments", "show", "ch_1"))


def test_a_dry_run_of_an_export_writes_nothing_and_saves_no_profile(books):  # noqa: F811
    path = file_of(books, STRIPE)
    given = ("payments", "import", "Larkspur", path, "--map", MAP, "--dry-run")
    told = books.json(*given)
    assert told["new"] == 1
    assert told["left_out"][0] == {
        "kind": "failed",
        "count": 1,
        "reason": "failed or were canceled: nothing was paid",
        "lines": [3],
    }
    assert statuses(books) == {}
    assert "cannot save a profile" in plain(books.refuses(2, *given, "--save-profile", "ours"))


def test_a_profile_is_saved_listed_used_and_removed(books):  # noqa: F811
    path = file_of(books, STRIPE)
    given = ("payments", "import", "Larkspur", path)
    said = plain(books.says(*given, "--map", MAP, "--save-profile", "ours"))
    assert "Profile ours is saved for Larkspur." in said
    found = books.json("payments", "profiles", "list", "Larkspur")
    assert [(one["connection"], one["label"]) for one in found] == [("Larkspur", "ours")]
    assert found[0]["maps"] == [MAP]
    assert books.json(*given, "--profile", "ours")["unchanged"] == 1
    show = ("payments", "profiles", "show", "ours")
    assert books.says(*show) == books.says(*show, "--connection", "Larkspur")
    assert MAP.split("=")[0] in books.says(*show)
    books.says("payments", "profiles", "remove", "Larkspur", "ours")
    assert [action for action, _ in audited(books)][:2] == ["profile.remove", "profile.save"]
    assert "no profile" in plain(books.refuses(2, *given, "--profile", "ours"))


def test_a_label_that_two_connections_use_differently_needs_the_connection(books):  # noqa: F811
    books.says("connection", "add", "Pine")
    path = file_of(books, STRIPE)
    saved = ("payments", "import", "{}", path, "--save-profile", "ours", "--map")
    for name, column in (("Larkspur", MAP), ("Pine", "Description=invoice:INV-#")):
        books.says(*(one.format(name) for one in saved), column)
    show = ("payments", "profiles", "show", "ours")
    assert "--connection NAME" in plain(books.refuses(2, *show))
    for name, mapped in (("Larkspur", MAP), ("Pine", "Description=invoice:INV-#")):
        shown_one = books.json(*show, "--connection", name)
        assert [one for one in shown_one["columns"] if "=invoice" in one] == [mapped]


@pytest.mark.parametrize("label", ["paypal", "a/b"])
def test_what_cannot_be_the_label_of_a_profile_is_refused(books, label):  # noqa: F811
    path = file_of(books, STRIPE)
    given = ("payments", "import", "Larkspur", path, "--map", MAP, "--save-profile", label)
    assert "cannot be the label" in plain(books.refuses(2, *given))
    assert statuses(books) == {}


def test_dates_that_may_be_read_in_two_ways_need_a_word(books):  # noqa: F811
    given = ("payments", "import", "Larkspur", file_of(books, AMBIGUOUS))
    said = plain(books.refuses(2, *given))
    assert "--date-format MM/DD/YYYY or DD/MM/YYYY" in said
    books.says(*given, "--date-format", "DD/MM/YYYY")
    assert shown(books, "5TX1")["date"] == "2026-09-10"


def test_at_a_terminal_the_order_of_dates_is_asked(books, monkeypatch):  # noqa: F811
    monkeypatch.setattr(output, "is_terminal", lambda: True)
    given = ("payments", "import", "Larkspur", file_of(books, AMBIGUOUS))
    assert books.run(*given, given="dmy\n").exit_code == 0
    assert shown(books, "5TX1")["date"] == "2026-09-10"


def test_many_refused_rows_are_not_all_printed(books):  # noqa: F811
    text = written(STRIPE_PAYMENTS, *(charge(f"ch_{n}") for n in range(60)))
    result = books.run("payments", "import", "Larkspur", file_of(books, text))
    assert result.exit_code == 1
    said = plain(result.stderr)
    assert "60 rows refused" in said
    assert "… and 10 more" in said
