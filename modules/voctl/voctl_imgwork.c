/* voctl_imgwork.c: worker processes: what crashes in one is one item. */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <apr_strings.h>
#include <apr_time.h>

#include "voctl_images.h"

#define MAX_WORKERS 64
#define ITEM_LIMIT apr_time_from_sec(3600)
#define MAX_ANSWER (1 << 28)

struct voctl_answer_t {
    char *at;
    size_t n, room;
};

typedef struct worker_t {
    pid_t pid;        /* 0: none */
    int fd;           /* of the socket to it */
    int item;         /* index of what it does, -1: nothing */
    apr_time_t since; /* when it began */
    voctl_answer_t in;
} worker_t;

typedef struct crew_t {
    voctl_t *ctl;
    int n;            /* items */
    const int *items;
    int next, done;   /* to be given, taken */
    voctl_work_do_t *work;
    voctl_work_take_t *take;
    void *baton;
    int nworkers;
    worker_t workers[MAX_WORKERS];
} crew_t;

/* --- answers: length, then for each record a count and its texts ---------- */

static void put(voctl_answer_t *a, const void *bytes, size_t n)
{
    if (a->n + n > a->room) {
        char *grown;

        a->room = 2 * (a->n + n) + 4096;
        grown = realloc(a->at, a->room);
        if (!grown) {
            abort();
        }
        a->at = grown;
    }
    if (n) {
        memcpy(a->at + a->n, bytes, n);
        a->n += n;
    }
}

static void put_int(voctl_answer_t *a, int v)
{
    put(a, &v, sizeof(v));
}

void voctl_answer_add(voctl_answer_t *a, int n, const char *const *values)
{
    int i;

    put_int(a, n);
    for (i = 0; i < n; ++i) {
        put_int(a, values[i] ? (int)strlen(values[i]) : -1);
        if (values[i]) {
            put(a, values[i], strlen(values[i]) + 1);
        }
    }
}

static int get_int(const char **p)
{
    int v;

    memcpy(&v, *p, sizeof(v));
    *p += sizeof(v);
    return v;
}

/* The records of the LEN bytes at P, whose texts stay where they are. */
static apr_array_header_t *unpack(const char *p, size_t len, apr_pool_t *pool)
{
    apr_array_header_t *records = apr_array_make(pool, 4,
                                                 sizeof(voctl_record_t));
    const char *end = p + len;

    while (p < end) {
        voctl_record_t *r = apr_array_push(records);
        int i;

        r->n = get_int(&p);
        r->values = apr_palloc(pool, sizeof(*r->values) * (size_t)r->n);
        for (i = 0; i < r->n; ++i) {
            int n = get_int(&p);

            r->values[i] = n < 0 ? NULL : p;
            p += n < 0 ? 0 : n + 1;
        }
    }
    return records;
}

/* --- in the worker ------------------------------------------------------- */

static int write_all(int fd, const char *p, size_t n)
{
    while (n) {
        ssize_t w = write(fd, p, n);

        if (w < 0 && errno == EINTR) {
            continue;
        }
        if (w <= 0) {
            return 0;
        }
        p += w;
        n -= (size_t)w;
    }
    return 1;
}

/* An answer begins with its length and whether it failed. */
static void be_worker(const crew_t *crew, int fd)
{
    apr_pool_t *pool;
    int i;

    apr_pool_create(&pool, NULL);
    while (read(fd, &i, sizeof(i)) == (ssize_t)sizeof(i)) {
        voctl_answer_t a = {NULL, 0, 0};
        vo_err_t *err;
        int head[2] = {0, 0};

        put(&a, head, sizeof(head));
        err = crew->work(crew->baton, crew->items[i], &a, pool);
        if (err) {
            const char *v[2] = {vo_err_private(err, pool),
                                err->kind == VO_ERR_NOTFOUND ? "" : NULL};

            a.n = sizeof(head);
            voctl_answer_add(&a, 2, v);
        }
        head[0] = (int)(a.n - sizeof(head));
        head[1] = err != NULL;
        memcpy(a.at, head, sizeof(head));
        if (!write_all(fd, a.at, a.n)) {
            break;
        }
        free(a.at);
        apr_pool_clear(pool);
    }
    _exit(0);
}

static vo_err_t *hire(crew_t *crew, worker_t *w)
{
    int fds[2];
    pid_t parent = getpid();

    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds)) {
        return vo_err_fault(crew->ctl->pool, APR_FROM_OS_ERROR(errno),
                            "Cannot start a worker", "socketpair");
    }
    w->in.n = 0;
    w->item = -1;
    w->pid = fork();
    if (w->pid < 0) {
        w->pid = 0;
        close(fds[0]);
        close(fds[1]);
        return vo_err_fault(crew->ctl->pool, APR_FROM_OS_ERROR(errno),
                            "Cannot start a worker", "fork");
    }
    if (w->pid == 0) {
        int i;

        prctl(PR_SET_PDEATHSIG, SIGKILL);
        if (getppid() != parent) {
            _exit(0);
        }
        close(fds[0]);
        for (i = 0; i < crew->nworkers; ++i) { /* else they see no end */
            if (&crew->workers[i] != w && crew->workers[i].pid) {
                close(crew->workers[i].fd);
            }
        }
        be_worker(crew, fds[1]);
    }
    close(fds[1]);
    w->fd = fds[0];
    return NULL;
}

/* --- in the parent ------------------------------------------------------- */

static vo_err_t *give(crew_t *crew, worker_t *w)
{
    if (crew->next == crew->n) {
        return NULL;
    }
    if (!w->pid) {
        VO_TRY(hire(crew, w));
    }
    w->item = crew->next++;
    w->since = apr_time_now();
    write_all(w->fd, (const char *)&w->item, sizeof(w->item));
    return NULL; /* one that cannot be told is found dead */
}

static vo_err_t *taken(crew_t *crew, worker_t *w,
                       const apr_array_header_t *records, const char *failed,
                       apr_pool_t *pool)
{
    int item = crew->items[w->item];

    w->item = -1;
    ++crew->done;
    return crew->take(crew->baton, item, records, failed, pool);
}

/* The worker is gone, or must go because it took too long. */
static vo_err_t *bury(crew_t *crew, worker_t *w, int is_late, apr_pool_t *pool)
{
    const char *why = "it takes too long to read";
    int status = 0;

    if (is_late) {
        kill(w->pid, SIGKILL);
    }
    close(w->fd);
    while (waitpid(w->pid, &status, 0) < 0 && errno == EINTR) {
    }
    w->pid = 0;
    if (!is_late) {
        why = WIFSIGNALED(status)
                  ? apr_psprintf(pool, "reading it crashed (signal %d, %s)",
                                 WTERMSIG(status), strsignal(WTERMSIG(status)))
                  : "reading it ended the process";
    }
    return w->item < 0 ? NULL : taken(crew, w, NULL, why, pool);
}

/* Read what there is; take an answer when it is whole. */
static vo_err_t *hear(crew_t *crew, worker_t *w, apr_pool_t *pool)
{
    char block[65536];
    ssize_t n = read(w->fd, block, sizeof(block));
    int head[2];

    if (n < 0 && errno == EINTR) {
        return NULL;
    }
    if (n <= 0) {
        return bury(crew, w, 0, pool);
    }
    put(&w->in, block, (size_t)n);
    if (w->in.n < sizeof(head)) {
        return NULL;
    }
    memcpy(head, w->in.at, sizeof(head));
    if (head[0] < 0 || head[0] > MAX_ANSWER) {
        return bury(crew, w, 1, pool);
    }
    if (w->in.n >= sizeof(head) + (size_t)head[0]) {
        apr_array_header_t *records = unpack(w->in.at + sizeof(head),
                                             (size_t)head[0], pool);

        w->in.n = 0;
        return taken(crew, w, records,
                     head[1] ? APR_ARRAY_IDX(records, 0, voctl_record_t)
                                   .values[0]
                             : NULL, pool);
    }
    return NULL;
}

static vo_err_t *attend(crew_t *crew, apr_pool_t *pool)
{
    struct pollfd fds[MAX_WORKERS];
    int of[MAX_WORKERS], i, n = 0;

    for (i = 0; i < crew->nworkers; ++i) {
        if (crew->workers[i].item >= 0) {
            fds[n].fd = crew->workers[i].fd;
            fds[n].events = POLLIN;
            fds[n].revents = 0;
            of[n++] = i;
        }
    }
    if (poll(fds, (nfds_t)n, 1000) < 0 && errno != EINTR) {
        return vo_err_fault(crew->ctl->pool, APR_FROM_OS_ERROR(errno),
                            "Cannot wait for the workers", "poll");
    }
    for (i = 0; i < n; ++i) {
        worker_t *w = &crew->workers[of[i]];

        if (fds[i].revents) {
            VO_TRY(hear(crew, w, pool));
        }
        else if (apr_time_now() - w->since > ITEM_LIMIT) {
            VO_TRY(bury(crew, w, 1, pool));
        }
        if (w->item < 0) {
            VO_TRY(give(crew, w));
        }
    }
    return NULL;
}

static apr_status_t dismiss(void *data)
{
    crew_t *crew = data;
    int i;

    for (i = 0; i < crew->nworkers; ++i) {
        worker_t *w = &crew->workers[i];

        if (w->pid) {
            if (w->item >= 0) {
                kill(w->pid, SIGKILL);
            }
            close(w->fd);
            while (waitpid(w->pid, NULL, 0) < 0 && errno == EINTR) {
            }
        }
        free(w->in.at);
    }
    return APR_SUCCESS;
}

static vo_err_t *run(crew_t *crew, apr_pool_t *pool)
{
    apr_pool_t *scratch;
    int i;

    apr_pool_create(&scratch, pool);
    for (i = 0; i < crew->nworkers; ++i) {
        crew->workers[i].item = -1;
    }
    for (i = 0; i < crew->nworkers; ++i) {
        VO_TRY(give(crew, &crew->workers[i]));
    }
    while (crew->done < crew->n) {
        VO_TRY(attend(crew, scratch));
        apr_pool_clear(scratch);
    }
    return NULL;
}

vo_err_t *voctl_work(voctl_t *ctl, int nworkers, int n, const int *items,
                     voctl_work_do_t *work, voctl_work_take_t *take,
                     void *baton)
{
    apr_pool_t *pool;
    crew_t *crew;
    vo_err_t *err;

    apr_pool_create(&pool, ctl->pool);
    crew = apr_pcalloc(pool, sizeof(*crew));
    crew->ctl = ctl;
    crew->n = n;
    crew->items = items;
    crew->work = work;
    crew->take = take;
    crew->baton = baton;
    crew->nworkers = nworkers < 1 ? 1
                     : nworkers > MAX_WORKERS ? MAX_WORKERS : nworkers;
    crew->nworkers = crew->nworkers > n ? n : crew->nworkers;
    signal(SIGPIPE, SIG_IGN);
    apr_pool_cleanup_register(pool, crew, dismiss, apr_pool_cleanup_null);
    err = run(crew, pool);
    if (err) {
        dismiss(crew); /* the error may live in the pool */
        apr_pool_cleanup_kill(pool, crew, dismiss);
        return err;
    }
    apr_pool_destroy(pool);
    return NULL;
}
