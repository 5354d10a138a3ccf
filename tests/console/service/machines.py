"""A machine that is a table of files and users: the steps are carried out on it for real."""

from __future__ import annotations

from collections.abc import Sequence

from console.service.machine import StepFailed


class PretendedMachine:
    """Knows the commands that the steps use, and nothing else."""

    def __init__(self, *, root: bool = True, systemd: bool = True) -> None:
        self.root, self.systemd = root, systemd
        self.users: set[str] = set()
        self.files: dict[str, str] = {}
        self.modes: dict[str, str] = {}
        self.enabled: set[str] = set()
        self.shown: dict[str, str] = {}
        self.ran: list[tuple[str, ...]] = []

    def is_root(self) -> bool:
        return self.root

    def has_systemd(self) -> bool:
        return self.systemd

    def has_user(self, name: str) -> bool:
        return name in self.users

    def read(self, path: str) -> str | None:
        return self.files.get(path)

    def is_there(self, path: str) -> bool:
        return path in self.files

    def run(self, words: Sequence[str], text: str = "") -> str:
        self.ran.append(tuple(words))
        match words:
            case ["useradd", *_, name]:
                self.users.add(name)
            case ["userdel", name]:
                self.users.remove(name)
            case ["install", "-d", "-m", mode, *owned, path]:
                self._owned_by_somebody(owned)
                self.files[path], self.modes[path] = "(a folder)", mode
            case ["install", "-m", mode, *owned, "/dev/stdin", path]:
                self._owned_by_somebody(owned)
                self.files[path], self.modes[path] = text, mode
            case ["ln", "-s", target, path]:
                self.files[path] = target
            case ["rm", path]:
                del self.files[path]
            case ["rm", "-r", folder]:
                self.files = {p: t for p, t in self.files.items() if not p.startswith(folder)}
            case ["systemctl", "enable", name]:
                assert f"/etc/systemd/system/{name}" in self.files or not self.systemd
                self.enabled.add(name)
            case ["systemctl", "disable", *names]:
                self.enabled -= set(names)
            case ["systemctl", "stop" | "daemon-reload", *_]:
                pass
            case _:
                raise AssertionError(words)
        return ""

    def _owned_by_somebody(self, words: Sequence[str]) -> None:
        owners = [word for word in words if not word.startswith("-")]
        if missing := set(owners) - self.users:
            raise StepFailed(f"invalid user: {missing}", "")

    def asked(self, words: Sequence[str]) -> str:
        match words:
            case ["systemctl", "is-enabled", name]:
                return "enabled\n" if name in self.enabled else "disabled\n"
            case ["systemctl", "is-active", name]:
                return "active\n" if name in self.enabled else "inactive\n"
            case ["systemctl", "show", *_]:
                return "".join(f"{name}={value}\n" for name, value in self.shown.items())
            case ["readlink", path]:
                return self.files.get(path, "") + "\n"
            case _:
                raise AssertionError(words)
