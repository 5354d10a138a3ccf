"""Text as QuickBooks writes it: ASCII, decimal references, Windows-1252 by its own codes."""

from __future__ import annotations

import pytest

from simulator.company import BookError, acts
from simulator.company.answers import as_stored, escape, storable
from tests.simulator.company.builders import a_company, a_session, ask_one, document, texts


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("Larkspur Tile & Stone", "Larkspur Tile &amp; Stone"),
        ("O'Brien, Seán", "O&apos;Brien, Se&#225;n"),
        ("5' x 3\" <B>", "5&apos; x 3&quot; &lt;B&gt;"),
        ("SuperGrip™", "SuperGrip&#153;"),
        ("“curly” ‘quotes’ – —", "&#147;curly&#148; &#145;quotes&#146; &#150; &#151;"),
        ("€ Œ ž", "&#128; &#140; &#158;"),
        ("two\nlines", "two\nlines"),
        ("商", "&#63;"),
    ],
)
def test_text_is_written_in_decimal_references(text: str, written: str) -> None:
    assert escape(text) == written


def test_what_was_written_comes_back_as_it_was() -> None:
    everything = "".join(
        char for n in range(256) for char in bytes([n]).decode("cp1252", "ignore") if storable(char)
    )
    company = a_company()
    acts.add_customer(company.books, "x")
    customer = acts.finding.find_customer(company.books, "x")
    company.books.put_customer(customer._replace(notes=everything.replace("\r", "")))
    query = f"<CustomerQueryRq><ListID>{customer.list_id}</ListID></CustomerQueryRq>"
    (said,) = texts(ask_one(a_session(company), query), "CustomerRet/Notes")
    assert as_stored(said) == everything.replace("\r", "")


@pytest.mark.parametrize("written", ["SuperGrip&#153; Caf&#233;", "SUPERGRIP&#153; CAF&#xC9;"])
def test_a_name_is_found_by_its_own_codes(written: str) -> None:
    company = a_company()
    acts.add_customer(company.books, "SuperGrip™ Café")
    query = f"<CustomerQueryRq><FullName>{written}</FullName></CustomerQueryRq>"
    assert len(ask_one(a_session(company), query)) == 1


@pytest.mark.parametrize("name", ["商店", "Łódź", "tab\x07bell", "c1\x99"])
def test_what_quickbooks_cannot_hold_is_refused(name: str) -> None:
    with pytest.raises(BookError, match="Windows-1252"):
        acts.add_customer(a_company().books, name)


def test_an_echoed_id_is_escaped() -> None:
    answer = a_session().process(
        document('<HostQueryRq requestID="&lt;&quot;&amp;&#8364;&#21830;"/>')
    )
    assert 'requestID="&lt;&quot;&amp;&#128;&#63;"' in answer
