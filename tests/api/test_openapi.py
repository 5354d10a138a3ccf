"""The document says what the API does: as committed, as served, and under thousands of tries."""

from __future__ import annotations

import json
import warnings
from collections.abc import Iterator
from ipaddress import IPv4Address
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from daemon.api.openapi import DOCUMENT_PATH, document, text
from daemon.api.table import ROUTES
from tests.api.running import Running, running

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    import schemathesis
    from schemathesis import GenerationMode
    from schemathesis.config import PositiveDataAcceptanceConfig
    from schemathesis.specs.openapi.checks import negative_data_rejection, positive_data_acceptance

COMMITTED = Path(__file__).parents[2] / "docs" / "openapi.json"


def test_the_committed_document_is_that_of_the_routes():
    assert COMMITTED.read_text() == text(), "run: python -m daemon.api.openapi > docs/openapi.json"


def test_every_route_is_in_it_and_the_document_is_served_to_anybody(api):
    told = [(path, method) for path, of in document()["paths"].items() for method in of]
    assert sorted(told) == sorted((route.path, route.method.lower()) for route in ROUTES)
    assert json.loads(api.ask("GET", DOCUMENT_PATH, token="").content) == document()


def test_everything_in_it_is_told():
    schemas = document()["components"]["schemas"]
    silent = [
        f"{name}.{key}"
        for name, schema in schemas.items()
        for key, told in schema["properties"].items()
        if not told.get("description") and name != "Problem"
    ]
    assert silent == []


HOSTS = map(IPv4Address, count(int(IPv4Address("10.0.0.1"))))
PLACES = {
    "name": "Larkspur",
    "invoice": "1A-100",
    "list_id": "80-1",
    "external_id": "pay_1",
    "number": 1,
}


@pytest.fixture(scope="module")
def daemon(tmp_path_factory) -> Iterator[Running]:
    with running(tmp_path_factory.mktemp("api")) as made:
        yield made


@pytest.fixture(scope="module")
def tried(daemon) -> Any:
    """The document as schemathesis reads it, for requests to the daemon."""
    loaded = schemathesis.openapi.from_dict(document())
    loaded.config.update(base_url=daemon.url)
    # A schema cannot say which cursors are still kept, nor which payment makes sense.
    accepted = PositiveDataAcceptanceConfig()
    accepted.expected_statuses = [*accepted.expected_statuses, "410", "412", "422"]
    loaded.config.checks.positive_data_acceptance = accepted
    return loaded


@pytest.mark.parametrize("mode", [GenerationMode.POSITIVE, GenerationMode.NEGATIVE])
@pytest.mark.parametrize("route", ROUTES, ids=lambda route: route.name)
def test_what_is_tried_is_answered_as_the_document_says(route, mode, tried, daemon):
    operation = tried[route.path][route.method]

    @given(case=operation.as_strategy(generation_mode=mode), known=st.sampled_from([True, False]))
    @settings(
        max_examples=8,
        derandomize=True,
        deadline=None,
        database=None,
        phases=[Phase.explicit, Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    def tries(case: Any, known: bool) -> None:
        waits = (case.query or {}).pop("wait", None)
        if known and mode is GenerationMode.POSITIVE:  # else nearly all is about nothing
            case.path_parameters = {name: PLACES[name] for name in case.path_parameters}
        elif known and "name" in case.path_parameters:
            case.path_parameters["name"] = PLACES["name"]
        # Each case comes from an address of its own, or wrong tokens would be 429 instead of 401.
        case.headers = {**(case.headers or {}), "X-Forwarded-For": str(next(HOSTS))}
        headers = {"Authorization": f"Bearer {daemon.secret}"}
        excluded = []
        said = {*(case.query or ())}
        # A schema cannot say where pages of a list end, nor which parameters go together.
        is_place = "after" in said and route.name != "list_events"
        if is_place or said >= {"since", "status"}:
            excluded.append(positive_data_acceptance)
        unsent = [one for one in (case.query or {}).values() if one in ([], {}, None)]
        asks_first = {"If-Match", "If-None-Match"} & {*(case.headers or ())}  # then it is 412
        if waits is not None or unsent or asks_first:  # it may have been all that was wrong
            excluded.append(negative_data_rejection)
        case.call_and_validate(headers=headers, excluded_checks=excluded)

    tries()
