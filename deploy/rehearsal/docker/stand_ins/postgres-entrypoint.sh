#!/usr/bin/env bash
# As the entrypoint of the official image of PostgreSQL, as far as the compose file uses it: POSTGRES_USER, POSTGRES_PASSWORD,
# POSTGRES_DB, and scripts of /docker-entrypoint-initdb.d, which are run or (without the x bit) sourced while the server
# listens on its socket alone.
set -euo pipefail

if [ "${1-}" = postgres ] && [ "$(id -u)" = 0 ]; then
	mkdir -p "$PGDATA" /var/run/postgresql
	chown -R postgres "$PGDATA" /var/run/postgresql
	chmod 700 "$PGDATA"
	exec gosu postgres "$0" "$@"
fi

if [ "${1-}" = postgres ] && [ ! -s "$PGDATA/PG_VERSION" ]; then
	[ -n "${POSTGRES_PASSWORD-}" ] || { echo "POSTGRES_PASSWORD is not set" >&2; exit 1; }
	export POSTGRES_USER=${POSTGRES_USER-postgres} POSTGRES_DB=${POSTGRES_DB-${POSTGRES_USER-postgres}}
	initdb --encoding UTF8 --locale C.UTF-8 --username "$POSTGRES_USER" --pwfile <(printf '%s\n' "$POSTGRES_PASSWORD") --auth-host scram-sha-256 --auth-local trust >/dev/null
	printf '\nhost all all all scram-sha-256\n' >>"$PGDATA/pg_hba.conf"
	pg_ctl --wait start --options "-c listen_addresses='' -c shared_preload_libraries=pg_stat_statements" >/dev/null
	[ "$POSTGRES_DB" = postgres ] || createdb --username "$POSTGRES_USER" "$POSTGRES_DB"
	for script in /docker-entrypoint-initdb.d/*.sh; do
		[ ! -e "$script" ] || if [ -x "$script" ]; then "$script"; else . "$script"; fi
	done
	pg_ctl --wait --mode fast stop >/dev/null
fi
[ "${1-}" != postgres ] || set -- "$@" -c listen_addresses='*'
exec "$@"
