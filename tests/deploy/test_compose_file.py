from __future__ import annotations

import os
import re
import shutil
import stat
import subprocess
import sys
import tomllib
import xml.etree.ElementTree as ElementTree
from pathlib import Path

import pytest
import yaml
from click.testing import CliRunner

from streams.exits import ExitCode
from streams.settings import ROLES, Settings, load_settings
from tests.support.deployment import (
    COMPOSE_FILE,
    EXACT,
    PROMETHEUS_FILE,
    SECRETS,
    compose,
    compose_services,
    docker_environment,
    docker_instructions,
    our_services,
    without_variables,
    worker_services,
)
from tests.support.kafka import KAFKA_LIBS, POM
from tests.support.peers import CHECKOUT

MAKE_SECRETS = CHECKOUT / "deploy" / "compose" / "make-secrets"
DEMO = CHECKOUT / "deploy" / "compose" / "demo.env"
GUIDES = [CHECKOUT / "docs" / "how-to" / name for name in ("run-with-compose.md", "run-with-compose.zh-CN.md")]
STEPS = ("topics", "tables")
"""Services that do one thing and end."""


def mounts(service: str) -> list[tuple[Path, str]]:
    """Files and folders of the checkout that a service sees, and where."""
    parts = [volume.split(":") for volume in compose_services()[service].get("volumes", ())]
    return [(CHECKOUT / source, target) for source, target, *_ in parts if source.startswith("./")]


def test_the_compose_file_fits_the_compose_specification() -> None:
    done = subprocess.run(
        [
            *(sys.executable, "-m", "check_jsonschema"),
            *("--builtin-schema", "vendor.compose-spec", COMPOSE_FILE),
        ],
        capture_output=True,
        text=True,
        timeout=240,
        check=False,
    )

    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("service", our_services())
def test_every_setting_in_the_compose_file_exists_and_is_accepted(
    service: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    environment = docker_environment() | without_variables(our_services()[service]["environment"])
    ours = {name: value for name, value in environment.items() if name.startswith("FORESHOCK_")}
    for name, value in ours.items():
        monkeypatch.setenv(name, value)

    load_settings()

    assert {name.removeprefix("FORESHOCK_").lower() for name in ours} <= Settings.model_fields.keys()


@pytest.mark.parametrize("service", our_services())
def test_every_command_in_the_compose_file_exists(service: str) -> None:
    from foreshock.cli import main

    result = CliRunner().invoke(main, [*our_services()[service]["command"], "--help"])

    assert result.exit_code == 0, result.output


def test_every_role_runs_in_one_service() -> None:
    roles = [role for each in worker_services().values() for role in each["command"][-1].split(",")]

    assert sorted(roles) == sorted(ROLES)


def test_our_services_talk_to_a_listener_that_kafka_advertises() -> None:
    kafka = compose_services()["kafka"]["environment"]
    advertised = dict(listener.split("://") for listener in kafka["KAFKA_ADVERTISED_LISTENERS"].split(","))
    opened = dict(listener.split("://") for listener in kafka["KAFKA_LISTENERS"].split(","))

    for name, service in our_services().items():
        if name != "tables":  # which speaks to the database alone
            assert service["environment"]["FORESHOCK_BOOTSTRAP_SERVERS"] == advertised["PLAINTEXT"]
    for name, address in advertised.items():
        assert opened[name].rpartition(":")[2] == address.rpartition(":")[2]
    assert advertised["PLAINTEXT_HOST"] == Settings().bootstrap_servers


def test_only_what_people_and_producers_reach_is_published_and_on_this_machine_alone() -> None:
    published = {name: each["ports"] for name, each in compose_services().items() if "ports" in each}

    assert published == {
        "kafka": ["127.0.0.1:9092:9092"],
        "prometheus": ["127.0.0.1:9090:9090"],
        "alertmanager": ["127.0.0.1:9093:9093"],
        "grafana": ["127.0.0.1:3000:3000"],
    }


@pytest.mark.parametrize("service", compose_services())
def test_nobody_is_root_or_can_become_it_or_write_into_the_image(service: str) -> None:
    told = compose_services()[service]

    assert int(told["user"].split(":")[0]) > 0
    assert told["read_only"] is True
    assert told["cap_drop"] == ["ALL"]
    assert "cap_add" not in told
    assert "privileged" not in told
    assert told["security_opt"] == ["no-new-privileges:true"]


@pytest.mark.parametrize("service", compose_services())
def test_nobody_takes_the_whole_machine(service: str) -> None:
    told = compose_services()[service]

    assert told["cpus"] <= 2
    assert re.fullmatch(r"\d+[mg]", told["mem_limit"])
    assert told["pids_limit"] > 0
    assert told["logging"]["options"] == {"max-size": "10m", "max-file": "3"}
    # A folder in memory counts as memory: none without an end.
    assert all("size=" in each for each in told.get("tmpfs", ()))


@pytest.mark.parametrize("service", compose_services())
def test_a_folder_in_memory_is_its_services_own(service: str) -> None:
    """Docker lays root's folder over one of the image, with that one's mode; /tmp is everybody's in every image."""
    user, group = compose_services()[service]["user"].split(":")
    told = [each.split(":") for each in compose_services()[service].get("tmpfs", ())]

    for folder, options in told:
        assert folder == "/tmp" or {f"uid={user}", f"gid={group}"} <= set(options.split(","))


@pytest.mark.parametrize("path", GUIDES, ids=lambda path: path.name)
def test_the_guide_tells_users_and_limits_as_they_are(path: Path) -> None:
    rows = [[cell.strip() for cell in line.split("|")[1:-1]] for line in path.read_text("utf-8").splitlines()]
    told = {
        (name, user, memory.replace(" GB", "g").replace(" MB", "m"))
        for row in rows
        if len(row) == 4
        for names, _, users, memories in [row]
        if (found := [each for each in re.findall(r"`([a-z]+)`", names) if each in compose_services()])
        for name, user, memory in zip(found, each_of(users, found), each_of(memories, found), strict=True)
    }
    there = {(name, each["user"].split(":")[0], each["mem_limit"]) for name, each in compose_services().items()}

    assert told == {each for each in there if each[0] != "foreshock"}


def test_the_guides_add_up_what_stays() -> None:
    sizes = {"m": 1, "g": 1024}
    stays = [each["mem_limit"] for each in compose_services().values() if "test" in each["healthcheck"]]
    total = sum(int(limit[:-1]) * sizes[limit[-1]] for limit in stays) / 1024

    assert all(f"{total:g} GB" in path.read_text("utf-8") for path in GUIDES)


def each_of(cell: str, names: list[str]) -> list[str]:
    """One value per name: a cell has one for all, or one for each."""
    values = re.split(r", |、", cell)
    return values if len(values) > 1 else values * len(names)


@pytest.mark.parametrize("service", our_services())
def test_our_services_run_as_the_user_of_the_image(service: str) -> None:
    (user,) = (each.told for each in docker_instructions() if each.name == "USER")

    assert our_services()[service]["user"] == user


def test_the_image_has_the_version_of_the_project() -> None:
    version = tomllib.loads((CHECKOUT / "pyproject.toml").read_text())["project"]["version"]

    assert {each["image"] for each in our_services().values()} == {f"foreshock:{version}"}


@pytest.mark.parametrize("service", compose_services())
def test_images_have_an_exact_version(service: str) -> None:
    name, _, tag = compose_services()[service]["image"].partition(":")

    assert name
    assert EXACT.fullmatch(tag)


@pytest.mark.parametrize("service", worker_services())
def test_the_worker_may_finish_before_it_is_killed(service: str) -> None:
    grace = re.fullmatch(r"(\d+)s", our_services()[service]["stop_grace_period"])

    assert grace
    assert float(grace[1]) > Settings().stop_deadline_seconds


@pytest.mark.parametrize("service", worker_services())
def test_a_worker_that_gives_up_is_started_again_and_one_with_a_wrong_setting_is_left(service: str) -> None:
    told = worker_services()[service]

    # 75 and 76 stay inside, whatever their number; what leaves is 0 or 2, and 2 is tried three times.
    assert "--supervise" in told["command"]
    assert told["restart"] == "on-failure:3"


def test_a_wrong_setting_leaves_the_container_and_does_not_stay_inside(tmp_path: Path) -> None:
    environment = without_variables(worker_services()["score"]["environment"])
    done = subprocess.run(
        [sys.executable, "-m", "foreshock", *worker_services()["score"]["command"]],
        env=os.environ | environment | {"FORESHOCK_SNAPSHOT_KEY_FILE": str(tmp_path / "no-such-file")},
        capture_output=True,
        text=True,
        timeout=240,
        check=False,
    )

    assert done.returncode == ExitCode.CONFIGURATION, done.stderr


@pytest.mark.parametrize("service", [*STEPS, "insurer"])
def test_a_step_that_fails_is_tried_again_but_not_for_ever(service: str) -> None:
    assert compose_services()[service]["restart"] == "on-failure:3"


def test_what_others_make_comes_back_after_the_machine_does() -> None:
    theirs = compose_services().keys() - our_services().keys()

    assert {compose_services()[name]["restart"] for name in theirs} == {"unless-stopped"}


@pytest.mark.parametrize("service", compose_services())
def test_everything_that_stays_says_how_it_is(service: str) -> None:
    told = compose_services()[service]["healthcheck"]
    stays = service not in {*STEPS, "insurer", "foreshock"}

    assert told.get("disable", False) is not stays
    assert ("test" in told) is stays


@pytest.mark.parametrize("service", worker_services())
def test_a_worker_is_healthy_when_it_is_ready(service: str) -> None:
    copied = {each.told.split()[1] for each in docker_instructions() if each.name == "COPY"}
    mode, program, page = worker_services()[service]["healthcheck"]["test"]

    assert (mode, page) == ("CMD", "readyz")
    assert f"/usr/local/bin/{program}" in copied


def test_whoever_waits_for_a_step_waits_until_it_is_done() -> None:
    waits = {
        (name, other, how["condition"])
        for name, each in compose_services().items()
        for other, how in each.get("depends_on", {}).items()
    }

    assert {other for _, other, _ in waits} <= compose_services().keys()
    # Without somebody who waits so, `up --wait` would take the end of a step for a failure.
    assert {other for _, other, how in waits if how == "service_completed_successfully"} == set(STEPS)
    assert all(how == "service_healthy" for _, other, how in waits if other not in STEPS)


def test_files_that_are_mounted_exist_and_cannot_be_written_to() -> None:
    found = [(source, target) for service in compose_services() for source, target in mounts(service)]

    assert found
    assert all(source.is_file() or any(source.iterdir()) for source, _ in found)
    told = [v for each in compose_services().values() for v in each.get("volumes", ()) if v.startswith("./")]
    assert all(volume.endswith(":ro") for volume in told)


def test_volumes_and_networks_are_declared_and_used() -> None:
    services = compose_services().values()
    volumes = {v.split(":")[0] for each in services for v in each.get("volumes", ()) if not v.startswith("./")}

    assert volumes == compose()["volumes"].keys()
    assert {network for each in services for network in each["networks"]} == compose()["networks"].keys()


def test_only_what_delivers_and_its_tables_reach_the_database() -> None:
    reach = {name for name, each in compose_services().items() if "store" in each["networks"]}

    assert compose()["networks"]["store"] == {"internal": True}
    assert reach == {"postgres", "tables", "deliver", "foreshock"}


@pytest.mark.parametrize("service", compose_services())
def test_who_speaks_to_whom_shares_a_network(service: str) -> None:
    told = compose_services()[service]
    words = [*map(str, told.get("environment", {}).values()), *map(str, told.get("command", ()))]
    named = {host for word in words for host in re.findall(r"\b(kafka|postgres|alertmanager|prometheus):\d+", word)}
    if "database-url" in told.get("secrets", ()):
        named.add("postgres")
    for other in named - {service}:
        assert set(told["networks"]) & set(compose_services()[other]["networks"]), other


@pytest.mark.parametrize("service", compose_services())
def test_secrets_are_files_and_each_service_has_those_that_it_names(service: str) -> None:
    told = compose_services()[service]
    environment = {**docker_environment(), **told["environment"]} if "build" in told else told.get("environment", {})
    named = {value.removeprefix(SECRETS) for value in environment.values() if str(value).startswith(SECRETS)}
    if any(target == "/etc/prometheus/prometheus.yml" for _, target in mounts(service)):
        named |= set(re.findall(rf"{SECRETS}([\w-]+)", PROMETHEUS_FILE.read_text()))

    assert set(told.get("secrets", ())) == named
    secret = re.compile(r"(KEY|PASSWORD|TOKEN|SECRET|URL)$")
    assert not {name for name in environment if secret.search(name) and not name.startswith("KAFKA_")}


def test_only_what_meets_customer_ids_holds_the_key_that_makes_pseudonyms() -> None:
    holders = {name for name, each in compose_services().items() if "pseudonym-key" in each.get("secrets", ())}

    assert holders == {"ingest", "foreshock"}


def test_secrets_are_made_at_random_kept_and_closed(tmp_path: Path) -> None:
    made = []
    for folder in (tmp_path / "one", tmp_path / "two"):
        subprocess.run([MAKE_SECRETS, folder], check=True, capture_output=True)
        made.append({each.name: each.read_text().strip() for each in folder.iterdir()})
    again = subprocess.run([MAKE_SECRETS, tmp_path / "one"], check=True, capture_output=True, text=True).stdout

    assert made[0].keys() == made[1].keys() == compose()["secrets"].keys()
    assert all(made[0][name] != made[1][name] for name in made[0])
    assert all(len(value) >= 64 for value in made[0].values())
    assert made[0]["database-password"] in made[0]["database-url"]
    assert again.count("kept") == len(made[0])
    assert {each.name: each.read_text().strip() for each in (tmp_path / "one").iterdir()} == made[0]
    assert stat.S_IMODE((tmp_path / "one").stat().st_mode) == 0o700
    # Compose mounts the very file: a container's own user must be able to read it.
    assert {stat.S_IMODE(each.stat().st_mode) for each in (tmp_path / "one").iterdir()} == {0o444}


def test_the_files_of_secrets_are_where_the_script_puts_them_and_never_committed() -> None:
    for name, told in compose()["secrets"].items():
        assert told == {"file": f"./secrets/{name}"}
    assert "/secrets/" in (CHECKOUT / ".gitignore").read_text().splitlines()
    assert not (CHECKOUT / ".dockerignore").read_text().count("secrets")


def test_the_demo_declares_the_fields_of_its_insurer() -> None:
    told = dict(line.split("=") for line in DEMO.read_text().splitlines() if line and not line.startswith("#"))
    asked = set(re.findall(r"\$\{(\w+):-", COMPOSE_FILE.read_text()))

    assert told.keys() <= asked
    assert told["FORESHOCK_CLOCK"] == "event"
    assert told["FORESHOCK_ATTRIBUTES"].split(",") == ["member_level", "sales_channel", "tenure_years"]


def test_the_broker_is_the_version_that_the_tests_run_on() -> None:
    space = {"m": "http://maven.apache.org/POM/4.0.0"}
    version = ElementTree.parse(POM).findtext("m:dependencies/m:dependency/m:version", None, space)

    assert compose_services()["kafka"]["image"] == f"apache/kafka:{version}"


@pytest.mark.kafka
@pytest.mark.kafka_node
def test_apache_kafka_accepts_the_settings_of_the_compose_file(tmp_path: Path) -> None:
    """The image's own program makes properties of variables, takes the log's file, and formats the folder."""
    for folder in ("defaults", "mounted", "final"):
        (tmp_path / folder).mkdir()
    (log4j,) = (source for source, target in mounts("kafka") if target.startswith("/mnt/shared/config/"))
    shutil.copyfile(log4j, tmp_path / "mounted" / log4j.name)
    for name in ("log4j2.yaml", "tools-log4j2.yaml"):
        shutil.copyfile(log4j, tmp_path / "defaults" / name)
    (tmp_path / "defaults" / "server.properties").write_text("")
    told = compose_services()["kafka"]["environment"]
    data = {"KAFKA_LOG_DIRS": str(tmp_path / "data"), "CLUSTER_ID": "5L6g3nShT-eMCtK--X86sw"}
    done = subprocess.run(
        [
            *("java", "-cp", f"{KAFKA_LIBS}/*", "kafka.docker.KafkaDockerWrapper", "setup"),
            *("--default-configs-dir", tmp_path / "defaults", "--mounted-configs-dir", tmp_path / "mounted"),
            *("--final-configs-dir", tmp_path / "final"),
        ],
        env=os.environ | told | data,
        capture_output=True,
        text=True,
        timeout=100,
        check=False,
    )

    assert done.returncode == 0, done.stdout + done.stderr
    assert (tmp_path / "data" / "meta.properties").exists()
    properties = dict(
        line.split("=", 1) for line in (tmp_path / "final" / "server.properties").read_text().split("\n") if line
    )
    assert properties["advertised.listeners"] == told["KAFKA_ADVERTISED_LISTENERS"]
    assert not {name for name in properties if "opts" in name}
    appenders = yaml.safe_load((tmp_path / "final" / "log4j2.yaml").read_text())["Configuration"]["Appenders"]
    assert appenders.keys() == {"Console"}
