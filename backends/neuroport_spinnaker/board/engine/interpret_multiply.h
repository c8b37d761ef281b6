/* Handlers of multiplications, saturating arithmetic and CLZ; included in the interpreter. */
#define LONG_MULTIPLY(N, EXPR) \
    L_##N: { uint64_t w = (uint64_t)(EXPR); r[ip->rn] = (uint32_t)w; r[ip->rd] = (uint32_t)(w >> 32); NEXT; } \
    L_##N##_S: { uint64_t w = (uint64_t)(EXPR); r[ip->rn] = (uint32_t)w; n = r[ip->rd] = (uint32_t)(w >> 32); \
        z = (uint32_t)w | n; NEXT; }
#define HALF(value, top) ((int32_t)(int16_t)((top) ? (value) >> 16 : (value)))

L_MUL:
    r[ip->rd] = r[ip->rm] * r[ip->rs];
    NEXT;
L_MUL_S:
    n = z = r[ip->rd] = r[ip->rm] * r[ip->rs];
    NEXT;
L_MLA:
    r[ip->rd] = r[ip->rm] * r[ip->rs] + r[ip->rn];
    NEXT;
L_MLA_S:
    n = z = r[ip->rd] = r[ip->rm] * r[ip->rs] + r[ip->rn];
    NEXT;
    LONG_MULTIPLY(UMULL, (uint64_t)r[ip->rm] * r[ip->rs])
    LONG_MULTIPLY(UMLAL, (uint64_t)r[ip->rm] * r[ip->rs] + ((uint64_t)r[ip->rd] << 32 | r[ip->rn]))
    LONG_MULTIPLY(SMULL, (int64_t)(int32_t)r[ip->rm] * (int32_t)r[ip->rs])
    LONG_MULTIPLY(SMLAL, (uint64_t)((int64_t)(int32_t)r[ip->rm] * (int32_t)r[ip->rs]) +
                             ((uint64_t)r[ip->rd] << 32 | r[ip->rn]))
L_SMULXY:
    r[ip->rd] = (uint32_t)(HALF(r[ip->rm], ip->sh & 1) * HALF(r[ip->rs], ip->sh & 2));
    NEXT;
L_SMLAXY: {
    int32_t product = HALF(r[ip->rm], ip->sh & 1) * HALF(r[ip->rs], ip->sh & 2);
    uint32_t sum = (uint32_t)product + r[ip->rn];
    if ((((uint32_t)product ^ sum) & (r[ip->rn] ^ sum)) >> 31) p->flag_q = 1;
    r[ip->rd] = sum;
    NEXT;
}
L_SMULWY:
    r[ip->rd] = (uint32_t)(((int64_t)(int32_t)r[ip->rm] * HALF(r[ip->rs], ip->sh & 2)) >> 16);
    NEXT;
L_SMLAWY: {
    uint32_t product = (uint32_t)(((int64_t)(int32_t)r[ip->rm] * HALF(r[ip->rs], ip->sh & 2)) >> 16);
    uint32_t sum = product + r[ip->rn];
    if (((product ^ sum) & (r[ip->rn] ^ sum)) >> 31) p->flag_q = 1;
    r[ip->rd] = sum;
    NEXT;
}
L_SMLALXY: {
    int64_t product = (int64_t)(HALF(r[ip->rm], ip->sh & 1) * HALF(r[ip->rs], ip->sh & 2));
    uint64_t sum = ((uint64_t)r[ip->rd] << 32 | r[ip->rn]) + (uint64_t)product;
    r[ip->rn] = (uint32_t)sum;
    r[ip->rd] = (uint32_t)(sum >> 32);
    NEXT;
}
L_QADD:
    r[ip->rd] = (uint32_t)saturate((int64_t)(int32_t)r[ip->rm] + (int32_t)r[ip->rn], &p->flag_q);
    NEXT;
L_QSUB:
    r[ip->rd] = (uint32_t)saturate((int64_t)(int32_t)r[ip->rm] - (int32_t)r[ip->rn], &p->flag_q);
    NEXT;
L_QDADD: {
    int64_t twice = saturate(2 * (int64_t)(int32_t)r[ip->rn], &p->flag_q);
    r[ip->rd] = (uint32_t)saturate((int64_t)(int32_t)r[ip->rm] + twice, &p->flag_q);
    NEXT;
}
L_QDSUB: {
    int64_t twice = saturate(2 * (int64_t)(int32_t)r[ip->rn], &p->flag_q);
    r[ip->rd] = (uint32_t)saturate((int64_t)(int32_t)r[ip->rm] - twice, &p->flag_q);
    NEXT;
}
L_CLZ:
    r[ip->rd] = r[ip->rm] ? (uint32_t)__builtin_clz(r[ip->rm]) : 32;
    NEXT;
