"""Model profiles: what config.toml and the environment make of them, which one answers, and what is said of faults."""

from pathlib import Path

import pytest

from kirotodo.core.errors import ConfigError
from kirotodo.core.model_profiles import ModelProfile
from kirotodo.core.settings import Settings

FAST = '[models.fast]\nmodel = "small-1"\n'


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name in Settings.fields:
        monkeypatch.delenv(name.upper(), raising=False)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("KIROTODO_HOME", str(tmp_path))
    return tmp_path


def configured(home: Path, text: str) -> Settings:
    (home / "config.toml").write_text(text, encoding="utf-8")
    return Settings.load()


def fault(home: Path, text: str) -> str:
    with pytest.raises(ConfigError) as caught:
        configured(home, text)
    return caught.value.message


def names(settings: Settings) -> list[str]:
    return [profile.name for profile in settings.profiles()]


def test_a_table_is_a_profile(home: Path) -> None:
    text = """
    model = "far"
    [models.far]
    model = " big-2 "
    base_url = "https://models.example/v1"
    api = "Responses"
    effort = "low"
    key_env = "FAR_API_KEY"
    input_price = 2
    output_price = 8.5
    cached_price = 0.5
    currency = "EUR"
    """
    settings = configured(home, text)
    assert settings.profiles() == (
        ModelProfile(
            name="far",
            model="big-2",
            base_url="https://models.example/v1",
            api="responses",
            effort="low",
            key_env="FAR_API_KEY",
            input_price=2,
            output_price=8.5,
            cached_price=0.5,
            currency="EUR",
        ),
    )
    assert settings.default_model == "far"
    assert settings.shown()["models"] == "far"
    assert settings.sources()["models"] == str(home / "config.toml")


def test_the_built_in_model_answers_unless_told(home: Path) -> None:
    assert configured(home, FAST).default_model == "built-in"
    assert configured(home, f'model = "fast"\n{FAST}').default_model == "fast"


def test_the_openai_settings_are_a_profile_and_the_default(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "sk-hush")
    monkeypatch.setenv("OPENAI_MODEL", "big-9")
    settings = configured(home, FAST)
    assert names(settings) == ["big-9", "fast"]
    assert settings.default_model == "big-9"
    assert settings.profiles()[0].from_environment
    monkeypatch.setenv("MODEL", "built-in")
    assert Settings.load().default_model == "built-in"


def test_an_address_alone_makes_the_profile_too(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_BASE_URL", "http://localhost:11434/v1")
    settings = configured(home, "")
    assert [profile.base_url for profile in settings.profiles()] == ["http://localhost:11434/v1"]


def test_the_environment_wins_over_the_table_of_its_name_but_its_prices_stay(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "sk-hush")
    monkeypatch.setenv("OPENAI_MODEL", "fast")
    settings = configured(home, f'{FAST}key_env = "OTHER_API_KEY"\ninput_price = 1\noutput_price = 2\n')
    (profile,) = settings.profiles()
    assert (profile.model, profile.key_env, profile.input_price) == ("fast", None, 1)
    assert profile.from_environment


def test_a_variable_called_models_is_none_of_ours(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MODELS", "{junk")
    assert names(configured(home, FAST)) == ["fast"]


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ('[models.built-in]\nmodel = "x"', "is reserved for the built-in model"),
        ('[models."a b"]\nmodel = "x"', "letters, digits and dashes"),
        (f'[models.{"a" * 41}]\nmodel = "x"', "40 at most"),
        ('[models.gpt-4.1]\nmodel = "x"', "a dot in a name begins another table"),
        ("[models.a]\neffort = 'low'", 'needs a line model = "…"'),
        ("[models.a]\nmodel = ''", "model should be what the service calls the model"),
        ("[models.a]\nmodel = 3", "model should be what the service calls the model"),
        ('[models.a]\nmodel = "x"\nbase_ulr = "y"', "did you mean base_url?"),
        ('[models.a]\nmodel = "x"\nzebra = "y"', "contains zebra, which isn't a setting of a model: remove it."),
        ('[models.a]\nmodel = "x"\nbase_url = "localhost:11434"', "base_url should be a web address"),
        ('[models.a]\nmodel = "x"\nbase_url = "http://[::1"', "base_url should be a web address"),
        ('[models.a]\nmodel = "x"\napi = "soap"', 'api should be "chat" or "responses"'),
        ('[models.a]\nmodel = "x"\nkey_env = "sk-123"', "not a key"),
        ('[models.a]\nmodel = "x"\ninput_price = "2"\noutput_price = 1', "input_price should be a number"),
        ('[models.a]\nmodel = "x"\ninput_price = -2\noutput_price = 1', "input_price should be a number"),
        ('[models.a]\nmodel = "x"\ninput_price = nan\noutput_price = 1', "input_price should be a number"),
        ('[models.a]\nmodel = "x"\ninput_price = true\noutput_price = 1', "input_price should be a number"),
        ('[models.a]\nmodel = "x"\ninput_price = 2', "go together"),
        ('[models.a]\nmodel = "x"\ncached_price = 2', "go together"),
        ("models = 3", "models are tables"),
        ("[models]\nfast = 3", "models are tables"),
        ('[model.fast]\nmodel = "x"', "has a table [model]. Name it [models.NAME]."),
        (f'model = "fats"\n{FAST}', "did you mean fast?"),
        (f'model = "zzz"\n{FAST}', "it should be one of fast, built-in"),
    ],
)
def test_a_wrong_profile_is_told_in_a_sentence(home: Path, text: str, sentence: str) -> None:
    message = fault(home, text)
    assert sentence in message
    assert str(home / "config.toml") in message


def test_each_fault_has_its_sentence(home: Path) -> None:
    assert len(fault(home, '[models.a]\napi = "x"\n[models.b]\nmodel = "x"\nzebra = 1').splitlines()) == 3


def test_a_key_that_was_taken_for_the_name_of_a_variable_is_not_repeated(home: Path) -> None:
    assert "sk-123" not in fault(home, '[models.a]\nmodel = "x"\nkey_env = "sk-123"')


@pytest.mark.parametrize(
    "variable", ["FAR_API_KEY", "far_api_key", "OPENAI_API_KEY", "KIROTODO_HOME_KEY", "HF_TOKEN", "AZURE_OPENAI_KEY"]
)
def test_a_variable_for_models_may_hold_a_key(home: Path, variable: str) -> None:
    settings = configured(home, f'[models.a]\nmodel = "x"\nkey_env = "{variable}"')
    assert settings.profiles()[0].key_env == variable


@pytest.mark.parametrize(
    "variable",
    [
        *("AWS_SECRET_ACCESS_KEY", "DATABASE_URL", "BETTER_AUTH_SECRET", "GITHUB_TOKEN", "HOME", "API_KEY", "_API_KEY"),
        *(
            "KIROTODO_TOKEN",
            "STRIPE_SECRET_KEY",
            "SSH_PRIVATE_KEY",
            "OPENAI_API_KEY_",
            "X_API_KEY;A",
            "gsk123abcDEF",
            "",
        ),
    ],
)
def test_no_other_variable_may_be_sent_to_a_model(home: Path, variable: str) -> None:
    """What is named there goes to an address of the file's choosing; and a key that was put there is not repeated."""
    message = fault(home, f'[models.a]\nmodel = "x"\nkey_env = "{variable}"')
    assert "ends in _API_KEY" in message
    assert not variable or variable not in message.replace("_API_KEY", "")


def test_the_model_of_the_service_cannot_be_called_built_in(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "sk-hush")
    monkeypatch.setenv("OPENAI_MODEL", "built-in")
    with pytest.raises(ConfigError, match="OPENAI_MODEL can't be built-in"):
        Settings.load()
