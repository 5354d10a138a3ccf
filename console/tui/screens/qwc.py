"""A password is made and shown this once, with what the bookkeeper has to do."""

from __future__ import annotations

import os
from collections.abc import Iterator
from functools import partial
from typing import TYPE_CHECKING, TypeAlias, cast

from rich.text import Text
from textual import on
from textual.app import ComposeResult
from textual.widgets import Button, Static

from console.tui import render
from console.tui.bindings import bind, bindings, hide
from console.tui.screens.asking import Asking
from console.tui.widgets.secret import Secret
from console.tui.widgets.text_view import Labeled, Paragraph, TextView
from console.tui.widgets.title_bar import TitleBar
from console.tui.worker import Trouble
from shared import dates
from shared.operations import issuing
from shared.operations.describe.issuing import ONCE
from shared.operations.describe.text import plain
from shared.structs import replace

if TYPE_CHECKING:
    from console.tui.worker import Console
    from shared.operations.issuing import Issued, IssuePlan, Link, Offered

CLOSE = f"{ONCE} Choose Done to close."
Ended: TypeAlias = "Issued | Trouble"
"""What was made, without its password, or why nothing was."""

_NO_CLIPBOARD = ("linux", "dumb", "vt100", "vt220")


class PasswordScreen(Asking[Ended]):
    """Has a plan make a password and shows it; there is no way out but Done.

    What the plan needs was confirmed before. Where it is refused, the dialog ends with the
    trouble, and whoever opened it says it.
    """

    AUTO_FOCUS = None
    BINDINGS = bindings(
        bind("C", "copy", "Copy password", "Copy it to your terminal's clipboard."),
        bind("tab", "app.focus_next", "Next button", "The next button; Done is last."),
        hide("f1,question_mark", "app.help", "Help", "This list of keys."),
        hide(
            "escape,q,ctrl+c,ctrl+q",
            "stay",
            "Close with Done",
            "Only Done closes this: the password won't be shown again.",
        ),
        hide("left", "app.focus_previous", "Button", "The previous button."),
        hide("right", "app.focus_next", "Button", "The next button."),
        hide("up", "read(-1)", "Scroll up", "Scroll the steps up."),
        hide("down", "read(1)", "Scroll down", "Scroll the steps down."),
    )

    def __init__(self, plan: IssuePlan) -> None:
        super().__init__()
        self._plan = plan
        self._issued: Issued | None = None
        self._links: tuple[Link, ...] = ()

    def compose(self) -> ComposeResult:
        yield from self.framed(
            "Password",
            Static("Working…", id="whose"),
            Secret(),
            Static(Text(CLOSE), id="once"),
            TextView(),
            copy="Copy password",
            steps="Copy the rest",
            links="Download links",
            done="Done",
        )

    def on_mount(self) -> None:
        """Begin; there is nothing to see yet."""
        self.add_class("-working")
        confirmed = [need.code for need in self._plan.needs]
        self.go_on(self.worker.decide(self._plan, confirmed), self._made)

    def refused(self, trouble: Trouble) -> None:
        """Leave as long as there is no password; later, say what else did not work."""
        if self._issued is None:
            self.dismiss(trouble)
        else:
            super().refused(trouble)

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Without a password there is nothing to copy, without files nothing to fetch."""
        if action in ("copy", "copy_steps") and self._issued is None:
            return None
        if action == "copy":
            return bool(self._issued and self._issued.password)
        if action == "links":
            return bool(self._issued and self._issued.files)
        return True

    def action_stay(self) -> None:
        """Say how to leave."""
        if self._issued is not None:
            self.say(CLOSE)

    def action_read(self, lines: int) -> None:
        """Scroll what the bookkeeper has to do."""
        self.query_one(TextView).scroll_relative(y=lines, animate=False)

    @on(Button.Pressed, "#copy")
    def action_copy(self) -> None:
        """Copy the password."""
        if self._issued is not None:
            cast("Console", self.app).copy_secret(self._issued.password)
            self.say(copied("the password"))

    @on(Button.Pressed, "#steps")
    def action_copy_steps(self) -> None:
        """Copy everything but the password: it should go another way."""
        self.app.copy_to_clipboard(self.query_one(TextView).text)
        self.say(copied("the rest, without the password"))

    @on(Button.Pressed, "#links")
    def action_links(self) -> None:
        """Have the daemon hand out the files."""
        if self._issued is None:
            return
        self.say("Working…")
        question = partial(
            issuing.plan_links, settings=self.worker.settings, which=self._issued.connection.id
        )
        self.go_on(
            self.worker.read(question),
            lambda plan: self.go_on(self.worker.decide(plan, ()), self._offered),
        )

    def _made(self, issued: Issued) -> None:
        self._issued = issued
        self.remove_class("-working")
        self.query_one(TitleBar).show(place=f"Password of {issued.connection.name}")
        self.query_one("#whose", Static).update(Text(plain(_heading(issued)), style="bold"))
        self.query_one(Secret).show(issued.password)
        self.query_one("#links", Button).display = bool(issued.files)
        for part in ("Secret", "#once", "#copy"):  # they are about a new password
            self.query_one(part).display = bool(issued.password)
        self.query_one(TextView).show([*self._told()])
        first = "#copy" if issued.password else "#steps"
        self.call_after_refresh(self.query_one(first, Button).focus)
        self.refresh_bindings()

    def _offered(self, offered: Offered) -> None:
        self._links = offered.links
        self.query_one(TextView).show([*self._told()], from_top=True)
        self.say(f"{offered.sentence} [Copy the rest] copies them with everything else.")

    @on(Button.Pressed, "#done")
    def _leave(self) -> None:
        if (issued := self._issued) is not None:
            self.query_one(Secret).forget()
            self._issued = None
            self._links = ()
            self.dismiss(replace(issued, password=""))

    def _told(self) -> Iterator[Paragraph]:
        issued = self._issued
        if issued is None:
            return
        if issued.replaced:
            yield Text("The old password no longer works.")
        elif not issued.password:
            yield Text("The password was not changed.")
        for link in self._links:
            yield render.titled(f"Once, until {dates.time_of(link.expires_at)}", link.file_name)
            yield link.address
        for application in issued.applications:
            yield render.titled(f"User name of {application.kind.label}", application.username)
        for file in issued.files:
            yield render.titled(f"File of {file.application.kind.label}", str(file.path))
        yield Text()
        yield from _steps(issued)


def _steps(issued: Issued) -> Iterator[Paragraph]:
    """What the bookkeeper has to do, in order."""
    where = "On the PC with QuickBooks" if issued.files else "In the Web Connector"
    yield Text(where, style="bold")
    for number, step in enumerate(issued.steps, start=1):
        yield Labeled(Text(f"{number}. "), Text(plain(step)))


def _heading(issued: Issued) -> str:
    if issued.password:
        return f"Password of {issued.connection.name}:"
    return f"Files of {issued.connection.name}"


def copied(what: str) -> str:
    """Say that a text was sent to the clipboard, and whether it may not have arrived."""
    terminal = os.environ.get("TERM", "")
    if terminal in _NO_CLIPBOARD:
        return (
            f"This terminal ({terminal}) does not support the clipboard (OSC 52): copy {what}"
            " from the screen."
        )
    if "TMUX" in os.environ:
        return f"Copied {what}. If nothing arrives: in tmux, set -g set-clipboard on."
    return f"Copied {what}. If nothing arrives, your terminal does not support OSC 52."
