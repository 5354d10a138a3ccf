"""An Invoiced account in a box: its REST API with the traps it has, people, faults and an audit."""

from simulator.invoiced.account import Account, Profile
from simulator.invoiced.audit import audit
from simulator.invoiced.faults import FaultPlan
from simulator.invoiced.memory import InMemoryAgent
from simulator.invoiced.service import Service
from simulator.invoiced.web import make_site

__all__ = ["Account", "FaultPlan", "InMemoryAgent", "Profile", "Service", "audit", "make_site"]
