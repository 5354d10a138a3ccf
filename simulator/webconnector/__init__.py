"""A Web Connector in a box: it behaves toward the service as Intuit's does."""

from simulator.webconnector.connector import Summary, WebConnector
from simulator.webconnector.desktop import Desktop
from simulator.webconnector.errors import WebConnectorDied, WebConnectorError
from simulator.webconnector.faults import Boundary, Fault, FaultKind, Moment, parse_fault
from simulator.webconnector.log import Level, Log
from simulator.webconnector.quickbooks import OpenCompany, QuickBooks, QuickBooksFailure
from simulator.webconnector.qwc import QwcFile, read_qwc
from simulator.webconnector.registry import Registry, Row
from simulator.webconnector.service import WebService
from simulator.webconnector.transport import HttpTransport, Transport
from simulator.webconnector.update import Behavior, Outcome, Result, Status, UpdateRun

__all__ = [
    "Behavior",
    "Boundary",
    "Desktop",
    "Fault",
    "FaultKind",
    "HttpTransport",
    "Level",
    "Log",
    "Moment",
    "OpenCompany",
    "Outcome",
    "QuickBooks",
    "QuickBooksFailure",
    "QwcFile",
    "Registry",
    "Result",
    "Row",
    "Status",
    "Summary",
    "Transport",
    "UpdateRun",
    "WebConnector",
    "WebConnectorDied",
    "WebConnectorError",
    "WebService",
    "parse_fault",
    "read_qwc",
]
