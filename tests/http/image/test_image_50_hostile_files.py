"""test_image_50_hostile_files.py: images whose headers lie, once registered:
no cutout of them may hurt the server, or take long."""
# SPDX-License-Identifier: GPL-3.0-or-later
import time

import pytest

from pyvohttpd.seed_images import DID, path

WCS = ["CTYPE1  = 'RA---TAN'", "CTYPE2  = 'DEC--TAN'", "CRVAL1  = 150.0",
       "CRVAL2  = 2.0", "CRPIX1  = 50.0", "CRPIX2  = 50.0",
       "CD1_1   = -0.00055", "CD1_2   = 0.0", "CD2_1   = 0.0",
       "CD2_2   = 0.00055"]
SYNC = "/vo/soda/pix-dr1/sync"


def image(wcs, nx=100, ny=100, bitpix=-32, size=None):
    """A file of FITS, its pixels zeros; SIZE: bytes of them, though the header
    tells of others."""
    cards = ["SIMPLE  = %20s" % "T", "BITPIX  = %20d" % bitpix,
             "NAXIS   = %20d" % 2, "NAXIS1  = %20d" % nx,
             "NAXIS2  = %20d" % ny] + wcs + ["END"]
    text = "".join(c.ljust(80) for c in cards)
    text = text.ljust(-(-len(text) // 2880) * 2880).encode()
    size = nx * ny * abs(bitpix) // 8 if size is None else size
    return text + bytes(-(-size // 2880) * 2880)


def with_(old, new):
    return [c.replace(old, new) for c in WCS]


FILES = {
    "good": image(WCS),
    "no-wcs": image([]),
    "scale-0": image(with_("0.00055", "0.0")),
    "scale-1e300": image(with_("-0.00055", "-1E300")),
    "scale-1e-300": image(with_("0.00055", "1E-300")),
    "scale-90": image(with_("0.00055", "90.0")),
    "value-nan": image(with_("150.0", "NaN")),
    "value-1e308": image(with_("150.0", "1E308")),
    "pixel-1e300": image(with_("CRPIX1  = 50.0", "CRPIX1  = 1E300")),
    "axis-2g": image(WCS, 2 ** 31 - 1, 2 ** 31 - 1, size=2880),
    "axis-negative": image(WCS, -5, 10, size=2880),
    "axis-0": image(WCS, 0, 10, size=2880),
    "whole-numbers": image(WCS + ["BSCALE  = NaN", "BZERO   = 1E308"],
                           bitpix=16),
    "long-numbers": image(WCS + ["BLANK   = 0"], bitpix=64),
    "sip-1e30": image(with_("TAN'", "TAN-SIP'") + [
        "A_ORDER = 9", "B_ORDER = 9", "A_9_0   = 1E30", "B_0_9   = 1E30"]),
    "sip-order": image(with_("TAN'", "TAN-SIP'") + ["A_ORDER = 999999999",
                                                    "B_ORDER = 2"]),
    "tpv-0": image(with_("TAN'", "TPV'") + ["PV1_1   = 0.0",
                                            "PV2_1   = 0.0"]),
    "tab": image(with_("RA---TAN", "RA---TAB")),
    "no-such-projection": image(with_("TAN", "ZZZ")),
    "two-longitudes": image(with_("DEC--TAN", "RA---TAN")),
    "axes-9999": image(["WCSAXES = 9999"] + WCS),
    "zpn-1e10": image(with_("TAN", "ZPN") + ["PV2_%d   = 1E10" % i
                                             for i in range(1, 10)]),
    "hpx-1e9": image(with_("TAN", "HPX") + ["PV2_1   = 0.0",
                                            "PV2_2   = 1E9"]),
    "quotes": image(WCS + ["EXTNAME = '" + "'" * 60, "OBJECT  = 'never ends"]),
}
ASKED = [
    {}, {"CIRCLE": "150 2 0.01"}, {"CIRCLE": "150 2 90"},
    {"POLYGON": "149.99 1.99 150.01 1.99 150 2.02"},
    {"POS": "RANGE 0 360 -90 90"}, {"FORMAT": "png"},
    {"FORMAT": "png", "LIMITS": "zscale", "STRETCH": "asinh"},
    {"FORMAT": "jpeg", "CIRCLE": "150 2 0.01", "RGB": "u u u"},
    {"LAYOUT": "cube", "FILTERS": "all"},
    {"FORMAT": "png", "LIMITS": "-1e308 1e308"},
    {"FORMAT": "png", "LIMITS": "minmax", "SIZEX": "1"}]


@pytest.mark.parametrize("name", FILES)
def test_cutouts_of(vo, expect_log, name):
    expect_log("VO1021")
    did, file = DID + name, "hostile.fits"
    path(vo, file).write_bytes(FILES[name])
    vo.sql("INSERT INTO pix_dr1.vo_image (image_id, publisher_did,"
           " product_type, calib_level, collection, obs_id, root_id, path,"
           " hdu, media_type, file_size, tile_id, filter_name, filter_id)"
           " VALUES (9800, %s, 'image', 2, 'PIX', 'hostile', 1, %s, 1,"
           " 'image/fits', %s, 777, 'u', 31)", (did, file, len(FILES[name])))
    try:
        for params in ASKED:
            start = time.monotonic()
            r = vo.get(SYNC, ID=did, **params)
            assert time.monotonic() - start < 5, params
            assert r.status_code in (200, 204, 400, 404) or (
                r.status_code == 500 and "damaged" in r.text), r.text
            assert r.status_code == 200 or name != "good" or (
                "cube" in params.values()), r.text
        for where in ("ra=150&dec=2&width=0.01", "ra=150&dec=2&width=10",
                      "ra=0&dec=90&width=10"):
            r = vo.get("/vo/siap/pix-dr1/get_fits_cutout?id=777&filter=u&"
                       + where)
            assert r.status_code in (200, 400, 404) or "damaged" in r.text
        assert vo.get("/vo/datalink/pix-dr1/links", ID=did).status_code == 200
    finally:
        vo.sql("DELETE FROM pix_dr1.vo_image WHERE image_id = 9800")
        path(vo, file).unlink()
