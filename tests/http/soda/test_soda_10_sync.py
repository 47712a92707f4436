"""test_soda_10_sync.py: cutouts at once, SODA 1.0, against astropy."""
# SPDX-License-Identifier: GPL-3.0-or-later
import csv
import io
import shutil
import socket
import tarfile
import time

import numpy as np
import pytest
from astropy import units as u
from astropy.coordinates import SkyCoord
from astropy.io import fits
from astropy.wcs import WCS

from pyvohttpd.seed_images import (
    DID, FILTERS, IMAGES, SIZE, header, path)
from pyvohttpd.xmltree import parse

SYNC = "/vo/soda/pix-dr1/sync"
TAN, RICE, OTHER = IMAGES[0], IMAGES[2], IMAGES[3]
TPV, INVALID = IMAGES[12], IMAGES[13]


def stored(vo, image):
    """What the file holds: pixels and WCS, by astropy."""
    with fits.open(path(vo, image)) as hdus:
        hdu = hdus[image["hdu"] - 1]
        return np.array(hdu.data), WCS(hdu.header)


def ask(vo, **kw):
    return vo.get(SYNC, **kw)


def get_fits(vo, **kw):
    r = ask(vo, **kw)
    assert r.status_code == 200, r.text
    assert r.headers["Content-Type"] == "image/fits"
    hdus = fits.open(io.BytesIO(r.content), checksum=True)
    for hdu in hdus:
        assert hdu.verify_checksum() == 1 and hdu.verify_datasum() == 1
    return hdus


def refused(r, status, label, *words):
    assert r.status_code == status, r.text
    assert r.headers["Content-Type"].startswith("text/plain")
    assert r.text.startswith(label + ": "), r.text
    for word in words:
        assert word in r.text, r.text


def circle_box(wcs, ra, dec, radius, shape=(SIZE, SIZE)):
    """The pixels a circle touches: x0, y0, x1, y1, both ends included."""
    edge = SkyCoord(ra, dec, unit="deg").directional_offset_by(
        np.linspace(0, 360, 20000) * u.deg, radius * u.deg)
    x, y = wcs.all_world2pix(edge.ra.deg, edge.dec.deg, 0)
    return (max(int(np.floor(x.min() + 0.5)), 0),
            max(int(np.floor(y.min() + 0.5)), 0),
            min(int(np.ceil(x.max() - 0.5)), shape[1] - 1),
            min(int(np.ceil(y.max() - 0.5)), shape[0] - 1))


@pytest.mark.parametrize("image", [TAN, RICE, TPV, IMAGES[6], IMAGES[9]],
                         ids=lambda i: i["path"])
def test_circle(vo, image):
    data, wcs = stored(vo, image)
    for dx, radius in ((0.0, 0.011), (0.05, 0.04), (-0.03, 0.0001)):
        ra = (image["ra"] + dx / np.cos(np.radians(image["dec"]))) % 360
        dec = image["dec"] - 0.01
        hdus = get_fits(vo, ID=image["did"],
                        CIRCLE="%r %r %r" % (ra, dec, radius))
        x0, y0, x1, y1 = circle_box(wcs, ra, dec, radius)
        assert hdus[0].data.dtype == data.dtype.newbyteorder(">")
        assert np.array_equal(hdus[0].data, data[y0:y1 + 1, x0:x1 + 1])
        new = WCS(hdus[0].header)
        px = np.array([0, 1.5, x1 - x0]), np.array([0, 3.0, y1 - y0])
        a = SkyCoord(*new.all_pix2world(*px, 0), unit="deg")
        b = SkyCoord(*wcs.all_pix2world(px[0] + x0, px[1] + y0, 0),
                     unit="deg")
        assert a.separation(b).deg.max() < 1e-9
        assert hdus[0].header["OBJECT"] == image["obs_id"]


def test_pos_shapes(vo):
    data, wcs = stored(vo, TAN)
    a = ask(vo, ID=TAN["did"], CIRCLE="150 2 0.02")
    b = ask(vo, ID=TAN["did"], POS="circle 150 2 0.02")
    assert a.content == b.content and len(a.content) % 2880 == 0
    poly = "149.98 1.98 150.03 1.99 150.0 2.03"
    a = ask(vo, ID=TAN["did"], POLYGON=poly)
    b = ask(vo, ID=TAN["did"], POS="POLYGON " + poly)
    assert a.content == b.content
    cut = fits.open(io.BytesIO(a.content))[0]
    blank = np.isnan(cut.data)
    assert 0.3 < blank.mean() < 0.7
    off = WCS(cut.header).all_pix2world(0, 0, 0)
    x0, y0 = (int(round(float(v))) for v in wcs.all_world2pix(*off, 0))
    part = data[y0:y0 + cut.shape[0], x0:x0 + cut.shape[1]]
    assert np.array_equal(cut.data[~blank], part[~blank])
    c = get_fits(vo, ID=TAN["did"], POS="RANGE 149.99 150.01 1.995 2.005")
    assert not np.isnan(c[0].data).any()
    whole = get_fits(vo, ID=TAN["did"], POS="RANGE -Inf +Inf -Inf +Inf")
    assert np.array_equal(whole[0].data, data)


def test_whole_image(vo):
    for image in (TAN, RICE):
        data, _ = stored(vo, image)
        assert np.array_equal(get_fits(vo, ID=image["did"])[0].data, data)


def test_partly_and_fully_outside(vo):
    data, wcs = stored(vo, TAN)
    x0, y0, x1, y1 = circle_box(wcs, 150.09, 2.0, 0.03)
    cut = get_fits(vo, ID=TAN["did"], CIRCLE="150.09 2.0 0.03")[0]
    assert np.array_equal(cut.data, data[y0:y1 + 1, x0:x1 + 1])
    for where in ({"CIRCLE": "150.5 2 0.1"}, {"CIRCLE": "330 -2 0.1"},
                  {"POS": "RANGE 10 20 0 5"},
                  {"POLYGON": "160 2 161 2 161 3"},
                  {"BAND": "1e-6 2e-6", "CIRCLE": "150 2 0.0103"},
                  {"BAND": "1e-6 +Inf"}):
        r = ask(vo, ID=TAN["did"], **where)
        assert r.status_code == 204 and r.content == b"", where


def test_band(vo):
    name, _, wave, width = FILTERS[0]
    lo, hi = (wave - width / 2) * 1e-10, (wave + width / 2) * 1e-10
    for band in ("%g %g" % (lo, hi), "-Inf +Inf", "0 %g" % (lo * 1.001),
                 "%g" % (wave * 1e-10), "%g +Inf" % (hi * 0.999)):
        get_fits(vo, ID=TAN["did"], CIRCLE="150 2 0.0103", BAND=band)


def test_methods_and_names(vo):
    a = ask(vo, ID=TAN["did"], CIRCLE="150 2 0.0103")
    b = vo.post(SYNC, {"id": TAN["did"], "circle": "150 2 0.0103"})
    assert a.content == b.content
    head = vo.request("HEAD", SYNC, params={"ID": TAN["did"],
                                            "CIRCLE": "150 2 0.0103"})
    assert head.status_code == 200 and head.content == b""
    assert head.headers["Content-Type"] == "image/fits"
    assert a.headers["Content-Disposition"] == \
        'inline; filename="tile-101_u.fits"'
    assert vo.request("PUT", SYNC).status_code == 405


@pytest.mark.parametrize("params, status, label, words", [
    ({}, 400, "UsageError", ["ID is missing"]),
    ({"ID": DID + "nothing"}, 404, "UsageError", ["has no image"]),
    ({"ID": INVALID["did"]}, 404, "UsageError", ["has no image"]),
    ({"ID": TAN["did"], "CIRCLE": "1 2"}, 400, "UsageError",
     ["CIRCLE", "three numbers"]),
    ({"ID": TAN["did"], "CIRCLE": "150 2 0"}, 400, "UsageError", ["above 0"]),
    ({"ID": TAN["did"], "CIRCLE": "150 2 -1"}, 400, "UsageError",
     ["above 0"]),
    ({"ID": TAN["did"], "POS": "BOX 1 2 3 4"}, 400, "UsageError",
     ["RANGE", "POLYGON"]),
    ({"ID": TAN["did"], "BAND": "x"}, 400, "UsageError", ["BAND"]),
    ({"ID": TAN["did"], "BAND": "2 1"}, 400, "UsageError", ["BAND"]),
    ({"ID": TAN["did"], "RESPONSEFORMAT": "text/html"}, 400, "UsageError",
     ["image/fits", "image/png"]),
    ({"ID": TAN["did"], "RESPONSEFORMAT": ["fits", "png"]}, 400,
     "MultiValuedParamNotSupported", ["RESPONSEFORMAT"]),
    ({"ID": TAN["did"], "STRETCH": "x", "FORMAT": "png"}, 400, "UsageError",
     ["asinh"]),
    ({"ID": TAN["did"], "LIMITS": "x", "FORMAT": "png"}, 400, "UsageError",
     ["zscale"]),
    ({"ID": TAN["did"], "RGB": "r g u"}, 400, "UsageError", ["picture"]),
    ({"ID": TAN["did"], "RGB": "r g", "FORMAT": "png"}, 400, "UsageError",
     ["three filters"]),
    ({"ID": TAN["did"], "FILTERS": "r,x"}, 400, "UsageError", ["u, g, r"]),
    ({"ID": TPV["did"], "FILTERS": "all"}, 400, "UsageError", ["no tile"]),
    ({"ID": TPV["did"], "WEIGHT": "1"}, 400, "UsageError", ["WEIGHT"]),
    ({"ID": TAN["did"], "WEIGHT": "yes"}, 400, "UsageError", ["WEIGHT"]),
    ({"ID": TAN["did"], "LAYOUT": "sheet"}, 400, "UsageError", ["LAYOUT"]),
    ({"ID": TAN["did"], "SIZEX": "0", "FORMAT": "png"}, 400, "UsageError",
     ["SIZEX"]),
])
def test_errors(vo, params, status, label, words):
    refused(ask(vo, **params), status, label, *words)


def test_private_release_is_invisible(vo):
    did = TAN["did"].replace("pix-dr1", "pix-private")
    r = vo.get("/vo/soda/pix-private/sync", ID=did, CIRCLE="150 2 0.0103")
    none = vo.get("/vo/soda/no-such/sync", ID=did, CIRCLE="150 2 0.0103")
    refused(r, 404, "UsageError")
    assert r.text.replace("pix-private", "X") == none.text.replace(
        "no-such", "X")
    # nor by the address of another release
    refused(ask(vo, ID=did, CIRCLE="150 2 0.0103"), 404, "UsageError")


def test_limits(vo, conf_now):
    conf_now('<Location "/vo/soda">\n SODAMaxPixels 5000\n SODAMaxCuts 3\n'
             "</Location>")
    get_fits(vo, ID=TAN["did"], CIRCLE="150 2 0.015")
    refused(ask(vo, ID=TAN["did"], CIRCLE="150 2 0.04"), 400, "UsageError",
            "5000")
    refused(ask(vo, ID=TAN["did"], CIRCLE="150 2 0.015", FILTERS="all"), 400,
            "UsageError", "5000")
    refused(ask(vo, ID=[TAN["did"]] * 2, CIRCLE=["150 2 0.0103"] * 2), 400,
            "UsageError", "the 3 one request")


# --- several filters, weights, masks -----------------------------------------

def test_weight_and_mask(vo):
    hdus = get_fits(vo, ID=TAN["did"], CIRCLE="150 2 0.0103", WEIGHT=1, MASK=1)
    assert [h.name for h in hdus] == ["PRIMARY", "u_WEIGHT", "u_MASK"]
    data, wcs = stored(vo, TAN)
    x0, y0, x1, y1 = circle_box(wcs, 150, 2, 0.0103)
    assert np.array_equal(hdus[0].data, data[y0:y1 + 1, x0:x1 + 1])
    assert (hdus[1].data == TAN["filter_id"]).all()
    assert np.array_equal(hdus[2].data, np.eye(SIZE, dtype="i2")[
        y0:y1 + 1, x0:x1 + 1])
    assert hdus[0].data.shape == hdus[1].data.shape


@pytest.mark.parametrize("filters, names", [
    ("all", ["u", "g", "r"]), ("r,u", ["r", "u"]), ("27 12", ["r", "g"])])
def test_filters(vo, filters, names):
    hdus = get_fits(vo, ID=TAN["did"], CIRCLE="150 2 0.0103", FILTERS=filters)
    assert [h.header["EXTNAME"] for h in hdus[1:]] == names
    _, wcs = stored(vo, TAN)
    x0, y0, x1, y1 = circle_box(wcs, 150, 2, 0.0103)
    for hdu, name in zip(hdus[1:], names):
        image = next(i for i in IMAGES if i["filter_name"] == name)
        data, _ = stored(vo, image)
        assert np.array_equal(hdu.data, data[y0:y1 + 1, x0:x1 + 1])
        assert hdu.header["FILTER"] == name


def test_band_chooses_filters(vo):
    hdus = get_fits(vo, ID=TAN["did"], CIRCLE="150 2 0.0103", FILTERS="all",
                    BAND="4e-7 6e-7")
    assert [h.header["EXTNAME"] for h in hdus[1:]] == ["g", "r"]


def test_cube(vo):
    hdus = get_fits(vo, ID=TAN["did"], CIRCLE="150 2 0.0103", FILTERS="all",
                    LAYOUT="cube")
    data, wcs = stored(vo, TAN)
    x0, y0, x1, y1 = circle_box(wcs, 150, 2, 0.0103)
    cube = hdus[0]
    assert cube.shape == (3, y1 - y0 + 1, x1 - x0 + 1)
    for plane, (name, *_) in zip(cube.data, FILTERS):
        image = next(i for i in IMAGES if i["filter_name"] == name)
        data, _ = stored(vo, image)
        assert np.array_equal(plane, data[y0:y1 + 1, x0:x1 + 1])
    new = WCS(cube.header, hdus)
    ra, dec, wave = new.all_pix2world([0, 5, 9], [0, 6, 2], [0, 1, 2], 0)
    assert np.allclose(wave, [w[2] * 1e-10 for w in FILTERS], rtol=1e-12)
    truth = SkyCoord(*wcs.all_pix2world(np.array([0, 5, 9]) + x0,
                                        np.array([0, 6, 2]) + y0, 0),
                     unit="deg")
    assert truth.separation(SkyCoord(ra, dec, unit="deg")).deg.max() < 1e-9
    assert [cube.header["FILT%d" % (i + 1)] for i in range(3)] == [
        "u", "g", "r"]


# --- pictures ----------------------------------------------------------------

def png_size(data):
    assert data[:8] == b"\x89PNG\r\n\x1a\n"
    return (int.from_bytes(data[16:20], "big"),
            int.from_bytes(data[20:24], "big"), data[25])


def test_pictures(vo):
    _, wcs = stored(vo, TAN)
    x0, y0, x1, y1 = circle_box(wcs, 150, 2, 0.0103)
    size = (x1 - x0 + 1, y1 - y0 + 1)
    r = ask(vo, ID=TAN["did"], CIRCLE="150 2 0.0103",
            RESPONSEFORMAT="image/png")
    assert r.headers["Content-Type"] == "image/png"
    assert png_size(r.content) == size + (0,)
    for extra in ({"STRETCH": "log"}, {"LIMITS": "zscale"},
                  {"STRETCH": "linear", "LIMITS": "0 100"}):
        other = ask(vo, ID=TAN["did"], CIRCLE="150 2 0.0103", FORMAT="png",
                    **extra)
        assert png_size(other.content) == size + (0,)
        assert other.content != r.content
    r = ask(vo, ID=TAN["did"], CIRCLE="150 2 0.0103", FORMAT="jpeg")
    assert r.headers["Content-Type"] == "image/jpeg"
    assert r.content[:3] == b"\xff\xd8\xff"
    r = ask(vo, ID=TAN["did"], CIRCLE="150 2 0.0103", FORMAT="png", SIZEX=77)
    assert png_size(r.content)[0] == 77


def test_colour(vo):
    for extra in ({}, {"Q": 2, "ALPHA": 3}, {"BALANCE": "1 2 3"}):
        r = ask(vo, ID=TAN["did"], CIRCLE="150 2 0.0103", FORMAT="png",
                RGB="r g u", **extra)
        assert r.status_code == 200, r.text
        assert png_size(r.content)[2] == 2


def test_sheet(vo):
    r = ask(vo, ID=TAN["did"], CIRCLE="150 2 0.0103", FORMAT="png",
            FILTERS="all", SIZEX=50, SIZEY=40)
    assert png_size(r.content) == (2 * 51 + 1, 2 * 41 + 1, 0)


# --- several cuts ------------------------------------------------------------

def test_many(vo):
    ids = [TAN["did"], DID + "nothing", OTHER["did"], RICE["did"]]
    where = ["150.0 2.0 0.01", "150.5 2.0 0.01"]
    r = ask(vo, ID=ids, CIRCLE=where)
    assert r.status_code == 200
    assert r.headers["Content-Type"] == "application/x-tar"
    tar = tarfile.open(fileobj=io.BytesIO(r.content))
    rows = list(csv.DictReader(io.TextIOWrapper(
        tar.extractfile("manifest.csv"))))
    assert [row["input"] for row in rows] == [str(i + 1) for i in range(8)]
    assert [row["id"] for row in rows] == [i for i in ids for _ in where]
    assert [row["region"] for row in rows] == [
        "CIRCLE " + w for w in where] * 4
    assert [row["status"] for row in rows] == [
        "ok", "outside", "missing", "missing", "outside", "outside", "ok",
        "outside"]
    names = [row["file"] for row in rows if row["file"]]
    assert names + ["manifest.csv"] == tar.getnames()
    single = ask(vo, ID=RICE["did"], CIRCLE=where[0])
    assert tar.extractfile(names[1]).read() == single.content


# --- what may go wrong -------------------------------------------------------

def test_damaged_file(vo, expect_log):
    """A file cut off after it was registered, one registered as it is, one
    that is no FITS at all."""
    folder = path(vo, "damaged")
    folder.mkdir(exist_ok=True)
    did = DID + "damaged/"
    whole = path(vo, RICE).read_bytes()
    files = {"short.fits": whole[:len(whole) // 2],
             "head.fits": whole[:4000],
             "empty.fits": b"", "text.fits": b"hello " * 1000}
    schema = vo.sql("SELECT pg_schema FROM vo.release WHERE release_id ="
                    " 'pix-dr1'")[0][0]
    try:
        for name, data in files.items():
            (folder / name).write_bytes(data)
            vo.sql("INSERT INTO %s.vo_image (image_id, publisher_did,"
                   " product_type, calib_level, collection, obs_id, root_id,"
                   " path, hdu, media_type, file_size) VALUES (%%s, %%s,"
                   " 'image', 2, 'PIX',"
                   " 'damaged', 1, %%s, 2, 'image/fits', %%s)" % schema,
                   (9000 + len(name) + len(data), did + name,
                    "damaged/" + name, len(data)))
        expect_log("VO1021")
        for name in ("short.fits", "head.fits"):
            refused(ask(vo, ID=did + name, CIRCLE="150 2 0.05"), 500, "Error",
                    "damaged")
        for name in ("empty.fits", "text.fits"):
            refused(ask(vo, ID=did + name, CIRCLE="150 2 0.05"), 400,
                    "UsageError", "not a FITS file")
        # changed after it was registered
        (folder / "short.fits").write_bytes(whole)
        refused(ask(vo, ID=did + "short.fits", CIRCLE="150 2 0.05"), 500,
                "Error", "not available")
        # the others go on
        r = ask(vo, ID=[did + "head.fits", TAN["did"]], CIRCLE="150 2 0.0103")
        tar = tarfile.open(fileobj=io.BytesIO(r.content))
        rows = list(csv.DictReader(io.TextIOWrapper(
            tar.extractfile("manifest.csv"))))
        assert [row["status"] for row in rows] == ["error", "ok"]
        assert "damaged" in rows[0]["message"]
        assert str(vo.dir) not in r.text
    finally:
        vo.sql("DELETE FROM %s.vo_image WHERE obs_id = 'damaged'" % schema)
        shutil.rmtree(folder)


def test_paths_stay_below_their_root(vo, expect_log):
    schema = vo.sql("SELECT pg_schema FROM vo.release WHERE release_id ="
                    " 'pix-dr1'")[0][0]
    secret = vo.dir / "secret.fits"
    shutil.copy(path(vo, TAN), secret)
    link = path(vo, "link.fits")
    link.symlink_to(secret)
    expect_log("VO1021")
    try:
        for i, name in enumerate(("../secret.fits", "link.fits",
                                  str(secret))):
            vo.sql("INSERT INTO %s.vo_image (image_id, publisher_did,"
                   " product_type, calib_level, collection, obs_id, root_id,"
                   " path, media_type, file_size) VALUES (%%s, %%s,"
                   " 'image', 2, 'PIX',"
                   " 'escape', 1, %%s, 'image/fits', %%s)" % schema,
                   (9100 + i, DID + "escape%d" % i, name,
                    secret.stat().st_size))
            refused(ask(vo, ID=DID + "escape%d" % i), 500, "Error",
                    "not available")
    finally:
        vo.sql("DELETE FROM %s.vo_image WHERE obs_id = 'escape'" % schema)
        link.unlink()
        secret.unlink()


def test_client_that_leaves(vo):
    """Sockets closed at once, again and again; nobody dies."""
    host, port = vo.url.split("//")[1].split(":")
    for _ in range(20):
        with socket.create_connection((host, int(port))) as s:
            s.sendall(("GET %s?ID=%s&FILTERS=all HTTP/1.1\r\nHost: x\r\n\r\n"
                       % (SYNC, TAN["did"])).encode())
            s.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER,
                         b"\x01\0\0\0\0\0\0\0")
            time.sleep(0.005)
    get_fits(vo, ID=TAN["did"], CIRCLE="150 2 0.0103")


# --- VOSI --------------------------------------------------------------------

def test_vosi(vo):
    caps = parse(vo.get("/vo/soda/pix-dr1/capabilities").content)
    by_id = {c.get("standardID"): c for c in caps.iter("capability")}
    for word in ("sync", "async"):
        cap = by_id["ivo://ivoa.net/std/SODA#%s-1.0" % word]
        url = cap.find("interface/accessURL").text
        assert url == vo.url + "/vo/soda/pix-dr1/" + word
        params = {p.find("name").text: p for p in cap.iter("param")}
        assert {"ID", "CIRCLE", "POLYGON", "POS", "BAND"} <= set(params)
        assert params["BAND"].find("unit").text == "m"
        assert params["BAND"].find("ucd").text == "em.wl;stat.interval"
    r = vo.get("/vo/soda/pix-dr1/availability")
    assert b"true" in r.content
    assert vo.get("/vo/soda/pix-private/capabilities").status_code == 404
    refused(vo.get("/vo/soda/pix-dr1/nothing"), 404, "UsageError", "sync")


# --- configuration -----------------------------------------------------------

@pytest.mark.parametrize("name", ["SODAMaxPixels", "SODAMaxCuts",
                                  "SODAProcessPixels", "SODAMaxBulk",
                                  "SODATimeout"])
@pytest.mark.parametrize("value", ["0", "-1", "x", "1.5", "99999999999"])
def test_bad_settings_are_refused(vo, name, value):
    accepted, text = vo.configtest("%s %s" % (name, value))
    assert not accepted
    assert name in text and value in text


def test_settings_are_inherited(vo, conf_now):
    """Server, a section that says something else, a section that says the
    same directive."""
    conf_now("SODAMaxPixels 5000\n"
             '<Location "/vo/soda">\nSODAMaxCuts 7\n</Location>\n'
             '<LocationMatch "^/vo/siap/[^/]+/get_">\nSODAMaxPixels 100\n'
             "</LocationMatch>")
    refused(ask(vo, ID=TAN["did"]), 400, "UsageError", "at most 5000")
    refused(ask(vo, ID=[TAN["did"]] * 8), 400, "UsageError", "the 7 one")
    r = vo.get("/vo/siap/pix-dr1/get_fits_cutout", id=101, filter="u",
               ra=150, dec=2, width=0.05)
    refused(r, 400, "UsageError", "at most 100")


# --- cubes -------------------------------------------------------------------

AXES = {  # CTYPE3, CUNIT3, CRVAL3, CDELT3: 40 planes around 500 nm to 540 nm
    "wave": ("WAVE", "nm", 500.0, 1.0),
    "reversed": ("WAVE", "Angstrom", 5390.0, -10.0),
    "freq": ("FREQ", "THz", 560.0, 1.0),
    "awav": ("AWAV", "m", 5e-7, 1e-9),
    "log": ("WAVE-LOG", "m", 5e-7, 1e-9),
    "vrad": ("VRAD", "km/s", -500.0, 50.0),
}


@pytest.mark.parametrize("kind", sorted(AXES))
def test_band_of_a_cube(vo, kind):
    """Planes against the wavelengths that astropy has for their edges."""
    ctype, unit, crval, cdelt = AXES[kind]
    h = header(150.0, 2.0, size=20)
    h["CTYPE3"], h["CUNIT3"], h["CRPIX3"] = ctype, unit, 1.0
    h["CRVAL3"], h["CD3_3"] = crval, cdelt
    if ctype == "VRAD":
        h["RESTFRQ"] = 5.7e14
    data = np.arange(40 * 400, dtype="f4").reshape(40, 20, 20)
    name, did = path(vo, "cube.fits"), DID + "cube"
    schema = vo.sql("SELECT pg_schema FROM vo.release WHERE release_id ="
                    " 'pix-dr1'")[0][0]
    try:
        fits.writeto(name, data, h, overwrite=True)
        vo.sql("INSERT INTO %s.vo_image (image_id, publisher_did,"
               " product_type, calib_level, collection, obs_id, root_id, path,"
               " media_type, file_size) VALUES (9200, %%s, 'cube', 2, 'PIX',"
               " 'cube', 1, 'cube.fits', 'image/fits', %%s)" % schema,
               (did, name.stat().st_size))
        edges = WCS(h).sub(["spectral"]).pixel_to_world(
            np.arange(41) - 0.5)
        wave = np.array(edges.to("m", u.spectral()).value if ctype[0] != "V"
                        else (299792458.0 / (5.7e14 * (1 - edges.to(
                            "m/s").value / 299792458.0))))
        if ctype == "AWAV":  # astropy leaves it that of air
            um = wave * 1e6
            wave = wave * (1 + 1e-6 * (287.6155 + 1.62887 / um ** 2
                                       + 0.01360 / um ** 4))
        low, high = np.minimum(wave[1:], wave[:-1]), np.maximum(wave[1:],
                                                                wave[:-1])
        span = low.min(), high.max()
        for lo, hi in ((span[0] - 1e-9, span[0] + 0.3 * (span[1] - span[0])),
                       (np.mean(span), np.mean(span) * 1.0003),
                       (np.mean(span), np.mean(span)), (0, 1)):
            planes = np.flatnonzero((high > lo) & (low < hi) if lo < hi
                                    else (low <= lo) & (high > lo))
            cut = get_fits(vo, ID=did, CIRCLE="150 2 0.0021",
                           BAND="%r %r" % (float(lo), float(hi)))[0]
            assert cut.shape[0] == len(planes), (lo, hi)
            x0, y0 = (int(h[k] - cut.header[k]) for k in ("CRPIX1", "CRPIX2"))
            assert np.array_equal(cut.data, data[
                planes[0]:planes[-1] + 1, y0:y0 + cut.shape[1],
                x0:x0 + cut.shape[2]])
            assert cut.header["CRPIX3"] == 1.0 - planes[0]
        r = ask(vo, ID=did, CIRCLE="150 2 0.0021", BAND="1e-5 2e-5")
        assert r.status_code == 204
        whole = get_fits(vo, ID=did)[0]
        assert np.array_equal(whole.data, data)
    finally:
        vo.sql("DELETE FROM %s.vo_image WHERE obs_id = 'cube'" % schema)
        name.unlink(missing_ok=True)
