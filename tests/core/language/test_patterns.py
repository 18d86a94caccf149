"""Expressions that wait for their first use."""

import re
import subprocess
import sys

import pytest

from kirotodo.core.text.patterns import pattern

_COUNTED = """
import re
import kirotodo.core.language.types
compiled = []
compile = re.compile
re.compile = lambda text, *flags: compiled.append(text) or compile(text, *flags)
import kirotodo.core.language.understand
print(len(compiled))
"""


def test_nothing_of_the_grammar_is_compiled_by_an_import() -> None:
    said = subprocess.run([sys.executable, "-c", _COUNTED], capture_output=True, text=True, check=True)
    assert int(said.stdout) < 10  # a few of the standard library's own


def test_it_finds_what_the_compiled_one_finds() -> None:
    words = pattern(r"(?P<first>[a-z])\w+", re.IGNORECASE)
    found = words.match("Rope and pegs")
    assert found is not None
    assert found["first"] == "R"
    assert words.fullmatch("rope and") is None
    assert [m[0] for m in words.finditer("rope, pegs")] == ["rope", "pegs"]
    assert words.sub("-", "rope, pegs") == "-, -"
    assert pattern(r",\s*").split("rope, pegs") == ["rope", "pegs"]


def test_the_second_use_is_the_compiled_ones_own() -> None:
    words = pattern(r"\w+")
    words.match("rope")
    assert words.search == re.compile(r"\w+").search


def test_a_fault_in_it_is_told_at_its_first_use() -> None:
    faulty = pattern("(")
    with pytest.raises(re.error):
        faulty.match("rope")


def test_it_has_nothing_else() -> None:
    with pytest.raises(AttributeError):
        pattern("a").scanner  # noqa: B018
