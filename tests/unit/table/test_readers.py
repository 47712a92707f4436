"""test_readers.py: FITS, VOTable and CSV files made elsewhere, read here."""
# SPDX-License-Identifier: GPL-3.0-or-later
import base64
import datetime
import gzip
import math
import os
import random
import subprocess
import warnings

import numpy
import pytest
from astropy.io import fits
from astropy.io.votable import from_table, parse, tree
from astropy.table import MaskedColumn, Table

import test_formats as formats
import wire

warnings.simplefilter("ignore")
NAN, INF = math.nan, math.inf


def read(path, *args):
    got = wire.Read(path, *args)
    assert got.error is None, got.error
    return got


def fails(tmp_path, name, content, *words):
    """Reading this must fail with all the words in the message."""
    path = tmp_path / name
    path.write_bytes(content if isinstance(content, bytes)
                     else content.encode())
    got = wire.Read(path)
    assert got.error is not None and name in got.error, got.rows
    for word in words:
        assert word in got.error, got.error
    return got


def same(a, b):
    return formats.same(a, b)


# ---- what we write ourselves comes back ----

def back(f, v):
    """The value a reader of our own documents gives back."""
    if v is None:
        return None
    if f["pg"] in ("timestamp", "timestamptz"):
        return v if f.get("xtype") else v.isoformat()
    if f["pg"].endswith("[]") and f["pg"] != "text[]":
        size = 0 if f["arraysize"] == "*" else int(f["arraysize"])
        null = NAN if "float" in f["pg"] else None
        v = [null if x is None else x for x in v]
        return v + [null] * (size - len(v))
    if f["pg"] == "bytea":
        return list(v)
    return formats.expected(f, v)


@pytest.mark.parametrize("fmt", ["votable", "binary", "binary2"])
def test_own_votable(fmt, tmp_path):
    path = tmp_path / "t.vot"
    path.write_bytes(formats.write_all(fmt))
    got = read(path)
    assert (got.name, got.description) == ("demo.thing",
                                           "A table of α & <b>")
    assert (got.system, got.epoch) == ("ICRS", "J2016.0")
    assert got.groups == [("magnitudes", "all of them", ["mags", "real"])]
    assert got.params["QUERY"] == 'SELECT * FROM "t" WHERE a < 1 & b > 2'
    for f, g in zip(formats.FIELDS, got.fields):
        assert g["name"] == f["name"]
        assert (g["unit"], g["ucd"], g["xtype"], g["description"]) == tuple(
            f.get(k) for k in ("unit", "ucd", "xtype", "description"))
    for r, row in enumerate(formats.ROWS):
        for f, v, g in zip(formats.FIELDS, row, got.rows[r]):
            want = back(f, v)
            if f["name"] == "uni" and fmt != "votable":
                want = want and want.replace("🔭", "\ufffd")
            if v is None and f["pg"].endswith("[]") and f["arraysize"] != "*":
                if fmt != "binary2":
                    want = back(f, [])
            if v is None and f["pg"] == "bool" and fmt == "votable":
                want = None
            if want in ("", []) and g is None and fmt != "binary2":
                continue  # NULL and empty are one
            if want in ("", []):
                assert g in (None, want)
                continue
            if fmt == "binary" and want is None and g == []:
                continue
            if f["datatype"] in ("float", "double") and want is None \
                    and fmt == "binary":
                assert math.isnan(g)
                continue
            assert same(g, want), (r, f["name"], g, want)


def test_own_fits(tmp_path):
    path = tmp_path / "t.fits"
    path.write_bytes(formats.write_all("fits"))
    got = read(path)
    for r, row in enumerate(formats.ROWS):
        for f, v, g in zip(formats.FIELDS, row, got.rows[r]):
            if f["datatype"] in ("char", "unicodeChar"):
                want = formats.ascii_(formats.expected(f, v) or "").rstrip()
                if f["xtype"] if "xtype" in f else None:
                    assert g == v, f["name"]
                    continue
                assert (g or "") == want, (r, f["name"], g)
                continue
            want = back(f, v)
            if v is None and f["pg"].endswith("[]"):
                want = back(f, [])
            if v is None and f["datatype"] in ("float", "double") \
                    and "[]" not in f["pg"]:
                want = NAN
            if v is None and f["pg"] == "bytea":
                want = []
            assert same(g, want), (r, f["name"], g, want)
    assert got.fields[4]["unit"] == "s" and got.fields[4]["ucd"] \
        == "meta.number"


def test_own_csv(tmp_path):
    fields = [formats.field("b", "boolean", "bool"),
              formats.field("i", "int", "int4"),
              formats.field("l", "long", "int8"),
              formats.field("d", "double", "float8"),
              formats.field("t", "char", "text", "*"),
              formats.field("m", "char", "timestamp", "*",
                            xtype="timestamp")]
    rows = [[True, 1, 2**40, 0.1, formats.NASTY, formats.T0],
            [None] * 6,
            [False, -2**31, -1, NAN, "", formats.T1],
            [True, 0, 0, -INF, " é ", formats.T0]]
    for fmt in ("csv", "tsv"):
        path = tmp_path / ("t." + fmt)
        path.write_bytes(wire.write(fmt, fields, rows))
        got = read(path)
        assert [f["name"] for f in got.fields] == list("bildtm")
        assert [wire.NAME[f["oid"]] for f in got.fields] == [
            "bool", "int4", "int8", "float8", "text", "timestamp"]
        assert got.nrows == 4
        for a, b in zip(got.rows, rows):
            if fmt == "tsv":
                b = [x.replace("\t", " ").replace("\n", " ") or None
                     if isinstance(x, str) else x for x in b]
            assert all(same(x, y) for x, y in zip(a, b)), (a, b)


# ---- FITS by astropy ----

def test_fits_every_form(tmp_path):
    n = 5
    rng = numpy.random.default_rng(3)
    columns = [
        ("l", "L", [True, False, True, True, False]),
        ("b", "B", numpy.array([0, 1, 127, 128, 255], "u1")),
        ("i", "I", numpy.array([-32768, 32767, 0, 1, -1], "i2")),
        ("j", "J", numpy.array([-2**31, 2**31 - 1, 0, 1, -1], "i4")),
        ("k", "K", numpy.array([-2**63, 2**63 - 1, 0, 1, -1], "i8")),
        ("e", "E", numpy.array([NAN, INF, -INF, 1.5, -0.0], "f4")),
        ("d", "D", rng.normal(size=n)),
        ("c", "C", (rng.normal(size=n) + 1j).astype("c8")),
        ("m", "M", rng.normal(size=n) - 2j),
        ("a", "7A", ["abc", "", "  x", "1234567", "y  "]),
        ("x", "11X", rng.integers(0, 2, (n, 11)).astype(bool)),
        ("i3", "3I", rng.integers(-9, 9, (n, 3)).astype("i2")),
        ("l3", "3L", rng.integers(0, 2, (n, 3)).astype(bool)),
    ]
    cols = [fits.Column(name=a, format=b, array=c) for a, b, c in columns]
    cols += [
        fits.Column(name="u2", format="I", bzero=32768,
                    array=numpy.array([0, 65535, 32768, 1, 2], "u2")),
        fits.Column(name="u4", format="J", bzero=2147483648,
                    array=numpy.array([0, 2**32 - 1, 2**31, 1, 2], "u4")),
        fits.Column(name="u8", format="K", bzero=9223372036854775808,
                    array=numpy.array([0, 2**63 - 1, 3, 1, 2], "u8")),
        fits.Column(name="s1", format="B",
                    array=numpy.array([0, 255, 128, 129, 127], "u1")),
        fits.Column(name="sc", format="I",
                    array=numpy.array([0, 1, 2, -2, -20], "i2")),
        fits.Column(name="nul", format="J", null=-99,
                    array=numpy.array([1, -99, 3, -99, 5], "i4")),
        fits.Column(name="mat", format="6D", dim="(2,3)",
                    array=rng.normal(size=(n, 3, 2))),
        fits.Column(name="pe", format="PE()", array=numpy.array(
            [numpy.arange(k, dtype="f4") for k in range(n)], object)),
        fits.Column(name="qj", format="QJ()", array=numpy.array(
            [numpy.arange(k, dtype="i4") for k in (3, 0, 1, 2, 9)], object)),
        fits.Column(name="pl", format="PL()", array=numpy.array(
            [numpy.arange(k) % 2 == 0 for k in (3, 0, 1, 2, 9)], object)),
        fits.Column(name="strs", format="12A", dim="(4,3)",
                    array=numpy.array([["ab", "c", ""]] * n, "U4")),
    ]
    hdu = fits.BinTableHDU.from_columns(cols, name="THINGS")
    hdu.header["TUCD1"] = "meta.code"
    hdu.header["TUNIT7"] = "mag"
    hdu.header["TCOMM7"] = "long " * 30 + "'end'"
    hdu.header["TELESCOP"] = "JAST80"
    hdu.header["TZERO%d" % (hdu.columns.names.index("s1") + 1)] = -128
    hdu.header["TZERO%d" % (hdu.columns.names.index("sc") + 1)] = 10.0
    hdu.header["TSCAL%d" % (hdu.columns.names.index("sc") + 1)] = 0.5
    path = tmp_path / "t.fits"
    hdu.writeto(path)
    got = read(path)
    assert got.name == "THINGS" and got.nrows == n
    assert got.params["TELESCOP"] == "JAST80"
    by = {f["name"]: f for f in got.fields}
    assert by["l"]["ucd"] == "meta.code" and by["d"]["unit"] == "mag"
    assert by["d"]["description"] == "long " * 30 + "'end'"
    assert by["mat"]["arraysize"] == "2x3"
    for name, _, values in columns:
        cells = got.column(name)
        for g, v in zip(cells, values):
            if name in "cm":
                v = [float(v.real), float(v.imag)]
            elif name == "a":
                v = v.rstrip() or None
            elif hasattr(v, "tolist"):
                v = v.tolist()
            if name == "x":
                v = [bool(b) for b in v]
            assert same(g, v), (name, g, v)
    assert got.column("u2") == [0, 65535, 32768, 1, 2]
    assert got.column("u4") == [0, 2**32 - 1, 2**31, 1, 2]
    assert got.column("u8") == [0, 2**63 - 1, 3, 1, 2]
    assert got.column("s1") == [-128, 127, 0, 1, -1]
    assert got.column("sc") == [10, 10.5, 11, 9, 0.0]
    assert got.column("nul") == [1, None, 3, None, 5]
    assert got.column("mat") == [
        m.ravel().tolist() for m in hdu.data["mat"]]
    assert got.column("pe") == [list(map(float, range(k)))
                                for k in range(n)]
    assert got.column("qj") == [list(range(k)) for k in (3, 0, 1, 2, 9)]
    # astropy 5.2 writes 1 and 0 there instead of T and F; 0 is NULL in FITS
    assert got.column("pl") == [[i % 2 == 0 or None for i in range(k)]
                                for k in (3, 0, 1, 2, 9)]
    assert got.column("strs") == [["ab", "c", None]] * n
    with open(path, "rb") as plain:
        packed = tmp_path / "t.fits.gz"
        packed.write_bytes(gzip.compress(plain.read()))
    assert read(packed).rows[0][1:5] == got.rows[0][1:5]


def test_fits_chunks(tmp_path):
    """More rows than are read at once."""
    n = 300000
    t = Table({"i": numpy.arange(n), "s": numpy.arange(n).astype("S6")})
    path = tmp_path / "t.fits"
    t.write(path)
    got = read(path)
    assert got.column("i") == list(range(n))
    assert got.column("s") == [str(i) for i in range(n)]


def test_fits_which_table(tmp_path):
    path = tmp_path / "t.fits"
    fits.HDUList([fits.PrimaryHDU()] + [
        fits.BinTableHDU(Table({"n": [i]})) for i in range(3)]).writeto(path)
    assert read(path).rows == [[0]]
    assert read(path, "-", "2").rows == [[2]]
    got = wire.Read(path, "fits", "3")
    assert "3 binary tables" in got.error


def fits_bytes(**more):
    import io
    out = io.BytesIO()
    fits.BinTableHDU(Table({"a": numpy.arange(1000)})).writeto(out)
    return out.getvalue()


def test_fits_broken(tmp_path):
    good = fits_bytes()
    fails(tmp_path, "cut.fits", good[:2880 * 3 + 100], "cut off")
    fails(tmp_path, "head.fits", good[:2880 + 100])
    fails(tmp_path, "none.fits", good[:2880], "0 binary tables")
    fails(tmp_path, "naxis1.fits",
          good.replace(b"NAXIS1  =                    8",
                       b"NAXIS1  =                    9"), "NAXIS1 says 9")
    fails(tmp_path, "form.fits", good.replace(b"'K       '", b"'Z       '"))
    fails(tmp_path, "huge.fits", good.replace(
        b"NAXIS2  =                 1000",
        b"NAXIS2  =   999999999999999999"))
    heap = fits.BinTableHDU.from_columns([fits.Column(
        name="v", format="PJ()", array=numpy.array(
            [numpy.arange(3, dtype="i4")] * 4, object))])
    path = tmp_path / "p.fits"
    heap.writeto(path)
    data = bytearray(path.read_bytes())
    at = data.index(b"END" + b" " * 77)
    at = (at // 2880 + 1) * 2880
    at = data.index(b"\0\0\0\3\0\0\0\0")
    data[at + 8:at + 12] = b"\x7f\0\0\0"
    fails(tmp_path, "count.fits", bytes(data), "row 2", '"v"', "descriptor")
    data[at + 8:at + 12] = b"\xff\0\0\0"
    fails(tmp_path, "minus.fits", bytes(data), "row 2", '"v"')
    u8 = fits.BinTableHDU.from_columns([fits.Column(
        name="u", format="K", bzero=2**63,
        array=numpy.array([1, 2**63], "u8"))])
    u8.writeto(tmp_path / "u.fits")
    got = wire.Read(tmp_path / "u.fits")
    assert "row 2" in got.error and '"u"' in got.error
    logical = fits.BinTableHDU.from_columns([fits.Column(
        name="q", format="L", array=[True, False])])
    logical.writeto(tmp_path / "l.fits")
    data = (tmp_path / "l.fits").read_bytes()
    at = len(data) - 2880
    fails(tmp_path, "odd.fits", data[:at] + b"Ty" + data[at + 2:], "row 2",
          '"q"')


# ---- VOTable by astropy and STILTS ----

def sample_table():
    t = Table()
    n = 60
    rng = numpy.random.default_rng(5)
    t["flag"] = rng.integers(0, 2, n).astype(bool)
    t["ub"] = rng.integers(0, 256, n).astype("u1")
    t["s"] = rng.integers(-2**15, 2**15, n).astype("i2")
    t["i"] = MaskedColumn(rng.integers(-2**31, 2**31, n).astype("i4"),
                          mask=rng.integers(0, 2, n).astype(bool))
    t["l"] = rng.integers(-2**63, 2**63 - 1, n)
    t["f"] = rng.normal(size=n).astype("f4")
    t["d"] = rng.normal(size=n) * 1e100
    t["d"][3] = NAN
    t["d"].unit = "deg"
    t["c"] = rng.normal(size=n) + 1j
    t["txt"] = numpy.array(["a<b&c", "", " x y ", "z" * 12] * (n // 4))
    t["arr"] = rng.normal(size=(n, 12)).astype("f4")
    t["iarr"] = rng.integers(-9, 9, (n, 3)).astype("i4")
    t["d"].description = "A double & more"
    return t


def check_sample(got, t):
    assert len(got.rows) == len(t)
    for name in t.colnames:
        for r, (g, v) in enumerate(zip(got.column(name), t[name])):
            if numpy.ma.is_masked(v):
                v = None
            elif name == "c":
                v = [v.real.item(), v.imag.item()]
            elif hasattr(v, "tolist"):
                v = v.tolist()
            if name == "f" and g is not None:
                g = formats.f4(g)  # CSV has no float
            if name == "txt":
                v, g = v.strip(), (g or "").strip()
            assert same(g, v), (name, r, g, v)


@pytest.mark.parametrize("fmt", ["tabledata", "binary", "binary2"])
def test_votable_astropy(fmt, tmp_path):
    t = sample_table()
    if fmt != "tabledata":  # astropy 5.2 cannot write those masks there
        t["i"] = t["i"].filled(7)
    votable = from_table(t, table_id="tt")
    table = votable.get_first_table()
    group = tree.Group(table, name="pair")
    group.entries.append(tree.FieldRef(group, ref="f"))
    group.entries.append(tree.FieldRef(group, ref="d"))
    table.groups.append(group)
    path = tmp_path / "t.vot"
    votable.to_xml(str(path), tabledata_format=fmt)
    got = read(path)
    check_sample(got, t)
    assert got.groups == [("pair", None, ["f", "d"])]
    by = {f["name"]: f for f in got.fields}
    assert by["d"]["unit"] == "deg"
    assert by["d"]["description"] == "A double & more"
    packed = tmp_path / "t.vot.gz"
    packed.write_bytes(gzip.compress(path.read_bytes()))
    check_sample(read(packed), t)


@pytest.mark.parametrize("fmt", [
    "votable", "votable-tabledata", "votable-binary-inline",
    "votable-binary2-inline", "votable-fits-inline", "fits", "fits-plus",
    "csv"])
def test_stilts_files(fmt, tmp_path):
    t = sample_table()
    t.remove_column("c")
    if fmt == "csv":
        t.remove_columns(["arr", "iarr"])
    src, path = tmp_path / "s.fits", tmp_path / "t"
    t.write(src)
    subprocess.run(["stilts", "tpipe", "in=%s" % src, "ifmt=fits",
                    "ofmt=" + fmt, "out=%s" % path], check=True,
                   capture_output=True)
    got = read(path)
    assert [f["name"] for f in got.fields] == t.colnames
    if fmt == "csv":
        t["d"] = MaskedColumn(t["d"], mask=numpy.isnan(t["d"]))
    check_sample(got, t)


def test_votable_large_stream(tmp_path):
    """Rows across the pieces the file is read in, for all serialisations."""
    rows = formats.tiny_rows(30000)
    for fmt in ("votable", "binary", "binary2"):
        path = tmp_path / fmt
        path.write_bytes(wire.write(fmt, formats.TINY, rows))
        got = read(path)
        assert [[i, d, s or ""] for i, d, s in got.rows] \
            == [[i, d, s or None or ""] for i, d, s in rows]


HEAD = ('<?xml version="1.0"?><VOTABLE version="1.4" '
        'xmlns="http://www.ivoa.net/xml/VOTable/v1.3">')


def votable(fields, rows, before="", after="", kind=None, attrs=""):
    data = "<TABLEDATA>" + "".join(
        "<TR>" + "".join("<TD>%s</TD>" % c for c in row) + "</TR>"
        for row in rows) + "</TABLEDATA>"
    if kind:
        data = '<%s><STREAM %s>%s</STREAM></%s>' % (kind, attrs, rows, kind)
    return (HEAD + "<RESOURCE>" + before + "<TABLE>" + fields
            + "<DATA>" + data + "</DATA></TABLE>" + after
            + "</RESOURCE></VOTABLE>")


def put(tmp_path, text, name="t.vot"):
    path = tmp_path / name
    path.write_text(text)
    return path


def test_tabledata_spellings(tmp_path):
    fields = ('<FIELD name="b" datatype="boolean"/>'
              '<FIELD name="x" datatype="bit" arraysize="*"/>'
              '<FIELD name="h" datatype="int"><VALUES null="-1"/></FIELD>'
              '<FIELD name="d" datatype="double"/>'
              '<FIELD name="a" datatype="short" arraysize="*">'
              '<VALUES null="99"/></FIELD>'
              '<FIELD name="w" datatype="char" arraysize="3x*"/>'
              '<FIELD name="t" datatype="char" arraysize="*" '
              'xtype="timestamp"/>'
              '<FIELD name="c" datatype="char"/>'
              '<FIELD name="z" datatype="floatComplex"/>')
    rows = [["T", "101", " 0x10 ", "+Inf", "1 99\n 3", "ab cdef",
             "2020-01-02T03:04:05.25Z", "q", "1 2"],
            ["f", "0 1", "-1", "-Inf", "", "", "2020-01-02", "", ""],
            ["1", "", "", "NaN", "7", "x", "1999-12-31 23:59:59", "é",
             "-1 0"],
            ["?", "", "0xFFFFFFFF", "1e-400", "", "", "", "", ""]]
    got = read(put(tmp_path, votable(fields, rows)))
    D = datetime.datetime
    assert got.column("b") == [True, False, True, None]
    assert got.column("x") == [[True, False, True], [False, True], None, None]
    assert got.column("h") == [16, None, None, -1]
    assert same(got.column("d"), [INF, -INF, NAN, 0.0])
    assert got.column("a") == [[1, None, 3], None, [7], None]
    assert got.column("w") == [["ab", "cde", "f"], None, ["x"], None]
    assert got.column("t") == [D(2020, 1, 2, 3, 4, 5, 250000),
                               D(2020, 1, 2), D(1999, 12, 31, 23, 59, 59),
                               None]
    assert got.column("c") == ["q", None, "é", None]
    assert got.column("z") == [[1.0, 2.0], None, [-1.0, 0.0], None]


def test_votable_metadata(tmp_path):
    text = (HEAD + '<COOSYS ID="c" system="ICRS" epoch="J2015.5"/>'
            '<RESOURCE><PARAM name="p" datatype="int" value="7"/>'
            '<INFO name="i" value="v"/><TABLE name="empty">'
            '<FIELD name="q" datatype="int"/></TABLE>'
            '<TABLE name="second" nrows="1"><DESCRIPTION> A &lt;B> '
            '</DESCRIPTION><FIELD ID="f1" name="a" datatype="int" '
            'ucd="meta.id" unit="s" utype="x:y"><DESCRIPTION>An a'
            '</DESCRIPTION></FIELD><FIELD ID="f2" name="b" datatype="int"/>'
            '<GROUP name="g" ucd="u"><DESCRIPTION>G</DESCRIPTION>'
            '<FIELDref ref="f2"/><GROUP><FIELDref ref="f1"/></GROUP>'
            '<FIELDref ref="gone"/></GROUP><DATA><TABLEDATA><TR><TD>1</TD>'
            '<TD><![CDATA[2]]></TD></TR></TABLEDATA></DATA></TABLE>'
            '</RESOURCE></VOTABLE>')
    path = put(tmp_path, text)
    got = read(path)
    assert (got.name, got.rows) == ("empty", [])
    got = read(path, "votable", "1")
    assert (got.name, got.description) == ("second", "A <B>")
    assert (got.system, got.epoch) == ("ICRS", "J2015.5")
    assert got.params == {"p": "7", "i": "v"}
    assert got.groups == [("g", "G", ["b", "a"])]
    a = got.fields[0]
    assert (a["unit"], a["ucd"], a["utype"], a["description"]) == (
        "s", "meta.id", "x:y", "An a")
    assert got.rows == [[1, 2]]
    assert "holds 2 tables" in wire.Read(path, "votable", "2").error


def test_votable_old(tmp_path):
    """1.1 with a DOCTYPE, as old services send it; prefixes too."""
    text = ('<?xml version="1.0"?><!DOCTYPE VOTABLE SYSTEM '
            '"http://us-vo.org/xml/VOTable.dtd"><VOTABLE version="1.0">'
            '<RESOURCE><TABLE><FIELD name="a" datatype="int"/><DATA>'
            '<TABLEDATA><TR><TD>5</TD></TR></TABLEDATA></DATA></TABLE>'
            '</RESOURCE></VOTABLE>')
    assert read(put(tmp_path, text)).rows == [[5]]
    text = text.replace("<!DOCTYPE VOTABLE SYSTEM "
                        '"http://us-vo.org/xml/VOTable.dtd">', "") \
        .replace("<VOTABLE", '<v:VOTABLE xmlns:v="urn:x"') \
        .replace("</VOTABLE", "</v:VOTABLE") \
        .replace("TABLEDATA", "v:TABLEDATA")
    assert read(put(tmp_path, text)).rows == [[5]]


def test_votable_gzip_stream(tmp_path):
    fields = '<FIELD name="i" datatype="int"/>'
    raw = b"".join(int(i).to_bytes(4, "big") for i in range(50000))
    text = votable(fields, base64.b64encode(gzip.compress(raw)).decode(),
                   kind="BINARY", attrs='encoding="gzip"')
    assert read(put(tmp_path, text)).column("i") == list(range(50000))


INT = '<FIELD name="num" datatype="int"/>'
FL3 = '<FIELD name="arr" datatype="float" arraysize="3"/>'


REFUSED = [
    (votable(INT, [["1"], ["x1"]]), ["row 2", '"num"', "x1"]),
    (votable(INT, [["1"], ["2147483648"]]), ["row 2", '"num"']),
    (votable(INT, [["1"], ["1.5"]]), ["row 2", '"num"']),
    (votable(INT, [["1"], ["1", "2"]]), ["row 2"]),
    (votable(INT + INT.replace("num", "two"), [["1", "1"], ["1"]]),
     ["row 2", "1 cells for 2"]),
    (votable(FL3, [["1 2 3"], ["1 2"]]), ["row 2", '"arr"', "length"]),
    (votable(FL3, [["1 2 3"], ["1 2 nope"]]), ["row 2", '"arr"']),
    (votable('<FIELD name="b" datatype="boolean"/>', [["T"], ["maybe"]]),
     ["row 2", '"b"']),
    (votable('<FIELD name="t" datatype="char" arraysize="*" '
             'xtype="timestamp"/>', [["2020-01-01"], ["2020-13-01"]]),
     ["row 2", '"t"', "timestamp"]),
    (votable('<FIELD name="n" datatype="decimal"/>', []),
     ['"n"', "decimal"]),
    (votable('<FIELD name="n" datatype="int" arraysize="x3"/>', []),
     ['"n"', "x3"]),
    (votable("", [["1"]]), ["no FIELD"]),
    (votable(INT, [["1"]]).replace("<TABLE>", '<TABLE nrows="2">'),
     ["nrows"]),
    (votable(INT, [["1"]], before='<INFO name="QUERY_STATUS" value="ERROR">'
             "no such table</INFO>"), ["no such table"]),
    (votable(INT, [["1"]], after='<INFO name="QUERY_STATUS" value="ERROR">'
             "timed out</INFO>"), ["timed out"]),
    (votable(INT, "", kind="BINARY", attrs='href="http://x/y"'), ["href"]),
    (votable(INT, "", kind="BINARY", attrs='encoding="dynamic"'),
     ["dynamic"]),
    (votable(INT, "AAAA!AAA", kind="BINARY", attrs='encoding="base64"'),
     ["base64"]),
    (votable(INT, "AAAAAQ==", kind="BINARY2", attrs='encoding="base64"'),
     ["row 1"]),
    (votable(INT, "AAAAAAAA", kind="BINARY", attrs='encoding="base64"'),
     ["row 2"]),
    (votable('<FIELD name="s" datatype="char" arraysize="*"/>', "/////w==",
             kind="BINARY", attrs='encoding="base64"'),
     ["row 1", '"s"', "count"]),
    (votable('<FIELD name="s" datatype="char" arraysize="*"/>',
             "f////w==", kind="BINARY", attrs='encoding="base64"'),
     ["row 1", '"s"', "count"]),
    (votable(INT, base64.b64encode(b"SIMPLE  = nonsense").decode(),
             kind="FITS", attrs='encoding="base64"'), ["FITS"]),
    (HEAD + "<RESOURCE/></VOTABLE>", ["no table"]),
    ("<html><body>404</body></html>", ["no table"]),
    (votable(INT, [["1"]])[:-60], ["XML"]),
    (votable(INT, [["1"]] * 50000)[:-250000], ["row"]),
]


@pytest.mark.parametrize("text,words", REFUSED, ids=range(len(REFUSED)))
def test_votable_refused(text, words, tmp_path):
    fails(tmp_path, "bad.vot", text, *words)


def test_xml_bombs(tmp_path):
    entities = '<!ENTITY a "%s">' % ("x" * 100)
    for k in range(10):
        entities += '<!ENTITY %s "%s">' % (
            chr(98 + k), ("&%s;" % chr(97 + k)) * 10)
    bomb = votable('<FIELD name="s" datatype="char" arraysize="*"/>',
                   [["&k;"]]).replace(
        '<?xml version="1.0"?>',
        '<?xml version="1.0"?><!DOCTYPE VOTABLE [%s]>' % entities)
    fails(tmp_path, "bomb.vot", bomb, "entit")
    (tmp_path / "secret").write_text("private")
    leak = votable('<FIELD name="s" datatype="char" arraysize="*"/>',
                   [["&x;"]]).replace(
        '<?xml version="1.0"?>', '<?xml version="1.0"?><!DOCTYPE VOTABLE '
        '[<!ENTITY x SYSTEM "file://%s">]>' % (tmp_path / "secret"))
    got = fails(tmp_path, "leak.vot", leak, "entit")
    assert "private" not in str(got.rows)
    fails(tmp_path, "undeclared.vot", votable(
        '<FIELD name="s" datatype="char" arraysize="*"/>', [["&nbsp;"]]),
        "XML")
    deep = HEAD + "<RESOURCE>" * 100000
    fails(tmp_path, "deep.vot", deep)


def test_truncated_everywhere(tmp_path):
    """Cut at any place: an error, never rows that look complete."""
    rng = random.Random(1)
    for fmt in ("votable", "binary", "binary2", "fits"):
        whole = wire.write(fmt, formats.TINY, formats.tiny_rows(40))
        end = whole.rindex(b"</RESOURCE>") if fmt != "fits" \
            else len(whole) - 2880
        for _ in range(25):
            path = tmp_path / "cut"
            path.write_bytes(whole[:rng.randrange(end)])
            assert wire.Read(path).error, fmt


# ---- CSV ----

def csv(tmp_path, text, *args, name="t.csv"):
    path = tmp_path / name
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    return read(path, *args)


def test_csv_types(tmp_path):
    got = csv(tmp_path, "b,i,l,d,e,t,z,n,u,w\n"
              "true,1,9000000000,1.5,NaN,2020-01-01T00:00:00,007,,"
              "18446744073709551615,1\n"
              "FALSE,-5,,1e5,-Infinity,2020-06-01 12:00:00.5Z,1,,2,a\n"
              ",,1,3,2,,,,,\n")
    assert [wire.NAME[f["oid"]] for f in got.fields] == [
        "bool", "int4", "int8", "float8", "float8", "timestamp", "text",
        "text", "text", "text"]
    D = datetime.datetime
    assert same(got.rows[0], [True, 1, 9000000000, 1.5, NAN, D(2020, 1, 1),
                              "007", None, "18446744073709551615", "1"])
    assert same(got.rows[1], [False, -5, None, 1e5, -INF,
                              D(2020, 6, 1, 12, 0, 0, 500000), "1", None, "2",
                              "a"])
    assert got.rows[2] == [None, None, 1, 3.0, 2.0] + [None] * 5


def test_csv_one_column(tmp_path):
    rows = [[1], [None], [-3]]
    field = formats.field("n", "int", "int4")
    path = tmp_path / "t.csv"
    path.write_bytes(wire.write("csv", [field], rows))
    got = read(path)
    assert wire.NAME[got.fields[0]["oid"]] == "int4" and got.rows == rows


@pytest.mark.parametrize("text,names,rows", [
    ("#RA,DEC\n1,2\n", ["RA", "DEC"], [[1, 2]]),
    ("# RA , DEC \r\n1,2\r\n", ["RA", "DEC"], [[1, 2]]),
    ("# made by hand\n# a,b\n1,2\n", ["a", "b"], [[1, 2]]),
    ("# made, by hand\na,b\n1,2\n", ["a", "b"], [[1, 2]]),
    ("\ufeffa,b\n1,2", ["a", "b"], [[1, 2]]),
    ("a,b\n\n1,2\n\n", ["a", "b"], [[1, 2]]),
    ("a\tb,c\n1\t2\n", ["a", "b,c"], [[1, 2]]),
    ('a,"b ""q"""\n"x\r\ny","1,2"\n', ["a", 'b "q"'], [["x\r\ny", "1,2"]]),
    ("a,b\n,\n", ["a", "b"], [[None, None]]),
    ('a,b\n"",x\n', ["a", "b"], [["", "x"]]),
    ("a,b\n 1 , 2\n", ["a", "b"], [[1, 2]]),
    ("a,b\n", ["a", "b"], []),
    ("a,b\nl\xe9,x\n".encode("latin-1"), ["a", "b"], [["lé", "x"]]),
])
def test_csv_forms(tmp_path, text, names, rows):
    fmt = "tsv" if b"\t" in (text if isinstance(text, bytes)
                             else text.encode()) else "-"
    got = csv(tmp_path, text, fmt)
    assert [f["name"] for f in got.fields] == names and got.rows == rows


@pytest.mark.parametrize("text,words", [
    ("a,b\n1,2\n1,2,3\n", ["line 3", "row 2", "3 cells"]),
    ("a,b\n1,2\n1\n", ["line 3", "1 cells"]),
    ("a,a\n1,2\n", ['"a"', "both"]),
    ("a,,c\n1,2,3\n", ["column 2"]),
    ('a,b\n1,"2\n', ["quoted"]),
    ('a,b\n1,"2"x\n', ["line 2", "closing quote"]),
    ("a,b\n1,2\n\0,2\n", ["NUL"]),
    ("", ["empty"]),
    ("# only, a comment", []),
])
def test_csv_refused(text, words, tmp_path):
    if text.startswith("# only"):
        assert csv(tmp_path, text).rows == []
        return
    if "NUL" in words:
        text = text.replace("1,2", "1,2\n" * 3000 + "1,2", 1)
    fails(tmp_path, "bad.csv", text, *words)


def test_csv_gzip_and_length(tmp_path):
    rows = ["%d,%r,t%d" % (i, i / 7, i) for i in range(50000)]
    text = "\n".join(["i,d,t"] + rows) + "\n"
    got = csv(tmp_path, gzip.compress(text.encode()), name="t.csv.gz")
    assert got.nrows == 50000
    assert got.rows[49999] == [49999, 49999 / 7, "t49999"]
    assert [r[0] for r in got.rows] == list(range(50000))


def test_no_table_at_all(tmp_path):
    fails(tmp_path, "noise", bytes(range(256)) * 40, "neither")
    assert "not a readable file" in wire.Read(tmp_path / "absent").error
    assert "not a readable file" in wire.Read(tmp_path).error
