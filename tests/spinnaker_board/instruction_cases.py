"""Random instructions on random states, and their comparison on both processors."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from functools import lru_cache

from arm_words import tidy, unpredictable
from neuroport_spinnaker.board._engine import decode
from processors import (
    CODE,
    DATA,
    DATA_BYTES,
    ITCM_BYTES,
    MIDDLE,
    SYSTEM,
    THUMB,
    USER,
    WINDOW,
    Case,
    Oracle,
    Ours,
)

INTERESTING = (0, 1, 2, 31, 32, 33, 255, 0x7FFF, 0x8000, 0xFFFF, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFF)
SAMPLES = 12  # of each combination of bits 27:20 and 7:4 of an ARM word


def value(rng: random.Random) -> int:
    return rng.choice(INTERESTING) if rng.random() < 0.4 else rng.getrandbits(32)


def pointer(rng: random.Random) -> int:
    """Mostly into the data, else a small offset, an unaligned address or one without memory."""
    kind = rng.random()
    if kind < 0.65:
        return MIDDLE + 4 * rng.randrange(-64, 64)
    if kind < 0.9:
        return 4 * rng.randrange(32)
    if kind < 0.95:
        return MIDDLE + rng.randrange(-256, 256)
    return 0x0A000000 + 4 * rng.getrandbits(16)


def target(rng: random.Random) -> int:
    """An address in the code of either state, or, rarely, where no code can be."""
    if rng.random() < 0.05:
        return 0x0A000000 + 4 * rng.getrandbits(16)
    return 4 * rng.randrange(0x400, ITCM_BYTES // 4 - 64) | rng.getrandbits(1)


@lru_cache
def memories() -> list[bytes]:
    """Random data with addresses of code around the middle, for loads of the PC."""
    rng, around = random.Random(0), WINDOW // 2 - 512
    return [
        rng.randbytes(around)
        + b"".join(target(rng).to_bytes(4, "little") for _ in range(256))
        + rng.randbytes(around)
        for _ in range(16)
    ]


def state(
    rng: random.Random,
    word: int,
    thumb: bool,
    draw: Callable[[random.Random], int],
    second: int | None = None,
) -> Case:
    data = memories()[rng.randrange(16)]
    psr = rng.getrandbits(5) << 27 | rng.choice((SYSTEM, SYSTEM, USER))
    return Case(word, thumb, [draw(rng) for _ in range(15)], psr, data, second)


def transfers_block(case: Case) -> bool:
    return "LDM" in (names := decode(case.word, case.thumb, CODE)) or "STM" in names


def addresses_memory(word: int) -> bool:
    kind = word >> 25 & 7
    return kind in (2, 3, 4) or (kind == 0 and word & 0x90 == 0x90)


def arm_classes(rng: random.Random) -> Iterator[Case]:
    """Every combination of bits 27:20 and 7:4, the other bits at random."""
    for number in range(4096 * SAMPLES):
        high, low = number >> 4 & 255, number & 15
        cond = 14 if rng.random() < 0.7 else rng.randrange(15)
        word = cond << 28 | high << 20 | rng.getrandbits(12) << 8 | low << 4 | rng.getrandbits(4)
        word = tidy(word)
        if unpredictable(word, banked=False):
            continue
        if word & 0x0FB0F000 == 0x0320F000 or word & 0x0FB000F0 == 0x01200000:
            word &= ~0x10000  # status, not control: the programs of the other test change modes
        if word & 0x0F000F10 == 0x0E000F10 or word & 0x0F000F00 == 0x0E000E00:
            continue  # system and debug coprocessors: another test
        draw = pointer if addresses_memory(word) else value
        if word & 0x0FFFFFD0 == 0x012FFF10:
            draw = target  # branches to a register
        yield state(rng, word, False, draw)


def data_processing(rng: random.Random) -> Iterator[Case]:
    """All opcodes and operands once more, on the values where carries and overflows turn."""
    for opcode in range(16):
        for s in (0, 1):
            if 8 <= opcode <= 11 and not s:
                continue
            for form in range(60):
                word = 0xE << 28 | opcode << 21 | s << 20
                word |= rng.randrange(15) << 16 | rng.randrange(15) << 12
                if form < 15:
                    word |= 1 << 25 | rng.getrandbits(12)
                elif form < 40:
                    word |= rng.choice((0, 1, 31, rng.randrange(32))) << 7
                    word |= rng.getrandbits(2) << 5 | rng.randrange(16)
                else:
                    word |= rng.randrange(15) << 8 | rng.getrandbits(2) << 5 | 0x10
                    word |= rng.randrange(15)
                yield state(rng, tidy(word), False, value)


def multiplications(rng: random.Random) -> Iterator[Case]:
    """All kinds, and saturating arithmetic, often enough that each overflow and flag turns."""
    words = [0x90 | op << 21 | s << 20 for op in (0, 1, 4, 5, 6, 7) for s in (0, 1)]
    words += [0x01000080 | op << 21 | low << 5 for op in range(4) for low in range(4)]
    words += [0x01000050 | op << 21 for op in range(4)]
    for word in words:
        for _ in range(200):
            high, low, rs, rm = rng.sample(range(15), 4)
            filled = tidy(0xE << 28 | word | high << 16 | low << 12 | rs << 8 | rm)
            yield state(rng, filled, False, value)


def arm_branches(rng: random.Random) -> Iterator[Case]:
    """Near branches under every condition, with and without link, and the change of state."""
    for top in range(0xEA, 0xFC):
        for _ in range(20):
            for cond in range(15) if top in (0xEA, 0xEB) else (15,):
                if cond == 15 and top not in (0xFA, 0xFB):
                    continue
                word = cond << 28 | (top & 15) << 24 | (rng.randrange(-900, 900) & 0xFFFFFF)
                yield state(rng, word, False, value)


def unconditional(rng: random.Random) -> Iterator[Case]:
    """PLD, and the rest of the space without condition, which is not defined."""
    for _ in range(200):
        word = 0xF550F000 | rng.getrandbits(1) << 23 | rng.randrange(15) << 16
        yield state(rng, word | rng.getrandbits(12), False, value)
        word = 0xF750F000 | rng.getrandbits(1) << 23 | rng.randrange(15) << 16
        yield state(rng, word | rng.randrange(32) << 7 | rng.randrange(15), False, value)


def thumb_halves(rng: random.Random) -> Iterator[Case]:
    """All half words."""
    for half in range(0x10000):
        if half >> 11 == 0x1E:
            continue  # the first half of a long branch: below
        if half >> 8 in (0xB1, 0xB3, 0xB9, 0xBB, 0xBF):
            continue  # unicorn executes instructions of ARMv6T2 there: see below
        if half >> 8 in (0xC0, 0xC1, 0xC2, 0xC3, 0xC4, 0xC5, 0xC6, 0xC7):
            base = half >> 8 & 7  # a stored base that is not the first register is left open
            if half & ((1 << base) - 1) and half >> base & 1:
                continue
        if (half >> 12 == 12 and not half & 0xFF) or half & 0xF7FF == 0xB400:
            continue  # empty list
        if half >> 8 == 0x47 and (half & 7 or half & 0xF8 == 0xF8):
            continue  # unused bits of BX and BLX; BLX of the PC
        if half >> 8 in (0x44, 0x45, 0x46) and not half & 0xC0:
            continue  # two low registers: left open before ARMv6
        if half >> 8 == 0x45 and half & 0x87 == 0x87:
            continue  # CMP with PC
        draw = pointer if half >> 12 in (5, 6, 7, 8, 9, 11, 12) else value
        if half >> 8 in (0x44, 0x46, 0x47):
            draw = target
        case = state(rng, half, True, draw)
        if half >> 11 in (0x1D, 0x1F):  # a first half leaves an even link
            case.registers[14] = target(rng) & ~1
        yield case


def thumb_long_branches(rng: random.Random) -> Iterator[Case]:
    for _ in range(2000):
        offset = rng.randrange(-(CODE // 2), 0x2000) * 2
        first = 0xF000 | (offset >> 12 & 0x7FF)
        link = rng.choice((0xE800, 0xF800))
        second = link | (offset >> 1 & (0x7FE if link == 0xE800 else 0x7FF))
        yield state(rng, first, True, value, second)


GENERATORS = {
    generator.__name__: generator
    for generator in (
        arm_classes,
        data_processing,
        multiplications,
        arm_branches,
        unconditional,
        thumb_halves,
        thumb_long_branches,
    )
}


def has_no_memory(address: int) -> bool:
    """Whether neither machine has memory or a device there."""
    return DATA + DATA_BYTES <= address < 0x10000000 or ITCM_BYTES <= address < DATA


@lru_cache
def checked(name: str) -> tuple[int, frozenset[str]]:
    """Compare all cases of a generator: how many, and which operations they covered."""
    rng, unicorn, ours = random.Random(name), Oracle(), Ours()
    count, covered = 0, set()
    for case in GENERATORS[name](rng):
        want = unicorn.run(case)
        if unicorn.fault is not None and not has_no_memory(unicorn.fault):
            continue  # our core has a device there
        got = ours.run(case)
        if unicorn.raised == "prefetch abort" and want.registers[14] & 2 and not want.saved & THUMB:
            continue  # a branch to an odd half word of ARM code is left open
        if unicorn.raised:
            want.registers[13] = got.registers[13]  # of another mode, which nobody has set
            if unicorn.fault is not None and transfers_block(case):
                continue  # how much of a block is transferred before an abort is left open
        assert got == want, (
            f"{case}, {unicorn.raised}: {[f'{x:x}' for x in got.registers]}, oracle "
            f"{[f'{x:x}' for x in want.registers]}; {got.psr:08x}, {want.psr:08x}; "
            f"{got.saved:08x}, {want.saved:08x}"
        )
        if unicorn.unaligned:
            unicorn.clear()  # unicorn has stored what a core aborts
            ours.clear()
        outer, inner = decode(case.word, case.thumb, CODE)
        covered.add(outer)
        if case.word >> 28 == 14:
            covered.add(inner)
        if case.second is not None:
            covered.add(decode(case.second, True, CODE + 2)[0])
        count += 1
    return count, frozenset(covered)
