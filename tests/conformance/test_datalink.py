"""test_datalink.py: what STILTS and pyvo make of our links."""
# SPDX-License-Identifier: GPL-3.0-or-later
import re
import warnings
from urllib.parse import quote

import pytest
import pyvo
from pyvo.dal.adhoc import DatalinkResults

from pyvohttpd import xmltree
from pyvohttpd.seed_images import IMAGES

LINKS = "/vo/datalink/pix-dr1/links"
# STILTS takes the vocabulary from the net; without it, it has a copy from
# before this term, which http://www.ivoa.net/rdf/datalink/core has since 2020.
OLD_COPY = "Unknown predicate 'documentation' from core DataLink vocabulary"


def lint(stilts, votable):
    _, text = stilts("datalinklint", "votable=%s" % votable, "report=EWF",
                      "maxrepeat=9999")
    assert re.search(r"Totals: Errors: \d+; Warnings: 0; Failures: 0", text), (
        text)
    return [ln for ln in text.splitlines() if re.match(r"[EWF]-", ln)
            and OLD_COPY not in ln], text


@pytest.mark.parametrize("query", [
    "", "?ID=" + quote(IMAGES[0]["did"]), "?ID=ivo%3A//x/y",
    "?" + "&".join("ID=" + quote(i["did"]) for i in IMAGES),
    "?ID=%s&ID=nothing&ID=%s" % (quote(IMAGES[2]["did"]),
                                 quote(IMAGES[13]["did"]))])
def test_datalinklint(vo, stilts, query):
    bad, text = lint(stilts, vo.url + LINKS + query)
    assert not bad, text
    rows = len(xmltree.VOTable(vo.get(LINKS + query).content).rows)
    assert rows or not query


def test_lint_can_fail(vo, stilts, out):
    doc = out / "bad-links.xml"
    doc.write_bytes(vo.get(LINKS, ID=IMAGES[0]["did"]).content.replace(
        b"<TD>#weight</TD>", b"<TD>#wait</TD>"))
    bad, _ = lint(stilts, doc)
    assert len(bad) == 1 and "wait" in bad[0]


def test_thousands_votlint_and_datalinklint(vo, stilts, out):
    dids = [i["did"] for i in IMAGES] + ["nothing-%d" % k for k in range(3000)]
    doc = out / "links.vot"
    doc.write_bytes(vo.post(LINKS, data={"ID": dids}).content)
    bad, text = lint(stilts, doc)
    assert not bad, text
    rc, text = stilts("votlint", "votable=%s" % doc)
    assert rc == 0 and not re.search(r"^(ERROR|WARNING)", text, re.M), text


def test_pyvo(vo):
    found = DatalinkResults.from_result_url(
        vo.url + LINKS + "?ID=" + quote(IMAGES[2]["did"]))
    by = {}
    for link in found:
        assert link.access_url
        by.setdefault(link.semantics, []).append(link)
    assert by["#this"][0].content_length > 0
    assert len(by["#auxiliary"]) == 2
    assert "/soda/" in by["#cutout"][0].access_url


def test_pyvo_from_tap(vo):
    tap = pyvo.dal.TAPService(vo.url + "/vo/tap/pix-dr1")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        rows = tap.search("SELECT * FROM ivoa.obscore")
        tables = list(rows.iter_datalinks())
    valid = [i for i in IMAGES if i["is_valid"]]
    assert len(tables) == len(valid)
    for row, links in zip(rows, tables):
        assert {k["ID"] for k in links} == {row["obs_publisher_did"]}
        assert [k for k in links if k.semantics == "#this"]
