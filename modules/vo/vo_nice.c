/* vo_nice.c: lower the priority of the process that does work in the
 * background. */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "vo_nice.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#define STEP_MS 20

/* Is the session told, or is there nothing to tell? */
static int tell_session(int nice)
{
    int fd = open("/proc/self/autogroup", O_WRONLY | O_CLOEXEC);
    int is_told = 1;
    char text[16];

    if (fd >= 0) {
        int n = snprintf(text, sizeof(text), "%d", nice);

        is_told = write(fd, text, (size_t)n) == n || errno != EAGAIN;
        close(fd);
    }
    return is_told;
}

int vo_nice(int nice, int wait_ms)
{
    const struct timespec step = {0, STEP_MS * 1000000L};
    int is_told;

    setpriority(PRIO_PROCESS, 0, nice);
    if (getsid(0) != getpid()) {
        return 1;
    }
    while (!(is_told = tell_session(nice)) && wait_ms > 0) {
        nanosleep(&step, NULL);
        wait_ms -= STEP_MS;
    }
    return is_told;
}
