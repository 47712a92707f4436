/* mod_vo_jobs.c: directives about jobs, and the supervisor of the workers. */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "mod_vo_int.h"

#include "mod_vo_jobs_int.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include <ap_listen.h>
#include <ap_mpm.h>
#include <apr_network_io.h>
#include <apr_signal.h>
#include <apr_strings.h>
#include <http_core.h>
#include <http_log.h>
#include <mpm_common.h>
#include <unixd.h>

#include "vo_nice.h"

APLOG_USE_MODULE(vo);

#define DEFAULT_WORKERS 2
#define MAX_WORKERS 256
#define DEFAULT_NICE 10
#define DEFAULT_DIR "vo-results"
#define RESPAWN_MS 1000 /* a worker that dies at once is not followed at once */

vo_jobs_global_t vo_jobs_global;

void vo_jobs_pre_config(void)
{
    vo_jobs_global.nworkers = VO_UNSET;
    vo_jobs_global.nice = VO_UNSET;
    vo_jobs_global.database = NULL;
    vo_jobs_global.result_dir = NULL;
}

/* --- directives ---------------------------------------------------------- */

void vo_jobs_conf_init(vo_jobs_conf_t *conf)
{
    conf->per_client = VO_UNSET;
    conf->queue = VO_UNSET;
    conf->duration = conf->max_duration = VO_UNSET;
    conf->retention = conf->max_retention = VO_UNSET;
    conf->max_wait = VO_UNSET;
    conf->max_bytes = VO_UNSET;
}

void vo_jobs_conf_merge(vo_jobs_conf_t *to, const vo_jobs_conf_t *outer,
                        const vo_jobs_conf_t *inner)
{
    VO_INHERIT(to, outer, inner, per_client, VO_UNSET);
    VO_INHERIT(to, outer, inner, queue, VO_UNSET);
    VO_INHERIT(to, outer, inner, duration, VO_UNSET);
    VO_INHERIT(to, outer, inner, max_duration, VO_UNSET);
    VO_INHERIT(to, outer, inner, retention, VO_UNSET);
    VO_INHERIT(to, outer, inner, max_retention, VO_UNSET);
    VO_INHERIT(to, outer, inner, max_wait, VO_UNSET);
    VO_INHERIT(to, outer, inner, max_bytes, VO_UNSET);
}

vo_jobs_conf_t vo_jobs_conf(request_rec *r)
{
    static const vo_jobs_conf_t defaults = {
        500, 10000, 3600, 86400, 604800, 2592000, 30, 10737418240};
    const vo_dir_conf_t *dir = ap_get_module_config(r->per_dir_config,
                                                    &vo_module);
    vo_jobs_conf_t conf;

    vo_jobs_conf_merge(&conf, &defaults, &dir->jobs);
    return conf;
}

void vo_jobs_told(vo_jobs_told_t *told, request_rec *r)
{
    vo_jobs_conf_t conf = vo_jobs_conf(r);

    told->duration = conf.duration;
    told->max_duration = conf.max_duration;
    told->retention = conf.retention;
    told->max_retention = conf.max_retention;
}

static int parse(const char *text, apr_int64_t max, apr_int64_t *n)
{
    char *end;

    *n = apr_strtoi64(text, &end, 10);
    return end != text && !*end && *n >= 0 && *n <= max;
}

/* Where cmd->info says, in the record of the section. */
static int *field(cmd_parms *cmd, void *dir)
{
    return (int *)((char *)&((vo_dir_conf_t *)dir)->jobs
                   + (apr_size_t)cmd->info);
}

const char *vo_set_job_number(cmd_parms *cmd, void *dir, const char *value)
{
    apr_int64_t n;

    if (!parse(value, 1000000, &n)) {
        return apr_psprintf(cmd->pool,
                            "%s '%s' must be a number from 0 to 1000000",
                            cmd->cmd->name, value);
    }
    *field(cmd, dir) = (int)n;
    return NULL;
}

/* The default and, in the next field, the most. */
const char *vo_set_job_times(cmd_parms *cmd, void *dir, const char *deflt,
                             const char *most)
{
    int is_retention = !strcasecmp(cmd->cmd->name, "VOJobRetention");
    apr_int64_t d, m;

    if (!parse(deflt, 315360000, &d)
        || !parse(most ? most : deflt, 315360000, &m)
        || (is_retention ? d == 0 || d > m : m && (d == 0 || d > m))) {
        return apr_psprintf(cmd->pool,
                            "%s '%s%s%s' must be one or two numbers of seconds "
                            "up to 315360000, the first not above the second%s",
                            cmd->cmd->name, deflt, most ? " " : "",
                            most ? most : "",
                            is_retention ? ", from 1" : "; 0 is no limit");
    }
    field(cmd, dir)[0] = (int)d;
    field(cmd, dir)[1] = (int)m;
    return NULL;
}

const char *vo_set_job_max_bytes(cmd_parms *cmd, void *dir, const char *value)
{
    apr_int64_t n;

    if (!parse(value, APR_INT64_MAX, &n)) {
        return apr_psprintf(cmd->pool,
                            "VOJobMaxBytes '%s' must be a number of bytes; 0 "
                            "is no limit",
                            value);
    }
    ((vo_dir_conf_t *)dir)->jobs.max_bytes = n;
    return NULL;
}

/* Set *TO, the same for all hosts, from 0 to MAX; WHAT it is, for people. */
static const char *set_global(cmd_parms *cmd, const char *value, int max,
                              const char *what, int *to)
{
    const char *wrong = ap_check_cmd_context(cmd, GLOBAL_ONLY);
    apr_int64_t n;

    if (wrong) {
        return wrong;
    }
    if (!parse(value, max, &n)) {
        return apr_psprintf(cmd->pool, "%s '%s' must be %s from 0 to %d",
                            cmd->cmd->name, value, what, max);
    }
    *to = (int)n;
    return NULL;
}

const char *vo_set_job_workers(cmd_parms *cmd, void *dir, const char *value)
{
    (void)dir;
    return set_global(cmd, value, MAX_WORKERS, "a number of processes",
                      &vo_jobs_global.nworkers);
}

const char *vo_set_job_nice(cmd_parms *cmd, void *dir, const char *value)
{
    (void)dir;
    return set_global(cmd, value, VO_NICE_MAX, "a niceness",
                      &vo_jobs_global.nice);
}

const char *vo_set_job_database(cmd_parms *cmd, void *dir, const char *value)
{
    const char *wrong = ap_check_cmd_context(cmd, GLOBAL_ONLY);

    (void)dir;
    vo_jobs_global.database = value;
    return wrong;
}

const char *vo_set_result_dir(cmd_parms *cmd, void *dir, const char *value)
{
    const char *wrong = ap_check_cmd_context(cmd, GLOBAL_ONLY);

    (void)dir;
    if (wrong) {
        return wrong;
    }
    if (*value != '/') {
        return apr_psprintf(cmd->pool,
                            "VOResultDir '%s' must be an absolute path", value);
    }
    vo_jobs_global.result_dir = value;
    return NULL;
}

/* --- what the workers need ----------------------------------------------- */

/* The argument of the first DBDParams below TREE, or NULL. */
static const char *dbd_params(const ap_directive_t *tree, apr_pool_t *pool)
{
    for (; tree; tree = tree->next) {
        const char *found = NULL;

        if (!strcasecmp(tree->directive, "DBDParams")) {
            const char *args = tree->args;

            return ap_getword_conf(pool, &args);
        }
        if (tree->first_child) {
            found = dbd_params(tree->first_child, pool);
        }
        if (found) {
            return found;
        }
    }
    return NULL;
}

static const char *make_dir(const char *path, apr_pool_t *pool)
{
    apr_status_t rv = apr_dir_make_recursive(path,
                                             APR_FPROT_UREAD | APR_FPROT_UWRITE
                                                 | APR_FPROT_UEXECUTE,
                                             pool);
    char why[128];

    if (rv == APR_SUCCESS && geteuid() == 0
        && chown(path, ap_unixd_config.user_id, ap_unixd_config.group_id)) {
        rv = errno;
    }
    if (rv == APR_SUCCESS && access(path, W_OK | X_OK)) {
        rv = errno;
    }
    return rv == APR_SUCCESS
               ? NULL
               : apr_psprintf(pool,
                              "VOResultDir '%s' cannot be made or written to: "
                              "%s", path,
                              apr_strerror(rv, why, sizeof(why)));
}

/* --- the supervisor ------------------------------------------------------ */

/*
 * httpd's parent starts one supervisor per configuration, which starts the
 * workers. At a restart the supervisor is stopped at once and a new one
 * started; workers that have a job finish it first, orphaned, and since they
 * are no children of httpd's parent nothing there knows of them. When httpd
 * stops they see that its parent is gone and give their job back.
 */
typedef struct slot_t {
    pid_t pid;
    const char *name;     /* of the worker, unique */
    const char *old_name; /* of the one before */
    apr_time_t started;
    apr_time_t not_before;
} slot_t;

typedef struct supervisor_t {
    apr_proc_t proc; /* pid 0: none */
    server_rec *server;
    apr_pool_t *pconf;
} supervisor_t;

static void spawn(slot_t *slot, server_rec *s, int pipefd[2], pid_t httpd,
                  apr_pool_t *pool)
{
    char host[APRMAXHOSTLEN + 1];
    apr_pool_t *pworker;
    sigset_t none;

    if (apr_gethostname(host, sizeof(host), pool) != APR_SUCCESS) {
        apr_cpystrn(host, "host", sizeof(host));
    }
    slot->started = apr_time_now();
    slot->old_name = slot->name;
    /* one name per start is kept: few, for starts are rare */
    slot->name = apr_psprintf(pool, "%s %d %" APR_TIME_T_FMT, host,
                              (int)getpid(), slot->started);
    slot->pid = fork();
    if (slot->pid == 0) {
        close(pipefd[1]);
        sigemptyset(&none);
        sigprocmask(SIG_SETMASK, &none, NULL);
        apr_pool_create_unmanaged_ex(&pworker, NULL, NULL);
        vo_worker(s, slot->name, slot->old_name, pipefd[0], httpd, pworker);
        _exit(0);
    }
    if (slot->pid < 0) {
        slot->not_before = slot->started + apr_time_from_msec(RESPAWN_MS);
        ap_log_error(APLOG_MARK, APLOG_ERR, errno, s,
                     VOLOGNO(1200) "cannot start a worker of jobs");
    }
}

static void reap(slot_t *slots, int n, server_rec *s)
{
    int status, i;
    pid_t pid;

    while ((pid = waitpid(-1, &status, WNOHANG)) > 0) {
        for (i = 0; i < n; ++i) {
            if (slots[i].pid == pid) {
                slots[i].pid = 0;
                slots[i].not_before = slots[i].started
                                      + apr_time_from_msec(RESPAWN_MS);
            }
        }
        if (WIFSIGNALED(status)) {
            ap_log_error(APLOG_MARK, APLOG_ERR, 0, s,
                         VOLOGNO(1201) "worker %d of jobs died of signal %d; "
                         "another takes its place", (int)pid,
                         WTERMSIG(status));
        }
    }
}

/* Never returns. */
static void supervise(server_rec *s, pid_t httpd)
{
    int n = vo_jobs_global.nworkers;
    int pipefd[2], fd, i, is_nice;
    apr_pool_t *pool;
    slot_t *slots;
    sigset_t set;

    setsid(); /* signals to httpd's group are not for us, nor is its share of
                 the processors for jobs */
    sigfillset(&set);
    sigprocmask(SIG_SETMASK, &set, NULL);
    sigemptyset(&set);
    sigaddset(&set, SIGTERM);
    sigaddset(&set, SIGCHLD);
    apr_signal(SIGCHLD, SIG_DFL);
    apr_signal(SIGTERM, SIG_DFL);
    apr_signal(SIGHUP, SIG_IGN);
    apr_signal(SIGINT, SIG_IGN);
    apr_signal(SIGPIPE, SIG_IGN);
    apr_signal(AP_SIG_GRACEFUL, SIG_IGN);
    ap_close_listeners();
    apr_pool_create_unmanaged_ex(&pool, NULL, NULL);
    fd = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
    if (ap_run_drop_privileges(pool, s) != OK || fd < 0 || pipe(pipefd)) {
        ap_log_error(APLOG_MARK, APLOG_CRIT, errno, s,
                     VOLOGNO(1202) "the supervisor of jobs cannot start");
        sleep(1);
        _exit(1);
    }
    is_nice = vo_nice(vo_jobs_global.nice, 0); /* workers inherit it */
    slots = apr_pcalloc(pool, sizeof(*slots) * (apr_size_t)n);
    while (getppid() == httpd) {
        struct pollfd p = {fd, POLLIN, 0};
        struct signalfd_siginfo info;

        for (i = 0; i < n; ++i) {
            if (slots[i].pid <= 0 && slots[i].not_before <= apr_time_now()) {
                spawn(&slots[i], s, pipefd, httpd, pool);
            }
        }
        poll(&p, 1, 500);
        if (!is_nice) {
            is_nice = vo_nice(vo_jobs_global.nice, 0);
        }
        while (read(fd, &info, sizeof(info)) == (ssize_t)sizeof(info)) {
            if (info.ssi_signo == SIGTERM) {
                _exit(0);
            }
        }
        reap(slots, n, s);
    }
    _exit(0);
}

static void start(supervisor_t *sup);

static void maintain(int reason, void *baton, apr_wait_t status)
{
    supervisor_t *sup = baton;
    int state;

    switch (reason) {
    case APR_OC_REASON_DEATH:
    case APR_OC_REASON_LOST:
        apr_proc_other_child_unregister(sup);
        sup->proc.pid = 0;
        if (ap_mpm_query(AP_MPMQ_MPM_STATE, &state) == APR_SUCCESS
            && state != AP_MPMQ_STOPPING) {
            ap_log_error(APLOG_MARK, APLOG_ERR, 0, sup->server,
                         VOLOGNO(1203) "the supervisor of jobs died (status "
                         "%d); another takes its place", status);
            start(sup);
        }
        break;
    case APR_OC_REASON_RESTART:
        apr_proc_other_child_unregister(sup);
        break;
    default:
        break;
    }
}

static void start(supervisor_t *sup)
{
    pid_t httpd = getpid();
    pid_t pid = fork();

    if (pid == 0) {
        supervise(sup->server, httpd);
    }
    if (pid < 0) {
        ap_log_error(APLOG_MARK, APLOG_ERR, errno, sup->server,
                     VOLOGNO(1204) "cannot start the supervisor of jobs");
        return;
    }
    sup->proc.pid = pid;
    apr_proc_other_child_register(&sup->proc, maintain, sup, NULL, sup->pconf);
}

static apr_status_t stop(void *baton)
{
    supervisor_t *sup = baton;
    pid_t pid = sup->proc.pid;
    int i;

    if (pid <= 0) {
        return APR_SUCCESS;
    }
    sup->proc.pid = 0;
    /* at the end of httpd its workers, who are its group, give back their job;
     * those of earlier configurations see it themselves */
    kill(ap_state_query(AP_SQ_MAIN_STATE) == AP_SQ_MS_EXITING ? -pid : pid,
         SIGTERM);
    for (i = 0; i < 200; ++i) {
        if (waitpid(pid, NULL, WNOHANG)) {
            return APR_SUCCESS;
        }
        usleep(10000);
    }
    kill(pid, SIGKILL);
    waitpid(pid, NULL, 0);
    return APR_SUCCESS;
}

const char *vo_jobs_start(apr_pool_t *pconf, server_rec *s)
{
    vo_jobs_global_t *global = &vo_jobs_global;
    const char *wrong;
    supervisor_t *sup;

    if (!global->result_dir) {
        global->result_dir = ap_runtime_dir_relative(pconf, DEFAULT_DIR);
    }
    if (global->nworkers == VO_UNSET) {
        global->nworkers = DEFAULT_WORKERS;
    }
    if (global->nice == VO_UNSET) {
        global->nice = DEFAULT_NICE;
    }
    if (!global->database) {
        global->database = dbd_params(ap_conftree, pconf);
    }
    if (!global->database) {
        return NULL; /* no services either */
    }
    wrong = make_dir(global->result_dir, pconf);
    if (wrong || !global->nworkers) {
        return wrong;
    }
    sup = apr_pcalloc(pconf, sizeof(*sup));
    sup->server = s;
    sup->pconf = pconf;
    start(sup);
    /* after the registration, so before it is undone */
    apr_pool_cleanup_register(pconf, sup, stop, apr_pool_cleanup_null);
    return NULL;
}
