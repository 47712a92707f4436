"""test_python_clients.py: pyvo and astroquery, as astronomers use them."""
# SPDX-License-Identifier: GPL-3.0-or-later
import io

import numpy as np
import pytest
import pyvo
from astropy.coordinates import SkyCoord
from astropy.io.votable import parse as parse_votable


def test_cone_search(vo):
    service = pyvo.dal.SCSService(vo.url + "/vo/cone/tycho2/Stars?")
    where = SkyCoord(10, 10, unit="deg")
    result = service.search(pos=where, radius=1.0)
    expected = vo.sql("SELECT count(*) FROM tycho2.stars WHERE"
                      " sky_distance(raj2000, dej2000, 10, 10) <= 1")[0][0]
    assert len(result) == expected > 10
    found = SkyCoord([r.pos.ra.deg for r in result],
                     [r.pos.dec.deg for r in result], unit="deg")
    assert found.separation(where).deg.max() <= 1.0
    assert len({r.id for r in result}) == len(result)


@pytest.mark.parametrize("verbosity", [1, 2, 3])
def test_cone_search_of_arrays(vo, verbosity):
    service = pyvo.dal.SCSService(
        vo.url + "/vo/cone/demo-dr1/MagABDualObj?")
    result = service.search(pos=(150, 30), radius=0.3, verbosity=verbosity)
    assert len(result) > 3
    table = result.to_table()
    if verbosity == 3:
        assert table["MAG_AUTO"].shape == (len(result), 12)
    assert all(isinstance(r.id, str) and "-" in r.id for r in result)


def test_cone_search_error(vo):
    service = pyvo.dal.SCSService(vo.url + "/vo/cone/tycho2/Stars?")
    query = service.create_query(pos=(10, 10), radius=1)
    query["SR"] = "-7"
    with pytest.raises(pyvo.dal.DALQueryError) as caught:
        query.execute()
    assert "-7" in str(caught.value)


def test_tap_search(vo):
    service = pyvo.dal.TAPService(vo.url + "/vo/tap/demo-dr1")
    result = service.search("SELECT TOP 7 tile_id, number, mag_auto FROM"
                            " demo.MagABDualObj ORDER BY number")
    table = result.to_table()
    assert len(table) == 7
    assert table["MAG_AUTO"].shape == (7, 12)
    assert table["MAG_AUTO"].dtype == np.float32


def test_tap_metadata(vo):
    service = pyvo.dal.TAPService(vo.url + "/vo/tap/demo-dr1")
    assert service.available
    tables = service.tables
    assert "demo.MagABDualObj" in tables.keys()
    columns = {c.name: c for c in tables["demo.MagABDualObj"].columns}
    assert columns["MAG_AUTO"].datatype.arraysize == "12"
    assert columns["ALPHA_J2000"].unit == "deg"
    assert service.maxrec and service.hardlimit


def test_tap_overflow_is_told(vo):
    service = pyvo.dal.TAPService(vo.url + "/vo/tap/demo-dr1")
    result = service.search("SELECT * FROM demo.MagABDualObj", maxrec=5)
    assert len(result) == 5
    said = [i.value for i in result.votable.resources[0].infos
            if i.name == "QUERY_STATUS"]
    assert said[-1] == "OVERFLOW"


def test_tap_error(vo):
    service = pyvo.dal.TAPService(vo.url + "/vo/tap/demo-dr1")
    with pytest.raises(pyvo.dal.DALQueryError) as caught:
        service.search("SELECT nothing FROM demo.MagABDualObj")
    assert "nothing" in str(caught.value)


def test_endpoints_of_pyvo_registry_kind(vo):
    """pyvo reads the capabilities of TAP and of cone searches."""
    for base in ("/vo/tap/demo-dr1", "/vo/cone/tycho2/Stars"):
        data = vo.get(base + "/capabilities").content
        caps = pyvo.io.vosi.parse_capabilities(io.BytesIO(data))
        assert len(caps) >= 4
        assert all(c.interfaces[0].accessurls[0].content.startswith(vo.url)
                   for c in caps)


def tap_plus(vo):
    from astroquery.utils.tap.core import TapPlus
    return TapPlus(url=vo.url + "/vo/tap/demo-dr1", verbose=False)


def test_astroquery_job(vo):
    job = tap_plus(vo).launch_job(
        "SELECT TOP 5 alpha_j2000, mag_auto, flags FROM demo.MagABDualObj")
    table = job.get_results()
    assert len(table) == 5
    assert table["MAG_AUTO"].shape == (5, 12)
    assert np.all((table["ALPHA_J2000"] >= 0) & (table["ALPHA_J2000"] < 360))


def test_astroquery_tables(vo):
    """TapPlus reads the list of tables with every column."""
    tables = {t.name: t for t in tap_plus(vo).load_tables()}
    columns = [c.name for c in tables["demo.MagABDualObj"].columns]
    assert "MAG_AUTO" in columns and "ALPHA_J2000" in columns
    assert [c.name for c in tables["TAP_SCHEMA.keys"].columns] == [
        "key_id", "from_table", "target_table", "description", "utype"]


def test_astroquery_error(vo):
    with pytest.raises(Exception) as caught:
        tap_plus(vo).launch_job("SELECT x FROM demo.Nowhere")
    assert "Nowhere" in str(caught.value)


def test_astropy_reads_every_serialisation(vo):
    """The same rows in each VOTable serialisation, without a complaint."""
    seen = []
    # not s_region: the UCD words of this astropy are too old for it
    query = ("SELECT tile_id, name, ra, dec, fwhmg, pixscale, naxis1, date_obs"
             " FROM demo.TileImage ORDER BY tile_id")
    for form in ("TABLEDATA", "BINARY", "BINARY2"):
        r = vo.get("/vo/tap/demo-dr1/sync", LANG="ADQL",
                   QUERY=query, RESPONSEFORMAT="application/x-votable+xml;"
                   "serialization=" + form)
        seen.append(parse_votable(io.BytesIO(r.content), verify="exception")
                    .get_first_table().to_table())
    for other in seen[1:]:
        assert other.colnames == seen[0].colnames
        for name in other.colnames:
            assert list(other[name]) == list(seen[0][name]), name


def test_photo_spectrum(vo):
    """A row for each filter, with its wavelength."""
    service = pyvo.dal.TAPService(vo.url + "/vo/tap/demo-dr1")
    result = service.search(
        "SELECT m.tile_id, m.number, u.filter, u.wavelength, u.width, u.mag "
        "FROM demo.MagABDualObj AS m, UNNEST(m.mag_auto) AS u (mag) WHERE "
        "m.number < 20 ORDER BY 1, 2, u.wavelength")
    filters = vo.sql("SELECT name, wavelength, width FROM vo.filter WHERE "
                     "survey = (SELECT survey FROM vo.release WHERE "
                     "release_id = 'demo-dr1') ORDER BY wavelength")
    assert len(filters) == 12 and len(result) % 12 == 0 and len(result) > 0
    for i, row in enumerate(result):
        name, wavelength, width = filters[i % 12]
        assert row["filter"] == name and row["width"] == width
        assert row["wavelength"] == wavelength
    want = vo.sql("SELECT mag_auto FROM demo_dr1.magabdualobj WHERE number < "
                  "20")
    assert np.isclose(np.nansum(np.ma.filled(result["mag"], np.nan)),
                      np.nansum(np.array([r[0] for r in want], float)))


def test_functions_are_found(vo):
    service = pyvo.dal.TAPService(vo.url + "/vo/tap/demo-dr1")
    forms = [feature.form for capability in service.capabilities
             for language in getattr(capability, "languages", [])
             for features in language.languagefeaturelists
             if features.type.endswith("#features-udf")
             for feature in features]
    names = [form.partition("(")[0] for form in forms]
    for name in ("ivo_epoch_prop_pos", "moc_agg", "gavo_to_mjd", "arr_map"):
        assert names.count(name) == 1
    assert "ivo_simbadpoint" not in names
