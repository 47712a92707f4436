#!/bin/bash
# demo.sh: start the example archive below DIR and say where it is. More words
# go to voctl demo.
set -eu
top=$(cd "$(dirname "$0")/../.." && pwd)
mkdir -p "$1"
dir=$(cd "$1" && pwd)
shift
build=${VO_BUILD:-$top/build}
voctl=$build/bin/voctl
start=$SECONDS
"$top/tests/demo/server.sh" "$dir" pg-start
# shellcheck disable=SC1091
. "$dir/env"
"$voctl" --dsn "$VO_DSN" init
"$voctl" --dsn "$VO_DSN" demo --images "$dir/images" "$@"
# An archive on loopback may take tables by address from VizieR; a host of your
# own has none until its operator names some.
mkdir -p "$dir/httpd/extra.d"
conf='TAPUploadFrom vizier.cds.unistra.fr'
[ "$(cat "$dir/httpd/extra.d/demo.conf" 2>/dev/null)" = "$conf" ] ||
    echo "$conf" > "$dir/httpd/extra.d/demo.conf"
"$top/tests/demo/server.sh" "$dir" httpd-start
# shellcheck disable=SC1091
. "$dir/env"
cat <<END

The example archive runs ($((SECONDS - start)) s). Two releases are published:
demo-dr1 (a survey in 12 filters) and tycho2 (real stars).

  front page   $VO_URL/
  TAP          $VO_URL/vo/tap/demo-dr1
  cone search  $VO_URL/vo/cone/tycho2/Stars
  images       $VO_URL/vo/siap/demo-dr1 (SIAP 1.0)
               $VO_URL/vo/siap2/demo-dr1/query (SIAP 2.0)
  spectra      $VO_URL/vo/ssap/demo-dr1 (SSAP 1.1)
  links        $VO_URL/vo/datalink/demo-dr1/links
  cutouts      $VO_URL/vo/soda/demo-dr1/sync
  VOSI         $VO_URL/vo/demo-dr1/capabilities

Try it:
  curl '$VO_URL/vo/cone/tycho2/Stars?RA=83.82&DEC=-5.39&SR=0.2&RESPONSEFORMAT=csv'
  curl '$VO_URL/vo/tap/demo-dr1/sync' -d LANG=ADQL -d FORMAT=csv \\
      -d 'QUERY=SELECT TOP 5 tile_id, number, mag_auto[demo::rSDSS] FROM MagABDualObj'
  curl '$VO_URL/vo/tap/demo-dr1/async' -L -d LANG=ADQL -d PHASE=RUN \\
      -d 'QUERY=SELECT * FROM Filter'
  curl '$VO_URL/vo/siap2/demo-dr1/query?POS=CIRCLE+150.1+32.2+0.1&BAND=6.2e-7&RESPONSEFORMAT=csv'
  curl -o stars.png '$VO_URL/vo/siap/demo-dr1/get_graphic_cutout?ra=150.1&dec=32&width=0.3&height=0.3&sizex=600&sizey=600&band=RGB'
  topcat: VO > Table Access Protocol > TAP URL

Stop it with: make demo-stop
END
