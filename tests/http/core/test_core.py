"""test_core.py: starting, the snapshot, CORS, health and bodies."""
# SPDX-License-Identifier: GPL-3.0-or-later
import time

import pytest
import requests

from pyvohttpd import seed
from pyvohttpd.xmltree import VOTable

DR1 = "/vo/tap/test-dr1"
QUERY = "SELECT TOP 1 object_id FROM test.Stars"


# --- starting ---------------------------------------------------------------

@pytest.mark.parametrize("drop, before, words", [
    (["LoadModule dbd_module"], "", ["mod_dbd", "LoadModule dbd_module",
                                     "a2enmod dbd"]),
    # whichever of the others is first
    (["LoadModule vo_module"], "",
     ["needs mod_vo", "LoadModule vo_module", "a2enmod vo"]),
])
def test_refuses_to_start_without_a_module(sibling, drop, before, words):
    # without mod_dbd its own directives are errors before ours can speak
    started, text = sibling(drop=drop + ["conf/vo.con"], before=before)
    assert not started
    for word in words:
        assert word in text


def test_refuses_to_start_without_a_database(sibling):
    started, text = sibling(drop=["conf/vo.con"], extra=(
        '<Location "/vo/tap">\nSetHandler vo-tap\n</Location>'))
    assert not started
    assert "VO1000" in text and "DBDriver pgsql" in text


def test_starts_without_being_used(sibling):
    started, text = sibling(drop=["conf/vo.con"])
    assert started, text


def test_starts_before_the_database(sibling, vo):
    """httpd may come up first: requests then say 503, later they work."""
    started, text = sibling(before='Define VO_NOWHERE\n', extra=(
        'DBDParams "host=/nonexistent port=5432 dbname=vo user=vo_web"'))
    assert started, text
    url = sibling.server.url
    r = requests.get(url + DR1 + "/sync", params={"QUERY": QUERY}, timeout=20)
    assert r.status_code == 503 and r.headers["Retry-After"]
    assert VOTable(r.content).status() == ["ERROR"]
    assert "/nonexistent" not in r.text
    r = requests.get(url + "/health", timeout=20)
    assert (r.status_code, r.json()["database"]) == (503, False)


# --- what is published --------------------------------------------------------

def visible(vo, rid):
    return vo.get("/vo/tap/%s/sync" % rid, QUERY="SELECT COUNT(*) AS n FROM"
                  " TAP_SCHEMA.tables").status_code == 200


def becomes(vo, rid, state, seconds=5):
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if visible(vo, rid) == state:
            return True
        time.sleep(0.1)
    return False


def test_changes_are_seen_within_5_seconds(vo):
    rid = "core-dr1"
    conn = vo.connect()
    conn.autocommit = False
    try:
        assert not visible(vo, rid)
        with conn, conn.cursor() as cur:
            seed._release(cur, rid, survey="core")
        assert becomes(vo, rid, True)
        for state, seen in (("private", False), ("public", True),
                            ("retired", False), ("public", True)):
            vo.sql("UPDATE vo.release SET state = %s WHERE release_id = %s",
                   (state, rid))
            assert becomes(vo, rid, seen), state
        vo.sql("UPDATE vo.release SET embargo_until = now() + interval '2.5 s'"
               " WHERE release_id = %s", (rid,))
        assert becomes(vo, rid, False)
        assert becomes(vo, rid, True, 8), "the embargo is over"
        vo.sql("CREATE TABLE core_dr1.new AS SELECT 1 AS plain_id")
        with conn, conn.cursor() as cur:
            seed._table(cur, rid, 5, "core.New", "new", seed.PLAIN[:1])
        end = time.monotonic() + 5
        while vo.get("/vo/tap/%s/sync" % rid, QUERY="SELECT * FROM core.New"
                     ).status_code != 200:
            assert time.monotonic() < end
            time.sleep(0.1)
    finally:
        conn.close()
        vo.sql("DELETE FROM vo.release WHERE release_id = %s", (rid,))
        gone = vo.get("/vo/tap/%s/tables" % rid).status_code
        end = time.monotonic() + 5
        while gone != 404 and time.monotonic() < end:
            time.sleep(0.1)
            gone = vo.get("/vo/tap/%s/tables" % rid).status_code
        vo.sql("DROP SCHEMA IF EXISTS core_dr1 CASCADE")
    assert gone == 404


def test_after_a_quiet_time_the_first_request_sees_the_change(vo):
    """Nobody asked for longer than a check lasts: no stale answer then."""
    assert visible(vo, "test-dr2")
    try:
        time.sleep(2.5)
        vo.sql("UPDATE vo.release SET state = 'private' WHERE release_id ="
               " 'test-dr2'")
        assert not visible(vo, "test-dr2")
    finally:
        vo.sql("UPDATE vo.release SET state = 'public' WHERE release_id ="
               " 'test-dr2'")
    assert becomes(vo, "test-dr2", True)


def test_database_down_and_back(vo, expect_log):
    expect_log("VO1002", "VO1022", "VO1213", "dbd", "DBD")
    assert vo.get("/health").json() == dict(
        vo.get("/health").json(), status="ok", database=True)
    vo.script("pg-stop")
    try:
        time.sleep(2.1)
        # what was known goes on being known
        assert vo.get(DR1 + "/capabilities").status_code == 200
        assert vo.get("/vo/tap/nothing/sync").status_code == 404
        r = vo.get(DR1 + "/sync", QUERY=QUERY)
        assert r.status_code == 503 and int(r.headers["Retry-After"]) > 0
        assert VOTable(r.content).status() == ["ERROR"]
        assert "host=" not in r.text and "socket" not in r.text
        r = vo.get("/health")
        assert (r.status_code, r.json()["status"]) == (503, "degraded")
    finally:
        vo.script("pg-start")
    end = time.monotonic() + 10
    while vo.get(DR1 + "/sync", QUERY=QUERY).status_code != 200:
        assert time.monotonic() < end
        time.sleep(0.1)
    assert becomes(vo, "test-dr1", True)
    end = time.monotonic() + 5
    while vo.get("/health").status_code != 200:
        assert time.monotonic() < end
        time.sleep(0.1)


# --- health ----------------------------------------------------------------------

def test_health(vo):
    r = vo.get("/health")
    assert r.status_code == 200
    assert r.headers["Content-Type"] == "application/json"
    assert r.headers["Cache-Control"] == "no-store"
    doc = r.json()
    assert doc["status"] == "ok" and doc["database"] is True
    visible_ids = vo.sql("SELECT count(*) FROM vo.release WHERE state ="
                         " 'public' AND (embargo_until IS NULL OR"
                         " embargo_until <= now())")
    assert doc["releases"] == visible_ids[0][0]
    assert "test-dr1" not in r.text
    assert vo.post("/health").status_code == 405
    assert vo.request("HEAD", "/health").status_code == 200


# --- CORS --------------------------------------------------------------------------

PREFLIGHT = {"Origin": "https://page.example",
             "Access-Control-Request-Method": "POST",
             "Access-Control-Request-Headers": "x-one, content-type"}


@pytest.mark.parametrize("path", [DR1 + "/sync", DR1 + "/capabilities",
                                  "/vo/tap/nothing/sync",
                                  "/vo/test-dr1/capabilities", "/health"])
def test_preflight(vo, path):
    r = vo.request("OPTIONS", path, headers=PREFLIGHT)
    assert r.status_code == 204 and r.content == b""
    h = r.headers
    assert h["Access-Control-Allow-Origin"] == "*"
    assert "POST" in h["Access-Control-Allow-Methods"]
    assert h["Access-Control-Allow-Headers"] == "x-one, content-type"
    assert "Access-Control-Allow-Credentials" not in h


@pytest.mark.parametrize("path, params, status", [
    (DR1 + "/sync", {"QUERY": QUERY}, 200), (DR1 + "/sync", {}, 400),
    (DR1 + "/nothing", {}, 404), ("/vo/tap/nothing/sync", {}, 404),
    (DR1 + "/capabilities", {}, 200),
])
def test_errors_can_be_read_by_pages_too(vo, path, params, status):
    r = vo.request("GET", path, params=params,
                   headers={"Origin": "https://page.example"})
    assert r.status_code == status
    assert r.headers["Access-Control-Allow-Origin"] == "*"


def test_listed_origins(vo, conf_now):
    conf_now("VOCorsOrigins https://page.example http://localhost:8000")
    for origin, ok in (("https://page.example", True),
                       ("http://localhost:8000", True),
                       ("https://page.example.evil", False),
                       ("http://page.example", False), ("null", False)):
        for method, headers in (("GET", {"Origin": origin}),
                                ("OPTIONS", dict(PREFLIGHT, Origin=origin))):
            r = vo.request(method, DR1 + "/availability", headers=headers)
            assert r.status_code in (200, 204)
            assert "Origin" in r.headers["Vary"]
            assert r.headers.get("Access-Control-Allow-Origin") == (
                origin if ok else None)
            assert r.headers.get("Access-Control-Allow-Credentials") == (
                "true" if ok else None)
            assert ("Access-Control-Allow-Methods" in r.headers) == (
                ok and method == "OPTIONS")


def test_preflight_needs_no_login(vo, conf_now):
    users = vo.dir / "httpd" / "no-users"
    users.write_text("")
    conf_now('<IfModule !auth_basic_module>\nLoadModule auth_basic_module'
             ' /usr/lib/apache2/modules/mod_auth_basic.so\n</IfModule>\n'
             '<IfModule !authn_file_module>\nLoadModule authn_file_module'
             ' /usr/lib/apache2/modules/mod_authn_file.so\n</IfModule>\n'
             '<IfModule !authz_user_module>\nLoadModule authz_user_module'
             ' /usr/lib/apache2/modules/mod_authz_user.so\n</IfModule>\n'
             '<Location "%s">\nAuthType Basic\nAuthName x\nAuthUserFile "%s"\n'
             'Require valid-user\n</Location>' % (DR1, users))
    assert vo.request("OPTIONS", DR1 + "/sync",
                      headers=PREFLIGHT).status_code == 204
    r = vo.get(DR1 + "/sync", QUERY=QUERY)
    assert r.status_code == 401
    assert r.headers["Access-Control-Allow-Origin"] == "*"


def test_other_pages_are_left_alone(vo):
    r = vo.request("GET", "/no-such-page",
                   headers={"Origin": "https://page.example"})
    assert "Access-Control-Allow-Origin" not in r.headers


# --- bodies and paths -------------------------------------------------------------

def test_chunked_post(vo):
    def parts():
        yield b"LANG=ADQL&FORMAT=csv&QUERY=SELECT+TOP+1+"
        yield b"object_id+FROM+test.Stars"

    r = vo.post(DR1 + "/sync", parts(), headers={
        "Content-Type": "application/x-www-form-urlencoded"})
    assert r.request.headers["Transfer-Encoding"] == "chunked"
    assert r.status_code == 200 and r.text.startswith("object_id")


@pytest.mark.parametrize("chunked", [False, True])
def test_too_large_body(vo, conf_now, chunked):
    conf_now("VOMaxParams 4096")

    def parts():
        yield b"QUERY=SELECT+"
        for _ in range(100):
            yield b"1" * 1000

    body = parts() if chunked else b"".join(parts())
    r = vo.post(DR1 + "/sync", body, headers={
        "Content-Type": "application/x-www-form-urlencoded"})
    assert r.status_code == 413
    assert "4096" in VOTable(r.content).message()


def test_body_that_ends_early(vo):
    got = vo.raw(b"POST " + DR1.encode() + b"/sync HTTP/1.1\r\nHost: x\r\n"
                 b"Content-Type: application/x-www-form-urlencoded\r\n"
                 b"Transfer-Encoding: chunked\r\n\r\nZZ\r\n")
    assert got.split(b" ")[1] == b"400"


def test_no_file_is_looked_up(vo):
    """A file of the same path changes nothing."""
    r = vo.get(DR1 + "/sync/../sync", QUERY=QUERY)
    assert r.status_code == 200
    assert vo.get("/vo/tap/test-dr1%2Fsync").status_code == 404
