"""test_uploads.py: tables that clients send along with a query."""
# SPDX-License-Identifier: GPL-3.0-or-later
import re

import numpy as np
import pytest
import pyvo
from astropy.coordinates import SkyCoord, search_around_sky
from astropy.table import Table
from astropy import units as u

TAP = "/vo/tap/demo-dr1"
STAGES = ("TMV TME TMS TMC CPV CAP AVV QGE QPO QAS UWS MDQ UPL")
RADIUS = 0.0005     # degrees, as the archive's users write it


@pytest.fixture(scope="module")
def objects(vo):
    """All objects of the demo."""
    return pyvo.dal.TAPService(vo.url + TAP).search(
        "SELECT tile_id, number, alpha_j2000, delta_j2000"
        " FROM demo.MagABDualObj", maxrec=1000000).to_table()


@pytest.fixture(scope="module")
def sources(objects):
    """Every twentieth object, moved by up to 2 arcsec, and some nowhere."""
    rng = np.random.default_rng(3)
    part = objects[::20]
    dec = np.array(part["DELTA_J2000"]) + rng.uniform(-1, 1, len(part)) * 6e-4
    dec[::9] -= 40
    return Table({"ident": np.arange(len(part)),
                  "ra": np.array(part["ALPHA_J2000"]), "dec": dec,
                  "TILE_ID": np.array(part["TILE_ID"]),
                  "NUMBER": np.array(part["NUMBER"])})


@pytest.fixture(scope="module")
def pairs(objects, sources):
    """The truth, by astropy: {(ident, tile_id, number)}."""
    a = SkyCoord(sources["ra"], sources["dec"], unit="deg")
    b = SkyCoord(objects["ALPHA_J2000"], objects["DELTA_J2000"], unit="deg")
    i, j, _, _ = search_around_sky(a, b, RADIUS * u.deg)
    found = {(int(sources["ident"][x]), int(objects["TILE_ID"][y]),
              int(objects["NUMBER"][y])) for x, y in zip(i, j)}
    assert len(found) > 100
    return found


MATCH = ("1 = CONTAINS(POINT('ICRS', o.alpha_j2000, o.delta_j2000),"
         " CIRCLE('ICRS', up.ra, up.dec, %r))" % RADIUS)
QUERY = ("SELECT up.ident, o.tile_id, o.number FROM demo.MagABDualObj AS o"
         " JOIN TAP_UPLOAD.mine AS up ON " + MATCH)


def as_set(table):
    names = {n.lower(): n for n in table.colnames}
    return set(zip(*(map(int, table[names[c]])
                     for c in ("ident", "tile_id", "number"))))


@pytest.mark.parametrize("release", ["demo-dr1", "test-dr1"])
def test_taplint(vo, stilts, release):
    rc, text = stilts("taplint", "tapurl=%s/vo/tap/%s" % (vo.url, release),
                      "stages=" + STAGES, "report=EWF", timeout=600)
    assert rc == 0, text
    for stage in STAGES.split():
        assert "Section " + stage in text
    assert re.search(r"Errors: 0; Warnings: 0; Failures: 0", text), text


@pytest.mark.parametrize("sync", ["true", "false"])
@pytest.mark.parametrize("fmt", ["TABLEDATA", "BINARY", "BINARY2"])
def test_stilts(vo, stilts, out, sources, pairs, sync, fmt):
    sent, got = out / "upload.fits", out / "matched.fits"
    sources.write(sent, overwrite=True)
    rc, text = stilts("tapquery", "tapurl=" + vo.url + TAP, "nupload=1",
                      "upload1=%s" % sent, "upname1=mine", "adql=" + QUERY,
                      "sync=" + sync, "upvotformat=" + fmt, "maxrec=100000",
                      "ofmt=fits", "out=%s" % got)
    assert rc == 0, text
    assert as_set(Table.read(got)) == pairs


def test_stilts_round_trip(vo, stilts, out):
    sent, got = out / "rt.vot", out / "rt-back.vot"
    Table({"select": [1, 2], "my col": ["a", "b b"], "v": np.ones((2, 3))}
          ).write(sent, format="votable", overwrite=True)
    rc, text = stilts("tapquery", "tapurl=" + vo.url + TAP, "nupload=1",
                      "upload1=%s" % sent, "upname1=t", "sync=true",
                      "adql=SELECT * FROM TAP_UPLOAD.t", "ofmt=votable",
                      "out=%s" % got)
    assert rc == 0, text
    back = Table.read(got, format="votable", use_names_over_ids=True)
    assert back.colnames == ["select", "my col", "v"]
    assert list(back["my col"]) == ["a", "b b"] and back["v"].shape == (2, 3)


@pytest.mark.parametrize("how", ["search", "run_async"])
def test_pyvo(vo, sources, pairs, how):
    service = pyvo.dal.TAPService(vo.url + TAP)
    assert [m.ivo_id for m in service.upload_methods] == [
        "ivo://ivoa.net/std/TAPRegExt#upload-" + m
        for m in ("inline", "http", "https")]
    result = getattr(service, how)(QUERY, uploads={"mine": sources},
                                   maxrec=100000)
    assert as_set(result.to_table()) == pairs


@pytest.mark.parametrize("how", ["launch_job", "launch_job_async"])
def test_astroquery(vo, out, sources, pairs, how):
    from astroquery.utils.tap.core import TapPlus
    path = out / "astroquery.vot"
    sources.write(path, format="votable", overwrite=True)
    tap = TapPlus(url=vo.url + TAP, verbose=False)
    job = getattr(tap, how)(QUERY.replace("SELECT", "SELECT TOP 100000", 1),
                            upload_resource=str(path),
                            upload_table_name="mine")
    assert as_set(job.get_results()) == pairs


def test_archive_way(vo, sources, pairs):
    """A list joined by position, then with a second table by its key."""
    query = ("SELECT up.ident, o.tile_id, o.number, p.flux_auto"
             " FROM TAP_UPLOAD.mine AS up, demo.MagABDualObj AS o,"
             " demo.FNuDualObj AS p WHERE " + MATCH +
             " AND o.tile_id = p.tile_id AND o.NUMBER = p.NUMBER")
    service = pyvo.dal.TAPService(vo.url + TAP)
    table = service.search(query, uploads={"mine": sources},
                           maxrec=100000).to_table()
    assert as_set(table) == pairs
    assert table["FLUX_AUTO"].shape == (len(pairs), 12)


def test_join_by_key(vo, sources):
    query = ("SELECT up.ident, o.tile_id, o.number FROM TAP_UPLOAD.mine AS up"
             " JOIN demo.MagABDualObj AS o ON o.tile_id = up.tile_id AND"
             " o.number = up.number")
    service = pyvo.dal.TAPService(vo.url + TAP)
    table = service.search(query, uploads={"mine": sources},
                           maxrec=100000).to_table()
    assert as_set(table) == set(zip(
        map(int, sources["ident"]), map(int, sources["TILE_ID"]),
        map(int, sources["NUMBER"])))


def test_unmatched_are_kept(vo, sources, pairs):
    query = ("SELECT up.ident, o.number FROM TAP_UPLOAD.mine AS up"
             " LEFT JOIN demo.MagABDualObj AS o ON " + MATCH)
    service = pyvo.dal.TAPService(vo.url + TAP)
    table = service.search(query, uploads={"mine": sources},
                           maxrec=100000).to_table()
    lost = set(range(len(sources))) - {p[0] for p in pairs}
    assert len(lost) > 10
    assert {int(i) for i in table["ident"]} == set(range(len(sources)))
    assert len(table) == len(pairs) + len(lost)
