"""The lines of an answer while it grows: finished blocks drawn as markdown once, the rest as plain text. Pure."""

from textual.content import Content

from kirotodo.client.tui.markdown import cut, render


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

    def of(self, text: str) -> list[Content]:
        """The lines of `text`, which usually is the last one and more; any other begins anew."""
        if not text.startswith(self._text):
            self._forget()
        self._text = text
        self._draw_finished_blocks()
        self._wrap_finished_lines()
        rest = [*self._tail, *_wrapped(text[self._tail_to :], self.width)]
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

    def _wrap_finished_lines(self) -> None:
        end = self._text.rfind("\n", self._tail_to) + 1
        if end == 0:
            return
        for line in self._text[self._tail_to : end - 1].split("\n"):
            self._tail += _wrapped(line, self.width) or [Content()]
        self._tail_to = end


def _wrapped(text: str, width: int) -> list[Content]:
    return [line.rstrip() for line in Content(text).wrap(width)] if text else []
