"""One instruction in one mode: status registers, user banks, returns, jumps and exceptions."""

from __future__ import annotations

import random
from collections.abc import Iterator
from functools import lru_cache

from arm_words import UP
from mode_machine import (
    BANKED,
    END,
    END_THUMB,
    INSTRUCTION,
    MASKED,
    MODES,
    Program,
    install,
    on_ours,
    on_unicorn,
    words,
)
from neuroport_spinnaker.board._engine import decode
from processors import MIDDLE, START, SYSTEM, THUMB, USER, WINDOW, Oracle, Ours


def saved_status(rng: random.Random, thumb: bool) -> int:
    mode = rng.choice((USER, *MODES))
    return rng.getrandbits(5) << 27 | MASKED | mode | (THUMB if thumb else 0)


def program(rng: random.Random, word: int, mode: int, thumb_return: bool = False) -> Program:
    banks = {
        m: [*(rng.getrandbits(32) for _ in range(7)), saved_status(rng, thumb_return)]
        for m in MODES
    }
    low = [rng.getrandbits(32) for _ in range(8)]
    data, flags = bytearray(rng.randbytes(WINDOW)), rng.getrandbits(5) << 27
    return Program(word, mode, low, banks, data, flags)


def end(thumb: bool) -> int:
    return END_THUMB if thumb else END


def operand_for(opcode: int, result: int, b: int, carry: int) -> int:
    """The first operand with which an opcode gives a result."""
    return {
        0: result | ~b, 1: result ^ b, 2: result + b, 3: b - result, 4: result - b,
        5: result - b - carry, 6: result + b + 1 - carry, 7: b - result - 1 + carry,
        12: result & ~b, 13: 0, 14: result, 15: 0,
    }[opcode] & 0xFFFFFFFF  # fmt: skip


def returns(rng: random.Random) -> Iterator[Program]:
    """Data processing into the PC, with S (return from an exception) and without."""
    for mode in BANKED:
        for opcode in (0, 1, 2, 3, 4, 5, 6, 7, 12, 13, 14, 15):
            for s in (0, 1):
                for form in range(8):
                    thumb = bool(s and rng.getrandbits(1))
                    word = 0xE000F000 | opcode << 21 | s << 20 | 1 << 16
                    made = program(rng, word, mode, thumb)
                    if give_operands(rng, made, opcode, form, end(thumb)):
                        if s and opcode not in (2, 13):
                            made.low[6], made.equivalent = end(thumb), 0xE1B0F006  # movs pc, r6
                        yield made


def give_operands(rng: random.Random, made: Program, opcode: int, form: int, wanted: int) -> bool:
    """Operands with which the result is `wanted`; false if this form has none."""
    limited = {
        0: wanted | rng.getrandbits(32), 12: wanted & rng.getrandbits(32), 13: wanted,
        14: rng.getrandbits(32) & ~wanted, 15: ~wanted & 0xFFFFFFFF,
    }  # fmt: skip
    if opcode in (13, 15):
        made.word &= ~0xF0000
    if form == 0:  # an immediate value: eight rotated bits
        if opcode in limited:
            return False
        bits, rotate = rng.getrandbits(8), rng.randrange(16)
        made.word |= 1 << 25 | rotate << 8 | bits
        second = (bits >> 2 * rotate | bits << 32 - 2 * rotate) & 0xFFFFFFFF
    else:
        shifted = limited.get(opcode, rng.getrandbits(32))
        made.low[2], made.word = shift_back(rng, form, shifted, made)
        second = value_of(made)
    first = made.low[1] = operand_for(opcode, wanted, second, made.flags >> 29 & 1)
    # a shift may have lost bits that the result needs
    results = {0: first & second, 12: first | second, 13: second, 14: first & ~second,
               15: ~second & 0xFFFFFFFF}  # fmt: skip
    return results.get(opcode, wanted) == wanted


def shift_back(rng: random.Random, form: int, wanted: int, made: Program) -> tuple[int, int]:
    """A value of r2 and the word with its shift; r3 has the amount of a register shift."""
    kind, by_register = (form - 1) & 3, form > 4
    amount = rng.randrange(0 if kind == 0 else 1, 5)
    if by_register:
        made.low[3] = amount
        word = made.word | 3 << 8 | kind << 5 | 0x12
    else:
        word = made.word | amount << 7 | kind << 5 | 2
    if kind == 0:
        value = wanted >> amount
    elif kind in (1, 2):
        value = wanted << amount & 0xFFFFFFFF
    else:
        value = (wanted << amount | wanted >> 32 - amount) & 0xFFFFFFFF
    return value, word


def value_of(made: Program) -> int:
    """The shifted operand that `shift_back` made."""
    amount = made.low[3] if made.word & 0x10 else made.word >> 7 & 31
    kind, value = made.word >> 5 & 3, made.low[2]
    if kind == 0:
        return value << amount & 0xFFFFFFFF
    if kind == 1:
        return value >> amount
    if kind == 2:
        return ((value ^ 0x80000000) - 0x80000000 >> amount) & 0xFFFFFFFF
    return (value >> amount | value << 32 - amount) & 0xFFFFFFFF


def status_registers(rng: random.Random) -> Iterator[Program]:
    """MRS and MSR in every mode, every field mask, register and immediate."""
    for mode in MODES:
        for fields in range(16):
            for saved in (0, 1) if mode != SYSTEM else (0,):
                for _ in range(3):
                    new = rng.choice((*MODES, USER)) if fields & 1 else 0
                    value = rng.getrandbits(5) << 27 | MASKED | new
                    made = program(rng, 0xE120F004 | saved << 22 | fields << 16, mode)
                    made.low[4] = value
                    yield made
                    immediate = MASKED | new if fields & 1 else 0x400 | rng.getrandbits(8)
                    yield program(rng, 0xE320F000 | saved << 22 | fields << 16 | immediate, mode)
        for saved in (0, 1) if mode != SYSTEM else (0,):
            for rd in range(15):
                yield program(rng, 0xE10F0000 | saved << 22 | rd << 12, mode)


def blocks(rng: random.Random) -> Iterator[Program]:
    """LDM and STM in every mode: user registers, and the PC with and without return."""
    for mode in MODES:
        for _ in range(300):
            load, s = rng.getrandbits(1), rng.getrandbits(1) if mode != SYSTEM else 0
            with_pc = rng.getrandbits(1)
            base = rng.randrange(8)
            listed = rng.getrandbits(15) | 1 << rng.randrange(15)
            listed |= 0x8000 if with_pc else 0
            write_back = rng.getrandbits(1) if not s or (load and with_pc) else 0
            if write_back:
                listed &= ~(1 << base)
            if not listed:
                continue
            word = 0xE8000000 | rng.getrandbits(2) << 23 | s << 22 | write_back << 21
            word |= load << 20 | base << 16 | listed
            thumb = bool(load and with_pc and rng.getrandbits(1))
            made = program(rng, word, mode, thumb)
            made.low[base] = MIDDLE + 4 * rng.randrange(-100, 100)
            if load and with_pc:
                number = listed.bit_count()
                first = made.low[base] if word & UP else made.low[base] - 4 * number
                if bool(word & 1 << 24) == bool(word & UP):
                    first += 4
                place = first + 4 * (number - 1) - START
                there = end(thumb) | (1 if thumb and not s else 0)
                made.data[place : place + 4] = words(there)
            yield made


def jumps(rng: random.Random) -> Iterator[Program]:
    """Loads of the PC and branches to registers in every mode and to both states."""
    for mode in (*MODES, USER):
        for thumb in (False, True):
            there = END_THUMB | 1 if thumb else END
            for pre, up, back in ((1, 1, 0), (1, 0, 0), (1, 1, 1), (1, 0, 1), (0, 1, 0), (0, 0, 0)):
                for register in (False, True):
                    offset = 4 * rng.randrange(60)
                    word = 0xE410F000 | pre << 24 | up << 23 | back << 21 | 3 << 16
                    made = program(rng, word | (0x02000005 if register else offset), mode)
                    made.low[3], made.low[5] = MIDDLE, offset
                    place = MIDDLE - START + (offset * (1 if up else -1) if pre else 0)
                    made.data[place : place + 4] = words(there)
                    yield made
            for word in (0xE12FFF12, 0xE12FFF32):  # bx r2; blx r2
                made = program(rng, word, mode)
                made.low[2] = there
                yield made
            for half in (0x4710, 0x4790):
                made = program(rng, half, mode)
                made.thumb, made.low[2] = True, there
                yield made
            made = program(rng, 0xBD00 | rng.getrandbits(7), mode)  # pop {.., pc}
            made.thumb = True
            stack = MIDDLE + 4 * rng.randrange(-50, 50)
            made.banks[mode if mode != USER else SYSTEM][5] = stack
            place = stack - START + 4 * ((made.word & 0x7F).bit_count())
            made.data[place : place + 4] = words(there)
            yield made


def exceptions(rng: random.Random) -> Iterator[Program]:
    """Every exception an instruction can raise, in every mode and both states."""
    for mode in (*MODES, USER):
        for _ in range(6):
            for word in (
                0xEF000000 | rng.getrandbits(24),  # software interrupt
                0xE1200070 | rng.getrandbits(12) << 8 | rng.getrandbits(4),  # breakpoint
                0xE7F000F0 | rng.getrandbits(12) << 8 | rng.getrandbits(4),  # undefined for good
                0xEE000110 | rng.getrandbits(4) << 12,  # no such coprocessor
                0xE5932000,  # ldr r2, [r3]: no memory
                0xE5832000,  # str r2, [r3]
                0xE1C320B0,  # strh r2, [r3]
                0xE12FFF13,  # bx r3: no code
            ):
                made = program(rng, word, mode)
                made.low[3] = 0x0A000000 + 4 * rng.getrandbits(16)
                yield made
            for half in (
                0xDF00 | rng.getrandbits(8),
                0xBE00 | rng.getrandbits(8),
                0xDE00 | rng.getrandbits(8),
                0x681A,  # ldr r2, [r3]
                0x601A,  # str r2, [r3]
            ):
                made = program(rng, half, mode)
                made.thumb = True
                made.low[3] = 0x0A000000 + 4 * rng.getrandbits(16)
                yield made


def coprocessor(rng: random.Random) -> Iterator[Program]:
    """What SARK uses of the system coprocessor: its control register, and the wait."""
    for mode in MODES:
        for register in range(8):
            yield program(rng, 0xEE070F90 | register << 12, mode)  # wait for interrupt
            made = program(rng, 0xEE010F10 | register << 12, mode)
            made.low[register] = 0x1F7E  # SARK's; other bits would move memory or vectors
            made.then = 0xEE110F10 | (register + 1 & 7) << 12
            yield made


GENERATORS = {
    generator.__name__: generator
    for generator in (returns, status_registers, blocks, jumps, exceptions, coprocessor)
}


@lru_cache
def checked(name: str) -> tuple[int, frozenset[str]]:
    """Compare all programs of a generator: how many, and which operations they covered."""
    rng, unicorn, ours = random.Random(name), Oracle(), Ours()
    install(unicorn, ours)
    count, covered = 0, set()
    for made in GENERATORS[name](rng):
        want, got = on_unicorn(unicorn, made), on_ours(ours, made)
        assert got == want, f"{made}\n{got.registers.hex(' ', 4)}\n{want.registers.hex(' ', 4)}"
        covered |= set(decode(made.word, made.thumb, INSTRUCTION))
        covered |= set(decode(made.then, False, INSTRUCTION + 4))
        count += 1
    return count, frozenset(covered)
