/* voctl.h: what the verbs of voctl share. */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef VOCTL_H
#define VOCTL_H

#include <libpq-fe.h>

#include <apr_getopt.h>
#include <apr_hash.h>
#include <apr_pools.h>
#include <apr_tables.h>

#include "vo_err.h"

#define VOCTL_VERSION "0.1"

typedef struct voctl_t {
    apr_pool_t *pool;     /* lives as long as the command */
    const char *dsn;      /* libpq conninfo, "" for libpq's defaults */
    PGconn *conn;         /* after voctl_connect */
    int is_dry_run;       /* say what would be done, change nothing */
    int is_quiet;         /* errors only */
    apr_hash_t *options;  /* option name -> apr_array_header_t of texts */
} voctl_t;

typedef struct voctl_verb_t {
    const char *name;     /* "load", "release add" */
    const char *args;     /* "RELEASE TABLE FILE..." */
    const char *summary;  /* one line, for the list of verbs */
    const char *details;  /* more for `voctl help VERB`, or NULL */
    int min_args, max_args; /* of what is not an option; max -1: any */
    const apr_getopt_option_t *options; /* ended by a zero */
    vo_err_t *(*run)(voctl_t *ctl, int argc, const char *const *argv);
} voctl_verb_t;

/* Every verb, ended by a NULL name. */
extern const voctl_verb_t voctl_verbs[];

vo_err_t *voctl_init(voctl_t *ctl, int argc, const char *const *argv);
vo_err_t *voctl_release_add(voctl_t *ctl, int argc, const char *const *argv);
vo_err_t *voctl_release_list(voctl_t *ctl, int argc, const char *const *argv);
vo_err_t *voctl_release_set(voctl_t *ctl, int argc, const char *const *argv);
vo_err_t *voctl_release_open(voctl_t *ctl, int argc, const char *const *argv);
vo_err_t *voctl_release_private(voctl_t *ctl, int argc,
                                const char *const *argv);
vo_err_t *voctl_release_stage(voctl_t *ctl, int argc, const char *const *argv);
vo_err_t *voctl_release_retire(voctl_t *ctl, int argc,
                               const char *const *argv);
vo_err_t *voctl_filters(voctl_t *ctl, int argc, const char *const *argv);
vo_err_t *voctl_examples(voctl_t *ctl, int argc, const char *const *argv);
vo_err_t *voctl_photospec(voctl_t *ctl, int argc, const char *const *argv);
vo_err_t *voctl_load_verb(voctl_t *ctl, int argc, const char *const *argv);
vo_err_t *voctl_images(voctl_t *ctl, int argc, const char *const *argv);
vo_err_t *voctl_check(voctl_t *ctl, int argc, const char *const *argv);
vo_err_t *voctl_demo(voctl_t *ctl, int argc, const char *const *argv);

extern const apr_getopt_option_t voctl_release_options[];
extern const apr_getopt_option_t voctl_load_options[];
extern const apr_getopt_option_t voctl_images_options[];
extern const apr_getopt_option_t voctl_check_options[];
extern const apr_getopt_option_t voctl_demo_options[];
extern const apr_getopt_option_t voctl_photospec_options[];

/* What `voctl help images` says. */
extern const char voctl_images_details[];

/* Register the files below N FOLDERS as data products of RELEASE, with the
 * options of voctl images that ctl->options has. */
vo_err_t *voctl_images_register(voctl_t *ctl, const char *release, int n,
                                const char *const *folders);

/* ---- options ------------------------------------------------------------ */

/* The last value given for option NAME ("" when it takes none), or NULL. */
const char *voctl_opt(const voctl_t *ctl, const char *name);
/* Every value given for it, as const char *; possibly empty. */
const apr_array_header_t *voctl_opts(const voctl_t *ctl, const char *name);
/* The same as a whole number within [LO, HI]; OTHER when it is not given. */
vo_err_t *voctl_opt_int(apr_int64_t *value, const voctl_t *ctl,
                        const char *name, apr_int64_t other, apr_int64_t lo,
                        apr_int64_t hi);
/* Cut TEXT at commas, blanks around the parts removed. */
apr_array_header_t *voctl_split(const char *list, apr_pool_t *pool);

/* ---- talking ------------------------------------------------------------ */

/* A line to the user, unless --quiet. */
void voctl_say(const voctl_t *ctl, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

/* A progress display on stderr: a bar with rate and time left on a terminal,
 * a line every 10 seconds otherwise, nothing when quiet. */
typedef struct voctl_progress_t voctl_progress_t;
voctl_progress_t *voctl_progress_start(const voctl_t *ctl, const char *what);
/* DONE of ALL bytes or rows (ALL <= 0: unknown) and ROWS so far. Cheap: call it
 * for every row. */
void voctl_progress(voctl_progress_t *p, apr_int64_t done, apr_int64_t all,
                    apr_int64_t rows);
/* Count what UNIT says ("files") instead of rows, few of them and each slow. */
void voctl_progress_of(voctl_progress_t *p, const char *unit);
void voctl_progress_phase(voctl_progress_t *p, const char *what);
void voctl_progress_end(voctl_progress_t *p);

/* ---- the database ------------------------------------------------------- */

/* Connect, once; the connection closes with the pool. */
vo_err_t *voctl_connect(voctl_t *ctl);

/* Run a statement without parameters, or several. */
vo_err_t *voctl_exec(voctl_t *ctl, const char *sql);

/* Run one statement with N text parameters (NULL: null); *RES (may be NULL)
 * lives in POOL. */
vo_err_t *voctl_query(PGresult **res, voctl_t *ctl, const char *sql, int n,
                      const char *const *params, apr_pool_t *pool);

/* BEGIN as vo_owner / COMMIT, or ROLLBACK on a dry run. ROLLBACK after an
 * error is voctl_abort's, which returns ERR. */
vo_err_t *voctl_begin(voctl_t *ctl);
vo_err_t *voctl_commit(voctl_t *ctl);
vo_err_t *voctl_abort(voctl_t *ctl, vo_err_t *err);

/* The error behind CONN's last failure, WHAT failing. */
vo_err_t *voctl_pg_error(PGconn *conn, const PGresult *res, const char *what,
                         apr_pool_t *pool);

#endif
