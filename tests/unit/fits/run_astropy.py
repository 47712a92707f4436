"""run_astropy.py TOOL: vo_wcs against astropy, over made and real headers."""
# SPDX-License-Identifier: GPL-3.0-or-later
import glob
import logging
import os
import subprocess
import sys
import tempfile
import warnings

import numpy as np
from astropy import units as u
from astropy.coordinates import (BarycentricMeanEcliptic, FK4, ICRS,
                                 Galactic, SkyCoord, Supergalactic,
                                 UnitSphericalRepresentation)
from astropy.io import fits
from astropy.time import Time
from astropy.wcs import WCS
from astropy.wcs.utils import wcs_to_celestial_frame

warnings.simplefilter("ignore")
logging.getLogger("astropy").setLevel("ERROR")
TOOL = sys.argv[1]
LIMIT = 1e-9  # degrees
rng = np.random.default_rng(4)
nchecks = 0


def tool(cards, questions):
    """Answers to QUESTIONS about the header with the bytes CARDS."""
    with tempfile.NamedTemporaryFile() as f:
        f.write(cards)
        f.flush()
        out = subprocess.run([TOOL, f.name], input="\n".join(questions) + "\n",
                             capture_output=True, text=True)
    assert out.returncode >= 0 and not out.stderr, out
    return out.stdout.splitlines()


def cards(header):
    return header.tostring(sep="", endcard=False, padding=False).encode()


def separation(a, b):
    return SkyCoord(*a.T, unit="deg").separation(SkyCoord(*b.T, unit="deg")).deg


def compare(name, header, nx, ny, frame=None, true=None):
    """Points inside and around an image of NX x NY pixels; astropy reads TRUE
    where it does not understand HEADER."""
    global nchecks
    wcs = WCS(true or header).celestial
    if frame is None:
        frame = wcs_to_celestial_frame(wcs)
    xy = rng.uniform([-0.1 * nx, -0.1 * ny], [1.1 * nx, 1.1 * ny], (40, 2))
    xy[:5] = [[0.5, 0.5], [nx + .5, .5], [nx + .5, ny + .5], [.5, ny + .5],
              [(nx + 1) / 2, (ny + 1) / 2]]
    native = wcs.all_pix2world(xy, 1)
    swapped = wcs.wcs.lng == 1
    lon, lat = native.T[::-1] if swapped else native.T
    # a representation keeps numbers that are no frame's attributes
    truth = SkyCoord(frame.realize_frame(UnitSphericalRepresentation(
        lon * u.deg, lat * u.deg))).icrs
    truth = np.array([truth.ra.deg, truth.dec.deg]).T
    got = tool(cards(header), ["p %.17g %.17g" % tuple(p) for p in xy])
    got = np.array([[float(v) for v in line.split()] for line in got])
    assert got.shape == xy.shape, (name, got)
    worst = separation(got, truth).max()
    assert worst < LIMIT, (name, worst)
    back = tool(cards(header), ["s %.17g %.17g" % tuple(p) for p in got])
    back = np.array([[float(v) for v in line.split()] for line in back])
    assert np.abs(back - xy).max() < 1e-5, (name, np.abs(back - xy).max())
    nchecks += len(xy)
    return wcs, got


def outline(name, header, nx, ny):
    """The polygon's corners are astropy's; its edges follow the image's."""
    global nchecks
    wcs = WCS(header).celestial
    line, = tool(cards(header), ["o %d %d" % (nx, ny)])
    assert not line.startswith("error"), (name, line)
    got = np.array([float(v) for v in line.split()]).reshape(-1, 2)
    assert 4 <= len(got) <= 256
    corners = wcs.all_pix2world(
        [[.5, .5], [nx + .5, .5], [nx + .5, ny + .5], [.5, ny + .5]], 1)
    corners = SkyCoord(wcs_to_celestial_frame(wcs).realize_frame(
        UnitSphericalRepresentation(*(corners.T * u.deg)))).icrs
    vertices = SkyCoord(*got.T, unit="deg")
    for c in corners:
        assert c.separation(vertices).deg.min() < LIMIT, name
    t = np.linspace(0, 1, 257)[:-1]
    edge = np.concatenate([
        np.array([.5 + nx * t, .5 + 0 * t]), np.array([nx + .5 + 0 * t,
                                                       .5 + ny * t]),
        np.array([nx + .5 - nx * t, ny + .5 + 0 * t]),
        np.array([.5 + 0 * t, ny + .5 - ny * t])], 1).T
    edge = wcs.all_pix2world(edge, 1)
    edge = SkyCoord(wcs_to_celestial_frame(wcs).realize_frame(
        UnitSphericalRepresentation(*(edge.T * u.deg)))).icrs
    e = edge.cartesian.xyz.value.T
    v = vertices.cartesian.xyz.value.T
    n = np.cross(v, np.roll(v, -1, 0))
    n /= np.linalg.norm(n, axis=1)[:, None]
    # distance of each edge point to the nearest segment's great circle,
    # within the segment
    off = np.abs(np.degrees(np.arcsin(e @ n.T)))
    along = (np.einsum("ek,vk->ev", e, np.cross(n, v)) >= -1e-9) & (
        np.einsum("ek,vk->ev", e, np.cross(np.roll(v, -1, 0), n)) >= -1e-9)
    off[~along] = 9
    pixel = float(tool(cards(header), ["c %d %d" % (nx // 2, ny // 2)])[0]
                  .split()[0])
    assert off.min(1).max() < 0.15 * pixel, (name, off.min(1).max() / pixel)
    nchecks += len(edge)
    return got


def simple(ctype, ra=150.0, dec=30.0, scale=1e-4, size=2000, **more):
    h = fits.Header()
    h["NAXIS"], h["NAXIS1"], h["NAXIS2"] = 2, size, size
    h["CTYPE1"], h["CTYPE2"] = ctype
    h["CRVAL1"], h["CRVAL2"] = ra, dec
    h["CRPIX1"], h["CRPIX2"] = size / 2 + 0.3, size / 2 - 7
    h["CD1_1"], h["CD1_2"] = -scale * 0.96, scale * 0.28
    h["CD2_1"], h["CD2_2"] = scale * 0.28, scale * 0.96
    for key, value in more.items():
        h[key.replace("__", "-")] = value
    return h


TPV = dict(PV1_0=1e-4, PV1_1=1.001, PV1_2=2e-4, PV1_4=0.01, PV1_7=0.05,
           PV1_10=-0.02, PV2_0=-2e-4, PV2_1=0.999, PV2_4=-0.02, PV2_6=0.01,
           PV2_9=0.03)
SIP = dict(A_ORDER=3, B_ORDER=3, A_2_0=2e-6, A_1_1=-1e-6, A_0_3=2e-10,
           B_0_2=3e-6, B_2_1=1e-10, AP_ORDER=2, BP_ORDER=2, AP_2_0=-2e-6,
           BP_0_2=-3e-6)
TAN = ("RA---TAN", "DEC--TAN")


def made():
    for ra, dec in ((150, 30), (0.01, 0), (77, 89.99), (200, -89.95)):
        for key in ("TAN", "SIN", "ZEA", "ARC", "STG", "CAR", "TPV", "SIP"):
            ctype = ("RA---" + key, "DEC--" + key)
            more = dict(RADESYS="ICRS")
            if key == "TPV":
                more.update(TPV)
            if key == "SIP":
                ctype = ("RA---TAN-SIP", "DEC--TAN-SIP")
                more.update(SIP)
            h = simple(ctype, ra, dec, **more)
            compare("%s at %g %g" % (key, ra, dec), h, 2000, 2000)
            if key not in ("CAR",):
                outline("%s at %g %g" % (key, ra, dec), h, 2000, 2000)
    zpn = simple(("RA---ZPN", "DEC--ZPN"), RADESYS="ICRS", PV2_1=1.0,
                 PV2_3=42.0, scale=1.1e-4)
    compare("ZPN", zpn, 2000, 2000)
    outline("ZPN", zpn, 2000, 2000)
    compare("TAN with PV of SCAMP", simple(TAN, RADESYS="ICRS", **TPV), 2000,
            2000, true=simple(("RA---TPV", "DEC--TPV"), RADESYS="ICRS",
                              **TPV))
    compare("SIP without -SIP", simple(TAN, RADESYS="ICRS", **SIP), 2000, 2000)
    both = simple(("RA---TAN-SIP", "DEC--TAN-SIP"), RADESYS="ICRS",
                  **{**SIP, "PV1_1": 1.0, "PV2_1": 1.0, "PV1_4": 0.1})
    compare("SIP besides PV", both, 2000, 2000)
    swapped = simple(TAN[::-1], 30, 150, RADESYS="ICRS")
    compare("DEC first", swapped, 2000, 2000)
    cdelt = simple(TAN, RADESYS="FK5", EQUINOX=2000.0)
    for key in ("CD1_1", "CD1_2", "CD2_1", "CD2_2"):
        del cdelt[key]
    cdelt["CDELT1"], cdelt["CDELT2"], cdelt["CROTA2"] = -2e-4, 3e-4, 20.0
    compare("CDELT and CROTA", cdelt, 2000, 2000)
    cube = simple(TAN, RADESYS="ICRS")
    cube["NAXIS"], cube["NAXIS3"] = 3, 12
    cube["CTYPE3"], cube["CRVAL3"], cube["CRPIX3"] = "WAVE", 5e-7, 1.0
    cube["CD3_3"], cube["CUNIT3"] = 1e-8, "m"
    compare("cube", cube, 2000, 2000)


def frames():
    for more, frame in (
            (dict(RADESYS="FK5"), None),
            (dict(EQUINOX=2000.0), None),
            (dict(RADESYS="FK5", EQUINOX=1975.0), None),
            (dict(RADESYS="FK5", EQUINOX=2015.5), None),
            (dict(RADESYS="FK4", EQUINOX=1950.0), None),
            (dict(EQUINOX=1950.0), None),
            (dict(RADESYS="FK4", EQUINOX=1900.0), None),
            (dict(RADESYS="FK4", EQUINOX=1950.0, MJD__OBS=45000.0),
             FK4(equinox="B1950", obstime=Time(45000.0, format="mjd"))),
            (dict(RADESYS="FK4-NO-E", EQUINOX=1950.0), None),
            (dict(), ICRS())):
        for ra, dec in ((150, 30), (0.01, -60), (10, 89.99)):
            compare("frame %s" % more, simple(TAN, ra, dec, **more), 2000,
                    2000, frame)
    for kind, frame in (("GLON GLAT", Galactic()),
                        ("SLON SLAT", Supergalactic()),
                        ("ELON ELAT", BarycentricMeanEcliptic())):
        a, b = kind.split()
        for lon, lat in ((150, 30), (0.001, -60), (10, 89.99)):
            h = simple((a + "-TAN", b + "-TAN"), lon, lat)
            compare(kind, h, 2000, 2000, frame)
    h = simple(("GLON-CAR", "GLAT-CAR"), 0.0, 0.0, scale=0.01)
    compare("GLON-CAR", h, 2000, 2000)


def refused():
    bad = simple(TAN)
    del bad["CTYPE*"]
    for name, h, word in (
            ("none", bad, "no celestial"),
            ("spectrum", fits.Header({"CTYPE1": "WAVE", "CRPIX1": 1.0}),
             "no celestial"),
            ("half", fits.Header({"CTYPE1": "RA---TAN", "CRPIX1": 1.0}), ""),
            ("TNX", simple(("RA---TNX", "DEC--TNX")), "TNX"),
            ("unknown", simple(("RA---XYZ", "DEC--XYZ")), ""),
            ("singular", simple(TAN, CD1_1=0.0, CD1_2=0.0), "ingular"),
            ("horizon", simple(("HLON-TAN", "HLAT-TAN")), "frame")):
        got = tool(cards(h), ["i"])
        assert got[0].startswith("error: ") and word in got[0], (name, got)
    car = simple(("RA---CAR", "DEC--CAR"), 0, 0, 0.2)
    for key, value in (("CD1_1", -.2), ("CD1_2", 0), ("CD2_1", 0),
                       ("CD2_2", .2)):
        car[key] = value
    got, = tool(cards(car), ["o 1800 900"])
    assert got.startswith("error: "), got
    ait = car.copy()
    ait["CTYPE1"], ait["CTYPE2"] = "RA---AIT", "DEC--AIT"
    got, = tool(cards(ait), ["o 1800 900"])
    assert got.startswith("error: "), got


def real(folder):
    names = sorted(glob.glob(folder + "/images/**/*.fits*", recursive=True))
    n = 0
    for name in names:
        with fits.open(name) as hdus:
            for i, hdu in enumerate(hdus):
                h = hdu.header
                if "CTYPE1" not in h or not hdu.is_image or not hdu.shape:
                    continue
                ny, nx = hdu.shape[-2:]
                compare("%s[%d]" % (name, i), h, nx, ny)
                outline("%s[%d]" % (name, i), h, nx, ny)
                n += 1
    return n


made()
frames()
refused()
data = os.environ.get("VO_TEST_DATA", os.path.join(
    os.path.dirname(__file__), "../../../../shared/data"))
if os.path.isdir(data):
    print("%d real images agree with astropy" % real(data))
else:
    print("no real images: VO_TEST_DATA is absent")
print("world coordinates: %d points agree with astropy" % nchecks)
