"""What the programs on the cores could not do, by population: findings of a run."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from neuroport.findings import Finding, finding

if TYPE_CHECKING:
    from neuroport_spinnaker.board import BoardReport, CoreReport

__all__ = ["losses", "LATE", "OVERRUN", "LOST", "CUT"]

# Counters of the programs and the routers, by what they say of a result.
SKIPPED = ("skipped_synapses",)
LATE = ("late_spikes", "late_packets", *SKIPPED, "missed_send_slots")
OVERRUN = ("timer_overruns", "callback_queue_overloads", "dma_queue_overloads",
           "user_queue_overloads", "background_overloads")
LOST = ("packets_dropped", "input_buffer_overflows", "transmit_queue_overflows")
CUT = ("ring_buffer_saturations", "plastic_weight_saturations")

_WHY = (
    (LATE, "spikes reached a core, or were handled there, after the step they belong to"),
    (OVERRUN, "a core had more to do in a step than the step is long"),
    (LOST, "spikes came faster than a core took them"),
    (CUT, "sums of inputs were cut off at the largest stored value"),
)
_WAYS = (
    (LATE + OVERRUN + LOST, ("fewer neurons on a core (neurons_per_core)",
                             "inputs that do not all come in one step",
                             "a larger time_scale_factor (configuration, "
                             "section Machine), which slows the machine down")),
    (CUT, ("smaller weights, or inputs spread over several steps",)),
)

Place = tuple[int, int, int]


def losses(
    report: BoardReport, cores: Sequence[Mapping[str, Any]], note: str = "",
    undelivered: Collection[str] = (),
) -> tuple[Finding, ...]:
    """Return one finding for each population that lost something.

    Parameters
    ----------
    report : BoardReport
        After a run.
    cores : sequence of mapping
        ``x, y, p, of, label``: which population each core serves.
    note : str
        About the figures, such as that they are approximate.
    undelivered : collection of str
        Populations with plastic synapses that deliver nothing, whatever the load (NP344).
    """
    where = {(c["x"], c["y"], c["p"]): c for c in cores}
    sums: dict[str, Counter[str]] = {}
    worst: dict[str, tuple[int, Place]] = {}
    full = {f"population '{label}'" for label in undelivered}
    for core in [*report.finished, *report.cores]:
        counted = _counted(core)
        if not counted:
            continue
        place = (*core.chip, core.core)
        served = where.get(place, {})
        label = f"population '{served['of']}'" if served.get("of") else (
            str(served.get("label") or core.binary))
        sums.setdefault(label, Counter()).update(counted)
        worst[label] = max(worst.get(label, (0, place)), (sum(counted.values()), place))
    return tuple(
        _finding(label, counted, worst[label][1], note, label in full)
        for label, counted in sums.items()
    )


def _counted(core: CoreReport) -> dict[str, int]:
    found = dict(core.provenance)
    found["packets_dropped"] = core.packets_dropped
    return {name: found[name] for name in LATE + OVERRUN + LOST + CUT if found.get(name)}


def _of(counted: Iterable[str], groups: Iterable[tuple[tuple[str, ...], Any]]) -> list[Any]:
    return [said for names, said in groups if set(names) & set(counted)]


def _finding(
    label: str, counted: Counter[str], place: Place, note: str, undelivered: bool
) -> Finding:
    x, y, p = place
    figures = ", ".join(f"{n.replace('_', ' ')} {v:,}" for n, v in counted.items())
    data: dict[str, Any] = dict(counted)
    causes, ways = set(counted), []
    why = []
    if undelivered and causes & {*SKIPPED}:
        causes -= {*SKIPPED}
        why.append("plastic synapses whose delay fills the ring deliver nothing, and are counted "
                   "as skipped (NP344)")
        ways.append("the ways out of NP344")
    return finding(
        "NP341", label,
        measured=f"{figures}; most on core {x},{y},{p}" + (f" ({note})" if note else ""),
        limit="none",
        why="; ".join([*why, *_of(causes, _WHY)]),
        fixes=[*ways, *(way for group in _of(causes, _WAYS) for way in group)],
        core=list(place), **data,
    )
