"""The dialects of model families: calls, thoughts and chat-template tokens that models write into their text.

One row for each dialect, from the chat templates that the families publish; add a row for a family that is missing.
`text_filter` searches an answer for them, `text_tool_calls` parses the calls.
"""

from collections.abc import Collection
from typing import Final

from kirotodo.core.lazy_dataclasses import dataclass
from kirotodo.core.models.openai.text_tool_calls import (
    Reader,
    elements,
    gemma,
    headed,
    json_objects,
    parameters,
    python_calls,
)

_ANY: Final[tuple[Reader, ...]] = (json_objects, headed, parameters, python_calls)


@dataclass(frozen=True, kw_only=True, slots=True)
class Dialect:
    """How calls begin and end (without `closing`: with the answer) and how to parse what is between.

    `keeps`: the marks are part of what is parsed. `special`: a token of a template, which nobody writes in prose.
    """

    opening: str
    closing: str = ""
    readers: tuple[Reader, ...] = _ANY
    keeps: bool = False
    special: bool = False


CALLS: Final = (
    # Hermes, Qwen, GLM, ERNIE and many more; Qwen Coder, Step
    Dialect(opening="<tool_call>", closing="</tool_call>"),
    Dialect(opening="<function=", closing="</function>", keeps=True),
    # Hunyuan, Jamba; older Hermes
    Dialect(opening="<tool_calls>", closing="</tool_calls>"),
    Dialect(opening="<function_call>", closing="</function_call>"),
    Dialect(opening="<tools>", closing="</tools>"),
    # as Anthropic's models are asked; MiniMax; Seed-OSS; Nemotron; LongCat
    Dialect(opening="<function_calls>", closing="</function_calls>"),
    Dialect(opening="<invoke name=", closing="</invoke>", keeps=True),
    Dialect(opening="<tool_use>", closing="</tool_use>"),
    Dialect(opening="<minimax:tool_call>", closing="</minimax:tool_call>", special=True),
    Dialect(opening="<seed:tool_call>", closing="</seed:tool_call>", special=True),
    Dialect(opening="<TOOLCALL>", closing="</TOOLCALL>"),
    Dialect(opening="<longcat_tool_call>", closing="</longcat_tool_call>", special=True),
    # Granite, Phi-4-mini
    Dialect(opening="<|tool_call|>", special=True),
    # Gemma 4, FunctionGemma, Gemma 3
    Dialect(opening="<|tool_call>", closing="<tool_call|>", readers=(gemma, *_ANY), special=True),
    Dialect(opening="<start_function_call>", closing="<end_function_call>", readers=(gemma, *_ANY), special=True),
    Dialect(opening="```tool_code", closing="```"),
    Dialect(opening="```tool_call", closing="```"),
    # Kimi
    Dialect(opening="<|tool_calls_section_begin|>", closing="<|tool_calls_section_end|>", special=True),
    Dialect(opening="<|tool_call_begin|>", closing="<|tool_call_end|>", special=True),
    # DeepSeek V3, R1, V3.1; V3.2 and later
    Dialect(opening="<｜tool▁calls▁begin｜>", closing="<｜tool▁calls▁end｜>", special=True),
    Dialect(opening="<｜tool▁call▁begin｜>", closing="<｜tool▁call▁end｜>", special=True),
    Dialect(opening="<｜DSML｜function_calls>", closing="</｜DSML｜function_calls>", special=True),
    Dialect(opening="<｜DSML｜tool_calls>", closing="</｜DSML｜tool_calls>", special=True),
    # Mistral; Llama 3.x; LFM2; Command R7B and A; Apertus; InternLM
    Dialect(opening="[TOOL_CALLS]", special=True),
    Dialect(opening="<|python_tag|>", special=True),
    Dialect(opening="<|tool_call_start|>", closing="<|tool_call_end|>", special=True),
    Dialect(opening="<|START_ACTION|>", closing="<|END_ACTION|>", special=True),
    Dialect(opening="<|tools_prefix|>", closing="<|tools_suffix|>", special=True),
    Dialect(opening="<|action_start|>", closing="<|action_end|>", special=True),
)

HARMONY: Final = Dialect(opening="", readers=(headed,), special=True)
"""Calls of gpt-oss: the header of a message names the tool."""
HEADERS: Final = ("<|channel|>", "<|start|>")
MESSAGE: Final = "<|message|>"
MESSAGE_ENDS: Final = ("<|end|>", "<|call|>", "<|return|>", *HEADERS)

AT_START: Final = (
    "{",  # Llama 3.x, xLAM, and whoever copies the API
    "[{",
    "```json",
    "Action:",  # Command R
    "commentary to=functions.",  # gpt-oss, where a server dropped the marks
    "assistantcommentary to=functions.",
    "to=functions.",
)
"""What may be a call only where the answer begins with it; `[name(` of Llama 4 and others is another."""
BARE: Final = Dialect(opening="", readers=(json_objects, headed, python_calls))

THOUGHTS: Final = {
    "<think>": "</think>",
    "<thinking>": "</thinking>",
    "<thought>": "</thought>",
    "<thoughts>": "</thoughts>",
    "<reasoning>": "</reasoning>",
    "<reflection>": "</reflection>",
    "<analysis>": "</analysis>",
    "<scratchpad>": "</scratchpad>",
    "<seed:think>": "</seed:think>",
    "[THINK]": "[/THINK]",
    "◁think▷": "◁/think▷",
    "<|START_THINKING|>": "<|END_THINKING|>",
    "<|inner_prefix|>": "<|inner_suffix|>",
    "<|begin_of_thought|>": "<|end_of_thought|>",
    "<|channel>thought": "<channel|>",
    # results that a model made up itself
    "<tool_response>": "</tool_response>",
    "<tool_result>": "</tool_result>",
    "<function_results>": "</function_results>",
}
"""What is not for the user, and where it ends."""

STOPS: Final = (
    "<|im_end|>",
    "<|eot_id|>",
    "<|eom_id|>",
    "<|eot|>",
    "<|eom|>",
    "<|endoftext|>",
    "<|end_of_text|>",
    "<|begin_of_text|>",
    "<|end|>",
    "<|return|>",
    "<|call|>",
    "<|assistant|>",
    "<|endofturn|>",
    "<|end_of_turn|>",
    "<|END_OF_TURN_TOKEN|>",
    "<|START_RESPONSE|>",
    "<|END_RESPONSE|>",
    "<|/tool_call|>",
    "<|end_of_role|>",
    "<|assistant_end|>",
    "<|stop|>",
    "<|eos|>",
    "<|bos|>",
    "<end_of_turn>",
    "<turn|>",
    "<seed:eos>",
    "<seed:bos>",
    "<｜end▁of▁sentence｜>",
    "<｜begin▁of▁sentence｜>",
    "<｜Assistant｜>",
    "[e~[",
    "[|endofturn|]",
)
"""Tokens that end a message, or belong to its frame: left out wherever they stand outside of code."""
EDGES: Final = (
    "[DONE]",
    "</s>",
    "<eos>",
    "<bos>",
    "[EOS]",
    "[/INST]",
    "<answer>",
    "</answer>",
    "<response>",
    "</response>",
)
"""Left out at the beginning and the end of an answer alone, since they are words or HTML elsewhere."""

SPEAKERS: Final = (
    "<|im_start|>",
    "<|start_header_id|>",
    "<|header_start|>",
    "<start_of_turn>",
    "<|turn>",
    "<|start_of_role|>",
)
"""Begin a message; who speaks is named behind them."""
OTHERS: Final = ("<|user|>", "<|observation|>", "<|system|>", "<｜User｜>", "]~b]user", "]~b]tool")
"""Begin a message of somebody else: a model that writes on after them makes up a conversation."""


def dialects_of(tools: Collection[str]) -> dict[str, Dialect]:
    """Return the dialects by their openings, those included that write a tool as an element: `<add_task>`."""
    own = (Dialect(opening=f"<{tool}>", closing=f"</{tool}>", readers=(elements,), keeps=True) for tool in tools)
    return {dialect.opening: dialect for dialect in (*CALLS, *own)}
