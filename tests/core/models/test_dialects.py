"""Calls, thoughts and marks that models write into their text: run or hidden, never shown, however they are cut."""

import json
from datetime import UTC, datetime
from typing import Final
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kirotodo.core.models.model import Facts, ModelRequest, Restarted, TextDelta, ToolCall, UserText
from kirotodo.core.models.openai.text_filter import TextFilter
from kirotodo.core.tools.task_tools import TOOLS

MILK: Final = '{"title": "milk"}'
NAMED: Final = '{"name": "add_task", "arguments": {"title": "milk"}}'
ADD: Final = [ToolCall(tool="add_task", arguments={"title": "milk"})]


def request(text: str = "please") -> ModelRequest:
    return ModelRequest(
        instructions="",
        tools=TOOLS.schemas(),
        history=(UserText(text=text),),
        facts=Facts(now=datetime(2026, 11, 23, tzinfo=UTC), zone=ZoneInfo("UTC"), open_tasks=0),
        deadline=0.0,
    )


def shown_and_called(*pieces: str, model_request: ModelRequest | None = None) -> tuple[str, list[ToolCall]]:
    """What is shown in the end, and called."""
    held = TextFilter(model_request or request())
    events = [event for piece in pieces for event in held.feed(piece)]
    last, calls = held.finish()
    shown = ""
    for event in [*events, *last]:
        match event:
            case TextDelta(text=text):
                shown += text
            case Restarted():
                shown = ""
    return shown, calls


def always(text: str, *, model_request: ModelRequest | None = None) -> tuple[str, list[ToolCall]]:
    """What is shown and called, however the text is cut."""
    whole = shown_and_called(text, model_request=model_request)
    assert shown_and_called(*text, model_request=model_request) == whole
    for cut in range(1, len(text)):
        assert shown_and_called(text[:cut], text[cut:], model_request=model_request) == whole, (text[:cut], text[cut:])
    return whole


CALLS: dict[str, str] = {
    "Hermes": f"<tool_call>\n{NAMED}\n</tool_call>",
    "Hermes, single quotes": "<tool_call>{'name': 'add_task', 'arguments': {'title': 'milk'}}</tool_call>",
    "Hermes with an end": f"<tool_call>{NAMED}</tool_call><|im_end|>",
    "Qwen Coder": "<function=add_task>\n<parameter=title>\nmilk\n</parameter>\n</function>\n</tool_call>",
    "GLM": "<tool_call>add_task\n<arg_key>title</arg_key>\n<arg_value>milk</arg_value>\n</tool_call>",
    "GLM on one line": "<tool_call>add_task<arg_key>title</arg_key><arg_value>milk</arg_value></tool_call>",
    "Hunyuan": f"<tool_calls>[{NAMED}]</tool_calls>",
    "Anthropic": (
        '<function_calls>\n<invoke name="add_task">\n<parameter name="title">milk</parameter>\n</invoke>\n'
        "</function_calls>"
    ),
    "Anthropic without a frame": '<invoke name="add_task"><parameter name="title">milk</parameter></invoke>',
    "MiniMax": (
        '<minimax:tool_call>\n<invoke name="add_task">\n<parameter name="title">milk</parameter>\n</invoke>\n'
        "</minimax:tool_call>[e~["
    ),
    "Seed-OSS": (
        "<seed:tool_call>\n<function=add_task>\n<parameter=title>milk</parameter>\n</function>\n</seed:tool_call>"
    ),
    "Nemotron": f"<TOOLCALL>[{NAMED}]</TOOLCALL>",
    "tools": f"<tools>{NAMED}</tools>",
    "Granite": f"<|tool_call|>[{NAMED}]",
    "Phi": f"<|tool_call|>[{NAMED}]<|/tool_call|><|end|>",
    "Gemma 4": '<|tool_call>call:add_task{title:<|"|>milk<|"|>}<tool_call|>',
    "FunctionGemma": "<start_function_call>call:add_task{title:<escape>milk<escape>}<end_function_call>",
    "Gemma 3": '```tool_code\nprint(default_api.add_task(title="milk"))\n```<end_of_turn>',
    "Kimi": (
        "<|tool_calls_section_begin|><|tool_call_begin|>functions.add_task:0<|tool_call_argument_begin|>"
        f"{MILK}<|tool_call_end|><|tool_calls_section_end|>"
    ),
    "DeepSeek V3": (
        "<｜tool▁calls▁begin｜><｜tool▁call▁begin｜>function<｜tool▁sep｜>add_task\n"
        f"```json\n{MILK}\n```<｜tool▁call▁end｜><｜tool▁calls▁end｜><｜end▁of▁sentence｜>"
    ),
    "DeepSeek V3.1": (
        f"<｜tool▁calls▁begin｜><｜tool▁call▁begin｜>add_task<｜tool▁sep｜>{MILK}<｜tool▁call▁end｜><｜tool▁calls▁end｜>"
    ),
    "DeepSeek V3.2": (
        '<｜DSML｜function_calls>\n<｜DSML｜invoke name="add_task">\n'
        '<｜DSML｜parameter name="title" string="true">milk</｜DSML｜parameter>\n</｜DSML｜invoke>\n'
        "</｜DSML｜function_calls>"
    ),
    "Mistral": f"[TOOL_CALLS][{NAMED}]</s>",
    "Mistral, newer": f"[TOOL_CALLS]add_task[CALL_ID]x7Gh2k9Qz[ARGS]{MILK}",
    "Llama 3": '{"name": "add_task", "parameters": {"title": "milk"}}<|eot_id|>',
    "Llama 3, python tag": '<|python_tag|>{"name": "add_task", "parameters": {"title": "milk"}}<|eom_id|>',
    "Llama 4": '[add_task(title="milk")]',
    "LFM2": '<|tool_call_start|>[add_task(title="milk")]<|tool_call_end|>',
    "Command R7B": ('<|START_ACTION|>[{"tool_name": "add_task", "parameters": {"title": "milk"}}]<|END_ACTION|>'),
    "Command R": 'Action: ```json\n[{"tool_name": "add_task", "parameters": {"title": "milk"}}]\n```',
    "Apertus": f'<|tools_prefix|>[{{"add_task": {MILK}}}]<|tools_suffix|>',
    "InternLM": f"<|action_start|><|plugin|>{NAMED}<|action_end|>",
    "gpt-oss": (
        "<|channel|>analysis<|message|>They want milk.<|end|><|start|>assistant<|channel|>commentary "
        f"to=functions.add_task <|constrain|>json<|message|>{MILK}<|call|>"
    ),
    "gpt-oss, recipient first": f"<|start|>assistant to=functions.add_task<|channel|>commentary json<|message|>{MILK}",
    "gpt-oss without its marks": f"commentary to=functions.add_task json{MILK}",
    "elements": "<add_task>\n<title>milk</title>\n</add_task>",
    "Functionary": f">>>add_task\n{MILK}",
    "xLAM": f"[{NAMED}]",
    "a thought before": f"<think>They want {{milk}}.</think>\n\n<tool_call>{NAMED}</tool_call>",
}


@pytest.mark.parametrize("family", CALLS)
def test_a_written_call_is_run_and_not_shown(family: str) -> None:
    assert always(CALLS[family]) == ("", ADD)


@pytest.mark.parametrize(
    "family", [name for name in CALLS if not CALLS[name].startswith(("{", "[{", "[add", "Act", ">>", "comm"))]
)
def test_words_before_a_call_are_shown(family: str) -> None:
    shown, calls = shown_and_called(*f"I add it.\n{CALLS[family]}")
    assert (shown.strip(), calls) == ("I add it.", ADD)


BLOCKS = [
    text
    for name, text in CALLS.items()
    if name in ("Hermes", "Kimi", "GLM", "MiniMax", "gpt-oss", "DeepSeek V3.2", "LFM2")
]


@pytest.mark.parametrize("block", BLOCKS)
def test_calls_in_a_row_all_run_and_words_behind_them_are_shown(block: str) -> None:
    assert shown_and_called(*f"{block}\n{block}") == ("", ADD * 2)
    shown, calls = shown_and_called(*f"{block}\nIt is on the list.")
    assert (shown.strip(), calls) == ("It is on the list.", ADD)


SHOWN: dict[str, tuple[str, str]] = {
    "thought": ("<thought>hm</thought>Hi.", "Hi."),
    "thinking": ("<thinking>\nhm\n</thinking>\n\nHi.", "Hi."),
    "analysis": ("<analysis>hm</analysis>Hi.", "Hi."),
    "reflection later": ("Hi.\n<reflection>hm</reflection>\nBye.", "Hi.\nBye."),
    "a second thought": ("<think>a</think>Hi. <think>b</think>Bye.", "Hi. Bye."),
    "diamonds": ("◁think▷hm◁/think▷Hi.", "Hi."),
    "seed": ("<seed:think>hm</seed:think>Hi.", "Hi."),
    "brackets": ("[THINK]hm[/THINK]Hi.", "Hi."),
    "Command": ("<|START_THINKING|>hm<|END_THINKING|><|START_RESPONSE|>Hi.<|END_RESPONSE|>", "Hi."),
    "never closed": ("<think>hm", ""),
    "never closed, later": ("Hi.\n<thinking>hm", "Hi.\n"),
    "only closed": ("hm</think>\n\nHi.", "Hi."),
    "only closed, other": ("hm ◁/think▷Hi.", "Hi."),
    "closed twice": ("<think>a</think>b</think>Hi.", "bHi."),
    "gpt-oss": (
        "<|channel|>analysis<|message|>hm<|end|><|start|>assistant<|channel|>final<|message|>Hi.<|return|>",
        "Hi.",
    ),
    "gpt-oss, preamble": ("<|channel|>commentary<|message|>I look.<|end|>", "I look."),
    "gpt-oss without its marks": ("analysisWe say hi.assistantfinalHi.", "Hi."),
    "no gpt-oss": ("analysisWe is no word.", "analysisWe is no word."),
    "ends": ("Hi.<|im_end|>", "Hi."),
    "ends, many": ("Hi.<|eot_id|><|endoftext|></s>\n", "Hi."),
    "done": ("Hi.\n[DONE]", "Hi.\n"),
    "frames": ("<answer>Hi.</answer>", "Hi."),
    "speaker": ("<|im_start|>assistant\nHi.<|im_end|>", "Hi."),
    "writes on as the user": ("Hi.<|im_end|>\n<|im_start|>user\nThanks!", "Hi.\n"),
    "results made up": ("<tool_response>{}</tool_response>Hi.", "Hi."),
}


@pytest.mark.parametrize("case", SHOWN)
def test_what_is_not_for_the_user_is_left_out(case: str) -> None:
    text, shown = SHOWN[case]
    assert always(text) == (shown, [])


KEPT = (
    "I <3 it, 1 < 2 > 0, [ ] milk, [x] eggs, <b>bold</b>, `a` and ``b``, a [link](x).",
    "Use `<tool_call>` and `<|im_end|>` in code, or `<think>`.",
    f"```xml\n<tool_call>{NAMED}</tool_call>\n<think>hm</think>\n```\nThat is one.",
    f"Write <tool_call>{NAMED}</tool_call> to call it.",
    "I was <thinking> of it.",
    "- [DONE] milk\n- <s>eggs</s> are gone",
    "analysis of the week: fine",
    "to do: nothing. Action: none",
    "Text with ◁ and ｜ in it <",
    "<tool_call>of the wild</tool_call> is a book",
    '{"title": "milk"}',
    "a ``` that is never closed <think>hm</think>",
    "<s>milk</s>",
    "[add_task](https://example.org) and [list](x)",
    "The end. </function>",
)


@pytest.mark.parametrize("text", KEPT)
def test_an_answer_that_speaks_of_marks_is_kept(text: str) -> None:
    assert always(text) == (text, [])


@pytest.mark.parametrize(
    "mark", ["<think>", "<|im_end|>", "</think>", f"<tool_call>{NAMED}</tool_call>", "<|channel|>"]
)
def test_what_the_user_wrote_is_told_as_it_is(mark: str) -> None:
    text = f"You wrote {mark}, did you?"
    assert always(text, model_request=request(f"what is {mark}")) == (text, [])


@pytest.mark.parametrize(
    ("text", "tool"),
    [
        ('<tool_call>{"name": "add_task", "arguments": {"title": "mi', "add_task"),
        ('<tool_call>{"name": "add_task", "arguments": "milk"}</tool_call>', "add_task"),
        (
            '<|tool_calls_section_begin|><|tool_call_begin|>functions.add_task:0<|tool_call_argument_begin|>{"ti',
            "add_task",
        ),
    ],
)
def test_a_call_that_cannot_be_read_is_an_error_for_the_model(text: str, tool: str) -> None:
    shown, calls = always(text)
    assert shown == ""
    assert [(call.tool, call.malformed is not None) for call in calls] == [(tool, True)]


def test_tools_that_were_not_offered_are_not_run() -> None:
    shown, calls = always('<tool_call>{"name": "launch_rockets", "arguments": {}}</tool_call>')
    assert (shown, [call.tool for call in calls]) == ("", ["launch_rockets"])
    assert "launch_rockets" not in TOOLS.names


def test_a_title_may_hold_marks() -> None:
    title = "read </tool_call> and <think> and ```"
    text = f"<tool_call>{json.dumps({'name': 'add_task', 'arguments': {'title': title}})}</tool_call>"
    assert always(text) == ("", [ToolCall(tool="add_task", arguments={"title": title})])


MARKS = (
    *("<think>", "</think>", "<|im_end|>", "<tool_call>", "</tool_call>", NAMED, "```", "<|channel|>", "<|message|>"),
    *("analysis", "final", "[DONE]", "</s>", "<|im_start|>", "user", "assistant", "add_task", "Hi."),
)
PIECES = st.sampled_from([*"<>[]`|◁▷{} \nabc", *MARKS])


@given(st.lists(PIECES, max_size=12), st.data())
def test_how_text_is_cut_changes_nothing(pieces: list[str], data: st.DataObject) -> None:
    text = "".join(pieces)
    cuts = sorted(data.draw(st.lists(st.integers(0, len(text)), max_size=5)))
    cut = [text[start:end] for start, end in zip([0, *cuts], [*cuts, len(text)], strict=True)]
    assert shown_and_called(*cut) == shown_and_called(text)


@given(
    st.text(
        alphabet=st.characters(exclude_characters="<[◁`{]>A\0", categories=["L", "N", "P", "Zs", "So", "Cc"]),
        max_size=40,
    )
)
def test_plain_text_goes_straight_through(text: str) -> None:
    assert shown_and_called(*text) == (text, []) or not text.strip() or text.lstrip()[:2] in ("an", "as", "co", "to")
