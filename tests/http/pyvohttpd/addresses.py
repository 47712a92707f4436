"""addresses.py: every address of a release, for tests of who may read it."""
# SPDX-License-Identifier: GPL-3.0-or-later

# Path below /vo and parameters, DID standing for an image of it.
ADDRESSES = [
    ("soda/%s/sync", {"ID": "DID", "CIRCLE": "150 2 0.01"}),
    ("soda/%s/async", {}), ("soda/%s/async/nothing", {}),
    ("soda/%s/capabilities", {}), ("soda/%s/availability", {}),
    ("siap/%s/get_fits", {"id": 101, "filter": "u"}),
    ("siap/%s/get_weight", {"id": 101, "filter": "u"}),
    ("siap/%s/get_psf_file", {"id": 101, "filter": "u"}),
    ("siap/%s/get_psf_by_position", {"ra": 150, "dec": 2, "filter": "u"}),
    ("siap/%s/get_graphic_image", {"id": 101, "filter": "u"}),
    ("siap/%s/get_fits_cutout", {"id": 101, "filter": "u", "ra": 150,
                                 "dec": 2, "width": 0.01}),
    ("siap/%s/get_graphic_cutout", {"ra": 150, "dec": 2, "width": 0.01}),
    ("siap/%s/get_file", {"ID": "DID"}),
    ("siap/%s/get_file", {"ID": "DID", "PRODUCT": 1}),
    ("siap/%s/get_nothing", {}),
    ("siap/%s", {"POS": "150,2", "SIZE": "1"}), ("siap/%s/capabilities", {}),
    ("siap2/%s/query", {}), ("siap2/%s/capabilities", {}),
    ("siap2/%s/availability", {}),
    ("datalink/%s/links", {"ID": "DID"}), ("datalink/%s/capabilities", {}),
    ("ssap/%s", {"REQUEST": "queryData"}), ("ssap/%s/spectrum", {"ID": "DID"}),
    ("ssap/%s/capabilities", {}), ("ssap/%s/availability", {}),
    ("datalink/%s/availability", {}), ("siap/%s/availability", {}),
    ("cone/%s/Stars", {"RA": 1, "DEC": 1, "SR": 1}),
    ("%s/capabilities", {}), ("%s/availability", {}), ("%s/tables", {}),
    ("tap/%s", {}), ("tap/%s/tables", {}), ("tap/%s/async", {}),
    ("tap/%s/examples", {}), ("tap/%s/capabilities", {}),
    ("tap/%s/availability", {}),
    ("tap/%s/sync", {"LANG": "ADQL", "QUERY": "SELECT * FROM ivoa.obscore"}),
]
