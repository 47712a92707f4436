"""test_tap_33_async_many.py: many jobs of many clients, and who is next."""
# SPDX-License-Identifier: GPL-3.0-or-later
import threading

import pytest
import requests
from requests.adapters import HTTPAdapter

from pyvohttpd import jobs
from pyvohttpd.jobs import ASYNC, until


@pytest.fixture(scope="module", autouse=True)
def release(vo):
    jobs.make_release(vo)
    yield
    jobs.drop_release(vo)


class From(HTTPAdapter):
    """Requests from another address of loopback."""

    def __init__(self, host):
        self.host = host
        super().__init__()

    def init_poolmanager(self, *args, **kw):
        super().init_poolmanager(*args, source_address=(self.host, 0), **kw)


def client(host):
    s = requests.Session()
    s.mount("http://", From(host))
    return s


def submit(vo, session, n=1):
    r = session.post(vo.url + ASYNC, allow_redirects=False, data={
        "LANG": "ADQL", "PHASE": "RUN", "FORMAT": "csv",
        "QUERY": "SELECT TOP %d id FROM job.Numbers ORDER BY id" % n})
    assert r.status_code == 303, r.text
    return r.headers["Location"]


def ended(vo):
    return vo.sql("SELECT count(*) FROM vo.job WHERE phase IN ('COMPLETED',"
                  " 'ERROR', 'ABORTED')")[0][0]


def test_clients_take_turns(vo, conf_now):
    """Twenty jobs of one client do not keep those of others waiting."""
    vo.sql("DELETE FROM vo.job")
    conf_now("VOJobsPerUser 1000")
    conf_now("VOJobWorkers 0", "workers")
    for host, n in (("127.0.0.2", 20), ("127.0.0.3", 3), ("127.0.0.4", 1)):
        for _ in range(n):
            submit(vo, client(host))
    conf_now("VOJobWorkers 1", "workers")
    until(lambda: ended(vo) == 24)
    order = [c[-1] for c, in vo.sql("SELECT client FROM vo.job"
                                    " ORDER BY started")]
    assert "".join(order) == "234" + "23" * 2 + "2" * 17
    # and of one client the oldest is the first
    assert vo.sql("SELECT count(*) FROM vo.job a JOIN vo.job b"
                  " USING (client) WHERE a.queued < b.queued"
                  " AND a.started > b.started") == [(0,)]


def test_who_has_fewest_running_is_next(vo, conf_now):
    """Long jobs of one client leave the second worker to the other."""
    conf_now("VOJobsPerUser 1000")
    ann, bob = client("127.0.0.5"), client("127.0.0.6")
    for _ in range(5):
        vo.sql("DELETE FROM vo.job")
        conf_now("VOJobWorkers 0", "workers")
        for _ in range(2):
            assert ann.post(vo.url + ASYNC, allow_redirects=False, data={
                "LANG": "ADQL", "PHASE": "RUN", "QUERY": jobs.SLOWER
            }).status_code == 303
        for _ in range(10):
            submit(vo, bob)
        conf_now("VOJobWorkers 2", "workers")
        until(lambda: ended(vo) == 12, 30)
        first, second, ended_by = vo.sql(
            "SELECT extract(epoch FROM min(started)), extract(epoch FROM"
            " max(started)), (SELECT extract(epoch FROM max(ended)) FROM vo.job"
            " WHERE client LIKE '%.6') FROM vo.job WHERE client LIKE '%.5'")[0]
        if second - first > 0.2:
            break
        # both workers came at the same moment, when nobody had any running
    # Bob's ten were all through before Ann's second had begun
    assert ended_by < second


def test_200_jobs_of_20_clients(vo, conf_now):
    """All end, once, each with its own result."""
    vo.sql("DELETE FROM vo.job")
    conf_now("VOJobsPerUser 1000")
    made, wrong = {}, []

    def work(i):
        session = client("127.0.1.%d" % (i + 1))
        for k in range(10):
            made[submit(vo, session, 10 * i + k + 1)] = 10 * i + k + 1

    threads = [threading.Thread(target=work, args=(i,)) for i in range(20)]
    for t in threads:
        t.start()
    for t in threads:
        t.join(60)
    assert len(made) == 200
    until(lambda: ended(vo) == 200, 60)
    assert vo.sql("SELECT phase, attempts, count(*) FROM vo.job GROUP BY 1, 2"
                  ) == [("COMPLETED", 1, 200)]
    for url, n in made.items():
        text = requests.get(url + "/results/result").text
        if text.split() != ["id"] + [str(i + 1) for i in range(n)]:
            wrong.append(url)
    assert not wrong
