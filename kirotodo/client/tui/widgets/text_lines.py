"""The base of everything in the transcript: a widget of lines that are made once per width.

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
    """Shows lines that can be selected. A subclass makes them for a width in `make_lines`."""

    COMPONENT_CLASSES = {"label"}
    LABEL: ClassVar[str] = ""

    def __init__(self, *, id: str | None = None, classes: str | None = None) -> None:
        super().__init__(id=id, classes=classes)
        self._made: tuple[int, list[Content]] | None = None

    def make_lines(self, width: int) -> list[Content]:
        """Return the lines at this width."""
        raise NotImplementedError

    def lines(self, width: int) -> list[Content]:
        """Return the lines at this width, made once; while a window shrinks, a widget may have none for a moment."""
        width = max(1, width)
        if self._made is None or self._made[0] != width:
            self._made = (width, self.make_lines(width))
        return self._made[1]

    @property
    def plain_text(self) -> str:
        """Return what is shown, as text."""
        return "\n".join(line.plain.rstrip() for line in self.lines(max(1, self.content_size.width)))

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
        """Return all the width there is."""
        return container.width

    def get_content_height(self, container: Size, viewport: Size, width: int) -> int:
        """Return the number of lines."""
        return len(self.lines(width))

    def render_line(self, y: int) -> Strip:
        """Draw one line, with the selection in it."""
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
        """Draw the label or the focus mark into the padding of the first line."""
        strips = super().render_lines(crop)
        mark = MARK if self.has_focus else ""
        if (self.LABEL or mark) and strips and crop.y == 0 and crop.x == 0:
            try:
                style = self.get_component_rich_style("label")
            except KeyError:  # drawn while it is being mounted, before its styles are known: it is drawn again then
                return strips
            room = self.styles.gutter.left - len(mark) - 2
            label = f" {self.LABEL:<{room}}{mark} " if room > 0 else mark
            label_strip = painted(self, label, style)
            strips = [Strip.join([label_strip, strips[0].crop(label_strip.cell_length)]), *strips[1:]]
        return strips

    # --- selecting ---

    @property
    def allow_select(self) -> bool:
        """Return True: the mouse selects text here."""
        return True

    def get_selection(self, selection: Selection) -> tuple[str, str] | None:
        """Return the selected text."""
        return selection.extract(self.plain_text), "\n"

    def selection_updated(self, selection: Selection | None) -> None:
        """Draw the lines anew."""
        self.refresh()


def painted(widget: Widget, text: str, style: RichStyle) -> Strip:
    """Return `text` to lay over drawn lines, passed through the same filters for terminals with few colours."""
    strip = Strip([Segment(text, style)])
    for colours in widget.get_line_filters():
        strip = strip.apply_filter(colours, widget.background_colors[1])
    return strip
