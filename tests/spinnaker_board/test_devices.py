"""Devices and scheduling, driven by small hand-assembled programs."""

from __future__ import annotations

import struct

import pytest

engine_module = pytest.importorskip(
    "neuroport_spinnaker.board._engine",
    reason="the compiled engine is not built",
    exc_type=ImportError,
)
Engine = engine_module.Engine

DTCM = 0x400000
SDRAM = 0x60000000
WAIT = 0xEE070F90  # wait for interrupt
LOOP = 0xEAFFFFFE
SYSTEM_MODE_NO_INTERRUPTS = 0xDF
IDLE, LIMIT = 0, 1


def load(engine: Engine, core: int, words: list[int], chip: int = 0, address: int = 0x100) -> None:
    engine.prepare(chip, core)
    engine.write(chip, core, address, struct.pack(f"<{len(words)}I", *words))


def go(
    engine: Engine,
    core: int,
    registers: dict[int, int],
    chip: int = 0,
    pc: int = 0x100,
    psr: int = SYSTEM_MODE_NO_INTERRUPTS,
) -> None:
    values = [registers.get(i, 0) for i in range(15)] + [pc]
    engine.set_core(chip, core, psr, tuple(values))


def word(engine: Engine, address: int, core: int = 1, chip: int = 0) -> int:
    return int.from_bytes(engine.read(chip, core, address, 4), "little")


def test_timer_wakes_a_sleeping_core_at_the_exact_cycle() -> None:
    engine = Engine(1)
    # r0 timer, r1 period, r2 control, r3 VIC, r4 enable bit, r5 place for the result
    load(
        engine,
        1,
        [
            0xE5801000,  # str r1, [r0]
            0xE5834010,  # str r4, [r3, #16]
            0xE5802008,  # str r2, [r0, #8]
            WAIT,
            0xE5906004,  # ldr r6, [r0, #4]
            0xE5856000,  # str r6, [r5]
            LOOP,
        ],
    )
    go(engine, 1, {0: 0x21000000, 1: 100_000, 2: 0xE2, 3: 0x2F000000, 4: 1 << 4, 5: DTCM})
    engine.run(40, 80_000)
    assert engine.core(0, 1)["state"] == 2
    engine.run(60, 110_000)
    # reloaded at zero; the load that reads it is the first instruction after the wait
    assert word(engine, DTCM) == 100_000


def test_test_and_set_is_exclusive() -> None:
    engine = Engine(1)
    for core in (1, 2):
        load(engine, core, [0xE5901100, 0xE5851000, LOOP])  # ldr r1,[r0,#256]; str r1,[r5]
        go(engine, core, {0: 0xE2000000, 5: SDRAM + 4 * core})
    engine.run(2)
    values = [word(engine, SDRAM + 4 * core) >> 31 for core in (1, 2)]
    assert sorted(values) == [0, 1]
    assert engine.locks(0) == 1
    engine.read(0, 0, 0xE2000180, 4)
    assert engine.locks(0) == 0


def test_dma_moves_data_and_interrupts() -> None:
    engine = Engine(1)
    payload = bytes(range(64))
    engine.write(0, 0, SDRAM + 0x1000, payload)
    load(
        engine,
        1,
        [
            0xE5802018,  # str r2, [r0, #0x18]   enable the interrupt
            0xE5834010,  # str r4, [r3, #0x10]
            0xE5801004,  # str r1, [r0, #4]      system address
            0xE5805008,  # str r5, [r0, #8]      core address
            0xE580600C,  # str r6, [r0, #12]     description: starts
            WAIT,
            0xE5907014,  # ldr r7, [r0, #0x14]
            0xE5857100,  # str r7, [r5, #256]
            LOOP,
        ],
    )
    go(
        engine,
        1,
        {0: 0x40000000, 1: SDRAM + 0x1000, 2: 1 << 10, 3: 0x2F000000, 4: 1 << 12, 5: DTCM, 6: 64},
    )
    engine.run(3)
    assert engine.read(0, 1, DTCM, 64) == payload
    status = word(engine, DTCM + 256)
    assert status >> 24 == 1  # number of the core
    assert status & 0x401 == 0x400  # done, not busy


def packets(threads: int, window: int) -> tuple[list[int], dict[str, int]]:
    """Core 1 of chip 0 sends a packet with payload that two cores of chip 2 get."""
    engine = Engine(3, threads=threads, window=window)
    for chip in (0, 1):
        engine.link(chip, 0, chip + 1)
        engine.link(chip + 1, 3, chip)
    for address, value in ((0xE1004004, 1), (0xE1008004, 0x1200), (0xE100C004, 0xFF00)):
        engine.write(0, 0, address, struct.pack("<I", value))
    # chip 1 has no entry: the packet goes straight on
    route = 1 << (6 + 4) | 1 << (6 + 7)
    for address, value in ((0xE1004004, route), (0xE1008004, 0x1200), (0xE100C004, 0xFF00)):
        engine.write(2, 0, address, struct.pack("<I", value))
    load(engine, 1, [0xE5801004, 0xE5802008, LOOP])  # data, then key: sends
    go(engine, 1, {0: 0x20000000, 1: 0xCAFE, 2: 0x1234})
    for core in (4, 7):
        load(
            engine,
            core,
            [
                0xE5834010,  # str r4, [r3, #16]
                WAIT,
                0xE5901010,  # ldr r1, [r0, #16] payload
                0xE5902014,  # ldr r2, [r0, #20] key, pops
                0xE5851000,
                0xE5852004,
                LOOP,
            ],
            chip=2,
        )
        go(engine, core, {0: 0x20000000, 3: 0x2F000000, 4: 1 << 6, 5: DTCM}, chip=2)
    engine.run(20, 20_000)
    values = [word(engine, DTCM + 4 * i, core, 2) for core in (4, 7) for i in (0, 1)]
    figures = engine.figures()
    return values, {k: figures[k] for k in ("packets_sent", "packets_received", "packets_unrouted")}


@pytest.mark.parametrize("threads", [1, 2, 7])  # fewer and more than chips
@pytest.mark.parametrize("window", [500, 2000])
def test_multicast_with_default_route(threads: int, window: int) -> None:
    values, figures = packets(threads, window)
    assert values == [0xCAFE, 0x1234] * 2
    assert figures == {"packets_sent": 1, "packets_received": 2, "packets_unrouted": 0}


def test_blocked_packets_are_dropped_after_the_time_out() -> None:
    engine = Engine(1, window=200, fifo_limit=4, router_timeout=1000)
    for address, value in ((0xE1004004, 1 << 8), (0xE1008004, 0), (0xE100C004, 0)):
        engine.write(0, 0, address, struct.pack("<I", value))
    load(engine, 1, [0xE5802008, 0xE2533001, 0x1AFFFFFC, WAIT])  # send r3 packets
    load(engine, 2, [LOOP])  # never takes one
    go(engine, 1, {0: 0x20000000, 3: 10})
    go(engine, 2, {})
    engine.run(40, 8000)
    figures = engine.figures()
    assert figures["packets_sent"] == 10
    assert figures["packets_received"] == 4
    assert figures["packets_dropped"] == 6
    assert figures["fifo_peak"] == 4
    assert word(engine, 0xE100001C, 0) == 0  # the key of the packet kept for re-injection
    assert word(engine, 0xE1000320, 0) == 6  # dropped multicast packets


def test_data_abort_reaches_the_vector() -> None:
    engine = Engine(1)
    load(engine, 1, [0xE5901000, LOOP])  # ldr r1, [r0] from nowhere
    engine.write(0, 1, 0x10, struct.pack("<I", 0xEAFFFFFE))
    go(engine, 1, {0: 0x90000000})
    engine.run(2)
    core = engine.core(0, 1)
    assert core["registers"][15] == 0x10
    assert core["psr"] & 0x1F == 0x17
    assert core["registers"][14] == 0x108
    assert core["spsr"] & 0x1F == 0x1F


def test_program_that_rewrites_its_own_code_runs_the_new_code() -> None:
    engine = Engine(1)
    # increments r1 once, overwrites that instruction by "add r1, r1, #16", runs it again
    load(
        engine,
        1,
        [
            0xE2811001,  # 100: add r1, r1, #1
            0xE3570001,  # cmp r7, #1
            0x05851000,  # streq r1, [r5]
            0x0AFFFFFE,  # beq .
            0xE5802000,  # str r2, [r0]
            0xE3A07001,  # mov r7, #1
            0xEAFFFFF8,  # b 100
        ],
    )
    go(engine, 1, {0: 0x100, 2: 0xE2811010, 5: DTCM})
    engine.run(2)
    assert word(engine, DTCM) == 17


def test_arguments_are_checked() -> None:
    with pytest.raises(ValueError, match="out of range"):
        Engine(0)
    engine = Engine(1)
    with pytest.raises(IndexError):
        engine.read(1, 0, SDRAM, 4)
    with pytest.raises(engine_module.BusError, match="0x90000000"):
        engine.read(0, 0, 0x90000000, 4)
    assert engine.run(5) == IDLE
