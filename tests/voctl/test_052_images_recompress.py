"""voctl images --recompress: square tiles, the same pixels, checksums."""
import ctypes
import ctypes.util
import os
import pathlib
import shutil
import subprocess
import time

import numpy as np
import pytest
from astropy.io import fits

import image_files as im

pytestmark = pytest.mark.filterwarnings("ignore")
DATA = pathlib.Path(os.environ.get("VO_TEST_DATA", pathlib.Path(
    __file__).resolve().parents[3] / "shared/data"))
SIZE = 330
NOISE = 5.0


def images(dtype):
    data = im.pixels(3, SIZE) + 30 * np.sin(np.arange(SIZE) / 40)[None, :]
    data[100:110, 200:230] += 1e4
    if np.dtype(dtype).kind == "f":
        data[5, 5:9] = np.nan
        data[300:310, 20:40] = 0.0
    return data.astype(dtype)


@pytest.fixture
def folder(tmp_path):
    """Plain, row-tiled, zipped, integer files, one of several HDUs."""
    h = im.header(20, 20, "TPV", size=SIZE, BUNIT="adu", OBJECT="x")
    h.add_history("made by a test")
    im.write(tmp_path / "float.fits", h, images("f4"), checksum=True)
    im.write(tmp_path / "double.fits", h, images("f8"))
    im.write(tmp_path / "short.fits", h, images("i2"))
    im.write(tmp_path / "long.fits", h, images("i4"))
    im.write(tmp_path / "byte.fits", h, (images("i4") % 256).astype("u1"))
    im.write(tmp_path / "unsigned.fits", h, images("u2"))
    im.write(tmp_path / "zipped.fits.gz", h, images("f4"))
    im.write_compressed(tmp_path / "rows.fits.fz", h, images("f4"),
                        (SIZE, 1))
    im.write_compressed(tmp_path / "introws.fits.fz", h, images("i2"),
                        (SIZE, 1))
    im.write(tmp_path / "narrow.fits", im.header(1, 1),
             im.pixels(1)[:, :40])
    im.write(tmp_path / "tiny.fits", im.header(1, 1, size=50),
             im.pixels(1, 50))
    fits.HDUList([
        fits.PrimaryHDU(header=fits.Header({"OBJECT": "mef"})),
        fits.ImageHDU(images("f4"), h, "SCI"),
        fits.BinTableHDU.from_columns(
            [fits.Column("a", "E", array=np.arange(5.0))], name="T"),
        fits.ImageHDU(images("i2"), h, "DQ")]).writeto(tmp_path / "mef.fits")
    return tmp_path


def read(folder):
    """Pixels and headers of every image, by file (without .fz) and number."""
    out = {}
    for path in sorted(folder.iterdir()):
        with fits.open(path) as hdus:
            shown = [h for h in hdus if h.is_image and h.shape]
            for i, hdu in enumerate(shown):
                out[path.name.replace(".fz", "").replace(".gz", ""), i] = (
                    np.array(hdu.data), hdu.header.copy())
    return out


def by_cfitsio(path, first, n):
    """N pixels from FIRST of the image in HDU 2."""
    lib = ctypes.CDLL(ctypes.util.find_library("cfitsio"))
    file, status, some = ctypes.c_void_p(), ctypes.c_int(0), ctypes.c_int(0)
    null, out = ctypes.c_double(np.nan), (ctypes.c_double * n)()
    lib.ffdkopn(ctypes.byref(file), str(path).encode(), 0,
                ctypes.byref(status))
    lib.ffmahd(file, 2, None, ctypes.byref(status))
    lib.ffgpv(file, 82, ctypes.c_longlong(first), ctypes.c_longlong(n),
              ctypes.byref(null), out, ctypes.byref(some),
              ctypes.byref(status))
    assert status.value == 0
    lib.ffclos(file, ctypes.byref(status))
    return np.array(out)


def fitsverify(folder):
    for path in sorted(folder.iterdir()):
        out = subprocess.run(["fitsverify", "-q", path], text=True,
                             capture_output=True).stdout
        assert "verification OK" in out, out


def tiles(path):
    with fits.open(path, disable_image_compression=True) as hdus:
        return [(h.header["ZTILE1"], h.header["ZTILE2"], h.header["ZCMPTYPE"])
                for h in hdus if h.header.get("ZIMAGE")]


def test_images_052_recompress(voctl, folder):
    release = voctl.release()
    before = read(folder)
    modes = {}
    for path in folder.iterdir():
        path.chmod(0o640)
        modes[path.name] = path.stat().st_mode
    voctl("images", release, folder).ok()
    rows = voctl.sql("SELECT image_id, publisher_did FROM %s.vo_image ORDER BY"
                     " 1" % release)
    out = voctl("images", release, folder, "--recompress").ok()
    assert "11 of 12 FITS files recompressed" in out.out and not out.err
    assert " 0 gone" in out.out
    after = read(folder)
    assert sorted(p.name for p in folder.iterdir()) == sorted(
        n.replace(".fz", "").replace(".gz", "")
        + ("" if n == "tiny.fits" else ".fz") for n in modes)
    assert {p.stat().st_mode for p in folder.iterdir()} == {
        modes["tiny.fits"]}
    assert before.keys() == after.keys()
    for key, (old, header) in before.items():
        new, changed = after[key]
        assert new.dtype.newbyteorder("=") == old.dtype.newbyteorder("=")
        assert new.shape == old.shape
        if old.dtype.kind == "f":
            # what is exactly 0 stays; nulls are asked of cfitsio below,
            # because astropy 5 reads them as numbers
            good = np.isfinite(old)
            assert (new[good & (old == 0)] == 0).all(), key
            assert np.abs(new - old)[good].max() < 0.6 * NOISE * 1.2 / 16, key
            assert np.abs((new - old)[good].mean()) < 0.01 * NOISE, key
        else:
            assert (new == old).all(), key
        for card in header.cards:
            if card.keyword not in (
                    "SIMPLE", "XTENSION", "CHECKSUM", "DATASUM", "EXTEND",
                    "COMMENT", "HISTORY", "PCOUNT", "GCOUNT", "ZDITHER0",
                    "", "EXTNAME", "NAXIS", "BSCALE", "BZERO", "BITPIX"):
                assert changed[card.keyword] == card.value, (key, card)
    for name in ("float", "double", "zipped", "mef"):
        got = by_cfitsio(folder / (name + ".fits.fz"), 5 * SIZE + 1, 12)
        assert np.isnan(got).tolist() == [False] * 5 + [True] * 4 + [
            False] * 3, name
    for path in folder.iterdir():
        for a, b, kind in tiles(path):
            assert (a, b) == ((40, 100) if path.name.startswith("narrow")
                              else (100, 100))
            assert kind == "RICE_1"
        with fits.open(path, checksum=True, disable_image_compression=True
                       ) as hdus:
            for hdu in hdus if path.name != "tiny.fits" else ():
                assert hdu.verify_checksum() == 1 == hdu.verify_datasum()
    fitsverify(folder)
    # the same identifiers, the new files
    assert rows == voctl.sql("SELECT image_id, publisher_did FROM %s.vo_image"
                             " ORDER BY 1" % release)
    for path, hdu, size, is_valid in voctl.sql(
            "SELECT path, hdu, file_size, is_valid FROM %s.vo_image"
            % release):
        assert is_valid and (folder / path).stat().st_size == size
        assert fits.open(folder / path)[hdu - 1].shape
    assert "FAIL" not in "".join(
        line for line in voctl("check", release, "--checksum").out.splitlines()
        if "no table is published" not in line)
    # nothing more to do
    stats = {p.name: p.stat().st_mtime_ns for p in folder.iterdir()}
    out = voctl("images", release, folder, "--recompress").ok().out
    assert "0 of 12 FITS files recompressed" in out
    assert ": 0 data products" in out
    assert stats == {p.name: p.stat().st_mtime_ns for p in folder.iterdir()}


def test_images_052_lossless_and_kept(voctl, folder):
    release = voctl.release()
    before = read(folder)
    originals = {p.name: p.read_bytes() for p in folder.iterdir()}
    voctl("images", release, folder, "--recompress", "--quantize", "0",
          "--tile", "64", "--keep").ok()
    for name, data in originals.items():
        if name not in ("tiny.fits",):
            assert (folder / (name + ".orig")).read_bytes() == data
            (folder / (name + ".orig")).unlink()
    after = read(folder)
    for key, (old, _) in before.items():
        assert np.array_equal(after[key][0], old,
                              equal_nan=old.dtype.kind == "f"), key
    assert tiles(folder / "float.fits.fz") == [(64, 64, "GZIP_2")]
    assert tiles(folder / "short.fits.fz") == [(64, 64, "RICE_1")]
    fitsverify(folder)


def test_images_052_interrupted(voctl, folder):
    """The new file is there, the original not gone yet: the next run ends
    it. A foreign file in the place is not overwritten."""
    release = voctl.release()
    keep = (folder / "float.fits").read_bytes()
    voctl("images", release, folder, "--recompress").ok()
    (folder / "float.fits").write_bytes(keep)
    (folder / ".short.fits.fz.voctl").write_bytes(b"half")
    voctl("images", release, folder, "--recompress").ok()
    assert not (folder / "float.fits").exists()
    os.rename(folder / "float.fits.fz", folder / "float2.fits.fz")
    im.write(folder / "float.fits.fz", im.header(1, 1), im.pixels(9, SIZE))
    (folder / "float.fits").write_bytes(keep)
    result = voctl("images", release, folder, "--recompress").fails(rc=1)
    assert "float.fits: not recompressed: Its pixels" in result.err
    assert (folder / "float.fits").read_bytes() == keep


def test_images_052_killed(voctl, folder):
    """kill -9 at any moment: every image is there, and the next run ends it."""
    release = voctl.release()
    before = read(folder)
    rng = np.random.default_rng(5)
    for _ in range(12):
        p = subprocess.Popen(
            [voctl.program, "images", release, folder, "--recompress",
             "--quantize", "0"], env=voctl.environ(),
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        time.sleep(rng.uniform(0.03, 0.25))
        p.kill()
        p.wait()
        names = {p.name.replace(".fz", "").replace(".gz", "")
                 for p in folder.iterdir() if p.name[0] != "."}
        assert names == {key[0] for key in before}
    voctl("images", release, folder, "--recompress", "--quantize", "0").ok()
    assert not [p for p in folder.iterdir() if p.name[0] == "."]
    for key, (pixels, _) in read(folder).items():
        assert np.array_equal(pixels, before[key][0],
                              equal_nan=pixels.dtype.kind == "f"), key


def test_images_052_usage(voctl, folder):
    release = voctl.release()
    for option, value in (("--tile", "5"), ("--quantize", "-1"),
                          ("--quantize", "x")):
        voctl("images", release, folder, "--recompress", option, value).fails(
            option, rc=2)
    before = {p.name: p.read_bytes() for p in folder.iterdir()}
    voctl("images", release, folder, "--recompress", "--dry-run").ok()
    (folder / "bad.fits").write_bytes(before["float.fits"][:-3000])
    voctl("images", release, folder, "--recompress").fails(
        "bad.fits: not recompressed", "bad.fits: The file is damaged", rc=1)
    assert (folder / "bad.fits").exists()


@pytest.mark.skipif(not DATA.exists(), reason="no VO_TEST_DATA")
def test_images_052_bzip2(voctl, tmp_path):
    """Real images of SDSS, which cannot be read as they are."""
    release = voctl.release()
    for path in (DATA / "images/sdss_ngc6976").iterdir():
        shutil.copy(path, tmp_path)
    before = read(tmp_path)
    voctl("images", release, tmp_path).fails("bzip2", rc=1)
    voctl("images", release, tmp_path, "--recompress", "--quantize",
          "0").ok()
    assert sorted(p.suffix for p in tmp_path.iterdir()) == [".fz"] * 3
    fitsverify(tmp_path)
    for key, (pixels, _) in read(tmp_path).items():
        assert np.array_equal(pixels, before[key[0] + ".bz2", 0][0],
                              equal_nan=True)
