"""A rule for all additions: a title is made of the user's own words, in the user's order.

A digit that stands for a word ("a bowl 4 the dog") counts as the word it stands for: `slips.spelled`.
"""

from collections.abc import Iterable

from hypothesis import example, given
from hypothesis import strategies as st

from kirotodo.core.language.slips import spelled
from kirotodo.core.language.types import Action, Add, Confirm
from tests.core.language.said import actions

LEADS = ("", "add ", "please add ", "remind me to ", "I need to ", "put ", "don't forget to ", "tomorrow ", "so um ")
WORDS = (
    "mend", "the", "blue", "kite", "and", "call", "Ximena", "about", "varnish", "2", "of", "for", "Zed's", "cellar",
    "friday", "with", "at", "6pm", ",", ":", "then", "all", "my", "list", "urgent", "#den", "oh", "before", "B&Q",
)  # fmt: skip
TAILS = ("", " please", " tomorrow at 5", " to my den list", ", all by friday", " !high", " thanks")

texts = st.builds(
    lambda lead, words, tail: lead + " ".join(words) + tail,
    st.sampled_from(LEADS),
    st.lists(st.sampled_from(WORDS), min_size=1, max_size=9),
    st.sampled_from(TAILS),
)


def titles_of(found: Iterable[Action]) -> list[str]:
    out = []
    for action in found:
        if isinstance(action, Add):
            out.append(action.title)
        elif isinstance(action, Confirm):
            out += titles_of(action.actions)
    return out


@given(texts)
@example("mend 2 the")
def test_titles_keep_the_users_words_and_capitals_in_their_order(text: str) -> None:
    for title in titles_of(actions(text)):
        said = iter("".join(spelled(text).split()))
        assert all(sign in said for sign in "".join(title.split())), (text, title)
