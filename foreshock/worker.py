"""The command `foreshock worker`: one process that plays the roles it is given."""

from __future__ import annotations

import click

from streams.settings import ROLES, load_settings

_HELP = f"""Run a worker until it is told to stop.

Roles ({", ".join(ROLES)}) can run together, which is the default, or apart, so that each scales by itself:

\b
  foreshock worker                              everything in one process
  foreshock worker --roles ingest,tick          only the entrance
  foreshock worker --roles score                as many of these as the journal has partitions
  foreshock worker --roles learn,deliver        one of these

A worker that no longer knows what it has delivered ends itself with code 75 or 76 and must be started again; the
journal then replays, and nothing counts twice. systemd, Kubernetes and compose do that; where there is none of them,
--supervise does. Code 2 means that a person must change a setting first, and is never tried again.

/livez, /readyz, /healthz and /metrics are at FORESHOCK_WEB_HOST:FORESHOCK_WEB_PORT.
"""


@click.command("worker", help=_HELP)
@click.option("--roles", metavar="ROLE,...", help="What this worker does; wins over FORESHOCK_ROLES.")
@click.option("--supervise", "is_supervised", is_flag=True, help="Start the worker again when it ends by itself.")
@click.pass_context
def worker(ctx: click.Context, roles: str | None, is_supervised: bool) -> None:
    """Run a worker; the help text is `_HELP`."""
    if unknown := set(_parts(roles)) - set(ROLES):
        raise click.BadParameter(
            f"there is no role {', '.join(sorted(unknown))}; roles are {', '.join(ROLES)}", param_hint="--roles"
        )
    settings = load_settings(roles=roles)
    if is_supervised:
        from streams.logs import set_up_logging
        from streams.supervise import supervise

        set_up_logging(settings)
        ctx.exit(supervise(["worker", "--roles", ",".join(settings.roles)]))

    # Faust is loaded only here: it takes a second.
    from streams.worker import run_worker

    ctx.exit(run_worker(settings))


def _parts(roles: str | None) -> list[str]:
    """Split a list as the settings do."""
    return [part.strip() for part in (roles or "").split(",") if part.strip()]
