"""Markdown as lines of content at a width: what a finished answer is drawn from, once per width.

Parsed and wrapped by Rich, which is imported on first use; links show their address and are never live, code is not
wrapped at spaces. Pure: text and width in, lines out, so that it may run in a thread.
"""

import re
from functools import cache
from typing import TYPE_CHECKING, Any, Final

from textual.content import Content, Span

if TYPE_CHECKING:
    from rich.console import Console
    from rich.markdown import Markdown
    from rich.style import Style

_STYLES: Final = {
    "markdown.h1": "bold underline",
    "markdown.h2": "bold",
    "markdown.h3": "bold",
    "markdown.h4": "bold italic",
    "markdown.h5": "italic",
    "markdown.h6": "italic",
    "markdown.code": "color(1)",
    "markdown.code_block": "color(1)",
    "markdown.block_quote": "color(2)",
    "markdown.item.bullet": "color(2)",
    "markdown.item.number": "color(2)",
    "markdown.list": "none",
    "markdown.hr": "color(2)",
    "markdown.link": "underline",
    "markdown.link_url": "color(2)",
    "markdown.table.border": "color(2)",
    "markdown.table.header": "bold",
}
_COLOURS: Final = {1: "$accent", 2: "$text-muted"}
"""Rich's numbers stand in for the theme's colours, which are known only where it is drawn."""
_LIST_ITEM: Final = re.compile(r"\s{0,3}(?:[-*+]|\d{1,9}[.)])(?:\s|$)")
_FENCED: Final = re.compile(r"^\s{0,3}(?:```|~~~)", re.MULTILINE)
_FENCE_BLOCK: Final = re.compile(r"\s{0,3}(```+|~~~+)")


def render(text: str, width: int) -> list[Content]:
    """The lines of `text`, none wider than `width`, without space at their ends. `text` is clean already."""
    from rich.segment import Segment

    console = _console(max(width, 4))
    lines = console.render_lines(_parsed(text), pad=False, new_lines=False)
    contents = [_content(Segment.simplify(line)).truncate(width) for line in lines]
    return _without_gaps(contents, keep=bool(_FENCED.search(text)))


def _without_gaps(lines: list[Content], *, keep: bool) -> list[Content]:
    """No empty lines at the ends, and none side by side, unless they may be somebody's code."""
    kept: list[Content] = []
    for line in lines:
        if line or (kept and (keep or kept[-1])):
            kept.append(line)
    while kept and not kept[-1]:
        kept.pop()
    return kept


def cut(text: str, start: int) -> int:
    """Where the part of `text` from `start` on that is finished ends: after its last blank line outside a fence or
    list, at the beginning of a line. Tables need no care: a blank line ends them."""
    end = position = start
    fence = ""
    in_list = after_blank = False
    for line in text[start:].splitlines(keepends=True):
        whole = line.endswith("\n")
        mark = _FENCE_BLOCK.match(line)
        if fence:
            if mark and mark[1].startswith(fence) and not line.strip(" `~\n"):
                fence = ""
        elif not line.strip():
            after_blank = True
        else:
            goes_on = in_list and (not whole or line[0] in " \t" or bool(_LIST_ITEM.match(line)))
            if after_blank and not goes_on:
                end = position
            in_list = goes_on or bool(_LIST_ITEM.match(line)) or (in_list and not after_blank)
            after_blank = False
            fence = mark[1] if mark else ""
        position += len(line)
    return end


@cache
def _theme() -> Any:
    from rich.theme import Theme

    return Theme(_STYLES, inherit=True)


def _console(width: int) -> "Console":
    import io

    from rich.console import Console

    return Console(
        file=io.StringIO(), width=width, theme=_theme(), color_system="256", force_terminal=True, legacy_windows=False
    )


@cache
def _markdown() -> "type[Markdown]":
    from rich.console import Console, ConsoleOptions, RenderResult
    from rich.markdown import CodeBlock, Heading, ListItem, Markdown
    from rich.segment import Segment

    class PlainHeading(Heading):
        def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
            text = self.text.copy()
            text.justify = "left"
            yield text

    class PlainCode(CodeBlock):
        def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
            text = self.text.copy()
            text.rstrip()
            text.overflow = "fold"
            yield text

    class DottedItem(ListItem):
        def render_number(
            self, console: Console, options: ConsoleOptions, number: int, last_number: int
        ) -> RenderResult:
            style = console.get_style("markdown.item.number")
            width = len(str(last_number - 1)) + 3
            lines = console.render_lines(self.elements, options.update(width=max(1, options.max_width - width)))
            for place, line in enumerate(lines):
                yield Segment(("" if place else f"{number}. ").rjust(width), style)
                yield from line
                yield Segment("\n")

    class Plain(Markdown):
        elements = {
            **Markdown.elements,
            "heading_open": PlainHeading,
            "fence": PlainCode,
            "code_block": PlainCode,
            "list_item_open": DottedItem,
        }

    return Plain


def _parsed(text: str) -> "Markdown":
    """A line end is a line end: answers of models mean it."""
    document = _markdown()(text, hyperlinks=False)
    for token in document.parsed:
        for child in token.children or ():
            if child.type == "softbreak":
                child.type = "hardbreak"
    return document


def _content(segments: Any) -> Content:
    text = ""
    spans: list[Span] = []
    for segment in segments:
        if segment.control:
            continue
        start, text = len(text), text + segment.text
        style = _style(segment.style) if segment.style else ""
        if style:
            spans.append(Span(start, len(text), style))
    return Content(text, spans).rstrip()


@cache
def _style(style: "Style") -> str:
    words = [name for name in ("bold", "dim", "italic", "underline", "strike", "reverse") if getattr(style, name)]
    if style.color is not None and style.color.number in _COLOURS:
        words.append(_COLOURS[style.color.number])
    return " ".join(words)
