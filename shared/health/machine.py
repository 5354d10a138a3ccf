"""What the checks ask of the machine that they run on."""

from __future__ import annotations

import os
import shutil
from datetime import datetime
from pathlib import Path
from socket import gethostname
from typing import Protocol

from shared import open_files
from shared.clock import utc_now
from shared.files import is_read_only


class Machine(Protocol):
    """This machine, or a test's idea of one."""

    def now(self) -> datetime:
        """The present, in UTC."""

    def user_id(self) -> int:
        """The operating-system user that we run as."""

    def free_bytes(self, folder: Path) -> int:
        """Room for this user on the disk of that folder. Raises OSError."""

    def may_write(self, path: Path) -> bool:
        """Whether this user may write to that file or into that folder."""

    def lacks(self, host: str, process: int, file: Path) -> bool:
        """Whether that process of ours runs on this machine and does not have the file open."""


class ThisMachine(Machine):
    """The real one."""

    def now(self) -> datetime:
        return utc_now()

    def user_id(self) -> int:
        return os.geteuid()

    def free_bytes(self, folder: Path) -> int:
        return shutil.disk_usage(folder).free

    def may_write(self, path: Path) -> bool:
        folder = path if path.is_dir() else path.parent
        return os.access(path, os.W_OK) and not is_read_only(folder)

    def lacks(self, host: str, process: int, file: Path) -> bool:
        return host == gethostname() and open_files.lacks(process, file)
