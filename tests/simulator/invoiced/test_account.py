"""The state file: all or nothing, several processes, killed at any moment."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from simulator.invoiced.account import Account, Profile, create
from simulator.invoiced.errors import BadState
from tests.simulator.invoiced.builders import KEY, Fake, Refused


@pytest.fixture
def path(tmp_path: Path) -> Path:
    create(tmp_path / "state", Profile(KEY))
    return tmp_path / "state"


def names(path: Path) -> list[str]:
    return [one["name"] for one in Account.open(path, lambda: 0.0).all("customers")]


def test_everything_is_there_again(path):
    fake = Fake(path=path)
    invoice = fake.invoice(fake.customer(), 134.6)
    fake.paid(invoice, 34.6)
    again = Fake(path=path)
    for kind in ("customers", "invoices", "payments", "events"):
        assert again.get(f"/{kind}") == fake.get(f"/{kind}")
    assert again.problems() == []
    assert path.stat().st_mode & 0o777 == 0o600


def test_a_key_is_remembered_over_a_restart(path):
    first = Fake(path=path).ask("POST", "/customers", {"name": "A"}, idempotency_key="key-001")
    again = Fake(path=path).ask("POST", "/customers", {"name": "A"}, idempotency_key="key-001")
    assert again == first


def test_a_refused_change_leaves_no_trace_in_memory_or_file(path):
    fake = Fake(path=path)
    fake.customer()
    size = path.stat().st_size
    with pytest.raises(Refused):
        fake.imports("invoices", "1-1", customer={"name": "New"}, number="x" * 40)
    assert path.stat().st_size == size
    assert len(fake.get("/customers")) == 1
    assert fake.customer("Next") == 1002


def test_an_id_is_never_given_twice(path):
    fake = Fake(path=path)
    gone = fake.customer()
    fake.ask("DELETE", f"/customers/{gone}")
    assert Fake(path=path).customer() == gone + 1


@pytest.mark.parametrize("lost", [1, 20])
def test_a_torn_line_counts_for_nothing_and_is_written_over(path, lost):
    fake = Fake(path=path)
    fake.customer("Whole")
    fake.customer("Torn")
    os.truncate(path, path.stat().st_size - lost)
    assert names(path) == ["Whole"]
    Fake(path=path).customer("Next")
    assert names(path) == ["Whole", "Next"]


def test_two_who_use_one_file_see_each_other(path):
    one, two = Fake(path=path), Fake(path=path)
    acme = one.customer("Acme")
    assert two.get(f"/customers/{acme}")["name"] == "Acme"
    assert two.customer("Other") == acme + 1
    assert [row["name"] for row in one.get("/customers")] == ["Acme", "Other"]


KILLED = """
import sys
from pathlib import Path
sys.path.insert(0, {root!r})
from tests.simulator.invoiced.builders import Fake
fake = Fake(path=Path({path!r}))
while True:
    print(fake.customer("Acme"), flush=True)
"""


def test_what_was_answered_survives_kill_9(path):
    root = str(Path(__file__).parents[3])
    code = KILLED.format(root=root, path=str(path))
    with subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE) as running:
        answered = [int(running.stdout.readline()) for _ in range(50)]
        running.send_signal(signal.SIGKILL)
        answered += [int(line) for line in running.stdout.read().split(b"\n")[:-1]]
    kept = [one["id"] for one in Account.open(path, lambda: 0.0).all("customers")]
    assert kept[: len(answered)] == answered
    assert len(kept) <= len(answered) + 1


@pytest.mark.parametrize("text", ["", "not json\n", "{}\n", '{"format": "other", "version": 1}\n'])
def test_what_is_no_state_is_refused(tmp_path, text):
    (tmp_path / "state").write_text(text)
    with pytest.raises(BadState, match="invoiced-server new"):
        Account.open(tmp_path / "state", lambda: 0.0)
    with pytest.raises(BadState, match="no such file"):
        Account.open(tmp_path / "nowhere", lambda: 0.0)
