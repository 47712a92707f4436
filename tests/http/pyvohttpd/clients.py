"""clients.py: clients that misbehave, and what the server has open for them."""
# SPDX-License-Identifier: GPL-3.0-or-later
import contextlib
import os
import re
import socket
import struct
import subprocess


def children(pid):
    out = subprocess.run(["ps", "-o", "pid=", "--ppid", str(pid)],
                         capture_output=True, text=True, check=False).stdout
    return [int(p) for p in out.split()]


def ask(vo, url, header="Accept: */*"):
    """A connection that has asked for URL."""
    host, port = re.match(r"http://([^:/]+):(\d+)", vo.url).groups()
    s = socket.create_connection((host, int(port)), 20)
    s.sendall(("GET %s HTTP/1.1\r\nHost: x\r\nConnection: close\r\n%s\r\n"
               "\r\n" % (url, header)).encode())
    return s


def reset(s):
    s.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    s.close()


def rest(s):
    """Everything the server sends."""
    parts = []
    while True:
        part = s.recv(1 << 16)
        if not part:
            return b"".join(parts)
        parts.append(part)


def httpds(vo):
    with open(vo.env["VO_HTTPD_PID"]) as f:
        return children(int(f.read()))


def descendants(vo):
    """The children of httpd, the workers of jobs and what these started."""
    found, todo = [], httpds(vo)
    while todo:
        found += todo
        todo = [c for p in todo for c in children(p)]
    return found


def open_files(vo):
    """How many files of images the children have open."""
    n = 0
    for pid in httpds(vo):
        fds = "/proc/%d/fd/" % pid
        with contextlib.suppress(OSError):
            for fd in os.listdir(fds):
                with contextlib.suppress(OSError):
                    n += str(vo.dir / "images") in os.readlink(fds + fd)
    return n


def usage(vo):
    """Of each child: descriptors, and private memory (KB)."""
    found = {}
    for pid in httpds(vo):
        with contextlib.suppress(OSError):
            with open("/proc/%d/status" % pid) as f:
                rss = int(re.search(r"RssAnon:\s+(\d+)", f.read()).group(1))
            found[pid] = (len(os.listdir("/proc/%d/fd" % pid)), rss)
    return found


# --- look-ups of images that wait ---------------------------------------

@contextlib.contextmanager
def locked(vo):
    """Nobody can look up images until the end."""
    conn = vo.connect()
    conn.autocommit = False
    try:
        with conn.cursor() as cur:
            cur.execute("LOCK TABLE pix_dr1.vo_image IN ACCESS EXCLUSIVE MODE")
        yield
    finally:
        conn.close()


def blocked(vo):
    return [p for p, in vo.sql(
        "SELECT pid FROM pg_stat_activity WHERE usename = 'vo_web'"
        " AND wait_event_type = 'Lock'")]


def kill_backends(vo, pids):
    for pid in pids:
        vo.sql("SELECT pg_terminate_backend(%s)", (pid,))
