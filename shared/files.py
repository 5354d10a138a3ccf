"""Files that appear together or not at all, readable by their owner only; and whose they are."""

from __future__ import annotations

import contextlib
import errno
import os
import pwd
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path


@contextmanager
def all_or_nothing(folder: Path) -> Iterator[Callable[[str, bytes], Path]]:
    """Yield a function that puts bytes under a name into ``folder`` and returns the path.

    The folder is created when missing. When the block ends in an error, what was put there
    goes again and what stood there before comes back. Raises OSError.
    """
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    with ExitStack() as undo:

        def put(name: str, content: bytes) -> Path:
            target = folder / name
            if target.exists():
                undo.callback(write_private, target, target.read_bytes())
            else:
                undo.callback(target.unlink, missing_ok=True)
            write_private(target, content)
            return target

        yield put
        undo.pop_all()
    flush_folder(folder)


def write_private(target: Path, content: bytes) -> None:
    """Write one file for its owner only, in one step: nobody ever sees half of it.

    Raises OSError, and leaves nothing behind then.
    """
    draft = target.with_name(f".{target.name}.{os.urandom(4).hex()}")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(descriptor, "wb") as stream:
            stream.write(content)
            stream.flush()
            os.fsync(descriptor)
        draft.replace(target)
    except BaseException as error:
        draft.unlink(missing_ok=True)
        if isinstance(error, OSError) and error.filename is None:
            error.filename = str(target)  # write and fsync do not say where
        raise


def flush_folder(folder: Path) -> None:
    """Have the names in a folder on the disk."""
    # Not every file system lets a folder be flushed; the files themselves are on the disk.
    with contextlib.suppress(OSError):
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


def remedy_for(error: OSError) -> str:
    """What to do about a file or a folder that the system refused; empty where nobody knows."""
    return _REMEDIES.get(error.errno or 0, "")


_REMEDIES = {
    errno.EACCES: "Run as the service's user, or choose a place that you may write to",
    errno.EPERM: "Run as the service's user, or choose a place that you may write to",
    errno.EROFS: "Choose a place that can be written to",
    errno.ENOENT: "Check the path: it does not exist",
    errno.ENOTDIR: "Choose a folder; part of that path is a file",
    errno.EEXIST: "Choose a name that is not taken by something else",
    errno.EISDIR: "Name a file; that is a folder",
    errno.ENOSPC: "Free space on that disk, then repeat the command",
    errno.EDQUOT: "Free space in your quota, then repeat the command",
}


def user_name(user_id: int) -> str:
    """The name of an operating-system user; ``user 1234`` for one that has none."""
    try:
        return pwd.getpwuid(user_id).pw_name
    except KeyError:
        return f"user {user_id}"


def make_private_file(path: Path) -> None:
    """Make an empty file for its owner only, whoever the umask lets in. Raises OSError.

    FileExistsError for one that is there.
    """
    descriptor = os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
    try:
        os.fchmod(descriptor, 0o600)  # a umask may have taken some of it away
    finally:
        os.close(descriptor)


def give_to_owner_of_folder(path: Path) -> None:
    """What root makes in the folder of a service belongs to that service. Raises OSError."""
    if os.geteuid() == 0:
        folder = path.parent.stat()
        os.chown(path, folder.st_uid, folder.st_gid)


def why_closed(path: Path) -> str:
    """What keeps this user from ``path`` or its folder, and what to do; empty: nothing is seen."""
    folder = path.parent
    try:
        if is_read_only(folder):
            return f"The file system of {folder} is read-only. {_how_to_write(folder)}"
        owner = folder.stat().st_uid
        if not _may_use(folder):
            return _whose(folder, owner)
        file_owner = path.stat().st_uid
    except OSError:
        return ""
    if _may_use(path):
        return ""
    if file_owner == owner:
        return _whose(path, owner)
    named = user_name(owner)
    told = f"{path} belongs to {user_name(file_owner)}, its folder to {named}."
    return f"{told} Run: sudo chown {named} {path}*"


def is_read_only(folder: Path) -> bool:
    """Whether nothing can be written to the file system of a folder. Raises OSError."""
    return bool(os.statvfs(folder).f_flag & os.ST_RDONLY) or _met_an_error(folder)


def _met_an_error(folder: Path) -> bool:
    """Whether ext4 gave up writing, which Linux 6.16 and later tell in the mount's options only."""
    device = folder.stat().st_dev
    number = f"{os.major(device)}:{os.minor(device)}"
    mounts = [line.split() for line in _MOUNTS.read_text("utf-8").splitlines()]
    return any(one[2] == number and "emergency_ro" in one[-1].split(",") for one in mounts)


_MOUNTS = Path("/proc/self/mountinfo")


def _how_to_write(folder: Path) -> str:
    mounted = next(one for one in (folder, *folder.parents) if one.is_mount())
    if _met_an_error(folder):
        return (
            "It met an error (journalctl -k). Stop the daemon, then have it checked: restart the"
            f" machine; or unmount {mounted}, run fsck, and mount it again."
        )
    return (
        "Find out why: a failing disk is mounted read-only (journalctl -k), and a service may"
        " write only where its unit allows it (ReadWritePaths). Then run: sudo mount -o"
        f" remount,rw {mounted}"
    )


def _whose(path: Path, owner: int) -> str:
    if owner == os.geteuid():
        return f"{path} is yours, but its mode keeps you out. Run: chmod u+rwX {path}"
    named = user_name(owner)
    return f"{path} belongs to {named}. Run commands as that user: sudo -u {named} deskbridge …"


def _may_use(path: Path) -> bool:
    return os.access(path, os.R_OK | os.W_OK)
