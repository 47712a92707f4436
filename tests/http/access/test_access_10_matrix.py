"""test_access_10_matrix.py: every address of a release, in every state it may
have, asked for by everybody."""
# SPDX-License-Identifier: GPL-3.0-or-later
import pytest

from pyvohttpd.access import ANA, EVA, GUS, LUIS
from pyvohttpd.addresses import ADDRESSES
from pyvohttpd.jobs import until
from pyvohttpd.seed_images import IMAGES
from pyvohttpd.xmltree import VOTable, parse

pytestmark = pytest.mark.usefixtures("auth", "refused")

DID = IMAGES[0]["did"]
RELEASE = "pix-private"
DIFFER = {"Keep-Alive", "Connection"}
METHODS = ("GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS")
# state, end of the embargo: what the readers see
STATES = {
    "private": ("private", None),
    "private-past": ("private", "2000-01-01"),
    "private-future": ("private", "2100-01-01"),
    "embargoed": ("public", "2100-01-01"),
    "released": ("public", "2000-01-01"),
    "public": ("public", None),
    "staged": ("staged", None),
    "retired": ("retired", None),
}
CLOSED = ("private", "private-past", "private-future", "embargoed")
OPEN = ("released", "public")


def ask(vo, method, path, params, release=RELEASE, **kw):
    did = DID.replace("pix-dr1", release)
    return vo.request(method, "/vo/" + path % release, params={
        k: did if v == "DID" else v for k, v in params.items()}, **kw)


def become(vo, which):
    """RELEASE is in that state, for every child of httpd's."""
    name, embargo = STATES[which]
    vo.sql("UPDATE vo.release SET state = %s, embargo_until = %s WHERE"
           " release_id = %s", (name, embargo, RELEASE))
    code = 200 if which in OPEN else 401 if which in CLOSED else 404

    def there():
        return all(vo.request(
            "GET", "/vo/%s/tables" % RELEASE, headers={"Connection": "close"}
        ).status_code == code for _ in range(6))

    until(there)


@pytest.fixture(scope="module")
def truth(vo, auth):
    """What it answers to anybody when it is public."""
    become(vo, "public")
    yield {(method, path, str(params)): ask(vo, method, path, params
                                            ).status_code
           for method in METHODS for path, params in ADDRESSES}
    become(vo, "private")
    vo.sql("DELETE FROM vo.job WHERE release_id = %s", (RELEASE,))


@pytest.fixture(scope="module", params=STATES)
def state(vo, truth, request):
    become(vo, request.param)
    return request.param


def say(r):
    """The error document's text."""
    assert r.headers["Content-Type"].startswith("application/x-votable+xml")
    table = VOTable(r.content)
    assert table.status() == ["ERROR"]
    return table.message()


@pytest.mark.parametrize("path, params", ADDRESSES)
def test_everybody(vo, state, truth, path, params):
    for method in METHODS:
        public = truth[method, path, str(params)]
        nothing = ask(vo, method, path, params, "pix-nothing")
        for user in (None, ("ana", "wrong"), ("nobody", "x"), EVA, GUS, ANA,
                     LUIS):
            r = ask(vo, method, path, params, auth=user)
            who = (state, method, path, user)
            is_known = user in (EVA, GUS, ANA, LUIS)
            if user and not is_known:
                want = 401
            elif state in OPEN:
                want = public
            elif state not in CLOSED:
                want = nothing.status_code
                assert want in (404, 405) or method == "OPTIONS", who
            else:
                want = (401 if not user else
                        public if user in (ANA, LUIS) else 403)
            assert r.status_code == want, who
            # who it is told to be, and for whom caches may keep it
            assert r.headers.get("X-VO-Authenticated") == (
                user[0] if is_known else None), who
            assert {"Authorization", "Cookie"} <= {
                v.strip() for v in r.headers["Vary"].split(",")}, who
            assert (want == 401) <= ("Basic realm=" in r.headers.get(
                "WWW-Authenticate", "")), who
            if is_known and want == 200:
                assert "private" in r.headers["Cache-Control"], who
            if want in (401, 403):
                assert "ETag" not in r.headers, who
                if method == "HEAD":
                    assert not r.content
                else:
                    assert say(r) == (
                        "Release pix-private is not public. Sign in to read"
                        " it: send a user name and a password." if not user
                        else "User %s is not among the readers of release"
                        " pix-private." % user[0] if is_known
                        else "This user name and password are not accepted%s."
                        % (" for release pix-private" if state in CLOSED
                           else "")), who
            if method == "HEAD":
                assert not r.content, who


def test_what_is_not_there_looks_the_same(vo, state):
    """A staged or retired release is as none, also for its readers; nobody is
    told the names of what they may not read."""
    for user in (None, EVA, ANA):
        names = vo.request("GET", "/vo/tap/none/capabilities", auth=user).text
        assert (RELEASE in names) == (
            state in OPEN or (state in CLOSED and user == ANA))
        page = vo.request("GET", "/vo/tap", auth=user).text
        assert (RELEASE in page) == (RELEASE in names)
        if state not in CLOSED + OPEN:
            for path, params in ADDRESSES:
                a = ask(vo, "GET", path, params, auth=user)
                b = ask(vo, "GET", path, params, "pix-nothing", auth=user)
                assert a.text.replace(RELEASE, "X") == b.text.replace(
                    "pix-nothing", "X")
                assert set(a.headers) - DIFFER == set(b.headers) - DIFFER


def test_health_tells_nobody(vo, state):
    n, = vo.sql("SELECT count(*) FROM vo.release WHERE state = 'public' AND"
                " coalesce(embargo_until <= now(), true)")[0]
    for user in (None, ANA):
        r = vo.request("GET", "/health", auth=user)
        assert r.json()["releases"] == n


def rights(vo, state, auth):
    if state not in CLOSED + OPEN:
        return None
    r = vo.request("GET", "/vo/tap/%s/sync" % RELEASE, auth=auth, params={
        "LANG": "ADQL", "RESPONSEFORMAT": "csv",
        "QUERY": "SELECT DISTINCT data_rights FROM ivoa.obscore"})
    links = VOTable(vo.request(
        "GET", "/vo/datalink/%s/links" % RELEASE, auth=auth,
        params={"ID": DID.replace("pix-dr1", RELEASE)}).content)
    return (r.text.split()[1:], {(row[0], row[1]) for row in zip(
        links.column("link_auth"), links.column("link_authorized"))})


def test_rights_are_told(vo, state):
    told = rights(vo, state, ANA)
    if told:
        word, auth = (("public", "false") if state in OPEN
                      else ("proprietary", "true"))
        assert told == ([word], {(auth, "T")}) or told == (
            [word], {(auth, "true")}) or told == ([word], {(auth, "1")})


ANONYMOUS = {"ivo://ivoa.net/std/VOSI#capabilities",
             "ivo://ivoa.net/std/VOSI#availability"}


@pytest.mark.parametrize("path, n", [
    ("tap/%s/capabilities", 3), ("siap/%s/capabilities", 1),
    ("siap2/%s/capabilities", 1), ("datalink/%s/capabilities", 1),
    ("soda/%s/capabilities", 2), ("%s/capabilities", None)])
def test_capabilities_say_how_to_sign_in(vo, state, path, n):
    """A method where one is needed, but where VOSI forbids it."""
    if state not in CLOSED + OPEN:
        return
    r = ask(vo, "GET", path, {}, auth=ANA)
    root = parse(r.content)
    found = []
    for cap in root.iter("capability"):
        for interface in cap.iter("interface"):
            methods = interface.findall("securityMethod")
            is_told = cap.get("standardID") not in ANONYMOUS
            assert len(methods) == (state in CLOSED and is_told)
            for m in methods:
                assert m.get("standardID") == "ivo://ivoa.net/sso#BasicAA"
                tags = [c.tag for c in interface]
                assert tags[tags.index("securityMethod") - 1] == "accessURL"
                found.append(m)
    if state in CLOSED:
        assert len(found) == n or (n is None and len(found) >= 6)
    # for clients that look at challenges: optional, or they have signed in
    assert "Basic" in r.headers["WWW-Authenticate"]
    assert 'ivoa_cookie standard_id="ivo://ivoa.net/sso#tls-with-password"' \
        in r.headers["WWW-Authenticate"]
