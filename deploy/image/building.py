"""Performs the instructions of a Dockerfile on root folders."""

from __future__ import annotations

import shutil
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from deploy.image.dockerfile import Instruction, Stage, filled
from deploy.image.root import PATH, Root, StepFailedError, machine_files, passed_on, run

Told = Callable[[str], None]


@dataclass
class Built:
    """A root and what its image says of itself."""

    root: Root
    environment: dict[str, str] = field(default_factory=lambda: {"PATH": PATH, "HOME": "/root"})
    arguments: dict[str, str] = field(default_factory=dict)
    """What `ARG` named; known while the image is built only."""
    labels: dict[str, str] = field(default_factory=dict)
    workdir: str = "/"
    user: str = "0:0"
    exposed: list[str] = field(default_factory=list)
    entrypoint: list[str] = field(default_factory=list)
    cmd: list[str] = field(default_factory=list)
    healthcheck: list[str] = field(default_factory=list)
    stop_signal: str = "SIGTERM"

    @property
    def variables(self) -> dict[str, str]:
        """What can be filled in."""
        return {**self.arguments, **self.environment}


class Builder:
    """Performs stages one after the other.

    Parameters
    ----------
    context
        Folder that `COPY` reads.
    work
        Folder for the roots.
    bases
        Roots that stand for the images that stages begin with.
    tell
        Is told of each step.
    """

    def __init__(self, context: Path, work: Path, bases: dict[str, Root], tell: Told) -> None:
        self._context, self._work, self._bases, self._tell = context, work, bases, tell
        self._built: dict[str, Built] = {}

    def build(self, stages: Sequence[Stage]) -> Built:
        """Perform every stage, and return the last one.

        Raises
        ------
        StepFailedError
            If an instruction cannot be performed.
        """
        for stage in stages:
            begun = self._built[stage.base].root if stage.base in self._built else self._bases[stage.base]
            built = Built(begun.copy(self._work / f"stage-{stage.name}"))
            for instruction in stage.instructions:
                began = time.monotonic()
                self.perform(built, instruction)
                self._tell(f"{time.monotonic() - began:7.1f} s  {instruction.name} {instruction.rest[:90]}")
            self._built[stage.name] = built
        return built

    def perform(self, built: Built, instruction: Instruction) -> None:
        """Perform one instruction."""
        told = filled(instruction.told, built.variables)
        match instruction.name:
            case "RUN":
                self._run(built, instruction.command)
            case "COPY":
                self._copy(built, instruction, told.split())
            case "ENV":
                built.environment |= {k: filled(v, built.variables) for k, v in instruction.pairs.items()}
            case "ARG":
                built.arguments |= instruction.pairs
            case "LABEL":
                built.labels |= {k: filled(v, built.variables) for k, v in instruction.pairs.items()}
            case "WORKDIR":
                built.workdir = str(Path(built.workdir) / told)
                built.root.path(built.workdir).mkdir(parents=True, exist_ok=True)
            case "USER":
                built.user = told if ":" in told else f"{told}:{told}"
            case "EXPOSE":
                built.exposed += told.split()
            case "HEALTHCHECK":
                built.healthcheck = Instruction("CMD", told.removeprefix("CMD ")).command
            case "STOPSIGNAL":
                built.stop_signal = told
            case "ENTRYPOINT":
                built.entrypoint = instruction.command
            case "CMD":
                built.cmd = instruction.command
            case other:
                raise StepFailedError(f"{other} is not performed here")

    def _run(self, built: Built, words: list[str]) -> None:
        """Run a command in the root, with this machine's way out."""
        mounts = machine_files()
        made = [built.root.path(mount.target) for mount in mounts if not built.root.path(mount.target).exists()]
        for mount in mounts:
            built.root.place_for(mount)
        line = built.root.command(words, built.workdir, built.user, mounts)
        run(line, env={**built.variables, **passed_on()})
        for place in made:  # empty: what was there, was there in the command's own namespace
            place.rmdir() if place.is_dir() else place.unlink()

    def _copy(self, built: Built, instruction: Instruction, words: list[str]) -> None:
        """Copy from the context, or from an earlier stage, as root's."""
        *sources, target = words
        stage = instruction.flags.get("from")
        origin = self._built[stage].root.folder if stage else self._context
        place = built.root.path(str(Path(built.workdir) / target))
        for source in sources:
            found = origin / source.lstrip("/")
            if found.is_dir():
                shutil.copytree(found, place, symlinks=True, dirs_exist_ok=True)
            else:
                goal = place / found.name if target.endswith("/") or place.is_dir() else place
                goal.parent.mkdir(parents=True, exist_ok=True)
                shutil.copy2(found, goal)
        run(["chown", "-R", "0:0", str(place)])
