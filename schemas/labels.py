"""The late truth: complaints, and their withdrawal."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from pydantic import Field

from schemas.events import Event
from schemas.types import Identifier, Reference, Text, lenient

ComplaintSourceName = Literal["internal", "regulator", "social", "court", "other"]

if TYPE_CHECKING:
    ComplaintSource = ComplaintSourceName
else:
    ComplaintSource = lenient(ComplaintSourceName)


class Complaint(Event):
    """A customer complained, or took a complaint back."""

    kind: Literal["complaint"] = "complaint"

    source: ComplaintSource = "internal"
    """Where it was lodged. Regulator, social media and court count as escalated."""

    complaint_ref: Identifier | None = None
    """The company's number of the complaint; a withdrawal names the same one."""

    cause: Reference | None = None
    """Cause in the company's own coding."""

    severity: int = Field(default=3, ge=1, le=5)
    """1 (a remark) to 5 (harm, or a threat to the company)."""

    withdrawn: bool = False
    """Whether this message takes the complaint back."""

    text: Text | None = None
    """What the customer wrote."""
