#!/usr/bin/env bash
# Replace the running servers by those of the checkout, without an interruption: migrate, start the new ones beside the old
# ones, then replace the old ones, then stop those beside. Also for changed settings, secrets included, and for a rollback.
#   deploy/update.sh              builds the images of this checkout first
#   deploy/update.sh --no-build   takes the images that are there (a tag that was pulled, or only changed settings)
set -euo pipefail
cd "$(dirname "$0")/.."

read -ra compose <<<"${COMPOSE:-docker-compose}"
GATEWAY_SECONDS=6 # the gateway looks every two seconds

case ${1-} in
"") "${compose[@]}" build ;;
--no-build) ;;
*) echo "usage: deploy/update.sh [--no-build]" >&2 && exit 2 ;;
esac

echo "Migrating the database …"
"${compose[@]}" run --rm --no-deps migrate

echo "Starting the new servers beside the old ones …"
trap 'echo "The update stopped half way: the old servers still run. Mend what is said above, then run it again." >&2' ERR
"${compose[@]}" --profile update up --detach --no-deps --wait --force-recreate backend-next frontend-next
sleep "$GATEWAY_SECONDS"

echo "Replacing the old ones …"
"${compose[@]}" up --detach --no-deps --wait backend frontend
sleep "$GATEWAY_SECONDS"

echo "Stopping those beside …"
"${compose[@]}" --profile update rm --force --stop backend-next frontend-next
echo "Done."
