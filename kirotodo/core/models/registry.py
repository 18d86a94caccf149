"""The models to choose from, built from the settings; each is made on first use."""

import asyncio
from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing
from dataclasses import replace
from typing import Final
from urllib.parse import urlsplit

from kirotodo.core.addresses import host_of, is_this_machine
from kirotodo.core.backend import ModelChoice
from kirotodo.core.errors import ConfigError, InvalidInput, ModelError, OperatorError
from kirotodo.core.language.types import Preferences
from kirotodo.core.model_profiles import BUILT_IN, ModelProfile, is_web_address
from kirotodo.core.models.builtin.model import BuiltinModel
from kirotodo.core.models.fallback import FallbackModel
from kirotodo.core.models.keys import KeyStore, checked_key
from kirotodo.core.models.model import Model, ModelEvent, ModelRequest
from kirotodo.core.models.openai.errors import Source
from kirotodo.core.models.openai.model import OPENAI_URL, STALL_SECONDS, Endpoint, OpenAIModel
from kirotodo.core.settings import Settings

NO_KEY: Final = "not needed"
"""What a server of one's own is sent where no key is set: the SDK insists on one."""


def model_from(settings: Settings, *, preferences: Preferences) -> Model:
    """Return the model that `settings` name. Raise `ConfigError` if its address or key is invalid."""
    endpoint = endpoint_from(settings)
    if endpoint is None:
        return BuiltinModel(preferences=preferences)
    return model_at(endpoint, settings, preferences=preferences)


def model_at(endpoint: Endpoint, settings: Settings, *, preferences: Preferences) -> Model:
    """Return the model at `endpoint`, with the built-in one as its fallback where `settings` allow."""
    patience = max(STALL_SECONDS, settings.agent_timeout * 2 / 3)
    model = OpenAIModel(endpoint, stall_seconds=patience)
    return FallbackModel(model, BuiltinModel(preferences=preferences)) if settings.fallback_to_builtin else model


def endpoint_from(settings: Settings) -> Endpoint | None:
    """Return the endpoint of the OPENAI_ settings, or None where they are not set.

    A server at another address may do without a key.
    """
    key = settings.openai_api_key.get_secret_value().strip() if settings.openai_api_key else ""
    address = (settings.openai_base_url or "").strip()
    if not key and not address:
        return None
    if not key.isascii() or not key.isprintable() or " " in key:
        raise ConfigError(
            "OPENAI_API_KEY contains characters that no key has. Copy it again, without quotes or spaces."
        )
    return Endpoint(
        model=settings.openai_model,
        api_key=key or NO_KEY,
        base_url=address_of_api(address) if address else OPENAI_URL,
        api=settings.openai_api,
        effort=settings.openai_reasoning_effort,
    )


def address_of_api(text: str) -> str:
    """Return the base URL without the paths of single requests, which people often copy along."""
    if not is_web_address(text):
        raise ConfigError("OPENAI_BASE_URL should be a web address such as http://localhost:11434/v1.")
    for path in ("/chat/completions", "/responses"):
        text = text.rstrip("/").removesuffix(path)
    return text


LOCAL: Final = "local"


class ModelRegistry:
    """The models that `settings` name, and the built-in one. `default`, if given, replaces their default."""

    def __init__(self, settings: Settings, *, preferences: Preferences, default: Model | None = None) -> None:
        self._settings = settings
        self._preferences = preferences
        self._made: dict[str, Model] = {} if default is None else {default.name: default}
        self.default = settings.default_model if default is None else default.name
        self._profiles = {profile.name: profile for profile in settings.profiles()}

    def choices(self) -> tuple[ModelChoice, ...]:
        """Return the models to choose from, the default one first."""
        return choices(self._settings, default=self.default)

    def version_of(self, name: str) -> str | None:
        """Return what its service calls the model of this name; None where it is not configured any more."""
        return next((choice.model for choice in self.choices() if choice.name == name), None)

    def model(self, name: str | None = None) -> Model:
        """Return the model of this name, or the default.

        Raise `InvalidInput`, or `ConfigError` if its key is invalid.
        """
        wanted = self.default if name is None else name
        if wanted not in self._made:
            self._made[wanted] = self._make(wanted)
        return self._made[wanted]

    def of_turn(self, name: str) -> Model:
        """Return the model that began a stored turn. One that is no longer configured raises when it is used."""
        try:
            return self.model(name)
        except InvalidInput:
            return _absent(
                name,
                f"The model {name!r}, which began this answer, is no longer configured. Your message is kept: "
                "send it again to have another model answer.",
            )
        except ConfigError as fault:
            return _absent(name, f"{fault.message} Your message is kept.")

    async def aclose(self) -> None:
        """Close the models that were made."""
        for model in self._made.values():
            await model.aclose()

    def _make(self, name: str) -> Model:
        if name == BUILT_IN:
            return BuiltinModel(preferences=self._preferences)
        profile = self._profiles.get(name)
        if profile is None:
            known = ", ".join(choice.name for choice in self.choices())
            raise InvalidInput(f"There is no model {name!r}. Choose one of: {known}.")
        if profile.from_environment:
            return self._at(endpoint_of(profile, self._settings))
        return LazyModel(name, lambda: self._at(endpoint_of(profile, self._settings)))

    def _at(self, endpoint: Endpoint) -> Model:
        return model_at(endpoint, self._settings, preferences=self._preferences)


def choices(settings: Settings, *, default: str | None = None) -> tuple[ModelChoice, ...]:
    """Return the models to choose from, the default one first: that of `settings` unless `default` names another."""
    first = settings.default_model if default is None else default
    found = {first: ModelChoice(name=first, model=first, place=LOCAL)}
    found |= {profile.name: _choice(profile) for profile in settings.profiles()}
    found[BUILT_IN] = ModelChoice(name=BUILT_IN, model=BUILT_IN, place=LOCAL)
    return (replace(found.pop(first), default=True), *found.values())


def endpoint_of(profile: ModelProfile, settings: Settings) -> Endpoint:
    """Return the endpoint of `profile`, with its key. May block on the keyring for two seconds.

    Raise `ModelError` where the key is needed and missing, `ConfigError` where the OPENAI_ settings are wrong.
    """
    endpoint = endpoint_from(settings) if profile.from_environment else None
    if endpoint is not None:
        return endpoint
    return Endpoint(
        name=profile.name,
        model=profile.model,
        api_key=_key(profile, settings),
        base_url=address_of_api(profile.base_url) if profile.base_url else OPENAI_URL,
        api=profile.api,
        effort=profile.effort,
        source=Source(
            model=profile.model,
            key=profile.key_env or f"its key (kirotodo config key {profile.name})",
            name=f"model in [models.{profile.name}] of config.toml",
            address=f"base_url in [models.{profile.name}] of config.toml",
            effort=f"effort in [models.{profile.name}] of config.toml",
        ),
    )


def _key(profile: ModelProfile, settings: Settings) -> str:
    if profile.key_env is not None:
        key = settings.key_in(profile.key_env)
        where = f"set {profile.key_env} to it"
    else:
        key = _stored_key(profile, settings)
        where = f"run: kirotodo config key {profile.name}"
    if key is not None:
        try:
            return checked_key(key)
        except InvalidInput as fault:
            raise ModelError(f"The key of the model {profile.name}: {fault.message}", retryable=False) from None
    if profile.key_env is None and profile.base_url is not None:
        return NO_KEY
    raise ModelError(f"The model {profile.name} needs a key: {where}. Your message is kept.", retryable=False)


def _stored_key(profile: ModelProfile, settings: Settings) -> str | None:
    """From the keyring. A service on this machine may do without, so that a keyring in disorder does not stand in its
    way."""
    try:
        return KeyStore(settings.config_dir).read(profile.name)
    except (ModelError, OperatorError) as fault:
        if profile.base_url and is_this_machine(host_of(profile.base_url)):
            return None
        raise ModelError(f"{fault.message} Your message is kept.") from None


def _choice(profile: ModelProfile) -> ModelChoice:
    return ModelChoice(
        name=profile.name,
        model=profile.model,
        place=urlsplit(profile.base_url or OPENAI_URL).netloc.rpartition("@")[2],
        input_price=profile.input_price,
        output_price=profile.output_price,
        cached_price=profile.cached_price,
        currency=profile.currency,
    )


class LazyModel:
    """A model that is connected, in a thread, on first use; an error from that fails the turn."""

    def __init__(self, name: str, connect: Callable[[], Model]) -> None:
        self.name = name
        self._connect = connect
        self._model: Model | None = None

    async def stream(self, request: ModelRequest) -> AsyncGenerator[ModelEvent, None]:
        """Stream one step. See `Model.stream`."""
        if self._model is None:
            connected = await asyncio.to_thread(self._connect)
            self._model = self._model or connected
        async with aclosing(self._model.stream(request)) as events:
            async for event in events:
                yield event

    async def aclose(self) -> None:
        """Close the model if it was connected."""
        if self._model is not None:
            await self._model.aclose()


def _absent(name: str, why: str) -> LazyModel:
    """Stands in for a model that began a turn and cannot be had any more."""

    def connect() -> Model:
        raise ModelError(why)

    return LazyModel(name, connect)
