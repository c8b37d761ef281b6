"""Our processor and unicorn's as two machines that run one instruction or a short program.

unicorn is an oracle for tests only: it is GPL software and no part of the product.  It says what
an instruction does and which exception it raises; the entry into an exception, which it leaves
to its user, and the alignment check, which it lacks, are stated here from the architecture.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass

import unicorn
from neuroport_spinnaker.board._engine import Engine
from unicorn import arm_const as arm

CODE = 0x1000
DATA = 0x400000
DATA_BYTES = 0x10000
MIDDLE = DATA + 0x8000
WINDOW = 4096  # bytes of data that are compared
START = MIDDLE - WINDOW // 2
ITCM_BYTES = 0x8000
THUMB, IRQ_MASK = 0x20, 0x80
USER, FIQ, IRQ, SVC, ABORT, UNDEFINED, SYSTEM = 0x10, 0x11, 0x12, 0x13, 0x17, 0x1B, 0x1F
REGISTERS = [getattr(arm, f"UC_ARM_REG_R{i}") for i in range(16)]
PSR = 0xF80000FF


@dataclass(frozen=True)
class Entry:
    """Of an exception: mode, vector, and what the link adds to the instruction's address."""

    mode: int
    vector: int
    link_arm: int
    link_thumb: int


ENTRIES = {
    "undefined": Entry(UNDEFINED, 0x04, 4, 2),
    "software interrupt": Entry(SVC, 0x08, 4, 2),
    "breakpoint": Entry(ABORT, 0x0C, 4, 4),
    "prefetch abort": Entry(ABORT, 0x0C, 4, 4),
    "data abort": Entry(ABORT, 0x10, 8, 8),
}
# what unicorn tells its interrupt hook, and its errors
NUMBERS = {1: "undefined", 2: "software interrupt", 3: "prefetch abort", 4: "data abort",
           7: "breakpoint"}  # fmt: skip
ERRORS = {
    unicorn.UC_ERR_INSN_INVALID: "undefined",
    unicorn.UC_ERR_READ_UNMAPPED: "data abort",
    unicorn.UC_ERR_WRITE_UNMAPPED: "data abort",
    unicorn.UC_ERR_FETCH_UNMAPPED: "prefetch abort",
    unicorn.UC_ERR_FETCH_PROT: "prefetch abort",
}


@dataclass
class Case:
    """One instruction with what it finds; `data` begins at the address `START`."""

    word: int
    thumb: bool
    registers: list[int]
    psr: int
    data: bytes
    second: int | None = None  # the other half of a long Thumb branch

    @property
    def code(self) -> bytes:
        """The instruction, and a branch to itself that ends our slice behind it."""
        if not self.thumb:
            return struct.pack("<II", self.word, 0xEAFFFFFE)
        second = 0xE7FE if self.second is None else self.second
        return struct.pack("<HHHH", self.word, second, 0xE7FE, 0)

    def __str__(self) -> str:
        state = "thumb" if self.thumb else "arm"
        return f"{state} {self.word:08x}, {[f'{x:x}' for x in self.registers]}, {self.psr:08x}"


@dataclass
class After:
    """What an instruction left behind; `saved` is the saved status word of an exception."""

    registers: list[int]
    psr: int
    data: bytes
    saved: int = 0


class Oracle:
    """unicorn with the tightly coupled memories of a core.

    Attributes
    ----------
    raised : str
        The exception that ended the last run, empty for none.
    fault : int or None
        The address that nothing answered at.
    unaligned : bool
        The last run made an access that a core with its alignment check aborts.
    """

    def __init__(self) -> None:
        self.uc = unicorn.Uc(unicorn.UC_ARCH_ARM, unicorn.UC_MODE_ARM | unicorn.UC_MODE_ARM946)
        self.uc.mem_map(0, ITCM_BYTES)
        self.uc.mem_map(DATA, DATA_BYTES, unicorn.UC_PROT_READ | unicorn.UC_PROT_WRITE)
        self.uc.hook_add(unicorn.UC_HOOK_INTR, self._interrupt)
        self.uc.hook_add(unicorn.UC_HOOK_MEM_UNMAPPED, self._unmapped)
        self.uc.hook_add(unicorn.UC_HOOK_MEM_READ | unicorn.UC_HOOK_MEM_WRITE, self._access)
        self.raised = ""
        self.fault: int | None = None
        self.unaligned = False

    def _interrupt(self, uc: unicorn.Uc, number: int, _user: object) -> None:
        self.raised = NUMBERS[number]
        uc.emu_stop()

    def _unmapped(
        self, _uc: unicorn.Uc, _kind: int, address: int, _size: int, _value: int, _user: object
    ) -> bool:
        self.fault = address
        return False

    def _access(
        self, _uc: unicorn.Uc, _kind: int, address: int, size: int, _value: int, _user: object
    ) -> None:
        self.unaligned |= bool(address & (size - 1))

    def psr(self) -> int:
        """The status register."""
        return int(self.uc.reg_read(arm.UC_ARM_REG_CPSR))

    def pc(self) -> int:
        """The program counter."""
        return int(self.uc.reg_read(arm.UC_ARM_REG_PC))

    def enter(self, raised: str, address: int) -> None:
        """What the architecture does when the instruction at `address` raises."""
        entry, old = ENTRIES[raised], self.psr()
        link = entry.link_thumb if old & THUMB else entry.link_arm
        self.uc.reg_write(arm.UC_ARM_REG_CPSR, (old & ~(THUMB | 31)) | entry.mode | IRQ_MASK)
        self.uc.reg_write(arm.UC_ARM_REG_SPSR, old)
        self.uc.reg_write(arm.UC_ARM_REG_LR, address + link)
        self.uc.reg_write(arm.UC_ARM_REG_PC, entry.vector)

    def start(self, address: int, until: int, count: int = 0) -> str:
        """Run; returns the exception that ended it, if any."""
        self.raised, self.fault, self.unaligned = "", None, False
        try:
            self.uc.emu_start(address | int(bool(self.psr() & THUMB)), until, count=count)
        except unicorn.UcError as problem:
            self.raised = ERRORS[problem.errno]
        return self.raised

    def clear(self) -> None:
        """Zero all memory."""
        self.uc.mem_write(0, bytes(ITCM_BYTES))
        self.uc.mem_write(DATA, bytes(DATA_BYTES))
        self.uc.ctl_remove_cache(0, ITCM_BYTES)

    def run(self, case: Case) -> After:
        """One instruction."""
        uc = self.uc
        uc.mem_write(CODE, case.code)
        uc.mem_write(START, case.data)
        uc.reg_write(arm.UC_ARM_REG_CPSR, case.psr | (THUMB if case.thumb else 0))
        for number in range(15):
            uc.reg_write(REGISTERS[number], case.registers[number])
        uc.ctl_remove_cache(CODE, CODE + 16)
        raised = self.start(CODE, 0xFFFFFFFF, count=1)
        if not raised and not self.unaligned:
            # a fetch aborts when the instruction there is to be executed, not before
            pc = self.pc()
            if pc >= ITCM_BYTES:
                self.raised = raised = "prefetch abort"
        if self.unaligned:
            self.raised = raised = "data abort"
            for number in range(15):
                uc.reg_write(REGISTERS[number], case.registers[number])
            uc.mem_write(START, case.data)
        if raised:
            self.enter(raised, self.pc() if raised == "prefetch abort" else CODE)
        after = [uc.reg_read(register) for register in REGISTERS]
        data = bytes(uc.mem_read(START, WINDOW))
        saved = uc.reg_read(arm.UC_ARM_REG_SPSR) & PSR if raised else 0
        return After(after, self.psr() & PSR, data, saved)


class Ours:
    """One core of the engine."""

    def __init__(self) -> None:
        self.engine = Engine(1)
        self.engine.prepare(0, 1)

    def clear(self) -> None:
        """Zero all memory."""
        self.engine.write(0, 1, 0, bytes(ITCM_BYTES))
        self.engine.write(0, 1, DATA, bytes(DATA_BYTES))

    def run(self, case: Case) -> After:
        """One instruction."""
        e = self.engine
        e.write(0, 1, CODE, case.code)
        e.write(0, 1, START, case.data)
        psr = case.psr | (THUMB if case.thumb else 0)
        e.set_core(0, 1, psr, (*case.registers[:15], CODE))
        e.step(0, 1, 1)
        core = e.core(0, 1)
        data = e.read(0, 1, START, WINDOW)
        saved = core["spsr"] if core["psr"] & 31 not in (USER, SYSTEM) else 0
        return After(list(core["registers"]), core["psr"] & PSR, data, saved & PSR)
