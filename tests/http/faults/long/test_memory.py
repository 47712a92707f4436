"""test_memory.py: whatever is asked, however often: memory stays level."""
# SPDX-License-Identifier: GPL-3.0-or-later
import concurrent.futures
import io
import os

import pytest
import requests
from astropy.table import Table

from pyvohttpd.clients import httpds
from pyvohttpd.heap import Heap
from pyvohttpd.seed_images import IMAGES, TILES

TAP = "/vo/tap/test-dr1/"
SODA = "/vo/soda/pix-dr1/"
DID = IMAGES[0]["did"]
R = IMAGES[2]["did"]
STARS = ("SELECT TOP 300 * FROM test.Stars WHERE 1 = CONTAINS(POINT(RA, Dec),"
         " CIRCLE(%d, 10, 40)) ORDER BY object_id")
FORMATS = ["votable", "votable/b2", "fits", "csv", "json", "html", "text"]
WRONG = ["SELECT", "SELECT nope FROM test.Stars", "SELECT * FROM nope",
         "SELECT 1/(object_id-object_id) FROM test.Stars",
         "SELECT TOP 1 RA FROM test.Stars WHERE 1 = CONTAINS(POINT(RA), 1)"]
PAGES = ["/vo/cone/test-dr1/Stars?RA=10&DEC=10&SR=5",
         "/vo/siap/pix-dr1?POS=150,2&SIZE=1",
         "/vo/siap2/pix-dr1/query?POS=CIRCLE+150+2+1",
         "/vo/ssap/pix-dr1?TARGETNAME=101-2",
         "/vo/datalink/pix-dr1/links?ID=" + DID.replace("?", "%3F"),
         TAP + "capabilities", TAP + "tables", TAP + "examples",
         TAP + "sync?LANG=ADQL&EXPLAIN=1&QUERY=SELECT+*+FROM+test.Stars",
         "/vo/test-dr1/tables", "/health", "/vo/nowhere"]
CUTS = [{"FORMAT": "fits"}, {"FORMAT": "png"}, {"FORMAT": "jpeg"},
        {"FILTERS": "all"}, {"WEIGHT": "1"}, {"ID": DID},
        {"FORMAT": "png", "FILTERS": "all"}, {"FILTERS": "nothing"},
        {"CIRCLE": "10 2 0.1"}]

# In rounds of the same requests what leaks grows in each of them, what is kept
# for the next (a connection, a pool for one more at a time) only in some.
ROUNDS = 10
CALM = 8192 # bytes from malloc() of a round in which nothing is left behind
CALM_PAGES = 262144 # the same of all memory, whose pieces are never full
if os.environ.get("HTTPD_PRELOAD"): # ASan: with rims, and in random places
    CALM_PAGES *= 4


def table(fmt):
    t = Table({"k": range(500), "ra": [i % 360.0 for i in range(500)],
               "name": ["a%d" % i for i in range(500)]})
    if fmt == "csv":
        return "".join(["k,ra,name\n"] + ["%d,%g,%s\n" % tuple(r) for r in t])
    out = io.BytesIO()
    t.write(out, format=fmt)
    return out.getvalue()


TABLES = [table("votable"), table("fits"), table("csv")]


class Client:
    def __init__(self, vo):
        self.vo = vo
        self.session = requests.Session()
        self.session.trust_env = False

    def ask(self, method, url, codes=(200,), **kw):
        url = url if url.startswith("http") else self.vo.url + url
        r = self.session.request(method, url, timeout=60,
                                 allow_redirects=False, **kw)
        assert r.status_code in codes, (url, kw, r.text[:1000])
        return r

    def job(self, where, data, files=None):
        """Run a job to its end and destroy it."""
        r = self.ask("POST", where, (303,), data=dict(data, PHASE="RUN"),
                     files=files)
        url = r.headers["Location"]
        phase = "QUEUED"
        while phase in ("QUEUED", "EXECUTING"):
            self.ask("GET", url + "?WAIT=20")
            phase = self.ask("GET", url + "/phase").text
        if phase == "COMPLETED":
            self.ask("GET", url + "/results/result")
        self.ask("DELETE", url, (303,))
        return phase


# --- what is asked ---------------------------------------------------------------

def results(c, i):
    c.ask("GET", TAP + "sync", params={
        "LANG": "ADQL", "QUERY": STARS % (i % 360),
        "RESPONSEFORMAT": FORMATS[i % len(FORMATS)]})


def errors(c, i):
    c.ask("GET", TAP + "sync", (400, 422), params={
        "LANG": "ADQL", "QUERY": WRONG[i % len(WRONG)]})


def uploads(c, i):
    c.ask("POST", TAP + "sync", files={"f": ("f", TABLES[i % 3])}, data={
        "LANG": "ADQL", "UPLOAD": "t,param:f", "RESPONSEFORMAT": "csv",
        "QUERY": "SELECT TOP 100 t.*, s.Dec FROM TAP_UPLOAD.t AS t"
        " JOIN test.Stars AS s ON s.object_id = t.k"})


def pages(c, i):
    c.ask("GET", PAGES[i % len(PAGES)], (200, 404))


def cutouts(c, i):
    c.ask("GET", SODA + "sync", (200, 400, 204), params=dict(
        {"ID": R, "CIRCLE": "150 2 0.0103"}, **CUTS[i % len(CUTS)]))


def queries_in_jobs(c, i):
    assert c.job(TAP + "async", {
        "LANG": "ADQL", "QUERY": STARS % i,
        "RESPONSEFORMAT": FORMATS[i % len(FORMATS)]}) == "COMPLETED"


def uploads_in_jobs(c, i):
    is_wrong = i % 4 == 0
    assert c.job(TAP + "async", {
        "LANG": "ADQL", "UPLOAD": "t,param:f",
        "QUERY": "SELECT k, ra / %d AS x FROM TAP_UPLOAD.t" % (not is_wrong)},
        {"f": ("f", TABLES[i % 3])}) == ("ERROR" if is_wrong else "COMPLETED")


def lists(c, i):
    """60 cutouts in a job."""
    places = ["%r,%r\n" % (ra, dec) for _, ra, dec in TILES[:3]]
    assert c.job(SODA + "async", {
        "UPLOAD": "t,param:list", "PIXELS": "60", "FILTERS": "r",
        "FORMAT": ["png", "fits"][i % 2]},
        {"list": "ra,dec\n" + "".join(places * 20)}) == "COMPLETED"


@pytest.fixture(scope="module")
def heap(vo):
    with Heap(vo) as h:
        yield h


@pytest.mark.parametrize("what, n", [
    (results, 280), (errors, 300), (uploads, 120), (pages, 360),
    (cutouts, 360), (queries_in_jobs, 56), (uploads_in_jobs, 48), (lists, 8)])
def test_memory_is_level(vo, heap, what, n):
    def some(first):
        client = Client(vo)
        for i in range(first, n, 4):
            what(client, i)
        client.session.close()

    def once():
        with concurrent.futures.ThreadPoolExecutor(4) as pool:
            list(pool.map(some, range(4)))
        return heap.in_use()

    def grown(k):
        return sum(max(size[k] - seen[-2].get(pid, (0, 0))[k], 0)
                   for pid, size in seen[-1].items())

    once()
    seen = [once()]
    assert set(seen[0]) & set(httpds(vo)), "no child of httpd tells"
    assert set(seen[0]) - set(httpds(vo)), "no worker tells"
    restless = {0: CALM, 1: CALM_PAGES}
    while restless and len(seen) < ROUNDS:
        seen.append(once())
        restless = {k: v for k, v in restless.items() if grown(k) > v}
    assert not restless, seen
