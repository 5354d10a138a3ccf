"""Rows of connections and applications as values; several repositories join them."""

from __future__ import annotations

from typing import Any

from shared.models import tables as t
from shared.models.convert import day_or_none, moment, moment_or_none
from shared.models.statements import Row
from shared.rules.values import (
    Application,
    ApplicationKind,
    ClosedPeriod,
    CompanyBinding,
    Connection,
    JobMode,
    Layout,
    MissingMethod,
    OnAccount,
    Overpayment,
    SampleCompany,
)

CONNECTION_FIELDS: tuple[Any, ...] = (
    *(t.Connection.id, t.Connection.name, t.Connection.layout, t.Connection.company_file),
    *(t.Connection.jobs, t.Connection.start_date, t.Connection.run_every_minutes),
    *(t.Connection.minimum_interval_seconds, t.Connection.debug, t.Connection.created_ms),
    *(t.Connection.company_name, t.Connection.product_name, t.Connection.major_version),
    *(t.Connection.minor_version, t.Connection.country, t.Connection.qbxml_version),
    *(t.Connection.home_currency, t.Connection.multicurrency, t.Connection.bound_ms),
    *(t.Connection.closing_date, t.Connection.company_key, t.Connection.platform_account),
    *(t.Connection.payments_out, t.Connection.payments_in, t.Connection.missing_method),
    *(t.Connection.overpayment, t.Connection.on_account, t.Connection.closed_period),
    t.Connection.sample_company,
)

APPLICATION_FIELDS: tuple[Any, ...] = (
    *(t.Application.id, t.Application.connection, t.Application.kind, t.Application.username),
    *(t.Application.app_name, t.Application.app_unique_name, t.Application.owner_id),
    *(t.Application.file_id, t.Application.password_generation),
    *(t.Application.last_seen_ms, t.Application.last_call),
    *(t.Application.password_used, t.Application.locked_until_ms),
)
APPLICATION_WIDTH = len(APPLICATION_FIELDS)


def read_connection(row: Row) -> Connection:
    """Make a value of the columns CONNECTION_FIELDS."""
    id_, name, layout, company_file, jobs, start_date, run_every, at_least, debug, created_ms = row[
        :10
    ]
    platform_account, payments_out, payments_in, missing_method, *choices = row[21:]
    overpayment, on_account, closed_period, sample_company = choices
    return Connection(
        id=id_,
        name=name,
        layout=Layout(layout),
        company_file=company_file,
        jobs=JobMode(jobs),
        start_date=day_or_none(start_date),
        run_every_minutes=run_every,
        minimum_interval_seconds=at_least,
        debug=bool(debug),
        created_at=moment(created_ms),
        binding=_read_binding(row[10:21]),
        platform_account=platform_account,
        payments_out=bool(payments_out),
        payments_in=bool(payments_in),
        missing_method=MissingMethod(missing_method),
        overpayment=Overpayment(overpayment),
        on_account=OnAccount(on_account),
        closed_period=ClosedPeriod(closed_period),
        sample_company=SampleCompany(sample_company),
    )


def _read_binding(row: Row) -> CompanyBinding | None:
    company, product, major, minor, country, qbxml, currency, multicurrency, *rest = row
    bound_ms, closing_date, company_key = rest
    if bound_ms is None:
        return None
    return CompanyBinding(
        company_name=company,
        product_name=product,
        major_version=major,
        minor_version=minor,
        country=country,
        qbxml_version=qbxml,
        home_currency=currency,
        multicurrency=bool(multicurrency),
        bound_at=moment(bound_ms),
        closing_date=closing_date,
        company_key=company_key,
    )


def read_application(row: Row) -> Application:
    """Make a value of the columns APPLICATION_FIELDS."""
    id_, connection_id, kind, username, name, unique, owner, file, generation, *rest = row
    seen, call, used, locked_until_ms = rest
    return Application(
        id=id_,
        connection_id=connection_id,
        kind=ApplicationKind(kind),
        username=username,
        app_name=name,
        app_unique_name=unique,
        owner_id=owner,
        file_id=file,
        password_generation=generation,
        last_seen_at=moment_or_none(seen),
        last_call=call,
        password_used=bool(used),
        locked_until=moment_or_none(locked_until_ms),
    )
