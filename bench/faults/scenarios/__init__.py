"""The scenarios, one file per family; importing this declares them all."""

from bench.faults.scenario import DECLARED
from bench.faults.scenarios import (
    brokers,
    disks,
    expiry,
    inputs,
    network,
    nodes,
    pressure,
    refusals,
    roles,
    soak,
    states,
    workers,
    zombies,
)

_FAMILIES = (workers, zombies, roles, brokers, network, nodes, refusals, expiry, states, disks, pressure, inputs, soak)

SCENARIOS = {
    name: found for family in _FAMILIES for name, found in DECLARED.items() if found.act.__module__ == family.__name__
}
"""Every scenario by name, family by family."""
