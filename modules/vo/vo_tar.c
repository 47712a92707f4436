/* vo_tar.c: writing tar archives. */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/* POSIX.1-2017, pax, ustar Interchange Format */
#include "vo_tar.h"

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define BLOCK 512

typedef struct ustar_t {
    char name[100], mode[8], uid[8], gid[8], size[12], mtime[12], chksum[8];
    char typeflag, linkname[100], magic[6], version[2], uname[32], gname[32];
    char devmajor[8], devminor[8], prefix[155], pad[12];
} ustar_t;

static const char zeros[2 * BLOCK];

/* Sum of the bytes of HEAD, its checksum counting as blanks. */
static unsigned sum_of(const ustar_t *head)
{
    ustar_t copy = *head;
    unsigned sum = 0;
    apr_size_t i;

    memset(copy.chksum, ' ', sizeof(copy.chksum));
    for (i = 0; i < sizeof(copy); ++i) {
        sum += ((const unsigned char *)&copy)[i];
    }
    return sum;
}

vo_err_t *vo_tar_file(vo_out_t *out, const char *name, const void *data,
                      apr_size_t len, apr_time_t time)
{
    apr_size_t n = strlen(name);
    char octal[24];
    ustar_t head;

    memset(&head, 0, sizeof(head));
    if (n > sizeof(head.name)) {
        name += n - sizeof(head.name);
        n = sizeof(head.name);
    }
    memcpy(head.name, name, n);
    memcpy(head.mode, "0000644", 8);
    memcpy(head.uid, "0000000", 8);
    memcpy(head.gid, "0000000", 8);
    snprintf(octal, sizeof(octal), "%011llo", (unsigned long long)len);
    memcpy(head.size, octal, sizeof(head.size));
    snprintf(octal, sizeof(octal), "%011llo",
             (unsigned long long)apr_time_sec(time));
    memcpy(head.mtime, octal, sizeof(head.mtime));
    head.typeflag = '0';
    memcpy(head.magic, "ustar", 6);
    memcpy(head.version, "00", 2);
    snprintf(octal, sizeof(octal), "%06o", sum_of(&head));
    memcpy(head.chksum, octal, 7);
    VO_TRY(vo_out_write(out, &head, sizeof(head)));
    VO_TRY(vo_out_write(out, data, len));
    return vo_out_write(out, zeros, (BLOCK - len % BLOCK) % BLOCK);
}

/* The octal number in the LEN bytes at TEXT, -1 if there is none. */
static apr_int64_t octal_of(const char *text, apr_size_t len)
{
    apr_int64_t n = 0;
    apr_size_t i;

    for (i = 0; i < len && text[i] >= '0' && text[i] <= '7'; ++i) {
        n = n * 8 + (text[i] - '0');
    }
    return i ? n : -1;
}

vo_err_t *vo_tar_salvage(vo_out_t *out, int fd, vo_tar_told_t *told,
                         void *baton)
{
    char name[sizeof(((ustar_t *)0)->name) + 1], block[BLOCK];
    apr_int64_t at = 0, len, end;
    struct stat st;
    ustar_t head;

    if (fstat(fd, &st)) {
        return NULL;
    }
    while (pread(fd, &head, sizeof(head), at) == (ssize_t)sizeof(head)
           && !memcmp(head.magic, "ustar", 6)
           && octal_of(head.chksum, 6) == (apr_int64_t)sum_of(&head)) {
        len = octal_of(head.size, 11);
        end = at + BLOCK + (len + BLOCK - 1) / BLOCK * BLOCK;
        memcpy(name, head.name, sizeof(head.name));
        name[sizeof(head.name)] = '\0';
        if (len < 0 || end > (apr_int64_t)st.st_size || !told(baton, name)) {
            break;
        }
        for (; at < end; at += BLOCK) {
            if (pread(fd, block, BLOCK, at) != BLOCK) {
                return vo_err_fault(out->pool, APR_EGENERAL,
                                    "The result could not be written.",
                                    "an unfinished archive shrank");
            }
            VO_TRY(vo_out_write(out, block, BLOCK));
        }
    }
    return NULL;
}

vo_err_t *vo_tar_end(vo_out_t *out)
{
    return vo_out_write(out, zeros, sizeof(zeros));
}
