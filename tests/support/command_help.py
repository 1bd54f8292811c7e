"""What `docker` and `kubectl` say of their own command lines, asked of the real programs by `--help`."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

# `-f, --file stringArray   Compose files` as Docker's tools print it; `-f, --filename=[]:` as kubectl does.
_DOCKERS = re.compile(r"^\s+(?:(-\w), )?(--[\w-]+)(?: (?P<value>[\w\[\]<>=,|]+))?(?:\s{2,}|$)", re.MULTILINE)
_KUBECTLS = re.compile(r"^\s+(?:(-\w), )?(--[\w-]+)=(?P<value>.*):$", re.MULTILINE)
_COMMAND = re.compile(r"^  ([a-z][a-z-]*)\*?\s{2,}\S", re.MULTILINE)


@dataclass(frozen=True)
class Level:
    """One command, with what may follow its name."""

    flags: dict[str, bool]
    """Long and short forms, each with whether a word with its value may follow."""

    commands: frozenset[str]
    """Commands below it; empty for one that does something."""

    passes_on: bool
    """Whether what follows its first argument is another program's."""


@cache
def level(words: tuple[str, ...]) -> Level:
    """Ask a program what may follow some of its commands, such as `("docker", "compose", "up")`."""
    told = _said(*words, "--help")
    flags = {"--help": False}
    if words[0] == "kubectl":
        told_of_all = _said("kubectl", "options")
        for short, long, value in _KUBECTLS.findall(told + told_of_all):
            flags |= {name: value not in {"true", "false"} for name in (short, long) if name}
    else:
        for short, long, value in _DOCKERS.findall(told):
            flags |= {name: bool(value) for name in (short, long) if name}
    usage = re.search(r"Usage:\s+(.*)", told)
    passes_on = bool(usage and re.search(r"COMMAND\]? \[ARGS?\.\.\.\]", usage[1]))
    sections = re.split(r"^(?=\S.*:$)", told, flags=re.MULTILINE)
    listed = [each for each in sections if re.match(r".*Commands.*:$", each.splitlines()[0] if each else "")]
    return Level(flags, frozenset(name for each in listed for name in _COMMAND.findall(each)), passes_on)


def complaint(words: Sequence[str]) -> str:
    """Return what a program would refuse in a command line; nothing if it understands every word.

    Names of things (a service, a resource, a file) are not its grammar and are passed over.
    """
    at: tuple[str, ...] = (words[0],)
    rest = list(words[1:])
    while rest:
        word = rest.pop(0)
        here = level(at)
        if word == "--":
            return ""
        if word.startswith("-") and word != "-":
            name, equals, _ = word.partition("=")
            if name not in here.flags:
                return f"{' '.join(at)} has no {name}"
            if here.flags[name] and not equals:
                if not rest:
                    return f"{' '.join(at)} {name} wants a value"
                rest.pop(0)
        elif here.commands:
            if word not in here.commands:
                return f"{' '.join(at)} has no command {word}"
            at = (*at, word)
        elif here.passes_on:
            return ""
    # Some of kubectl's do something by themselves and have commands below them: `kubectl apply`.
    return f"{' '.join(at)} wants a command" if level(at).commands and at[0] != "kubectl" else ""


def _said(*words: str) -> str:
    done = subprocess.run(words, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, f"{' '.join(words)}: {done.stdout}{done.stderr}"
    return done.stdout
