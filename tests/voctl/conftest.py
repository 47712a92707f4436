"""Fixtures: a private PostgreSQL with the schema set up, and voctl."""
import os
import pathlib
import shlex
import subprocess

import psycopg2
import pytest

TOP = pathlib.Path(__file__).resolve().parents[2]
BUILD = pathlib.Path(os.environ.get("VO_BUILD", TOP / "build"))
SERVER = TOP / "tests/demo/server.sh"


class Result:
    def __init__(self, process):
        self.rc = process.returncode
        self.out = process.stdout
        self.err = process.stderr

    def ok(self):
        assert self.rc == 0, self.err
        return self

    def fails(self, *words, rc=None):
        assert self.rc != 0 if rc is None else self.rc == rc, self.out
        for word in words:
            assert word in self.err, self.err
        return self


class Voctl:
    """The program, and a look at the database from beside it."""

    def __init__(self, env):
        self.env = env
        self.dsn = env["VO_DSN"]
        # another program, for instance one built with sanitizers
        self.program = os.environ.get("VOCTL", str(BUILD / "bin/voctl"))
        self.count = 0

    def environ(self):
        return {**os.environ, "VO_DSN": self.dsn}

    def __call__(self, *args, **kwargs):
        return Result(subprocess.run(
            [self.program, *map(str, args)], env=self.environ(), text=True,
            errors="replace",
            capture_output=True, timeout=120, **kwargs))

    def connect(self, user=None):
        dsn = self.dsn if user is None else self.env["VO_WEB_DSN"].replace(
            "user=vo_web", "user=" + user)
        conn = psycopg2.connect(dsn)
        conn.autocommit = True
        return conn

    def sql(self, query, *params):
        with self.connect() as conn, conn.cursor() as cur:
            cur.execute(query, params or None)
            return cur.fetchall() if cur.description else None

    def release(self, *args):
        """A new release; its id is also its PostgreSQL schema."""
        self.count += 1
        name = f"r{self.count}"
        self("release", "add", name, "--title", "A release", *args).ok()
        return name


@pytest.fixture(scope="session")
def server():
    directory = BUILD / "tests/voctl/server"
    environ = {**os.environ, "VO_FSYNC": "off", "VO_BUILD": str(BUILD)}
    subprocess.run([SERVER, directory, "pg-start"], check=True, env=environ)
    env = {}
    for line in (directory / "env").read_text().splitlines():
        key, _, value = line.partition("=")
        env[key] = shlex.split(value)[0] if value else ""
    # a new database each time: nothing of an earlier run can help
    conn = psycopg2.connect(env["VO_DSN"].replace("dbname=vo",
                                                  "dbname=postgres"))
    conn.autocommit = True
    with conn.cursor() as cur:
        cur.execute("DROP DATABASE IF EXISTS vo WITH (FORCE)")
        cur.execute("CREATE DATABASE vo")
    conn.close()
    yield env
    subprocess.run([SERVER, directory, "pg-stop"], check=True, env=environ)


@pytest.fixture(scope="session")
def voctl(server):
    v = Voctl(server)
    v("init").ok()
    return v
