"""The documentation names every setting, command, tool and key, and its links and file names are right."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import click
import pytest

from kirotodo.cli import command_group
from kirotodo.client.tui.keymap import ACTIONS
from kirotodo.client.tui.widgets.slash_popup import COMMANDS
from kirotodo.core.agent.admission import ALWAYS, CALM_SECONDS, STORED_SECONDS
from kirotodo.core.agent.agent import MAX_ROUNDS
from kirotodo.core.agent.approvals import CALLS_MAX
from kirotodo.core.agent.runner import WATCH_SECONDS
from kirotodo.core.agent.turn_log import FLUSH_SECONDS
from kirotodo.core.settings import Settings
from kirotodo.core.tools.task_tools import TOOLS
from kirotodo.server.auth.accounts import SESSION_LIFETIME
from kirotodo.server.auth.passwords import WAITING_MAX
from kirotodo.server.auth.rate_limit import KNOWN_SECONDS
from kirotodo.server.auth.tokens import ACCESS_LIFETIME
from kirotodo.server.sse import OUTBOX, PING_SECONDS
from scripts.docs import PAGES as GENERATED_PAGES
from scripts.docs import generated

ROOT: Final = Path(__file__).parent.parent
USAGE: Final = (ROOT / "docs" / "usage.md").read_text(encoding="utf-8")
UNDERSTANDING: Final = (ROOT / "docs" / "understanding.md").read_text(encoding="utf-8")
README: Final = (ROOT / "README.md").read_text(encoding="utf-8")
TOP_PAGES: Final = ("README.md", "CHANGELOG.md", "CONTRIBUTING.md", "SECURITY.md")
PAGES: Final = (*(ROOT / name for name in TOP_PAGES), *sorted((ROOT / "docs").rglob("*.md")))


def commands(group: click.Group, path: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    """Every command there is, as the words that call it."""
    context = click.Context(group)
    for name in group.list_commands(context):
        yield (*path, name)
        found = group.get_command(context, name)
        if isinstance(found, click.Group):
            yield from commands(found, (*path, name))


@pytest.mark.parametrize("name", [field.upper() for field in Settings.fields])
def test_every_setting_is_in_a_table(name: str) -> None:
    assert f"| `{name}` |" in USAGE + UNDERSTANDING


@pytest.mark.parametrize("words", list(commands(command_group())), ids=" ".join)
def test_every_command_is_documented(words: tuple[str, ...]) -> None:
    called = rf"`(?:kirotodo )?{re.escape(' '.join(words))}(?: [^`]*)?`"
    assert re.search(called, USAGE.partition("## Commands")[2])


@pytest.mark.parametrize("tool", TOOLS.names)
def test_every_tool_is_named(tool: str) -> None:
    assert f"`{tool}`" in USAGE


def test_the_generated_tables_are_up_to_date() -> None:
    stale = [page.name for page in GENERATED_PAGES if generated(text := page.read_text(encoding="utf-8")) != text]
    assert not stale, "run `make docs`"


def test_every_key_and_slash_command_is_on_the_page_of_keys() -> None:
    page = (ROOT / "docs" / "keys.md").read_text(encoding="utf-8")
    assert all(action.help in page for action in ACTIONS)
    assert all(f"`/{command.name}" in page for command in COMMANDS)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_link_leads_somewhere(page: Path) -> None:
    for target in re.findall(r"\]\(([^)\s]+)\)", page.read_text(encoding="utf-8")):
        place, _, anchor = target.partition("#")
        if "://" in place:
            continue
        found = (page.parent / place).resolve() if place else page
        assert found.exists(), f"{page.name} links to {target}"
        if anchor:
            assert anchor in anchors(found), f"{page.name} links to {target}"


def anchors(page: Path) -> set[str]:
    headings = re.findall(r"^#+ (.+)$", page.read_text(encoding="utf-8"), flags=re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def test_what_the_readme_tells_to_make_can_be_made() -> None:
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), flags=re.MULTILINE))
    mentioned = set(re.findall(r"(?:`|^    )make ([a-z-]+)", README, flags=re.MULTILINE))
    assert {"chat", "test", "check", "fix", "bench", "eval"} <= mentioned <= targets


def test_what_the_readme_tells_to_run_exists() -> None:
    known = {words[0] for words in commands(command_group())}
    mentioned = set(re.findall(r"(?:^    |\| |`)kirotodo ([a-z]+)", README + USAGE + UNDERSTANDING, flags=re.MULTILINE))
    assert mentioned <= known


def test_every_option_that_a_page_or_a_help_text_names_exists() -> None:
    group = command_group()
    texts = {page.name: page.read_text(encoding="utf-8") for page in PAGES}
    texts |= {
        " ".join(words): f"{command.help}\n{command.epilog}"
        for words in commands(group)
        if (command := called(group, list(words))[0])
    }
    unknown = [
        f"{where}: kirotodo {line}"
        for where, text in texts.items()
        for line in re.findall(r"(?:`|^ *|\| )kirotodo ([^`\n|]+)", text, flags=re.MULTILINE)
        for option in re.findall(r"(?<!\S)(--[a-z-]+)", re.sub(r"\"[^\"]*\"|'[^']*'", "", line))
        if option not in options(group, line.split())
    ]
    assert unknown == []


def called(group: click.Group, words: list[str]) -> tuple[click.Command, list[str]]:
    """The command that the first words call, and the rest of them."""
    found: click.Command = group
    while words and isinstance(found, click.Group) and (inner := found.get_command(click.Context(found), words[0])):
        found, words = inner, words[1:]
    return found, words


def options(group: click.Group, words: list[str]) -> set[str]:
    """The options of the command that these words call; without a command, the chat opens."""
    command = called(group, words)[0]
    if command is group:
        command = called(group, ["chat"])[0]
    return {"--help", *(name for each in command.params for name in (*each.opts, *each.secondary_opts))}


@pytest.mark.parametrize("name", ["session", "chat", "day", "today", "projects", "statistics", "due"])
def test_a_picture_is_shown_and_fetches_nothing(name: str) -> None:
    assert f"pictures/{name}.svg" in README + USAGE
    picture = (ROOT / "docs" / "pictures" / f"{name}.svg").read_text(encoding="utf-8")
    assert "<svg" in picture
    assert not re.findall(r"@import|url\(\s*[\"']?\w+:|href=[\"']\w+:", picture)


@pytest.mark.parametrize(
    ("page", "sentence"),
    [
        ("docs/decisions/0005-*.md", f"gathered for {FLUSH_SECONDS * 1000:.0f} ms"),
        ("docs/decisions/0011-*.md", f"an outbox of {OUTBOX} frames"),
        ("docs/decisions/0013-*.md", f"The access token lasts {ACCESS_LIFETIME.total_seconds() / 60:.0f} minutes"),
        ("docs/decisions/0013-*.md", f"in two threads; {WAITING_MAX} may wait"),
        ("docs/decisions/0014-*.md", f"from which that account signed in within {KNOWN_SECONDS / 86400:.0f} days"),
        ("docs/decisions/0026-*.md", f"at most {CALLS_MAX} tool calls"),
        ("docs/decisions/0037-*.md", f"lets {ALWAYS} turns run however busy the process is"),
        ("docs/decisions/0037-*.md", f"timers are at most {CALM_SECONDS * 1000:.0f} ms late"),
        ("docs/decisions/0037-*.md", f"text is stored within {STORED_SECONDS * 1000:.0f} ms"),
        ("docs/security.md", f"At most {CALLS_MAX} calls and {MAX_ROUNDS} steps a turn"),
        ("docs/operations.md", f"every {WATCH_SECONDS:.0f} seconds, by every server"),
        ("docs/api.md", f"comes every {PING_SECONDS:.0f} seconds"),
        ("docs/api.md", f"the session for\n{SESSION_LIFETIME.days} days"),
    ],
)
def test_pages_quote_constants_as_the_code_has_them(page: str, sentence: str) -> None:
    text = next(ROOT.glob(page)).read_text(encoding="utf-8")
    assert " ".join(sentence.split()) in " ".join(text.split())


def test_both_first_starts_of_a_database_are_the_same() -> None:
    """Kustomize reads nothing outside its folder, so the script stands there as well."""
    compose, kubernetes = ROOT / "deploy" / "postgres", ROOT / "deploy" / "kubernetes" / "overlays" / "local"
    assert (compose / "first-start.sh").read_bytes() == (kubernetes / "first-start.sh").read_bytes()


def test_the_table_of_packages_names_each_package_once() -> None:
    text = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
    places = re.findall(r"^\| `([^`]+)` \|", text, flags=re.MULTILINE)
    assert len(places) == len(set(places))


def test_the_walk_of_a_message_is_short_and_names_what_there_is() -> None:
    text = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
    walk = text.partition("## The walk")[2].partition("\n## ")[0]
    files = set(re.findall(r"`(kirotodo/[\w/]+\.py)`", walk))
    remote = {file for file in files if file.startswith(("kirotodo/client/remote/", "kirotodo/server/"))}
    assert 30 <= len(files - remote) <= 48
    assert len(files) <= 59
    assert all((ROOT / file).exists() for file in files)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_file_that_a_page_names_exists(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    named = set(re.findall(r"`((?:kirotodo|tests|deploy|docs|scripts|benchmarks|\.github|\.ci)/[\w./-]*)`", text))
    assert not {path for path in named if not (ROOT / path).exists()}


def test_every_test_that_the_security_page_names_exists() -> None:
    page = (ROOT / "docs" / "security.md").read_text(encoding="utf-8")
    named = re.findall(r"`(tests/[\w/]+\.py)::(test_\w+)`", page)
    assert len(named) > 40
    files = {file: (ROOT / file).read_text(encoding="utf-8") for file, _ in named if (ROOT / file).exists()}
    assert not [f"{file}::{test}" for file, test in named if f"def {test}(" not in files.get(file, "")]
