/* wcs_tool.c: vo_wcs on standard input and output, for tests in Python. */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <apr_general.h>
#include <apr_strings.h>

#include "fits/vo_wcs.h"

/*
 * A header file: cards of 80 characters without line ends, named as the
 * argument. Then lines: "p X Y" pixel to sky, "s RA DEC" sky to pixel,
 * "c X Y" scale, "o NX NY" outline, "i" info. One line answers each.
 */
static void answer(vo_wcs_t *wcs, const char *line, apr_pool_t *pool)
{
    const vo_wcs_info_t *info = vo_wcs_info(wcs);
    char *end;
    double at[2] = {0, 0}, *outline;
    int i, n;

    if (line[0] && line[1]) {
        at[0] = strtod(line + 1, &end);
        at[1] = strtod(end, NULL);
    }
    switch (*line) {
    case 'p':
        vo_wcs_to_sky(wcs, 1, at, at);
        printf("%.17g %.17g\n", at[0], at[1]);
        break;
    case 's':
        vo_wcs_to_pixels(wcs, 1, at, at);
        printf("%.17g %.17g\n", at[0], at[1]);
        break;
    case 'c':
        vo_wcs_scale(wcs, at[0], at[1], at);
        printf("%.17g %.17g\n", at[0], at[1]);
        break;
    case 'o': {
        vo_err_t *err = vo_wcs_outline(&outline, &n, wcs, (int)at[0],
                                       (int)at[1], pool);

        if (err) {
            printf("error: %s\n", err->text);
            break;
        }
        for (i = 0; i < 2 * n; ++i) {
            printf("%.17g%c", outline[i], i < 2 * n - 1 ? ' ' : '\n');
        }
        break;
    }
    default:
        printf("%s %s %.17g %d %d %d %.17g %.17g %.17g %.17g\n",
               info->projection, info->frame, info->equinox,
               info->is_distorted, info->axis[0], info->axis[1], info->cd[0],
               info->cd[1], info->cd[2], info->cd[3]);
    }
}

int main(int argc, char **argv)
{
    static char cards[8 << 20];
    apr_pool_t *pool;
    char line[1024];
    vo_wcs_t *wcs;
    vo_err_t *err;
    FILE *file;
    size_t n;

    if (argc != 2 || !(file = fopen(argv[1], "rb"))) {
        return 2;
    }
    n = fread(cards, 1, sizeof(cards), file);
    fclose(file);
    apr_initialize();
    apr_pool_create(&pool, NULL);
    err = vo_wcs_parse(&wcs, cards, (int)(n / 80), pool);
    if (err) {
        printf("error: %s\n", err->text);
    }
    while (!err && fgets(line, sizeof(line), stdin)) {
        answer(wcs, line, pool);
    }
    apr_pool_destroy(pool);
    apr_terminate();
    return err != NULL;
}
