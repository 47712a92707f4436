/* vo_tar.c: writing tar archives. */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/* POSIX.1-2017, pax, ustar Interchange Format */
#include "vo_tar.h"

#include <stdio.h>
#include <string.h>

#define BLOCK 512

typedef struct ustar_t {
    char name[100], mode[8], uid[8], gid[8], size[12], mtime[12], chksum[8];
    char typeflag, linkname[100], magic[6], version[2], uname[32], gname[32];
    char devmajor[8], devminor[8], prefix[155], pad[12];
} ustar_t;

static const char zeros[2 * BLOCK];

vo_err_t *vo_tar_file(vo_out_t *out, const char *name, const void *data,
                      apr_size_t len, apr_time_t time)
{
    apr_size_t n = strlen(name), i;
    unsigned sum = 0;
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
    memset(head.chksum, ' ', sizeof(head.chksum));
    for (i = 0; i < sizeof(head); ++i) {
        sum += ((const unsigned char *)&head)[i];
    }
    snprintf(octal, sizeof(octal), "%06o", sum);
    memcpy(head.chksum, octal, 7);
    VO_TRY(vo_out_write(out, &head, sizeof(head)));
    VO_TRY(vo_out_write(out, data, len));
    return vo_out_write(out, zeros, (BLOCK - len % BLOCK) % BLOCK);
}

vo_err_t *vo_tar_end(vo_out_t *out)
{
    return vo_out_write(out, zeros, sizeof(zeros));
}
