"""``deskbridge trends``: the numbers of the console's bars, for scripts."""

from __future__ import annotations

from tests.console.cli.builders import customer, import_into, invoice


def test_days_and_weeks_of_one_connection(shell):
    shell.says("connection", "add", "Larkspur")
    its = [customer("80000001-1", "Larkspur Tile")]
    import_into(shell, "Larkspur", invoice("A-1", "1042", "250.00"), customers=its)
    found = shell.json("trends", "Larkspur", "--days", "3", "--weeks", "2")
    assert found["connection"] == "Larkspur"
    assert len(found["days"]) == 3
    assert set(found["days"][-1]) == {"day", "syncs", "failed", "some_failed"}
    [earlier, now] = found["weeks"]
    assert earlier["monday"] < now["monday"]
    assert now["open"] == "250.00"
    text = shell.says("trends", "Larkspur", "--days", "3")
    assert "250.00" in text


def test_all_connections_and_one_that_is_not_there(shell):
    shell.says("connection", "add", "Larkspur")
    assert shell.json("trends")["connection"] == ""
    assert "No money yet" in shell.says("trends")
    shell.refuses(3, "trends", "Fern")
