from __future__ import annotations

import json
import re
from pathlib import Path

import click
import pytest
import yaml
from grafana_foundation_sdk.cog.encoder import JSONEncoder
from grafana_foundation_sdk.models.dashboard import Dashboard

from deploy.grafana.__main__ import DASHBOARDS, FOLDER, files
from deploy.grafana.branch import BRANCH
from deploy.grafana.panels import PanelPlan, panels_of
from foreshock.cli import main
from tests.support.alarms import exported, named_metrics, rules, runbook_headings
from tests.support.deployment import compose_services
from tests.support.peers import CHECKOUT

PANELS = [pytest.param(panel, id=f"{plan.uid}: {panel.title.en}") for plan in DASHBOARDS for panel in panels_of(plan)]


def test_the_committed_files_are_what_the_plans_say() -> None:
    committed = {str(path.relative_to(FOLDER)): path.read_text("utf-8") for path in FOLDER.rglob("*.json")}

    assert committed == files(), "run `make dashboards`"


@pytest.mark.parametrize("panel", PANELS)
def test_a_panel_is_told_in_both_languages(panel: PanelPlan) -> None:
    for words in (panel.title, panel.description):
        assert words.en
        assert re.search(r"[\u4e00-\u9fff]", words.zh) or words.zh == words.en == "AUC"
    assert panel.description.en.endswith(".")
    assert panel.unit


@pytest.mark.parametrize("panel", PANELS)
def test_a_panel_asks_only_for_what_a_worker_exports(panel: PanelPlan) -> None:
    known = exported()
    for query in panel.queries:
        for name, labels in named_metrics(query.expr):
            assert name in known, f"{query.expr} names {name}"
            assert labels <= known[name] | {"instance"}


@pytest.mark.parametrize("panel", PANELS)
def test_the_link_of_a_panel_leads_to_an_alarm_of_the_runbook(panel: PanelPlan) -> None:
    assert not panel.runbook or panel.runbook in runbook_headings()


def test_every_metric_is_on_a_panel_or_in_a_rule() -> None:
    asked = [query.expr for plan in DASHBOARDS for panel in panels_of(plan) for query in panel.queries]
    used = {name for expr in (*asked, *(rule["expr"] for rule in rules())) for name, _ in named_metrics(expr)}
    families = {re.sub(r"_(bucket|count|sum)$", "", name) for name in exported()}

    assert families - {re.sub(r"_(bucket|count|sum)$", "", name) for name in used} == set()


@pytest.mark.parametrize("name", files())
def test_panels_lie_side_by_side_without_overlap(name: str) -> None:
    panels = json.loads(files()[name])["panels"]
    cells = [
        (x, y)
        for panel in panels
        for place in (panel["gridPos"],)
        for x in range(place["x"], place["x"] + place["w"])
        for y in range(place["y"], place["y"] + place["h"])
    ]

    assert len(cells) == len(set(cells))
    assert max(x for x, _ in cells) < 24


@pytest.mark.parametrize("name", files())
def test_grafanas_own_sdk_reads_every_file_as_it_was_written(name: str) -> None:
    read = Dashboard.from_json(json.loads(files()[name]))

    assert json.loads(JSONEncoder().encode(read)) == json.loads(files()[name])


@pytest.mark.parametrize("name", files())
def test_every_panel_has_title_description_unit_and_thresholds(name: str) -> None:
    """The first panel is the note that says what to type."""
    note, *panels = [panel for panel in json.loads(files()[name])["panels"] if panel["type"] != "row"]

    assert note["type"] == "text"
    for panel in panels:
        defaults = panel["fieldConfig"]["defaults"]
        assert panel["title"]
        assert panel["description"]
        assert defaults["unit"]
        assert next(step["value"] for step in defaults["thresholds"]["steps"]) is None


@pytest.mark.parametrize("panel", PANELS)
def test_the_thresholds_of_a_panel_go_one_way(panel: PanelPlan) -> None:
    if panel.warn_at is not None and panel.bad_at is not None:
        assert (panel.warn_at > panel.bad_at) == panel.is_high_good


def test_what_a_note_says_to_type_is_a_command() -> None:
    for plan in DASHBOARDS:
        for text in (plan.note.zh, plan.note.en):
            typed = re.findall(r"`foreshock ([^`]+)`", text)
            assert typed
            for words in typed:
                command: click.Command = main
                for word in words.split():
                    if not isinstance(command, click.Group):
                        break
                    found = command.get_command(click.Context(command), word)
                    assert found is not None, f"{words} is no command"
                    command = found


def test_the_reader_of_the_branch_dashboard_chooses_units() -> None:
    for language in ("zh", "en"):
        variables = json.loads(files()[f"{language}/foreshock-branch.json"])["templating"]["list"]
        (chosen,) = [each for each in variables if each["type"] == "query"]

        assert chosen["name"] == "organisation"
        assert chosen["query"] == "label_values(foreshock_unit_transitions_total, unit)"
    assert all("$organisation" in query.expr for panel in panels_of(BRANCH) for query in panel.queries)


def test_grafana_finds_the_dashboards_of_every_language() -> None:
    provisioned = yaml.safe_load((FOLDER.parent / "provisioning" / "dashboards" / "foreshock.yml").read_text("utf-8"))
    mounted = {
        volume.split(":")[1]: CHECKOUT / volume.split(":")[0] for volume in compose_services()["grafana"]["volumes"]
    }
    for provider in provisioned["providers"]:
        path = Path(provider["options"]["path"])
        assert sorted((mounted[str(path.parent)] / path.name).glob("*.json"))
