"""`kirotodo snooze` and `kirotodo remind`: what rings, once, and what is said of it."""

import plistlib
import shutil
import subprocess
from datetime import timedelta
from pathlib import Path

import pytest

from kirotodo.client import service
from kirotodo.core.errors import InvalidInput
from tests.client.commands.command_runner import CommandRunner


def test_snoozing_says_when_it_rings_again(program: CommandRunner) -> None:
    program.ok("add", "call Jane today 12:00")
    program.ok("edit", "1", "--remind", "10 minutes before")
    assert "remind 11:50" in program.ok("list")
    assert "Mon 23 Nov, 11:50 (10 minutes before)" in program.ok("show", "1")
    assert program.ok("snooze", "1", "for", "an", "hour") == "Snoozed: 1 call Jane — reminds you Mon 23 Nov, 11:30\n"
    assert program.json("snooze", "1", "until tomorrow 9")["tasks"][0]["remind_at"] == "2026-11-24T08:00:00Z"
    program.ok("undo")
    assert program.json("list")["items"][0]["remind_at"] == "2026-11-23T10:30:05Z"
    assert program.ok("snooze", "1").startswith("Snoozed: 1 call Jane — reminds you Mon 23 Nov, 10:40")


@pytest.mark.parametrize(
    ("args", "code", "said"),
    [
        ((), 2, "Missing argument"),
        (("tomorrow",), 2, 'Which task? For example: kirotodo snooze 12 "1 hour"'),
        (("9",), 1, "There is no task 9."),
        (("1", "soonish"), 2, "“soonish” was not understood as a date."),
        (("1", "until yesterday"), 2, "has passed. Try 10 minutes, or until tomorrow 9."),
        (("2", "1 hour"), 2, "Task 2 is done, so there is nothing to snooze."),
    ],
)
def test_what_cannot_be_snoozed_says_why(program: CommandRunner, args: tuple[str, ...], code: int, said: str) -> None:
    program.ok("add", "call Jane")
    program.ok("add", "call Joe")
    program.ok("done", "2")
    assert said in program.fails(code, "snooze", *args)


def test_what_is_due_rings_once(program: CommandRunner) -> None:
    program.ok("add", "call Jane today 12:00")
    program.ok("edit", "1", "--remind", "at the time")
    result = program.run("remind", "--once", "--no-desktop")
    assert (result.exit_code, result.stdout, result.stderr) == (0, "", "Next: 1 call Jane, Mon 23 Nov, 12:00\n")
    program.now += timedelta(hours=1, minutes=30)
    result = program.run("remind", "--once", "--no-desktop")
    assert (result.stdout, result.stderr) == ("1 call Jane  due today, 12:00\n", "No reminder is set.\n")
    assert program.run("remind", "--once", "--no-desktop").stdout == ""


def test_what_was_missed_is_marked_and_json_says_it_all(program: CommandRunner) -> None:
    program.ok("add", "one")
    program.ok("edit", "1", "--remind", "today 12:00")
    program.ok("add", "two")
    program.ok("edit", "2", "--remind", "today 13:00")
    program.now += timedelta(days=1)
    first = program.ok("remind", "--once", "--no-desktop")
    assert first == "1 one  missed Mon 23 Nov, 12:00\n2 two  missed Mon 23 Nov, 13:00\n"
    program.ok("snooze", "1", "10 minutes")
    program.now += timedelta(minutes=11)
    rung = program.json("remind", "--once", "--no-desktop")
    assert (rung["task"]["title"], rung["late"], rung["again"]) == ("one", False, False)


def test_a_title_cannot_script_the_terminal(program: CommandRunner) -> None:
    program.ok("edit", str(program.json("add", "x today 12:00")["items"][0]["id"]), "--remind", "at the time")
    program.ok("edit", "1", "--title", "pay [/] \u202erent\u2066")
    program.now += timedelta(days=1)
    assert program.ok("remind", "--once", "--no-desktop").startswith("1 pay [/] rent  due yesterday, 12:00, missed")


def test_without_a_desktop_a_reminder_stays_for_others(program: CommandRunner, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DBUS_SESSION_BUS_ADDRESS", "unix:path=/nowhere")
    program.ok("add", "call Jane")
    program.ok("edit", "1", "--remind", "today 12:00")
    program.now += timedelta(hours=1, minutes=30)
    assert "No desktop accepted the notification." in program.run("remind", "--once", "--desktop").stderr
    assert program.ok("remind", "--once", "--no-desktop").startswith("1 call Jane")


LINUX = {"HOME": "/home/ann", "KIROTODO_HOME": '/home/ann/50% "to do"', "KIROTODO_SERVER": "https://a.example"}


def test_a_unit_says_what_runs_for_which_list() -> None:
    made = service.service(["/opt/my py/python", "-m", "kirotodo", "$x"], platform="linux", environment=LINUX, user=1)
    assert made.path == Path("/home/ann/.config/systemd/user/kirotodo-remind.service")
    text = made.content.decode()
    assert 'ExecStart="/opt/my py/python" -m kirotodo $$x\n' in text
    assert 'Environment="KIROTODO_HOME=/home/ann/50%% \\"to do\\""\n' in text
    assert "Environment=KIROTODO_SERVER=https://a.example\n" in text
    elsewhere = service.service(["x"], platform="linux", environment={**LINUX, "XDG_CONFIG_HOME": "/c"}, user=1)
    assert elsewhere.path == Path("/c/systemd/user/kirotodo-remind.service")


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="systemd is not here to look at the unit")
def test_systemd_takes_the_unit(tmp_path: Path) -> None:
    command = [shutil.which("true") or "/bin/true", "remind", "--desktop"]
    made = service.service(command, platform="linux", environment=LINUX, user=1)
    unit = tmp_path / service.UNIT
    unit.write_bytes(made.content)
    looked = subprocess.run(
        ["systemd-analyze", "verify", "--user", "--man=no", str(unit)], capture_output=True, text=True, check=False
    )
    assert service.UNIT not in looked.stderr, looked.stderr


def test_an_agent_says_the_same_to_launchd() -> None:
    made = service.service(["/usr/bin/python3", "-m", "kirotodo"], platform="darwin", environment=LINUX, user=501)
    assert made.path == Path("/home/ann/Library/LaunchAgents/dev.kirotodo.remind.plist")
    agent = plistlib.loads(made.content)
    assert agent["ProgramArguments"] == ["/usr/bin/python3", "-m", "kirotodo"]
    assert agent["EnvironmentVariables"] == {name: LINUX[name] for name in ("KIROTODO_HOME", "KIROTODO_SERVER")}
    assert made.start == (("launchctl", "bootstrap", "gui/501", str(made.path)),)


def test_elsewhere_no_service_is_installed() -> None:
    with pytest.raises(InvalidInput, match="Linux and macOS"):
        service.service(["x"], platform="win32", environment=LINUX, user=0)
    with pytest.raises(InvalidInput, match="line break"):
        service.service(["x"], platform="linux", environment={"HOME": "/h", "KIROTODO_HOME": "a\nb"}, user=0)


def test_install_and_uninstall(program: CommandRunner, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.delenv("XDG_CONFIG_HOME", raising=False)
    monkeypatch.setenv("PATH", str(tmp_path))  # no systemctl, which would change the machine that runs this
    monkeypatch.setattr("sys.platform", "linux")
    unit = tmp_path / ".config" / "systemd" / "user" / service.UNIT
    assert "nothing was installed" in program.fails(1, "remind", "--uninstall")
    installed = program.run("remind", "--install")
    assert (installed.exit_code, installed.stdout) == (0, f"{unit}\n")
    assert "systemctl --user enable --now kirotodo-remind.service" in installed.stderr
    assert "kirotodo remind --desktop" in unit.read_text()
    assert program.run("remind", "--uninstall").exit_code == 0
    assert not unit.exists()
    assert "--install goes without other options" in program.fails(2, "remind", "--install", "--once")


@pytest.mark.parametrize(
    ("text", "title", "shown"),
    [
        ("remind me to call Joe on friday at 10", "call Joe", "remind 10:00"),
        ("Please remind me about the dentist tomorrow", "the dentist", "remind 09:00"),
        ("remind me to pay rent every month on the 1st", "pay rent", "remind 09:00"),
        ("remind me to sweep", "sweep", ""),
        ("remind me", "remind me", ""),
    ],
)
def test_what_i_want_to_be_reminded_of_is_added_with_a_reminder(
    program: CommandRunner, text: str, title: str, shown: str
) -> None:
    program.ok("add", text)
    (task,) = program.json("list")["items"]
    assert (task["title"], task["remind_at"] is not None) == (title, bool(shown))
    assert shown in program.ok("list")
