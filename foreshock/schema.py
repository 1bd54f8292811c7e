"""The command `foreshock schema`: the published contracts and the reference pages, written anew or checked."""

from __future__ import annotations

from pathlib import Path

import click

from schemas.contracts import documents

REFERENCE = Path(__file__).resolve().parents[1] / "docs" / "reference"
"""Where this checkout keeps them."""


@click.command("schema")
@click.option(
    "--check",
    "is_check",
    is_flag=True,
    help="Write nothing; exit with 1 and name the files that are stale, missing or left over.",
)
@click.option(
    "--output",
    "folder",
    type=click.Path(file_okay=False, path_type=Path),
    default=REFERENCE,
    help="Folder to write to; docs/reference of this checkout by default.",
)
def schema(is_check: bool, folder: Path) -> None:
    """Write the contracts of all topics and the reference pages.

    One JSON Schema (draft 2020-12) per topic goes to schemas/, and one AsyncAPI 3 document with channels, keys,
    headers and operations to asyncapi.json. Generate clients from them, or validate what you send. Pages about
    commands, settings, parameters, metrics, topics, errors and mapping files stand beside them.

    \b
      foreshock schema --output contracts
      check-jsonschema --schemafile contracts/schemas/calls.schema.json call.json
    """  # noqa: D301 - click's own mark
    from foreshock.reference.pages import pages  # every error and metric is loaded for them, and Faust with those

    wanted = {**documents(), **pages()}
    left_over = _left_over(folder, wanted)
    stale = [path for path, content in wanted.items() if _content(folder / path) != content]
    if is_check:
        for path in (*stale, *left_over):
            click.echo(f"{folder / path} is {'left over' if path in left_over else 'stale or missing'}")
        if stale or left_over:
            raise click.ClickException("the reference does not match the code: run `foreshock schema`")
        click.echo(f"{len(wanted)} files match the code")
        return
    for path, content in wanted.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_bytes(content)
    for path in left_over:
        (folder / path).unlink()
    click.echo(f"{len(wanted)} files in {folder}, {len(stale) + len(left_over)} changed")


def _left_over(folder: Path, wanted: dict[str, bytes]) -> list[str]:
    """Name schemas of topics that are no more."""
    present = (path.relative_to(folder).as_posix() for path in sorted((folder / "schemas").glob("*.schema.json")))
    return [path for path in present if path not in wanted]


def _content(path: Path) -> bytes | None:
    """Read a file; `None` if there is none."""
    return path.read_bytes() if path.is_file() else None
