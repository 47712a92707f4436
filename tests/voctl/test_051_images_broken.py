"""voctl images: broken files, killed runs, thousands of files, checks."""
import os
import pathlib
import signal
import subprocess
import time

import numpy as np
import pytest
from astropy.io import fits

import image_files as im


def count(voctl, release, table="vo_image", where="true"):
    return voctl.sql("SELECT count(*) FROM %s.%s WHERE %s"
                     % (release, table, where))[0][0]


def card(text):
    return text.ljust(80).encode()


def block(*cards):
    data = b"".join(card(c) for c in cards) + card("END")
    return data + b" " * (-len(data) % 2880)


def broken_files(folder):
    """Files that must be refused, and a word of the reason for each."""
    good = im.write(folder / "good.fits", im.header(1, 1)).read_bytes()
    packed = im.write_compressed(folder / "good1.fits.fz",
                                 im.header(1, 2)).read_bytes()
    zipped = im.write(folder / "good2.fits.gz", im.header(1, 3)).read_bytes()
    bad = {
        "empty.fits": (b"", "not a FITS file"),
        "text.fits": (b"hello\n" * 1000, "not a FITS file"),
        "png.fits": (b"\x89PNG\r\n\x1a\n" * 400, "not a FITS file"),
        "cut_header.fits": (good[:1000], "damaged"),
        "cut_data.fits": (good[:len(good) // 2], "damaged"),
        "cut_packed.fits.fz": (packed[:len(packed) - 2880 * 3], "damaged"),
        "cut_gz.fits.gz": (zipped[:len(zipped) // 2], "damaged"),
        "no_end.fits": (good[:2880].replace(b"END     ", b"FOO     ") * 3,
                        "damaged"),
        "huge_axis.fits": (block(
            "SIMPLE  = T", "BITPIX  = -32", "NAXIS   = 2",
            "NAXIS1  = 2000000000", "NAXIS2  = 2000000000",
            "CTYPE1  = 'RA---TAN'", "CTYPE2  = 'DEC--TAN'"), "damaged"),
        "negative.fits": (block(
            "SIMPLE  = T", "BITPIX  = -32", "NAXIS   = 2", "NAXIS1  = -5",
            "NAXIS2  = 10"), "damaged"),
        "axes.fits": (block("SIMPLE  = T", "BITPIX  = 8",
                            "NAXIS   = 900"), "damaged|axes"),
        "singular.fits": (good.replace(b"CD1_1", b"XD1_1").replace(
            b"CD1_2", b"XD1_2"), "make no sense"),
        "tnx.fits": (good.replace(b"RA---TAN", b"RA---TNX").replace(
            b"DEC--TAN", b"DEC--TNX"), "TNX"),
        "wcsaxes.fits": (good.replace(
            b"RADESYS = 'ICRS    ' ", b"WCSAXES =  1000000000"), "WCSAXES"),
        "header_bomb.fits": (
            b"".join([card("SIMPLE  = T"), card("BITPIX  = 8"),
                      card("NAXIS   = 0")])
            + card("COMMENT x") * 1200000, "damaged"),
        "good1.fits.gz": (zipped, "Another file"),
    }
    for name, (data, _) in bad.items():
        (folder / name).write_bytes(data)
    # sound, but nothing to register
    (folder / "no_wcs.fits").write_bytes(block(
        "SIMPLE  = T", "BITPIX  = 8", "NAXIS   = 2", "NAXIS1  = 10",
        "NAXIS2  = 10") + b"\0" * 2880)
    fits.BinTableHDU.from_columns([fits.Column(
        "x", "E", array=np.zeros(5))]).writeto(folder / "table.fits")
    with open(os.fsencode(folder) + b"/caf\xe9.fits", "wb") as f:
        f.write(good)
    (folder / "notes.txt").write_text("of no interest")
    (folder / ".hidden.fits").write_bytes(b"")
    (folder / "pipe.fits").symlink_to("/dev/zero")
    os.mkfifo(folder / "fifo.fits")
    return {name: word for name, (_, word) in bad.items()}


def test_images_051_broken(voctl, tmp_path):
    release = voctl.release()
    bad = broken_files(tmp_path)
    # of two files with one image the first to be read is registered
    second = tmp_path / "good1.fits.gz"
    data = second.read_bytes()
    second.unlink()
    voctl("images", release, tmp_path).fails(rc=1)
    second.write_bytes(data)
    result = voctl("images", release, tmp_path).fails(
        "%d files could not be registered" % (len(bad) + 1),
        "the name is not UTF-8", rc=1)
    lines = result.err.splitlines()
    for name, words in bad.items():
        line, = [x for x in lines if x.startswith(
            "voctl: %s: " % (tmp_path / name))]
        assert any(w in line for w in words.split("|")), line
    assert len(lines) == len(bad) + 2
    for name in ("table.fits", "no_wcs.fits"):
        assert "%s: not registered: It holds no image with celestial" % (
            tmp_path / name) in result.out
    assert count(voctl, release) == 3
    # once more: the good ones are skipped, the bad ones told again
    result = voctl("images", release, tmp_path).fails(rc=1)
    assert "3 files unchanged" in result.out
    # a good file that becomes bad leaves the searches, and comes back
    good = (tmp_path / "good.fits").read_bytes()
    (tmp_path / "good.fits").write_bytes(good[:4000])
    voctl("images", release, tmp_path).fails(rc=1)
    assert voctl.sql("SELECT is_valid, comment FROM %s.vo_image WHERE path ="
                     " 'good.fits'" % release)[0][0] is False
    (tmp_path / "good.fits").write_bytes(good)
    voctl("images", release, tmp_path).fails(rc=1)
    assert voctl.sql("SELECT is_valid, comment FROM %s.vo_image WHERE path ="
                     " 'good.fits'" % release) == [(True, None)]


def test_images_051_mutations(voctl, tmp_path):
    """Whatever a file says, the run ends and the good one is registered."""
    release = voctl.release()
    rng = np.random.default_rng(11)
    sources = [im.write(tmp_path / "a.fits", im.t80(im.header(1, 1, "SIP"))),
               im.write_compressed(tmp_path / "b.fits.fz",
                                   im.header(1, 1, "TPV"))]
    for i in range(300):
        source = sources[i % 2]
        data = bytearray(source.read_bytes())
        head = min(len(data), 12000)
        for _ in range(rng.integers(1, 12)):
            data[rng.integers(0, head)] = rng.choice(
                list(b"0123456789 '=-.EADTPVBCX\x00\xff"))
        if i % 5 == 0:
            del data[rng.integers(100, len(data)):]
        (tmp_path / ("m%03d%s" % (i, "".join(source.suffixes)))).write_bytes(
            data)
    result = voctl("images", release, tmp_path)
    assert result.rc in (0, 1), result.err
    assert "crashed" not in result.err, result.err
    got = voctl.sql("SELECT path FROM %s.vo_image" % release)
    assert ("a.fits",) in got and ("b.fits.fz",) in got
    n = sum(1 for x in (result.err + result.out).splitlines() if "/m" in x)
    assert n + len(got) - 2 == 300


@pytest.fixture(scope="module")
def thousands(tmp_path_factory):
    """3000 little images."""
    folder = tmp_path_factory.mktemp("thousands")
    data = np.zeros((4, 4), "i2")
    for i in range(3000):
        h = im.header(i % 300, i // 300 * 5 - 20, size=4,
                      OBJECT="t%d" % (i // 3))
        fits.PrimaryHDU(data, h).writeto(folder / ("i%04d.fits" % i))
    return folder


def test_images_051_killed(voctl, thousands):
    """kill -9 in the middle; the next run goes on; no process is left."""
    release = voctl.release()
    p = subprocess.Popen([voctl.program, "images", release, thousands],
                         env=voctl.environ(), stdout=subprocess.DEVNULL,
                         stderr=subprocess.DEVNULL)
    children = []
    for _ in range(2000):
        time.sleep(0.005)
        exists, = voctl.sql("SELECT to_regclass('%s.vo_image') IS NOT NULL"
                            % release)[0]
        children = subprocess.run(
            ["pgrep", "-P", str(p.pid)], capture_output=True,
            text=True).stdout.split() or children
        if exists and count(voctl, release) > 200:
            break
    p.send_signal(signal.SIGKILL)
    p.wait()
    before = count(voctl, release)
    assert 200 < before < 3000
    for _ in range(100):
        if not any(pathlib.Path("/proc", c).exists() for c in children):
            break
        time.sleep(0.05)
    else:
        raise AssertionError("workers outlive their parent")
    kept = voctl.sql("SELECT path, image_id FROM %s.vo_image" % release)
    out = voctl("images", release, thousands).ok().out
    assert "%d files unchanged" % len(kept) in out
    assert count(voctl, release) == 3000
    after = dict(voctl.sql("SELECT path, image_id FROM %s.vo_image" % release))
    assert all(after[path] == i for path, i in kept)


def test_images_051_worker_dies(voctl, tmp_path):
    """Whatever ends a worker is one line of the report."""
    release = voctl.release()
    for i in range(40):
        im.write(tmp_path / ("i%02d.fits" % i), im.header(i, 1, size=4),
                 np.zeros((4, 4), "i2"))
    with open(tmp_path / "a_large.fits", "wb") as f:  # sparse: long to sum up
        f.write((tmp_path / "i00.fits").read_bytes())
        f.truncate(64 << 30)
    p = subprocess.Popen([voctl.program, "images", release, tmp_path,
                          "--jobs", "2"], env=voctl.environ(), text=True,
                         stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    for _ in range(400):
        time.sleep(0.05)
        for pid in subprocess.run(["pgrep", "-P", str(p.pid)], text=True,
                                  capture_output=True).stdout.split():
            try:
                opened = [os.readlink(x) for x in pathlib.Path(
                    "/proc", pid, "fd").iterdir()]
            except OSError:
                continue
            if any("a_large" in x for x in opened):
                os.kill(int(pid), signal.SIGKILL)
                out, err = p.communicate(timeout=60)
                assert p.returncode == 1
                assert "a_large.fits: reading it crashed (signal 9" in err
                assert ": 40 data products" in out and "1 broken" in out
                return
    p.kill()
    raise AssertionError("the worker was not found")


def test_images_051_thousands(voctl, thousands):
    release = voctl.release()
    start = time.time()
    out = voctl("images", release, thousands).ok()
    seconds = time.time() - start
    assert ": 3000 data products" in out.out and not out.err
    assert count(voctl, release, "vo_footprint") == 3000
    start = time.time()
    assert "3000 files unchanged" in voctl("images", release,
                                           thousands).ok().out
    print("registered %.0f/s, skipped %.0f/s"
          % (3000 / seconds, 3000 / (time.time() - start)))
    # while another does the same, which here only holds the lock
    with voctl.connect() as conn, conn.cursor() as cur:
        cur.execute("SELECT pg_advisory_lock(hashtext('voctl images'),"
                    " hashtext(%s))", [release])
        voctl("images", release, thousands, "-q").fails(
            "Another voctl images works on " + release)
    conn.close()
    voctl("images", release, thousands, "-q").ok()


def test_images_051_check(voctl, tmp_path):
    release = voctl.release()
    im.survey(tmp_path)
    voctl("images", release, tmp_path).ok()
    out = voctl("check", release, "--checksum").ok().out
    assert "ok   data files are there" in out
    assert "ok   checksums of data files agree" in out
    weight = tmp_path / "coadd/701_gSDSS_swp.weight.fits"
    data = bytearray(weight.read_bytes())
    data[-1] ^= 1
    weight.write_bytes(data)
    voctl("check", release).ok()
    out = voctl("check", release, "--checksum").fails("1 problem", rc=1).out
    assert "FAIL checksums of data files agree" in out and str(weight) in out
    weight.write_bytes(data[:-1])
    (tmp_path / "single/exp1_proc.fits").unlink()
    out = voctl("check", release).fails("2 problems", rc=1).out
    assert "FAIL data files are there" in out
    assert str(weight) in out and "exp1_proc.fits: No such file" in out
    schema = release
    for fault, title in (
            ("UPDATE %s.vo_image SET footprint_id = NULL WHERE image_id = 1",
             "images have footprints"),
            ("UPDATE %s.vo_image SET publisher_did = 'ivo://else?x' WHERE"
             " image_id = 1", "identifiers are those"),
            ("UPDATE %s.vo_product SET obs_id = 'none' WHERE kind = 'rgb'",
             "related files belong")):
        voctl.sql(fault % schema)
        out = voctl("check", release).fails(rc=1).out
        assert any("FAIL" in line and title in line
                   for line in out.splitlines()), out
