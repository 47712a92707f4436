"""The demo's images show what its catalogue says, measured by numpy."""
import hashlib
import shutil
import signal
import subprocess
import time
import warnings

import numpy as np
import pytest
from astropy.io import fits
from astropy.wcs import WCS

FILTERS = ("uJAVA J0378 J0395 J0410 J0430 gSDSS J0515 rSDSS J0660 iSDSS J0861"
           " zSDSS").split()
ROWS, PIXEL, TILES = 15000, 2.0, 1
ARGS = ["--rows", str(ROWS), "--pixel", str(PIXEL), "--tiles", str(TILES)]
R = FILTERS.index("rSDSS")


@pytest.fixture(scope="module")
def demo(voctl, tmp_path_factory):
    """voctl with the demo and its images in voctl.images."""
    voctl.images = tmp_path_factory.mktemp("render") / "demo-dr1"
    voctl("demo", "--force", "--images", voctl.images, *ARGS).ok()
    return voctl


def name(tile, band, what=""):
    return "demo-%02d/demo-%02d-%s_swp%s.fits.fz" % (tile, tile, band, what)


def load(path):
    with fits.open(path) as hdus:
        h = hdus[1]
        return h.data.astype("f8"), h.header


@pytest.fixture(scope="module")
def tile(demo):
    """Everything of the first tile, by filter."""
    return {band: (*load(demo.images / name(1, band)),
                   load(demo.images / name(1, band, ".weight"))[0],
                   load(demo.images / name(1, band, ".mask"))[0],
                   fits.getdata(demo.images / "demo-01" / (
                       "demo-01-%s_swp.psf.fits" % band)))
            for band in FILTERS}


@pytest.fixture(scope="module")
def catalogue(demo):
    """Objects of the first tile that stand alone, as arrays by name."""
    rows = demo.sql(
        "SELECT d.alpha_j2000, d.delta_j2000, x_image, y_image, a_world, b_world,"
        " theta_j2000, class_star, flags, mask_flags, flux_auto,"
        " flux_relerr_auto, flux_psfcor, flux_relerr_psfcor, flux_aper_3_0"
        " FROM demo_dr1.magabdualobj d JOIN demo_dr1.fnudualobj"
        " USING (tile_id, number) WHERE tile_id = 85001")
    keys = ("ra dec x y a b theta star flags mask auto auto_err psf psf_err"
            " aper").split()
    cat = {k: np.array(v, dtype="f8") for k, v in zip(keys, zip(*rows))}
    for k in ("auto", "psf"):
        cat[k + "_err"] = np.abs(cat[k + "_err"] * cat[k])
    fwhm = demo.sql("SELECT max(fwhmg) FROM demo_dr1.tileimage")[0][0] / PIXEL
    far = np.hypot(cat["x"][:, None] - cat["x"], cat["y"][:, None] - cat["y"])
    bright = cat["auto"][:, R] > 0.01 * cat["auto"][:, R][:, None]
    near = (far < 5 * fwhm) & bright
    cat["alone"] = near.sum(axis=1) == 1
    assert 150 < cat["alone"].sum() < len(rows)
    return cat


def aperture(data, x, y, radius):
    """Sum within a circle, borders by ten times finer pixels; x, y from 0."""
    x0, y0, n = int(x - radius), int(y - radius), int(2 * radius) + 3
    sub = (np.arange(10 * n) + 0.5) / 10 - 0.5
    inside = ((sub + x0 - x) ** 2 + ((sub + y0 - y) ** 2)[:, None]
              <= radius ** 2)
    part = inside.reshape(n, 10, n, 10).mean(axis=(1, 3))
    return (data[y0:y0 + n, x0:x0 + n] * part).sum(), part.sum()


def pulls(tile, cat, band, chosen, column, share, radius):
    """(flux in the image - in the catalogue) / error, for each object."""
    data, h, weight, _, psf = tile[band]
    k = FILTERS.index(band)
    ujy = 10 ** (0.4 * (23.9 - h["MAGZERO"]))
    out = []
    for i in np.flatnonzero(chosen):
        if cat["flags"][i, k] or cat["mask"][i, k]:
            continue
        x, y = cat["x"][i] - 1, cat["y"][i] - 1
        r = radius(i, h["HIERARCH OAJ PRO FWHMMEAN"] / PIXEL)
        total, area = aperture(data, x, y, r)
        held = share(i, psf, r)
        variance = (area / weight[int(y), int(x)] + max(total, 0) / h["GAIN"]
                    ) * (ujy / held) ** 2
        flux = total * ujy / held
        err = np.sqrt(variance + cat[column + "_err"][i, k] ** 2)
        out.append((flux - cat[column][i, k]) / err)
    return np.array(out)


@pytest.mark.parametrize("band", FILTERS)
def test_stars_are_as_bright_as_the_catalogue_says(tile, catalogue, band):
    stars = catalogue["alone"] & (catalogue["star"] > 0.9)
    p = pulls(tile, catalogue, band, stars, "psf",
              lambda i, psf, r: aperture(psf, 12, 12, r)[0],
              lambda i, fwhm: 1.2 * fwhm)
    assert len(p) > 40
    assert abs(np.median(p)) < 4 * 1.25 / np.sqrt(len(p))
    # faint neighbours that nobody has detected make the tail
    assert 0.7 < 1.4826 * np.median(np.abs(p - np.median(p))) < 1.4
    assert np.mean(np.abs(p) > 4) < 0.1


@pytest.mark.parametrize("band", ["gSDSS", "rSDSS", "iSDSS", "zSDSS", "J0660"])
def test_galaxies_are_as_bright_as_the_catalogue_says(tile, catalogue, band):
    """The Kron-like aperture holds 97 %."""
    k = FILTERS.index(band)
    size = np.sqrt(np.maximum(catalogue["a"], 0)) * 0 + catalogue["a"] * 3600
    galaxies = (catalogue["alone"] & (catalogue["star"] < 0.1)
                & (catalogue["auto"][:, k] > 30 * catalogue["auto_err"][:, k]))
    p = pulls(tile, catalogue, band, galaxies, "auto",
              lambda i, psf, r: 1 / 0.97 * aperture(psf, 12, 12, min(r, 11))[0],
              lambda i, fwhm: 1.5 * size[i] / PIXEL + 1.5 * fwhm)
    assert len(p) > 15
    assert abs(np.median(p)) < 1.5
    assert np.mean(np.abs(p) > 5) < 0.15


def test_aperture_magnitudes_follow_the_psf(tile, catalogue):
    """A Moffat function of the header's FWHM and beta, in closed form."""
    for band in FILTERS:
        h, k = tile[band][1], FILTERS.index(band)
        beta = h["HIERARCH OAJ PRO FWHMBETA"]
        alpha = h["HIERARCH OAJ PRO FWHMMEAN"] / 2 / np.sqrt(2 ** (1 / beta)
                                                            - 1)
        share = 1 - (1 + (1.5 / alpha) ** 2) ** (1 - beta)
        good = (catalogue["star"] > 0.9) & (
            catalogue["psf"][:, k] > 100 * catalogue["psf_err"][:, k])
        ratio = catalogue["aper"][good, k] / catalogue["psf"][good, k]
        assert len(ratio) > 15
        assert np.median(ratio) == pytest.approx(share, rel=0.01)


def windowed(data, x, y, sigma, n):
    """Adaptive moments about x, y (from 0): centre and covariance."""
    x0, y0 = int(x + 0.5), int(y + 0.5)
    cut = data[y0 - n:y0 + n + 1, x0 - n:x0 + n + 1]
    gx, gy = np.meshgrid(np.arange(-n, n + 1) + x0, np.arange(-n, n + 1) + y0)
    c = np.array([[sigma ** 2, 0], [0, sigma ** 2]])
    for _ in range(60):
        inv = np.linalg.inv(c)
        dx, dy = gx - x, gy - y
        w = cut * np.exp(-0.5 * (inv[0, 0] * dx ** 2 + inv[1, 1] * dy ** 2
                                 + 2 * inv[0, 1] * dx * dy))
        x, y = x + 2 * (w * dx).sum() / w.sum(), y + 2 * (w * dy).sum() / w.sum()
        m = np.array([[(w * dx * dx).sum(), (w * dx * dy).sum()],
                      [(w * dx * dy).sum(), (w * dy * dy).sum()]]) / w.sum()
        c = 0.5 * c + m
    return x, y, c


@pytest.mark.parametrize("band", ["gSDSS", "rSDSS", "zSDSS"])
def test_positions(tile, catalogue, band):
    data, h = tile[band][:2]
    k, cat = FILTERS.index(band), catalogue
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        wcs = WCS(h)
    good = (cat["alone"] & (cat["star"] > 0.9) & (cat["mask"][:, k] == 0)
            & (cat["flags"][:, k] == 0)
            & (cat["psf"][:, k] > 60 * cat["psf_err"][:, k]))
    px, py = wcs.all_world2pix(cat["ra"], cat["dec"], 0)
    assert np.abs(px + 1 - cat["x"]).max() < 1e-3  # real has no more digits
    assert np.abs(py + 1 - cat["y"]).max() < 1e-3
    off = np.array([windowed(data, x, y, 1.2, 6)[:2] - np.array([x, y])
                    for x, y in zip(px[good], py[good])])
    assert len(off) > 20
    assert np.abs(np.median(off, axis=0)).max() < 0.02
    assert np.median(np.hypot(*off.T)) < 0.05
    assert np.mean(np.hypot(*off.T) > 0.3) < 0.05


def test_shapes(tile, catalogue):
    """Elongated galaxies lie at the angle the catalogue has."""
    data, cat = tile["rSDSS"][0], catalogue
    psf = tile["rSDSS"][1]["HIERARCH OAJ PRO FWHMMEAN"] / PIXEL
    good = (cat["alone"] & (cat["star"] < 0.1) & (cat["b"] < 0.85 * cat["a"])
            & (cat["auto"][:, R] > 40 * cat["auto_err"][:, R]))
    wrong, ratios = [], []
    for i in np.flatnonzero(good):
        if cat["mask"][i, R]:
            continue
        x, y = cat["x"][i] - 1, cat["y"][i] - 1
        n = int(min(3 * psf + 3 * cat["a"][i] * 3600 / PIXEL, 40))
        c = windowed(data, x, y, psf / 2, n)[2]
        angle = np.degrees(0.5 * np.arctan2(-2 * c[0, 1], c[1, 1] - c[0, 0]))
        wrong.append((angle - cat["theta"][i] + 90) % 180 - 90)
        lo, hi = np.linalg.eigvalsh(c)
        ratios.append((np.sqrt(lo / hi), cat["b"][i] / cat["a"][i]))
    wrong, ratios = np.abs(wrong), np.array(ratios)
    assert len(wrong) > 8
    assert np.median(wrong) < 4
    assert np.mean(wrong > 20) < 0.15
    # inner parts, which the weights prefer, are rounder; not much
    assert np.corrcoef(ratios.T)[0, 1] > 0.5


def test_noise_and_weights(tile):
    for band, (data, h, weight, mask, psf) in tile.items():
        noise = h["HIERARCH OAJ QC NCNOISE"]
        assert np.median(weight[::5, ::5]) == pytest.approx(noise ** -2, rel=1e-6)
        some = data[::5, ::5]  # robust: most pixels are sky
        assert 1.4826 * np.median(np.abs(some - np.median(some))
                                  ) == pytest.approx(noise, rel=0.12)
        assert abs(np.median(some)) < 0.1 * noise
        assert data.max() <= h["SATURATE"] * 1.001
        edge = (mask.astype(int) & 1) != 0
        n = int(55.5 / PIXEL)
        assert edge[:n].all() and edge[:, -n:].all() and not edge[
            n:-n, n:-n].any()
        assert set(np.round(weight[edge] * noise ** 2 * 3)) <= {0, 1, 2}
        assert psf.sum() == pytest.approx(1, abs=1e-6)
        assert psf[12, 12] == psf.max()


def test_saturated(tile, catalogue):
    """Stars flagged 4 are in the mask, others are not."""
    for band in ("uJAVA", "rSDSS", "iSDSS"):
        mask, k = tile[band][3].astype(int), FILTERS.index(band)
        got = [(mask[int(y - 0.5), int(x - 0.5)] & 4) != 0
               for x, y in zip(catalogue["x"], catalogue["y"])]
        said = (catalogue["flags"][:, k].astype(int) & 4) != 0
        # measured positions may fall on the next pixel
        assert np.sum(said != got) <= 1 + 0.2 * said.sum()
        assert said.sum() > 3 or band == "uJAVA"


def test_the_coadd_is_the_mean_of_its_exposures(demo, tile):
    data, h, _, mask, _ = tile["rSDSS"]
    assert h["NCOMBINE"] == 3
    total, n = np.zeros_like(data), data.shape[0]
    for e in (1, 2, 3):
        path = demo.images / "demo-01" / (
            h["HIERARCH OAJ PRO SWCMB%d" % e] + ".fits.fz")
        one, g = load(path)
        assert g["EXPTIME"] * 3 == h["TEXPOSED"]
        assert g["MAGZERO"] == pytest.approx(
            h["MAGZERO"] + 2.5 * np.log10(g["EXPTIME"]))
        dx, dy = (int(round(h["CRPIX%d" % a] - g["CRPIX%d" % a]))
                  for a in (1, 2))
        moved = np.full_like(one, np.nan)
        moved[max(dy, 0):n + min(dy, 0), max(dx, 0):n + min(dx, 0)] = one[
            max(-dy, 0):n - max(dy, 0), max(-dx, 0):n - max(dx, 0)]
        total += moved * h["HIERARCH OAJ PRO SWSCALE%d" % e]
    good = mask == 0
    assert good.mean() > 0.9
    diff = (total / 3 - data)[good]
    assert np.isfinite(diff).all()
    # what quantising four times by a quarter of the noise leaves
    assert diff.std() < 0.15 * h["HIERARCH OAJ QC NCNOISE"]


def test_tables_agree_with_headers(demo, tile):
    rows = demo.sql("SELECT f.name, t.tile_id, t.name, ra, dec, fwhmg,"
                    " zeropoint, exptime, pixscale, naxis1, ref_tile_id,"
                    " filter_id, date_obs, depth3arc5s FROM demo_dr1.tileimage"
                    " t JOIN demo_dr1.filter f USING (filter_id) WHERE"
                    " ref_tile_id = 85001")
    assert len(rows) == 12
    for (band, tid, title, ra, dec, fwhm, zp, exptime, scale, naxis, ref, fid,
         date, depth) in rows:
        h = tile[band][1]
        assert h["FILENAME"] == title + ".fits.fz"
        assert (h["CRVAL1"], h["CRVAL2"]) == pytest.approx((ra, dec))
        assert (h["FILTER"], h["TILE_ID"], h["FILTERID"]) == (band, tid, fid)
        assert h["MAGZERO"] == pytest.approx(zp, abs=1e-5)
        assert h["HIERARCH OAJ PRO FWHMMEAN"] == pytest.approx(fwhm, rel=1e-5)
        assert h["TEXPOSED"] == exptime and h["NAXIS1"] == naxis == h["NAXIS2"]
        assert h["PIXSCALE"] == scale == PIXEL
        assert h["CD2_2"] == -h["CD1_1"] == pytest.approx(PIXEL / 3600)
        mjd = (date - date.replace(year=2000, month=1, day=1, hour=0, minute=0,
                                   second=0)).total_seconds() / 86400 + 51544
        assert h["MJD-OBS"] == pytest.approx(mjd, abs=1e-5)
        assert h["HIERARCH OAJ PRO LIMMAG"] == pytest.approx(depth, abs=1e-5)
    # outlines are the images' own
    region = demo.sql("SELECT sky_polygon_text FROM (SELECT s_region::text AS"
                      " sky_polygon_text FROM demo_dr1.tileimage WHERE tile_id"
                      " = 85001) AS s")[0][0]
    corners = np.array([float(v) for v in region.split()
                        if v.replace(".", "").replace("-", "").isdigit()])
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        want = WCS(tile["rSDSS"][1]).calc_footprint(center=False)
    got = corners.reshape(-1, 2)
    for ra, dec in want:
        assert np.hypot((got[:, 0] - ra) * np.cos(np.radians(dec)),
                        got[:, 1] - dec).min() < 1e-6


def test_registered_as_data_products(demo):
    """voctl images has found everything, and what belongs to what."""
    rows = demo.sql(
        "SELECT product_subtype, count(*), count(tile_id), count(depth),"
        " count(fwhm), count(zero_point), count(em_min) FROM"
        " demo_dr1.vo_image WHERE is_valid GROUP BY 1 ORDER BY 1")
    n = TILES * 12
    assert rows == [("coadd", n, n, n, n, n, n), ("single", 9, 0, 9, 9, 9, 9),
                    ("table", 8, 0, 0, 0, 0, 0)]
    assert demo.sql(
        "SELECT kind, count(*), count(image_id) FROM demo_dr1.vo_product"
        " WHERE is_valid GROUP BY 1 ORDER BY 1") == [
        ("mask", n + 9, n + 9), ("preview", n + 9, n + 9), ("psf", n, n),
        ("rgb", TILES, 0), ("weight", n + 9, n + 9)]
    # the progenitors that are there are known: those of three filters
    assert demo.sql("SELECT count(*), count(progenitor_id) FROM"
                    " demo_dr1.vo_progenitor") == [(3 * n, 9)]
    # as the tables have it: both number tiles and filters alike
    assert demo.sql(
        "SELECT count(*) FROM demo_dr1.vo_image i JOIN demo_dr1.tileimage t ON"
        " t.tile_id = i.tile_id AND t.filter_id = i.filter_id JOIN"
        " demo_dr1.vo_footprint f USING (footprint_id) WHERE i.product_subtype"
        " = 'coadd' AND abs(t.zeropoint - i.zero_point) < 1e-5"
        " AND abs(t.depth3arc5s - i.depth) < 1e-5 AND abs(t.fwhmg - i.fwhm) <"
        " 1e-5 AND abs(t.exptime - i.exptime) < 1e-5 AND"
        " sky_distance(t.ra, t.dec, f.ra, f.dec) < 1e-6 AND"
        " i.path LIKE '%/' || t.name || '.fits.fz'") == [(n,)]
    demo("check", "demo-dr1").ok()


# --- making them -------------------------------------------------------------

def sums(folder):
    return {str(p.relative_to(folder)): hashlib.sha256(p.read_bytes())
            .hexdigest() for p in folder.rglob("*") if p.is_file()}


def test_fitsverify(demo):
    if not shutil.which("fitsverify"):
        pytest.fail("fitsverify is not installed: make deps-test")
    files = sorted(demo.images.rglob("*.fits*"))
    assert len(files) == TILES * 12 * 4 + 9 * 3
    done = subprocess.run(["fitsverify", "-q", *files], text=True,
                          capture_output=True, check=False)
    assert done.stdout.count("verification OK") == len(files), done.stdout
    for path in files:
        with fits.open(path, checksum=True, disable_image_compression=True,
                       ) as hdus, warnings.catch_warnings():
            warnings.simplefilter("error")
            for h in hdus:
                if "CHECKSUM" in h.header:
                    assert h.verify_checksum() == 1, path
                    assert h.verify_datasum() == 1, path
            assert "CHECKSUM" in hdus[-1].header


def test_pictures(demo):
    """Previews of every image, and one in colour, that is not grey."""
    pil = pytest.importorskip("PIL.Image")
    pictures = sorted(demo.images.rglob("*.jpg"))
    assert len(pictures) == TILES * 13 + 9
    for path in pictures:
        with pil.open(path) as p:
            a = np.asarray(p, dtype=int)
        assert min(a.shape[:2]) > 400 and a.max() > 240 and np.median(a) < 130
        if ".rgb." in path.name:
            assert a.shape[2] == 3
            red, blue = a[..., 0] - a[..., 2] > 60, a[..., 2] - a[..., 0] > 60
            assert 1e-4 < red.mean() < 0.1 and 1e-4 < blue.mean() < 0.1
        else:
            assert a.ndim == 2
    # north is up: the brightest star is where the FITS file has it
    data = load(demo.images / name(1, "rSDSS"))[0]
    n = data.shape[0]
    with pil.open(demo.images / "demo-01/demo-01-rSDSS_swp.jpg") as p:
        a = np.asarray(p, dtype=float)
    k = -(-n // 600)
    m = n // k
    small = data[:m * k, :m * k].reshape(m, k, m, k).mean(axis=(1, 3))[::-1]
    assert a.shape == small.shape
    assert np.corrcoef(a.ravel(), np.arcsinh(small.ravel() * 3))[0, 1] > 0.7


def test_the_same_whatever_the_number_of_jobs(demo, tmp_path):
    small = ["--rows", "5000", "--pixel", "30", "--tiles", "2"]
    for jobs in ("1", "3"):
        demo("demo", "--images", tmp_path / jobs, "--jobs", jobs, *small).ok()
    one, three = sums(tmp_path / "1"), sums(tmp_path / "3")
    assert one and one == three
    # again: nothing is written
    before = {p: p.stat().st_mtime_ns for p in (tmp_path / "1").rglob("*.fits*")}
    demo("demo", "--images", tmp_path / "1", *small).ok()
    assert before == {p: p.stat().st_mtime_ns for p in before}
    # what is missing is made again, and only that
    lost = sorted(before)[3]
    lost.unlink()
    demo("demo", "--images", tmp_path / "1", *small).ok()
    assert sums(tmp_path / "1") == one
    # another sky replaces them
    demo("demo", "--images", tmp_path / "1", "--seed", "5", *small).ok()
    other = sums(tmp_path / "1")
    assert not set(other.values()) & {v for k, v in one.items()
                                      if "swp.fits.fz" in k}


def test_interrupted_and_gone_on_with(demo, tmp_path):
    args = ["demo", "--rows", "3000", "--pixel", "2.5", "--tiles", "1"]
    want = tmp_path / "whole"
    demo(*args, "--images", want).ok()
    def by_default():           # a shell ignores it for what runs behind it
        signal.signal(signal.SIGINT, signal.SIG_DFL)

    for attempt in range(5):    # on a busy machine it may end before we look
        got = tmp_path / ("cut%d" % attempt)
        child = subprocess.Popen([demo.program, *args, "--images", str(got)],
                                 env=demo.environ(), stdout=subprocess.DEVNULL,
                                 stderr=subprocess.DEVNULL,
                                 preexec_fn=by_default)
        while (child.poll() is None
               and len(list(got.rglob("*_swp.fits.fz"))) <= 2):
            time.sleep(0.01)
        child.send_signal(signal.SIGINT)
        if child.wait(timeout=30):
            break
    assert child.returncode == -signal.SIGINT
    part = {p for p in sums(got) if not p.endswith(".part")}
    assert 3 <= len(part) < len(sums(want))
    kept = {p: (got / p).stat().st_mtime_ns for p in part if p != "SKY"}
    demo(*args, "--images", got).ok()
    assert sums(got) == sums(want)
    complete = [p for p in kept if kept[p] == (got / p).stat().st_mtime_ns]
    assert len(complete) >= 3


def test_refuses_nonsense(demo, tmp_path):
    demo("demo", "--pixel", "0.1").fails("--pixel", "0.5", rc=2)
    demo("demo", "--pixel", "3x").fails("--pixel", rc=2)
    demo("demo", "--tiles", "10").fails("--tiles", rc=2)
    (tmp_path / "file").write_text("")
    demo("demo", "--images", tmp_path / "file" / "x", *ARGS).fails(
        "Cannot make a folder", rc=1)
