"""conftest.py: conf/vo-auth.conf in force, with users and groups of its own."""
# SPDX-License-Identifier: GPL-3.0-or-later
import pytest

from pyvohttpd.access import site
from pyvohttpd.jobs import until


@pytest.fixture(scope="module")
def readers(vo):
    """Group team reads the private releases."""
    vo.sql("UPDATE vo.release SET reader_group = 'team' WHERE release_id"
           " IN ('test-private', 'test-embargo', 'test-staged',"
           " 'test-retired', 'pix-private')")
    yield
    vo.sql("UPDATE vo.release SET reader_group = NULL")


@pytest.fixture(scope="module")
def auth(vo, vo_conf, readers):
    vo_conf(site(vo))
    until(lambda: vo.get("/vo/test-private/capabilities").status_code == 401)


@pytest.fixture
def refused(expect_log):
    """httpd's own words about people it does not let in."""
    expect_log("AH01617", "AH01618", "AH01629", "AH01631", "AH01807",
               "AH01808")
