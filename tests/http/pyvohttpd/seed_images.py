"""seed_images.py: releases with images, made by astropy and without voctl.

pix-dr1 is public: four tiles (two overlap, one lies across RA 0, one on the
pole) in three filters, with weights, masks, PSFs and previews, and two single
exposures with TPV and SIP distortion, one of them flagged invalid.
pix-private has the first tile's files again, and nobody may see it. `IMAGES`
and `path(server, image)` give the truth to the tests.
"""
# SPDX-License-Identifier: GPL-3.0-or-later
import contextlib

import numpy as np
from astropy.io import fits
from astropy.wcs import WCS

import healpy

from .seed import NSIDE, _release, _table

SIZE = 300
SCALE = 2.0 / 3600
FILTERS = [  # name, filter_id, wavelength, width (Angstrom)
    ("u", 31, 3500.0, 500.0), ("g", 12, 4800.0, 1400.0),
    ("r", 27, 6250.0, 1400.0)]
TILES = [  # tile_id, ra, dec
    (101, 150.0, 2.0), (102, 150.1, 2.0), (103, 0.02, 45.0),
    (104, 123.0, 89.95)]
DID = "ivo://test.example/pix-dr1?"


def header(ra, dec, kind="TAN", size=SIZE):
    """A celestial header of SIZE x SIZE pixels."""
    h = fits.Header()
    h["CTYPE1"], h["CTYPE2"] = {
        "TAN": ("RA---TAN", "DEC--TAN"), "TPV": ("RA---TPV", "DEC--TPV"),
        "SIP": ("RA---TAN-SIP", "DEC--TAN-SIP")}[kind]
    h["CUNIT1"] = h["CUNIT2"] = "deg"
    h["CRVAL1"], h["CRVAL2"] = ra, dec
    h["CRPIX1"] = h["CRPIX2"] = (size + 1) / 2
    c, s = np.cos(np.radians(15)), np.sin(np.radians(15))
    h["CD1_1"], h["CD1_2"] = -SCALE * c, SCALE * s
    h["CD2_1"], h["CD2_2"] = SCALE * s, SCALE * c
    h["RADESYS"] = "ICRS"
    if kind == "TPV":
        h["PV1_1"], h["PV2_1"], h["PV1_4"], h["PV2_4"] = 1.0, 1.0, 0.02, -0.015
        h["PV1_0"], h["PV2_0"], h["PV1_7"], h["PV2_7"] = 0.0, 0.0, 0.3, 0.2
    if kind == "SIP":
        h["A_ORDER"] = h["B_ORDER"] = 2
        h["A_2_0"], h["A_1_1"], h["B_0_2"], h["B_1_1"] = 2e-5, 1e-5, -2e-5, 3e-6
    return h


def _images():
    """Every image as a dict: the row, and what its file is made from."""
    out = []
    for t, (tile, ra, dec) in enumerate(TILES):
        for f, (name, fid, wave, width) in enumerate(FILTERS):
            suffix = ".fits.fz" if name == "r" else ".fits"
            out.append(dict(
                path="tiles/%d_%s%s" % (tile, name, suffix),
                subtype="coadd", calib_level=3, obs_id="tile-%d" % tile,
                tile_id=tile, filter_name=name, filter_id=fid, ra=ra, dec=dec,
                kind="TAN", hdu=2 if name == "r" else 1, t_min=58000.0 + t,
                exptime=100.0 * (f + 1), wave=wave, width=width,
                fwhm=4.0 + 0.1 * f, depth=22.0 - f, zero_point=25.0,
                is_valid=True))
    for k, kind in enumerate(("TPV", "SIP")):
        out.append(dict(
            path="single/exp%d_r.fits" % k, subtype="single", calib_level=2,
            obs_id="exp-%d" % k, tile_id=None, filter_name="r", filter_id=27,
            ra=150.0 + 0.02 * k, dec=2.03, kind=kind, hdu=1,
            t_min=58000.1 + k, exptime=33.0, wave=6250.0, width=1400.0,
            fwhm=4.4, depth=20.0, zero_point=25.0, is_valid=kind == "TPV"))
    for i, image in enumerate(out):
        image["id"] = i + 1
        image["did"] = DID + image["path"]
    return out


IMAGES = _images()


def path(server, image):
    """Where the file of IMAGE (or of a product's path) lies."""
    name = image if isinstance(image, str) else image["path"]
    return server.dir / "images" / name


def pixels(image):
    """The pixels written: a gradient, noise and one star at the centre."""
    rng = np.random.default_rng(image["id"])
    y, x = np.mgrid[0:SIZE, 0:SIZE]
    star = 500 * np.exp(-((x - 149.5) ** 2 + (y - 149.5) ** 2) / 8.0)
    return (0.01 * x + 0.02 * y + rng.normal(10, 1, (SIZE, SIZE))
            + star * (1 + image["filter_id"] / 100)).astype("f4")


def _write(server, image):
    h = header(image["ra"], image["dec"], image["kind"])
    h["FILTER"], h["EXPTIME"] = image["filter_name"], image["exptime"]
    h["MJD-OBS"], h["OBJECT"] = image["t_min"], image["obs_id"]
    h["MAGZERO"] = image["zero_point"]
    name = path(server, image)
    name.parent.mkdir(parents=True, exist_ok=True)
    if image["hdu"] == 2:
        hdus = [fits.PrimaryHDU(), fits.CompImageHDU(
            pixels(image), h, compression_type="RICE_1", tile_size=(100, 100),
            quantize_level=16.0)]
    else:
        hdus = [fits.PrimaryHDU(pixels(image), h)]
    fits.HDUList(hdus).writeto(name, overwrite=True, checksum=True)


def _products(server, image):
    """Write what belongs to a tile's image; (kind, path, media type)."""
    stem = "%d_%s" % (image["tile_id"], image["filter_name"])
    h = header(image["ra"], image["dec"])
    made = [("weight", "tiles/%s.weight.fits" % stem, "image/fits",
             np.full((SIZE, SIZE), image["filter_id"], "f4")),
            ("mask", "tiles/%s.mask.fits" % stem, "image/fits",
             np.eye(SIZE, dtype="i2")),
            ("psf", "tiles/%s.psf" % stem, "image/fits",
             np.outer(np.hanning(25), np.hanning(25)).astype("f4"))]
    for kind, name, _, data in made:
        fits.PrimaryHDU(data, h if kind != "psf" else None).writeto(
            path(server, name), overwrite=True)
    made.append(("preview", "tiles/%s.png" % stem, "image/png", None))
    path(server, made[-1][1]).write_bytes(
        b"\x89PNG\r\n\x1a\n not a real picture, served as it is")
    return made


def _row(cur, schema, table, **values):
    cur.execute("INSERT INTO %s.%s (%s) VALUES (%s)" % (
        schema, table, ", ".join(values), ", ".join(["%s"] * len(values))),
        list(values.values()))


def _register(cur, server, schema, image):
    name = path(server, image)
    wcs = WCS(header(image["ra"], image["dec"], image["kind"]))
    corners = wcs.all_pix2world(np.array(
        [[0.5, 0.5], [SIZE + 0.5, 0.5], [SIZE + 0.5, SIZE + 0.5],
         [0.5, SIZE + 0.5]]), 1)
    text = "polygon " + " ".join("%.12g" % v for v in corners.ravel())
    cur.execute(
        "INSERT INTO {0}.vo_footprint (footprint_id, region, cover, ra, dec,"
        " fov) SELECT %s, r, int8multirange(int8range(0, 1)), %s, %s, %s FROM"
        " (SELECT sky.sky_region(%s) AS r) AS s".format(schema),
        (image["id"], image["ra"], image["dec"], SIZE * SCALE * 2 ** 0.5,
         text))
    half = image["width"] / 2
    _row(cur, schema, "vo_image", image_id=image["id"],
         publisher_did=image["did"].replace("pix-dr1",
                                            schema.replace("_", "-")),
         product_type="image", product_subtype=image["subtype"],
         calib_level=image["calib_level"], collection="PIX",
         obs_id=image["obs_id"], tile_id=image["tile_id"],
         filter_name=image["filter_name"], filter_id=image["filter_id"],
         title="%s %s" % (image["obs_id"], image["filter_name"]),
         target_name=image["obs_id"], footprint_id=image["id"],
         naxis=[SIZE, SIZE], scale=[SCALE, SCALE],
         projection=image["kind"], crpix=[(SIZE + 1) / 2] * 2,
         crval=[image["ra"], image["dec"]],
         cd=[float(wcs.wcs.cd[i][j]) for i in (0, 1) for j in (0, 1)],
         frame="ICRS", exptime=image["exptime"], t_min=image["t_min"],
         t_max=image["t_min"] + image["exptime"] / 86400, t_xel=1,
         fwhm=image["fwhm"], depth=image["depth"],
         zero_point=image["zero_point"], em_min=(image["wave"] - half) * 1e-10,
         em_max=(image["wave"] + half) * 1e-10,
         em_res_power=image["wave"] / image["width"], em_xel=1,
         o_ucd="phot.flux", o_unit="adu", facility="Test Observatory",
         instrument="PixCam", root_id=1, path=image["path"], hdu=image["hdu"],
         media_type="image/fits", file_size=name.stat().st_size,
         file_mtime=name.stat().st_mtime, is_valid=image["is_valid"],
         comment=None if image["is_valid"] else "out of focus")


# Objects on the first tile and beside all of them: the row, ids first.
OBJECTS = [dict(tile_id=101, number=n, ra=ra, dec=dec, flux=[n + 0.5, 10.0 * n,
                                                             None],
                err=[0.25, 0.5 * n, None])
           for n, (ra, dec) in enumerate(
               [(150.0, 2.0), (150.02, 1.98), (150.07, 2.02), (210.0, -30.0)])]
OBJECT_COLUMNS = [
    ("tile_id", "int", None, None, None, "meta.id;obs.field", 1, 1, "integer",
     "Tile"),
    ("number", "int", None, None, None, "meta.id", 1, 1, "integer", "Number"),
    ("ra", "double", None, None, "deg", "pos.eq.ra;meta.main", 1, 0,
     "double precision", "Right ascension"),
    ("dec", "double", None, None, "deg", "pos.eq.dec;meta.main", 1, 0,
     "double precision", "Declination"),
    ("flux", "float", "3", None, "mJy", "phot.flux.density", 1, 0, "real[]",
     "Flux densities"),
    ("err", "float", "3", None, "mJy", "stat.error;phot.flux.density", 1, 0,
     "real[]", "Their errors")]


def _objects(cur, schema):
    """A catalogue whose rows have spectra by two ids."""
    cur.execute("CREATE TABLE %s.objects (tile_id int, number int, ra float8,"
                " dec float8, flux real[], err real[], hpx bigint)" % schema)
    for o in OBJECTS:
        _row(cur, schema, "objects", hpx=int(healpy.ang2pix(
            NSIDE, o["ra"], o["dec"], nest=True, lonlat=True)), **o)
    _table(cur, "pix-dr1", 1, "pix.Objects", "objects", OBJECT_COLUMNS,
           ("ra", "dec", None))
    _row(cur, "vo", "photospec", release_id="pix-dr1", name="model",
         table_name="pix.Objects", id_columns=["tile_id", "number"],
         kind="flux", value_column="flux", error_column="err")


def fill_images(server):
    """Files below DIR/images and the two releases."""
    conn = server.connect()
    conn.autocommit = False
    with conn, conn.cursor() as cur:
        for rid, state in (("pix-dr1", "public"), ("pix-private", "private")):
            schema = _release(cur, rid, state, survey="pix")
            cur.execute("UPDATE vo.release SET ivoid = %s WHERE release_id ="
                        " %s", ("ivo://test.example/" + rid, rid))
            cur.execute("SET LOCAL ROLE vo_owner; SELECT vo.make_images(%s);"
                        "RESET ROLE", (rid,))
            cur.execute("INSERT INTO vo.image_root VALUES (%s, 1, %s)",
                        (rid, str(server.dir / "images")))
            for image in IMAGES:
                if rid == "pix-private" and image["tile_id"] != 101:
                    continue
                _write(server, image)
                _register(cur, server, schema, image)
                for kind, name, media, _ in (
                        _products(server, image) if image["tile_id"] else ()):
                    stat = path(server, name).stat()
                    _row(cur, schema, "vo_product", image_id=image["id"],
                         obs_id=image["obs_id"], kind=kind, root_id=1,
                         path=name, media_type=media, file_size=stat.st_size,
                         file_mtime=stat.st_mtime)
            cur.execute(
                "INSERT INTO {0}.vo_progenitor (image_id, name, progenitor_id)"
                " SELECT 3, v.name, i.image_id FROM (VALUES ('exp0_r',"
                " 'exp-0'), ('lost_r', NULL)) AS v(name, obs) LEFT JOIN"
                " {0}.vo_image i ON i.obs_id = v.obs".format(schema))
            if rid == "pix-dr1":
                _objects(cur, schema)
        for i, (name, fid, wave, width) in enumerate(FILTERS):
            _row(cur, "vo", "filter", survey="pix", name=name, filter_id=fid,
                 position=i + 1, wavelength=wave, width=width)
    conn.close()


@contextlib.contextmanager
def slow_images(vo, seconds):
    """Every search of pix-dr1 by ivoa.obscore takes so long."""
    vo.sql("ALTER VIEW pix_dr1.vo_obscore RENAME TO kept; CREATE VIEW"
           " pix_dr1.vo_obscore AS SELECT k.* FROM pix_dr1.kept k, (SELECT"
           " pg_sleep(%s)) s; GRANT SELECT ON pix_dr1.vo_obscore TO"
           " vo_read_pix_dr1" % seconds)
    try:
        yield
    finally:
        vo.sql("DROP VIEW pix_dr1.vo_obscore; ALTER VIEW pix_dr1.kept RENAME"
               " TO vo_obscore")


@contextlib.contextmanager
def large_image(vo):
    """The DID of one more image of pix-dr1, of 5000 x 5000 zeros, and the size
    of its file."""
    h = header(150.0, 2.0, size=5000)
    h["OBJECT"] = "large"
    start = fits.Header([("SIMPLE", True), ("BITPIX", -32), ("NAXIS", 2),
                         ("NAXIS1", 5000), ("NAXIS2", 5000)])
    start.extend(h)
    text = start.tostring().encode()
    size = len(text) + -(-5000 * 5000 * 4 // 2880) * 2880
    with open(path(vo, "large.fits"), "wb") as f:
        f.write(text)
        f.truncate(size)
    vo.sql("INSERT INTO pix_dr1.vo_image (image_id, publisher_did,"
           " product_type, calib_level, collection, obs_id, root_id, path,"
           " hdu, media_type, file_size) VALUES (9900, %s, 'image', 2, 'PIX',"
           " 'large', 1, 'large.fits', 1, 'image/fits', %s)",
           (DID + "large", size))
    try:
        yield DID + "large", size
    finally:
        vo.sql("DELETE FROM pix_dr1.vo_image WHERE image_id = 9900")
        path(vo, "large.fits").unlink()
