"""obscore.py: the mandatory columns of ObsCore 1.1, as its table 1 and appendix B
have them, to compare services with."""
# SPDX-License-Identifier: GPL-3.0-or-later

_CHAR = ("char", "*")
_INT, _LONG, _DOUBLE = ("int", None), ("long", None), ("double", None)
_SPACE = "Char.SpatialAxis."
_POS = _SPACE + "Coverage.Location.Coord.Position2D.Value2."

# name: ((datatype, arraysize), unit, utype after "obscore:", UCD)
MANDATORY = {
    "dataproduct_type": (_CHAR, None, "ObsDataset.dataProductType",
                         "meta.code.class"),
    "calib_level": (_INT, None, "ObsDataset.calibLevel",
                    "meta.code;obs.calib"),
    "obs_collection": (_CHAR, None, "DataID.collection", "meta.id"),
    "obs_id": (_CHAR, None, "DataID.observationID", "meta.id"),
    "obs_publisher_did": (_CHAR, None, "Curation.publisherDID",
                          "meta.ref.ivoid"),
    "access_url": (_CHAR, None, "Access.reference", "meta.ref.url"),
    "access_format": (_CHAR, None, "Access.format", "meta.code.mime"),
    "access_estsize": (_LONG, "kbyte", "Access.size", "phys.size;meta.file"),
    "target_name": (_CHAR, None, "Target.name", "meta.id;src"),
    "s_ra": (_DOUBLE, "deg", _POS + "C1", "pos.eq.ra"),
    "s_dec": (_DOUBLE, "deg", _POS + "C2", "pos.eq.dec"),
    "s_fov": (_DOUBLE, "deg", _SPACE + "Coverage.Bounds.Extent.diameter",
              "phys.angSize;instr.fov"),
    "s_region": (_CHAR, None, _SPACE + "Coverage.Support.Area",
                 "pos.outline;obs.field"),
    "s_resolution": (_DOUBLE, "arcsec", _SPACE + "Resolution.Refval.value",
                     "pos.angResolution"),
    "s_xel1": (_LONG, None, _SPACE + "numBins1", "meta.number"),
    "s_xel2": (_LONG, None, _SPACE + "numBins2", "meta.number"),
    "t_min": (_DOUBLE, "d", "Char.TimeAxis.Coverage.Bounds.Limits.StartTime",
              "time.start;obs.exposure"),
    "t_max": (_DOUBLE, "d", "Char.TimeAxis.Coverage.Bounds.Limits.StopTime",
              "time.end;obs.exposure"),
    "t_exptime": (_DOUBLE, "s", "Char.TimeAxis.Coverage.Support.Extent",
                  "time.duration;obs.exposure"),
    "t_resolution": (_DOUBLE, "s", "Char.TimeAxis.Resolution.Refval.value",
                     "time.resolution"),
    "t_xel": (_LONG, None, "Char.TimeAxis.numBins", "meta.number"),
    "em_min": (_DOUBLE, "m", "Char.SpectralAxis.Coverage.Bounds.Limits.LoLimit",
               "em.wl;stat.min"),
    "em_max": (_DOUBLE, "m", "Char.SpectralAxis.Coverage.Bounds.Limits.HiLimit",
               "em.wl;stat.max"),
    "em_res_power": (_DOUBLE, None,
                     "Char.SpectralAxis.Resolution.ResolPower.refVal",
                     "spect.resolution"),
    "em_xel": (_LONG, None, "Char.SpectralAxis.numBins", "meta.number"),
    "o_ucd": (_CHAR, None, "Char.ObservableAxis.ucd", "meta.ucd"),
    "pol_states": (_CHAR, None, "Char.PolarizationAxis.stateList",
                   "meta.code;phys.polarization"),
    "pol_xel": (_LONG, None, "Char.PolarizationAxis.numBins", "meta.number"),
    "facility_name": (_CHAR, None, "Provenance.ObsConfig.Facility.name",
                      "meta.id;instr.tel"),
    "instrument_name": (_CHAR, None, "Provenance.ObsConfig.Instrument.name",
                        "meta.id;instr"),
}


def wrong_columns(table):
    """What is wrong with the FIELDs of TABLE (xmltree.VOTable)."""
    bad = []
    for name, (kind, unit, utype, ucd) in MANDATORY.items():
        if name not in table.names:
            bad.append("%s is missing" % name)
            continue
        f = table.field(name)
        got = ((f.get("datatype"), f.get("arraysize")), f.get("unit"),
               f.get("utype"), f.get("ucd"))
        if got != (kind, unit, "obscore:" + utype, ucd):
            bad.append("%s: %r" % (name, got))
    return bad
