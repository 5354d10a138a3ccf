"""Whether the Web Connector will find us at ``public_url``, and take what it finds.

It is as strict as Windows: a host name, https, a certificate that is trusted, and a plain GET
answered with 200, as it checks when a .qwc file is added. The checks stop at the first thing that
does not work: what comes after it cannot work either.
"""

from __future__ import annotations

import ssl
from collections.abc import Iterator
from datetime import datetime
from urllib.parse import urlsplit

from shared.health.checks import Check, State, fail, ok, warn
from shared.health.daemons import certificate
from shared.health.internet import Network, Page
from shared.qwc import address_faults
from shared.settings import Settings
from shared.urls import host_of

OUR_PAGE = b"The QuickBooks Web Connector calls here"
"""What stands on the page that a daemon shows at the address of an application."""

_ELSEWHERE = "If it works from the bookkeeper's PC, only this machine cannot reach itself that way."
_RENEW = "Renew the certificate, and have the server that uses it load the new one."
_TRUSTED = "Use a certificate from an authority that Windows trusts."
_WHOLE_CHAIN = "Serve the full chain (fullchain.pem), with the intermediate certificates."
_CERTIFICATE_REMEDIES = {  # by OpenSSL's X509_V_ERR_…
    10: _RENEW,  # it has expired
    18: _TRUSTED,  # it signed itself
    19: _TRUSTED,  # the root of its chain is nobody's
    20: _WHOLE_CHAIN,  # its issuer is not known
    21: _WHOLE_CHAIN,  # there is no chain
    62: "Use a certificate that names this host, or correct public_url.",
}


def of_address(settings: Settings, network: Network | None, now: datetime) -> Iterator[Check]:
    """Check the address, and over the network unless there is none; takes some seconds then."""
    url = settings.public_url
    faults = list(_faults(settings))
    yield from faults or [_rule(url)]
    if network is not None and not faults:
        yield from _over_network(url, network, now)


def _faults(settings: Settings) -> Iterator[Check]:
    """What a .qwc file must not hold; the support page is by default below public_url."""
    found = address_faults(f"{settings.public_url}/qbwc", settings.support_url)
    ours = [fault for fault in found if fault.field == "AppURL"]
    for fault in ours or found:
        yield fail("address", f"{fault.value}: {fault.problem}.", f"{fault.remedy}.")


def _rule(url: str) -> Check:
    if host_of(url) != "localhost":
        return ok("address", f"{url} is an address that the Web Connector accepts.")
    told = f"{url} reaches this machine only from itself, which is fine for a trial."
    remedy = "Set public_url to https:// and a host name before you make .qwc files for another PC."
    return warn("address", told, remedy)


def _over_network(url: str, network: Network, now: datetime) -> Iterator[Check]:
    parts = urlsplit(url)
    host, secure = host_of(url), parts.scheme == "https"
    steps = [
        _looked_up(host, network),
        _connected(host, parts.port or (443 if secure else 80), network),
    ]
    if secure:
        steps.append(_certified(host, parts.port or 443, network, now))
    for step in [*steps, _answered(url, network)]:
        found = list(step)
        yield from found
        if any(check.state is State.FAIL for check in found):
            return


def _looked_up(host: str, network: Network) -> Iterator[Check]:
    try:
        found = network.look_up(host)
    except OSError as error:
        told = f"The name {host} cannot be found: {_why(error)}."
        yield fail("dns", told, "Add a DNS record for it, or correct the host in public_url.")
    else:
        yield ok("dns", f"{host} is {', '.join(found)}.")


def _connected(host: str, port: int, network: Network) -> Iterator[Check]:
    try:
        network.connect(host, port)
    except OSError as error:
        told = f"Port {port} of {host} cannot be reached: {_why(error)}."
        remedy = (
            "Start the service that should listen there, and open the port in the "
            f"firewall. {_ELSEWHERE}"
        )
        yield fail("connect", told, remedy)
    else:
        yield ok("connect", f"Port {port} of {host} is open.")


def _certified(host: str, port: int, network: Network, now: datetime) -> Iterator[Check]:
    try:
        left = network.certificate_expires_at(host, port) - now
    except ssl.SSLCertVerificationError as error:
        said = error.verify_message.rstrip(".")
        remedy = _CERTIFICATE_REMEDIES.get(error.verify_code, _TRUSTED)
        yield fail("certificate", f"The certificate of {host} is not accepted: {said}.", remedy)
    except OSError as error:
        told = f"{host} does not speak TLS on port {port}: {_why(error)}."
        remedy = "Set up TLS there, in a reverse proxy or in the daemon itself."
        yield fail("certificate", told, remedy)
    else:
        yield certificate("certificate", host, left, _RENEW)


def _answered(url: str, network: Network) -> Iterator[Check]:
    try:
        page = network.get(f"{url}/qbwc")
    except OSError as error:
        told = f"{url}/qbwc does not answer: {_why(error)}."
        remedy = "Check that the daemon is running, and any proxy in front of it."
        yield fail("answer", told, remedy)
    else:
        yield _judged(f"{url}/qbwc", page)


def _judged(url: str, page: Page) -> Check:
    if page.status == 200 and OUR_PAGE in page.body:
        return ok("answer", f"{url} answers, and the answer comes from Deskbridge.")
    told = f"{url} answers with status {page.status}."
    remedy = "Pass all paths below public_url to the daemon unchanged."
    if page.status == 200:
        told = f"{url} answers with a page that does not come from Deskbridge."
        remedy = "Have the server that listens there pass requests on to the daemon."
    elif 300 <= page.status < 400:
        told = f"{url} redirects to {page.location or 'nowhere'}."
        remedy = "The Web Connector does not follow redirects: set public_url to that address."
    elif page.status in (502, 503, 504):
        remedy = "The proxy in front of the daemon cannot reach it: start the daemon."
    return fail("answer", told, remedy)


def _why(error: OSError) -> str:
    return str(error.strerror or error).rstrip(".") or type(error).__name__
