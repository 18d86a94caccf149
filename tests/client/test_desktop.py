"""Notifications of the desktop, over a real bus: what a server of notifications is asked to show, and what it says."""

import sys
from collections.abc import AsyncIterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from kirotodo.client.desktop import Action, DBusDesktop, Notice, NotifierDesktop
from tests.client.notification_server import Recorder, message_bus_at, recorder_on
from tests.waiting import until

Chosen = list[tuple[int, Action]]


@pytest.fixture
async def bus(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[str]:
    async with message_bus_at(tmp_path) as address:
        monkeypatch.setenv("DBUS_SESSION_BUS_ADDRESS", address)
        yield address


@pytest.fixture
async def recorder(bus: str) -> AsyncIterator[Recorder]:
    async with recorder_on(bus) as recording:
        yield recording


@pytest.fixture
def chosen() -> Chosen:
    return []


@pytest.fixture
async def desktop(bus: str, chosen: Chosen) -> AsyncIterator[DBusDesktop]:
    async def choose(task_id: int, action: Action) -> None:
        chosen.append((task_id, action))

    made = DBusDesktop(choose)
    yield made
    await made.aclose()


async def test_a_task_is_shown_with_what_can_be_done(desktop: DBusDesktop, recorder: Recorder, chosen: Chosen) -> None:
    assert await desktop.show(Notice(title="call Jane", body="due today, 12:00", task_id=7))
    [shown] = recorder.shown
    assert (shown["app"], shown["title"], shown["body"]) == ("kirotodo", "call Jane", "due today, 12:00")
    assert shown["actions"] == ["done", "Done", "snooze", "Snooze 10 minutes"]
    await recorder.press(1, "snooze")
    await recorder.press(1, "done")
    await recorder.press(99, "done")  # somebody else's notification
    await recorder.press(1, "explode")
    await until(lambda: len(chosen) >= 2)
    assert chosen == [(7, "snooze"), (7, "done")]


async def test_text_cannot_be_markup_or_control_the_desktop(desktop: DBusDesktop, recorder: Recorder) -> None:
    title = "<b>pay</b>\x1b]0;owned\x07 [/] & rent\u202e\n<img src=x>"
    assert await desktop.show(Notice(title=title, body=title, task_id=1))
    [shown] = recorder.shown
    assert shown["title"] == "<b>pay</b> [/] & rent <img src=x>"  # plain text by the specification
    assert shown["body"] == "&lt;b&gt;pay&lt;/b&gt; [/] &amp; rent &lt;img src=x&gt;"


async def test_a_server_without_actions_is_offered_none(desktop: DBusDesktop, recorder: Recorder) -> None:
    recorder.capabilities = ["body"]
    assert await desktop.show(Notice(title="a < b", body="a < b", task_id=1))
    assert (recorder.shown[0]["actions"], recorder.shown[0]["body"]) == ([], "a < b")


async def test_without_a_server_of_notifications_nothing_is_accepted(desktop: DBusDesktop, bus: str) -> None:
    assert not await desktop.show(Notice(title="call", task_id=1))
    async with recorder_on(bus) as late:  # the desktop came up later
        await until(lambda: True)
        assert await desktop.show(Notice(title="call", task_id=1))
        assert len(late.shown) == 1


@pytest.mark.parametrize("address", [None, "unix:path=/nowhere/bus", "nonsense"])
async def test_without_a_bus_nothing_is_accepted(
    monkeypatch: pytest.MonkeyPatch, chosen: Chosen, address: str | None
) -> None:
    monkeypatch.delenv("DBUS_SESSION_BUS_ADDRESS", raising=False)
    if address is not None:
        monkeypatch.setenv("DBUS_SESSION_BUS_ADDRESS", address)

    async def choose(task_id: int, action: Action) -> None:
        chosen.append((task_id, action))

    desktop = DBusDesktop(choose)
    assert not await desktop.show(Notice(title="call"))
    await desktop.aclose()


class _FakeNotifier:
    sent: list[dict[str, Any]] = []

    def __init__(self, app_name: str) -> None:
        self.app_name = app_name

    async def send(self, **given: Any) -> None:
        if given["title"] == "refused":
            raise RuntimeError("not allowed")
        self.sent.append(given)


class _Button:
    def __init__(self, title: str, on_pressed: Any) -> None:
        self.title = title
        self.on_pressed = on_pressed


async def test_desktop_notifier_is_used_where_there_is_no_bus(monkeypatch: pytest.MonkeyPatch, chosen: Chosen) -> None:
    module = ModuleType("desktop_notifier")
    module.__dict__.update(Button=_Button, DesktopNotifier=_FakeNotifier)
    monkeypatch.setitem(sys.modules, "desktop_notifier", module)

    async def choose(task_id: int, action: Action) -> None:
        chosen.append((task_id, action))

    desktop = NotifierDesktop(choose)
    assert await desktop.show(Notice(title="call\x1b[2J", body="due", task_id=3))
    [sent] = _FakeNotifier.sent
    assert (sent["title"], sent["message"]) == ("call", "due")
    assert [button.title for button in sent["buttons"]] == ["Done", "Snooze 10 minutes"]
    sent["buttons"][0].on_pressed()
    await until(lambda: chosen == [(3, "done")])
    assert not await desktop.show(Notice(title="refused"))
    monkeypatch.setitem(sys.modules, "desktop_notifier", None)
    assert not await NotifierDesktop(choose).show(Notice(title="call"))
