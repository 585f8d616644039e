// Functions of libc that libssl asks for the time: time up to 3.1,
// gettimeofday since 3.2. The dynamic linker prefers the program's own, so
// that libssl goes by the clock of the tests.

#include "libssl.h"

#include <stdatomic.h>
#include <sys/time.h>
#include <time.h>

static _Atomic int64_t now;

void clock_set(int64_t seconds) { now = seconds; }

static void read_clock(struct timespec *ts)
{
    int64_t set = now;

    if (set != 0) {
        ts->tv_sec = set;
        ts->tv_nsec = 0;
    } else {
        clock_gettime(CLOCK_REALTIME, ts);
    }
}

time_t time(time_t *t)
{
    struct timespec ts;

    read_clock(&ts);
    if (t != NULL)
        *t = ts.tv_sec;
    return ts.tv_sec;
}

int gettimeofday(struct timeval *restrict tv, void *restrict tz)
{
    struct timespec ts;

    (void)tz;
    read_clock(&ts);
    tv->tv_sec = ts.tv_sec;
    tv->tv_usec = ts.tv_nsec / 1000;
    return 0;
}
