"""One alias per idea, with its unit and range."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated, Any, ClassVar, Literal, NamedTuple, Self, get_args

from pydantic import (
    AfterValidator,
    AwareDatetime,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    StringConstraints,
    WithJsonSchema,
)
from pydantic_core import PydanticUndefined

_set_fields = BaseModel.__dict__["__dict__"].__set__
_set_named = BaseModel.__dict__["__pydantic_fields_set__"].__set__
_set_extra = BaseModel.__dict__["__pydantic_extra__"].__set__
_set_private = BaseModel.__dict__["__pydantic_private__"].__set__
"""What a frozen message is made of, by the slots themselves: six tenths of the time of `object.__setattr__`."""


class Message(BaseModel):
    """Anything on a topic: frozen, and refusing fields that it does not know."""

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True, allow_inf_nan=False)

    _all_fields: ClassVar[dict[str, Any]] = {}
    """Every field with its default, in the order that they are written in."""
    _names: ClassVar[tuple[str, ...]] = ()
    """Their names."""
    _set_of_names: ClassVar[set[str]] = set()
    """The same; shared by all messages that name each, and never changed."""
    _required: ClassVar[frozenset[str]] = frozenset()
    """Those without a default that can be shared."""

    @classmethod
    def __pydantic_on_complete__(cls) -> None:
        """Note the defaults, once the fields are known."""
        cls._all_fields = {name: field.default for name, field in cls.model_fields.items()}
        cls._names = tuple(cls._all_fields)
        cls._set_of_names = set(cls._names)
        cls._required = frozenset(name for name, value in cls._all_fields.items() if value is PydanticUndefined)

    @classmethod
    def trusted(cls, **values: Any) -> Self:
        """Make a message of our own from values that are right by construction, without checking them.

        A fifteenth of the time of a checked one, and the core makes several per event. Whoever reads it from a topic
        checks it. Values must be of the very types that a check would leave: tuples, times in UTC, other messages.

        Raises
        ------
        TypeError
            If a field is missing, or unknown.
        """
        fields, named = values, cls._set_of_names
        # Whoever names every field in its order is spared the looking: a third of the time.
        if tuple(values) != cls._names:
            fields, named = {**cls._all_fields, **values}, set(values)
            if len(fields) != len(cls._all_fields) or not cls._required <= values.keys():
                raise TypeError(f"{cls.__name__} has the fields {', '.join(cls._names)}; got {', '.join(values)}")
        message = cls.__new__(cls)
        _set_fields(message, fields)
        _set_named(message, named)
        _set_extra(message, None)
        _set_private(message, None)
        return message


EARLIEST_YEAR, LATEST_YEAR = 1971, 2199
"""Times outside are a broken clock or a broken export, and would overflow when moved between zones."""


def _to_utc(value: datetime) -> datetime:
    """Move an aware time to UTC, so that equal moments are written alike."""
    if not EARLIEST_YEAR <= value.year <= LATEST_YEAR:
        raise ValueError(f"year must be in {EARLIEST_YEAR}..{LATEST_YEAR}")
    return value.astimezone(UTC)


UtcTime = Annotated[AwareDatetime, AfterValidator(_to_utc)]
"""A moment in UTC. On the wire RFC 3339; a time without an offset is refused."""

CustomerKey = Annotated[str, StringConstraints(min_length=1, max_length=128)]
"""A customer: the company's own id on source topics, the keyed pseudonym everywhere after ingest."""

Identifier = Annotated[str, StringConstraints(min_length=1, max_length=128)]
"""An id that somebody else gave, carried as it is."""

Reference = Annotated[str, StringConstraints(min_length=1, max_length=64)]
"""The company's own case number (policy, claim, staff, provider, product), carried as it is."""

OrgPath = Annotated[str, StringConstraints(min_length=1, max_length=200, pattern=r"^[^/]+(/[^/]+){0,7}$")]
"""Place in the company, from head office down, at most eight levels: `HQ/Guangdong/Shenzhen`."""

Probability = Annotated[float, Field(ge=0.0, le=1.0)]
"""A calibrated score in [0, 1], always with a horizon in its name."""

Polarity = Annotated[float, Field(ge=-1.0, le=1.0)]
"""How a text feels, from -1 (furious) over 0 (neutral or unknown) to 1 (delighted)."""

Seconds = Annotated[float, Field(ge=0.0, le=31_622_400.0)]
"""A duration in seconds, at most a year."""

Count = Annotated[int, Field(ge=0, le=1_000_000)]
"""A number of things."""

Fen = Annotated[int, Field(ge=0, le=10**15)]
"""Money in fen (one hundredth of a yuan), or in the smallest unit of the tenant's currency."""

Text = Annotated[str, StringConstraints(max_length=8_000)]
"""What somebody said or wrote. Redacted before it is stored."""


class Position(NamedTuple):
    """Where a message stands in its journal partition; positions of one partition are ordered."""

    offset: int
    """Journal offset of the record."""
    line: int
    """Line within the record, from 0."""


NOWHERE = Position(-1, -1)
"""Before the first message of a partition."""


def _or_other(members: frozenset[str]) -> BeforeValidator:
    """Read a value that is not in the closed set as `other`."""

    def known(value: Any) -> Any:
        return value if not isinstance(value, str) or value in members else "other"

    return BeforeValidator(known)


def lenient(literal: Any) -> Any:
    """Make a closed set of words forgiving: a word that is not in it is read as `other`.

    A company whose system knows one channel more than we do must be able to start; labels of metrics must
    nevertheless come from closed sets.

    Raises
    ------
    ValueError
        If `other` is not a member of the set.
    """
    members = frozenset(get_args(literal))
    if "other" not in members:
        raise ValueError(f"a lenient set needs the member 'other', got {sorted(members)}")
    # The published contract must let a producer write what we read; what we write is a member.
    open_set = {"anyOf": [{"enum": list(get_args(literal))}, {"type": "string"}]}
    return Annotated[literal, _or_other(members), WithJsonSchema(open_set, mode="validation")]


ChannelName = Literal[
    "hotline",
    "online_chat",
    "app",
    "wechat",
    "web",
    "branch",
    "agent",
    "email",
    "sms",
    "social",
    "other",
]
JourneyStageName = Literal[
    "sales",
    "application",
    "consultation",
    "policy_service",
    "claim",
    "value_added",
    "renewal",
    "other",
]
DriverName = Literal["health", "life_event", "resilience", "capability", "elder", "other"]
