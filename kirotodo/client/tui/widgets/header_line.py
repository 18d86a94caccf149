"""The first line: which conversation, and the status chip: where the list lives, what answers, how much is open."""

from textual.content import Content
from textual.geometry import Size
from textual.reactive import reactive
from textual.widget import Widget

from kirotodo.client.tui.plain import line
from kirotodo.core.backend import Status
from kirotodo.core.domain.conversation import Usage


def chip(status: Status | None, usage: Usage, *, width: int, refused: bool = False) -> Content:
    """`local · built-in · 14 open`, with the tokens where the conversation cost any; shorter where room is scarce."""
    if status is None:
        return Content("not open" if refused else "opening…")
    place = _place(status)
    model = line(status.model)
    pending = Content(f"{status.pending} open")
    tokens = usage.input_tokens + usage.output_tokens
    pieces = [place, model, pending, *([Content(f"{_short(tokens)} tokens")] if tokens else [])]
    whole = Content(" · ").join(pieces)
    if whole.cell_length <= width:
        return whole
    return Content(" · ").join([place, pending])


def _place(status: Status) -> Content:
    place = line(status.place)
    match status.link:
        case "local" | "online":
            return place
        case "reconnecting":
            return Content.assemble(place, (" reconnecting", "$warning"))
        case "offline":
            return Content.assemble(place, (" offline", "$error"))


def _short(count: int) -> str:
    return str(count) if count < 10_000 else f"{count / 1000:.0f}k"


class HeaderLine(Widget):
    """One line, drawn anew only when what it says changes."""

    DEFAULT_CSS = """
    HeaderLine { height: 1; width: 1fr; padding: 0 1; background: $panel; color: $foreground; }
    """
    title: reactive[str] = reactive("")
    status: reactive[Status | None] = reactive(None)
    refused: reactive[bool] = reactive(False)
    usage: reactive[Usage] = reactive(Usage())

    def get_content_height(self, container: Size, viewport: Size, width: int) -> int:
        return 1

    def render(self) -> Content:
        width = self.content_size.width
        right = chip(self.status, self.usage, width=width // 2, refused=self.refused).stylize("$text-muted")
        name = Content.styled("kirotodo", "bold")
        left = Content.assemble(name, " · ", line(self.title)) if self.title else name
        left = left.truncate(max(0, width - right.cell_length - 2), ellipsis=True)
        gap = " " * max(1, width - left.cell_length - right.cell_length)
        return Content.assemble(left, gap, right).truncate(width)
