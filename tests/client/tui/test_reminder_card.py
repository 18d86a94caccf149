"""A reminder that rings in the chat: a card with done, snooze and open, the bell, a notification of the terminal."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, timedelta

import pytest

from kirotodo.client.testing.scripted_backend import ScriptedBackend
from kirotodo.client.tui.terminal_notice import notification
from kirotodo.client.tui.widgets.reminder_card import ReminderCard
from kirotodo.core.backend import LinkChanged, ListChanged
from kirotodo.core.domain.reminder import Claimed
from tests.client.tui.chat_host import Chat, backend_of, chatting
from tests.client.tui.list_host import HOSTILE, NOW, SAMPLE

DUE = NOW.astimezone(UTC) - timedelta(minutes=1)


def reminding(*titles: str, late: bool = False) -> ScriptedBackend:
    backend = backend_of()
    moment = DUE - timedelta(days=1) if late else DUE
    backend.take([replace(SAMPLE[0], id=n, title=title, remind_at=moment) for n, title in enumerate(titles, 50)], ())
    return backend


def card(chat: Chat) -> ReminderCard:
    return chat.screen.query_one(ReminderCard)


@pytest.mark.parametrize("how", ["key", "mouse"])
@pytest.mark.parametrize("choice", ["done", "snooze", "open"])
async def test_what_is_chosen_is_done(choice: str, how: str) -> None:
    backend = reminding("call Jane")
    before = backend.pending
    async with chatting(backend) as chat:
        await chat.wait_for("Reminder", "50 call Jane", "d done", "z snooze", "o open")
        assert chat.composer.has_focus  # nobody is interrupted in writing
        if how == "mouse":
            await chat.pilot.click(f"#remind-{choice}")
        else:
            card(chat).focus()
            await chat.press({"done": "d", "snooze": "z", "open": "o"}[choice])
        await chat.until(lambda: not card(chat).display)
        if choice == "done":
            await chat.until(lambda: backend.pending == before - 1)
            assert (await backend.task(50)).completed
        elif choice == "snooze":
            later = backend.clock() + timedelta(minutes=10)
            await chat.until(lambda: backend._tasks[50].remind_at == later)
        else:
            await chat.until(lambda: len(chat.app.screen_stack) > 1)
            assert backend.pending == before
        await chat.idle()


async def test_it_rings_once_and_several_wait_their_turn() -> None:
    backend = reminding("one", "two")
    async with chatting(backend) as chat:
        await chat.wait_for("50 one", "1 more")
        card(chat).focus()
        await chat.press("escape")
        await chat.wait_for("51 two")
        await chat.press("escape")
        await chat.until(lambda: not card(chat).display and chat.composer.has_focus)
        assert (await backend.claim_reminders("other")).items == ()
        await chat.idle()


async def test_what_is_settled_elsewhere_goes_away() -> None:
    backend = reminding("call Jane")
    async with chatting(backend) as chat:
        await chat.wait_for("50 call Jane")
        await backend.complete_tasks([50])
        await chat.until(lambda: not card(chat).display)
        await chat.idle()


async def test_what_was_missed_says_so() -> None:
    async with chatting(reminding("call Jane", late=True)) as chat:
        await chat.wait_for("50 call Jane", "missed")
        await chat.idle()


async def test_one_that_is_set_while_the_chat_is_open_rings() -> None:
    backend = backend_of()
    async with chatting(backend) as chat:
        backend.take([replace(SAMPLE[0], id=50, title="set elsewhere", remind_at=DUE)], ())
        await chat.wait_for("Reminder", "50 set elsewhere")
        await chat.idle()


class SlowToFollow(ScriptedBackend):
    """A list that another program sets a reminder in after the first look, and before its changes are followed."""

    def __init__(self) -> None:
        super().__init__(clock=lambda: NOW, tasks=SAMPLE)
        self._looked = asyncio.Event()

    async def claim_reminders(self, owner: str, *, limit: int = 50) -> Claimed:
        claimed = await super().claim_reminders(owner, limit=limit)
        self._looked.set()
        return claimed

    async def changes(self, *, after: int | None = None) -> AsyncIterator[ListChanged | LinkChanged]:
        await self._looked.wait()
        self.take([replace(SAMPLE[0], id=50, title="set in between", remind_at=DUE)], ())
        async for change in super().changes(after=after):
            yield change


async def test_one_that_is_set_before_changes_are_followed_rings() -> None:
    async with chatting(SlowToFollow()) as chat:
        await chat.wait_for("Reminder", "50 set in between")
        await chat.idle()


async def test_hostile_titles_are_shown_as_text() -> None:
    async with chatting(reminding(*HOSTILE)) as chat:
        await chat.until(lambda: card(chat).display)
        assert "\x1b" not in chat.text
        await chat.idle()


TITLE = "a;b\x1b]52;c;ZXZpbA==\x07\x1b\\\x9d9;x\x9c\u202e\nnext"


@pytest.mark.parametrize(
    ("environ", "sequence"),
    [
        ({"TERM": "xterm-kitty"}, "\x1b]99;i=kirotodo:e=1;YTtiIG5leHQ=\x1b\\"),
        ({"TERM_PROGRAM": "WezTerm"}, "\x1b]9;kirotodo: a;b next\x1b\\"),
        ({"TERM": "foot"}, "\x1b]777;notify;kirotodo;a,b next\x1b\\"),
        ({"TERM": "foot", "TMUX": "x"}, "\x1bPtmux;\x1b\x1b]777;notify;kirotodo;a,b next\x1b\x1b\\\x1b\\"),
        ({"TERM": "linux"}, ""),
    ],
)
def test_a_terminal_gets_the_one_sequence_it_knows_and_no_title_ends_it(environ: dict[str, str], sequence: str) -> None:
    assert notification(TITLE, environ) == sequence
