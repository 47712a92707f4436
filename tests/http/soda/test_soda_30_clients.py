"""test_soda_30_clients.py: cutouts as pyvo asks for them, by descriptors."""
# SPDX-License-Identifier: GPL-3.0-or-later
import io

import numpy as np
import pytest
from astropy import units as u
from astropy.coordinates import SkyCoord
from astropy.io import fits
from pyvo.dal import sia2
from pyvo.dal.adhoc import DatalinkResults

from pyvohttpd.seed_images import IMAGES, path

TAN = IMAGES[0]


@pytest.fixture
def soda(vo):
    links = DatalinkResults.from_result_url(
        vo.url + "/vo/datalink/pix-dr1/links?ID=" + TAN["did"])
    return links.get_first_proc()


def test_circle_by_a_links_descriptor(vo, soda):
    where = SkyCoord(150, 2, unit="deg")
    got = soda.process(circle=(where.ra, where.dec, 0.0103 * u.deg))
    direct = vo.get("/vo/soda/pix-dr1/sync", ID=TAN["did"],
                    CIRCLE="150 2 0.0103")
    assert got.read() == direct.content
    hdu = fits.open(io.BytesIO(direct.content))[0]
    assert hdu.shape == (38, 38)


def test_polygon_by_a_links_descriptor(vo, soda):
    corners = [149.98, 1.98, 150.03, 1.99, 150.0, 2.03] * u.deg
    hdu = fits.open(io.BytesIO(soda.process(polygon=corners).read()))[0]
    assert 0.3 < np.isnan(hdu.data).mean() < 0.7


def test_whole_file_by_links(vo):
    links = DatalinkResults.from_result_url(
        vo.url + "/vo/datalink/pix-dr1/links?ID=" + TAN["did"])
    this, = [row for row in links if row.semantics == "#this"]
    assert this.getdataset().read() == path(vo, TAN).read_bytes()
    for row in [k for k in links if k.semantics == "#weight"]:
        r = vo.request("GET", row["access_url"])
        assert r.status_code == 200
        assert len(r.content) == row["content_length"]


def test_cutouts_of_a_search(vo):
    """From a SIAP 2 search to the cutouts of its rows."""
    rows = sia2.SIAService(vo.url + "/vo/siap2/pix-dr1").search(
        pos=(150.0 * u.deg, 2.0 * u.deg, 0.01 * u.deg))
    row = next(r for r in rows
               if r["obs_publisher_did"] == TAN["did"])
    links = DatalinkResults.from_result_url(row["access_url"])
    data = links.get_first_proc().process(
        circle=(150 * u.deg, 2 * u.deg, 0.0103 * u.deg)).read()
    assert data[:9] == b"SIMPLE  ="
