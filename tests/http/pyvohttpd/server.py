"""server.py: start, configure, ask and stop one private server."""
# SPDX-License-Identifier: GPL-3.0-or-later
import os
import re
import shlex
import shutil
import socket
import subprocess
import time
from pathlib import Path

import psycopg2
import requests

from .log import ErrorLog

TOP = Path(__file__).resolve().parents[3]
BUILD = Path(os.environ.get("VO_BUILD") or "build")
if not BUILD.is_absolute():
    BUILD = TOP / BUILD
SCRIPT = TOP / "tests" / "demo" / "server.sh"


class ServerError(RuntimeError):
    """A program of the server failed; the text is what it printed."""


def _run(args, env=None, timeout=300, check=True):
    full = dict(os.environ, **(env or {}))
    # Output goes to a file: daemons keep it open, a pipe would never end.
    out = BUILD / "tests" / "http" / "last-command"
    out.parent.mkdir(parents=True, exist_ok=True)
    with open(out, "w+b") as f:
        rc = subprocess.call([str(a) for a in args], stdin=subprocess.DEVNULL,
                             stdout=f, stderr=subprocess.STDOUT, cwd=TOP,
                             env=full, timeout=timeout)
        f.seek(0)
        text = f.read().decode("utf-8", "replace")
    if check and rc:
        raise ServerError("%s: exit %d\n%s" % (
            " ".join(str(a) for a in args), rc, text))
    return rc, text


def read_env(path):
    """The variables of a file in shell syntax."""
    found = {}
    for line in Path(path).read_text().splitlines():
        name, _, value = line.partition("=")
        found[name] = "".join(shlex.split(value))
    return found


class VoServer:
    """One folder of tests/demo/server.sh."""

    def __init__(self, folder, env=None):
        self.dir = Path(folder)
        self.script_env = dict({"VO_BUILD": str(BUILD)}, **(env or {}))
        self.generation = 0
        self.env = {}
        self.log = None
        self.session = requests.Session()
        # plain answers, of a known length, unless a test asks otherwise
        self.session.headers["Accept-Encoding"] = "identity"
        self.session.trust_env = False

    # --- life ------------------------------------------------------------
    def script(self, verb, **kw):
        env = dict(self.script_env, **kw.pop("env", {}))
        return _run(["bash", SCRIPT, self.dir, verb], env=env, **kw)

    def read(self):
        self.env = read_env(self.dir / "env")
        self.log = ErrorLog(self.env["VO_ERROR_LOG"])

    def pg_start(self):
        self.script("pg-start")
        self.read()

    def httpd_start(self):
        self.script("httpd-start")
        self.read()

    def stop(self):
        self.script("stop", check=False)

    @property
    def url(self):
        return self.env["VO_URL"]

    # --- configuration -----------------------------------------------------
    def configure(self, name, text):
        """Put TEXT into extra.d/NAME.conf (None: take it away) and restart
        gracefully; returns when every new connection meets the new
        configuration."""
        extra = self.dir / "httpd" / "extra.d"
        path = extra / (name + ".conf")
        if text is None:
            path.unlink(missing_ok=True)
        else:
            path.write_text(text.rstrip() + "\n")
        self.generation += 1
        mark = "%d.%d" % (os.getpid(), self.generation)
        (extra / "zz-generation.conf").write_text(
            'Header always set X-Test-Generation "%s"\n' % mark)
        self.script("httpd-graceful")
        deadline = time.monotonic() + 20
        seen = 0
        while seen < 3:
            if time.monotonic() > deadline:
                raise ServerError("httpd did not take the configuration:\n"
                                  + self.log.tail())
            try:
                r = requests.get(self.url + "/no-such-page", timeout=5,
                                 headers={"Connection": "close"})
            except requests.RequestException:
                time.sleep(0.05)
                continue
            if r.headers.get("X-Test-Generation") == mark:
                seen += 1
            else:
                seen = 0
                time.sleep(0.05)
        self.session.close()

    def configtest(self, text):
        """Would httpd accept TEXT after the present configuration? Returns
        (accepted, what it printed)."""
        conf = self.dir / "httpd" / "configtest.conf"
        conf.write_text((self.dir / "httpd" / "httpd.conf").read_text()
                        + "\n" + text + "\n")
        rc, out = self.httpd("-t", "-d", self.dir / "httpd", "-f", conf)
        conf.unlink()
        return rc == 0, out

    @staticmethod
    def httpd(*args):
        """Run the httpd program itself; (exit code, what it printed)."""
        preload = os.environ.get("HTTPD_PRELOAD")
        return _run([os.environ.get("HTTPD", "/usr/sbin/apache2"), *args],
                    env={"LD_PRELOAD": preload} if preload else None,
                    check=False)

    # --- asking ------------------------------------------------------------
    def request(self, method, path, **kw):
        kw.setdefault("timeout", 60)
        kw.setdefault("allow_redirects", False)
        url = path if "://" in path else self.url + path
        return self.session.request(method, url, **kw)

    def get(self, path, **params):
        """GET with query parameters; a list gives a repeated one."""
        return self.request("GET", path, params=params or None)

    def post(self, path, data=None, **kw):
        return self.request("POST", path, data=data, **kw)

    def raw(self, data, timeout=20):
        """Send bytes as they are, return all bytes of the answer."""
        host, port = re.match(r"http://([^:/]+):(\d+)", self.url).groups()
        got = []
        with socket.create_connection((host, int(port)), timeout) as s:
            s.sendall(data)
            while True:
                part = s.recv(65536)
                if not part:
                    return b"".join(got)
                got.append(part)

    # --- database and voctl ----------------------------------------------
    def connect(self, dsn="VO_DSN"):
        """A psycopg2 connection (autocommit) of the administrator, or of
        VO_WEB_DSN."""
        conn = psycopg2.connect(self.env[dsn])
        conn.autocommit = True
        return conn

    def sql(self, text, params=None):
        """Run TEXT as the administrator; the rows, or None."""
        conn = self.connect()
        try:
            with conn.cursor() as cur:
                cur.execute(text, params)
                return cur.fetchall() if cur.description else None
        finally:
            conn.close()

    def voctl(self, *args, check=True):
        # BUILD may be anywhere, so the SQL files are named
        rc, out = _run([BUILD / "bin" / "voctl", "--dsn", self.env["VO_DSN"],
                        *args], env={"VO_SHARE": str(TOP / "sql")},
                       check=check)
        return out if check else (rc, out)


class Sibling:
    """Another httpd beside SERVER on the same database, in its own folder:
    for configurations that may refuse to start."""

    def __init__(self, server, folder):
        self.dir = Path(folder)
        shutil.rmtree(self.dir, ignore_errors=True)
        self.dir.mkdir(parents=True)
        # server.sh finds the cluster by this name
        shutil.copy(server.dir / "name", self.dir / "name")
        self.server = VoServer(self.dir, server.script_env)

    def start(self, drop=(), before="", extra=""):
        """DROP: configuration lines holding one of these texts are left out;
        BEFORE and EXTRA go before and after conf/vo.conf. Returns (started,
        what was printed and logged)."""
        httpd = self.dir / "httpd"
        for sub, text in (("before.d", before), ("extra.d", extra)):
            (httpd / sub).mkdir(parents=True, exist_ok=True)
            (httpd / sub / "test.conf").write_text(text + "\n")
        wrapper = self.dir / "httpd-wrapper"
        program = os.environ.get("HTTPD", "/usr/sbin/apache2")
        edits = "".join(
            "sed -i -e %s %s %s\n" % (
                shlex.quote("/" + d.replace("/", r"\/") + "/d"),
                shlex.quote(str(httpd / "httpd.conf")),
                shlex.quote(str(httpd / "load.conf"))) for d in drop)
        wrapper.write_text("#!/bin/sh\n%sexec %s \"$@\"\n" % (edits, program))
        wrapper.chmod(0o755)
        rc, out = self.server.script("httpd-start", check=False,
                                     env={"HTTPD": str(wrapper)})
        log = httpd / "logs" / "error_log"
        if log.exists():
            out += log.read_text(errors="replace")
        self.server.read()
        return rc == 0, out

    def stop(self):
        self.server.script("httpd-stop", check=False)
