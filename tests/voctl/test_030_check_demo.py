"""voctl check finds what is wrong; voctl demo makes what it says."""
import math
import os
import pathlib

import healpy
import numpy as np
import pytest

STARS = pathlib.Path("/usr/share/astrometry")


@pytest.fixture(scope="module")
def release(voctl, tmp_path_factory):
    """A release without faults; each test plants one and takes it back."""
    path = tmp_path_factory.mktemp("check") / "a.csv"
    rng = np.random.default_rng(1)
    path.write_text("id,ra,dec,mag\n" + "".join(
        f"{i},{ra},{dec},{i / 7}\n" for i, (ra, dec) in enumerate(
            zip(rng.uniform(0, 360, 500), rng.uniform(-90, 90, 500)))))
    r = voctl.release("--survey", "chk")
    voctl("load", r, "T", path, "--key", "id").ok()
    out = voctl("check", r).ok().out
    assert "FAIL" not in out and out.count("ok") >= 12
    return r


FAULTS = {
    "columns and types agree": [
        ("ALTER TABLE {r}.t ALTER mag TYPE real",
         "ALTER TABLE {r}.t ALTER mag TYPE double precision"),
        ("ALTER TABLE {r}.t RENAME mag TO m",
         "ALTER TABLE {r}.t RENAME m TO mag")],
    "somebody may read it": [
        ("UPDATE vo.release SET state = 'private', reader_group = ' ' WHERE"
         " release_id = '{r}'",
         "UPDATE vo.release SET state = 'staged', reader_group = NULL WHERE"
         " release_id = '{r}'")],
    "every table is stored": [
        ("ALTER TABLE {r}.t RENAME TO u", "ALTER TABLE {r}.u RENAME TO t")],
    "its reader can read it": [
        ("REVOKE SELECT ON {r}.t FROM vo_read_{r}",
         "GRANT SELECT ON {r}.t TO vo_read_{r}"),
        ("REVOKE vo_read_{r} FROM vo_web", "GRANT vo_read_{r} TO vo_web")],
    "its reader can read nothing else, nor write": [
        ("GRANT USAGE ON SCHEMA vo TO vo_read_{r};"
         "GRANT SELECT ON vo.release TO vo_read_{r}",
         "REVOKE USAGE ON SCHEMA vo FROM vo_read_{r};"
         "REVOKE SELECT ON vo.release FROM vo_read_{r}"),
        ("GRANT DELETE ON {r}.t TO vo_read_{r}",
         "REVOKE DELETE ON {r}.t FROM vo_read_{r}"),
        ("GRANT CREATE ON SCHEMA {r} TO vo_read_{r}",
         "REVOKE CREATE ON SCHEMA {r} FROM vo_read_{r}"),
        ("GRANT vo_owner TO vo_read_{r}", "REVOKE vo_owner FROM vo_read_{r}")],
    "positions are described": [
        ("UPDATE vo.tap_columns SET unit = 'rad' WHERE release_id = '{r}' AND"
         " column_name = 'ra'",
         "UPDATE vo.tap_columns SET unit = 'deg' WHERE release_id = '{r}' AND"
         " column_name = 'ra'")],
    "indexes are there": [
        ("ALTER TABLE {r}.t ALTER hpx TYPE numeric;"
         "DO $$ DECLARE i text; BEGIN SELECT indexrelid::regclass INTO i FROM"
         " pg_index WHERE indrelid = '{r}.t'::regclass AND NOT indisunique;"
         " EXECUTE 'DROP INDEX ' || i; END $$;"
         "ALTER TABLE {r}.t ALTER hpx TYPE bigint",
         "CREATE INDEX ON {r}.t (hpx)")],
    "statistics are there": [
        ("UPDATE vo.tap_tables SET nrows = 5000 WHERE table_name = 'chk.T'",
         "UPDATE vo.tap_tables SET nrows = 500 WHERE table_name = 'chk.T'")],
    "UCDs are well formed": [
        ("UPDATE vo.tap_columns SET ucd = 'PHOT_MAG' WHERE release_id = '{r}'"
         " AND column_name = 'mag'",
         "UPDATE vo.tap_columns SET ucd = 'phot.mag;em.opt' WHERE release_id ="
         " '{r}' AND column_name = 'mag'")],
    "units are VOUnits": [
        ("UPDATE vo.tap_columns SET unit = 'magnitudes' WHERE release_id ="
         " '{r}' AND column_name = 'mag'",
         "UPDATE vo.tap_columns SET unit = 'mJy.km**2/s' WHERE release_id ="
         " '{r}' AND column_name = 'mag'")],
    "names are as a query writes them": [
        ("UPDATE vo.tap_columns SET column_name = '\"mag\"' WHERE release_id ="
         " '{r}' AND column_name = 'mag'",
         "UPDATE vo.tap_columns SET column_name = 'mag' WHERE release_id ="
         " '{r}' AND column_name = '\"mag\"'")],
    "cell numbers are those of the positions": [
        ("UPDATE {r}.t SET ra = ra / 2 WHERE id = 250",
         "UPDATE {r}.t SET ra = ra * 2 WHERE id = 250")],
}


@pytest.mark.parametrize("title, fault, cure", [
    (title, fault, cure) for title, faults in FAULTS.items()
    for fault, cure in faults])
def test_check_finds(voctl, release, title, fault, cure):
    voctl.sql(fault.format(r=release))
    try:
        result = voctl("check", release).fails("found", rc=1)
        failed = [line for line in result.out.splitlines() if "FAIL" in line]
        assert any(title in line for line in failed), result.out
    finally:
        voctl.sql(cure.format(r=release))
    out = voctl("check", release).out
    # an UPDATE moves its row, which is a fault of the order on the disk
    assert [line for line in out.splitlines() if "FAIL" in line] in (
        [], ["  FAIL rows are stored in the order of the cells (on a sample)"])


def test_check_finds_wrong_order(voctl, release):
    voctl.sql(f"UPDATE {release}.t SET mag = 1 WHERE id = 3")
    out = voctl("check", release).fails("found").out
    assert "FAIL rows are stored in the order" in out


def test_check_unknown(voctl):
    voctl("check", "nowhere").fails("no release nowhere", rc=1)
    empty = voctl.release()
    assert "no table is published" in voctl("check", empty).fails().out


# --- the demo ---------------------------------------------------------------

TABLES = ["Filter", "TileImage", "MagABDualObj", "FNuDualObj",
          "MagABSingleObj", "PhotoZLephare", "StarGalClass", "xmatch_tycho2"]
ORDER = ("uJAVA J0378 J0395 J0410 J0430 gSDSS J0515 rSDSS J0660 iSDSS J0861"
         " zSDSS").split()


@pytest.fixture(scope="module")
def demo(voctl):
    voctl("demo", "--rows", "3000").ok()
    return voctl


def test_demo_passes_its_check(demo):
    demo("check", "demo-dr1", "tycho2").ok()
    states = demo.sql("SELECT release_id, state FROM vo.release WHERE"
                      " release_id IN ('demo-dr1', 'tycho2') ORDER BY 1")
    assert states == [("demo-dr1", "public"), ("tycho2", "public")]


def test_demo_has_the_tables(demo):
    rows = demo.sql("SELECT table_name, nrows FROM vo.tap_tables WHERE"
                    " release_id = 'demo-dr1' AND schema_name = 'demo'"
                    " ORDER BY table_index")
    assert [r[0] for r in rows] == ["demo." + t for t in TABLES]
    for name, nrows in rows:
        assert demo.sql("SELECT count(*) FROM demo_dr1."
                        + name.split(".")[1].lower()) == [(nrows,)]
    assert dict(rows)["demo.Filter"] == 12
    assert dict(rows)["demo.TileImage"] == 9 * 12
    assert abs(dict(rows)["demo.MagABDualObj"] - 3000) < 300
    # every published column says what it is
    assert demo.sql("SELECT table_name, column_name FROM vo.tap_columns WHERE"
                    " release_id IN ('demo-dr1', 'tycho2') AND std = 0 AND"
                    " (description IS NULL OR ucd IS NULL)") == []


def test_demo_filters(demo):
    rows = demo.sql("SELECT name, position, filter_id, wavelength FROM"
                    " vo.filter WHERE survey = 'demo' ORDER BY position")
    assert [r[0] for r in rows] == ORDER
    assert [r[3] for r in rows] == sorted(r[3] for r in rows)
    assert [r[2] for r in rows] != sorted(r[2] for r in rows)
    assert rows == demo.sql("SELECT name, array_position, filter_id,"
                            " wavelength::float8 FROM demo_dr1.filter ORDER"
                            " BY array_position")


def test_demo_keys_hold(demo):
    for table in ("fnudualobj", "magabsingleobj", "photozlephare",
                  "stargalclass", "xmatch_tycho2"):
        assert demo.sql(
            f"SELECT count(*) FROM demo_dr1.{table} LEFT JOIN"
            " demo_dr1.magabdualobj d USING (tile_id, number) WHERE d.hpx IS"
            " NULL") == [(0,)]
    assert demo.sql("SELECT count(*) FROM demo_dr1.magabdualobj LEFT JOIN"
                    " demo_dr1.tileimage t USING (tile_id) WHERE"
                    " t.ref_tile_id IS DISTINCT FROM tile_id OR filter_id <>"
                    " (SELECT filter_id FROM demo_dr1.filter WHERE name ="
                    " 'rSDSS')") == [(0,)]
    keys = demo.sql("SELECT from_table, target_table FROM vo.tap_keys WHERE"
                    " release_id = 'demo-dr1' AND from_table LIKE 'demo.%'")
    assert ("demo.xmatch_tycho2", "demo.MagABDualObj") in keys
    assert ("demo.MagABDualObj", "demo.TileImage") in keys
    assert len(keys) == 8


def test_demo_photometry_is_consistent(demo):
    rows = demo.sql("SELECT mag_auto, mag_err_auto, flux_auto,"
                    " flux_relerr_auto FROM demo_dr1.magabdualobj JOIN"
                    " demo_dr1.fnudualobj USING (tile_id, number)")
    mags, errs, fluxes, rels = (np.array(c, dtype=float)
                                for c in zip(*rows))
    seen = mags < 99
    assert np.array_equal(seen, errs < 99)
    assert 0.6 < seen.mean() < 1
    # AB: 23.9 is one microjansky
    assert np.allclose(mags[seen], 23.9 - 2.5 * np.log10(fluxes[seen]),
                       atol=2e-5)
    assert np.allclose(errs[seen], 2.5 / math.log(10) * rels[seen], rtol=1e-4)
    assert np.all((rels[~seen] > 0.999) | (fluxes[~seen] < 0))
    # fainter objects have larger errors
    r = ORDER.index("rSDSS")
    faint, bright = mags[:, r] > 21, mags[:, r] < 17
    assert np.median(errs[faint, r]) > 5 * np.median(errs[bright, r])


def test_demo_objects_lie_on_their_tiles(demo):
    assert demo.sql("SELECT count(*) FROM demo_dr1.magabdualobj d JOIN"
                    " demo_dr1.tileimage t USING (tile_id) WHERE NOT"
                    " sky_in(d.alpha_j2000, d.delta_j2000, t.s_region)"
                    ) == [(0,)]
    # tiles overlap: some objects are seen twice, within an arcsec
    twice, = demo.sql(
        "SELECT count(*) FROM demo_dr1.magabdualobj a, demo_dr1.magabdualobj b"
        " WHERE a.tile_id < b.tile_id AND sky_distance(a.alpha_j2000,"
        " a.delta_j2000, b.alpha_j2000, b.delta_j2000) < 1 / 3600.")[0]
    assert 50 < twice < 600
    rows = demo.sql("SELECT alpha_j2000, delta_j2000, hpx FROM"
                    " demo_dr1.magabdualobj ORDER BY ctid")
    ra, dec, hpx = map(np.array, zip(*rows))
    assert np.array_equal(hpx, np.sort(hpx))
    assert np.array_equal(hpx, healpy.ang2pix(2**29, ra, dec, nest=True,
                                              lonlat=True))


def test_demo_stars_are_the_crossmatch(demo):
    rows = demo.sql(
        "SELECT x.angdist, 3600 * sky_distance(alpha_j2000, delta_j2000,"
        " raj2000, dej2000), x.vtmag, s.vtmag FROM demo_dr1.xmatch_tycho2 x"
        " JOIN demo_dr1.magabdualobj USING (tile_id, number)"
        " JOIN tycho2.stars s USING (source)")
    assert len(rows) >= 100
    for told, distance, mag, vtmag in rows:
        assert told == pytest.approx(distance, abs=1e-3) and distance < 1
        assert mag == pytest.approx(vtmag, abs=1e-4)


@pytest.mark.skipif(not list(STARS.glob("index-tycho2-*.littleendian.fits")),
                    reason="no package astrometry-data-tycho2-*: the real"
                           " stars are not tested")
@pytest.mark.parametrize("name, ra, dec, mag", [
    # J2000, Hipparcos: stars that hardly move
    ("Alnitak", 85.18969, -1.94257, 1.9), ("Alnilam", 84.05339, -1.20192, 1.7),
    ("Betelgeuse", 88.79294, 7.40706, 0.8),
    ("Deneb", 310.35798, 45.28034, 1.3), ("Rigel", 78.63447, -8.20164, 0.2)])
def test_known_stars(demo, name, ra, dec, mag):
    rows = demo.sql("SELECT 3600 * sky_distance(raj2000, dej2000, %s, %s),"
                    " vtmag FROM tycho2.stars ORDER BY 1 LIMIT 1", ra, dec)
    assert rows[0][0] < 0.5
    assert rows[0][1] == pytest.approx(mag, abs=0.5)


def test_demo_again_is_quick_and_the_same(demo):
    query = ("SELECT md5(string_agg(d::text, '' ORDER BY tile_id, number))"
             " FROM demo_dr1.magabdualobj d")
    before = demo.sql(query)
    oid = demo.sql("SELECT 'demo_dr1.magabdualobj'::regclass::oid")
    assert "already" in demo("demo").ok().out
    assert demo.sql("SELECT 'demo_dr1.magabdualobj'::regclass::oid") == oid
    demo("demo", "--rows", "3000", "--force").ok()
    assert demo.sql(query) == before
    demo("demo", "--rows", "3000", "--force", "--seed", "2").ok()
    assert demo.sql(query) != before


def test_demo_without_the_package(demo, tmp_path):
    out = demo("demo", "--rows", "1000", "--force", "--stars", tmp_path).ok()
    assert "not installed" in out.out
    demo("check", "demo-dr1", "tycho2").ok()
    assert demo.sql("SELECT title FROM vo.release WHERE release_id ="
                    " 'tycho2'") == [("Invented stars",)]
    n, lo, hi = demo.sql("SELECT count(*), min(dej2000), max(dej2000) FROM"
                         " tycho2.stars")[0]
    assert n == 300000 and lo < -89 and hi > 89


def test_demo_refuses_nonsense(demo):
    demo("demo", "--rows", "5").fails("--rows", rc=2)
    demo("demo", "--seed", "x", "--force").fails("--seed", rc=2)


def test_shared_catalogues(voctl, release, tmp_path):
    """The real catalogues of the shared test data, when they are there."""
    top = pathlib.Path(__file__).resolve().parents[2]
    data = pathlib.Path(os.environ.get("VO_TEST_DATA",
                                       top / "../shared/data")) / "catalogues"
    if not data.is_dir():
        pytest.skip(f"no shared test data ({data}, VO_TEST_DATA)")
    r = voctl.release()
    voctl("load", r, "hip", data / "hipparcos_subset.csv", "--id",
          "hip").ok()
    voctl("load", r, "ucd", data / "jplus_dr2_ultracool_dwarfs.csv").ok()
    voctl("load", r, "jmdc", data / "jmdc_2016.fits").ok()
    assert voctl.sql("SELECT nrows FROM vo.tap_tables WHERE release_id = %s"
                     " AND nrows > 0 ORDER BY table_index", r) == [
        (1000,), (9810,), (1239,)]
    assert voctl.sql("SELECT count(*) FROM vo.tap_columns WHERE release_id ="
                     " %s AND table_name = %s", r, r + ".jmdc") == [(251,)]
    line = (data / "hipparcos_subset.csv").read_text().splitlines()[-1]
    hip, ra = line.split(",")[:2]
    assert voctl.sql(f"SELECT ra FROM {r}.hip WHERE hip = %s",
                     int(hip)) == [(float(ra),)]
