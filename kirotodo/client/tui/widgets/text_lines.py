"""Text as ready-made lines: the base of everything in the transcript. One widget each, made once per width.

Only the rows on screen are ever turned into strips, so a long text costs no more than a short one. The label ("you",
"kiro") stands in the padding, where no selection reaches it.
"""

from typing import ClassVar, Final

from rich.segment import Segment
from rich.style import Style as RichStyle
from textual.content import Content
from textual.geometry import Region, Size
from textual.selection import Selection
from textual.strip import Strip
from textual.visual import RenderOptions
from textual.widget import Widget

MARK: Final = "›"
"""Stands before what has the focus, so that it shows without colours too."""


class TextLines(Widget, can_focus=True):
    """Lines of content, selectable. A subclass says in `make_lines` what they are at a width."""

    COMPONENT_CLASSES = {"label"}
    LABEL: ClassVar[str] = ""

    def __init__(self, *, id: str | None = None, classes: str | None = None) -> None:
        super().__init__(id=id, classes=classes)
        self._made: tuple[int, list[Content]] | None = None

    def make_lines(self, width: int) -> list[Content]:
        raise NotImplementedError

    def lines(self, width: int) -> list[Content]:
        if self._made is None or self._made[0] != width:
            self._made = (width, self.make_lines(width))
        return self._made[1]

    @property
    def plain_text(self) -> str:
        """What is shown, as text."""
        return "\n".join(line.plain for line in self.lines(max(1, self.content_size.width)))

    def renew(self) -> None:
        """Make the lines anew; lay out again only if their number changes."""
        before = self._made
        self._made = None
        if before is None or before[0] == 0 or len(self.lines(before[0])) != len(before[1]):
            self.refresh(layout=True)
        else:
            self.refresh()

    # --- drawing ---

    def get_content_width(self, container: Size, viewport: Size) -> int:
        return container.width

    def get_content_height(self, container: Size, viewport: Size, width: int) -> int:
        return len(self.lines(width))

    def render_line(self, y: int) -> Strip:
        width = self.content_size.width
        lines = self.lines(width)
        if y >= len(lines):
            return Strip.blank(width, self.rich_style)
        line = lines[y]
        selection = self.text_selection
        span = selection.get_span(y) if selection is not None else None
        if span is not None:
            start, end = span
            line = line.stylize(
                self.screen.get_visual_style("screen--selection"), start, len(line) if end == -1 else end
            )
        options = RenderOptions(self._get_style, {})
        strips = line.render_strips(width, 1, self.visual_style, options) if line else []
        strip = strips[0] if strips else Strip.blank(0)
        return strip.adjust_cell_length(width, self.rich_style).apply_offsets(0, y)

    def render_lines(self, crop: Region) -> list[Strip]:
        strips = super().render_lines(crop)
        mark = MARK if self.has_focus else ""
        if (self.LABEL or mark) and strips and crop.y == 0 and crop.x == 0:
            style = self.get_component_rich_style("label")
            room = self.styles.gutter.left - len(mark) - 2
            label = f" {self.LABEL:<{room}}{mark} " if room > 0 else mark
            label_strip = painted(self, label, style)
            strips = [Strip.join([label_strip, strips[0].crop(label_strip.cell_length)]), *strips[1:]]
        return strips

    # --- selecting ---

    @property
    def allow_select(self) -> bool:
        return True

    def get_selection(self, selection: Selection) -> tuple[str, str] | None:
        return selection.extract(self.plain_text), "\n"

    def selection_updated(self, selection: Selection | None) -> None:
        self.refresh()


def painted(widget: Widget, text: str, style: RichStyle) -> Strip:
    """`text` to lay over lines that are drawn already: it goes through the filters for poor terminals as they did."""
    strip = Strip([Segment(text, style)])
    for colours in widget.get_line_filters():
        strip = strip.apply_filter(colours, widget.background_colors[1])
    return strip
