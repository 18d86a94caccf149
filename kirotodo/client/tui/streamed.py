"""The lines of an answer while it grows: finished blocks drawn as markdown once, the rest line by line. Pure."""

import re
from typing import Final

from textual.content import Content

from kirotodo.client.tui.markdown import cut, render

LONG: Final = 1_000
"""Characters of a line from which it is shown as it came: looking for what closes what would take too long."""
_FENCE: Final = re.compile(r"\s{0,3}(?:```|~~~)")
_HEADING: Final = re.compile(r"#{1,6}\s+")
_ITEM: Final = re.compile(r"( *)([-*+]|\d{1,9}[.)])\s+(?=\S)")
_INLINE: Final = re.compile(r"\\([!-/:-@\[-`{-~])|\*\*(\S(?:.*?\S)?)\*\*|`([^`]+)`")


class StreamedLines:
    """Lines at one width. Each call costs what is new since the last one, however long the text has become."""

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
        """The lines of `text`, which usually is the last one and more; any other begins anew."""
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
            self._tail += self._drawn(line) or [Content()]
            self._fenced ^= bool(_FENCE.match(line))
        self._tail_to = end

    def _drawn(self, line: str) -> list[Content]:
        """A line about as it will look once its block is finished."""
        if self._fenced or _FENCE.match(line):
            return _wrapped(Content(line), self.width)
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
    """Bold and code that are closed already, and no backslash that only protects the letter behind it."""
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


def _wrapped(text: Content, width: int) -> list[Content]:
    return [line.rstrip() for line in text.wrap(width)] if text else []
