"""Every reference page that is written from the code."""

from __future__ import annotations

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

from foreshock.reference.commands import commands_page
from foreshock.reference.errors import errors_page
from foreshock.reference.importing import import_page
from foreshock.reference.text import default_of, fields_table, page, range_of, sentence, table
from models.params import Params
from schemas.catalogue import TOPICS
from sinks.prometheus import Metrics
from streams.settings import Settings
from streams.sink_settings import SinkSettings
from streams.topics import plan_topics

_SETTINGS = """\
Settings say *where* things are and how they are carried; [parameters](parameters.md) say *how* customers are judged.

Each setting is a variable `FORESHOCK_<NAME>`, or a key `<name>` of a TOML file.
The file is the one that `FORESHOCK_CONFIG` or `foreshock --config` names.
A variable wins over the file; an option of a command wins over both.
Lists are separated by commas in variables.
`foreshock check` says what is wrong with yours."""

_PARAMETERS = """\
Parameters say *how* the core judges customers.
They are the table `[params]` of the TOML file that `FORESHOCK_PARAMS_FILE` names; worker and replay read the same one.
Their hash travels on every alert and every risk message."""

_METRICS = """\
The worker serves these at `/metrics`, on the address of `FORESHOCK_WEB_HOST` and `FORESHOCK_WEB_PORT`.
Labels come from closed sets, so their number never grows with customers.
Metrics of the Python process (`process_`, `python_`) come with them."""

_TOPICS = """\
Names have the prefix of `FORESHOCK_TOPIC_PREFIX`, `foreshock.` by default.
Partitions and retention are those of the default [settings](settings.md); `foreshock topics create` makes the topics.
What a record holds is in the JSON Schema.
[asyncapi.json](asyncapi.json) describes all topics, keys and headers for tools."""


def pages() -> dict[str, bytes]:
    """Write every page.

    Returns
    -------
    dict of str to bytes
        One entry per page, by its name below the folder of references. The same code gives the same bytes, whatever
        the environment says.
    """
    return {
        "commands.md": commands_page(),
        "errors.md": errors_page(),
        "import.md": import_page(),
        "metrics.md": _metrics_page(),
        "parameters.md": _parameters_page(),
        "settings.md": _settings_page(),
        "topics.md": _topics_page(),
    }


def _settings_page() -> bytes:
    """Describe every setting."""
    described = Settings.model_json_schema()["properties"]
    # What is inherited, the sinks' own, comes last: a newcomer needs a broker first.
    names = sorted(Settings.model_fields, key=SinkSettings.model_fields.__contains__)
    rows = (
        (f"`FORESHOCK_{name.upper()}`", default_of(field), range_of(described[name]), sentence(field))
        for name in names
        for field in (Settings.model_fields[name],)
    )
    return page("Settings", _SETTINGS, table(("variable", "default", "values", "meaning"), rows))


def _parameters_page() -> bytes:
    """Describe every parameter, group by group."""
    parts = []
    for name, field in Params.model_fields.items():
        group = field.annotation
        assert isinstance(group, type)  # noqa: S101 - every group of parameters is a model
        parts.append(f"## `[params.{name}]`\n\n{sentence(field)}\n\n{fields_table(group)}")
    return page("Parameters", _PARAMETERS, *parts)


def _metrics_page() -> bytes:
    """Describe every metric."""
    metrics = Metrics(CollectorRegistry())
    declared = [metric for metric in vars(metrics).values() if isinstance(metric, Counter | Gauge | Histogram)]
    rows = []
    for metric in declared:
        (family,) = metric.describe()
        name = f"{family.name}_total" if family.type == "counter" else family.name
        # Public only on samples, and a metric without any yet has labels too.
        labels = ", ".join(f"`{label}`" for label in metric._labelnames)
        rows.append((f"`{name}`", family.type, labels, family.documentation))
    return page("Metrics", _METRICS, table(("metric", "type", "labels", "meaning"), rows))


def _topics_page() -> bytes:
    """Describe every topic."""
    # Without the environment: the page must not depend on who writes it.
    settings = Settings.model_construct()
    plans = {plan.name: plan for plan in plan_topics(settings)}
    rows = []
    for topic in TOPICS.values():
        plan = plans[settings.topic(topic.name)]
        rows.append(
            (
                f"[`{topic.name}`](schemas/{topic.name}.schema.json)",
                topic.about,
                topic.key,
                topic.written_by,
                str(plan.partitions),
                _kept(dict(plan.configs)),
            )
        )
    return page("Topics", _TOPICS, table(("topic", "holds", "record key", "written by", "partitions", "kept"), rows))


def _kept(configs: dict[str, str]) -> str:
    """Say how long a topic keeps what."""
    if configs.get("cleanup.policy") == "compact":
        return "the latest per key"
    return f"{int(configs['retention.ms']) // 3_600_000} hours"
