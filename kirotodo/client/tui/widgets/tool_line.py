"""One tool call on one line, unfolded on demand; what it did can be undone where it stands."""

from typing import Final

from textual import events
from textual.content import Content
from textual.message import Message

from kirotodo.client.tui.actions import bindings
from kirotodo.client.tui.calls import GLYPHS, details, error_of, short_arguments, short_result
from kirotodo.client.tui.cells import steady
from kirotodo.client.tui.entries import Call
from kirotodo.client.tui.plain import one_line
from kirotodo.client.tui.widgets.text_lines import TextLines
from kirotodo.core.text.width import fit, pad

_UNDO: Final = "u undo"
_NAME_WIDTH: Final = 13
_ROOMY: Final = 44
"""From this many columns on, the result and its time get columns of their own."""


class ToolLine(TextLines):
    """`✓ add_task  milk  #14  2 ms  u undo`."""

    BINDINGS = bindings("tool_line")

    class UndoRequested(Message):
        """Put back what this call changed."""

        def __init__(self, turn_id: str, call_id: str) -> None:
            super().__init__()
            self.turn_id = turn_id
            self.call_id = call_id

    def __init__(self, turn_id: str, call: Call) -> None:
        super().__init__()
        self.turn_id = turn_id
        self.call = call
        self.unfolded = False
        self._mark()

    def show(self, call: Call) -> None:
        self.call = call
        self._mark()
        self.renew()

    def _mark(self) -> None:
        self.set_class(self.call.status == "failed", "-failed")
        self.set_class(self.call.undone, "-undone")

    def action_toggle(self) -> None:  # type: ignore[override]  # the name in the registry of keys
        self.unfolded = not self.unfolded
        self.renew()

    def action_undo_call(self) -> None:
        if self.call.undoable:
            self.post_message(self.UndoRequested(self.turn_id, self.call.id))
        else:
            self.app.bell()

    def on_click(self, event: events.Click) -> None:
        offset = event.get_content_offset(self)
        undo_at = self.content_size.width - len(_UNDO)
        if self.call.undoable and offset is not None and offset.y == 0 and offset.x >= undo_at:
            self.action_undo_call()
        else:
            self.action_toggle()

    def make_lines(self, width: int) -> list[Content]:
        lines = [self._headline(width)]
        if self.unfolded:
            for name, value in details(self.call):
                lines += Content.assemble("  ", (steady(name), "$text-muted"), "  ", steady(value)).wrap(width)
        return lines

    def _headline(self, width: int) -> Content:
        call = self.call
        name = pad(fit(steady(one_line(call.tool)), _NAME_WIDTH * 2), _NAME_WIDTH)
        left = Content.assemble((GLYPHS[call.status], _glyph_style(call)), " ", f"{name} ")
        ending = self._ending(width)
        words = error_of(call) or short_arguments(call)
        room = max(0, width - left.cell_length - ending.cell_length - 1)
        middle = Content(steady(words)).truncate(room, ellipsis=True)
        gap = " " * max(1, width - left.cell_length - middle.cell_length - ending.cell_length)
        return Content.assemble(left, middle, gap, ending).truncate(width)

    def _ending(self, width: int) -> Content:
        call = self.call
        done = call.status in ("succeeded", "failed")
        result = short_result(call)
        timing = f"{call.duration_ms} ms" if done else ""
        roomy = width >= _ROOMY
        pieces = [Content(f"{result:<8}"), Content(f"{timing:>7}")] if roomy else [Content(result)]
        if call.undone:
            pieces.append(Content("undone"))
        elif call.undoable:
            pieces.append(Content.assemble(("u", "$accent"), " undo"))
        elif roomy:
            pieces.append(Content(" " * len(_UNDO)))
        return Content("  ").join(pieces)


def _glyph_style(call: Call) -> str:
    return {"succeeded": "$success", "failed": "$error", "awaiting_approval": "$warning"}.get(call.status, "")
