"""Choosing the model in the chat: /model, the palette, what is remembered, and what the first line says of it."""

from collections.abc import Sequence
from pathlib import Path
from typing import Final

import pytest
from textual.command import DiscoveryHit, Hit

from kirotodo.client.state import ClientState, Outgoing
from kirotodo.client.testing.script import Hold, ScriptedTurn, done, fail, say
from kirotodo.client.testing.scripted_backend import ScriptedBackend
from kirotodo.client.tui.model_picker import about, cost_of, named
from kirotodo.client.tui.screens.palette import KirotodoCommands
from kirotodo.client.tui.widgets.header import chip
from kirotodo.client.tui.widgets.slash_popup import SlashPopup
from kirotodo.core.backend import ModelChoice, Status
from kirotodo.core.domain.conversation import Usage
from kirotodo.core.errors import StorageBusy
from tests.client.tui.chat_host import backend_of, chatting
from tests.client.tui.list_host import HOSTILE, NOW

BUILT_IN: Final = ModelChoice(name="built-in", model="built-in", place="local", default=True)
FAST: Final = ModelChoice(name="fast", model="small-1", place="models.example", input_price=1.0, output_price=4.0)
BIG: Final = ModelChoice(name="big", model="big-2", place="localhost:1")
MODELS: Final = (BUILT_IN, FAST, BIG)
USED: Final = Usage(input_tokens=1_000_000, output_tokens=250_000)


def choosing(*answers: str, models: Sequence[ModelChoice] = MODELS) -> ScriptedBackend:
    turns = [ScriptedTurn(beats=[say(answer), done(usage=USED)]) for answer in answers]
    return ScriptedBackend(clock=lambda: NOW, turns=turns, models=models)


async def test_model_lists_them_and_enter_chooses() -> None:
    backend = choosing("one", "two")
    async with chatting(backend, size=(110, 24)) as chat:
        await chat.say("first")
        await chat.wait_for("kiro  one")
        await chat.say("/model")
        await chat.wait_for("built-in", "fast", "small-1 · models.example · $1 / 4 a million tokens", "big")
        await chat.press("down", "enter")
        await chat.wait_for("local · fast · ")
        assert "fast answers from now on." in chat.toasts()
        assert chat.draft == ""
        await chat.say("second")
        await chat.wait_for("kiro  two")
    assert backend.requested_models == [None, "fast"]


async def test_letters_narrow_the_names_and_tab_completes() -> None:
    async with chatting(choosing()) as chat:
        await chat.write("/model bi")
        await chat.until(lambda: chat.screen.query_one(SlashPopup).open)
        assert "fast" not in chat.text
        await chat.press("tab")
        assert chat.draft == "/model big"
        await chat.press("enter")
        await chat.wait_for("local · big · ")


async def test_the_default_one_can_be_chosen_back() -> None:
    backend = choosing("one")
    async with chatting(backend) as chat:
        await chat.say("/model FAST ")
        await chat.wait_for("local · fast · ")
        await chat.say("/model built-in")
        await chat.wait_for("local · built-in · ")
        await chat.say("hi")
        await chat.wait_for("kiro  one")
    assert backend.requested_models == [None]


async def test_an_unknown_name_is_told_and_changes_nothing() -> None:
    async with chatting(choosing()) as chat:
        await chat.say("/model fst-9")
        await chat.until(chat.toasts)
        assert chat.toasts() == ["There is no model fst-9. Choose one of: built-in, fast, big."]
        assert chat.screen.models.chosen is None


async def test_where_there_is_no_choice_it_says_so() -> None:
    async with chatting(backend_of()) as chat:
        await chat.say("/model")
        await chat.press("enter")
        await chat.until(chat.toasts)
        assert "only one model" in chat.toasts()[0]


async def test_a_running_turn_keeps_its_model_and_a_waiting_message_gets_the_new_one() -> None:
    turns = [ScriptedTurn(beats=[Hold(), say("one")]), ScriptedTurn(beats=[say("two")])]
    backend = ScriptedBackend(clock=lambda: NOW, turns=turns, models=MODELS)
    async with chatting(backend) as chat:
        await chat.say("first")
        await chat.until(lambda: backend.sent)
        await chat.say("second")
        await chat.say("/model big")
        await chat.wait_for("local · big · ")
        backend.release()
        await chat.wait_for("kiro  one", "kiro  two")
    assert backend.requested_models == [None, "big"]


async def test_the_choice_is_there_again_at_the_next_start(tmp_path: Path) -> None:
    path = tmp_path / "state.json"
    async with chatting(choosing(), state_path=path) as chat:
        await chat.say("/model fast")
        await chat.wait_for("local · fast · ")
    backend = choosing("one")
    async with chatting(backend, state_path=path) as chat:
        await chat.wait_for("local · fast · ")
        await chat.say("hi")
        await chat.wait_for("kiro  one")
    assert backend.requested_models == ["fast"]


async def test_one_asked_for_at_the_start_is_for_this_time(tmp_path: Path) -> None:
    path = tmp_path / "state.json"
    async with chatting(choosing(), state_path=path, model="big") as chat:
        await chat.wait_for("local · big · ")
    assert ClientState(path).model is None


async def test_one_that_is_not_there_any_more_gives_way_to_the_default(tmp_path: Path) -> None:
    path = tmp_path / "state.json"
    state = ClientState(path)
    state.model = "gone"
    state.save()
    async with chatting(choosing(), state_path=path) as chat:
        await chat.until(chat.toasts)
        assert chat.toasts() == ["There is no model gone here, so built-in answers."]
        await chat.wait_for("local · built-in · ")
    assert ClientState(path).model is None


async def test_the_palette_chooses_too() -> None:
    async with chatting(choosing()) as chat:
        provider = KirotodoCommands(chat.screen)
        offered = [hit.text async for hit in provider.discover() if isinstance(hit, DiscoveryHit)]
        assert offered[-3:] == ["built-in", "fast", "big"]
        (hit,) = [hit async for hit in provider.search("model: fa") if isinstance(hit, Hit)]
        hit.command()
        await chat.wait_for("local · fast · ")


@pytest.mark.parametrize("name", HOSTILE)
async def test_no_name_can_hurt_the_screen(name: str) -> None:
    name = f"x{name}"
    evil = ModelChoice(name=name, model=name, place=name, currency=name[:3] or "$", input_price=1, output_price=1)
    async with chatting(choosing(models=(BUILT_IN, evil))) as chat:
        await chat.write("/model ")
        await chat.until(lambda: chat.screen.query_one(SlashPopup).open)
        await chat.press("down", "enter")
        await chat.until(chat.toasts)
        assert "\x1b" not in chat.text


async def test_models_that_cannot_be_told_are_a_toast_at_most() -> None:
    backend = choosing("one")
    backend.break_down("models", StorageBusy("The list is busy."))
    async with chatting(backend) as chat:
        await chat.until(chat.toasts)
        await chat.say("hi")
        await chat.wait_for("kiro  one")


async def test_a_message_that_was_on_its_way_goes_to_the_model_it_was_for(tmp_path: Path) -> None:
    path = tmp_path / "state.json"
    state = ClientState(path)
    state.post(Outgoing(text="hi", request_key="k", model="big"))
    state.save()
    backend = choosing("one")
    async with chatting(backend, state_path=path) as chat:
        await chat.wait_for("kiro  one")
    assert backend.requested_models == ["big"]


# --- what it costs ---


async def test_the_first_line_says_tokens_and_cost() -> None:
    async with chatting(choosing("one", "two"), size=(120, 24)) as chat:
        await chat.say("/model fast")
        await chat.say("first")
        await chat.wait_for("local · fast · 0 open · 1250k tokens · $2.00")
        await chat.say("/model big")
        await chat.say("second")
        await chat.wait_for("local · big · 0 open · 2500k tokens · $2.00")


async def test_an_answer_that_failed_costs_too() -> None:
    backend = ScriptedBackend(
        clock=lambda: NOW, turns=[ScriptedTurn(beats=[say("hm"), fail("No.", usage=USED)])], models=MODELS
    )
    async with chatting(backend, size=(110, 24)) as chat:
        await chat.say("/model fast")
        await chat.wait_for("local · fast · ")
        await chat.say("hi")
        await chat.wait_for("1250k tokens · $2.00")


def used(model: str, usage: Usage = USED) -> tuple[str, Usage]:
    return model, usage


EURO: Final = ModelChoice(name="e", model="e", place="x", input_price=0.1, output_price=0, currency="EUR")


@pytest.mark.parametrize(
    ("usage", "cost"),
    [
        ([], ""),
        ([used("built-in", Usage())], ""),
        ([used("big")], ""),
        ([used("nobody")], ""),
        ([used("fast", Usage())], ""),
        ([used("fast"), used("fast")], "$4.00"),
        ([used("fast"), used("e")], "$2.00 + EUR 0.10"),
        ([used("fast", Usage(input_tokens=1234))], "$0.0012"),
        ([used("fast", Usage(input_tokens=1))], "$0.0001"),
    ],
)
def test_what_answers_cost(usage: list[tuple[str, Usage]], cost: str) -> None:
    assert cost_of(usage, (*MODELS, EURO)) == cost


@pytest.mark.parametrize(
    ("width", "shown"),
    [
        (60, "local · fast · 3 open · 1250k tokens · $2.00"),
        (40, "local · fast · 3 open · $2.00"),
        (20, "local · 3 open"),
    ],
)
def test_where_room_is_scarce_the_tokens_go_first(width: int, shown: str) -> None:
    status = Status(link="local", place="local", model="built-in", user="local", pending=3)
    assert chip(status, USED, width=width, model="fast", cost="$2.00").plain == shown


def test_finding_a_model_and_telling_of_it() -> None:
    other = ModelChoice(name="Fast", model="x", place="y")
    assert named("fast", (other, FAST)) is FAST
    assert named("FAST", (BUILT_IN, other)) is other
    assert named("fas", MODELS) is None
    assert about(BUILT_IN) == "local · default"
    assert about(EURO) == "x · EUR 0.1 / 0 a million tokens"
