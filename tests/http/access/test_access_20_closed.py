"""test_access_20_closed.py: without Require vo-release, or past it by another
door, a private release is as none; who else may know the groups."""
# SPDX-License-Identifier: GPL-3.0-or-later
import pytest

from pyvohttpd.access import (ANA, EVA, GUS, HIDDEN, MODULES, load,
                              write_users)
from pyvohttpd.addresses import ADDRESSES
from pyvohttpd.jobs import until
from pyvohttpd.seed_images import IMAGES

pytestmark = pytest.mark.usefixtures("readers", "refused")

PATHS = ("/vo/%s/capabilities", "/vo/tap/%s/tables", "/vo/tap/%s/async",
         "/vo/cone/%s/Stars?RA=1&DEC=1&SR=1")


def codes(vo, auth, release="test-private", **kw):
    return [vo.request("GET", path % release, auth=auth, **kw).status_code
            for path in PATHS]


def basic(vo, requires):
    folder = write_users(vo)
    return load(*MODULES) + """
<Location "/vo">
    AuthType Basic
    AuthName "test"
    AuthBasicProvider file
    AuthUserFile "%s/passwords"
    AuthGroupFile "%s/groups"
    AuthzSendForbiddenOnFailure On
    %s
</Location>
""" % (folder, folder, requires)


def test_without_configuration(vo):
    """A reader's password is nothing where nobody asked for it."""
    did = IMAGES[0]["did"].replace("pix-dr1", "pix-private")
    for auth in (None, ANA, EVA):
        for release in HIDDEN:
            assert codes(vo, auth, release) == [404] * 4
        for path, params in ADDRESSES:
            r = vo.request("GET", "/vo/" + path % "pix-private", auth=auth,
                           params={k: did if v == "DID" else v
                                   for k, v in params.items()})
            assert r.status_code == 404
            assert "X-VO-Authenticated" not in r.headers
            assert "WWW-Authenticate" not in r.headers


@pytest.mark.parametrize("requires", [
    "Require valid-user",
    "Require group team",
    # met before vo-release is: nobody has asked about the release
    "<RequireAny>\nRequire all granted\nRequire vo-release group\n"
    "</RequireAny>",
])
def test_let_in_by_others(vo, conf_now, requires):
    conf_now(basic(vo, requires))
    assert codes(vo, ANA) == [404] * 4
    assert codes(vo, ANA, "test-dr1") == [200] * 4


def test_let_in_although_no_reader(vo, conf_now):
    """httpd lets every user in; what they may read is another matter."""
    conf_now(basic(vo, "<RequireAny>\nRequire vo-release group\n"
                       "Require valid-user\n</RequireAny>"))
    assert codes(vo, None) == [401] * 4
    assert codes(vo, EVA) == [404] * 4
    assert codes(vo, ANA) == [200] * 4


def test_and_from_here_alone(vo, conf_now, expect_log):
    expect_log("AH01630")
    conf_now(basic(vo, "<RequireAll>\nRequire vo-release group\n"
                       "Require not ip 127.0.0.0/8\n</RequireAll>")
             + load("authz_host"))
    assert codes(vo, ANA) == [403] * 4
    assert codes(vo, ANA, "test-dr1") == [403] * 4


def test_asked_again(vo, conf_now):
    """httpd's own way with who is no reader, if it is not told otherwise."""
    conf_now(basic(vo, "Require vo-release group").replace(
        "AuthzSendForbiddenOnFailure On", ""))
    r = vo.request("GET", PATHS[0] % "test-private", auth=EVA)
    assert r.status_code == 401
    assert r.headers["WWW-Authenticate"] == 'Basic realm="test"'
    assert "X-VO-Authenticated" not in r.headers


def test_no_way_to_ask(vo, conf_now):
    """Without AuthType nobody can sign in: it is not there."""
    conf_now(load(*MODULES)
             + '<Location "/vo">\nRequire vo-release group\n</Location>')
    assert codes(vo, None) == [404] * 4
    assert codes(vo, ANA) == [404] * 4
    r = vo.request("GET", PATHS[0] % "test-dr1", auth=ANA)
    assert r.status_code == 200 and "WWW-Authenticate" not in r.headers


def test_no_group(vo, conf_now):
    """Nobody's release is nobody's, however one asks."""
    conf_now(basic(vo, "Require vo-release"))
    assert codes(vo, ANA) == [200] * 4
    for group in (None, ""):
        vo.sql("UPDATE vo.release SET reader_group = %s WHERE release_id ="
               " 'test-private'", (group,))
        try:
            until(lambda: codes(vo, ANA) == [404] * 4)
            assert codes(vo, None) == [404] * 4
        finally:
            vo.sql("UPDATE vo.release SET reader_group = 'team' WHERE"
                   " release_id = 'test-private'")
            until(lambda: codes(vo, ANA) == [200] * 4)


# Whoever knows groups: what the Require line says, and more configuration.
PROVIDERS = {
    "group": ("Require vo-release group", ""),
    "its default": ("Require vo-release", ""),
    "an expression": ('Require vo-release expr "note(\'vo-readers\') == '
                      '\'team\' && %{REMOTE_USER} == \'ana\'"', ""),
    "names of users": ("Require vo-release user ana", ""),
    "a database": ("Require vo-release dbd-group",
                   'AuthzDBDQuery "SELECT \'team\'::text WHERE %s = \'ana\'"'),
    "a group spelt otherwise": (
        "Require vo-release dbd-group readers-of-%{note:vo-readers}",
        'AuthzDBDQuery "SELECT \'readers-of-team\'::text WHERE %s = \'ana\'"'),
}


def test_several_groups(vo, conf_now):
    conf_now(basic(vo, "Require vo-release"))
    vo.sql("UPDATE vo.release SET reader_group = 'others none' WHERE"
           " release_id = 'test-private'")
    try:
        until(lambda: codes(vo, ANA) == [403] * 4)
        assert codes(vo, GUS) == [200] * 4 and codes(vo, EVA) == [403] * 4
    finally:
        vo.sql("UPDATE vo.release SET reader_group = 'team' WHERE"
               " release_id = 'test-private'")
    until(lambda: codes(vo, ANA) == [200] * 4)
    assert codes(vo, GUS) == [403] * 4


@pytest.mark.parametrize("which", PROVIDERS)
def test_whoever_knows_groups(vo, conf_now, which, expect_log):
    require, more = PROVIDERS[which]
    if "DBD" in more:
        expect_log("VO1006")
    conf_now(load("authz_dbd") + basic(vo, require + "\n" + more))
    assert codes(vo, None) == [401] * 4
    assert codes(vo, ANA) == [200] * 4
    assert codes(vo, EVA) == [403] * 4
    assert codes(vo, GUS) == [403] * 4
    assert codes(vo, EVA, "test-dr1") == [200] * 4
    page = vo.request("GET", "/vo/tap", auth=ANA).text
    assert "test-private" in page and "test-staged" not in page
    assert "test-private" not in vo.request("GET", "/vo/tap", auth=EVA).text


@pytest.mark.parametrize("most, is_enough", [(64, False), (65, True)])
def test_two_connections_for_a_thread(sibling, most, is_enough):
    """httpd has 32 threads a process here, and may need a connection for the
    groups of a user besides that of the query."""
    started, text = sibling(drop=["conf/vo.con"], extra=load("authz_dbd") + (
        "DBDriver pgsql\nDBDMax %d\n<Location /x>\nAuthzDBDQuery x\n</Location>"
        % most))
    assert started, text
    assert ("VO1006" not in text) == is_enough
    if not is_enough:
        assert "DBDMax must be more than 64, it is 64" in text


def test_group_file_is_gone(vo, conf_now, expect_log):
    """Who cannot be asked grants nothing."""
    expect_log("AH01665", "AH01664")
    conf_now(basic(vo, "Require vo-release").replace("/groups", "/none"))
    assert codes(vo, ANA) == [403] * 4
    assert codes(vo, None, "test-dr1") == [200] * 4


@pytest.mark.parametrize("line, said", [
    ("Require vo-release nobody-knows",
     "no module that is loaded has 'Require nobody-knows'"),
    ("Require vo-release vo-release", "no module that is loaded"),
    ('Require vo-release group "%{nonsense"', "Cannot parse expression"),
])
def test_refuses_to_start(vo, line, said):
    ok, text = vo.configtest(load("authz_groupfile") + (
        '<Location "/vo">\n%s\n</Location>' % line))
    assert not ok and said in text, text


def test_without_a_database(vo, sibling, expect_log):
    """Nothing is known yet: whoever asks is told to come again, not refused."""
    expect_log("")
    started, text = sibling(extra=basic(vo, "Require vo-release") + (
        'DBDParams "host=/nonexistent port=5432 dbname=vo user=vo_web"'))
    assert started, text
    for release in ("test-dr1", "test-private", "nothing"):
        for auth in (None, ANA, EVA):
            assert [sibling.server.request(
                "GET", path % release, auth=auth).status_code
                for path in PATHS] == [503] * 4
        assert sibling.server.request(
            "GET", PATHS[0] % release, auth=("ana", "no")).status_code == 401
