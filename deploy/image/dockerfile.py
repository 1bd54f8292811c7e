"""What a Dockerfile says: its instructions in order, and the stages that they make.

The part of the format that `deploy/Dockerfile` uses; what is outside of it is refused, not passed over.
"""

from __future__ import annotations

import json
import re
import shlex
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

DOCKERFILE = Path(__file__).parents[1] / "Dockerfile"

KNOWN = frozenset(
    {
        *("FROM", "RUN", "COPY", "ENV", "ARG", "LABEL", "WORKDIR", "USER"),
        *("EXPOSE", "HEALTHCHECK", "STOPSIGNAL", "ENTRYPOINT", "CMD"),
    }
)
"""Instructions that this reader knows."""
_VARIABLE = re.compile(r"\$(?:\{(\w+)\}|(\w+))")


@dataclass(frozen=True)
class Instruction:
    """One instruction, its continued lines joined."""

    name: str
    """In capitals."""

    rest: str
    """What stands after the name."""

    @property
    def flags(self) -> dict[str, str]:
        """What stands first as `--name=value`."""
        words = self.rest.split()
        first = next((index for index, word in enumerate(words) if not word.startswith("--")), len(words))
        return dict(word.removeprefix("--").split("=", maxsplit=1) for word in words[:first])

    @property
    def told(self) -> str:
        """What stands after the flags."""
        return re.sub(r"^(?:--\S+\s+)*", "", self.rest)

    @property
    def command(self) -> list[str]:
        """The command that is told: a JSON list as it is, anything else for a shell, as Docker reads it."""
        if self.told.startswith("["):
            return [str(word) for word in json.loads(self.told)]
        return ["/bin/sh", "-c", self.told]

    @property
    def pairs(self) -> dict[str, str]:
        """Names and values of `ENV`, `LABEL` and `ARG`, without their quotes."""
        words = shlex.split(self.told)
        parts = (word.partition("=") for word in words)
        return {name: value for name, _, value in parts}


@dataclass(frozen=True)
class Stage:
    """What one `FROM` begins."""

    base: str
    """Image, or name of an earlier stage."""

    name: str
    """After `AS`, or the number of the stage."""

    instructions: list[Instruction] = field(default_factory=list)
    """In order, without the `FROM`."""

    def named(self, name: str) -> list[Instruction]:
        """Return the instructions of one kind."""
        return [each for each in self.instructions if each.name == name]

    @property
    def environment(self) -> dict[str, str]:
        """What `ENV` sets; variables in it are not filled in."""
        return {name: value for each in self.named("ENV") for name, value in each.pairs.items()}


def instructions_of(text: str) -> list[Instruction]:
    r"""Read the instructions of a Dockerfile, in order.

    Raises
    ------
    ValueError
        If one is not among `KNOWN`.

    Examples
    --------
    >>> instructions_of("FROM a\n# why\nRUN one \\\n    && two\n")
    [Instruction(name='FROM', rest='a'), Instruction(name='RUN', rest='one && two')]
    """
    kept = "".join(line for line in text.splitlines(keepends=True) if not line.lstrip().startswith("#"))
    lines = [line.strip() for line in re.sub(r"\\\n\s*", "", kept).splitlines() if line.strip()]
    found = [Instruction(name.upper(), rest) for name, _, rest in (line.partition(" ") for line in lines)]
    if unknown := {each.name for each in found} - KNOWN:
        raise ValueError(f"the Dockerfile has {sorted(unknown)}, which this reader does not know")
    return found


def stages_of(instructions: Sequence[Instruction]) -> list[Stage]:
    """Split instructions into stages.

    Raises
    ------
    ValueError
        If something stands before the first `FROM`.
    """
    stages: list[Stage] = []
    for each in instructions:
        if each.name == "FROM":
            words = each.told.split()
            stages.append(Stage(words[0], words[2] if len(words) > 2 else str(len(stages))))
        elif not stages:
            raise ValueError(f"{each.name} stands before the first FROM")
        else:
            stages[-1].instructions.append(each)
    return stages


def filled(text: str, variables: Mapping[str, str]) -> str:
    """Fill variables in, as Docker does in `ENV`, `LABEL`, `COPY`, `WORKDIR` and `USER`; unknown ones are empty.

    Examples
    --------
    >>> filled("/opt/bin:$PATH", {"PATH": "/usr/bin"})
    '/opt/bin:/usr/bin'
    """
    return _VARIABLE.sub(lambda match: variables.get(match[1] or match[2], ""), text)


def our_stages() -> list[Stage]:
    """Read the stages of our Dockerfile."""
    return stages_of(instructions_of(DOCKERFILE.read_text(encoding="utf-8")))
