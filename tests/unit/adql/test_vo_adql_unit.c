/* test_vo_adql_unit.c: VOUnits, their factors and their refusals. */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <stdlib.h>
#include <cmocka.h>

#include <math.h>

#include <apr_general.h>

#include "adql/vo_adql_ast.h"

static apr_pool_t *pool;

/* Factors from the definitions (SI brochure, IAU 2012 B2, IAU 2015 B3). */
static const struct {
    const char *from, *to;
    double factor;
} factors[] = {
    {"m", "m", 1}, {"km", "m", 1e3}, {"m", "Angstrom", 1e10},
    {"Angstrom", "nm", 0.1}, {"um", "m", 1e-6}, {"dam", "m", 10},
    {"deg", "rad", 0.017453292519943295}, {"deg", "arcsec", 3600},
    {"arcmin", "deg", 1 / 60.0}, {"mas", "arcsec", 1e-3},
    {"uas", "mas", 1e-3}, {"marcsec", "mas", 1},
    {"mas/yr", "deg/yr", 1 / 3.6e6}, {"mas.yr-1", "arcsec/yr", 1e-3},
    {"mas.yr**-1", "mas/a", 1}, {"arcsec/h", "arcsec/s", 1 / 3600.0},
    {"km/s", "m.s**-1", 1e3}, {"km.s-1", "km/h", 3600},
    {"yr", "d", 365.25}, {"d", "s", 86400}, {"min", "s", 60},
    {"h", "min", 60}, {"Jy", "mJy", 1e3},
    {"Jy", "W.m**-2.Hz**-1", 1e-26},
    {"erg.s**-1.cm**-2.Angstrom**-1", "W/m**3", 1e7},
    {"erg/s/cm**2/Angstrom", "erg.s-1.cm-2.Angstrom-1", 1},
    {"eV", "J", 1.602176634e-19}, {"keV", "eV", 1e3},
    {"pc", "m", 3.0856775814913673e16}, {"AU", "km", 149597870.7},
    {"kpc", "pc", 1e3}, {"deg**2", "sr", 3.0461741978670857e-4},
    {"10**3.m", "km", 1}, {"100m", "m", 100}, {"GHz", "Hz", 1e9},
    {"ct/s", "count.min**-1", 60}, {"mmag", "mag", 1e-3},
    {"solMass", "kg", 1.3271244e20 / 6.6743e-11}, {"sqrt(m**2)", "km", 1e-3},
    {"(km/s)**2", "m**2/s**2", 1e6}, {"T", "G", 1e4}, {"Pa", "N/m**2", 1},
    {"m**(1/2)", "sqrt(m)", 1}, {"1/d", "1/s", 1 / 86400.0},
    {"%", "10**-2", 1}, {"25.4mm", "m", 0.0254},
    {"1.898E27kg", "g", 1.898e30}, {"31557600s", "yr", 1},
    {"1.5e-3m", "mm", 1.5}, {"10**-10m", "Angstrom", 1},
    {"Mibyte", "byte", 1048576}, {"KiB", "bit", 8192}, {"MB", "kbyte", 1e3},
    {"Jy/beam", "mJy.beam**-1", 1e3}, {"kadu/pix", "adu/pixel", 1e3},
    {"kmin", "s", 60000}, {"ha", "a", 100}, {"dB", "dex", 0.1},
    {"MsolMass", "solMass", 1e6}, {"Qm", "m", 1e30}, {"rs", "s", 1e-27},
    {"Ba", "d", 365.242198781}, {"ta", "d", 365.24219}
};

static void converts(void **state)
{
    size_t i;

    (void)state;
    for (i = 0; i < sizeof(factors) / sizeof(*factors); ++i) {
        const char *why = NULL;
        double f = 0, back = 0;

        if (adql_unit_factor(factors[i].from, factors[i].to, &f, &why, pool)
            || adql_unit_factor(factors[i].to, factors[i].from, &back, &why,
                                pool)) {
            print_message("%s to %s: %s\n", factors[i].from, factors[i].to,
                          why ? why : "refused");
            fail();
        }
        if (fabs(f / factors[i].factor - 1) > 1e-12
            || fabs(f * back - 1) > 1e-12) {
            print_message("%s to %s: %.17g, not %.17g\n", factors[i].from,
                          factors[i].to, f, factors[i].factor);
            fail();
        }
    }
}

static void refuses(void **state)
{
    static const char *const pairs[][2] = {
        {"m", "s"}, {"deg", "m"}, {"mag", "Jy"}, {"km/s", "km"},
        {"m", "furlong"}, {"", "m"}, {"m", ""}, {"m", "m/"}, {"m", "m**"},
        {"m", "(m"}, {"kmas", "mas"}, {"m", "m m)"}, {"m", "m**1/0"},
        {"m", "m**(1/0)"}, {"m", "0m"}, {"M", "m"},
        {"adu", "electron"}, {"photon", "count"}, {"pix", "%"},
        {"Jy/beam", "Jy"}, {"dex", "mag"}, {"dB", "byte"}, {"Kim", "m"},
        {"dau", "au"}, {"kAngstrom", "m"}, {"m", "1E3"}
    };
    size_t i;

    (void)state;
    for (i = 0; i < sizeof(pairs) / sizeof(*pairs); ++i) {
        const char *why = NULL;
        double f;

        if (!adql_unit_factor(pairs[i][0], pairs[i][1], &f, &why, pool)) {
            print_message("%s to %s gives %g\n", pairs[i][0], pairs[i][1], f);
            fail();
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(converts),
        cmocka_unit_test(refuses),
    };
    int failed;

    apr_initialize();
    apr_pool_create(&pool, NULL);
    failed = cmocka_run_group_tests(tests, NULL, NULL);
    apr_pool_destroy(pool);
    apr_terminate();
    return failed;
}
