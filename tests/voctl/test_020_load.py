"""voctl load: files made with astropy, compared row by row."""
import gzip
import math
import os
import signal
import subprocess
import time

import healpy
import numpy as np
import pytest
from astropy.io import fits
from astropy.io.votable import from_table
from astropy.io.votable.tree import Group, FieldRef
from astropy.table import MaskedColumn, Table

N = 400


def sample(seed=1, n=N):
    """Columns of every kind, with nulls where the format knows them."""
    rng = np.random.default_rng(seed)
    t = Table()
    t["ident"] = np.arange(n, dtype=np.int64) * 10**15 + 7
    t["RAJ2000"] = rng.uniform(0, 360, n)
    t["DEJ2000"] = np.degrees(np.arcsin(rng.uniform(-1, 1, n)))
    t["RAJ2000"][:4] = [0, 360, 359.999999, 1e-9]
    t["DEJ2000"][:4] = [-90, 90, 0, 0]
    t["mag"] = rng.normal(18, 2, n).astype(np.float32)
    t["small"] = rng.integers(-30000, 30000, n).astype(np.int16)
    t["number"] = rng.integers(-2**31, 2**31, n).astype(np.int32)
    t["flux"] = rng.normal(0, 1, (n, 12)).astype(np.float32)
    t["name"] = [f"öbject {i}" if i % 3 else f'q"u,o\'te {i}'
                 for i in range(n)]
    for c, unit in (("RAJ2000", "deg"), ("DEJ2000", "deg"), ("mag", "mag"),
                    ("flux", "mJy")):
        t[c].unit = unit
        t[c].description = f"What {c} means"
    return t


def ascii_names(t):
    t["name"] = [s.replace("ö", "o") for s in t["name"]]
    return t


def equal(a, b):
    """Cells of PostgreSQL and of astropy: NULL is masked, NaN is NaN."""
    if b is np.ma.masked or b is None:
        return a is None
    if isinstance(b, (np.ndarray, list, tuple)):
        return a is not None and len(a) == len(b) and all(map(equal, a, b))
    if isinstance(b, (float, np.floating)) and math.isnan(b):
        return a is None or math.isnan(a)
    return a == (b.item() if isinstance(b, np.generic) else b)


def compare(voctl, where, table, columns=None, key="ident"):
    columns = columns or table.colnames
    names = ", ".join(f'"{c.lower()}"' for c in columns)
    rows = voctl.sql(f"SELECT {names} FROM {where} ORDER BY {key}")
    assert len(rows) == len(table)
    order = np.argsort(table[key])
    for got, i in zip(rows, order):
        for c, value in zip(columns, got):
            want = table[c][i]
            if isinstance(value, float) and table[c].dtype == np.float32:
                want = np.float32(want)
                value = np.float32(value)
            elif isinstance(value, list) and table[c].dtype == np.float32:
                value = [np.float32(v) for v in value]
            assert equal(value, want), (c, i, value, want)


def check_order(voctl, where, ra="raj2000", dec="dej2000"):
    """Cell numbers are healpy's, rows lie in their order on the disk."""
    rows = voctl.sql(f"SELECT {ra}, {dec}, hpx FROM {where} ORDER BY ctid")
    hpx = [r[2] for r in rows]
    assert hpx == sorted(hpx, key=lambda h: (h is None, h or 0))
    for ra_deg, dec_deg, cell in rows:
        if cell is not None:
            assert cell == healpy.ang2pix(2**29, ra_deg, dec_deg, nest=True,
                                          lonlat=True)


def columns_of(voctl, release, table):
    rows = voctl.sql(
        "SELECT column_name, datatype, arraysize, unit, ucd, description,"
        " indexed, pg_type, min, max, fill, size, xtype FROM vo.tap_columns"
        " WHERE release_id = %s AND table_name = %s ORDER BY column_index",
        release, table)
    return {r[0]: dict(zip(("datatype", "arraysize", "unit", "ucd",
                            "description", "indexed", "pg_type", "min", "max",
                            "fill", "size", "xtype"), r[1:])) for r in rows}


def test_fits(voctl, tmp_path):
    t = ascii_names(sample())
    t["mag"][5] = np.nan
    t.write(tmp_path / "a.fits")
    with fits.open(tmp_path / "a.fits", mode="update") as f:
        f[1].header["TUCD2"] = "pos.eq.ra;meta.main"
        f[1].header["TUCD3"] = "pos.eq.dec;meta.main"
        f[1].header["TCOMM4"] = "A magnitude"
    r = voctl.release("--survey", "Fits")
    voctl("load", r, "Stars", tmp_path / "a.fits", "--id", "ident").ok()
    compare(voctl, f"{r}.stars", t)
    check_order(voctl, f"{r}.stars")
    c = columns_of(voctl, r, "Fits.Stars")
    assert list(c) == t.colnames
    assert c["mag"]["unit"] == "mag" and c["mag"]["datatype"] == "float"
    assert c["mag"]["description"] == "A magnitude"
    assert c["mag"]["min"] == np.nanmin(t["mag"])
    assert c["mag"]["max"] == np.nanmax(t["mag"])
    assert c["mag"]["fill"] == (N - 1) / N
    assert c["flux"]["arraysize"] == "12" and c["flux"]["size"] == 12
    assert c["flux"]["pg_type"] == "real[]"
    assert c["flux"]["min"] == t["flux"].min()
    assert c["ident"]["datatype"] == "long"
    assert c["ident"]["ucd"] == "meta.id;meta.main"
    assert c["small"]["datatype"] == "short"
    assert c["RAJ2000"]["ucd"] == "pos.eq.ra;meta.main"
    assert [n for n in c if c[n]["indexed"]] == ["ident", "RAJ2000",
                                                 "DEJ2000"]
    assert voctl.sql(
        "SELECT nrows, ra_column, dec_column, id_column, hpx_column, is_cone"
        " FROM vo.tap_tables WHERE release_id = %s AND table_name ="
        " 'Fits.Stars'", r) == [(N, "RAJ2000", "DEJ2000", "ident", "hpx",
                                 True)]
    voctl("check", r).ok()


@pytest.mark.parametrize("form", ["tabledata", "binary", "binary2"])
def test_votable(voctl, tmp_path, form):
    t = sample(2)
    # a number for null that the column does not hold, for all three forms
    t["number"] = MaskedColumn(t["number"], mask=np.arange(N) % 7 == 0)
    t["number"].fill_value = -1
    v = from_table(t)
    field = {f.name: f for f in v.get_first_table().fields}
    field["RAJ2000"].ucd = "pos.eq.ra;meta.main"
    field["DEJ2000"].ucd = "pos.eq.dec;meta.main"
    field["mag"].utype = "x:mag"
    field["number"].values.null = -1
    for name in field:
        field[name].ID = "c_" + name
    table = v.get_first_table()
    table.description = "A table of stars"
    group = Group(table, name="photometry", ucd="phot")
    group.entries.extend([FieldRef(table, ref="c_mag"),
                          FieldRef(table, ref="c_flux")])
    table.groups.append(group)
    v.to_xml(str(tmp_path / "a.xml"), tabledata_format=form)
    r = voctl.release("--survey", "Votable")
    voctl("load", r, "Stars", tmp_path / "a.xml").ok()
    compare(voctl, f"{r}.stars", t)
    check_order(voctl, f"{r}.stars")
    c = columns_of(voctl, r, "Votable.Stars")
    assert c["flux"]["unit"] == "mJy"
    assert c["flux"]["description"] == "What flux means"
    assert c["number"]["fill"] == pytest.approx(
        1 - t["number"].mask.sum() / N)
    assert voctl.sql("SELECT name, ucd, columns FROM vo.tap_groups WHERE"
                     " release_id = %s", r) == \
        [("photometry", "phot", ["mag", "flux"])]
    assert voctl.sql("SELECT description FROM vo.tap_tables WHERE release_id"
                     " = %s AND table_name = 'Votable.Stars'", r) == \
        [("A table of stars",)]
    assert voctl.sql("SELECT utype FROM vo.tap_columns WHERE release_id = %s"
                     " AND column_name = 'mag'", r) == [("x:mag",)]


def test_csv(voctl, tmp_path):
    t = sample(3)
    t.remove_column("flux")
    t["mag"] = t["mag"].astype(float)
    t["hole"] = MaskedColumn(np.arange(N) / 3, mask=np.arange(N) % 2 == 0)
    t.write(tmp_path / "a.csv", format="ascii.csv")
    r = voctl.release()
    voctl("load", r, "t", tmp_path / "a.csv", "--key", "ident", "--index",
          "small,number", "--index", "name").ok()
    compare(voctl, f"{r}.t", t)
    check_order(voctl, f"{r}.t")
    c = columns_of(voctl, r, r + ".t")
    assert c["hole"]["fill"] == 0.5
    assert c["name"]["datatype"] in ("char", "unicodeChar")
    assert c["name"]["arraysize"] == "*"
    indexes = voctl.sql("SELECT substring(indexdef FROM '(UNIQUE)'),"
                        " substring(indexdef FROM '\\((.*)\\) WITH') FROM"
                        " pg_indexes WHERE schemaname = %s AND tablename ="
                        " 't'", r)
    assert sorted(indexes, key=str) == sorted(
        [("UNIQUE", "ident"), (None, "hpx"), (None, "small, number"),
         (None, "name")], key=str)
    assert {n for n in c if c[n]["indexed"]} == {
        "ident", "small", "name", "RAJ2000", "DEJ2000"}


def test_csv_is_also_read_from_gzip_or_refused_clearly(voctl, tmp_path):
    with gzip.open(tmp_path / "a.csv.gz", "wt") as f:
        f.write("a,b\n1,2\n")
    r = voctl.release()
    result = voctl("load", r, "t", tmp_path / "a.csv.gz")
    if result.rc == 0:
        assert voctl.sql(f"SELECT a, b FROM {r}.t") == [(1, 2)]
    else:
        result.fails("a.csv.gz")


def test_several_files_take_the_wider_type(voctl, tmp_path):
    (tmp_path / "1.csv").write_text("id,x\n1,10\n2,20\n")
    (tmp_path / "2.csv").write_text("X,ID\n0.5,3\n,4\n")
    (tmp_path / "3.csv").write_text("id,x\n5000000000,1\n")
    r = voctl.release()
    files = [tmp_path / f"{i}.csv" for i in (1, 2, 3)]
    voctl("load", r, "t", *files).ok()
    assert voctl.sql(f"SELECT id, x FROM {r}.t ORDER BY id") == [
        (1, 10.0), (2, 20.0), (3, 0.5), (4, None), (5000000000, 1.0)]
    c = columns_of(voctl, r, r + ".t")
    assert c["id"]["datatype"] == "long" and c["x"]["datatype"] == "double"
    (tmp_path / "4.csv").write_text("id,y\n1,1\n")
    voctl("load", r, "u", files[0], tmp_path / "4.csv").fails(
        "1.csv", "4.csv", "y", rc=2)
    (tmp_path / "5.csv").write_text("id,x\n1,abc\n")
    voctl("load", r, "u", files[0], tmp_path / "5.csv").fails(
        "Column x", "5.csv", rc=2)


def test_replace_and_append(voctl, tmp_path):
    a, b = ascii_names(sample(4)), ascii_names(sample(5))
    b["ident"] += 1
    a.write(tmp_path / "a.fits")
    b.write(tmp_path / "b.fits")
    r = voctl.release()
    where = f"{r}.t"
    voctl("load", r, "t", tmp_path / "a.fits", "--key", "ident").ok()
    voctl("load", r, "t", tmp_path / "b.fits").fails("--replace",
                                                     "--append", rc=2)
    voctl("load", r, "t", tmp_path / "b.fits", "--replace",
          "--append").fails("exclude", rc=2)
    compare(voctl, where, a)
    voctl("load", r, "T", tmp_path / "b.fits", "--append").ok()
    both = Table(np.concatenate([a.as_array(), b.as_array()]))
    compare(voctl, where, both)
    check_order(voctl, where)
    c = columns_of(voctl, r, r + ".t")
    assert c["mag"]["min"] == both["mag"].min()
    assert c["mag"]["max"] == both["mag"].max()
    assert c["mag"]["unit"] == "mag"
    assert voctl.sql("SELECT nrows FROM vo.tap_tables WHERE table_name ="
                     " %s", r + ".t") == [(2 * N,)]
    # the key is still a key: the same rows again are refused
    voctl("load", r, "t", tmp_path / "b.fits", "--append").fails("ident")
    compare(voctl, where, both)
    voctl("load", r, "t", tmp_path / "b.fits", "--replace").ok()
    compare(voctl, where, b)
    assert voctl.sql("SELECT count(*) FROM pg_class WHERE relnamespace ="
                     " %s::regnamespace AND relname LIKE '~%%'", r) == [(0,)]
    voctl("check", r).ok()


def test_append_needs_the_same_columns(voctl, tmp_path):
    (tmp_path / "a.csv").write_text("id,x\n1,1.5\n")
    (tmp_path / "b.csv").write_text("id,y\n1,1.5\n")
    (tmp_path / "c.csv").write_text("id,x,z\n1,1.5,1\n")
    (tmp_path / "d.csv").write_text("id,x\n7.5,1\n")
    (tmp_path / "e.csv").write_text("X,ID\n2,8\n")
    r = voctl.release()
    voctl("load", r, "t", tmp_path / "a.csv").ok()
    voctl("load", r, "t", tmp_path / "b.csv", "--append").fails("x", rc=2)
    voctl("load", r, "t", tmp_path / "c.csv", "--append").fails("columns",
                                                                rc=2)
    voctl("load", r, "t", tmp_path / "d.csv", "--append").fails(
        "d.csv, row 1, column id", "7.5", rc=2)
    voctl("load", r, "t", tmp_path / "e.csv", "--append").ok()
    assert voctl.sql(f"SELECT id, x FROM {r}.t ORDER BY id") == [
        (1, 1.5), (8, 2.0)]


def test_readers_keep_their_table_during_replace(voctl, tmp_path):
    (tmp_path / "a.csv").write_text("id\n1\n")
    (tmp_path / "b.csv").write_text("id\n2\n")
    r = voctl.release()
    voctl("load", r, "t", tmp_path / "a.csv").ok()
    reader = voctl.connect("vo_web")
    reader.autocommit = False
    cur = reader.cursor()
    cur.execute(f"SET LOCAL ROLE vo_read_{r}")
    cur.execute(f"SELECT id FROM {r}.t")
    assert cur.fetchall() == [(1,)]
    with subprocess.Popen([voctl.program, "load", r, "t",
                           str(tmp_path / "b.csv"), "--replace"],
                          env=voctl.environ()) as p:
        time.sleep(1)
        assert p.poll() is None  # waits for the reader's transaction
        cur.execute(f"SELECT id FROM {r}.t")
        assert cur.fetchall() == [(1,)]
        reader.rollback()
        assert p.wait(60) == 0
    cur.execute(f"SET LOCAL ROLE vo_read_{r}")
    cur.execute(f"SELECT id FROM {r}.t")
    assert cur.fetchall() == [(2,)]
    reader.close()


FILTERS = ["uX", "gX", "rX", "J0660"]


def fold_release(voctl, tmp_path):
    path = tmp_path / "f.csv"
    path.write_text("name,position,filter_id\n" + "".join(
        f"{f},{i + 1},{10 - i}\n" for i, f in enumerate(FILTERS)))
    return voctl.release("--filters", path)


def test_fold(voctl, tmp_path):
    r = fold_release(voctl, tmp_path)
    rng = np.random.default_rng(6)
    t = Table()
    t["id"] = np.arange(50)
    # not in the order of positions, one filter missing, case differs
    for f in ("rX", "gx", "uX"):
        t["MAG_AUTO_" + f] = rng.normal(20, 1, 50).astype(np.float32)
        t["MAG_AUTO_" + f].description = f"Magnitude in {f}"
    t["FLAG_uX"] = rng.integers(0, 9, 50).astype(np.int16)
    t["FLAG_J0660"] = rng.integers(0, 2**20, 50).astype(np.int32)
    t["alone_rX"] = np.arange(50.0)
    t.write(tmp_path / "a.fits")
    voctl("load", r, "t", tmp_path / "a.fits", "--fold").ok()
    c = columns_of(voctl, r, r + ".t")
    assert list(c) == ["id", "MAG_AUTO", "FLAG", "alone_rX"]
    assert c["MAG_AUTO"]["pg_type"] == "real[]"
    assert c["MAG_AUTO"]["arraysize"] == "4"
    assert c["FLAG"]["pg_type"] == "integer[]"
    rows = voctl.sql(f"SELECT id, mag_auto, flag, alone_rx FROM {r}.t"
                     " ORDER BY id")
    for i, (ident, mag, flag, alone) in enumerate(rows):
        assert [None if m is None else np.float32(m) for m in mag] == [
            t["MAG_AUTO_uX"][i], t["MAG_AUTO_gx"][i], t["MAG_AUTO_rX"][i],
            None]
        assert flag == [t["FLAG_uX"][i], None, None, t["FLAG_J0660"][i]]
        assert alone == t["alone_rX"][i]
    # without being asked nothing is folded
    voctl("load", r, "plain", tmp_path / "a.fits").ok()
    assert list(columns_of(voctl, r, r + ".plain")) == t.colnames
    voctl("load", voctl.release(), "t", tmp_path / "a.fits", "--fold").fails(
        "no filters", rc=2)


def test_append_folds_and_parses_as_before(voctl, tmp_path):
    r = fold_release(voctl, tmp_path)
    (tmp_path / "m.ini").write_text("[column shape]\ntype = sky_region\n"
                                    "[column MAG]\nunit = mag\n")
    (tmp_path / "a.csv").write_text(
        "id,shape,MAG_uX,MAG_rX\n1,CIRCLE ICRS 1 2 3,1.5,2.5\n")
    (tmp_path / "b.csv").write_text(
        "id,shape,MAG_uX,MAG_rX\n2,circle 4 5 6,3,\n3,,,\n4,,,9\n")
    voctl("load", r, "t", tmp_path / "a.csv", "--fold", "--meta",
          tmp_path / "m.ini").ok()
    voctl("load", r, "t", tmp_path / "b.csv", "--fold", "--append").ok()
    assert voctl.sql(f"SELECT id, mag, sky_contains(sky_point(4, 6), shape)"
                     f" FROM {r}.t ORDER BY id") == [
        (1, [1.5, None, 2.5, None], False), (2, [3.0, None, None, None], True),
        (3, None, None), (4, [None, None, 9.0, None], None)]
    c = columns_of(voctl, r, r + ".t")["MAG"]
    assert (c["unit"], c["min"], c["max"]) == ("mag", 1.5, 9)
    assert c["fill"] == pytest.approx(3 / 4)
    voctl("load", r, "t", tmp_path / "b.csv", "--append").fails("columns",
                                                                rc=2)
    voctl("check", r).ok()


def test_fold_conflicts(voctl, tmp_path):
    r = fold_release(voctl, tmp_path)
    (tmp_path / "a.csv").write_text("MAG,MAG_uX,MAG_gX\n1,2,3\n")
    voctl("load", r, "t", tmp_path / "a.csv", "--fold").fails("MAG", rc=2)
    (tmp_path / "b.csv").write_text("MAG_uX,MAG_gX\n1,x\n")
    # text is no element, so one number alone is left and nothing is folded
    voctl("load", r, "t", tmp_path / "b.csv", "--fold").ok()
    assert list(columns_of(voctl, r, r + ".t")) == ["MAG_uX", "MAG_gX"]


def test_metadata_file(voctl, tmp_path):
    r = voctl.release("--survey", "meta")
    (tmp_path / "target.csv").write_text("tile\n1\n")
    (tmp_path / "a.csv").write_text(
        "tile,old,RA_X,DEC_X,junk,shape,select\n"
        '1,5,10,20,x,"CIRCLE ICRS 10 20 1",3\n2,6,11,21,y,,4\n')
    meta = tmp_path / "a.ini"
    meta.write_text("""# what the file does not say
[table]
description = A table
  of two lines
epoch = 2016.0
ra = RA_X
dec = DEC_X
[column OLD]
name = New
unit = mag
ucd = phot.mag
utype = a:b
description = Renamed
type = real
principal = 1
[column junk]
skip = 1
[column shape]
type = sky_region
[key to_tile]
from = tile
target = meta.Tile
to = tile
description = The tile
""")
    voctl("load", r, "Tile", tmp_path / "target.csv").ok()
    voctl("load", r, "t", tmp_path / "a.csv", "--meta", meta).ok()
    c = columns_of(voctl, r, "meta.t")
    assert list(c) == ["tile", "New", "RA_X", "DEC_X", "shape", '"select"']
    assert c["New"] == {**c["New"], "unit": "mag", "ucd": "phot.mag",
                        "description": "Renamed", "datatype": "float"}
    assert c["shape"]["pg_type"] == "sky_region"
    assert c["shape"]["xtype"] == "adql:REGION"
    assert c["shape"]["datatype"] == "char" and c["shape"]["indexed"] == 1
    assert voctl.sql("SELECT description, epoch, ra_column FROM vo.tap_tables"
                     " WHERE table_name = 'meta.t'") == [
        ("A table of two lines", 2016.0, "RA_X")]
    assert voctl.sql(f"SELECT new, sky_area(shape) FROM {r}.t ORDER BY 1"
                     )[0][1] == pytest.approx(
        2 * math.pi * (1 - math.cos(math.radians(1)))
        * math.degrees(1)**2, rel=1e-9)
    assert voctl.sql("SELECT from_table, from_column, target_table,"
                     f" target_column FROM {r}.tap_keys JOIN"
                     f" {r}.tap_key_columns USING (key_id) WHERE key_id ="
                     " 'to_tile'") == [("meta.t", "tile", "meta.Tile",
                                        "tile")]
    voctl("check", r).ok()
    for text, words in (
            ("[column nothere]\nunit = m\n", ("nothere",)),
            ("[colum x]\n", ("line 1",)),
            ("[column old]\nunits = m\n", ("line 2", "units")),
            ("unit = m\n", ("line 1",)), ("[table]\nnonsense\n", ("line 2",)),
            ("[column old]\ntype = float\n", ("old", "float")),
            ("[key k]\nfrom = tile\n", ("key k",)),
            ("[key k]\nfrom=tile\nto=x\ntarget=meta.Tile\n",
             ("meta.Tile(x)",)),
            ("[column old]\nname = TILE\n", ("TILE",))):
        meta.write_text(text)
        voctl("load", r, "t", tmp_path / "a.csv", "--replace", "--meta",
              meta).fails(*words)
    meta.write_text("[column shape]\ntype = sky_region\n")
    (tmp_path / "b.csv").write_text('shape\n"CIRCLE ICRS 10 20 1"\n'
                                    '"CIRCLE ICRS 10 95 1"\n')
    voctl("load", r, "u", tmp_path / "b.csv", "--meta", meta).fails(
        "b.csv, row 2, column shape", "95", rc=2)
    assert list(columns_of(voctl, r, "meta.t")) == list(c)


@pytest.mark.parametrize("head, found", [
    ("ra,dec", True), ("RA,DEC", True), ("_RAJ2000,_DEJ2000", True),
    ("Alpha_J2000,Delta_J2000", True), ("ra_icrs,de_icrs", True),
    ("ra,declination", False), ("l,b", False)])
def test_positions_by_name(voctl, tmp_path, head, found):
    r = voctl.release()
    (tmp_path / "a.csv").write_text(f"{head},v\n1,2,3\n-10,-2,4\n,,5\n")
    voctl("load", r, "t", tmp_path / "a.csv").ok()
    rows = voctl.sql("SELECT hpx_column, ra_column, is_cone FROM vo.tap_tables"
                     " WHERE table_name = %s", r + ".t")
    ra, dec = head.split(",")
    quoted = f'"{ra}"' if ra[0] == "_" else ra
    assert rows == [("hpx", quoted, True) if found else (None, None, False)]
    if found:
        cells = voctl.sql(f"SELECT v, hpx FROM {r}.t ORDER BY v")
        assert [c[1] for c in cells] == [
            healpy.ang2pix(2**29, a, d, nest=True, lonlat=True)
            for a, d in ((1, 2), (350, -2))] + [None]
        c = columns_of(voctl, r, r + ".t")
        assert c[quoted]["ucd"] == "pos.eq.ra;meta.main"
        assert c[quoted]["unit"] == "deg"
        assert c[quoted]["datatype"] == "double"
    voctl("load", r, "told", tmp_path / "a.csv", "--ra", ra, "--dec",
          dec).ok()
    voctl("load", r, "none", tmp_path / "a.csv", "--no-position").ok()
    assert voctl.sql("SELECT count(*) FROM vo.tap_tables WHERE is_cone AND"
                     " release_id = %s", r) == [(2 if found else 1,)]


def test_hours_are_no_position(voctl, tmp_path):
    t = ascii_names(sample(7))
    t["RAJ2000"].unit = "h"
    t.write(tmp_path / "a.fits")
    r = voctl.release()
    voctl("load", r, "t", tmp_path / "a.fits").ok()
    assert voctl.sql("SELECT ra_column FROM vo.tap_tables WHERE table_name ="
                     " %s", r + ".t") == [(None,)]
    voctl("load", r, "u", tmp_path / "a.fits", "--ra", "RAJ2000", "--dec",
          "DEJ2000").fails("degrees", rc=2)
    voctl("load", r, "u", tmp_path / "a.fits", "--ra", "RAJ2000").fails(
        "--dec", rc=2)
    voctl("load", r, "u", tmp_path / "a.fits", "--ra", "x", "--dec",
          "y").fails("no column x", rc=2)


BAD = {
    "dec.csv": ("ra,dec\n1,2\n3,91\n", "row 2, column dec"),
    "ra.csv": ("ra,dec\n1,2\n3,9\n361,0\n", "row 3, column ra"),
    "short.csv": ("a,b\n1,2\n3\n", "short.csv"),
    "empty.csv": ("", "empty.csv"),
    "twice.csv": ("a,A\n1,2\n", "twice.csv"),
    "broken.xml": ("<VOTABLE><RESOURCE><TABLE><FIELD name='a'"
                   " datatype='int'/><DATA><TABLEDATA><TR><TD>1</TD></TR>"
                   "<TR><TD>x</TD></TR></TABLEDATA></DATA></TABLE>"
                   "</RESOURCE></VOTABLE>", "broken.xml"),
    "cut.xml": ("<VOTABLE><RESOURCE><TABLE><FIELD name='a'"
                " datatype='int'/><DATA><TABLEDATA><TR><TD>1</TD>",
                "cut.xml"),
    "nonsense.fits": ("SIMPLE  = nonsense", "nonsense.fits"),
}


def state_of(voctl, release):
    """Everything that a failed load might have changed."""
    tables = [r[0] for r in voctl.sql(
        "SELECT relname FROM pg_class WHERE relnamespace = %s::regnamespace"
        " ORDER BY 1", release)]
    rows = [voctl.sql(f'SELECT * FROM vo.{t} WHERE release_id = %s ORDER BY'
                      ' 1, 2, 3', release)
            for t in ("tap_tables", "tap_columns", "tap_keys", "tap_groups")]
    return (tables, rows, voctl.sql("TABLE vo.meta_serial"),
            voctl.sql(f"SELECT * FROM {release}.good ORDER BY 1"))


@pytest.mark.parametrize("name", BAD)
def test_bad_files_change_nothing(voctl, tmp_path, name):
    text, word = BAD[name]
    (tmp_path / name).write_text(text)
    (tmp_path / "good.csv").write_text("ra,dec\n1,2\n")
    r = voctl.release()
    voctl("load", r, "good", tmp_path / "good.csv").ok()
    before = state_of(voctl, r)
    voctl("load", r, "bad", tmp_path / name).fails(word)
    voctl("load", r, "good", tmp_path / name, "--replace").fails(word)
    if name in ("dec.csv", "ra.csv"):
        voctl("load", r, "good", tmp_path / name, "--append").fails(word)
    voctl("load", r, "good", tmp_path / "good.csv", "--replace", "--key",
          "nothere").fails("nothere", rc=2)
    assert state_of(voctl, r) == before


def test_missing_things(voctl, tmp_path):
    r = voctl.release()
    voctl("load", r, "t", tmp_path / "nothere.csv").fails("nothere.csv")
    (tmp_path / "a.csv").write_text("a\n1\n")
    voctl("load", "nowhere", "t", tmp_path / "a.csv").fails(
        "There is no release nowhere", rc=1)
    voctl("load", r, "TAP_SCHEMA.tables", tmp_path / "a.csv").fails(
        "own", rc=2)
    voctl("load", r, "tap_tables", tmp_path / "a.csv").fails("own", rc=2)
    voctl("load", r, "t", tmp_path / "a.csv", "--cone").fails("position",
                                                              rc=2)
    voctl("load", r, "t", tmp_path / "a.csv", "--table", "0").fails(
        "--table", rc=2)


def test_a_table_in_another_schema(voctl, tmp_path):
    (tmp_path / "a.csv").write_text("a\n1\n")
    r = voctl.release("--survey", "one")
    voctl("load", r, "x", tmp_path / "a.csv", "--tap-name", "other.X y").ok()
    assert voctl.sql(f"SELECT schema_name, table_name FROM {r}.tap_tables"
                     " WHERE schema_name <> 'TAP_SCHEMA'") == [
        ("other", 'other."X y"')]
    assert [s[0] for s in voctl.sql(
        f"SELECT schema_name FROM {r}.tap_schemas ORDER BY schema_index")] == [
        "one", "other", "TAP_SCHEMA"]
    voctl("check", r).ok()


def test_awkward_names(voctl, tmp_path):
    long = "x" * 80
    names = ["hpx", "ctid", "order", "a b", 'q"x', "1st", long + "1",
             long + "2", "ra", "dec"]
    with open(tmp_path / "a.csv", "w") as f:
        f.write(",".join('"%s"' % n.replace('"', '""') for n in names) + "\n")
        f.write(",".join("1" for _ in names) + "\n")
    r = voctl.release()
    voctl("load", r, "t", tmp_path / "a.csv").ok()
    rows = voctl.sql("SELECT column_name FROM vo.tap_columns WHERE release_id"
                     " = %s AND table_name = %s ORDER BY column_index", r,
                     r + ".t")
    assert [x[0] for x in rows] == [
        "hpx", "ctid", '"order"', '"a b"', '"q""x"', '"1st"', long + "1",
        long + "2", "ra", "dec"]
    hpx, = voctl.sql("SELECT hpx_column FROM vo.tap_tables WHERE table_name ="
                     " %s", r + ".t")[0]
    assert hpx != "hpx"
    voctl("check", r).ok()


def test_dry_run(voctl, tmp_path):
    (tmp_path / "a.csv").write_text("ra,dec\n1,2\n")
    (tmp_path / "b.csv").write_text("ra,dec\n1,2\n1,99\n")
    r = voctl.release()
    out = voctl("load", r, "t", tmp_path / "a.csv", "--dry-run").ok().out
    assert "right ascension" in out and "nothing changed" in out
    voctl("load", r, "t", tmp_path / "b.csv", "-n").fails("row 2")
    assert voctl.sql("SELECT to_regclass(%s)", r + ".t") == [(None,)]
    assert voctl.sql("SELECT count(*) FROM vo.tap_tables WHERE release_id ="
                     " %s", r) == [(5,)]


def big_csv(path, n=400000):
    rng = np.random.default_rng(8)
    t = Table({"id": np.arange(n), "ra": rng.uniform(0, 360, n),
               "dec": rng.uniform(-90, 90, n), "x": rng.normal(0, 1, n)})
    t.write(path, format="ascii.fast_csv")


def test_killed(voctl, tmp_path):
    """Killed at several points, a replace leaves the table as it was."""
    big_csv(tmp_path / "big.csv")
    (tmp_path / "good.csv").write_text("id,ra,dec,x\n1,2,3,4\n")
    r = voctl.release()
    voctl("load", r, "good", tmp_path / "good.csv").ok()
    before = state_of(voctl, r)
    killed = 0
    for seconds in (0.2, 0.5, 0.9, 1.4):
        p = subprocess.Popen([voctl.program, "load", r, "good",
                              str(tmp_path / "big.csv"), "--replace"],
                             env=voctl.environ(), stdout=subprocess.DEVNULL,
                             stderr=subprocess.DEVNULL)
        time.sleep(seconds)
        if p.poll() is None:
            os.kill(p.pid, signal.SIGKILL)
            killed += p.wait() == -signal.SIGKILL
        else:
            break
        deadline = time.time() + 30
        while voctl.sql("SELECT count(*) FROM pg_stat_activity WHERE datname ="
                        " 'vo' AND pid <> pg_backend_pid() AND backend_type ="
                        " 'client backend'") != [(0,)]:
            assert time.time() < deadline, "the backend lives on"
            time.sleep(0.1)
        assert state_of(voctl, r) == before
    assert killed >= 2


def test_two_at_once(voctl, tmp_path):
    big_csv(tmp_path / "big.csv", 200000)
    r = voctl.release()
    with subprocess.Popen([voctl.program, "load", r, "t",
                           str(tmp_path / "big.csv")], env=voctl.environ(),
                          stdout=subprocess.DEVNULL) as p:
        while p.poll() is None and voctl.sql(
                "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory'"
                ) == [(0,)]:
            time.sleep(0.01)
        assert p.poll() is None
        voctl("load", r, "t", tmp_path / "big.csv").fails("Another voctl")
        assert p.wait(60) == 0
    assert voctl.sql(f"SELECT count(*) FROM {r}.t") == [(200000,)]


def test_memory_does_not_grow_with_rows(voctl, tmp_path):
    peaks = []
    for n in (20000, 400000):
        big_csv(tmp_path / f"{n}.csv", n)
        r = voctl.release()
        out = subprocess.run(
            ["/bin/bash", "-c", 'exec 3>&1; "$@" >/dev/null & p=$!;'
             " m=0; while h=$(grep VmHWM /proc/$p/status 2>/dev/null); do"
             " m=$h; sleep 0.02; done; wait $p && echo $m >&3", "-",
             voctl.program, "load", r, "t", str(tmp_path / f"{n}.csv")],
            env=voctl.environ(), text=True, capture_output=True, check=True)
        peaks.append(int(out.stdout.split()[1]))
    assert peaks[1] - peaks[0] < 8192, peaks  # kB


def test_the_loader_needs_no_more_rights(voctl, tmp_path):
    (tmp_path / "a.csv").write_text("ra,dec\n1,2\n")
    r = voctl.release()
    dsn = voctl.dsn.replace("user=vo_admin", "user=vo_loader")
    assert dsn != voctl.dsn
    voctl("--dsn", dsn, "load", r, "t", tmp_path / "a.csv").ok()
    voctl("--dsn", dsn, "load", r, "t", tmp_path / "a.csv", "--append").ok()
    voctl("--dsn", dsn, "release", "open", r).ok()
    voctl("--dsn", dsn, "check", r).ok()
    voctl("--dsn", dsn, "release", "add", "mine-2").fails("role")
    web = voctl.env["VO_WEB_DSN"]
    voctl("--dsn", web, "load", r, "u", tmp_path / "a.csv").fails("role")


def test_wrong_keys_are_known_before_rows_are_read(voctl, tmp_path):
    r = voctl.release()
    # the bad row would be told first if rows were read first
    (tmp_path / "a.csv").write_text("ra,dec\n1,95\n")
    (tmp_path / "a.ini").write_text("[key k]\nfrom=ra\nto=x\ntarget=no.T\n")
    voctl("load", r, "t", tmp_path / "a.csv", "--index", "nothere").fails(
        "nothere", rc=2)
    voctl("load", r, "t", tmp_path / "a.csv", "--meta",
          tmp_path / "a.ini").fails("no.T", rc=2)


def test_progress(voctl, tmp_path):
    """A bar on a terminal, nothing when quiet."""
    big_csv(tmp_path / "a.csv", 300000)
    r = voctl.release()
    for options, words in (([], ("%", "rows", "#", "left")),
                           (["--quiet", "--replace"], ())):
        ours, theirs = os.openpty()
        with subprocess.Popen([voctl.program, "load", r, "t",
                               str(tmp_path / "a.csv"), *options],
                              env=voctl.environ(), stderr=theirs,
                              stdout=subprocess.DEVNULL) as p:
            os.close(theirs)
            seen = b""
            while True:
                try:
                    seen += os.read(ours, 65536)
                except OSError:  # the terminal is closed: the end
                    break
            assert p.wait() == 0
        os.close(ours)
        for word in words:
            assert word in seen.decode()
        assert words or seen == b""
