"""test_examples.py: every example of the demo's releases, run."""
# SPDX-License-Identifier: GPL-3.0-or-later
import sys
from pathlib import Path

import pytest
import pyvo

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "http" / "tap"))

from test_tap_60_examples import read  # noqa: E402


@pytest.mark.parametrize("release", ["demo-dr1", "tycho2"])
def test_examples_run(vo, release):
    """Each finds something, whole, and names the tables it reads."""
    url = "%s/vo/tap/%s" % (vo.url, release)
    examples = read(vo.get("/vo/tap/%s/examples" % release).content)
    assert len(examples) >= 4
    service = pyvo.dal.TAPService(url)
    for e in examples:
        table = service.run_sync(e["query"][0])
        assert len(table) > 0, e["id"]
        assert table.query_status == "OK", e["id"]
        assert e["table"], e["id"]
        for name in e["table"]:
            assert name in service.tables.keys()


def test_pyvo_reads_examples(vo):
    """pyvo's own reader of /examples finds the same queries."""
    found = read(vo.get("/vo/tap/demo-dr1/examples").content)
    service = pyvo.dal.TAPService(vo.url + "/vo/tap/demo-dr1")
    assert [q.queryurl for q in service.examples] \
        == [vo.url + "/vo/tap/demo-dr1/sync"] * len(found)
    assert [q["QUERY"] for q in service.examples] \
        == [e["query"][0] for e in found]
