"""Rows of connections and applications; several repositories join them."""

from __future__ import annotations

from shared.models import tables as t
from shared.models.mapper import Mapper
from shared.rules.values import Application, CompanyBinding, Connection

BINDING = Mapper(CompanyBinding, t.Connection)
CONNECTION = Mapper(Connection, t.Connection, binding=BINDING)
APPLICATION = Mapper(Application, t.Application)
