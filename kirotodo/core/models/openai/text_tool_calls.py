"""Parse tool calls that a model wrote as text, in the notations that models are trained on.

A reader takes the text of one or more calls and returns names and arguments; it raises `ValueError` where the text
contains anything else. Nothing is guessed: a text that no reader takes whole is not a call. `dialects` says which
reader applies.
"""

import ast
import json
import re
from collections.abc import Callable, Collection, Iterator, Mapping
from typing import Any, Final, TypeAlias

from kirotodo.core.models.model import ModelRequest, ToolCall, ToolOutcome, UserText
from kirotodo.core.models.openai.relaxed_json import first_value, object_of
from kirotodo.core.models.openai.tool_names import called_name, known_name
from kirotodo.core.text.sanitize import well_formed_value

LONGEST: Final = 20_000
Found: TypeAlias = tuple[Any, Any]
Reader: TypeAlias = Callable[[str, Collection[str]], Iterator[Found]]

_NOISE: Final = re.compile(
    r"(?:\s|<[|｜/][^<>\n]{0,40}>|<function=|</?(?:tool_calls?|function_calls?|tool_use|tools)>|\[/?[A-Z_]{3,20}\]|```[a-z_]*"
    r"|[>,;:]|to=|\bAction:|\b(?:json|assistant|commentary|analysis)\b)*"
)
"""What may stand around a name and its arguments, and says nothing."""
_NAME: Final = re.compile(r"[\w.:/-]+")
_HEAD: Final = re.compile(r"""<(?:｜DSML｜)?(?:function|invoke)(?:=|\s+name=)["']?([\w.:-]+)["']?\s*>""")
_TAIL: Final = re.compile(r"\s*(?:</(?:｜DSML｜)?(?:function|invoke)>|\Z)")
_PARAMETER: Final = re.compile(
    r"""\s*<(?:｜DSML｜)?parameter(?:=|\s+name=)["']?([\w.-]+)["']?(?:\s+string="(true|false)")?\s*>(.*?)"""
    r"""</(?:｜DSML｜)?parameter>""",
    re.DOTALL,
)
_PAIR: Final = re.compile(r"\s*<arg_key>(.*?)</arg_key>\s*()<arg_value>(.*?)</arg_value>", re.DOTALL)
_ELEMENT: Final = re.compile(r"\s*<([a-z_]+)>()(.*?)</\1>", re.DOTALL)
_DELIMITER: Final = re.compile(r'<escape>|<\|"\|>')


def read_calls(text: str, readers: tuple[Reader, ...], tools: Collection[str]) -> list[ToolCall]:
    """Return the calls that `text` consists of; none if it is, or holds, anything else."""
    if len(text) > LONGEST:
        return []
    for reader in readers:
        try:
            found = list(reader(text.strip(), tools))
            if found and all(isinstance(name, str) and isinstance(given, Mapping) for name, given in found):
                return [
                    ToolCall(tool=called_name(name, tools), arguments=well_formed_value(given)) for name, given in found
                ]
        except (ValueError, SyntaxError, RecursionError, MemoryError):
            continue
    return []


def json_objects(text: str, tools: Collection[str]) -> Iterator[Found]:
    """Read objects with a name and arguments, one or more, in lists or one after another."""
    at = _skip(text, 0)
    if not text.startswith(("{", "["), at):
        raise ValueError("no object")
    while at < len(text):
        try:
            value, at = first_value(text, at)
        except ValueError:
            value = object_of(text[at:])
            at = len(text)
        at = _skip(text, at)
        for item in value if isinstance(value, list) else [value]:
            yield _named(item, tools)


def _named(value: Any, tools: Collection[str]) -> Found:
    if not isinstance(value, Mapping):
        raise ValueError("no call")
    if len(value) == 1 and (name := next(iter(value))) in tools:
        return name, value[name]
    value = value["function"] if isinstance(value.get("function"), Mapping) else value
    name = value.get("name") or value.get("tool_name") or value.get("tool") or value.get("function")
    given: Any = next((value[key] for key in ("arguments", "parameters", "args", "input") if key in value), {})
    return name, object_of(given) if isinstance(given, str) else {} if given is None else given


def headed(text: str, tools: Collection[str]) -> Iterator[Found]:
    """Read a name, then the arguments as JSON, with marks around them.

    Other names may stand beside it: "function", an id.
    """
    at = _skip(text, 0)
    while at < len(text):
        names: list[str] = []
        while len(names) < 4 and (found := _NAME.match(text, at)):
            names.append(found[0])
            at = _skip(text, found.end())
        if not names:
            raise ValueError("no name")
        given, at = first_value(text, at)
        yield next((name for name in names if known_name(name, tools)), names[-1]), given
        at = _skip(text, at)


def parameters(text: str, tools: Collection[str]) -> Iterator[Found]:
    """Read arguments as elements: `<function=name><parameter=key>value</parameter></function>`, or with attributes,
    or a name followed by `<arg_key>` and `<arg_value>`.
    """
    at = _skip_to_head(text, 0)
    while at < len(text):
        head = _HEAD.match(text, at)
        if head is None:
            head = _NAME.match(text, at)
            if head is None or head[0] not in tools:
                raise ValueError("no call")
            name, pattern = head[0], _PAIR
        else:
            name, pattern = head[1], _PARAMETER
        given, at = _arguments(text, head.end(), pattern)
        tail = _TAIL.match(text, at)
        if tail is None and pattern is _PARAMETER:
            raise ValueError("no end")
        yield name, given
        at = _skip_to_head(text, tail.end() if tail else at)


def elements(text: str, tools: Collection[str]) -> Iterator[Found]:
    """Read `<add_task><title>milk</title></add_task>`."""
    name = text[1 : text.index(">")]
    inner = text.removeprefix(f"<{name}>").removesuffix(f"</{name}>")
    values, at = _arguments(inner, 0, _ELEMENT)
    if inner[at:].strip():
        raise ValueError("no arguments")
    yield name, values


def python_calls(text: str, tools: Collection[str]) -> Iterator[Found]:
    """Read `[name(key=value), …]` or one call a line, with plain values."""
    for statement in ast.parse(text, mode="exec").body:
        if not isinstance(statement, ast.Expr):
            raise ValueError("no call")
        value = statement.value
        for call in value.elts if isinstance(value, ast.List) else [value]:
            yield _python_call(call)


def _python_call(call: ast.expr) -> Found:
    if isinstance(call, ast.Call) and isinstance(call.func, ast.Name) and call.func.id == "print" and call.args:
        call = call.args[0]
    if not isinstance(call, ast.Call) or call.args or not isinstance(call.func, ast.Name | ast.Attribute):
        raise ValueError("no call")
    name = call.func.id if isinstance(call.func, ast.Name) else call.func.attr
    return name, {str(each.arg): _literal(each.value) for each in call.keywords}


def _literal(node: ast.expr) -> Any:
    words = {"true": True, "false": False, "null": None}
    if isinstance(node, ast.Name) and node.id in words:
        return words[node.id]
    return ast.literal_eval(node)


def gemma(text: str, tools: Collection[str]) -> Iterator[Found]:
    """Read `call:name{key:<escape>value<escape>}`, whose strings need no escapes."""
    calls = re.split(r"(?:^|(?<=\}))\s*call:", text)
    if calls[0].strip() or len(calls) < 2:
        raise ValueError("no call")
    for call in calls[1:]:
        name, brace, rest = call.partition("{")
        pieces = _DELIMITER.split(brace + rest)
        spelt = "".join(json.dumps(piece) if at % 2 else piece for at, piece in enumerate(pieces))
        yield name.strip(), object_of(spelt)


def _arguments(text: str, at: int, pattern: re.Pattern[str]) -> tuple[dict[str, Any], int]:
    given: dict[str, Any] = {}
    while found := pattern.match(text, at):
        given[found[1].strip()] = _value(found[3], is_text=found[2] == "true")
        at = found.end()
    return given, at


def _value(text: str, *, is_text: bool) -> Any:
    """Lists and objects are JSON; every other value is text, which the tools read kindly."""
    text = text.strip("\n")
    if not is_text and text.lstrip().startswith(("[", "{")):
        try:
            return json.loads(text)
        except (ValueError, RecursionError):
            return text
    return text


def _skip(text: str, at: int) -> int:
    found = _NOISE.match(text, at)
    return found.end() if found else at


def _skip_to_head(text: str, at: int) -> int:
    found = re.compile(r"(?:\s|</?(?:｜DSML｜)?[a-z:]*(?:tool|function)_calls?>)*").match(text, at)
    return found.end() if found else at


def tools_quoted_in_data(request: ModelRequest, tools: Collection[str]) -> frozenset[str]:
    """Return the tools for which a text of the user or a tool's result contains something like a call.

    A model that repeats such a text, say a task's title, must not be taken to call the tool.
    """
    quoted = [text for text in texts_of(request) if any(mark in text for mark in "{(<[")]
    return frozenset(tool for tool in tools if any(tool in text for text in quoted))


def texts_of(request: ModelRequest) -> Iterator[str]:
    """Return every text of the history that is not the model's: the user's and those of results."""
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
