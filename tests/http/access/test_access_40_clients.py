"""test_access_40_clients.py: forms, cookies, pages of other origins, curl."""
# SPDX-License-Identifier: GPL-3.0-or-later
import shutil
import subprocess
from http.cookiejar import DefaultCookiePolicy

import pytest

from pyvohttpd.access import ANA, EVA, HIDDEN
from pyvohttpd.seed_images import IMAGES
from pyvohttpd.xmltree import VOTable

pytestmark = pytest.mark.usefixtures("auth", "refused")

CAPABILITIES = "/vo/tap/test-private/capabilities"
SYNC = "/vo/tap/test-private/sync"
QUERY = {"LANG": "ADQL", "RESPONSEFORMAT": "csv",
         "QUERY": "SELECT TOP 2 object_id FROM test.Stars"}
LOGINS = [("/login", "login", {"submit": "Sign in"}),
          ("/login/ivoa", "username", {})]


@pytest.fixture(autouse=True)
def no_jar(vo):
    """Cookies are sent by who says so."""
    vo.session.cookies.set_policy(DefaultCookiePolicy(allowed_domains=[]))
    yield
    vo.session.cookies.set_policy(DefaultCookiePolicy())


def sign_in(vo, user="ana", path="/login", field="login", more=()):
    r = vo.post(path, dict(dict(more), **{field: user, "password": user
                                          + "-secret"}))
    assert (r.status_code, r.text) == (200, "You are signed in.")
    assert r.headers["Cache-Control"] == "no-store"
    cookie = r.headers["Set-Cookie"]
    assert "HttpOnly" in cookie and "SameSite=Lax" in cookie
    value = cookie.split(";")[0]
    assert value.startswith("vo_session=") and user not in value
    assert "secret" not in value
    return {"Cookie": value}


@pytest.mark.parametrize("path, field, more", LOGINS)
def test_form(vo, path, field, more):
    """The archive's old form, and the one challenges speak of."""
    kept = sign_in(vo, "ana", path, field, more)
    r = vo.request("GET", CAPABILITIES, headers=kept)
    assert r.status_code == 200
    assert r.headers["X-VO-Authenticated"] == "ana"
    assert "private" in r.headers["Cache-Control"]
    assert b'securityMethod standardID="ivo://ivoa.net/sso#cookie"' in r.content
    r = vo.post(SYNC, QUERY, headers=kept)
    assert r.status_code == 200 and len(r.text.split()) == 3
    assert "test-private" in vo.request("GET", "/vo/tap", headers=kept).text
    r = vo.request("HEAD", CAPABILITIES, headers=kept)
    assert r.status_code == 200 and not r.content


@pytest.mark.parametrize("path, field, more", LOGINS)
def test_form_refuses(vo, path, field, more):
    for user, password in (("ana", "no"), ("nobody", "x"), ("", "")):
        r = vo.post(path, dict(more, **{field: user, "password": password}))
        assert r.status_code in (400, 401)
        cookie = r.headers.get("Set-Cookie", "").split(";")[0]
        r = vo.request("GET", CAPABILITIES, headers={"Cookie": cookie})
        assert r.status_code == 401


def test_form_of_a_stranger(vo):
    kept = sign_in(vo, "eva")
    r = vo.request("GET", CAPABILITIES, headers=kept)
    assert r.status_code == 403
    assert r.headers["X-VO-Authenticated"] == "eva"
    assert "eva is not among the readers" in VOTable(r.content).message()
    for release in HIDDEN:
        assert release not in vo.request("GET", "/vo/tap", headers=kept).text


def test_a_cookie_that_is_none(vo, expect_log):
    """Public releases go on, with the parameters posted; private ones ask."""
    expect_log("AH01817", "session_crypto")
    kept = {"Cookie": "a=b; vo_session=junk"}
    r = vo.post(SYNC.replace("test-private", "test-dr1"), QUERY, headers=kept)
    assert r.status_code == 200 and len(r.text.split()) == 3
    assert "X-VO-Authenticated" not in r.headers
    r = vo.post(SYNC, QUERY, headers=kept)
    assert r.status_code == 401
    assert "ivoa_cookie" in r.headers["WWW-Authenticate"]
    assert "not public" in VOTable(r.content).message()
    # a password is better than a bad cookie
    r = vo.request("GET", CAPABILITIES, headers=kept, auth=ANA)
    assert r.status_code == 200


def test_sign_out(vo):
    kept = sign_in(vo)
    r = vo.request("GET", "/logout", headers=kept)
    assert r.status_code == 200
    after = {"Cookie": r.headers["Set-Cookie"].split(";")[0]}
    assert vo.request("GET", CAPABILITIES, headers=after).status_code == 401


def test_nobody_gets_a_cookie_unasked(vo):
    for path in ("/vo/tap/test-dr1/capabilities", CAPABILITIES, "/vo/tap"):
        assert "Set-Cookie" not in vo.get(path).headers
        r = vo.request("GET", path, auth=ANA)
        assert r.status_code == 200 and "Set-Cookie" not in r.headers


@pytest.mark.parametrize("value, url", [
    ("/login/ivoa", "http://archive.example:8000/login/ivoa"),
    ("https://login.example/x?y=1", "https://login.example/x?y=1"),
    ("none", None)])
def test_login_address(vo, conf_now, value, url):
    conf_now('<Location "/vo">\nVOLogin %s\n</Location>' % value,
             "zz-login")
    r = vo.request("GET", CAPABILITIES,
                   headers={"Host": "archive.example:8000"})
    assert r.status_code == 401
    said = r.headers["WWW-Authenticate"]
    assert said.startswith('Basic realm="archive"')
    assert ('access_url="%s"' % url in said) if url else ("ivoa" not in said)


def test_login_address_behind_a_proxy(vo, conf_now):
    conf_now('<Location "/vo">\nVOBaseURL https://a.example/x/vo\n</Location>',
             "zz-login")
    r = vo.get(CAPABILITIES)
    assert ('access_url="https://a.example/login/ivoa"'
            in r.headers["WWW-Authenticate"])


def test_login_directive(vo):
    ok, text = vo.configtest("VOLogin login")
    assert not ok and "VOLogin 'login' must be 'none'" in text


# --- pages of other origins ---------------------------------------------------

PORTAL = "https://portal.example"


def test_other_origins(vo, conf_now):
    conf_now("VOCorsOrigins " + PORTAL)
    r = vo.request("OPTIONS", SYNC, headers={
        "Origin": PORTAL, "Access-Control-Request-Method": "POST",
        "Access-Control-Request-Headers": "authorization"})
    assert r.status_code == 204     # before anybody is asked who they are
    assert r.headers["Access-Control-Allow-Headers"] == "authorization"
    for auth, code in ((None, 401), (EVA, 403), (ANA, 200)):
        r = vo.request("GET", CAPABILITIES, auth=auth,
                       headers={"Origin": PORTAL})
        assert r.status_code == code
        assert r.headers["Access-Control-Allow-Origin"] == PORTAL
        assert r.headers["Access-Control-Allow-Credentials"] == "true"
        exposed = r.headers["Access-Control-Expose-Headers"]
        assert "WWW-Authenticate" in exposed
        assert "X-VO-Authenticated" in exposed
        assert "Origin" in r.headers["Vary"]
        r = vo.request("GET", CAPABILITIES, auth=auth,
                       headers={"Origin": "https://evil.example"})
        assert r.status_code == code
        assert "Access-Control-Allow-Origin" not in r.headers
        assert "Access-Control-Allow-Credentials" not in r.headers


def test_any_origin_has_no_credentials(vo):
    r = vo.request("GET", CAPABILITIES, auth=ANA, headers={"Origin": PORTAL})
    assert r.headers["Access-Control-Allow-Origin"] == "*"
    assert "Access-Control-Allow-Credentials" not in r.headers


# --- what caches and downloads do --------------------------------------------

def test_conditional_and_partial(vo):
    """Nobody learns by an ETag that a file is still there."""
    url = "/vo/siap/pix-private/get_fits?id=101&filter=u"
    r = vo.request("GET", url, auth=ANA)
    assert r.status_code == 200
    asks = [{"If-None-Match": r.headers["ETag"]}, {"Range": "bytes=0-9"},
            {"If-Modified-Since": r.headers["Last-Modified"]}]
    assert [vo.request("GET", url, auth=ANA, headers=h).status_code
            for h in asks] == [304, 206, 304]
    for h in asks:
        assert vo.request("GET", url, headers=h).status_code == 401
        assert vo.request("GET", url, auth=EVA, headers=h).status_code == 403
    did = IMAGES[0]["did"].replace("pix-dr1", "pix-private")
    r = vo.request("GET", "/vo/siap/pix-private/get_file", params={"ID": did})
    assert r.status_code == 401


def test_large_body_is_refused_early(vo):
    r = vo.post(SYNC, dict(QUERY, QUERY="x" * 1500000))
    assert r.status_code == 401
    assert vo.get("/vo/tap/test-dr1/capabilities").status_code == 200


def test_curl(vo, tmp_path):
    if not shutil.which("curl"):
        pytest.fail("curl is not installed: make deps-test")

    def curl(*args):
        return subprocess.run(
            ["curl", "-s", "--noproxy", "*", "-w", "%{http_code}", *args,
             vo.url + SYNC, "-d", "LANG=ADQL&FORMAT=csv&QUERY=SELECT TOP 1"
             " object_id FROM test.Stars"], capture_output=True, text=True,
            check=True).stdout

    assert curl().endswith("401") and curl("-u", "ana:x").endswith("401")
    assert curl("-u", "eva:eva-secret").endswith("403")
    got = curl("-u", "ana:ana-secret").split()
    assert got[0] == "object_id" and got[-1].endswith("200")
    # asked first, sends then, as httpd's challenge lets it
    assert curl("--anyauth", "-u", "ana:ana-secret").endswith("200")
