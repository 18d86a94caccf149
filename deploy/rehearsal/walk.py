"""The deployment guide, walked: each step does what the guide says, as far as that goes without Docker and a domain."""

import asyncio
import difflib
import json
import os
import re
import ssl
import threading
import time
from typing import Any, Final

import httpx2

from deploy.rehearsal import browser as chromium
from deploy.rehearsal.local_stack import ROOT, LocalStack
from deploy.rehearsal.programs import ran, wait_until
from deploy.rehearsal.steps import Skipped, step

EMAIL: Final = "ada@example.com"
PASSWORD: Final = "correct horse battery staple"
CROWD: Final = 100
BUSY: Final = "the database did not answer in time"
"""What a server says that is asked whether it is ready while a hundred users speak at once on a small machine."""


def request(stack: LocalStack, method: str, path: str, *, user: str = "1", **options: Any) -> httpx2.Response:
    with stack.client() as client:
        return client.request(method, path, headers={"Authorization": f"Bearer {stack.token(user)}"}, **options)


def titles(stack: LocalStack, user: str) -> list[str]:
    answer = request(stack, "GET", f"/api/{user}/tasks", user=user)
    answer.raise_for_status()
    return sorted(task["title"] for task in answer.json()["items"])


@step("first start of the database", "docker-compose up -d postgres valkey", "deploy/postgres/first-start.sh")
def database(stack: LocalStack) -> str:
    stack.start_postgres()
    stack.start_valkey()
    refused = ran(
        [
            str(stack.binaries / "psql"),
            f"postgresql://postgres:x@127.0.0.1:{stack.postgres_port}/kirotodo",
            "-c",
            "SELECT 1",
        ],
        environment={"PATH": os.environ["PATH"]},
        folder=stack.folder,
        may_fail=True,
    )
    assert "pg_hba.conf rejects" in refused.stderr, refused.stderr
    role = stack.psql("-At", "-c", "SELECT rolsuper OR rolbypassrls FROM pg_roles WHERE rolname = 'kirotodo'").strip()
    assert role == "f", role
    return "the servers' role is no superuser; postgres cannot be reached over the network"


@step("a server that is not fit for production refuses to start", "docker-compose logs backend")
def unfit(stack: LocalStack) -> str:
    bad = {"BETTER_AUTH_SECRET": "short", "CORS_ORIGINS": "*", "MODEL": ""}
    environment = stack.environment("backend", **bad)
    done = ran(["kirotodo", "serve", "--port", "0"], environment=environment, folder=stack.app, may_fail=True)
    assert done.returncode == 1, done.stdout
    for word in ("BETTER_AUTH_SECRET", "CORS_ORIGINS", "No model"):
        assert word in done.stderr, done.stderr
    behind = ran(
        ["kirotodo", "serve", "--port", "0"], environment=stack.environment("backend"), folder=stack.app, may_fail=True
    )
    assert behind.returncode == 1
    return f"{len(done.stderr.strip().splitlines())} faults in a sentence each; {behind.stderr.strip()[:80]}"


@step(
    "health",
    "docker-compose up -d",
    "docker-compose ps",
    "curl https://api.yourdomain.com/health",
)
def health(stack: LocalStack) -> str:
    migrated = stack.migrate().strip()
    stack.start_backends()
    stack.start_gateway()
    stack.start_frontend()
    with stack.client() as client:
        wait_until(lambda: client.get("/health/ready").status_code == 200, "the gateway finds a backend")
        answer = client.get("/health")
        assert answer.json()["status"] == "ok", answer.text
        assert "Strict-Transport-Security" in answer.headers
        assert client.get("/metrics").status_code == 404
        assert client.get("/docs").status_code == 404  # nobody asked for it with API_DOCS
    plain = httpx2.get(f"http://127.0.0.1:{stack.http_port}/health", headers={"Host": "localhost"}, trust_env=False)
    assert plain.status_code in {301, 308}, plain.status_code
    return f"{migrated} {len(stack.backends)} backends, over HTTPS alone"


@step("the front end answers", "curl https://yourdomain.com")
def front_end(stack: LocalStack) -> str:
    with stack.client() as client:
        answer = client.get(f"{stack.site}/")
    assert answer.status_code == 200
    assert "<title>kirotodo</title>" in answer.text
    return "the page, over HTTPS"


@step(
    "the database is asked",
    "docker-compose exec postgres pg_isready",
    'docker-compose exec postgres psql -U postgres -d kirotodo -c "\\dt"',
    'docker-compose exec postgres psql -U postgres -c "SELECT count(*) FROM pg_stat_activity;"',
    "… FROM pg_stat_statements ORDER BY mean_exec_time DESC LIMIT 10",
)
def database_readiness(stack: LocalStack) -> str:
    assert "accepting connections" in stack.postgres_exec("pg_isready")
    assert "conversations" in stack.psql("-c", r"\dt")
    connections = stack.psql("-At", "-c", "SELECT count(*) FROM pg_stat_activity;", database="postgres").strip()
    query = "SELECT query, mean_exec_time, calls FROM pg_stat_statements ORDER BY mean_exec_time DESC LIMIT 10;"
    slowest = stack.psql("-At", "-c", query).splitlines()
    assert len(slowest) >= 10, slowest
    policies = "SELECT count(*) FROM pg_class WHERE relrowsecurity AND relforcerowsecurity"
    apart = int(stack.psql("-At", "-c", policies))
    assert apart >= 10, apart
    becomes = "pg_has_role('kirotodo', 'kirotodo_app', 'SET')"
    reads = "has_table_privilege('kirotodo_app', 'tasks', 'SELECT')"
    assert stack.psql("-At", "-c", f"SELECT {becomes} AND {reads}").strip() == "t"
    return f"{connections} connections; the rows of {apart} tables are kept apart by the database"


@step(
    "the environment of a backend",
    "docker-compose exec backend env | grep OPENAI_API_KEY",
    "docker-compose exec backend env | grep RATE_LIMIT",
)
def environment(stack: LocalStack) -> str:
    variables = open(f"/proc/{stack.backends[0].pid}/environ", "rb").read().decode().split("\0")  # noqa: SIM115
    assert f"RATE_LIMIT={stack.values['RATE_LIMIT']}" in variables
    assert "ENVIRONMENT=production" in variables
    given = stack.environment("backend")
    stack.values["OPENAI_API_KEY"] = "sk-proj-your-key-here"
    try:
        assert stack.environment("backend")["OPENAI_API_KEY"] == "sk-proj-your-key-here"
    finally:
        stack.values["OPENAI_API_KEY"] = ""
    return f"{sum(name in given for name in ('RATE_LIMIT', 'RATE_LIMIT_BURST', 'RATE_LIMIT_STORAGE'))} limits"


@step(
    "chat by curl",
    'curl -X POST https://api.yourdomain.com/api/1/chat -H "Authorization: Bearer $JWT_TOKEN" …',
    'curl -w "@curl-format.txt" -o /dev/null -s https://api.yourdomain.com/api/1/chat',
)
def curl(stack: LocalStack) -> str:
    token = stack.kirotodo("backend", "token", "--user", "1").strip()
    command = [
        "curl", "-sS", "-X", "POST", f"{stack.api}/api/1/chat", "--cacert", str(stack.certificates),
        "-H", f"Authorization: Bearer {token}", "-H", "Content-Type: application/json",
    ]  # fmt: skip
    base: dict[str, Any] = {"environment": {"PATH": os.environ["PATH"]}, "folder": ROOT}
    hello = json.loads(ran([*command, "-d", '{"message":"Hello"}'], **base).stdout)
    assert hello["response"], hello
    added = json.loads(ran([*command, "-d", '{"message":"add milk tomorrow"}'], **base).stdout)
    assert [call["tool"] for call in added["tool_calls"]] == ["add_task"], added
    assert titles(stack, "1") == ["milk"]
    timed = ran(
        ["curl", "-w", "@curl-format.txt", "-o", "/dev/null", "-s", "--cacert", str(stack.certificates),
         f"{stack.api}/api/1/chat"], **base,
    ).stdout  # fmt: skip
    assert "first byte" in timed
    assert "401" in timed or "405" in timed, timed
    foreign = request(stack, "GET", "/api/2/tasks", user="1")
    assert foreign.status_code == 403, foreign.text
    return f"“{hello['response'][:40]}”; another's list is refused"


@step("streams are not held back", "curl -N https://api.yourdomain.com/api/1/events")
def streams(stack: LocalStack) -> str:
    lines: list[str] = []
    ended = threading.Event()

    def listen() -> None:
        with (
            stack.client() as client,
            client.stream("GET", "/api/1/events", headers={"Authorization": f"Bearer {stack.token('1')}"}) as stream,
        ):
            for line in stream.iter_lines():
                lines.append(line)
                if ended.is_set() or "list_changed" in line:
                    return

    listener = threading.Thread(target=listen, daemon=True)
    listener.start()
    end = time.monotonic() + 30
    while not any("list_changed" in line for line in lines):
        assert time.monotonic() < end, lines
        request(stack, "POST", "/api/1/tasks", json={"title": "eggs"}).raise_for_status()
        listener.join(1)
    ended.set()
    return "an event arrives while the stream stays open"


@step("sign up and chat by the terminal client", "kirotodo signup https://api.yourdomain.com", "kirotodo chat")
def terminal(stack: LocalStack) -> str:
    home = stack.folder / "ada"
    home.mkdir()
    base: dict[str, Any] = {
        "environment": {
            "PATH": os.environ["PATH"],
            "HOME": str(home),
            "KIROTODO_HOME": str(home),
            "SSL_CERT_FILE": str(stack.certificates),
            "TIMEZONE": "UTC",
            "PYTHON_KEYRING_BACKEND": "keyring.backends.fail.Keyring",
        },
        "folder": home,
    }
    program = str(ROOT / ".venv" / "bin" / "kirotodo")
    ran([program, "signup", stack.api, "--email", EMAIL, "--password-stdin"], piped=f"{PASSWORD}\n", **base)
    output = ran([program, "ask", "add call Jane on friday at 10"], **base).stdout
    listed = json.loads(ran([program, "list", "--json"], **base).stdout)["items"]
    assert [task["title"] for task in listed] == ["call Jane"], listed
    return output.strip().splitlines()[0][:80]


@step("chat in a browser", "https://yourdomain.com")
def in_a_browser(stack: LocalStack) -> str:
    if chromium.missing():
        raise Skipped(chromium.missing())
    picture = stack.folder.parent / "rehearsal.png"
    with chromium.browser() as window:
        window.open(f"{stack.site}/")
        window.wait_for("document.body.classList.contains('-first-byte')", "the terminal draws")
        time.sleep(4)  # nothing in the page tells when a screen of the terminal stands
        for keys in (EMAIL, "\ue004", PASSWORD, "\ue007"):
            window.type(keys)
            time.sleep(1)  # as a person would: a key that moves the focus has to be over before the next
        with stack.client() as client:
            tokens = client.post("/api/auth/signin", json={"email": EMAIL, "password": PASSWORD}).json()
            headers = {"Authorization": f"Bearer {tokens['access_token']}"}
            user = tokens["user"]["id"]

            def has_bread() -> bool:
                found = client.get(f"/api/{user}/tasks", headers=headers).json()["items"]
                return "bread" in [task["title"] for task in found]

            time.sleep(4)
            window.type("add bread\ue007")
            try:
                wait_until(has_bread, "what was said in the browser is in the list", 40)
            finally:
                window.screenshot(picture)
        elsewhere = [each for each in window.fetched() if not each.startswith(f"{stack.site}/")]
        assert not elsewhere, elsewhere
        complaints = [line for line in window.complaints() if "Content Security Policy" in line]
        assert not complaints, complaints
    return f"signed in, added bread; {picture}"


@step("a hundred users at once", "Load test chat endpoint (100+ concurrent users)")
def crowd(stack: LocalStack) -> str:
    began = time.monotonic()
    answers = asyncio.run(_all_say(stack, [f"crowd-{number}" for number in range(CROWD)], "add milk"))
    took = time.monotonic() - began
    wrong = [answer.text[:100] for answer in answers if answer.status_code != 200]
    assert not wrong, wrong[:3]
    doubled = [number for number in range(0, CROWD, 7) if titles(stack, f"crowd-{number}") != ["milk"]]
    assert not doubled, doubled
    return f"{CROWD} turns in {took:.1f} s, each in its own list"


async def _all_say(stack: LocalStack, users: list[str], message: str) -> list[httpx2.Response]:
    """All at once; who is cut says the same again with the same key, as every client does."""
    trusted = ssl.create_default_context(cafile=str(stack.certificates))
    limits = httpx2.Limits(max_connections=CROWD)
    async with httpx2.AsyncClient(
        base_url=stack.api, verify=trusted, timeout=90, trust_env=False, limits=limits
    ) as client:

        async def one(user: str) -> httpx2.Response:
            headers = {
                "Authorization": f"Bearer {stack.token(user)}",
                "Idempotency-Key": f"{user}-{message}".replace(" ", "-"),
            }
            for _ in range(20):
                try:
                    answer = await client.post(f"/api/{user}/chat", headers=headers, json={"message": message})
                except httpx2.TransportError:
                    await asyncio.sleep(0.5)
                    continue
                if answer.status_code not in {409, 502, 503}:
                    return answer
                await asyncio.sleep(0.5)
            return answer

        return list(await asyncio.gather(*(one(user) for user in users)))


@step("a backend is killed", "docker-compose up -d --scale backend=4", "docker kill kirotodo-backend-1")
def killed(stack: LocalStack) -> str:
    users = [f"brave-{number}" for number in range(40)]
    victim = stack.backends[0]
    threading.Timer(0.4, victim.kill).start()
    answers = asyncio.run(_all_say(stack, users, "add bread"))
    wrong = [answer.text[:100] for answer in answers if answer.status_code != 200]
    assert not wrong, wrong[:3]
    uneven = [user for user in users if titles(stack, user) != ["bread"]]
    assert not uneven, uneven
    stack.backends[0] = stack.start_backend(0)
    return "40 turns, none lost, none doubled; the backend is back"


@step("a backend is stopped", "docker-compose up -d (a newer release)")
def stopped(stack: LocalStack) -> str:
    users = [f"calm-{number}" for number in range(40)]
    leaving = stack.backends[1]
    ended: list[int] = []
    thread = threading.Timer(0.2, lambda: ended.append(leaving.stop()))
    thread.start()
    answers = asyncio.run(_all_say(stack, users, "add tea"))
    thread.join()
    assert [answer.status_code for answer in answers] == [200] * 40
    assert ended == [0], ended
    stack.backends[1] = stack.start_backend(1)
    return "40 turns meanwhile; it ended by itself"


@step("migration back and forth", "docker-compose exec backend alembic downgrade -1", "… alembic upgrade head")
def migration(stack: LocalStack) -> str:
    """On a copy, as one would try it: going back takes tables away."""
    stack.psql("-c", "CREATE DATABASE trial OWNER kirotodo", database="postgres")
    url = stack.environment("backend")["DATABASE_URL"].rpartition("/")[0] + "/trial"
    more = {"DATABASE_URL": url}
    stack.execute("backend", "alembic", "upgrade", "head", more=more)
    stack.execute("backend", "alembic", "downgrade", "-1", more=more)
    back = stack.execute("backend", "alembic", "current", more=more)
    assert "(head)" not in back, back
    stack.execute("backend", "alembic", "upgrade", "head", more=more)
    forth = stack.execute("backend", "alembic", "current", more=more)
    assert "(head)" in forth, forth
    steps = len(stack.execute("backend", "alembic", "history", more=more).strip().splitlines())
    stack.psql("-c", "DROP DATABASE trial WITH (FORCE)", database="postgres")
    return f"{forth.strip()} of {steps} migrations"


@step(
    "backup and restore",
    "docker-compose exec postgres pg_dump -U postgres kirotodo > backup.sql",
    "docker-compose exec postgres psql -U postgres kirotodo < backup.sql",
)
def backup(stack: LocalStack) -> str:
    request(stack, "POST", "/api/keeper/tasks", user="keeper", json={"title": "keep this"}).raise_for_status()
    for backend in stack.backends:
        backend.stop()
    before = stack.postgres_exec("pg_dump", "-U", "postgres", "kirotodo")
    rows = stack.postgres_exec("pg_dump", "-U", "postgres", "--data-only", "kirotodo")
    stack.postgres_exec("dropdb", "-U", "postgres", "--force", "kirotodo")
    stack.postgres_exec("createdb", "-U", "postgres", "--owner", "kirotodo", "kirotodo")
    stack.psql(piped=before)
    restored = stack.postgres_exec("pg_dump", "-U", "postgres", "--data-only", "kirotodo")
    differences = [*difflib.unified_diff(_lines(rows), _lines(restored), lineterm="", n=0)]
    assert not differences, "\n".join(differences[:20])
    stack.migrate()
    stack.start_backends()
    with stack.client() as client:
        wait_until(lambda: client.get("/health/ready").status_code == 200, "the gateway finds a backend again")
    assert titles(stack, "keeper") == ["keep this"]
    return f"{len(before) // 1024} kB, {len(rows.splitlines()):,} lines of rows, each of them there again"


def _lines(dump: str) -> list[str]:
    """Every row of a dump, in an order of their own, without the keys that each dump makes for itself."""
    return sorted(line for line in dump.splitlines() if not re.match(r"\\(un)?restrict ", line))


@step("the rate limit is raised", "edit .env; docker-compose up -d backend", "RATE_LIMIT_BURST")
def limits(stack: LocalStack) -> str:
    def burst(user: str) -> list[httpx2.Response]:
        headers = {"Authorization": f"Bearer {stack.token(user)}"}
        with httpx2.Client(base_url=f"http://127.0.0.1:{stack.ports[3]}", trust_env=False, timeout=60) as client:
            return [client.post(f"/api/{user}/chat", headers=headers, json={"message": "hi"}) for _ in range(8)]

    stack.backends[3].stop()
    stack.backends[3] = stack.start_backend(3, RATE_LIMIT="3", RATE_LIMIT_BURST="3")
    few = burst("hasty")
    refused = [answer for answer in few if answer.status_code == 429]
    assert refused, [answer.status_code for answer in few]
    assert int(refused[0].headers["Retry-After"]) >= 1
    assert refused[0].headers["X-RateLimit-Limit"]
    stack.backends[3].stop()
    stack.backends[3] = stack.start_backend(3)
    many = burst("patient")
    assert {answer.status_code for answer in many} == {200}
    return f"{len(refused)} of 8 refused with 3 a minute, none with {stack.values['RATE_LIMIT']}"


@step("the secret is rotated", "docs/runbooks/key-rotation.md")
def rotation(stack: LocalStack) -> str:
    old = stack.values["BETTER_AUTH_SECRET"]
    held = {"Authorization": f"Bearer {stack.token('1')}"}
    stack.values["BETTER_AUTH_SECRET_PREVIOUS"], stack.values["BETTER_AUTH_SECRET"] = old, old[::-1]
    stack.restart_backends()
    with stack.client() as client:
        wait_until(lambda: client.get("/health/ready").status_code == 200, "the gateway finds a backend again")
        assert client.get("/api/1/tasks", headers=held).status_code == 200
        assert request(stack, "GET", "/api/1/tasks").status_code == 200
        stack.values["BETTER_AUTH_SECRET_PREVIOUS"] = ""
        stack.restart_backends()
        wait_until(lambda: client.get("/health/ready").status_code == 200, "the gateway finds a backend again")
        assert client.get("/api/1/tasks", headers=held).status_code == 401
        assert request(stack, "GET", "/api/1/tasks").status_code == 200
    return "an old token is taken until the old secret is gone"


@step("figures and logs", "docker-compose logs backend | grep ERROR", "GET /metrics", "Agent execution time")
def figures(stack: LocalStack) -> str:
    asyncio.run(_all_say(stack, [f"counted-{number}" for number in range(12)], "add soap"))
    page = "".join(httpx2.get(f"http://127.0.0.1:{port}/metrics", trust_env=False).text for port in stack.ports)
    for name in ("kirotodo_http_requests_total", "kirotodo_turn_seconds_bucket", "kirotodo_db_pool_size"):
        assert name in page, name
    lines = [line for backend in stack.backends for line in backend.output().splitlines()]
    assert any("Agent execution time" in line for line in lines)
    errors = [line for line in lines if '"ERROR"' in line]
    loud = [line for line in errors if BUSY not in line]
    assert not loud, loud[0]
    secret = [
        word for word in (PASSWORD, stack.values["POSTGRES_PASSWORD"], "Jane", "milk") if word in "\n".join(lines)
    ]
    assert not secret, f"{secret} in the log"
    busy = f"{len(errors)} times too busy to be ready within 2 s" if errors else "none of them an error"
    return f"{len(lines):,} lines, {busy}; no word of anybody's"
