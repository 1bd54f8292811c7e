"""Claims: their life from report to payment, by video or on foot, and what goes wrong on the way."""

from __future__ import annotations

from collections.abc import Generator, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from foreshock.simulate import contacts, surveys
from foreshock.simulate.customers import Customer
from foreshock.simulate.insurer import slowness
from foreshock.simulate.rhythm import DAY, HOUR, at_waking_hours
from foreshock.simulate.truth import Trouble
from schemas.events import Claim, ClaimStatusName

if TYPE_CHECKING:
    from foreshock.simulate.world import World

VIDEO_SUCCESS_SHARE = 0.35
"""Surveys by video that succeed."""

_VIDEO_TRIED_SHARE = 0.5
"""Claims in which a video survey is tried: with the share above, 18 % of claims go the short way."""

# Median days of each step. The short way takes 2.3 days, the long one about 11.7.
_SHORT_WAY: tuple[tuple[ClaimStatusName, float], ...] = (
    ("surveyed", 0.3),
    ("assessed", 0.6),
    ("approved", 0.4),
    ("paid", 0.7),
    ("closed", 0.3),
)
_LONG_WAY: tuple[tuple[ClaimStatusName, float], ...] = (
    ("documents_requested", 0.5),
    ("documents_received", 2.2),
    ("survey_scheduled", 0.8),
    ("surveyed", 1.8),
    ("assessed", 2.0),
    ("approved", 1.5),
    ("paid", 1.9),
    ("closed", 1.0),
)
_PARTIAL_SHARE, _DENIED_SHARE = 0.10, 0.06
_STALLED_SHARE = 0.035
"""Steps that take many days longer than they should, at an average branch."""
_WORK_OF_PROVIDERS = ("surveyed", "assessed")


@dataclass(slots=True)
class _Case:
    """What stays the same, or adds up, over one claim."""

    claim_ref: str
    provider_ref: str | None
    injury: bool
    claimed_fen: int
    auto_rule_id: str | None
    delays: int = 0


def accidents(world: World) -> Iterator[float]:
    """Let claims be reported as the week goes."""
    for moment in world.moments(world.rates.claims_per_day):
        yield moment
        world.start(_claim_life(world, world.population.anyone(world.chance)))


def _claim_life(world: World, customer: Customer) -> Iterator[float]:
    """Live one claim from report to closing."""
    chance = world.chance
    product = customer.product
    claimed = int(product.claim_median_fen * chance.lognormvariate(0.0, 0.8))
    case = _Case(
        claim_ref=world.new_id("CLM"),
        provider_ref=world.insurer.provider_for(product, chance),
        injury=product.claim_type in ("accident", "motor") and chance.random() < 0.18,
        claimed_fen=claimed,
        auto_rule_id=f"AUTO-{chance.randrange(1, 9):02}" if claimed < 200_000 and chance.random() < 0.4 else None,
    )
    _emit(world, customer, case, "reported", 0.5)
    way = _LONG_WAY
    if product.provider != "none" and not case.injury and chance.random() < _VIDEO_TRIED_SHARE:
        yield world.now + HOUR * chance.uniform(0.5, 6)
        succeeded = chance.random() < VIDEO_SUCCESS_SHARE
        _emit(world, customer, case, "survey_scheduled", 1.0, video=succeeded)
        if succeeded:
            way = _SHORT_WAY
        elif chance.random() < 0.5:
            world.hurt(customer, "video_survey_failed")
    for status, median_days in way:
        yield from _until_step(world, customer, case, status, median_days)
        if status == "documents_received" and chance.random() < 0.09 * customer.branch.trouble:
            _emit(world, customer, case, "documents_requested", 2.0)
            world.hurt(customer, "documents_again")
            yield from _until_step(world, customer, case, status, median_days)
        if status == "approved":
            refused = yield from _decision(world, customer, case)
            if refused:
                return
        else:
            _emit(world, customer, case, status, median_days)
    surveys.perhaps_after_claim(world, customer, went_well=case.delays == 0)


def _until_step(
    world: World, customer: Customer, case: _Case, status: ClaimStatusName, median_days: float
) -> Iterator[float]:
    """Wait for the next step; where it takes too long, let the customer mind and perhaps ask."""
    chance = world.chance
    slow = slowness(case.provider_ref) if status in _WORK_OF_PROVIDERS else 1.0
    days = median_days * slow * chance.lognormvariate(0.0, 0.4)
    if chance.random() < _STALLED_SHARE * customer.branch.trouble:
        days += chance.uniform(4, 14)
    due, done = world.now + DAY * _allowed_days(median_days), world.now + DAY * days
    trouble: Trouble = "provider_delay" if slow > 1 else "claim_stalled"
    patience = chance.uniform(0.5, 3) * DAY
    while due + patience < done:
        yield at_waking_hours(due + patience, chance)
        case.delays += 1
        world.hurt(customer, trouble)
        quiet = customer.grievance is not None and customer.grievance.quiet
        if chance.random() < (0.15 if quiet else 0.6):
            upset = not quiet and chance.random() < 0.45
            contacts.contact(
                world, customer, contacts.NEED["claim_progress"], "annoyed" if upset else "neutral", about=trouble
            )
        patience += chance.uniform(3, 8) * DAY
    yield done


def _decision(world: World, customer: Customer, case: _Case) -> Generator[float, None, bool]:
    """Decide the claim; return whether it was refused for good."""
    chance = world.chance
    draw = chance.random()
    if draw < _DENIED_SHARE:
        _emit(world, customer, case, "denied", 3.0)
        world.hurt(customer, "claim_denied")
        if chance.random() < 0.75:
            yield world.now + DAY * chance.lognormvariate(1.0, 0.5)
            _emit(world, customer, case, "closed", 0.0)
            return True
        yield at_waking_hours(world.now + DAY * chance.lognormvariate(1.5, 0.6), chance)
        _emit(world, customer, case, "reopened", 5.0)
        yield from _until_step(world, customer, case, "assessed", 3.0)
        _emit(world, customer, case, "approved", 1.9, share=1.0)
    elif draw < _DENIED_SHARE + _PARTIAL_SHARE:
        _emit(world, customer, case, "partially_approved", 1.9, share=chance.uniform(0.3, 0.8))
        world.hurt(customer, "claim_underpaid")
    else:
        _emit(world, customer, case, "approved", 1.9, share=1.0)
    return False


def _emit(
    world: World,
    customer: Customer,
    case: _Case,
    status: ClaimStatusName,
    next_median_days: float,
    *,
    video: bool | None = None,
    share: float | None = None,
) -> None:
    """Send one step of a claim, with the time by which the next is promised."""
    chance = world.chance
    facts: dict[str, Any] = {}
    if share is not None:
        facts["approved_fen"] = int(case.claimed_fen * share)
        facts["auto_rule_id"] = case.auto_rule_id
    if video is not None:
        facts |= {"video_survey_tried": True, "video_survey_succeeded": video}
    if status not in ("closed", "denied"):
        facts["due_at"] = world.moment(DAY * _allowed_days(next_median_days))
    world.emit(
        Claim.model_validate(
            {
                "event_id": world.new_id("CE"),
                "occurred_at": world.moment(),
                **customer.envelope(),
                "channel": "app" if status == "reported" and chance.random() < 0.6 else "hotline",
                "journey_stage": "claim",
                "claim_ref": case.claim_ref,
                "provider_ref": case.provider_ref,
                "status": status,
                "claim_type": customer.product.claim_type,
                "injury": case.injury,
                "claimed_fen": case.claimed_fen,
                # Internal steps are not all shown to the customer.
                "customer_visible": status not in ("surveyed", "assessed") or chance.random() < 0.7,
                **facts,
            }
        ),
        chance.lognormvariate(4.0, 0.8),
    )


def _allowed_days(median_days: float) -> float:
    """Tell how long a step may take before the customer minds."""
    return 2.2 * median_days + 1.0
