"""Which ARM words architecture v5TE defines: the rules that the fuzzed words keep.

Fields that "should be" zero or one are set so, and words whose effect the manual calls
unpredictable are left out: two processors may differ there, and both be right.
"""

from __future__ import annotations

LOAD, WRITE_BACK, S_BIT, UP, PRE = 1 << 20, 1 << 21, 1 << 22, 1 << 23, 1 << 24
PC = 15


def _is_miscellaneous(word: int) -> bool:
    return word & 0x0F900000 == 0x01000000 and word & 0x90 != 0x90


def _is_data_processing(word: int) -> bool:
    if word & 0x0C000000 or word & 0x01900000 == 0x01000000:
        return False
    return bool(word & 1 << 25) or word & 0x90 != 0x90


def tidy(word: int) -> int:
    """The same instruction with every unused field as it should be."""
    if _is_data_processing(word):
        opcode = word >> 21 & 15
        if 8 <= opcode <= 11:
            word &= ~0xF000
        if opcode in (13, 15):
            word &= ~0xF0000
    elif word & 0x0FB00000 == 0x03200000:  # MSR of an immediate value
        word |= 0xF000
    elif word & 0x0FC000F0 == 0x90 and not word & WRITE_BACK:  # MUL
        word &= ~0xF000
    elif word & 0x0E000090 == 0x90 and word & 0x60:  # half words and doubles
        if not word & S_BIT:
            word &= ~0xF00
    elif word & 0x0FB000F0 == 0x01000090:  # SWP
        word &= ~0xF00
    elif _is_miscellaneous(word):
        low, op = word >> 4 & 15, word >> 21 & 3
        if low == 0:
            word = word & ~0xF00 | 0xF000 if op & 1 else word & ~0xF0FFF | 0xF0000 | word & 0xF000
        elif low in (1, 3) and op == 1:
            word |= 0xFFF00
        elif low == 1 and op == 3:
            word |= 0xF0F00
        elif low == 5:
            word &= ~0xF00
        elif low & 8 and (op == 3 or (op == 1 and low & 2)):
            word &= ~0xF000
    return word


def _multiply_is_unpredictable(word: int) -> bool:
    high, low, rs, rm = word >> 16 & 15, word >> 12 & 15, word >> 8 & 15, word & 15
    if PC in (high, low, rs, rm) or high == rm:
        return True
    return bool(word & UP) and (high == low or low == rm)


def _miscellaneous_is_unpredictable(word: int) -> bool:
    low, op = word >> 4 & 15, word >> 21 & 3
    fields = [word >> shift & 15 for shift in (16, 12, 8, 0)]
    if low == 0:
        return (word & 15 if op & 1 else fields[1]) == PC
    if low == 1 and op == 1:
        return False
    if low == 3 and op == 1:
        return fields[3] == PC
    if low == 1 and op == 3:
        return PC in (fields[1], fields[3])
    if low == 5:
        return PC in (fields[0], fields[1], fields[3])
    if low == 7 and op == 1:
        return word >> 28 != 14  # a conditional breakpoint
    if low & 8:
        if op == 2 and fields[0] == fields[1]:
            return True
        return PC in fields
    return False


def _single_is_unpredictable(word: int) -> bool:
    rn, rd, rm = word >> 16 & 15, word >> 12 & 15, word & 15
    double = not word & 0x04000000
    writes_back = not word & PRE or bool(word & WRITE_BACK)
    by_register = not word & S_BIT if double else bool(word & 1 << 25)
    if by_register and (rm == PC or (writes_back and rm == rn)):
        return True
    if writes_back and rn in (PC, rd):
        return True
    if double:
        if not word & PRE and word & WRITE_BACK:
            return True
        if not word & LOAD and word & 0x40:  # LDRD, STRD
            if rd & 1:
                return False  # undefined
            if rd == 14 or (writes_back and rn in (rd, rd + 1)):
                return True
            return not word & 0x20 and by_register and rm in (rd, rd + 1)
        return rd == PC
    if not word & PRE and word & WRITE_BACK:  # as a user
        return rd == PC
    if word & S_BIT:  # a byte
        return rd == PC
    return False


def _block_is_unpredictable(word: int, privileged: bool) -> bool:
    rn, registers = word >> 16 & 15, word & 0xFFFF
    if rn == PC or not registers:
        return True
    first = not registers & ((1 << rn) - 1)
    if word & WRITE_BACK and registers >> rn & 1 and (word & LOAD or not first):
        return True
    if word & S_BIT:
        if not privileged:
            return True
        if word & WRITE_BACK and not (word & LOAD and registers & 0x8000):
            return True
    return False


def unpredictable(word: int, *, banked: bool) -> bool:
    """Whether the manual leaves a tidied word open.

    Parameters
    ----------
    banked : bool
        The mode has registers of its own and a saved status word.
    """
    if word >> 28 == 15:
        return False
    if _is_data_processing(word):
        by_register = not word & 1 << 25 and word & 0x10
        fields = [word >> shift & 15 for shift in (16, 12, 8, 0)]
        if by_register and PC in fields:
            return True
        return fields[1] == PC and bool(word & LOAD) and not banked
    if word & 0x0FB00000 == 0x03200000:
        return bool(word & S_BIT) and not banked
    if word & 0x0F0000F0 == 0x90:
        # what is left undefined there is defined for ARMv6 and newer only
        return word & 0x00C00000 != 0x00400000 and _multiply_is_unpredictable(word)
    if word & 0x0FB000F0 == 0x01000090:
        rn, rd, rm = word >> 16 & 15, word >> 12 & 15, word & 15
        return PC in (rn, rd, rm) or rn in (rd, rm)
    if _is_miscellaneous(word):
        if word >> 4 & 15 == 0 and word & S_BIT and not banked:
            return True
        return _miscellaneous_is_unpredictable(word)
    if word & 0x0C000000 == 0x04000000:
        return word & 0x02000010 != 0x02000010 and _single_is_unpredictable(word)
    if word & 0x0E000090 == 0x90 and word & 0x60:
        return _single_is_unpredictable(word)
    if word & 0x0E000000 == 0x08000000:
        return _block_is_unpredictable(word, banked)
    return False
