"""What the bookkeeper does with new files and a new password, step by step."""

from __future__ import annotations

from collections.abc import Sequence

from shared.operations.describe.connections import rows
from shared.rules.values import Application, Connection

ONCE = "Save the password now; it won't be shown again."
WHY_NEW_IDS = (
    "QBWC1039 and QBWC1026 mean that the company file still carries this OwnerID and FileID "
    "from an earlier .qwc file: it was added on another PC, or the company was restored from "
    "a backup. New IDs solve that."
)
AFTER_NEW_IDS = (
    "The bookkeeper must remove the old rows from the Web Connector, add the new files, "
    "grant access in QuickBooks again and enter the new password. Until then, nothing syncs."
)


def file_steps(
    connection: Connection,
    applications: Sequence[Application],
    files: Sequence[str],
    *,
    with_password: bool,
    renewed: bool,
) -> list[str]:
    """What to do with new files, in order. ``renewed``: their IDs are new."""
    named, several = " and ".join(files), len(files) > 1
    company = connection.company_file or "the company file"
    names = rows(applications)
    return [
        f"Copy {named} to that PC. Start QuickBooks as Admin in single-user mode and open "
        f"{company}.",
        _old_rows(names, several=several, renewed=renewed),
        f"Double-click {named}{', one after the other,' if several else ''} and click OK. When "
        'QuickBooks asks, choose "Yes, always; allow access even if QuickBooks is not running".',
        *(password_steps(applications) if with_password else [_update(names)]),
        _auto_run(connection.run_every_minutes),
    ]


def _old_rows(names: str, *, several: bool, renewed: bool) -> str:
    """The row of an earlier file has to go before the new file is added."""
    row, listed = ("rows", "are") if several else ("row", "is")
    told = (
        f"Open the Web Connector. If {names} {listed} already listed, remove the old {row} first:"
        " select, click Remove, confirm."
    )
    if renewed:
        told += f" With new IDs this is required: the old {row} would keep the old IDs."
    return told


def password_steps(applications: Sequence[Application]) -> list[str]:
    """What to do with a new password, in order."""
    names = rows(applications)
    return [
        (
            f"Enter the password in the Password column of {names}, press Enter and let the Web "
            "Connector save it."
        ),
        _update(names),
    ]


def _update(names: str) -> str:
    return f"Select {names} and click Update Selected."


def _auto_run(minutes: int) -> str:
    proposed = f" ({minutes})" if minutes else ""
    return f"To sync on a schedule: select Auto-Run and enter the minutes in Every_Min{proposed}."


def replaced(applications: Sequence[str]) -> str:
    """What happens to those who use the password that there is now."""
    names = " and ".join(applications)
    return (
        f"The password that {names} {('use' if len(applications) > 1 else 'uses')} now stops "
        "working at once: no sync runs until the bookkeeper enters the new one in the Web "
        "Connector."
    )
