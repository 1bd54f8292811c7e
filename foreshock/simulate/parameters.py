"""Every rate of the simulated insurer, with its unit and where it comes from."""

from __future__ import annotations

from dataclasses import dataclass, fields, replace

HIGHEST_PEAK = 6.5
"""4,500 calls in the busiest quarter of an hour of a hotline that takes 66,000 a day (688 per quarter hour)."""


@dataclass(frozen=True, slots=True)
class Rates:
    """How the simulated insurer and its customers behave.

    Rates are per customer and day of event time, shares are in 0-1, medians are of log-normal distributions.

    Raises
    ------
    ValueError
        If a share is outside 0-1, the three fates do not add up to 1, or `peak` is outside 1-6.5.
    """

    contacts_per_day: float = 0.057
    """Ordinary contacts. With those that follow from them (asking again, grumbling, being called back) about 0.066:
    66,000 a day at an insurer with a million active customers."""

    claims_per_day: float = 0.003
    """Claims: about one per customer and year, as motor and health business have."""

    periodic_surveys_per_day: float = 0.004
    """Surveys sent for no occasion: about three in two years."""

    disappointments_per_day: float = 0.0006
    """Troubles that no record shows when they happen: a product that is not what was sold, a charge out of the blue."""

    peak: float = 2.8
    """Busiest quarter hour of the week over the mean quarter hour; 6.5 is the most that a hotline reported."""

    silent_share: float = 0.69
    """Unhappy customers who say nothing."""

    grumbling_share: float = 0.23
    """Unhappy customers who grumble and leave it at that."""

    complaining_share: float = 0.08
    """Unhappy customers who complain."""

    straight_from_silence_share: float = 0.25
    """Complaining customers who never grumble before."""

    complaint_delay_median_days: float = 9.0
    """From becoming unhappy to complaining: long enough for somebody to call first."""

    complaint_delay_sigma: float = 0.8
    """Spread of that delay on the log scale: the middle 90 % lie between about 2.4 and 34 days."""

    reaction_share: float = 0.4
    """Grumbles and unresolved contacts that somebody at the insurer does something about."""

    promise_kept_share: float = 0.72
    """Promises kept in time at an average branch."""

    chinese_share: float = 0.85
    """Customers who speak Chinese; the others speak English."""

    personal_data_share: float = 0.012
    """Texts in which the customer reads out an id, a phone or a card number."""

    duplicate_share: float = 0.005
    """Events that arrive a second time under the same id, a fifth of them days later."""

    late_share: float = 0.01
    """Events that arrive up to an hour late, and so out of order."""

    malformed_share: float = 0.001
    """Events beside which a broken copy arrives that nobody can read."""

    unknown_member_share: float = 0.001
    """Events with a word for the channel that the schema does not know."""

    def __post_init__(self) -> None:
        """Refuse a world that cannot be."""
        for field in fields(self):
            value = getattr(self, field.name)
            if field.name.endswith("_share") and not 0 <= value <= 1:
                raise ValueError(f"{field.name} must be in 0..1, got {value}")
            if value < 0:
                raise ValueError(f"{field.name} must not be negative, got {value}")
        fates = self.silent_share + self.grumbling_share + self.complaining_share
        if abs(fates - 1) > 1e-9:
            raise ValueError(f"the shares of the three fates must add up to 1, got {fates}")
        if not 1 <= self.peak <= HIGHEST_PEAK:
            raise ValueError(f"peak must be in 1..{HIGHEST_PEAK}, got {self.peak}")

    def clean(self) -> Rates:
        """Return the same world with nothing wrong on the wire."""
        return replace(self, duplicate_share=0.0, late_share=0.0, malformed_share=0.0, unknown_member_share=0.0)
