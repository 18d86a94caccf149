"""What clients of OpenAI's Chat Completions send and get: the newest message of a thread, and the answer of a turn.

Such clients send the whole thread with each message, and ask the same model for titles, tags and follow-up questions. A
list must not be changed by any of that: only the newest message is sent, a thread is recognised by what its user wrote,
and requests that only chat programs make are answered here.
"""

import hashlib
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from kirotodo.core.domain.conversation import Approval, Turn, Usage
from kirotodo.core.errors import InvalidInput
from kirotodo.core.text.sanitize import sanitize_line

DEFAULT_MODEL: Final = "kirotodo"
"""The name of whichever model answers by default."""
TITLE_WORDS: Final = 6
_SHOWN: Final = 20
_VERB: Final = (
    "generat(?:e|ing)|create|write|provid(?:e|ing)|suggest|produce|give|make|name|reply|respond|answer|return|summari[sz]e|"
    "analy[sz]e|what would be"
)
_ASKED_FOR: Final = re.compile(
    rf"(?:^|[.!?,]\s+|\bplease\s+|\byou (?:need to|must|should)\s+)(?:{_VERB})\b[^\n]{{0,160}}?"
    r"\b(?P<what>titles?|names?|tags?|follow[- ]?ups?|search quer(?:y|ies)|autocompletion|words|discussion)\b",
    re.IGNORECASE | re.MULTILINE,
)
_OF_CHAT: Final = re.compile(
    r"<chat_history>|\bchat history\b|\bmessage\s*:|\b(?:this|the|our|following|above|user's) "
    r"(?:conversation|chat|dialogue|discussion|thread)\b|^#+ *task:",
    re.IGNORECASE | re.MULTILINE,
)
_FORMED: Final = re.compile(
    r"<chat_history>|^#+ *task:|\bJSON format\b|^\s*(?:\|\|>)?\s*(?:user|human|assistant|ai)\s*:|"
    r"\d+[- ](?:words?|characters?)\b|\b(?:four|five|six|ten)[- ]words?\b|\bpunctuation\b|\bnothing else\b|"
    r"\bno (?:other|additional) text\b|\bonly (?:return|give|provide|the)\b|\b(?:title|name) only\b|\bpreamble\b",
    re.IGNORECASE | re.MULTILINE,
)
"""What a program's prompt has and a person's message has not: a form for the answer, or a transcript."""
_TITLE_KEY: Final = re.compile(r'"title"\s*:')
_TRANSCRIPT: Final = re.compile(
    r'\A\s*\[?\s*\{\s*"(?:role|content|mainText)"|^\s*(?:user|human|assistant|ai)\s*:', re.IGNORECASE | re.MULTILINE
)
_FIRST_MESSAGE: Final = re.compile(
    r'^\s*(?:\|\|>)?\s*user:\s*(.+)$|"(?:content|mainText)"\s*:\s*"([^"\\]+)', re.IGNORECASE | re.MULTILINE
)


@dataclass(frozen=True, kw_only=True, slots=True)
class Thread:
    """A thread as a client sent it: its newest message, and names for the thread with and without it.

    `follows` is None for a thread of one message.
    """

    text: str
    name: str
    follows: str | None


@dataclass(frozen=True, kw_only=True, slots=True)
class Reply:
    """An answer, as a completion shows it."""

    id: str
    model: str
    text: str
    created: int
    usage: Usage


def thread_of(messages: Sequence[Mapping[str, Any]], *, chat_id: str = "") -> Thread:
    """Return the thread. Raise `InvalidInput` where its last message is not one of the user's."""
    if not messages or messages[-1].get("role") != "user":
        raise InvalidInput("The last message has to be one of the user's, with the role user.")
    texts = [text_of(message) for message in messages if message.get("role") == "user"]
    if not texts[-1].strip():
        raise InvalidInput("The last message has no text. Only text can be read here.")
    follows = _name(texts[:-1], chat_id) if len(texts) > 1 else None
    return Thread(text=texts[-1], name=_name(texts, chat_id), follows=follows)


def text_of(message: Mapping[str, Any]) -> str:
    """Return the text of a message, whose content may be in parts; pictures and sounds are passed over."""
    content = message.get("content")
    if isinstance(content, str):
        return content
    parts = content if isinstance(content, list) else []
    return "\n".join(
        part["text"]
        for part in parts
        if isinstance(part, Mapping) and part.get("type") == "text" and isinstance(part.get("text"), str)
    )


def about_the_chat(text: str, *, system: str = "") -> str | None:
    """Return the answer to what a chat program asks about the chat itself, such as a title; None for a user's message.

    Some ask in the `system` message, and send what was said as the user's. No turn is begun for it, so that it changes
    nothing and no conversation holds it.
    """
    asked = text if _TRANSCRIPT.match(text) is None or not system else f"{system}\n{text}"
    found = _ASKED_FOR.search(asked)
    if found is None or _OF_CHAT.search(asked) is None or _FORMED.search(asked) is None:
        return None
    what = found["what"].casefold()
    name = next((name for name in ("tags", "follow_ups", "queries", "text") if f'"{name}"' in asked), None)
    if name is None and what.startswith(("tag", "follow", "search", "autocompletion")):
        name = "tags"
    if name is not None:
        return json.dumps({name: "" if name == "text" else []})
    title = _title(text)
    return json.dumps({"title": title}, ensure_ascii=False) if _TITLE_KEY.search(asked) else title


def _title(text: str) -> str:
    first = _FIRST_MESSAGE.search(text)
    words = sanitize_line(first[1] or first[2]).strip("\"'` ").split() if first else []
    return " ".join(words[:TITLE_WORDS]) or "To-do list"


def _name(texts: Sequence[str], chat_id: str) -> str:
    return hashlib.sha256(json.dumps([chat_id, *texts]).encode()).hexdigest()


def text_of_turn(turn: Turn) -> str:
    """Return the answer of a turn, and the question where it waits for one."""
    asked = question_of(turn.approval) if turn.approval is not None and turn.status == "awaiting_approval" else ""
    return "\n\n".join(part for part in (turn.response, asked) if part)


def question_of(approval: Approval) -> str:
    """Return the question of a turn as a part of its answer, which the user's next message answers."""
    lines = [f"- {task.id} {sanitize_line(task.title)}" for task in approval.tasks[:_SHOWN]]
    if len(approval.tasks) > _SHOWN:
        lines.append(f"- and {len(approval.tasks) - _SHOWN} more")
    return "\n".join((approval.question, *lines, "", "Answer yes or no."))


def completion(reply: Reply) -> dict[str, Any]:
    """Return a whole completion."""
    message = {"role": "assistant", "content": reply.text, "refusal": None}
    return {
        "id": reply.id,
        "object": "chat.completion",
        "created": reply.created,
        "model": reply.model,
        "choices": [{"index": 0, "message": message, "logprobs": None, "finish_reason": "stop"}],
        "usage": usage_of(reply.usage),
    }


def chunk(reply: Reply, *, delta: Mapping[str, Any], end: bool = False) -> dict[str, Any]:
    """Return a piece of a streamed completion; the last one says that it is."""
    choice = {"index": 0, "delta": dict(delta), "logprobs": None, "finish_reason": "stop" if end else None}
    return {
        "id": reply.id,
        "object": "chat.completion.chunk",
        "created": reply.created,
        "model": reply.model,
        "choices": [choice],
    }


def usage_chunk(reply: Reply) -> dict[str, Any]:
    """Return the piece that holds the usage, which comes last where it is asked for."""
    return {**chunk(reply, delta={}), "choices": [], "usage": usage_of(reply.usage)}


def usage_of(usage: Usage) -> dict[str, Any]:
    """Return the tokens of a turn in OpenAI's words."""
    return {
        "prompt_tokens": usage.input_tokens,
        "completion_tokens": usage.output_tokens,
        "total_tokens": usage.input_tokens + usage.output_tokens,
        "prompt_tokens_details": {"cached_tokens": usage.cached_tokens},
    }


def model_of(name: str) -> dict[str, Any]:
    """Return a model as a list of models shows it."""
    return {"id": name, "object": "model", "created": 0, "owned_by": "kirotodo"}


def frame(value: Any) -> bytes:
    """Return a value as one event of a stream."""
    return b"data: %b\n\n" % json.dumps(value).encode()


DONE: Final = b"data: [DONE]\n\n"


def error_of(message: str, *, code: str, status: int) -> dict[str, Any]:
    """Return an error in OpenAI's words."""
    kinds = {401: "authentication_error", 403: "permission_error", 404: "not_found_error", 429: "rate_limit_error"}
    kind = kinds.get(status, "invalid_request_error" if status < 500 else "server_error")
    return {"message": message, "type": kind, "param": None, "code": code}
