"""Several lines: a line end ends a sentence, and what stands under a heading is one task a line."""

import pytest

from kirotodo.core.language.types import Add, Query
from tests.core.language.said import actions


def titles(text: str) -> list[tuple[str, str | None]]:
    return [(each.title, each.project) for each in actions(text) if isinstance(each, Add)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("add rope\nadd pegs", [("rope", None), ("pegs", None)]),
        ("add rope\npegs\n* a lamp", [("rope", None), ("pegs", None), ("a lamp", None)]),
        ("add:\n- rope\n- ring Bob tomorrow\n3. pegs", [("rope", None), ("ring Bob", None), ("pegs", None)]),
        ("Camping list:\nrope\n[ ] pegs", [("rope", "Camping"), ("pegs", "Camping")]),
        ("Add the following to my camping list\nrope\npegs", [("rope", "camping"), ("pegs", "camping")]),
    ],
)
def test_one_task_a_line(text: str, expected: list[tuple[str, str | None]]) -> None:
    assert titles(text) == expected


def test_a_question_and_a_command_on_lines_of_their_own() -> None:
    first, second = actions("what is on my list\nadd rope")
    assert isinstance(first, Query)
    assert isinstance(second, Add)
