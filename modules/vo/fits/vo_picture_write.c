/* vo_picture_write.c: pictures as PNG and JPEG. */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <setjmp.h>
#include <stdio.h>
#include <string.h>

#include <apr_strings.h>
#include <jpeglib.h>
#include <png.h>

#include "vo_picture.h"

#define LEVEL 4 /* of compression: half the time of the usual 6, as small */

/* ---- PNG -------------------------------------------------------------- */

typedef struct png_sink_t {
    vo_out_t *out;
    vo_err_t *err;
    apr_pool_t *pool;
} png_sink_t;

static void png_bytes(png_structp png, png_bytep data, png_size_t len)
{
    png_sink_t *sink = png_get_io_ptr(png);

    sink->err = vo_out_write(sink->out, data, len);
    if (sink->err) {
        png_error(png, "cannot write");
    }
}

static void png_end(png_structp png)
{
    (void)png;
}

static void png_fail(png_structp png, png_const_charp text)
{
    png_sink_t *sink = png_get_error_ptr(png);

    if (!sink->err) {
        sink->err = vo_err_fault(sink->pool, APR_EGENERAL,
                                 "The picture cannot be made.", "libpng: %s",
                                 text);
    }
    png_longjmp(png, 1);
}

static void png_ignore(png_structp png, png_const_charp text)
{
    (void)png;
    (void)text;
}

vo_err_t *vo_picture_png(vo_out_t *out, const vo_picture_t *picture,
                         apr_pool_t *scratch)
{
    png_sink_t sink = {out, NULL, scratch};
    apr_size_t stride = (apr_size_t)picture->width
                        * (apr_size_t)picture->ncolors;
    png_structp png = png_create_write_struct(PNG_LIBPNG_VER_STRING, &sink,
                                              png_fail, png_ignore);
    png_infop volatile info = png ? png_create_info_struct(png) : NULL;
    png_infop freed;
    int y;

    if (!info) {
        png_destroy_write_struct(&png, NULL);
        return vo_err_fault(scratch, APR_ENOMEM, "The picture cannot be made.",
                            "libpng: no memory");
    }
    if (!setjmp(png_jmpbuf(png))) {
        png_set_write_fn(png, &sink, png_bytes, png_end);
        png_set_compression_level(png, LEVEL);
        png_set_IHDR(png, info, (png_uint_32)picture->width,
                     (png_uint_32)picture->height, 8,
                     picture->ncolors == 1 ? PNG_COLOR_TYPE_GRAY
                                           : PNG_COLOR_TYPE_RGB,
                     PNG_INTERLACE_NONE, PNG_COMPRESSION_TYPE_DEFAULT,
                     PNG_FILTER_TYPE_DEFAULT);
        png_set_filter(png, PNG_FILTER_TYPE_BASE, PNG_FILTER_SUB);
        png_write_info(png, info);
        for (y = 0; y < picture->height; ++y) {
            png_write_row(png, picture->pixels + (apr_size_t)y * stride);
        }
        png_write_end(png, NULL);
    }
    freed = info;
    png_destroy_write_struct(&png, &freed);
    return sink.err;
}

/* ---- JPEG ------------------------------------------------------------- */

typedef struct jpeg_sink_t {
    struct jpeg_destination_mgr mgr;
    struct jpeg_error_mgr errors;
    jmp_buf jump;
    vo_out_t *out;
    vo_err_t *err;
    apr_pool_t *pool;
    JOCTET buf[16384];
} jpeg_sink_t;

static void jpeg_fail(j_common_ptr jpeg)
{
    jpeg_sink_t *sink = jpeg->client_data;
    char text[JMSG_LENGTH_MAX];

    if (!sink->err) {
        jpeg->err->format_message(jpeg, text);
        sink->err = vo_err_fault(sink->pool, APR_EGENERAL,
                                 "The picture cannot be made.", "libjpeg: %s",
                                 text);
    }
    longjmp(sink->jump, 1);
}

static void jpeg_ignore(j_common_ptr jpeg)
{
    (void)jpeg;
}

static void jpeg_begin(j_compress_ptr jpeg)
{
    jpeg_sink_t *sink = jpeg->client_data;

    sink->mgr.next_output_byte = sink->buf;
    sink->mgr.free_in_buffer = sizeof(sink->buf);
}

static void jpeg_flush(j_compress_ptr jpeg, size_t len)
{
    jpeg_sink_t *sink = jpeg->client_data;

    sink->err = vo_out_write(sink->out, sink->buf, len);
    if (sink->err) {
        jpeg_fail((j_common_ptr)jpeg);
    }
    jpeg_begin(jpeg);
}

static boolean jpeg_full(j_compress_ptr jpeg)
{
    jpeg_flush(jpeg, sizeof(((jpeg_sink_t *)NULL)->buf));
    return TRUE;
}

static void jpeg_end(j_compress_ptr jpeg)
{
    jpeg_sink_t *sink = jpeg->client_data;

    jpeg_flush(jpeg, sizeof(sink->buf) - sink->mgr.free_in_buffer);
}

vo_err_t *vo_picture_jpeg(vo_out_t *out, const vo_picture_t *picture,
                          int quality, apr_pool_t *scratch)
{
    struct jpeg_compress_struct jpeg;
    jpeg_sink_t *sink = apr_pcalloc(scratch, sizeof(*sink));

    if (picture->width > JPEG_MAX_DIMENSION
        || picture->height > JPEG_MAX_DIMENSION) {
        return vo_err_make(scratch, VO_ERR_LIMIT, "A JPEG picture can have %ld"
                           " pixels at most in each direction.",
                           (long)JPEG_MAX_DIMENSION);
    }
    memset(&jpeg, 0, sizeof(jpeg));
    sink->out = out;
    sink->pool = scratch;
    jpeg.err = jpeg_std_error(&sink->errors);
    sink->errors.error_exit = jpeg_fail;
    sink->errors.output_message = jpeg_ignore;
    jpeg.client_data = sink;
    if (!setjmp(sink->jump)) {
        jpeg_create_compress(&jpeg);
        sink->mgr.init_destination = jpeg_begin;
        sink->mgr.empty_output_buffer = jpeg_full;
        sink->mgr.term_destination = jpeg_end;
        jpeg.dest = &sink->mgr;
        jpeg.image_width = (JDIMENSION)picture->width;
        jpeg.image_height = (JDIMENSION)picture->height;
        jpeg.input_components = picture->ncolors;
        jpeg.in_color_space = picture->ncolors == 1 ? JCS_GRAYSCALE : JCS_RGB;
        jpeg_set_defaults(&jpeg);
        jpeg_set_quality(&jpeg, quality, TRUE);
        jpeg_start_compress(&jpeg, TRUE);
        while (jpeg.next_scanline < jpeg.image_height) {
            JSAMPROW row = picture->pixels
                           + (apr_size_t)jpeg.next_scanline
                                 * (apr_size_t)picture->width
                                 * (apr_size_t)picture->ncolors;

            jpeg_write_scanlines(&jpeg, &row, 1);
        }
        jpeg_finish_compress(&jpeg);
    }
    jpeg_destroy_compress(&jpeg);
    return sink->err;
}
