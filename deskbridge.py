"""The composition root: one command from the four houses, which do not know each other."""

from __future__ import annotations

import sys

from console.cli.app import cli
from daemon.command import daemon
from simulator.company.commands import company
from simulator.demo import demo
from simulator.webconnector.commands import webconnector

for command in (daemon, demo, company, webconnector):
    cli.add_command(command)


def main() -> None:
    """Run the command line."""
    sys.exit(cli(prog_name="deskbridge"))


if __name__ == "__main__":
    main()
