#!/usr/bin/env bash
# Take the bundled database back to a moment, from the archive of deploy/base-backup.sh. What is there now is kept beside it,
# until you remove it.
#   deploy/restore-to.sh '2026-11-25 12:00:00+00'
set -euo pipefail
cd "$(dirname "$0")/.."
[ $# = 1 ] || { echo "usage: deploy/restore-to.sh TIME, such as '2026-11-25 12:00:00+00'" >&2 && exit 2; }
read -ra compose <<<"${COMPOSE:-docker-compose}"
psql() { "${compose[@]}" exec -T postgres psql --username postgres --no-align --tuples-only --set ON_ERROR_STOP=1 "$@"; }

# A time that cannot be read is refused before anything stops; what is not archived yet is, before the server stops.
psql --set moment="$1" <<<"SELECT :'moment'::timestamptz" >/dev/null
psql --command "SELECT pg_switch_wal()" >/dev/null
"${compose[@]}" stop backend postgres
"${compose[@]}" run --rm --no-deps -T --user root --entrypoint bash postgres -s -- "$1" <<'SH'
set -euo pipefail
[ -f /archive/base/backup_label ] || { echo "There is no /archive/base: deploy/base-backup.sh makes it." >&2; exit 1; }
mv "$PGDATA" "$PGDATA.before-$(date +%Y%m%d-%H%M%S)"
cp --archive /archive/base "$PGDATA"
printf "%s\n" "restore_command = 'cp /archive/%f %p'" "recovery_target_time = '$1'" "recovery_target_action = promote" >>"$PGDATA/postgresql.auto.conf"
touch "$PGDATA/recovery.signal"
chown -R postgres: "$PGDATA"
SH
"${compose[@]}" up --detach --no-deps --wait postgres
until [ "$(psql --command 'SELECT pg_is_in_recovery()')" = f ]; do sleep 1; done
for name in restore_command recovery_target_time recovery_target_action; do psql --command "ALTER SYSTEM RESET $name"; done
"${compose[@]}" run --rm -T migrate
"${compose[@]}" up --detach
echo "Back at $1. Look at it; then run deploy/base-backup.sh, since the archive goes on from here."
