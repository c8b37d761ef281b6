/* Handlers of conditions, branches, status registers, coprocessor and exceptions; included in
 * the interpreter. */
#define CONDITIONAL(N, TEST) \
    L_PRE_##N: if (TEST) goto *labels[ip->op2]; NEXT; \
    L_B_##N: if (TEST) BRANCH(ip->imm); NEXT;
    CONDITIONAL(EQ, z == 0)
    CONDITIONAL(NE, z != 0)
    CONDITIONAL(CS, c)
    CONDITIONAL(CC, !c)
    CONDITIONAL(MI, n >> 31)
    CONDITIONAL(PL, !(n >> 31))
    CONDITIONAL(VS, v >> 31)
    CONDITIONAL(VC, !(v >> 31))
    CONDITIONAL(HI, c && z)
    CONDITIONAL(LS, !(c && z))
    CONDITIONAL(GE, !((n ^ v) >> 31))
    CONDITIONAL(LT, (n ^ v) >> 31)
    CONDITIONAL(GT, z && !((n ^ v) >> 31))
    CONDITIONAL(LE, !(z && !((n ^ v) >> 31)))

L_PRE_PC:
    if (!condition(ip->cond, n, z, c, v)) NEXT;
    r[15] = HERE() + (shift == 2 ? 8 : 4);
    goto *labels[ip->op2];
L_UNDECODED: {
    uint32_t address = HERE();
    if (shift == 2) decode_arm(ip, *(uint32_t *)(p->itcm + address), address);
    else decode_thumb(ip, *(uint16_t *)(p->itcm + address), address);
    goto *labels[ip->op];
}
L_NOP:
    NEXT;
L_B:
    BRANCH(ip->imm);
L_BL:
    r[14] = HERE() + 4;
    BRANCH(ip->imm);
L_BLX_IMM:
    r[14] = HERE() + 4;
    EXCHANGE(ip->imm | 1);
L_BX:
    EXCHANGE(r[ip->rm]);
L_BLX_REG: {
    uint32_t target = r[ip->rm];
    r[14] = shift == 2 ? HERE() + 4 : (HERE() + 2) | 1;
    EXCHANGE(target);
}
L_T_BL_SUFFIX: {
    uint32_t target = r[14] + ip->imm;
    r[14] = (HERE() + 2) | 1;
    BRANCH(target & ~1u);
}
L_T_BLX_SUFFIX: {
    uint32_t target = (r[14] + ip->imm) & ~3u;
    r[14] = (HERE() + 2) | 1;
    EXCHANGE(target);
}
L_MRS:
    SAVE();
    r[ip->rd] = ip->list ? processor_spsr(p) : processor_psr(p);
    NEXT;
L_MSR: {
    uint32_t value = ip->rm == 255 ? ip->imm : r[ip->rm], mask = 0, old;
    SAVE();
    if (ip->list & 8) mask |= 0xf8000000u;
    if ((ip->list & 1) && (ip->list & 16 || (p->control & 31) != MODE_USER)) mask |= 0xff;
    if (ip->list & 16) {
        p->spsr = (p->spsr & ~mask) | (value & mask);
        NEXT;
    }
    old = processor_psr(p);
    mask &= ~PSR_T;
    processor_set_psr(p, (old & ~mask) | (value & mask));
    RESTORE();
    if (UNLIKELY(p->lines && unmasked(p))) goto attend;
    NEXT;
}
L_MCR:
    if (ip->rn == 7 && ip->rm == 0 && ip->sh == 4) goto wait;
    if (ip->rn == 1 && ip->rm == 0) p->cp15_control = r[ip->rd];
    NEXT;
L_MRC: {
    uint32_t value = ip->rn == 1 ? p->cp15_control : ip->rn == 0 ? 0x41059680u : 0;
    if (ip->rd == 15) {
        n = value;
        z = !(value & 0x40000000u);
        c = (value >> 29) & 1;
        v = value << 3;
    } else {
        r[ip->rd] = value;
    }
    NEXT;
}
L_SWI: {
    uint32_t link = HERE() + (shift == 2 ? 4 : 2);
    left -= (ip - start) + 1;
    SAVE();
    processor_exception(p, MODE_SVC, 0x08, link);
    goto enter;
}
L_BKPT:
    left -= (ip - start) + 1;
    SAVE();
    processor_exception(p, MODE_ABORT, 0x0c, HERE() + 4);
    goto enter;
L_UNDEFINED:
undefined: {
    uint32_t link = HERE() + (shift == 2 ? 4 : 2);
    left -= (ip - start) + 1;
    SAVE();
    processor_exception(p, MODE_UNDEFINED, 0x04, link);
    goto enter;
}
