"""Who the customers are: what the insurer knows of them, and what it does not."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from random import Random
from typing import Any, Literal

from foreshock.simulate.insurer import PRODUCTS, Branch, Insurer, Product
from foreshock.simulate.parameters import Rates
from foreshock.simulate.rhythm import DAY
from foreshock.simulate.truth import Grievance
from schemas.types import DriverName

ATTRIBUTE_NAMES = ("member_level", "sales_channel", "tenure_years")
"""The company's own fields, to be declared in the settings of whoever reads these events."""

Language = Literal["zh", "en"]

_IN_PAIRS = 4
"""Of ten customers so many share a household with one other: couples insured with the same company."""

_HALF_LIFE = 30 * DAY
"""Two lesser troubles within a month can be too much together; two in a year are not."""

# Sales channel: share of the customers, and how thin-skinned they are. Who bought in a hurry on a phone expects the
# same speed afterwards, and has nobody to ask.
_SALES_CHANNELS = {"agent": (0.4, 0.75), "internet": (0.3, 1.5), "bank": (0.15, 1.1), "dealer": (0.15, 0.8)}
_MEMBER_LEVELS = ("basic", "basic", "basic", "silver", "silver", "gold")
_DRIVERS: tuple[tuple[DriverName, float], ...] = (
    ("elder", 0.09),
    ("health", 0.03),
    ("life_event", 0.02),
    ("resilience", 0.02),
    ("capability", 0.015),
)


@dataclass(slots=True)
class Customer:
    """One customer: fixed traits first, then what the simulation changes."""

    customer_id: str
    """The company's own id."""
    branch: Branch
    """Who serves them."""
    product: Product
    """What they bought."""
    policy_ref: str
    """Number of their policy."""
    household_ref: str | None
    """Key of the household that they share with another customer; missing for those who are the only ones."""
    language: Language
    """What they speak."""
    vulnerability: tuple[DriverName, ...]
    """Drivers of vulnerability that the company knows of."""
    attributes: dict[str, str | float]
    """The company's own fields."""
    eagerness: float
    """How often they get in touch, in 0-1 of the most eager."""
    sensitivity: float
    """How much they mind when something goes wrong; 1 is average. Nobody sees it."""
    bluntness: float
    """How likely each sentence of theirs is blunt, 0-1. It says nothing about their fate."""

    hurt: float = 0.0
    """What still hurts, as of `hurt_at`. Nobody sees it."""
    hurt_at: float = 0.0
    """When something last hurt, in seconds since 1970-01-01 UTC."""
    grievance: Grievance | None = None
    """The grievance they have now, if they are unhappy."""

    def feel(self, now: float, hurt: float) -> None:
        """Add to what hurts."""
        self.hurt, self.hurt_at = self._faded(now) + hurt, now

    def comfort(self, now: float, share: float) -> None:
        """Take away a share of what hurts. It does not change what an unhappy customer is going to do."""
        self.hurt, self.hurt_at = self._faded(now) * (1 - share), now

    def envelope(self) -> dict[str, Any]:
        """Fill the fields of an event that follow from the customer."""
        return {
            "customer_id": self.customer_id,
            "org_path": self.branch.org_path,
            "product_line": self.product.line,
            "product_id": self.product.product_id,
            "policy_ref": self.policy_ref,
            "household_ref": self.household_ref,
            "vulnerability": self.vulnerability,
            "language": self.language,
            "attributes": self.attributes,
        }

    def _faded(self, now: float) -> float:
        """Tell what still hurts now."""
        return self.hurt * math.exp2(-(now - self.hurt_at) / _HALF_LIFE)


@dataclass(slots=True)
class Population:
    """All customers of the insurer."""

    customers: list[Customer] = field(default_factory=list)
    """In the order of their ids."""

    @classmethod
    def drawn(cls, chance: Random, insurer: Insurer, rates: Rates, size: int) -> Population:
        """Draw `size` customers."""
        branches = insurer.branches
        branch_of = chance.choices(branches, [branch.weight for branch in branches], k=size)
        product_of = chance.choices(PRODUCTS, [product.weight for product in PRODUCTS], k=size)
        sold_by = chance.choices(list(_SALES_CHANNELS), [share for share, _ in _SALES_CHANNELS.values()], k=size)
        return cls(
            [
                _customer(chance, number, branch_of[number], product_of[number], sold_by[number], rates)
                for number in range(size)
            ]
        )

    def anyone(self, chance: Random) -> Customer:
        """Choose a customer, each alike."""
        return self.customers[int(chance.random() * len(self.customers))]

    def somebody_eager(self, chance: Random) -> Customer:
        """Choose a customer, each by how often they get in touch."""
        while True:
            customer = self.anyone(chance)
            if chance.random() < customer.eagerness:
                return customer


def _customer(
    chance: Random, number: int, branch: Branch, product: Product, sales_channel: str, rates: Rates
) -> Customer:
    """Draw one customer."""
    vulnerability = tuple(driver for driver, share in _DRIVERS if chance.random() < share)
    thin_skin = _SALES_CHANNELS[sales_channel][1]
    return Customer(
        customer_id=f"C{number:08}",
        branch=branch,
        product=product,
        policy_ref=f"P{product.product_id[:3]}{chance.randrange(10**8):08}",
        household_ref=f"H{number // 2:08}" if number % 10 < _IN_PAIRS else None,
        language="zh" if chance.random() < rates.chinese_share else "en",
        vulnerability=vulnerability,
        attributes={
            "member_level": chance.choice(_MEMBER_LEVELS),
            "sales_channel": sales_channel,
            "tenure_years": round(min(25.0, chance.expovariate(1 / 4.0)), 1),
        },
        eagerness=min(1.0, chance.gammavariate(2.0, 0.18)),
        sensitivity=thin_skin * chance.lognormvariate(0.0, 0.55) * (1.2 if vulnerability else 1.0),
        bluntness=chance.betavariate(1.2, 2.0),
    )
