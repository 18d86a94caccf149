"""What the built-in model says where nothing of the list is concerned."""

from collections.abc import Mapping
from typing import Final

from kirotodo.core.language.types import Clarify

HELP: Final = """\
I keep your to-do list. Say it in your own words, for example:

- add buy milk tomorrow at 5pm
- every other friday at 9 water the plants
- what's due this week?
- mark task 3 as done
- move the dentist to monday 10am
- delete the meeting task
- undo that"""

REFUSAL: Final = (
    "That is beyond me: I only keep your to-do list. I can add, find, change, finish and delete tasks; say “help” for "
    "examples."
)

_SMALL_TALK: Final[Mapping[str, str]] = {
    "greeting": "Hello! What shall I put on your list, or shall I show it to you?",
    "thanks": "You are welcome.",
    "goodbye": "Goodbye. Your list stays here.",
    "how_are_you": "All in order, thank you. What is next on your list?",
    "who_are_you": "I am kiro. I keep your to-do list, here on this machine; say “help” for what I can do.",
    "praise": "Thank you!",
    "apology": "No harm done. “undo” takes the last change back.",
}


def small_talk(kind: str) -> str:
    return _SMALL_TALK.get(kind, "I am here for your to-do list. Say “help” for what I can do.")


def what_is_missing(clarify: Clarify) -> str:
    """A question for what was left out."""
    match clarify.missing:
        case "title":
            return "What is to be done?"
        case "target":
            verb = {"complete": "is done", "update": "should change", "delete": "should go"}.get(
                clarify.action or "", "do you mean"
            )
            return f"Which task {verb}? Name it by its number or a word of its title."
        case "time":
            return "When? Say for example “move task 3 to tomorrow at 5pm”."
        case "list":
            return "Which list? Say for example “add milk to groceries”."
        case "meaning" if clarify.action == "add":
            return "Is that to go on your list? Then say it with “add” in front, for example “add call the plumber”."
        case "meaning":
            return "I did not get that. Try “add buy milk tomorrow”, “what's due today?” or “mark task 3 as done”."
