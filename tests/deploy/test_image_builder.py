"""What performing a Dockerfile makes of instructions; `make test-image` runs programs in a real root."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from deploy.image.building import Builder, Built
from deploy.image.dockerfile import instructions_of, stages_of
from deploy.image.root import PATH, Mount, Root

DOCKERFILE = """\
FROM base AS build
WORKDIR /opt
WORKDIR here
ENV PATH=/opt/bin:$PATH NAME=one
ARG REVISION=unknown

FROM base
ARG REVISION=unknown
LABEL revision="${REVISION}"
ENV GREETING="hello $NAME"
WORKDIR /var/lib/here
USER 10001:10001
EXPOSE 8088
HEALTHCHECK --interval=10s CMD ["ask", "livez"]
STOPSIGNAL SIGTERM
ENTRYPOINT ["foreshock"]
CMD ["worker"]
"""


def built_of(text: str, folder: Path) -> Built:
    for name in ("base", "context"):
        (folder / name).mkdir()
    (folder / "context" / "models").mkdir()
    (folder / "context" / "models" / "heat.py").write_text("HEAT = 3\n")
    builder = Builder(folder / "context", folder, {"base": Root(folder / "base")}, lambda line: None)
    return builder.build(stages_of(instructions_of(text)))


def test_the_last_stage_says_how_the_image_is_run(tmp_path: Path) -> None:
    built = built_of(DOCKERFILE, tmp_path)

    assert built.environment == {"PATH": PATH, "HOME": "/root", "GREETING": "hello "}
    assert (built.labels, built.workdir, built.user) == ({"revision": "unknown"}, "/var/lib/here", "10001:10001")
    assert (built.entrypoint, built.cmd, built.exposed) == (["foreshock"], ["worker"], ["8088"])
    assert (built.healthcheck, built.stop_signal) == (["ask", "livez"], "SIGTERM")
    assert (tmp_path / "stage-build" / "opt" / "here").is_dir()
    assert not (tmp_path / "stage-1" / "opt").exists()


@pytest.mark.skipif(os.geteuid() != 0, reason="what is copied becomes root's")
def test_folders_are_copied_by_what_is_in_them_and_files_by_name(tmp_path: Path) -> None:
    text = """\
FROM base AS build
WORKDIR /opt
COPY models/ models/
COPY models/heat.py ./
FROM base
COPY --from=build /opt /srv
COPY models/heat.py /usr/local/bin/heat
"""

    built = built_of(text, tmp_path)

    files = {each.relative_to(built.root.folder).as_posix() for each in built.root.folder.rglob("*") if each.is_file()}
    assert files == {"srv/models/heat.py", "srv/heat.py", "usr/local/bin/heat"}


def test_who_is_not_root_keeps_no_right_and_finds_only_what_is_mounted_writable(tmp_path: Path) -> None:
    line = Root(tmp_path).command(["ask", "livez"], "/var", "10001:10001", [Mount("/tmp")], is_read_only=True)

    script = line[line.index("-euc") + 1]
    assert f"mount -o remount,bind,ro {tmp_path}" in script
    assert f"tmpfs {tmp_path}/tmp" in script
    assert line[-2:] == ["ask", "livez"]
    assert {"--no-new-privs", "--bounding-set=-all", "--clear-groups"} <= set(line)


def test_root_in_a_step_of_the_build_keeps_its_rights(tmp_path: Path) -> None:
    assert "setpriv" not in Root(tmp_path).command(["true"])
