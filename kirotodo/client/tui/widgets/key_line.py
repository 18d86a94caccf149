"""The last line: which keys do what where the focus is."""

from textual.content import Content
from textual.geometry import Size
from textual.reactive import reactive
from textual.widget import Widget


class KeyLine(Widget):
    """`enter send · ctrl+j newline · esc stop`; as much of it as the width holds."""

    DEFAULT_CSS = """
    KeyLine { height: 1; width: 1fr; padding: 0 1; background: $panel; color: $text-muted; }
    """
    keys: reactive[tuple[tuple[str, str], ...]] = reactive(())

    def get_content_height(self, container: Size, viewport: Size, width: int) -> int:
        return 1

    def render(self) -> Content:
        width = self.content_size.width
        shown = Content()
        for key, title in self.keys:
            piece = Content.assemble((key, "$accent"), f" {title}")
            longer = Content.assemble(shown, " · ", piece) if shown else piece
            if longer.cell_length > width:
                break
            shown = longer
        return shown
