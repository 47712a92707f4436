"""test_siap_60_config.py: the directives of mod_siap, merged and refused."""
# SPDX-License-Identifier: GPL-3.0-or-later
import re
import time

import pytest
import requests

from pyvohttpd.seed_images import slow_images
from pyvohttpd.xmltree import VOTable

SIA1 = "/vo/siap/pix-dr1?POS=150,2&SIZE=1"
SIA2 = "/vo/siap2/pix-dr1/query"


def test_server_location_and_virtual_host(vo, conf_now):
    """Each section may have its own limits, and inherits what it does not
    say."""
    port = vo.url.rsplit(":", 1)[1]
    conf_now("""
SIAPMaxRec 3
SIAPTimeout 1
<Location "/vo/siap2">
    SIAPMaxRec 5
</Location>
<VirtualHost 127.0.0.1:%s>
    ServerName main.test
</VirtualHost>
<VirtualHost 127.0.0.1:%s>
    ServerName other.test
    SIAPMaxRec 4
    SIAPTimeout 30
</VirtualHost>
""" % (port, port))

    def get(host, path):
        return requests.get(vo.url + path, headers={"Host": host}, timeout=30)

    for host, path, rows in (("main.test", SIA1, 3), ("main.test", SIA2, 5),
                             ("other.test", SIA1, 4), ("other.test", SIA2, 5)):
        table = VOTable(get(host, path).content)
        assert len(table.rows) == rows and table.status()[-1] == "OVERFLOW"
    assert "<maxRecords>4<" in get(
        "other.test", "/vo/siap/pix-dr1/capabilities").text
    with slow_images(vo, 2):
        # the Location has the server's timeout still, the host its own
        r = get("main.test", SIA2 + "?MAXREC=1")
        assert r.status_code >= 400 and "1 s" in r.text
        began = time.monotonic()
        r = get("other.test", SIA2 + "?MAXREC=1")
        assert r.status_code == 200 and time.monotonic() - began > 1.5


@pytest.mark.parametrize("line", [
    "SIAPMaxRec 0", "SIAPMaxRec 1e9", "SIAPMaxRec -1", "SIAPMaxRec",
    "SIAPTimeout 0", "SIAPTimeout 86401", "SIAPTimeout soon"])
def test_bad_directives(vo, line):
    ok, text = vo.configtest(line)
    assert not ok and line.split()[0] in text


def test_every_directive_has_a_sentence(vo):
    rc, out = vo.httpd("-L", "-d", vo.dir / "httpd", "-f",
                       vo.dir / "httpd" / "httpd.conf")
    found = dict(re.findall(r"^(\S+) \(mod_siap.c\)\n\t(.*)\n", out, re.M))
    assert set(found) == {"SIAPMaxRec", "SIAPTimeout"}
    for text in found.values():
        assert "default " in text and text.endswith(".")


def test_refuses_to_start_without_mod_vo(sibling):
    started, text = sibling(drop=["LoadModule vo_module",
                                  "LoadModule datalink_module",
                                  "LoadModule scs_module",
                                  "LoadModule soda_module", "conf/vo.con"])
    assert not started
    assert "mod_siap needs mod_vo" in text
