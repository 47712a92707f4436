"""pyvohttpd: a private httpd and PostgreSQL for tests, and what they say.

The fixtures are in plugin.py; tests see:

  vo          the running server (server.VoServer): vo.get("/vo/...") and
              vo.post(...), vo.sql(...), vo.voctl(...), vo.url
  vo_conf     vo_conf("TAPMaxRec 10"): lines added to the configuration for the
              rest of the module (a graceful restart); taken back at its end
  conf_now    the same for the rest of the test
  expect_log  expect_log("VO1034"): log tags (or texts) this test provokes; any
              other line of level warn and above makes the test fail
  sibling     sibling(drop=["dbd_module"], extra="..."): try to start another
              httpd on the same database; says whether it started and what it
              printed

xmltree.py compares XML as trees and reads VOTables and VOSI documents.
VO_TEST_SERVER=DIR uses a server that `tests/demo/server.sh DIR start` has
started and leaves it running.
"""
# SPDX-License-Identifier: GPL-3.0-or-later
