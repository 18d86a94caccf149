"""Filter an answer while it streams: tool calls, thoughts and chat-template tokens are not for the user.

Text within code (a fence or backticks) is never a mark, nor is one that the user's words or a result spell, since an
answer may speak of it. A block is a call where it can be read as nothing but calls and no prose follows on its line;
thoughts begin a line, or are closed. Text that may turn out to be either is held back until that is clear; all other
text passes straight through.
"""

import re
from functools import lru_cache
from typing import Final

from kirotodo.core.models.model import ModelEvent, ModelRequest, Restarted, TextDelta, ToolCall
from kirotodo.core.models.openai import dialects
from kirotodo.core.models.openai.dialects import (
    AT_START,
    BARE,
    EDGES,
    HEADERS,
    MESSAGE,
    MESSAGE_ENDS,
    STOPS,
    THOUGHTS,
    Dialect,
)
from kirotodo.core.models.openai.text_tool_calls import LONGEST, read_calls, texts_of, tools_quoted_in_data
from kirotodo.core.text.sanitize import SurrogateJoiner, well_formed

_CLOSERS: Final = frozenset(THOUGHTS.values())
_TRIGGERS: Final = re.compile(r"[<\[◁`\]]")
_HEADER_MAX: Final = 120
_SPEAKER: Final = re.compile(r"(assistant|model|ai)?(?:<\|end_header_id\|>|<\|header_end\|>|<\|end_of_role\|>|\n)?\s*")
_RECIPIENT: Final = re.compile(r"to=([\w.:-]+)")
_GLUED: Final = re.compile(r"analysis(?=[A-Z\"'])")
_GLUED_END: Final = "assistantfinal"


class _Marks:
    """The marks of a request with these tools, and where one may have begun."""

    def __init__(self, tools: tuple[str, ...]) -> None:
        self.calls = dialects.dialects_of(tools)
        self.closings = frozenset(dialect.closing for dialect in self.calls.values()) - {"", "```"}
        self.starts = (*AT_START, *(f"[{tool}(" for tool in tools), *(f">>>{tool}" for tool in tools))
        marks = {
            *self.calls,
            *THOUGHTS,
            *_CLOSERS,
            *STOPS,
            *EDGES,
            *HEADERS,
            MESSAGE,
            *self.closings,
            *dialects.SPEAKERS,
            *dialects.OTHERS,
        }
        longest_first = sorted(marks, key=len, reverse=True)
        self.pattern = re.compile("|".join(map(re.escape, longest_first)) + r"|`+|\n")
        self.longest = len(longest_first[0])
        self.beginnings = {mark[:end] for mark in marks for end in range(1, len(mark))} | {"```"}


_marks_of = lru_cache(maxsize=8)(_Marks)


class TextFilter:
    """Takes text deltas and returns the events to show."""

    def __init__(self, request: ModelRequest) -> None:
        self._request = request
        self._tools = tuple(tool.name for tool in request.tools)
        self._marks = _marks_of(self._tools)
        self._joiner = SurrogateJoiner()
        self._events: list[ModelEvent] = []
        self._calls: list[ToolCall] = []
        self._held = ""
        self._undecided = True
        """Whether the answer may still turn out to begin with a call."""
        self._until: tuple[str, ...] = ()
        """What ends the thought under way."""
        self._block: tuple[Dialect, str] | None = None
        """The call under way, and the tool that its header named."""
        self._fence = False
        self._inline = False
        self._line_start = True
        self._shown = False
        self._closed = False
        self._over = False
        self._gap = ""
        self._glued = False
        self._struck = False
        self._trim = False
        """Whether blanks are left out until there is more: those behind a thought."""

    def feed(self, text: str) -> list[ModelEvent]:
        """Return what can be shown now."""
        text = self._joiner.feed(text)
        if self._is_plain and _TRIGGERS.search(text) is None:
            if not text:
                return []
            self._line_start = text.endswith("\n")
            return [TextDelta(text=text)]
        self._held += text
        return self._scanned(final=False)

    def finish(self) -> tuple[list[ModelEvent], list[ToolCall]]:
        """Return the text that was held back after all, and the tool calls found in the text."""
        self._held += self._joiner.finish()
        events = self._scanned(final=True)
        if self._glued and self._held:
            events.append(TextDelta(text=self._held))
        return events, self._calls

    @property
    def _is_plain(self) -> bool:
        waiting = self._held or self._undecided or self._until or self._block or self._calls or self._over or self._trim
        return not (waiting or self._inline)

    def _scanned(self, *, final: bool) -> list[ModelEvent]:
        self._events = []
        while self._step(final=final):
            pass
        return self._events

    def _step(self, *, final: bool) -> bool:
        """Go on with what is held; False where nothing more can be told yet."""
        if self._over:
            self._held = ""
        if not self._held:
            return False
        if self._until:
            return self._leave_thought()
        if self._block is not None:
            return self._read_block(*self._block, final=final)
        if self._undecided:
            return self._begin(final=final)
        return self._next_mark(final=final)

    def _begin(self, *, final: bool) -> bool:
        """See whether the answer begins with a call, as soon as that is clear."""
        start = self._held.lstrip()
        if not start:
            return False
        if _GLUED.match(start):
            self._undecided, self._until, self._glued = False, (_GLUED_END,), True
            return True
        if start.startswith(self._marks.starts) and not start.startswith(tuple(self._marks.calls)):
            self._undecided, self._block = False, (BARE, "")
            return True
        starts = (*self._marks.starts, "analysis")
        if not final and (start in self._marks.beginnings or any(mark.startswith(start) for mark in starts)):
            return False
        if (edge := next((edge for edge in EDGES if start.startswith(edge)), None)) and not self._is_quoted(edge):
            self._held = start.removeprefix(edge)
            return True
        self._undecided = False
        return True

    def _next_mark(self, *, final: bool) -> bool:
        """Show the text up to the next mark, and see what that begins."""
        found = self._marks.pattern.search(self._held)
        at = self._end_of_text(final=final)
        if found is None or found.start() >= at:
            self._show(at)
            return False
        self._show(found.start())
        mark = found[0]
        if mark == "\n" or (mark.startswith("`") and mark not in self._marks.calls):
            return self._pass_code(mark)
        if self._fence or self._inline or self._is_quoted(mark):
            return self._pass(mark)
        return self._take(mark, final=final)

    def _take(self, mark: str, *, final: bool) -> bool:
        match mark:
            case _ if mark in self._marks.calls:
                self._block = (self._marks.calls[mark], "")
                return True
            case _ if mark in HEADERS:
                return self._take_header(mark, final=final)
            case _ if mark in THOUGHTS:
                return self._enter_thought(mark, final=final)
            case _ if mark in _CLOSERS:
                return self._take_closer(mark)
            case _ if mark in self._marks.closings and not self._calls:
                return self._pass(mark)
            case _ if mark in EDGES:
                return self._take_edge(mark, final=final)
            case _ if mark in dialects.SPEAKERS:
                return self._take_speaker(mark, final=final)
            case _ if mark in dialects.OTHERS:
                self._over = True
                return False
            case _:
                self._held = self._held.removeprefix(mark)
                return True

    def _enter_thought(self, mark: str, *, final: bool) -> bool:
        """Thoughts that begin a line may stay open; others are thoughts only where they are closed."""
        closed = THOUGHTS[mark] in self._held
        if not (closed or self._line_start):
            return self._pass(mark) if final or len(self._held) > LONGEST else False
        self._held, self._until = self._held.removeprefix(mark), (THOUGHTS[mark],)
        return True

    def _leave_thought(self) -> bool:
        ends = [(at, mark) for mark in self._until if (at := self._held.find(mark)) >= 0]
        if not ends:
            if not self._glued:
                self._held = self._held[-max(map(len, self._until)) :]
            return False
        at, mark = min(ends)
        self._held = self._held[at if mark in HEADERS else at + len(mark) :]
        self._until, self._closed, self._glued = (), True, False
        self._trim = self._line_start
        self._undecided = self._undecided or not self._shown
        return True

    def _take_closer(self, mark: str) -> bool:
        """Where a prompt ends with the opening mark, as some chat templates do, only the end of the thought is seen."""
        self._held = self._held.removeprefix(mark)
        if not self._closed:
            self._events = [*self._events, Restarted()] if self._shown else []
            self._trim = True
            self._closed, self._undecided, self._shown, self._line_start = True, True, False, True
        return True

    def _take_edge(self, mark: str, *, final: bool) -> bool:
        rest = self._held.removeprefix(mark)
        while rest.strip() and (
            next_ := next((each for each in (*EDGES, *STOPS) if rest.lstrip().startswith(each)), "")
        ):
            rest = rest.lstrip().removeprefix(next_)
        if rest.strip() or (mark == "</s>" and self._struck):
            return False if not final and rest.strip() in self._marks.beginnings else self._pass(mark)
        if final:
            self._held = ""
        return False

    def _take_speaker(self, mark: str, *, final: bool) -> bool:
        rest = self._held.removeprefix(mark)
        if not final and len(rest) < 40 and "\n" not in rest and "|>" not in rest:
            return False
        found = _SPEAKER.match(rest)
        if found is None or not found[1]:
            self._over = True
            return False
        self._held = rest[found.end() :]
        return True

    def _take_header(self, mark: str, *, final: bool) -> bool:
        """The header of a message of gpt-oss names a channel, and the tool where it is a call."""
        header, found, body = self._held.removeprefix(mark).partition(MESSAGE)
        if not found:
            if not final and len(header) < _HEADER_MAX:
                return False
            self._held = self._held.removeprefix(mark)
            return True
        self._held, self._trim = body, True
        if recipient := _RECIPIENT.search(header):
            self._block = (dialects.HARMONY, recipient[1])
        elif "analysis" in header:
            self._until = MESSAGE_ENDS
        else:
            self._undecided = self._undecided or not self._shown
        return True

    def _read_block(self, dialect: Dialect, name: str, *, final: bool) -> bool:
        """See whether the block that is held is whole, and what it says."""
        ends = self._ends(dialect, final=final)
        for end, closing in ends:
            inner = self._held[:end] if dialect.keeps else self._held[len(dialect.opening) : end - len(closing)]
            if calls := read_calls(f"{name} {inner}" if name else inner, dialect.readers, self._tools):
                return self._accept(dialect, calls, end, final=final)
        if not final and len(self._held) <= LONGEST:
            return False
        end = min((end for end, _ in ends), default=len(self._held))
        return self._refuse(dialect, name, end)

    def _ends(self, dialect: Dialect, *, final: bool) -> list[tuple[int, str]]:
        """Return where the block may end: at each of its closings, since a title may hold one."""
        closings = MESSAGE_ENDS if dialect is dialects.HARMONY else (dialect.closing,) if dialect.closing else ()
        ends = [
            (found.end() if closing not in HEADERS else found.start(), closing if closing not in HEADERS else "")
            for closing in closings
            for found in re.finditer(re.escape(closing), self._held[len(dialect.opening) :])
        ]
        ends = [(end + len(dialect.opening), closing) for end, closing in ends]
        return sorted(ends)[:20] + ([(len(self._held), "")] if final else [])

    def _accept(self, dialect: Dialect, calls: list[ToolCall], end: int, *, final: bool) -> bool:
        rest = self._held[end:].lstrip(" \t")
        if not final and (not rest or rest in self._marks.beginnings):
            return False
        bare = dialect is BARE
        follows = rest and not rest.startswith("\n") and not self._marks.pattern.match(rest) and not dialect.special
        foreign = bare and any(call.tool not in self._tools for call in calls)
        if follows or foreign or tools_quoted_in_data(self._request, {call.tool for call in calls}):
            return self._put_back(end)
        self._calls += calls
        self._held, self._block, self._line_start = self._held[end:], None, True
        return True

    def _refuse(self, dialect: Dialect, name: str, end: int) -> bool:
        """A block that nobody can read: an error for the model where it means one of our tools, left out where it is
        no prose, else text."""
        block = self._held[:end]
        tool = next((tool for tool in self._tools if tool in (name or block)), None)
        if dialect is BARE or (tool is None and not dialect.special) or len(block) > LONGEST:
            return self._put_back(end)
        if tool is not None and tools_quoted_in_data(self._request, {tool}):
            return self._put_back(end)
        if tool is not None:
            self._calls.append(ToolCall(tool=tool, malformed=well_formed(block)))
        self._held, self._block = self._held[end:], None
        return True

    def _put_back(self, end: int) -> bool:
        self._block = None
        self._show(end)
        return True

    def _pass(self, mark: str) -> bool:
        self._show(len(mark))
        return True

    def _pass_code(self, mark: str) -> bool:
        if mark == "\n":
            self._inline = False
        elif len(mark) >= 3 and not self._inline:
            self._fence = not self._fence
        elif not self._fence:
            self._inline = not self._inline
        return self._pass(mark)

    def _show(self, end: int) -> None:
        text, self._held = self._held[:end], self._held[end:]
        if self._trim:
            text = text.lstrip()
        if not text:
            return
        self._trim = False
        self._line_start = text.endswith("\n") or (self._line_start and not text.strip())
        if self._calls and not text.strip():
            self._gap += text
            return
        text, self._gap = self._gap + text, ""
        self._shown = self._shown or bool(text.strip())
        self._struck = self._struck or "<s>" in text
        last = self._events[-1] if self._events else None
        if isinstance(last, TextDelta):
            self._events[-1] = TextDelta(text=last.text + text)
        else:
            self._events.append(TextDelta(text=text))

    def _end_of_text(self, *, final: bool) -> int:
        """Where at the end of the text a mark may have begun; its length if nowhere."""
        if not final:
            for at in range(max(0, len(self._held) - self._marks.longest), len(self._held)):
                if self._held[at:] in self._marks.beginnings:
                    return at
        return len(self._held)

    def _is_quoted(self, mark: str) -> bool:
        """Whether the user's words or a result spell the mark."""
        return any(mark in text for text in texts_of(self._request))
