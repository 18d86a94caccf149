"""iCalendar as lines (RFC 5545, 3.1): what is not understood passes through unread, and unharmed.

A library that reads values gives up where one of them is wrong, and writes back what it made of the others. A program
that stores tasks here gets its own lines back instead, so a component is its lines, and only the few that are needed
are read.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Final

from kirotodo.core.errors import InvalidInput

DEPTH_MAX: Final = 8
LINE_MAX: Final = 75
_FOLD: Final = re.compile(r"\n[ \t]")
_NAME: Final = re.compile(r"[A-Za-z0-9-]+")
_PARAM_OF: Final = r';([A-Za-z0-9-]+)=("[^"]*"|[^";:]*)'
_PARAM: Final = re.compile(_PARAM_OF)
_LINE: Final = re.compile(
    rf"(?P<name>[A-Za-z0-9-]+)(?P<params>(?:{_PARAM_OF.replace('(', '(?:')})*):(?P<value>.*)", re.DOTALL
)
_ESCAPED: Final = re.compile(r"\\(.)", re.DOTALL)
_BETWEEN: Final = re.compile(r"(?<!\\),")
ILLEGAL: Final = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""What neither iCalendar nor XML 1.0 can hold."""


@dataclass(slots=True)
class Component:
    """A component: its unfolded lines, in their order, then the components in it."""

    name: str
    lines: list[str] = field(default_factory=list)
    children: list["Component"] = field(default_factory=list)

    def all(self, name: str) -> Iterator[str]:
        """Yield the lines of a property."""
        return (line for line in self.lines if name_of(line) == name)

    def first(self, name: str) -> str | None:
        """Return the first line of a property."""
        return next(self.all(name), None)

    def within(self, name: str) -> Iterator["Component"]:
        """Yield the components of a name that are directly in it."""
        return (child for child in self.children if child.name == name)

    def replace(self, names: Iterable[str], by: Iterable[str]) -> None:
        """Put lines in the place of all lines of some properties."""
        gone = frozenset(names)
        self.lines = [line for line in self.lines if name_of(line) not in gone]
        self.lines += by

    def text(self) -> str:
        """Return the component as text, its lines folded."""
        return "".join(f"{_folded(line)}\r\n" for line in self._written())

    def _written(self) -> Iterator[str]:
        yield f"BEGIN:{self.name}"
        yield from self.lines
        for child in self.children:
            yield from child._written()
        yield f"END:{self.name}"


def name_of(line: str) -> str:
    """Return the name of the property that a line is about, in capitals; empty for a line that has none."""
    found = _NAME.match(line)
    return "" if found is None else found[0].upper()


def legal(text: str) -> str:
    """Return a text without characters that it cannot hold, with line ends as they have to be."""
    text = ILLEGAL.sub("", text.removeprefix("\ufeff"))
    return text.replace("\r\n", "\n").replace("\r", "\n").replace("\n", "\r\n")


def parse(text: str) -> Component:
    """Return the calendar that a text holds. Raises `InvalidInput` where its components don't fit into each other."""
    root = Component("")
    open_: list[Component] = [root]
    for line in _FOLD.sub("", text.replace("\r\n", "\n")).split("\n"):
        mark, _, name = line.partition(":")
        name = name.strip().upper()
        if mark.strip().upper() == "BEGIN":
            if len(open_) > DEPTH_MAX:
                raise InvalidInput("The components of this calendar are nested too deeply.")
            open_.append(Component(name))
        elif mark.strip().upper() == "END":
            done = open_.pop()
            if done.name != name or not open_:
                raise InvalidInput(f"This calendar ends {name[:40] or 'something'}, which did not begin.")
            open_[-1].children.append(done)
        elif line.strip():
            open_[-1].lines.append(line)
    if len(open_) != 1 or [child.name for child in root.children] != ["VCALENDAR"] or root.lines:
        raise InvalidInput("This isn't a calendar: it has to be one VCALENDAR.")
    return root.children[0]


@dataclass(frozen=True, slots=True)
class Property:
    """A line, taken apart; the value is as it stands there."""

    name: str
    params: Mapping[str, str]
    value: str

    @property
    def text(self) -> str:
        """Return the value as text."""
        return unescaped(self.value)


def read_property(line: str | None) -> Property | None:
    """Return the parts of a line; None where it is not one that a calendar can have."""
    found = None if line is None else _LINE.fullmatch(line)
    if found is None:
        return None
    params = {name.upper(): value.strip('"') for name, value in _PARAM.findall(found["params"])}
    return Property(found["name"].upper(), params, found["value"].strip())


def unescaped(value: str) -> str:
    """Return the text that a value stands for."""
    return _ESCAPED.sub(lambda found: "\n" if found[1] in "nN" else found[1], value)


def texts_of(value: str) -> list[str]:
    """Return the texts of a value with commas between them."""
    return [unescaped(each) for each in _BETWEEN.split(value)]


def _folded(line: str) -> str:
    """Fold a line after at most 75 octets, never within a character."""
    if len(line) <= LINE_MAX and line.isascii():
        return line
    parts: list[str] = []
    start = size = 0
    for place, character in enumerate(line):
        octets = len(character.encode())
        if size + octets > LINE_MAX:
            parts.append(line[start:place])
            start, size = place, 1  # the space that a folded line begins with
        size += octets
    return "\r\n ".join([*parts, line[start:]])
