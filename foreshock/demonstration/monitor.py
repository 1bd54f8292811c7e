"""The monitor: gathers from everywhere what there is to know about a running demo."""

from __future__ import annotations

import time
from collections.abc import Callable

from foreshock.demonstration.fed import Fed
from foreshock.demonstration.figures import Figures, Phase
from foreshock.demonstration.found import Found
from foreshock.demonstration.metrics import WorkerMetrics, fetch
from foreshock.demonstration.plan import START_AT, Plan
from foreshock.demonstration.quality import Quality, assess, true_stages
from foreshock.demonstration.staff import LiveStaff
from foreshock.demonstration.tempo import Tempo
from foreshock.simulate.world import World, moment_of
from models.params import load_params
from models.pseudonym import Pseudonymiser
from streams.settings import Settings

_METRICS_SECONDS = 2.0
_JUDGE_SECONDS = 2.0
_LATENCY_SHARE = 0.95


class Monitor:
    """Knows what was fed, what was found, and what is true.

    Parameters
    ----------
    plan
        What is done: how many customers, and for how long.
    settings
        Of the worker.
    world
        What is fed.
    restarts
        Tells how often the worker was started again.
    """

    def __init__(self, plan: Plan, settings: Settings, world: World, restarts: Callable[[], int]) -> None:
        self.fed = Fed()
        self.metrics = WorkerMetrics()
        self.phase: Phase = "feeding"
        self.key_of = Pseudonymiser(settings.pseudonym_secret()).key_of
        self._plan = plan
        self._settings = settings
        self._complaints_needed = load_params(
            settings.params_file, settings.organisation, settings.pack
        ).policy.cold_positives
        self._world = world
        self._restarts = restarts
        self._tempo = Tempo()
        self._fed_seconds = 0.0
        self._quality: Quality | None = None
        self._began = self._judge_at = self._metrics_at = time.monotonic()
        # The simulated insurer has one tenant.
        customers = {self.key_of("default", customer.customer_id): customer for customer in world.population.customers}
        self._customer_ids = {key: customer.customer_id for key, customer in customers.items()}
        self.staff = LiveStaff(plan.seed, world, customers)
        self.found = Found(on_alert=self.staff.hear)

    @property
    def elapsed_seconds(self) -> float:
        """Time since the monitor was made."""
        return time.monotonic() - self._began

    @property
    def behind(self) -> int:
        """Distinct events that were fed and are not in a durable row yet."""
        return max(0, self.fed.events - self.found.customers.events)

    @property
    def progress(self) -> tuple[int, int, int]:
        """Something that changes while the worker gets on."""
        journal = self.found.journal
        return journal.events, sum(journal.settled.values()), len(self.found.dead_letters)

    @property
    def is_settled(self) -> bool:
        """Whether everything that was fed has had its effect, as far as it ever will."""
        fed, found = self.fed, self.found
        return (
            found.journal.events >= fed.readable
            and len(found.dead_letters) >= fed.unreadable
            and not found.journal.partitions_behind
        )

    async def refresh(self) -> Figures:
        """Look at everything, at what is costly only now and then, and return the figures."""
        now = time.monotonic()
        self._tempo.count(now, self.found.customers.events)
        if self.phase == "feeding":
            self._fed_seconds = self.elapsed_seconds
        if now >= self._metrics_at:
            self._metrics_at = now + _METRICS_SECONDS
            await self.read_metrics()
        if now >= self._judge_at:
            self._judge_at = now + _JUDGE_SECONDS
            self.judge()
        return self.figures()

    async def read_metrics(self) -> None:
        """Ask the worker for its metrics; one that is just being started again says nothing."""
        page = await fetch(self._settings.web_port, "/metrics")
        if page is not None and page[0] == 200:
            self.metrics.take(page[1])

    def judge(self) -> None:
        """Judge the warnings against the truth."""
        until = moment_of(self._world.now)
        if until > START_AT:
            warnings = self.found.alerts.warnings.values()
            self._quality = assess(self._world.truth, warnings, self._customer_ids, START_AT, until)

    def figures(self) -> Figures:
        """Return this moment as plain values."""
        plan, found, fed, truth = self._plan, self.found, self.fed, self._world.truth
        moment = moment_of(self._world.now)
        return Figures(
            phase=self.phase,
            elapsed_seconds=self.elapsed_seconds,
            feed_seconds=plan.feed_seconds,
            moment=moment,
            day=(moment - START_AT).days + 1,
            speed=(moment - START_AT).total_seconds() / max(self._fed_seconds, 1.0),
            customers=plan.customers,
            fed=fed.events,
            applied=found.customers.events,
            behind=self.behind,
            per_second=self._tempo.per_second,
            history=tuple(self._tempo.history),
            duplicates=fed.duplicates,
            broken=fed.unreadable,
            dead_letters=len(found.dead_letters),
            latency_seconds=self.metrics.quantile("foreshock_alert_latency_seconds", _LATENCY_SHARE),
            restarts=self._restarts(),
            examples=found.learning.examples,
            complaints_learned=found.learning.complaints,
            complaints_needed=self._complaints_needed,
            snapshots_published=found.learning.published,
            snapshot_active=found.learning.switched_to,
            stages=tuple(found.customers.by_stage),
            true_stages=true_stages(truth),
            fates=truth.fate_shares(),
            grievances=len(truth.grievances),
            quality=self._quality,
            alerts=found.alerts.count,
            warnings=len(found.alerts.warnings),
            newest=tuple(found.alerts.newest.values()),
            port=self._settings.web_port,
            bootstrap=self._settings.bootstrap_servers,
            prefix=self._settings.topic_prefix,
        )
