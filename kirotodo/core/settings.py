"""Settings: built once, frozen, passed down.

`Settings.load()` reads the environment, then an optional file of `NAME=value` lines, then `config.toml` in the
configuration folder; the first that names a key wins. The working folder is not read unless the caller asks for it.
`Settings(...)` takes only its arguments and reads nothing, for tests.
"""

import datetime as dt
import ipaddress
import os
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, ClassVar, Final, Literal, NoReturn, Self
from zoneinfo import ZoneInfo

from kirotodo.core import setting
from kirotodo.core.env_file import EnvFile
from kirotodo.core.errors import ConfigError
from kirotodo.core.model_profiles import BUILT_IN, ModelProfile, profiles_from
from kirotodo.core.setting import Secret, Setting
from kirotodo.core.text.masking import MASK, hide_secrets
from kirotodo.core.timezones import known_zone
from kirotodo.core.toml_lines import at_line

APP: Final = "kirotodo"
ENVIRONMENT: Final = "environment"
DEFAULT: Final = "default"
ARGUMENT: Final = "argument"


def _platform_folder(kind: Literal["data", "config", "state"]) -> Path:
    from platformdirs import PlatformDirs

    dirs = PlatformDirs(APP, appauthor=False)
    try:
        return Path(getattr(dirs, f"user_{kind}_dir"))
    except RuntimeError:
        raise ConfigError(
            "No home folder was found. Set HOME, or set KIROTODO_HOME to a folder for everything."
        ) from None


def _folder(home: Path | None, kind: Literal["data", "config", "state"]) -> Path:
    return home if home is not None else _platform_folder(kind)


def _default_database_url(values: Mapping[str, Any]) -> str:
    return f"sqlite+aiosqlite:///{_folder(values.get('kirotodo_home'), 'data') / 'kirotodo.db'}"


def _machine_zone() -> str:
    try:
        return known_zone(os.environ.get("TZ") or os.readlink("/etc/localtime").partition("/zoneinfo/")[2])
    except (ValueError, OSError):
        pass

    import tzlocal  # knows all that systems do otherwise, and takes as long as to open the list

    try:
        return known_zone(tzlocal.get_localzone_name() or "UTC")
    except (LookupError, ValueError, OSError):
        return "UTC"


def _web_address(value: object) -> str | None:
    """The address of a server, without a slash at its end; None for a blank one."""
    text = setting.stripped(value)
    if not text:
        return None
    if re.fullmatch(r"https?://[^/?#\s@]+(/[^?#\s]*)?", text) is None:
        raise ValueError("it should be the address of a server such as https://auth.example.com")
    return text.rstrip("/")


def _proxies(value: object) -> tuple[str, ...]:
    """Addresses and networks of proxies, or alone a number of them; `*` means one, whatever its address is."""
    names = setting.comma_list(value)
    if len(names) == 1 and (names[0] == "*" or re.fullmatch(r"\d", names[0], re.ASCII)):
        return names
    for name in names:
        try:
            ipaddress.ip_network(name, strict=False)
        except ValueError:
            raise ValueError(
                "it should be addresses or networks such as 10.0.0.0/8, separated by commas, "
                "or the number of proxies in front, such as 1"
            ) from None
    return names


def _networks(value: object) -> tuple[str, ...]:
    """Addresses and networks, separated by commas."""
    names = setting.comma_list(value)
    for name in names:
        try:
            ipaddress.ip_network(name, strict=False)
        except ValueError:
            raise ValueError("it should be networks such as 10.0.0.0/8, separated by commas") from None
    return names


def _counting_place(value: object) -> str:
    """`memory`, or where Redis or Valkey listens."""
    text = value.strip() if isinstance(value, str) else ""
    if text.lower() in ("memory", "memory://"):
        return "memory"
    if re.fullmatch(r"(redis|rediss|valkey|valkeys)://[^/?#\s]+\S*", text) is None:
        raise ValueError("it should be memory, or an address such as redis://host:6379/0 or valkey://host:6379/0")
    return text


def _event_stream(value: object) -> setting.Secret | None:
    """Where Redis, Valkey or Kafka listens; nowhere where nothing is written."""
    text = value.strip() if isinstance(value, str) else ""
    if value is None or value == "":
        return None
    redis = re.fullmatch(r"(redis|rediss|valkey|valkeys)://[^/?#\s]+\S*", text)
    if redis is None and re.fullmatch(r"kafka://[^/?#@\s,]+:\d+(,[^/?#@\s,]+:\d+)*/?", text) is None:
        raise ValueError(
            "it should be an address such as redis://host:6379/0, valkey://host:6379/0 or kafka://host:9092"
        )
    return setting.Secret(text)


def _of(read: setting.Reader, **about: Any) -> Any:
    """Return a setting, typed as its value: what a class declares is what its instances have."""
    return Setting(read, **about)


class Settings:
    """Every setting; the name in the environment is the field's in capitals."""

    kirotodo_home: Path | None = _of(
        setting.optional(setting.path),
        default=None,
        description="One folder for data, configuration and state; the system's own folders where unset.",
    )
    database_url: str = _of(
        setting.text,
        default_factory=_default_database_url,
        description="The database: SQLite in the data folder unless set; postgresql:// URLs work too.",
    )
    environment: Literal["development", "production"] = _of(
        setting.one_of("development", "production", short={"dev": "development", "prod": "production"}),
        default="development",
        description="development or production.",
    )
    timezone: str = _of(
        lambda value: known_zone(setting.text(value)),
        default_factory=lambda _: _machine_zone(),
        description="IANA time zone for due days and times.",
    )

    better_auth_secret: Secret | None = _of(
        setting.optional(setting.secret), default=None, description="Secret that signs tokens; at least 32 characters."
    )
    better_auth_secret_previous: Secret | None = _of(
        setting.optional(setting.secret),
        default=None,
        description="The previous secret, still accepted during a change.",
    )
    better_auth_url: str | None = _of(
        setting.optional(_web_address),
        default=None,
        description="URL of an issuer whose published keys verify tokens, instead of the server's own accounts.",
    )

    openai_api_key: Secret | None = _of(
        setting.optional(setting.secret), default=None, description="API key of an OpenAI-compatible model service."
    )
    openai_base_url: str | None = _of(
        setting.optional(setting.text), default=None, description="Base URL of that service, if it isn't OpenAI's own."
    )
    openai_model: str = _of(setting.stripped, default="gpt-4.1-mini", description="The model of that service to use.")
    openai_api: Literal["chat", "responses"] = _of(
        setting.one_of("chat", "responses"),
        default="chat",
        description="chat, which every such service supports, or responses, OpenAI's newer API.",
    )
    openai_reasoning_effort: str | None = _of(
        setting.optional(setting.lowered),
        default=None,
        description="How hard a reasoning model thinks, in the service's words: low, medium, high …",
    )
    model: str | None = _of(
        setting.optional(setting.stripped),
        default=None,
        description="The model that answers: by default the one of OPENAI_MODEL if it is configured, else built-in.",
    )
    models: tuple[ModelProfile, ...] = _of(
        setting.as_it_is, default=(), description="Models to choose from: [models.NAME] tables, in config.toml only."
    )
    fallback_to_builtin: bool = _of(
        setting.flag, default=True, description="Let the built-in model answer when the chosen one is down."
    )
    agent_timeout: float = _of(setting.number(gt=0, le=3600), default=30.0, description="Seconds a turn may take.")
    max_conversation_history: int = _of(
        setting.whole(ge=1, le=1000), default=20, description="How many of the newest messages a model is sent."
    )

    account_deletion_days: int = _of(
        setting.whole(ge=0, le=365),
        default=14,
        description="Days before an account is deleted; until then its user can cancel that.",
    )
    cors_origins: tuple[str, ...] = _of(
        setting.comma_list, default=(), description="Web origins that may call the server, separated by commas."
    )
    forwarded_allow_ips: tuple[str, ...] = _of(
        _proxies,
        default=("127.0.0.1",),
        description="Proxies trusted to report the client's address: addresses or networks, or how many there are.",
    )
    api_docs: bool | None = _of(
        lambda value: None if value == "" or value is None else setting.flag(value),
        default=None,
        description="Whether to serve /docs and /openapi.json; only in development unless set.",
    )
    drain_timeout: float = _of(
        setting.number(ge=0, le=3600), default=8.0, description="Seconds a stopping server waits for turns to finish."
    )
    drain_delay: float = _of(
        setting.number(ge=0, le=300),
        default=0.0,
        description="Seconds a stopping server goes on as before, but not ready, so that a proxy stops sending to it.",
    )
    rate_limit: int = _of(
        setting.whole(ge=1),
        default=60,
        description="Turns a user may start per minute; ten times as many for other requests.",
    )
    rate_limit_burst: int = _of(
        setting.whole(ge=1), default=10, description="How many of these may come within one second."
    )
    rate_limit_storage: str = _of(
        _counting_place,
        default="memory",
        description="Where requests are counted: memory, or a redis:// or valkey:// address.",
    )
    max_tasks: int = _of(
        setting.whole(ge=1), default=200_000, description="Tasks a user's list may hold, not counting deleted ones."
    )
    max_bytes_per_user: int = _of(
        setting.whole(ge=10_000),
        default=1_000_000_000,
        description="Bytes of text a user may store: tasks, their history, messages and turns.",
    )
    request_timeout: float = _of(
        setting.number(gt=0, le=3600),
        default=20.0,
        description="Seconds within which a request must arrive; large bodies get more.",
    )
    max_connections: int = _of(
        setting.whole(ge=16, le=1_000_000), default=4000, description="Connections a server process keeps open at once."
    )
    streams_per_user: int = _of(
        setting.whole(ge=1), default=30, description="Event streams a user may keep open per server process."
    )
    webhook_private_networks: tuple[str, ...] = _of(
        _networks,
        default=(),
        description="Private networks that webhooks and notifications may go to; by default only public addresses.",
    )
    events_url: Secret | None = _of(
        _event_stream,
        default=None,
        description="Where every change is published: a redis://, valkey:// or kafka:// address.",
    )
    metrics: bool = _of(
        setting.flag,
        default=True,
        description="Whether to serve /metrics; set false where nothing keeps it from the public.",
    )
    sentry_dsn: Secret | None = _of(
        setting.optional(setting.secret), default=None, description="Sentry DSN to which the server reports errors."
    )
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = _of(
        setting.one_of("DEBUG", "INFO", "WARNING", "ERROR", by=lambda value: setting.stripped(value).upper()),
        default="INFO",
        description="DEBUG, INFO, WARNING or ERROR.",
    )
    log_format: Literal["console", "json"] = _of(
        setting.one_of("console", "json"), default="console", description="console for people, json for log collectors."
    )
    db_pool_size: int = _of(
        setting.whole(ge=1, le=1000), default=10, description="PostgreSQL connections a process keeps."
    )
    db_pooler: Literal["none", "transaction"] = _of(
        setting.one_of("none", "transaction"),
        default="none",
        description="transaction behind a pooler such as PgBouncer in transaction mode.",
    )

    next_weekday: Literal["week", "first"] = _of(
        setting.one_of("week", "first"),
        default="week",
        description='"next friday" is the friday of the next calendar week (week), or the first after today (first).',
    )
    weekend: Literal["friday", "saturday"] = _of(
        setting.one_of("friday", "saturday"), default="saturday", description='The day on which "this weekend" begins.'
    )
    week_start: Literal["monday", "sunday"] = _of(
        setting.one_of("monday", "sunday"), default="monday", description="The first day of a week."
    )
    open_steps: Literal["ask", "complete"] = _of(
        setting.one_of("ask", "complete"),
        default="ask",
        description="What completing a task with open steps does: ask first, or complete them with it.",
    )
    day_first: bool = _of(setting.flag, default=False, description="Read 3/4 as 3 April rather than March 4.")
    bare_hour_from: int = _of(
        setting.whole(ge=0, le=23),
        default=7,
        description='The earliest hour that a bare "at 5" can mean: from 7 on, it is 17:00.',
    )
    morning: dt.time = _of(setting.clock, default=dt.time(9), description='The time that "morning" means.')
    noon: dt.time = _of(setting.clock, default=dt.time(12), description='The time that "noon" means.')
    afternoon: dt.time = _of(setting.clock, default=dt.time(15), description='The time that "afternoon" means.')
    evening: dt.time = _of(setting.clock, default=dt.time(18), description='The time that "evening" means.')
    night: dt.time = _of(setting.clock, default=dt.time(20), description='The time that "night" means.')
    end_of_day: dt.time = _of(setting.clock, default=dt.time(17), description='The time that "by end of day" means.')

    remind_before: int | None = _of(
        setting.lead,
        default=None,
        description="Remind so long before the time of a new task, such as 10 minutes or 1 hour; off by default.",
    )
    keys: dict[str, str] = _of(
        setting.as_it_is, default={}, description="Keys of the chat, by action: a table [keys], in config.toml only."
    )
    commands: dict[str, str] = _of(
        setting.as_it_is,
        default={},
        description="Slash commands of your own, by name: a table [commands], in config.toml only.",
    )

    fields: ClassVar[Mapping[str, Setting]]
    """Every setting by its name."""
    _sources: dict[str, str]
    _keys: dict[str, str]

    def __init__(self, **given: Any) -> None:
        """Take these values, and the defaults for the rest. Raise `ConfigError` where one is wrong."""
        self._fill({name: (value, ARGUMENT) for name, value in given.items()})

    def _fill(self, found: "Found") -> None:
        if faults := self._take(found):
            raise ConfigError("\n".join(faults))

    def _take(self, found: "Found") -> list[str]:
        """Take these values, and the default in the place of a wrong one; return a sentence for each of those."""
        unknown = found.keys() - self.fields.keys()
        if unknown:
            raise ConfigError(f"There is no setting {', '.join(sorted(unknown))}.")
        values: dict[str, Any] = {}
        faults = []
        for name, field in self.fields.items():
            try:
                values[name] = field.read(found[name][0]) if name in found else field.default_after(values)
            except ValueError as error:
                values[name] = field.default_after(values)
                faults.append(_fault(name, *found[name], what_would_do=str(error)))
        sources = {name: place for name, (_, place) in found.items()}
        vars(self).update(values, _sources=sources, _keys={})
        return faults

    def __setattr__(self, name: str, value: object) -> NoReturn:
        raise AttributeError(f"settings never change, so {name} cannot be set")

    def replaced(self, **changes: Any) -> Self:
        """Return the same settings with some changed."""
        found = {name: (getattr(self, name), place) for name, place in self._sources.items()}
        return self._filled({**found, **{name: (value, ARGUMENT) for name, value in changes.items()}}, keys=self._keys)

    @classmethod
    def _filled(cls, found: "Found", *, keys: Mapping[str, str]) -> Self:
        settings = cls.__new__(cls)
        settings._fill(found)
        settings._keys.update(keys)
        return settings

    @classmethod
    def load(cls, *, env_file: EnvFile | None = None, **overrides: Any) -> Self:
        """Return the settings of this process; `overrides` win over every source, and the environment over
        `env_file`.

        Raise `ConfigError` with one sentence per error: the key, where it came from and what is allowed.
        """
        settings, faults = cls.checked(env_file=env_file, **overrides)
        if faults:
            raise ConfigError("\n".join(faults))
        return settings

    @classmethod
    def checked(cls, *, env_file: EnvFile | None = None, **overrides: Any) -> tuple[Self, list[str]]:
        """As `load`, with the defaults in the place of what is wrong, and the sentences about that."""
        found = _environment_values(cls, env_file)
        home = overrides.get("kirotodo_home", found.get("kirotodo_home", (None, ""))[0])
        in_file, faults = _file_values(cls, _config_path(Path(home) if home else None))
        found = {**in_file, **found, **{key: (value, ARGUMENT) for key, value in overrides.items()}}
        settings = cls.__new__(cls)
        faults += settings._take(found)
        if env_file is not None:
            named = [profile.key_env for profile in settings.models if profile.key_env]
            settings._keys.update({name: env_file.values[name] for name in named if name in env_file.values})
        if not faults:
            faults += settings._model_faults()
        return settings, faults

    def sources(self) -> dict[str, str]:
        """Return where each value came from: environment, a file's name, the path of config.toml, argument, or
        default.
        """
        return {name: self._sources.get(name, DEFAULT) for name in self.fields}

    def key_in(self, variable: str) -> str | None:
        """Return the model key in a variable of the environment or of the file that the settings were read from."""
        return os.environ.get(variable, "").strip() or self._keys.get(variable, "").strip() or None

    def shown(self) -> dict[str, str]:
        """Return each value as it may be shown: secrets and passwords hidden, "" where nothing is set."""
        return {name: self._shown(name) for name in self.fields}

    def _shown(self, name: str) -> str:
        match getattr(self, name):
            case None:
                return ""
            case Secret():
                return MASK
            case dt.time() as clock:
                return f"{clock:%H:%M}"
            case bool() as flag:
                return "true" if flag else "false"
            case dict() as table:
                return ", ".join(f"{key}={value}" for key, value in table.items())
            case tuple() as values:
                return ",".join(hide_secrets(one.name if isinstance(one, ModelProfile) else one) for one in values)
            case value:
                return hide_secrets(str(value))

    def profiles(self) -> tuple[ModelProfile, ...]:
        """Return the configured models, that of the OPENAI_ settings first, without the built-in one."""
        first = self._profile_of_openai()
        rest = tuple(profile for profile in self.models if first is None or profile.name != first.name)
        return rest if first is None else (first, *rest)

    @property
    def default_model(self) -> str:
        """Return the name of the model that answers unless the user chooses another."""
        first = self._profile_of_openai()
        return self.model or (first.name if first is not None else BUILT_IN)

    def _profile_of_openai(self) -> ModelProfile | None:
        key = self.openai_api_key.get_secret_value().strip() if self.openai_api_key else ""
        address = (self.openai_base_url or "").strip()
        if not key and not address:
            return None
        name = self.openai_model.strip()
        profile = next((profile for profile in self.models if profile.name == name), None)
        return replace(
            profile or ModelProfile(name=name, model=name),
            model=name,
            base_url=address or None,
            api=self.openai_api,
            effort=self.openai_reasoning_effort,
            key_env=None,
            from_environment=True,
        )

    def _model_faults(self) -> list[str]:
        if any(profile.name == BUILT_IN for profile in self.profiles()):
            return [f"OPENAI_MODEL can't be {BUILT_IN}. Name a model of the service, or set MODEL={BUILT_IN} instead."]
        known = (*(profile.name for profile in self.profiles()), BUILT_IN)
        if self.default_model in known:
            return []
        near = _nearest(self.default_model, known, cutoff=0.5)
        hint = f"did you mean {near[0]}?" if near else f"it should be one of {', '.join(known)}."
        place = _place(self.sources()["model"], "model")
        return [f"MODEL={self.default_model} ({place}) isn't a configured model: {hint}"]

    @property
    def zone(self) -> ZoneInfo:
        """Return the time zone."""
        return ZoneInfo(self.timezone)

    @property
    def data_dir(self) -> Path:
        """Return the folder of the database."""
        return _folder(self.kirotodo_home, "data")

    @property
    def config_dir(self) -> Path:
        """Return the folder of config.toml."""
        return _folder(self.kirotodo_home, "config")

    @property
    def state_dir(self) -> Path:
        """Return the folder of the client's state."""
        return _folder(self.kirotodo_home, "state")

    @property
    def config_path(self) -> Path:
        """Return the path of config.toml."""
        return self.config_dir / "config.toml"

    @property
    def state_path(self) -> Path:
        """Return the path of the terminal client's state between runs: drafts, history, panes."""
        return self.state_dir / "state.json"


Settings.fields = {name: each for name, each in vars(Settings).items() if isinstance(each, Setting)}
SECRETS: Final = frozenset({"better_auth_secret", "better_auth_secret_previous", "openai_api_key", "sentry_dsn"})
"""Settings whose value is shown nowhere."""
Found = dict[str, tuple[Any, str]]
"""The values that are given and where each comes from."""
TABLES: Final = ("models", "keys", "commands")
"""Settings that are tables of config.toml, and in no environment."""


def default_config_path(env_file: EnvFile | None = None) -> Path:
    """Return where `config.toml` is expected, even if the settings cannot be loaded."""
    home = _environment_values(Settings, env_file).get("kirotodo_home", (None, ""))[0]
    return _config_path(Path(home) if home else None)


def _config_path(home: Path | None) -> Path:
    return _folder(setting.path(home) if home is not None else None, "config") / "config.toml"


def _environment_values(cls: type[Settings], env_file: EnvFile | None) -> Found:
    values: Found = {}
    if env_file is not None:
        given = {name: env_file.setting(name) for name in cls.fields}
        values.update({name: (value, env_file.name) for name, value in given.items() if value is not None})
    given_here = {name.lower(): value for name, value in os.environ.items() if value}
    values.update({name: (given_here[name], ENVIRONMENT) for name in cls.fields if name in given_here})
    for table in TABLES:
        values.pop(table, None)
    return values


def _file_values(cls: type[Settings], path: Path) -> tuple[Found, list[str]]:
    """Return the values of a file, and a sentence for each that is left out since it is wrong."""
    try:
        content = _content(path)
    except ConfigError as error:
        return {}, [error.message]
    readers: dict[str, Callable[[Any], Any]] = {
        "models": lambda table: profiles_from(table, place=str(path)),
        "keys": lambda table: _keys_from(table, path=path),
        "commands": lambda table: _commands_from(table, path=path),
    }
    found: Found = {}
    faults: list[str] = []
    for name, read in readers.items():
        try:
            if table := read(content.pop(name, {})):
                found[name] = (table, str(path))
        except ConfigError as error:
            faults += error.message.splitlines()
    scalars = {key.lower(): value for key, value in content.items() if not isinstance(value, dict)}
    faults += [_unknown(cls, path, key) for key in scalars if key not in cls.fields or key == "kirotodo_home"]
    faults += [_unknown_table(path, key) for key, value in content.items() if isinstance(value, dict)]
    if isinstance(scalars.get("database_url"), str):
        scalars["database_url"] = _beside(path, scalars["database_url"])
    known = {key: value for key, value in scalars.items() if key in cls.fields and key != "kirotodo_home"}
    return {key: (value, str(path)) for key, value in known.items()} | found, faults


def _content(path: Path) -> dict[str, Any]:
    try:
        found = path.read_bytes()
    except (FileNotFoundError, NotADirectoryError):
        return {}
    except OSError as error:
        raise ConfigError(f"{path} can't be read: {error.strerror or error}.") from None

    import tomllib  # most people have no such file

    try:
        return tomllib.loads(found.decode("utf-8-sig"))
    except UnicodeDecodeError:
        raise ConfigError(f"{path} isn't UTF-8 text. Save it as UTF-8, or run `kirotodo config edit`.") from None
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(f"{path} isn't valid TOML: {_lower_first(str(error))}. Fix that line.") from None


def _keys_from(table: Any, *, path: Path, within: str = "") -> dict[str, str]:
    """Return the keys of each action, in words: `tasks.done = "x"` is a table in a table for TOML."""
    if not isinstance(table, dict):
        place = f"{path}{at_line(path, 'keys')}"
        raise ConfigError(f'{place}: keys are a table [keys] with lines such as "tasks.done" = "space x".')
    found: dict[str, str] = {}
    faults: list[str] = []
    for word, value in table.items():
        name = f"{within}{word}"
        if isinstance(value, dict):
            try:
                found |= _keys_from(value, path=path, within=f"{name}.")
            except ConfigError as error:
                faults.append(error.message)
        elif isinstance(value, str):
            found[name] = value
        elif isinstance(value, list) and all(isinstance(key, str) for key in value):
            found[name] = " ".join(value)
        else:
            place = f"{path}{at_line(path, f'keys.{name}')}"
            faults.append(f'{place}: the keys of {name} are text, such as "{name}" = "ctrl+t".')
    if faults:
        raise ConfigError("\n".join(faults))
    return found


def _commands_from(table: Any, *, path: Path) -> dict[str, str]:
    """Return the prompts of the user's own slash commands by their names, which are written small."""
    if not isinstance(table, dict):
        place = f"{path}{at_line(path, 'commands')}"
        raise ConfigError(f'{place}: commands are a table [commands] with lines such as buy = "add {{args}} to shop".')
    faults = []
    for name, prompt in table.items():
        place = f"{path}{at_line(path, f'commands.{name}')}"
        if not re.fullmatch(r"[A-Za-z][A-Za-z0-9_-]{0,29}", name):
            faults.append(f"{place}: /{name} can't be a command. Use letters, digits and dashes, a letter first.")
        elif not isinstance(prompt, str) or not prompt.strip():
            faults.append(f'{place}: the command {name} is the text it sends, such as {name} = "what is due today?".')
    if faults:
        raise ConfigError("\n".join(faults))
    return {name.lower(): prompt.strip() for name, prompt in table.items()}


def _beside(path: Path, url: str) -> str:
    """The address of a database with a SQLite file that is named without its folder taken to lie beside config.toml:
    else it would be another list in every folder."""
    relative = re.fullmatch(r"(sqlite[^:]*:///)(?![/\\~:]|file:|[A-Za-z]:)(.+)", url.strip())
    return f"{relative[1]}{(path.parent / relative[2]).as_posix()}" if relative else url


def _nearest(word: str, known: Iterable[str], *, cutoff: float = 0.6) -> list[str]:
    """Return the one of `known` that a word is a slip for, in a list that may be empty."""
    from difflib import get_close_matches

    return get_close_matches(word, list(known), n=1, cutoff=cutoff)


def _unknown(cls: type[Settings], path: Path, key: str) -> str:
    place = f"{path}{at_line(path, key)}"
    if key == "kirotodo_home":
        return f"{place} sets kirotodo_home, which only the environment can set. Remove it."
    near = _nearest(key, cls.fields)
    return f"{place} contains {key}, which isn't a setting" + (f": did you mean {near[0]}?" if near else ": remove it.")


def _unknown_table(path: Path, table: str) -> str:
    if table == "model":
        return f"{path}{at_line(path, 'model', 'model.model')} has a table [model]. Name it [models.NAME]."
    near = _nearest(table, TABLES)
    hint = f"did you mean [{near[0]}]?" if near else f"there are {', '.join(f'[{known}]' for known in TABLES)}."
    return f"{path}{at_line(path, table)} has a table [{table}], which means nothing here: {hint}"


def _fault(name: str, value: object, place: str, *, what_would_do: str) -> str:
    shown = "" if name in SECRETS else f"={hide_secrets(str(value))}"
    return f"{name.upper()}{shown} ({_place(place, name)}) isn't valid: {what_would_do}."


def _place(source: str, name: str) -> str:
    if source == ENVIRONMENT:
        return "from the environment"
    return f"from {source}{at_line(source, name) if source.endswith('.toml') else ''}"


def _lower_first(text: str) -> str:
    return text[:1].lower() + text[1:]
