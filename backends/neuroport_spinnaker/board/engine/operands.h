/* Operands, addresses and conditions of decoded instructions. */
#ifndef NEUROPORT_OPERANDS_H
#define NEUROPORT_OPERANDS_H

#include "processor.h"

static inline uint32_t shifted(unsigned type, unsigned amount, uint32_t value, uint32_t *carry)
{
    switch (type) {
    case 0: /* immediate amounts: 0 stands for 32, or RRX */
        if (amount) {
            *carry = (value >> (32 - amount)) & 1;
            return value << amount;
        }
        return value;
    case 1:
        *carry = amount ? (value >> (amount - 1)) & 1 : value >> 31;
        return amount ? value >> amount : 0;
    case 2:
        *carry = amount ? (value >> (amount - 1)) & 1 : value >> 31;
        return (uint32_t)((int32_t)value >> (amount ? amount : 31));
    case 3:
        if (!amount) {
            uint32_t result = (value >> 1) | (*carry << 31);
            *carry = value & 1;
            return result;
        }
        *carry = (value >> (amount - 1)) & 1;
        return (value >> amount) | (value << (32 - amount));
    default:
        break;
    }
    if (amount == 0) return value;
    switch (type) { /* register amounts 1..255 */
    case 4:
        *carry = amount <= 32 ? (amount == 32 ? value : value >> (32 - amount)) & 1 : 0;
        return amount < 32 ? value << amount : 0;
    case 5:
        *carry = amount <= 32 ? (value >> (amount - 1)) & 1 : 0;
        return amount < 32 ? value >> amount : 0;
    case 6:
        if (amount >= 32) {
            *carry = value >> 31;
            return (uint32_t)((int32_t)value >> 31);
        }
        *carry = (value >> (amount - 1)) & 1;
        return (uint32_t)((int32_t)value >> amount);
    default:
        amount &= 31;
        if (!amount) {
            *carry = value >> 31;
            return value;
        }
        *carry = (value >> (amount - 1)) & 1;
        return (value >> amount) | (value << (32 - amount));
    }
}

static inline uint32_t general_operand(const instruction_t *ip, const uint32_t *r, uint32_t *carry)
{
    unsigned type = ip->list & 15;
    return shifted(type, type < 4 ? ip->sh : r[ip->rs] & 255, r[ip->rm], carry);
}

/* Address of a load or store with a register offset; *base gets the written back value. */
static inline uint32_t general_address(const instruction_t *ip, const uint32_t *r, uint32_t c,
                                       uint32_t *base)
{
    uint32_t carry = c, offset = shifted(ip->list & 3, ip->sh, r[ip->rm], &carry);
    uint32_t moved = ip->list & 4 ? r[ip->rn] + offset : r[ip->rn] - offset;
    uint32_t address = ip->list & 8 ? moved : r[ip->rn];
    *base = ip->list & 16 ? moved : r[ip->rn];
    return address;
}

static inline int condition(uint32_t cond, uint32_t n, uint32_t z, uint32_t c, uint32_t v)
{
    int result;
    switch (cond >> 1) {
    case 0: result = z == 0; break;
    case 1: result = c != 0; break;
    case 2: result = n >> 31; break;
    case 3: result = v >> 31; break;
    case 4: result = c && z; break;
    case 5: result = !((n ^ v) >> 31); break;
    case 6: result = z && !((n ^ v) >> 31); break;
    default: return 1;
    }
    return result ^ (int)(cond & 1);
}

static inline void block_range(const instruction_t *ip, uint32_t base, uint32_t *first,
                               uint32_t *final)
{
    uint32_t bytes = ip->imm;
    int before = ip->sh & 4;
    if (ip->sh & 2) {
        *first = base + (before ? 4 : 0);
        *final = base + bytes;
    } else {
        *first = base - bytes + (before ? 0 : 4);
        *final = base - bytes;
    }
}

static inline int32_t saturate(int64_t value, uint32_t *q)
{
    if (value > INT32_MAX) {
        *q = 1;
        return INT32_MAX;
    }
    if (value < INT32_MIN) {
        *q = 1;
        return INT32_MIN;
    }
    return (int32_t)value;
}

#endif
