"""The operator's commands: `config`, `db`, `doctor`, `token`, `understand`, on a real home folder."""

import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from kirotodo.cli import command_group
from kirotodo.core.errors import NotSignedIn
from kirotodo.core.local import utc_now
from kirotodo.core.settings import Settings
from kirotodo.server.auth.tokens import Access, Tokens
from kirotodo.server.run import faults_of


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name in Settings.fields:
        monkeypatch.delenv(name.upper(), raising=False)
    home = tmp_path / "home"
    home.mkdir()
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("KIROTODO_HOME", str(home))
    monkeypatch.setenv("TIMEZONE", "Europe/Vienna")
    return home


def run(*args: str, stdin: str | None = None) -> Result:
    return CliRunner().invoke(command_group(), args, input=stdin)


def ok(*args: str, stdin: str | None = None) -> str:
    result = run(*args, stdin=stdin)
    assert result.exit_code == 0, result.output
    return result.stdout


def fails(code: int, *args: str, stdin: str | None = None) -> str:
    result = run(*args, stdin=stdin)
    assert result.exit_code == code, result.output
    assert "went wrong inside" not in result.stderr
    return result.stderr


# --- config ---


def test_config_shows_each_value_and_its_source(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RATE_LIMIT", "7")
    monkeypatch.setenv("OPENAI_API_KEY", "sk-hushhush")
    for args in (("config",), ("config", "show")):
        lines = {line.split()[0]: line for line in ok(*args).splitlines()}
        assert set(lines) == {name.upper() for name in Settings.fields}
        assert "7  (environment)" in lines["RATE_LIMIT"]
        assert "hushhush" not in str(lines)


def test_config_as_json(home: Path) -> None:
    page = json.loads(ok("config", "show", "--json"))
    assert page["next"] is None
    assert {"name": "TIMEZONE", "value": "Europe/Vienna", "source": "environment"} in page["items"]


def test_the_path_is_told_even_if_the_file_is_broken(home: Path) -> None:
    (home / "config.toml").write_text("=")
    assert ok("config", "path").strip() == str(home / "config.toml")
    assert "line 1" in fails(1, "config")


def test_edit_opens_the_file_and_every_setting_stands_in_it(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("EDITOR", "true")
    monkeypatch.delenv("VISUAL", raising=False)
    assert "is valid" in run("config", "edit").stderr
    text = (home / "config.toml").read_text()
    (home / "config.toml").write_text(text.replace("\n# rate_limit = 60", "\nrate_limit = 61"))
    assert Settings.load().rate_limit == 61
    uncommented = "\n".join(
        line.removeprefix("# ") for line in text.splitlines() if " = " in line and not line.endswith(".")
    )
    (home / "config.toml").write_text(uncommented)
    monkeypatch.delenv("TIMEZONE")
    assert Settings.load().timezone == "Europe/Vienna"


def test_edit_needs_a_terminal_or_an_editor(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("EDITOR", raising=False)
    monkeypatch.delenv("VISUAL", raising=False)
    assert str(home / "config.toml") in fails(1, "config", "edit")


def test_edit_says_what_is_wrong_afterwards(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("EDITOR", "true")
    monkeypatch.delenv("VISUAL", raising=False)
    (home / "config.toml").write_text("rate_limit = 'lots'")
    assert "RATE_LIMIT=lots" in fails(1, "config", "edit")


WRONG = """\
rate_limit = "lots"
timezon = "UTC"

[keys]
preset = "vi"
tasks.dnoe = "x"
tasks.due = "ctlr+t"
tasks.new = 7

[commands]
undo = "take it back"
1st = "what is first?"

[models.fast]
base_url = "nowhere"

[key]
"""


def test_validate_names_every_fault_with_its_line_at_once(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    config = home / "config.toml"
    config.write_text(WRONG)
    monkeypatch.setenv("MORNING", "25:00")
    result = run("config", "validate")
    assert result.exit_code == 1
    for place, words in (
        (1, "RATE_LIMIT=lots"),
        (2, "contains timezon, which isn't a setting: did you mean timezone?"),
        (8, "the keys of tasks.new are text"),
        (12, "/1st can't be a command"),
        (14, "[models.fast] needs a line model"),
        (15, "base_url should be a web address"),
        (17, "has a table [key], which means nothing here: did you mean [keys]?"),
    ):
        assert any(f"{config}, line {place}" in line and words in line for line in result.stdout.splitlines()), words
    assert "MORNING=25:00 (from the environment) isn't valid" in result.stdout
    assert "Saved views are checked once the settings are valid." in result.stderr


def test_validate_asks_the_chat_about_keys_commands_and_themes(home: Path) -> None:
    config, themes = home / "config.toml", home / "themes"
    themes.mkdir()
    (themes / "nord.toml").write_text('backgruond = "#2e3440"\n')
    config.write_text(WRONG.replace("tasks.new = 7", "").split("1st")[0].split("\n", 2)[2])
    items = json.loads(run("config", "validate", "--json").stdout)["items"]
    assert [item["problem"] for item in items] == [
        f"{config}, line 3: There is no preset 'vi'. Choose from vim, emacs, enter-newline.",
        f"{config}, line 4: There is no action 'tasks.dnoe'. Did you mean 'tasks.done'?",
        f"{config}, line 5: 'ctlr+t' isn't a key, so 'tasks.due' stays as it is. "
        "Keys are like a, f4, ctrl+t, alt+enter or ?.",
        f"{config}, line 9: /undo is a command of the chat. Choose another name.",
        f"{themes}/nord.toml: 'backgruond' can't be given a colour. Did you mean 'background'?",
    ]


def test_validate_reads_the_filters_of_saved_views(home: Path) -> None:
    ok("views", "add", "urgent", "!high")
    ok("views", "add", "now", "@urgent or overdue")
    assert "saved views are in order" in ok("config", "validate")
    ok("views", "remove", "urgent")
    result = run("config", "validate")
    assert (result.exit_code, result.stdout.count("\n")) == (1, 1)
    assert "The saved view @now:" in result.stdout
    assert "kirotodo views edit" in result.stdout


def test_validate_says_one_sentence_where_all_is_well_and_leaves_nothing_behind(home: Path) -> None:
    assert ok("config", "validate") == (
        f"{home / 'config.toml'} isn't there, and isn't needed; keys, themes, models and saved views are in order.\n"
    )
    assert list(home.iterdir()) == []
    (home / "config.toml").write_text('morning = "08:00"\n')
    assert ok("config", "validate").startswith(f"{home / 'config.toml'} is valid;")


# --- db ---


def test_a_database_on_postgresql_is_looked_after(
    home: Path, monkeypatch: pytest.MonkeyPatch, bare_postgres_url: str
) -> None:
    monkeypatch.setenv("DATABASE_URL", bare_postgres_url)
    assert "older release" not in ok("db", "upgrade")
    report = json.loads(ok("db", "check", "--json"))
    assert report["ok"]
    assert report["path"].startswith("the database kirotodo_test_")
    assert "pg_dump" in fails(2, "db", "backup", "copy")
    assert json.loads(ok("db", "purge", "--older-than", "90d", "--json"))["tasks"] == 0
    monkeypatch.setenv("DB_POOLER", "transaction")
    assert "DB_POOLER=none" in fails(1, "db", "downgrade", "0004", "--yes")
    monkeypatch.delenv("DB_POOLER")
    assert "0004" in ok("db", "downgrade", "0004", "--yes")
    assert "db upgrade" in fails(1, "db", "check")


def test_what_is_old_is_purged_only_when_told_how_old(home: Path) -> None:
    ok("db", "upgrade")
    result = run("db", "purge", "--older-than", "90d", "--dry-run")
    assert result.exit_code == 0
    assert "0  deleted tasks" in result.stdout
    assert "Nothing was changed." in result.stderr
    fails(2, "db", "purge")
    for nonsense in ("90", "0d", "-1d", "a year"):
        assert "90d" in fails(2, "db", "purge", "--older-than", nonsense)


def test_up_and_down_and_up_again(home: Path) -> None:
    assert "revision" in ok("db", "upgrade")
    ok("db", "downgrade", "base", "--yes")
    ok("db", "upgrade")
    assert json.loads(ok("db", "check", "--json"))["ok"] is True


def test_a_way_back_needs_a_yes(home: Path) -> None:
    ok("db", "upgrade")
    assert "--yes" in fails(3, "db", "downgrade", "base")
    ok("db", "backup", "copy.db")
    assert "--yes" in fails(3, "db", "restore", "copy.db")


def test_a_backup_comes_back(home: Path) -> None:
    ok("add", "milk")
    ok("db", "backup", "copy.db")
    ok("add", "eggs")
    result = run("db", "restore", "copy.db", "--yes")
    assert result.exit_code == 0
    assert "kept in" in result.stderr
    assert [task["title"] for task in json.loads(ok("list", "--json"))["items"]] == ["milk"]


def test_a_backup_is_not_written_over_unasked(home: Path) -> None:
    ok("db", "upgrade")
    ok("db", "backup", "copy.db")
    assert "--force" in fails(1, "db", "backup", "copy.db")
    ok("db", "backup", "copy.db", "--force")


def test_check_of_nothing_and_of_a_damaged_file(home: Path) -> None:
    assert "no database" in fails(1, "db", "check")
    (home / "kirotodo.db").write_bytes(b"no database at all" * 100)
    fails(1, "db", "check")


def test_what_is_no_backup_is_refused(home: Path) -> None:
    ok("add", "milk")
    Path("other.txt").write_text("hello " * 100)
    fails(1, "db", "restore", "other.txt", "--yes")
    fails(2, "db", "restore", "none.db", "--yes")
    assert "milk" in ok("list")


def test_an_unknown_revision_is_told(home: Path) -> None:
    ok("db", "upgrade")
    assert "nope" in fails(2, "db", "upgrade", "nope")


# --- doctor ---


def checks(result: Result) -> dict[str, dict[str, Any]]:
    return {check["name"]: check for check in json.loads(result.stdout)["checks"]}


def test_all_is_well_before_and_after_the_first_task(home: Path) -> None:
    for _ in range(2):
        result = run("doctor", "--json")
        assert result.exit_code == 0, result.output
        assert json.loads(result.stdout)["ok"] is True
        ok("add", "milk")
    assert "2 tasks" in checks(run("doctor", "--json"))["database"]["detail"]
    assert "Everything is in order." in run("doctor").stderr


def test_broken_settings_are_found(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RATE_LIMIT", "lots")
    result = run("doctor", "--json")
    assert result.exit_code == 1
    assert checks(result)["settings"]["state"] == "bad"


def test_a_damaged_database_is_found(home: Path) -> None:
    (home / "kirotodo.db").write_bytes(b"no database at all" * 100)
    result = run("doctor")
    assert result.exit_code == 1
    assert "BAD   database" in result.stdout


def test_a_file_in_the_folders_place_is_found(home: Path) -> None:
    home.rmdir()
    home.write_text("")
    result = run("doctor", "--json")
    assert result.exit_code == 1
    assert checks(result)["data folder"]["state"] == "bad"


def test_doctor_reports_keys_of_the_chat_that_cannot_be_as_wanted(home: Path) -> None:
    assert checks(run("doctor", "--json"))["keys"] == {"name": "keys", "state": "ok", "detail": "as they come"}
    (home / "config.toml").write_text('[keys]\ntasks.dnoe = "x"\ntasks.edit = "f77x"\napp.quit = "ctrl+x"\n')
    found = checks(run("doctor", "--json"))["keys"]
    assert found["state"] == "warn"
    assert "no action 'tasks.dnoe'. Did you mean 'tasks.done'?" in found["detail"]
    assert "'f77x' isn't a key" in found["detail"]
    (home / "config.toml").write_text('[keys]\napp.quit = "ctrl+x"\n')
    assert checks(run("doctor", "--json"))["keys"]["detail"] == "1 changed"


def test_doctor_leaves_nothing_behind(home: Path) -> None:
    run("doctor")
    assert list(home.iterdir()) == []


SOUND = {"BETTER_AUTH_SECRET": "9f2c5e0b71d84a63f0c9be27d5a8146e", "MODEL": "built-in"}


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({}, ()),
        ({"BETTER_AUTH_SECRET": ""}, ("BETTER_AUTH_SECRET is not set",)),
        ({"BETTER_AUTH_SECRET": "x" * 31}, ("BETTER_AUTH_SECRET has 31 characters",)),
        ({"BETTER_AUTH_SECRET": "y-K3fQ8w" * 3 + "Lm2Zr7Tv"}, ("BETTER_AUTH_SECRET repeats itself",)),
        ({"BETTER_AUTH_SECRET": "9f2c5e0b71d84a63f0c9be27d5a8146 \n"}, ("BETTER_AUTH_SECRET has 31 characters",)),
        (
            {"BETTER_AUTH_SECRET_PREVIOUS": "z" * 40},
            ("BETTER_AUTH_SECRET_PREVIOUS has too few different characters (1)",),
        ),
        ({"BETTER_AUTH_SECRET_PREVIOUS": "short"}, ("BETTER_AUTH_SECRET_PREVIOUS has 5",)),
        ({"BETTER_AUTH_SECRET": "", "BETTER_AUTH_URL": "https://auth.example.com"}, ()),
        ({"BETTER_AUTH_URL": "http://auth.example.com"}, ("BETTER_AUTH_URL=http://auth.example.com is not encrypted",)),
        ({"BETTER_AUTH_URL": "http://127.0.0.1:3000/"}, ()),
        ({"BETTER_AUTH_URL": "http://localhost.example.com"}, ("BETTER_AUTH_URL",)),
        ({"CORS_ORIGINS": "https://a.example, *"}, ("CORS_ORIGINS=*",)),
        ({"MODEL": ""}, ("No model is configured",)),
        ({"MODEL": "", "OPENAI_BASE_URL": "http://127.0.0.1:1/v1"}, ()),
        ({"BETTER_AUTH_SECRET": "", "MODEL": "", "CORS_ORIGINS": "*"}, ("_SECRET", "CORS", "No model")),
    ],
)
def test_what_keeps_a_server_from_starting_in_production(
    home: Path, monkeypatch: pytest.MonkeyPatch, changed: dict[str, str], words: tuple[str, ...]
) -> None:
    for name, value in {**SOUND, **changed}.items():
        monkeypatch.setenv(name, value)
    result = run("doctor", "--production", "--offline", "--json")
    found = [check for check in json.loads(result.stdout)["checks"] if check["name"] == "production"]
    assert result.exit_code == (1 if words else 0)
    assert [check["state"] for check in found] == (["bad"] * len(words) or ["ok"])
    for check, word in zip(found, words, strict=False):
        assert word in check["detail"]
        assert check["detail"].endswith((".", "prints."))


def test_several_workers_cannot_share_sqlite(home: Path) -> None:
    settings = Settings.load(model="built-in", better_auth_secret=SOUND["BETTER_AUTH_SECRET"])
    assert faults_of(settings) == ()
    (fault,) = faults_of(settings, workers=2)
    assert "PostgreSQL" in fault
    shared = settings.replaced(database_url="postgresql://db/list")
    assert faults_of(shared, workers=2) == ()


# --- token ---


def test_a_token_alone_is_printed(home: Path) -> None:
    result = run("token", "--user", "1", "--days", "2")
    assert (result.exit_code, result.stderr) == (0, "")
    (line,) = result.stdout.splitlines()
    secret = (home / "auth-secret").read_text().strip()
    access = Tokens(secret, clock=utc_now).read_access(line)
    assert access == Access(user_id="1", session_id=None, token_version=0)
    for days, holds in ((1.99, True), (2.01, False)):
        later = Tokens(secret, clock=lambda days=days: utc_now() + timedelta(days=days))  # type: ignore[misc]
        if holds:
            assert later.read_access(line) == access
        else:
            with pytest.raises(NotSignedIn, match="expired"):
                later.read_access(line)


def test_a_token_is_signed_with_the_configured_secret(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BETTER_AUTH_SECRET", "x" * 40)
    assert Tokens("x" * 40, clock=utc_now).read_access(ok("token", "--user", "auth0|7").strip()).user_id == "auth0|7"
    assert not (home / "auth-secret").exists()


def test_a_token_in_production_needs_a_secret(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ENVIRONMENT", "production")
    assert "BETTER_AUTH_SECRET" in fails(1, "token", "--user", "1")
    assert not (home / "auth-secret").exists()


def test_a_token_of_another_issuer_is_not_ours_to_make(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BETTER_AUTH_URL", "https://auth.example.com/")
    assert "only accepts tokens of https://auth.example.com" in fails(1, "token", "--user", "1")


@pytest.mark.parametrize(
    "wrong",
    [
        ("--user", ""),
        ("--user", ".."),
        ("--user", "."),
        ("--user", "a/b"),
        ("--user", "a b"),
        ("--user", "1", "--days", "0"),
    ],
)
def test_a_token_for_nobody(home: Path, wrong: tuple[str, ...]) -> None:
    fails(2, "token", *wrong)


@pytest.mark.parametrize("content", ["", "too short", b"\xff\xfe" * 40])
def test_a_damaged_secret_is_told_and_left_alone(home: Path, content: str | bytes) -> None:
    path = home / "auth-secret"
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    before = path.read_bytes()
    assert "damaged" in fails(1, "token", "--user", "1")
    assert path.read_bytes() == before


# --- understand ---


def test_understand_tells_people_what_was_understood(home: Path) -> None:
    shown = ok("understand", "buy", "milk", "tomorrow", "at", "5pm")
    assert shown.startswith("add\n")
    assert "milk" in shown
    assert "17:00" in shown


def test_understand_tells_how_a_text_was_read(home: Path) -> None:
    shown = ok("understand", "remind me to oil the gate on friday")
    spans, read = (
        shown.index("spans\n  date       on friday"),
        shown.index("read         remind me to oil the gate on friday"),
    )
    assert spans < read < shown.index("remind: add") < shown.index("opinion      add ")
    answer = json.loads(ok("understand", "--json", "oil the gate on friday"))
    assert [span["kind"] for span in answer["spans"]] == ["date"]
    assert [reading["score"] for reading in answer["readings"]] == sorted(
        (reading["score"] for reading in answer["readings"]), reverse=True
    )


def test_understand_as_json(home: Path) -> None:
    answer = json.loads(ok("understand", "--json", "buy milk"))
    assert [action["op"] for action in answer["actions"]] == ["add"]
    assert answer["actions"][0]["title"] == "buy milk"


def test_understand_answers_lines_in_order(home: Path) -> None:
    lines = [{"id": number, "text": "add milk", "now": "2026-11-23T10:00:00"} for number in range(3)]
    answers = ok("understand", "--jsonl", stdin="\n".join(json.dumps(line) for line in lines) + "\n\n")
    answer = [json.loads(line) for line in answers.splitlines()]
    assert [answer["id"] for answer in answer] == [0, 1, 2]
    assert answer[0]["actions"] == [{"op": "add", "items": ["milk"]}]


@pytest.mark.parametrize("line", ["nonsense", "[1]", "3"])
def test_a_line_that_is_no_question_is_told_with_its_number(home: Path, line: str) -> None:
    assert "Line 1" in fails(1, "understand", "--jsonl", stdin=line + "\n")


TWO_DIALOGUES = (
    {
        "id": "a",
        "now": "2026-11-23T10:00:00",
        "zone": "Europe/Berlin",
        "tasks": [{"title": "tidy the shed", "due_date": "2026-11-25"}, {"title": "oil the gate"}],
        "turns": ["add feed the cat tomorrow at 7am", "mark task 1 as done"],
    },
    {"id": "b", "now": "2026-02-01T10:00:00", "turns": ["add feed the dog tomorrow"]},
)


def held(*lines: object) -> list[dict[str, Any]]:
    shown = ok("understand", "--dialogues", stdin="\n".join(json.dumps(line) for line in lines) + "\n")
    return [json.loads(line) for line in shown.splitlines()]


def test_dialogues_are_held_each_on_a_list_and_a_clock_of_its_own(home: Path) -> None:
    first, second = held(*TWO_DIALOGUES)
    assert [turn["status"] for turn in first["turns"]] == ["finished", "finished"]
    after, last = (turn["tasks"] for turn in first["turns"])
    assert [task["title"] for task in after] == ["tidy the shed", "oil the gate", "feed the cat"]
    assert (after[2]["due_date"], after[2]["due_time"][:5]) == ("2026-11-24", "07:00")
    assert [task["completed_at"] is not None for task in last] == [True, False, False]
    assert second["id"] == "b"
    assert [(task["title"], task["due_date"]) for task in second["turns"][0]["tasks"]] == [
        ("feed the dog", "2026-02-02")
    ]
    assert not list(home.rglob("*.db"))


def test_a_question_of_approval_in_a_dialogue_waits_unless_it_is_answered(home: Path) -> None:
    tasks = [{"title": "tidy the shed"}, {"title": "oil the gate"}]
    line = {"tasks": tasks, "turns": ["delete everything"]}
    waiting, agreed = held(line, {**line, "approve": True})
    assert waiting["turns"][0]["status"] == "awaiting_approval"
    assert len(waiting["turns"][0]["tasks"]) == 2
    assert agreed["turns"][0]["status"] == "finished"
    assert agreed["turns"][0]["tasks"] == []
    assert "Delete 2 tasks?" in agreed["turns"][0]["response"]


@pytest.mark.parametrize(
    ("line", "wrong"),
    [
        ("nonsense", "isn't valid JSON"),
        ("[1]", "isn't a JSON object"),
        ("{}", "turns"),
        ('{"turns": ["x"], "zone": "Mars/Base"}', "time zone"),
        ('{"turns": ["x"], "clock": 1}', "unknown field 'clock'"),
        ('{"turns": ["x"], "tasks": [{"title": "x", "due_date": "soon"}]}', "tasks.0.due_date"),
        ('{"turns": ["x", " "]}', "turns.1"),
    ],
)
def test_a_line_that_describes_no_dialogue_gets_an_error_with_its_number(home: Path, line: str, wrong: str) -> None:
    error = fails(1, "understand", "--dialogues", stdin='{"turns": ["hello"]}\n' + line + "\n")
    assert "Line 2" in error
    assert wrong in error


@pytest.mark.parametrize("args", [("--jsonl", "--dialogues"), ("--dialogues", "add milk"), ("--jsonl", "add milk")])
def test_lines_and_a_text_exclude_each_other(home: Path, args: tuple[str, ...]) -> None:
    fails(2, "understand", *args, stdin="")


def test_nothing_to_understand_is_wrong_usage(home: Path) -> None:
    fails(2, "understand", stdin="")


def test_a_token_for_an_agent_is_printed_listed_and_revoked(home: Path) -> None:
    result = run("token", "--agent", "claude", "--scope", "add")
    assert result.exit_code == 0, result.output
    assert result.stdout.startswith("kta_")
    assert "shown this once" in result.stderr
    (listed,) = json.loads(ok("tokens", "--json"))
    assert (listed["name"], listed["scope"]) == ("claude", "add")
    assert "claude" in ok("tokens")
    assert "already" in fails(1, "token", "--agent", "claude", "--scope", "all")
    assert "claude can no longer" in run("tokens", "revoke", "claude").stderr
    assert "no token" in fails(1, "tokens", "revoke", "claude")
    assert ok("tokens") == ""


def test_the_operator_makes_a_token_for_an_agent_of_any_user(home: Path) -> None:
    assert ok("token", "--agent", "calendar", "--scope", "read", "--user", "7").startswith("kta_Nw.")
    assert ok("tokens") == ""


def test_what_a_token_for_an_agent_needs_is_said(home: Path) -> None:
    assert "--scope" in fails(2, "token", "--agent", "claude")
    assert "--agent" in fails(2, "token", "--scope", "all")
    assert "letters" in fails(2, "token", "--agent", "my agent", "--scope", "all")
