"""What is wrong with the settings that the chat alone understands: keys, slash commands, themes.

Each sentence begins with the file and the line.
"""

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

from kirotodo.client.custom_commands import custom_commands
from kirotodo.client.tui.keymap import PRESET, keymap
from kirotodo.client.tui.theme_files import own_themes
from kirotodo.client.tui.widgets.slash_popup import BY_NAME
from kirotodo.core.toml_lines import at_line


def problems(
    config: Path, *, keys: Mapping[str, str], commands: Mapping[str, str], themes: Path | None
) -> Iterator[str]:
    """Yield a sentence for each fault of the tables [keys] and [commands] of a file, and of the files of themes."""
    for sentence in keymap(keys).problems:
        yield _placed(sentence, config, "keys", [*(name for name in keys if f"'{name}'" in sentence), PRESET])
    for sentence in custom_commands(commands, BY_NAME)[1]:
        yield _placed(sentence, config, "commands", [name for name in commands if f"/{name} " in sentence])
    for sentence in own_themes(themes).problems:
        yield f"{themes}/{sentence}"


def _placed(sentence: str, config: Path, table: str, names: Iterable[str]) -> str:
    return f"{config}{at_line(config, *(f'{table}.{name}' for name in names), table)}: {sentence}"
