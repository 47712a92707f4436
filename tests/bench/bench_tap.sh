#!/bin/bash
# bench_tap.sh: synchronous TAP against what PostgreSQL and httpd do alone: a
# tiny query at 8 clients, 200 000 rows of 22 columns in each format against
# COPY, and the memory of httpd's child. Run by `make bench-tap`; VO_BUILD tells
# where things are built, SECONDS_EACH how long each rate is measured, ROUNDS
# how often each transfer.
set -eu
. "$(dirname "$0")/lib.sh"
each=${SECONDS_EACH:-5}
rounds=${ROUNDS:-5}
rows=${ROWS:-200000}
bench_start tap

if ! has_rows objects "$rows"; then
    { new_release; cat <<END; } | sql >/dev/null
CREATE TABLE bench.objects AS SELECT g::bigint AS object_id,
    g / 100 AS tile_id, g % 100 AS number, random() * 360 AS ra,
    degrees(asin(2 * random() - 1)) AS dec, random()::real AS class_star,
    random()::real AS fwhm, random()::real AS a_world, random()::real AS
    b_world, random()::real AS theta, random()::real AS ellipticity,
    random() AS x_image, random() AS y_image, random() AS pm_ra,
    random() AS pm_dec, g % 12 AS flags, g % 7 AS mask, (g % 5)::smallint AS
    quality, 'object ' || g AS name, g % 2 = 0 AS is_star,
    ARRAY(SELECT (20 + 5 * random() + 0 * g)::real
        FROM generate_series(1, 12)) AS mag_auto,
    ARRAY(SELECT (random() + 0 * g)::real
        FROM generate_series(1, 12)) AS mag_err_auto
    FROM generate_series(1, $rows) AS g;
GRANT SELECT ON bench.objects TO vo_read_bench;
INSERT INTO vo.tap_tables (release_id, schema_name, table_name, table_index,
    pg_schema, pg_table) VALUES ('bench', 'bench', 'bench.Objects', 0, 'bench',
    'objects');
INSERT INTO vo.tap_columns (release_id, table_name, column_name, datatype,
    arraysize, description, column_index, pg_column, pg_type)
    SELECT 'bench', 'bench.Objects', attname, t.datatype, t.arraysize,
        'Column ' || attname, attnum, attname, t.pg_type
    FROM pg_attribute JOIN (VALUES ('bigint', 'long', NULL),
        ('integer', 'int', NULL), ('smallint', 'short', NULL),
        ('real', 'float', NULL), ('double precision', 'double', NULL),
        ('boolean', 'boolean', NULL), ('text', 'char', '*'),
        ('real[]', 'float', '12')) AS t(pg_type, datatype, arraysize)
        ON t.pg_type = format_type(atttypid, NULL)
    WHERE attrelid = 'bench.objects'::regclass AND attnum > 0;
COMMIT;
VACUUM ANALYZE bench.objects;
END
fi

mkdir -p "$dir/static" "$dir/httpd/extra.d"
chmod 755 "$dir" "$dir/static"
cat > "$dir/httpd/extra.d/static.conf" <<END
Alias /static "$dir/static"
<Directory "$dir/static">
    Require all granted
</Directory>
MaxKeepAliveRequests 0
END
"$server" "$dir" httpd-start
. "$dir/env"
sync=$VO_URL/vo/tap/bench/sync

# --- a tiny query ------------------------------------------------------------
tiny="$sync?LANG=ADQL&QUERY=SELECT+TOP+1+object_id+FROM+bench.Objects"
curl -sf -o "$dir/static/file" "$tiny"
chmod 644 "$dir/static/file"
echo 'SELECT object_id FROM bench.objects LIMIT 1' > "$dir/tiny.sql"

pgbench_rate() { # CLIENTS
    "$VO_PG_BIN/pgbench" -n -M simple -c "$1" -j 2 -T "$each" \
        -f "$dir/tiny.sql" -h "$PGHOST" -p "$PGPORT" -U "$PGUSER" vo \
        2>/dev/null | sed -n 's/^tps = \([0-9.]*\).*/\1/p'
}
wrk_rate() { # CLIENTS URL
    wrk -t$(($1 < 2 ? 1 : 2)) -c"$1" -d"${each}s" "$2" > "$dir/wrk.out"
    grep -E 'Non-2xx|Socket errors' "$dir/wrk.out" >&2 || true
    sed -n 's/^Requests\/sec: *\([0-9.]*\)/\1/p' "$dir/wrk.out"
}

wrk -t2 -c32 -d1s "$tiny" > /dev/null   # connections are opened
printf 'SELECT TOP 1 object_id: answers of %s bytes, per second\n' \
    "$(stat -c %s "$dir/static/file")"
printf '%8s %10s %10s %10s %10s %8s\n' clients pgbench static limit TAP ratio
for c in 1 8 32; do
    p=$(pgbench_rate $c)
    s=$(wrk_rate $c "$VO_URL/static/file")
    v=$(wrk_rate $c "$tiny")
    awk -v c=$c -v p="$p" -v s="$s" -v v="$v" 'BEGIN {
        limit = 1 / (1 / p + 1 / s)
        printf "%8d %10.0f %10.0f %10.0f %10.0f %8.2f\n", c, p, s, limit, v,
            v / limit }'
done
echo "limit = 1/(1/pgbench + 1/static); at least 0.50 is wanted at 8 clients"

# --- many rows ---------------------------------------------------------------
copy_ms() { # FORMAT
    # the time is printed where the rows do not go
    printf '\\timing on\n\\o /dev/null\nCOPY bench.objects TO STDOUT (FORMAT %s);\n' \
        "$1" | sql | sed -n 's/^Time: \([0-9.]*\) ms.*/\1/p'
}
tap_ms() { # FORMAT
    curl -sf -o /dev/null -w '%{time_total}' -G "$sync" -d LANG=ADQL \
        --data-urlencode "QUERY=SELECT * FROM bench.Objects" \
        -d "MAXREC=$rows" --data-urlencode "RESPONSEFORMAT=$1" |
        awk '{ print $1 * 1000 }'
}
median() { sort -n | awk '{ a[NR] = $1 } END { print a[int((NR + 1) / 2)] }'; }
child_peak() { # kB, of the largest child
    local p
    for p in $(pgrep -P "$(cat "$VO_HTTPD_PID")"); do
        awk '/^VmHWM/ { print $2 }' "/proc/$p/status"
    done | sort -n | tail -1
}

curl -sf -o /dev/null "$tiny&RESPONSEFORMAT=fits"
before=$(child_peak)
formats="binary2 fits votable csv tsv json"
rm -f "$dir"/ms-*
for r in $(seq "$rounds"); do   # interleaved: the machine's moods are shared
    for f in binary text; do copy_ms $f >> "$dir/ms-copy-$f"; done
    for f in $formats; do tap_ms $f >> "$dir/ms-tap-$f"; done
done
after=$(child_peak)
printf '\n%s rows of 22 columns, median of %s, rows per second\n' "$rows" \
    "$rounds"
printf '%10s %12s %10s %10s %8s %8s\n' format against COPY TAP ratio wanted
for f in $formats; do
    case $f in
    binary2 | fits) against=binary want=0.70 ;;
    votable | csv) against=text want=0.60 ;;
    *) against=text want=- ;;
    esac
    awk -v f=$f -v a=$against -v w=$want -v n="$rows" \
        -v c="$(median < "$dir/ms-copy-$against")" \
        -v t="$(median < "$dir/ms-tap-$f")" 'BEGIN {
        printf "%10s %12s %10.0f %10.0f %8.2f %8s\n", f, "COPY " a,
            n * 1000 / c, n * 1000 / t, c / t, w }'
done
printf 'peak memory of the httpd child: %s kB before, %s kB after, grown by %.1f MB (less than 16 wanted)\n' \
    "$before" "$after" "$(awk "BEGIN { print ($after - $before) / 1024 }")"
