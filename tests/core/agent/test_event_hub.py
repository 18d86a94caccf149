"""Viewers in memory: bounded, never waited for."""

from collections.abc import Sequence

import pytest

from kirotodo.core.agent.event_hub import LIST_QUEUE, VIEWER_QUEUE, EventHub, ListViewer
from kirotodo.core.backend import ListChanged
from kirotodo.core.events import EncodedEvent, TextDelta


def delta(seq: int) -> EncodedEvent:
    return EncodedEvent.of(TextDelta(turn_id="t", seq=seq, step=0, attempt=0, text="x"))


async def test_a_viewer_gets_what_was_published_while_it_watched() -> None:
    hub = EventHub()
    hub.keep("ann", "t", before=0, events=[delta(1)])
    with hub.viewer("ann", "t", after=1) as viewer:
        hub.publish("t", [delta(2), delta(3)])
        hub.publish("other", [delta(4)])
        await viewer.wait()
        assert [event.seq for event in viewer.take()] == [2, 3]
        assert viewer.take() == ()


async def test_a_viewer_who_comes_later_gets_what_memory_holds() -> None:
    hub = EventHub()
    hub.keep("ann", "t", before=0, events=[delta(1)])
    hub.publish("t", [delta(2), delta(3)])
    for after, last_seen in ((0, [1, 2, 3]), (2, [3]), (3, [])):
        with hub.viewer("ann", "t", after=after) as viewer:
            assert not viewer.behind
            assert [event.seq for event in viewer.take()] == last_seen


async def test_the_database_must_tell_what_memory_does_not_hold() -> None:
    hub = EventHub()
    hub.keep("ann", "taken over", before=7)
    with hub.viewer("ann", "taken over", after=6) as viewer:
        assert viewer.behind
    hub.keep("ann", "long", before=0)
    for seq in range(1, VIEWER_QUEUE + 3):
        hub.publish("long", [delta(seq)])
    with hub.viewer("ann", "long", after=1) as viewer:
        assert viewer.behind
    with hub.viewer("ann", "long", after=2) as viewer:
        assert [event.seq for event in viewer.take()] == list(range(3, VIEWER_QUEUE + 3))
    hub.forget("long")
    with hub.viewer("ann", "long", after=2) as viewer:
        assert viewer.behind


async def test_memory_tells_nobody_of_anothers_turn() -> None:
    hub = EventHub()
    hub.keep("ann", "t", before=0, events=[delta(1)])
    with hub.viewer("bob", "t", after=0) as viewer:
        assert viewer.behind
        assert viewer.take() == ()


async def test_a_slow_viewer_is_told_to_read_on_elsewhere_and_holds_no_more() -> None:
    hub = EventHub()
    hub.keep("ann", "t", before=0)
    with hub.viewer("ann", "t", after=0) as viewer:
        for seq in range(VIEWER_QUEUE):
            hub.publish("t", [delta(seq)])
        assert (viewer.behind, len(viewer.take())) == (False, VIEWER_QUEUE)
        for seq in range(VIEWER_QUEUE + 1):
            hub.publish("t", [delta(seq)])
        assert viewer.behind
        assert viewer.take() == ()


async def test_viewers_who_have_not_seen_it_all_hear_that_a_turn_has_grown() -> None:
    hub = EventHub()
    with hub.viewer("ann", "t", after=3) as late, hub.viewer("ann", "t", after=7) as early:
        late.behind = early.behind = False
        assert hub.turns_elsewhere == [("ann", "t")]
        assert not hub.grown("t", 3)
        assert hub.grown("t", 7)
        await late.wait()
        assert (late.behind, early.behind) == (True, False)
        hub.keep("ann", "t", before=7)
        assert hub.turns_elsewhere == []
    assert not hub.grown("t", 8)


async def test_a_failure_reaches_viewers() -> None:
    hub = EventHub()
    with hub.viewer("ann", "t", after=0) as viewer:
        hub.fail("t", OSError("disk"))
        await viewer.wait()
        assert isinstance(viewer.error, OSError)


@pytest.mark.parametrize("user", ["a", "b"])
async def test_list_viewers_hear_their_own_user(user: str) -> None:
    hub = EventHub()
    with hub.list_viewer(user) as changed:
        hub.list_changed("a")
        assert changed.is_set() == (user == "a")


def _news(revision: int) -> ListChanged:
    return ListChanged(revision=revision, pending=revision)


def test_changes_of_this_process_that_follow_one_another_are_told_from_memory() -> None:
    viewer = ListViewer()
    viewer.offer(_news(6))
    viewer.offer(_news(5))
    assert viewer.is_set()
    assert viewer.after(4) == [_news(5), _news(6)]
    assert not viewer.is_set()
    assert viewer.after(6) == []


@pytest.mark.parametrize(
    "told",
    [
        pytest.param((_news(5), _news(7)), id="another process wrote in between"),
        pytest.param((_news(5), None), id="too much changed to be kept"),
        pytest.param(tuple(map(_news, range(5, 6 + LIST_QUEUE))), id="the viewer is slow"),
    ],
)
def test_where_memory_has_a_gap_the_database_is_read(told: Sequence[ListChanged | None]) -> None:
    viewer = ListViewer()
    for news in told:
        viewer.offer(news)
    assert viewer.after(4) is None
    assert viewer.after(7) == []


def test_a_revision_that_was_seen_needs_no_look_at_the_database() -> None:
    viewer = ListViewer()
    viewer.offer(_news(5))
    viewer.grown(5)
    assert viewer.after(4) == [_news(5)]
    viewer.grown(5)
    assert viewer.after(5) == []
    viewer.grown(6)
    assert viewer.after(5) is None
