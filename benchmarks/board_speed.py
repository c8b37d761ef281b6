"""Speed of the emulated board, and of its processor beside unicorn's, in one run.

Part 1 runs three networks through stock sPyNNaker and prints CPU seconds of the board per
simulated second.  Part 2 runs one shipped binary's code path, the same small program on
both processors, and prints their ratio.  unicorn is an oracle for this benchmark only.

Run it with the interpreter that has sPyNNaker 1!7.4.1 (and unicorn for part 2)::

    python benchmarks/board_speed.py [--repeats 3]
"""

from __future__ import annotations

import argparse
import struct
import tempfile
import time
from pathlib import Path

from neuroport_spinnaker.board import Board, run_script
from neuroport_spinnaker.board._engine import Engine

NETWORK = """
import pyNN.spiNNaker as sim
n, rate, fan_in, offset, weight = {n}, {rate}, {fan_in}, {offset}, 0.01
sim.setup(1.0)
source = sim.Population(n, sim.SpikeSourcePoisson(rate=rate), additional_parameters={{"seed": 7}})
target = sim.Population(n, sim.IF_curr_exp(i_offset=offset))
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
CASES = (
    ("100 neurons, 68 Hz", {"n": 100, "rate": 10, "fan_in": 10, "offset": 1.50}, 1.0),
    ("1,000 quiet neurons", {"n": 1000, "rate": 2, "fan_in": 30, "offset": 0.60}, 1.0),
    ("1,000 neurons, 68 Hz, fan-in 30", {"n": 1000, "rate": 10, "fan_in": 30, "offset": 1.50}, 3.0),
)
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


def network(parameters: dict[str, float], repeats: int, python: str | None) -> tuple[float, float]:
    """CPU seconds per simulated second (least of the repeats) and the rate seen, Hz."""
    best, seen = float("inf"), 0.0
    with tempfile.TemporaryDirectory() as folder:
        script = Path(folder) / "network.py"
        script.write_text(NETWORK.format(duration=DURATION_MS, **parameters), encoding="utf-8")
        for _ in range(repeats):
            with Board(chips=4) as board:
                done = run_script(board, script, **({"python": python} if python else {}))
                lines = [line for line in done.stdout.splitlines() if line.startswith("RATE ")]
                if not lines:
                    raise SystemExit(done.stdout[-2000:] + done.stderr[-2000:])
                seen = float(lines[-1].split()[1])
                best = min(best, board.cpu_seconds / (DURATION_MS / 1000))
    return best, seen


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


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--python", help="interpreter with sPyNNaker, default: this one")
    options = parser.parse_args()
    print("CPU s of the board per simulated s (loading included), least of", options.repeats)
    for name, parameters, limit in CASES:
        cost, rate = network(parameters, options.repeats, options.python)
        verdict = "ok" if cost < limit else "TOO SLOW"
        print(f"  {name:34} {rate:6.1f} Hz  {cost:6.2f}  limit {limit:.1f}  {verdict}")
    pairs = [(ours(), oracle()) for _ in range(options.repeats)]
    print("processor alone, millions of instructions per CPU s (best, side by side):")
    best = max(pair[0] for pair in pairs)
    print(f"  engine  {best:7.0f}")
    known = [pair[1] for pair in pairs if pair[1] is not None]
    if known:
        print(f"  unicorn {max(known):7.0f}   ratio {best / max(known):.2f}")
    else:
        print("  unicorn is not installed: no ratio")


if __name__ == "__main__":
    main()
