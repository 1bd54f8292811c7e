"""The insurer: its branches, staff, products and the third parties that work for it."""

from __future__ import annotations

from dataclasses import dataclass
from random import Random
from typing import Literal

from schemas.events import ClaimTypeName

BAD_REPAIRER = "REP-0007"
"""The repairer that keeps customers waiting: the truth that a provider watch should find."""

ProviderRole = Literal["repairer", "surveyor", "hospital", "none"]


@dataclass(frozen=True, slots=True)
class Branch:
    """A unit that serves customers."""

    org_path: str
    """Place in the company."""
    city_zh: str
    """Its city in Chinese."""
    city_en: str
    """Its city in English."""
    plate: str
    """How licence plates begin there."""
    weight: float
    """Share of the customers, relative to the others."""
    trouble: float
    """How often things go wrong there; 1 is average, 2 twice as often."""
    staff: tuple[str, ...]
    """Who works there."""
    rude_staff: frozenset[str]
    """Who of them treats customers badly."""


@dataclass(frozen=True, slots=True)
class Product:
    """Something that the insurer sells."""

    product_id: str
    """Its id."""
    line: str
    """Line of business."""
    name_zh: str
    """What customers call it in Chinese."""
    name_en: str
    """What customers call it in English."""
    claim_type: ClaimTypeName
    """What claims on it are."""
    provider: ProviderRole
    """Which third party works on its claims."""
    weight: float
    """Share of the policies, relative to the others."""
    disappointment: float
    """How often it is not what the customer believed to have bought; 1 is average."""
    claim_median_fen: int
    """Median amount claimed."""


_BRANCHES = (
    ("HQ/Guangdong/Shenzhen", "深圳", "Shenzhen", "粤B", 1.4, 0.8),
    ("HQ/Guangdong/Guangzhou", "广州", "Guangzhou", "粤A", 1.4, 1.0),
    ("HQ/Guangdong/Dongguan", "东莞", "Dongguan", "粤S", 0.9, 1.6),
    ("HQ/Zhejiang/Hangzhou", "杭州", "Hangzhou", "浙A", 1.2, 0.7),
    ("HQ/Zhejiang/Ningbo", "宁波", "Ningbo", "浙B", 0.7, 0.9),
    ("HQ/Jiangsu/Nanjing", "南京", "Nanjing", "苏A", 1.0, 0.9),
    ("HQ/Jiangsu/Suzhou", "苏州", "Suzhou", "苏E", 0.9, 1.1),
    ("HQ/Sichuan/Chengdu", "成都", "Chengdu", "川A", 1.2, 1.3),
    ("HQ/Hubei/Wuhan", "武汉", "Wuhan", "鄂A", 1.0, 1.8),
    ("HQ/Shandong/Qingdao", "青岛", "Qingdao", "鲁B", 0.8, 0.9),
    ("HQ/Beijing/Chaoyang", "北京", "Beijing", "京A", 1.3, 0.8),
    ("HQ/Shanghai/Pudong", "上海", "Shanghai", "沪A", 1.4, 0.7),
)

ORG_PATHS: tuple[str, ...] = tuple(branch[0] for branch in _BRANCHES)
"""Place of every branch in the company."""

PRODUCTS = (
    Product("MOT-100", "motor", "车险", "car insurance", "motor", "repairer", 4.0, 0.5, 380_000),
    Product("MOT-220", "motor", "新能源车险", "electric car insurance", "motor", "repairer", 1.5, 1.0, 620_000),
    Product("HLT-310", "health", "百万医疗险", "medical insurance", "health", "hospital", 2.5, 1.6, 950_000),
    Product("HLT-340", "health", "重疾险", "critical illness cover", "health", "hospital", 1.2, 1.3, 9_000_000),
    Product("LIF-410", "life", "终身寿险", "whole life policy", "life", "none", 1.2, 1.0, 20_000_000),
    Product("LIF-450", "life", "年金险", "annuity", "life", "none", 1.0, 2.2, 1_500_000),
    Product("ACC-510", "accident", "意外险", "accident insurance", "accident", "hospital", 1.6, 0.8, 320_000),
    Product("ACC-560", "accident", "骑手意外险", "rider accident cover", "accident", "hospital", 0.7, 2.6, 280_000),
    Product("TRV-610", "travel", "航班延误险", "flight delay cover", "travel", "none", 0.9, 1.9, 40_000),
    Product("PRP-710", "property", "家财险", "home insurance", "property", "surveyor", 0.9, 0.7, 450_000),
    Product("PRP-760", "property", "店铺财产险", "shop insurance", "property", "surveyor", 0.5, 0.9, 2_200_000),
    Product("LIA-810", "liability", "雇主责任险", "employer cover", "liability", "surveyor", 0.4, 0.8, 3_000_000),
)
"""What is sold. The annuity, the riders' and the flight cover disappoint most: sold fast, understood later."""

_PROVIDERS_PER_ROLE = 12


class Insurer:
    """Branches with their staff, products, and third parties, drawn once per world.

    Parameters
    ----------
    chance
        Where draws come from.
    customers
        How many customers there are: the number of staff grows with it.
    """

    def __init__(self, chance: Random, customers: int) -> None:
        total = sum(branch[4] for branch in _BRANCHES)
        self.branches: tuple[Branch, ...] = tuple(
            _staffed(chance, number, branch, people=max(4, round(customers * branch[4] / total / 120)))
            for number, branch in enumerate(_BRANCHES)
        )
        self._providers: dict[ProviderRole, tuple[str, ...]] = {
            "repairer": tuple(f"REP-{number:04}" for number in range(_PROVIDERS_PER_ROLE)),
            "surveyor": tuple(f"SUR-{number:04}" for number in range(_PROVIDERS_PER_ROLE)),
            "hospital": tuple(f"HSP-{number:04}" for number in range(_PROVIDERS_PER_ROLE)),
        }

    def provider_for(self, product: Product, chance: Random) -> str | None:
        """Choose the third party for a claim; missing where the product needs none."""
        return None if product.provider == "none" else chance.choice(self._providers[product.provider])


def slowness(provider_ref: str | None) -> float:
    """Tell how much slower than the others a third party works; 1 is average."""
    return 3.0 if provider_ref == BAD_REPAIRER else 1.0


def _staffed(chance: Random, number: int, branch: tuple[str, str, str, str, float, float], *, people: int) -> Branch:
    """Give a branch its people, some of whom are rude."""
    staff = tuple(f"S{number:02}{person:04}" for person in range(people))
    # One in ten people, and twice as many where things go wrong twice as often.
    rude = frozenset(person for person in staff if chance.random() < 0.1 * branch[5])
    return Branch(*branch, staff=staff, rude_staff=rude)
