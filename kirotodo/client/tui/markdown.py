"""Markdown as lines of content at a width: what a finished answer is drawn from, once per width.

Parsed and wrapped by Rich, which is imported on first use; links show their address and are never live, code is not
wrapped at spaces. Pure: text and width in, lines out, so that it may run in a thread.
"""

import re
from functools import cache
from typing import TYPE_CHECKING, Any, Final

from textual.content import Content, Span

from kirotodo.core.text.sanitize import sanitize_line

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
    "markdown.code_ground": "on color(3)",
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
_GROUND: Final = "on $panel"
CODE_INDENT: Final = 2
"""Cells before the lines of a code block, which stands on a ground of its own."""
"""Rich's numbers stand in for the theme's colours, which are known only where it is drawn."""
_LIST_ITEM: Final = re.compile(r"\s{0,3}(?:[-*+]|\d{1,9}[.)])(?:\s|$)")
_FENCED: Final = re.compile(r"^\s{0,3}(?:```|~~~)", re.MULTILINE)
_FENCE_BLOCK: Final = re.compile(r"\s{0,3}(```+|~~~+)")


def render(text: str, width: int) -> list[Content]:
    """Return the lines of `text`, none wider than `width`, without trailing space. `text` is sanitised already."""
    from rich.segment import Segment

    console = _console(max(width, 4))
    lines = console.render_lines(_parsed(text), pad=False, new_lines=False)
    contents = [_content(Segment.simplify(line)).truncate(width) for line in lines]
    return _without_gaps(contents, keep=bool(_FENCED.search(text)))


def _without_gaps(lines: list[Content], *, keep: bool) -> list[Content]:
    """Drop empty lines at the end and, unless they may be in a code block, all but one of those side by side."""
    kept: list[Content] = []
    for line in lines:
        if line or (kept and (keep or kept[-1])):
            kept.append(line)
    while kept and not kept[-1]:
        kept.pop()
    return kept


def cut(text: str, start: int) -> int:
    """Return where the finished part of `text` from `start` on ends: after its last blank line outside a fence or
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
    from rich.padding import Padding
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
            yield Padding(text, (0, 0, 0, CODE_INDENT), style="markdown.code_ground", expand=True)

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
    """Parse `text` with every line end kept as one, since models mean it that way."""
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
    grounded = bool(spans) and spans[-1].end == len(text) and _GROUND in str(spans[-1].style)
    return Content(text, spans) if grounded else Content(text, spans).rstrip()


@cache
def _style(style: "Style") -> str:
    words = [name for name in ("bold", "dim", "italic", "underline", "strike", "reverse") if getattr(style, name)]
    if style.color is not None and style.color.number in _COLOURS:
        words.append(_COLOURS[style.color.number])
    if style.bgcolor is not None and style.bgcolor.number == 3:
        words.append(_GROUND)
    return " ".join(words)


LONG: Final = 1_000
"""Characters of a line from which it is shown as it came: looking for what closes what would take too long."""
_FENCE: Final = re.compile(r"\s{0,3}(?:```|~~~)")
_HEADING: Final = re.compile(r"#{1,6}\s+")
_ITEM: Final = re.compile(r"( *)([-*+]|\d{1,9}[.)])\s+(?=\S)")
_INLINE: Final = re.compile(r"\\([!-/:-@\[-`{-~])|\*\*(\S(?:.*?\S)?)\*\*|`([^`]+)`")


_MARKS: Final = re.compile(r"^\s{0,3}(?:#{1,6}|[-*+]|>)\s+|\*\*|__|`+|\\(?=[!-/:-@\[-`{-~])", re.MULTILINE)


def without_marks(text: str) -> str:
    """Return Markdown on one line without its marks, as a preview shows it."""
    return sanitize_line(_MARKS.sub("", text))


_CODE: Final = re.compile(r"^ {0,3}(```+|~~~+)[^\n]*\n(.*?)(?:^ {0,3}\1[`~]*[ \t]*$|\Z)", re.MULTILINE | re.DOTALL)


def code_blocks(text: str) -> list[str]:
    """Return the code in the fences of a Markdown text."""
    return [found[2].rstrip("\n") for found in _CODE.finditer(text)]


class StreamedLines:
    """Renders a growing text at one width. Each call costs what is new since the last one, however long the text is."""

    def __init__(self, width: int) -> None:
        self.width = width
        self._forget()

    def _forget(self) -> None:
        self._text = ""
        self._done: list[Content] = []
        self._done_to = 0
        self._tail: list[Content] = []
        self._tail_to = 0
        self._fenced = False

    def of(self, text: str) -> list[Content]:
        """Return the lines of `text`, which usually continues the previous one; any other text starts anew."""
        if not text.startswith(self._text):
            self._forget()
        self._text = text
        self._draw_finished_blocks()
        self._wrap_finished_lines()
        rest = [*self._tail, *self._drawn(text[self._tail_to :])]
        gap = [Content()] if self._done and rest else []
        return [*self._done, *gap, *rest]

    def _draw_finished_blocks(self) -> None:
        end = cut(self._text, self._done_to)
        if end == self._done_to:
            return
        block = render(self._text[self._done_to : end], self.width)
        self._done += [*([Content()] if self._done and block else []), *block]
        self._done_to = self._tail_to = end
        self._tail = []
        self._fenced = False

    def _wrap_finished_lines(self) -> None:
        end = self._text.rfind("\n", self._tail_to) + 1
        if end == 0:
            return
        for line in self._text[self._tail_to : end - 1].split("\n"):
            self._tail += self._drawn(line) or [_grounded(Content(), self.width) if self._fenced else Content()]
            self._fenced ^= bool(_FENCE.match(line))
        self._tail_to = end

    def _drawn(self, line: str) -> list[Content]:
        """Draw a line much as it will look once its block is finished."""
        if _FENCE.match(line):
            return _wrapped(Content.styled(line, "$text-muted"), self.width)
        if self._fenced:
            rows = _wrapped(Content(line), max(1, self.width - CODE_INDENT))
            return [_grounded(row, self.width) for row in rows]
        if heading := _HEADING.match(line):
            return _wrapped(_inline(line[heading.end() :]).stylize("bold"), self.width)
        item = _ITEM.match(line)
        if item is None:
            return _wrapped(_inline(line), self.width)
        mark = "•" if item[2] in "-*+" else f"{item[2][:-1]}."
        before = f" {item[1][: self.width // 2]}{mark} "
        room = max(1, self.width - len(before))
        rows = _wrapped(_inline(line[item.end() :]), room)
        return [
            Content.assemble((" " * len(before) if place else before, "$text-muted"), row)
            for place, row in enumerate(rows)
        ]


def _inline(text: str) -> Content:
    """Style bold and code that are closed already, and drop backslashes that only escape a character."""
    if len(text) > LONG:
        return Content(text)
    pieces: list[Content] = []
    end = 0
    for found in _INLINE.finditer(text):
        pieces.append(Content(text[end : found.start()]))
        escaped, bold, code = found.groups()
        pieces.append(
            Content(escaped) if escaped else _inline(bold).stylize("bold") if bold else Content.styled(code, "$accent")
        )
        end = found.end()
    return Content("").join([*pieces, Content(text[end:])])


def _grounded(line: Content, width: int) -> Content:
    """Return a line of code as it looks in a finished block."""
    line = Content.assemble(" " * CODE_INDENT, line.stylize("$accent"))
    return line.pad_right(max(0, width - line.cell_length)).stylize(_GROUND)


def _wrapped(text: Content, width: int) -> list[Content]:
    return [line.rstrip() for line in text.wrap(width)] if text else []
