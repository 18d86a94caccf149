"""Every alert of deploy/prometheus/alerts.yml, fired by what it is there for, into a local receiver.

The rules and Alertmanager are the shipped ones; only their windows and delays are shortened, so that none takes ten
minutes.
"""

import contextlib
import json
import re
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Final

import yaml

from deploy.rehearsal.docker import mailbox
from deploy.rehearsal.docker.daemon import HERE, NAMESPACE
from deploy.rehearsal.docker.elsewhere import HOST, make_certificates
from deploy.rehearsal.docker.site import API, READY_SECONDS, Site
from deploy.rehearsal.programs import wait_until

PORT: Final = 9999
MAIL_PORT: Final = 2525
LISTENER: Final = f"http://{HOST}:{PORT}"
ON_CALL: Final = "on-call@example.com"
WATCHED: Final = ("prometheus", "alertmanager", "node-exporter", "postgres-exporter", "blackbox-exporter")
"""All but Grafana, of which Debian has no package."""
HERE_TOO: Final = [f"{HOST}:host-gateway"]
OVERRIDE: Final = {
    "services": {
        "gateway": {"networks": {"edge": {"aliases": ["api.localhost"]}}},
        # The mail server's certificate is of an authority of the rehearsal's own, which Go looks for there.
        "alertmanager": {
            "extra_hosts": HERE_TOO,
            "environment": ["SSL_CERT_FILE=/certificates/ca.crt"],
            "volumes": ["./certificates:/certificates:ro"],
        },
        "backend": {"extra_hosts": HERE_TOO},
        # The gateway's certificates are its own here.
        "blackbox-exporter": {"volumes": ["./blackbox.yml:/etc/blackbox_exporter/config.yml:ro"]},
    }
}
BLACKBOX: Final = {"modules": {"http_2xx": {"prober": "http", "http": {"tls_config": {"insecure_skip_verify": True}}}}}
HOLD_CONNECTIONS: Final = """
import asyncio, asyncpg, os, sys
async def hold():
    held = []
    while True:
        held = [connection for connection in held if not connection.is_closed()]
        try:
            if len(held) < 250:
                held.append(await asyncpg.connect(os.environ["DATABASE_URL"]))
                continue
        except (OSError, TimeoutError, asyncpg.PostgresError):
            pass
        await asyncio.sleep(1)
async def main():
    holding = asyncio.create_task(hold())
    await asyncio.to_thread(sys.stdin.read)
    holding.cancel()
asyncio.run(main())
"""
"""Every connection there is, until the input ends: the exporter has to see it in one that is reserved for it."""


def shortened(rules: str) -> str:
    """Return the rules with short windows: what they compare, and with what, stays."""
    rules = re.sub(r"\[1h:1m\]", "[10m:5s]", rules)
    rules = re.sub(r"\[(5|10)m\]", "[1m]", rules)
    return re.sub(r"for: \d+m", "for: 5s", rules)


class Watch:
    """The monitoring of a site, and what it has sent."""

    def __init__(self, site: Site, folder: Path) -> None:
        self.site = site
        self.folder = folder
        folder.mkdir()
        prometheus = site.folder / "deploy/prometheus"
        rules = shortened((prometheus / "alerts.yml").read_text(encoding="utf-8"))
        (prometheus / "alerts.yml").write_text(rules, encoding="utf-8")
        self.names = [rule["alert"] for group in yaml.safe_load(rules)["groups"] for rule in group["rules"]]
        config = (prometheus / "prometheus.yml").read_text(encoding="utf-8").replace("interval: 15s", "interval: 5s")
        config = config.replace("global:\n", "global:\n  scrape_timeout: 5s\n")
        (prometheus / "prometheus.yml").write_text(config, encoding="utf-8")
        (prometheus / "sites.yml").write_text(f'- targets: ["{API}/health"]\n', encoding="utf-8")
        (site.folder / "blackbox.yml").write_text(yaml.safe_dump(BLACKBOX), encoding="utf-8")
        (site.folder / "rehearsal.yml").write_text(yaml.safe_dump(OVERRIDE), encoding="utf-8")
        monitoring = site.folder / "deploy/compose.monitoring.yml"
        monitoring.write_text(
            monitoring.read_text(encoding="utf-8").replace(
                "group_wait: 30s", "group_wait: 1s\n        group_interval: 5s"
            ),
            encoding="utf-8",
        )
        make_certificates(site.folder / "certificates")
        site.files = ("deploy/compose.monitoring.yml", "rehearsal.yml")
        site.set(GRAFANA_PASSWORD="x", ALERT_RECEIVER="webhook", ALERT_WEBHOOK_URL=f"{LISTENER}/alerts")
        self.forget_backup()

    def forget_backup(self) -> None:
        """Be as if no backup had been made yet."""
        backups = self.site.folder / "backup"
        backups.mkdir(exist_ok=True)
        (backups / "kirotodo.prom").unlink(missing_ok=True)

    def model(self, what: str) -> None:
        """Have the model service do something."""
        (self.folder / "model").write_text(what, encoding="utf-8")

    def firing(self) -> set[str]:
        """Return the names of all alerts that have arrived."""
        with contextlib.suppress(FileNotFoundError):
            lines = (self.folder / "alerts.jsonl").read_text(encoding="utf-8").splitlines()
            return {each["name"] for each in map(json.loads, lines) if each["status"] == "firing"}
        return set()

    def mailed(self, state: str, name: str) -> bool:
        """Whether a mail has told of an alert that it is `FIRING` or `RESOLVED`."""
        with contextlib.suppress(FileNotFoundError):
            lines = (self.folder / "mails.jsonl").read_text(encoding="utf-8").splitlines()
            mails = [json.loads(line) for line in lines]
            return any(each["to"] == ON_CALL and state in each["subject"] and name in each["subject"] for each in mails)
        return False

    def resolved(self, name: str) -> bool:
        """Whether the newest word on an alert is that it is over."""
        lines = (self.folder / "alerts.jsonl").read_text(encoding="utf-8").splitlines()
        return [each["status"] for each in map(json.loads, lines) if each["name"] == name][-1:] == ["resolved"]

    def expect(self, *names: str) -> None:
        """Wait until these have arrived."""
        assert set(names) <= set(self.names), names
        try:
            wait_until(lambda: set(names) <= self.firing(), f"{', '.join(names)} arrive", READY_SECONDS)
        except TimeoutError:
            print(f"  arrived: {sorted(self.firing())}")
            raise


@contextlib.contextmanager
def listening(site: Site, folder: Path) -> Iterator[Watch]:
    """A watch whose receiver listens."""
    watch = Watch(site, folder)
    watch.model("fail")
    certificates = str(site.folder / "certificates")
    programs = [("listener.py", str(folder), str(PORT)), ("mailbox.py", str(folder), certificates, str(MAIL_PORT))]
    inside = ("ip", "netns", "exec", NAMESPACE, sys.executable)
    receivers = [subprocess.Popen([*inside, str(HERE / name), *words]) for name, *words in programs]
    try:
        yield watch
    finally:
        for each in receivers:
            each.kill()
            each.wait()


@contextlib.contextmanager
def going_on(act: Callable[[], object]) -> Iterator[None]:
    """Do something again and again meanwhile, whatever comes of it."""
    over = threading.Event()

    def go() -> None:
        while not over.is_set():
            with contextlib.suppress(RuntimeError):
                act()
            over.wait(0.2)

    doing = [threading.Thread(target=go, daemon=True) for _ in range(4)]
    for each in doing:
        each.start()
    try:
        yield
    finally:
        over.set()
        for each in doing:
            each.join()


def alerts(site: Site) -> str:
    """All alerts, into a receiver."""
    began = time.monotonic()
    with listening(site, site.folder.parent / "alerts") as watch:
        many = {name: site.get(name) for name in ("RATE_LIMIT", "RATE_LIMIT_BURST")}
        site.set(RATE_LIMIT="60", RATE_LIMIT_BURST="10")
        site.compose("up", "-d", "--no-deps", "--wait", *WATCHED, "gateway", "backend")
        wait_until(site.ready, "the site is ready", READY_SECONDS)
        around(watch)
        guesses(watch)
        site.set(**many)
        site.compose("up", "-d", "--no-deps", "--wait", "backend")
        load(watch)
        model(watch)
        outages(watch)
        missing = set(watch.names) - watch.firing()
        assert not missing, missing
        by_mail(watch)
        count = len(watch.names)
    return f"{count} of {count} arrived at the receiver, mails too ({time.monotonic() - began:.0f} s)"


def around(watch: Watch) -> None:
    """A disk that is full, a certificate of hours, no backup; then there is one."""
    watch.expect("KirotodoDiskFull", "KirotodoCertificateEnds", "KirotodoBackupOld")
    watch.site.script("deploy/backup.sh")
    wait_until(lambda: watch.resolved("KirotodoBackupOld"), "the backup is seen", READY_SECONDS)


def by_mail(watch: Watch) -> None:
    """The other receiver: what goes on is mailed, and so is what begins and what is over."""
    site = watch.site
    site.set(
        ALERT_RECEIVER="email", ALERT_EMAIL=ON_CALL, SMTP_HOST=f"{HOST}:{MAIL_PORT}", SMTP_USER=mailbox.USER,
        SMTP_PASSWORD=mailbox.PASSWORD,
    )  # fmt: skip
    site.compose("up", "-d", "--no-deps", "--wait", "alertmanager")
    watch.forget_backup()
    for name in ("KirotodoDiskFull", "KirotodoCertificateEnds", "KirotodoBackupOld"):
        wait_until(partial(watch.mailed, "FIRING", name), f"{name} is mailed", READY_SECONDS)
    site.script("deploy/backup.sh")
    wait_until(lambda: watch.mailed("RESOLVED", "KirotodoBackupOld"), "a mail says that it is over", READY_SECONDS)


def guesses(watch: Watch) -> None:
    """Guessed passwords, more than the limits of a real site let through."""
    site = watch.site
    wrong = (
        "-X",
        "POST",
        "-H",
        "Content-Type: application/json",
        "-d",
        '{"email":"a@example.com","password":"wrong wrong"}',
    )
    with going_on(lambda: site.status("/api/auth/signin", *wrong)):
        watch.expect("KirotodoSignInsRefused", "KirotodoRateLimited")
    assert "KirotodoRateLimitStorageDown" not in watch.firing(), "the counters are not shared"


def load(watch: Watch) -> None:
    """Too many connections, a locked table."""
    site = watch.site
    with site.meanwhile("backend", "python", "-c", HOLD_CONNECTIONS):
        watch.expect("KirotodoDatabaseConnections")
    token = site.token("1")
    psql = ("psql", "-U", "postgres", "-d", "kirotodo")
    lock = "BEGIN; LOCK TABLE tasks IN ACCESS EXCLUSIVE MODE;\n"
    reading = ["--parallel", "--parallel-immediate", "--parallel-max", "40", "--max-time", "30"]
    addresses = [word for _ in range(40) for word in ("-o", "/dev/null", f"{API}/api/1/tasks")]

    def read() -> None:
        site.curl(*reading, "-H", f"Authorization: Bearer {token}", *addresses)

    with going_on(read), site.meanwhile("postgres", *psql, piped=lock):
        watch.expect("KirotodoSlowAnswers", "KirotodoPoolExhausted")


def model(watch: Watch) -> None:
    """A model service that fails, hangs, and is slow."""
    site = watch.site
    site.set(
        MODEL="", OPENAI_MODEL="m", OPENAI_API_KEY="x", OPENAI_BASE_URL=f"{LISTENER}/v1", FALLBACK_TO_BUILTIN="false",
        AGENT_TIMEOUT="30",
    )  # fmt: skip
    site.compose("up", "-d", "--no-deps", "--wait", "backend")
    wait_until(site.ready, "the site is ready", READY_SECONDS)
    header = f"-HAuthorization: Bearer {site.token('1')}"

    def say() -> None:
        site.status(
            "/api/1/chat", "-X", "POST", header, "-H", "Content-Type: application/json", "-d", '{"message":"tell me"}'
        )

    for what, names in (
        ("slow", ("KirotodoSlowTurns",)),
        ("hang", ("KirotodoAgentTimeouts",)),
        (
            "fail",
            ("KirotodoModelErrors", "KirotodoTurnsFail", "KirotodoErrorRate"),
        ),  # last: a server then pauses asking
    ):
        watch.model(what)
        with going_on(say):
            watch.expect(*names)
    site.set(MODEL="built-in", OPENAI_MODEL="", OPENAI_API_KEY="", OPENAI_BASE_URL="", AGENT_TIMEOUT="30.0")
    site.compose("up", "-d", "--no-deps", "--wait", "backend")
    wait_until(site.ready, "the site is ready", READY_SECONDS)


def outages(watch: Watch) -> None:
    """Things that stop, one after the other."""
    site = watch.site
    site.compose("stop", "valkey")
    watch.expect("KirotodoRateLimitStorageDown")  # without any request that would be counted
    site.compose("start", "valkey")
    first, second = site.containers("backend")
    site.daemon.docker("stop", second)
    watch.expect("KirotodoReplicaGone")
    site.daemon.docker("start", second)
    site.daemon.docker("pause", first)
    watch.expect("KirotodoDown")
    site.daemon.docker("unpause", first)
    site.compose("stop", "postgres")
    watch.expect("KirotodoDatabaseDown")
    site.compose("start", "postgres")
    site.compose("stop", "gateway")
    watch.expect("KirotodoSiteDown")
    site.compose("start", "gateway")
    wait_until(site.ready, "the site is ready", READY_SECONDS)
