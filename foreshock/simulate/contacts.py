"""Contacts: why customers get in touch, how they are served, and what goes wrong while they are."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from foreshock.simulate import reactions, surveys
from foreshock.simulate.customers import Customer
from foreshock.simulate.rhythm import HOUR, at_waking_hours
from foreshock.simulate.speech import Mood
from foreshock.simulate.truth import Grievance, Trouble
from schemas.events import Call, ServiceTypeName, TierName
from schemas.types import ChannelName, JourneyStageName

if TYPE_CHECKING:
    from foreshock.simulate.world import World


@dataclass(frozen=True, slots=True)
class Need:
    """Why a customer gets in touch."""

    name: str
    """Under which its words are filed."""
    journey_stage: JourneyStageName
    """Where in the life of a policy it belongs."""
    service_type: ServiceTypeName
    """What kind of service it is."""
    weight: float
    """How frequent, relative to the others."""


NEEDS = (
    Need("quote", "sales", "consult", 0.9),
    Need("application_status", "application", "query", 0.7),
    Need("coverage", "consultation", "consult", 1.6),
    Need("change_details", "policy_service", "policy_service", 1.3),
    Need("premium", "policy_service", "query", 1.0),
    Need("surrender", "policy_service", "policy_service", 0.5),
    Need("invoice", "policy_service", "query", 0.8),
    Need("claim_report", "claim", "report_claim", 0.9),
    Need("claim_progress", "claim", "query", 1.2),
    Need("assistance", "value_added", "consult", 0.7),
    Need("renewal", "renewal", "policy_service", 1.0),
    Need("login", "other", "query", 0.8),
)
"""Reasons for a contact in all seven stages of the journey."""

NEED = {need.name: need for need in NEEDS}
"""The same, by name."""

_NEED_WEIGHTS = [need.weight for need in NEEDS]

# Four contacts in five need no person; who is unhappy asks for one.
_TIERS: tuple[TierName, ...] = ("self", "ai", "human")
_CALM_TIERS, _UPSET_TIERS = (0.5, 0.41, 0.09), (0.0, 0.4, 0.6)
_CHANNELS: dict[TierName, tuple[tuple[ChannelName, ...], tuple[float, ...]]] = {
    "self": (("app", "wechat", "web", "sms"), (0.5, 0.25, 0.2, 0.05)),
    "ai": (("hotline", "online_chat", "wechat", "app"), (0.45, 0.25, 0.18, 0.12)),
    "human": (
        ("hotline", "online_chat", "branch", "agent", "email", "social", "wechat"),
        (0.66, 0.12, 0.08, 0.05, 0.03, 0.02, 0.04),
    ),
}
_RESOLVED_SHARE: dict[TierName, float] = {"self": 0.95, "ai": 0.82, "human": 0.88}

# Shares of moods in ordinary contacts. Content customers are short with an agent too, and ask how to complain.
_MOODS: tuple[Mood, ...] = ("neutral", "asking", "thankful", "annoyed")
_CONTENT, _QUIET, _SORE = (0.855, 0.025, 0.055, 0.065), (0.93, 0.03, 0.04, 0.0), (0.6, 0.03, 0.02, 0.35)


def ordinary_contacts(world: World) -> Iterator[float]:
    """Let customers get in touch as the week goes."""
    chance = world.chance
    for moment in world.moments(world.rates.contacts_per_day):
        yield moment
        customer = world.population.somebody_eager(chance)
        if customer.grievance is not None and customer.grievance.quiet and chance.random() < 0.5:
            continue  # who has given up asks less
        contact(world, customer, chance.choices(NEEDS, _NEED_WEIGHTS)[0], _mood_of(world, customer))


def grumble(world: World, customer: Customer, grievance: Grievance) -> None:
    """Let an unhappy customer show it, more or less openly, and somebody react or not."""
    chance = world.chance
    mood: Mood = chance.choices(("grumbling", "annoyed", "neutral"), (0.6, 0.28, 0.12))[0]
    in_claim = grievance.cause.startswith(("claim", "documents", "video", "provider"))
    if in_claim:
        need = NEED["claim_progress"]
    else:
        need = NEED["surrender"] if grievance.cause == "mis_sold" else chance.choices(NEEDS, _NEED_WEIGHTS)[0]
    contact(world, customer, need, mood, about=grievance.cause)
    reactions.perhaps_react(world, customer)


def unlucky(world: World, customer: Customer, trouble: Trouble) -> None:
    """Let a customer get in touch, and one thing go wrong."""
    contact(world, customer, world.chance.choices(NEEDS, _NEED_WEIGHTS)[0], _mood_of(world, customer), trouble=trouble)


def contact(
    world: World,
    customer: Customer,
    need: Need,
    mood: Mood,
    *,
    about: Trouble | None = None,
    trouble: Trouble | None = None,
    attempt: int = 1,
) -> None:
    """Let a customer be served, and feel what went wrong.

    Parameters
    ----------
    world
        Where it happens.
    customer
        Who gets in touch.
    need
        Why.
    mood
        In which mood they speak.
    about
        What they are unhappy about, for the words of an upset customer.
    trouble
        What is to go wrong; missing leaves it to chance.
    attempt
        How often they have asked about this.
    """
    chance = world.chance
    upset = mood in ("annoyed", "grumbling") or trouble is not None
    tier = chance.choices(_TIERS, _UPSET_TIERS if upset else _CALM_TIERS)[0]
    if trouble == "bot_loop":
        tier = "ai"
    elif trouble in ("long_wait", "passed_on"):
        tier = "human"
    service, troubles = _served(world, customer, tier, trouble, attempt)
    if mood == "neutral" and troubles and _may_speak(customer) and chance.random() < 0.4:
        mood, about = "annoyed", troubles[0]
    words = _words(world, customer, need, mood, about, tier, service)
    if words and mood in ("annoyed", "grumbling") and customer.grievance is not None:
        customer.grievance.grumbled_at = customer.grievance.grumbled_at or world.moment()
    channels, weights = _CHANNELS[tier]
    event = Call.model_validate(
        {
            "event_id": world.new_id("CALL"),
            "occurred_at": world.moment(),
            **customer.envelope(),
            "channel": chance.choices(channels, weights)[0],
            "journey_stage": need.journey_stage,
            "service_type": "complaint_line" if mood == "grumbling" and chance.random() < 0.12 else need.service_type,
            "tier": tier,
            **service,
            **words,
        }
    )
    world.emit(event, event.wait_seconds + event.hold_seconds + event.talk_seconds + chance.lognormvariate(3.0, 0.7))
    for what in troubles:
        world.hurt(customer, what)
    if event.resolved is False:
        world.start(_asking_again(world, customer, need, attempt))
        if mood != "grumbling":
            reactions.perhaps_react(world, customer)
    surveys.perhaps_after_contact(world, customer, tier, went_well=event.resolved is not False and not troubles)


def _served(
    world: World, customer: Customer, tier: TierName, trouble: Trouble | None, attempt: int
) -> tuple[dict[str, Any], list[Trouble]]:
    """Draw how the contact goes: the fields that show it, and what went wrong."""
    chance, branch = world.chance, customer.branch
    troubles: list[Trouble] = []
    service: dict[str, Any] = {"talk_seconds": float(round(chance.lognormvariate(4.9, 0.7)))}
    if tier == "self":
        service["talk_seconds"] = float(round(chance.lognormvariate(4.0, 0.6)))
    elif tier == "ai":
        loops = 3 + int(chance.expovariate(1.0)) if trouble == "bot_loop" else int(chance.expovariate(1.0))
        service["bot_loops"] = loops
        if loops >= 3:
            troubles.append("bot_loop")
    else:
        crowd = world.rhythm.intensity(world.now) ** 0.5
        wait = chance.lognormvariate(3.3, 1.2) * crowd * branch.trouble
        if trouble == "long_wait":
            wait = 300 * chance.lognormvariate(0.5, 0.4)
        transfers = 2 + int(chance.expovariate(1.5)) if trouble == "passed_on" else int(chance.expovariate(1.4))
        staff = chance.choice(branch.staff)
        service |= {"wait_seconds": float(round(wait)), "transfers": transfers, "staff_ref": staff}
        if chance.random() < 0.3:
            service["hold_seconds"] = float(round(chance.lognormvariate(3.6, 0.8)))
        if wait > 240:
            troubles.append("long_wait")
        if transfers >= 2:
            troubles.append("passed_on")
        if staff in branch.rude_staff and chance.random() < 0.3:
            troubles.append("rude_staff")
    if chance.random() < 0.9:
        # What was not solved at once is hard to solve.
        failed = 0.4 if troubles or attempt > 1 else 1 - _RESOLVED_SHARE[tier]
        resolved = trouble != "unresolved" and chance.random() >= failed * branch.trouble
        service["resolved"] = resolved
        if not resolved and (trouble == "unresolved" or chance.random() < 0.5):
            troubles.append("unresolved")
    return service, troubles


def _words(
    world: World,
    customer: Customer,
    need: Need,
    mood: Mood,
    about: Trouble | None,
    tier: TierName,
    service: dict[str, Any],
) -> dict[str, Any]:
    """Find what was said: nothing in self-service, else one text or a dialogue."""
    chance = world.chance
    if tier == "self" or (mood == "neutral" and chance.random() < 0.15):
        return {}  # no words, or nobody transcribed them
    said = world.speech.of_contact(customer, need.name, mood, about)
    if chance.random() < 0.35:
        seconds = float(service["talk_seconds"])
        return {"turns": world.speech.dialogue(customer, said, bot=tier == "ai", talk_seconds=seconds)}
    return {"text": said}


def _asking_again(world: World, customer: Customer, need: Need, attempt: int) -> Iterator[float]:
    """Come back with the same matter after some time, or give up."""
    chance = world.chance
    gives_up = 0.7 if customer.grievance is not None and customer.grievance.quiet else 0.4
    if attempt >= 4 or chance.random() < gives_up:
        return
    yield at_waking_hours(world.now + HOUR * 18 * chance.lognormvariate(0.0, 1.0), chance)
    mood: Mood = "annoyed" if _may_speak(customer) and chance.random() < 0.3 + 0.1 * attempt else "neutral"
    contact(world, customer, need, mood, about="unresolved", attempt=attempt + 1)


def _mood_of(world: World, customer: Customer) -> Mood:
    """Draw the mood of a contact that is about something else."""
    shares = _CONTENT
    if customer.grievance is not None:
        shares = _QUIET if customer.grievance.quiet else _SORE
    return world.chance.choices(_MOODS, shares)[0]


def _may_speak(customer: Customer) -> bool:
    """Tell whether the customer says so when something is wrong."""
    return customer.grievance is None or not customer.grievance.quiet
