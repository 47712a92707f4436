-- moc: int8multirange and text
SELECT sky_moc('3/1-4 5/6');
SELECT sky_moc_text(sky_moc('3/1-4 5/6')), sky_moc_text(sky_moc('1/0-3 8/')),
       sky_moc_text(sky_moc('1/1'), 5), sky_moc_json(sky_moc('1/1 2/12-14'));
SELECT sky_moc_text(sky_moc('3/1-4') + sky_moc('3/0')) AS "or",
       sky_moc_text(sky_moc('3/1-4') * sky_moc('3/3-9')) AS "and",
       sky_moc_text(sky_moc('3/1-4') - sky_moc('3/3-9')) AS minus,
       sky_moc_text(sky_moc_not(sky_moc('0/1-11'))) AS "not";
SELECT sky_moc_text(sky_moc_degrade(sky_moc('8/4500 9/8'), 3));
SELECT sky_moc_area(sky_moc('0/0'))::numeric(14, 6), sky_moc_area('{}');
SELECT sky_moc('3/1')::sky_region, sky_region('moc 3/1')::int8multirange = sky_moc('3/1') AS there_and_back;
SELECT sky_moc_text(sky_moc_agg(sky_hpx(i, 10), 5)) FROM generate_series(10, 0, -1) i;
SELECT sky_moc_agg(NULL, 5) AS nothing;
WITH h AS (SELECT sky_hpx(i * 0.7, i * 0.1 - 60) AS hpx FROM generate_series(0, 1200) i)
SELECT sky_moc_agg(hpx, 9) = range_agg(int8range((hpx >> 40) << 40, ((hpx >> 40) + 1) << 40)) AS same FROM h;
SELECT sky_moc('30/1');
SELECT sky_moc('t61/1');
SELECT sky_moc_text('{[-1,5)}');
SELECT sky_moc_text('{[0,)}');
SELECT sky_moc_degrade('{}', 31);
