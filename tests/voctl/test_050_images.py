"""voctl images: what is read from files, and how files are related."""
import hashlib
import os
import pathlib
import urllib.parse

import numpy as np
import pytest
from astropy.coordinates import SkyCoord
from astropy.io import fits
from astropy.time import Time
from astropy.wcs import WCS
from astropy.wcs.utils import proj_plane_pixel_scales

import image_files as im

pytestmark = pytest.mark.filterwarnings("ignore")
DATA = pathlib.Path(os.environ.get("VO_TEST_DATA", pathlib.Path(
    __file__).resolve().parents[3] / "shared/data"))


def rows(voctl, release, columns, more=""):
    return voctl.sql("SELECT %s FROM %s.vo_image i LEFT JOIN %s.vo_footprint f"
                     " USING (footprint_id) %s ORDER BY path, hdu"
                     % (columns, release, release, more))


def vertices(text):
    """The numbers of "polygon a b ..." as pairs."""
    kind, *numbers = text.split()
    assert kind == "polygon"
    return np.array(numbers, float).reshape(-1, 2)


def assert_corners(text, truth):
    got = SkyCoord(*vertices(text).T, unit="deg")
    for ra, dec in truth:
        assert SkyCoord(ra, dec, unit="deg").separation(got).deg.min() < 1e-9


@pytest.fixture(scope="module")
def survey(voctl, tmp_path_factory):
    folder = tmp_path_factory.mktemp("survey")
    im.survey(folder)
    (folder / "filters.csv").write_text(im.FILTERS)
    release = voctl.release("--survey", "pixels", "--ivoid",
                            "ivo://test.example/pixels", "--filters",
                            folder / "filters.csv")
    out = voctl("images", release, folder).ok()
    assert ": 8 data products and 26 related files registered" in out.out
    assert not out.err
    return release, folder


def test_images_050_coadd(voctl, survey):
    release, folder = survey
    got = rows(voctl, release, "path, hdu, publisher_did, product_type,"
               " product_subtype, calib_level, collection, obs_id, tile_id,"
               " filter_name, filter_id, naxis, exptime, t_min, t_max, fwhm,"
               " em_min, em_max, em_res_power, facility, instrument, created,"
               " media_type, file_size, file_mtime, is_valid, target_name",
               "WHERE product_subtype = 'coadd'")
    assert len(got) == 6
    for (path, hdu, did, kind, subtype, level, collection, obs, tile, name,
         fid, naxis, exptime, t_min, t_max, fwhm, em_min, em_max, power,
         facility, instrument, created, media, size, mtime, is_valid,
         target) in got:
        file = folder / path
        assert did == "ivo://test.example/pixels?" + path.removesuffix(".fz")
        assert (kind, level, collection) == ("image", 3, "pixels")
        assert hdu == (2 if path.endswith(".fz") else 1)
        assert path.startswith("coadd/%d_%s_swp" % (tile, name))
        assert obs == target == "tile-%d" % tile
        assert fid == {"uJAVA": 101, "gSDSS": 102, "rSDSS": 103}[name]
        assert naxis == [im.SIZE, im.SIZE]
        assert (exptime, fwhm) == (120.0, 0.9991299808025361)
        wave, width = {"uJAVA": (3500, 500), "gSDSS": (4800, 1400),
                       "rSDSS": (6250, 1400)}[name]
        assert em_min == pytest.approx((wave - width / 2) * 1e-10)
        assert em_max == pytest.approx((wave + width / 2) * 1e-10)
        assert power == pytest.approx(wave / width)
        assert (facility, instrument) == ("T80", "T80Cam")
        assert str(created) == "2019-03-27 14:16:54"
        assert media == "image/fits" and is_valid
        assert size == file.stat().st_size
        assert mtime == pytest.approx(file.stat().st_mtime, abs=1e-5)
        # a progenitor is not there, so the coadd's own time counts
        assert t_min == 58346.0 and t_max == pytest.approx(58346 + 120 / 86400)


def test_images_050_footprints(voctl, survey):
    release, folder = survey
    got = rows(voctl, release, "path, hdu, sky.sky_dali_text(region), ra, dec,"
               " fov, cover, scale, crpix, crval, cd, projection, frame,"
               " sky.sky_area(region), footprint_id")
    assert len(got) == 8
    for (path, hdu, region, ra, dec, fov, cover, scale, crpix, crval, cd,
         projection, frame, area, _) in got:
        truth = im.corners(folder / path, hdu - 1)
        assert_corners(region, truth)
        with fits.open(folder / path) as hdus:
            h = hdus[hdu - 1].header
            wcs = WCS(h)
        centre = SkyCoord(*wcs.all_pix2world(
            [[(im.SIZE + 1) / 2] * 2], 1)[0], unit="deg")
        assert centre.separation(SkyCoord(ra, dec, unit="deg")).deg < 1e-9
        far = centre.separation(SkyCoord(*truth.T, unit="deg")).deg.max()
        assert fov == pytest.approx(2 * far, rel=1e-6)
        assert projection == ("SIP" if "exp2" in path else "TPV"
                              if "exp1" in path else "TAN")
        assert frame == "ICRS"
        assert (crpix, crval) == ([h["CRPIX1"], h["CRPIX2"]],
                                  [h["CRVAL1"], h["CRVAL2"]])
        assert cd == pytest.approx([h["CD1_1"], h["CD1_2"], h["CD2_1"],
                                    h["CD2_2"]])
        if projection == "TAN":
            assert scale == pytest.approx(proj_plane_pixel_scales(wcs))
            assert area == pytest.approx(
                im.SIZE ** 2 * np.prod(scale), rel=1e-4)
    # the filters of a tile share a footprint
    assert len({r[-1] for r in got}) == 4
    # a cover holds its polygon and little more
    (ok, ratio), = voctl.sql(
        "SELECT bool_and(sky.sky_contains(region, sky.sky_region(cover))),"
        " max(sky.sky_area(sky.sky_region(cover)) / sky.sky_area(region))"
        " FROM %s.vo_footprint" % release)
    assert ok and 1 <= ratio < 2.5


def test_images_050_relations(voctl, survey):
    release, folder = survey
    got = voctl.sql(
        "SELECT p.kind, p.path, i.path, p.media_type, p.obs_id, p.hdu,"
        " p.file_size FROM {0}.vo_product p LEFT JOIN {0}.vo_image i USING"
        " (image_id) ORDER BY 1, 2".format(release))
    assert len(got) == 26
    for kind, path, image, media, obs, hdu, size in got:
        assert size == (folder / path).stat().st_size
        name = pathlib.Path(path).name
        if kind == "rgb":
            assert image is None and obs == "tile-" + name[:3]
            continue
        stem = name.split("_swp")[0]
        assert image.startswith("coadd/%s_swp.fits" % stem)
        assert kind == {".weight.fits": "weight", "_mask.fits": "mask",
                        ".psf": "psf", ".png": "preview"}[
                            name[len(stem) + 4:]]
        assert media == ("image/png" if kind == "preview" else "image/fits")
    assert sorted(k for k, *_ in got).count("rgb") == 2
    got = voctl.sql(
        "SELECT i.path, g.name, o.path FROM {0}.vo_progenitor g JOIN"
        " {0}.vo_image i USING (image_id) LEFT JOIN {0}.vo_image o ON"
        " o.image_id = progenitor_id ORDER BY 1, 2".format(release))
    assert len(got) == 18
    for _, name, other in got:
        assert other == (None if name == "lost_proc"
                         else "single/%s.fits" % name)


def test_images_050_single(voctl, survey):
    release, _ = survey
    got = rows(voctl, release, "path, obs_id, product_subtype, calib_level,"
               " tile_id, t_min, t_max, exptime, target_name",
               "WHERE product_subtype = 'single'")
    for i, row in enumerate(got):
        path, obs, _, level, tile, t_min, t_max, exptime, target = row
        assert (path, obs) == ("single/exp%d_proc.fits" % (i + 1),
                               "exp%d_proc" % (i + 1))
        assert (level, tile, exptime, target) == (2, None, 40.0, "field")
        start = Time("2018-08-1%dT12:00:00" % (i + 1)).mjd
        assert (t_min, t_max) == pytest.approx((start, start + 40 / 86400),
                                               abs=1e-9)


def test_images_050_checksums(voctl, survey):
    release, folder = survey
    got = voctl.sql(
        "SELECT path, checksum FROM {0}.vo_image UNION ALL SELECT path,"
        " checksum FROM {0}.vo_product".format(release))
    assert len(got) == 34
    for path, checksum in got:
        assert checksum == "sha256:" + hashlib.sha256(
            (folder / path).read_bytes()).hexdigest()


def test_images_050_rescan(voctl, survey):
    release, folder = survey
    before = voctl.sql("SELECT image_id, publisher_did, changed FROM"
                       " %s.vo_image ORDER BY 1" % release)
    out = voctl("images", release, folder).ok().out
    assert ": 0 data products and 0 related files registered, 34 files" in out
    assert before == voctl.sql("SELECT image_id, publisher_did, changed FROM"
                               " %s.vo_image ORDER BY 1" % release)
    out = voctl("images", release, folder, "--rescan").ok().out
    assert ": 8 data products and 26 related files registered" in out
    assert [b[:2] for b in before] == voctl.sql(
        "SELECT image_id, publisher_did FROM %s.vo_image ORDER BY 1" % release)


def test_images_050_ivoid(voctl, survey):
    release, _ = survey
    query = ("SELECT path, publisher_did FROM %s.vo_image ORDER BY 1"
             % release)
    voctl("release", "set", release, "--ivoid", "ivo://other.example/x").ok()
    for path, did in voctl.sql(query):
        assert did == "ivo://other.example/x?" + path.removesuffix(".fz")
    voctl("release", "set", release, "--ivoid", "").ok()
    for path, did in voctl.sql(query):
        assert did == "ivo://unregistered/%s?%s" % (
            release, path.removesuffix(".fz"))
    voctl("release", "set", release, "--ivoid",
          "ivo://test.example/pixels").ok()
    for path, did in voctl.sql(query):
        assert did == "ivo://test.example/pixels?" + path.removesuffix(".fz")


def test_images_050_obscore(voctl, survey):
    """The reader of the release sees them in ivoa.obscore."""
    release, _ = survey
    got = voctl.sql("SET ROLE vo_read_%s; SELECT count(*),"
                    " count(s_region), min(s_xel1), count(DISTINCT"
                    " obs_publisher_did) FROM %s.vo_obscore"
                    % (release, release))
    assert got == [(8, 8, im.SIZE, 8)]
    (n,), = voctl.sql("SELECT count(*) FROM vo.tap_tables WHERE release_id ="
                      " '%s' AND table_name = 'ivoa.obscore'" % release)
    assert n == 1


# --- other files ----------------------------------------------------------

def test_images_050_names(voctl, tmp_path):
    """Any name of a file, two roots, several HDUs: identifiers stay apart."""
    release = voctl.release()
    a, b = tmp_path / "a", tmp_path / "b"
    names = ["plain.fits", "with blank.fits", "hash#1.fits", "per%20cent.fits",
             "plus+&=?;.fits", "caf\u00e9.fits", "d i r/q'uote\".fits"]
    for name in names:
        im.write(a / name, im.header(10, 10))
    im.write(b / "plain.fits", im.header(10, 10))
    fits.HDUList([fits.PrimaryHDU()] + [
        fits.ImageHDU(im.pixels(i), im.header(20 + i, 10), "CCD%d" % i)
        for i in (1, 2, 3)]).writeto(b / "mosaic.fits")
    voctl("images", release, a, b).ok()
    got = voctl.sql("SELECT root_id, path, hdu, publisher_did FROM %s.vo_image"
                    " ORDER BY 1, 2, 3" % release)
    assert len(got) == 11
    base = "ivo://unregistered/%s?" % release
    for root, path, hdu, did in got:
        assert did.startswith(base)
        rest = did[len(base):]
        decoded = urllib.parse.unquote(rest)
        assert decoded == ("" if root == 1 else "2:") + path + (
            ";%d" % (hdu - 1) if hdu > 2 else "")
    assert {(r, p) for r, p, *_ in got if r == 1} == {(1, n) for n in names}
    # a folder inside a root is that root's
    voctl("images", release, a / "d i r").ok()
    assert voctl.sql("SELECT count(*) FROM vo.image_root WHERE release_id ="
                     " '%s'" % release) == [(2,)]


def test_images_050_moved(voctl, tmp_path):
    release = voctl.release()
    for i in range(3):
        im.write(tmp_path / "old/x" / ("f%d.fits" % i), im.header(1, i))
    voctl("images", release, tmp_path / "old").ok()
    before = voctl.sql("SELECT image_id, publisher_did FROM %s.vo_image ORDER"
                       " BY 1" % release)
    (tmp_path / "old").rename(tmp_path / "new")
    voctl("images", release, tmp_path / "new", "--moved-from",
          tmp_path / "other").fails("is no root", str(tmp_path / "old"), rc=2)
    voctl("images", release, tmp_path, tmp_path, "--moved-from",
          tmp_path / "old").fails("one folder", rc=2)
    out = voctl("images", release, tmp_path / "new", "--moved-from",
                tmp_path / "old").ok().out
    assert "3 files unchanged, 0 gone" in out
    assert before == voctl.sql("SELECT image_id, publisher_did FROM"
                               " %s.vo_image WHERE is_valid ORDER BY 1"
                               % release)
    assert voctl.sql("SELECT path FROM vo.image_root WHERE release_id = '%s'"
                     % release) == [(str(tmp_path / "new"),)]


def test_images_050_mef(voctl, tmp_path):
    """Weights and masks in other HDUs of the file belong to its image."""
    release = voctl.release()
    fits.HDUList([
        fits.PrimaryHDU(header=fits.Header({"OBJECT": "mef"})),
        fits.ImageHDU(im.pixels(), im.header(5, 5), "SCI"),
        fits.ImageHDU(im.pixels(), im.header(5, 5), "WHT"),
        fits.ImageHDU(np.zeros((im.SIZE,) * 2, "i2"), im.header(5, 5), "DQ"),
    ]).writeto(tmp_path / "mef.fits")
    voctl("images", release, tmp_path).ok()
    assert voctl.sql("SELECT hdu, target_name FROM %s.vo_image"
                     % release) == [(2, "mef")]
    assert voctl.sql("SELECT kind, hdu, image_id IS NOT NULL FROM"
                     " %s.vo_product ORDER BY 2" % release) == [
        ("weight", 3, True), ("mask", 4, True)]


def test_images_050_gzip_cube_allsky(voctl, tmp_path):
    release = voctl.release()
    im.write(tmp_path / "z.fits.gz", im.header(33, -33))
    h = im.header(40, 0)
    h["CTYPE3"], h["CRVAL3"], h["CRPIX3"], h["CD3_3"] = "WAVE", 5e-7, 1., 1e-8
    im.write(tmp_path / "cube.fits", h, np.zeros((7, 20, 30), "f4"))
    h = fits.Header({"CTYPE1": "RA---CAR", "CTYPE2": "DEC--CAR",
                     "CRVAL1": 0.0, "CRVAL2": 0.0, "CRPIX1": 180.5,
                     "CRPIX2": 90.5, "CDELT1": -1.0, "CDELT2": 1.0})
    im.write(tmp_path / "sky.fits", h, np.zeros((180, 360), "f4"))
    voctl("images", release, tmp_path).ok()
    got = rows(voctl, release, "path, product_type, naxis, em_xel, ra, dec,"
               " sky.sky_area(region)")
    assert [(r[0], r[1], r[2]) for r in got] == [
        ("cube.fits", "cube", [30, 20, 7]),
        ("sky.fits", "image", [360, 180]),
        ("z.fits.gz", "image", [im.SIZE, im.SIZE])]
    assert got[0][3] == 7
    (em_min, em_max), = voctl.sql("SELECT em_min, em_max FROM %s.vo_image"
                                  " WHERE path = 'cube.fits'" % release)
    assert (em_min, em_max) == pytest.approx((4.95e-7, 5.65e-7))
    assert got[1][6] == pytest.approx(41252.96, rel=1e-3)
    with fits.open(tmp_path / "z.fits.gz") as hdus:
        ra, dec = WCS(hdus[0].header).all_pix2world(60.5, 60.5, 1)
    assert got[2][4:6] == pytest.approx((float(ra), float(dec)), abs=1e-9)


def test_images_050_spectra_events(voctl, tmp_path):
    release = voctl.release()
    h = fits.Header({"CTYPE1": "WAVE", "CUNIT1": "nm", "CRVAL1": 500.0,
                     "CRPIX1": 1.0, "CDELT1": 0.5, "RA": "10:00:00.0",
                     "DEC": "-02:30:00", "OBJECT": "star"})
    im.write(tmp_path / "one.fits", h, np.arange(200, dtype="f4"))
    table = fits.BinTableHDU.from_columns([
        fits.Column("WAVE", "D", "Angstrom", array=np.linspace(4e3, 9e3, 50)),
        fits.Column("FLUX", "E", array=np.ones(50))], name="SPECTRUM")
    table.header["RA_TARG"], table.header["DEC_TARG"] = 20.0, 5.0
    table.writeto(tmp_path / "two.fits")
    ra = np.array([0.1, 359.9, 0.0, 0.05])
    fits.BinTableHDU.from_columns([
        fits.Column("TIME", "D", array=np.arange(4.0)),
        fits.Column("RA", "D", "deg", array=ra),
        fits.Column("DEC", "D", "deg", array=np.zeros(4))],
        name="EVENTS").writeto(tmp_path / "x.fits")
    voctl("images", release, tmp_path).ok()
    one, two, events = rows(
        voctl, release, "path, product_type, ra, dec, em_min, em_max, em_xel,"
        " fov, hdu, media_type, target_name")
    assert one[:2] == ("one.fits", "spectrum")
    assert one[2:7] == pytest.approx((150, -2.5, 499.75e-9, 599.75e-9, 200))
    assert one[-1] == "star" and one[7] == pytest.approx(2 / 3600)
    assert two[1:7] == ("spectrum", 20, 5, pytest.approx(4e-7),
                        pytest.approx(9e-7), 50)
    assert two[8:10] == (2, "application/fits")
    assert events[1] == "event"
    assert min(events[2], 360 - events[2]) < 0.1 and events[3] == 0
    assert 0.2 <= events[7] < 0.3


def test_images_050_related_by_header(voctl, tmp_path):
    """A weight whose name tells nothing belongs where its header says."""
    release = voctl.release()
    for f in ("a", "b"):
        im.write(tmp_path / ("%s.fits" % f), im.t80(im.header(
            1, 1, OBJECT="t1", FILTER=f)))
        im.write(tmp_path / ("other/no%s_weight.fits" % f), im.t80(im.header(
            1, 1, OBJECT="t1", FILTER=f)))
    im.write(tmp_path / "keyword.fits", im.t80(im.header(
        1, 1, OBJECT="t1", FILTER="b", PRODTYPE="dqmask")))
    im.write(tmp_path / "stray_weight.fits", im.header(1, 1, OBJECT="t7"))
    result = voctl("images", release, tmp_path).ok()
    assert "1 related to nothing" in result.out
    assert "stray_weight.fits: this weight belongs to no image" in result.err
    assert voctl.sql(
        "SELECT p.path, kind, i.path FROM {0}.vo_product p JOIN {0}.vo_image i"
        " USING (image_id) ORDER BY 1".format(release)) == [
            ("keyword.fits", "mask", "b.fits"),
            ("other/noa_weight.fits", "weight", "a.fits"),
            ("other/nob_weight.fits", "weight", "b.fits")]


def test_images_050_hard_places(voctl, tmp_path):
    """Poles and RA 0: points in and around images, by astropy's pixels."""
    release = voctl.release()
    for i, (ra, dec) in enumerate(((0.0, 0.0), (359.99, 60.0), (10.0, 90.0),
                                   (77.0, -89.95), (200.0, 89.9))):
        for kind in ("TAN", "TPV", "SIP"):
            im.write(tmp_path / ("%d%s.fits" % (i, kind)), im.header(
                ra, dec, kind, scale=2e-3))
    voctl("images", release, tmp_path).ok()
    rng = np.random.default_rng(8)
    for path, region in rows(voctl, release,
                             "path, sky.sky_dali_text(region)"):
        wcs = WCS(fits.getheader(tmp_path / path))
        xy = rng.uniform(-.3 * im.SIZE, 1.3 * im.SIZE, (60, 2))
        # not within half a pixel of the edge: the polygon follows to 0.1
        xy = xy[(np.abs(xy - .5) > .5).all(1)
                & (np.abs(xy - im.SIZE - .5) > .5).all(1)]
        inside = ((xy > .5) & (xy < im.SIZE + .5)).all(1)
        for (ra, dec), truth in zip(wcs.all_pix2world(xy, 1), inside):
            got, = voctl.sql("SELECT sky.sky_contains(sky.sky_point(%s, %s),"
                             " sky.sky_region(%s))", float(ra), float(dec),
                             region)
            assert got == (truth,), (path, ra, dec)


def test_images_050_map(voctl, tmp_path):
    release = voctl.release()
    files = tmp_path / "files"
    im.write(files / "night5_a.fits",
             im.header(1, 1, TINT=7.5, FWPX=3.0, BND="R", SEQ="x12"))
    im.write(files / "night5_a-var.fits", im.header(1, 1))
    meta = tmp_path / "map"
    meta.write_text("[image]\ncollection = 'Mine'\nexptime = TINT*60\n"
                    "fwhm = NOTHERE, FWPX*scale\nfilter = BND\n"
                    "tile_id = path:night([0-9]+)_\nobs_id = SEQ\n"
                    "[single]\ntile_id = path:night([0-9]+)_\nobs_id = SEQ\n"
                    "[noise]\nnames = -var\n[filters]\nR = rSDSS\n")
    voctl("images", release, files, "--meta", meta).ok()
    got = rows(voctl, release, "collection, exptime, fwhm, filter_name,"
               " tile_id, obs_id")
    assert got == [("Mine", 450.0, pytest.approx(3 * .55), "rSDSS", 5, "x12")]
    assert voctl.sql("SELECT kind FROM %s.vo_product" % release) == [
        ("noise",)]
    for text, word in (("[images]\n", "no section"), ("x = 1\n", "section"),
                       ("[image]\nexptme = A\n", "no key"),
                       ("[image]\ntile_id = path:(\n", "regular expression"),
                       ("[image]\nfoo\n", "key = value")):
        meta.write_text(text)
        voctl("images", release, files, "--meta", meta).fails(
            word, str(meta), "line", rc=2)
    out = voctl("images", "--print-map").ok().out
    meta.write_text(out)
    voctl("images", release, files, "--meta", meta).ok()


def test_images_050_flags(voctl, tmp_path):
    release = voctl.release()
    for i in range(3):
        im.write(tmp_path / ("f%d.fits" % i), im.header(1, i))
    voctl("images", release, tmp_path).ok()
    seen = "SELECT count(*) FROM %s.vo_obscore" % release
    voctl("images", release, "--flag", "f1*", "--comment", "a trail").ok()
    assert voctl.sql(seen) == [(2,)]
    # a rescan, even of a changed file, keeps it
    im.write(tmp_path / "f1.fits", im.header(1, 1), im.pixels(size=140))
    voctl("images", release, tmp_path).ok()
    assert rows(voctl, release, "path, is_valid, comment, naxis") == [
        ("f0.fits", True, None, [im.SIZE] * 2),
        ("f1.fits", False, "a trail", [140, 140]),
        ("f2.fits", True, None, [im.SIZE] * 2)]
    voctl("images", release, "--unflag", "f1.fits").ok()
    assert voctl.sql(seen) == [(3,)]
    voctl("images", release, "--flag", "nothing").fails("no image", rc=1)
    # what is gone vanishes from searches, and comes back
    (tmp_path / "f2.fits").rename(tmp_path / "f2.away")
    assert "1 gone" in voctl("images", release, tmp_path).ok().out
    assert rows(voctl, release, "is_valid, comment")[2] == (
        False, "voctl images: the file is gone")
    assert "0 gone" in voctl("images", release, tmp_path).ok().out
    (tmp_path / "f2.away").rename(tmp_path / "f2.fits")
    voctl("images", release, tmp_path).ok()
    assert rows(voctl, release, "is_valid, comment")[2] == (True, None)


def test_images_050_dry_run_and_usage(voctl, tmp_path):
    release = voctl.release()
    im.survey(tmp_path)
    out = voctl("images", release, tmp_path, "--dry-run").ok().out
    assert "8 data products and 26 related files" in out and "dry run" in out
    assert voctl.sql("SELECT to_regclass('%s.vo_image'), (SELECT count(*) FROM"
                     " vo.image_root WHERE release_id = '%s')"
                     % (release, release)) == [(None, 0)]
    voctl("images", "nowhere", tmp_path).fails("no release nowhere", rc=1)
    voctl("images", release, tmp_path / "none").fails("no folder", rc=2)
    voctl("images").fails("which release", rc=2)
    voctl("images", release).fails("which folders", rc=2)
    assert "keyword map" in voctl("help", "images").ok().out


def test_images_050_catalogues(voctl, tmp_path):
    release = voctl.release("--survey", "cats")
    (tmp_path / "t.csv").write_text("id,ra,dec\n" + "".join(
        "%d,%g,%g\n" % (i, 100 + i % 10 / 10, 20 + i // 10 / 10)
        for i in range(100)))
    voctl("load", release, "Stars", tmp_path / "t.csv").ok()
    voctl("images", release, "--catalogues").ok()
    voctl("images", release, "--catalogues").ok()
    got = rows(voctl, release, "product_type, publisher_did, link, media_type,"
               " ra, dec, sky.sky_contains(sky.sky_circle(100.45, 20.45, .1),"
               " region)")
    assert len(got) == 1
    kind, did, link, media, ra, dec, is_in = got[0]
    assert (kind, did) == ("measurements", "ivo://unregistered/%s?table:"
                           "cats.Stars" % release)
    assert link == ("tap/%s/sync?LANG=ADQL&QUERY=SELECT+%%2A+FROM+cats.Stars"
                    % release)
    assert abs(ra - 100.45) < 1 and abs(dec - 20.45) < 1 and is_in
    assert "FAIL" not in voctl("check", release).ok().out


# --- real files -------------------------------------------------------------

@pytest.mark.skipif(not DATA.exists(), reason="no VO_TEST_DATA")
def test_images_050_real_header(voctl, tmp_path):
    """The header of a real coadd of T80Cam, by the default map."""
    lines = [line for line in (
        DATA / "header/t80cam_jype_coadd_header.txt").read_text().splitlines()
        if not line.startswith("#")]
    assert lines[-1].strip() == "END"
    head = "".join(line.ljust(80) for line in lines).encode()
    (tmp_path / "files").mkdir()
    file = tmp_path / "files/PNG006_100_r.fits"
    file.write_bytes(head + b" " * (-len(head) % 2880)
                     + bytes((100 * 100 * 4 + 2879) // 2880 * 2880))
    (tmp_path / "filters.csv").write_text(im.FILTERS)
    (tmp_path / "map").write_text("[filters]\nR = rSDSS\n")
    release = voctl.release("--survey", "t80", "--filters",
                            tmp_path / "filters.csv")
    voctl("images", release, tmp_path / "files", "--meta",
          tmp_path / "map").ok()
    (region, *got), = rows(
        voctl, release, "sky.sky_dali_text(region), product_subtype,"
        " calib_level, obs_id, target_name, filter_name, filter_id, exptime,"
        " t_min, fwhm, facility, instrument, scale[1] * 3600, em_max,"
        " created::text, t_resolution")
    assert got == [
        "coadd", 3, "SPLUS-s29s46", "SPLUS-s29s46", "rSDSS", 103, 120.0,
        58346.0, 0.9991299808025361, "T80", "T80Cam", pytest.approx(0.55, rel=2e-4),
        pytest.approx(6.95e-7), "2019-03-27 14:16:54", 120.0]
    assert_corners(region, im.corners(file))
    assert voctl.sql("SELECT name FROM %s.vo_progenitor ORDER BY 1"
                     % release) == [("SPLUS-20180816-025548_proc",),
                                    ("SPLUS-20180816-025707_proc",),
                                    ("SPLUS-20180816-025826_proc",)]


@pytest.mark.skipif(not DATA.exists(), reason="no VO_TEST_DATA")
def test_images_050_real(voctl, tmp_path):
    release = voctl.release()
    names = sorted((DATA / "images").rglob("*.fits"))
    voctl("images", release, DATA / "images", DATA / "oifits")
    got = rows(voctl, release, "path, hdu, product_type,"
               " sky.sky_dali_text(region), filter_name, exptime, fwhm, t_min")
    images = [r for r in got if r[2] == "image"]
    # 18 DECam exposures (weights and masks belong to them), three of 2MASS
    science = [n for n in names if "_ooi_" in n.name or "2mass" in n.name]
    assert len(images) == len(science) > 15
    for path, hdu, _, region, name, exptime, fwhm, t_min in images:
        file = DATA / "images" / path
        assert_corners(region, im.corners(file, hdu - 1))
        if "decam" in path:
            h = fits.getheader(file)
            assert name == h["FILTER"].split()[0]
            assert exptime == h["EXPTIME"]
            assert t_min == pytest.approx(Time(h["DATE-OBS"]).mjd, abs=1e-6)
            assert 0.5 < fwhm < 3
    kinds = dict(voctl.sql("SELECT kind, count(*) FROM %s.vo_product GROUP BY"
                           " 1" % release))
    n = len([s for s in science if "_ooi_" in s.name])
    assert kinds == {"weight": n, "mask": n}
    visibilities = rows(voctl, release, "target_name, em_min, em_max, t_min,"
                        " instrument, ra", "WHERE product_type = 'visibility'")
    assert len(visibilities) == 2
    for target, em_min, em_max, t_min, instrument, ra in visibilities:
        assert target and 1e-7 < em_min <= em_max < 3e-5 and t_min > 50000
        assert instrument and ra is not None
