"""The stylesheet of the app: Textual's own, without what it does over and over.

Textual parses the whole sheet four times at a start, and gives every part of a widget (the cursor, the scrollbar, the
gutter) its styles again whenever the widget gets its own, whether anybody draws that part or not.
"""

from typing import Final

from textual.css.styles import RenderStyles
from textual.css.stylesheet import Stylesheet
from textual.dom import DOMNode


class PartStyles(dict[str, RenderStyles]):
    """The styles of the parts of a widget, its component classes, each made when it is first asked for."""

    def __init__(self, sheet: Stylesheet, widget: DOMNode, names: frozenset[str]) -> None:
        super().__init__()
        self._sheet: Final = sheet
        self._widget: Final = widget
        self._names: Final = names

    def __contains__(self, name: object) -> bool:
        return name in self._names

    def __missing__(self, name: str) -> RenderStyles:
        part = DOMNode(classes=name)
        part._attach(self._widget)
        self._sheet.apply(part)
        self[name] = part.styles
        return part.styles


class ThemedStylesheet(Stylesheet):
    """A stylesheet that is parsed once for a theme, and applied to the parts that are drawn."""

    def set_variables(self, variables: dict[str, str]) -> None:
        """Set the colours of the theme, and forget what was parsed where they are others."""
        if variables != self._variables:
            super().set_variables(variables)

    def reparse(self) -> None:
        """Parse what is new. Rules stay as they are where the new ones can't be parsed."""
        self.parse()

    def _process_component_classes(self, node: DOMNode) -> None:
        """Take the styles of the parts anew: now for those that were drawn already, else once they are."""
        if not (names := node._get_component_classes()):
            return
        before = node._component_styles
        node._component_styles = now = PartStyles(self, node, names)
        if any(now[name] != styles for name, styles in before.items()):
            node.refresh()
