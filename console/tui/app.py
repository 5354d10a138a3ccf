"""The console: main screens side by side, each with its own place, on one store."""

from __future__ import annotations

import gc
import os
from functools import partial
from pathlib import Path, PurePath
from typing import TYPE_CHECKING, Any, cast

from rich.terminal_theme import TerminalTheme
from textual._compositor import CompositorUpdate
from textual.app import App
from textual.events import Resize
from textual.message import Message
from textual.screen import Screen

from console.tui.bindings import bind, bindings, hide
from console.tui.main_screens import HOME, MAIN_SCREENS, MainScreen
from console.tui.painting import OnlyChanged, Shown
from console.tui.preferences import Preferences
from console.tui.screens.base import ConsoleScreen
from console.tui.themes import ANSI_COLORS, HIGH_CONTRAST, OWN_COLORS, theme_of
from console.tui.widgets.dialogs import ask_with
from console.tui.widgets.header import Header, Standing
from console.tui.widgets.secret import Secret, covered
from console.tui.worker import Company, StoreWorker
from shared import dates
from shared.structs import replace

if TYPE_CHECKING:
    from concurrent.futures import Future

    from shared.models.store import Store
    from shared.operations.pulse import Pulse


_STYLES: list[str | PurePath] = ["app.tcss", *sorted(Path(__file__).parent.glob("screens/*.tcss"))]
WARM_UP_SECONDS = 0.2
PULSE_SECONDS = 5.0
"""How often the numbers of the header are read."""
SETTLING_SECONDS = 0.02
"""How long paints are held back while one screen takes the place of another."""


def _read_pulse(store: Store, company_id: int | None) -> tuple[Pulse, str | None]:
    from shared.operations import pulse  # on the thread that reads

    return pulse.view(store), pulse.name_of(store, company_id)


class PulseRead(Message):
    """The store answered how everything goes, and what ``company`` is called now, or could not."""

    def __init__(self, company: Company | None, future: Future[tuple[Pulse, str | None]]) -> None:
        super().__init__()
        self.company = company
        self.future = future


def _warm_up() -> None:
    for screen in MAIN_SCREENS:
        screen.load()
    gc.freeze()  # modules and styles stay: looking through them again would hold up a key


class DeskbridgeApp(App[None], inherit_bindings=False):
    """The console on one store. Ends with ``q``; what it changed is in the store by then.

    ``preferences`` is what the operator chose before. ``warm_up_seconds`` after the first screen
    stands the others are imported; None: when they are shown.
    """

    TITLE = "Deskbridge"
    # All at once: each that came later would have all of them read again.
    CSS_PATH = _STYLES
    ENABLE_COMMAND_PALETTE = False  # there is ``JumpScreen``, which finds data as well
    HORIZONTAL_BREAKPOINTS = [(0, "-narrow"), (100, "-normal"), (120, "-wide"), (180, "-broad")]  # noqa: RUF012
    VERTICAL_BREAKPOINTS = [(0, "-tiny"), (16, "-low"), (30, "-tall")]  # noqa: RUF012 - as Textual declares it
    DEFAULT_MODE = HOME
    BINDINGS = bindings(
        *(
            bind(screen.key, f"go('{screen.name}')", screen.title, screen.tooltip)
            for screen in MAIN_SCREENS
        ),
        bind(
            "colon,ctrl+p",
            "jump",
            "Jump",
            "Go to a company, customer, invoice, payment, sync, problem, code or action.",
        ),
        bind("question_mark,f1", "help", "Help", "This list of keys."),
        hide(
            "ctrl+l", "redraw", "Redraw", "Redraw the screen after another program wrote over it."
        ),
        bind("q,ctrl+c", "quit", "Quit", "Leave the console; the daemon keeps running."),
    )

    def __init__(
        self,
        worker: StoreWorker,
        *,
        preferences: Preferences | None = None,
        warm_up_seconds: float | None = None,
    ) -> None:
        # Told at once, or Textual would turn the terminal's own colors into black on black.
        super().__init__(ansi_color=True if "NO_COLOR" in os.environ else None)
        self.worker = worker
        self.company: Company | None = None
        self.standing = Standing()
        self._shown = Shown()
        self._size_shown = self.size
        self._pulse_asked = False
        self._trail: list[str] = []
        self._warm_up_seconds = warm_up_seconds
        self.register_theme(OWN_COLORS)
        self.register_theme(HIGH_CONTRAST)
        self._preferences = preferences or Preferences(None)
        self._colors = self._preferences.colors
        self.theme = theme_of(self._colors)
        for main in MAIN_SCREENS:
            self.add_mode(main.name, partial(self._made, main))

    def _made(self, main: MainScreen) -> Screen[Any]:
        screen = main.load()()
        # It has the styles of the moment. Textual, not sure of that, would read all styles again
        # before it shows a new screen, and then once more.
        screen._css_update_count = self._css_update_count
        return screen

    @property
    def ansi_theme(self) -> TerminalTheme:
        """What the sixteen colors are in a theme that is not the terminal's own."""
        return ANSI_COLORS.get(self.theme, super().ansi_theme)

    def delay_update(self, delay: float = SETTLING_SECONDS) -> None:
        """Hold paints back for a moment while screens change; Textual's own moment is longer."""
        super().delay_update(min(delay, SETTLING_SECONDS))

    def _display(self, screen: Screen[Any], renderable: Any) -> None:
        # While updates are held back, nothing is shown.
        if isinstance(renderable, CompositorUpdate) and not self._batch_count:
            left = OnlyChanged(renderable, self._shown, self.size.width, self.console)
            renderable = left if left.sequence else None
        super()._display(screen, renderable)

    def on_resize(self, event: Resize) -> None:
        """What a terminal shows after its size changed, nobody knows."""
        if event.size != self._size_shown:
            self._size_shown = event.size
            self._shown.forget()

    def action_redraw(self) -> None:
        """Paint everything again, whatever the terminal shows."""
        self._shown.forget()
        self._display(self.screen, self.screen._compositor.render_update(full=True))

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Let nobody jump out of a dialog: what it asks or shows would be lost."""
        if action == "jump":
            return not self.screen.is_modal
        return True

    def focus_on(self, company: Company | None) -> None:
        """Have every list be about this company, or about all; the one in view follows at once."""
        if company != self.company:
            self.company = company
            self.show_standing()
            if isinstance(self.screen, ConsoleScreen):
                self.screen.follow_company()

    def action_go(self, name: str) -> None:
        """Open a main screen by its key."""
        self.open_main(name)

    def open_main(self, name: str) -> None:
        """Open a main screen, fresh: nothing filtered, the cursor on top. Esc leads back."""
        before = self.current_mode
        if name != before:
            self._trail = [one for one in self._trail if one not in (name, before)] + [before]
            self.switch_mode(name)
        while len(self.screen_stack) > 1:
            self.pop_screen()
        if isinstance(self.screen, ConsoleScreen) and self.screen.is_mounted:
            self.screen.fresh()

    def go_back(self) -> None:
        """Go to the main screen before, with all that was open there; from the first one, home."""
        self.switch_mode(self._trail.pop() if self._trail else HOME)

    @property
    def is_first(self) -> bool:
        """Whether there is nowhere to go back to."""
        at_home = len(self.screen_stack) == 1 and self.current_mode == HOME
        return at_home and not self._trail

    def action_jump(self) -> None:
        """Ask where to, and go there."""
        from console.tui.palette import offered
        from console.tui.screens.jump import JumpScreen

        ask_with(self, JumpScreen(list(offered(self.screen))), self.call_later)

    def action_colors(self) -> None:
        """Choose other colors, which are kept."""
        from console.tui.screens.colors import ColorsDialog

        ask_with(self, ColorsDialog(self._colors), self._keep_colors)

    def _keep_colors(self, name: str) -> None:
        self._colors = name
        try:
            self._preferences.keep_colors(name)
        except OSError as error:
            why = error.strerror or str(error)
            told = f"These colors are for this session only: {error.filename} cannot be written"
            cast(ConsoleScreen, self.screen).say(f"{told} ({why}).")

    def action_help(self) -> None:
        """Show the keys that work now."""
        from console.tui.screens.help import HelpScreen

        if not isinstance(self.screen, HelpScreen):
            self.push_screen(HelpScreen(self.screen))

    def copy_secret(self, text: str) -> None:
        """Put a password on the clipboard of the operator's terminal, and on no other of ours."""
        self.copy_to_clipboard(text)
        self._clipboard = ""

    def export_screenshot(self, *, title: str | None = None, simplify: bool = False) -> str:
        """Return a picture of the screen; a password on it is covered."""
        secrets = [one for screen in self.screen_stack for one in screen.query(Secret)]
        with covered(secrets):
            return super().export_screenshot(title=title, simplify=simplify)

    def _fatal_error(self) -> None:
        # As in Textual, but without the values of variables: a password may be among them.
        import rich
        import textual
        from rich.traceback import Traceback

        self._exit_renderables.append(Traceback(show_locals=False, suppress=[rich, textual]))
        self._close_messages_no_wait()

    def ask_pulse(self) -> None:
        """Have the numbers of the header read, unless they are being read."""
        if not self._pulse_asked:
            self._pulse_asked = True
            company = self.company
            question = partial(_read_pulse, company_id=company.id if company else None)
            future = self.worker.read(question)
            future.add_done_callback(lambda done: self.post_message(PulseRead(company, done)))

    def on_pulse_read(self, message: PulseRead) -> None:
        """Show the numbers; where they could not be read, the screen tells why."""
        self._pulse_asked = False
        if message.future.exception() is None:
            pulse, name = message.future.result()
            self.standing = replace(self.standing, pulse=pulse)
            if message.company is not None and message.company == self.company:
                # It may have been renamed, or removed, since.
                self.focus_on(replace(message.company, name=name) if name else None)
        self.show_standing()
        if self._warm_up_seconds is not None:  # before their key is pressed, but after all else
            self.set_timer(self._warm_up_seconds, lambda: self.worker.beside(_warm_up))
            self._warm_up_seconds = None

    def show_standing(self) -> None:
        """Have the header on top show the present standing, and the time."""
        now = self.worker.clock()
        company = self.company.name if self.company else ""
        minute = now.replace(second=0, microsecond=0)
        self.standing = replace(
            self.standing, company=company, now=minute, clock=dates.time_of(now)
        )
        for header in self.screen.query(Header):
            header.follow()

    def on_mount(self) -> None:
        """Begin to follow how everything goes."""
        if self.worker.poll_seconds is not None:
            self.set_interval(PULSE_SECONDS, self.ask_pulse)

    def on_ready(self) -> None:
        """Ask for the numbers of the header, behind what the first screen has asked."""
        self.ask_pulse()

    def on_unmount(self) -> None:
        """Let go of the store."""
        self.worker.close()
