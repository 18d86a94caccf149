"""Model profiles: the tables `[models.NAME]` of config.toml as values, and the errors for wrong ones."""

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final, Literal, cast
from urllib.parse import urlsplit

from kirotodo.core.errors import ConfigError
from kirotodo.core.lazy_dataclasses import dataclass
from kirotodo.core.text.patterns import pattern
from kirotodo.core.toml_lines import at_line

BUILT_IN: Final = "built-in"
"""The name of the model that is always there; no profile may have it."""
NAME_MAX: Final = 40

_FOR_MODELS: Final = pattern(
    r"[A-Z]\w{0,70}_API_KEY|KIROTODO_\w{0,70}KEY|AZURE_OPENAI_KEY|HF_TOKEN|REPLICATE_API_TOKEN|WATSONX_APIKEY",
    re.ASCII,
)
"""Keys of models as nearly every provider calls its own, those of kirotodo, and the few that are called otherwise."""

Api = Literal["chat", "responses"]


@dataclass(frozen=True, kw_only=True, slots=True)
class ModelProfile:
    """A model as it is configured.

    `key_env` names the environment variable that holds the key, which must be one meant for models; without it the
    key is in the system keyring. Prices are per million tokens. `from_environment`: made from `OPENAI_API_KEY`,
    `OPENAI_BASE_URL` and `OPENAI_MODEL`.
    """

    name: str
    model: str
    base_url: str | None = None
    api: Api = "chat"
    effort: str | None = None
    key_env: str | None = None
    input_price: float | None = None
    output_price: float | None = None
    cached_price: float | None = None
    currency: str = "$"
    from_environment: bool = False


def profiles_from(tables: object, *, place: str) -> tuple[ModelProfile, ...]:
    """Return the profiles of the table `models` in the file `place`.

    Raise `ConfigError` with a sentence for each error.
    """
    if not isinstance(tables, Mapping) or not all(isinstance(table, Mapping) for table in tables.values()):
        where = f"{place}{at_line(place, 'models')}"
        raise ConfigError(f'{where}: models are tables, such as [models.fast] with a line model = "…" below it.')
    faults = [fault for name, table in tables.items() for fault in _faults(name, table, place)]
    if faults:
        raise ConfigError("\n".join(faults))
    return tuple(_profile(name, table) for name, table in tables.items())


def _profile(name: str, table: Mapping[str, Any]) -> ModelProfile:
    values: dict[str, Any] = {key: value.strip() if isinstance(value, str) else value for key, value in table.items()}
    if "api" in values:
        values["api"] = cast(Api, values["api"].lower())
    return ModelProfile(name=name, **values)


def _faults(name: str, table: Mapping[str, Any], place: str) -> Iterator[str]:
    def where(key: str = "") -> str:
        found = at_line(place, *((f"models.{name}.{key}",) if key else ()), f"models.{name}")
        return f"{place}{found}, [models.{name}]"

    if name == BUILT_IN:
        yield f"{where()}: the name {BUILT_IN} is reserved for the built-in model; choose another."
    elif not re.fullmatch(rf"[A-Za-z0-9-]{{1,{NAME_MAX}}}", name):
        yield f"{where()}: a name holds letters, digits and dashes, {NAME_MAX} at most."
    if any(isinstance(value, Mapping) for value in table.values()):
        yield f"{where()}: a dot in a name begins another table; write a dash instead."
        return
    for key, value in table.items():
        takes = FIELDS.get(key)
        if takes is None:
            from difflib import get_close_matches

            near = get_close_matches(key, FIELDS, n=1)
            yield f"{where(key)} contains {key}, which isn't a setting of a model" + (
                f": did you mean {near[0]}?" if near else ": remove it."
            )
        elif not takes.fits(value):
            yield f"{where(key)}: {key} should be {takes.words}."
    if "model" not in table:
        yield f'{where()} needs a line model = "…": what the service calls it.'
    if ("input_price" in table) != ("output_price" in table) or (
        "cached_price" in table and "input_price" not in table
    ):
        yield f"{where()}: input_price and output_price go together, and cached_price goes with them."


@dataclass(frozen=True, slots=True)
class _Field:
    words: str
    fits: Callable[[Any], bool]


def _is_text(value: object) -> bool:
    return isinstance(value, str) and value.isprintable() and 0 < len(value.strip()) <= 200


def _is_price(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value < 1e9


def is_for_models(variable: str) -> bool:
    """Return whether a variable of this name may be sent to a model service as its key.

    A line of config.toml must not be able to send other secrets of the environment anywhere.
    """
    return bool(_FOR_MODELS.fullmatch(variable.upper()))


def is_web_address(value: object) -> bool:
    """Return whether `value` is an http(s) address of a host."""
    if not isinstance(value, str) or not _is_text(value):
        return False
    try:
        parts = urlsplit(value.strip())
        return parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        return False


_PRICE: Final = _Field("a number, the price of a million tokens", _is_price)
FIELDS: Final[Mapping[str, _Field]] = {
    "model": _Field("what the service calls the model, in quotes", _is_text),
    "base_url": _Field('a web address such as "http://localhost:11434/v1"', is_web_address),
    "api": _Field('"chat" or "responses"', lambda value: str(value).strip().lower() in ("chat", "responses")),
    "effort": _Field('a word such as "low", "medium" or "high"', _is_text),
    "key_env": _Field(
        "the name of a variable for a model's key, not a key: one that ends in _API_KEY, or KIROTODO_…_KEY",
        lambda value: isinstance(value, str) and is_for_models(value.strip()),
    ),
    "input_price": _PRICE,
    "output_price": _PRICE,
    "cached_price": _PRICE,
    "currency": _Field('a sign or a word such as "$" or "EUR"', lambda value: _is_text(value) and len(value) <= 8),
}
