"""test_datalink_10_links.py: the links of images, DataLink 1.1.

What is expected comes from seed_images and the files on disk.
"""
# SPDX-License-Identifier: GPL-3.0-or-later
import csv
import io
import json
from urllib.parse import parse_qs, urlsplit

import pytest

from pyvohttpd import seed_images
from pyvohttpd.seed_images import IMAGES, path
from pyvohttpd.xmltree import VOT, VOTable

LINKS = "/vo/datalink/pix-dr1/links"
TYPE = "application/x-votable+xml;content=datalink"
FIELDS = {  # DataLink 1.1, table 1: name -> datatype, arraysize, unit, UCD
    "ID": ("char", "*", None, "meta.id;meta.main"),
    "access_url": ("char", "*", None, "meta.ref.url"),
    "service_def": ("char", "*", None, "meta.ref"),
    "error_message": ("char", "*", None, "meta.code.error"),
    "description": ("char", "*", None, "meta.note"),
    "semantics": ("char", "*", None, "meta.code"),
    "content_type": ("char", "*", None, "meta.code.mime"),
    "content_length": ("long", None, "byte", "phys.size;meta.file"),
    "content_qualifier": ("char", "*", None, None),
    "local_semantics": ("char", "*", None, "meta.id.assoc"),
    "link_auth": ("char", "*", None, "meta.code"),
    "link_authorized": ("boolean", None, None, "meta.code"),
}
COADD = IMAGES[2]   # the r image of tile 101: it has progenitors
SINGLE = IMAGES[12]
INVALID = IMAGES[13]


class Links(VOTable):
    """A table of links: rows as dicts, descriptors by XML ID."""

    def __init__(self, data):
        super().__init__(data)
        self.links = [dict(zip(self.names, row)) for row in self.rows]
        self.services = {}
        for res in self.resources:
            if res.get("utype") == "adhoc:service":
                self.services[res.get("ID")] = res

    def of(self, did, semantics=None):
        return [k for k in self.links if k["ID"] == did
                and semantics in (None, k["semantics"])]


def params(resource):
    """What a descriptor says: of itself, and its inputs as elements."""
    said = {p.get("name"): p.get("value")
            for p in resource.findall(VOT + "PARAM")}
    group = resource.find(VOT + "GROUP")
    assert group.get("name") == "inputParams"
    return said, {p.get("name"): p for p in group.findall(VOT + "PARAM")}


def ask(vo, *dids, **kw):
    r = vo.get(LINKS, ID=list(dids), **kw)
    assert r.status_code == 200, r.text
    assert r.headers["Content-Type"] == TYPE
    return Links(r.content)


def test_fields(vo):
    t = ask(vo, COADD["did"])
    assert {f.get("name"): (f.get("datatype"), f.get("arraysize"),
                            f.get("unit"), f.get("ucd"))
            for f in t.fields} == FIELDS
    results = [r for r in t.resources if r.get("type") == "results"]
    assert len(results) == 1 and len(t.tables) == 1
    assert ("standardID", "ivo://ivoa.net/std/DataLink#links-1.1", "") in [
        (i.get("name"), i.get("value"), i.text or "")
        for i in results[0].findall(VOT + "INFO")]
    assert t.status() == ["OK"]


def products(vo, image):
    """(semantics, local, media type, size) of a tile's products."""
    stem = "%d_%s" % (image["tile_id"], image["filter_name"])
    return [(sem, kind, media, path(vo, "tiles/" + stem + end).stat().st_size)
            for sem, kind, media, end in (
                ("#weight", "weight", "image/fits", ".weight.fits"),
                ("#auxiliary", "mask", "image/fits", ".mask.fits"),
                ("#auxiliary", "psf", "image/fits", ".psf"),
                ("#preview", "preview", "image/png", ".png"))]


@pytest.mark.parametrize("image", IMAGES[:12], ids=lambda i: i["path"])
def test_coadd(vo, image):
    t = ask(vo, image["did"])
    assert {k["ID"] for k in t.links} == {image["did"]}
    this, = t.of(image["did"], "#this")
    assert int(this["content_length"]) == path(vo, image).stat().st_size
    assert this["content_type"] == "image/fits"
    assert this["content_qualifier"] == "#image"
    assert image["filter_name"] in this["description"].split()
    url = urlsplit(this["access_url"])
    assert url.path == "/vo/siap/pix-dr1/get_file"
    assert parse_qs(url.query) == {"ID": [image["did"]]}
    found = [(k["semantics"], k["local_semantics"], k["content_type"],
              int(k["content_length"])) for k in t.links
             if k["local_semantics"] in ("weight", "mask", "psf", "preview")]
    assert sorted(found) == sorted(products(vo, image))
    ids = [i for i, in vo.sql("SELECT product_id FROM pix_dr1.vo_product WHERE"
                              " image_id = %s", (image["id"],))]
    assert sorted(int(parse_qs(urlsplit(k["access_url"]).query)["PRODUCT"][0])
                  for k in t.links if "PRODUCT" in k["access_url"]) == sorted(
                      ids)
    for k in t.links:
        given = [n for n in ("access_url", "service_def", "error_message")
                 if k[n]]
        assert len(given) == 1 and k["description"]
        if not k["error_message"]:
            assert k["link_auth"] == "false"
            assert k["link_authorized"] in ("T", "true", "1")
        else:
            assert (k["link_auth"], k["link_authorized"]) == ("", "")


def test_links_give_what_they_promise(vo):
    """HEAD of every address of ours: media type and size as told."""
    dids = [i["did"] for i in IMAGES]
    n = 0
    for k in ask(vo, *dids).links:
        if not k["access_url"].startswith(vo.url):
            continue
        r = vo.request("HEAD", k["access_url"])
        assert r.status_code == 200, k
        assert r.headers["Content-Type"] == k["content_type"]
        if k["content_length"]:
            assert r.headers["Content-Length"] == k["content_length"]
            n += 1
    assert n == 5 * 12 + 1


def test_documentation(vo):
    k, = ask(vo, COADD["did"]).of(COADD["did"], "#documentation")
    assert k["access_url"] == "https://doi.org/10.5072/test"


def test_progenitors(vo):
    """Of two progenitors one is an image here: a link to its own links."""
    known, = ask(vo, COADD["did"]).of(COADD["did"], "#progenitor")
    assert known["access_url"] == vo.url + LINKS + "?ID=" + SINGLE["did"]
    assert known["content_type"] == TYPE
    r = vo.get(known["access_url"])
    assert Links(r.content).of(SINGLE["did"], "#this")
    assert not ask(vo, SINGLE["did"]).of(SINGLE["did"], "#progenitor")


def test_invalid_images_are_told(vo):
    """Gone from searches and downloads, not from history."""
    k, = ask(vo, INVALID["did"]).links
    assert k["semantics"] == "#this" and INVALID["obs_id"] in k["description"]
    assert k["error_message"] == ("NotFoundFault: this data product was"
                                  " flagged invalid: out of focus")
    assert vo.get("/vo/siap/pix-dr1/get_file",
                  ID=INVALID["did"]).status_code == 404


def circle(image):
    half = seed_images.SIZE * seed_images.SCALE * 2 ** 0.5 / 2
    return image["ra"], image["dec"], half


@pytest.mark.parametrize("image", [i for i in IMAGES if i["is_valid"]],
                         ids=lambda i: i["path"])
def test_cutouts(vo, image):
    """SODA's descriptors, sync and async, with the image's own ranges."""
    t = ask(vo, image["did"], IMAGES[0]["did"])
    rows = t.of(image["did"], "#cutout")
    seen = set()
    for k in rows:
        said, inputs = params(t.services[k["service_def"]])
        seen.add((said["standardID"], urlsplit(said["accessURL"]).path))
        assert inputs["ID"].get("value") == image["did"]
        assert inputs["ID"].get("ref") is None
        for name, unit, ucd, kind, size, xtype in (
                ("CIRCLE", "deg", "pos.outline;obs", "double", "3", "circle"),
                ("POLYGON", "deg", "pos.outline;obs", "double", "*",
                 "polygon"),
                ("POS", None, "pos.outline;obs", "char", "*", None),
                ("BAND", "m", "em.wl;stat.interval", "double", "2",
                 "interval")):
            p = inputs[name]
            assert (p.get("unit"), p.get("ucd"), p.get("datatype"),
                    p.get("arraysize"), p.get("xtype"), p.get("value")) == (
                        unit, ucd, kind, size, xtype, "")

        def limit(name, which):
            return [float(v) for v in inputs[name].find(
                VOT + "VALUES/" + VOT + which).get("value").split()]

        assert limit("CIRCLE", "MAX") == pytest.approx(circle(image))
        corners = limit("POLYGON", "MAX")
        assert len(corners) == 8
        for dec in corners[1::2]:
            assert abs(dec - image["dec"]) < circle(image)[2]
        half = image["width"] / 2
        assert limit("BAND", "MIN") + limit("BAND", "MAX") == pytest.approx(
            [(image["wave"] - half) * 1e-10, (image["wave"] + half) * 1e-10])
        assert inputs["POS"].find(VOT + "VALUES") is None
    assert seen == {
        ("ivo://ivoa.net/std/SODA#sync-1.0", "/vo/soda/pix-dr1/sync"),
        ("ivo://ivoa.net/std/SODA#async-1.0", "/vo/soda/pix-dr1/async")}


def test_several_in_the_order_asked(vo):
    """The order asked for, bad ones in their place, none twice."""
    dids = [IMAGES[5]["did"], "ivo://test.example/nothing", IMAGES[1]["did"],
            "x y&z=1#2+3%41?<\xe9>", IMAGES[5]["did"], IMAGES[9]["did"]]
    t = ask(vo, *dids)
    order = [k["ID"] for k in t.links]
    blocks = [d for i, d in enumerate(order) if i == 0 or order[i - 1] != d]
    assert blocks == dids[:4] + dids[5:]
    for bad in (dids[1], dids[3]):
        k, = t.of(bad)
        assert k["semantics"] == "#this"
        assert k["error_message"].startswith("NotFoundFault: ")
    refs = [k["service_def"] for k in t.links if k["service_def"]]
    assert len(refs) == len(set(refs)) == 6
    assert set(refs) == set(t.services)


def test_no_id(vo):
    """A normal, empty table, and how to ask better."""
    t = ask(vo)
    assert not t.rows and t.status() == ["OK"]
    assert not t.services
    me, = [r for r in t.resources if r.get("utype") == "adhoc:this"]
    said, inputs = params(me)
    assert said["accessURL"] == vo.url + LINKS
    assert set(inputs) == {"ID", "RESPONSEFORMAT"}


def test_empty_id(vo):
    k, = ask(vo, "").links
    assert k["ID"] == "" and k["error_message"].startswith("NotFoundFault: ")


def test_releases_do_not_mix(vo):
    did = IMAGES[0]["did"].replace("pix-dr1", "pix-private")
    k, = ask(vo, did).links
    assert k["error_message"].startswith("NotFoundFault: ")
    r = vo.get("/vo/datalink/pix-private/links", ID=did)
    assert r.status_code == 404 and "NotFoundFault: " in r.text


def test_release_without_images(vo):
    r = vo.get("/vo/datalink/test-dr1/links", ID=COADD["did"])
    assert r.status_code == 200
    k, = Links(r.content).links
    assert k["error_message"].startswith("NotFoundFault: ")


def test_post(vo):
    t = vo.post(LINKS, data={"ID": [COADD["did"], SINGLE["did"]]})
    assert t.status_code == 200 and t.headers["Content-Type"] == TYPE
    assert t.content == vo.get(LINKS,
                               ID=[COADD["did"], SINGLE["did"]]).content
    form = vo.post(LINKS, files=[("ID", (None, COADD["did"])),
                                 ("id", (None, SINGLE["did"]))])
    assert form.content == t.content


def test_thousands_in_one_post(vo):
    """Few round trips, and no row lost."""
    known = [i["did"] for i in IMAGES if i["is_valid"]]
    dids = []
    for k in range(5000):
        dids.append("%s%d" % (seed_images.DID, k) if k % 100 else
                    known[(k // 100) % len(known)])
    asked = list(dict.fromkeys(dids))
    r = vo.post(LINKS, data={"ID": dids})
    assert r.status_code == 200
    t = Links(r.content)
    order = [k["ID"] for k in t.links]
    assert [d for i, d in enumerate(order)
            if i == 0 or order[i - 1] != d] == asked
    missing = [k for k in t.links if k["semantics"] == "#this"
               and k["error_message"]]
    assert len(missing) == len(asked) - len(known)


def test_limit_of_ids(vo, conf_now):
    conf_now('<Location "/vo/datalink/pix-dr1">\nDataLinkMaxIds 2\n'
             '</Location>')
    dids = [i["did"] for i in IMAGES[:3]]
    t = ask(vo, *dids[:2])
    assert t.status() == ["OK"]
    t = ask(vo, *dids)
    assert t.status() == ["OK", "OVERFLOW"]
    assert {k["ID"] for k in t.links} == set(dids[:2])
    assert len(t.of(dids[1])) == len(ask(vo, dids[1]).links)


@pytest.mark.parametrize("asked, told", [
    ("votable", TYPE), ("application/x-votable+xml", TYPE), (TYPE, TYPE),
    ("application/x-votable+xml; content=datalink", TYPE), ("", TYPE),
    ("text/xml", "text/xml")])
def test_votable_is_tabledata(vo, asked, told):
    r = vo.get(LINKS, ID=COADD["did"], RESPONSEFORMAT=asked)
    assert r.status_code == 200 and r.headers["Content-Type"] == told
    t = Links(r.content)
    assert t.root.find(".//" + VOT + "TABLEDATA") is not None
    assert t.of(COADD["did"], "#this")


def test_other_formats(vo):
    want = [k for k in ask(vo, COADD["did"]).links if not k["service_def"]]
    r = vo.get(LINKS, ID=COADD["did"], RESPONSEFORMAT="csv")
    rows = list(csv.DictReader(io.StringIO(r.text)))
    assert [k["access_url"] for k in rows] == [k["access_url"] for k in want]
    assert [k["content_length"] for k in rows] == [
        k["content_length"] for k in want]
    r = vo.get(LINKS, ID=COADD["did"], RESPONSEFORMAT="json")
    assert r.status_code == 200 and json.loads(r.text)
    from astropy.io import fits
    from astropy.io.votable import parse_single_table
    r = vo.get(LINKS, ID=COADD["did"], RESPONSEFORMAT="fits")
    with fits.open(io.BytesIO(r.content)) as hdus:
        assert list(hdus[1].data["content_length"]) == [
            int(k["content_length"] or -2 ** 63) for k in want]
    r = vo.get(LINKS, ID=COADD["did"], RESPONSEFORMAT="votable/b2")
    assert r.headers["Content-Type"].endswith(";content=datalink")
    table = parse_single_table(io.BytesIO(r.content))
    assert list(table.array["content_length"].filled(-1)) == [
        int(k["content_length"] or -1)
        for k in ask(vo, COADD["did"]).links]


@pytest.mark.parametrize("query", [
    "RESPONSEFORMAT=nonsense", "ID=%ff",
    "RESPONSEFORMAT=csv&RESPONSEFORMAT=csv"])
def test_bad_requests(vo, query):
    r = vo.get(LINKS + "?" + query)
    assert r.status_code == 400
    assert r.headers["Content-Type"] == "application/x-votable+xml"
    t = VOTable(r.content)
    assert t.status() == ["ERROR"] and not t.tables
    assert t.message().startswith("UsageFault: ")


def test_database_down_is_transient(vo, conf_now, expect_log):
    """A look-up that takes too long is no fault of the client's."""
    conf_now("DataLinkTimeout 1")
    expect_log("took longer")
    conn = vo.connect()
    conn.autocommit = False
    try:
        conn.cursor().execute("LOCK TABLE pix_dr1.vo_image")
        r = vo.get(LINKS, ID=COADD["did"])
    finally:
        conn.rollback()
        conn.close()
    assert r.status_code >= 400
    assert VOTable(r.content).message().startswith("TransientFault: ")


def test_head_and_methods(vo):
    r = vo.request("HEAD", LINKS, params={"ID": COADD["did"]})
    assert r.status_code == 200 and r.content == b""
    assert r.headers["Content-Type"] == TYPE
    for method in ("PUT", "DELETE", "PATCH"):
        r = vo.request(method, LINKS)
        assert r.status_code == 405
    r = vo.request("OPTIONS", LINKS, headers={
        "Origin": "https://elsewhere.example",
        "Access-Control-Request-Method": "GET"})
    assert r.status_code in (200, 204)
    assert r.headers["Access-Control-Allow-Origin"] == "*"


@pytest.mark.parametrize("p", [
    "/vo/datalink", "/vo/datalink/", "/vo/datalink/pix-dr1",
    "/vo/datalink/pix-dr1/", "/vo/datalink/pix-dr1/link",
    "/vo/datalink/pix-dr1/links/", "/vo/datalink/pix-dr1/links/x",
    "/vo/datalink/nowhere/links", "/vo/datalink/pix-private/links"])
def test_what_is_not_there(vo, p):
    assert vo.get(p, ID=COADD["did"]).status_code == 404


def test_directives_merge(vo, conf_now):
    """For the server, a <Location> and a virtual host, each its own."""
    port = vo.url.rsplit(":", 1)[1]
    conf_now("""
DataLinkMaxIds 2
DataLinkTimeout 1
<Location "/vo/datalink/pix-dr1">
    DataLinkTimeout 7
</Location>
<Location "/vo/datalink/test-dr1">
    DataLinkMaxIds 3
</Location>
<VirtualHost 127.0.0.1:%s>
    ServerName main.test
</VirtualHost>
<VirtualHost 127.0.0.1:%s>
    ServerName other.test
    DataLinkMaxIds 4
</VirtualHost>
""" % (port, port))
    for host, release, n in (
            ("main.test", "pix-dr1", 2), ("main.test", "test-dr1", 3),
            ("other.test", "pix-dr1", 4), ("other.test", "test-dr1", 3)):
        r = vo.request("GET", "/vo/datalink/%s/links" % release, params={
            "ID": list("abcdefgh")}, headers={"Host": host})
        assert len(VOTable(r.content).rows) == n, (host, release)


@pytest.mark.parametrize("line", [
    "DataLinkMaxIds 0", "DataLinkMaxIds many", "DataLinkMaxIds",
    "DataLinkTimeout 0", "DataLinkTimeout 86401"])
def test_bad_directives(vo, line):
    ok, text = vo.configtest(line)
    assert not ok and line.split()[0] in text


def test_vosi(vo):
    for base in ("/vo/datalink/pix-dr1/", "/vo/pix-dr1/"):
        r = vo.get(base + "capabilities")
        assert r.status_code == 200
        assert "ivo://ivoa.net/std/DataLink#links-1.1" in r.text
        assert vo.url + LINKS + "</accessURL>" in r.text
    assert "DataLink" not in vo.get("/vo/test-dr2/capabilities").text
    r = vo.get("/vo/datalink/pix-dr1/availability")
    assert r.status_code == 200 and ">true<" in r.text


def test_descriptor_in_tap(vo):
    """A TAP result with publisher DIDs says where their links are."""
    query = ("SELECT obs_publisher_did AS mine, s_ra FROM ivoa.obscore WHERE"
             " tile_id = 101")
    r = vo.post("/vo/tap/pix-dr1/sync", {"LANG": "ADQL", "QUERY": query})
    t = Links(r.content)
    meta, = [s for s in t.resources if s.get("type") == "meta"
             and params(s)[0].get("standardID", "").endswith("links-1.1")]
    said, inputs = params(meta)
    assert said["accessURL"] == vo.url + LINKS
    assert said["contentType"] == TYPE
    assert inputs["ID"].get("ref") == t.field("mine").get("ID")
    cuts = [params(s) for s in t.resources if s.get("type") == "meta"
            and "/SODA#" in params(s)[0].get("standardID", "")]
    assert [urlsplit(said["accessURL"]).path for said, _ in cuts] == [
        "/vo/soda/pix-dr1/sync", "/vo/soda/pix-dr1/async"]
    for _, inputs in cuts:
        assert inputs["ID"].get("ref") == t.field("mine").get("ID")
        assert inputs["CIRCLE"].find(VOT + "VALUES") is None
    r = vo.post("/vo/tap/pix-dr1/sync", {
        "LANG": "ADQL", "QUERY": "SELECT s_ra, obs_id FROM ivoa.obscore"})
    assert "DataLink" not in r.text


def test_refuses_to_start_without_mod_vo(sibling):
    started, text = sibling(drop=["mod_vo.so", "mod_vosi.so", "mod_tap.so",
                                  "mod_scs.so"])
    assert not started
    assert "LoadModule vo_module" in text and " needs mod_vo" in text


def test_without_mod_soda(sibling):
    started, text = sibling(drop=["mod_soda.so"])
    assert started, text
    t = Links(sibling.server.get(LINKS, ID=COADD["did"]).content)
    assert t.of(COADD["did"], "#this") and not t.services
    assert not t.of(COADD["did"], "#cutout")


def test_without_mod_vosi(sibling):
    started, text = sibling(drop=["mod_vosi.so"])
    assert started, text
    r = sibling.server.get(LINKS, ID=COADD["did"])
    assert Links(r.content).of(COADD["did"], "#this")
    assert sibling.server.get(
        "/vo/datalink/pix-dr1/capabilities").status_code == 404
