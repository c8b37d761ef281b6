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

struct pool {
    board_t *board;
    void (*work)(board_t *, int);
    int threads;
    pthread_t *thread;
    pthread_mutex_t mutex;
    pthread_cond_t go, done;
    unsigned generation;
    int running, stop;
    double seconds; /* CPU time that the threads of the pool spent on chips */
    atomic_int next;
};

static double cpu_clock(void)
{
    struct timespec t;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static void share(struct pool *p)
{
    int chip;
    while ((chip = atomic_fetch_add(&p->next, 1)) < p->board->chip_count) p->work(p->board, chip);
}

static void *loop(void *argument)
{
    struct pool *p = argument;
    unsigned seen = 0;
    pthread_mutex_lock(&p->mutex);
    for (;;) {
        while (!p->stop && p->generation == seen) pthread_cond_wait(&p->go, &p->mutex);
        if (p->stop) break;
        seen = p->generation;
        pthread_mutex_unlock(&p->mutex);
        double begun = cpu_clock();
        share(p);
        double spent = cpu_clock() - begun;
        pthread_mutex_lock(&p->mutex);
        p->seconds += spent;
        if (--p->running == 0) pthread_cond_signal(&p->done);
    }
    pthread_mutex_unlock(&p->mutex);
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

void pool_run(struct pool *p)
{
    atomic_store(&p->next, 0);
    pthread_mutex_lock(&p->mutex);
    p->generation++;
    p->running = p->threads;
    pthread_cond_broadcast(&p->go);
    pthread_mutex_unlock(&p->mutex);
    share(p);
    pthread_mutex_lock(&p->mutex);
    while (p->running) pthread_cond_wait(&p->done, &p->mutex);
    pthread_mutex_unlock(&p->mutex);
}

double pool_seconds(const struct pool *p)
{
    return p ? p->seconds : 0;
}

void pool_free(struct pool *p)
{
    if (!p) return;
    pthread_mutex_lock(&p->mutex);
    p->stop = 1;
    pthread_cond_broadcast(&p->go);
    pthread_mutex_unlock(&p->mutex);
    for (int i = 0; i < p->threads; i++) pthread_join(p->thread[i], NULL);
    free(p->thread);
    free(p);
}
#endif
