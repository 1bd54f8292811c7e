from __future__ import annotations

import pytest

from deploy.image.context import Ignored
from deploy.image.dockerfile import Instruction, filled, instructions_of, stages_of

TEXT = """\
# syntax=docker/dockerfile:1
FROM python:3.11 AS build
RUN one \\
    # why two
    && two
ENV PATH=/opt/bin:$PATH \\
    NAME="two words"

FROM python:3.11
COPY --from=build --chown=0:0 /opt /opt
HEALTHCHECK --interval=10s CMD ["ask", "livez"]
CMD worker --roles score
"""


def test_lines_are_joined_and_comments_left_out() -> None:
    assert instructions_of(TEXT)[1] == Instruction("RUN", "one && two")


def test_each_from_begins_a_stage() -> None:
    build, image = stages_of(instructions_of(TEXT))

    assert (build.base, build.name, image.name) == ("python:3.11", "build", "1")
    assert build.environment == {"PATH": "/opt/bin:$PATH", "NAME": "two words"}
    assert [each.name for each in image.instructions] == ["COPY", "HEALTHCHECK", "CMD"]


def test_flags_stand_before_what_is_told() -> None:
    copy, check, _ = stages_of(instructions_of(TEXT))[1].instructions

    assert (copy.flags, copy.told) == ({"from": "build", "chown": "0:0"}, "/opt /opt")
    assert Instruction("CMD", check.told.removeprefix("CMD ")).command == ["ask", "livez"]


def test_what_is_no_list_is_for_a_shell() -> None:
    assert instructions_of(TEXT)[-1].command == ["/bin/sh", "-c", "worker --roles score"]


@pytest.mark.parametrize("text", ["FROM a\nADD b c\n", "FROM a\nONBUILD RUN b\n"])
def test_what_the_reader_does_not_know_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="does not know"):
        instructions_of(text)


def test_nothing_may_stand_before_the_first_from() -> None:
    with pytest.raises(ValueError, match="before the first FROM"):
        stages_of(instructions_of("RUN a\nFROM b\n"))


@pytest.mark.parametrize(
    ("text", "made"), [("$A/${B}", "1/2"), ("${C}", ""), ("no variable", "no variable"), ("$A$A", "11")]
)
def test_variables_are_filled_in(text: str, made: str) -> None:
    assert filled(text, {"A": "1", "B": "2"}) == made


@pytest.mark.parametrize(
    ("path", "is_out"),
    [
        (".env", True),
        ("models/heat.py", False),
        ("models/deep/heat.py", False),
        ("models/deep/__pycache__/heat.pyc", True),
        ("deploy/Dockerfile", True),
        ("deploy/ask.py", False),
        ("models.txt", True),
    ],
)
def test_the_last_pattern_that_matches_decides(path: str, is_out: bool) -> None:
    assert Ignored("# why\n*\n!models/\n!deploy/ask.py\n**/__pycache__/\n")(path) is is_out
