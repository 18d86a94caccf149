"""Arguments that are nearly JSON: repaired where there is one way to read them, refused where there is not."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kirotodo.core.models.openai.relaxed_json import is_whole, object_of

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-(10**9), 10**9) | st.text(max_size=12),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)
OBJECTS = st.dictionaries(st.text(max_size=8), VALUES, max_size=4)

READ: list[tuple[str, dict[str, Any]]] = [
    ("", {}),
    (" null ", {}),
    ("None", {}),
    ('{"a": 1}', {"a": 1}),
    ('"{\\"a\\": 1}"', {"a": 1}),
    ('"\\"{\\\\\\"a\\\\\\": 1}\\""', {"a": 1}),
    ('[{"a": 1}]', {"a": 1}),
    ('{"a": "one\ntwo\tthree"}', {"a": "one\ntwo\tthree"}),
    ('```json\n{"a": 1}\n```', {"a": 1}),
    ('```\n{"a": 1}```', {"a": 1}),
    ("{'a': 'b'}", {"a": "b"}),
    ("{'a': 'say \"hi\"'}", {"a": 'say "hi"'}),
    ("{'a': 'Tom\\'s'}", {"a": "Tom's"}),
    ('{"a": "Tom\\\'s"}', {"a": "Tom's"}),
    ('{"a": "Tom\'s, {and} [more]: True,}"}', {"a": "Tom's, {and} [more]: True,}"}),
    ("{'a': True, 'b': None, 'c': [False, 1.5]}", {"a": True, "b": None, "c": [False, 1.5]}),
    ('{"a": 1, "b": [1, 2,],}', {"a": 1, "b": [1, 2]}),
    ("{a: 'b', c_d: 2}", {"a": "b", "c_d": 2}),
    ("{'a': 'one\ntwo',}", {"a": "one\ntwo"}),
    ('{"a": 1}}', {"a": 1}),
    ('{"a": 1}<|im_end|>\n', {"a": 1}),
    ('{"a": 1}</tool_call>', {"a": 1}),
    ('{"a": "\\u00e4\\/"}', {"a": "ä/"}),
    ("{'a': '\\u00e4'}", {"a": "ä"}),
]

REFUSED = (
    '{"a": "half',
    '{"a": "whole", "b": "half',
    '{"a": "whole"',
    '{"a": [1, 2}',
    '{"a": ',
    "{'a': 'half",
    "{'a': 'Tom's'}",
    '{"a": "say "hi" to"}',
    '{"a": 1} and more',
    '{"a": 1}{"a": 2}',
    '{"a": 1 "b": 2}',
    '{"a": milk}',
    '{"a": "milk" "eggs"}',
    '[{"a": 1}, {"a": 2}]',
    "[1, 2]",
    '"milk"',
    "milk",
    "{",
    "{" * 50_000,
    "[" * 50_000,
)


@pytest.mark.parametrize(("text", "value"), READ)
def test_what_can_be_read_in_one_way_is_read(text: str, value: dict[str, Any]) -> None:
    assert object_of(text) == value


@pytest.mark.parametrize("text", REFUSED)
def test_what_is_cut_off_or_could_be_read_in_two_ways_is_refused(text: str) -> None:
    assert object_of(text) is None


@pytest.mark.slow
@given(OBJECTS)
def test_json_is_read_as_json(value: dict[str, Any]) -> None:
    text = json.dumps(value, ensure_ascii=False)
    assert object_of(text) == value
    assert object_of(json.dumps(text)) == value
    assert is_whole(text)


@given(OBJECTS)
def test_the_notation_of_python_is_read_as_what_it_means(value: dict[str, Any]) -> None:
    """Where Python's escapes mean something else in JSON, the text is refused rather than misread."""
    assert object_of(repr(value)) in (value, None)
    if "\\" not in repr(value):
        assert object_of(repr(value)) == value


@given(OBJECTS, st.data())
def test_no_beginning_of_an_object_is_taken_for_one(value: dict[str, Any], data: st.DataObject) -> None:
    for text in (json.dumps(value), json.dumps(value, indent=1), repr(value)):
        cut = data.draw(st.integers(1, len(text) - 1))
        assert object_of(text[:cut]) is None
        assert not is_whole(text[:cut])
