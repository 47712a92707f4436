"""test_image_10_obscore.py: ivoa.obscore of a release, by TAP."""
# SPDX-License-Identifier: GPL-3.0-or-later
import csv
import io

from pyvohttpd.jobs import run
from pyvohttpd.seed_images import IMAGES


def rows(vo, query, release="pix-dr1"):
    r = vo.post("/vo/tap/%s/sync" % release, {
        "LANG": "ADQL", "QUERY": query, "FORMAT": "csv"})
    assert r.status_code == 200, r.text
    return list(csv.DictReader(io.StringIO(r.text)))


def test_valid_images_are_there(vo):
    got = rows(vo, "SELECT obs_publisher_did, access_url, s_region, filter_id"
               " FROM ivoa.ObsCore")
    assert {g["obs_publisher_did"] for g in got} == {
        i["did"] for i in IMAGES if i["is_valid"]}
    for g in got:
        assert g["access_url"] == (
            vo.url + "/vo/datalink/pix-dr1/links?ID=" + g["obs_publisher_did"])


def test_point_in_footprint(vo):
    got = rows(vo, "SELECT obs_id, filter_name FROM ivoa.obscore WHERE"
               " 1 = CONTAINS(POINT(0.0, 45.0), s_region)")
    assert {(g["obs_id"], g["filter_name"]) for g in got} == {
        ("tile-103", f) for f in "ugr"}


def test_base_url_of_a_job(vo):
    job = run(vo, "SELECT TOP 1 access_url FROM ivoa.obscore",
              "/vo/tap/pix-dr1/async", FORMAT="csv")
    assert job.wait() == "COMPLETED"
    assert vo.url + "/vo/datalink/" in job.get("/results/result").text
