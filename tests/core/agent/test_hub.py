"""Viewers in memory: bounded, never waited for."""

import pytest

from kirotodo.core.agent.hub import VIEWER_QUEUE, EventHub
from kirotodo.core.events import TextDelta, TurnEvent


def delta(seq: int) -> TurnEvent:
    return TextDelta(turn_id="t", seq=seq, step=0, attempt=0, text="x")


async def test_a_viewer_gets_what_was_published_while_it_watched() -> None:
    hub = EventHub()
    hub.publish("t", [delta(1)])
    with hub.viewer("t") as viewer:
        hub.publish("t", [delta(2), delta(3)])
        hub.publish("other", [delta(4)])
        await viewer.wait(None)
        assert [event.seq for event in viewer.take()] == [2, 3]
        assert viewer.take() == ()


async def test_a_slow_viewer_is_told_to_read_on_elsewhere_and_holds_no_more() -> None:
    hub = EventHub()
    with hub.viewer("t") as viewer:
        for seq in range(VIEWER_QUEUE + 1):
            hub.publish("t", [delta(seq)])
        assert viewer.behind
        assert viewer.take() == ()


async def test_waiting_has_an_end() -> None:
    with EventHub().viewer("t") as viewer:
        await viewer.wait(0.001)
        assert viewer.take() == ()


async def test_a_failure_reaches_viewers() -> None:
    hub = EventHub()
    with hub.viewer("t") as viewer:
        hub.fail("t", OSError("disk"))
        await viewer.wait(None)
        assert isinstance(viewer.error, OSError)


@pytest.mark.parametrize("user", ["a", "b"])
async def test_list_viewers_hear_their_own_user(user: str) -> None:
    hub = EventHub()
    with hub.list_viewer(user) as changed:
        hub.list_changed("a")
        assert changed.is_set() == (user == "a")
