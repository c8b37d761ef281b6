/* Handlers of loads, stores, block transfers and swaps; included in the interpreter. */
#define LOAD(dst, address_, size, type) do { \
        uint32_t a_ = (address_), o_ = a_ - DTCM_BASE; \
        if (LIKELY(o_ < DTCM_BYTES && !(a_ & (size - 1)))) dst = (uint32_t)*(type *)(dtcm + o_); \
        else { \
            SYNC_TIME(); \
            dst = (uint32_t)(type)slow_load(p, a_, size); \
            if (UNLIKELY(p->abort)) goto data_abort; \
            CHARGE(); \
        } } while (0)
#define STORE(address_, value_, size, type) do { \
        uint32_t a_ = (address_), o_ = a_ - DTCM_BASE; \
        if (LIKELY(o_ < DTCM_BYTES && !(a_ & (size - 1)))) *(type *)(dtcm + o_) = (type)(value_); \
        else { \
            SYNC_TIME(); \
            slow_store(p, a_, (value_), size); \
            if (UNLIKELY(p->abort)) goto data_abort; \
            CHARGE(); \
        } } while (0)

#define LOAD_OP(N, size, type) \
    N##_OFF: { uint32_t x; LOAD(x, r[ip->rn] + ip->imm, size, type); r[ip->rd] = x; NEXT; } \
    N##_PRE: { uint32_t x, w = r[ip->rn] + ip->imm; LOAD(x, w, size, type); r[ip->rn] = w; r[ip->rd] = x; NEXT; } \
    N##_POST: { uint32_t x, w = r[ip->rn]; LOAD(x, w, size, type); r[ip->rn] = w + ip->imm; r[ip->rd] = x; NEXT; } \
    N##_REG: { uint32_t x; LOAD(x, r[ip->rn] + (r[ip->rm] << ip->sh), size, type); r[ip->rd] = x; NEXT; } \
    N##_GEN: { uint32_t x, w, q = general_address(ip, r, c, &w); LOAD(x, q, size, type); \
        r[ip->rn] = w; r[ip->rd] = x; NEXT; }
#define STORE_OP(N, size, type) \
    N##_OFF: { STORE(r[ip->rn] + ip->imm, r[ip->rd], size, type); STORED; } \
    N##_PRE: { uint32_t w = r[ip->rn] + ip->imm; STORE(w, r[ip->rd], size, type); r[ip->rn] = w; STORED; } \
    N##_POST: { uint32_t w = r[ip->rn]; STORE(w, r[ip->rd], size, type); r[ip->rn] = w + ip->imm; STORED; } \
    N##_REG: { STORE(r[ip->rn] + (r[ip->rm] << ip->sh), r[ip->rd], size, type); STORED; } \
    N##_GEN: { uint32_t w, q = general_address(ip, r, c, &w); STORE(q, r[ip->rd], size, type); \
        r[ip->rn] = w; STORED; }
#define LOAD2(q, w, wb) { uint32_t x, y, q_ = (q), w_ = (w); LOAD(x, q_, 4, uint32_t); \
        LOAD(y, q_ + 4, 4, uint32_t); if (wb) r[ip->rn] = w_; r[ip->rd] = x; r[ip->rd + 1] = y; NEXT; }
#define STORE2(q, w, wb) { uint32_t q_ = (q), w_ = (w); STORE(q_, r[ip->rd], 4, uint32_t); \
        STORE(q_ + 4, r[ip->rd + 1], 4, uint32_t); if (wb) r[ip->rn] = w_; STORED; }
#define DOUBLE_OP(N, M) \
    N##_OFF: M(r[ip->rn] + ip->imm, 0, 0) \
    N##_PRE: M(r[ip->rn] + ip->imm, r[ip->rn] + ip->imm, 1) \
    N##_POST: M(r[ip->rn], r[ip->rn] + ip->imm, 1) \
    N##_REG: M(r[ip->rn] + r[ip->rm], 0, 0) \
    N##_GEN: { uint32_t w, q = general_address(ip, r, c, &w); M(q, w, 1) }

    LOAD_OP(LDR, 4, uint32_t)
    LOAD_OP(LDRB, 1, uint8_t)
    LOAD_OP(LDRH, 2, uint16_t)
    LOAD_OP(LDRSB, 1, int8_t)
    LOAD_OP(LDRSH, 2, int16_t)
    STORE_OP(STR, 4, uint32_t)
    STORE_OP(STRB, 1, uint8_t)
    STORE_OP(STRH, 2, uint16_t)
    DOUBLE_OP(LDRD, LOAD2)
    DOUBLE_OP(STRD, STORE2)

L_LDR_PC: {
    uint32_t address, w = r[ip->rn], target;
    switch (ip->rs) {
    case M_OFF: address = w + ip->imm; break;
    case M_PRE: address = w = w + ip->imm; break;
    case M_POST: address = w; w += ip->imm; break;
    case M_REG: address = w + (r[ip->rm] << ip->sh); break;
    default: address = general_address(ip, r, c, &w);
    }
    LOAD(target, address, 4, uint32_t);
    if (ip->rn != 15) r[ip->rn] = w;
    r[16] = 0;
    EXCHANGE(target);
}
L_LDM: {
    uint32_t address, final, list = ip->list, offset;
    block_range(ip, r[ip->rn], &address, &final);
    offset = address - DTCM_BASE;
    if (LIKELY(offset <= DTCM_BYTES - 64 && !(address & 3))) {
        const uint32_t *from = (const uint32_t *)(dtcm + offset);
        if (ip->sh & 1) r[ip->rn] = final;
        for (uint32_t m = list & 0x7fff; m; m &= m - 1) r[__builtin_ctz(m)] = *from++;
        if (list & 0x8000) EXCHANGE(*from);
        NEXT;
    }
    SYNC_TIME();
    {
        uint32_t values[16];
        int count = (int)ip->imm / 4, i = 0;
        for (; i < count; i++, address += 4) {
            values[i] = any_load(p, address);
            if (p->abort) goto data_abort;
        }
        CHARGE();
        if (ip->sh & 1) r[ip->rn] = final;
        i = 0;
        for (uint32_t m = list & 0x7fff; m; m &= m - 1) r[__builtin_ctz(m)] = values[i++];
        if (list & 0x8000) EXCHANGE(values[i]);
    }
    NEXT;
}
L_STM: {
    uint32_t address, final, offset;
    block_range(ip, r[ip->rn], &address, &final);
    offset = address - DTCM_BASE;
    if (LIKELY(offset <= DTCM_BYTES - 64 && !(address & 3))) {
        uint32_t *to = (uint32_t *)(dtcm + offset);
        for (uint32_t m = ip->list; m; m &= m - 1) *to++ = r[__builtin_ctz(m)];
        if (ip->sh & 1) r[ip->rn] = final;
        NEXT;
    }
    SYNC_TIME();
    for (uint32_t m = ip->list; m; m &= m - 1, address += 4) {
        any_store(p, address, r[__builtin_ctz(m)]);
        if (p->abort) goto data_abort;
    }
    CHARGE();
    if (ip->sh & 1) r[ip->rn] = final;
    STORED;
}
L_LDM_S:
    SYNC_TIME();
    SAVE();
    p->pc = HERE() + 4;
    block_special(p, ip, 1);
    if (p->abort) goto data_abort;
    left -= (ip - start) + 1;
    CHARGE();
    if (unmasked(p)) goto leave_attention;
    goto enter;
L_STM_S:
    SYNC_TIME();
    SAVE();
    block_special(p, ip, 0);
    if (p->abort) goto data_abort;
    CHARGE();
    STORED;
L_SWP: {
    uint32_t x, address = r[ip->rn];
    LOAD(x, address, 4, uint32_t);
    STORE(address, r[ip->rm], 4, uint32_t);
    r[ip->rd] = x;
    STORED;
}
L_SWPB: {
    uint32_t x, address = r[ip->rn];
    LOAD(x, address, 1, uint8_t);
    STORE(address, r[ip->rm], 1, uint8_t);
    r[ip->rd] = x;
    STORED;
}
