#!/bin/bash
# server.sh: a private PostgreSQL and a private httpd below one folder.
#
#   server.sh DIR pg-start | pg-stop | httpd-start | httpd-stop |
#                 httpd-graceful | start | stop | status
#
# Nothing of the system's is touched: PostgreSQL listens on an abstract socket
# only, httpd on a free loopback port. DIR/env (shell syntax) says where they
# are. Files DIR/httpd/before.d/*.conf are included before conf/vo.conf and
# DIR/httpd/extra.d/*.conf after it. Environment: VO_BUILD (default build),
# VO_PORT, VO_FSYNC=off for throw-away clusters, HTTPD (the program),
# HTTPD_PRELOAD (LD_PRELOAD of httpd only).
set -eu
umask 022
top=$(cd "$(dirname "$0")/../.." && pwd)
[ $# -eq 2 ] || { sed -n '2,13s/^# \{0,1\}//p' "$0" >&2; exit 2; }
mkdir -p "$1"
dir=$(cd "$1" && pwd)
build=${VO_BUILD:-$top/build}
case $build in /*) ;; *) build=$top/$build ;; esac
pgbin=$build/pg/bin
[ -x "$pgbin/postgres" ] || pgbin=/usr/lib/postgresql/15/bin
httpd=${HTTPD:-/usr/sbin/apache2}

die() { echo "server.sh: $*" >&2; exit 1; }

# PostgreSQL refuses to run as root, so root lends everything to an
# unprivileged user; when that user cannot reach DIR (a clone below /root) it
# is given the one capability that lets it.
user=$(id -un)
run_as=()
if [ "$(id -u)" = 0 ]; then
    for user in postgres nobody; do getent passwd $user >/dev/null && break; done
    run_as=(setpriv --reuid="$user" --regid="$(id -gn $user)" --init-groups)
    if ! { "${run_as[@]}" test -x "$dir" && "${run_as[@]}" test -r "$top/Makefile" &&
           "${run_as[@]}" test -r "$build"; } 2>/dev/null; then
        run_as+=(--inh-caps=+dac_override --ambient-caps=+dac_override
                 --bounding-set=+dac_override)
    fi
fi
own() { [ "$(id -u)" != 0 ] || chown -R "$user" "$@"; }
as_user() { (cd "$dir" && "${run_as[@]}" "$@"); }

# The socket's name is kept: a rerun must find the same cluster.
[ -s "$dir/name" ] || head -c 9 /dev/urandom | od -An -tx1 | tr -d ' \n' > "$dir/name"
pghost="@mod_vo-$(cat "$dir/name")"

write_env() {
    local port=none
    [ ! -s "$dir/port" ] || port=$(cat "$dir/port")
    cat > "$dir/env.new" <<END
VO_DSN='host=$pghost port=5432 dbname=vo user=vo_admin'
VO_WEB_DSN='host=$pghost port=5432 dbname=vo user=vo_web'
VO_PG_BIN='$pgbin'
VO_URL='http://127.0.0.1:$port'
VO_ERROR_LOG='$dir/httpd/logs/error_log'
VO_ACCESS_LOG='$dir/httpd/logs/access_log'
VO_HTTPD_PID='$dir/httpd/run/httpd.pid'
VO_SERVER_USER='$user'
PGHOST='$pghost'
PGPORT=5432
PGUSER=vo_admin
PGDATABASE=vo
END
    mv "$dir/env.new" "$dir/env"
}

pg_running() { as_user "$pgbin/pg_ctl" -D "$dir/pg" status >/dev/null 2>&1; }

pg_start() {
    if [ ! -s "$dir/pg/PG_VERSION" ] || [ ! -e "$dir/pg/vo_ready" ]; then
        rm -rf "$dir/pg"            # an interrupted initdb is begun anew
        mkdir -m 700 "$dir/pg"
        own "$dir/pg"
        as_user "$pgbin/initdb" -D "$dir/pg" -U vo_admin -E UTF8 --locale=C \
            --lc-ctype=C.UTF-8 --no-sync -A peer > "$dir/initdb.log" 2>&1 ||
            { cat "$dir/initdb.log" >&2; die "initdb failed"; }
        # Whoever started us may be any of our database users, nobody else.
        printf 'local all all peer map=vo\n' > "$dir/pg/pg_hba.conf"
        for os in "$user" "$(id -un)"; do
            for db in vo_admin vo_owner vo_loader vo_web; do
                printf 'vo %s %s\n' "$os" "$db"
            done
        done > "$dir/pg/pg_ident.conf"
        cat >> "$dir/pg/postgresql.conf" <<END
listen_addresses = ''
shared_buffers = 256MB
work_mem = 32MB
maintenance_work_mem = 256MB
max_wal_size = 2GB
synchronous_commit = off
fsync = ${VO_FSYNC:-on}
random_page_cost = 1.1
timezone = 'UTC'
log_timezone = 'UTC'
END
        own "$dir/pg"
        as_user touch "$dir/pg/vo_ready"
    fi
    if ! pg_running; then
        # written anew: the folder may have been moved or copied
        : > "$dir/pg.log"; own "$dir/pg.log"
        as_user "$pgbin/pg_ctl" -D "$dir/pg" -w -t 60 -l "$dir/pg.log" \
            -o "-c unix_socket_directories='$pghost' -c port=5432" start \
            > /dev/null || { tail -20 "$dir/pg.log" >&2; die "PostgreSQL did not start"; }
    fi
    write_env
    if ! as_user "$pgbin/psql" -qAtX -h "$pghost" -U vo_admin -d postgres \
        -c "SELECT 1 FROM pg_database WHERE datname = 'vo'" | grep -q 1; then
        as_user "$pgbin/psql" -qX -h "$pghost" -U vo_admin -d postgres \
            -c "CREATE DATABASE vo"
    fi
}

pg_stop() {
    if pg_running; then
        as_user "$pgbin/pg_ctl" -D "$dir/pg" -w -t 60 -m fast stop >/dev/null
    fi
}

free_port() {
    local p i
    for i in 0 1 2 3 4 5 6 7 8 9; do
        p=$((20000 + (RANDOM * 32768 + RANDOM) % 12000))
        (exec 3<>"/dev/tcp/127.0.0.1/$p") 2>/dev/null || { echo $p; return; }
    done
    die "no free port found"
}

httpd_running() {
    [ -s "$dir/httpd/run/httpd.pid" ] &&
        kill -0 "$(cat "$dir/httpd/run/httpd.pid")" 2>/dev/null &&
        tr '\0' ' ' < "/proc/$(cat "$dir/httpd/run/httpd.pid")/cmdline" |
            grep -q -- "$dir/httpd/httpd.conf"
}

httpd_conf() {
    local m mods=/usr/lib/apache2/modules
    cat <<END
# written by server.sh; changes are lost
ServerRoot "$dir/httpd"
ServerName 127.0.0.1
DefaultRuntimeDir "$dir/httpd/run"
PidFile "$dir/httpd/run/httpd.pid"
Listen 127.0.0.1:$(cat "$dir/port")
ErrorLog "$dir/httpd/logs/error_log"
LogLevel warn
Define VO_SRC "$top"
Define VO_MODULES "$build/modules"
Define VO_DSN "host=$pghost port=5432 dbname=vo user=vo_web connect_timeout=3"
END
    for m in mpm_event authn_core authz_core unixd log_config mime dir alias \
        env setenvif headers deflate brotli filter reqtimeout dbd; do
        [ ! -e "$mods/mod_$m.so" ] || echo "LoadModule ${m}_module $mods/mod_$m.so"
    done
    cat <<END
TypesConfig /etc/mime.types
LogFormat "%h %l %u %t \"%r\" %>s %b %D" common
CustomLog "$dir/httpd/logs/access_log" common
StartServers 1
ServerLimit 2
ThreadsPerChild 32
MaxRequestWorkers 64
MinSpareThreads 8
MaxSpareThreads 64
DocumentRoot "$top/htdocs"
<Directory "$top/htdocs">
    Require all granted
</Directory>
Alias "/doc" "$build/doc"
<Directory "$build/doc">
    Require all granted
</Directory>
IncludeOptional "$dir/httpd/before.d/*.conf"
IncludeOptional "$dir/httpd/load.conf"
IncludeOptional "$top/conf/vo.con[f]"
IncludeOptional "$dir/httpd/extra.d/*.conf"
END
}

httpd_start() {
    local try
    mkdir -p "$dir/httpd/logs" "$dir/httpd/run" "$dir/httpd/extra.d" \
        "$dir/httpd/before.d"
    own "$dir/httpd"
    if httpd_running; then
        # one that was started with other modules or settings starts anew
        [ -n "$(find "$build/modules" "$top/conf/vo.conf" "$dir/httpd/extra.d" \
            "$dir/httpd/before.d" -newer "$dir/httpd/run/httpd.pid" \
            -name '*.so' -o -newer "$dir/httpd/run/httpd.pid" -name '*.conf' \
            2>/dev/null)" ] || return 0
        httpd_stop
    fi
    rm -f "$dir/httpd/run/httpd.pid"
    # mod_vo first: the others look for what it offers
    (cd "$build/modules" 2>/dev/null && ls mod_vo.so mod_*.so 2>/dev/null) |
        awk '!seen[$0]++' | sed 's/^mod_//; s/\.so$//' |
        while read -r m; do
            echo "LoadModule ${m}_module $build/modules/mod_$m.so"
        done > "$dir/httpd/load.conf"
    for try in 1 2 3 4 5; do
        if [ -n "${VO_PORT-}" ]; then echo "$VO_PORT" > "$dir/port"
        elif [ ! -s "$dir/port" ] ||
             (exec 3<>"/dev/tcp/127.0.0.1/$(cat "$dir/port")") 2>/dev/null; then
            free_port > "$dir/port"
        fi
        httpd_conf > "$dir/httpd/httpd.conf"
        write_env
        if as_user env ${HTTPD_PRELOAD:+LD_PRELOAD="$HTTPD_PRELOAD"} "$httpd" \
            -d "$dir/httpd" -f "$dir/httpd/httpd.conf" -k start \
            > "$dir/httpd/logs/start" 2>&1; then
            local i
            for i in $(seq 100); do
                if (exec 3<>"/dev/tcp/127.0.0.1/$(cat "$dir/port")") 2>/dev/null &&
                   httpd_running; then return; fi
                sleep 0.05
            done
        fi
        grep -qE 'could not bind|Address already in use' "$dir/httpd/logs/start" || break
        [ -z "${VO_PORT-}" ] || break
        rm -f "$dir/port"
    done
    cat "$dir/httpd/logs/start" >&2
    tail -5 "$dir/httpd/logs/error_log" >&2 || true
    die "httpd did not start"
}

httpd_stop() {
    local i pid
    httpd_running || return 0
    pid=$(cat "$dir/httpd/run/httpd.pid")
    kill -TERM "$pid" 2>/dev/null || return 0
    for i in $(seq 200); do
        kill -0 "$pid" 2>/dev/null || return 0
        sleep 0.05
    done
    kill -KILL "$pid" 2>/dev/null || true
}

case $2 in
pg-start) pg_start ;;
pg-stop) pg_stop ;;
httpd-start) httpd_start ;;
httpd-stop) httpd_stop ;;
httpd-graceful) kill -USR1 "$(cat "$dir/httpd/run/httpd.pid")" ;;
start) pg_start; httpd_start ;;
stop) httpd_stop; pg_stop ;;
status)
    if pg_running; then echo "PostgreSQL runs"; else echo "PostgreSQL is down"; fi
    if httpd_running; then echo "httpd runs"; else echo "httpd is down"; fi ;;
*) die "unknown command $2" ;;
esac
