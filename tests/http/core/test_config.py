"""test_config.py: every directive, inherited, overridden and refused."""
# SPDX-License-Identifier: GPL-3.0-or-later
import os
import re
import subprocess
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
import requests

from pyvohttpd.access import load
from pyvohttpd.xmltree import parse

DR1 = "/vo/tap/test-dr1"
DR2 = "/vo/tap/test-dr2"
QUERY = "SELECT TOP 1 object_id FROM test.Stars"


class Place:
    """Where a directive's value is seen: a virtual host and a service."""

    def __init__(self, vo, host, base, rest="/vo/tap/test-dr1"):
        self.vo, self.host, self.base = vo, host, base + rest

    def get(self, rest, method="GET", headers=None, **kw):
        return requests.request(
            method, self.vo.url + self.base + rest, timeout=30,
            headers=dict({"Host": self.host}, **(headers or {})), **kw)

    def capability(self, path):
        root = parse(self.get("/capabilities").content)
        tap = [c for c in root if c.get("standardID") ==
               "ivo://ivoa.net/std/TAP"][0]
        return tap.find(path)


def access_url(place, headers=None):
    r = place.get("/capabilities", headers=headers)
    assert r.status_code == 200, r.text
    return [e.text for e in parse(r.content).iter("accessURL")][0]


def see_base_url(place):
    return access_url(place).split("/tap/")[0]


def see_forwarded(place):
    url = access_url(place, {"X-Forwarded-Host": "seen.example",
                             "X-Forwarded-Proto": "https"})
    return "On" if url.startswith("https://seen.example/vo/") else "Off"


def see_origins(place):
    r = place.get("/availability", headers={"Origin": "https://a.example"})
    return r.headers.get("Access-Control-Allow-Origin", "none")


def see_max_params(place):
    for size in (1500, 3000, 6000):
        r = place.get("/sync", "POST", data={"QUERY": QUERY,
                                             "x": "y" * size})
        if r.status_code == 413:
            return {1500: "1200", 3000: "2400", 6000: "4800"}[size]
        assert r.status_code == 200
    return "more"


def see_login(place):
    """Where one may sign in, a challenge says so."""
    said = place.get("/capabilities").headers["WWW-Authenticate"]
    url = re.search(r'access_url="([^"]*)"', said).group(1)
    # a path is told as one of this server
    return url if "?" in url else "/" + url.split("/", 3)[3]


def see_maxrec(place):
    limit = place.capability("outputLimit")
    return "%s %s" % (limit.find("default").text, limit.find("hard").text)


def see_upload_limit(place):
    limit = place.capability("uploadLimit")
    return "%s %s" % (limit.find("hard").text, limit.find("default").text)


def see_upload_from(place):
    """Who is not on the list is told so."""
    allowed = []
    for host in ("a.invalid", "b.invalid", "c.invalid"):
        r = place.get("/sync", params={
            "QUERY": "SELECT * FROM TAP_UPLOAD.t",
            "UPLOAD": "t,http://%s/" % host})
        assert r.status_code == 400
        if "not among" not in r.text:
            allowed.append(host)
    return " ".join(allowed)


def see_timeout(place):
    """A query that takes for ever tells how long it was let run."""
    r = place.get("/sync", params={
        "FORMAT": "csv", "QUERY": "SELECT COUNT(*) AS n FROM test.Stars AS a"
        " JOIN test.Stars AS b ON a.mag + b.mag > 0"
        " JOIN test.Stars AS c ON b.mag + c.mag > a.mag"})
    assert r.status_code == 400, r.text
    return re.search(r"([0-9]+) s\b", r.text).group(1)


class Resolver(BaseHTTPRequestHandler):
    """A name service that answers /N?name with right ascension N."""

    def do_GET(self):
        self.send_response(200)
        self.end_headers()
        self.wfile.write(b"%%J %s 0\n" % self.path[1:2].encode())

    def log_message(self, *args):
        pass


RESOLVER = ThreadingHTTPServer(("127.0.0.1", 0), Resolver)
threading.Thread(target=RESOLVER.serve_forever, daemon=True).start()
RESOLVERS = ["http://127.0.0.1:%d/%d?%%s" % (RESOLVER.server_port, i)
             for i in (1, 2, 3)]


def see_resolver(place):
    r = place.get("/sync", params={
        "QUERY": "SELECT TOP 1 COORD1(ivo_simbadpoint('x')) FROM test.Stars",
        "RESPONSEFORMAT": "csv"})
    return RESOLVERS[int(float(r.text.split()[1])) - 1]


def see_votable(place):
    r = place.get("/sync", params={"QUERY": QUERY})
    return "BINARY2" if b"<BINARY2>" in r.content else "TABLEDATA"


def new_job(place, **params):
    """Make a job; its path below the service, or the status when refused."""
    r = place.get("/async", "POST", data=params, allow_redirects=False)
    if r.status_code != 303:
        return None, r.status_code
    return "/async/" + r.headers["Location"].rsplit("/", 1)[1], 303


def see_jobs_per_user(place):
    place.vo.sql("DELETE FROM vo.job")
    for n in range(20):
        _, status = new_job(place)
        if status == 429:
            break
    place.vo.sql("DELETE FROM vo.job")
    return str(n)


def see_job_queue(place):
    """Jobs that nobody may take yet fill the queue one by one."""
    place.vo.sql("DELETE FROM vo.job")
    for n in range(20):
        _, status = new_job(place, PHASE="RUN", QUERY=QUERY)
        if status == 503:
            break
        place.vo.sql(
            "DELETE FROM vo.job; INSERT INTO vo.job (job_id, service,"
            " release_id, client, phase, queued, not_before, destruction,"
            " duration) SELECT md5(g::text), 'tap', 'x', 'x', 'QUEUED', now(),"
            " 'infinity', 'infinity', 1 FROM generate_series(0, %s) g", (n,))
    place.vo.sql("DELETE FROM vo.job")
    return str(n)


def see_job_wait(place):
    place.vo.sql("DELETE FROM vo.job")
    job, _ = new_job(place)
    start = time.monotonic()
    assert place.get(job + "?WAIT=-1").status_code == 200
    return "%d" % (time.monotonic() - start)


def see_job_duration(place):
    place.vo.sql("DELETE FROM vo.job")
    job, _ = new_job(place)
    deflt = place.get(job + "/executionduration").text
    place.get(job + "/executionduration", "POST",
              data={"EXECUTIONDURATION": "0"}, allow_redirects=False)
    return deflt + " " + place.get(job + "/executionduration").text


def see_job_retention(place):
    def seconds(**params):
        job, _ = new_job(place, **params)
        return place.vo.sql(
            "SELECT round(extract(epoch FROM destruction - created))::int::text"
            " FROM vo.job WHERE job_id = %s", (job[7:],))[0][0]

    place.vo.sql("DELETE FROM vo.job")
    return seconds() + " " + seconds(DESTRUCTION="2099-01-01")


def see_job_max_bytes(place):
    """A result of n bytes is refused where n is more than the limit."""
    place.vo.sql("DELETE FROM vo.job")
    for size in (200, 500, 800):
        job, _ = new_job(place, PHASE="RUN", FORMAT="csv", LANG="ADQL",
                         QUERY="SELECT TOP 1 '%s' AS t FROM test.Stars"
                         % ("x" * size))
        root = place.get(job + "?WAIT=20").content
        while b"<uws:phase>COMPLETED" not in root:
            if b"<uws:phase>ERROR" in root:
                assert b"bytes" in root
                return {200: "100", 500: "400", 800: "700"}[size]
            root = place.get(job + "?WAIT=20").content
    return "more"


# directive: how to see it; three values that differ; values that are refused,
# each with words the message must hold besides the directive's name
DIRECTIVES = {
    "VOBaseURL": (see_base_url, ["https://a.example/x", "http://b.example:81",
                                 "https://c.example/vo"],
                  ["ftp://x", "example.org", "http://x/?a=1"]),
    "VOTrustForwarded": (see_forwarded, ["On", "Off", "On"], ["maybe"]),
    "VOCorsOrigins": (see_origins, ["https://a.example", "none", "*"],
                      ["a.example", "* https://x", "https://x/path", ""]),
    "VOMaxParams": (see_max_params, ["1200", "2400", "4800"],
                    ["0", "-5", "12k", "99999999999999"]),
    "VOLogin": (see_login, ["/a", "https://b.example/c?d=e", "/f"],
                ["login", "ftp://x", '\'/a"b\'']),
    "TAPMaxRec": (see_maxrec, ["3 7", "4 8", "5 9"],
                  ["0", "7 3", "x", "1 -1", "5 x"]),
    "TAPUploadLimit": (see_upload_limit, ["1000 3", "2000 4", "3000 5"],
                       ["0", "x", "none 5", "10 0", "10 x"]),
    "TAPUploadFrom": (see_upload_from,
                      ["a.invalid", "b.invalid c.invalid", "c.invalid"],
                      ["none a.invalid", "http://x/", "*"]),
    "TAPTimeout": (see_timeout, ["1", "2", "3"], ["0", "-1", "x", "1.5"]),
    "TAPNameResolver": (see_resolver, RESOLVERS,
                        ["http://x/", "x/%s", "http://x/%s/%s"]),
    "TAPVOTable": (see_votable, ["BINARY2", "TABLEDATA", "BINARY2"],
                   ["FITS", "binary"]),
    "VOJobsPerUser": (see_jobs_per_user, ["2", "3", "4"], ["-1", "x", "1.5"]),
    "VOJobQueue": (see_job_queue, ["2", "3", "4"], ["-1", "x", "9999999"]),
    "VOJobWait": (see_job_wait, ["0", "1", "2"], ["-1", "x"]),
    "VOJobDuration": (see_job_duration, ["11 22", "33 44", "55 66"],
                      ["-1", "7 3", "x", "0 5"]),
    "VOJobRetention": (see_job_retention, ["100 200", "300 400", "500 600"],
                       ["0", "-1", "7 3", "0 5"]),
    "VOJobMaxBytes": (see_job_max_bytes, ["100", "400", "700"],
                      ["-1", "1k"]),
}
# VORoot decides where everything is: test_root; workers are the server's;
# VOPoolWait: tap/test_tap_80_pool.py; VOJobNice: tap/test_tap_34_async_nice.py
ELSEWHERE = {"VORoot", "VOPoolWait", "VOJobWorkers", "VOJobNice",
             "VOJobDatabase", "VOResultDir"}


def directives(vo, modules):
    """Names of the directives of MODULES, and what `httpd -L` says of each."""
    rc, out = vo.httpd("-L", "-d", vo.dir / "httpd", "-f",
                       vo.dir / "httpd" / "httpd.conf")
    assert rc == 0, out
    found = {}
    for name, module, text in re.findall(
            r"^(\S+) \((\S+)\)\n((?:\t.*\n)*)", out, re.M):
        if module in modules:
            found[name] = text
    return found


def test_every_directive_is_tested_and_documented(vo):
    found = directives(vo, ("mod_vo.c", "mod_tap.c"))
    assert set(found) == set(DIRECTIVES) | ELSEWHERE
    for name, text in found.items():
        help_text, where = text.strip().splitlines()[:2]
        assert "Default: " in help_text and help_text.endswith("."), name
        assert "anywhere" in where or "outside" in where, (name, where)


def test_server_location_and_virtual_host(vo, conf_now):
    """Values A for the server, B in a <Location>, C in a virtual host."""
    def lines(i):
        return "\n".join("%s %s" % (d, v[1][i])
                         for d, v in DIRECTIVES.items())

    port = vo.url.rsplit(":", 1)[1]
    # a <Location> that sets something else must not hide what it inherits
    conf_now(load("auth_basic", "authn_file", "authz_groupfile") + """
%s
<Location "/vo">
    AuthType Basic
    AuthName "test"
    AuthUserFile /none
    AuthGroupFile /none
    Require vo-release
</Location>
<Location "%s">
    VORoot /vo
</Location>
<Location "%s">
    %s
</Location>
<VirtualHost 127.0.0.1:%s>
    ServerName main.test
</VirtualHost>
<VirtualHost 127.0.0.1:%s>
    ServerName other.test
    %s
</VirtualHost>
""" % (lines(0), DR1, DR2, lines(1), port, port, lines(2)))
    places = [
        (Place(vo, "main.test", "", "/vo/tap/test-dr1"), 0),
        (Place(vo, "main.test", "", "/vo/tap/test-dr2"), 1),
        (Place(vo, "other.test", "", "/vo/tap/test-dr1"), 2),
        # sections of the main server come after the virtual host's own lines
        (Place(vo, "other.test", "", "/vo/tap/test-dr2"), 1),
    ]
    for name, (see, values, _) in DIRECTIVES.items():
        for place, i in places:
            # the address of the proxy is not asked for where one is fixed
            if name == "VOTrustForwarded":
                continue
            assert see(place) == values[i], (name, place.host, place.base)


def test_forwarded_per_server_and_location(vo, conf_now):
    conf_now("VOTrustForwarded On\n<Location \"%s\">\nVOTrustForwarded Off\n"
             "</Location>" % DR2)
    assert see_forwarded(Place(vo, "main.test", "")) == "On"
    assert see_forwarded(Place(vo, "main.test", "", DR2)) == "Off"


def test_defaults(vo, conf_now):
    port = vo.url.rsplit(":", 1)[1]
    place = Place(vo, "plain.test:" + port, "")
    assert see_base_url(place) == "http://plain.test:%s/vo" % port
    assert see_forwarded(place) == "Off"
    assert see_origins(place) == "*"
    assert see_max_params(place) == "more"
    assert see_maxrec(place) == "100000 10000000"
    times = [place.capability("executionDuration"),
             place.capability("retentionPeriod")]
    assert [[e.text for e in t] for t in times] == [["3600", "86400"],
                                                    ["604800", "2592000"]]
    assert see_votable(place) == "TABLEDATA"


@pytest.mark.parametrize("name, value", [
    (name, value) for name, (_, _, bad) in sorted(DIRECTIVES.items())
    for value in bad] + [("VORoot", v) for v in ("vo", "/a//b", "/a?b", "")])
def test_bad_values_are_refused(vo, name, value):
    accepted, text = vo.configtest("%s %s" % (name, value or '""'))
    assert not accepted
    assert name in text
    if value and " " not in value and name != "VOTrustForwarded":
        assert value in text


def test_forwarded_headers_are_checked(vo, conf_now):
    conf_now("VOTrustForwarded On")
    place = Place(vo, "main.test", "")
    for headers, want in (
            ({"X-Forwarded-Host": "p.example"}, "http://p.example/vo/"),
            ({"X-Forwarded-Host": "p.example, q.example",
              "X-Forwarded-Proto": "https,http"}, "https://p.example/vo/"),
            ({"X-Forwarded-Host": "p.example", "X-Forwarded-Port": "8443",
              "X-Forwarded-Proto": "https"}, "https://p.example:8443/vo/"),
            ({"X-Forwarded-Host": "p.example:81", "X-Forwarded-Port": "81"},
             "http://p.example:81/vo/"),
            ({"X-Forwarded-Host": "[::1]", "X-Forwarded-Port": "81"},
             "http://[::1]:81/vo/"),
            ({"X-Forwarded-Host": "p.example", "X-Forwarded-Proto": "gopher"},
             "http://p.example/vo/"),
            ({"X-Forwarded-Host": "evil\"><script>"}, "http://main.test"),
            ({"X-Forwarded-Host": ""}, "http://main.test"),
            ({"X-Forwarded-Proto": "https"}, "http://main.test")):
        assert access_url(place, headers).startswith(want), headers


@pytest.mark.parametrize("root, at", [("/", ""), ("/a/b", "/a/b"),
                                      ("/v/", "/v")])
def test_root(vo, conf_now, root, at):
    conf_now('<Location "%s/tap">\nVORoot %s\nSetHandler vo-tap\n</Location>'
             % (at, root))
    place = Place(vo, "main.test", at, "/tap/test-dr1")
    assert access_url(place).startswith("http://main.test")
    assert access_url(place).split("main.test", 1)[1].endswith(
        at + "/tap/test-dr1")
    assert place.get("/sync", params={"QUERY": QUERY}).status_code == 200
    assert Place(vo, "main.test", "").get("/sync", params={
        "QUERY": QUERY}).status_code == 200


def test_location_that_is_not_below_the_root(vo, conf_now, expect_log):
    expect_log("VO1100")
    conf_now('<Location "/elsewhere">\nSetHandler vo-tap\n</Location>')
    assert vo.get("/elsewhere/tap/test-dr1").status_code == 404


def test_loading_says_nothing(vo, conf_now):
    """Configuration alone logs nothing of ours, even at debug level."""
    vo.log.mark()
    conf_now("LogLevel debug\nTAPTimeout 5")
    assert not [x for x in vo.log.new_lines()
                if re.search(r"\] VO\d+", x) and "[pid" in x
                and ":debug]" not in x]
