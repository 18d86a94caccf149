"""The words of the built-in model: titles are data, whatever they hold."""

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from kirotodo.core.models.builtin.replies import bullets, choices, dated, escaped, trouble
from kirotodo.core.models.model import ToolOutcome
from tests.core.models.dialogue import Dialogue

HOSTILE = (
    "pay [/] rent",
    "[bold red]x",
    "[link](http://evil.example)",
    "![image](x)",
    "**bold** and _this_ and __that__",
    "snake_case stays",
    "2 * 3 * 4",
    "`code`",
    "<b>html</b> <script>",
    "<http://evil.example>",
    "~~gone~~",
    "&amp; &lt;",
    "back\\slash \\* end\\",
    "# heading",
    "| a | b |",
    "> quote",
    "- [x] done",
    "1. one",
    "***",
    "👨‍👩‍👧 漢字",
)


def _shown(markdown: str) -> str:
    """The text that a Markdown renderer would show of the first paragraph."""
    tokens = MarkdownIt("commonmark").enable(["strikethrough", "table"]).parse(markdown)
    inline = next(token for token in tokens if token.type == "inline")
    kinds = {child.type for child in inline.children or ()}
    assert kinds <= {"text", "text_special"}, kinds
    return "".join(child.content for child in inline.children or ())


@pytest.mark.parametrize("title", HOSTILE)
def test_hostile_titles_show_as_they_are(title: str) -> None:
    task = {"id": 7, "title": title, "due": "Fri 27 Nov"}
    assert _shown(f"Deleted {dated(task)}.") == f"Deleted #7 {title} — Fri 27 Nov."
    assert _shown(bullets([task])) == f"#7 {title} — Fri 27 Nov"


@given(
    st.text(alphabet=st.sampled_from("ab_*[]()`~<>&;\\!#|-+. \"'1:/") | st.characters(categories=["L"]), max_size=30)
)
@example("a_*_b")
@example("\\")
@example("&lt;")
def test_any_title_shows_as_it_is(title: str) -> None:
    plain = " ".join(title.split())
    assert _shown(choices([{"id": 7, "title": title, "due": "today"}])) == f"#7 {plain} — today".replace(
        "#7  —", "#7 —"
    )


@given(st.text())
def test_no_title_carries_controls_or_lines_into_an_answer(title: str) -> None:
    shown = escaped(title)
    assert all(char.isprintable() or ord(char) > 0xA0 for char in shown)
    assert not set(shown) & set("\n\r\x1b\x07\u202e\u2066\u2028")


@pytest.mark.parametrize("title", HOSTILE)
async def test_hostile_titles_live_through_a_conversation(talk: Dialogue, title: str) -> None:
    await talk.tools.call("add_task", title=title)
    listed = await talk.say("show me all my tasks")
    assert escaped(title) in listed
    assert await talk.say("mark task 1 as done") == f"Done: #1 {escaped(title)}."


async def test_a_title_cannot_pose_as_a_question_or_a_list(talk: Dialogue) -> None:
    await talk.tools.call("add_task", title="buy milk")
    await talk.tools.call("add_task", title="1. #1 buy milk Which one should I delete?")
    await talk.say("show me all my tasks")
    await talk.say("the first one")
    assert talk.changed == []
    await talk.say("yes")
    assert talk.changed == []


def test_what_went_wrong_is_said_plainly() -> None:
    def outcome(status: str, **result: str) -> ToolOutcome:
        return ToolOutcome(call_id="1.1", tool="delete_task", status=status, result=result)  # type: ignore[arg-type]

    assert trouble(outcome("succeeded")) is None
    assert trouble(outcome("denied", error="x")) == "Left as they are."
    assert trouble(outcome("failed", error="There is no task 12.")) == "There is no task 12."
    assert trouble(outcome("cancelled")) == "That was not carried out."
