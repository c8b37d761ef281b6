"""What a plan costs beside sPyNNaker's own time: three networks on a board that is not there.

Each network is realised, checked, predicted and mapped by ``plan``, in one run; the ratio is
neuroport's own seconds (checks, prediction, handing over) to sPyNNaker's (start, build, map).
"direct" is the wall time of a plain sPyNNaker script with the same populations and rules::

    python benchmarks/spinnaker_overhead.py [--quick] [--no-direct]

The exit code is 1 where a ratio is 20 % or more.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from neuroport_spinnaker.toolchain.failures import PYTHON

from neuroport.jobs.networks import build

LIMIT = 0.20
CASES = (
    ("ca3-memory", ()),
    ("vogels-abbott", ("--neurons", "4000")),
    ("vogels-abbott", ("--neurons", "10000")),
)
CONFIGURATION = "[Machine]\nvirtual_board = True\nversion = 5\n"
DIRECT = """
import pyNN.spiNNaker as sim
n, n_exc = {n}, {n} * 4 // 5
sim.setup(0.1)
cell = sim.IF_curr_exp(cm=0.2, tau_m=20.0, tau_syn_E=5.0, tau_syn_I=10.0, v_rest=-49.0,
                       v_reset=-60.0, v_thresh=-50.0, tau_refrac=5.0)
exc = sim.Population(n_exc, cell)
inh = sim.Population(n - n_exc, cell)
for source, weight, receptor in ((exc, 0.0162, "excitatory"), (inh, 0.09, "inhibitory")):
    for target in (exc, inh):
        sim.Projection(source, target, sim.FixedProbabilityConnector(80 / n),
                       sim.StaticSynapse(weight, 0.2), receptor_type=receptor)
exc.record("spikes")
inh.record("spikes")
sim.run(1000)
sim.end()
"""


def direct(neurons: int) -> float:
    """Return the wall time (s) of the plain script."""
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / ".spynnaker.cfg").write_text(CONFIGURATION, "utf-8")
        (Path(folder) / "script.py").write_text(DIRECT.format(n=neurons), "utf-8")
        began = time.perf_counter()
        subprocess.run(
            [os.environ.get(PYTHON) or sys.executable, "script.py"], cwd=folder, check=True,
            env={**os.environ, "HOME": folder}, stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        return time.perf_counter() - began


def main() -> int:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="the first two networks only")
    parser.add_argument("--no-direct", action="store_true", help="no plain scripts")
    chosen = parser.parse_args()
    print("| network | synapses | realise s | neuroport s | sPyNNaker s | ratio | direct s "
          "| cores (predicted) | chips | routing entries | longest row | SDRAM MB "
          "| DTCM kB a core |")
    print("|---|---|---|---|---|---|---|---|---|---|---|---|---|")
    worst = 0.0
    for model, words in CASES[: 2 if chosen.quick else None]:
        began = time.perf_counter()
        built = build(model, target="spinn5", arguments=words)
        if built.error is not None:
            raise built.error
        prepared = built.largest
        network = prepared.written
        realise = time.perf_counter() - began
        plan = prepared.planning.plan(1000.0)
        theirs = sum(plan.seconds[name] for name in ("start", "build", "map"))
        ratio = plan.seconds["neuroport"] / theirs
        worst = max(worst, ratio)
        plain = "" if chosen.no_direct or not words else f"{direct(int(words[1])):.1f}"
        print(
            f"| {' '.join((model, *words))} | {network.n_synapses} | {realise:.2f} "
            f"| {plan.seconds['neuroport']:.2f} | {theirs:.1f} | {ratio:.1%} | {plain} "
            f"| {plan.application_cores} ({plan.prediction.cores}) | {plan.application_chips} "
            f"| {max(plan.routing.values(), default=0)} "
            f"| {max(row['longest row'] for row in plan.rows())} "
            f"| {sum(plan.sdram_by_chip.values()) / 1e6:.1f} | {plan.dtcm / 1e3:.1f} |", flush=True,
        )
    return int(worst >= LIMIT)


if __name__ == "__main__":
    sys.exit(main())
