/* Threads that run chips of one window in parallel; chips share no memory. */
#include <stdlib.h>

#include "board.h"

#if defined(_WIN32)
struct pool *pool_new(int threads, board_t *b, void (*work)(board_t *, int))
{
    (void)threads, (void)b, (void)work;
    return NULL;
}
void pool_run(struct pool *p) { (void)p; }
void pool_free(struct pool *p) { (void)p; }
double pool_seconds(const struct pool *p)
{
    (void)p;
    return 0;
}
#else
#include <pthread.h>
#include <stdatomic.h>
#include <time.h>

/* Turns of looking for work, or for the end of it, before a thread sleeps: windows follow each
 * other faster than a thread wakes. */
#define TURNS 400

/* A chip is claimed by counting the ticket up, whose upper half is the number of the window.  So
 * nobody waits for a thread that comes late: it finds chips of the present window, or none. */
struct pool {
    board_t *board;
    void (*work)(board_t *, int);
    int threads;
    pthread_t *thread;
    pthread_mutex_t mutex;
    pthread_cond_t go, done;
    atomic_ullong ticket, nanoseconds;
    atomic_int left, sleeping, waiting, stop;
};

static void pause_a_little(void)
{
#if defined(__x86_64__) || defined(__i386__)
    __builtin_ia32_pause();
#elif defined(__aarch64__)
    __asm__ __volatile__("yield");
#endif
}

static unsigned window_of(struct pool *p)
{
    return (unsigned)(atomic_load(&p->ticket) >> 32);
}

static void share(struct pool *p)
{
    unsigned chip;
    while ((chip = (unsigned)atomic_fetch_add(&p->ticket, 1)) < (unsigned)p->board->chip_count) {
        p->work(p->board, (int)chip);
        if (atomic_fetch_sub(&p->left, 1) == 1 && atomic_load(&p->waiting)) {
            pthread_mutex_lock(&p->mutex);
            pthread_cond_signal(&p->done);
            pthread_mutex_unlock(&p->mutex);
        }
    }
}

static unsigned long long cpu_clock(void)
{
    struct timespec t;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
    return (unsigned long long)t.tv_sec * 1000000000u + (unsigned long long)t.tv_nsec;
}

static void *loop(void *argument)
{
    struct pool *p = argument;
    unsigned seen = 0;
    unsigned long long charged = 0;
    while (!atomic_load(&p->stop)) {
        for (int i = 0; i < TURNS && window_of(p) == seen; i++) pause_a_little();
        if (window_of(p) == seen) {
            pthread_mutex_lock(&p->mutex);
            atomic_fetch_add(&p->sleeping, 1);
            while (window_of(p) == seen && !atomic_load(&p->stop)) pthread_cond_wait(&p->go, &p->mutex);
            atomic_fetch_sub(&p->sleeping, 1);
            pthread_mutex_unlock(&p->mutex);
        }
        seen = window_of(p);
        share(p);
        unsigned long long now = cpu_clock();
        atomic_fetch_add(&p->nanoseconds, now - charged);
        charged = now;
    }
    return NULL;
}

struct pool *pool_new(int threads, board_t *b, void (*work)(board_t *, int))
{
    struct pool *p = calloc(1, sizeof *p);
    if (!p) return NULL;
    p->board = b;
    p->work = work;
    p->thread = calloc((size_t)threads, sizeof *p->thread);
    pthread_mutex_init(&p->mutex, NULL);
    pthread_cond_init(&p->go, NULL);
    pthread_cond_init(&p->done, NULL);
    for (int i = 0; p->thread && i < threads - 1; i++)
        if (pthread_create(&p->thread[p->threads], NULL, loop, p) == 0) p->threads++;
    return p;
}

static void wake(struct pool *p)
{
    if (!atomic_load(&p->sleeping)) return;
    pthread_mutex_lock(&p->mutex);
    pthread_cond_broadcast(&p->go);
    pthread_mutex_unlock(&p->mutex);
}

void pool_run(struct pool *p)
{
    unsigned long long next = window_of(p) + 1u;
    if (next >> 32) next = 1;
    atomic_store(&p->left, p->board->chip_count);
    atomic_store(&p->ticket, next << 32);
    wake(p);
    share(p);
    for (int i = 0; i < TURNS && atomic_load(&p->left); i++) pause_a_little();
    if (!atomic_load(&p->left)) return;
    pthread_mutex_lock(&p->mutex);
    atomic_store(&p->waiting, 1);
    while (atomic_load(&p->left)) pthread_cond_wait(&p->done, &p->mutex);
    atomic_store(&p->waiting, 0);
    pthread_mutex_unlock(&p->mutex);
}

double pool_seconds(const struct pool *p)
{
    return p ? 1e-9 * (double)atomic_load(&p->nanoseconds) : 0;
}

void pool_free(struct pool *p)
{
    if (!p) return;
    atomic_store(&p->stop, 1);
    pthread_mutex_lock(&p->mutex);
    pthread_cond_broadcast(&p->go);
    pthread_mutex_unlock(&p->mutex);
    for (int i = 0; i < p->threads; i++) pthread_join(p->thread[i], NULL);
    free(p->thread);
    free(p);
}
#endif
