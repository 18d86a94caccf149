"""What `doctor` finds out about the model that answers by default: with one tiny real question, unless told not to."""

import asyncio
from typing import TYPE_CHECKING

from kirotodo.core.errors import KirotodoError
from kirotodo.server.commands.checks import Check, State

if TYPE_CHECKING:
    from kirotodo.core.model_profiles import ModelProfile
    from kirotodo.core.models.openai.probe import Found
    from kirotodo.core.settings import Settings


def check_model(settings: "Settings", *, offline: bool) -> Check:
    """Whether the model can be reached, streams and calls tools. Only a configured one is asked."""
    name = settings.default_model
    profile = next((profile for profile in settings.profiles() if profile.name == name), None)
    if profile is None:
        return Check(name="model", state="ok", detail=f"{name}, no network")
    known = f"{profile.model} ({profile.name})" if profile.name != profile.model else profile.model
    if offline:
        return Check(name="model", state="ok", detail=f"{known}, not asked")
    try:
        found = asyncio.run(_asked(profile, settings))
    except KirotodoError as error:
        return Check(
            name="model", state="bad", detail=f"{known}: {error.message.replace(' Your message is kept.', '')}"
        )
    state, detail = _told(found)
    return Check(name="model", state=state, detail=f"{known} {detail}")


async def _asked(profile: "ModelProfile", settings: "Settings") -> "Found":
    from kirotodo.core.models.openai.model import OpenAIModel
    from kirotodo.core.models.openai.probe import probe
    from kirotodo.core.models.registry import endpoint_of

    model = OpenAIModel(endpoint_of(profile, settings))
    try:
        return await probe(model, zone=settings.zone)
    finally:
        await model.aclose()


def _told(found: "Found") -> "tuple[State, str]":
    tokens = found.usage.input_tokens + found.usage.output_tokens
    cost = f"{tokens} tokens" if tokens else "it did not say how many tokens"
    answered = f"answered after {found.began:.1f} s, done after {found.ended:.1f} s, {cost}"
    if not found.called:
        return "warn", f"{answered}; it did not call the tool it was given, as it must to change your list"
    match found.pieces:
        case 0:
            return "ok", f"{answered}; it calls tools (it said nothing else, so whether it streams was not seen)"
        case 1:
            return "warn", f"{answered}; it calls tools, but its text came in one piece: it does not stream"
        case _:
            return "ok", f"{answered}; it streams and calls tools"
