"""The JSON of connections."""

from __future__ import annotations

from shared.operations.connections import ConnectionView
from shared.operations.contracts.shapes import Shape
from shared.rules.values import Application, CompanyBinding

_LISTED = (
    "connection.name connection.layout connection.company_file connection.jobs",
    "connection.start_date connection.run_every_minutes connection.minimum_interval_seconds",
    "connection.debug company open_problems last_seen_at connection.created_at",
    "connection.payments_out connection.payments_in connection.missing_method",
    "connection.overpayment connection.on_account connection.closed_period",
    "connection.sample_company payments_held connection.credit_memos",
    "connection.quiet_hours connection.time_budget_minutes",
    "connection.paused_at connection.paused_by",
)

CONNECTION = Shape(ConnectionView, *_LISTED)

APPLICATION = Shape(
    Application,
    "application=kind username app_name owner_id file_id password_generation last_seen_at",
    "last_call password_used locked_until",
)

BINDING = Shape(CompanyBinding)

CONNECTION_DETAIL = Shape(
    ConnectionView,
    *_LISTED,
    "applications connection.binding",
    applications=APPLICATION,
    binding=BINDING,
)
