#!/usr/bin/env bash
# Replace the running servers by those of the checkout, without an interruption: migrate, start the new ones beside the old
# ones, then replace the old ones, then stop those beside. Also for changed settings, secrets included, and for a rollback.
#   deploy/update.sh              builds the images of this checkout first
#   deploy/update.sh --no-build   takes the images that are there (a tag that was pulled, or only changed settings)
set -euo pipefail
cd "$(dirname "$0")/.."

read -ra compose <<<"${COMPOSE:-docker-compose}"
GATEWAY_SECONDS=12 # the gateway looks every two seconds, and publishes what it saw every ten

# The gateway sends to every server of the service $1. Without our gateway, whatever stands there instead has the same time.
wait_for_gateway() {
	local wanted seen end=$((SECONDS + 180))
	sleep "$GATEWAY_SECONDS"
	[ -n "$("${compose[@]}" ps --quiet gateway)" ] || return 0
	wanted=$("${compose[@]}" ps --quiet "$1" | wc -l)
	while
		seen=$("${compose[@]}" exec -T gateway wget -q -O - http://127.0.0.1:2019/metrics |
			grep -cE "^caddy_reverse_proxy_upstreams_healthy\{upstream=\"kirotodo-$1-[0-9]+:8000\"\} 1" || true)
		[ "$seen" -lt "$wanted" ]
	do
		[ "$SECONDS" -lt "$end" ] || { echo "The gateway sends to $seen of $wanted servers of $1." >&2 && return 1; }
		sleep 2
	done
}

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
wait_for_gateway backend-next

echo "Replacing the old ones …"
"${compose[@]}" up --detach --no-deps --wait backend frontend
wait_for_gateway backend

echo "Stopping those beside …"
"${compose[@]}" --profile update rm --force --stop backend-next frontend-next
echo "Done."
