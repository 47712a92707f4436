/* voctl_progress.c: telling the user how far a long piece of work is. */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "voctl.h"

#include <stdarg.h>
#include <stdio.h>
#include <unistd.h>

#include <apr_strings.h>
#include <apr_time.h>

#define BAR_WIDTH 24
#define TTY_INTERVAL apr_time_from_msec(200)
#define LINE_INTERVAL apr_time_from_sec(10)

struct voctl_progress_t {
    const char *what, *unit;
    unsigned every; /* calls between looks at the clock, less 1 */
    int is_quiet, is_tty, is_dirty; /* dirty: a bar stands on the line */
    unsigned calls;
    apr_time_t start, next;
};

void voctl_say(const voctl_t *ctl, const char *fmt, ...)
{
    va_list ap;

    if (ctl->is_quiet) {
        return;
    }
    va_start(ap, fmt);
    vprintf(fmt, ap);
    va_end(ap);
    putchar('\n');
    fflush(stdout);
}

voctl_progress_t *voctl_progress_start(const voctl_t *ctl, const char *what)
{
    voctl_progress_t *p = apr_pcalloc(ctl->pool, sizeof(*p));

    p->is_quiet = ctl->is_quiet;
    p->is_tty = isatty(STDERR_FILENO);
    p->unit = "rows";
    p->every = 255;
    voctl_progress_phase(p, what);
    return p;
}

void voctl_progress_of(voctl_progress_t *p, const char *unit)
{
    p->unit = unit;
    p->every = 0;
}

static void show(voctl_progress_t *p, apr_int64_t done, apr_int64_t all,
                 apr_int64_t rows, apr_time_t now)
{
    double sec = (double)(now - p->start) / APR_USEC_PER_SEC;
    double part = all > 0 ? (double)done / (double)all : 0;
    double rate = sec > 0 ? (double)rows / sec : 0;
    char bar[BAR_WIDTH + 1];
    int i;

    part = part > 1 ? 1 : part;
    if (!p->is_tty) {
        fprintf(stderr, "%s: %" APR_INT64_T_FMT " %s", p->what, rows,
                p->unit);
        if (all > 0) {
            fprintf(stderr, ", %.0f %%", 100 * part);
        }
        fprintf(stderr, ", %.0f %s/s\n", rate, p->unit);
        return;
    }
    for (i = 0; i < BAR_WIDTH; ++i) {
        bar[i] = i < part * BAR_WIDTH ? '#' : '.';
    }
    bar[BAR_WIDTH] = '\0';
    fprintf(stderr, "\r\033[K%s", p->what);
    if (all > 0) {
        fprintf(stderr, " [%s] %3.0f %%", bar, 100 * part);
    }
    if (rows > 0) {
        fprintf(stderr, " %" APR_INT64_T_FMT " %s %.0f/s", rows, p->unit,
                rate);
    }
    if (part > 0.01) {
        double left = sec / part - sec;

        fprintf(stderr, " %d:%02d left", (int)left / 60, (int)left % 60);
    }
    fflush(stderr);
    p->is_dirty = 1;
}

void voctl_progress(voctl_progress_t *p, apr_int64_t done, apr_int64_t all,
                    apr_int64_t rows)
{
    apr_time_t now;

    if (p->is_quiet || (++p->calls & p->every)) {
        return; /* the clock is asked for every 256th row only */
    }
    now = apr_time_now();
    if (now >= p->next) {
        show(p, done, all, rows, now);
        p->next = now + (p->is_tty ? TTY_INTERVAL : LINE_INTERVAL);
    }
}

void voctl_progress_phase(voctl_progress_t *p, const char *what)
{
    voctl_progress_end(p);
    p->what = what;
    p->calls = 0;
    p->start = apr_time_now();
    p->next = p->start + (p->is_tty ? TTY_INTERVAL : LINE_INTERVAL);
    if (p->is_tty && !p->is_quiet) {
        fprintf(stderr, "\r\033[K%s ...", what);
        p->is_dirty = 1;
    }
}

void voctl_progress_end(voctl_progress_t *p)
{
    if (p->is_dirty) {
        fputs("\r\033[K", stderr);
        p->is_dirty = 0;
    }
}
