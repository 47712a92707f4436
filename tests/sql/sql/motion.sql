-- motion: frames, epochs, sexagesimal text, MOCs as regions, histograms
SELECT sky_dali(sky_transform('ICRS', 'GALACTIC', sky_point(120, -23)))::numeric(10, 6)[];
SELECT sky_stcs(sky_transform('ICRS', 'ICRS', sky_region('moc 3/5')));
SELECT sky_transform('ICRS', 'FK6', sky_point(120, -23));
SELECT sky_transform('ICRS', 'FK4', sky_region('moc 3/5'));
-- the catalogue's example; nulls
SELECT sky_dali(sky_epoch_prop_pos(7.606083572, 11.79044105, 125, 300, -428.8, 52.51, 2016.0, 1992.25))::numeric(14, 12)[];
SELECT sky_epoch_prop(7.606083572, 11.79044105, 125, 300, -428.8, 52.51, 2016.0, 1992.25)::numeric(14, 8)[];
SELECT sky_epoch_prop(10, 0, NULL, NULL, 3600, NULL, 2000, 3000)::numeric(14, 8)[];
SELECT sky_epoch_prop_pos(NULL, 11, 125, 300, -428.8, 52.51, 2016.0, 1992.25);
SELECT sky_epoch_prop_pos(7, 11, 125, 300, -428.8, 52.51, NULL, 1992.25);
SELECT sky_epoch_prop_pos(7, 91, 125, 300, -428.8, 52.51, 2000, 1992.25);
SELECT sky_hms('3:34:45.4'), sky_dms('-00:15:00'), sky_hms('x'), sky_dms(NULL);
-- MOCs
SELECT sky_dali_text(sky_moc_of(3, sky_circle(0, 90, 5)));
SELECT sky_dali_text(sky_moc_of(0, sky_circle(0, 0, 180)));
SELECT sky_moc_of(30, sky_point(1, 2));
SELECT sky_moc_of(29, sky_circle(0, 0, 90));
SELECT sky_dali_text(sky_moc_union('moc 3/5 7', 'moc 3/4 6 5/')),
       sky_dali_text(sky_moc_intersect('moc 2/1', 'moc 3/5-9')),
       sky_dali_text(sky_moc_minus('moc 2/1', 'moc 3/5')),
       sky_dali_text(sky_moc_intersect('moc 2/1', 'moc 3/9'));
SELECT sky_moc_union('moc 3/5', 'circle 1 2 3');
SELECT sky_dali_text(sky_moc_union_agg(m)) FROM (VALUES ('moc 3/4'::sky_region), (NULL), ('moc 3/5-7')) AS t(m);
SELECT sky_moc_union_agg(m) IS NULL FROM (VALUES (NULL::sky_region)) AS t(m);
-- histograms: lower limit in the first bin, upper one above
SELECT adql_histogram(v, 0, 10, 5) FROM (VALUES (NULL), (-1), (0), (1.9), (2), (9.99), (10), (1e300), ('NaN'::float8), ('-inf')) AS t(v);
SELECT adql_histogram(v, 0, 10, 5) FROM (VALUES (1::float8)) AS t(v) WHERE v > 1;
SELECT g, adql_histogram(v, -1, 1, 1) FROM (VALUES (1, 0), (2, 5), (1, 0.5)) AS t(g, v) GROUP BY g ORDER BY g;
SELECT adql_histogram(1, 0, 0, 5);
SELECT adql_histogram(1, 0, 1, 0);
SELECT adql_histogram(1, NULL, 1, 1);
SELECT adql_urlescape('a b/c?d=é&~%');
