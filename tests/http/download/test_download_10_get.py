"""test_download_10_get.py: files, cutouts and pictures by simple addresses."""
# SPDX-License-Identifier: GPL-3.0-or-later
import io
import time

import numpy as np
import pytest
from astropy import units as u
from astropy.coordinates import SkyCoord
from astropy.io import fits
from astropy.nddata import Cutout2D
from astropy.wcs import WCS

from pyvohttpd.seed_images import IMAGES, path

BASE = "/vo/siap/pix-dr1/"
U, G, R = IMAGES[:3]


def get(vo, what, **kw):
    return vo.get(BASE + what, **kw)


def refused(r, status, *words):
    assert r.status_code == status, r.text
    assert r.headers["Content-Type"].startswith("text/plain")
    for word in words:
        assert word in r.text, r.text


def whole(vo, image):
    return path(vo, image).read_bytes()


# --- whole files -------------------------------------------------------------

@pytest.mark.parametrize("what, params, name, media_type", [
    ("get_fits", {"id": 101, "filter": 31}, "tiles/101_u.fits", "image/fits"),
    ("get_fits", {"ID": "101", "FILTER": "u"}, "tiles/101_u.fits",
     "image/fits"),
    ("get_fits", {"id": 101, "filter": "R"}, "tiles/101_r.fits.fz",
     "image/fits"),
    ("get_weight", {"id": 101, "filter": 12}, "tiles/101_g.weight.fits",
     "image/fits"),
    ("get_psf_file", {"id": 102, "filter": 12}, "tiles/102_g.psf",
     "image/fits"),
    ("get_psf_file", {"id": 102}, "tiles/102_u.psf", "image/fits"),
    ("get_graphic_image", {"id": 101, "filter": "u"}, "tiles/101_u.png",
     "image/png"),
    ("get_file", {"ID": R["did"]}, "tiles/101_r.fits.fz", "image/fits"),
])
def test_files(vo, what, params, name, media_type):
    data = whole(vo, name)
    r = get(vo, what, **params)
    assert r.status_code == 200, r.text
    assert r.content == data
    assert r.headers["Content-Type"] == media_type
    assert r.headers["Content-Length"] == str(len(data))
    assert r.headers["Content-Disposition"] == \
        'attachment; filename="%s"' % name.split("/")[1]
    assert r.headers["Accept-Ranges"] == "bytes"
    head = vo.request("HEAD", BASE + what, params=params)
    assert head.status_code == 200 and head.content == b""
    for key in ("Content-Length", "Content-Type", "ETag", "Last-Modified",
                "Content-Disposition"):
        assert head.headers[key] == r.headers[key]


def test_products_by_id(vo):
    schema = vo.sql("SELECT pg_schema FROM vo.release WHERE release_id ="
                    " 'pix-dr1'")[0][0]
    rows = vo.sql("SELECT product_id, path FROM %s.vo_product WHERE image_id"
                  " = 1" % schema)
    assert len(rows) == 4
    for number, name in rows:
        r = get(vo, "get_file", ID=U["did"], PRODUCT=number)
        assert r.content == whole(vo, name)
    other = vo.sql("SELECT product_id FROM %s.vo_product WHERE image_id = 2"
                   " LIMIT 1" % schema)[0][0]
    refused(get(vo, "get_file", ID=U["did"], PRODUCT=other), 404, "product")


def test_ranges(vo):
    data = whole(vo, U)
    url = BASE + "get_fits"
    params = {"id": 101, "filter": 31}

    def ask(**headers):
        return vo.request("GET", url, params=params, headers={
            k.replace("_", "-"): v for k, v in headers.items()})
    first = ask()
    etag, when = first.headers["ETag"], first.headers["Last-Modified"]
    r = ask(Range="bytes=100-299")
    assert r.status_code == 206 and r.content == data[100:300]
    assert r.headers["Content-Range"] == "bytes 100-299/%d" % len(data)
    r = ask(Range="bytes=-80")
    assert r.status_code == 206 and r.content == data[-80:]
    r = ask(Range="bytes=0-9,2880-2889")
    assert r.status_code == 206
    assert data[:10] in r.content and data[2880:2890] in r.content
    r = ask(Range="bytes=%d-" % len(data))
    assert r.status_code == 416
    assert ask(Range="bytes=0-9", If_Range=etag).status_code == 206
    assert ask(Range="bytes=0-9", If_Range='"other"').content == data
    assert ask(If_None_Match=etag).status_code == 304
    assert ask(If_None_Match='"x"').status_code == 200
    assert ask(If_Modified_Since=when).status_code == 304
    assert ask(If_Modified_Since="Thu, 01 Jan 1998 00:00:00 GMT"
               ).status_code == 200
    assert ask(If_Match='"x"').status_code == 412


def test_client_that_leaves(vo):
    import socket
    host, port = vo.url.split("//")[1].split(":")
    for _ in range(20):
        with socket.create_connection((host, int(port))) as s:
            s.sendall(("GET %sget_fits?id=101&filter=u HTTP/1.1\r\nHost: x"
                       "\r\n\r\n" % BASE).encode())
            s.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER,
                         b"\x01\0\0\0\0\0\0\0")
            time.sleep(0.002)
    assert get(vo, "get_fits", id=101, filter="u").status_code == 200


@pytest.mark.parametrize("what, params, status, words", [
    ("get_fits", {}, 400, ["id is missing"]),
    ("get_fits", {"id": "x"}, 400, ["not the number"]),
    ("get_fits", {"id": 999}, 404, ["no images of a tile 999"]),
    ("get_fits", {"id": 101, "filter": "y"}, 404, ["u (31)", "g (12)"]),
    ("get_fits", {"id": 101}, 400, ["filter is missing", "u (31)"]),
    ("get_weight", {"id": 101}, 400, ["filter is missing"]),
    ("get_graphic_image", {"id": 101, "band": "RGB", "RGB": "r,g,z"}, 400,
     ["u, g, r"]),
    ("get_graphic_image", {"id": 101}, 400, ["filter is missing"]),
    ("get_file", {}, 400, ["ID is missing"]),
    ("get_file", {"ID": "ivo://x/y"}, 404, ["no image"]),
    ("get_file", {"ID": IMAGES[13]["did"]}, 404, ["no image"]),
    ("get_file", {"ID": U["did"], "PRODUCT": "x"}, 400, ["PRODUCT"]),
    ("get_file", {"ID": U["did"], "PRODUCT": 99999}, 404, ["product"]),
    ("get_nothing", {}, 404, ["no resource"]),
    ("get_fits_cutout", {"id": 101, "filter": "u"}, 400, ["ra is missing"]),
    ("get_fits_cutout", {"id": 101, "filter": "u", "ra": 150, "dec": 2}, 400,
     ["width is missing"]),
    ("get_fits_cutout", {"id": 101, "filter": "u", "ra": 150, "dec": 92,
                         "width": 0.1}, 400, ["dec"]),
    ("get_fits_cutout", {"id": 101, "filter": "u", "ra": 150, "dec": 2,
                         "width": 0}, 400, ["width"]),
    ("get_fits_cutout", {"id": 101, "ra": 150, "dec": 2, "width": 0.01}, 400,
     ["filter is missing"]),
    ("get_fits_cutout", {"id": 101, "filter": "u", "ra": 151, "dec": 2,
                         "width": 0.01}, 404, ["outside"]),
    ("get_fits_cutout", {"ra": 150, "dec": 2, "width": 0.01}, 400,
     ["id is missing"]),
    ("get_graphic_cutout", {"ra": 10, "dec": 2, "width": 0.01}, 404,
     ["No tile"]),
    ("get_graphic_cutout", {"ra": 150, "dec": 2, "width": 0.01,
                            "format": "fits"}, 400, ["get_fits_cutout"]),
])
def test_errors(vo, what, params, status, words):
    refused(get(vo, what, **params), status, *words)


def test_private_release_is_invisible(vo):
    for what, params in (
            ("get_fits", {"id": 101, "filter": "u"}),
            ("get_file", {"ID": U["did"].replace("pix-dr1", "pix-private")}),
            ("get_fits_cutout", {"id": 101, "filter": "u", "ra": 150,
                                 "dec": 2, "width": 0.01})):
        r = vo.get("/vo/siap/pix-private/" + what, **params)
        none = vo.get("/vo/siap/no-such/" + what, **params)
        refused(r, 404)
        assert r.text.replace("pix-private", "X") == none.text.replace(
            "no-such", "X")


# --- PSF ---------------------------------------------------------------------

def test_psf_by_position(vo, expect_log):
    """A model as PSFEx writes it; an image is given as it is."""
    where = {"id": 101, "filter": "u", "ra": 150.02, "dec": 2.03}
    r = get(vo, "get_psf_by_position", **where)
    assert r.content == whole(vo, "tiles/101_u.psf")
    refused(get(vo, "get_psf_by_position", **dict(where, ra=151)), 404,
            "outside")
    refused(get(vo, "get_psf_by_position", id=101, filter="u"), 400, "ra")
    with fits.open(path(vo, U)) as hdus:
        x, y = WCS(hdus[0].header).all_world2pix(150.02, 2.03, 1)
    rng = np.random.default_rng(8)
    stack = rng.normal(0, 1, (6, 9, 11)).astype("f4")
    table = fits.BinTableHDU.from_columns([fits.Column(
        "PSF_MASK", "%dE" % stack.size, dim="(11,9,6)",
        array=stack.reshape(1, 6, 9, 11))], name="PSF_DATA")
    table.header.update({
        "POLNAXIS": 2, "POLGRP1": 1, "POLNAME1": "X_IMAGE", "POLZERO1": 150.5,
        "POLSCAL1": 300.0, "POLGRP2": 1, "POLNAME2": "Y_IMAGE",
        "POLZERO2": 140.0, "POLSCAL2": 280.0, "POLNGRP": 1, "POLDEG1": 2,
        "PSF_SAMP": 0.7, "PSFNAXIS": 3, "PSFAXIS1": 11, "PSFAXIS2": 9,
        "PSFAXIS3": 6})
    expect_log("VO1021")
    name = path(vo, "tiles/model.psf")
    schema = vo.sql("SELECT pg_schema FROM vo.release WHERE release_id ="
                    " 'pix-dr1'")[0][0]
    old = vo.sql("SELECT product_id, path, file_size FROM %s.vo_product WHERE"
                 " image_id = 1 AND kind = 'psf'" % schema)[0]
    change = ("UPDATE %s.vo_product SET path = %%s, file_size = %%s WHERE"
              " product_id = %%s" % schema)
    try:
        fits.HDUList([fits.PrimaryHDU(), table]).writeto(name, overwrite=True)
        vo.sql(change, ("tiles/model.psf", name.stat().st_size, old[0]))
        r = get(vo, "get_psf_by_position", **where)
        assert r.status_code == 200, r.text
        hdu = fits.open(io.BytesIO(r.content), checksum=True)[0]
        assert hdu.verify_checksum() == 1
        u, v = (x - 150.5) / 300, (y - 140) / 280
        truth = np.tensordot([1, u, u * u, v, u * v, v * v], stack, (0, 0))
        assert np.allclose(hdu.data, truth, atol=1e-5)
        assert abs(hdu.header["X_IMAGE"] - x) < 1e-6
        assert hdu.header["PSF_SAMP"] == 0.7
        for key, bad, status in (("POLDEG1", 3, 500), ("PSFAXIS1", 12, 500),
                                 ("POLNAME1", "MAG_AUTO", 400)):
            table.header[key], keep = bad, table.header[key]
            fits.HDUList([fits.PrimaryHDU(), table]).writeto(
                name, overwrite=True)
            table.header[key] = keep
            r = get(vo, "get_psf_by_position", **where)
            refused(r, status)
    finally:
        vo.sql(change, (old[1], old[2], old[0]))
        name.unlink(missing_ok=True)


# --- cutouts -----------------------------------------------------------------

@pytest.mark.parametrize("image", [U, R])
def test_fits_cutout(vo, image):
    with fits.open(path(vo, image)) as hdus:
        data = np.array(hdus[image["hdu"] - 1].data)
        wcs = WCS(hdus[image["hdu"] - 1].header)
    for ra, dec, width, height in ((150, 2, 0.0301, 0.0203),
                                   (150.08, 2.01, 0.04, None)):
        params = {"id": 101, "ra": ra, "dec": dec, "width": width,
                  "filter": image["filter_id"]}
        if height:
            params["height"] = height
        r = get(vo, "get_fits_cutout", **params)
        assert r.status_code == 200, r.text
        cut = fits.open(io.BytesIO(r.content))[0]
        truth = Cutout2D(data, SkyCoord(ra, dec, unit="deg"),
                         ((height or width) * u.deg, width * u.deg), wcs=wcs)
        assert np.array_equal(cut.data, truth.data)
        a = WCS(cut.header).all_pix2world([0, 9], [0, 7], 0)
        b = truth.wcs.all_pix2world([0, 9], [0, 7], 0)
        assert np.abs(np.array(a) - b).max() < 1e-9


def test_cutout_with_weight_and_of_filters(vo):
    where = {"id": 101, "ra": 150, "dec": 2, "width": 0.0101}
    r = get(vo, "get_fits_cutout", filter="u", weight=1, **where)
    hdus = fits.open(io.BytesIO(r.content))
    assert [h.name for h in hdus] == ["PRIMARY", "u_WEIGHT"]
    assert (hdus[1].data == 31).all()
    one = get(vo, "get_fits_cutout", filter="u", weight=0, **where)
    assert np.array_equal(fits.open(io.BytesIO(one.content))[0].data,
                          hdus[0].data)
    r = get(vo, "get_fits_cutout", filter="all", **where)
    hdus = fits.open(io.BytesIO(r.content))
    assert [h.name for h in hdus[1:]] == ["u", "g", "r"]
    r = get(vo, "get_fits_cutout", filter="r,u", **where)
    hdus = fits.open(io.BytesIO(r.content))
    assert [h.name for h in hdus[1:]] == ["r", "u"]


def png_size(data):
    assert data[:8] == b"\x89PNG\r\n\x1a\n"
    return (int.from_bytes(data[16:20], "big"),
            int.from_bytes(data[20:24], "big"), data[25])


def test_graphic_cutout(vo):
    where = {"ra": 150, "dec": 2, "width": 0.0501, "height": 0.0401}
    r = get(vo, "get_graphic_cutout", band="RGB", **where)
    assert r.headers["Content-Type"] == "image/png", r.text
    assert png_size(r.content) == (90, 72, 2)
    assert get(vo, "get_graphic_cutout", **where).content == r.content
    r = get(vo, "get_graphic_cutout", band="RGB", sizex=64, sizey=48, **where)
    assert png_size(r.content) == (64, 48, 2)
    r = get(vo, "get_graphic_cutout", filter="g", **where)
    assert png_size(r.content) == (90, 72, 0)
    r = get(vo, "get_graphic_cutout", filter="g", format="jpeg", **where)
    assert r.headers["Content-Type"] == "image/jpeg"
    r = get(vo, "get_graphic_cutout", filter="g", id=102, **where)
    assert png_size(r.content)[2] == 0


def test_graphic_image_that_is_not_registered(vo):
    """It is made of the pixels."""
    r = get(vo, "get_graphic_image", id=101, band="RGB")
    assert r.headers["Content-Type"] == "image/png", r.text
    assert png_size(r.content) == (300, 300, 2)
    r = get(vo, "get_graphic_image", id=101, band="RGB", sizex=50)
    assert png_size(r.content) == (50, 50, 2)
