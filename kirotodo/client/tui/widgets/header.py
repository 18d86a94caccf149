"""The first line of the chat, with the title and the status, and the last line, with the keys."""

import math

from textual.content import Content
from textual.geometry import Size
from textual.reactive import reactive
from textual.timer import Timer
from textual.widget import Widget

from kirotodo.client.tui.plain import line
from kirotodo.core.backend import LinkChanged, Status
from kirotodo.core.domain.conversation import Usage


def chip(
    status: Status | None,
    usage: Usage,
    *,
    width: int,
    refused: bool = False,
    model: str = "",
    cost: str = "",
    link: LinkChanged | None = None,
    waiting: int = 0,
    seconds: int = 0,
) -> Content:
    """Return `local · built-in · 14 open`, with the tokens and the cost of the conversation, if any; shorter where room
    is scarce. `model` answers instead of the default one.

    Where the `link` to a server is not in order that is said, with how many messages are `waiting` for it, or in how
    many `seconds` it is asked again.
    """
    if refused:
        return Content("not open")
    if link is None and status is not None and status.link != "local":
        link = LinkChanged(link=status.link, place=status.place)
    trouble = _trouble(link, waiting, seconds)
    if status is None:
        return Content.assemble(line(link.place), trouble) if link is not None and trouble else Content("opening…")
    place = Content.assemble(line(status.place), trouble)
    answers = line(model or status.model)
    pending = Content(f"{status.pending} open")
    count = usage.input_tokens + usage.output_tokens
    tokens = [Content(f"{_short(count)} tokens")] if count else []
    money = [line(cost)] if cost else []
    shortest = Content(" · ").join([place, pending])
    for pieces in ([place, answers, pending, *tokens, *money], [place, answers, pending, *money]):
        whole = Content(" · ").join(pieces)
        if whole.cell_length <= width:
            return whole
    return shortest


def _trouble(link: LinkChanged | None, waiting: int, seconds: int) -> Content:
    pending = f" ({waiting} pending)" if waiting else ""
    match link.link if link is not None else "local":
        case "reconnecting":
            return Content.styled(f" reconnecting{pending}", "$warning")
        case "offline":
            return Content.styled(f" offline{pending}", "$error")
        case _:
            return Content.styled(f" busy, again in {seconds} s", "$warning") if seconds else Content()


def _short(count: int) -> str:
    return str(count) if count < 10_000 else f"{count / 1000:.0f}k"


class HeaderLine(Widget):
    """Shows the title and the status, drawn again only when they change."""

    _counting: Timer | None = None
    title: reactive[str] = reactive("")
    status: reactive[Status | None] = reactive(None)
    refused: reactive[bool] = reactive(False)
    usage: reactive[Usage] = reactive(Usage())
    model: reactive[str] = reactive("")
    cost: reactive[str] = reactive("")
    link: reactive[LinkChanged | None] = reactive(None)
    waiting: reactive[int] = reactive(0)
    """Messages that are on their way or queued."""
    edits: reactive[int] = reactive(0)
    """Edits of tasks that wait for the server."""
    seconds: reactive[int] = reactive(0)
    """Until a server that wants to be left alone is asked again; counts down by itself."""

    @property
    def link_down(self) -> bool:
        """Return whether a message would have to wait for the server."""
        return self.seconds > 0 or (self.link is not None and self.link.link != "online")

    def count_down(self, seconds: float) -> None:
        """Count down until the server is asked again."""
        self.seconds = max(self.seconds, math.ceil(seconds))
        if self._counting is None:
            self._counting = self.set_interval(1, self._tick)

    def _tick(self) -> None:
        self.seconds = max(0, self.seconds - 1)
        if not self.seconds and self._counting is not None:
            self._counting.stop()
            self._counting = None

    def get_content_height(self, container: Size, viewport: Size, width: int) -> int:
        """Return 1."""
        return 1

    def render(self) -> Content:
        """Show the title on the left and the status on the right."""
        width = self.content_size.width
        right = chip(
            self.status,
            self.usage,
            width=width // 2,
            refused=self.refused,
            model=self.model,
            cost=self.cost,
            link=self.link,
            waiting=self.waiting + self.edits,
            seconds=self.seconds,
        ).stylize("$text-muted")
        name = Content.styled("kirotodo", "bold")
        left = Content.assemble(name, " · ", line(self.title)) if self.title else name
        left = left.truncate(max(0, width - right.cell_length - 2), ellipsis=True)
        gap = " " * max(1, width - left.cell_length - right.cell_length)
        return Content.assemble(left, gap, right).truncate(width)


class KeyLine(Widget):
    """Shows `enter send · ctrl+j newline · esc stop`, as much as fits."""

    keys: reactive[tuple[tuple[str, str], ...]] = reactive(())

    def get_content_height(self, container: Size, viewport: Size, width: int) -> int:
        """Return 1."""
        return 1

    def render(self) -> Content:
        """Show as many keys as there is room for."""
        width = self.content_size.width
        shown = Content()
        for key, title in self.keys:
            piece = Content.assemble((key, "$accent"), f" {title}")
            longer = Content.assemble(shown, " · ", piece) if shown else piece
            if longer.cell_length > width:
                break
            shown = longer
        return shown
