-- 070_image.sql: images and other data products of a release, their files and
-- footprints, and ivoa.obscore (ObsCore 1.1) made from them.
-- SPDX-License-Identifier: GPL-3.0-or-later

SET LOCAL ROLE vo_owner;

-- Folders below which files of a release lie. A file is named by root and a
-- path relative to it, so that a release can move as a whole.
CREATE TABLE IF NOT EXISTS vo.image_root (
    release_id text NOT NULL REFERENCES vo.release ON DELETE CASCADE,
    root_id integer NOT NULL CHECK (root_id > 0),
    path text NOT NULL                  -- absolute, as httpd sees it
        CHECK (path ~ '^/' AND path !~ '(^|/)\.\.?(/|$)'),
    PRIMARY KEY (release_id, root_id),
    UNIQUE (release_id, path)
);
SELECT vo.watch('image_root');
GRANT SELECT ON vo.image_root TO vo_web;

-- The columns of ivoa.obscore: those of ObsCore 1.1, tables 5 and 6, and ours.
CREATE OR REPLACE VIEW vo.obscore_self (column_index, column_name, datatype,
    arraysize, xtype, unit, ucd, utype, std, pg_type, description) AS
SELECT row_number() OVER () - 1, v.* FROM (VALUES
('dataproduct_type', 'char', '*', NULL, NULL, 'meta.code.class',
 'obscore:ObsDataset.dataProductType', 1, 'text',
 'Kind of data: image, cube, spectrum, measurements ...'),
('calib_level', 'int', NULL, NULL, NULL, 'meta.code;obs.calib',
 'obscore:ObsDataset.calibLevel', 1, 'integer',
 'Degree of calibration, from 0 (raw) to 4 (analysis product)'),
('obs_collection', 'char', '*', NULL, NULL, 'meta.id',
 'obscore:DataID.collection', 1, 'text', 'Collection the product belongs to'),
('obs_id', 'char', '*', NULL, NULL, 'meta.id',
 'obscore:DataID.observationID', 1, 'text',
 'Observation, shared by all of its products'),
('obs_publisher_did', 'char', '*', NULL, NULL, 'meta.ref.ivoid',
 'obscore:Curation.publisherDID', 1, 'text',
 'Identifier of the product, given by the publisher'),
('access_url', 'char', '*', 'adql:clob', NULL, 'meta.ref.url',
 'obscore:Access.reference', 1, 'text', 'Where to get it'),
('access_format', 'char', '*', NULL, NULL, 'meta.code.mime',
 'obscore:Access.format', 1, 'text', 'Media type of what access_url gives'),
('access_estsize', 'long', NULL, NULL, 'kbyte', 'phys.size;meta.file',
 'obscore:Access.size', 1, 'bigint', 'Size of the file, about'),
('target_name', 'char', '*', NULL, NULL, 'meta.id;src',
 'obscore:Target.name', 1, 'text', 'Object or field that was observed'),
('s_ra', 'double', NULL, NULL, 'deg', 'pos.eq.ra',
 'obscore:Char.SpatialAxis.Coverage.Location.Coord.Position2D.Value2.C1', 1,
 'double precision', 'Right ascension of the centre, ICRS'),
('s_dec', 'double', NULL, NULL, 'deg', 'pos.eq.dec',
 'obscore:Char.SpatialAxis.Coverage.Location.Coord.Position2D.Value2.C2', 1,
 'double precision', 'Declination of the centre, ICRS'),
('s_fov', 'double', NULL, NULL, 'deg', 'phys.angSize;instr.fov',
 'obscore:Char.SpatialAxis.Coverage.Bounds.Extent.diameter', 1,
 'double precision', 'Diameter of the circle around the footprint'),
('s_region', 'char', '*', 'adql:REGION', NULL, 'pos.outline;obs.field',
 'obscore:Char.SpatialAxis.Coverage.Support.Area', 1, 'sky_region',
 'Footprint'),
('s_resolution', 'double', NULL, NULL, 'arcsec', 'pos.angResolution',
 'obscore:Char.SpatialAxis.Resolution.Refval.value', 1, 'double precision',
 'Spatial resolution: FWHM of point sources'),
('s_xel1', 'long', NULL, NULL, NULL, 'meta.number',
 'obscore:Char.SpatialAxis.numBins1', 1, 'bigint', 'Pixels along axis 1'),
('s_xel2', 'long', NULL, NULL, NULL, 'meta.number',
 'obscore:Char.SpatialAxis.numBins2', 1, 'bigint', 'Pixels along axis 2'),
('t_min', 'double', NULL, NULL, 'd', 'time.start;obs.exposure',
 'obscore:Char.TimeAxis.Coverage.Bounds.Limits.StartTime', 1,
 'double precision', 'Start of the observation, MJD'),
('t_max', 'double', NULL, NULL, 'd', 'time.end;obs.exposure',
 'obscore:Char.TimeAxis.Coverage.Bounds.Limits.StopTime', 1,
 'double precision', 'End of the observation, MJD'),
('t_exptime', 'double', NULL, NULL, 's', 'time.duration;obs.exposure',
 'obscore:Char.TimeAxis.Coverage.Support.Extent', 1, 'double precision',
 'Exposure time in all'),
('t_resolution', 'double', NULL, NULL, 's', 'time.resolution',
 'obscore:Char.TimeAxis.Resolution.Refval.value', 1, 'double precision',
 'Resolution in time'),
('t_xel', 'long', NULL, NULL, NULL, 'meta.number',
 'obscore:Char.TimeAxis.numBins', 1, 'bigint', 'Samples along the time axis'),
('em_min', 'double', NULL, NULL, 'm', 'em.wl;stat.min',
 'obscore:Char.SpectralAxis.Coverage.Bounds.Limits.LoLimit', 1,
 'double precision', 'Shortest wavelength, in vacuum'),
('em_max', 'double', NULL, NULL, 'm', 'em.wl;stat.max',
 'obscore:Char.SpectralAxis.Coverage.Bounds.Limits.HiLimit', 1,
 'double precision', 'Longest wavelength, in vacuum'),
('em_res_power', 'double', NULL, NULL, NULL, 'spect.resolution',
 'obscore:Char.SpectralAxis.Resolution.ResolPower.refVal', 1,
 'double precision', 'Resolving power, lambda over delta lambda'),
('em_xel', 'long', NULL, NULL, NULL, 'meta.number',
 'obscore:Char.SpectralAxis.numBins', 1, 'bigint',
 'Samples along the spectral axis'),
('o_ucd', 'char', '*', NULL, NULL, 'meta.ucd',
 'obscore:Char.ObservableAxis.ucd', 1, 'text', 'UCD of what was measured'),
('pol_states', 'char', '*', NULL, NULL, 'meta.code;phys.polarization',
 'obscore:Char.PolarizationAxis.stateList', 1, 'text',
 'Polarisation states, /I/Q/'),
('pol_xel', 'long', NULL, NULL, NULL, 'meta.number',
 'obscore:Char.PolarizationAxis.numBins', 1, 'bigint',
 'Number of polarisation states'),
('facility_name', 'char', '*', NULL, NULL, 'meta.id;instr.tel',
 'obscore:Provenance.ObsConfig.Facility.name', 1, 'text',
 'Telescope or observatory'),
('instrument_name', 'char', '*', NULL, NULL, 'meta.id;instr',
 'obscore:Provenance.ObsConfig.Instrument.name', 1, 'text', 'Instrument'),
('dataproduct_subtype', 'char', '*', NULL, NULL, 'meta.code.class',
 'obscore:ObsDataset.dataProductSubtype', 1, 'text',
 'Kind of data in the words of the archive: coadd, single ...'),
('obs_title', 'char', '*', NULL, NULL, 'meta.title;obs',
 'obscore:DataID.title', 1, 'text', 'Short description'),
('obs_creation_date', 'char', '*', 'timestamp', NULL, 'time;meta.dataset',
 'obscore:DataID.date', 1, 'timestamp without time zone',
 'When the product was made'),
('obs_release_date', 'char', '*', 'timestamp', NULL, 'time.release',
 'obscore:Curation.releaseDate', 1, 'timestamp without time zone',
 'When the product became or becomes public'),
('data_rights', 'char', '*', NULL, NULL, 'meta.code',
 'obscore:Curation.rights', 1, 'text', 'public, secure or proprietary'),
('s_pixel_scale', 'double', NULL, NULL, 'arcsec', 'phys.angSize;instr.pixel',
 'obscore:Char.SpatialAxis.Sampling.RefVal.SamplingPeriod', 1,
 'double precision', 'Size of a pixel'),
('o_unit', 'char', '*', NULL, NULL, 'meta.unit',
 'obscore:Char.ObservableAxis.unit', 1, 'text', 'Unit of what was measured'),
('tile_id', 'long', NULL, NULL, NULL, 'meta.id;obs.field', NULL, 0, 'bigint',
 'Tile of the survey'),
('filter_id', 'int', NULL, NULL, NULL, 'meta.id;instr.filter', NULL, 0,
 'integer', 'Number of the filter in the archive'),
('filter_name', 'char', '*', NULL, NULL, 'meta.id;instr.filter', NULL, 0,
 'text', 'Name of the filter'),
('depth', 'double', NULL, NULL, 'mag', 'phot.mag;stat.max', NULL, 0,
 'double precision', 'Magnitude limit of the image, AB'),
('zero_point', 'double', NULL, NULL, 'mag', 'phot.mag;arith.zp', NULL, 0,
 'double precision', 'AB magnitude of one unit of pixel value')
) AS v;

-- Identifiers of data products: IVOID?PATH, the path below the root (those of
-- other roots than the first begin with its number) without the endings of
-- compression, which come and go, and percent-encoded so that only "%" needs
-- more in a URL. Without an ivoid a release has one that says that it is not
-- registered.
CREATE OR REPLACE FUNCTION vo.did_encode(t text) RETURNS text
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE SET search_path = pg_catalog AS $$
    SELECT coalesce(string_agg(CASE
        WHEN c ~ '^[A-Za-z0-9._~/,:@-]$' THEN c
        ELSE regexp_replace(upper(encode(convert_to(c, 'UTF8'), 'hex')),
                            '(..)', '%\1', 'g') END, '' ORDER BY n), '')
      FROM unnest(string_to_array(t, NULL)) WITH ORDINALITY AS s(c, n)
$$;
CREATE OR REPLACE FUNCTION vo.did_base(id text, ivoid text) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE SET search_path = pg_catalog AS $$
    SELECT coalesce('ivo://' || vo.did_encode((regexp_match(ivoid,
                        '^ivo://([^?#]+)', 'i'))[1]),
                    'ivo://unregistered/' || id) || '?'
$$;
CREATE OR REPLACE FUNCTION vo.did_path(root_id integer, path text)
RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE SET search_path = pg_catalog AS $$
    SELECT CASE WHEN root_id > 1 THEN root_id || ':' ELSE '' END
           || vo.did_encode(regexp_replace(path, '(\.(fz|gz|bz2))+$', '', 'i'))
$$;

-- Another ivoid renews the identifiers made from it.
CREATE OR REPLACE FUNCTION vo.renew_dids() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog AS $$
BEGIN
    IF to_regclass(format('%I.vo_image', NEW.pg_schema)) IS NOT NULL THEN
        EXECUTE format('UPDATE %I.vo_image SET changed = now(),'
            ' publisher_did = $2 || substr(publisher_did, length($1) + 1)'
            ' WHERE starts_with(publisher_did, $1)', NEW.pg_schema)
        USING vo.did_base(OLD.release_id, OLD.ivoid),
              vo.did_base(NEW.release_id, NEW.ivoid);
    END IF;
    RETURN NULL;
END $$;
CREATE OR REPLACE TRIGGER renew_dids AFTER UPDATE OF ivoid ON vo.release
FOR EACH ROW WHEN (OLD.ivoid IS DISTINCT FROM NEW.ivoid)
EXECUTE FUNCTION vo.renew_dids();

-- Make or renew what holds the data products of a release, and publish
-- ivoa.obscore. The reader of the release may read all of it; of it TAP shows
-- only the view. `voctl images` writes it.
CREATE OR REPLACE FUNCTION vo.make_images(id text) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, sky AS $$
DECLARE
    rel vo.release;
    t text;
BEGIN
    SELECT * INTO STRICT rel FROM vo.release WHERE release_id = id;

    -- Footprints are stored once: the filters of a tile share theirs.
    EXECUTE format($sql$
    CREATE TABLE IF NOT EXISTS %1$I.vo_footprint (
        footprint_id bigint GENERATED BY DEFAULT AS IDENTITY PRIMARY KEY,
        region sky_region NOT NULL,     -- exact
        cover int8multirange NOT NULL,  -- its cells, a MOC of order 29
        ra double precision NOT NULL,   -- centre, degrees
        "dec" double precision NOT NULL,
        fov double precision NOT NULL   -- diameter around it, degrees
    );
    -- Boxes on the unit sphere (pgsky). Of 300 000 footprints of half a square
    -- degree it finds the 85 that meet a small circle in 0.15 ms, and takes 15
    -- MB. Ranges of cells in a table beside, with a GiST on int8range: 1 ms and
    -- 460 MB.
    CREATE INDEX IF NOT EXISTS vo_footprint_region
        ON %1$I.vo_footprint USING gist (region);

    CREATE TABLE IF NOT EXISTS %1$I.vo_image (
        image_id bigint GENERATED BY DEFAULT AS IDENTITY PRIMARY KEY,
        publisher_did text NOT NULL UNIQUE  -- what it holds needs no more
                                            -- encoding in a URL but of %%
            CHECK (publisher_did ~ '^ivo://[!$''()*,./0-9:;=?@A-Z_a-z~%%-]+$'),
        product_type text,              -- dataproduct_type of ObsCore
        product_subtype text,           -- "coadd", "single", "table" ...
        calib_level integer NOT NULL CHECK (calib_level BETWEEN 0 AND 4),
        collection text NOT NULL,
        obs_id text NOT NULL,
        tile_id bigint,
        filter_name text,               -- of vo.filter
        filter_id integer,
        title text,
        target_name text,
        -- pixels and world coordinates
        footprint_id bigint REFERENCES %1$I.vo_footprint,
        naxis integer[],
        scale double precision[],       -- degrees per pixel, both axes
        projection text,                -- "TAN", "TPV" ...
        crpix double precision[],
        crval double precision[],
        cd double precision[],          -- CD1_1 CD1_2 CD2_1 CD2_2
        frame text,                     -- "ICRS", "FK5" ...
        equinox double precision,
        -- what was measured, when, how well
        exptime double precision,       -- s
        t_min double precision,         -- MJD
        t_max double precision,
        t_resolution double precision,  -- s
        t_xel bigint,
        fwhm double precision,          -- arcsec
        depth double precision,         -- AB magnitude
        zero_point double precision,    -- AB magnitude of pixel value 1
        em_min double precision,        -- m
        em_max double precision,
        em_res_power double precision,
        em_xel bigint,
        o_ucd text,
        o_unit text,
        pol_states text,
        pol_xel bigint,
        facility text,
        instrument text,
        created timestamp,              -- of the product, UTC
        -- the file, or (no root) a link
        root_id integer,
        path text,                      -- relative to the root
        hdu integer NOT NULL DEFAULT 1, -- 1 is the primary
        media_type text,
        file_size bigint,               -- bytes
        file_mtime double precision,    -- seconds since 1970
        checksum text,                  -- "sha256:hex"
        link text,                      -- below the root of the services
        -- Those not valid vanish from searches, not from history.
        is_valid boolean NOT NULL DEFAULT true,
        comment text,
        registered timestamptz NOT NULL DEFAULT now(),
        changed timestamptz NOT NULL DEFAULT now(),
        CHECK ((root_id IS NULL) = (path IS NULL)),
        CHECK ((path IS NULL) <> (link IS NULL)),
        UNIQUE (root_id, path, hdu)
    );
    CREATE INDEX IF NOT EXISTS vo_image_footprint
        ON %1$I.vo_image (footprint_id);
    CREATE INDEX IF NOT EXISTS vo_image_tile
        ON %1$I.vo_image (tile_id, filter_id);
    CREATE INDEX IF NOT EXISTS vo_image_did
        ON %1$I.vo_image (lower(publisher_did));
    CREATE INDEX IF NOT EXISTS vo_image_obs ON %1$I.vo_image (obs_id);
    CREATE INDEX IF NOT EXISTS vo_image_time ON %1$I.vo_image (t_min, t_max);

    -- What belongs to an image (image_id), or to all images of an observation
    -- (image_id null): kinds are those of vo_image_kinds in libvo.
    CREATE TABLE IF NOT EXISTS %1$I.vo_product (
        product_id bigint GENERATED BY DEFAULT AS IDENTITY PRIMARY KEY,
        image_id bigint REFERENCES %1$I.vo_image ON DELETE CASCADE,
        obs_id text NOT NULL,
        kind text NOT NULL,
        description text,
        root_id integer NOT NULL,
        path text NOT NULL,
        hdu integer NOT NULL DEFAULT 1,
        media_type text NOT NULL,
        file_size bigint NOT NULL,
        file_mtime double precision NOT NULL,
        checksum text,
        is_valid boolean NOT NULL DEFAULT true,
        comment text,
        registered timestamptz NOT NULL DEFAULT now(),
        UNIQUE (root_id, path, hdu)
    );
    CREATE INDEX IF NOT EXISTS vo_product_image
        ON %1$I.vo_product (image_id);
    CREATE INDEX IF NOT EXISTS vo_product_obs ON %1$I.vo_product (obs_id);

    -- What an image was made from: another image of the release, or a name.
    CREATE TABLE IF NOT EXISTS %1$I.vo_progenitor (
        image_id bigint NOT NULL REFERENCES %1$I.vo_image ON DELETE CASCADE,
        name text NOT NULL,             -- as the header has it
        progenitor_id bigint REFERENCES %1$I.vo_image ON DELETE SET NULL,
        PRIMARY KEY (image_id, name)
    );
    CREATE INDEX IF NOT EXISTS vo_progenitor_id
        ON %1$I.vo_progenitor (progenitor_id)
    $sql$, rel.pg_schema);

    -- vo.base_url is the address of VORoot, set for each transaction.
    EXECUTE format($sql$
    CREATE OR REPLACE VIEW %1$I.vo_obscore AS
    SELECT i.product_type AS dataproduct_type, i.calib_level,
        i.collection AS obs_collection, i.obs_id,
        i.publisher_did AS obs_publisher_did,
        current_setting('vo.base_url', true) || CASE
            WHEN i.link IS NOT NULL THEN '/' || i.link
            ELSE '/datalink/' || %2$L || '/links?ID='
                 || replace(i.publisher_did, '%%', '%%25') END AS access_url,
        CASE WHEN i.link IS NOT NULL THEN i.media_type
             ELSE 'application/x-votable+xml;content=datalink' END
            AS access_format,
        (i.file_size + 999) / 1000 AS access_estsize, i.target_name,
        f.ra AS s_ra, f."dec" AS s_dec, f.fov AS s_fov, f.region AS s_region,
        i.fwhm AS s_resolution, i.naxis[1]::bigint AS s_xel1,
        i.naxis[2]::bigint AS s_xel2, i.t_min, i.t_max,
        i.exptime AS t_exptime, i.t_resolution, i.t_xel, i.em_min, i.em_max,
        i.em_res_power, i.em_xel, i.o_ucd, i.pol_states,
        -- 0: polarisation was not observed (ObsCore 1.1)
        coalesce(i.pol_xel, length(i.pol_states)
            - length(replace(i.pol_states, '/', '')) - 1, 0) AS pol_xel,
        i.facility AS facility_name, i.instrument AS instrument_name,
        i.product_subtype AS dataproduct_subtype, i.title AS obs_title,
        i.created AS obs_creation_date,
        coalesce(r.embargo_until, r.created) AT TIME ZONE 'UTC'
            AS obs_release_date,
        CASE WHEN r.state = 'public' AND coalesce(r.embargo_until <= now(),
                                                  true)
             THEN 'public' ELSE 'proprietary' END AS data_rights,
        i.scale[1] * 3600 AS s_pixel_scale, i.o_unit, i.tile_id, i.filter_id,
        i.filter_name, i.depth, i.zero_point
    FROM %1$I.vo_image i
    LEFT JOIN %1$I.vo_footprint f USING (footprint_id)
    CROSS JOIN vo.release r
    WHERE i.is_valid AND r.release_id = %2$L
    $sql$, rel.pg_schema, id);

    FOREACH t IN ARRAY ARRAY['footprint', 'image', 'product', 'progenitor',
                             'obscore']
    LOOP
        EXECUTE format('GRANT SELECT ON %I.%I TO %I', rel.pg_schema,
                       'vo_' || t, rel.reader_role);
    END LOOP;

    INSERT INTO vo.tap_schemas (release_id, schema_name, schema_index,
                                description, utype)
    VALUES (id, 'ivoa', 900, 'Data models of the Virtual Observatory', NULL)
    ON CONFLICT DO NOTHING;
    DELETE FROM vo.tap_tables
     WHERE release_id = id AND table_name = 'ivoa.obscore';
    INSERT INTO vo.tap_tables (release_id, schema_name, table_name, table_type,
                               utype, description, table_index, pg_schema,
                               pg_table)
    VALUES (id, 'ivoa', 'ivoa.obscore', 'view',
            'ivo://ivoa.net/std/ObsCore#table-1.1',
            'Images and other data products of the release, ObsCore 1.1', 0,
            rel.pg_schema, 'vo_obscore');
    INSERT INTO vo.tap_columns (release_id, table_name, column_name, datatype,
                                arraysize, xtype, unit, ucd, utype,
                                description, principal, std, timesys, indexed,
                                column_index, pg_column, pg_type)
    SELECT id, 'ivoa.obscore', column_name, datatype, arraysize, xtype, unit,
           ucd, utype, description, std, std,
           CASE WHEN column_name IN ('t_min', 't_max')
                THEN 'UTC TOPOCENTER MJD-origin' END,
           (column_name IN ('obs_publisher_did', 'obs_id', 's_region', 't_min',
                            'tile_id'))::int,
           column_index, column_name, pg_type
      FROM vo.obscore_self;
END $$;

-- A newer version of this file reaches the releases that have images.
SELECT vo.make_images(release_id) FROM vo.release
 WHERE to_regclass(format('%I.vo_image', pg_schema)) IS NOT NULL;

RESET ROLE;
