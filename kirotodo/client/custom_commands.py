"""Slash commands of the user's own: names for prompts, from the table [commands] of config.toml."""

import re
from collections.abc import Collection, Mapping
from typing import Final

from kirotodo.core.errors import InvalidInput
from kirotodo.core.lazy_dataclasses import dataclass

ALL: Final = "{args}"
NOT_ON_SCREEN: Final = frozenset({"today"})
"""Commands of the chat without a screen alone, whose names mean the same in both."""
_PLACE: Final = re.compile(r"\{(args|[1-9])\}")
_WORDS: Final = re.compile(r'"([^"]*)"|(\S+)')


@dataclass(frozen=True, kw_only=True, slots=True)
class CustomCommand:
    """A prompt by its name. `{args}` in it stands for everything behind the name, `{1}` to `{9}` for single words."""

    name: str
    prompt: str

    @property
    def takes(self) -> str:
        """Return what has to stand behind the name, "" where nothing has to."""
        count = self._words
        return " ".join(f"word {number}" for number in range(1, count + 1)) or ("text" if ALL in self.prompt else "")

    @property
    def _words(self) -> int:
        return max((int(found) for found in _PLACE.findall(self.prompt) if found != "args"), default=0)

    def text(self, argument: str) -> str:
        """Return the message to send. What a prompt without a place for it gets stands at its end.

        Raise `InvalidInput` where something is missing, or would be left out.
        """
        argument = argument.strip()
        if not _PLACE.search(self.prompt):
            return f"{self.prompt} {argument}".strip()
        words = [quoted or word for quoted, word in _WORDS.findall(argument)]
        if not argument or len(words) < self._words:
            needs = f"{self._words} words" if self._words > 1 else "words behind it"
            raise InvalidInput(f"/{self.name} needs {needs}: it sends “{self.prompt}”.")
        if ALL not in self.prompt and len(words) > self._words:
            takes = f"{self._words} words" if self._words > 1 else "one word"
            raise InvalidInput(f"/{self.name} takes {takes}. Put words that belong together in quotes.")
        # One pass: braces that somebody types are text.
        return _PLACE.sub(lambda place: argument if place[1] == "args" else words[int(place[1]) - 1], self.prompt)


def custom_commands(
    prompts: Mapping[str, str], reserved: Collection[str]
) -> tuple[dict[str, CustomCommand], tuple[str, ...]]:
    """Return the commands by their names, and a sentence for each that is left out since its name is taken."""
    taken = {*reserved} | NOT_ON_SCREEN
    found = {name: CustomCommand(name=name, prompt=prompt) for name, prompt in prompts.items() if name not in taken}
    return found, tuple(f"/{name} is a command of the chat. Choose another name." for name in prompts if name in taken)
