"""`kirotodo calendar`, on a list of this computer and at a server."""

import re

from tests.client.commands.command_runner import CommandRunner


def test_an_app_password_is_shown_once_with_what_a_phone_asks_for(program: CommandRunner) -> None:
    made = program.run("calendar", "add", "iphone")
    assert made.exit_code == 0
    assert re.fullmatch(r"[a-z2-9]{5}(?:-[a-z2-9]{5}){3}\n", made.stdout)
    assert re.search(r"Server: +http://\S+/dav/\n", made.stderr)
    assert re.search(r"User name: \S+\n", made.stderr)
    listed = program.ok("calendar")
    assert re.match(r"iphone +app password +never used, expires \d", listed)
    assert made.stdout.strip() not in listed
    assert "may use tasks over CalDAV" in program.ok("integrations")


def test_an_address_to_look_at_is_shown_once(program: CommandRunner) -> None:
    made = program.run("calendar", "feed", "work")
    assert re.fullmatch(r"http://\S+/calendar/kcf_\S+\.ics\n", made.stdout)
    assert "Whoever has it" in made.stderr
    assert re.match(r"work +address +", program.ok("calendar"))


def test_scripts_get_json(program: CommandRunner) -> None:
    added = program.json("calendar", "add", "iphone")
    assert set(added) == {"name", "server", "user", "password"}
    feed = program.json("calendar", "feed", "work")
    assert (set(feed), feed["name"]) == ({"name", "url"}, "work")
    listed = program.json("calendar")["items"]
    assert [(each["name"], each["scope"]) for each in listed] == [("iphone", "calendar"), ("work", "feed")]
    assert added["password"] not in str(listed)


def test_what_is_removed_is_no_longer_listed(program: CommandRunner) -> None:
    empty = program.run("calendar")
    assert (empty.exit_code, empty.stdout) == (0, "")
    assert "kirotodo calendar add NAME" in empty.stderr
    program.ok("calendar", "add", "iphone")
    again = program.run("calendar", "add", "iphone")
    assert again.exit_code == 1
    assert "already" in again.stderr
    program.ok("calendar", "remove", "iphone")
    assert program.json("calendar")["items"] == []
    gone = program.run("calendar", "remove", "iphone")
    assert (gone.exit_code, gone.stdout) == (1, "")
