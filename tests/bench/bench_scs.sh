#!/bin/bash
# bench_scs.sh: cone searches of 0.1 degree on 10^6 rows over HTTP, beside the
# same SQL without httpd and a static file of the same size. Run by `make
# bench-scs`; BUILD tells where things are built, SECONDS_EACH how long each
# measurement lasts.
set -eu
. "$(dirname "$0")/lib.sh"
tool=$build/bench/bench_scs
each=${SECONDS_EACH:-5}
rows=${ROWS:-1000000}
sr=0.1
bench_start scs

if ! has_rows stars "$rows"; then
    { new_release; cat <<END; } | sql >/dev/null
CREATE TABLE bench.stars AS
    SELECT *, sky.sky_hpx(ra, dec) AS hpx FROM (
        SELECT g::bigint AS object_id, random() * 360 AS ra,
            degrees(asin(2 * random() - 1)) AS dec,
            (10 + 10 * random())::real AS mag, random()::real AS mag_err,
            random()::real AS class_star, g % 12 AS flags, 'star ' || g AS name
        FROM generate_series(1, $rows) AS g) AS s
    ORDER BY sky.sky_hpx(ra, dec);
CREATE INDEX ON bench.stars (hpx);
GRANT SELECT ON bench.stars TO vo_read_bench;
INSERT INTO vo.tap_tables (release_id, schema_name, table_name, table_index,
    pg_schema, pg_table, ra_column, dec_column, id_column, hpx_column,
    is_cone) VALUES ('bench', 'bench', 'bench.Stars', 0, 'bench', 'stars',
    'ra', 'dec', 'object_id', 'hpx', true);
INSERT INTO vo.tap_columns (release_id, table_name, column_name, datatype,
    arraysize, description, column_index, pg_column, pg_type)
    SELECT 'bench', 'bench.Stars', n, t, CASE t WHEN 'char' THEN '*' END,
        'Column ' || n, i, n, p FROM (VALUES
        (0, 'object_id', 'long', 'bigint'),
        (1, 'ra', 'double', 'double precision'),
        (2, 'dec', 'double', 'double precision'), (3, 'mag', 'float', 'real'),
        (4, 'mag_err', 'float', 'real'), (5, 'class_star', 'float', 'real'),
        (6, 'flags', 'int', 'integer'), (7, 'name', 'char', 'text'))
        AS c(i, n, t, p);
COMMIT;
VACUUM ANALYZE bench.stars;
END
fi

mkdir -p "$dir/scripts" "$dir/static" "$dir/httpd/extra.d"
chmod 755 "$dir" "$dir/static"
"$tool" scripts "$dir/scripts" $sr
cat > "$dir/httpd/extra.d/static.conf" <<END
Alias /static "$dir/static"
<Directory "$dir/static">
    Require all granted
</Directory>
EnableMMAP on
MaxKeepAliveRequests 0
END
cat > "$dir/urls.lua" <<END
local urls, i = {}, 0
function init()
    for line in io.lines("$dir/scripts/urls") do
        urls[#urls + 1] = wrk.format("GET", line)
    end
end
request = function()
    i = i % #urls + 1
    return urls[i]
end
END
"$server" "$dir" httpd-start
. "$dir/env"
port=${VO_URL##*:}

# every pooled connection gets its statement prepared before the clock runs
wrk -t2 -c32 -d2s -s "$dir/urls.lua" "$VO_URL" >/dev/null
read -r libpq_ms found < <("$tool" libpq "$VO_WEB_DSN" $sr 5000)
read -r http_ms size < <("$tool" http "$port" "$dir/scripts/urls" 5000)
head -c "$size" /dev/zero > "$dir/static/file"
echo /static/file > "$dir/static/url"
read -r static_ms _ < <("$tool" http "$port" "$dir/static/url" 5000)

pgbench_rate() { # KIND CLIENTS
    local f=() s
    for s in "$dir/scripts/$1"*.sql; do f+=(-f "$s"); done
    PGOPTIONS='-c jit=off' "$VO_PG_BIN/pgbench" -n -M simple -c "$2" -j 2 \
        -T "$each" "${f[@]}" -h "$PGHOST" -p "$PGPORT" -U "$PGUSER" vo \
        2>/dev/null | sed -n 's/^tps = \([0-9.]*\).*/\1/p'
}
wrk_rate() { # CLIENTS ARGUMENTS
    wrk -t2 -c"$1" -d"${each}s" "${@:2}" > "$dir/wrk.out"
    grep -E 'Non-2xx|Socket errors' "$dir/wrk.out" >&2 || true
    sed -n 's/^Requests\/sec: *\([0-9.]*\)/\1/p' "$dir/wrk.out"
}

printf 'cones of %s degree on %s rows, %s found, answers of %s bytes\n' \
    $sr "$rows" "$found" "$size"
printf 'one client, median: libpq %s ms, HTTP %s ms, above it %s ms (at most 0.5); static file %s ms\n' \
    "$libpq_ms" "$http_ms" \
    "$(awk "BEGIN { printf \"%.3f\", $http_ms - $libpq_ms }")" "$static_ms"
printf '%8s %10s %10s %10s %10s %10s %8s\n' clients "p ranges" "p OR" static \
    limit cone ratio
for c in 8 32; do
    p1=$(pgbench_rate ranges $c)
    p2=$(pgbench_rate or $c)
    s=$(wrk_rate $c "$VO_URL/static/file")
    v=$(wrk_rate $c -s "$dir/urls.lua" "$VO_URL")
    awk -v c=$c -v p1="$p1" -v p2="$p2" -v s="$s" -v v="$v" 'BEGIN {
        p = p1 > p2 ? p1 : p2; limit = 1 / (1 / p + 1 / s)
        printf "%8d %10.0f %10.0f %10.0f %10.0f %10.0f %8.2f\n", c, p1, p2, s,
            limit, v, v / limit }'
done
echo "ratio = cone / limit, limit = 1/(1/p + 1/s); at least 0.60 is wanted"
