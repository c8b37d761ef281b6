"""Time and memory of a comparison of two large results (the figures in docs/compare.md).

4000 neurons with a few spikes a second for 10 s, 320 000 synapses, 100 recorded traces of 10 000
samples.

    python benchmarks/large_network.py
"""

from __future__ import annotations

import argparse
import resource
import tempfile
import time
from pathlib import Path

import numpy as np

from neuroport.compare import (
    ProjectionStructure,
    Result,
    Structure,
    calibrate,
    compare,
    make_block,
    write_html,
)


def large(seed: int, neurons: int, synapses: int, duration: float) -> Result:
    """A result of Poisson trains, random synapses and noise traces."""
    random = np.random.default_rng(seed)
    wiring = np.random.default_rng(0)
    trains = [np.unique(np.rint(random.uniform(0, duration - 1, random.poisson(duration / 100))))
              for _ in range(neurons)]
    weight = wiring.normal(0.1, 0.01, synapses)
    projection = ProjectionStructure(
        "cells", "cells", wiring.integers(0, neurons, synapses),
        wiring.integers(0, neurons, synapses), weight,
        wiring.integers(1, 10, synapses).astype(np.float64),
        np.clip(weight + random.normal(0, 1e-4, synapses), 0, 1), weight_bounds=(0.0, 1.0))
    block = make_block("cells", trains, stop=duration)
    traces = make_block("cells", stop=duration, index=range(100), signals={
        "v": wiring.normal(-65, 2, (int(duration), 100))})
    block.segments[0].analogsignals.append(traces.segments[0].analogsignals[0])
    return Result(f"seed {seed}", {"cells": block}, 1.0,
                  structure=Structure({"cells": neurons}, {"recurrent": projection}))


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--neurons", type=int, default=4000)
    parser.add_argument("--synapses", type=int, default=320_000)
    parser.add_argument("--duration", type=float, default=10_000.0, help="ms")
    arguments = parser.parse_args()
    size = arguments.neurons, arguments.synapses, arguments.duration
    runs = [large(seed, *size) for seed in range(5)]
    begin = time.perf_counter()
    calibration = calibrate(runs)
    print(f"calibrate, 5 seeds: {time.perf_counter() - begin:.1f} s")
    comparison = compare(runs[0], large(9, *size), calibration=calibration)
    print(f"compare:            {comparison.wall_time:.1f} s")
    for rung in comparison.rungs:
        print(f"  {rung.rung} {rung.verdict}" + "".join(f"; {s}" for s in rung.sampling))
    begin = time.perf_counter()
    with tempfile.TemporaryDirectory() as folder:
        path = write_html(comparison, Path(folder) / "report.html")
        print(f"report:             {time.perf_counter() - begin:.1f} s, "
              f"{path.stat().st_size / 1e6:.1f} MB")
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"largest memory:     {peak:.0f} MB (6 results held)")


if __name__ == "__main__":
    main()
