"""Parse a JSON object that a model wrote by hand: repaired where there is only one way to read it, else refused.

Accepted: raw newlines and tabs in strings, single quotes, Python's True/False/None, bare names, trailing commas, a
code fence around it, an object quoted once too often, marks after its end. Refused: text that is cut off, or in which
a repair would have to guess where a string ends, since a guess would end up in somebody's list. (Libraries such as
json-repair close what is open, so that half a title becomes a task.)
"""

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any, Final

_FENCED: Final = re.compile(r"```[a-z_]*\s*(.*?)\s*```", re.DOTALL)
_AFTER: Final = re.compile(r"(?:[\s}\];`]|<[|｜/][^<>\s]{1,40}>)*")
"""What may stand behind an object without saying anything: brackets too many, marks, the end of a fence."""
_TOKEN: Final = re.compile(
    r"""(?P<double>"(?:[^"\\]|\\.)*")|(?P<single>'(?:[^'\\]|\\.)*')|(?P<mark>[{}\[\]:,])|(?P<word>[^\s{}\[\]:,"']+)"""
    r"""|\s+""",
    re.DOTALL,
)
_WORDS: Final = {"True": "true", "False": "false", "None": "null"}
_NAME: Final = re.compile(r"[A-Za-z_]\w*")
_QUOTED: Final = re.compile(r"""\\.|["']""", re.DOTALL)
_DECODER: Final = json.JSONDecoder(strict=False)


def object_of(text: str) -> Mapping[str, Any] | None:
    """Return the object in `text`, {} for an empty text, None where there is none."""
    value: Any = text
    for _ in range(3):
        if not isinstance(value, str):
            break
        value = value.strip()
        if value in ("", "null", "None"):
            return {}
        value = _value(value)
    if isinstance(value, list) and len(value) == 1:
        value = value[0]
    return value if isinstance(value, Mapping) else None


def is_whole(text: str) -> bool:
    """Return whether `text` is a JSON object from its first character to its last."""
    text = text.strip()
    if not (text.startswith("{") and text.endswith("}")):
        return False
    try:
        json.loads(text, strict=False)
    except (ValueError, RecursionError):
        return False
    return True


def first_value(text: str, at: int = 0) -> tuple[Any, int]:
    """Return the JSON value that begins at `at`, and where it ends. Raises `ValueError` where none does."""
    try:
        return _DECODER.raw_decode(text, at)
    except RecursionError:
        raise ValueError("nested too deep") from None


def _value(text: str) -> Any:
    """Return the value that `text` spells, None where it spells none."""
    fenced = _FENCED.fullmatch(text)
    inner = fenced[1] if fenced else text
    for reading in (inner, _strict(inner)):
        try:
            value, end = first_value(reading)
        except ValueError:
            continue
        if _AFTER.fullmatch(reading, end):
            return value
    return None


def _strict(text: str) -> str:
    """Return `text` in the notation of JSON, as far as single tokens tell; it is for a parser to judge the rest."""
    tokens = list(_tokens(text))
    strict: list[str] = []
    for at, (kind, token) in enumerate(tokens):
        following = tokens[at + 1][1] if at + 1 < len(tokens) else ""
        match kind:
            case "mark" if token == "," and following in ("}", "]"):
                pass
            case "single" | "double":
                strict.append(f'"{_QUOTED.sub(_quoted, token[1:-1])}"')
            case "word" if following == ":" and _NAME.fullmatch(token):
                strict.append(f'"{token}"')
            case _:
                strict.append(_WORDS.get(token, token))
    return " ".join(strict)


def _tokens(text: str) -> Iterator[tuple[str, str]]:
    at = 0
    while at < len(text):
        found = _TOKEN.match(text, at)
        if found is None:
            yield "rest", text[at:]  # an open quote: no JSON, whatever comes
            return
        if found.lastgroup is not None:
            yield found.lastgroup, found[0]
        at = found.end()


def _quoted(found: re.Match[str]) -> str:
    """Return a quote, or an escaped character, of a string of either kind as it stands in a JSON string."""
    match found[0]:
        case "\\'" | "'":
            return "'"
        case '"':
            return '\\"'
        case escaped:
            return escaped
