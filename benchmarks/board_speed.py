"""Speed of the emulated board: beside one on unicorn, beside real time, and on two threads.

Part 1 runs three networks through stock sPyNNaker on two boards that differ in the processor
only, ours and unicorn's, alternately, and prints CPU seconds of the board per simulated second.
Part 2 runs a network of four busy chips on one thread and on more.  Part 3 is the processor
alone: the same small program on both.  unicorn is an oracle for this benchmark only.

Run it with the interpreter that has sPyNNaker 1!7.4.1 (and unicorn for the comparisons)::

    python benchmarks/board_speed.py [--repeats 3] [--only networks,threads,processor]
"""

from __future__ import annotations

import argparse
import os
import struct
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

from neuroport_spinnaker.board import Board, run_script
from neuroport_spinnaker.board._engine import Engine

sys.path.insert(0, str(Path(__file__).parents[1] / "tests" / "spinnaker_board"))
from unicorn_board import OracleUnavailableError, on_unicorn, oracle_engine

NETWORK = """
import pyNN.spiNNaker as sim
n, rate, fan_in, offset, weight, per_core = {n}, {rate}, {fan_in}, {offset}, 0.01, {per_core}
sim.setup(1.0)
if per_core:
    sim.set_number_of_neurons_per_core(sim.IF_curr_exp, per_core)
    sim.set_number_of_neurons_per_core(sim.SpikeSourcePoisson, per_core)
source = sim.Population(n, sim.SpikeSourcePoisson(rate=rate), additional_parameters={{"seed": 7}})
target = sim.Population(n, sim.IF_curr_exp(i_offset=offset), seed=1)
sim.Projection(source, target, sim.OneToOneConnector(), sim.StaticSynapse(1.0, 2.0))
if fan_in:
    sim.Projection(target, target, sim.FixedNumberPreConnector(fan_in),
                   sim.StaticSynapse(weight, 2.0))
target.record("spikes")
sim.run({duration})
trains = target.get_data().segments[0].spiketrains
print("RATE", sum(len(t) for t in trains) / n / ({duration} / 1000))
sim.end()
"""

# name, parameters, limit in CPU s per simulated s
CASES: tuple[tuple[str, dict[str, float], float], ...] = (
    ("100 neurons, 68 Hz", {"n": 100, "rate": 10, "fan_in": 10, "offset": 1.50}, 1.0),
    ("1,000 quiet neurons", {"n": 1000, "rate": 2, "fan_in": 30, "offset": 0.60}, 1.0),
    ("1,000 neurons, 68 Hz, fan-in 30", {"n": 1000, "rate": 10, "fan_in": 30, "offset": 1.50}, 3.0),
)
# 32 neurons a core: 64 cores, which fill four chips evenly
SPREAD = {"n": 1000, "rate": 10, "fan_in": 30, "offset": 1.50, "per_core": 32}
DURATION_MS = 1000
LOOP = (
    0xE3A00001,  # mov r0, #1
    0xE59F1018,  # ldr r1, [pc, #24]
    0xE0020190,  # mul r2, r0, r1
    0xE0800002,  # add r0, r0, r2
    0xE5830000,  # str r0, [r3]
    0xE5934000,  # ldr r4, [r3]
    0xE0244000,  # eor r4, r4, r0
    0xE2555001,  # subs r5, r5, #1
    0x1AFFFFF8,  # bne to the multiplication
    0xEAFFFFFE,  # b .
    0x0019660D,
)
ROUNDS = 3_000_000
PER_ROUND = 7


@dataclass
class Cost:
    """Least cost of some runs of one network, in seconds for each simulated second.

    Attributes
    ----------
    cpu, wall : float
        Of executing programs, loading included; all threads.
    rate : float
        Spikes of a neuron in a second, to see that the runs are the same.
    """

    cpu: float = float("inf")
    wall: float = float("inf")
    rate: float = 0.0

    def add(self, parameters: dict[str, float], python: str, threads: int = 1) -> None:
        """Run once more."""
        text = NETWORK.format(**{"duration": DURATION_MS, "per_core": 0, **parameters})
        with tempfile.TemporaryDirectory() as folder, Board(chips=4, threads=threads) as board:
            script = Path(folder) / "network.py"
            script.write_text(text, encoding="utf-8")
            done = run_script(board, script, python=python)
            lines = [line for line in done.stdout.splitlines() if line.startswith("RATE ")]
            if not lines:
                raise SystemExit(done.stdout[-2000:] + done.stderr[-2000:])
            self.rate = float(lines[-1].split()[1])
            self.cpu = min(self.cpu, board.cpu_seconds * 1000 / DURATION_MS)
            self.wall = min(self.wall, board.wall_seconds * 1000 / DURATION_MS)


def oracle_missing() -> str:
    """Why there is no board on unicorn here, empty if there is."""
    try:
        oracle_engine(exact=False)
    except OracleUnavailableError as problem:
        return str(problem)
    return ""


def networks(repeats: int, python: str) -> None:
    """Three networks on both processors."""
    missing = oracle_missing()
    print("CPU s of the board per simulated s (loading included), least of", repeats)
    for name, parameters, limit in CASES:
        ours, theirs = Cost(), Cost()
        for _ in range(repeats):
            ours.add(parameters, python)
            if not missing:
                with on_unicorn(exact=False):
                    theirs.add(parameters, python)
        verdict = "ok" if ours.cpu < limit else "TOO SLOW"
        line = f"  {name:32} {ours.rate:5.1f} Hz {ours.cpu:6.2f}  limit {limit:.1f}  {verdict}"
        if not missing:
            line += f"  unicorn {theirs.cpu:5.2f}  ratio {theirs.cpu / ours.cpu:4.2f}"
        print(line)
        if not missing and abs(ours.rate - theirs.rate) > 0.01 * ours.rate:
            raise SystemExit(f"not the same network: {ours.rate} and {theirs.rate} Hz")
    if missing:
        print("  no comparison:", missing)


def threads(repeats: int, python: str) -> None:
    """Four busy chips on one thread and on more."""
    counts = sorted({1, 2, min(4, os.cpu_count() or 1)})
    costs = {count: Cost() for count in counts}
    for _ in range(repeats):
        for count, cost in costs.items():
            cost.add(SPREAD, python, threads=count)
    print(f"threads, 64 cores on 4 chips, {os.cpu_count()} CPUs here, least of", repeats)
    for count, cost in costs.items():
        line = f"  {count}: {cost.wall:6.2f} s wall {cost.cpu:6.2f} s CPU"
        print(f"{line}  {costs[1].wall / cost.wall:4.2f} times as fast")
    if len({cost.rate for cost in costs.values()}) > 1:
        raise SystemExit("results depend on the number of threads")


def ours() -> float:
    """Millions of instructions per second of the engine."""
    engine = Engine(1)
    engine.prepare(0, 1)
    engine.write(0, 1, 0x100, struct.pack(f"<{len(LOOP)}I", *LOOP))
    registers = [0] * 15 + [0x100]
    registers[3], registers[5] = 0x400000, ROUNDS
    engine.set_core(0, 1, 0xDF, tuple(registers))
    start = time.process_time()
    engine.step(0, 1, ROUNDS * PER_ROUND)
    return ROUNDS * PER_ROUND / (time.process_time() - start) / 1e6


def oracle() -> float | None:
    """The same of unicorn, None if it is not installed."""
    try:
        import unicorn
        from unicorn import arm_const
    except ImportError:
        return None
    uc = unicorn.Uc(unicorn.UC_ARCH_ARM, unicorn.UC_MODE_ARM | unicorn.UC_MODE_ARM946)
    uc.mem_map(0, 0x8000)
    uc.mem_map(0x400000, 0x10000)
    uc.mem_write(0x100, struct.pack(f"<{len(LOOP)}I", *LOOP))
    uc.reg_write(arm_const.UC_ARM_REG_R3, 0x400000)
    uc.reg_write(arm_const.UC_ARM_REG_R5, ROUNDS)
    start = time.process_time()
    uc.emu_start(0x100, 0x100 + 4 * 9)
    return ROUNDS * PER_ROUND / (time.process_time() - start) / 1e6


def processor(repeats: int) -> None:
    """A loop of seven instructions on both processors."""
    pairs = [(ours(), oracle()) for _ in range(repeats)]
    print("processor alone, millions of instructions per CPU s (best, side by side):")
    best = max(pair[0] for pair in pairs)
    print(f"  engine  {best:7.0f}")
    known = [pair[1] for pair in pairs if pair[1] is not None]
    if known:
        print(f"  unicorn {max(known):7.0f}   ratio {best / max(known):.2f}")
    else:
        print("  unicorn is not installed: no ratio")


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--only", default="networks,threads,processor", help="parts, by commas")
    parser.add_argument("--python", default=sys.executable, help="interpreter with sPyNNaker")
    options = parser.parse_args()
    parts = options.only.split(",")
    if "networks" in parts:
        networks(options.repeats, options.python)
    if "threads" in parts:
        threads(options.repeats, options.python)
    if "processor" in parts:
        processor(options.repeats)


if __name__ == "__main__":
    main()
