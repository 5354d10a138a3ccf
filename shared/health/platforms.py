"""Connected billing platforms: is the key good, and is it the account that was connected?"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping

from shared import sealing
from shared.errors import StoreError
from shared.health.checks import Check, fail, ok
from shared.health.internet import Network
from shared.models.platforms import accounts
from shared.models.store import Store
from shared.rules import invoiced
from shared.rules.connectors import PlatformAccount
from shared.rules.invoiced import InvoicedCompany


class KeyNotGood(StoreError):
    """A key opens no account, or nobody answered."""


def ask_company(network: Network, url: str, key: str) -> InvoicedCompany:
    """Ask Invoiced whom a key opens the door to. Raises KeyNotGood; the key is in no text."""
    try:
        page = network.get(url + invoiced.COMPANY, {"Authorization": invoiced.authorization(key)})
    except OSError as wrong:
        remedy = "Check the address and this machine's internet connection."
        raise KeyNotGood(f"{url} cannot be reached: {wrong.strerror or wrong}.", remedy) from None
    if page.status in (401, 403):
        raise KeyNotGood(
            f"Invoiced at {url} refuses the key.",
            "Create a key under Settings > Developers on Invoiced; a sandbox has its own keys.",
        )
    try:
        return invoiced.company_of(json.loads(page.body))
    except (ValueError, KeyError, TypeError):
        remedy = f"Check the address. Invoiced is at {invoiced.PRODUCTION}."
        raise KeyNotGood(
            f"{url} answers {page.status}, which is not an answer from Invoiced.", remedy
        ) from None


def of_platforms(
    store: Store, database: str, network: Network | None, environ: Mapping[str, str]
) -> Iterator[Check]:
    """Check each connected account; without ``network`` only whether its key is to be had."""
    with store.reading():
        found = [(one, accounts.sealed_key(one.connection_id)) for one in accounts.every()]
    for account, sealed in found:
        yield _of_account(account, sealed, database, network, environ)


class KeyNotHere(StoreError):
    """The key of an account is with the daemon, and not with this program."""


def key_of(
    account: PlatformAccount, sealed: bytes, database: str, environ: Mapping[str, str]
) -> str:
    """Return the key of an account. Raises KeyNotHere, and CannotOpen for one of the store."""
    try:
        return sealing.find(account.key_source, sealed, database, environ)
    except sealing.CannotOpen:
        kind, _, name = account.key_source.partition(":")
        if account.key_source == sealing.IN_STORE:
            raise
    where = "environment variable" if kind == "env" else "systemd credential"
    raise KeyNotHere(
        f"The key is in the {where} {name}, which this terminal does not have.",
        "The daemon compares the balances once a day, and a difference becomes a problem:"
        " deskbridge problems list",
    )


def _of_account(
    account: PlatformAccount,
    sealed: bytes,
    database: str,
    network: Network | None,
    environ: Mapping[str, str],
) -> Check:
    name = f"{account.platform} {account.connection}"
    try:
        key = key_of(account, sealed, database, environ)
    except KeyNotHere as why:
        return ok(name, why.sentence)
    except sealing.CannotOpen as why:
        return fail(name, why.sentence, why.remedy)
    if network is None:
        return ok(name, "Its key is there.")
    try:
        company = ask_company(network, account.url, key)
    except KeyNotGood as why:
        return fail(name, why.sentence, why.remedy)
    if account.identity not in ("", company.identity):
        remedy = f"Connect it with the key of {account.company} again: deskbridge invoiced connect."
        return fail(name, f"The key belongs to {company.name}, which is another account.", remedy)
    return ok(name, f"The key belongs to {company.name} ({company.currency}).")
