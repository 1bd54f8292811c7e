"""The command `foreshock check`: what would keep a worker from running, and what to do."""

from __future__ import annotations

import asyncio
import os
from typing import Final

import click
import orjson
from rich.console import Console
from rich.text import Text

from foreshock.checks.findings import Finding, Status
from foreshock.checks.of_broker import check_broker, check_clock, check_epoch, check_topic_states, check_writing
from foreshock.checks.of_certificates import check_certificates
from foreshock.checks.of_settings import (
    check_login,
    check_models,
    check_organisation,
    check_pack,
    check_pages,
    check_params,
    check_pseudonym_key,
    check_variables,
)
from foreshock.checks.of_sinks import check_sinks
from schemas.errors import ConfigurationError
from streams.settings import Settings, load_settings

_STYLES: Final[dict[Status, str]] = {"ok": "green", "warning": "yellow", "failed": "bold red", "skipped": "dim"}
_NEED_SETTINGS = ("pseudonym key", "models", "parameters", "pages", "sinks", "broker")
_NEED_BROKER = ("writing", "topics", "clock", "journal epoch")


@click.command("check")
@click.option("--json", "as_json", is_flag=True, help="One JSON object per finding: check, status, detail, remedy.")
@click.pass_context
def check(ctx: click.Context, as_json: bool) -> None:
    """Say what would keep a worker from running, and what to do.

    Looks at the settings, the pseudonym key, the parameters, the organisation, the pack, the pages, every sink and its
    destination, the broker and the login there, until when certificates are good, the topics with their partitions and
    policies, the clock, and whether states and journal belong together. Nothing is changed, and nothing is sent.

    Exit code 0 if nothing failed, 1 otherwise; warnings do not count.
    """
    findings = run_checks()
    if as_json:
        for finding in findings:
            click.echo(orjson.dumps(finding.as_dict()))
    else:
        _show(findings)
    ctx.exit(int(any(finding.status == "failed" for finding in findings)))


def run_checks() -> list[Finding]:
    """Run every check, those that need what failed before excepted."""
    try:
        settings = load_settings()
    except ConfigurationError as error:
        return [
            Finding("settings", "failed", str(error), "all settings: docs/reference/settings.md"),
            *_skipped("the settings cannot be used", *_NEED_SETTINGS, *_NEED_BROKER),
        ]
    return [
        *check_variables(settings, os.environ),
        check_pseudonym_key(settings),
        check_models(settings),
        check_params(settings),
        *check_organisation(settings),
        *check_pack(settings),
        check_pages(settings),
        *check_login(settings),
        *asyncio.run(check_sinks(settings)),
        *asyncio.run(_check_broker(settings)),
    ]


async def _check_broker(settings: Settings) -> list[Finding]:
    """Run the checks that need a broker, if there is one."""
    try:
        broker = await check_broker(settings)
    except ConfigurationError as error:  # a file of the settings, such as that of the authority, cannot be read
        broker = Finding("broker", "failed", str(error), "correct the setting")
    if broker.status == "failed":
        return [broker, *await check_certificates(settings), *_skipped("no broker can be used", *_NEED_BROKER)]
    findings = [broker, *await check_certificates(settings), await check_writing(settings)]
    try:
        findings += await check_topic_states(settings)
        if any(finding.status == "failed" for finding in findings):
            return [*findings, *_skipped("not everything above is as it should be", "clock", "journal epoch")]
        return [*findings, await check_clock(settings), await check_epoch(settings)]
    except ConfigurationError as error:
        return [*findings, Finding("topics", "failed", str(error), "give this user the rights of a worker")]


def _skipped(why: str, *checks: str) -> list[Finding]:
    """Name checks that could not be made."""
    return [Finding(name, "skipped", why) for name in checks]


def _show(findings: list[Finding]) -> None:
    """Print one line per finding, and the remedy below it."""
    console = Console(highlight=False)
    for finding in findings:
        line = Text.assemble((f"{finding.status:<8}", _STYLES[finding.status]), f" {finding.check}: {finding.detail}")
        console.print(line, soft_wrap=True)
        if finding.remedy and finding.status != "ok":
            console.print(Text(f"         -> {finding.remedy}"), soft_wrap=True)
    failed = sum(finding.status == "failed" for finding in findings)
    console.print("a worker can run" if not failed else f"{failed} of {len(findings)} failed", soft_wrap=True)
