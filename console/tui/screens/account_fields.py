"""What is asked about an account on Invoiced, and how it is opened with that."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import Any

from console.tui.widgets.form import ChoiceField, Field, TextField, Wrong
from console.tui.worker import StoreWorker
from shared.health import platforms
from shared.models.store import Store
from shared.operations import connectors, platform_doors
from shared.operations.connectors import ConnectPlan, Door
from shared.rules.connectors import ConvenienceFees
from shared.rules.invoiced import InvoicedCompany


def account_fields(*, key_is_needed: bool) -> tuple[Field, ...]:
    """Its key, where it is, and convenience fees; without ``key_is_needed`` the key may wait."""
    told = "A file on this machine that contains only the API key."
    return (
        TextField(
            *("key_file", "Key file", told if key_is_needed else f"{told} Empty: connect later."),
            partial(_key_file, needed=key_is_needed),
        ),
        ChoiceField(
            *("sandbox", "Account", "A sandbox has keys of its own."),
            ((False, "production"), (True, "sandbox")),
            False,
        ),
        TextField("url", "Address", "Only for another address, such as the simulator's."),
        ChoiceField(
            *("convenience_fees", "Convenience fees", "What customers pay extra for using a card."),
            (
                (ConvenienceFees.LEAVE_OUT, "leave out of the payment"),
                (ConvenienceFees.ON_ACCOUNT, "post as the customer's credit"),
            ),
            ConvenienceFees.LEAVE_OUT,
        ),
    )


def _key_file(typed: str, *, needed: bool) -> Path | None:
    path = Path(typed.strip()).expanduser()
    if not typed.strip() and not needed:
        return None
    if not typed.strip() or not path.is_file():
        raise Wrong("There is no such file. Type the path of the file with the API key.")
    return path


def ask_account(values: Mapping[str, Any], worker: StoreWorker) -> InvoicedCompany:
    """Ask Invoiced whose account it is; writes nothing. Raises CannotBeMeant, KeyNotGood."""
    key = platform_doors.key_in(values["key_file"])
    return platforms.ask_company(worker.network(), _address(values), key)


def open_door(values: Mapping[str, Any], worker: StoreWorker) -> Door:
    """Open the account for good; raises as ``platform_doors.with_key_in``."""
    return platform_doors.with_key_in(
        values["key_file"],
        _address(values),
        sandbox=values["sandbox"],
        database=worker.settings.database,
        environ=os.environ,
        net=worker.network(),
    )


def _address(values: Mapping[str, Any]) -> str:
    return platform_doors.address(values["url"], sandbox=values["sandbox"])


def plan_of_account(
    name: str, values: Mapping[str, Any], door: Door
) -> Callable[[Store], ConnectPlan]:
    """What connecting a company to the account would do."""
    fees = values["convenience_fees"]
    return partial(connectors.plan_connect, name=name, door=door, convenience_fees=fees)
