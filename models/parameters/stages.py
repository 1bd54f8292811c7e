"""When a customer changes stage: the section `stages` of the parameters."""

from __future__ import annotations

from pydantic import Field, model_validator

from models.parameters.section import Section


class StageParams(Section):
    """When a customer moves between content, dissatisfied, grumbling, complaint and escalated."""

    dissatisfied_heat: float = Field(default=1.0, gt=0)
    """Heat at which a customer who says nothing counts as dissatisfied."""

    calm_heat: float = Field(default=0.4, gt=0)
    """Heat below which everybody is content again. Well below entry, so that nobody flaps."""

    grumble_polarity: float = Field(default=-0.35, ge=-1, le=0)
    """A text at or below this is a grumble."""

    grumble_days: float = Field(default=14.0, gt=0)
    """A grumble not repeated for this long is silence again."""

    complaint_days: float = Field(default=30.0, gt=0)
    """A complaint is over this long after it was lodged; an action `resolved` or a withdrawal ends it at once."""

    survey_answer_hours: float = Field(default=72.0, gt=0)
    """A survey that is not answered by then is taken as silence."""

    @model_validator(mode="after")
    def _hysteresis(self) -> StageParams:
        """Refuse an exit that is not below the entry."""
        if self.calm_heat >= self.dissatisfied_heat:
            raise ValueError("calm_heat must be below dissatisfied_heat")
        return self
