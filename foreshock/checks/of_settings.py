"""Checks that need no broker: variables, the secret and the parameters."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches

from foreshock.checks.findings import Finding
from models.clocks.packs import load_pack
from models.params import load_params
from schemas.errors import ConfigurationError
from streams.fitting import fits
from streams.settings import Settings
from streams.snapshots import load_snapshot

# A key from `openssl rand -hex 32` has 64 characters. Below 32, or of few different ones, it was typed by a person,
# and whoever guesses it can turn every known customer id into its key.
_STRONG_LENGTH = 32
_STRONG_DISTINCT = 10

_ALL_SETTINGS = "all settings: docs/reference/settings.md"
_MAKE_ONE = (
    "make one with `openssl rand -hex 32` and give it as FORESHOCK_PSEUDONYM_KEY_FILE, before real customers come"
)


# Not settings: where they are read from, and what `make test` is told.
_OTHER_VARIABLES = ("FORESHOCK_CONFIG", "FORESHOCK_TEST_")


def check_variables(settings: Settings, variables: Iterable[str]) -> list[Finding]:
    """Look for variables that set nothing, because their name has a slip.

    Parameters
    ----------
    settings
        What was read.
    variables
        Names of all environment variables.
    """
    known = [f"FORESHOCK_{name.upper()}" for name in type(settings).model_fields]
    unknown = [
        name
        for name in sorted(variables)
        if name.startswith("FORESHOCK_") and name not in known and not name.startswith(_OTHER_VARIABLES)
    ]
    findings = [
        Finding(
            "settings",
            "warning",
            f"{name} sets nothing: there is no such setting",
            f"did you mean {near[0]}?" if (near := get_close_matches(name, known, 1, cutoff=0.85)) else _ALL_SETTINGS,
        )
        for name in unknown
    ]
    return findings or [Finding("settings", "ok", f"topics {settings.topic_prefix}*, {settings.partitions} partitions")]


def check_pseudonym_key(settings: Settings) -> Finding:
    """Look at the secret that turns customer ids into keys; it is never shown."""
    try:
        secret = settings.pseudonym_secret()
    except ConfigurationError as error:
        return Finding("pseudonym key", "failed", str(error), _MAKE_ONE)
    if settings.pseudonym_key is None and settings.pseudonym_key_file is None:
        return Finding("pseudonym key", "warning", "the built-in development key, which everybody knows", _MAKE_ONE)
    if len(secret) < _STRONG_LENGTH or len(set(secret)) < _STRONG_DISTINCT:
        return Finding(
            "pseudonym key",
            "warning",
            f"{len(secret)} bytes, {len(set(secret))} different ones: it can be guessed",
            f"{_MAKE_ONE}; a new key gives every customer a new key, and so forgets all states",
        )
    return Finding("pseudonym key", "ok", f"{len(secret)} bytes")


def check_models(settings: Settings) -> Finding:
    """Look at the key that models are signed with, and at the model to start from; the key is never shown."""
    try:
        key = settings.snapshot_secret()
        start = None if settings.start_from is None else load_snapshot(settings.start_from, key)
    except ConfigurationError as error:
        return Finding("models", "failed", str(error), "docs/how-to/manage-models.md says how models are signed")
    has_own = settings.snapshot_key is not None or settings.snapshot_key_file is not None
    told = "signed with FORESHOCK_SNAPSHOT_KEY" if has_own else "signed with a key derived from the pseudonym key"
    if start is not None:
        told += f"; without a snapshot on the topic the learner starts from snapshot {start.weights.number} of a file"
    return Finding("models", "ok", told)


def check_params(settings: Settings) -> Finding:
    """Look at the parameters of the core."""
    where = str(settings.params_file or "the defaults of models.params")
    try:
        params = load_params(settings.params_file, settings.organisation, settings.pack)
        fits(params, settings)
    except ConfigurationError as error:
        return Finding(
            "parameters",
            "failed",
            str(error),
            "correct the file that FORESHOCK_PARAMS_FILE, FORESHOCK_ORGANISATION or FORESHOCK_PACK names",
        )
    return Finding("parameters", "ok", f"{where}, digest {params.digest()}")


def check_pack(settings: Settings) -> list[Finding]:
    """Look at the law that sets complaints their clocks; nothing is said where there is none."""
    if settings.pack is None:
        return []
    try:
        pack = load_pack(settings.pack)
    except ConfigurationError as error:
        return [Finding("pack", "failed", str(error), "correct the pack that FORESHOCK_PACK names")]
    clocks = ", ".join(f"{clock.en} ({clock.days} {clock.kind} days)" for clock in pack.clocks)
    return [Finding("pack", "ok", f"{pack.name}, version {pack.version}: {clocks}; {len(pack.causes)} causes placed")]


def check_organisation(settings: Settings) -> list[Finding]:
    """Look at who answers for alerts; nothing is said where nobody was named."""
    try:
        organisation = load_params(settings.params_file, settings.organisation).organisation
    except ConfigurationError as error:
        return [Finding("organisation", "failed", str(error), "correct the file that FORESHOCK_ORGANISATION names")]
    if not organisation.units:
        if settings.organisation is None:
            return []
        return [Finding("organisation", "warning", f"{settings.organisation} names no unit", "add [[units]]")]
    owners = {unit.owner for unit in organisation.units}
    small = sorted(
        {
            post.owner
            for unit in organisation.units
            if (post := organisation.post(unit.path)) and post.capacity and post.capacity < settings.partitions
        }
    )
    if small:
        return [
            Finding(
                "organisation",
                "warning",
                f"a day of {', '.join(small)} has fewer alerts than the journal has partitions "
                f"({settings.partitions}): each partition has its turn on some days only",
                "raise the capacity, or give several units one owner",
            )
        ]
    return [Finding("organisation", "ok", f"{len(organisation.units)} units, {len(owners)} owners")]


def check_pages(settings: Settings) -> Finding:
    """Look at who can read /metrics; the token is never shown."""
    try:
        token = settings.web_secret()
    except ConfigurationError as error:
        return Finding("pages", "failed", str(error), "give a file with a token, made by `openssl rand -hex 32`")
    where = f"{settings.web_host}:{settings.web_port}"
    if token is not None:
        return Finding("pages", "ok", f"{where}, /metrics asks for a token")
    if settings.web_open:
        return Finding(
            "pages", "warning", f"{where} can be read by whoever gets there", "see that only Prometheus and probes do"
        )
    return Finding("pages", "ok", f"{where}, this machine only")


def check_login(settings: Settings) -> list[Finding]:
    """Look whether a password would cross the network in the clear."""
    if settings.on_loopback or settings.security_protocol != "SASL_PLAINTEXT":
        return []
    what = "the password itself" if settings.sasl_mechanism == "PLAIN" else "everything but the password"
    return [
        Finding(
            "login",
            "warning",
            f"SASL_PLAINTEXT with {settings.sasl_mechanism}: {what} crosses the network in the clear",
            "have the brokers open a SASL_SSL listener, and set FORESHOCK_SECURITY_PROTOCOL=SASL_SSL",
        )
    ]
