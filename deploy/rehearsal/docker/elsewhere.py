"""A database and a Valkey elsewhere, over TLS, reached as those of a provider are: by way of the machine's network."""

import json
import secrets
from pathlib import Path
from typing import Final

import yaml

from deploy.rehearsal.docker.daemon import run
from deploy.rehearsal.docker.operations import add
from deploy.rehearsal.docker.site import READY_SECONDS, Site
from deploy.rehearsal.programs import wait_until

HOST: Final = "host.docker.internal"
DATABASE_PORT: Final = 15432
CACHE_PORT: Final = 16379
REACHED: Final = {"extra_hosts": [f"{HOST}:host-gateway"], "volumes": ["./certificates:/certificates:ro"]}
OVERRIDE: Final = {"services": {"migrate": REACHED, "backend": REACHED, "backend-next": REACHED}}
KEY: Final = "install -o postgres -m 600 /certificates/server.key /tmp/server.key"
TLS: Final = "-c ssl=on -c ssl_cert_file=/certificates/server.crt -c ssl_key_file=/tmp/server.key"
ROLES: Final = (
    "CREATE ROLE kirotodo LOGIN PASSWORD '{password}'", "CREATE ROLE kirotodo_app NOLOGIN",
    "GRANT kirotodo_app TO kirotodo", "GRANT kirotodo TO CURRENT_USER", "CREATE DATABASE kirotodo OWNER kirotodo",
)  # fmt: skip
"""What docs/deployment.md has for RDS."""
ENCRYPTED: Final = (
    "SELECT count(*) FILTER (WHERE ssl), count(*) FROM pg_stat_ssl JOIN pg_stat_activity USING (pid)"
    " WHERE usename = 'kirotodo'"
)
COUNTERS: Final = """
import urllib.request
page = urllib.request.urlopen("http://127.0.0.1:8000/metrics").read().decode()
print(next(line.split()[1] for line in page.splitlines() if line.startswith("kirotodo_rate_limit_storage_up ")))
"""


def make_certificates(folder: Path) -> None:
    """Make an authority, and a certificate of it for the host, as strict as Python 3.13 checks them; once."""
    if folder.exists():
        return
    folder.mkdir()
    extensions = f"subjectAltName=DNS:{HOST}\nauthorityKeyIdentifier=keyid\n"
    (folder / "extensions").write_text(extensions, encoding="utf-8")
    new = ("openssl", "req", "-newkey", "rsa:2048", "-nodes", "-days", "2")
    use = ("-addext", "keyUsage=critical,keyCertSign,cRLSign")
    run(*new, "-x509", "-subj", "/CN=rehearsal", *use, "-keyout", "ca.key", "-out", "ca.crt", folder=folder)
    run(*new[:-2], "-subj", f"/CN={HOST}", "-keyout", "server.key", "-out", "server.csr", folder=folder)
    run(
        "openssl", "x509", "-req", "-in", "server.csr", "-CA", "ca.crt", "-CAkey", "ca.key", "-CAcreateserial", "-days",
        "2", "-extfile", "extensions", "-out", "server.crt", folder=folder,
    )  # fmt: skip
    folder.chmod(0o755)
    (folder / "server.key").chmod(0o644)  # for the user of the stand-in's Valkey


def elsewhere(site: Site) -> str:
    """DATABASE_URL and RATE_LIMIT_STORAGE of a provider, the bundled database not started: docs/deployment.md."""
    certificates, password = site.folder / "certificates", secrets.token_hex(16)
    make_certificates(certificates)
    (site.folder / "elsewhere.yml").write_text(yaml.safe_dump(OVERRIDE), encoding="utf-8")
    docker, mounted = site.daemon.docker, ("-v", f"{certificates}:/certificates:ro")
    site.compose("down")
    docker("network", "create", "elsewhere")
    docker(
        "run", "-d", "--name", "elsewhere-database", "--network", "elsewhere", "-p", f"{DATABASE_PORT}:5432", *mounted,
        "-e", "POSTGRES_PASSWORD=x", "--entrypoint", "bash", "postgres:18", "-c",
        f"{KEY}; exec docker-entrypoint.sh postgres {TLS}",
    )  # fmt: skip
    docker(
        "run", "-d", "--name", "elsewhere-cache", "--network", "elsewhere", "-p", f"{CACHE_PORT}:6379", *mounted,
        "valkey/valkey:9", "valkey-server", "--port", "0", "--tls-port", "6379", "--tls-auth-clients", "no",
        "--tls-cert-file", "/certificates/server.crt", "--tls-key-file", "/certificates/server.key",
        "--tls-ca-cert-file", "/certificates/ca.crt",
    )  # fmt: skip

    def answers() -> bool:
        try:
            return bool(docker("exec", "-e", "PGPASSWORD=x", "elsewhere-database", "psql", "-h", "127.0.0.1", "-U",
                               "postgres", "-c", "SELECT 1"))  # fmt: skip
        except RuntimeError:
            return False

    wait_until(answers, "the database elsewhere answers", READY_SECONDS)
    words = [word for each in ROLES for word in ("-c", each.format(password=password))]
    docker("exec", "elsewhere-database", "psql", "-U", "postgres", *words)
    url = f"postgresql://kirotodo:{password}@{HOST}:{DATABASE_PORT}/kirotodo"
    checked = f"{url}?sslmode=verify-full&sslrootcert=/certificates/ca.crt&channel_binding=require"
    site.files = ("elsewhere.yml",)
    site.set(
        COMPOSE_PROFILES="",
        DATABASE_URL=checked,
        RATE_LIMIT_STORAGE=f"rediss://{HOST}:{CACHE_PORT}/0?ssl_ca_certs=/certificates/ca.crt",
    )
    site.compose("up", "-d")
    wait_until(site.ready, "the site is ready", READY_SECONDS)
    running = set(site.compose("ps", "--services").split())
    assert "postgres" not in running, running
    add(site, "over TLS, with a certificate that is checked")
    site.set(DATABASE_URL=f"{url}?sslmode=require&channel_binding=require")
    site.script("deploy/update.sh", "--no-build")
    add(site, "over TLS, as providers hand addresses out")
    encrypted, connections = docker(
        "exec", "elsewhere-database", "psql", "-U", "postgres", "-At", "-c", ENCRYPTED
    ).strip().split("|")  # fmt: skip
    assert int(encrypted) == int(connections) > 0, (encrypted, connections)
    shared = site.compose("exec", "-T", "backend", "python", "-c", COUNTERS).strip()
    assert float(shared) == 1, shared
    keys = docker(
        "exec", "elsewhere-cache", "valkey-cli", "--tls", "--cacert", "/certificates/ca.crt", "-h", "127.0.0.1",
        "--insecure", "dbsize",
    ).strip()  # fmt: skip
    assert int(keys) > 0, keys
    docker("rm", "--force", "--volumes", "elsewhere-database", "elsewhere-cache")
    return json.dumps({"connections": int(connections), "encrypted": int(encrypted), "shared counters": int(keys)})
