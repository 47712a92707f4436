/* mod_vo_worker.c: a process that executes asynchronous jobs. */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "mod_vo_int.h"

#include "mod_vo_jobs_int.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include <ap_provider.h>
#include <apr_strings.h>
#include <http_log.h>

#include "meta/vo_meta_load.h"

APLOG_USE_MODULE(vo);

#define LEASE_S 15
#define MAX_ATTEMPTS 3
#define IDLE_MS 2000      /* jobs are looked for even when no word came */
#define RETRY_MS 500      /* after the database did not answer */
#define RENEW_EVERY apr_time_from_msec(1000)
#define SWEEP_EVERY apr_time_from_sec(3)
#define TIDY_EVERY apr_time_from_sec(300)
#define OVERTIME_S 5      /* past the job's duration we stop it ourselves */
#define SETTLE_S 60       /* how long the outcome is tried to be told */

typedef enum {
    STOP_NOT,
    STOP_UNWANTED, /* aborted, deleted or taken by another */
    STOP_SHUTDOWN,
    STOP_OVERTIME
} stop_e;

typedef struct worker_t {
    server_rec *server;
    const char *name;
    int sig_fd;        /* SIGTERM */
    int life_fd;       /* ends with the supervisor */
    pid_t httpd;       /* httpd's parent */
    PGconn *ctl;       /* the queue: short statements, LISTEN */
    PGconn *data;      /* the queries of jobs */
    int listening_pid; /* backend that listens for us */
    int nice_pid;      /* backend that gives way to others */
    int is_released;   /* the lease of the one before us was given up */
    const char *old_name;
    vo_meta_t *meta;
    apr_pool_t *meta_pool;
    apr_time_t swept, tidied;
    /* the job being executed */
    const vo_job_t *job;
    vo_jobrun_t *run;
    apr_pool_t *pool;  /* of the job */
    stop_e stop;
    apr_time_t started, renewed;
} worker_t;

/* --- the world outside --------------------------------------------------- */

static int is_readable(int fd)
{
    struct pollfd p = {fd, POLLIN, 0};

    return poll(&p, 1, 0) > 0;
}

/* Must we give everything back at once? */
static int is_shutdown(const worker_t *w)
{
    return is_readable(w->sig_fd)
           || (kill(w->httpd, 0) < 0 && errno == ESRCH);
}

/* Must we take no more jobs? */
static int is_retired(const worker_t *w)
{
    return is_readable(w->life_fd) || is_shutdown(w);
}

/* Sleep until something happens, MS milliseconds at most. */
static void doze(const worker_t *w, int ms)
{
    struct pollfd p[3] = {{w->sig_fd, POLLIN, 0},
                          {w->life_fd, POLLIN, 0},
                          {-1, POLLIN, 0}};

    if (w->ctl && PQstatus(w->ctl) == CONNECTION_OK) {
        p[2].fd = PQsocket(w->ctl);
    }
    poll(p, 3, ms);
}

static PGconn *open_conn(const worker_t *w, const char *what)
{
    const char *keys[] = {"dbname", "application_name", "connect_timeout",
                          NULL};
    const char *values[] = {vo_jobs_global.database, what, "5", NULL};
    PGconn *conn = PQconnectdbParams(keys, values, 1);

    (void)w;
    if (PQstatus(conn) != CONNECTION_OK) {
        PQfinish(conn);
        return NULL;
    }
    return conn;
}

/* The queue's connection, listening. */
static vo_err_t *open_ctl(worker_t *w, apr_pool_t *pool)
{
    if (!w->ctl) {
        w->ctl = open_conn(w, "mod_vo worker");
    }
    else if (PQstatus(w->ctl) != CONNECTION_OK) {
        vo_sql_reset(w->ctl, 0);
    }
    if (!w->ctl || PQstatus(w->ctl) != CONNECTION_OK) {
        return vo_err_make(pool, VO_ERR_BUSY, "no connection to the database");
    }
    if (PQbackendPID(w->ctl) != w->listening_pid) {
        VO_TRY(vo_job_listen(w->ctl, pool));
        w->listening_pid = PQbackendPID(w->ctl);
    }
    return NULL;
}

/* Read what came by NOTIFY. */
static void read_notes(worker_t *w)
{
    PGnotify *note;

    if (!w->ctl || !PQconsumeInput(w->ctl)) {
        return;
    }
    while ((note = PQnotifies(w->ctl)) != NULL) {
        if (w->job && !strcmp(note->relname, VO_JOB_CHANNEL_STOP)
            && !strcmp(note->extra, w->job->id)) {
            w->stop = STOP_UNWANTED;
        }
        PQfreemem(note);
    }
}

/* --- while a job runs ---------------------------------------------------- */

/* Prolong the lease and tell the progress. A database that does not answer says
 * nothing: the query will notice. */
static void renew(worker_t *w, apr_time_t now)
{
    apr_pool_t *scratch;
    int is_mine = 1;

    w->renewed = now;
    apr_pool_create(&scratch, w->pool);
    if (!open_ctl(w, scratch)
        && !vo_job_renew(&is_mine, w->ctl, w->job->id, w->name, LEASE_S,
                         w->run->nrows, scratch)
        && !is_mine) {
        w->stop = STOP_UNWANTED;
    }
    apr_pool_destroy(scratch);
}

static int is_stopped(void *baton)
{
    worker_t *w = baton;
    apr_time_t now = apr_time_now();

    read_notes(w);
    if (w->stop == STOP_NOT && is_shutdown(w)) {
        w->stop = STOP_SHUTDOWN;
    }
    if (w->stop == STOP_NOT && w->job->duration > 0
        && now > w->started
                     + apr_time_from_sec((apr_time_t)w->job->duration
                                         + OVERTIME_S)) {
        w->stop = STOP_OVERTIME;
    }
    if (w->stop == STOP_NOT && now - w->renewed > RENEW_EVERY) {
        renew(w, now);
    }
    return w->stop != STOP_NOT;
}

/* The backend of jobs gives way to the queries people wait for. A job can do
 * without. */
static void be_nice(worker_t *w, apr_pool_t *pool)
{
    int done = 0;
    vo_err_t *err;

    if (PQbackendPID(w->data) == w->nice_pid) {
        return;
    }
    err = vo_job_nice(&done, w->data, vo_jobs_global.nice, pool);
    if (err && PQstatus(w->data) == CONNECTION_OK) {
        ap_log_error(APLOG_MARK, APLOG_WARNING, 0, w->server,
                     VOLOGNO(1214) "VOJobNice has no effect on the database, "
                     "whose extension pgsky may be too old (voctl init brings "
                     "it up to date): %s", vo_err_private(err, pool));
        done = 1; /* said once */
    }
    if (done) {
        w->nice_pid = PQbackendPID(w->data);
    }
}

/* The snapshot, loaded again when something published has changed. */
static vo_err_t *refresh(worker_t *w, apr_pool_t *pool)
{
    apr_int64_t serial;
    vo_err_t *err;

    if (w->data && PQstatus(w->data) != CONNECTION_OK) {
        vo_sql_reset(w->data, 0);
    }
    if (!w->data) {
        w->data = open_conn(w, "mod_vo job");
    }
    if (!w->data || PQstatus(w->data) != CONNECTION_OK) {
        return vo_err_make(pool, VO_ERR_BUSY, "no connection to the database");
    }
    err = vo_meta_serial(&serial, w->data, pool);
    if (err && PQstatus(w->data) != CONNECTION_OK) {
        vo_sql_reset(w->data, 0);
        err = vo_meta_serial(&serial, w->data, pool);
    }
    if (!err && (!w->meta || w->meta->serial != serial)) {
        apr_pool_t *fresh;

        apr_pool_create_unmanaged_ex(&fresh, NULL, NULL);
        err = vo_meta_load(&w->meta, w->data, fresh);
        if (w->meta_pool) {
            apr_pool_destroy(w->meta_pool);
        }
        w->meta_pool = fresh;
        if (err) {
            w->meta = NULL;
            err = vo_err_make(pool, err->kind, "%s",
                              vo_err_private(err, pool));
        }
    }
    if (err && PQstatus(w->data) != CONNECTION_OK) {
        err->kind = VO_ERR_BUSY;
    }
    if (!err) {
        be_nice(w, pool);
    }
    return err;
}

static vo_err_t *parse_form(vo_dali_params_t **params, const char *form,
                            apr_pool_t *pool)
{
    *params = vo_dali_params_create(pool);
    return vo_dali_params_add_form(*params, form, strlen(form));
}

static vo_err_t *result_of(const char **path, void *baton,
                           const char *service, const char *id)
{
    worker_t *w = baton;
    const char *file;

    VO_TRY(vo_job_result_file(&file, w->data, service, w->job->release, id,
                              w->job->owner, w->pool));
    *path = vo_result_path(file, w->pool);
    return NULL;
}

static vo_err_t *execute(worker_t *w, vo_result_t **result)
{
    const vo_jobtype_t *type = ap_lookup_provider(
        VO_JOBTYPE_GROUP, w->job->service, VO_JOBTYPE_VERSION);
    vo_jobrun_t *run = w->run;
    vo_dali_params_t *params;
    apr_int64_t max_bytes;
    vo_err_t *err;

    if (!type) {
        return vo_err_fault(w->pool, APR_EGENERAL,
                            "The service of this job is not there any more.",
                            "no module executes jobs of '%s'",
                            w->job->service);
    }
    VO_TRY(refresh(w, w->pool));
    run->rel = vo_meta_release(w->meta, w->job->release);
    if (!run->rel || run->rel->state == VO_STATE_STAGED
        || run->rel->state == VO_STATE_RETIRED) {
        return vo_err_make(w->pool, VO_ERR_NOTFOUND,
                           "There is no release '%s' any more",
                           w->job->release);
    }
    VO_TRY(parse_form(&params, w->job->form, w->pool));
    if (vo_dali_param_nth(params, "UPLOAD", 0)) {
        VO_TRY(vo_job_fetch_files(w->data, w->job->id, NULL, params));
    }
    run->params = params;
    VO_TRY(parse_form(&params, w->job->settings, w->pool));
    run->settings = params;
    VO_TRY(vo_dali_param_int(&max_bytes, run->settings, "max_bytes", 0,
                             APR_INT64_MAX, 0));
    VO_TRY(vo_dali_param_one(&run->base_url, run->settings, "base_url"));
    run->earlier = vo_result_earlier(w->job, w->pool);
    VO_TRY(vo_result_create(result, w->job, max_bytes, w->pool));
    run->conn = w->data;
    run->out = (*result)->out;
    run->timeout_ms = w->job->duration > APR_INT32_MAX / 1000
                          ? APR_INT32_MAX
                          : w->job->duration * 1000;
    run->is_stopped = is_stopped;
    run->result_of = result_of;
    run->baton = w;
    run->server = w->server;
    run->pool = w->pool;
    run->media_type = "application/octet-stream";
    err = type->run(run);
    return err ? err : vo_result_finish(*result);
}

/* --- the outcome --------------------------------------------------------- */

typedef enum { OUT_COMPLETED, OUT_FAILED, OUT_REQUEUED } outcome_e;

typedef struct ending_t {
    outcome_e what;
    vo_phase_e phase;  /* OUT_FAILED */
    const char *text;
    int is_transient;
    int delay_s, is_our_stop; /* OUT_REQUEUED */
} ending_t;

static vo_err_t *settle_once(worker_t *w, const ending_t *end,
                             const vo_job_t *done_job, int *done)
{
    const char *id = w->job->id;

    VO_TRY(open_ctl(w, w->pool));
    switch (end->what) {
    case OUT_COMPLETED:
        return vo_job_complete(done, w->ctl, done_job, w->name, w->pool);
    case OUT_FAILED:
        return vo_job_fail(done, w->ctl, id, w->name, end->phase, end->text,
                           end->is_transient, w->pool);
    default:
        return vo_job_requeue(done, w->ctl, id, w->name, end->delay_s,
                              end->is_our_stop, w->pool);
    }
}

/* Tell the queue, as soon as it listens. If that takes too long the lease runs
 * out and the job is another's. Returns whether the job was still ours. */
static int settle(worker_t *w, const ending_t *end, const vo_job_t *done_job)
{
    apr_time_t until = apr_time_now() + apr_time_from_sec(SETTLE_S);
    int done = 0;

    for (;;) {
        vo_err_t *err = settle_once(w, end, done_job, &done);

        if (!err) {
            return done;
        }
        if (apr_time_now() > until || is_shutdown(w)) {
            ap_log_error(APLOG_MARK, APLOG_ERR, 0, w->server,
                         VOLOGNO(1210) "job %s: its end cannot be recorded: "
                         "%s", w->job->id, vo_err_private(err, w->pool));
            return 0;
        }
        usleep(RETRY_MS * 1000);
    }
}

static int is_full(const vo_err_t *err)
{
    return err->aprerr == ENOSPC || err->aprerr == EDQUOT;
}

static ending_t ending_of(worker_t *w, const vo_err_t *err)
{
    ending_t end = {OUT_COMPLETED, VO_PHASE_ERROR, NULL, 0, 0, 0};

    if (w->stop == STOP_SHUTDOWN) {
        end.what = OUT_REQUEUED;
        end.is_our_stop = 1;
    }
    else if (w->stop == STOP_OVERTIME
             || (err && err->kind == VO_ERR_TIMEOUT)) {
        /* UWS 1.1, 2.1.3: the server aborts what takes too long */
        end.what = OUT_FAILED;
        end.phase = VO_PHASE_ABORTED;
        end.text = apr_psprintf(w->pool,
                                "The job took longer than its execution "
                                "duration of %d s and was stopped.",
                                w->job->duration);
    }
    else if (err && err->kind == VO_ERR_BUSY
             && w->job->attempts < MAX_ATTEMPTS) {
        end.what = OUT_REQUEUED;
        end.delay_s = w->job->attempts;
    }
    else if (err) {
        end.what = OUT_FAILED;
        end.text = vo_dali_clean_text(w->pool, vo_err_public(err, w->pool));
        end.is_transient = err->kind == VO_ERR_BUSY || is_full(err);
    }
    return end;
}

static void log_outcome(worker_t *w, const ending_t *end, const vo_err_t *err)
{
    if (err && (err->kind == VO_ERR_FAULT || err->kind == VO_ERR_BUSY)) {
        ap_log_error(APLOG_MARK, APLOG_ERR, err->aprerr, w->server,
                     VOLOGNO(1211) "job %s, attempt %d%s: %s", w->job->id,
                     w->job->attempts,
                     end->what == OUT_REQUEUED ? ", will be tried again" : "",
                     vo_err_private(err, w->pool));
    }
    else {
        ap_log_error(APLOG_MARK, APLOG_INFO, 0, w->server,
                     VOLOGNO(1212) "job %s, attempt %d: %" APR_INT64_T_FMT
                     " rows, %s", w->job->id, w->job->attempts,
                     w->run->nrows,
                     err ? vo_err_private(err, w->pool) : "completed");
    }
}

static void run_job(worker_t *w, vo_job_t *job, apr_pool_t *pool)
{
    vo_jobrun_t run = {0};
    vo_result_t *result = NULL;
    int is_ours;
    ending_t end;
    vo_err_t *err;

    run.job = job;
    w->job = job;
    w->run = &run;
    w->pool = pool;
    w->stop = STOP_NOT;
    w->started = w->renewed = apr_time_now();
    err = execute(w, &result);
    end = ending_of(w, err);
    is_ours = 0;
    if (w->stop != STOP_UNWANTED) {
        vo_job_t done_job = *job;

        if (end.what == OUT_COMPLETED) {
            done_job.nrows = run.nrows;
            done_job.result_file = result->name;
            done_job.result_type = run.media_type;
            done_job.result_size = result->size;
            done_job.result_parts = run.parts
                                        ? vo_uws_parts_text(run.parts, pool)
                                        : NULL;
        }
        log_outcome(w, &end, err);
        is_ours = settle(w, &end, &done_job);
    }
    if (result && is_ours && end.what == OUT_REQUEUED) {
        vo_result_leave(result);
    }
    else if (result && !(is_ours && end.what == OUT_COMPLETED)) {
        vo_result_discard(result);
    }
    w->job = NULL;
    w->run = NULL;
}

/* --- between jobs -------------------------------------------------------- */

static vo_err_t *sweep(worker_t *w, apr_pool_t *pool)
{
    apr_time_t now = apr_time_now();
    apr_array_header_t *files;
    int i;

    if (now - w->swept < SWEEP_EVERY) {
        return NULL;
    }
    w->swept = now;
    VO_TRY(vo_job_sweep(&files, w->ctl, pool));
    for (i = 0; i < files->nelts; ++i) {
        vo_result_remove(APR_ARRAY_IDX(files, i, const char *), pool);
    }
    vo_result_tidy(w->ctl, now - w->tidied < TIDY_EVERY, pool);
    if (now - w->tidied >= TIDY_EVERY) {
        w->tidied = now;
    }
    return NULL;
}

/* One look at the queue. *IS_IDLE: there was nothing to do. */
static vo_err_t *look(worker_t *w, int *is_idle, apr_pool_t *pool)
{
    vo_job_t *job;

    *is_idle = 1;
    VO_TRY(open_ctl(w, pool));
    if (!w->is_released) {
        VO_TRY(vo_job_release(w->ctl, w->old_name, pool));
        w->is_released = 1;
    }
    read_notes(w);
    VO_TRY(vo_job_take(&job, w->ctl, w->name, LEASE_S, MAX_ATTEMPTS, pool));
    if (job) {
        *is_idle = 0;
        run_job(w, job, pool);
        return NULL;
    }
    if (!w->data || PQbackendPID(w->data) != w->nice_pid) {
        (void)refresh(w, pool); /* ready, and nice, before there is a job, which
                                   would tell of an error */
    }
    return sweep(w, pool);
}

void vo_worker(server_rec *s, const char *name, const char *old_name, int fd,
               pid_t httpd, apr_pool_t *pool)
{
    worker_t w = {0};
    int is_down = 0;
    sigset_t set;

    sigemptyset(&set);
    sigaddset(&set, SIGTERM);
    sigprocmask(SIG_BLOCK, &set, NULL);
    w.server = s;
    w.name = name;
    w.old_name = old_name;
    w.is_released = old_name == NULL;
    w.sig_fd = signalfd(-1, &set, SFD_CLOEXEC);
    w.life_fd = fd;
    w.httpd = httpd;
    w.swept = w.tidied = apr_time_now();
    while (!is_retired(&w)) {
        apr_pool_t *scratch;
        int is_idle;
        vo_err_t *err;

        apr_pool_create(&scratch, pool);
        err = look(&w, &is_idle, scratch);
        if (err && !is_down) {
            ap_log_error(APLOG_MARK, APLOG_ERR, 0, s,
                         VOLOGNO(1213) "the queue of jobs cannot be read; "
                         "trying again: %s", vo_err_private(err, scratch));
        }
        is_down = err != NULL;
        apr_pool_destroy(scratch);
        if (err || is_idle) {
            doze(&w, err ? RETRY_MS : IDLE_MS);
        }
    }
    PQfinish(w.data);
    PQfinish(w.ctl);
}
