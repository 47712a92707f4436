"""test_votable.py: what VOTable documents say around their tables."""
# SPDX-License-Identifier: GPL-3.0-or-later
import io
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
