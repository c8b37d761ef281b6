"""What a script's results say: spikes, rates, weights, and whether that is what it shows."""

from __future__ import annotations

import itertools
import re
from collections.abc import Callable
from typing import Any

Record = dict[str, Any]

_MOST = 3
# The times of examples/stdp_curve.py and stdp_curve_cond.py, ms.
_TIMES = (-100, -60, -40, -30, -20, -10, -1, 1, 10, 20, 30, 40, 60, 100)
_VOGELS = re.compile(r"Mean learnt ie weight:\s*([-\d.]+)")


def judge(record: Record) -> list[str]:
    """Sentences about what the script read back, the special ones first."""
    notes = record["notes"] or {"recordings": {}, "weights": []}
    said = []
    for pattern, special in _SPECIAL:
        if re.search(pattern, record["script"]):
            said += special(record, notes)
    return [*said, *spikes(notes["recordings"]), *weights(notes["weights"]), *live(record)]


def spikes(recordings: dict[str, dict[str, Any]]) -> list[str]:
    """Spikes and rates of the populations; voltages where no spikes were read."""
    said = []
    trains = {name[:-8]: e for name, e in recordings.items() if name.endswith(": spikes")}
    for name, entry in list(trains.items())[:_MOST]:
        rate = ""
        if entry["end_ms"] and entry["neurons"]:
            hertz = 1000 * entry["spikes"] / entry["neurons"] / entry["end_ms"]
            rate = f", {hertz:.3g} Hz"
        said.append(
            f"{name}: {number(entry['spikes'], 'spike')} of "
            f"{number(entry['neurons'], 'neuron')}{rate}"
        )
    if len(trains) > _MOST:
        rest = list(trains.values())[_MOST:]
        total = sum(entry["spikes"] for entry in rest)
        said.append(f"{len(rest)} more populations: {total:,} spikes")
    if not any(entry["spikes"] for entry in trains.values()):
        for name, entry in list(recordings.items())[: 2 * _MOST]:
            if name.endswith(": v"):
                said.append(
                    f"{name}: {entry['samples']:,} samples, {entry['least']:.1f} to "
                    f"{entry['most']:.1f} mV"
                )
    return said


def number(count: int, thing: str) -> str:
    """A count of things: ``1 spike``, ``1,200 spikes``."""
    return f"{count:,} {thing}{'' if count == 1 else 's'}"


def weights(calls: list[dict[str, Any]]) -> list[str]:
    """Weights read back last."""
    calls = [call for call in calls if call["synapses"]]
    if not calls:
        return []
    last = calls[-1]
    if last["synapses"] == 1 and len(calls) > 1:
        means = [call["mean"] for call in calls]
        return [f"{len(calls)} weights read, {min(means):.4g} to {max(means):.4g}"]
    if last["synapses"] == 1:
        return [f"weight {last['mean']:.4g}"]
    return [
        f"{last['synapses']:,} weights read, {last['least']:.4g} to {last['most']:.4g}, "
        f"mean {last['mean']:.4g}"
    ]


def live(record: Record) -> list[str]:
    """Spikes that a receiver beside the script got."""
    said = []
    for name, heard in record["live"].items():
        if not heard:
            said.append(f"the receiver ({name}) got nothing")
            continue
        for label, entry in heard.items():
            said.append(f"{entry['spikes']:,} spikes of {label} received live")
    return said


def _chain(record: Record, notes: dict[str, Any]) -> list[str]:
    """Whether a wave passes: along the neurons of one population, or from one to the next."""
    trains = {n: e for n, e in notes["recordings"].items() if n.endswith(": spikes")}
    chain = [entry for name, entry in trains.items() if name.startswith("chain_")]
    if len(chain) > 2:
        first = [entry["first_ms"] for entry in chain]
        if None in first:
            return [f"**the wave does not reach all {len(chain)} populations**"]
        if all(a < b for a, b in itertools.pairwise(first)):
            return [f"the wave passes all {len(chain)} populations, {first[0]:g} to {first[-1]:g} "
                    "ms for the first round"]
        return ["**the populations do not fire in their order**"]
    for entry in trains.values():
        if entry["neurons"] < 20:
            continue
        along = entry["order"] is not None and abs(entry["order"]) > 0.99
        if entry["fired"] == entry["neurons"] and along:
            return [f"the wave passes all {entry['neurons']} neurons in their order"]
        if along and entry["last_ms"] > 0.99 * entry["end_ms"]:
            return [f"the wave is at neuron {entry['fired']} of {entry['neurons']} when the run "
                    "ends"]
        return [f"**{entry['fired']} of {entry['neurons']} neurons of the chain fired**"]
    return []


def _coincidence(record: Record, notes: dict[str, Any]) -> list[str]:
    """examples/spike_time_compare.py: neurons 1, 2, 4, 5, 6 get two spikes at one time."""
    entry = notes["recordings"].get("pop_1: spikes") or {"counts": None}
    right = entry["counts"] == [0, 1, 1, 0, 1, 1, 1, 0, 0, 0, 0]
    return ["exactly the five neurons with two spikes at one time fire" if right else
            f"**wrong neurons fire: {entry['counts']}**"]


def _structural(record: Record, notes: dict[str, Any]) -> list[str]:
    counts = [call["synapses"] for call in notes["weights"]]
    return [f"{counts[-1]:,} synapses in the end"] if counts else []


def _curve(record: Record, notes: dict[str, Any]) -> list[str]:
    """Weights in the order of the times between the spikes of a pair, from -100 to 100 ms."""
    means = [call["mean"] for call in notes["weights"] if call["synapses"]]
    if len(means) != len(_TIMES):
        return [f"**{len(means)} weights instead of {len(_TIMES)}**"]
    left, right = means[: len(means) // 2], means[len(means) // 2 :]
    grows = all(a <= b for side in (left, right) for a, b in itertools.pairwise(side))
    falls = all(a >= b for side in (left, right) for a, b in itertools.pairwise(side))
    split = max(left) < min(right) or max(right) < min(left)
    shown = ", ".join(
        f"{means[i]:.3g} at {_TIMES[i]} ms" for i in (0, len(left) - 1, len(left), len(means) - 1)
    )
    word = "two-sided curve" if split and (grows or falls) else "**not the two-sided curve**"
    return [f"{word}: {shown}"]


def _irregular(record: Record, notes: dict[str, Any]) -> list[str]:
    values = [
        entry["irregularity"] for name, entry in notes["recordings"].items()
        if name.endswith(": spikes") and entry["irregularity"] is not None
    ]
    return [f"coefficient of variation of the intervals {values[0]:.2f}"] if values else []


def _winner(record: Record, notes: dict[str, Any]) -> list[str]:
    plain, wta = (notes["recordings"].get(f"{name}: spikes") for name in ("pop", "wta"))
    if not plain or not wta:
        return ["**nothing was read**"]
    best = wta["counts"].index(max(wta["counts"]))
    share = wta["counts"][best] / max(1, wta["spikes"])
    return [f"winner: neuron {best} with {share:.0%} of the spikes (the one with twice the input "
            f"is 2)"]


def _sudoku(record: Record, notes: dict[str, Any]) -> list[str]:
    """Decode the last two seconds: the digit of a cell is the one whose neurons fired most."""
    heard = (record["live"].get("spynnaker_sudoku") or {}).get("Cells")
    if not heard or not heard["final"]:
        return ["**no live spikes**"]
    per_digit, digits = 5, 9
    counts = [[[0] * digits for _ in range(9)] for _ in range(9)]
    for neuron, count in heard["final"]:
        place, inside = divmod(neuron, per_digit * digits)
        counts[place // 9][place % 9][inside // per_digit] += count
    grid = [[cell.index(max(cell)) + 1 for cell in row] for row in counts]
    groups = [[(i, j) for j in range(9)] for i in range(9)]
    groups += [[(i, j) for i in range(9)] for j in range(9)]
    groups += [[(3 * a + i, 3 * b + j) for i in range(3) for j in range(3)]
               for a in range(3) for b in range(3)]
    good = sum(len({grid[i][j] for i, j in group}) == 9 for group in groups)
    if good == 27:
        return ["the sudoku is solved: all 27 rows, columns and squares hold nine digits"]
    return [f"not solved within the time: {good} of 27 rows, columns and squares hold nine digits"]


def _printed(record: Record, notes: dict[str, Any]) -> list[str]:
    match = _VOGELS.search(record["stdout"])
    return [f"mean learnt inhibitory weight {float(match.group(1)):.3f}"] if match else []


def _tracking(record: Record, notes: dict[str, Any]) -> list[str]:
    """The pendulum prints a line for each message with spikes of the convolved picture."""
    lines = max(0, record["printed"] - 1)
    if not lines:
        return ["**no spikes of the convolved picture**"]
    return [f"{number(lines, 'message')} with live spikes of the convolved picture"]


_SPECIAL: list[tuple[str, Callable[[Record, dict[str, Any]], list[str]]]] = [
    (r"synfire(?!.*large_array)|spike_io\.py", _chain),
    (r"stdp_curve", _curve),
    (r"spike_time_compare", _coincidence),
    (r"struct", _structural),
    (r"balanced_random|va_benchmark|Brunnel|VAbenchmarks", _irregular),
    (r"pendulum_follow_python", _tracking),
    (r"wta_example", _winner),
    (r"sudoku_main", _sudoku),
    (r"vogels_2011\.py", _printed),
]
