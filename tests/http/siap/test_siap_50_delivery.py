"""test_siap_50_delivery.py: what the rows promise is what their addresses give."""
# SPDX-License-Identifier: GPL-3.0-or-later
import io

import numpy as np
import pytest
from astropy.io import fits
from astropy.wcs import WCS

from pyvohttpd.seed_images import IMAGES, path
from pyvohttpd.xmltree import VOTable

SIA1 = "/vo/siap/pix-dr1"


def rows(vo, **params):
    table = VOTable(vo.get(SIA1, **params).content)
    assert "ERROR" not in table.status(), table.message()
    return [dict(zip(table.names, row)) for row in table.rows]


def image_of(data):
    """The HDU of a FITS document that holds an image."""
    hdus = fits.open(io.BytesIO(data))
    return [h for h in hdus if h.header.get("NAXIS", 0) == 2][0]


def test_whole_files(vo):
    found = rows(vo, POS="150.1,2", SIZE="0.01")
    assert {r["format"] for r in found} == {"image/fits", "image/png"}
    for row in found:
        r = vo.get(row["access_url"])
        assert r.status_code == 200, row["access_url"]
        assert r.headers["Content-Type"] == row["format"]
        assert len(r.content) == int(row["file_size"])
        if row["format"] == "image/fits":
            image, = [i for i in IMAGES if i["did"]
                      == row["obs_publisher_did"]]
            assert r.content == path(vo, image).read_bytes()


@pytest.mark.parametrize("pos,size", [("150.1,2", "0.02,0.01"),
                                      ("0.03,45.01", "0.02"),
                                      ("0,45", "0.01")])
def test_cutouts_of_the_region(vo, pos, size):
    ra, dec = map(float, pos.split(","))
    width, height = (map(float, size.split(",")) if "," in size
                     else (float(size), float(size)))
    found = [r for r in rows(vo, POS=pos, SIZE=size, FORMAT="image/fits",
                             INTERSECT="COVERS")]
    assert found
    for row in found:
        r = vo.get(row["cutout"])
        assert r.status_code == 200, r.text
        assert r.headers["Content-Type"].startswith(("image/fits",
                                                     "application/fits"))
        hdu = image_of(r.content)
        wcs = WCS(hdu.header)
        # the corners of what was searched are in it, and little more
        half = width / 2 / np.cos(np.radians(dec))
        x, y = wcs.all_world2pix(
            [ra - half, ra + half, ra - half, ra + half],
            [dec - height / 2, dec - height / 2, dec + height / 2,
             dec + height / 2], 0)
        ny, nx = hdu.data.shape
        assert -1 <= x.min() and x.max() <= nx
        assert -1 <= y.min() and y.max() <= ny
        assert nx <= x.max() - x.min() + 4 and ny <= y.max() - y.min() + 4
        r = vo.get(row["cutout_picture"])
        assert r.status_code == 200
        assert r.content.startswith(b"\x89PNG")


def test_generated_images_are_as_told(vo):
    """NAXIS of a row is, to the pixel at the edges, that of its cutout."""
    found = [r for r in rows(vo, POS="150.1,2", SIZE="0.02", NAXIS="40,30",
                             CDELT="0.0006")
             if r["obs_publisher_did"].find("/102_") > 0]
    assert len(found) == 9
    for row in found:
        r = vo.get(row["access_url"])
        assert r.status_code == 200, r.text
        assert r.headers["Content-Type"] == row["format"]
        if row["format"] == "image/fits":
            ny, nx = image_of(r.content).data.shape
            want = [int(n) for n in row["naxis"].split()]
            assert abs(nx - want[0]) <= 2 and abs(ny - want[1]) <= 2
            wcs = WCS(image_of(r.content).header)
            lon, lat = wcs.all_pix2world((nx - 1) / 2, (ny - 1) / 2, 0)
            assert abs(lon - float(row["ra"])) < 0.0012
            assert abs(lat - float(row["dec"])) < 0.0012


def test_links_of_sia2(vo):
    """access_url is a DataLink document, of the type that is told."""
    table = VOTable(vo.get("/vo/siap2/pix-dr1/query",
                           POS="CIRCLE 150.1 2 0.01").content)
    for url, media in zip(table.column("access_url"),
                          table.column("access_format")):
        r = vo.get(url)
        assert r.status_code == 200
        assert r.headers["Content-Type"].replace(" ", "") == media
        assert VOTable(r.content).rows
