"""A sweep on a Dask cluster whose workers, and whose submitter, are killed at random.

``python tests/jobs/dask_with_kills.py --members 200 --seed 1``: real runs, so it takes minutes. At
the end there must be one result of each member, each right.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import signal
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

SCRIPT = """
import sys
import neuroport.pynn as sim
drive = int(sys.argv[sys.argv.index("--cells") + 1])
sim.setup(timestep=1.0)
cells = sim.Population(drive + 1, sim.IF_curr_exp(tau_refrac=1.0, i_offset=2.0), label="cells")
cells.record("spikes")
sim.run(50.0)
"""


def main() -> int:
    """Do as the command line says."""
    words = argparse.ArgumentParser(description=__doc__)
    words.add_argument("--members", type=int, default=200)
    words.add_argument("--seed", type=int, default=1)
    words.add_argument("--every", type=float, default=10.0, help="s between two kills of a worker")
    said = words.parse_args()
    chance = random.Random(said.seed)
    with tempfile.TemporaryDirectory() as place:
        os.chdir(place)
        os.environ["NEUROPORT_JOBS"] = f"{place}/jobs"
        Path("script.py").write_text(SCRIPT)
        from distributed import LocalCluster

        from neuroport.jobs.supervise.launch import settle
        from neuroport.jobs.sweeps.sweep import get_sweep

        with LocalCluster(n_workers=2, threads_per_worker=1, host="127.0.0.1",
                          dashboard_address=None, silence_logs=50) as cluster:
            words_of_sweep = [
                sys.executable, "-m", "neuroport", "sweep", "script.py", "--vary",
                f"cells=0:{said.members - 1}:1", "-b", "brian2", "--codegen", "numpy", "--key",
                "mine", "--json", "--to", cluster.scheduler_address.replace("tcp:", "dask:")]
            submitter = subprocess.Popen(words_of_sweep, stdout=subprocess.DEVNULL)
            time.sleep(chance.uniform(4.0, 8.0))
            submitter.kill()
            submitter.wait()
            subprocess.run(words_of_sweep, check=True, stdout=subprocess.DEVNULL)
            made, stop, kills = get_sweep("mine"), threading.Event(), 0

            def kill() -> None:
                nonlocal kills
                while not stop.wait(chance.uniform(0.5, 1.5) * said.every):
                    nannies = [n for n in cluster.workers.values() if getattr(n, "pid", None)]
                    if nannies:
                        os.kill(chance.choice(nannies).pid, signal.SIGKILL)
                        kills += 1

            killer = threading.Thread(target=kill)
            killer.start()
            try:
                while not made.over:
                    time.sleep(5.0)
                    settle(made.store)
                    print(json.dumps({"states": made.states, "kills": kills}), flush=True)
            finally:
                stop.set()
                killer.join()
            counts = {number: result.spikes("cells").count
                      for number, result in made.results().items()}
            attempts = [len(made.store.attempts(job.id)) for job in made.members]
            right = all(counts[k] == (k + 1) * counts[0] for k in range(said.members))
            print(json.dumps({"members": said.members, "results": len(counts), "right": right,
                              "states": made.states, "kills": kills,
                              "attempts": {n: attempts.count(n) for n in set(attempts)}}))
            return 0 if right and len(counts) == said.members else 1


if __name__ == "__main__":
    sys.exit(main())
