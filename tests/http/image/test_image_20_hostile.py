"""test_image_20_hostile.py: what a clumsy or hostile user sends to the services
of images: every answer says what is wrong, none is ours to be ashamed of."""
# SPDX-License-Identifier: GPL-3.0-or-later
import math
import os

import pytest

from pyvohttpd.seed_images import IMAGES, path
from pyvohttpd.xmltree import VOTable

U = IMAGES[0]
SYNC = "/vo/soda/pix-dr1/sync"
GET = "/vo/siap/pix-dr1/get_"
CUT = {"id": 101, "filter": "u", "ra": 150, "dec": 2, "width": 0.01}

# Each service with a request that is good, and the parameters it reads.
SERVICES = [
    (SYNC, {"ID": U["did"], "CIRCLE": "150 2 0.0103"},
     "ID CIRCLE POLYGON POS BAND RESPONSEFORMAT FILTERS STRETCH LIMITS RGB Q"
     " ALPHA BALANCE SIZEX SIZEY WEIGHT MASK LAYOUT TIME POL UPLOAD"),
    (GET + "fits", {"id": 101, "filter": "u"}, "id filter"),
    (GET + "weight", {"id": 101, "filter": "u"}, "id filter"),
    (GET + "file", {"ID": U["did"]}, "ID PRODUCT"),
    (GET + "graphic_image", {"id": 101, "filter": "u"}, "id filter band"),
    (GET + "fits_cutout", CUT, "id filter ra dec width height weight"),
    (GET + "graphic_cutout", CUT,
     "id filter band ra dec width height sizex sizey format"),
    ("/vo/siap/pix-dr1", {"POS": "150,2", "SIZE": "0.1"},
     "POS SIZE FORMAT INTERSECT VERB MODE NAXIS CFRAME EQUINOX CRPIX CRVAL"
     " CDELT ROTANG PROJ MAXREC RESPONSEFORMAT"),
    ("/vo/siap2/pix-dr1/query", {"POS": "CIRCLE 150 2 0.1"},
     "POS BAND TIME POL FOV SPATRES SPECRP EXPTIME TIMERES ID COLLECTION"
     " FACILITY INSTRUMENT DPTYPE CALIB TARGET FORMAT MAXREC RESPONSEFORMAT"
     " UPLOAD"),
    ("/vo/datalink/pix-dr1/links", {"ID": U["did"]}, "ID RESPONSEFORMAT"),
    ("/vo/ssap/pix-dr1", {"REQUEST": "queryData", "POS": "150,2",
                          "SIZE": "0.1"},
     "REQUEST POS SIZE BAND TIME FORMAT MAXREC TOP PUBDID CREATORDID"
     " COLLECTION TARGETNAME SPECRP SNR REDSHIFT VERSION RESPONSEFORMAT"),
    ("/vo/ssap/pix-dr1/spectrum", {"ID": "x"}, "ID FORMAT"),
]
VALUES = ["", "  ", ",", ";", "NaN", "-Inf", "1e308", "-1e308", "1e400", "-1",
          "0", "x", "\u2019\U0001F600", "../../etc/passwd", "%s%n", "'; --",
          "9" * 400, "a\x00b", b"\xff\xfe", "150 2 NaN", "150 2 -1",
          "1e308 1e308 1e308", "150,2," + "0" * 300]


def is_clear(r, url, what):
    """A result, or one sentence in the protocol's own form."""
    assert r.status_code in (200, 204, 400, 404), (what, r.text)
    kind = r.headers.get("Content-Type", "")
    assert "html" not in kind, what
    old = url in ("/vo/siap/pix-dr1", "/vo/ssap/pix-dr1")
    if old:
        assert r.status_code == 200, (what, r.text)
    if old or url.endswith(("query", "links", "spectrum")):
        if "xml" in kind:
            t = VOTable(r.content)
            assert (t.status()[-1] == "ERROR") == (
                r.status_code >= 400 or not t.tables), what
            assert t.status()[-1] != "ERROR" or len(t.message()) > 10, what
        else:
            assert r.status_code == 200, (what, kind)
    elif r.status_code >= 400:
        assert kind.startswith("text/plain"), what
        assert r.text.startswith(("UsageError: ",
                                  "MultiValuedParamNotSupported: ")), what
        assert len(r.text) < 1000 and r.text.count("\n") == 1, what


@pytest.mark.parametrize("url, good, names", SERVICES,
                         ids=lambda v: v if str(v).startswith("/") else "")
def test_any_value(vo, url, good, names):
    for name in names.split():
        for value in VALUES:
            params = dict(good)
            params[name] = value
            is_clear(vo.get(url, **params), url, (name, value))
        twice = dict(good)
        twice[name] = [good.get(name, "1"), good.get(name, "2")]
        is_clear(vo.get(url, **twice), url, (name, "twice"))
        twice.pop(name)
        is_clear(vo.get(url, **twice), url, (name, "missing"))
        is_clear(vo.post(url, twice), url, (name, "missing, POST"))


@pytest.mark.parametrize("filters", [",", " ", " ;\t, "])
def test_no_filter_named(vo, filters):
    """Such a list is not empty, and yet names nothing."""
    for url, params in ((GET + "fits_cutout", dict(CUT, FILTERS=filters)),
                        (GET + "graphic_cutout", dict(CUT, filter=filters)),
                        (SYNC, {"ID": U["did"], "FILTERS": filters}),
                        (SYNC, {"ID": U["did"], "RGB": filters,
                                "FORMAT": "png"})):
        r = vo.get(url, **params)
        assert r.status_code == 400, r.text
        assert "there are u, g, r" in r.text


def test_a_filter_again_and_again(vo):
    once = vo.get(SYNC, ID=U["did"], CIRCLE="150 2 0.0103", FILTERS="u,r")
    many = vo.post(SYNC, {"ID": U["did"], "CIRCLE": "150 2 0.0103",
                          "FILTERS": "u,r," * 20000})
    assert many.content == once.content


def test_sheet_of_too_many_pixels(vo):
    r = vo.get(SYNC, ID=U["did"], CIRCLE="150 2 0.0103", FORMAT="png",
               FILTERS="all", SIZEX=5000, SIZEY=5000)
    assert r.status_code == 400
    assert "3 images of 5000 x 5000" in r.text and "SIZEX" in r.text


def corners(n, radius):
    return " ".join("%.9f %.9f" % (150 + radius * math.cos(i * math.tau / n),
                                   2 + radius * math.sin(i * math.tau / n))
                    for i in range(n))


def test_polygons(vo):
    def ask(text, image=U):
        return vo.post(SYNC, {"ID": image["did"], "POLYGON": text})

    # of ten thousand corners: as good as the circle that they are on
    r = ask(corners(9999, 0.02))
    assert r.status_code == 200
    assert len(r.content) == len(vo.get(
        SYNC, ID=U["did"], CIRCLE="150 2 0.02").content)
    assert vo.post("/vo/siap2/pix-dr1/query", {
        "POS": "POLYGON " + corners(9999, 0.02)}).status_code == 200
    r = ask(corners(10001, 0.02))
    assert r.status_code == 400 and "20000 numbers" in r.text
    for text, status, word in (
            ("150 2 151 2", 400, "three or more corners"),
            ("150 2 151 2 151", 400, "three or more corners"),
            ("0 0 180 0 90 0", 400, "180 degrees apart"),
            ("150 2 150 2 150 2", 204, ""),
            ("149.9 1.9 150.1 2.1 149.9 2.1 150.1 1.9", 200, "")):
        r = ask(text)
        assert r.status_code == status and (
            status == 200 or word in r.text), text
    pole = next(i for i in IMAGES if i["tile_id"] == 104)
    r = ask("0 89.99 90 89.99 180 89.99 270 89.99", pole)
    assert r.status_code == 200


def test_regions_of_any_size(vo):
    whole = len(vo.get(SYNC, ID=U["did"]).content)
    for where in ({"CIRCLE": "150 2 180"}, {"POS": "RANGE 0 360 -90 90"},
                  {"POS": "RANGE 149 151 -90 90"}):
        r = vo.get(SYNC, ID=U["did"], **where)
        assert r.status_code == 200 and abs(len(r.content) - whole) <= 2880
    for where in ({"CIRCLE": "150 2 181"}, {"CIRCLE": "150 95 1"},
                  {"POS": "RANGE 0 360 90 -90"}):
        r = vo.get(SYNC, ID=U["did"], **where)
        assert r.status_code == 400 and len(r.text) > 40, r.text
    for width in (400, 10.1, -1, 0, 1e-9):
        r = vo.get(GET + "fits_cutout", **dict(CUT, width=width))
        assert r.status_code == 400 and "width must be from" in r.text


@pytest.mark.parametrize("name", ["../../etc/passwd", "..", "get_fits/",
                                  "get_fits%00", "get_fits%2f", "get_",
                                  "get_fits/../get_file", "GET_FITS"])
def test_paths(vo, name):
    for base in ("/vo/siap/pix-dr1/", "/vo/soda/pix-dr1/", "/vo/siap/",
                 "/vo/datalink/pix-dr1/", "/vo/ssap/pix-dr1/"):
        r = vo.raw(("GET %s%s?id=101&filter=u HTTP/1.1\r\nHost: x\r\n"
                    "Connection: close\r\n\r\n" % (base, name)).encode())
        status = int(r.split()[1])
        assert status in (200, 400, 404) and b"root:" not in r, (base, name)
        if status == 200:   # the server made a good address of it
            assert name == ".." or "../" in name


def test_other_methods(vo):
    for url, good, _ in SERVICES:
        for method in ("PUT", "DELETE", "PATCH", "PROPFIND", "NOSUCH"):
            r = vo.request(method, url, params=good)
            assert r.status_code in (405, 501), (method, url)
            assert "GET" in r.headers["Allow"] and not (
                {"PUT", "DELETE"} & set(r.headers["Allow"].split(", ")))
        r = vo.request("OPTIONS", url, params=good)
        assert r.status_code == 200 and "POST" in r.headers["Allow"], url
        r = vo.request("OPTIONS", url, headers={
            "Origin": "https://a.example", "Access-Control-Request-Method":
            "GET", "Access-Control-Request-Headers": "range"})
        assert r.status_code == 204
        assert r.headers["Access-Control-Allow-Origin"] == "*"
        assert r.headers["Access-Control-Allow-Headers"] == "range"


def test_head_is_get_without_a_body(vo):
    for url, good, _ in SERVICES:
        get = vo.request("GET", url, params=good)
        head = vo.request("HEAD", url, params=good)
        assert head.status_code == get.status_code and not head.content
        for name in set(get.headers) - {"Date", "Keep-Alive", "Connection"}:
            assert head.headers[name] == get.headers[name], (url, name)


def test_what_was_sent_is_never_a_page(vo):
    script = "<script>alert(1)</script>\"'>"
    for url, good, names in SERVICES:
        for fmt in ("html", "json", "csv", "votable", script):
            params = dict(good, RESPONSEFORMAT=fmt)
            params[names.split()[0]] = script
            r = vo.get(url, **params)
            assert r.headers["X-Content-Type-Options"] == "nosniff"
            assert "<script" not in r.text or r.headers[
                "Content-Type"].startswith(("text/plain", "text/csv",
                                            "application/json")), url


def test_pages_may_read_files_in_parts(vo):
    """A page that shows a file asks for ranges, and sees where they are."""
    r = vo.request("GET", GET + "fits", params={"id": 101, "filter": "u"},
                   headers={"Origin": "https://a.example",
                            "Range": "bytes=0-79"})
    assert r.status_code == 206 and len(r.content) == 80
    exposed = r.headers["Access-Control-Expose-Headers"].split(", ")
    assert {"Accept-Ranges", "Content-Range", "Content-Length", "ETag",
            "Content-Disposition"} <= set(exposed)


@pytest.mark.parametrize("ranges, status", [
    ("bytes=0-0", 206), ("bytes=0-9,100-109,-5", 206),
    ("bytes=360000-9999999", 206), ("bytes=9999999-", 416),
    ("bytes=5-1", 200), ("bytes=x", 200), ("lines=0-1", 200),
    ("bytes=-0", 200), ("bytes=" + "0-1," * 500 + "0-1", 200),
    ("bytes=" + "9" * 40 + "-", 200)])
def test_ranges(vo, ranges, status):
    data = path(vo, U).read_bytes()
    r = vo.request("GET", GET + "fits", params={"id": 101, "filter": "u"},
                   headers={"Range": ranges})
    assert r.status_code == status
    if status == 200:
        assert r.content == data
    if ranges.startswith("bytes=360000"):
        assert r.content == data[360000:]
        assert r.headers["Content-Range"] == "bytes 360000-%d/%d" % (
            len(data) - 1, len(data))


# --- files that changed behind our back ---------------------------------------

@pytest.fixture
def changing(vo):
    """A file that may be changed, and is as it was afterwards."""
    name = path(vo, U)
    kept = name.with_suffix(".kept")
    name.rename(kept)
    yield name, kept.read_bytes()
    if name.is_dir() and not name.is_symlink():
        name.rmdir()
    else:
        name.unlink(missing_ok=True)
    kept.rename(name)


def shorter(name, data):
    name.write_bytes(data[:-2880])


def longer(name, data):
    name.write_bytes(data + b"x")


def gone(name, data):
    del name, data


def locked_up(name, data):
    name.write_bytes(data)
    name.chmod(0)


def a_fifo(name, data):
    del data
    os.mkfifo(name)


def a_folder(name, data):
    del data
    name.mkdir()


def a_link_out(name, data):
    other = name.parents[2] / "elsewhere.fits"
    other.write_bytes(data)
    name.symlink_to(other)


def a_link_above(name, data):
    (name.parents[2] / "elsewhere.fits").write_bytes(data)
    name.symlink_to("../../elsewhere.fits")


def a_device(name, data):
    del data
    name.symlink_to("/dev/zero")


def a_loop(name, data):
    del data
    name.symlink_to(name.name)


@pytest.mark.parametrize("change", [shorter, longer, gone, locked_up, a_fifo,
                                    a_folder, a_link_out, a_link_above,
                                    a_device, a_loop],
                         ids=lambda f: f.__name__)
def test_changed_file(vo, changing, change, expect_log):
    """Nothing but the registered file is given, and nobody waits for it; where
    it is stays between us and the log."""
    expect_log("VO1021")
    change(*changing)
    for url, params in ((GET + "fits", {"id": 101, "filter": "u"}),
                        (GET + "file", {"ID": U["did"]}),
                        (GET + "fits_cutout", CUT),
                        (SYNC, {"ID": U["did"], "CIRCLE": "150 2 0.0103"})):
        r = vo.request("GET", url, params=params, timeout=5)
        assert r.status_code == 500 and "not available" in r.text, url
        assert r.headers["Content-Type"].startswith("text/plain")
        for secret in (str(vo.dir), "tiles/", "images/"):
            assert secret not in r.text
    r = vo.get("/vo/datalink/pix-dr1/links", ID=U["did"])
    assert r.status_code == 200


def test_etag_follows_the_file(vo, changing):
    name, data = changing
    params = {"id": 101, "filter": "u"}
    name.write_bytes(data)
    old = vo.get(GET + "fits", **params).headers["ETag"]
    changed = bytearray(data)
    changed[-1] ^= 1
    name.write_bytes(changed)           # the same size
    os.utime(name, ns=(10 ** 18, 10 ** 18))
    r = vo.request("GET", GET + "fits", params=params,
                   headers={"If-None-Match": old})
    assert r.status_code == 200 and r.content == changed
    assert r.headers["ETag"] != old
    r = vo.request("GET", GET + "fits", params=params, headers={
        "If-Range": old, "Range": "bytes=0-9"})
    assert r.status_code == 200         # not a part of another file
