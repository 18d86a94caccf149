"""Answers the shell's completion out of a table of the commands, which `make completions` writes.

Click would import every command for that, and somebody has pressed the tab key and waits. What the table doesn't tell
(files, choices, quotes) is left to click; a test compares both.
"""

import json
import os

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Final

TABLE: "Final" = __file__.removesuffix(".py").removesuffix(".pyc") + ".json"
VARIABLE: "Final" = "_KIROTODO_COMPLETE"


def answer() -> str | None:
    """Return the completions that the shell asks for, as it reads them; None where click has to."""
    shell, _, what = os.environ[VARIABLE].partition("_")
    asked = _asked(shell) if what == "complete" else None
    if asked is None:
        return None
    try:
        with open(TABLE, encoding="utf-8") as file:
            found = completions(file.read(), *asked)
    except OSError:  # the program runs out of a zip file
        return None
    return None if found is None else "\n".join(_formatted(shell, *each) for each in found) + "\n"


def _asked(shell: str) -> tuple[list[str], str] | None:
    """Return the whole words behind the name of the program, and the beginning of the one that is asked for."""
    line, at = os.environ.get("COMP_WORDS", ""), os.environ.get("COMP_CWORD", "")
    if shell not in ("bash", "zsh", "fish") or set(line) & set("'\"\\"):
        return None
    words = line.split()
    if shell == "fish":
        return (words[1:-1] if at and words[-1:] == [at] else words[1:]), at
    if not at.isdecimal():
        return None
    return words[1 : int(at)], (words[int(at)] if int(at) < len(words) else "")


def completions(table: str, words: list[str], beginning: str) -> "list[tuple[str, str]] | None":
    """Return what a word may be, each with its help; None where the table doesn't tell."""
    path = ""
    command = _command(table, path)
    given: set[str] = set()
    values = 0
    for word in words:
        if values:
            values -= 1
        elif word.startswith("-"):
            name, assigned, _ = word.partition("=")
            if name not in command["options"]:
                return None
            given |= {*command["options"][name]["names"]}
            values = 0 if assigned else command["options"][name]["values"]
        elif "commands" in command:
            if word not in command["commands"]:
                return None
            path = f"{path} {word}".strip()
            command, given = _command(table, path), set()
    if values or "=" in beginning:
        return None
    return _of_command(command, given, beginning)


def _command(table: str, path: str) -> "dict[str, Any]":
    """Return a command out of the table, where each is a line: reading all of them would take longer than all else."""
    name = f"\n{json.dumps(path)}: "
    start = table.index(name) + len(name)
    command: dict[str, Any] = json.loads(table[start : table.index("\n", start)].rstrip(","))
    return command


def _of_command(command: "dict[str, Any]", given: set[str], beginning: str) -> list[tuple[str, str]] | None:
    if beginning.startswith("-"):
        shown = [(name, each) for name, each in command["options"].items() if each["shown"]]
        free = [(name, each["help"]) for name, each in shown if each["multiple"] or name not in given]
        return [(name, said) for name, said in free if name.startswith(beginning)]
    if "commands" in command:
        return [(name, said) for name, said in command["commands"].items() if name.startswith(beginning)]
    return [] if command["plain"] else None


def _formatted(shell: str, name: str, said: str) -> str:
    if shell == "zsh":
        return f"plain\n{name.replace(':', chr(92) + ':') if said else name}\n{said or '_'}"
    return f"plain,{name}\t{said}" if shell == "fish" and said else f"plain,{name}"
