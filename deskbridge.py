"""The composition root: one command from the four houses, which do not know each other."""

from __future__ import annotations

import gc
import sys

from console.cli.app import cli

# Imported when they are called: ``deskbridge --help`` needs no reactor.
cli.add_later("daemon", "daemon.command:daemon", "Serve the Web Connector until stopped.")
cli.add_later(
    "demo",
    "simulator.demo:demo",
    "Show both syncs against a simulated QuickBooks.",
)
cli.add_later(
    "company",
    "simulator.company.commands:company",
    "Create, edit and audit a simulated QuickBooks company.",
)
cli.add_later(
    "webconnector",
    "simulator.webconnector.commands:webconnector",
    "Simulate the QuickBooks Web Connector.",
)
cli.add_later(
    "invoiced-server",
    "simulator.invoiced.commands:invoiced_server",
    "Create, serve and audit a simulated Invoiced account.",
)


def main() -> None:
    """Run the command line."""
    gc.freeze()  # what was imported by now stays, see LaterGroup
    sys.exit(cli(prog_name="deskbridge"))


if __name__ == "__main__":
    main()
