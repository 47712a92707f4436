"""image_files.py: FITS files of a little survey, made by astropy."""
# SPDX-License-Identifier: GPL-3.0-or-later
import numpy as np
from astropy import units as u
from astropy.coordinates import SkyCoord, UnitSphericalRepresentation
from astropy.io import fits
from astropy.wcs import WCS
from astropy.wcs.utils import wcs_to_celestial_frame

SIZE = 120
FILTERS = ("name,position,filter_id,wavelength,width\n"
           "uJAVA,1,101,3500,500\ngSDSS,2,102,4800,1400\n"
           "rSDSS,3,103,6250,1400\n")
# the keywords of a real coadd of T80Cam, without pixels
T80 = """EXPTIME =                  1.0 / Normalized exposure time
TEXPOSED=                120.0
EFECTIME=    119.8617146526958
COMBINET= 'WEIGHTED'           / COMBINE_TYPE config parameter for SWarp
NCOMBINE=                    3
MJD-OBS =   5.834600000000E+04 / Modified Julian date at start
DATE    = '2019-03-27T14:16:54' / When it was started (GMT)
TELESCOP= 'T80     '           / Telescope Model
INSTRUME= 'T80Cam  '           / Custom. Name of instrument
PIXSCALE=                 0.55
HIERARCH OAJ PRO FWHMSEXT = 1.153 / FWHM arcsec estimated with SE
HIERARCH OAJ PRO FWHMMEAN = 0.9991299808025361 / PSFex FWHM
HIERARCH OAJ PRO SWCMB1 = 'exp1_proc'
HIERARCH OAJ PRO SWSCALE1 = 0.02499869074767
HIERARCH OAJ PRO SWCMB2 = 'exp2_proc'
HIERARCH OAJ PRO SWCMB3 = 'lost_proc'"""


def header(ra, dec, kind="TAN", scale=1.527777777778e-4, size=SIZE, **more):
    h = fits.Header()
    h["NAXIS"], h["NAXIS1"], h["NAXIS2"] = 2, size, size
    h["CTYPE1"], h["CTYPE2"] = {
        "TAN": ("RA---TAN", "DEC--TAN"), "TPV": ("RA---TPV", "DEC--TPV"),
        "SIP": ("RA---TAN-SIP", "DEC--TAN-SIP")}[kind]
    h["CUNIT1"] = h["CUNIT2"] = "deg"
    h["CRVAL1"], h["CRVAL2"] = ra, dec
    h["CRPIX1"], h["CRPIX2"] = size / 2 + 4, size / 2 - 9
    h["CD1_1"], h["CD1_2"] = -scale * .96, scale * .28
    h["CD2_1"], h["CD2_2"] = scale * .28, scale * .96
    h["RADESYS"] = "ICRS"
    if kind == "TPV":
        h["PV1_1"], h["PV2_1"], h["PV1_4"], h["PV2_4"] = 1.0, 1.0, 2.0, -1.5
    if kind == "SIP":
        h["A_ORDER"] = h["B_ORDER"] = 2
        h["A_2_0"], h["B_0_2"], h["B_1_1"] = 2e-4, -1e-4, 3e-5
    for key, value in more.items():
        h[key.replace("__", "-")] = value
    return h


def t80(h, **more):
    """H with the cards of a T80Cam coadd."""
    for line in T80.splitlines():
        h.append(fits.Card.fromstring(line.ljust(80)))
    for key, value in more.items():
        h[key] = value
    return h


def pixels(seed=0, size=SIZE, dtype="f4"):
    rng = np.random.default_rng(seed)
    return rng.normal(100, 5, (size, size)).astype(dtype)


def write(path, h=None, data=None, **kwargs):
    path.parent.mkdir(parents=True, exist_ok=True)
    fits.PrimaryHDU(data if data is not None else pixels(), h).writeto(
        path, overwrite=True, **kwargs)
    return path


def write_compressed(path, h, data=None, tile=(100, 100), kind="RICE_1"):
    path.parent.mkdir(parents=True, exist_ok=True)
    fits.HDUList([fits.PrimaryHDU(), fits.CompImageHDU(
        data if data is not None else pixels(), h, compression_type=kind,
        tile_size=tile)]).writeto(path, overwrite=True)
    return path


def survey(folder):
    """Two tiles in three filters with what belongs to them, two singles."""
    for tile, ra in ((701, 150.0), (702, 150.01)):
        for f in ("uJAVA", "gSDSS", "rSDSS"):
            h = t80(header(ra, 2.0), OBJECT="tile-%d" % tile, FILTER=f)
            name = folder / ("coadd/%d_%s_swp.fits" % (tile, f))
            if f == "rSDSS":
                write_compressed(name.with_suffix(".fits.fz"), h)
            else:
                write(name, h)
            write(folder / ("coadd/%d_%s_swp.weight.fits" % (tile, f)),
                  header(ra, 2.0), np.ones((SIZE, SIZE), "f4"))
            write(folder / ("masks/%d_%s_swp_mask.fits" % (tile, f)),
                  header(ra, 2.0), np.zeros((SIZE, SIZE), "i2"))
            write(folder / ("coadd/%d_%s_swp.psf" % (tile, f)), None,
                  np.eye(25, dtype="f4"))
            (folder / ("coadd/%d_%s_swp.png" % (tile, f))).write_bytes(
                b"\x89PNG\r\n\x1a\n no picture")
        (folder / ("coadd/%d_rgb.png" % tile)).write_bytes(
            b"\x89PNG\r\n\x1a\n no picture")
    for i, kind in ((1, "TPV"), (2, "SIP")):
        write(folder / ("single/exp%d_proc.fits" % i),
              header(150.0, 2.0, kind, FILTER="rSDSS", EXPTIME=40.0,
                     DATE__OBS="2018-08-1%dT12:00:00" % i, OBJECT="field"))


def corners(path, hdu=None):
    """The outline's corners by astropy, ICRS."""
    with fits.open(path) as hdus:
        h = hdus[hdu if hdu is not None else (0 if hdus[0].shape else 1)]
        ny, nx = h.shape[-2:]
        wcs = WCS(h.header).celestial
        truth = SkyCoord(wcs_to_celestial_frame(wcs).realize_frame(
            UnitSphericalRepresentation(*(wcs.calc_footprint(
                axes=(nx, ny), center=False).T * u.deg)))).icrs
    return np.array([truth.ra.deg, truth.dec.deg]).T
