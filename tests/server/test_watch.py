"""A server looks after turns whose process died, though nobody asks for them."""

from pathlib import Path

import pytest

from kirotodo.core.agent.runner import TurnRunner
from kirotodo.core.models.scripted import ScriptedModel
from kirotodo.core.settings import Settings
from kirotodo.server.app import create_app


async def test_a_server_keeps_watch_while_it_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    watching: list[TurnRunner] = []
    monkeypatch.setattr(TurnRunner, "keep_watch", lambda runner: watching.append(runner))
    settings = Settings(
        kirotodo_home=tmp_path, database_url=f"sqlite:///{tmp_path / 'list.db'}", better_auth_secret="s" * 32
    )
    app = create_app(settings, model=ScriptedModel())
    async with app.router.lifespan_context(app):
        assert watching == [app.state.core.runner]
