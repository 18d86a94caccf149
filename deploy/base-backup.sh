#!/usr/bin/env bash
# Begin an archive from which the bundled database can go back to any moment, or begin it anew: a copy of the whole database,
# and from now on every change in ARCHIVE_FOLDER. For cron, once a week:  0 4 * * 0 /srv/kirotodo/deploy/base-backup.sh
# Then: deploy/restore-to.sh TIME. The first run restarts PostgreSQL.
set -euo pipefail
cd "$(dirname "$0")/.."
read -ra compose <<<"${COMPOSE:-docker-compose}"
psql() { "${compose[@]}" exec -T postgres psql --username postgres --no-align --tuples-only --set ON_ERROR_STOP=1 "$@"; }
trap 'echo "kirotodo: the base backup FAILED; what was there is kept" >&2' ERR

if [ "$(psql --command 'SHOW archive_mode')" != on ]; then
	"${compose[@]}" exec -T --user root postgres chown postgres: /archive
	psql --command "ALTER SYSTEM SET archive_mode = on" --command "ALTER SYSTEM SET archive_timeout = '5min'" \
		--command "ALTER SYSTEM SET archive_command = 'test ! -f /archive/%f && cp %p /archive/%f.part && mv /archive/%f.part /archive/%f'"
	"${compose[@]}" restart postgres
	"${compose[@]}" up --detach --no-deps --wait postgres
fi
"${compose[@]}" exec -T --user postgres postgres bash -s <<'SH'
set -euo pipefail
rm -rf /archive/base.part
pg_basebackup --username postgres --pgdata /archive/base.part --checkpoint fast
pg_verifybackup --quiet /archive/base.part
rm -rf /archive/base
mv /archive/base.part /archive/base
# Changes from before the copy are of no use any more.
pg_archivecleanup /archive "$(sed -n 's/^START WAL LOCATION: .*(file \(.*\))$/\1/p' /archive/base/backup_label)"
SH
echo "From now on: deploy/restore-to.sh TIME"
