#!/bin/bash
# bench_siap.sh: searches for images among 300 000 footprints of half a square
# degree over HTTP, beside the same SQL without httpd and a static file of the
# same size. Run by `make bench-siap`; BUILD tells where things are built, ROWS
# how many footprints there are.
set -eu
. "$(dirname "$0")/lib.sh"
tool=$build/bench/bench_siap
rows=${ROWS:-300000}
radius=0.1
n=1000
bench_start siap

# 3300 square degrees, so that a point lies in some 45 of them
if ! has_rows vo_image "$rows"; then
    { new_release; cat <<SQL; } | sql >/dev/null
SET LOCAL ROLE vo_owner;
SELECT vo.make_images('bench');
RESET ROLE;
INSERT INTO vo.image_root VALUES ('bench', 1, '/srv/images');
INSERT INTO bench.vo_footprint (footprint_id, region, cover, ra, "dec", fov)
    SELECT i, sky.sky_box(ra, d, 0.7071, 0.7071),
        int8multirange(int8range(0, 1)), ra, d, 1
    FROM (SELECT i, 120 + 100 * random() AS ra,
            degrees(asin(0.17 + 0.5 * random())) AS d
        FROM generate_series(1, $rows) AS i) AS s;
INSERT INTO bench.vo_image (image_id, publisher_did, product_type,
    product_subtype, calib_level, collection, obs_id, tile_id, filter_name,
    filter_id, title, target_name, footprint_id, naxis, scale, projection,
    crpix, crval, cd, frame, exptime, t_min, t_max, em_min, em_max, o_ucd,
    o_unit, facility, instrument, root_id, path, media_type, file_size)
    SELECT i, 'ivo://bench/dr1?tile/' || i, 'image', 'coadd', 3, 'BENCH',
        'obs-' || i, i / 12, 'F' || i % 12, i % 12, 'Tile ' || i,
        'tile-' || i, i, '{9500,9500}', '{0.00015,0.00015}', 'TAN',
        '{4750,4750}', ARRAY[f.ra, f.dec], '{-0.00015,0,0,0.00015}', 'ICRS',
        600, 57000 + i * 0.01, 57000.1 + i * 0.01,
        (4000 + i % 12 * 400) * 1e-10, (4400 + i % 12 * 400) * 1e-10,
        'phot.flux', 'adu', 'Telescope', 'Camera', 1, 'tile/' || i,
        'image/fits', 360000000
    FROM generate_series(1, $rows) AS i
        JOIN bench.vo_footprint f ON f.footprint_id = i;
COMMIT;
VACUUM ANALYZE bench.vo_footprint;
VACUUM ANALYZE bench.vo_image;
SQL
fi

mkdir -p "$dir/static" "$dir/httpd/extra.d"
chmod 755 "$dir" "$dir/static"
cat > "$dir/httpd/extra.d/static.conf" <<END
Alias /static "$dir/static"
<Directory "$dir/static">
    Require all granted
</Directory>
EnableMMAP on
MaxKeepAliveRequests 0
END
for kind in siap2 siap tap; do
    "$tool" urls $kind $radius $n > "$dir/$kind.urls"
done
"$server" "$dir" httpd-start
. "$dir/env"
port=${VO_URL##*:}

read -r libpq_ms found < <("$tool" libpq "$VO_WEB_DSN" $radius $n)
printf 'circles of %s degree among %s footprints, %s found; one client, medians\n' \
    $radius "$rows" "$found"
printf '%-26s %8.3f ms (at most 1.5)\n' "SQL alone, by libpq" "$libpq_ms"
printf '%-26s %8s %8s %10s %8s\n' "" ms limit "above SQL" bytes
for kind in siap2 siap tap; do
    "$build/bench/bench_scs" http "$port" "$dir/$kind.urls" 200 >/dev/null
    read -r ms size < <("$build/bench/bench_scs" http "$port" \
        "$dir/$kind.urls" $n)
    head -c "$size" /dev/zero > "$dir/static/file"
    echo /static/file > "$dir/static/url"
    read -r static_ms _ < <("$build/bench/bench_scs" http "$port" \
        "$dir/static/url" $n)
    awk -v k=$kind -v ms="$ms" -v p="$libpq_ms" -v s="$static_ms" \
        -v b="$size" 'BEGIN { printf "%-26s %8.3f %8.3f %10.3f %8d\n",
            k " over HTTP", ms, p + s, ms - p, b }'
done
echo "limit = SQL alone + a static file of that size; siap2 at most 4 ms"
