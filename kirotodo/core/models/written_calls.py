"""Tool calls that a model wrote as text, in the notations models are trained on.

Hermes and Qwen: `<tool_call>{"name": …, "arguments": …}</tool_call>` · Llama: `{"name": …, "parameters": …}`,
`<function=name>{…}</function>`, `[name(key="value")]` · Mistral: `[TOOL_CALLS][{…}]`, `[TOOL_CALLS]name[ARGS]{…}` ·
Qwen Coder: `<function=name><parameter=key>value</parameter></function>` · DeepSeek: its own marks around name and JSON.
"""

import ast
import json
import re
from collections.abc import Callable, Collection, Iterator, Mapping
from typing import Any, Final

from kirotodo.core.models.model import ModelRequest, ToolCall, ToolOutcome, UserText
from kirotodo.core.models.storable_text import storable_value

LONGEST: Final = 20_000

MARKS: Final = (
    "<tool_call>",
    "<|tool_call|>",
    "<function_call>",
    "<function=",
    "[TOOL_CALLS]",
    "<|python_tag|>",
    "<｜tool▁calls▁begin｜>",
    "<｜tool▁call▁begin｜>",
)
"""What begins a call wherever it stands."""

_WRAPPING: Final = re.compile(
    r"</?(?:tool_call|function_call)s?>|<\|/?tool_call\|>|\[/?TOOL_CALLS\]|<\|python_tag\|>|<\|im_end\|>|<\|eom_id\|>"
    r"|```(?:json|tool_call)?"
)
_HEAD: Final = re.compile(
    r"(?:<function=|\[TOOL_CALLS\]|<｜tool▁call▁begin｜>(?:function<｜tool▁sep｜>)?)\s*([\w.-]+)\s*"
    r"(?:>|\[ARGS\]|<｜tool▁sep｜>|(?=```))(?:```json)?\s*"
)
_TAIL: Final = re.compile(r"\s*(?:</function>|```|<｜tool▁calls?▁end｜>|</?tool_call>|\s)*")
_OPENING: Final = re.compile(r"\s*(?:<｜tool▁calls▁begin｜>|</?tool_call>|\s)*")
_XML: Final = re.compile(r"<function=([\w.-]+)>\s*((?:<parameter=[\w.-]+>.*?</parameter>\s*)*)</function>", re.DOTALL)
_PARAMETER: Final = re.compile(r"<parameter=([\w.-]+)>(.*?)</parameter>", re.DOTALL)


def written_calls(text: str, tools: Collection[str]) -> list[ToolCall]:
    """The calls of `tools` that `text` consists of; none if it is, or holds, anything else."""
    if len(text) > LONGEST:
        return []
    readers: tuple[Callable[[str], Iterator[tuple[Any, Any]]], ...] = (_json, _headed, _xml, _python)
    for reader in readers:
        try:
            found = [(name, arguments) for name, arguments in reader(text.strip())]
        except (ValueError, SyntaxError, RecursionError, MemoryError):
            continue
        if found and all(name in tools and isinstance(arguments, Mapping) for name, arguments in found):
            return [ToolCall(tool=name, arguments=storable_value(arguments)) for name, arguments in found]
    return []


def _json(text: str) -> Iterator[tuple[Any, Any]]:
    """Objects with a name and arguments, one or more, in lists or one after another."""
    decoder = json.JSONDecoder()
    rest = _WRAPPING.sub(" ", text).strip()
    while rest:
        value, end = decoder.raw_decode(rest)
        rest = rest[end:].lstrip(" \t\r\n,;")
        for item in value if isinstance(value, list) else [value]:
            yield _named(item)


def _named(value: Any) -> tuple[Any, Any]:
    if not isinstance(value, Mapping):
        raise ValueError("no call")
    value = value["function"] if isinstance(value.get("function"), Mapping) else value
    name = value.get("name") or value.get("tool") or value.get("function")
    arguments = value.get("arguments", value.get("parameters", value.get("args", {})))
    return name, json.loads(arguments) if isinstance(arguments, str) else arguments


def _headed(text: str) -> Iterator[tuple[Any, Any]]:
    """A mark with the name, then the arguments as JSON."""
    decoder = json.JSONDecoder()
    at = _end(_OPENING, text, 0)
    while at < len(text):
        head = _HEAD.match(text, at)
        if head is None:
            raise ValueError("no call")
        arguments, end = decoder.raw_decode(text, head.end())
        yield head[1], arguments
        at = _end(_TAIL, text, end)


def _xml(text: str) -> Iterator[tuple[Any, Any]]:
    at = _end(_OPENING, text, 0)
    while at < len(text):
        found = _XML.match(text, at)
        if found is None:
            raise ValueError("no call")
        yield found[1], {key: _value(value.strip("\n")) for key, value in _PARAMETER.findall(found[2])}
        at = _end(_TAIL, text, found.end())


def _end(pattern: re.Pattern[str], text: str, at: int) -> int:
    found = pattern.match(text, at)
    return found.end() if found else at


def _value(text: str) -> Any:
    """Lists and objects are JSON; every other value is text, which the tools read kindly."""
    if text.lstrip().startswith(("[", "{")):
        try:
            return json.loads(text)
        except ValueError:
            return text
    return text


def _python(text: str) -> Iterator[tuple[Any, Any]]:
    """`[name(key=value), …]` with plain values."""
    tree = ast.parse(_WRAPPING.sub(" ", text).strip(), mode="eval").body
    for call in tree.elts if isinstance(tree, ast.List) else ():
        if not isinstance(call, ast.Call) or not isinstance(call.func, ast.Name) or call.args:
            raise ValueError("no call")
        yield call.func.id, {str(each.arg): ast.literal_eval(each.value) for each in call.keywords}


def tools_told_in_data(request: ModelRequest, tools: Collection[str]) -> frozenset[str]:
    """The tools that a text of the user or a tool's result spells something like a call of.

    A model that repeats such a text, say a task's title, must not be taken to call the tool.
    """
    told = [text for text in texts_of(request) if any(mark in text for mark in "{(<[")]
    return frozenset(tool for tool in tools if any(tool in text for text in told))


def texts_of(request: ModelRequest) -> Iterator[str]:
    """Every text of the history that is not the model's own: users' and those of results."""
    for item in request.history:
        match item:
            case UserText(text=text):
                yield text
            case ToolOutcome(result=result):
                yield from _strings(result)


def _strings(value: Any) -> Iterator[str]:
    match value:
        case str():
            yield value
        case Mapping():
            for inner in value.values():
                yield from _strings(inner)
        case list() | tuple():
            for inner in value:
                yield from _strings(inner)
