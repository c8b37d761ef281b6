"""Every instruction form against an independent emulator (unicorn), on random states."""

from __future__ import annotations

import pytest

pytest.importorskip("unicorn", reason="unicorn is not installed: pip install 'neuroport[oracle]'")
pytest.importorskip(
    "neuroport_spinnaker.board._engine", reason="the engine is not built", exc_type=ImportError
)
import instruction_cases
import mode_programs
from neuroport_spinnaker.board._engine import decode, operations
from processors import CODE

# Set up by the engine for itself; or a comparison without S, which are other instructions.
UNREACHABLE = {"UNDECODED", "FETCH_FAULT"} | {
    f"{opcode}_{form}"
    for opcode in ("TST", "TEQ", "CMP", "CMN")
    for form in ("IMM", "REG", "LSL", "LSR", "ASR", "GEN")
}



@pytest.mark.parametrize("name", [
    pytest.param(name, marks=[pytest.mark.slow] * (name in ("arm_classes", "thumb_halves")))
    for name in instruction_cases.GENERATORS
])
def test_instructions(name: str) -> None:
    count, _ = instruction_cases.checked(name)
    assert count > 300


@pytest.mark.parametrize("name", mode_programs.GENERATORS)
def test_modes_banks_and_exceptions(name: str) -> None:
    count, _ = mode_programs.checked(name)
    assert count > 90


def test_thumb_of_later_architectures_is_undefined() -> None:
    """Where unicorn executes ARMv6T2, which the core does not have."""
    for half in range(0x10000):
        if half >> 8 in (0xB1, 0xB3, 0xB9, 0xBB, 0xBF):
            assert decode(half, True, CODE) == ("UNDEFINED", "")


def test_every_operation_is_fuzzed() -> None:
    """A form that the decoder knows and no generator makes fails here."""
    known = set(operations())
    assert known >= UNREACHABLE
    covered: set[str] = set()
    for module in (instruction_cases, mode_programs):
        for name in module.GENERATORS:
            covered |= module.checked(name)[1]
    assert known - UNREACHABLE - covered == set()
