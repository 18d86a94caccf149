"""Weigh what the frames read against the second opinion: act, ask back, or refuse.

Asking back never changes anything, so in doubt the reading is put as a question, and "yes" does it.
"""

from typing import TYPE_CHECKING, Final, Literal, TypeAlias

if TYPE_CHECKING:
    from kirotodo.core.language.second_opinion import Kind, Opinion

Verdict: TypeAlias = Literal["act", "ask", "refuse", "keep"]
"""What becomes of a reading: it is done, asked back, taken for no wish at all, or left as sure as it was."""

SURE_TO_ADD: Final = 0.95
WORTH_ASKING: Final = 0.4
SURE_TO_ASK: Final = 0.6
"""From here on, a text that no frame matched is taken for a question about the list."""
SURE_OF_KIND: Final = 0.8
"""From here on, a text that no frame matched is asked which task it would complete, delete or change."""
ABSURD: Final = 0.15
"""A thing with a date that is less probable than this to be something to add is not added."""
NOT_OURS: Final = 0.95
"""An implied addition is asked back where the text asks nothing of a list with this probability."""


ACT_ON: Final = 0.9
"""An imperative is a to-do where something is wanted of a list with this probability; less will do with a date."""
FOREIGN: Final = 0.93
"""The same for an imperative that speaks of another assistant's things ("check the smoke alarms"), and for a wish."""


def of_imperative(
    thought: "Opinion", *, request: bool, dated: bool, shops: bool, edits: bool, foreign: bool, ours: bool
) -> Verdict:
    """Return what becomes of an imperative that may be a to-do as one says it to oneself, or meant for an assistant.

    `request`: it says "can you …", which is never done at once. `foreign`: it speaks of what other assistants do.
    `shops`: it buys or fetches something. `edits`: its verb may as well be said of a task ("move the sofa").
    """
    add, none = thought.by_kind["add"], thought.by_kind["none"]
    if request:
        return "ask" if add >= WORTH_ASKING or (dated and not foreign) else "refuse"
    wanted = 1 - none - thought.by_kind["query"] - thought.by_kind["dialogue"]
    if edits:
        wanted = (wanted + add) / 2
    enough = FOREIGN if foreign else ACT_ON
    if wanted >= enough - (0.1 if foreign else 0.25) * (dated or shops) - 0.25 * (shops and not foreign):
        return "act"
    if ours or dated:
        return "ask"
    return "refuse" if none >= (SURE_OF_KIND if foreign else NOT_OURS) else "ask"


def of_implied_addition(thought: "Opinion", *, certain: bool, dated: bool, thing: bool, ours: bool) -> Verdict:
    """Return what becomes of a text that reads as a to-do without a verb of the list in it.

    `certain`: the frame would add it. `dated`: a date stands in it. `thing`: it is a thing with a date and no event,
    such as "the gate tomorrow". `ours`: it names something on the list.
    """
    add, none = thought.by_kind["add"], thought.by_kind["none"]
    if not certain:
        return "act" if add >= SURE_TO_ADD and dated else "keep"
    absurd = thing and add < ABSURD
    return "ask" if absurd or (none >= NOT_OURS and not ours) else "keep"


def of_unread(thought: "Opinion", *, dated: bool) -> tuple[Verdict, "Kind"]:
    """Return what becomes of a text that no frame matched, and what it is taken for.

    Only an addition with a date is ever done; other additions are asked back, and other changes asked which task.
    "keep" leaves it to what else is known of the text.
    """
    kind, sure = thought.best, thought.sureness
    if kind == "query" and sure >= SURE_TO_ASK:
        return "act", kind
    if thought.by_kind["add"] >= WORTH_ASKING:
        return ("act" if thought.by_kind["add"] >= SURE_TO_ADD and dated else "ask"), "add"
    if kind in ("complete", "delete", "update") and sure >= SURE_OF_KIND:
        return "ask", kind
    return ("refuse" if thought.by_kind["none"] >= SURE_OF_KIND else "keep"), "none"
