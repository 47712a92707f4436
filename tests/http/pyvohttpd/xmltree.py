"""xmltree.py: XML compared as trees; VOTables and VOSI documents read."""
# SPDX-License-Identifier: GPL-3.0-or-later
from lxml import etree

XSI = "{http://www.w3.org/2001/XMLSchema-instance}"
VOT = "{http://www.ivoa.net/xml/VOTable/v1.3}"


def parse(data):
    """The root element of well-formed DATA (bytes)."""
    return etree.fromstring(data, etree.XMLParser(resolve_entities=False))


def tree(node):
    """NODE as nested tuples: name, sorted attributes, text, children. White
    space around text does not count; an xsi:type has its prefix resolved."""
    attrs = {}
    for key, value in node.attrib.items():
        if key == XSI + "type" and ":" in value:
            prefix, local = value.split(":", 1)
            value = "{%s}%s" % (node.nsmap[prefix], local)
        attrs[key] = value
    return (node.tag, tuple(sorted(attrs.items())),
            (node.text or "").strip(),
            tuple(tree(c) for c in node if isinstance(c.tag, str)))


def same(a, b):
    """Are two documents (bytes) the same tree?"""
    return tree(parse(a)) == tree(parse(b))


class VOTable:
    """The first TABLE of a document, plainly: an independent reader for
    TABLEDATA, as scripts have it."""

    def __init__(self, data):
        self.root = parse(data)
        assert self.root.tag == VOT + "VOTABLE", self.root.tag
        self.resources = self.root.findall(VOT + "RESOURCE")
        self.tables = list(self.root.iter(VOT + "TABLE"))
        self.infos = [(i.get("name"), i.get("value"), (i.text or "").strip())
                      for i in self.root.iter(VOT + "INFO")]
        table = self.tables[0] if self.tables else None
        self.fields = [] if table is None else table.findall(VOT + "FIELD")
        self.names = [f.get("name") for f in self.fields]
        self.rows = []
        if table is not None:
            for tr in table.iter(VOT + "TR"):
                self.rows.append([(td.text or "") for td in
                                  tr.findall(VOT + "TD")])

    def field(self, name):
        return self.fields[self.names.index(name)]

    def column(self, name):
        i = self.names.index(name)
        return [row[i] for row in self.rows]

    def by_ucd(self, ucd):
        found = [f.get("name") for f in self.fields if f.get("ucd") == ucd]
        assert len(found) == 1, "UCD %s: %r" % (ucd, found)
        return found[0]

    def status(self):
        """Values of the QUERY_STATUS INFOs in order."""
        return [v for n, v, _ in self.infos if n == "QUERY_STATUS"]

    def message(self):
        """The text of the error."""
        return " ".join(t for n, v, t in self.infos
                        if n == "QUERY_STATUS" and v == "ERROR")
