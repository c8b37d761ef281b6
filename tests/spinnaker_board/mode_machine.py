"""Programs that set up every mode, run one instruction, and dump the registers of every mode.

Banked registers, saved status words, returns from exceptions and their entry are compared so:
the same words run on both processors, and what they dump must be equal.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass

from processors import (
    ABORT,
    CODE,
    DATA,
    FIQ,
    IRQ,
    ITCM_BYTES,
    START,
    SVC,
    SYSTEM,
    UNDEFINED,
    WINDOW,
    Oracle,
    Ours,
)
from unicorn import arm_const as arm

BANKED = (FIQ, IRQ, SVC, ABORT, UNDEFINED)
MODES = (*BANKED, SYSTEM)
MASKED = 0xC0  # no interrupts
INSTRUCTION, END_THUMB = 0x1800, 0x2000
END = END_THUMB + 4  # the same in ARM state
SLOT = 0x2400
INPUT, OUTPUT = DATA + 0x1000, DATA + 0x2000
OUTPUT_BYTES = 4 * (8 + 7 + len(MODES) * 8)
CYCLES = 400  # more than the longest way to the end
RUNS = 4  # to the instruction, through an exception or a wait, to the end
WAITED = 2  # what step() answers at a wait for interrupt


def words(*values: int) -> bytes:
    return struct.pack(f"<{len(values)}I", *values)


def prologue() -> bytes:
    """Load all banks from `INPUT`, at which r0 points."""
    code = []
    for mode in MODES:
        code += [0xE321F000 | MASKED | mode, 0xE8B07F00]  # msr cpsr_c; ldm r0!, {r8-r14}
        if mode != SYSTEM:
            code += [0xE4901004, 0xE16FF001]  # ldr r1, [r0], #4; msr spsr, r1
    # ldr r1, [r0], #4; msr cpsr_fc, r1; ldm r0, {r0-r7}
    code += [0xE4901004, 0xE129F001, 0xE89000FF]
    return words(*code)


def epilogue() -> bytes:
    """Store all registers to `OUTPUT` and stop; entered in either state."""
    code = [
        0x46C04778,  # thumb: bx pc; nop
        0xE58F0000 | SLOT - (END + 8),  # str r0, SLOT
        0xE59F0000 | SLOT + 4 - (END + 4 + 8),  # ldr r0, =OUTPUT
        0xE8A000FE,  # stm r0!, {r1-r7}
        0xE10F1000,  # mrs r1, cpsr
        0xE4801004,  # str r1, [r0], #4
        0xE8A07F00,  # stm r0!, {r8-r14}
        0xE311000F,  # tst r1, #15: a user cannot look further
        0x0A000000 | len(MODES) * 4 - 1,
    ]
    for mode in MODES:
        code += [0xE321F000 | MASKED | mode, 0xE8A07F00]  # msr cpsr_c; stm r0!, {r8-r14}
        # mrs r1, spsr; str r1, [r0], #4; or two that do nothing
        code += [0xE14F1000, 0xE4801004] if mode != SYSTEM else [0xE1A00000, 0xE1A00000]
    return words(*code, 0xEAFFFFFE)


STOP = END_THUMB + len(epilogue()) - 4


def branch(here: int, there: int) -> int:
    return 0xEA000000 | (there - here - 8 >> 2 & 0xFFFFFF)


def vectors() -> bytes:
    """Each exception says in r7 which it was, and goes to the end."""
    table = b"".join(words(branch(4 * n, 0x100 + 8 * n)) for n in range(8))
    code = b"".join(words(0xE3A07000 | n, branch(0x104 + 8 * n, END)) for n in range(8))
    return table.ljust(0x100, b"\0") + code


@dataclass
class Program:
    """One instruction in one mode; `banks` has r8..r14 and the saved status word of each."""

    word: int
    mode: int
    low: list[int]
    banks: dict[int, list[int]]
    data: bytearray
    flags: int
    thumb: bool = False
    # unicorn returns from exceptions with MOVS and SUBS only: the MOVS that does the same
    equivalent: int | None = None
    then: int = 0xE1A00000  # a second instruction, in ARM state

    def load(self, word: int) -> list[tuple[int, bytes]]:
        """What to write where."""
        place = CODE + len(prologue())
        if self.thumb:
            self.low[7] = INSTRUCTION | 1
            enter = 0xE12FFF17  # bx r7; behind the half word: nop; bx pc; nop
            code = struct.pack("<HHHHI", word, 0x46C0, 0x4778, 0x46C0, branch(INSTRUCTION + 8, END))
        else:
            enter = branch(place, INSTRUCTION)
            code = words(word, self.then, branch(INSTRUCTION + 8, END))
        given = [x for m in MODES for x in self.banks[m][: 8 if m != SYSTEM else 7]]
        given += [self.flags | MASKED | self.mode, *self.low]
        return [
            (CODE, prologue() + words(enter)),
            (INSTRUCTION, code),
            (INPUT, words(*given)),
            (OUTPUT, bytes(OUTPUT_BYTES)),
            (SLOT, words(0, OUTPUT)),
            (START, bytes(self.data)),
        ]

    def __str__(self) -> str:
        return f"{'thumb' if self.thumb else 'arm'} {self.word:08x} in mode {self.mode:02x}"


@dataclass
class Dump:
    """What a program left: registers of all modes, data, and whether it waited on its way."""

    registers: bytes
    r0: bytes
    data: bytes
    waited: bool


def on_unicorn(machine: Oracle, program: Program) -> Dump:
    uc, waited = machine.uc, False
    word = program.word if program.equivalent is None else program.equivalent
    for address, content in program.load(word):
        uc.mem_write(address, content)
    uc.ctl_remove_cache(0, ITCM_BYTES)
    uc.reg_write(arm.UC_ARM_REG_CPSR, SVC | MASKED)
    uc.reg_write(arm.UC_ARM_REG_R0, INPUT)
    uc.reg_write(arm.UC_ARM_REG_PC, CODE)
    for _ in range(RUNS):
        if machine.pc() == STOP:
            break
        raised = machine.start(machine.pc(), STOP, CYCLES)
        if raised:
            machine.enter(raised, machine.pc() if raised == "prefetch abort" else INSTRUCTION)
        elif machine.pc() != STOP:
            assert machine.pc() == INSTRUCTION + 4, f"{program} ends at {machine.pc():x}"
            waited = True
    assert machine.pc() == STOP, f"{program} ends at {machine.pc():x}"
    return Dump(
        bytes(uc.mem_read(OUTPUT, OUTPUT_BYTES)),
        bytes(uc.mem_read(SLOT, 4)),
        bytes(uc.mem_read(START, WINDOW)),
        waited,
    )


def on_ours(machine: Ours, program: Program) -> Dump:
    engine = machine.engine
    for address, content in program.load(program.word):
        engine.write(0, 1, address, content)
    engine.set_core(0, 1, SVC | MASKED, (INPUT, *[0] * 14, CODE))
    waited = engine.step(0, 1, CYCLES) == WAITED
    if waited:
        engine.step(0, 1, CYCLES)
    pc = engine.core(0, 1)["registers"][15]
    assert pc == STOP, f"{program} ends at {pc:x}"
    return Dump(
        engine.read(0, 1, OUTPUT, OUTPUT_BYTES),
        engine.read(0, 1, SLOT, 4),
        engine.read(0, 1, START, WINDOW),
        waited,
    )


def install(unicorn: Oracle, ours: Ours) -> None:
    """Write what all programs share."""
    for write in (unicorn.uc.mem_write, lambda a, b: ours.engine.write(0, 1, a, b)):
        write(0, vectors())
        write(END_THUMB, epilogue())
