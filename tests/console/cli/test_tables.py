from __future__ import annotations

from shared.operations.describe.tables import CURRENCY, Column, Row, pairs, table, wrapped
from shared.operations.describe.text import cells

INVOICE = (
    Column("Number"),
    Column("Customer", least=10),
    Column("Date", drop=1),
    Column("Balance", right=True),
)
ROW = Row(("1042", "Larkspur Tile and Stone Works", "2026-01-05", "1,234.50"))


def test_a_table_that_fits_is_not_touched():
    assert list(table(INVOICE, [ROW], 80)) == [
        "Number  Customer                       Date         Balance",
        "1042    Larkspur Tile and Stone Works  2026-01-05  1,234.50",
    ]


def test_text_is_cut_first():
    [_, line] = table(INVOICE, [ROW], 50)
    assert line == "1042    Larkspur Tile and S…  2026-01-05  1,234.50"


def test_then_columns_drop_in_their_stated_order():
    [header, line] = table(INVOICE, [ROW], 32)
    assert "Date" not in header
    assert line == "1042    Larkspur Tile…  1,234.50"


def test_amounts_are_never_cut():
    for width in range(1, 80):
        lines = list(table(INVOICE, [ROW], width))
        assert lines[1].endswith("1,234.50")


def test_no_line_is_wider_than_the_terminal_while_anything_can_give():
    for width in range(28, 80):
        assert all(cells(line) <= width for line in table(INVOICE, [ROW], width))


def test_the_widest_column_gives_first():
    columns = (Column("A", least=4), Column("B", least=4))
    [_, line] = table(columns, [Row(("a" * 20, "b" * 8))], 20)
    assert line == "aaaaaaaaa…  bbbbbbbb"


def test_a_name_is_cut_after_a_sentence():
    columns = (Column("Name", least=4, fair=12), Column("Why", least=6))
    row = Row(("Larkspur Tile and Stone", "It is not there yet."))
    [_, line] = table(columns, [row], 34)
    assert line == "Larkspur Tile and Stone  It is no…"
    [_, line] = table(columns, [row], 28)
    assert line == "Larkspur Tile and S…  It is…"


def test_control_characters_in_a_cell_cannot_break_the_table():
    lines = list(table((Column("Name"),), [Row(("Evil\nTile\x1b[2J",))], 80))
    assert lines == ["Name", "Evil Tile␛[2J"]


def test_what_is_told_below_a_row_is_indented_and_wrapped():
    lines = list(table((Column("ID"),), [Row(("1",), below=["word " * 12])], 40))
    assert lines[2:] == ["    " + " ".join(["word"] * 7), "    " + " ".join(["word"] * 5)]


def test_color_does_not_change_the_width():
    columns = (Column("State", paint=lambda cell: f"\x1b[31m{cell}\x1b[0m"), Column("Next"))
    [_, line] = table(columns, [Row(("bad", "x"))], 80)
    assert line == "\x1b[31mbad  \x1b[0m  x"


def test_pairs_wrap_values_under_themselves():
    assert list(pairs([("A", "one"), ("Long", "two " * 8)], 30)) == [
        "A     one",
        "Long  two two two two two two",
        "      two two",
    ]


def test_a_path_stays_in_one_piece():
    path = "/a/" + "very-long-folder/" * 8
    assert wrapped(f"Wrote {path}", 40) == ["Wrote", path.rstrip()]


def test_a_currency_is_told_only_where_there_are_several():
    columns = (Column("Number"), Column("Balance", right=True), CURRENCY)
    usd, cad = Row(("1", "1.00", "USD")), Row(("2", "22.00", "CAD"))
    assert list(table(columns, [usd, usd], 80))[1:] == ["1          1.00"] * 2
    assert list(table(columns, [usd, cad], 80))[1:] == [
        "1          1.00  USD",
        "2         22.00  CAD",
    ]
