"""Settings: where each value comes from, and what is said of a wrong one."""

import datetime as dt
from pathlib import Path

import pytest

from kirotodo.core import env_file
from kirotodo.core.errors import ConfigError
from kirotodo.core.settings import Settings, default_config_path


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A home of its own, an empty working directory, and none of this machine's settings."""
    for name in Settings.fields:
        monkeypatch.delenv(name.upper(), raising=False)
    home = tmp_path / "home"
    work = tmp_path / "work"
    home.mkdir()
    work.mkdir()
    monkeypatch.chdir(work)
    monkeypatch.setenv("KIROTODO_HOME", str(home))
    return home


def fault() -> str:
    with pytest.raises(ConfigError) as caught:
        Settings.load()
    return caught.value.message


def test_everything_lives_in_the_one_home_folder(home: Path) -> None:
    settings = Settings.load()
    assert settings.database_url == f"sqlite+aiosqlite:///{home / 'kirotodo.db'}"
    assert settings.config_path == home / "config.toml"
    assert settings.state_path == home / "state.json"
    assert settings.data_dir == home


def test_the_systems_folders_are_used_without_a_home_folder(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("KIROTODO_HOME")
    monkeypatch.setenv("XDG_DATA_HOME", str(home / "data"))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(home / "config"))
    monkeypatch.setenv("XDG_STATE_HOME", str(home / "state"))
    settings = Settings.load()
    assert settings.data_dir == home / "data" / "kirotodo"
    assert settings.config_dir == home / "config" / "kirotodo"
    assert settings.state_dir == home / "state" / "kirotodo"


def test_the_environment_wins_over_an_env_file_and_that_over_config(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (home / "config.toml").write_text('rate_limit = 1\nrate_limit_burst = 1\nopenai_model = "file"\n')
    Path(".env").write_text("RATE_LIMIT=2\nrate_limit_burst=2\nUNRELATED=x\nOPENAI_MODEL=\n")
    monkeypatch.setenv("RATE_LIMIT", "3")
    settings = Settings.load(env_file=env_file.in_this_folder())
    assert (settings.rate_limit, settings.rate_limit_burst, settings.openai_model) == (3, 2, "file")
    sources = settings.sources()
    assert sources["rate_limit"] == "environment"
    assert sources["rate_limit_burst"] == ".env"
    assert sources["openai_model"] == str(home / "config.toml")
    assert sources["morning"] == "default"


def test_an_argument_wins_over_everything(home: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("RATE_LIMIT", "3")
    settings = Settings.load(rate_limit=4, kirotodo_home=tmp_path / "other")
    assert settings.rate_limit == 4
    assert settings.data_dir == tmp_path / "other"
    assert settings.sources()["rate_limit"] == "argument"


def test_settings_made_by_hand_read_nothing(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RATE_LIMIT", "3")
    assert Settings().rate_limit == 60


def test_an_empty_variable_counts_as_unset(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "")
    assert Settings.load().openai_api_key is None


def test_a_home_folder_may_begin_with_a_tilde(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.setenv("KIROTODO_HOME", "~/todo")
    assert Settings.load().data_dir == home / "todo"


@pytest.mark.parametrize(
    ("name", "value", "field", "read"),
    [
        ("MORNING", "8", "morning", dt.time(8)),
        ("MORNING", "8:30", "morning", dt.time(8, 30)),
        ("CORS_ORIGINS", "https://a.example, https://b.example", "cors_origins", ("https://a.example", "https://b.example")),
        ("CORS_ORIGINS", '["https://a.example"]', "cors_origins", ("https://a.example",)),
        ("ENVIRONMENT", "Production", "environment", "production"),
        ("ENVIRONMENT", "dev", "environment", "development"),
        ("LOG_LEVEL", "warning", "log_level", "WARNING"),
        ("WEEK_START", "Sunday", "week_start", "sunday"),
        ("DAY_FIRST", "yes", "day_first", True),
        ("FALLBACK_TO_BUILTIN", "0", "fallback_to_builtin", False),
        ("BETTER_AUTH_URL", " https://auth.example.com/ ", "better_auth_url", "https://auth.example.com"),
        ("RATE_LIMIT_STORAGE", "Memory", "rate_limit_storage", "memory"),
        ("RATE_LIMIT_STORAGE", "rediss://:pw@cache:6380/1", "rate_limit_storage", "rediss://:pw@cache:6380/1"),
    ],
)  # fmt: skip
def test_values_are_read_as_people_write_them(
    home: Path, monkeypatch: pytest.MonkeyPatch, name: str, value: str, field: str, read: object
) -> None:
    monkeypatch.setenv(name, value)
    assert getattr(Settings.load(), field) == read


@pytest.mark.parametrize(
    ("name", "value", "hint"),
    [
        ("RATE_LIMIT", "lots", "valid integer"),
        ("RATE_LIMIT", "0", "greater than or equal to 1"),
        ("TIMEZONE", "Mars/Phobos", "Europe/Vienna"),
        ("TIMEZONE", "../../etc/passwd", "Europe/Vienna"),
        ("ENVIRONMENT", "staging", "'development' or 'production'"),
        ("MORNING", "9am", "9:00"),
        ("MORNING", "25", "9:00"),
        ("DAY_FIRST", "perhaps", "valid boolean"),
        ("AGENT_TIMEOUT", "-1", "greater than 0"),
        ("BETTER_AUTH_URL", "auth.example.com", "https://auth.example.com"),
        ("RATE_LIMIT_STORAGE", "disk", "redis://host:6379/0"),
    ],
)
def test_a_wrong_value_is_told_with_its_key_its_source_and_what_would_do(
    home: Path, monkeypatch: pytest.MonkeyPatch, name: str, value: str, hint: str
) -> None:
    monkeypatch.setenv(name, value)
    sentence = fault()
    assert sentence.startswith(f"{name}={value} (from the environment) isn't valid: ")
    assert hint in sentence
    assert "\n" not in sentence


def test_every_fault_gets_a_sentence_of_its_own(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RATE_LIMIT", "lots")
    Path("todo.env").write_text("WEEKEND=sunday\n")
    with pytest.raises(ConfigError) as caught:
        Settings.load(env_file=env_file.read("todo.env"))
    first, second = caught.value.message.splitlines()
    assert "RATE_LIMIT" in first
    assert "WEEKEND=sunday (from todo.env)" in second


def test_a_wrong_value_of_the_file_names_the_file(home: Path) -> None:
    (home / "config.toml").write_text('week_start = "tuesday"\n')
    assert f"(from {home / 'config.toml'}, line 1)" in fault()


def test_a_broken_file_is_told_with_its_line(home: Path) -> None:
    (home / "config.toml").write_text("rate_limit = 1\nweekend = saturday\n")
    sentence = fault()
    assert str(home / "config.toml") in sentence
    assert "line 2" in sentence


def test_a_file_that_is_no_text_is_told(home: Path) -> None:
    (home / "config.toml").write_bytes(b"\xff\xfe\x00")
    assert "UTF-8" in fault()


def test_a_folder_in_the_place_of_the_file_is_told(home: Path) -> None:
    (home / "config.toml").mkdir()
    assert "can't be read" in fault()


def test_a_misspelt_key_of_the_file_is_told_with_the_nearest(home: Path) -> None:
    (home / "config.toml").write_text('week_strat = "monday"\n')
    assert "did you mean week_start?" in fault()


@pytest.mark.parametrize(
    ("written", "line", "sentence"),
    [
        ('\n# morning\nmorning = "25:99"\n', 3, "MORNING=25:99"),
        ('rate_limit = 1\n"timezone" = 3\n', 2, "it should be text in quotes"),
        ('rate_limit = 1\n\nweek_strat = "monday"\n', 3, "did you mean week_start?"),
        ('rate_limit = 1\n[colours]\nquit = "red"\n', 2, "has a table [colours], which means nothing here"),
        ('[key]\n"tasks.done" = "x"\n', 1, "did you mean [keys]?"),
        ('[keys]\n"tasks.edit" = "e"\n"tasks.done" = 3\n', 3, "the keys of tasks.done are text"),
        ("[keys]\ntasks.edit = 'e'\ntasks . done = 3\n", 3, "the keys of tasks.done are text"),
        ("[keys.tasks]\nedit = 'e'\ndone = 3\n", 3, "the keys of tasks.done are text"),
        ("\nkeys = 3", 2, "keys are a table [keys]"),
        ('[models.a]\nmodel = "x"\nfoo = 1\n', 3, "[models.a] contains foo"),
        ("\n[models.a]\napi = 'chat'\n", 2, "[models.a] needs a line model"),
        ("\nmodels = 3", 2, "models are tables"),
        ("[model]\nx = 1", 1, "Name it [models.NAME]"),
        ('[commands]\nbuy = "x"\n"to do" = "y"\n', 3, "/to do can't be a command"),
        ("[commands]\nbuy = 3", 2, "the command buy is the text it sends"),
        ("[commands]\nbuy = ''", 2, "the command buy is the text it sends"),
        ("[commands.buy]\nprompt = 'x'", 1, "the command buy is the text it sends"),
        ("commands = 3", 1, "commands are a table [commands]"),
        ('[commands]\nlong = """\nbuy = 1\n"""\nbuy = 1\n', 5, "the command buy"),
    ],
)
def test_a_fault_of_the_file_is_told_with_its_line(home: Path, written: str, line: int, sentence: str) -> None:
    (home / "config.toml").write_text(written)
    told = fault()
    assert f"{home / 'config.toml'}, line {line}" in told
    assert sentence in told


def test_commands_are_a_table_of_the_file_and_in_no_environment(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COMMANDS", "buy=x")
    assert Settings.load().commands == {}
    (home / "config.toml").write_text('[commands]\nBuy = " add {args} "\nby-week = """\nlist\nall"""\n')
    assert Settings.load().commands == {"buy": "add {args}", "by-week": "list\nall"}


def test_keys_of_the_chat_are_a_table_of_the_file_and_in_no_environment(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("KEYS", "tasks.done=x")
    assert Settings.load().keys == {}
    (home / "config.toml").write_text(
        '[keys]\n"app.quit" = "ctrl+x"\ntasks.done = ["space", "x"]\ntasks.edit = "f4 r"\n'
    )
    settings = Settings.load()
    assert settings.keys == {"app.quit": "ctrl+x", "tasks.done": "space x", "tasks.edit": "f4 r"}
    assert settings.shown()["keys"] == "app.quit=ctrl+x, tasks.done=space x, tasks.edit=f4 r"
    for written in ("keys = 3", "[keys]\ntasks.done = 3", "[keys]\ntasks.done = [1]"):
        (home / "config.toml").write_text(written)
        assert "keys" in fault()


def test_a_file_in_the_working_folder_is_not_read_unasked(home: Path) -> None:
    Path(".env").write_text("RATE_LIMIT=2\nWEEKEND=sunday\nKIROTODO_HOME=./elsewhere\n")
    Path("config.toml").write_text("rate_limit = 2\n")
    settings = Settings.load()
    assert (settings.rate_limit, settings.data_dir) == (60, home)
    assert default_config_path() == home / "config.toml"


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("sqlite:///todo.db", "sqlite:///{}/todo.db"),
        ("sqlite+aiosqlite:///lists/todo.db", "sqlite+aiosqlite:///{}/lists/todo.db"),
        ("sqlite:////srv/todo.db", "sqlite:////srv/todo.db"),
        ("sqlite:///~/todo.db", "sqlite:///~/todo.db"),
        ("sqlite:///C:/todo.db", "sqlite:///C:/todo.db"),
        ("sqlite:///:memory:", "sqlite:///:memory:"),
        ("postgresql://db/todo", "postgresql://db/todo"),
    ],
)
def test_a_list_named_in_the_file_is_the_same_from_every_folder(home: Path, written: str, read: str) -> None:
    (home / "config.toml").write_text(f'database_url = "{written}"\n')
    assert Settings.load().database_url == read.format(home)


def test_an_env_file_may_hold_the_keys_that_models_name(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (home / "config.toml").write_text('[models.far]\nmodel = "x"\nkey_env = "FAR_API_KEY"\n')
    Path("todo.env").write_text("FAR_API_KEY=of-the-file\nNEAR_API_KEY=of-the-file\n")
    settings = Settings.load(env_file=env_file.read("todo.env"))
    assert (settings.key_in("FAR_API_KEY"), settings.key_in("NEAR_API_KEY")) == ("of-the-file", None)
    monkeypatch.setenv("FAR_API_KEY", " of-the-shell ")
    assert settings.key_in("FAR_API_KEY") == "of-the-shell"
    monkeypatch.delenv("FAR_API_KEY")
    assert Settings.load().key_in("FAR_API_KEY") is None


@pytest.mark.parametrize(
    ("content", "values"),
    [
        (b"", {}),
        (b"\xef\xbb\xbfRATE_LIMIT=2\r\n", {"RATE_LIMIT": "2"}),
        (b"export RATE_LIMIT=2 # two\n#RATE_LIMIT=3\n", {"RATE_LIMIT": "2"}),
        (b"A='it''s'\n".replace(b"''", b""), {"A": "its"}),
        (b'A="one\ntwo"\nB=3\n', {"A": "one\ntwo", "B": "3"}),
        (b"A=1\nB=${A}2\nC=\nD\n", {"A": "1", "B": "12"}),
    ],
)
def test_what_an_env_file_says(home: Path, content: bytes, values: dict[str, str]) -> None:
    Path("todo.env").write_bytes(content)
    assert env_file.read("todo.env").values == values


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"RATE_LIMIT=\xff\n", "UTF-8"),
        ("RATE_LIMIT=2\n".encode("utf-16"), "UTF-8"),
        (b"A=1\0\n", "zero bytes"),
        (b'A=1\n{"json": true}\n', "line 2"),
        (b"A=1\n\nB='half\n", "line 3"),
        (b"#" * (1024 * 1024 + 1), "larger"),
    ],
)
def test_an_env_file_that_is_none_is_told(home: Path, content: bytes, sentence: str) -> None:
    Path("todo.env").write_bytes(content)
    with pytest.raises(ConfigError, match=rf"^todo\.env.*{sentence}"):
        env_file.read("todo.env")


def test_an_env_file_that_is_not_there_is_told_and_none_in_this_folder_is_fine(home: Path) -> None:
    with pytest.raises(ConfigError, match=r"no file todo\.env"):
        env_file.read("todo.env")
    Path("todo.env").mkdir()
    with pytest.raises(ConfigError, match="is a folder"):
        env_file.read("todo.env")
    assert env_file.in_this_folder() is None
    Path(".env").mkdir()
    assert env_file.in_this_folder() is None


def test_secrets_and_passwords_are_shown_nowhere(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "sk-hushhush")
    monkeypatch.setenv("BETTER_AUTH_SECRET", "hushhush")
    monkeypatch.setenv("DATABASE_URL", "postgresql://me:pass-hushhush@db.example/todo")
    settings = Settings.load()
    shown = repr(settings) + str(settings) + str(settings.shown())
    assert "hushhush" not in shown
    assert settings.shown()["database_url"] == "postgresql://me:********@db.example/todo"
    assert settings.shown()["openai_api_key"] == "********"


def test_a_wrong_secret_is_not_repeated(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (home / "config.toml").write_text("openai_api_key = 12345\n")
    assert "12345" not in fault()


def test_every_setting_is_described() -> None:
    assert [name for name, field in Settings.fields.items() if not field.description] == []


def test_the_place_of_the_file_is_known_even_if_it_is_broken(home: Path) -> None:
    (home / "config.toml").write_text("=")
    assert default_config_path() == home / "config.toml"
