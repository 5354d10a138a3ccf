"""Settings: a TOML file, overridden by ``DESKBRIDGE_…``, each with the place it came from.

``SETTINGS``, made from the fields of ``Settings``, is the table that loading and ``doctor`` go by.
Annotations are not postponed here: every command reads this table, and text would have to be
evaluated first.
"""

import os
from collections.abc import Iterable, Mapping
from datetime import timedelta
from pathlib import Path
from typing import Annotated, Any, ClassVar, NamedTuple

from shared import sealing
from shared import setting_values as kinds
from shared.database_password import VARIABLE as DATABASE_PASSWORD
from shared.database_password import with_password
from shared.dates import DateFormat
from shared.mail_server import VARIABLE as MAIL_PASSWORD
from shared.rules.backups import Schedule
from shared.setting_values import BadValue, Parser, mask_secrets, one_of, switch, whole
from shared.structs import PartlyCompared, Value, field

PREFIX = "DESKBRIDGE_"
CONFIG_VARIABLE = "DESKBRIDGE_CONFIG"
SECRET_VARIABLES = (sealing.VARIABLE, MAIL_PASSWORD, DATABASE_PASSWORD)
"""What the environment may hold beside settings; it is never shown."""
FILE_NAME = "deskbridge.toml"
MACHINE_CONFIG = Path("/etc/deskbridge") / FILE_NAME


class Setting(Value):
    """One setting: its key in the file, its default as one would write it, what it does.

    ``default`` is shown text; an empty one is worked out when loading (see ``meaning``).
    ``parse`` takes what the file or the environment holds and raises BadValue.
    """

    name: str
    default: str
    meaning: str
    parse: Parser

    @property
    def env(self) -> str:
        """The environment variable that overrides the file."""
        return PREFIX + self.name.upper()


class SettingRow(NamedTuple):
    """One setting as people are shown it."""

    key: Annotated[str, "the key of the setting"]
    value: Annotated[str, "its value; a password is masked"]
    source: Annotated[str, "where it comes from: a file, an environment variable or `default`"]


class Settings(PartlyCompared):
    """Everything that can be set, checked: each with its default, meaning and parser (``Setting``).

    ``sources`` says per key where the value came from, ``config_path`` which file was read, if any.
    ``unused_environment`` lists ``DESKBRIDGE_…`` variables that resemble no setting and were left
    alone.
    """

    HIDDEN: ClassVar = ("database",)
    NOT_COMPARED: ClassVar = ("sources", "config_path", "unused_environment")

    database: Annotated[
        str,
        "",
        "Where all data is kept: sqlite:///path (four slashes for an absolute path) or"
        " postgresql://user@host/name. The password can follow the user, or be a separate"
        " credential (docs/secrets.md). Default: deskbridge.sqlite3 in the service's state"
        " directory, /var/lib/deskbridge for root, else the user's data directory.",
        kinds.database,
    ]
    listen: Annotated[
        tuple[str, ...],
        "tcp:8085:interface=127.0.0.1",
        "Where the daemon listens: Twisted endpoint strings, separated by spaces.",
        kinds.endpoints,
    ]
    api_listen: Annotated[
        tuple[str, ...],
        "tcp:8086:interface=127.0.0.1",
        "Where programs reach the HTTP API: Twisted endpoint strings, separated by "
        "spaces; off turns it off.",
        kinds.endpoints_or_off,
    ]
    admin_listen: Annotated[
        tuple[str, ...],
        "tcp:8087:interface=127.0.0.1",
        "Where monitoring reaches /healthz, /readyz and /metrics, without a password: "
        "Twisted endpoint strings, separated by spaces; off turns it off.",
        kinds.endpoints_or_off,
    ]
    trusted_proxies: Annotated[
        tuple[str, ...],
        "127.0.0.0/8 ::1",
        "Addresses and networks of your reverse proxies, separated by spaces. Deskbridge "
        "trusts their X-Forwarded-For header and does not apply limits per address to "
        "them; off trusts none. Connections over a UNIX socket are always trusted.",
        kinds.networks_or_off,
    ]
    public_url: Annotated[
        str,
        "http://localhost:8085",
        "The address at which the Web Connector reaches the daemon; it goes into .qwc files.",
        kinds.web_address,
    ]
    support_url: Annotated[
        str,
        "",
        "The support page named in .qwc files, on the same host as public_url. "
        "Default: public_url followed by /support.",
        kinds.web_address,
    ]
    date_format: Annotated[
        str,
        "us",
        "How dates and times are written for people: us (11/28/2026 and 5:36 PM) or iso "
        "(2026-11-28 and 17:36). Typed dates may be either. JSON, CSV and the API always use ISO.",
        one_of(*DateFormat),
    ]
    log: Annotated[
        str, "info", "How much is logged: debug, info, warn, error or critical.", kinds.level
    ]
    log_format: Annotated[
        str,
        "text",
        "The format of the log: text, or json for a program that collects logs.",
        one_of("text", "json"),
    ]
    minimum_webconnector: Annotated[
        str,
        "2.1.0.30",
        "The oldest Web Connector that may sign in; older ones get a message that says which"
        " version to install.",
        kinds.version,
    ]
    body_limit_bytes: Annotated[
        int, "65536", "Largest request body accepted without a session.", whole(4096, 1 << 30)
    ]
    response_limit_bytes: Annotated[
        int,
        "33554432",
        "Largest QuickBooks answer accepted from a session that is signed in.",
        whole(65536, 1 << 30),
    ]
    max_connections: Annotated[
        int,
        "100",
        "Network connections open at the same time; further ones are closed immediately.",
        whole(1, 100_000),
    ]
    max_connections_per_peer: Annotated[
        int,
        "10",
        "Network connections open at the same time from one address.",
        whole(1, 100_000),
    ]
    header_seconds: Annotated[
        int, "10", "A client has this long to send the headers of a request.", whole(1, 600)
    ]
    body_seconds: Annotated[
        int,
        "30",
        "A client has this long to send a body, plus one second for each 64 KiB it announced.",
        whole(1, 3600),
    ]
    idle_seconds: Annotated[
        int, "75", "An idle network connection is kept open this long.", whole(1, 3600)
    ]
    session_lease_seconds: Annotated[
        int,
        "600",
        "A session that waits for QuickBooks ends after this long without a call.",
        whole(30, 86_400),
    ]
    idle_lease_seconds: Annotated[
        int,
        "120",
        "A session in which the Web Connector should call next ends after this long.",
        whole(10, 86_400),
    ]
    page_size: Annotated[
        int, "200", "Invoices requested in the first page of a sync.", whole(1, 5000)
    ]
    page_size_max: Annotated[
        int,
        "500",
        "The most invoices requested in one page; pages adapt to the time they take.",
        whole(1, 5000),
    ]
    overlap_minutes: Annotated[
        int,
        "120",
        "Each sync reads again what changed this long before the previous one; covers "
        "clock changes.",
        whole(0, 10_080),
    ]
    sweep_minutes: Annotated[
        int,
        "60",
        "How often Invoice Sync compares all open invoices; in between, it reads what changed.",
        whole(0, 1440),
    ]
    transient_retries: Annotated[
        int,
        "3",
        "How often a request is repeated in one session if QuickBooks was only busy.",
        whole(0, 20),
    ]
    resend_after_seconds: Annotated[
        int,
        "900",
        "A payment whose request got no answer is sent again this long after it was last "
        "sent, at the earliest, and only if QuickBooks does not have it: the request may "
        "still be running.",
        whole(60, 86_400),
    ]
    waiting_is_a_problem_after_hours: Annotated[
        int,
        "24",
        "A payment that waits longer than this also becomes a problem; it continues to wait.",
        whole(1, 8760),
    ]
    invoiced_poll_seconds: Annotated[
        int,
        "60",
        "How often a connected Invoiced account is checked for payments.",
        whole(10, 86_400),
    ]
    keep_days: Annotated[
        int, "90", "Finished syncs are deleted after this many days.", whole(1, 36_500)
    ]
    backup_directory: Annotated[
        str,
        "",
        "The folder that the daemon backs a SQLite store up into, preferably on another disk."
        " Default: the daemon makes no backups.",
        kinds.folder_or_none,
    ]
    backup_every_hours: Annotated[
        int, "24", "How often the daemon backs the store up.", whole(1, 8760)
    ]
    backup_keep: Annotated[
        int,
        "14",
        "How many of its backups the daemon keeps; older ones are deleted.",
        whole(1, 10_000),
    ]
    webhooks_to_private_addresses: Annotated[
        bool,
        "off",
        "Whether webhooks may be sent to this machine and to private networks: on or off.",
        switch,
    ]
    mail_server: Annotated[
        str,
        "",
        "The mail server for alerts: smtp://user@host:587 (requires STARTTLS), "
        "smtps://user@host:465, or smtp://localhost for the mail server of this machine. "
        "Its password is a separate credential: docs/alerts.md. Default: no mail is "
        "sent.",
        kinds.mail_server,
    ]
    mail_from: Annotated[
        str,
        "",
        "The sender of that mail. Default: deskbridge@ and the name of this machine.",
        kinds.mail_address,
    ]
    store_threads: Annotated[
        int,
        "0",
        "Threads that work on the database; 0 means 1 on SQLite and 4 on PostgreSQL.",
        whole(0, 32),
    ]
    drain_seconds: Annotated[
        int, "20", "A stopping daemon lets running calls finish for this long.", whole(0, 600)
    ]
    sources: Mapping[str, str] = field(default_factory=dict)
    config_path: Path | None = None
    unused_environment: tuple[str, ...] = ()

    @property
    def database_shown(self) -> str:
        """The database with its password masked: the only form to show or log."""
        return mask_secrets(self.database)

    @property
    def worker_threads(self) -> int:
        """``store_threads`` with 0 resolved for the database in use."""
        return self.store_threads or (1 if self.database.startswith("sqlite:") else 4)

    @property
    def backup_schedule(self) -> Schedule | None:
        """How the daemon backs the store up; None: it does not."""
        if not self.backup_directory or not self.database.startswith("sqlite:"):
            return None
        every = timedelta(hours=self.backup_every_hours)
        return Schedule(Path(self.backup_directory), every, self.backup_keep)

    def shown(self) -> list[SettingRow]:
        """Every setting in table order, secrets masked."""
        return [
            SettingRow(s.name, self._shown(s.name), self.sources.get(s.name, "default"))
            for s in SETTINGS
        ]

    def _shown(self, name: str) -> str:
        value = getattr(self, name)
        if isinstance(value, bool):
            return "on" if value else "off"
        return mask_secrets(" ".join(value) if isinstance(value, tuple) else str(value))


SETTINGS: tuple[Setting, ...] = tuple(
    Setting(name, *declared.__metadata__)
    for name, declared in Settings.__annotations__.items()
    if hasattr(declared, "__metadata__")
)
_BY_NAME = {setting.name: setting for setting in SETTINGS}
_ORDERED = (
    ("page_size", "page_size_max"),
    ("body_limit_bytes", "response_limit_bytes"),
    ("max_connections_per_peer", "max_connections"),
)
_NOWHERE = "Remove it; docs/settings.md lists all settings"


class SettingFault(Value):
    """One setting that cannot be used. ``source`` is the file or variable that holds it."""

    key: str
    source: str
    value: str
    problem: str
    remedy: str

    def __str__(self) -> str:
        shown = f' is "{self.value}"' if self.value else ""
        return f"{self.key} ({self.source}){shown}: {self.problem}. {_stopped(self.remedy)}"


def _stopped(sentence: str) -> str:
    return sentence if sentence.endswith(("?", ".")) else f"{sentence}."


class SettingsRefused(Exception):
    """The settings cannot be used; ``faults`` has every reason, not only the first."""

    code = "settings-refused"

    def __init__(self, faults: Iterable[SettingFault]) -> None:
        self.faults = tuple(faults)
        super().__init__("\n".join(str(fault) for fault in self.faults))


def load_settings(config_path: Path | None, environ: Mapping[str, str]) -> Settings:
    """Read the settings: defaults, then the TOML file, then ``DESKBRIDGE_…``.

    Without ``config_path`` the file is the one ``find_config`` names, if any. An empty
    variable counts as unset. Raises SettingsRefused with all faults.
    """
    path = config_path or find_config(environ)
    written = _written(_read_file(path), environ, str(path or ""))
    values: dict[str, Any] = {}
    faults: list[SettingFault] = []
    for setting in SETTINGS:
        raw, source = written.get(setting.name, (_default(setting, values, environ), "default"))
        try:
            values[setting.name] = setting.parse(raw)
        except BadValue as bad:
            faults.append(_fault(setting.name, source, raw, bad))
    sources = {name: written[name][1] if name in written else "default" for name in _BY_NAME}
    faults += _contradictions(values, sources)
    if not faults:
        try:
            values["database"] = with_password(values["database"], environ)
        except sealing.CannotOpen as closed:
            refused = BadValue(closed.sentence.rstrip("."), closed.remedy)
            faults.append(_fault("database", sources["database"], values["database"], refused))
    if faults:
        raise SettingsRefused(faults)
    return Settings(
        **values, sources=sources, config_path=path, unused_environment=_foreign(environ)
    )


def find_config(environ: Mapping[str, str]) -> Path | None:
    """Return the settings file to read when none was named on the command line.

    ``DESKBRIDGE_CONFIG`` names one that must exist. Else the first that exists of the
    service's configuration directory, the user's own and the machine's.
    """
    if named := environ.get(CONFIG_VARIABLE):
        return Path(named)
    places = [
        Path(d) / FILE_NAME for d in environ.get("CONFIGURATION_DIRECTORY", "").split(":") if d
    ]
    if os.geteuid() != 0:  # with sudo -E or runuser the home is still somebody else's
        import platformdirs  # 3 ms, which a command does not pay where no folder is looked for

        own = platformdirs.user_config_path("deskbridge")
        if os.access(own, os.X_OK):
            places.append(own / FILE_NAME)
    return next((place for place in [*places, MACHINE_CONFIG] if place.is_file()), None)


def _read_file(path: Path | None) -> dict[str, object]:
    if path is None:
        return {}
    import tomllib  # 3 ms, which a command without a settings file does not pay

    try:
        return tomllib.loads(path.read_text("utf-8-sig"))
    except FileNotFoundError:
        problem, remedy = "there is no such file", "Name an existing file or leave the choice out"
    except IsADirectoryError:
        problem, remedy = "it is a directory", f"Name the file itself, such as {path / FILE_NAME}"
    except PermissionError:
        problem = "it may not be read by this user"
        remedy = "Run as the service's user or let this user read the file"
    except UnicodeDecodeError:
        problem, remedy = "it is not UTF-8 text", "Save it as UTF-8"
    except OSError as error:
        problem, remedy = f"it cannot be read ({error.strerror})", "Check the file"
    except tomllib.TOMLDecodeError as error:
        problem = f"it is not TOML: {mask_secrets(str(error))}"
        remedy = 'Write settings as key = "text" or key = number'
    raise SettingsRefused([SettingFault("settings file", str(path), "", problem, remedy)])


def _written(
    file: Mapping[str, object], environ: Mapping[str, str], path: str
) -> dict[str, tuple[object, str]]:
    """Return key -> (raw value, source), the environment above the file; refuse unknown keys."""
    faults = [
        _unknown(key, path, f"Did you mean {near}?" if (near := _nearest(key)) else _NOWHERE)
        for key in file
        if key not in _BY_NAME
    ]
    faults += [
        _unknown(name, "environment", f"Did you mean {PREFIX}{near.upper()}?")
        for name in _foreign(environ)
        if (near := _nearest(name.removeprefix(PREFIX).lower()))
    ]
    if faults:
        raise SettingsRefused(faults)
    written = {key: (value, path) for key, value in file.items()}
    for setting in SETTINGS:
        if text := environ.get(setting.env):
            written[setting.name] = (text, setting.env)
    return written


def _default(setting: Setting, known: Mapping[str, Any], environ: Mapping[str, str]) -> str:
    if setting.name == "database":
        return f"sqlite:///{_state_directory(environ) / 'deskbridge.sqlite3'}"
    if setting.name == "support_url":
        # A refused public_url has its own fault; its default keeps this one quiet.
        public_url: str = known.get("public_url", _BY_NAME["public_url"].default)
        return f"{public_url}/support"
    return setting.default


def _state_directory(environ: Mapping[str, str]) -> Path:
    if given := environ.get("STATE_DIRECTORY", "").split(":")[0]:
        return Path(given)
    if os.geteuid() == 0:
        return Path("/var/lib/deskbridge")
    import platformdirs

    return platformdirs.user_data_path("deskbridge")


def _contradictions(values: dict[str, Any], sources: Mapping[str, str]) -> list[SettingFault]:
    """Compare settings with each other; a default gives way to what somebody wrote."""
    faults = []
    for small, large in _ORDERED:
        if small not in values or large not in values or values[small] <= values[large]:
            continue
        if sources[small] == "default":
            values[small] = values[large]
            continue
        bad = BadValue(f"it is more than {large}, {values[large]}", "Lower it or raise the other")
        faults.append(_fault(small, sources[small], values[small], bad))
    if values.get("store_threads", 0) > 1 and values.get("database", "").startswith("sqlite:"):
        bad = BadValue("SQLite takes one writer at a time", "Write 0 or 1, or use PostgreSQL")
        threads = values["store_threads"]
        faults.append(_fault("store_threads", sources["store_threads"], threads, bad))
    return faults


def _fault(key: str, source: str, raw: object, bad: BadValue) -> SettingFault:
    return SettingFault(key, source, mask_secrets(str(raw)), bad.problem, bad.remedy)


def _unknown(key: str, source: str, remedy: str) -> SettingFault:
    return SettingFault(key, source, "", "there is no such setting", remedy)


def _nearest(key: str) -> str:
    import difflib  # 1 ms, for a wrong name alone

    return next(iter(difflib.get_close_matches(key, _BY_NAME, n=1, cutoff=0.75)), "")


def _foreign(environ: Mapping[str, str]) -> tuple[str, ...]:
    known = {setting.env for setting in SETTINGS} | {CONFIG_VARIABLE, *SECRET_VARIABLES}
    return tuple(sorted(name for name in environ if name.startswith(PREFIX) and name not in known))
