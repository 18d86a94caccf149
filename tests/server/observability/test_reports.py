"""Errors reach a real receiver, and nothing that anybody wrote goes with them."""

import json
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
import sentry_sdk

from kirotodo.core.local import Core
from kirotodo.core.models.scripted import Fail, ScriptedModel
from kirotodo.core.settings import Settings
from kirotodo.server.observability import sentry
from tests.contract.harness import say
from tests.server.observability.receiver import Receiver


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with Receiver().serving() as serving:
        yield serving
    sentry_sdk.init(None, default_integrations=False, auto_enabling_integrations=False)


def settings(tmp_path: Path, dsn: str | None) -> Settings:
    return Settings(
        kirotodo_home=tmp_path,
        database_url=f"sqlite:///{tmp_path / 'list.db'}",
        timezone="UTC",
        sentry_dsn=dsn,
    )


def events(receiver: Receiver) -> list[dict[str, Any]]:
    found = []
    for _, body in receiver.wait():
        lines = body.split(b"\n")
        found += [json.loads(line) for header, line in pairwise(lines[1:]) if b'"event"' in header]
    return found


async def test_an_error_is_reported_without_a_word_of_the_user(tmp_path: Path, receiver: Receiver) -> None:
    model = ScriptedModel([Fail(error=ValueError("cannot read 'hunter2'"))])
    configured = settings(tmp_path, f"http://public@{receiver.address}/7")
    assert sentry.start(configured)
    core = await Core.open(configured, model=model)
    sent, _ = await say(core.of("ann"), "my password is hunter2")
    await core.aclose()
    sentry.stop()
    [event] = events(receiver)
    assert event["exception"]["values"][-1]["type"] == "ValueError"
    assert event["tags"]["turn_id"] == sent.turn_id
    assert event["tags"]["user_id"] == "ann"
    assert event["logentry"] == {"message": "turn %s failed"}
    assert b"hunter2" not in b"".join(body for _, body in receiver.posts)


def test_nothing_is_sent_where_nothing_is_configured(tmp_path: Path) -> None:
    assert not sentry.start(settings(tmp_path, None))
