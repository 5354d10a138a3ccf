"""The line to type in, opened by ``/``: it narrows a table, or looks for something in a text."""

from __future__ import annotations

from textual.message import Message
from textual.widgets import Input

from console.tui.bindings import bind, bindings, hide


class FilterLine(Input):
    """Hidden until it is opened; Enter goes back to the table and keeps it, Esc clears it."""

    BINDINGS = bindings(
        bind("enter", "submit", "Done", "Go back to the records and keep the filter."),
        hide("down", "submit", "Done", "The same."),
        bind("escape", "give_up", "Clear", "Clear what was typed and go back."),
    )
    DEFAULT_CSS = """
    FilterLine { display: none; height: 1; border: none; padding: 0 1; }
    FilterLine:focus { border: none; }
    FilterLine.-open { display: block; }
    """

    class Closed(Message):
        """The line was left: what it is about takes the focus back."""

    def __init__(self, placeholder: str) -> None:
        super().__init__(placeholder=placeholder, compact=True)

    def open(self) -> None:
        """Show the line and type in it."""
        self.add_class("-open")
        self.focus()

    async def action_submit(self) -> None:
        """Leave the line as it is; an empty one goes away."""
        self.set_class(bool(self.value), "-open")
        await super().action_submit()
        self.post_message(self.Closed())

    def clear_and_hide(self) -> None:
        """Take what was typed away, and the line with it."""
        self.value = ""
        self.remove_class("-open")

    def action_give_up(self) -> None:
        """Clear the line and leave it."""
        self.clear_and_hide()
        self.post_message(self.Closed())
