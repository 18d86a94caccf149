"""What the chat does before its first frame, and when the focus moves, is counted: styles, widgets, drawings."""

from collections import Counter
from functools import partial
from typing import Any

import pytest
from textual import events
from textual._compositor import Compositor
from textual.app import App, ComposeResult
from textual.color import Color
from textual.css.stylesheet import Stylesheet
from textual.dom import DOMNode
from textual.widget import Widget

from kirotodo.client.tui.stylesheet import ThemedStylesheet
from tests.client.tui.chat_host import Chat, backend_of, chatting

SIZES = ((120, 40), (80, 24), (45, 14))
"""With the tasks beside the conversation, with one of the two at a time, and with little room."""


def count_styles(monkeypatch: pytest.MonkeyPatch) -> Counter[DOMNode]:
    """Count from now on how often each node gets its styles."""
    applied: Counter[DOMNode] = Counter()
    apply = Stylesheet.apply

    def counted(sheet: Stylesheet, node: DOMNode, **options: Any) -> None:
        applied[node] += 1
        apply(sheet, node, **options)

    monkeypatch.setattr(Stylesheet, "apply", counted)
    return applied


@pytest.mark.parametrize("size", SIZES)
async def test_each_widget_of_a_new_chat_is_styled_once(monkeypatch: pytest.MonkeyPatch, size: tuple[int, int]) -> None:
    applied = count_styles(monkeypatch)
    async with chatting(backend_of(), size=size) as chat:
        shown = list(chat.screen.walk_children(Widget))
        again = {widget.id or type(widget).__name__ for widget in shown if applied[widget] > 1}
        # The focus, and whether lines are shown or hidden, change what Textual itself has in these.
        assert again <= {"composer", "slash", "transcript", "entries", "examples", "late", "today"}
        assert sum(applied.values()) < 80


async def test_what_is_not_on_the_first_screen_is_not_mounted() -> None:
    async with chatting(backend_of(), size=(120, 40)) as chat:
        mounted = {type(widget).__name__ for widget in chat.screen.walk_children(Widget)}
        assert not mounted & {"Button", "Input", "FilterField", "WeekGrid"}


def _is_focus_lost(chat: Chat, is_lost: bool) -> bool:
    return (chat.focused is None) is is_lost


async def test_the_focus_of_the_window_restyles_only_what_loses_or_gets_it(monkeypatch: pytest.MonkeyPatch) -> None:
    async with chatting(backend_of(), size=(120, 40)) as chat:
        for event, is_lost in ((events.AppBlur(), True), (events.AppFocus(), False)):
            with monkeypatch.context() as patch:
                applied = count_styles(patch)
                chat.app.post_message(event)
                await chat.until(partial(_is_focus_lost, chat, is_lost))
                await chat.pilot.pause()
            assert {widget for widget in applied if isinstance(widget, Widget)} == {chat.composer}
        asking = {
            each.selectors[-1].name
            for rule in chat.app.stylesheet.rules
            for each in rule.selector_set
            if any(
                one.name in {"App", "KirotodoApp"} and one.pseudo_classes & {"blur", "focus"} for one in each.selectors
            )
        }
        assert asking <= {"HeaderTitle"}  # the rule of a widget of Textual's that is nowhere here


async def test_a_move_of_the_focus_draws_only_what_loses_or_gets_it(monkeypatch: pytest.MonkeyPatch) -> None:
    async with chatting(backend_of(), size=(120, 40)) as chat:
        drawn: list[Compositor] = []
        draw = Compositor.render_full_update

        def counted(compositor: Compositor, **options: bool) -> Any:
            drawn.append(compositor)
            return draw(compositor, **options)

        monkeypatch.setattr(Compositor, "render_full_update", counted)
        chat.screen.action_focus_tasks()
        await chat.until(lambda: chat.screen.view.tasks.has_focus_within)
        await chat.pilot.pause()
        assert not drawn


class Gauge(Widget):
    """A widget with two parts, one of which is drawn."""

    COMPONENT_CLASSES = {"needle", "dial"}

    def render(self) -> str:
        self.seen = self.get_component_styles("needle").color
        return ""


async def test_a_part_is_styled_once_it_is_drawn_and_with_its_widget_from_then_on() -> None:
    class Host(App[None]):
        CSS = "Gauge { height: 1; & > .needle { color: red; } &.-on > .needle { color: blue; } }"

        def __init__(self) -> None:
            super().__init__()
            self.stylesheet = ThemedStylesheet(variables=self.get_css_variables())

        def compose(self) -> ComposeResult:
            yield Gauge()

    async with Host().run_test() as pilot:
        gauge = pilot.app.query_one(Gauge)
        assert gauge.seen == Color.parse("red")
        assert list(gauge._component_styles) == ["needle"]
        gauge.add_class("-on")
        await pilot.pause()
        assert gauge.seen == Color.parse("blue")
        with pytest.raises(KeyError, match="pointer"):
            gauge.get_component_styles("pointer")
