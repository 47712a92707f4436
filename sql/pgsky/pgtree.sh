#!/bin/bash
# pgtree.sh: a private PostgreSQL installation, links except for one program.
#
#   pgtree.sh PG_CONFIG DEST PGSKY_DIR
#
# PostgreSQL finds its libraries and share files relative to its own binary
# when that has been moved. So a copied `postgres` (and initdb, pg_ctl,
# pg_config, which look for it next to themselves) in a tree of links makes an
# installation whose extension folder is ours to fill.
set -euo pipefail
pg_config=$1 dest=$2 pgsky=$3
bindir=$($pg_config --bindir) libdir=$($pg_config --pkglibdir)
sharedir=$($pg_config --sharedir)
mkdir -p "$dest"
dest=$(cd "$dest" && pwd -P) pgsky=$(cd "$pgsky" && pwd -P)

# The same places below DEST as below the common root, since the way from one
# to the other is what PostgreSQL follows.
tree_bin=$dest$bindir tree_lib=$dest$libdir tree_share=$dest$sharedir
stamp="$bindir $($pg_config --version)"
if [ "$(cat "$dest/stamp" 2>/dev/null || true)" != "$stamp" ]; then
    rm -rf "${dest:?}/usr" "$dest/bin" "$dest/lib" "$dest/share"
    mkdir -p "$tree_bin" "$tree_lib" "$tree_share/extension"
    for f in "$bindir"/*; do
        case ${f##*/} in
        postgres|initdb|pg_ctl|pg_config) cp -L "$f" "$tree_bin/" ;;
        *) ln -s "$f" "$tree_bin/" ;;
        esac
    done
    for f in "$libdir"/*; do
        ln -s "$f" "$tree_lib/"
    done
    for f in "$sharedir"/*; do
        [ "${f##*/}" = extension ] || ln -s "$f" "$tree_share/"
    done
    for f in "$sharedir"/extension/*; do
        ln -s "$f" "$tree_share/extension/"
    done
    ln -s "${tree_bin#"$dest"/}" "$dest/bin"
    ln -s "${tree_lib#"$dest"/}" "$dest/lib"
    ln -s "${tree_share#"$dest"/}" "$dest/share"
    echo "$stamp" > "$dest/stamp"
fi
# Copies: the tree must stay readable for the user the cluster runs under,
# and a running server must not see its library overwritten in place.
put()
{
    cmp -s "$1" "$2" && return
    cp "$1" "$2.new" && chmod a+r "$2.new" && mv -f "$2.new" "$2"
}
put "$pgsky/pgsky.so" "$tree_lib/pgsky.so"
for f in "$pgsky"/*.control "$pgsky"/pgsky--*.sql; do
    put "$f" "$tree_share/extension/${f##*/}"
done
