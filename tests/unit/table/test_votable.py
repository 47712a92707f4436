"""test_votable.py: what VOTable documents say around their tables."""
# SPDX-License-Identifier: GPL-3.0-or-later
import io
import re
import subprocess

import pytest
from astropy.io.votable import parse

import wire
from test_formats import FIELDS, ROWS, VOTABLES


DESCRIPTORS = (
    "descriptor\tlinks\tlinks\tWhat there is & where\thttp://h/links?x=1&y\t"
    "ivo://ivoa.net/std/DataLink#links-1.1\t-\n"
    "param\tID\tchar\t*\t-\tword\n"
    "param\tRESPONSEFORMAT\tchar\t*\tvotable\t-\n"
    "descriptor\tDouble\t-\t-\thttp://h/cut\t-\timage/fits\n"
    "param\tID\tlong\t-\t-\tBIG\n"
    "param\tSR\tdouble\t-\t-\t-\t0\t2.5\n"
    "param\tBAND\tchar\t*\t-\t-\t-\t-\tr\ti<z\n"
    "descriptor\tnone\t-\t-\thttp://h/no\t-\t-\n"
    "param\tID\tchar\t*\t-\tabsent\n")


@pytest.mark.parametrize("fmt", VOTABLES)
def test_votable_descriptors(fmt, tmp_path):
    """DataLink 1.1, section 4, as pyvo sees it and votlint likes it."""
    from pyvo.dal.adhoc import AdhocServiceResultsMixin
    from pyvo.dal.query import DALResults

    class Results(AdhocServiceResultsMixin, DALResults):
        pass

    rows = [[v.encode("ascii", "replace").decode()
             if isinstance(v, str) else v for v in row] for row in ROWS]
    doc = wire.write(fmt, FIELDS, rows, extra=DESCRIPTORS)
    results = Results(parse(io.BytesIO(doc)))
    found = list(results.iter_adhocservices())
    assert [f.ID for f in found] == ["links", "Double"]
    assert [f.name for f in found] == ["links", None]
    assert found[0].description == "What there is & where"
    said = [{p.name: p.value for p in f.params} for f in found]
    assert said[0]["accessURL"] == "http://h/links?x=1&y"
    assert said[0]["standardID"] == "ivo://ivoa.net/std/DataLink#links-1.1"
    assert said[1] == {"accessURL": "http://h/cut",
                       "contentType": "image/fits"}
    inputs = [{p.name: p for p in f.groups[0].entries} for f in found]
    assert found[0].groups[0].name == "inputParams"
    fields = {f.name: f.ID for f in results.votable.get_first_table().fields}
    assert fields["Double"] != "Double"  # that ID is a descriptor's
    assert inputs[0]["ID"].ref == fields["word"]
    assert inputs[1]["ID"].ref == fields["big"]
    assert inputs[0]["RESPONSEFORMAT"].value == "votable"
    assert inputs[1]["SR"].values.min == 0 and inputs[1]["SR"].values.max == 2.5
    assert [o[1] for o in inputs[1]["BAND"].values.options] == ["r", "i<z"]
    path = tmp_path / "t.vot"
    path.write_bytes(doc)
    p = subprocess.run(["stilts", "votlint", str(path)], capture_output=True)
    assert p.stdout == b"" and p.stderr == b""


FRAMES = ("coosys\tsys\tICRS\tJ2016.0\n"
          "timesys\twhen\tMJD-origin\tTDB\tBARYCENTER\n"
          "link\thttp://h/?a=1&b\tdoc\tAbout <it>\n")


def framed():
    """The fields, one of them with a time frame."""
    return [dict(f, ref="when") if f["name"] == "exact" else f
            for f in FIELDS]


@pytest.mark.parametrize("version", ["1.3", "1.4", "1.5"])
def test_frames(version, tmp_path):
    """TIMESYS is known from 1.4 on, COOSYS refposition from 1.5 on; each
    document is valid by the schema."""
    doc = wire.write("application/x-votable+xml;version=" + version, framed(),
                     ROWS, extra=FRAMES)
    assert ('<VOTABLE version="%s"' % version).encode() in doc
    table = parse(io.BytesIO(doc))
    resource = table.resources[0]
    t = resource.tables[0]
    frames = [(f.ID, f.timeorigin, f.timescale, f.refposition)
              for f in resource.time_systems]
    exact = t.get_field_by_id_or_name("exact")
    if version == "1.3":
        assert frames == [] and exact.ref is None
    else: # astropy knows the word for the number
        assert [f[0] for f in frames] == ["when"]
        assert frames[0][2:] == ("TDB", "BARYCENTER") and exact.ref == "when"
    assert (b'refposition="BARYCENTER"/>\n<TIMESYS' in doc) \
        == (version == "1.5")
    assert [(x.href, x.content_role, x.title) for x in t.links] \
        == [("http://h/?a=1&b", "doc", "About <it>")]
    # votlint of Debian 12 knows no 1.5 but its schema is that of 1.3 and 1.4
    path = tmp_path / "t.vot"
    path.write_bytes(re.sub(rb"[^\x00-\x7f]", b"?", doc))
    p = subprocess.run(["stilts", "votlint", str(path)], capture_output=True)
    said = [line for line in p.stdout.decode().splitlines()
            if "char" not in line.lower()]
    assert version == "1.5" or said == []


@pytest.mark.parametrize("asked, media, version", [
    ("application/x-votable+xml;version=1.5",
     "application/x-votable+xml;version=1.5", "1.5"),
    ("application/x-votable+xml; version=\"1.3\"; serialization=binary2",
     "application/x-votable+xml;serialization=BINARY2;version=1.3", "1.3"),
    ("text/xml;version=1.4", "text/xml;version=1.4", "1.4"),
    ("votable/b2;version=1.5",
     "application/x-votable+xml;serialization=BINARY2;version=1.5", "1.5"),
    ("votable/td", "application/x-votable+xml", "1.4"),
])
def test_version_asked_for(asked, media, version):
    status, out, _ = wire.tool("find", asked)
    assert status == 0 and out.decode().strip().split("\t")[1] == media
    _, doc, _ = wire.tool("write", asked, data=wire.spec(
        [FIELDS[3]], [[1]], "BINARY2" in media, ""))
    assert ('<VOTABLE version="%s"' % version).encode() in doc


@pytest.mark.parametrize("version", ["1.1", "1.2", "1.6", "2", "", "x"])
def test_version_refused(version):
    status, _, err = wire.tool("find", "votable;version=" + version)
    assert status == 1 and "1.5" in err


@pytest.mark.parametrize("asked", [
    # what TOPCAT, STILTS, pyvo, astroquery, DaCHS, CADC and Gaia say
    "votable", "VOTABLE", "vot", "votable/td", "votable/tabledata",
    "votable_plain", "votabletd", "votable-td", "text/xml", "application/xml",
    "application/x-votable+xml", "application/x-votable",
    "application/x-votable+xml;serialization=TABLEDATA",
    "application/x-votable+xml;serialization=tabledata;charset=UTF-8"])
def test_spellings_of_tabledata(asked):
    status, out, _ = wire.tool("find", asked)
    assert status == 0 and out.decode().split("\t")[0] == "votable"


@pytest.mark.parametrize("asked, name", [
    ("votable/b2", "binary2"), ("votableb2", "binary2"),
    ("votable-binary2", "binary2"), ("votable/binary2", "binary2"),
    ("application/x-votable+xml;serialization=BINARY2", "binary2"),
    ("application/x-votable+xml; serialization=b2", "binary2"),
    ("votable/b", "binary"), ("votable_binary", "binary"),
    ("application/x-votable+xml;serialization=BINARY", "binary")])
def test_spellings_of_binary(asked, name):
    status, out, _ = wire.tool("find", asked)
    assert status == 0 and out.decode().split("\t")[0] == name
