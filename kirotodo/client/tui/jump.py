"""What one can jump to on a screen: everything in sight that takes the focus, each row of a list by itself."""

from collections.abc import Callable, Iterable, Iterator
from functools import partial
from typing import Any, Final, Protocol, TypeAlias, runtime_checkable

from textual.errors import NoWidget
from textual.geometry import Offset
from textual.screen import Screen
from textual.widget import Widget
from textual.widgets import OptionList

from kirotodo.core.lazy_dataclasses import dataclass

LETTERS: Final = "asdfjklghqwertyuiopzxcvbnm"
"""Those under the fingers first."""
Place: TypeAlias = tuple[Offset, Callable[[], object]]


@runtime_checkable
class HasPlaces(Protocol):
    """A widget with several places to go to."""

    def places(self) -> Iterable[Place]:
        """Return where each place lies in the content of the widget, in cells, and what goes there."""
        ...


@dataclass(frozen=True, slots=True)
class Target:
    """Something to jump to: where it is on the screen, and what goes there."""

    at: Offset
    go: Callable[[], object]


def targets(screen: Screen[Any]) -> list[Target]:
    """Return everything in sight that one can go to, from top to bottom."""
    found = [target for widget in screen.walk_children(Widget) for target in _of(screen, widget)]
    return sorted(found, key=lambda target: (target.at.y, target.at.x))


def labels(count: int) -> list[str]:
    """Return so many labels, of one letter each, or of two each where there are not letters enough."""
    if count <= len(LETTERS):
        return list(LETTERS[:count])
    return [first + second for first in LETTERS for second in LETTERS][:count]


def _of(screen: Screen[Any], widget: Widget) -> Iterator[Target]:
    rows = list(_rows(widget))
    if not rows and not widget.focusable:
        return
    try:
        seen = screen.find_widget(widget).visible_region
    except NoWidget:
        return
    content = widget.content_region.offset
    places = [(content + offset, go) for offset, go in rows] or [
        (seen.offset + _border(widget), partial(_focus, widget))
    ]
    for at, go in places:
        if seen.contains_point(at) and _is_in_sight(screen, widget, at):
            yield Target(at, go)


def _border(widget: Widget) -> Offset:
    border = widget.styles.border.spacing
    return Offset(border.left, border.top)


def _rows(widget: Widget) -> Iterable[Place]:
    if isinstance(widget, HasPlaces):
        return widget.places()
    if isinstance(widget, OptionList):
        return _options(widget)
    return ()


def _options(shown: OptionList) -> Iterator[Place]:
    for index, option in enumerate(shown.options):
        if not option.disabled and (y := shown._index_to_line.get(index)) is not None:
            yield Offset(0, y - round(shown.scroll_offset.y)), partial(_highlight, shown, index)


def _is_in_sight(screen: Screen[Any], widget: Widget, at: Offset) -> bool:
    """Return whether nothing lies over the widget there."""
    try:
        on_top, _ = screen.get_widget_at(at.x, at.y)
    except NoWidget:
        return False
    return widget in on_top.ancestors_with_self


def _focus(widget: Widget) -> None:
    widget.focus()


def _highlight(shown: OptionList, index: int) -> None:
    if shown.can_focus:
        shown.focus()
    if index < shown.option_count:
        shown.highlighted = index
