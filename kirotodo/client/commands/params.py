"""Parameters that several commands share: words, numbers of tasks and conversations, piped text."""

import re
import sys
from collections.abc import Callable, Sequence
from typing import Any, Final, TypeVar

import click

from kirotodo.core.domain.task import PRIORITIES, sort_keys
from kirotodo.core.errors import InvalidInput
from kirotodo.core.text.durations import parse_duration

Command = TypeVar("Command", bound=Callable[..., Any])
PRIORITY: Final = click.Choice(PRIORITIES, case_sensitive=False)
json_option = click.option("--json", "as_json", is_flag=True, help="Print JSON.")


class Number(click.ParamType[int]):
    """The number of a task, conversation or change, with or without `#`."""

    name = "number"

    def __init__(self, thing: str, shown_by: str) -> None:
        self.thing = thing
        self.shown_by = shown_by

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> int:
        """Return the number. Fails where the value isn't one."""
        text = str(value).strip().removeprefix("#")
        if not (text.isascii() and text.isdigit()) or len(text) > 9 or int(text) < 1:
            self.fail(f"{value!r} isn't a {self.thing} number; `{self.shown_by}` shows them.", param, ctx)
        return int(text)


TASK: Final = Number("task", "kirotodo list")
CONVERSATION: Final = Number("conversation", "kirotodo conversations")
CHANGE: Final = Number("change", "kirotodo log")


class _Sort(click.ParamType[str]):
    name = "keys"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        try:
            sort_keys(str(value))
        except InvalidInput as error:
            self.fail(error.message, param, ctx)
        return str(value)


SORT: Final = _Sort()
"""An order such as `priority,created-asc`."""


class _Length(click.ParamType[int]):
    name = "length"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> int:
        """Return the minutes; 0 for an empty text, which takes the value away."""
        if not str(value).strip():
            return 0
        try:
            return parse_duration(str(value))
        except InvalidInput as error:
            self.fail(error.message, param, ctx)


LENGTH: Final = _Length()
"""How long a task takes, in minutes."""


class _Numbers(click.ParamType[tuple[int, ...]]):
    name = "numbers"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> tuple[int, ...]:
        return tuple(TASK.convert(part, param, ctx) for part in str(value).split(",") if part.strip())


NUMBERS: Final = _Numbers()
"""One or more task numbers, `3` or `3,5`."""


_MASK: Final = "\ue000"
"""Stands before the dash of an argument that is no option. It is for private use: nobody types it."""
_NO_OPTION: Final = re.compile(r"-(?!-|h?$)")


class FilterCommand(click.Command):
    """A command whose arguments are a filter, in which `-#waiting` is no option. The only short option is -h."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Parse the arguments; take what begins with a single dash for part of the filter."""
        with_value = {
            name for each in self.params if isinstance(each, click.Option) and not each.is_flag for name in each.opts
        }
        before = ""
        for place, arg in enumerate(args):
            if _NO_OPTION.match(arg) and before not in with_value:
                args[place] = _MASK + arg
            before = arg
        return super().parse_args(ctx, args)


def filter_argument(command: Command) -> Command:
    """Add the filter, as all arguments that are no options."""
    return click.argument("words", nargs=-1, metavar="[FILTER]...", callback=_unmasked)(command)


def _unmasked(_: click.Context, __: click.Parameter, words: Sequence[str]) -> str | None:
    return joined([word.removeprefix(_MASK) for word in words]) or None


def distinct(groups: Sequence[tuple[int, ...]]) -> tuple[int, ...]:
    """Return all numbers, each once, in the order given."""
    return tuple(dict.fromkeys(number for group in groups for number in group))


def joined(words: Sequence[str]) -> str:
    """Return the arguments as one text; bytes that aren't UTF-8 become replacement characters."""
    return " ".join(words).encode("utf-8", "replace").decode("utf-8").strip()


def piped(limit: int, *, instead: str) -> str:
    """Return the text on stdin, whole. Raises `InvalidInput` where it is longer than `limit` characters.

    No more is read than shows that it is too long, so that an endless pipe ends.
    """
    most = limit * 4 + 4  # no character takes more bytes, and a mark may come first
    data = sys.stdin.buffer.read(most + 1)
    text = data.decode("utf-8-sig", "replace").strip()
    if len(data) > most or len(text) > limit:
        raise InvalidInput(_too_long("The piped text", limit, instead))
    return text


def _too_long(what: str, limit: int, instead: str) -> str:
    return f"{what} is longer than {limit:,} characters, so nothing was done. Instead, {instead}."


def text_or_pipe(words: Sequence[str], *, limit: int, example: str, instead: str) -> str:
    """Return what was typed after the command, else what is piped in, whole.

    Raises a usage error where there is neither and `InvalidInput` where it is too long; `instead` says what to do then.
    """
    if words and tuple(words) != ("-",):
        text = joined(words)
        if len(text) > limit:
            raise InvalidInput(_too_long("That text", limit, instead))
    elif sys.stdin is not None and not sys.stdin.isatty():
        text = piped(limit, instead=instead)
    else:
        raise click.UsageError(f"Some text is needed. For example: {example}")
    if not text:
        raise click.UsageError(f"The text is empty. For example: {example}")
    return text
