"""conftest.py: the release of many footprints."""
# SPDX-License-Identifier: GPL-3.0-or-later
import time

import pytest

from pyvohttpd.seed_footprints import drop_footprints, fill_footprints


@pytest.fixture(scope="session")
def brute(vo):
    """The server, with the release brute-dr1."""
    fill_footprints(vo)
    for _ in range(100):  # until httpd has seen it
        if vo.get("/vo/siap2/brute-dr1/query", MAXREC=1).status_code == 200:
            break
        time.sleep(0.1)
    yield vo
    drop_footprints(vo)
