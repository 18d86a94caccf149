#!/usr/bin/env bash
# Write an .env for a try on this machine: https://localhost in a browser, https://api.localhost for terminals, the built-in model,
# and secrets of its own. The gateway signs its certificates itself; docs/deployment.md has how to trust them.
set -euo pipefail
cd "$(dirname "$0")/.."

[ ! -e .env ] || { echo "There is an .env already; it is kept as it is." >&2 && exit 1; }
random() { od -An -N"$1" -tx1 /dev/urandom | tr -d ' \n'; }
umask 077
sed -e 's|^DOMAIN=.*|DOMAIN=localhost|' \
	-e 's|^API_DOMAIN=.*|API_DOMAIN=api.localhost|' \
	-e 's|^NEXT_PUBLIC_API_URL=.*|NEXT_PUBLIC_API_URL=http://backend:8000|' \
	-e 's|^CORS_ORIGINS=.*|CORS_ORIGINS=https://localhost|' \
	-e "s|^POSTGRES_PASSWORD=.*|POSTGRES_PASSWORD=$(random 16)|" \
	-e "s|^BETTER_AUTH_SECRET=.*|BETTER_AUTH_SECRET=$(random 32)|" \
	-e 's|^OPENAI_MODEL=.*|OPENAI_MODEL=|' \
	-e 's|^MODEL=.*|MODEL=built-in|' \
	.env.production.example >.env.part
mv .env.part .env
echo "Wrote .env. Now: docker-compose up -d --build, then open https://localhost"
