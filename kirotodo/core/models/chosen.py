"""Which model the settings ask for: a model service where one is configured, else the built-in one."""

from typing import Final

from kirotodo.core.errors import ConfigError
from kirotodo.core.language.types import Preferences
from kirotodo.core.models.builtin import BuiltinModel
from kirotodo.core.models.fallback import FallbackModel
from kirotodo.core.models.model import Model
from kirotodo.core.models.openai import OPENAI_URL, STALL_SECONDS, Endpoint, OpenAIModel
from kirotodo.core.profiles import is_web_address
from kirotodo.core.settings import Settings

NO_KEY: Final = "not needed"
"""What a server of one's own is sent where no key is set: the SDK insists on one."""


def model_from(settings: Settings, *, preferences: Preferences) -> Model:
    """The model that `settings` name. Raises `ConfigError` on an address or a key that can be none."""
    endpoint = endpoint_from(settings)
    if endpoint is None:
        return BuiltinModel(preferences=preferences)
    return model_at(endpoint, settings, preferences=preferences)


def model_at(endpoint: Endpoint, settings: Settings, *, preferences: Preferences) -> Model:
    """The model at `endpoint`, with the built-in one behind it where `settings` allow."""
    patience = max(STALL_SECONDS, settings.agent_timeout * 2 / 3)
    model = OpenAIModel(endpoint, stall_seconds=patience)
    return FallbackModel(model, BuiltinModel(preferences=preferences)) if settings.fallback_to_builtin else model


def endpoint_from(settings: Settings) -> Endpoint | None:
    """The model service, None where none is configured. A server of one's own may do without a key."""
    key = settings.openai_api_key.get_secret_value().strip() if settings.openai_api_key else ""
    address = (settings.openai_base_url or "").strip()
    if not key and not address:
        return None
    if not key.isascii() or not key.isprintable() or " " in key:
        raise ConfigError("OPENAI_API_KEY holds characters that no key has: copy it again, without quotes or spaces.")
    return Endpoint(
        model=settings.openai_model,
        api_key=key or NO_KEY,
        base_url=address_of_api(address) if address else OPENAI_URL,
        api=settings.openai_api,
        effort=settings.openai_reasoning_effort,
    )


def address_of_api(text: str) -> str:
    """`text` without the paths of single requests, which people copy along."""
    if not is_web_address(text):
        raise ConfigError("OPENAI_BASE_URL should be a web address such as http://localhost:11434/v1.")
    for path in ("/chat/completions", "/responses"):
        text = text.rstrip("/").removesuffix(path)
    return text
