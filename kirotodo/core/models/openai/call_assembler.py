"""Assemble streamed tool calls from their fragments, whatever a provider does with index, id and name.

A fragment belongs to the call of its index, or of its id where the index says nothing; without either to the latest.
It begins a new call where there is none, or where that one is complete: a name after complete JSON begins a new call,
a fragment without a name continues its call whatever its id. Arguments may come in pieces, repeatedly from their
beginning (each time longer), or whole. In the end two calls of the same id, name and arguments are one that was sent
twice; equal calls with different ids, or without any, are two.
"""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from kirotodo.core.models.model import ToolCall
from kirotodo.core.models.openai.relaxed_json import is_whole, object_of
from kirotodo.core.models.openai.tool_names import called_name, known_name
from kirotodo.core.text.sanitize import well_formed, well_formed_value


@dataclass(slots=True)
class PartialToolCall:
    """A call that is still arriving.

    `given` are arguments that came as an object, `pieces` those that came as text; `extra` is provider state to send
    back with it.
    """

    index: Any = None
    id: str = ""
    name: str = ""
    pieces: list[str] = field(default_factory=list)
    given: Mapping[str, Any] | None = None
    extra: Mapping[str, Any] | None = None

    @property
    def text(self) -> str:
        """Return the arguments that came as text so far."""
        if len(self.pieces) > 1:
            self.pieces = ["".join(self.pieces)]
        return self.pieces[0] if self.pieces else ""

    @property
    def has_arguments(self) -> bool:
        """Return whether any arguments have come."""
        return self.given is not None or any(piece.strip() for piece in self.pieces)

    @property
    def is_complete(self) -> bool:
        """Return whether the arguments are a whole JSON object."""
        if self.given is not None:
            return True
        return bool(self.pieces) and self.pieces[-1].rstrip().endswith("}") and is_whole(self.text)

    @property
    def is_placeholder(self) -> bool:
        """Return whether all that came is an empty object: some begin with it in place of nothing."""
        return not self.given and self.text.strip() in ("", "{}")

    def add(self, arguments: Any) -> None:
        """Add more of the arguments, or all of them again."""
        if isinstance(arguments, Mapping):
            self.given = arguments or self.given or arguments
        elif isinstance(arguments, str) and arguments:
            if self.pieces and arguments.lstrip().startswith("{") and self._is_snapshot(arguments.lstrip()):
                self.pieces = [arguments]
            elif arguments.strip() or not self.is_complete:
                self.pieces.append(arguments)

    def _is_snapshot(self, arguments: str) -> bool:
        """Return whether `arguments` are those so far, and perhaps more. No JSON object goes on with its own beginning,
        since within a string quotes are escaped."""
        return self.is_placeholder or arguments.startswith(self.text.strip()) or _is_same(self.text, arguments)

    def whole(self, tools: Collection[str], *, strict: bool, cut: bool = False) -> ToolCall:
        """Return the call; `cut` where the answer ended before it was whole, so that no arguments are not none."""
        name = called_name(self.name, tools)
        text = self.text
        arguments = self.given if self.given is not None else object_of(text)
        if arguments is None or (cut and not self.has_arguments):
            return ToolCall(tool=name, malformed=well_formed(text))
        if strict:
            arguments = {key: value for key, value in arguments.items() if value is not None}
        try:
            return ToolCall(tool=name, arguments=well_formed_value(arguments))
        except ValueError:
            return ToolCall(tool=name, malformed=well_formed(text))


class CallAssembler:
    """Takes fragments and returns the calls in the order in which they began. `tools` are the known names."""

    def __init__(self, tools: Collection[str]) -> None:
        self._tools = tools
        self._calls: list[PartialToolCall] = []
        self._by_index: dict[Any, PartialToolCall] = {}
        self._by_id: dict[str, PartialToolCall] = {}

    def feed(self, *, index: Any, id: Any, name: Any, arguments: Any, extra: Mapping[str, Any] | None = None) -> None:
        """Add the fragments of one chunk."""
        index = int(index) if isinstance(index, str) and index.isdecimal() else index
        index = index if isinstance(index, int) else None
        given = id if isinstance(id, str) else ""
        name = name if isinstance(name, str) else ""
        call = self._find(index, given, name)
        if extra and not name:  # comes behind its call, perhaps under an index of its own
            call = call or (self._calls[-1] if self._calls else None)
        elif call is not None and self._begins(call, given, name, arguments):
            call = None
        if call is None:
            call = PartialToolCall(index=index)
            self._calls.append(call)
        if index is not None:
            self._by_index[index] = call
        if given:
            self._by_id[given] = call
            call.id = call.id or given
        if name:
            call.name = self._longer(call.name, name)
        call.add(arguments)
        call.extra = extra or call.extra

    def finish(self) -> list[PartialToolCall]:
        """Return the calls: none of them twice, none that is only the head of the next."""
        calls: list[PartialToolCall] = []
        for call in self._calls:
            last = calls[-1] if calls else None
            if not call.name and last is not None and not last.is_complete and is_whole(last.text + call.text):
                last.add(call.text)  # it went on under another index
            elif last is not None and self._is_head(last, call):
                calls[-1] = call
            elif call.name or (call.has_arguments and not (last is not None and _repeats(last, call.text))):
                calls.append(call)
        return list(_once(calls))

    def _find(self, index: int | None, id: str, name: str) -> PartialToolCall | None:
        """Return the call that a fragment may belong to."""
        by_id = self._by_id.get(id) if id else None
        by_index = self._by_index.get(index) if index is not None else None
        latest = self._calls[-1] if self._calls else None
        if by_id is not None and (index is None or by_id.index in (None, index) or not (name or by_index)):
            return by_id
        if index is None or (latest is not None and latest.index is None and not id and not name):
            return by_index or latest
        return by_index

    def _begins(self, call: PartialToolCall, id: str, name: str, arguments: Any) -> bool:
        """Return whether the fragment is the first of a new call, though it could belong to `call`."""
        another = bool(id and call.id) and self._by_id.get(id) is not call
        fresh = _starts_anew(arguments)
        if not name:
            anew = another or (fresh and not _is_blank(arguments))
            return anew and call.is_complete and not call.is_placeholder and not _repeats(call, arguments)
        if not call.name:
            return False
        same = name == call.name
        if call.is_complete:
            return not (same and not another and _is_blank(arguments))
        if not call.has_arguments:
            return another and _is_blank(arguments) if same else not self._goes_on(call, name, another=another)
        return not same or (another and fresh)

    def _goes_on(self, call: PartialToolCall, name: str, *, another: bool) -> bool:
        """Return whether `name` is the next piece of the call's, or all of it so far."""
        longer = self._longer(call.name, name)
        if known_name(call.name, self._tools) or (
            known_name(name, self._tools) and not known_name(longer, self._tools)
        ):
            return False
        return not another or any(tool.startswith(longer.rpartition(".")[2]) for tool in self._tools)

    @staticmethod
    def _longer(name: str, more: str) -> str:
        return more if more.startswith(name) else name if name.endswith(more) and len(more) > 3 else name + more

    @staticmethod
    def _is_head(call: PartialToolCall, following: PartialToolCall) -> bool:
        """Return whether `call` announced `following`: its index and name, no arguments, and another id."""
        same = call.name == following.name and call.index is not None and call.index == following.index
        return same and not call.has_arguments and following.has_arguments


def _once(calls: list[PartialToolCall]) -> Iterator[PartialToolCall]:
    sent: list[tuple[str, str, Any]] = []
    for call in calls:
        arguments = call.given if call.given is not None else object_of(call.text)
        key = (call.id, call.name, call.text if arguments is None else arguments)
        if not call.id or key not in sent:
            yield call
        sent.append(key)


def _is_blank(arguments: Any) -> bool:
    return arguments is None or (isinstance(arguments, str) and not arguments.strip())


def _starts_anew(arguments: Any) -> bool:
    """Return whether these may be the first of a call's arguments."""
    return not isinstance(arguments, str) or not arguments.strip() or arguments.lstrip().startswith("{")


def _repeats(call: PartialToolCall, arguments: Any) -> bool:
    """Return whether these are the arguments of `call` so far, or all of them once more."""
    if isinstance(arguments, Mapping):
        return call.given == arguments
    text = arguments.strip() if isinstance(arguments, str) else ""
    return bool(text) and (text.startswith(call.text.strip() or "{") or _is_same(call.text, text))


def _is_same(one: str, other: str) -> bool:
    """Return whether both are the same object, be it with other blanks."""
    return is_whole(one) and is_whole(other) and object_of(one) == object_of(other)
