"""Steady load on a running site, without any retry: what failed, what was lost, what was done twice.

Prints one line of JSON when it is stopped (SIGINT, or after --seconds).
"""

import argparse
import asyncio
import collections
import contextlib
import json
import signal
import ssl
import sys
import time
from dataclasses import dataclass, field
from datetime import UTC, datetime

import httpx2

EXAMPLES = 10
"""Failures that are told in full."""


@dataclass
class Counted:
    """What became of the requests. `lost` were confirmed and are not in the list; `doubled` are there twice."""

    sent: int = 0
    failed: dict[str, int] = field(default_factory=collections.Counter)
    confirmed: dict[str, list[str]] = field(default_factory=lambda: collections.defaultdict(list))
    lost: int = 0
    doubled: int = 0
    examples: list[str] = field(default_factory=list)
    slowest_seconds: float = 0.0
    first_failure_second: float | None = None
    last_failure_second: float | None = None


async def one_user(client: httpx2.AsyncClient, user: str, token: str, counted: Counted, pause: float) -> None:
    """Add a task by chat, read the list, and again, until cancelled."""
    headers = {"Authorization": f"Bearer {token}"}
    began, number = time.monotonic(), 0
    while True:
        number += 1
        title = f"item {number} of {user}"
        reads = number % 3 == 0
        counted.sent += 1
        sent = time.monotonic()
        try:
            if reads:
                answer = await client.get(f"/api/{user}/tasks", headers=headers)
            else:
                body = {"message": f'add "{title}"'}
                answer = await client.post(f"/api/{user}/chat", headers=headers, json=body)
            what = "" if answer.status_code == 200 else str(answer.status_code)
            said = f"{answer.request.method} {dict(answer.headers)} {answer.text}"
        except httpx2.TransportError as error:
            what = type(error).__name__
            said = str(error)
        counted.slowest_seconds = max(counted.slowest_seconds, time.monotonic() - sent)
        if what:
            counted.failed[what] += 1
            if len(counted.examples) < EXAMPLES:
                counted.examples.append(f"{datetime.now(UTC):%H:%M:%S.%f} {user} {what} {said[:800]}")
            counted.first_failure_second = counted.first_failure_second or round(sent - began, 1)
            counted.last_failure_second = round(sent - began, 1)
        elif not reads:
            counted.confirmed[user].append(title)
        await asyncio.sleep(pause)


async def compare(client: httpx2.AsyncClient, tokens: dict[str, str], counted: Counted) -> None:
    """Count what is missing from the lists, and what is in them twice."""
    for user, token in tokens.items():
        found: collections.Counter[str] = collections.Counter()
        cursor: str | None = ""
        while cursor is not None:
            parameters = {"limit": "100", **({"cursor": cursor} if cursor else {})}
            page = await client.get(
                f"/api/{user}/tasks", params=parameters, headers={"Authorization": f"Bearer {token}"}
            )
            body = page.raise_for_status().json()
            found.update(task["title"] for task in body["items"])
            cursor = body["next"]
        counted.lost += sum(title not in found for title in counted.confirmed[user])
        counted.doubled += sum(times - 1 for times in found.values())


async def main() -> None:
    """Read tokens, a JSON object of users, from stdin."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--url", required=True)
    parser.add_argument("--seconds", type=float, default=3600.0)
    parser.add_argument("--least", type=int, default=0, help="go on until so many requests were sent")
    parser.add_argument("--pause", type=float, default=0.2)
    parser.add_argument("--insecure", action="store_true", help="accept a certificate nobody vouches for")
    given = parser.parse_args()
    tokens: dict[str, str] = json.load(sys.stdin)
    counted, stop = Counted(), asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGINT, stop.set)
    trust: ssl.SSLContext | bool = not given.insecure
    async with httpx2.AsyncClient(base_url=given.url, verify=trust, timeout=60, trust_env=False) as client:
        users = [asyncio.create_task(one_user(client, *each, counted, given.pause)) for each in tokens.items()]
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(stop.wait(), given.seconds)
        while counted.sent < given.least:  # noqa: ASYNC110 (a count, which nobody announces)
            await asyncio.sleep(0.1)
        for user in users:
            user.cancel()
        await asyncio.gather(*users, return_exceptions=True)
        await compare(client, tokens, counted)
    print(json.dumps({**vars(counted), "confirmed": sum(map(len, counted.confirmed.values()))}))


if __name__ == "__main__":
    asyncio.run(main())
