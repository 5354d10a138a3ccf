"""``deskbridge daemon``: run until told to stop."""

from __future__ import annotations

import click


@click.command()
@click.pass_context
def daemon(context: click.Context) -> None:
    """Serve the Web Connector until stopped.

    Listens where the setting `listen` says, answers Intuit's Web Connector, and runs the
    syncs against the store. Logs to standard error. SIGTERM and Ctrl-C stop it cleanly:
    calls under way are answered first. SIGHUP reads the certificates and the setting `log`
    again, and logs which other settings wait for a restart. Exit code 1 when it cannot start.
    """
    from daemon import tls
    from daemon.hang_ups import HangUps

    hang_ups = HangUps()
    settings = context.obj.settings
    if not tls.serves_tls((*settings.listen, *settings.api_listen, *settings.admin_listen)):
        tls.leave_out()
    from daemon.run import run_daemon

    context.exit(run_daemon(settings, hang_ups))
