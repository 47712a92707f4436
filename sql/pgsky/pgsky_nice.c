/* pgsky_nice.c: backends that give way to others, with their parallel
 * workers. */
/* SPDX-License-Identifier: GPL-3.0-or-later */

#include "pgsky.h"

#include "utils/guc.h"

#include "vo_nice.h"

#define SETTING "pgsky.nice"

/* How long a parallel worker, whose leader may be waiting for it, tries to be
 * nice; and a session that asks for it. */
#define WAIT_MS 200
#define WAIT_ASKED_MS 1000

static int nice_setting;        /* what was asked for */
static int reached;             /* what this process is; it only grows */
static bool is_done = true;     /* and the kernel knows all of it */

static bool check(int *value, void **extra, GucSource source)
{
    (void) extra;
    if (*value < reached && source >= PGC_S_INTERACTIVE) {
        GUC_check_errdetail("This session has niceness %d, which can only "
                            "grow.", reached);
        return false;
    }
    return true;
}

/* Also called in parallel workers, when they take over their leader's
 * settings, and at the end of a transaction that is rolled back. */
static void assign(int value, void *extra)
{
    (void) extra;
    if (value > reached) {
        reached = value;
        is_done = vo_nice(reached, WAIT_MS);
    }
}

static const char *show(void)
{
    return psprintf("%d", reached);
}

void _PG_init(void);
void _PG_init(void)
{
    DefineCustomIntVariable(SETTING, "Niceness of this session's processes.",
                            "It can only grow.", &nice_setting, 0, 0,
                            VO_NICE_MAX, PGC_USERSET, 0, check, assign, show);
    MarkGUCPrefixReserved("pgsky");
}

/* Set it (this loads the library, which SET alone does not). */
PG_FUNCTION_INFO_V1(pgsky_nice);
Datum pgsky_nice(PG_FUNCTION_ARGS)
{
    char *value = psprintf("%d", PG_GETARG_INT32(0));

    SetConfigOption(SETTING, value, PGC_USERSET, PGC_S_SESSION);
    if (!is_done) {
        is_done = vo_nice(reached, WAIT_ASKED_MS);
    }
    PG_RETURN_BOOL(is_done);
}
