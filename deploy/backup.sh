#!/usr/bin/env bash
# Back the database up: a dump that pg_restore can read, kept for a week, copied off the machine where RESTIC_REPOSITORY is set.
# Fails loudly: no half dump is kept, and the time of the last whole one is a metric that an alert looks at.
# For cron:  0 3 * * * /srv/kirotodo/deploy/backup.sh
set -euo pipefail
cd "$(dirname "$0")/.."

# What is exported wins over .env, as with Compose. The file is read, not run: its values are written without quotes.
setting() {
	local value=${!1-}
	[ -n "$value" ] || [ ! -f .env ] || value=$(sed -n "s/^$1=//p" .env | tail -n 1)
	printf '%s' "${value:-${2-}}"
}
folder=$(setting BACKUP_FOLDER /backup)
kept_days=$(setting BACKUP_DAYS 7)
database_url=$(setting DATABASE_URL)
RESTIC_REPOSITORY=$(setting RESTIC_REPOSITORY)
RESTIC_PASSWORD=$(setting RESTIC_PASSWORD)
export RESTIC_REPOSITORY RESTIC_PASSWORD
read -ra compose <<<"${COMPOSE:-docker-compose}"
mkdir -p "$folder"
umask 077

dump=$folder/kirotodo-$(date +%Y%m%d-%H%M%S).dump
trap 'rm -f "$dump.part"; echo "kirotodo: the backup FAILED; the last good one is $(ls -t "$folder"/kirotodo-*.dump 2>/dev/null | head -n 1 || true)" >&2' ERR
if [ -n "$database_url" ]; then
	pg_dump --format custom --file "$dump.part" "$database_url"
	pg_restore --file /dev/null "$dump.part" # reads it to its end
else
	"${compose[@]}" exec -T postgres pg_dump --username postgres --format custom kirotodo >"$dump.part"
	"${compose[@]}" exec -T postgres pg_restore --file /dev/null <"$dump.part"
fi
mv "$dump.part" "$dump"

if [ -n "$RESTIC_REPOSITORY" ]; then
	restic cat config >/dev/null 2>&1 || restic init
	restic backup --tag kirotodo "$dump"
	restic forget --tag kirotodo --group-by tags --keep-daily 7 --keep-weekly 5 --keep-monthly 12 --prune
fi
find "$folder" -maxdepth 1 -name 'kirotodo-*.dump' -mtime "+$kept_days" -delete

# For node-exporter; written aside first, so that it is never read half.
printf '# HELP kirotodo_backup_timestamp_seconds When the last whole backup was made.\n# TYPE kirotodo_backup_timestamp_seconds gauge\nkirotodo_backup_timestamp_seconds %s\nkirotodo_backup_bytes %s\n' \
	"$(date +%s)" "$(stat --format %s "$dump")" >"$folder/kirotodo.prom.part"
chmod 644 "$folder/kirotodo.prom.part"
mv "$folder/kirotodo.prom.part" "$folder/kirotodo.prom"
echo "$dump"
