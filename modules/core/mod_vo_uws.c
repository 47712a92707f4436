/* mod_vo_uws.c: the resources of jobs, UWS 1.1 section 2.2. */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "mod_vo_int.h"

#include "mod_vo_jobs_int.h"

#include <ap_mpm.h>
#include <apr_strings.h>
#include <http_core.h>
#include <http_log.h>
#include <http_protocol.h>
#include <http_request.h>

#define TOO_MANY_REQUESTS 429
#define RETRY_AFTER "10"        /* s, when a limit was met */
#define MAX_RUNID 64            /* characters, DALI 1.1 section 3.4.6 */
#define POLL_FIRST_MS 10        /* WAIT looks at the phase, first so soon, */
#define POLL_LAST_MS 200        /* then ever later */

/* One request about jobs. */
typedef struct uws_t {
    request_rec *r;
    const vo_jobtype_t *type;
    const vo_release_t *rel;
    const char *url;           /* of the job list */
    vo_jobs_conf_t conf;
    const vo_dali_params_t *posted; /* of the request */
    vo_job_t *job;
    const char *job_url;
} uws_t;

static vo_err_t *usage(uws_t *u, const char *text)
{
    return vo_err_make(u->r->pool, VO_ERR_USAGE, "%s", text);
}

static vo_err_t *forbidden(uws_t *u, const char *text)
{
    return vo_err_make(u->r->pool, VO_ERR_AUTH, "%s", text);
}

static vo_job_limits_t limits_of(const uws_t *u)
{
    vo_job_limits_t limits;

    limits.per_client = u->conf.per_client;
    limits.queue = u->conf.queue;
    limits.max_duration = u->conf.max_duration;
    limits.max_retention = u->conf.max_retention;
    return limits;
}

static int see_other(request_rec *r, const char *url)
{
    apr_table_setn(r->headers_out, "Location", url);
    return HTTP_SEE_OTHER;
}

static int fail(uws_t *u, const vo_err_t *err)
{
    if (err->http == TOO_MANY_REQUESTS) {
        apr_table_setn(u->r->err_headers_out, "Retry-After", RETRY_AFTER);
    }
    return vo_respond_error(u->r, NULL, err);
}

static vo_out_t *begin(uws_t *u, const char *media_type)
{
    vo_out_t *out = vo_response_begin(u->r, media_type);

    /* whoever polls must not see an old phase */
    apr_table_setn(u->r->headers_out, "Cache-Control", "no-cache, private");
    return out;
}

static int send_text(uws_t *u, const char *text)
{
    vo_out_t *out = begin(u, "text/plain");
    vo_err_t *err = vo_out_puts(out, text ? text : "");

    return err ? fail(u, err) : vo_response_end(u->r, out);
}

static int end_xml(uws_t *u, vo_out_t *out, const vo_err_t *err)
{
    return err ? fail(u, err) : vo_response_end(u->r, out);
}

/* The parameters that FORM holds. */
static vo_err_t *job_params(uws_t *u, const vo_dali_params_t **params,
                            const char *form)
{
    vo_dali_params_t *made = vo_dali_params_create(u->r->pool);

    *params = made;
    return vo_dali_params_add_form(made, form, strlen(form));
}

/* The parameters of the job, and the files that came with them. */
static vo_err_t *told_params(uws_t *u, const vo_dali_params_t **params)
{
    vo_dali_params_t *made = vo_dali_params_create(u->r->pool);
    const char *form = u->job->form;

    *params = made;
    VO_TRY(vo_dali_params_add_form(made, form, strlen(form)));
    return vo_uws_name_files(u->r, u->job, made);
}

/* --- the job list -------------------------------------------------------- */

typedef struct list_t {
    vo_out_t *out;
    const char *url;
} list_t;

static vo_err_t *list_one(void *baton, const vo_job_t *job)
{
    const list_t *list = baton;

    return vo_uws_put_list_job(list->out, job, list->url);
}

/* Anonymous jobs are nobody's to list: their id is what protects them. */
static int get_list(uws_t *u)
{
    vo_uws_filter_t filter;
    list_t list;
    vo_db_t *db;
    vo_err_t *err = vo_uws_filter(&filter, u->posted, u->r->pool);

    if (err) {
        return fail(u, err);
    }
    list.out = begin(u, "text/xml");
    list.url = u->url;
    err = vo_uws_put_list_head(list.out, u->r->user != NULL);
    if (!err && u->r->user) {
        err = vo_db_open(&db, u->r);
        if (!err) {
            err = vo_job_list(db->conn, u->type->name, u->rel->id, u->r->user,
                              &filter, list_one, &list, u->r->pool);
            vo_db_close(db);
        }
    }
    if (!err) {
        err = vo_uws_put_list_tail(list.out);
    }
    return end_xml(u, list.out, err);
}

/* What the job itself is told by; not among its parameters. */
static const char *const controls[] = {"PHASE", "ACTION", "EXECUTIONDURATION",
                                       "DESTRUCTION", "WAIT", NULL};

static vo_err_t *read_run_id(uws_t *u, const char *form, const char **run_id)
{
    const vo_dali_params_t *params;
    const char *p;
    int n = 0;

    VO_TRY(job_params(u, &params, form));
    VO_TRY(vo_dali_param_one(run_id, params, "RUNID"));
    for (p = *run_id; p && *p; ++p) {
        n += ((unsigned char)*p & 0xC0) != 0x80;
    }
    if (n > MAX_RUNID) {
        return vo_err_make(u->r->pool, VO_ERR_USAGE,
                           "RUNID may have at most %d characters; it has %d.",
                           MAX_RUNID, n);
    }
    return NULL;
}

/* PHASE as posted: *IS_RUN, *IS_ABORT, or neither when it was not. */
static vo_err_t *read_phase(uws_t *u, int *is_run, int *is_abort)
{
    const char *value;

    VO_TRY(vo_dali_param_one(&value, u->posted, "PHASE"));
    *is_run = value && !strcmp(value, "RUN");
    *is_abort = value && !strcmp(value, "ABORT");
    return !value || *is_run || *is_abort
               ? NULL
               : vo_err_make(u->r->pool, VO_ERR_USAGE,
                             "PHASE must be RUN or ABORT; it is '%.40s'.",
                             value);
}

static vo_err_t *read_job(uws_t *u, vo_job_t *job)
{
    apr_pool_t *pool = u->r->pool;
    const char *text;
    int is_run, is_abort;

    VO_TRY(vo_uws_new_id(&job->id, pool));
    VO_TRY(vo_uws_form_merge(&job->form, "", u->posted,
                             u->type->is_repeatable, controls, pool));
    VO_TRY(read_run_id(u, job->form, &job->run_id));
    VO_TRY(read_phase(u, &is_run, &is_abort));
    if (is_abort) {
        return usage(u, "A job cannot be made with PHASE=ABORT.");
    }
    job->phase = is_run ? VO_PHASE_QUEUED : VO_PHASE_PENDING;
    job->duration = u->conf.duration;
    VO_TRY(vo_dali_param_one(&text, u->posted, "EXECUTIONDURATION"));
    if (text) {
        VO_TRY(vo_uws_count(&job->duration, "EXECUTIONDURATION", text, 0,
                            pool));
    }
    VO_TRY(vo_dali_param_one(&text, u->posted, "DESTRUCTION"));
    if (text) {
        VO_TRY(vo_uws_time(&job->destruction, "DESTRUCTION", text, pool));
    }
    job->service = u->type->name;
    job->release = u->rel->id;
    job->owner = u->r->user;
    job->client = apr_pstrcat(pool, u->r->user ? "user " : "address ",
                              u->r->user ? u->r->user : u->r->useragent_ip,
                              NULL);
    job->settings = vo_uws_form_add(
        u->type->settings(u->r, u->rel), "max_bytes",
        apr_psprintf(pool, "%" APR_INT64_T_FMT, u->conf.max_bytes), pool);
    job->settings = vo_uws_form_add(job->settings, "base_url",
                                    vo_base_url(u->r), pool);
    return NULL;
}

/* Insert a job whose files must be there before it runs. */
static vo_err_t *insert_with_files(uws_t *u, PGconn *conn, vo_job_t *job,
                                   const vo_job_limits_t *limits)
{
    int done, is_run = job->phase == VO_PHASE_QUEUED;
    apr_pool_t *pool = u->r->pool;
    const char *file;
    vo_err_t *err;

    job->phase = VO_PHASE_PENDING;
    VO_TRY(vo_job_insert(conn, job, u->conf.retention, limits, pool));
    err = vo_uws_keep_files(u->r, conn, job->id, u->posted);
    if (!err && is_run) {
        err = vo_job_run(&done, conn, job->id, limits, pool);
    }
    if (err) {
        vo_job_delete(&done, &file, conn, job->id, pool);
    }
    return err;
}

static int create_job(uws_t *u)
{
    vo_job_limits_t limits = limits_of(u);
    vo_job_t job = {0};
    vo_db_t *db;
    vo_err_t *err = read_job(u, &job);

    if (!err) {
        err = vo_db_open(&db, u->r);
    }
    if (!err) {
        err = vo_uws_has_files(u->posted)
                  ? insert_with_files(u, db->conn, &job, &limits)
                  : vo_job_insert(db->conn, &job, u->conf.retention, &limits,
                                  u->r->pool);
        vo_db_close(db);
    }
    if (err) {
        return fail(u, err);
    }
    return see_other(u->r, apr_pstrcat(u->r->pool, u->url, "/", job.id, NULL));
}

/* --- one job ------------------------------------------------------------- */

/* Read the job called ID and see that the request may look at it, or change it
 * when MAY_CHANGE. */
static vo_err_t *find_job(uws_t *u, const char *id, int may_change)
{
    vo_db_t *db;
    vo_err_t *err;

    u->job = NULL;
    if (vo_uws_is_id(id)) {
        VO_TRY(vo_db_open(&db, u->r));
        err = vo_job_get(&u->job, db->conn, u->type->name, u->rel->id, id,
                         u->r->pool);
        vo_db_close(db);
        VO_TRY(err);
    }
    if (!u->job) {
        return vo_err_make(u->r->pool, VO_ERR_NOTFOUND,
                           "There is no job '%.40s'.", id);
    }
    if (u->job->owner && (!u->r->user || strcmp(u->job->owner, u->r->user))
        && (may_change || !u->job->is_public)) {
        return forbidden(u, may_change ? "Only its owner may change this job."
                                       : "This job belongs to somebody else.");
    }
    u->job_url = apr_pstrcat(u->r->pool, u->url, "/", u->job->id, NULL);
    return NULL;
}

/* Run STATEMENT on a connection of the pool; it is given as an expression using
 * db->conn. */
#define WITH_DB(u, err, statement)                                            \
    do {                                                                      \
        vo_db_t *db;                                                          \
        (err) = vo_db_open(&db, (u)->r);                                      \
        if (!(err)) {                                                         \
            (err) = (statement);                                              \
            vo_db_close(db);                                                  \
        }                                                                     \
    } while (0)

/* Ask for the planner's estimate once, while it may still be of use. */
static void forecast(uws_t *u)
{
    const vo_dali_params_t *params, *settings;
    apr_int64_t rows = -1;
    double seconds = -1;
    vo_err_t *err;

    if (u->job->is_forecast || u->job->phase != VO_PHASE_PENDING
        || !u->type->forecast || !*u->job->form
        || job_params(u, &params, u->job->form)
        || job_params(u, &settings, u->job->settings)) {
        return;
    }
    err = u->type->forecast(u->r, params, settings, u->rel, &rows, &seconds);
    if (err && err->kind != VO_ERR_USAGE) {
        return; /* the query may be good: ask again another time */
    }
    WITH_DB(u, err,
            vo_job_set_forecast(db->conn, u->job->id, err ? -1 : rows,
                                err ? -1 : seconds, u->r->pool));
    if (!err) {
        const char *id = u->job->id;

        find_job(u, id, 0);
    }
}

/* Wait until the job leaves the phase it is in, SECONDS at most. Waiting takes
 * a thread but no database connection; when threads become scarce nobody waits
 * any longer. */
static vo_err_t *wait_phase(uws_t *u, int seconds)
{
    apr_time_t until = apr_time_now() + apr_time_from_sec(seconds);
    apr_interval_time_t pause = apr_time_from_msec(POLL_FIRST_MS);
    int state = 0, phase = (int)u->job->phase;
    vo_err_t *err = NULL;

    if (vo_gate_park()) {
        while (!err && phase == (int)u->job->phase && apr_time_now() < until
               && !u->r->connection->aborted && !vo_gate_is_crowded()
               && !(ap_mpm_query(AP_MPMQ_MPM_STATE, &state) == APR_SUCCESS
                    && state == AP_MPMQ_STOPPING)) {
            apr_interval_time_t left = until - apr_time_now();

            apr_sleep(left < pause ? left > 0 ? left : 0 : pause);
            if (pause < apr_time_from_msec(POLL_LAST_MS)) {
                pause += pause / 2;
            }
            WITH_DB(u, err, vo_job_phase(&phase, db->conn, u->job->id,
                                         u->r->pool));
        }
        vo_gate_unpark();
    }
    return err;
}

static vo_err_t *maybe_wait(uws_t *u)
{
    const char *text, *phase;
    int n;

    VO_TRY(vo_dali_param_one(&text, u->posted, "WAIT"));
    VO_TRY(vo_dali_param_one(&phase, u->posted, "PHASE"));
    if (!text || !*text) {
        return NULL;
    }
    VO_TRY(vo_uws_count(&n, "WAIT", text, -1, u->r->pool));
    if (phase && *phase && vo_phase_parse(phase) < 0) {
        return vo_uws_no_phase(phase, u->r->pool);
    }
    if ((phase && *phase && strcmp(phase, vo_phase_name(u->job->phase)))
        || !vo_phase_is_active(u->job->phase)) {
        return NULL;
    }
    if (n < 0 || n > u->conf.max_wait) {
        n = u->conf.max_wait;
    }
    VO_TRY(wait_phase(u, n));
    return find_job(u, u->job->id, 0);
}

static int get_job(uws_t *u)
{
    const vo_dali_params_t *params;
    vo_err_t *err = maybe_wait(u);
    vo_out_t *out;

    if (!err) {
        forecast(u);
        err = told_params(u, &params);
    }
    if (err) {
        return fail(u, err);
    }
    out = begin(u, "text/xml");
    err = vo_uws_put_job(out, u->job, params, u->job_url);
    return end_xml(u, out, err);
}

static int delete_job(uws_t *u)
{
    const char *file = NULL;
    int done;
    vo_err_t *err;

    WITH_DB(u, err, vo_job_delete(&done, &file, db->conn, u->job->id,
                                  u->r->pool));
    if (err) {
        return fail(u, err);
    }
    if (file) {
        vo_result_remove(file, u->r->pool);
    }
    return see_other(u->r, u->url);
}

static int post_job(uws_t *u)
{
    const char *action;
    int done, is_public;
    vo_err_t *err = vo_dali_param_one(&action, u->posted, "ACTION");

    if (!err && action && !strcmp(action, "DELETE")) {
        return delete_job(u);
    }
    is_public = action && !strcmp(action, "PUBLISH");
    if (!err && !is_public && (!action || strcmp(action, "UNPUBLISH"))) {
        err = usage(u, "ACTION must be DELETE, PUBLISH or UNPUBLISH. PHASE "
                       "goes to the resource phase below the job, its "
                       "parameters to the resource parameters.");
    }
    if (!err && !u->job->owner) {
        err = usage(u, "An anonymous job is open to everybody who has its "
                       "address.");
    }
    if (!err) {
        WITH_DB(u, err, vo_job_set_public(&done, db->conn, u->job->id,
                                          is_public, u->r->pool));
    }
    return err ? fail(u, err) : see_other(u->r, u->job_url);
}

/* --- below a job --------------------------------------------------------- */

static int get_phase(uws_t *u)
{
    return send_text(u, vo_phase_name(u->job->phase));
}

static int post_phase(uws_t *u)
{
    vo_job_limits_t limits = limits_of(u);
    int is_run, is_abort, done = 0;
    vo_err_t *err = read_phase(u, &is_run, &is_abort);

    if (!err && !is_run && !is_abort) {
        err = usage(u, "PHASE is missing; it must be RUN or ABORT.");
    }
    if (!err && is_run) {
        WITH_DB(u, err, vo_job_run(&done, db->conn, u->job->id, &limits,
                                   u->r->pool));
    }
    else if (!err) {
        WITH_DB(u, err, vo_job_abort(&done, db->conn, u->job->id,
                                     u->r->pool));
    }
    /* RUN of a running job and ABORT of one that is over change nothing */
    if (!err && !done && is_run && vo_phase_is_final(u->job->phase)) {
        err = forbidden(u, "The job is over; make a new one to run it again.");
    }
    return err ? fail(u, err) : see_other(u->r, u->job_url);
}

static int get_duration(uws_t *u)
{
    return send_text(u, apr_itoa(u->r->pool, u->job->duration));
}

/* The posted value of NAME, which must be there. */
static vo_err_t *posted_value(uws_t *u, const char *name, const char **value)
{
    VO_TRY(vo_dali_param_one(value, u->posted, name));
    return *value ? NULL
                  : vo_err_make(u->r->pool, VO_ERR_USAGE, "%s is missing.",
                                name);
}

static int post_duration(uws_t *u)
{
    vo_job_limits_t limits = limits_of(u);
    const char *text;
    int n = 0, done = 0;
    vo_err_t *err = posted_value(u, "EXECUTIONDURATION", &text);

    if (!err) {
        err = vo_uws_count(&n, "EXECUTIONDURATION", text, 0, u->r->pool);
    }
    if (!err) {
        WITH_DB(u, err, vo_job_set_duration(&done, db->conn, u->job->id, n,
                                            &limits, u->r->pool));
    }
    if (!err && !done) {
        err = forbidden(u, "The execution duration can be changed only before "
                           "the job runs.");
    }
    return err ? fail(u, err) : see_other(u->r, u->job_url);
}

static int get_destruction(uws_t *u)
{
    return send_text(u, u->job->destruction);
}

static int post_destruction(uws_t *u)
{
    vo_job_limits_t limits = limits_of(u);
    const char *text, *time;
    int done;
    vo_err_t *err = posted_value(u, "DESTRUCTION", &text);

    if (!err) {
        err = vo_uws_time(&time, "DESTRUCTION", text, u->r->pool);
    }
    if (!err) {
        WITH_DB(u, err, vo_job_set_destruction(&done, db->conn, u->job->id,
                                               time, &limits, u->r->pool));
    }
    return err ? fail(u, err) : see_other(u->r, u->job_url);
}

static int get_quote(uws_t *u)
{
    forecast(u);
    return send_text(u, u->job->quote);
}

static int get_owner(uws_t *u)
{
    return send_text(u, u->job->owner);
}

static int get_error(uws_t *u)
{
    const vo_tablefmt_t *fmt = NULL;
    const vo_dali_params_t *params;
    const char *text = u->job->error_text;
    vo_err_t *err;

    if (u->job->phase == VO_PHASE_ABORTED && !text) {
        text = "The job was aborted, as its client wished.";
    }
    else if (u->job->phase != VO_PHASE_ABORTED
             && u->job->phase != VO_PHASE_ERROR) {
        text = NULL;
    }
    if (!text) {
        return fail(u, vo_err_make(u->r->pool, VO_ERR_NOTFOUND,
                                   "The job has met no error; it is %s.",
                                   vo_phase_name(u->job->phase)));
    }
    if (u->type->tells_text) {
        return send_text(u, apr_pstrcat(u->r->pool, text, "\n", NULL));
    }
    if (!job_params(u, &params, u->job->form) && u->type->error_format) {
        fmt = u->type->error_format(params, u->r->pool);
    }
    err = usage(u, text);
    err->http = HTTP_OK; /* TAP 1.1, section 5.2: a document like any other */
    return vo_respond_error(u->r, fmt, err);
}

static int get_parameters(uws_t *u)
{
    const vo_dali_params_t *params;
    vo_err_t *err = told_params(u, &params);
    vo_out_t *out;

    if (err) {
        return fail(u, err);
    }
    out = begin(u, "text/xml");
    return end_xml(u, out, vo_uws_put_parameters(out, params, u->job_url));
}

static int post_parameters(uws_t *u)
{
    apr_pool_t *pool = u->r->pool;
    const char *form, *run_id;
    vo_err_t *err = NULL;
    int done = 0, tries;

    if (vo_uws_has_files(u->posted) && u->job->phase == VO_PHASE_PENDING) {
        WITH_DB(u, err, vo_uws_keep_files(u->r, db->conn, u->job->id,
                                          u->posted));
    }
    /* somebody else may be posting too: merge into what is there now */
    for (tries = 0; !err && !done && tries < 10; ++tries) {
        if (u->job->phase != VO_PHASE_PENDING) {
            err = forbidden(u, "Parameters can be changed only while the job "
                               "is PENDING.");
            break;
        }
        err = vo_uws_form_merge(&form, u->job->form, u->posted,
                                u->type->is_repeatable, controls, pool);
        if (!err) {
            err = read_run_id(u, form, &run_id);
        }
        if (!err) {
            WITH_DB(u, err, vo_job_set_form(&done, db->conn, u->job->id,
                                            u->job->form, form, run_id, pool));
        }
        if (!err && !done) {
            err = find_job(u, u->job->id, 1);
        }
    }
    if (!err && !done) {
        err = vo_err_make(pool, VO_ERR_BUSY, "The parameters of this job are "
                                             "being changed; try again later.");
    }
    return err ? fail(u, err) : see_other(u->r, u->job_url);
}

static int get_parameter(uws_t *u, const char *name)
{
    const vo_dali_params_t *params;
    const char *value = NULL;
    int found, rc;

    if (!job_params(u, &params, u->job->form)) {
        value = vo_dali_param_nth(params, name, 0);
    }
    if (value) {
        return send_text(u, value);
    }
    rc = vo_uws_send_file(&found, u->r, u->job, name);
    return found ? rc
                 : fail(u, vo_err_make(u->r->pool, VO_ERR_NOTFOUND,
                                       "The job has no parameter '%.60s'.",
                                       name));
}

static int get_results(uws_t *u)
{
    vo_out_t *out = begin(u, "text/xml");

    return end_xml(u, out, vo_uws_put_results(out, u->job, u->job_url));
}

static int get_result(uws_t *u, const char *name)
{
    vo_job_part_t part;

    if (!vo_uws_part_find(&part, u->job, name, u->r->pool)) {
        vo_err_t *err = vo_err_make(u->r->pool, VO_ERR_NOTFOUND,
                                    "The job has no result '%.40s'; it is %s.",
                                    name, vo_phase_name(u->job->phase));

        if (u->job->phase == VO_PHASE_ERROR
            || u->job->phase == VO_PHASE_ABORTED) {
            err->hint = apr_pstrcat(u->r->pool, u->job_url, "/error says why.",
                                    NULL);
        }
        return fail(u, err);
    }
    return vo_result_send(u->r, u->job, &part);
}

/* --- dispatch ------------------------------------------------------------ */

static const struct {
    int (*get)(uws_t *u);
    int (*post)(uws_t *u);                    /* NULL: not allowed */
    int (*child)(uws_t *u, const char *name); /* GET only */
} resources[VO_UWS_COUNT] = {
    [VO_UWS_PHASE] = {get_phase, post_phase, NULL},
    [VO_UWS_DURATION] = {get_duration, post_duration, NULL},
    [VO_UWS_DESTRUCTION] = {get_destruction, post_destruction, NULL},
    [VO_UWS_QUOTE] = {get_quote, NULL, NULL},
    [VO_UWS_OWNER] = {get_owner, NULL, NULL},
    [VO_UWS_ERROR] = {get_error, NULL, NULL},
    [VO_UWS_PARAMETERS] = {get_parameters, post_parameters, get_parameter},
    [VO_UWS_RESULTS] = {get_results, NULL, get_result},
};

/* Is the method one the resource has? If not (or when it is OPTIONS), *RC is
 * what the handler returns. */
static int accepts(request_rec *r, int post, int del, int *rc)
{
    ap_allow_standard_methods(r, REPLACE_ALLOW, M_GET, M_OPTIONS,
                              post ? M_POST : -1, del ? M_DELETE : -1, -1);
    if (r->method_number == M_GET || (post && r->method_number == M_POST)
        || (del && r->method_number == M_DELETE)) {
        return 1;
    }
    *rc = HTTP_METHOD_NOT_ALLOWED;
    if (r->method_number == M_OPTIONS) {
        apr_table_setn(r->headers_out, "Allow",
                       apr_pstrcat(r->pool, "GET, HEAD, OPTIONS",
                                   post ? ", POST" : "", del ? ", DELETE" : "",
                                   NULL));
        *rc = OK;
    }
    return 0;
}

static int below_job(uws_t *u, const vo_uws_path_t *path)
{
    int is_change = u->r->method_number != M_GET;
    vo_err_t *err;
    int rc;

    if (!accepts(u->r, !path->child && resources[path->what].post, 0, &rc)) {
        return rc;
    }
    err = find_job(u, path->id, is_change);
    if (err) {
        return fail(u, err);
    }
    if (path->child) {
        return resources[path->what].child(u, path->child);
    }
    return is_change ? resources[path->what].post(u)
                     : resources[path->what].get(u);
}

static int one_job(uws_t *u, const char *id)
{
    vo_err_t *err;
    int rc;

    if (!accepts(u->r, 1, 1, &rc)) {
        return rc;
    }
    err = find_job(u, id, u->r->method_number != M_GET);
    if (err) {
        return fail(u, err);
    }
    switch (u->r->method_number) {
    case M_GET:
        return get_job(u);
    case M_POST:
        return post_job(u);
    default:
        return delete_job(u);
    }
}

int vo_uws_handle(request_rec *r, const vo_jobtype_t *type,
                  const vo_release_t *rel, const char *url, const char *rest)
{
    uws_t u = {0};
    vo_uws_path_t path;
    vo_err_t *err;
    int rc;

    u.r = r;
    u.type = type;
    u.rel = rel;
    u.url = url;
    u.conf = vo_jobs_conf(r);
    vo_request(r)->is_brief = 1;
    err = vo_params(&u.posted, r);
    if (err) {
        return fail(&u, err);
    }
    err = vo_uws_path(&path, rest, r->pool);
    if (err) {
        return fail(&u, err);
    }
    switch (path.what) {
    case VO_UWS_LIST:
        return !accepts(r, 1, 0, &rc)        ? rc
               : r->method_number == M_POST ? create_job(&u)
                                            : get_list(&u);
    case VO_UWS_JOB:
        return one_job(&u, path.id);
    default:
        return below_job(&u, &path);
    }
}
