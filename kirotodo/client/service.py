"""A service of the user's own that rings reminders in the background: a systemd unit or a launchd agent.

What lives here is the file and how the system is told of it; `kirotodo remind` is what the service runs.
"""

import plistlib
import re
import shutil
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final, Literal

from kirotodo.core.errors import InvalidInput
from kirotodo.core.lazy_dataclasses import dataclass
from kirotodo.core.text.files import atomic_write

Kind = Literal["systemd", "launchd"]
UNIT: Final = "kirotodo-remind.service"
LABEL: Final = "dev.kirotodo.remind"
KEPT: Final = ("KIROTODO_HOME", "KIROTODO_SERVER")
"""Variables that say which list it is, as they are when the service is installed."""
_TELL_SECONDS: Final = 20


@dataclass(frozen=True, kw_only=True, slots=True)
class Service:
    """What is installed where, and the commands that start it and stop it."""

    path: Path
    content: bytes
    start: tuple[tuple[str, ...], ...]
    stop: tuple[tuple[str, ...], ...]


def service(command: Sequence[str], *, platform: str, environment: Mapping[str, str], user: int) -> Service:
    """Return the service for this machine. Raises `InvalidInput` where there is none."""
    home = Path(environment.get("HOME") or Path.home())
    kept = {name: environment[name] for name in KEPT if environment.get(name)}
    if any("\n" in text or "\0" in text for text in (*command, *kept.values())):
        raise InvalidInput("The path of kirotodo, KIROTODO_HOME or KIROTODO_SERVER contains a line break.")
    if platform == "darwin":
        path = home / "Library" / "LaunchAgents" / f"{LABEL}.plist"
        domain = f"gui/{user}"
        return Service(
            path=path,
            content=_agent(command, kept),
            start=(("launchctl", "bootstrap", domain, str(path)),),
            stop=(("launchctl", "bootout", f"{domain}/{LABEL}"),),
        )
    if platform.startswith("linux"):
        config = Path(environment.get("XDG_CONFIG_HOME") or home / ".config")
        return Service(
            path=config / "systemd" / "user" / UNIT,
            content=_unit(command, kept).encode(),
            start=(("systemctl", "--user", "daemon-reload"), ("systemctl", "--user", "enable", "--now", UNIT)),
            stop=(("systemctl", "--user", "disable", "--now", UNIT),),
        )
    raise InvalidInput(
        "A service can be installed on Linux and macOS. Elsewhere, start `kirotodo remind` when you sign in."
    )


def _unit(command: Sequence[str], kept: Mapping[str, str]) -> str:
    variables = "".join(f"Environment={_quoted(f'{name}={value}')}\n" for name, value in kept.items())
    return (
        "[Unit]\nDescription=Reminders of kirotodo\n\n"
        f"[Service]\nExecStart={' '.join(_quoted(part).replace('$', '$$') for part in command)}\n{variables}"
        "Restart=on-failure\nRestartSec=30\n\n[Install]\nWantedBy=default.target\n"
    )


def _quoted(text: str) -> str:
    """Return a text as systemd reads it back: specifiers begin with a percent sign."""
    escaped = text.replace("\\", "\\\\").replace('"', '\\"').replace("%", "%%")
    return f'"{escaped}"' if re.search(r"[\s'\"\\;]", text) or not text else escaped


def _agent(command: Sequence[str], kept: Mapping[str, str]) -> bytes:
    agent = {
        "Label": LABEL,
        "ProgramArguments": list(command),
        "EnvironmentVariables": dict(kept),
        "RunAtLoad": True,
        "KeepAlive": {"SuccessfulExit": False},
        "ProcessType": "Background",
    }
    return plistlib.dumps(agent)


def install(made: Service) -> tuple[tuple[str, ...], ...]:
    """Write the file and start the service. Return the commands that could not be run, for the user to run them."""
    made.path.parent.mkdir(parents=True, exist_ok=True)
    atomic_write(made.path, made.content)
    return _run(made.start)


def uninstall(made: Service) -> tuple[tuple[str, ...], ...] | None:
    """Stop the service and remove its file. Return the commands that could not be run; None where there was no such
    file."""
    if not made.path.exists():
        return None
    failed = _run(made.stop)
    made.path.unlink()
    return failed


def _run(commands: Sequence[tuple[str, ...]]) -> tuple[tuple[str, ...], ...]:
    for place, command in enumerate(commands):
        program = shutil.which(command[0])
        try:
            done = (
                program is not None
                and not subprocess.run(
                    (program, *command[1:]), capture_output=True, timeout=_TELL_SECONDS, check=False
                ).returncode
            )
        except (OSError, subprocess.TimeoutExpired):
            done = False
        if not done:
            return tuple(commands[place:])
    return ()
