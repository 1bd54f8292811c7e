"""Rest: nobody works, and everything in the journal is scored. Only then may states be carried over."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.errors import GroupCoordinatorNotAvailableError, GroupLoadInProgressError

from foreshock.broker.reaching import admin_client
from foreshock.broker.reading import Span, open_topic
from foreshock.checks.of_broker import partition_states
from models.partition import PartitionState
from schemas.errors import ConfigurationError
from streams.settings import Settings
from streams.topics import CHANGELOG

_GROUPS = ("ingest", "score", "learn")
"""Consumer groups that write to the journal or follow from it. Delivery may go on: outputs stay where they are."""
_AGAIN_AFTER_SECONDS = 0.25


class NotAtRestError(ConfigurationError):
    """Somebody works, or something in the journal has not been scored."""

    remedy = "Stop the workers that the text names, let the others finish, and run it again."


class Ends(NamedTuple):
    """How far the journal and the changelog of states reach, by partition."""

    journal: Sequence[Span]
    changelog: Sequence[Span]


async def ends_of(settings: Settings) -> Ends:
    """Ask how far the journal and its changelog reach now."""
    async with open_topic(settings, "journal") as journal, open_topic(settings, CHANGELOG) as changelog:
        return Ends(await journal.spans(), await changelog.spans())


async def nobody_works(settings: Settings) -> None:
    """Make sure that no worker is in a group that writes to the journal or follows from it.

    Raises
    ------
    NotAtRestError
        If one is; says what to do.
    """
    async with admin_client(settings) as admin:
        for group in map(settings.topic, _GROUPS):
            members = await _members(admin, group, settings.request_timeout_seconds)
            if members:
                raise NotAtRestError(
                    f"{members} member{'s are' if members != 1 else ' is'} in the group {group}: stop every worker "
                    "with the roles ingest, score, learn or tick. One that was killed is a member for "
                    f"{settings.session_timeout_seconds:g} s more (FORESHOCK_SESSION_TIMEOUT_SECONDS)"
                )


async def _members(admin: AIOKafkaAdminClient, group: str, seconds: float) -> int:
    """Count the members of a group; a broker that is still reading its groups, or never had one, is asked again."""
    deadline = time.monotonic() + seconds
    while True:
        try:
            # One at a time: the embedded broker answers for several in a way that cannot be read.
            (response,) = await admin.describe_consumer_groups([group])
        except (GroupCoordinatorNotAvailableError, GroupLoadInProgressError):
            if time.monotonic() > deadline:
                raise
            await asyncio.sleep(_AGAIN_AFTER_SECONDS)
        else:
            return sum(len(found[5]) for found in response.groups)


async def everything_is_scored(settings: Settings, ends: Ends) -> None:
    """Make sure that what partitions remember of themselves is as of the journal's end.

    Raises
    ------
    NotAtRestError
        If something is left to score; says how much of which partition.
    """
    async with open_topic(settings, CHANGELOG) as changelog:
        kept = await partition_states(changelog)
    if left := left_to_score(settings.epoch, ends.journal, kept):
        told = ", ".join(f"{count} of partition {partition}" for partition, count in left.items())
        raise NotAtRestError(
            f"journal records have not been scored: {told}. Start workers with the role score only "
            "(FORESHOCK_ROLES=score), let them come to the end of the journal, stop them, and run this again"
        )


def left_to_score(epoch: str, journal: Sequence[Span], kept: Mapping[int, PartitionState]) -> dict[int, int]:
    """Count the records of each partition that have not been scored; partitions without any are left out.

    Parameters
    ----------
    epoch
        Identity of the journal.
    journal
        What each partition holds.
    kept
        What partitions remember of themselves; one that never scored is missing.
    """
    left = {}
    for partition, span in enumerate(journal):
        state = kept.get(partition)
        scored = state.position.offset + 1 if state is not None and state.epoch == epoch else 0
        if scored < span.end:
            left[partition] = span.end - max(scored, span.first)
    return left


async def nothing_has_moved(settings: Settings, before: Ends) -> None:
    """Make sure that nothing was written while states were carried over.

    Raises
    ------
    NotAtRestError
        If something was.
    """
    now = await ends_of(settings)
    for name, found, known in zip(("journal", CHANGELOG), now, before, strict=True):
        written = sum(span.end for span in found) - sum(span.end for span in known)
        if written:
            raise NotAtRestError(
                f"{written} records were written to {settings.topic(name)} meanwhile, and the new journal was not "
                "made: stop every worker with the roles ingest, score, learn or tick, give no commands to the models "
                "and no silences, let the role score come to the journal's end, and run this again"
            )
