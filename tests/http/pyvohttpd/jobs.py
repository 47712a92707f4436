"""jobs.py: a plain UWS client, and a release whose queries take their time."""
# SPDX-License-Identifier: GPL-3.0-or-later
import base64
import hashlib
import time

from . import seed
from .xmltree import parse

UWS = "{http://www.ivoa.net/xml/UWS/v1.0}"
XLINK = "{http://www.w3.org/1999/xlink}"
XSI = "{http://www.w3.org/2001/XMLSchema-instance}"
RELEASE = "job-dr1"
ASYNC = "/vo/tap/job-dr1/async"
HTTPD_MODULES = "/usr/lib/apache2/modules"

# each row of job.Slow takes 20 ms, all of them 2 s; job.Slower takes 6 s
SLOW_ROWS = 100
SLOWER_ROWS = 300
NUMBERS = 50000
SLOW = "SELECT id, z FROM job.Slow"
SLOWER = "SELECT id, z FROM job.Slower"

ID = ("id", "int", None, None, None, "meta.id;meta.main", 1, 1, "integer",
      "Number of the row")
Z = ("z", "int", None, None, None, None, 1, 0, "integer", "Always 0")
NOTE = ("note", "char", "*", None, None, None, 0, 0, "text", "200 letters")


def make_release(vo):
    """The release job-dr1, visible when this returns."""
    conn = vo.connect()
    conn.autocommit = False
    with conn, conn.cursor() as cur:
        cur.execute("DELETE FROM vo.release WHERE release_id = 'job-dr1';"
                    "DROP SCHEMA IF EXISTS job_dr1 CASCADE;"
                    "DELETE FROM vo.job")
        seed._release(cur, RELEASE, survey="job")
        cur.execute(
            "CREATE VIEW job_dr1.slow AS SELECT g AS id,"
            " (pg_sleep(0.02) IS NULL)::int AS z"
            " FROM generate_series(1, %s) g;"
            "CREATE VIEW job_dr1.slower AS SELECT g AS id,"
            " (pg_sleep(0.02) IS NULL)::int AS z"
            " FROM generate_series(1, %s) g;"
            "CREATE TABLE job_dr1.numbers AS SELECT g AS id,"
            " repeat('x', 200) AS note FROM generate_series(1, %s) g;"
            "ANALYZE job_dr1.numbers", (SLOW_ROWS, SLOWER_ROWS, NUMBERS))
        seed._table(cur, RELEASE, 0, "job.Slow", "slow", [ID, Z])
        seed._table(cur, RELEASE, 1, "job.Numbers", "numbers", [ID, NOTE])
        seed._table(cur, RELEASE, 2, "job.Slower", "slower", [ID, Z])
    conn.close()
    until(lambda: vo.get("/vo/tap/job-dr1/capabilities").status_code == 200)


def drop_release(vo):
    vo.sql("DELETE FROM vo.job; DELETE FROM vo.release"
           " WHERE release_id = 'job-dr1'; DROP SCHEMA job_dr1 CASCADE")


def passwords(vo, *names):
    """Configuration with which users NAMES, whose password is NAME-secret, have
    jobs of their own; who sends no password is let in as nobody."""
    path = vo.dir / "passwords"
    path.write_text("".join(
        "%s:{SHA}%s\n" % (name, base64.b64encode(hashlib.sha1(
            (name + "-secret").encode()).digest()).decode())
        for name in names))
    loads = "".join(
        "<IfModule !%s_module>\nLoadModule %s_module %s/mod_%s.so\n"
        "</IfModule>\n" % (m, m, HTTPD_MODULES, m)
        for m in ("auth_basic", "authn_file", "authz_user"))
    return loads + """
<Location "%s">
    <If "-n %%{HTTP:Authorization}">
        AuthType Basic
        AuthName "test"
        AuthBasicProvider file
        AuthUserFile "%s"
        Require valid-user
    </If>
</Location>
""" % (ASYNC, path)


def until(condition, seconds=20, every=0.02):
    """Wait for CONDITION(); its value."""
    deadline = time.monotonic() + seconds
    while True:
        value = condition()
        if value:
            return value
        assert time.monotonic() < deadline, "waited %g s in vain" % seconds
        time.sleep(every)


class Job:
    """One job, by its URL."""

    def __init__(self, vo, url, **kw):
        self.vo, self.url, self.kw = vo, url, kw
        self.id = url.rsplit("/", 1)[1]

    def get(self, rest="", **kw):
        return self.vo.request("GET", self.url + rest, **dict(self.kw, **kw))

    def post(self, rest="", **data):
        return self.vo.request("POST", self.url + rest, data=data, **self.kw)

    def delete(self):
        return self.vo.request("DELETE", self.url, **self.kw)

    @property
    def phase(self):
        r = self.get("/phase")
        assert r.status_code == 200, r.text
        return r.text

    def doc(self, rest=""):
        r = self.get(rest)
        assert r.status_code == 200, r.text
        assert r.headers["Content-Type"].startswith("text/xml")
        return parse(r.content)

    def value(self, name):
        e = self.doc().find(".//" + UWS + name)
        return None if e is None or e.get(XSI + "nil") == "true" else e.text

    def info(self, name):
        e = self.doc().find("%sjobInfo/%s" % (UWS, name))
        return None if e is None else e.text

    def params(self):
        return [(p.get("id"), p.text or "")
                for p in self.doc("/parameters").iter(UWS + "parameter")]

    def wait(self, *phases, seconds=30):
        """Wait for one of PHASES (default: any end); the phase."""
        wanted = phases or ("COMPLETED", "ERROR", "ABORTED")
        seen = []

        def done():
            seen.append(self.phase)
            return seen[-1] in wanted

        until(done, seconds)
        return seen[-1]

    def row(self, columns):
        """Columns of the job's row."""
        return self.vo.sql("SELECT %s FROM vo.job WHERE job_id = %%s"
                           % columns, (self.id,))[0]


def submit(vo, path=ASYNC, data=None, kw=None, **params):
    """Make a job; kw goes to requests."""
    kw = kw or {}
    r = vo.request("POST", path, data=dict(data or {}, **params), **kw)
    assert r.status_code == 303, r.text
    return Job(vo, r.headers["Location"], **kw)


def run(vo, query=SLOW, path=ASYNC, kw=None, **params):
    """Make a job with QUERY and start it."""
    return submit(vo, path, kw=kw, LANG="ADQL", QUERY=query, PHASE="RUN",
                  **params)


def backends(vo):
    """PIDs of the backends that execute queries of jobs."""
    return [p for p, in vo.sql(
        "SELECT pid FROM pg_stat_activity WHERE application_name = 'mod_vo"
        " job' AND state <> 'idle' AND query NOT LIKE '%sky_nice%'")]


def result_files(vo):
    folder = vo.dir / "httpd" / "run" / "vo-results"
    return sorted(p.name for p in folder.iterdir())
