"""wire.py: PostgreSQL cells made and read in Python, for test_*.py here."""
# SPDX-License-Identifier: GPL-3.0-or-later
import datetime
import math
import os
import struct
import subprocess

TOP = os.path.dirname(os.path.dirname(os.path.dirname(
    os.path.dirname(os.path.abspath(__file__)))))
TOOL = os.environ.get("TABLE_TOOL",
                      os.path.join(TOP, "build/tests/table_tool"))
DATA = os.environ.get("VO_TEST_DATA", os.path.join(TOP, "../shared/data"))

OID = {"bool": 16, "bytea": 17, "int8": 20, "int2": 21, "int4": 23,
       "text": 25, "float4": 700, "float8": 701, "bpchar": 1042,
       "varchar": 1043, "date": 1082, "timestamp": 1114,
       "timestamptz": 1184, "numeric": 1700, "bool[]": 1000,
       "int2[]": 1005, "int4[]": 1007, "text[]": 1009, "int8[]": 1016,
       "float4[]": 1021, "float8[]": 1022, "timestamp[]": 1115,
       "uuid": 2950, "jsonb": 3802}
NAME = {oid: name for name, oid in OID.items()}
EPOCH = datetime.datetime(2000, 1, 1)


def _float_text(v):
    if math.isnan(v):
        return "NaN"
    if math.isinf(v):
        return "Infinity" if v > 0 else "-Infinity"
    return repr(v)


def _float4_text(v):
    if math.isnan(v) or math.isinf(v):
        return _float_text(v)
    for digits in range(6, 10):
        text = "%.*g" % (digits, v)
        if struct.pack(">f", float(text)) == struct.pack(">f", v):
            return text
    raise AssertionError(v)


def text(kind, v):
    """The text format of value V of type KIND, as PostgreSQL prints it."""
    if kind.endswith("[]"):
        return "{" + ",".join("NULL" if x is None else _element(kind[:-2], x)
                              for x in v) + "}"
    if kind == "bool":
        return "t" if v else "f"
    if kind == "bytea":
        return "\\x" + v.hex()
    if kind == "float4":
        return _float4_text(v)
    if kind == "float8":
        return _float_text(v)
    if kind == "timestamp":
        return str(v).rstrip("0") if v.microsecond else str(v)
    if kind == "timestamptz":
        return text("timestamp", v) + "+00"
    return str(v)


def _element(kind, v):
    s = text(kind, v)
    if kind in ("text", "timestamp"):
        return '"' + s.replace("\\", "\\\\").replace('"', '\\"') + '"'
    return s


def _numeric(v):
    s = str(v)
    sign = 0x4000 if s[0] == "-" else 0
    whole, _, frac = s.lstrip("-").partition(".")
    dscale = len(frac)
    whole = whole.lstrip("0")
    whole = whole.rjust((len(whole) + 3) // 4 * 4, "0")
    frac = frac.ljust((len(frac) + 3) // 4 * 4, "0")
    digits = [int(whole[i:i + 4]) for i in range(0, len(whole), 4)]
    weight = len(digits) - 1
    digits += [int(frac[i:i + 4]) for i in range(0, len(frac), 4)]
    while digits and digits[-1] == 0:
        digits.pop()
    while digits and digits[0] == 0:
        digits.pop(0)
        weight -= 1
    if not digits:
        weight = 0
    return struct.pack(">hhHH%dH" % len(digits), len(digits), weight, sign,
                       dscale, *digits)


def binary(kind, v):
    """The binary format of value V of type KIND."""
    if kind.endswith("[]"):
        el = kind[:-2]
        out = b"" if v else struct.pack(">iiI", 0, 0, OID[el])
        if v:
            out = struct.pack(">iiIii", 1, int(None in v), OID[el], len(v), 1)
        for x in v:
            if x is None:
                out += struct.pack(">i", -1)
            else:
                b = binary(el, x)
                out += struct.pack(">i", len(b)) + b
        return out
    code = {"int2": ">h", "int4": ">i", "int8": ">q", "float4": ">f",
            "float8": ">d"}.get(kind)
    if code:
        return struct.pack(code, v)
    if kind == "bool":
        return b"\1" if v else b"\0"
    if kind == "bytea":
        return v
    if kind == "date":
        return struct.pack(">i", (v - EPOCH.date()).days)
    if kind in ("timestamp", "timestamptz"):
        return struct.pack(">q", (v - EPOCH) // datetime.timedelta(
            microseconds=1))
    if kind == "numeric":
        return _numeric(v)
    if kind == "jsonb":
        return b"\1" + v.encode()
    if kind == "uuid":
        return bytes.fromhex(v.replace("-", ""))
    return v.encode()


def unbinary(oid, b):
    """The Python value of binary cell B of the type OID."""
    kind = NAME[oid]
    if kind.endswith("[]"):
        ndim, _, el, = struct.unpack(">iiI", b[:12])
        assert ndim in (0, 1) and el == OID[kind[:-2]], (kind, b)
        if not ndim:
            return []
        n, _ = struct.unpack(">ii", b[12:20])
        out, at = [], 20
        for _ in range(n):
            size = struct.unpack(">i", b[at:at + 4])[0]
            at += 4
            if size < 0:
                out.append(None)
                continue
            out.append(unbinary(el, b[at:at + size]))
            at += size
        assert at == len(b)
        return out
    code = {"int2": ">h", "int4": ">i", "int8": ">q", "float4": ">f",
            "float8": ">d"}.get(kind)
    if code:
        return struct.unpack(code, b)[0]
    if kind == "bool":
        return {b"\1": True, b"\0": False}[b]
    if kind == "bytea":
        return b
    if kind == "timestamp":
        return EPOCH + datetime.timedelta(
            microseconds=struct.unpack(">q", b)[0])
    return b.decode()


def spec(fields, rows, is_binary, extra=""):
    """The SPEC text of table_tool. FIELDS: dicts with name, datatype,
    arraysize, pg and optional xtype, unit, ucd, description, ref, null."""
    lines = [extra] if extra else []
    for f in fields:
        lines.append("\t".join(
            ["field", f["name"], f["datatype"], f.get("arraysize") or "-",
             str(OID.get(f["pg"], f["pg"]))]
            + [f.get(k) or "-" for k in ("xtype", "unit", "ucd",
                                         "description", "ref", "null")]))
    for row in rows:
        cells = []
        for f, v in zip(fields, row):
            if v is None:
                cells.append("-")
                continue
            b = binary(f["pg"], v) if is_binary else text(f["pg"], v).encode()
            cells.append(b.hex() or ".")
        lines.append("\t".join(["row"] + cells))
    return "\n".join(lines) + "\n"


def tool(*args, data=""):
    """Run table_tool; returns (status, stdout bytes, stderr text)."""
    p = subprocess.run([TOOL] + list(args), input=data.encode(),
                       capture_output=True, timeout=300)
    assert p.returncode in (0, 1), (p.returncode, p.stderr[-2000:])
    return p.returncode, p.stdout, p.stderr.decode("utf-8", "replace")


def write(fmt, fields, rows, how="ok", version=None, extra=""):
    """The document table_tool makes of these rows in format FMT."""
    is_binary = fmt.split(";")[-1].lower() in (
        "fits", "binary", "binary2", "serialization=binary2",
        "serialization=binary")
    args = ["write", fmt, how] + ([version] if version else [])
    status, out, err = tool(*args,
                            data=spec(fields, rows, is_binary, extra))
    assert status == 0, err
    return out


class Read:
    """What table_tool read says of a file."""

    def __init__(self, path, fmt="-", table="0"):
        status, out, err = tool("read", str(path), fmt, table)
        self.error = err if status else None
        self.fields, self.groups, self.params, self.rows = [], [], {}, []
        self.name = self.description = self.epoch = self.system = None
        for line in out.decode().splitlines():
            w = line.split("\t")
            clean = [None if x == "-" else x for x in w]
            if w[0] == "table":
                self.name, self.description = clean[1:3]
                self.nrows = int(w[3])
            elif w[0] == "coosys":
                self.system, self.epoch = clean[1:3]
            elif w[0] == "param":
                self.params[w[1]] = clean[2]
            elif w[0] == "field":
                self.fields.append(dict(zip(
                    ("name", "datatype", "arraysize", "oid", "xtype", "unit",
                     "ucd", "description", "utype", "null"), clean[1:])))
                self.fields[-1]["oid"] = int(w[4])
            elif w[0] == "group":
                self.groups.append((clean[1], clean[2], w[3:]))
            elif w[0] == "row":
                self.rows.append([
                    None if c == "-" else
                    unbinary(f["oid"], b"" if c == "." else bytes.fromhex(c))
                    for f, c in zip(self.fields, w[1:])])

    def column(self, name):
        i = [f["name"] for f in self.fields].index(name)
        return [row[i] for row in self.rows]
