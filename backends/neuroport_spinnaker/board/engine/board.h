/* Chips, cores and their devices; the clock is counted in 200 MHz cycles. */
#ifndef NEUROPORT_BOARD_H
#define NEUROPORT_BOARD_H

#include <stddef.h>
#include <stdint.h>

#include "processor.h"

#define CORES 18
#define LINKS 6
#define SDRAM_BYTES 0x8000000u
#define SYSRAM_BYTES 0x8000u
#define ROUTES 1024
#define ROUTE_CACHE 1024
#define NEVER INT64_MAX
#define CYCLES_PER_MS 200000

#define INT_SOFTWARE 1
#define INT_TIMER1 4
#define INT_RX_READY 6
#define INT_TX_EMPTY 11
#define INT_DMA_DONE 12
#define INT_DMA_ERROR 13
#define INT_ROUTER_DUMP 16
#define INT_CPU 18
#define INT_TX_NOT_FULL 23
#define INT_MULTICAST 24

typedef struct { uint32_t control, key, data; } packet_t;

typedef struct {
    packet_t packet;
    int64_t time;
    uint8_t core;
} sent_t;

typedef struct chip chip_t;
typedef struct board board_t;

typedef struct {
    uint32_t load, background, control, value, raised;
    int64_t since; /* when the count was `value` */
} countdown_t;

typedef struct {
    uint32_t raw, soft, enable, select, fallback;
    uint32_t vector[16], control[16];
    uint8_t level[18];
    int depth;
} interrupt_controller_t;

typedef struct {
    uint32_t system, tcm, description;
    uint32_t queued_system, queued_tcm, queued_description;
    uint32_t global_control, statistics_control, done;
    int queued;
    int64_t busy_until;
} dma_t;

typedef struct {
    uint32_t tcr, data, source;
    int has_data;
    packet_t *fifo;
    uint32_t head, count, capacity;
} communication_t;

enum run_state { RUN_OFF, RUN_ACTIVE, RUN_WAITING };

struct core {
    processor_t cpu;
    chip_t *chip;
    int number;
    enum run_state state;
    interrupt_controller_t vic;
    countdown_t timer[2];
    dma_t dma;
    communication_t comms;
    uint64_t packets_sent, packets_received, packets_dropped, dma_transfers, crashes;
};

typedef struct { uint32_t key; int32_t entry; } route_cache_t;

struct chip {
    board_t *board;
    int index;
    int neighbour[LINKS]; /* -1: no chip there */
    uint8_t *sdram, *sysram;
    uint32_t route[ROUTES], key[ROUTES], mask[ROUTES];
    int routes_used; /* highest used entry + 1 */
    uint32_t p2p[8192];
    uint32_t router[0x400 / 4];
    uint32_t system[0x200 / 4];
    uint32_t locks, flags, monitor_requests;
    route_cache_t cache[ROUTE_CACHE];
    int cache_empty;
    core_t core[CORES];
    sent_t *sent;
    size_t sent_count, sent_capacity;
    uint64_t instructions;
};

typedef struct { /* a packet that waits for room at its core (timing mode loaded) */
    packet_t packet;
    int chip, core;
    int64_t deadline;
} waiting_t;

typedef struct {
    int chip, core;
    uint32_t length;
    uint8_t bytes[292];
} message_t;

typedef struct {
    int64_t window;            /* packets sent in one window arrive at the start of the next */
    uint32_t branch_cost;      /* extra cycles of a taken branch */
    uint32_t memory_cost;      /* extra cycles of a core's own access to SDRAM or registers */
    uint32_t dma_setup;        /* cycles of a DMA transfer before its first word */
    uint32_t dma_word_eighths; /* eighths of a cycle for each word */
    uint32_t fifo_limit;       /* packets held for a core; 0: no limit */
    int64_t router_timeout;    /* cycles after which a blocked packet is dropped */
} timing_t;

struct board {
    chip_t *chips;
    int chip_count, threads;
    int64_t *wake; /* [chip * CORES + core]: next time the core wants to run */
    int64_t time, window_end, clock_ms;
    timing_t timing;
    volatile int interrupt;
    message_t *messages;
    size_t message_count, message_capacity;
    waiting_t *waiting;
    size_t waiting_count, waiting_capacity;
    uint64_t dropped, unrouted, fifo_peak, windows;
    sent_t *all;
    size_t all_capacity;
    struct pool *pool;
};

/* vic.c */
void vic_update(core_t *c);
void vic_line(core_t *c, int line, int level);
uint32_t vic_load(core_t *c, uint32_t offset);
void vic_store(core_t *c, uint32_t offset, uint32_t value);
int vic_wakes(const core_t *c);
/* timer.c */
uint32_t timer_load(core_t *c, uint32_t offset);
void timer_store(core_t *c, uint32_t offset, uint32_t value);
void timer_run(core_t *c, int64_t now);
int64_t timer_next(const core_t *c);
/* dma.c */
uint32_t dma_load(core_t *c, uint32_t offset);
void dma_store(core_t *c, uint32_t offset, uint32_t value);
void dma_run(core_t *c, int64_t now);
int64_t dma_next(const core_t *c);
/* comms.c */
uint32_t comms_load(core_t *c, uint32_t offset);
void comms_store(core_t *c, uint32_t offset, uint32_t value);
int comms_receive(core_t *c, packet_t packet);
/* router.c */
uint32_t router_load(chip_t *chip, uint32_t offset);
void router_store(chip_t *chip, uint32_t offset, uint32_t value);
void router_deliver(board_t *b);
void router_forget(chip_t *chip);
/* system_controller.c */
uint32_t system_load(chip_t *chip, uint32_t offset);
void system_store(chip_t *chip, uint32_t offset, uint32_t value);
/* bus.c */
uint8_t *bus_memory(chip_t *chip, core_t *c, uint32_t address, uint32_t bytes);
uint32_t bus_shared_load(chip_t *chip, uint32_t address, int *missing);
void bus_shared_store(chip_t *chip, uint32_t address, uint32_t value, int *missing);
/* mailbox.c */
void mailbox_collect(board_t *b);
/* scheduler.c */
enum run_result { RUN_IDLE, RUN_LIMIT, RUN_MESSAGES, RUN_INTERRUPTED };
void core_wake(core_t *c, int64_t now);
int64_t core_now(const core_t *c);
int core_start(core_t *c, uint32_t r0);
void core_stop(core_t *c);
int core_memory(core_t *c);
enum run_result board_run(board_t *b, int64_t windows, int64_t until);
board_t *board_new(int chips, int threads, const timing_t *timing);
void board_free(board_t *b);
/* pool.c */
struct pool *pool_new(int threads, board_t *b, void (*work)(board_t *, int));
void pool_run(struct pool *p);
void pool_free(struct pool *p);
double pool_seconds(const struct pool *p);

#endif
