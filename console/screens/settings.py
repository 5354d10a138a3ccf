"""Settings of a connection: everything that can be changed about it, with what follows."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from functools import partial
from typing import Any, ClassVar

from rich.text import Text
from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType

from console import words
from console.actions import Action, rules
from console.actions import connections as actions
from console.backstage import only_looks
from console.cli.text import count
from console.screens import settings_fields as fields
from console.screens.base import StoreScreen
from console.screens.issuing import IssuesPasswords
from console.screens.settings_fields import FIELDS, FieldOfConnection
from console.snapshots import settings as snapshots
from console.snapshots.settings import AtStake, ConnectionSettings, HeldBack
from console.widgets.dialogs import Confirm
from console.widgets.form import TextField, Wrong
from console.widgets.form_dialog import FormDialog
from console.widgets.record_table import Column, Heading, RecordTable, Row
from console.widgets.text_view import TextView
from shared.models.store import Store
from shared.models.values import Application, Connection
