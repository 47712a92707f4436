"""test_access.py: private releases as STILTS, pyvo and astroquery read them."""
# SPDX-License-Identifier: GPL-3.0-or-later
import re

import pytest
import pyvo
from astropy.coordinates import SkyCoord

from pyvohttpd.access import site
from pyvohttpd.jobs import until

pytestmark = pytest.mark.usefixtures("auth")

BASIC = "ivo://ivoa.net/sso#BasicAA"
STAGES = "TMV TME TMS TMC CPV CAP AVV QGE QPO MDQ EXA"


@pytest.fixture(scope="module")
def auth(vo, vo_conf):
    """tycho2 is private, team may read it; conf/vo-auth.conf is in force."""
    vo_conf(site(vo))
    vo.sql("UPDATE vo.release SET state = 'private', reader_group = 'team'"
           " WHERE release_id = 'tycho2'")
    until(lambda: all(vo.get("/vo/tycho2/tables").status_code == 401
                      for _ in range(4)))
    yield
    vo.sql("UPDATE vo.release SET state = 'public', reader_group = NULL"
           " WHERE release_id = 'tycho2'")
    until(lambda: all(vo.get("/vo/tycho2/tables").status_code == 200
                      for _ in range(4)))


@pytest.fixture
def refused(expect_log):
    expect_log("AH01617", "AH01618", "AH01629", "AH01631")


def known(user):
    return ["-Dstar.basicauth.user=" + user,
            "-Dstar.basicauth.password=%s-secret" % user]


# --- STILTS -------------------------------------------------------------------

def test_taplint_signed_in(vo, stilts):
    rc, text = stilts(*known("ana"), "taplint",
                      "tapurl=%s/vo/tap/tycho2" % vo.url, "stages=" + STAGES,
                      "report=EWF")
    assert rc == 0, text
    assert re.search(r"Errors: 0; Warnings: 0; Failures: 0", text), text


def test_taplint_of_a_public_release(vo, stilts):
    """One may sign in, and need not."""
    for who in ([], known("ana")):
        rc, text = stilts(*who, "taplint", "tapurl=%s/vo/tap/demo-dr1"
                          % vo.url, "stages=" + STAGES + " UWS", "report=EWF")
        assert rc == 0, text
        assert re.search(r"Errors: 0; Warnings: 0; Failures: 0", text), text


def query(vo, stilts, who, sync):
    return stilts(*who, "tapquery", "tapurl=%s/vo/tap/tycho2" % vo.url,
                  "sync=%s" % sync, "ofmt=csv",
                  "adql=SELECT COUNT(*) AS n FROM tycho2.Stars")


@pytest.mark.parametrize("sync", ["true", "false"])
def test_tapquery(vo, stilts, refused, sync):
    n, = vo.sql("SELECT count(*) FROM tycho2.stars")[0]
    rc, text = query(vo, stilts, known("ana"), sync)
    assert rc == 0 and str(n) in text.split(), text
    for who in ([], known("eva"), ["-Dstar.basicauth.user=ana",
                                   "-Dstar.basicauth.password=no"]):
        rc, text = query(vo, stilts, who, sync)
        assert rc != 0 and str(n) not in text.split(), text


def test_cone(vo, stilts, refused):
    def cone(*who):
        return stilts(*who, "cone", "servicetype=cone", "lon=10", "lat=10",
                      "radius=1", "ofmt=csv",
                      "serviceurl=%s/vo/cone/tycho2/Stars?" % vo.url)

    n, = vo.sql("SELECT count(*) FROM tycho2.stars WHERE"
                " sky_distance(raj2000, dej2000, 10, 10) <= 1")[0]
    rc, text = cone(*known("ana"))
    rows = [ln for ln in text.splitlines() if ln.count(",") > 2]
    assert rc == 0 and len(rows) == n + 1, text
    assert cone()[0] != 0 and cone(*known("eva"))[0] != 0


# --- pyvo ---------------------------------------------------------------------

def session(vo, user, password=None):
    """With a password, which pyvo sends where it has been told to. (VOSI has
    the address of capabilities declared as open, which pyvo believes.)"""
    made = pyvo.auth.AuthSession()
    made.credentials.set_password(user, password or user + "-secret")
    made.add_security_method_for_url(vo.url + "/vo", BASIC)
    made.add_security_method_for_url(
        vo.url + "/vo/tap/tycho2/capabilities", BASIC, exact=True)
    return made


def test_pyvo(vo):
    service = pyvo.dal.TAPService(vo.url + "/vo/tap/tycho2",
                                  session=session(vo, "ana"))
    n, = vo.sql("SELECT count(*) FROM tycho2.stars")[0]
    adql = "SELECT COUNT(*) AS n FROM tycho2.Stars"
    assert service.search(adql)["n"][0] == n
    assert "tycho2.Stars" in service.tables.keys()
    job = service.submit_job(adql)
    job.run().wait(timeout=60)
    assert job.phase == "COMPLETED" and job.owner == "ana"
    assert job.fetch_result()["n"][0] == n
    job.delete()
    found = pyvo.dal.SCSService(
        vo.url + "/vo/cone/tycho2/Stars?", session=session(vo, "ana")).search(
            pos=SkyCoord(10, 10, unit="deg"), radius=1.0)
    assert len(found) > 10


def test_pyvo_learns_by_capabilities(vo):
    """The method they tell is the one it then sends."""
    made = pyvo.auth.AuthSession()
    made.credentials.set_password("ana", "ana-secret")
    made.add_security_method_for_url(
        vo.url + "/vo/tap/tycho2/capabilities", BASIC, exact=True)
    service = pyvo.dal.TAPService(vo.url + "/vo/tap/tycho2", session=made)
    assert "tycho2.Stars" in service.tables.keys() and len(service.examples) > 0
    assert len(service.search("SELECT TOP 3 * FROM tycho2.Stars")) == 3


def test_pyvo_refused(vo, refused):
    for made in (None, session(vo, "eva"), session(vo, "ana", "no")):
        with pytest.raises(pyvo.dal.DALAccessError) as caught:
            pyvo.dal.TAPService(vo.url + "/vo/tap/tycho2", session=made).search(
                "SELECT TOP 1 * FROM tycho2.Stars")
        assert re.search("tycho2 is not public|capabilities",
                         str(caught.value))


def test_pyvo_at_a_public_release(vo):
    """Who has a password need not use it, and who has none is served."""
    for made in (None, pyvo.auth.AuthSession(), session(vo, "ana")):
        service = pyvo.dal.TAPService(vo.url + "/vo/tap/demo-dr1",
                                      session=made)
        assert len(service.search(
            "SELECT TOP 2 * FROM demo.MagABDualObj")) == 2
