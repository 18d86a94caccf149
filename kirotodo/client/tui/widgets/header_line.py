"""The first line: which conversation, and the status chip: where the list lives, what answers, how much is open."""

from textual.content import Content
from textual.geometry import Size
from textual.reactive import reactive
from textual.widget import Widget

from kirotodo.client.tui.plain import line
from kirotodo.core.backend import Status
from kirotodo.core.domain.conversation import Usage


def chip(
    status: Status | None, usage: Usage, *, width: int, refused: bool = False, model: str = "", cost: str = ""
) -> Content:
    """`local · built-in · 14 open`, with the tokens and the money that the conversation cost, if any; shorter where
    room is scarce. `model` answers instead of the default one."""
    if status is None:
        return Content("not open" if refused else "opening…")
    place = _place(status)
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
    model: reactive[str] = reactive("")
    cost: reactive[str] = reactive("")

    def get_content_height(self, container: Size, viewport: Size, width: int) -> int:
        return 1

    def render(self) -> Content:
        width = self.content_size.width
        right = chip(
            self.status, self.usage, width=width // 2, refused=self.refused, model=self.model, cost=self.cost
        ).stylize("$text-muted")
        name = Content.styled("kirotodo", "bold")
        left = Content.assemble(name, " · ", line(self.title)) if self.title else name
        left = left.truncate(max(0, width - right.cell_length - 2), ellipsis=True)
        gap = " " * max(1, width - left.cell_length - right.cell_length)
        return Content.assemble(left, gap, right).truncate(width)
