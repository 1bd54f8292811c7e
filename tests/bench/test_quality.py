"""The quality bench on made-up sets that lie as the real ones do."""

from __future__ import annotations

import gzip
import json
from pathlib import Path

import orjson
import pytest
from click.testing import CliRunner, Result

from bench.quality import __main__ as command
from bench.quality import floors, references
from bench.quality.dialogues import dialogues_of
from bench.quality.figures import Folders
from bench.quality.rows import handover, stc3
from bench.quality.running import Frozen, Learning, events_of
from bench.quality.splitting import FOLDS, splits
from models.params import Params

GOOD, BAD = "thank you, it works now, great service", "terrible, I am angry and nobody answers"


def dialogue(number: int, bad: bool) -> bytes:
    said = BAD if bad else GOOD
    turns = [("customer", said), ("agent", "We will look into it."), ("customer", f"{said} again {number}")]
    shown = [{"role": role, "text": text} for role, text in turns]
    return orjson.dumps({"id": str(number), "lang": "en", "turns": shown, "S_mean": -1.0 if bad else 1.0})


def write(path: Path, lines: list[bytes]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(gzip.compress(b"\n".join(lines)))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    write(tmp_path / "data" / "stc3_helpdesk" / "en.jsonl.gz", [dialogue(n, n % 3 == 0) for n in range(40)])
    return tmp_path / "data"


def run(*arguments: object) -> Result:
    return CliRunner().invoke(command.main, [*map(str, arguments)])


def test_folds_are_cut_by_customer_and_every_customer_is_judged_once(folder: Path) -> None:
    (group,) = splits(Folders(folder), stc3.SET, "en", stc3.events)
    judged = [{given.customer_id for given in split.test} for split in group]

    assert len(group) == FOLDS
    assert sum(map(len, judged)) == len(set.union(*judged)) == 40
    for split in group:
        assert not {given.customer_id for given in split.test} & {given.customer_id for given in split.train}
        assert [given.at for given in split.train] == sorted(given.at for given in split.train)


def test_every_file_of_a_test_folder_is_judged_on_its_own(folder: Path, tmp_path: Path) -> None:
    other = tmp_path / "other"
    write(other / "stc3_helpdesk" / "en_half.jsonl.gz", [dialogue(100, True)])
    write(other / "stc3_helpdesk" / "en_official_test.jsonl.gz", [dialogue(101, False)])

    groups = list(splits(Folders(folder, other), stc3.SET, "en", stc3.events))

    assert [[split.name for split in group] for group in groups] == [["en_half"], ["en_official_test"]]
    assert all(len(dialogues_of(group[0].train)) == 40 for group in groups)


def test_a_dialogue_has_its_turns_in_order_and_its_rating(folder: Path) -> None:
    first = dialogues_of(stc3.events([folder / "stc3_helpdesk" / "en.jsonl.gz"]))[0]

    assert [speaker for speaker, _ in first.texts] == ["customer", "agent", "customer"]
    assert first.texts[0][1] == BAD
    assert first.rating == 2.0
    assert stc3.is_bad(first)


def test_a_frozen_product_says_the_same_whatever_it_has_seen_of_others(folder: Path) -> None:
    events = stc3.events([folder / "stc3_helpdesk" / "en.jsonl.gz"])
    weights = Learning(Params()).learn_all(events)
    one = dialogues_of(events)[5]

    alone = [Frozen(Params(), weights).take(turn).risk.probability_30d for turn in one.turns[:1]]
    later = Frozen(Params(), weights)
    for given in events[:12]:
        later.take(given)

    assert alone == [later.take(turn).risk.probability_30d for turn in one.turns[:1]]


def test_a_warm_start_keeps_what_was_learned_and_forgets_the_customers(folder: Path) -> None:
    events = stc3.events([folder / "stc3_helpdesk" / "en.jsonl.gz"])
    learned = Learning(Params())
    weights = learned.learn_all(events)

    again = learned.started_again()

    assert again.weights().lines == weights.lines
    belief = again.take(events[0])
    assert belief.risk.at == events[0].at
    assert belief.risk.snapshot > 0


def test_the_lines_of_a_sorted_file_are_shuffled_the_same_way_each_time(tmp_path: Path) -> None:
    path = tmp_path / "chats_eval.jsonl.gz"
    chats = [{"id": f"c{n}", "turns": [{"role": "customer", "tok": [n, 7], "handoff": n % 2}]} for n in range(30)]
    write(path, [orjson.dumps(chat) for chat in chats])

    found = [given.customer_id for given in handover.shuffled("mhch", [path])]

    assert found != [f"mhch:c{n}" for n in range(30)]
    assert sorted(found) == sorted(f"mhch:c{n}" for n in range(30))
    assert found == [given.customer_id for given in handover.shuffled("mhch", [path])]
    assert handover.marked_in([path]) == {f"mhch:c{n}:0" for n in range(1, 30, 2)}
    text = dialogues_of(events_of("mhch", [path]))[3].texts
    assert text == [("customer", "w3 w7")]


def test_the_command_prints_the_table_and_writes_the_figures(folder: Path, tmp_path: Path, monkeypatch) -> None:  # type: ignore[no-untyped-def]
    monkeypatch.setattr(floors, "FLOORS", tmp_path / "floors.json")
    file = tmp_path / "figures.json"

    done = run("text", "--train", folder, "--no-references", "--json", file, "--test", folder)

    assert done.exit_code == 0, done.output
    assert "stc3 en: AUC, whole" in done.output
    written = json.loads(file.read_bytes())
    assert {one["row"] for one in written["figures"]} == {"stc3 en"}
    assert [one["what"] for one in written["figures"]] == [f"AUC, {cut}" for cut in stc3.CUTS]
    assert written["machine"]["python"]


def test_the_gate_fails_when_a_figure_is_below_its_floor(folder: Path, monkeypatch) -> None:  # type: ignore[no-untyped-def]
    monkeypatch.setattr(command, "read_floors", lambda: {"stc3 en: AUC, whole": 1.1})

    done = run("text", "--train", folder, "--no-references")

    assert done.exit_code == 1
    assert "worse than the recorded floor" in done.output
    assert "the floor is 1.1" in done.output


def test_a_missing_set_is_said(tmp_path: Path) -> None:
    done = run("fines", "--train", tmp_path)

    assert done.exit_code == 0
    assert "fines: its data are not in" in done.output


@pytest.mark.skipif(not references.HAS_SKLEARN, reason="the extra bench is not installed")
def test_the_batch_references_learn_what_is_plain_to_see(folder: Path) -> None:
    dialogues = dialogues_of(stc3.events([folder / "stc3_helpdesk" / "en.jsonl.gz"]))

    scores = references.dialogue_scores(dialogues[:30], dialogues[30:], [1, 3], "en", stc3.is_bad)

    assert scores is not None
    assert len(scores) == 2
    bad = [score for one, score in zip(dialogues[30:], scores[0], strict=True) if stc3.is_bad(one)]
    good = [score for one, score in zip(dialogues[30:], scores[0], strict=True) if not stc3.is_bad(one)]
    assert min(bad) > max(good)


def desk(folder: Path, prefix: str, count: int = 12) -> Path:
    """Incidents that lie as the real ones do: each is new, then resolved, and every third is opened again."""
    fields = "ts number idx caller_id ident_state reassignment_count reopen_count sys_mod_count opened_at contact_type"
    fields += " location category subcategory u_symptom impact urgency priority assignment_group knowledge"
    names = [*fields.split(), "u_priority_confirmation", "notify"]
    rows, truths = [",".join(names)], ["number,reopen,reopen_ts"]
    for number in range(count):
        bad, day = number % 3 == 0, 1 + number
        steps = [
            ("09:00", "New", 0),
            ("11:00", "Resolved", 0),
            *[("15:00", "Active", 1), ("16:00", "Resolved", 1)] * bad,
        ]
        for index, (time, state, reopened) in enumerate(steps):
            known = {
                "ts": f"2016-03-{day:02}T{time}",
                "number": f"{prefix}{number}",
                "idx": str(index),
                "caller_id": f"{prefix}{number % 4}",
                "ident_state": state,
                "reopen_count": str(reopened),
            }
            rows.append(",".join(known.get(name, "1") for name in names))
        truths.append(f"{prefix}{number},{int(bad)},{f'2016-03-{day:02}T15:00' if bad else ''}")
    write(folder / "servicenow_incidents" / "events.csv.gz", [row.encode() for row in rows])
    write(folder / "servicenow_incidents" / "incidents.csv.gz", [row.encode() for row in truths])
    return folder


def test_a_stream_is_judged_once_per_case_from_nothing_and_with_what_another_half_taught(tmp_path: Path) -> None:
    train, test, file = desk(tmp_path / "a", "a"), desk(tmp_path / "b", "b", 9), tmp_path / "figures.json"

    done = run("incidents", "--train", train, "--test", test, "--no-references", "--json", file)

    assert done.exit_code == 0, done.output
    figures = json.loads(file.read_bytes())["figures"]
    assert [(one["row"], one["what"]) for one in figures] == [
        (row, what) for row in ("incidents, cold", "incidents, warm") for what in ("AUC", "AP")
    ]
    assert {(one["count"], one["positive_count"]) for one in figures} == {(9, 3)}
