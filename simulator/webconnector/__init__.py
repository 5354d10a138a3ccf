"""A Web Connector in a box: it behaves toward the service as Intuit's does."""

from simulator.webconnector.connector import WebConnector
from simulator.webconnector.desktop import Desktop
from simulator.webconnector.errors import WebConnectorDied, WebConnectorError
from simulator.webconnector.faults import Boundary, Fault, FaultKind, Moment, parse_fault
from simulator.webconnector.log import Level, Log
from simulator.webconnector.qwc import QwcFile, read_qwc
from simulator.webconnector.registry import Registry, Row
from simulator.webconnector.service import WebService
from simulator.webconnector.transport import HttpTransport
from simulator.webconnector.update import Behavior, Outcome, Result, Status

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
    "Outcome",
    "QwcFile",
    "Registry",
    "Result",
    "Row",
    "Status",
    "WebConnector",
    "WebConnectorDied",
    "WebConnectorError",
    "WebService",
    "parse_fault",
    "read_qwc",
]
