"""What kubectl renders of the manifests, and of the overlay that the pages show."""

from __future__ import annotations

import base64
import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import kubernetes_validate
import pytest
import yaml

from streams.settings import Settings
from tests.support.composed import make_secrets
from tests.support.deployment import EXACT
from tests.support.documents import blocks
from tests.support.kubernetes import container, environment_of, files_of, given_to, rendered, workloads
from tests.support.peers import CHECKOUT

pytestmark = pytest.mark.kubectl

K8S = CHECKOUT / "deploy" / "k8s"
VERSION = "1.33"
THEIRS = ("keda.sh/v1alpha1",)
"""Resources of others, whose schemas Kubernetes does not ship."""
GUIDES = [CHECKOUT / "docs" / "how-to" / name for name in ("run-on-kubernetes.md", "run-on-kubernetes.zh-CN.md")]


@pytest.fixture(params=["first-look", "production", *GUIDES], ids=lambda each: getattr(each, "name", each))
def documents(request: pytest.FixtureRequest, tmp_path: Path) -> list[dict[str, Any]]:
    """What each overlay is rendered to: ours, and the one of each page."""
    if isinstance(request.param, str):
        return rendered(K8S / "overlays" / request.param)
    return rendered(company(request.param, tmp_path))


def company(guide: Path, folder: Path) -> Path:
    """Write the overlay that a page shows beside copies of ours."""
    shutil.copytree(K8S, folder / "k8s")
    place = folder / "k8s" / "overlays" / "company"
    place.mkdir()
    for block in blocks(guide):
        if block.language == "yaml" and (name := re.match(r"# (\w+\.yaml)\n", block.text)):
            (place / name[1]).write_text(block.text, "utf-8")
    return place


def strings(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        value = list(value.values())
    if isinstance(value, list):
        for each in value:
            yield from strings(each)
    elif isinstance(value, str):
        yield value


def test_the_base_is_rendered_to_what_its_files_say() -> None:
    """So tests that read the files tell of what a cluster is given; kustomize adds a label and the image's tag."""
    found = {(one["kind"], one["metadata"]["name"]): one for one in rendered(K8S / "base")}

    for one in files_of(K8S / "base"):
        one["metadata"].setdefault("labels", {})["app.kubernetes.io/name"] = "foreshock"
        for each in workloads([one]).values():
            each["spec"]["template"]["spec"]["containers"][0]["image"] += ":0.1.0"
        assert found.pop((one["kind"], one["metadata"]["name"])) == one
    assert not found


def test_resources_fit_the_api(documents: list[dict[str, Any]]) -> None:
    for one in documents:
        if one["apiVersion"] not in THEIRS:
            kubernetes_validate.validate(one, VERSION, strict=True)


def test_images_are_exact(documents: list[dict[str, Any]]) -> None:
    images = {container(each)["image"] for each in workloads(documents).values()}

    assert len(images) == 1
    assert all(EXACT.fullmatch(image.rpartition(":")[2]) for image in images)


def test_every_setting_exists_and_every_secret_is_given(documents: list[dict[str, Any]]) -> None:
    for workload in workloads(documents).values():
        told = environment_of(workload, documents)
        files = {Path(value).name for value in told.values() if value.startswith("/run/secrets/")}

        assert {name.removeprefix("FORESHOCK_").lower() for name in told} <= Settings.model_fields.keys()
        assert files == given_to(workload)


def test_nothing_names_the_journal(documents: list[dict[str, Any]]) -> None:
    """`foreshock migrate` gives it another name: what named it would have to be changed with the settings."""
    assert not [each for each in strings(documents) if "foreshock.journal" in each]


def test_a_new_generation_of_the_journal_is_said_once(tmp_path: Path) -> None:
    place = company(GUIDES[0], tmp_path)
    before = rendered(place)
    told = yaml.safe_load((place / "settings.yaml").read_text("utf-8"))
    told["data"]["FORESHOCK_JOURNAL_GENERATION"] = "2"
    (place / "settings.yaml").write_text(yaml.safe_dump(told), "utf-8")
    after = rendered(place)

    changed = [one["kind"] for one, other in zip(before, after, strict=True) if one != other]
    assert changed == ["ConfigMap"]
    workers = [each for each in workloads(after).values() if container(each)["args"][0] == "worker"]
    assert {environment_of(each, after)["FORESHOCK_JOURNAL_GENERATION"] for each in workers} == {"2"}


@pytest.mark.parametrize("guide", GUIDES, ids=lambda path: path.name)
def test_the_page_gives_the_secrets_of_its_sinks_to_who_delivers(guide: Path, tmp_path: Path) -> None:
    documents = rendered(company(guide, tmp_path))
    given = {name: given_to(each) for name, each in workloads(documents).items()}

    assert {name for name, keys in given.items() if "webhook-secret" in keys} == {"foreshock-deliver"}
    assert {name for name, keys in given.items() if "database-url" in keys} == {"foreshock-deliver", "foreshock-tables"}
    told = environment_of(workloads(documents)["foreshock-deliver"], documents)
    assert told["FORESHOCK_SINKS"] == "database,webhook"


@pytest.mark.parametrize("guide", GUIDES, ids=lambda path: path.name)
def test_the_secret_that_the_page_makes_has_the_keys_that_workloads_are_given(guide: Path, tmp_path: Path) -> None:
    make_secrets(tmp_path)
    (line,) = re.findall(r"^kubectl create secret .*$", guide.read_text("utf-8"), re.MULTILINE)
    done = subprocess.run(
        [*line.split(), "--dry-run=client", "--output=yaml"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )

    assert done.returncode == 0, done.stderr
    made = yaml.safe_load(done.stdout)
    given = [given_to(each) for each in workloads(rendered(K8S / "overlays" / "first-look")).values()]
    assert made["metadata"]["name"] == "foreshock"
    assert made["data"].keys() == set().union(*given)
    assert all(len(base64.b64decode(each)) >= 16 for each in made["data"].values())


def test_a_digest_takes_the_place_of_the_tag(tmp_path: Path) -> None:
    shutil.copytree(K8S, tmp_path / "k8s")
    (pinned,) = (block.text for block in blocks(GUIDES[0]) if block.language == "yaml" and "digest" in block.text)
    place = tmp_path / "k8s" / "overlays" / "first-look" / "kustomization.yaml"
    place.write_text(place.read_text("utf-8") + pinned.replace("DIGEST", "0" * 64), "utf-8")

    images = {container(each)["image"] for each in workloads(rendered(place.parent)).values()}
    assert images == {f"registry.example/foreshock@sha256:{'0' * 64}"}
