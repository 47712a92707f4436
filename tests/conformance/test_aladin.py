"""test_aladin.py: Aladin finds images by SIAP and loads them.

Aladin takes addresses from a dictionary (GLU) that it fetches at its start; it
is given one here, and a proxy that answers in place of the world.
"""
# SPDX-License-Identifier: GPL-3.0-or-later
import csv
import http.server
import io
import shutil
import threading

import numpy as np
import pytest

ALADIN = "/usr/share/java/aladin.jar"
DICTIONARY = """\
%A Http
%D an address as it is
%O mod_vo
%U $1

%A VizieR.Meta
%D not there
%O mod_vo
%U http://vizier.invalid/meta?$1

%ActionName        ModVO
%Description       a server of images: Aladin does not start without one
%Aladin.Label      ModVO
%Aladin.LabelPlane ModVO
%DistribDomain     ALADIN
%Owner             CDS'aladin
%Url               {url}/vo/siap/demo-dr1?POS=$1,$2
%Param.Description $1=Right Ascension
%Param.Description $2=Declination
%Param.DataType    $1=Target(RAd)
%Param.DataType    $2=Target(DEd)
%ResultDataType    Mime(image/fits)

"""


class Nothing(http.server.BaseHTTPRequestHandler):
    """What the world says: 200 and no content."""

    def do_GET(self):
        body = self.server.dictionary if "Z:ALADIN" in self.path else b""
        self.send_response(200)
        self.send_header("Content-Type", "text/plain")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    do_POST = do_HEAD = do_GET

    def log_message(self, *args):
        pass


@pytest.fixture(scope="module")
def world(vo):
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Nothing)
    server.dictionary = DICTIONARY.format(url=vo.url).encode()
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield server
    server.shutdown()
    server.server_close()


@pytest.fixture
def aladin(run, world, tmp_path):
    for program in ("xvfb-run", "java"):
        if not shutil.which(program):
            pytest.fail("%s is not installed: make deps-test" % program)

    def call(script):
        (tmp_path / "glu.dic").write_bytes(world.dictionary)
        (tmp_path / "script.ajs").write_text(script)
        _, text = run(
            "xvfb-run", "-a", "java", "-Dhttp.proxyHost=127.0.0.1",
            "-Dhttp.proxyPort=%d" % world.server_port, "-jar", ALADIN,
            "-nogui", "-nosamp", "-noplugin", "-noreleasetest",
            "-glufile=%s" % (tmp_path / "glu.dic"), tmp_path / "script.ajs",
            timeout=100)
        return text
    return call


def test_image_found_by_siap(vo, aladin, tmp_path):
    """A search as a table, then one of its images."""
    pil = pytest.importorskip("PIL.Image")
    search = "/vo/siap/demo-dr1?POS=150,32&SIZE=0&FORMAT=image/fits"
    csv_rows = csv.DictReader(io.StringIO(vo.get(
        search + "&RESPONSEFORMAT=csv").text))
    url, = [r["access_url"] for r in csv_rows if r["band"] == "rSDSS"]
    table, picture = tmp_path / "found.tsv", tmp_path / "view.png"
    text = aladin("load %s%s\nsync\nexport fits %s\nload %s\nsync\n150.0 +32.0"
                  "\nzoom 1deg\nsync\nsave 600x600 %s\nquit\n" % (
                      vo.url, search, table, url, picture))
    assert table.exists(), text
    rows = list(csv.DictReader(table.open(), delimiter="\t"))
    rows = [r for r in rows if r["access_url"].startswith("http")]
    assert len(rows) == 12 and url in [r["access_url"] for r in rows]
    assert picture.exists() and picture.stat().st_size, text
    assert "not recognized" not in text and "OutOfBounds" not in text, text
    with pil.open(picture) as p:
        a = np.asarray(p.convert("L"), dtype=int)
    # a dark sky with some white in it
    assert np.median(a) < 60 and 1e-4 < np.mean(a > 200) < 0.1
