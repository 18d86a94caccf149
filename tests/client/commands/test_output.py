"""What commands print as JSON is lossless, readable and safe."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kirotodo.client.commands.output import Styled, put, put_chunk, say, to_json
from kirotodo.core.text.sanitize import UNSAFE


@given(st.text(alphabet=st.characters(exclude_categories=["Cs"])))
def test_json_is_lossless_and_safe(text: str) -> None:
    encoded = to_json({"title": text})
    assert json.loads(encoded) == {"title": text}
    assert UNSAFE.search(encoded) is None


def test_json_keeps_readable_letters() -> None:
    assert to_json("Müsli 牛奶") == '"Müsli 牛奶"'
    assert to_json("\u202e\x9b") == '"\\u202e\\u009b"'


def test_what_is_printed_is_made_safe_at_the_last_moment(capsys: pytest.CaptureFixture[str]) -> None:
    put("a\x1b]0;x\x07", Styled("b\x9b2J", bold=True))
    say("c\u202e")
    put_chunk("d\x1b[")
    assert capsys.readouterr() == ("ab\nd[", "c\n")
