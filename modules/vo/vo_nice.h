/* vo_nice.h: lower the priority of the process that does work in the
 * background. Knows neither APR nor PostgreSQL: both use it. */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef VO_NICE_H
#define VO_NICE_H

#define VO_NICE_MAX 19

/* Make the calling process as nice as NICE, from 0 to VO_NICE_MAX
 * (setpriority); and its session too when the process leads one and Linux
 * schedules by session (sched(7), autogroup), since niceness then counts within
 * a session only. There is no way back without privileges, so a smaller value
 * than before is to be refused by the caller.
 *
 * Without privileges Linux lets one session of the whole machine change in a
 * tenth of a second; WAIT_MS is how long to try again.
 *
 * Returns 1 when all of it is done, 0 when the session could not be told in
 * time: call again later. What a system does not have counts as done. */
int vo_nice(int nice, int wait_ms);

#endif
