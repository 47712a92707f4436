/* vo_cancel.c: cancel a query without waiting for a server that hangs. */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "vo_cancel.h"

#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <time.h>

/* Shared by who asks and the thread; whoever leaves last frees it. It is
 * malloc'ed because the thread may outlive every pool. */
typedef struct asking_t {
    pthread_mutex_t mutex;
    pthread_cond_t over_cond;
    PGcancel *cancel;
    int is_over;
    int is_taken;
    int is_left; /* one of the two has gone */
} asking_t;

/* With the mutex: the other one frees ASKING, or it is done here. */
static void leave(asking_t *asking)
{
    int is_last = asking->is_left;

    asking->is_left = 1;
    pthread_mutex_unlock(&asking->mutex);
    if (is_last) {
        PQfreeCancel(asking->cancel);
        pthread_cond_destroy(&asking->over_cond);
        pthread_mutex_destroy(&asking->mutex);
        free(asking);
    }
}

static void *ask(void *baton)
{
    asking_t *asking = baton;
    char why[256];
    int is_taken = PQcancel(asking->cancel, why, sizeof(why));

    pthread_mutex_lock(&asking->mutex);
    asking->is_taken = is_taken;
    asking->is_over = 1;
    pthread_cond_signal(&asking->over_cond);
    leave(asking);
    return NULL;
}

static asking_t *make_asking(PGconn *conn)
{
    asking_t *asking = calloc(1, sizeof(*asking));
    pthread_condattr_t attr;

    if (asking && !(asking->cancel = PQgetCancel(conn))) {
        free(asking);
        asking = NULL;
    }
    if (asking) {
        pthread_mutex_init(&asking->mutex, NULL);
        pthread_condattr_init(&attr);
        pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
        pthread_cond_init(&asking->over_cond, &attr);
        pthread_condattr_destroy(&attr);
    }
    return asking;
}

/* A thread that nobody waits for, and no signal comes to. */
static int start(asking_t *asking)
{
    pthread_attr_t attr;
    pthread_t thread;
    sigset_t all, old;
    int rc;

    sigfillset(&all);
    pthread_attr_init(&attr);
    pthread_attr_setdetachstate(&attr, PTHREAD_CREATE_DETACHED);
    pthread_sigmask(SIG_SETMASK, &all, &old);
    rc = pthread_create(&thread, &attr, ask, asking);
    pthread_sigmask(SIG_SETMASK, &old, NULL);
    pthread_attr_destroy(&attr);
    return !rc;
}

int vo_cancel(PGconn *conn, apr_interval_time_t most)
{
    asking_t *asking = make_asking(conn);
    struct timespec until;
    int is_taken, rc = 0;

    if (!asking) {
        return 0;
    }
    clock_gettime(CLOCK_MONOTONIC, &until);
    until.tv_sec += (time_t)apr_time_sec(most);
    until.tv_nsec += (long)apr_time_usec(most) * 1000;
    if (until.tv_nsec >= 1000000000) {
        ++until.tv_sec;
        until.tv_nsec -= 1000000000;
    }
    if (!start(asking)) {
        asking->is_left = 1; /* there is no other one */
        rc = 1;
    }
    pthread_mutex_lock(&asking->mutex);
    while (!asking->is_over && !rc) {
        rc = pthread_cond_timedwait(&asking->over_cond, &asking->mutex,
                                    &until);
    }
    is_taken = asking->is_over && asking->is_taken;
    leave(asking);
    return is_taken;
}
