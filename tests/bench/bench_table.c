/* bench_table.c: what a row costs in each format, without a database. */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/* 22 columns as the demo catalogue has them, two of them real[12]; a thousand
 * different rows are made first and written again and again into a sink that
 * throws everything away. Prints ns per row, MB/s and bytes per row. Then the
 * formats that have a reader are written to a file and read again. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <apr_general.h>
#include <apr_strings.h>

#include "table/vo_table.h"
#include "table/vo_wire.h"
#include "vo_num.h"

#define NROWS 200000
#define NKEPT 1000
#define NCOLS 22

static vo_err_t *throw_away(void *baton, const char *data, apr_size_t len)
{
    apr_off_t *sum = baton;

    *sum += (apr_off_t)len + (*data == '\1');
    return NULL;
}

/* A fixed sequence, the same everywhere. */
static unsigned next_random(unsigned *state)
{
    *state = *state * 1664525u + 1013904223u;
    return *state >> 8;
}

static void set_field(vo_field_t *f, const char *name, vo_type_e type,
                      const char *arraysize, unsigned oid)
{
    f->name = name;
    f->type = type;
    f->arraysize = arraysize;
    f->size = vo_arraysize_parse(arraysize);
    f->pg_oid = oid;
}

static void make_fields(vo_field_t *f, apr_pool_t *pool)
{
    int i;

    set_field(&f[0], "tile_id", VO_TYPE_INT, NULL, VO_OID_INT4);
    set_field(&f[1], "number", VO_TYPE_LONG, NULL, VO_OID_INT8);
    set_field(&f[2], "alpha_j2000", VO_TYPE_DOUBLE, NULL, VO_OID_FLOAT8);
    set_field(&f[3], "delta_j2000", VO_TYPE_DOUBLE, NULL, VO_OID_FLOAT8);
    set_field(&f[4], "name", VO_TYPE_CHAR, "*", VO_OID_TEXT);
    set_field(&f[5], "mag_auto", VO_TYPE_FLOAT, "12", VO_OID_FLOAT4_ARRAY);
    set_field(&f[6], "mag_err_auto", VO_TYPE_FLOAT, "12", VO_OID_FLOAT4_ARRAY);
    set_field(&f[7], "mask_flags", VO_TYPE_SHORT, NULL, VO_OID_INT2);
    for (i = 8; i < NCOLS; ++i) {
        set_field(&f[i], apr_psprintf(pool, "value_%d", i),
                  i % 2 ? VO_TYPE_FLOAT : VO_TYPE_INT, NULL,
                  i % 2 ? VO_OID_FLOAT4 : VO_OID_INT4);
    }
}

static void set_cell(vo_cell_t *cell, const void *data, int len,
                     apr_pool_t *pool)
{
    cell->data = apr_pmemdup(pool, data, (apr_size_t)len);
    cell->len = len;
}

static void make_array(vo_cell_t *cell, int is_binary, unsigned *seed,
                       apr_pool_t *pool)
{
    char buf[600], *p = buf;
    int i;

    if (is_binary) {
        vo_put32(p, 1);
        vo_put32(p + 4, 0);
        vo_put32(p + 8, VO_OID_FLOAT4);
        vo_put32(p + 12, 12);
        vo_put32(p + 16, 1);
        p += 20;
    }
    else {
        *p++ = '{';
    }
    for (i = 0; i < 12; ++i) {
        float v = 15.0f + (float)(next_random(seed) % 1000000) / 1e5f;

        if (is_binary) {
            vo_put32(p, 4);
            vo_put_float(p + 4, v);
            p += 8;
            continue;
        }
        if (i) {
            *p++ = ',';
        }
        p += vo_num_from_float(p, v);
    }
    if (!is_binary) {
        *p++ = '}';
    }
    set_cell(cell, buf, (int)(p - buf), pool);
}

static void make_row(vo_cell_t *cells, const vo_field_t *f, int is_binary,
                     unsigned *seed, apr_pool_t *pool)
{
    char buf[64];
    int i, n;

    for (i = 0; i < NCOLS; ++i) {
        double v = (double)next_random(seed) / 46603.37777777;
        int64_t whole = (int64_t)next_random(seed);

        if (f[i].size > 0) {
            make_array(&cells[i], is_binary, seed, pool);
            continue;
        }
        switch (f[i].type) {
        case VO_TYPE_CHAR:
            n = snprintf(buf, sizeof(buf), "OBJ %lld", (long long)whole);
            break;
        case VO_TYPE_DOUBLE:
            n = is_binary ? 8 : vo_num_from_double(buf, v);
            if (is_binary) {
                vo_put_double(buf, v);
            }
            break;
        case VO_TYPE_FLOAT:
            n = is_binary ? 4 : vo_num_from_float(buf, (float)v);
            if (is_binary) {
                vo_put_float(buf, (float)v);
            }
            break;
        default:
            n = is_binary ? vo_type_width(f[i].type)
                          : vo_num_from_int64(buf, whole % 30000);
            if (is_binary) {
                char all[8];

                vo_put64(all, (uint64_t)(whole % 30000));
                memcpy(buf, all + 8 - n, (size_t)n);
            }
        }
        set_cell(&cells[i], buf, n, pool);
    }
}

/* Seconds of processor time, so that a busy machine changes little. */
static double now(void)
{
    struct timespec t;

    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static vo_err_t *to_file(void *baton, const char *data, apr_size_t len)
{
    fwrite(data, 1, len, baton);
    return NULL;
}

static void give_up(const char *name, const vo_err_t *err, apr_pool_t *pool)
{
    printf("%-10s %s\n", name, vo_err_private(err, pool));
    exit(1);
}

/* Write the table with SEND; returns the seconds it took. */
static double write_table(const vo_tablefmt_t *fmt, const vo_field_t *fields,
                          vo_out_fn_t *send, void *baton, apr_pool_t *pool)
{
    vo_cell_t *cells = apr_palloc(pool, NKEPT * NCOLS * sizeof(*cells));
    vo_tabledoc_t doc;
    vo_writer_t *w;
    vo_err_t *err;
    double start;
    unsigned seed = 1;
    int i;

    memset(&doc, 0, sizeof(doc));
    doc.nfields = NCOLS;
    doc.fields = fields;
    for (i = 0; i < NKEPT; ++i) {
        make_row(cells + i * NCOLS, fields, fmt->is_binary, &seed, pool);
    }
    w = vo_writer_create(fmt, &doc, vo_out_create(send, baton, pool), pool);
    start = now();
    err = fmt->begin(w);
    for (i = 0; i < NROWS && !err; ++i) {
        err = fmt->row(w, cells + i % NKEPT * NCOLS);
    }
    err = err ? err : fmt->end(w, VO_DONE_OK);
    err = err ? err : vo_out_flush(w->out);
    if (err) {
        give_up(fmt->name, err, pool);
    }
    return now() - start;
}

static void report(const char *name, double seconds, double bytes)
{
    printf("%-10s %8.0f %10.0f %10.0f\n", name, seconds / NROWS * 1e9,
           bytes / seconds / 1e6, bytes / NROWS);
}

static void bench_writer(const vo_tablefmt_t *fmt, const vo_field_t *fields,
                         apr_pool_t *pool)
{
    apr_off_t sent = 0;
    double seconds = write_table(fmt, fields, throw_away, &sent, pool);

    report(fmt->name, seconds, (double)sent);
}

static void bench_reader(const vo_tablefmt_t *fmt, const vo_field_t *fields,
                         apr_pool_t *pool)
{
    char path[] = "/tmp/bench_table_XXXXXX";
    const vo_cell_t *cells;
    vo_reader_t *reader;
    vo_err_t *err;
    double start;
    int fd = mkstemp(path), n = -1;
    FILE *file = fdopen(fd, "wb");
    long bytes;

    write_table(fmt, fields, to_file, file, pool);
    bytes = ftell(file);
    fclose(file);
    start = now();
    err = vo_reader_open(&reader, path, NULL, pool);
    do {
        ++n;
        err = err ? err : vo_reader_next(reader, &cells);
    } while (!err && cells);
    remove(path);
    if (err || n != NROWS) {
        give_up(fmt->name, err, pool);
    }
    report(fmt->name, now() - start, (double)bytes);
}

int main(int argc, char **argv)
{
    const vo_tablefmt_t *const *fmt = vo_tablefmt_all();
    vo_field_t fields[NCOLS];
    apr_pool_t *pool;

    apr_initialize();
    apr_pool_create(&pool, NULL);
    memset(fields, 0, sizeof(fields));
    make_fields(fields, pool);
    printf("%-10s %8s %10s %10s   %d rows, %d columns\n", "format", "ns/row",
           "MB/s", "bytes/row", NROWS, NCOLS);
    for (; *fmt; ++fmt) {
        if (argc < 2 || !strcmp(argv[1], (*fmt)->name)) {
            bench_writer(*fmt, fields, pool);
        }
    }
    printf("reading\n");
    for (fmt = vo_tablefmt_all(); *fmt; ++fmt) {
        if (((*fmt)->is_votable || !strcmp((*fmt)->name, "fits")
             || !strcmp((*fmt)->name, "csv"))
            && (argc < 2 || !strcmp(argv[1], (*fmt)->name))) {
            bench_reader(*fmt, fields, pool);
        }
    }
    return 0;
}
