"""No text of a model that could not be stored, whatever halves it comes in."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kirotodo.core.text.sanitize import SurrogateJoiner, well_formed, well_formed_value

WILD = st.text(alphabet=st.one_of(st.characters(), st.sampled_from("\0\ud83d\udf89\ud800\udfff")))


@pytest.mark.parametrize(
    ("given", "stored"),
    [
        ("plain", "plain"),
        ("Zürich 🎉", "Zürich 🎉"),
        ("\ud83c\udf89!", "🎉!"),
        ("\ud83c", "\ufffd"),
        ("\udf89\ud83c", "\ufffd\ufffd"),
        ("a\ud83cb", "a\ufffdb"),
        ("a\0b", "ab"),
    ],
)
def test_pairs_are_joined_and_lone_halves_replaced(given: str, stored: str) -> None:
    assert well_formed(given) == stored


@given(WILD, st.data())
def test_text_in_pieces_is_the_text_in_one(text: str, data: st.DataObject) -> None:
    joiner = SurrogateJoiner()
    cuts = sorted(data.draw(st.lists(st.integers(0, len(text)), max_size=4)))
    pieces = [text[start:end] for start, end in zip([0, *cuts], [*cuts, len(text)], strict=True)]
    assert "".join([*map(joiner.feed, pieces), joiner.finish()]) == well_formed(text)
    well_formed(text).encode()
    assert "\0" not in well_formed(text)


JSON = st.recursive(
    WILD | st.floats() | st.integers() | st.none(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(WILD, inner, max_size=3),
)


@given(JSON)
def test_a_value_is_well_formed_in_all_its_parts(value: Any) -> None:
    text = json.dumps(well_formed_value(value), ensure_ascii=False, allow_nan=False)
    text.encode()
    assert "\\u0000" not in text


def test_a_value_that_nests_too_deep_is_refused() -> None:
    value: Any = "x"
    for _ in range(200):
        value = [value]
    with pytest.raises(ValueError, match="nested too deep"):
        well_formed_value(value)
