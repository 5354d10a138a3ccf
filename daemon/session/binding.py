"""Which company file answers: the rules that keep two companies apart.

The first host and company reply of a connection is recorded; later replies must match or no
request is handed out. QuickBooks has no company ID, so the stamp that the Web Connector writes
under our OwnerID and the company's name stand for it. One company file belongs to one connection:
where the file bears the stamp of another one that was bound before, this one gets no request.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from daemon.stages.reading import Introduced
from shared.qbxml import versions
from shared.qbxml.responses import CompanyRet, HostRet
from shared.rules.company_files import Neighbor, company_key, plain
from shared.rules.currencies import HOME_CURRENCY, currency_code
from shared.rules.values import Application, CompanyBinding, Connection, SampleCompany
from shared.structs import Value, field, replace


class Bound(Value):
    """The company is the right one; ``binding`` is what to record."""

    binding: CompanyBinding


class Refused(Value):
    """No request may be handed out; ``code`` is the hint, ``facts`` fill its sentence.

    ``shares`` is the key of a company file that another connection was bound to before.
    """

    code: str
    facts: dict[str, str] = field(default_factory=dict)
    shares: str = ""


class Alone(Value):
    """No other connection was bound to this file before.

    ``same_file`` are connections that were bound to it later, ``by_name`` those whose company only
    bears the same name, so far as its stamps tell.
    """

    binding: CompanyBinding
    same_file: tuple[int, ...] = ()
    by_name: tuple[int, ...] = ()


def identify(
    said: Introduced, connection: Connection, application: Application, now: datetime
) -> Bound | Refused:
    """Decide whether the open company file is the connection's own."""
    if said.host is None or said.company is None or not said.company.company_name:
        return Refused("company-unidentified")
    unsupported = versions.why_unsupported(said.host)
    if unsupported is not None:
        return Refused(unsupported.code, {"product": said.host.product_name})
    name = said.company.company_name
    if said.company.is_sample_company and connection.sample_company is SampleCompany.REFUSE:
        return Refused("sample-company", {"found": name})
    mismatch = _mismatch(said.company, connection, application)
    if mismatch is not None:
        return mismatch
    return _bound(said, said.host, name, connection, now)


def tell_apart(
    said: Introduced,
    bound: Bound,
    connection: Connection,
    application: Application,
    neighbors: Mapping[Neighbor, Sequence[str]],
) -> Alone | Refused:
    """Decide whether another connection was bound to this company file before.

    ``neighbors`` say under which requestIDs the stamps of each were asked for. What QuickBooks
    did not answer is not taken for "not there".
    """
    assert said.company is not None
    if not all(said.stamps_read.issuperset(asked) for asked in neighbors.values()):
        return Refused("company-unidentified")
    company = said.company
    on_file = [one for one in neighbors if _bears_a_stamp_of(company, one)]
    before = connection.binding
    for one in on_file:
        if one.bound_at is None or before is None or _age(one) < (before.bound_at, connection.id):
            return replace(elsewhere(bound, connection, one.name), shares=one.company_key)
    key = company_key(application.file_id, company.company_name)
    later = tuple(one.connection_id for one in on_file)
    by_name = tuple(one.connection_id for one in neighbors if one not in on_file)
    return Alone(replace(bound.binding, company_key=key), later, by_name)


def elsewhere(bound: Bound, connection: Connection, other: str) -> Refused:
    """Another connection was bound to this company file before."""
    facts = {"found": bound.binding.company_name, "expected": connection.name, "other": other}
    return Refused("company-bound-elsewhere", facts)


def _age(one: Neighbor) -> tuple[datetime, int]:
    assert one.bound_at is not None
    return one.bound_at, one.connection_id


def _bears_a_stamp_of(company: CompanyRet, one: Neighbor) -> bool:
    return any(
        company.data_ext(owner_id, "FileID").upper() == file_id.upper()
        for owner_id, file_id in one.stamps
    )


def _mismatch(
    company: CompanyRet, connection: Connection, application: Application
) -> Refused | None:
    """The stamp must be ours, and once bound it must be there; the name must be the bound one.

    The Web Connector stamps a company when the application is added to it, so a bound
    company without our stamp is another one of the same name, or the .qwc file was edited.
    """
    bound, name = connection.binding, company.company_name
    stamp = company.data_ext(application.owner_id, "FileID")
    if bound is not None and plain(bound.company_name) != plain(name):
        return Refused("company-mismatch", {"expected": bound.company_name, "found": name})
    if stamp.upper() != application.file_id.upper() and (stamp or bound is not None):
        return Refused("company-unmarked", {"found": name})
    return None


def _bound(
    said: Introduced, host: HostRet, name: str, connection: Connection, now: datetime
) -> Bound:
    preferences = said.preferences
    before = connection.binding
    country = host.country or "US"
    return Bound(
        CompanyBinding(
            company_name=name,
            product_name=host.product_name,
            major_version=host.major_version,
            minor_version=host.minor_version,
            country=country,
            qbxml_version=versions.choose_version(host.supported_versions, host.country),
            home_currency=_home_currency(said, before, country),
            multicurrency=bool(preferences and preferences.multi_currency.is_on),
            bound_at=before.bound_at if before else now,
            closing_date=_closing_date(said, before),
            company_key=before.company_key if before else "",
        )
    )


def _home_currency(said: Introduced, before: CompanyBinding | None, country: str) -> str:
    if said.preferences and said.preferences.multi_currency.home:
        return currency_code(said.preferences.multi_currency.home)
    return before.home_currency if before else HOME_CURRENCY.get(country, "USD")


def _closing_date(said: Introduced, before: CompanyBinding | None) -> str:
    if said.preferences is None:
        return before.closing_date if before else ""
    closed = said.preferences.accounting.closing_date
    return closed.isoformat() if closed else ""
