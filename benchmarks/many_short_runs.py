"""Many runs of one time step, with and without reading in between, side by side in one process.

``python benchmarks/many_short_runs.py [BACKEND ...] [--runs 100 1000 4000]`` prints seconds a run
over the last quarter of the runs, and how much longer that is than over the first: 1 where a run
costs the same however many there were before. ``get_data()`` returns everything recorded so far, so
that its own cost grows with what it returns; ``clear=True`` returns what is new.
"""

from __future__ import annotations

import argparse
import time
import warnings
from collections.abc import Callable
from typing import Any

from neuroport import simulator

READING: dict[str, Callable[[Any, Any], Any]] = {
    "nothing": lambda cells, plastic: None,
    "mean_spike_count()": lambda cells, plastic: cells.mean_spike_count(),
    "weights": lambda cells, plastic: plastic.get("weight", format="array"),
    "get_data('spikes')": lambda cells, plastic: cells.get_data("spikes"),
    "get_data()": lambda cells, plastic: cells.get_data(),
    "get_data(clear=True)": lambda cells, plastic: cells.get_data(clear=True),
}


def seconds(backend: str, runs: int, read: Callable[[Any, Any], Any]) -> tuple[float, float]:
    """Return seconds a run over the first and the last quarter."""
    sim = simulator(backend, timestep=1.0)
    source = sim.Population(20, sim.SpikeSourcePoisson(rate=100.0))
    cells = sim.Population(20, sim.IF_curr_exp(tau_refrac=1.0))
    plastic = sim.Projection(source, cells, sim.AllToAllConnector(), sim.STDPMechanism(
        sim.SpikePairRule(), sim.AdditiveWeightDependence(w_max=1.0), weight=0.5, delay=2.0))
    source.record("spikes")
    cells.record(["spikes", "v"])
    sim.run(1.0)
    quarter, marks = max(1, runs // 4), [time.perf_counter()]
    for number in range(1, runs + 1):
        sim.run(1.0)
        read(cells, plastic)
        if number % quarter == 0:
            marks.append(time.perf_counter())
    sim.end()
    return (marks[1] - marks[0]) / quarter, (marks[-1] - marks[-2]) / quarter


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("backends", nargs="*", default=["brian2", "nest"])
    parser.add_argument("--runs", nargs="+", type=int, default=[100, 1000, 4000])
    asked = parser.parse_args()
    warnings.simplefilter("ignore")
    for backend in asked.backends:
        for name, read in READING.items():
            for runs in asked.runs:
                first, last = seconds(backend, runs, read)
                print(f"{backend:20s} {name:22s} {runs:5d} runs: {last:.4f} s a run, "
                      f"{last / first:.2f} times the first quarter's", flush=True)


if __name__ == "__main__":
    main()
