"""What the shell's completion is answered from is what click would answer."""

import json
from pathlib import Path

import pytest
from click.shell_completion import get_completion_class

from kirotodo.cli import command_group
from kirotodo.client.commands.shell_completion import TABLE, VARIABLE, answer, completions
from scripts.completions import written

TEXT = Path(TABLE).read_text()
PATHS = [*json.loads(TEXT)]
BEGINNINGS = ("", "-", "--", "--l", "--he", "d", "x", "+")


def by_click(shell: str = "bash") -> "object":
    kind = get_completion_class(shell)
    assert kind is not None
    return kind(command_group(), {}, "kirotodo", VARIABLE)


def test_the_table_is_that_of_the_commands() -> None:
    assert written() == TEXT, "shell_completion.json is stale: run `make completions`"


def test_the_table_answers_what_click_answers() -> None:
    click = by_click()
    answered = 0
    for path in PATHS:
        for words in (path.split(), [*path.split(), "--local"], [*path.split(), "--server"], [*path.split(), "milk"]):
            for beginning in BEGINNINGS:
                found = completions(TEXT, words, beginning)
                if found is None:
                    continue
                answered += 1
                items = click.get_completions(words, beginning)  # type: ignore[attr-defined]
                assert found == [(item.value, item.help or "") for item in items], (words, beginning)
    assert answered > len(PATHS) * len(BEGINNINGS)


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
@pytest.mark.parametrize("line", ["kirotodo ", "kirotodo do", "kirotodo list --", "kirotodo db ba", "kirotodo xyz --"])
def test_each_shell_reads_what_click_would_print(shell: str, line: str, monkeypatch: pytest.MonkeyPatch) -> None:
    last = line.split(" ")[-1]
    monkeypatch.setenv(VARIABLE, f"{shell}_complete")
    monkeypatch.setenv("COMP_WORDS", line)
    monkeypatch.setenv("COMP_CWORD", last if shell == "fish" else str(line.count(" ")))
    answered = answer()
    assert (answered is None) == (line == "kirotodo xyz --")
    assert answered is None or answered == by_click(shell).complete() + "\n"  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("words", "beginning"),
    [(["xyz"], ""), (["list", "--due"], ""), (["list", "--nothing"], "-"), (["add"], "--due=t"), (["export"], "")],
)
def test_what_the_table_does_not_tell_is_left_to_click(words: list[str], beginning: str) -> None:
    assert completions(TEXT, words, beginning) is None
