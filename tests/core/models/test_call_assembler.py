"""Tool calls come together from their fragments, however a provider cuts and labels them."""

import json
from collections.abc import Callable, Iterator
from itertools import chain, count, zip_longest
from typing import Any, Final, TypeAlias

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kirotodo.core.models.model import ToolCall
from kirotodo.core.models.openai.call_assembler import CallAssembler
from kirotodo.core.tools.task_tools import TOOLS
from tests.examples import examples

Call: TypeAlias = tuple[str, dict[str, Any]]
Fragment: TypeAlias = dict[str, Any]
Cut: TypeAlias = Callable[[str], list[str]]

NAMES = ("add_task", "list_tasks", "get_task", "task_stats", "undo")
MILK, EGGS = '{"title":"milk"}', '{"title":"eggs"}'


def assembled(fragments: list[Fragment], *, cut: bool = False) -> list[ToolCall]:
    assembler = CallAssembler(TOOLS.names)
    for fragment in fragments:
        assembler.feed(**{"index": None, "id": None, "name": None, "arguments": None, **fragment})
    return [call.whole(TOOLS.names, strict=False, cut=cut) for call in assembler.finish()]


def numbered(calls: list[Call], cut: Cut) -> Iterator[list[Fragment]]:
    """As the API's own documentation has it: index always, id and name at first."""
    for index, (name, arguments) in enumerate(calls):
        yield [
            {"index": index, "id": f"c{index}", "name": name, "arguments": ""},
            *({"index": index, "arguments": piece} for piece in cut(json.dumps(arguments))),
        ]


def numbered_as_text(calls: list[Call], cut: Cut) -> Iterator[list[Fragment]]:
    for fragments in numbered(calls, cut):
        yield [{**fragment, "index": str(fragment["index"])} for fragment in fragments]


def all_zero(calls: list[Call], cut: Cut) -> Iterator[list[Fragment]]:
    """Every call has the index 0 and an empty id."""
    for name, arguments in calls:
        first, *rest = cut(json.dumps(arguments))
        yield [
            {"index": 0, "id": "", "name": name, "arguments": first},
            *({"index": 0, "id": "", "arguments": piece} for piece in rest),
        ]


def all_zero_with_ids(calls: list[Call], cut: Cut) -> Iterator[list[Fragment]]:
    for number, fragments in enumerate(all_zero(calls, cut)):
        yield [{**fragment, "id": f"c{number}"} for fragment in fragments]


def without_index(calls: list[Call], cut: Cut) -> Iterator[list[Fragment]]:
    for number, fragments in enumerate(all_zero(calls, cut)):
        yield [
            {**fragments[0], "index": None, "id": f"c{number}"},
            *({"arguments": f["arguments"]} for f in fragments[1:]),
        ]


def new_ids(calls: list[Call], cut: Cut) -> Iterator[list[Fragment]]:
    """Every fragment has an id of its own."""
    ids = count()
    for fragments in numbered(calls, cut):
        yield [{**fragment, "id": f"c{next(ids)}"} for fragment in fragments]


def new_ids_all_zero(calls: list[Call], cut: Cut) -> Iterator[list[Fragment]]:
    ids = count()
    for fragments in all_zero(calls, cut):
        yield [{**fragment, "id": f"c{next(ids)}"} for fragment in fragments]


def all_in_every_fragment(calls: list[Call], cut: Cut) -> Iterator[list[Fragment]]:
    for index, (name, arguments) in enumerate(calls):
        yield [
            {"index": index, "id": f"c{index}", "name": name, "arguments": piece}
            for piece in cut(json.dumps(arguments))
        ]


def cumulative(calls: list[Call], cut: Cut) -> Iterator[list[Fragment]]:
    """Arguments come again and again from their beginning, the last time twice."""
    for fragments in numbered(calls, cut):
        so_far = ""
        snapshots = []
        for fragment in fragments:
            so_far += fragment["arguments"]
            snapshots.append({**fragment, "arguments": so_far})
        yield [*snapshots, snapshots[-1]]


def repeated_at_the_end(calls: list[Call], cut: Cut) -> Iterator[list[Fragment]]:
    for fragments, (_, arguments) in zip(numbered(calls, cut), calls, strict=True):
        yield [*fragments, {**fragments[0], "name": None, "arguments": json.dumps(arguments, indent=1)}]


def sent_twice(calls: list[Call], cut: Cut) -> Iterator[list[Fragment]]:
    """A proxy sends each call again with the same id."""
    for fragments in numbered(calls, cut):
        yield [*fragments, *fragments]


def sent_twice_under_new_indices(calls: list[Call], cut: Cut) -> Iterator[list[Fragment]]:
    for fragments in numbered(calls, cut):
        yield [*fragments, *({**fragment, "index": fragment["index"] + 100} for fragment in fragments)]


def names_in_pieces(calls: list[Call], cut: Cut) -> Iterator[list[Fragment]]:
    for fragments, (name, _) in zip(numbered(calls, cut), calls, strict=True):
        head, index = fragments[0], fragments[0]["index"]
        yield [{**head, "name": name[:2]}, *({"index": index, "name": piece} for piece in name[2:]), *fragments[1:]]


def names_again_and_again(calls: list[Call], cut: Cut) -> Iterator[list[Fragment]]:
    for fragments, (name, _) in zip(numbered(calls, cut), calls, strict=True):
        yield [*({**fragments[0], "name": name[:end]} for end in range(1, len(name) + 1)), *fragments[1:]]


def ids_and_names_late(calls: list[Call], cut: Cut) -> Iterator[list[Fragment]]:
    for fragments in numbered(calls, cut):
        head, index = fragments[0], fragments[0]["index"]
        yield [
            {"index": index},
            *fragments[1:],
            {"index": index, "id": head["id"]},
            {"index": index, "name": head["name"]},
        ]


def objects(calls: list[Call], cut: Cut) -> Iterator[list[Fragment]]:
    for index, (name, arguments) in enumerate(calls):
        yield [{"index": index, "id": f"c{index}", "name": name, "arguments": arguments}]


def objects_all_zero(calls: list[Call], cut: Cut) -> Iterator[list[Fragment]]:
    for name, arguments in calls:
        yield [{"index": 0, "id": "", "name": f"functions.{name}", "arguments": arguments}]


def empty_object_at_first(calls: list[Call], cut: Cut) -> Iterator[list[Fragment]]:
    for fragments in numbered(calls, cut):
        yield [{**fragments[0], "arguments": "{}"}, *fragments[1:]]


STYLES: Final = (
    numbered,
    numbered_as_text,
    all_zero,
    all_zero_with_ids,
    without_index,
    new_ids,
    new_ids_all_zero,
    all_in_every_fragment,
    cumulative,
    repeated_at_the_end,
    sent_twice,
    sent_twice_under_new_indices,
    names_in_pieces,
    names_again_and_again,
    ids_and_names_late,
    objects,
    objects_all_zero,
    empty_object_at_first,
)
INTERLEAVED: Final = (
    numbered,
    numbered_as_text,
    new_ids,
    all_in_every_fragment,
    cumulative,
    objects,
    ids_and_names_late,
)
"""Styles whose fragments say by themselves which call they belong to."""

TEXTS = st.text(alphabet=st.sampled_from('ab{}[]:,"\\ü🎉\n '), max_size=8)
ARGUMENTS = st.dictionaries(st.sampled_from(("title", "notes", "due")), TEXTS, max_size=3)
CALLS = st.lists(st.tuples(st.sampled_from(NAMES), ARGUMENTS), min_size=1, max_size=4)


@st.composite
def cuts(draw: st.DrawFn) -> Cut:
    lengths = draw(st.lists(st.integers(1, 9), min_size=1, max_size=6))

    def cut(text: str) -> list[str]:
        pieces: list[str] = []
        at = 0
        for turn in count():
            if at >= len(text):
                return pieces
            length = lengths[turn % len(lengths)]
            pieces.append(text[at : at + length])
            at += length
        raise AssertionError

    return cut


@pytest.mark.parametrize("style", STYLES, ids=lambda style: style.__name__)
@settings(max_examples=examples(25))
@given(calls=CALLS, cut=cuts())
def test_however_calls_are_cut_and_labelled(style: Any, calls: list[Call], cut: Cut) -> None:
    fragments = list(chain.from_iterable(style(calls, cut)))
    assert assembled(fragments) == [ToolCall(tool=name, arguments=arguments) for name, arguments in calls]


@pytest.mark.parametrize("style", INTERLEAVED, ids=lambda style: style.__name__)
@settings(max_examples=examples(25))
@given(calls=CALLS, cut=cuts())
def test_calls_that_come_in_turns(style: Any, calls: list[Call], cut: Cut) -> None:
    in_turns = chain.from_iterable(zip_longest(*style(calls, cut)))
    fragments = [fragment for fragment in in_turns if fragment is not None]
    assert assembled(fragments) == [ToolCall(tool=name, arguments=arguments) for name, arguments in calls]


ODD: dict[str, tuple[list[Fragment], list[ToolCall]]] = {
    "equal calls with ids of their own are two": (
        [{"index": 0, "id": each, "name": "add_task", "arguments": MILK} for each in "ab"],
        [ToolCall(tool="add_task", arguments={"title": "milk"})] * 2,
    ),
    "equal calls without ids are two": (
        [{"index": 0, "id": "", "name": "add_task", "arguments": MILK}] * 2,
        [ToolCall(tool="add_task", arguments={"title": "milk"})] * 2,
    ),
    "one id for different calls": (
        [{"id": "call", "name": "add_task", "arguments": text} for text in (MILK, EGGS)],
        [ToolCall(tool="add_task", arguments={"title": title}) for title in ("milk", "eggs")],
    ),
    "one index, two calls in turns by their ids": (
        [
            {"index": 0, "id": "a", "name": "add_task", "arguments": MILK[:9]},
            {"index": 0, "id": "b", "name": "add_task", "arguments": EGGS[:9]},
            {"index": 0, "id": "a", "arguments": MILK[9:]},
            {"index": 0, "id": "b", "arguments": EGGS[9:]},
        ],
        [ToolCall(tool="add_task", arguments={"title": title}) for title in ("milk", "eggs")],
    ),
    "it goes on under another index": (
        [{"index": 0, "id": "a", "name": "add_task", "arguments": MILK[:9]}, {"index": 1, "arguments": MILK[9:]}],
        [ToolCall(tool="add_task", arguments={"title": "milk"})],
    ),
    "the name in its last fragment once more": (
        [
            {"index": 0, "name": "add_task", "arguments": MILK},
            {"index": 0, "name": "add_task", "arguments": ""},
        ],
        [ToolCall(tool="add_task", arguments={"title": "milk"})],
    ),
    "a name with what is left of a channel": (
        [{"index": 0, "id": "a", "name": "add_task<|channel|>commentary", "arguments": MILK}],
        [ToolCall(tool="add_task", arguments={"title": "milk"})],
    ),
    "a name with a number": (
        [{"index": 0, "name": "functions.add_task:0", "arguments": MILK}],
        [ToolCall(tool="add_task", arguments={"title": "milk"})],
    ),
    "a name in another spelling": (
        [{"index": 0, "name": "addTask", "arguments": MILK}],
        [ToolCall(tool="add_task", arguments={"title": "milk"})],
    ),
    "arguments without a name": (
        [{"index": 0, "id": "a", "arguments": MILK}],
        [ToolCall(tool="unknown", arguments={"title": "milk"})],
    ),
    "nothing at all": ([{"index": 0, "id": "a"}, {"index": 0}], []),
    "cut off": (
        [{"index": 0, "id": "a", "name": "add_task", "arguments": MILK[:9]}],
        [ToolCall(tool="add_task", malformed=MILK[:9])],
    ),
    "half a character at the end of each fragment": (
        [
            {"index": 0, "name": "add_task", "arguments": '{"title":"\ud83c'},
            {"index": 0, "arguments": '\udf89 \ud83c","no\ud800tes":"\\ud83c\\udf89\\u0000\\ud83c"}'},
        ],
        [ToolCall(tool="add_task", arguments={"title": "🎉 \ufffd", "no\ufffdtes": "🎉\ufffd"})],
    ),
    "nested too deep": (
        [{"index": 0, "name": "add_task", "arguments": '{"a":' * 90 + "1" + "}" * 90}],
        [ToolCall(tool="add_task", malformed='{"a":' * 90 + "1" + "}" * 90)],
    ),
}


@pytest.mark.parametrize("case", ODD)
def test_odd_fragments(case: str) -> None:
    fragments, calls = ODD[case]
    assert assembled(fragments) == calls


def test_a_call_that_was_cut_before_its_arguments_is_no_call_without_any() -> None:
    fragments = [{"index": 0, "id": "a", "name": "undo", "arguments": ""}]
    assert assembled(fragments) == [ToolCall(tool="undo")]
    assert assembled(fragments, cut=True) == [ToolCall(tool="undo", malformed="")]
