"""All parameters of the core, and where they are read from; each section is a file of `models.parameters`.

Parameters say *how* the core decides; settings (`streams.settings`) say *where* things are. The hash of the
parameters travels on every alert, so that two alerts can be told apart when somebody has turned a knob between.
"""

from __future__ import annotations

import hashlib
import tomllib
from pathlib import Path

import orjson
from pydantic import ValidationError

from models.aggregates.parameters import AggregateParams
from models.clocks.jurisdiction import Jurisdiction
from models.clocks.packs import load_pack
from models.organisation import Organisation, load_organisation
from models.parameters.heat import HeatParams
from models.parameters.labels import LabelParams
from models.parameters.learning import LearningParams
from models.parameters.ledgers import LedgerParams
from models.parameters.memory import MemoryParams
from models.parameters.policy import PolicyParams
from models.parameters.section import Section
from models.parameters.stages import StageParams
from models.text.cold_start import require
from schemas.errors import ConfigurationError


class Params(Section):
    """All parameters of the core."""

    memory: MemoryParams = MemoryParams()
    """How long and how much a row remembers."""
    heat: HeatParams = HeatParams()
    """What each experience adds to dissatisfaction."""
    stages: StageParams = StageParams()
    """When a customer changes stage."""
    policy: PolicyParams = PolicyParams()
    """When an alert opens, rises, falls and ends."""
    ledger: LedgerParams = LedgerParams()
    """What is owed an answer, and for how long."""
    labels: LabelParams = LabelParams()
    """Which predictions become examples, and when their labels are believed."""
    learning: LearningParams = LearningParams()
    """How the models learn."""
    aggregates: AggregateParams = AggregateParams()
    """When alerts of many customers become one about what they have in common."""
    organisation: Organisation = Organisation()
    """Who answers for alerts, by when, and for how many a day; nobody by default. Usually it has a file of its own,
    which `FORESHOCK_ORGANISATION` names."""
    jurisdiction: Jurisdiction = Jurisdiction()
    """Which complaints the law gives how long; none by default. It comes from the pack that `FORESHOCK_PACK` names."""

    def digest(self) -> str:
        """Return 12 hexadecimal digits that change when any parameter does, but for those of aggregates."""
        # Whoever has no organisation, or no pack, has the hash of before there were any.
        # What aggregates are decided by has a hash of its own: no customer's row follows from it.
        without = {"aggregates"} | ({"organisation"} if not self.organisation.units else set())
        without |= {"jurisdiction"} if not self.jurisdiction.clocks else set()
        plain = self.model_dump(exclude=without)
        if not self.jurisdiction.clocks:
            # Without a clock that runs, who looks at clocks sees what those see who do not.
            plain["learning"]["families"] = [each for each in self.learning.families if each != "clocks"]
        canonical = orjson.dumps(plain, option=orjson.OPT_SORT_KEYS)
        return hashlib.sha256(canonical).hexdigest()[:12]


def load_params(path: Path | None, organisation: Path | None = None, pack: str | None = None) -> Params:
    """Read parameters from the table `[params]` of a TOML file; what it does not name keeps its default.

    Parameters
    ----------
    path
        The file; None for the defaults.
    organisation
        A file with the units, owners and clocks, which become the section `organisation`.
    pack
        Name or path of a jurisdiction's pack, which becomes the section `jurisdiction`.

    Raises
    ------
    ConfigurationError
        If a file cannot be read or a value cannot be, if both files have an organisation, or if a parameter asks for
        a package that is not installed; the text names the parameter.
    """
    params = Params() if path is None else _read(path)
    if organisation is not None:
        if params.organisation.units:
            raise ConfigurationError(
                f"{path} has a table params.organisation, and {organisation} is an organisation too: keep one"
            )
        params = params.model_copy(update={"organisation": load_organisation(organisation)})
    if pack is not None:
        params = params.model_copy(update={"jurisdiction": load_pack(pack)})
    require(params.learning.cold_text)
    return params


def _read(path: Path) -> Params:
    """Read the file of parameters."""
    try:
        return Params.model_validate(tomllib.loads(path.read_text(encoding="utf-8")).get("params", {}))
    except OSError as error:
        raise ConfigurationError(f"cannot read parameters from {path}: {error.strerror}") from error
    except tomllib.TOMLDecodeError as error:
        raise ConfigurationError(f"{path} is not TOML: {error}") from error
    except ValidationError as error:
        told = "; ".join(f"params.{'.'.join(map(str, e['loc']))}: {e['msg']}" for e in error.errors())
        raise ConfigurationError(f"{path}: {told}") from error
