"""bench_cutout.py: cutouts by HTTP from a 9500 x 9500 tile in square Rice
tiles, warm cache, against a bare cfitsio loop (open, read the section, close) run
beside as many; several filters, colour pictures, lists of positions, memory.
Run by `make bench-cutout`; VO_BUILD tells where things are built."""
# SPDX-License-Identifier: GPL-3.0-or-later
import os
import random
import re
import statistics
import subprocess
import sys
import threading
import time
from pathlib import Path
from urllib.parse import quote

sys.dont_write_bytecode = True
sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "http"))

from pyvohttpd import jobs, seed  # noqa: E402
from pyvohttpd.server import BUILD, VoServer  # noqa: E402

SECONDS = float(os.environ.get("BENCH_SECONDS", 4))
SIZE = int(os.environ.get("BENCH_SIZE", 9500))
SCALE = 0.55 / 3600
TOOL = BUILD / "bench" / "cutout_tool"
DIR = BUILD / "bench" / "cutout"
BASE = "/vo/siap/cut-dr1/"
DID = "ivo://bench.example/cut-dr1?"
QUOTED = quote(DID, safe="")
FILTERS = 12


def make_tile():
    """The tile, once, and its twins: what is read is the same, not the file."""
    folder = DIR / "images"
    folder.mkdir(parents=True, exist_ok=True)
    tile = folder / "f0.fits"
    if not tile.exists():
        subprocess.check_call([TOOL, "make", folder / "new.fits", str(SIZE),
                               "100", "100"])
        (folder / "new.fits").rename(tile)
    for i in range(1, FILTERS):
        twin = folder / ("f%d.fits" % i)
        if not twin.exists():
            os.link(tile, twin)
    return tile


def register(vo, tile):
    half = SIZE * SCALE / 2
    conn = vo.connect()
    conn.autocommit = False
    with conn, conn.cursor() as cur:
        cur.execute("DELETE FROM vo.release WHERE release_id = 'cut-dr1';"
                    "DROP SCHEMA IF EXISTS cut_dr1 CASCADE;"
                    "DELETE FROM vo.job")
        seed._release(cur, "cut-dr1", survey="cut")
        cur.execute("SET LOCAL ROLE vo_owner;"
                    "SELECT vo.make_images('cut-dr1'); RESET ROLE")
        cur.execute("INSERT INTO vo.image_root VALUES ('cut-dr1', 1, %s)",
                    (str(tile.parent.resolve()),))
        cur.execute(
            "INSERT INTO cut_dr1.vo_footprint (footprint_id, region, cover,"
            " ra, dec, fov) SELECT 1, sky.sky_region(%s),"
            " int8multirange(int8range(0, 1)), 150, 30, 2",
            ("polygon " + " ".join("%r %r" % (150 + x * half, 30 + y * half)
                                   for x, y in ((-1.1, -1), (1.1, -1),
                                                (1.1, 1), (-1.1, 1))),))
        for i in range(FILTERS):
            wave = (350 + 50 * i) * 1e-9
            cur.execute(
                "INSERT INTO cut_dr1.vo_image (image_id, publisher_did,"
                " product_type, product_subtype, calib_level, collection,"
                " obs_id, tile_id, filter_name, filter_id, footprint_id,"
                " em_min, em_max, root_id, path, hdu, media_type, file_size)"
                " VALUES (%s, %s, 'image', 'coadd', 3, 'B', 'tile-1', 1, %s,"
                " %s, 1, %s, %s, 1, %s, 2, 'image/fits', %s)",
                (i + 1, DID + "f%d" % i, "f%d" % i, i + 1, wave - 5e-8,
                 wave + 5e-8, "f%d.fits" % i, tile.stat().st_size))
    conn.close()
    jobs.until(lambda: vo.get("/vo/soda/cut-dr1/capabilities"
                              ).status_code == 200)


def where():
    x = 0.9 * SIZE * SCALE / 2
    return 150 + random.uniform(-x, x) / 0.87, 30 + random.uniform(-x, x)


def bare(what, n, together):
    """Rate of TOGETHER processes of the tool."""
    procs = [subprocess.Popen(
        [TOOL, what, DIR / "images" / "f0.fits", str(n), str(SECONDS)],
        stdout=subprocess.PIPE) for _ in range(together)]
    return sum(float(p.communicate()[0]) for p in procs)


def wrk(vo, clients, urls):
    """Requests per second by wrk, going round URLS."""
    script = DIR / "urls.lua"
    script.write_text("local urls = {%s}\nlocal i = %s\nrequest = function()\n"
                      "  i = i %% #urls + 1\n  return wrk.format('GET',"
                      " urls[i])\nend\n" % (
                          ",".join("'%s'" % u for u in urls), "0"))
    out = subprocess.run(
        ["wrk", "-t%d" % clients, "-c%d" % clients, "-d%gs" % SECONDS,
         "-s", str(script), vo.url], capture_output=True, text=True).stdout
    assert "Non-2xx" not in out, out
    return float(re.search(r"Requests/sec:\s*([\d.]+)", out).group(1))


def cutout_urls(width):
    return [BASE + "get_fits_cutout?id=1&filter=1&ra=%.6f&dec=%.6f&width=%.8f"
            % (*where(), width * SCALE) for _ in range(300)]


def times(vo, url, n=60):
    """Median and 95th percentile of one client's requests in ms."""
    out = []
    for _ in range(n):
        start = time.perf_counter()
        r = vo.get(url() if callable(url) else url)
        assert r.status_code == 200, r.text
        out.append(1000 * (time.perf_counter() - start))
    out.sort()
    return statistics.median(out), out[int(0.95 * n)]


def children(vo):
    pid = int(Path(vo.env["VO_HTTPD_PID"]).read_text())
    out = subprocess.run(["pgrep", "-P", str(pid)], capture_output=True,
                         text=True).stdout
    return [int(p) for p in out.split()]


def peak(vo):
    """Largest peak of memory of an httpd process, MB."""
    most = 0
    for pid in children(vo):
        try:
            text = Path("/proc/%d/status" % pid).read_text()
        except OSError:
            continue
        most = max(most, int(re.search(r"VmHWM:\s*(\d+)", text).group(1)))
    return most / 1024


def bulk(vo, n, **params):
    rows = "ra,dec\n" + "".join("%.6f,%.6f\n" % where() for _ in range(n))
    start = time.perf_counter()
    r = vo.request("POST", "/vo/soda/cut-dr1/async", data=dict(
        params, PHASE="RUN", UPLOAD="t,param:list"),
        files={"list": rows.encode()})
    job = jobs.Job(vo, r.headers["Location"])
    assert job.wait(seconds=300) == "COMPLETED", job.get().text
    return time.perf_counter() - start


def show(what, value, against="", limit=None, unit="/s"):
    text = "%-52s %9.1f%s" % (what, value, unit)
    if limit:
        text += "   %s %.1f, ratio %.2f" % (against, limit, value / limit)
    print(text, flush=True)


def measure(vo):
    for n in (256, 51):
        bare("cfitsio", n, 2)  # warm
        limit = bare("cfitsio", n, 2)
        show("libvo, %d x %d cutouts, 2 processes" % (n, n),
             bare("libvo", n, 2), "cfitsio", limit)
        wrk(vo, 2, cutout_urls(n))
        show("httpd, %d x %d cutouts, 2 clients" % (n, n),
             wrk(vo, 2, cutout_urls(n)), "cfitsio", limit)
    before = peak(vo)
    circle = "%.6f %.6f %.8f"
    show("12 filters, 64 arcsec, one client",
         times(vo, lambda: "/vo/soda/cut-dr1/sync?ID=%sf0&FILTERS=all&CIRCLE="
               % QUOTED + circle % (*where(), 32 / 3600))[0], unit=" ms")
    show("PNG, 128 x 128, RGB, one client", times(
        vo, lambda: BASE + "get_graphic_cutout?id=1&band=RGB&ra=%.6f&dec=%.6f"
        "&width=%.8f" % (*where(), 128 * SCALE))[0], unit=" ms")
    show("peak of a child after that, above what it was", peak(vo) - before,
         unit=" MB")
    times(vo, "/vo/soda/cut-dr1/sync?ID=%sf0&CIRCLE=150 30 %.6f"
          % (QUOTED, 1000 * SCALE), 3)
    show("the same after cutouts of 2000 x 2000 (15 MB)", peak(vo) - before,
         unit=" MB")
    n = 4000
    show("list of %d positions, 51 x 51, one filter" % n,
         n / bulk(vo, n, PIXELS="51", FILTERS="1"))
    seconds, threads = [], [threading.Thread(
        target=lambda: seconds.append(bulk(vo, n, PIXELS="51",
                                           FILTERS="1")))
        for _ in range(2)]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    show("two such lists at once", 2 * n / max(seconds))
    show("list of 400 positions, 51 x 51, 12 filters",
         12 * 400 / bulk(vo, 400, PIXELS="51"))


def main():
    tile = make_tile()
    vo = VoServer(DIR / "server", {"VO_FSYNC": "on"})
    vo.pg_start()
    try:
        vo.voctl("init")
        vo.httpd_start()
        register(vo, tile)
        measure(vo)
    finally:
        vo.stop()


main()
