#!/bin/bash
# demo BUILD: a morning at Bromley, 1 September 2017. Starts csid in a scratch folder on the 2016 plan,
# lets its clock pass 08:30, shows what came of it, and leaves csid running. With NONINTERACTIVE=1 it
# ends csid and removes the folder.
set -eu
build=$1
top=$(cd "$(dirname "$0")/../.." && pwd)
dir=$(mktemp -d "${TMPDIR:-/tmp}/csid-demo.XXXXXX")
export CSID_SOCKET=$dir/csid.sock
pid=

end() {
    status=$?
    if [ "$status" != 0 ]; then
        echo "demo: it failed; csid said:" >&2
        cat "$dir/log" >&2
    fi
    if [ "$status" != 0 ] || [ -n "${NONINTERACTIVE-}" ]; then
        [ -z "$pid" ] || kill "$pid" 2>/dev/null || :
        [ -z "$pid" ] || wait "$pid" || status=$?
        rm -rf "$dir"
    fi
    exit "$status"
}
trap end EXIT

bold='' plain=''
[ -t 1 ] && [ -z "${NO_COLOR-}" ] && bold=$'\e[1m' plain=$'\e[0m'
say() { printf '\n%s%s%s\n\n' "$bold" "$*" "$plain"; }

# prints the command as one would type it, then runs it
show() {
    local word line=
    for word in "$@"; do
        case $word in
        *" "*) line+=" \"$word\"" ;;
        *) line+=" $word" ;;
        esac
    done
    printf '%s$ csictl%s%s\n' "$bold" "${line/"$top/"/}" "$plain"
    "$build/csictl" "$@"
    echo
}

cat >"$dir/csid.yaml" <<YAML
organisation: London Borough of Bromley
socket: $dir/csid.sock
database: $dir/csid.db
access:
  admin: ["$(id -un)"]
mail:
  url: maildir:$dir/mail
  from: Improvement Programme <csi@example.gov.uk>
YAML

: >"$dir/log"
setsid "$build/csid" -c "$dir/csid.yaml" --test-clock 2017-09-01T06:00:00Z </dev/null >"$dir/log" 2>&1 &
pid=$!
for ((tries = 0; ; tries++)); do
    "$build/csictl" clock show >/dev/null 2>&1 && break
    kill -0 "$pid" 2>/dev/null && [ "$tries" -lt 100 ] || exit 1
    sleep 0.1
done

say "It is seven in the morning of Friday 1 September 2017. Who holds which role, and the plan:"
show role assign director --name "The Director" --email director@example.gov.uk
show role assign programme-office --name "Programme Office" --email programme.office@example.gov.uk
show role assign improvement-board-chair --name "The Chair" --email chair@example.gov.uk
show plan import "$top/tests/data/bromley-2016.csv" --as-at 2017-08-31
say "The direction of September 2017, and the visit that is booked. What follows from them csid works out:"
show instrument add --kind statutory-direction --issued-on 2017-09-12 --first-report 2017-10-01
show visit add --kind monitoring --from 2017-10-30 --to 2017-10-31

say "Nine o'clock: the checks of half past eight have run."
show clock advance --to 2017-09-01T08:00:00Z
show status
show report position
show report exceptions

mails=("$dir"/mail/new/*)
say "The morning's mails: ${#mails[@]}. The chair's:"
chair=$(grep -lis '^To:.*chair@example.gov.uk' "${mails[@]}")
/usr/bin/python3 "$top/tests/system/mail_text.py" "$chair"
say "And one of the owners':"
owner=$(grep -Lisi '^To:.*\(chair\|director\|programme.office\)@' "${mails[@]}" | head -n 1)
/usr/bin/python3 "$top/tests/system/mail_text.py" "$owner"

say "What the chair is reminded of next:"
show deadline show 1
say "And all that is ahead:"
show agenda --from 2017-09-01 --until 2017-12-31

[ -z "${NONINTERACTIVE-}" ] || exit 0
say "csid goes on running, its clock moved by you alone. Type next:"
cat <<TYPE
  export CSID_SOCKET=$CSID_SOCKET
  $build/csictl
  $build/csictl action list --overdue
  $build/csictl clock advance 3d

and to end it:
  kill $pid; rm -r $dir
TYPE
