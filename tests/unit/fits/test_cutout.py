"""test_cutout.py: cutouts and pictures by cutout_tool, against astropy."""
# SPDX-License-Identifier: GPL-3.0-or-later
import bz2
import glob
import io
import os
import subprocess
import sys
import tempfile
import zlib

import numpy as np
import pytest
from astropy import units as u
from astropy.coordinates import SkyCoord
from astropy.io import fits
from astropy.nddata import Cutout2D
from astropy.nddata.utils import NoOverlapError
from astropy.visualization import (
    AsinhStretch, LinearStretch, LogStretch, MinMaxInterval,
    PercentileInterval, SqrtStretch, ZScaleInterval, make_lupton_rgb)
from astropy.wcs import WCS

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "../../http"))
from pyvohttpd.seed_images import header  # noqa: E402

TOOL = os.environ.get("CUTOUT_TOOL", "build/tests/cutout_tool")
DATA = os.environ.get("VO_TEST_DATA", os.path.join(HERE, "../../../../shared/"
                                                         "data"))


def tool(*args, ok=True):
    p = subprocess.run([TOOL] + [str(a) for a in args], capture_output=True)
    assert (p.returncode == 0) == ok, p.stderr.decode()
    return p.stdout if ok else p.stderr.decode()


def cut(name, hdu, kind, value):
    data = tool("cut", name, hdu, kind, value)
    check_fits(data)
    return fits.open(io.BytesIO(data), checksum=True)


def check_fits(data):
    """fitsverify has nothing to say, the checksums hold."""
    with tempfile.NamedTemporaryFile(suffix=".fits") as f:
        f.write(data)
        f.flush()
        p = subprocess.run(["fitsverify", f.name], capture_output=True)
    assert b"0 warning(s) and 0 error(s)" in p.stdout, p.stdout.decode()
    with fits.open(io.BytesIO(data), checksum=True) as hdus:
        for hdu in hdus:
            assert hdu.verify_checksum() == 1
            assert hdu.verify_datasum() == 1


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    """Every projection, plain, compressed and of whole numbers."""
    top = tmp_path_factory.mktemp("fits")
    rng = np.random.default_rng(4)
    made = []
    for kind in ("TAN", "TPV", "SIP"):
        for dtype, compression in (("f4", None), ("f8", None), ("i2", None),
                                   ("f4", "RICE_1"), ("i4", "RICE_1"),
                                   ("i2", "GZIP_2"), ("u2", None),
                                   ("u1", None)):
            data = rng.normal(100, 9, (300, 300)).astype(dtype)
            h = header(359.99, 40.0, kind)
            h["LTV1"], h["LTV2"] = 0.0, 12.5
            h["CRPIX1A"], h["CRPIX2A"] = 7.0, 8.0
            h["WCSNAMEA"] = "PHYSICAL"
            name = top / ("%s_%s_%s.fits" % (kind, dtype, compression))
            if compression:
                hdus = [fits.PrimaryHDU(), fits.CompImageHDU(
                    data, h, compression_type=compression,
                    tile_size=(100, 100), quantize_level=16.0)]
            else:
                hdus = [fits.PrimaryHDU(data, h)]
            fits.HDUList(hdus).writeto(name)
            made.append((str(name), 2 if compression else 1))
    return made


def compare(name, hdu, ra, dec, size):
    """Our cutout and astropy's: pixels, type, WCS, header."""
    with fits.open(name, do_not_scale_image_data=True) as hdus:
        whole = hdus[hdu - 1]
        old = whole.header.copy()
        wcs = WCS(old).celestial
        if isinstance(size, str):
            nx, ny = (int(n) for n in size.split("x"))
            shape = (ny, nx)
        else:
            shape = (size[1] * u.deg, size[0] * u.deg)
        try:
            truth = Cutout2D(whole.data, SkyCoord(ra, dec, unit="deg"), shape,
                             wcs=wcs)
            truth = truth if truth.data.size else None
        except NoOverlapError:
            truth = None
        size = size if isinstance(size, str) else "%r %r" % size
        value = "%r %r %s" % (ra, dec, size)
        if truth is None:
            assert "no overlap" in tool("cut", name, hdu, "BOX", value,
                                        ok=False)
            return 0
        data = tool("cut", name, hdu, "BOX", value)
        check_fits(data)
        with fits.open(io.BytesIO(data),
                       do_not_scale_image_data=True) as made:
            ours = made[0]
            assert ours.header["BITPIX"] == old["BITPIX"]
            assert ours.data.shape == truth.data.shape
            assert ours.data.tobytes() == truth.data.astype(
                ours.data.dtype).tobytes()
            new = WCS(ours.header).celestial
            ny, nx = ours.data.shape
            x, y = np.array([0, nx - 1, nx / 2, -10]), np.array(
                [0, ny - 1, ny / 3, 5])
            a = SkyCoord(*new.all_pix2world(x, y, 0), unit="deg")
            b = SkyCoord(*truth.wcs.all_pix2world(x, y, 0), unit="deg")
            assert a.separation(b).deg.max() < 1e-9
            shift = {"CRPIX1": -truth.xmin_original,
                     "CRPIX2": -truth.ymin_original}
            if "LTV1" in old:
                shift.update({"LTV1": -truth.xmin_original,
                              "LTV2": -truth.ymin_original,
                              "CRPIX1A": -truth.xmin_original,
                              "CRPIX2A": -truth.ymin_original})
            for key, value in old.items():
                if key in ("SIMPLE", "XTENSION", "PCOUNT", "GCOUNT", "EXTEND",
                           "NAXIS1", "NAXIS2", "CHECKSUM", "DATASUM",
                           "COMMENT", "HISTORY", "", "INHERIT"):
                    continue
                if key in shift:
                    assert abs(ours.header[key] - value - shift[key]) < 1e-8
                else:
                    assert ours.header[key] == value, key
        return 1


def test_boxes(files):
    rng = np.random.default_rng(9)
    found = 0
    for name, hdu in files:
        for _ in range(3):
            ra = 359.99 + rng.uniform(-0.12, 0.12) / np.cos(np.radians(40))
            dec = 40.0 + rng.uniform(-0.12, 0.12)
            if rng.random() < 0.5:
                size = tuple(float(v) for v in rng.uniform(0.001, 0.1, 2))
            else:
                size = "%dx%d" % tuple(rng.integers(1, 90, 2))
            found += compare(name, hdu, ra % 360, dec, size)
    assert 36 < found < 3 * len(files)


def dense_circle(ra, dec, radius, n=20000):
    c = SkyCoord(ra, dec, unit="deg")
    return c.directional_offset_by(np.linspace(0, 360, n) * u.deg,
                                   radius * u.deg)


def brute_box(wcs, edge, shape):
    x, y = wcs.all_world2pix(edge.ra.deg, edge.dec.deg, 0)
    lo = np.floor(np.array([x.min(), y.min()]) + 0.5)
    hi = np.ceil(np.array([x.max(), y.max()]) - 0.5)
    lo, last = np.maximum(lo, 0), np.array(shape[::-1]) - 1
    hi = np.minimum(hi, last)
    return lo.astype(int), hi.astype(int)


def test_circles(files):
    rng = np.random.default_rng(2)
    for name, hdu in files:
        if "f4_None" not in name:
            continue
        wcs = WCS(fits.getheader(name, hdu - 1))
        for _ in range(60):
            ra = (359.99 + rng.uniform(-0.1, 0.1)) % 360
            dec = 40.0 + rng.uniform(-0.1, 0.1)
            radius = 10 ** rng.uniform(-4, -1.2)
            edge = dense_circle(ra, dec, radius)
            x, y = wcs.all_world2pix(edge.ra.deg, edge.dec.deg, 0)
            got = [int(v) for v in tool("box", name, hdu, "CIRCLE",
                                        "%r %r %r" % (ra, dec,
                                                      radius)).split()]
            close = np.abs(np.array([x.min(), x.max(), y.min(), y.max()])
                           % 1 - 0.5).min() < 0.01
            lo, hi = brute_box(wcs, edge, (300, 300))
            touched = (lo <= hi).all()
            if got[2] == 0:
                # no pixel's area is in the circle
                gx, gy = np.meshgrid(np.arange(-0.5, 300), np.arange(-0.5,
                                                                     300))
                sky = SkyCoord(*wcs.all_pix2world(gx, gy, 0), unit="deg")
                inside = sky.separation(SkyCoord(ra, dec, unit="deg")).deg
                assert not touched or inside.min() > radius
            elif not close:
                assert touched
                assert got[:4] == [lo[0], lo[1], hi[0] - lo[0] + 1,
                                   hi[1] - lo[1] + 1]


def in_polygon(ra, dec, corners):
    """Which points are left of every side (corners counterclockwise)."""
    def vec(a, d):
        a, d = np.radians(a), np.radians(d)
        return np.stack([np.cos(d) * np.cos(a), np.cos(d) * np.sin(a),
                         np.sin(d)], -1)
    p, c = vec(ra, dec), vec(*np.array(corners).T)
    side = [(p @ np.cross(c[i], c[(i + 1) % len(c)]))
            for i in range(len(c))]
    return np.min(side, 0)


def test_polygons(files):
    for name, hdu in files[::3] + files[4:6]:
        raw = fits.open(name, do_not_scale_image_data=True)[hdu - 1]
        wcs = WCS(raw.header)
        corners = [(359.95, 39.97), (0.03, 39.98), (359.99, 40.06)]
        value = " ".join("%r %r" % c for c in corners)
        box = [int(v) for v in tool("box", name, hdu, "POLYGON",
                                    value).split()]
        ours = cut(name, hdu, "POLYGON", value)[0]
        with_pos = cut(name, hdu, "POS", "Polygon " + value)[0]
        part = raw.data[box[1]:box[1] + box[3], box[0]:box[0] + box[2]]
        y, x = np.mgrid[box[1]:box[1] + box[3], box[0]:box[0] + box[2]]
        depth = in_polygon(*wcs.all_pix2world(x, y, 0), corners)
        inside, outside = depth > 1e-9, depth < -1e-9
        assert inside.sum() > 500 and outside.sum() > 500
        stored = fits.open(io.BytesIO(tool("cut", name, hdu, "POLYGON",
                                           value)),
                           do_not_scale_image_data=True)[0]
        assert (stored.data[inside] == part[inside]).all()
        if raw.header["BITPIX"] > 0:
            blank = stored.header["BLANK"]
            assert (stored.data[outside] == blank).all()
            assert not (stored.data[inside] == blank).any()
        else:
            assert np.isnan(stored.data[outside]).all()
        assert repr(ours.header) == repr(with_pos.header).replace("POS", "POS")
        # the box is tight: its border rows touch the polygon
        for edge in (depth[0], depth[-1], depth[:, 0], depth[:, -1]):
            assert edge.max() > -2 * 2.0 / 3600 * np.pi / 180


def test_random_polygons(files):
    """Every pixel of polygons of many corners, even self-crossing ones, in the
    plane of a TAN image, where great circles are straight."""
    name, hdu = files[0]
    raw = fits.open(name)[hdu - 1]
    wcs = WCS(raw.header)
    rng = np.random.default_rng(12)
    y, x = np.mgrid[0:300, 0:300]
    for n in (3, 4, 5, 9, 40):
        corners = rng.uniform(-60, 360, (n, 2))
        ra, dec = wcs.all_pix2world(*corners.T, 0)
        value = " ".join("%.15g %.15g" % p for p in zip(ra, dec))
        made = cut(name, hdu, "POLYGON", value)[0]
        inside = np.zeros((300, 300), int)
        for k in range(n):   # even-odd by hand
            (x1, y1), (x2, y2) = corners[k], corners[(k + 1) % n]
            hit = (y1 > y) != (y2 > y)
            with np.errstate(divide="ignore", invalid="ignore"):
                at = x1 + (y - y1) / (y2 - y1) * (x2 - x1)
            inside += hit & (x >= at)
        inside %= 2
        x0, y0 = (int(round(raw.header[k] - made.header[k]))
                  for k in ("CRPIX1", "CRPIX2"))
        ny, nx = made.data.shape
        got = ~np.isnan(made.data)
        want = inside[y0:y0 + ny, x0:x0 + nx] == 1
        assert (got != want).sum() <= 2, (n, (got != want).sum())
        outer = inside.copy()
        outer[y0:y0 + ny, x0:x0 + nx] = 0
        assert outer.sum() == 0


def test_inherited_keywords(tmp_path):
    h = header(150.0, 2.0)
    h["INHERIT"], h["FILTER"] = True, "r"
    primary = fits.PrimaryHDU()
    primary.header["TELESCOP"], primary.header["FILTER"] = "T80", "x"
    primary.header["LONGTEXT"] = "y" * 150
    name = tmp_path / "inherit.fits"
    fits.HDUList([primary, fits.ImageHDU(np.zeros((300, 300), "f4"), h)]
                 ).writeto(name)
    ours = cut(name, 2, "CIRCLE", "150 2 0.01")[0].header
    assert ours["TELESCOP"] == "T80" and ours["FILTER"] == "r"
    assert ours["LONGTEXT"] == "y" * 150
    assert "INHERIT" not in ours and "EXTEND" not in ours


def test_range_and_whole_sky(files):
    name, hdu = files[0]
    box = tool("box", name, hdu, "POS", "RANGE 359.97 0.01 39.98 40.02")
    wcs = WCS(fits.getheader(name, hdu - 1))
    ra = np.concatenate([np.linspace(-0.03, 0.01, 500)] * 2 + [
        np.full(500, -0.03), np.full(500, 0.01)])
    dec = np.concatenate([np.full(500, 39.98), np.full(500, 40.02)]
                         + [np.linspace(39.98, 40.02, 500)] * 2)
    lo, hi = brute_box(wcs, SkyCoord(ra % 360, dec, unit="deg"), (300, 300))
    assert [int(v) for v in box.split()][:4] == [
        lo[0], lo[1], hi[0] - lo[0] + 1, hi[1] - lo[1] + 1]
    for value in ("RANGE -Inf +Inf -Inf +Inf", "RANGE 0 360 -90 +Inf",
                  "CIRCLE 10 10 180", "CIRCLE 359.9 40 20"):
        assert tool("box", name, hdu, "POS", value).split()[:4] == [
            b"0", b"0", b"300", b"300"], value


def test_pole(tmp_path):
    h = header(123.0, 89.97)
    data = np.arange(90000, dtype="i4").reshape(300, 300)
    name = tmp_path / "pole.fits"
    fits.writeto(name, data, h)
    wcs = WCS(h)
    for ra, dec, r in ((10.0, 89.99, 0.03), (0.0, 90.0, 0.02),
                       (300.0, 89.95, 0.01)):
        edge = dense_circle(ra, dec, r)
        lo, hi = brute_box(wcs, edge, data.shape)
        got = tool("box", name, 1, "CIRCLE", "%r %r %r" % (ra, dec, r))
        assert [int(v) for v in got.split()][:4] == [
            lo[0], lo[1], hi[0] - lo[0] + 1, hi[1] - lo[1] + 1]


def test_far_away_is_no_overlap(files):
    for name, hdu in files[::4]:
        for value in ("180 -40 0.1", "0 50 1", "359.99 41 0.8", "170 40 1",
                      "0.3 40.2 0.1"):
            assert tool("box", name, hdu, "CIRCLE", value).split()[2] == b"0"


@pytest.mark.parametrize("kind, value, words", [
    ("CIRCLE", "1 2", "three numbers"), ("CIRCLE", "1 2 0", "above 0"),
    ("CIRCLE", "1 2 -3", "above 0"), ("CIRCLE", "1 2 x", "not a number"),
    ("CIRCLE", "1 2 NaN", "not a number"), ("CIRCLE", "1 95 1", "95"),
    ("CIRCLE", "1 2 Inf", "finite"), ("POLYGON", "1 2 3 4", "three or more"),
    ("POLYGON", "1 2 3 4 5 6 7", "three or more"),
    ("POS", "BOX 1 2 3 4", "no shape"), ("POS", "", "no shape"),
    ("POS", "RANGE 1 2 3", "four numbers"),
    ("POS", "RANGE 1 2 30 10", "30"), ("POS", "CIRCLE", "three numbers")])
def test_wrong_regions(files, kind, value, words):
    assert words in tool("box", files[0][0], 1, kind, value, ok=False)


# --- real images -------------------------------------------------------------

def real_images():
    names = sorted(glob.glob(DATA + "/images/2mass_gc/*.fits")
                   + glob.glob(DATA + "/images/decam/*/*.fits")
                   + glob.glob(DATA + "/images/sdss_ngc6976/*.bz2"))
    return names


@pytest.mark.skipif(not real_images(), reason="no images in VO_TEST_DATA")
def test_real_images(tmp_path):
    rng = np.random.default_rng(3)
    found = 0
    for name in real_images():
        if name.endswith(".bz2"):
            plain = tmp_path / os.path.basename(name)[:-4]
            plain.write_bytes(bz2.open(name).read())
            name = str(plain)
        with fits.open(name) as hdus:
            which = [i for i, h in enumerate(hdus)
                     if h.header.get("NAXIS", 0) == 2 and h.is_image][:1]
            for i in which:
                wcs = WCS(hdus[i].header)
                ny, nx = hdus[i].shape
            if not which:
                continue
        for _ in range(2):
            ra, dec = wcs.all_pix2world(rng.uniform(-10, nx),
                                        rng.uniform(-10, ny), 0)
            found += compare(name, which[0] + 1, float(ra), float(dec),
                             "%dx%d" % tuple(rng.integers(1, 99, 2)))
    assert found > len(real_images())


# --- pictures ----------------------------------------------------------------

def read_png(data):
    """The pixels of an 8-bit PNG without interlacing, by hand."""
    assert data[:8] == b"\x89PNG\r\n\x1a\n"
    at, body, shape = 8, b"", None
    while at < len(data):
        n, kind = int.from_bytes(data[at:at + 4], "big"), data[at + 4:at + 8]
        part = data[at + 8:at + 8 + n]
        assert zlib.crc32(kind + part) == int.from_bytes(
            data[at + 8 + n:at + 12 + n], "big")
        if kind == b"IHDR":
            w, h = (int.from_bytes(part[i:i + 4], "big") for i in (0, 4))
            shape = (h, w, {0: 1, 2: 3}[part[9]])
        body += part if kind == b"IDAT" else b""
        at += 12 + n
    raw = np.frombuffer(zlib.decompress(body), "u1").reshape(shape[0], -1)
    out = np.zeros((shape[0], shape[1] * shape[2]), "u1")
    for y, row in enumerate(raw):
        assert row[0] in (0, 1)
        line = row[1:].copy()
        if row[0]:
            line = np.add.accumulate(line.reshape(-1, shape[2]), axis=0,
                                     dtype="u1").ravel()
        out[y] = line
    return out.reshape(shape)


@pytest.fixture(scope="module")
def picture(tmp_path_factory):
    rng = np.random.default_rng(1)
    y, x = np.mgrid[0:120, 0:150]
    data = (rng.normal(3, 1, (120, 150)) + 900 * np.exp(
        -((x - 40) ** 2 + (y - 20) ** 2) / 30.0)).astype("f4")
    data[100, 3:9] = np.nan
    name = tmp_path_factory.mktemp("pic") / "a.fits"
    fits.writeto(name, data)
    return name, data


INTERVALS = {"zscale": ZScaleInterval(n_samples=1000),
             "minmax": MinMaxInterval(),
             "99.5%": PercentileInterval(99.5), "90%": PercentileInterval(90)}


@pytest.mark.parametrize("limits", sorted(INTERVALS))
def test_limits(picture, limits):
    name, data = picture
    got = [float(v) for v in tool("limits", name, 0, limits).split()]
    truth = INTERVALS[limits].get_limits(data[np.isfinite(data)])
    assert np.allclose(got, truth, rtol=2e-5, atol=1e-5)


@pytest.mark.parametrize("stretch, f", [
    ("linear", LinearStretch()), ("sqrt", SqrtStretch()),
    ("log", LogStretch()), ("asinh", AsinhStretch())])
def test_grey(picture, stretch, f):
    name, data = picture
    got = read_png(tool("grey", name, 0, stretch, "0 50"))[::-1, :, 0]
    x = np.clip(np.nan_to_num(data) / 50, 0, 1)
    truth = np.where(np.isnan(data), 0, 255 * f(x))
    slack = 8 if stretch == "log" else 2 if stretch == "sqrt" else 1
    assert np.abs(got - truth).max() <= slack
    assert np.abs(got - truth).mean() < 0.6


def test_jpeg(picture):
    data = tool("jpeg", picture[0], 0, "asinh", "99.5%")
    assert data[:3] == b"\xff\xd8\xff" and data[-2:] == b"\xff\xd9"
    frame = data[data.index(b"\xff\xc0"):]
    assert int.from_bytes(frame[5:7], "big") == 120
    assert int.from_bytes(frame[7:9], "big") == 150


@pytest.mark.parametrize("bad", ["x", "101%", "0%", "3 2", "1 1", "1",
                                 "1 NaN", "%"])
def test_wrong_limits(picture, bad):
    assert "LIMITS" in tool("limits", picture[0], 0, bad, ok=False)


def test_rgb(tmp_path):
    rng = np.random.default_rng(5)
    y, x = np.mgrid[0:90, 0:100]
    images, names = [], []
    for i, height in enumerate((4000, 500, 60)):
        images.append((rng.normal(0, 1, (90, 100)) + height * np.exp(
            -((x - 40) ** 2 + (y - 20) ** 2) / 50.0)).astype("f4"))
        names.append(tmp_path / ("%d.fits" % i))
        fits.writeto(names[-1], images[-1])
    for q, s in ((8, 5), (10, 2), (1, 30)):
        got = read_png(tool("rgb", q, 1, s, "1 1 1", *names))[::-1]
        truth = make_lupton_rgb(*images, Q=q, stretch=s)
        assert np.abs(got.astype(int) - truth).max() <= 1
    # left to itself the sky is dark and the star is not
    auto = read_png(tool("rgb", 8, 1, 0, "1 1 1", *names))[::-1]
    assert 1 < np.percentile(auto.max(2), 75) < 60
    assert auto[20, 40].max() == 255
