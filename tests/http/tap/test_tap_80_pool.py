"""test_tap_80_pool.py: more queries than connections: a bounded wait."""
# SPDX-License-Identifier: GPL-3.0-or-later
import socket
import threading
import time

from pyvohttpd.jobs import until
from pyvohttpd.xmltree import VOTable
from test_faults import SLOW, active

QUICK = "SELECT TOP 1 id FROM tap.Bulk"


def occupy(vo, url, n):
    """Start N queries that take minutes; their sockets."""
    host, port = vo.url.split("//")[1].split(":")
    held = []
    query = SLOW.replace(" ", "+").replace("<", "%3C")
    for i in range(n):
        s = socket.create_connection((host, int(port)), 10)
        s.sendall(("GET %s/sync?LANG=ADQL&QUERY=%s HTTP/1.1\r\nHost: x\r\n\r\n"
                   % (url, query)).encode())
        held.append(s)
        until(lambda: active(vo) > i)
    return held


def test_a_full_pool_is_told(vo, tap, conf_now, expect_log):
    """Of three connections one is mod_vo's own, two are taken."""
    conf_now("DBDKeep 2\nDBDMax 3\nVOPoolWait 1")
    expect_log("VO1022")
    assert tap(QUICK).status_code == 200
    held = occupy(vo, tap.url, 2)
    start = time.monotonic()
    r = tap(QUICK)
    took = time.monotonic() - start
    assert r.status_code == 503 and 0.9 < took < 3
    assert int(r.headers["Retry-After"]) > 0
    assert "try again" in VOTable(r.content).message()
    assert "DBD" not in r.text
    # what needs no connection, or its own, goes on
    assert vo.get("/health").status_code == 200
    assert vo.get(tap.url + "/tables").status_code == 200
    for s in held:
        s.close()
    until(lambda: active(vo) == 0)
    assert tap(QUICK).status_code == 200


def test_who_waits_is_served(vo, tap, conf_now):
    """All of twenty, two at a time."""
    conf_now("DBDKeep 2\nDBDMax 3\nVOPoolWait 30")
    assert tap(QUICK).status_code == 200
    held = occupy(vo, tap.url, 2)
    codes = []
    threads = [threading.Thread(target=lambda: codes.append(
        tap(QUICK).status_code)) for _ in range(20)]
    for t in threads:
        t.start()
    time.sleep(0.5)
    assert codes == []
    for s in held:
        s.close()
    for t in threads:
        t.join(30)
    assert codes == [200] * 20


def test_who_left_waits_no_more(vo, tap, conf_now):
    conf_now("DBDKeep 2\nDBDMax 3\nVOPoolWait 600")
    assert tap(QUICK).status_code == 200
    held = occupy(vo, tap.url, 2)
    host, port = vo.url.split("//")[1].split(":")
    s = socket.create_connection((host, int(port)), 10)
    s.sendall(("GET %s/sync?LANG=ADQL&QUERY=%s HTTP/1.1\r\nHost: x\r\n\r\n"
               % (tap.url, QUICK.replace(" ", "+"))).encode())
    time.sleep(0.5)
    s.close()
    # httpd could not be stopped gracefully while a thread waits
    start = time.monotonic()
    for h in held:
        h.close()
    until(lambda: active(vo) == 0)
    assert tap(QUICK).status_code == 200
    assert time.monotonic() - start < 5


def test_a_pool_without_room_for_queries(sibling):
    started, text = sibling(extra="DBDMax 1\nDBDKeep 1")
    assert not started
    assert "VO1000" in text and "DBDMax must be at least 2" in text
