"""heap.py: how much of their heap the processes of a server use."""
# SPDX-License-Identifier: GPL-3.0-or-later
import contextlib
import os
import re
import signal

from .clients import descendants
from .jobs import until
from .server import BUILD

TRAP = 1 << (signal.SIGTRAP - 1)


def status(pid):
    """What the kernel tells of PID by name; nothing if it is gone."""
    with contextlib.suppress(OSError):
        with open("/proc/%d/status" % pid) as f:
            return dict(re.findall(r"(\w+):\s+(\w+)", f.read()))
    return {}


def is_probed(pid):
    """Would PID answer? The supervisor of jobs, which only waits, does not."""
    mask = status(pid)
    return bool(TRAP & int(mask.get("SigCgt", "0"), 16)
                & ~int(mask.get("SigBlk", "0"), 16))


class Heap:
    """The server's httpd with heap_probe.so in it, until the end."""

    def __init__(self, vo):
        self.vo = vo
        self.folder = vo.dir / "heap"

    def __enter__(self):
        self.folder.mkdir(exist_ok=True)
        self.folder.chmod(0o777)
        self.vo.script("httpd-stop")
        # memory in quarantine is not memory that grows
        self.vo.script("httpd-start", env={
            "HEAP_PROBE": str(self.folder),
            "HTTPD_PRELOAD": ":".join(filter(None, [
                os.environ.get("HTTPD_PRELOAD"),
                str(BUILD / "tests" / "heap_probe.so")])),
            "ASAN_OPTIONS": ":".join(filter(None, [
                os.environ.get("ASAN_OPTIONS"), "quarantine_size_mb=1",
                "thread_local_quarantine_size_kb=16"]))})
        self.vo.read()
        self.vo.session.close()
        return self

    def __exit__(self, *what):
        self.vo.script("httpd-stop")
        self.vo.httpd_start()
        self.vo.session.close()

    def in_use(self):
        """Of every child of httpd and worker of jobs, by PID: bytes it has
        from malloc(), and bytes of memory it touched (APR's pools do not use
        malloc() everywhere)."""
        pids = [p for p in descendants(self.vo) if is_probed(p)]
        for pid in pids:
            (self.folder / str(pid)).unlink(missing_ok=True)
            with contextlib.suppress(OSError):
                os.kill(pid, signal.SIGTRAP)
        found = {}
        for pid in pids:
            path = self.folder / str(pid)
            until(lambda: path.exists() or not status(pid))
            if path.exists():
                found[pid] = (int(path.read_text()),
                              1024 * int(status(pid).get("RssAnon", 0)))
        return found
