#!/usr/bin/env bash
# Run once, by the image of PostgreSQL, when the volume is still empty. The server and the migrations connect as `kirotodo`,
# which isn't a superuser; each transaction of the server changes to `kirotodo_app`, which owns nothing and cannot log in, so
# that row-level security holds for it. `kirotodo_monitor` sees figures and no table. `postgres` can log in only from inside
# the container.
set -euo pipefail

psql --set ON_ERROR_STOP=1 --set password="$POSTGRES_PASSWORD" --username "$POSTGRES_USER" --dbname "$POSTGRES_DB" <<'SQL'
CREATE ROLE kirotodo LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOBYPASSRLS PASSWORD :'password';
CREATE ROLE kirotodo_app NOLOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOBYPASSRLS;
CREATE ROLE kirotodo_monitor LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOBYPASSRLS PASSWORD :'password' IN ROLE pg_monitor;
GRANT kirotodo_app TO kirotodo;
ALTER DATABASE kirotodo OWNER TO kirotodo;
ALTER SCHEMA public OWNER TO kirotodo;
REVOKE ALL ON DATABASE kirotodo FROM PUBLIC;
CREATE EXTENSION IF NOT EXISTS pg_stat_statements;
-- When the servers have taken every other connection, whoever watches has to see it. From the next start on; older than 16 has none.
SELECT current_setting('server_version_num')::int >= 160000 AS reserves \gset
\if :reserves
ALTER SYSTEM SET reserved_connections = 3;
GRANT pg_use_reserved_connections TO kirotodo_monitor;
\endif
SQL
psql --set ON_ERROR_STOP=1 --username "$POSTGRES_USER" --dbname postgres --command 'CREATE EXTENSION IF NOT EXISTS pg_stat_statements'

printf '%s\n' 'host all postgres all reject' | cat - "$PGDATA/pg_hba.conf" >"$PGDATA/pg_hba.conf.new"
mv "$PGDATA/pg_hba.conf.new" "$PGDATA/pg_hba.conf"
