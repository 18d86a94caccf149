"""Texts that are as a whole about planning or about a routine: "plan my day", "I'm away until the 12th", "five more
times". Each form is of the whole text, so that no part of a longer one is taken for it."""

from typing import Final

from kirotodo.core.errors import InvalidInput
from kirotodo.core.language.context import TaskView
from kirotodo.core.language.tokens import Text
from kirotodo.core.language.types import Action, Away, Plan, Spread, Target, Update
from kirotodo.core.language.when.durations import length_at
from kirotodo.core.language.when.numbers import whole
from kirotodo.core.language.when.parse import parse_when
from kirotodo.core.language.when.recurrence import parse_end
from kirotodo.core.language.when.tokens import cut, word_set
from kirotodo.core.text.patterns import pattern

_LED: Final = (
    r"(?:(?:please|so|ok|okay|hey|hi|and|well|now|right|can you|could you|would you|help me|let's|lets)[, ]+)*"
)
_ENDED: Final = r"(?:[, ]+(?:please|for me|thanks|thank you|now))*[.!?]*"
_PLAN: Final = pattern(
    _LED + r"(?:i (?:want|need) to |(?:to )?)"
    r"(?:plan|organi[sz]e|structure|prioriti[sz]e)(?: out)? (?:(?:my|our|the) )?(?:rest of (?:my|the) )?"
    r"(?P<what>day|today|week|work ?day|morning|afternoon|to-?do list|tasks|work for today|this week|tasks for today)"
    + _ENDED
)
_FIRST: Final = pattern(
    _LED + r"(?:so )?(?:(?:what|which(?: (?:task|one|thing|of (?:these|them)))?) "
    r"(?:(?:should|do|shall|must|can|could) (?:i|we) (?:do|start|begin|tackle|work on|take on|handle|focus on)"
    r"(?: with| on)? first|(?:is|are|'s) (?:the )?(?:most (?:urgent|important|pressing)|top priority)"
    r"(?: (?:task|thing|one|item)s?)?|should (?:i|we) (?:do|work on|focus on|start with|begin with)(?: now| today)?"
    r"|first)"
    r"|what's (?:the )?most (?:urgent|important|pressing)(?: (?:task|thing|one|item)s?)?"
    r"|where (?:do|should|shall) (?:i|we) (?:start|begin))(?: (?:right )?now| today| on my list)*" + _ENDED
)
_TIME: Final = pattern(
    _LED + r"(?:(?:i|we)(?:'ve| have)?(?: only| just)?(?: got| have)?(?: only| just| about| around)?"
    r"|there(?:'s| is| are)|with) "
    r"(?P<time>[\w .]+?)(?: (?:left|free|to spare|spare|available|today|now|to work|before \w+))*"
    r"(?:[,.;: ]+(?:and )?(?:(?:so )?what (?:should|can|could|do) (?:i|we) (?:do|get done|fit in|tackle)"
    r"(?: first| now| in that time)?"
    r"|what fits(?: in)?|plan (?:it|that|them|my day)))?" + _ENDED
)
_SPREAD: Final = pattern(
    _LED
    + r"(?P<verb>spread|distribute|divide|share|space|push|move|shift|postpone|reschedule|schedule|re-?plan)(?: out)? "
    r"(?:(?:everything|all|whatever|the|my|of|what|that|which|is|'s|are|tasks|things|stuff|items|ones)[ ]+)*"
    r"(?:overdue|late|past due)(?: (?:tasks|things|stuff|items|ones))? (?:(?:out|evenly) )?"
    r"(?:(?:over|to|into|across|onto|through|throughout|on|during) )?(?:the )?(?:days of )?"
    r"(?:next|coming|following) week"
    r"(?P<each>[, ]+(?:evenly|a (?P<few>few|couple|couple of)(?: tasks)? (?:a|per|each|every) day"
    r"|(?:at most |max |only )?(?P<count>\w+)(?: tasks)? (?:a|per|each|every) day))?" + _ENDED
)
_SPREADS: Final = frozenset({"spread", "distribute", "divide", "share", "space"})
_AWAY: Final = pattern(
    _LED + r"(?:(?:(?:i'?m|i am|we'?re|we are|(?:i|we)(?:'ll| will)(?: be)?)(?: going)? )?"
    r"(?:away|out of town|travell?ing|on (?:holidays?|vacation|leave|a trip))"
    r"|skip (?:everything|all(?: of it)?|all (?:my |the )?(?:routines|habits)|(?:my |the )?(?:routines|habits)))"
    r"(?: (?:from (?:now|today)(?: on)?|now))?,? (?:(?:until|till|til|and back|back) (?:on )?(?P<day>[\w .,/-]+?)"
    r"|for (?:the )?(?:next )?(?P<length>[\w ]+?))" + _ENDED
)
_END: Final = pattern(
    r"(?:(?P<what>[^,;:!?]{2,80}?)[, ]+)?(?:(?:it |that |this )?(?:ends?|stops?|repeats?|goes on|runs?)[ ]+)?"
    r"(?P<end>(?:until|till|til|up to) [\w .,/-]+|(?:for )?(?:only |just |another )*\w+ (?:more )?"
    r"(?:times|instal?lments|payments|occurrences)|forever)(?: only| left| more| please)*[.!]*"
)
_TIES: Final = word_set("the my our a an of for only just keep repeat do let limit end stop")
_FIELDS: Final = frozenset({"when", "time_only", "title"})
FOR_ONCE: Final = pattern(
    r"[, ]*\b(?:(?:just|only) (?:for )?this (?:once|time|one time)|this (?:one )?time only"
    r"|this once|for once|just once)\b[, ]*"
)
"""What says that a change is for the open occurrence alone."""
_FEW: Final = {"few": 3, "couple": 2, "couple of": 2}
_DAY_MINUTES: Final = 16 * 60


def planning(text: Text) -> Action | None:
    """Return the request about planning or a routine that a whole text is, if it is one."""
    said = " ".join(text.low.split())
    if len(said) > 120:
        return None
    for read in (_planned, _first, _timed, _spread, _away, _ended):
        action = read(said, text)
        if action is not None:
            return action
    return None


def _planned(said: str, text: Text) -> Action | None:
    found = _PLAN.fullmatch(said)
    return None if found is None else Plan(week="week" in found["what"])


def _first(said: str, text: Text) -> Action | None:
    return Plan() if _FIRST.fullmatch(said) else None


def _timed(said: str, text: Text) -> Action | None:
    """ "I have two hours": a length of time and nothing else."""
    found = _TIME.fullmatch(said)
    if found is None:
        return None
    line = cut(found["time"])
    length = length_at(line, 0)
    if length is None or length[1] < line.size or length[0].days or length[0].months:
        return None
    minutes = length[0].seconds // 60
    return Plan(minutes=minutes) if 5 <= minutes <= _DAY_MINUTES else None


def _spread(said: str, text: Text) -> Action | None:
    found = _SPREAD.fullmatch(said)
    if found is None or (found["verb"] not in _SPREADS and not found["each"]):
        return None
    if found["few"]:
        return Spread(per_day=_FEW[found["few"]])
    count = whole(cut(found["count"]), 0) if found["count"] else None
    if found["count"] and count is None:
        return None
    return Spread(per_day=count[0] if count is not None else None)


def _away(said: str, text: Text) -> Action | None:
    found = _AWAY.fullmatch(said)
    if found is None:
        return None
    words = found["day"] or f"in {found['length']}"
    try:
        when = parse_when(words, now=text.now, preferences=text.preferences)
    except InvalidInput:
        return None
    return Away(until=when.date) if when.date > text.now.date() else None


def _ended(said: str, text: Text) -> Action | None:
    """ "The gym until christmas", "five more times": another end for a routine that is named, or was talked about."""
    found = _END.fullmatch(said)
    if found is None:
        return None
    task = _routine(text, found["what"])
    words = found["end"].replace("another ", "")
    if task is None or parse_end(words, now=text.now, preferences=text.preferences) is None:
        return None
    return Update(target=Target(ids=(task.id,)), ends=words)


def _routine(text: Text, what: str | None) -> TaskView | None:
    """Return the one routine whose title all the words are of, or the one that was talked about last."""
    routines = [task for task in text.context.tasks if task.recurrence is not None and task.completed is None]
    about = text.context.state.about
    if what is None:
        return next((task for task in routines if about == (task.id,)), None)
    words = set(what.split()) - _TIES
    named = [task for task in routines if words and words <= set(task.title.casefold().split())]
    return named[0] if len(named) == 1 else None


def is_for_once(action: Action) -> bool:
    """Return whether a change is of what can differ for one occurrence: its title, day and time."""
    if not isinstance(action, Update):
        return False
    bare = Update(target=action.target)
    given = {name for name in action.__struct_fields__ if getattr(action, name) != getattr(bare, name)}
    return bool(given) and given <= _FIELDS
