/* vo_write_json.c: a table as one JSON object. */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/* {"metadata": [{"name", "datatype", ...}], "data": [[...]], "query_status"}:
 * the shape TAP services with JSON output have. NULL, NaN and infinities are
 * null (RFC 8259 knows no others); integers are numbers of any size. */
#include "vo_write.h"

#include <apr_strings.h>

static char *json_text(char *p, const char *s, int len)
{
    static const char digits[] = "0123456789abcdef";
    const char *end = s + len;

    *p++ = '"';
    for (; s < end; ++s) {
        unsigned char c = (unsigned char)*s;

        if (c == '"' || c == '\\') {
            *p++ = '\\';
            *p++ = (char)c;
        }
        else if (c == '\n') {
            *p++ = '\\';
            *p++ = 'n';
        }
        else if (c < 0x20) {
            memcpy(p, "\\u00", 4);
            p[4] = digits[c >> 4];
            p[5] = digits[c & 15];
            p += 6;
        }
        else {
            *p++ = (char)c;
        }
    }
    *p++ = '"';
    return p;
}

static const vo_style_t style = {
    "null", "null", "null", "null", "null", "[", ",", "]", '"', 1, 0,
    json_text,
};

typedef struct json_t {
    vo_tcol_t *cols;
    apr_size_t need;
    vo_rowbuf_t row;
} json_t;

static vo_err_t *put_string(vo_writer_t *w, const char *text)
{
    apr_size_t len = strlen(text);
    char *buf = apr_palloc(w->pool, 6 * len + 2);
    char *end = json_text(buf, text, (int)len);

    return vo_out_write(w->out, buf, (apr_size_t)(end - buf));
}

static vo_err_t *put_member(vo_writer_t *w, const char *name,
                            const char *value)
{
    if (!value) {
        return NULL;
    }
    VO_TRY(vo_out_puts(w->out, ", \""));
    VO_TRY(vo_out_puts(w->out, name));
    VO_TRY(vo_out_puts(w->out, "\": "));
    return put_string(w, value);
}

static vo_err_t *json_begin(vo_writer_t *w)
{
    json_t *json = apr_pcalloc(w->pool, sizeof(*json));
    int i;

    w->state = json;
    VO_TRY(vo_tcols_make(&json->cols, &json->need, w, &style, &json->row));
    VO_TRY(vo_out_puts(w->out, "{\"metadata\": ["));
    for (i = 0; i < w->doc->nfields; ++i) {
        const vo_field_t *field = &w->doc->fields[i];
        vo_shape_t shape = vo_shape(field, w->pool);

        VO_TRY(vo_out_puts(w->out, i ? ",\n{\"name\": " : "\n{\"name\": "));
        VO_TRY(put_string(w, field->name));
        VO_TRY(put_member(w, "datatype", vo_type_name(shape.type)));
        VO_TRY(put_member(w, "arraysize", shape.arraysize));
        VO_TRY(put_member(w, "xtype", field->xtype));
        VO_TRY(put_member(w, "unit", field->unit));
        VO_TRY(put_member(w, "ucd", field->ucd));
        VO_TRY(put_member(w, "utype", field->utype));
        VO_TRY(put_member(w, "description", field->description));
        VO_TRY(vo_out_puts(w->out, "}"));
    }
    return vo_out_puts(w->out, "],\n\"data\": [");
}

static vo_err_t *json_row(vo_writer_t *w, const vo_cell_t *cells)
{
    json_t *json = w->state;
    int i, n = w->doc->nfields;
    char *p;

    VO_TRY(vo_rowbuf_begin(&json->row, vo_row_room(cells, n, json->need), &p));
    if (w->nrows) {
        *p++ = ',';
    }
    *p++ = '\n';
    *p++ = '[';
    for (i = 0; i < n; ++i) {
        const vo_tcol_t *col = &json->cols[i];

        if (i) {
            *p++ = ',';
        }
        if (cells[i].len < 0) {
            memcpy(p, "null", 4);
            p += 4;
            continue;
        }
        p = col->put(col, p, cells[i].data, cells[i].len);
        if (!p) {
            return vo_cell_error(w, i, json->row.reason);
        }
    }
    *p++ = ']';
    w->nrows++;
    return vo_rowbuf_end(&json->row, p);
}

static vo_err_t *close_document(vo_writer_t *w, const char *status,
                                const char *message)
{
    VO_TRY(vo_out_puts(w->out, "],\n\"query_status\": "));
    VO_TRY(put_string(w, status));
    VO_TRY(put_member(w, "message", message));
    return vo_out_puts(w->out, "}\n");
}

static vo_err_t *json_end(vo_writer_t *w, vo_done_e done)
{
    return close_document(w, done == VO_DONE_OVERFLOW ? "OVERFLOW" : "OK",
                          NULL);
}

static vo_err_t *json_fail(vo_writer_t *w, const vo_err_t *err)
{
    return close_document(w, "ERROR", vo_err_public(err, w->pool));
}

static const char *const aliases[] = {"application/json", "text/json", NULL};

const vo_tablefmt_t vo_fmt_json = {
    .name = "json",
    .media_type = "application/json",
    .extension = "json",
    .aliases = aliases,
    .tells_failure = 1,
    .begin = json_begin,
    .row = json_row,
    .end = json_end,
    .fail = json_fail,
};
