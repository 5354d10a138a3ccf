"""Whom a name of the platform means, as a person says."""

from __future__ import annotations

from console.cli.ledger import where_they_stand
from console.tui.actions import Operator
from shared.models import connections
from shared.models.payments import naming


def map_name(by: Operator, connection_id: int, name: str, list_id: str) -> str:
    """Have the name mean a customer; its payments are judged again at once."""
    done = naming.resolve(connection_id, name, list_id, by.who, by.now)
    told = f"{done.mapping.name} means {done.mapping.customer} ({list_id})"
    by.note("customer.map", connections.by_id(connection_id).name, told)
    return f"{told} from now on. {where_they_stand(done)}"


def unmap_name(by: Operator, connection_id: int, name: str) -> str:
    """Have the name mean again whoever is called so; its payments are judged again at once."""
    done = naming.take_back(connection_id, name, by.who, by.now)
    meant = done.mapping.customer or "a customer that is not there any more"
    told = f"{done.mapping.name} no longer means {meant} ({done.mapping.list_id})"
    by.note("customer.unmap", connections.by_id(connection_id).name, told)
    return f"{told}. {where_they_stand(done)}"
