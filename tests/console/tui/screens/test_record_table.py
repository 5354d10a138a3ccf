"""The table by itself: columns, cursor, scrolling, what is painted."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from unittest.mock import Mock

import pytest
from rich.text import Text
from textual.app import App, ComposeResult
from textual.geometry import Region
from textual.pilot import Pilot

from console.tui.widgets.record_table import CURRENCY, Column, Heading, RecordTable, Row

COLUMNS = (
    Column("Document", least=10),
    Column("Amount", right=True),
    Column("Reason", least=8, drop=1),
)


class Stand(App[None]):
    def compose(self) -> ComposeResult:
        yield RecordTable(COLUMNS)

    @property
    def table(self) -> RecordTable:
        return self.query_one(RecordTable)

    @property
    def lines(self) -> list[str]:
        strips = self.screen._compositor.render_strips()
        return ["".join(part.text for part in strip).rstrip() for strip in strips]


def stand(
    scenario: Callable[[Stand, Pilot[None]], Awaitable[None]], size: tuple[int, int] = (60, 10)
) -> None:
    async def session() -> None:
        app = Stand()
        async with app.run_test(size=size) as pilot:
            await scenario(app, pilot)

    asyncio.run(session())


def row(key: str, amount: str = "1,234.50", reason: str = "A reason that is rather long") -> Row:
    return Row(key, (f"Invoice {key}", Text(amount, style="bold"), reason))


@pytest.mark.parametrize(
    ("width", "first"),
    [
        (60, "Invoice 1 1,234,567.50 A reason that is rather long"),
        (40, "Invoice 1 1,234,567.50 A reason that i…"),
        (30, "Invoice 1 1,234,567.50"),
        (20, "Invoice 1 …"),
    ],
)
def test_text_is_cut_and_columns_drop_before_an_amount_would_be(width, first):
    async def scenario(app: Stand, pilot: Pilot[None]) -> None:
        app.table.show([row("1", amount="1,234,567.50")])
        await pilot.pause()
        assert " ".join(app.lines[1].split()) == " ".join(first.split())

    stand(scenario, (width, 10))


def test_amounts_are_right_aligned_under_their_title():
    async def scenario(app: Stand, pilot: Pilot[None]) -> None:
        app.table.show([row("1", "5.00"), row("2", "1,234.50")])
        await pilot.pause()
        ends = {
            line.index(text) + len(text)
            for line, text in zip(app.lines[:3], ("Amount", "5.00", "1,234.50"), strict=True)
        }
        assert len(ends) == 1

    stand(scenario)


def test_the_cursor_passes_over_headings_in_both_directions():
    async def scenario(app: Stand, pilot: Pilot[None]) -> None:
        app.table.show([Heading("A"), row("1"), Heading("B"), row("2"), Heading("C")])
        assert app.table.key == "1"
        keys = []
        for key in ("j", "down", "k", "up", "end", "home"):
            await pilot.press(key)
            keys.append(app.table.key)
        assert keys == ["2", "2", "1", "1", "2", "1"]

    stand(scenario)


def test_the_cursor_stays_on_its_record_and_where_it_is_on_the_screen():
    async def scenario(app: Stand, pilot: Pilot[None]) -> None:
        app.table.show([row(str(n)) for n in range(50)])
        await pilot.press("pagedown", "pagedown", "k")
        await pilot.pause()
        key, place = (
            app.table.key,
            app.lines.index(
                next(line for line in app.lines if line.startswith(f"Invoice {app.table.key} "))
            ),
        )
        app.table.show([row(f"new{n}") for n in range(7)] + [row(str(n)) for n in range(50)])
        await pilot.pause()
        assert app.table.key == key
        assert app.lines[place].startswith(f"Invoice {key} ")

    stand(scenario)


def test_a_record_that_is_gone_leaves_the_cursor_at_its_place():
    async def scenario(app: Stand, pilot: Pilot[None]) -> None:
        app.table.show([row(key) for key in "abc"])
        await pilot.press("j")
        app.table.show([row(key) for key in "ac"])
        assert app.table.key == "c"
        app.table.show([row("a")])
        assert app.table.key == "a"
        app.table.show([])
        assert app.table.key is None
        await pilot.press("enter", "j", "end", "pagedown")
        app.table.show([row("z")])
        assert app.table.key == "z"

    stand(scenario)


def test_only_lines_that_changed_are_painted(monkeypatch):
    painted: list[Region] = []
    refresh = RecordTable.refresh

    def watched(table: RecordTable, *regions: Region, **options: bool) -> RecordTable:
        painted.extend(regions or [Region(0, 0, *table.size)])
        return refresh(table, *regions, **options)

    async def scenario(app: Stand, pilot: Pilot[None]) -> None:
        rows = [row(str(n)) for n in range(20)]
        app.table.show(rows)
        await pilot.pause()
        monkeypatch.setattr(RecordTable, "refresh", watched)
        app.table.show(list(rows))
        assert painted == []
        rows[2], rows[15] = row("2", "9.00"), row("15", "9.00")  # the second is out of view
        app.table.show(rows)
        assert painted == [Region(0, 3, app.table.size.width, 1)]

    stand(scenario)


def test_control_characters_and_markup_are_shown_not_obeyed():
    async def scenario(app: Stand, pilot: Pilot[None]) -> None:
        app.table.show([Row("1", ("[b]x[/b]\x1b[2J", "1.00", "two\nlines"))])
        await pilot.pause()
        assert "[b]x[/b]␛[2J" in app.lines[1]
        assert "two lines" in app.lines[1]

    stand(scenario)


def test_the_size_may_change_at_any_time():
    async def scenario(app: Stand, pilot: Pilot[None]) -> None:
        app.table.show([row(str(n)) for n in range(50)])
        await pilot.press("end")
        for size in ((20, 4), (3, 2), (1, 1), (200, 60), (60, 10)):
            await pilot.resize_terminal(*size)
            await pilot.pause()
            assert app.table.key == "49"
        assert app.lines[-1].startswith("Invoice 49")

    stand(scenario)


def test_a_state_keeps_its_color_under_the_cursor():
    async def scenario(app: Stand, pilot: Pilot[None]) -> None:
        failed = Row("1", ("Invoice 1", "1.00", Text("failed", style="bold red")))
        app.table.show([failed, Row("2", ("Invoice 2", "2.00", Text("open", style="red")))])
        app.table.focus()
        await pilot.pause()
        under, other = (app.table.render_line(y) for y in (1, 2))
        colors = [
            {part.style.color.name for part in line if part.text.strip() in ("failed", "open")}
            for line in (under, other)
        ]
        assert colors == [{"red"}, {"red"}]
        assert all(part.style.reverse for part in under if part.text.strip())

    stand(scenario)


def test_a_currency_is_shown_beside_the_amounts_only_where_there_are_several():
    class Money(Stand):
        def compose(self) -> ComposeResult:
            yield RecordTable((Column("Document"), Column("Amount", right=True), CURRENCY))

    async def session() -> None:
        app = Money()
        async with app.run_test(size=(60, 10)) as pilot:
            app.table.show([Row("1", ("a", "1.00", "USD")), Row("2", ("b", "22.00", "USD"))])
            await pilot.pause()
            assert [line.split() for line in app.lines[1:3]] == [["a", "1.00"], ["b", "22.00"]]
            app.table.show([Row("1", ("a", "1.00", "USD")), Row("2", ("b", "22.00", "CAD"))])
            await pilot.pause()
            assert [line.split()[-1] for line in app.lines[1:3]] == ["USD", "CAD"]
            assert app.lines[1].index(".") == app.lines[2].index(".")

    asyncio.run(session())


def test_while_keys_come_quickly_only_the_first_move_and_where_they_rest_are_told(monkeypatch):
    told: list[str | None] = []
    timers: list[Callable[[], None]] = []

    def set_timer(_table: RecordTable, _seconds: float, rest: Callable[[], None]) -> Mock:
        timers.append(rest)
        return Mock()

    monkeypatch.setattr(RecordTable, "set_timer", set_timer)
    monkeypatch.setattr("console.tui.widgets.record_table.REST_SECONDS", 60)
    monkeypatch.setattr(
        Stand, "on_record_table_moved", lambda _app, event: told.append(event.key), raising=False
    )

    async def scenario(app: Stand, pilot: Pilot[None]) -> None:
        app.table.show([row(str(number)) for number in range(9)])
        app.table.focus()
        await pilot.pause()
        told.clear()
        await pilot.press(*["j"] * 6)
        assert told == ["1"]
        [rest] = timers
        rest()
        await pilot.pause()
        assert told == ["1", "6"]

    stand(scenario)


def test_kept_widths_stay_whatever_comes_but_no_amount_is_cut():
    async def scenario(app: Stand, pilot: Pilot[None]) -> None:
        app.table.keep_widths((12, 8, 20))
        app.table.show([row("1", "5.00", "Short")])
        await pilot.pause()
        places = app.lines[0]
        app.table.show([row("1", "5.00", "Short"), row("a long name", "1,234.50")])
        await pilot.pause()
        assert app.lines[0] == places
        assert app.lines[2].startswith("Invoice a l… 1,234.50 A reason")
        app.table.show([row("1", "1,234,567.50")])
        await pilot.pause()
        assert "1,234,567.50" in app.lines[1]

    stand(scenario)


def test_a_text_reaches_over_the_empty_cells_beside_it():
    async def scenario(app: Stand, pilot: Pilot[None]) -> None:
        app.table.keep_widths((12, 8, 20))
        app.table.show([Row("1", ("A name as long as this", "", ""))])
        await pilot.pause()
        assert app.lines[1] == "A name as long as this"

    stand(scenario)
