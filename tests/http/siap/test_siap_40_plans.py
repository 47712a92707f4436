"""test_siap_40_plans.py: searches for images use the indexes.

PostgreSQL itself tells the plan of each statement httpd sends (auto_explain), of
the first executions and, after some more, of the plan it keeps."""
# SPDX-License-Identifier: GPL-3.0-or-later
import json
import re
import time

import pytest

TIMES = 8  # by then PostgreSQL has chosen between plans for good


@pytest.fixture(scope="module")
def plans(brute):
    """plans(ask): every plan of the statements on images that ASK causes."""
    log = brute.dir / "pg.log"
    names = ("session_preload_libraries", "auto_explain.log_min_duration",
             "auto_explain.log_format")

    def reconnect():
        brute.sql("SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                  " WHERE usename = 'vo_web'")

    def plans_of(ask):
        start = log.stat().st_size
        for _ in range(TIMES):
            ask()
        time.sleep(0.3)
        text = log.read_bytes()[start:].decode("utf-8", "replace")
        found = []
        for part in re.findall(r"plan:\n(\t?\{.*?\n\t?\})\n", text, re.S):
            plan = json.loads(part)
            if ("brute_dr1" in plan["Query Text"]
                    and "GROUPING SETS" not in plan["Query Text"]):
                found.append(plan["Plan"])
        return found

    values = ("'auto_explain'", "0", "'json'")
    for name, value in zip(names, values):
        brute.sql("ALTER ROLE vo_web SET %s = %s" % (name, value))
    reconnect()
    yield plans_of
    for name in names:
        brute.sql("ALTER ROLE vo_web RESET %s" % name)
    reconnect()


def nodes(plan):
    yield plan
    for child in plan.get("Plans", []):
        yield from nodes(child)


def check(found, index):
    """Nothing is read from end to end, and INDEX is used."""
    assert len(found) == TIMES
    for plan in found:
        scans = [n for n in nodes(plan) if n["Node Type"] == "Seq Scan"
                 and n["Relation Name"] in ("vo_image", "vo_footprint",
                                            "vo_product")]
        assert not scans, json.dumps(plan, indent=1)
        assert index in [n.get("Index Name") for n in nodes(plan)], plan


SIA1 = [dict(POS="150,20", SIZE="0.3", INTERSECT=word) for word in (
    "OVERLAPS", "COVERS", "ENCLOSED", "CENTER")] + [
    dict(POS="150,20", SIZE="0", FORMAT="image/fits"),
    dict(POS="150,89.95", SIZE="0.3"),
    dict(POS="150,20", SIZE="0.1", NAXIS="100", VERB="3")]


@pytest.mark.parametrize("params", SIA1)
def test_sia1(brute, plans, params):
    check(plans(lambda: brute.get("/vo/siap/brute-dr1", **params)),
          "vo_footprint_region")


SIA2 = [dict(POS="CIRCLE 150 20 0.1"), dict(POS="RANGE 150 151 20 21"),
        dict(POS="POLYGON 150 20 151 20 151 21"),
        dict(POS=["CIRCLE 150 20 0.1", "CIRCLE 20 -20 0.1"]),
        dict(POS="CIRCLE 150 20 0.1", BAND="5e-7", TIME="50000 60000"),
        dict(POS="CIRCLE 150 20 0.1", COLLECTION="C", CALIB=["2", "3"])]


@pytest.mark.parametrize("params", SIA2)
def test_sia2(brute, plans, params):
    check(plans(lambda: brute.get("/vo/siap2/brute-dr1/query", **params)),
          "vo_footprint_region")


def test_sia2_identifier(brute, plans):
    check(plans(lambda: brute.get("/vo/siap2/brute-dr1/query",
                                  ID="IVO://x/77")), "vo_image_did")


ADQL = [
    "INTERSECTS(s_region, CIRCLE(150, 20, 0.1)) = 1",
    "1 = INTERSECTS(CIRCLE(150, 20, 0.1), s_region)",
    "CONTAINS(POINT(150, 20), s_region) = 1",
    "1 = CONTAINS(s_region, CIRCLE(150, 20, 2))",
    "1 = CONTAINS(POINT('ICRS', 150, 20), s_region) AND em_min < 5e-7",
    "1 = INTERSECTS(s_region, POLYGON(150, 20, 151, 20, 151, 21))",
]


@pytest.mark.parametrize("condition", ADQL)
def test_adql(brute, plans, condition):
    query = "SELECT * FROM ivoa.ObsCore WHERE " + condition
    check(plans(lambda: brute.post("/vo/tap/brute-dr1/sync", {
        "LANG": "ADQL", "QUERY": query})), "vo_footprint_region")


def test_check_can_fail(brute, plans):
    found = plans(lambda: brute.get("/vo/siap2/brute-dr1/query", TARGET="x"))
    with pytest.raises(AssertionError):
        check(found, "vo_footprint_region")
    assert len(found) == TIMES
