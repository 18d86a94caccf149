"""Questions about the list, and commands that only show something. Nothing in here ever changes anything."""

import datetime as dt
from collections.abc import Callable, Iterator
from typing import Final

from msgspec.structs import replace

from kirotodo.core.language.frames.base import (
    FAINT,
    LIKELY,
    MAYBE,
    SURE,
    Clause,
    Reading,
    names_ours,
    naming,
    reading,
    topic_of,
    touches_ours,
)
from kirotodo.core.language.lexicon import phrases
from kirotodo.core.language.scopes import Narrowed, bounds
from kirotodo.core.language.slips import corrected
from kirotodo.core.language.targets import mentions, narrow, one_target, pointed_at, resolved
from kirotodo.core.language.tokens import Piece
from kirotodo.core.language.types import Action, Deed, OutOfScope, Query, QueryKind, Scope, Target, When
from kirotodo.core.language.when.tokens import word_set

_DATE_ASKED: Final = (
    "[please|tell|me|let|us|know|do|you|can|i|need|share|show|give|say|so|hey|want|to]* "
    "[what|what's|which|whats|the|'s|is|of|W|current|todays|today's|full|a]* date|day|month|year [{dating}]*",
)
_TIME_ASKED: Final = (
    "... what_time_is_it|what's_the_time|current_time|tell_me_the_time|what_is_the_time|time_in|time_zone|"
    "time_is_it ..."
)
_COUNTED: Final = "... how_many|number_of|count|how_much [do|have|of|is|are|i|got|left|my]* ..."
_LISTS: Final = (
    "... what|which|show|tell|give|see|read|list|name|how_many|view|display|i_have|are|open|check|can|all|get "
    "... lists|projects|categories|folders ..."
)
_TAGS: Final = "[what|which|show|list|my|all|how_many|me|the|do_i_have|are]* tags|labels ..."
_STATS: Final = (
    "... stats|statistics|streak|productive|productivity|progress|how_am_i_doing|how_have_i_been_doing|"
    "how_did_i_do|performance ..."
)
_HOW_LONG: Final = (
    "how long|many_days|much_time|many_weeks|many_hours|soon [do|have|i|is|are|till|until|left|it|before|to|got|"
    "for|we]* <what>"
)
_WHEN: Final = (
    "[on]? what|which day|weekday of_the_week|of_week|is|does|was [is|does|was|will|the]* <what>",
    "when|what_day|what_time|which_day did i say|write|put|note|plan [that|down|for]* [i'd|i_would|i'll|i_will|i|to|"
    "was|am|we'd|we_would]* [going_to]? [see|do|go_to|go|be_at|visit|meet|call|have]* [the|my|our]* <what>",
    "[and|so|then|tell_me|let_me_know|do_you_know|know|find_out|check|remind_me]* when|when's|what_time|"
    "at_what_time|what_day|which_day|what_date|on_what_day "
    "[is|are|was|were|will|do|does|did|am|'s|has_to|have]* [{i}]? [have|need|supposed|going]* [to]? [the|my|"
    "our]* <what>",
    _HOW_LONG,
    "[what|what's]? [is]? [the]? date|time|due_date|deadline|day of|for|on <what>",
)
_REMINDED: Final = (
    "[and|so]* when|what_time|what_day|which_day|at_what_time|on_which_day|what_date "
    "[will|does|do|is|are|'s|you|going_to|would]* [that|this|the|my|its|it|me]* {reminder}|remind|reminding|nudge "
    "[me|come|coming|due|set|go_off|going_off|appear|pop_up|ring|arrive|for|of|about|on|to|be|up|it|that|this|then]* "
    "[<what>]?",
    "[and|so]* when [will|do|am|'ll]* i get|be|being|getting [a|the|my|that|its]* reminded|{reminder} [of|about|for|it|"
    "that]* [<what>]?",
)
_FIELD_OF: Final = (
    "[tell_me|show_me]? [what|what's|whats|which|how]* [is|are|'s|was]* [the|my]* {prio}|{recurrence}|list|project|tag|"
    "tags|label|labels|note|notes|details|urgent|important|reminder "
    "[of|for|on|about|is|are|does|do|did|has|have|to|with|the|my]+ <what> [have|has|got|under|in|on|filed]*"
)
_HAS_FIELD: Final = (
    "does|do|has|is|did <what> have|has|got|get [a|an|any|the|some]* [due]? date|time|deadline|reminder|priority|list|"
    "project|tag|tags|note|notes|label [on|set|yet|already]*"
)
""" "what's the priority of the rent", "does the vet have a reminder"."""
_TIME_FOR: Final = "do|will|would|have|am|are|is {i}|there [have|got|be|any|some|enough|the|a]* time|space|room|gap ..."
_DONE_WHEN: Final = (
    "did|have|has {i} [already|ever|definitely|really|actually|just|even|do|done|manage_to|get_round_to]* <what> "
    "[and|or|if_so|so|yet|already]* when",
    "when|what_day|what_time did|have|has {i}|i [last|actually|finally]? <what>",
    "when was|were <what> [{done}|completed|finished]",
    "when|what_day|since_when have|has <what> been [{done}]",
    "did i [already|ever|definitely|really|actually|do|manage_to|get_round_to]* <what>",
    "have|has|did {i} [already|ever|even|actually]* <what> [yet|already|at_all]*",
)
_NEXT: Final = (
    "what's|what|which|whats [is|are|'s|do|should|to|must|can|does]* [i]? [have|do|get|start|need]* "
    "[on|up|the|my|coming|to_do|going_to|happening|due]* next|first|most_urgent "
    "[{task}|{event}|{upcoming}|thing|things|job|up|that|i|we|i've|we've|have|got|need|should|must|can|to|do|done|get|"
    "tackle|face|on|for|in|due|W|K]*",
    "[when|what|where|whats|what's|when's]* [is|'s|are]? [my|the]* next|first [upcoming]? [{event}|{task}|"
    "deadline] [on|in|K|W|today|with|due|starting|begin|is]*",
    "what|what's|which [is|comes|'s]* [due|coming]? next|first|soonest",
)
_LAST_DONE: Final = (
    "what|what's|which [was|is|'s|the|my|last|latest|most_recent|O|thing|one]+ [that|which]? i|we [have]? "
    "ticked|crossed|checked|did|finished|completed|done|got ..."
)
_HAVE: Final = (
    "[{wondering}]* [if|whether|that]? {whether} [there|i|we|you|he|she|my|the|an|a|any]* "
    "[still|already|also|ever|currently|even]* [{noted}]* <what>",
)
_SHOW: Final = "{show} [me|us]? [for_me|please]* <what>?"
_OURS: Final = word_set(
    "list lists task tasks to-do to-dos todo todos reminder reminders remainders calendar calendars agenda "
    "schedule scheduled "
    "planner diary chores errands events event appointment appointments plans planned overdue due pending "
    "priority priorities "
    "deadline deadlines project projects tags tagged inbox items item groceries activities busy free available "
    "upcoming backlog "
    "notes note streak remind listed overview finished completed done outstanding left urgent late plate agendas "
    "store shop "
    "supermarket remember commitments engagements obligations open unfinished recurring today's tomorrow's going "
    "happening attending meeting labelled labeled tagged repeats recurring ticked remains empty"
)
_UNTIL: Final = word_set("until till left before my our ago for have")
_EVENTS_BARE: Final = word_set(
    "meetings appointments calls classes lessons birthdays parties interviews deadlines bills"
)
_SPELLS: Final = word_set("day week month morning afternoon evening weekend night next last first reminded upcoming")
_MINE: Final = word_set("i my me we our us mine myself i've i'm i'd i'll we've ours")
_STILL: Final = word_set("have need do get buy got forget supposed going remember put add plan doing on")
_SEARCH: Final = (
    "search|find|look_up|look_for|filter|lookup|grep|locate|search_for [me|for|in|through|by|out|my|the|all|any|"
    "K]* [tasks|task|to-dos|todos|list|items|reminders|anything|things|everything|one|stuff]* "
    "[for|about|with|containing|called|named|that_mention|related_to|to_do_with]* <q>"
)
_CHANGED: Final = (
    "what|which|whats|what's did|have|has|was|were|'s|is [you|we|i|the]* [just|last]* change|changed|do|done|did|"
    "just_did|delete|deleted|add|added|move|moved|undo|undone|last_change [just|last|now]* [?]?",
    "what|whats did|have|'ve|has you [just]? {changed} [just|now|W]*",
    "what [was|is|were]* [the|my|your]* last|latest|recent change|changes|action|edit",
)
_IN_TALK: Final = (
    "[and|so|{wake}]* what|which|what's [things|tasks|all|else]* have|did|has|'ve [all]? you|we|been [all]? {changed} "
    "[to|on|in|my|the|list|tasks|W]* since|in|during|while|from [this|i|we|you|our|the|these|conversation|chat|talk|"
    "session|began|begun|started|start|talking|chatting|beginning|speaking|hello|last_few_minutes|here|opened|of|said|"
    "hi|it]+ "
    "[W]*"
)
_LAST_DEED: Final = (
    "[and|so|oh]* what|which|what's|whats [was|is|'s|were|the|my|your|very]* last|latest|most_recent|O "
    "[thing|task|one|item|things|tasks]* [that|which]? i|we|you|got|to_be [have|had|'ve|just|get|got]* <verb>"
)
_LAST_DEEDS: Final = (
    _LAST_DEED,
    "[and|so|oh]* what|which [task|one|thing]? [was|is|did|have]* [it|the_one|the_thing|that|which]* i|we|you "
    "[have|had|just|get|got]* <verb> [of]? last|just_now|most_recently",
)
_DEEDS: Final[dict[str, Deed]] = {
    **dict.fromkeys(
        ("deleted", "removed", "rid", "binned", "scrapped", "dropped", "erased", "threw", "thrown", "ditched", "delete",
         "remove", "dumped", "wiped", "lost", "axed", "killed"), "deleted"),
    **dict.fromkeys(("added", "add", "created", "wrote", "noted", "put"), "added"),
    **dict.fromkeys(("moved", "postponed", "rescheduled", "pushed", "shifted", "delayed", "move"), "moved"),
    **dict.fromkeys(("renamed", "retitled", "rename"), "renamed"),
    **dict.fromkeys(("reopened", "unticked", "reopen"), "reopened"),
}  # fmt: skip
_CLASHES: Final = (
    "does|do|will|would|is|are|did|doesn't|won't <what> {clash} [with]? [{anything}|other|of|my|the|tasks|plans|else|"
    "already|on|there]*",
    "[is|are|do_i_have|have_i_got|any]* [there]? [a|any|some]* {clash} [on|with|for|in|around|there|between]* "
    "[<what>]?",
    "[is|are|do_i_have|have_i_got|will_there_be]* [there]? {anything} [there|do_i_have|have_i|is|i_have|got]* {clash} "
    "with|on <what>",
    "what does|do|will|would <what> {clash} with",
)
_LATEST: Final = (
    "... [the|my]* latest|last|furthest|farthest|most_distant [{task}]? deadline|due_date|date|due|deadlines ...",
    "... [is|are|comes|due|falls|am_i_doing]+ [due]? [the]? last|latest|furthest [away|off|out|ahead|of_all|"
    "in_the_future|in_time|of_them|of_those|of_the_lot]*",
    "... furthest|farthest away|off|out|ahead|in_the_future|in_time ...",
)
_LONGEST: Final = (
    "... waiting|sitting|hanging|lying|lingering|been|there|around|list|overdue|open|outstanding|undone|due|late "
    "[here|there|around|about|undone|open]* [the|for_the]? longest ...",
    "... [the|my]? longest [overdue|waiting|standing|outstanding|open|running|late] ...",
    "... [the|my|our]* oldest|most_overdue|latest_overdue ...",
)
_NEWEST: Final = "... [the|my]? newest|youngest|most_recently_added|latest_addition|last_addition ..."
_SOONEST: Final = "... [the|my]* earliest|soonest|nearest|next|closest deadline|due_date|date|deadlines ..."
_FULLEST: Final = (
    "[and|so|on]* what|which|what's|whats|when [one]? [of|other|the|are|is|'s|my|am_i]* day|days|busiest|fullest|"
    "quietest|"
    "freest|emptiest|lightest ...",
    "{fullness} day|days|evening|evenings ...",
    "[do_i|have_i|am_i|is_there|are_there|will_i]* [have|got]* [a|any]* {fullness} day|days|evenings ...",
)
_FULL_TOO: Final = (
    "[and|so|but|then]* which|what|when [one|ones|is|are|'s|of_them|of_those|still|left|the|most]* {fullness} ..."
)
_INNER: Final = "[how_can|how_do|how_could|can|could|where_can]? [i|we]? {asker} [me|us|to_see|out|again]* <core>"
_WH: Final = (
    "all|everything|if|whether|what|what's|whats|when|when's|which|where|where's|who|who's|how|how_many|how_much|"
    "how's ..."
)


def question_core(piece: Piece) -> Piece | None:
    """Return the question within "tell me what …", "i need to know if …"; None where there is none."""
    found = piece.match("remind me [of|about]? <core>")
    if found is not None and found.get("core").match(
        "[all|the|my|everything]* things|tasks|stuff|list|items [i|we|that|on|K]+ ..."
    ):
        return found.get("core")
    found = piece.match(_INNER)
    if found is not None and (core := found.get("core")) and core.match(_WH):
        return core
    return None


def asking(clause: Clause, *, question: bool) -> Iterator[Reading]:
    """Yield readings of a clause as a question, or as a command that shows something."""
    if (core := question_core(clause.piece)) is not None:
        clause, question = replace(clause, piece=core), True
    piece = clause.piece
    told = piece.match("tell me [W]? to ...") or piece.match("[let|me]* know W that|to ...")
    shown = piece.match(_SHOW) if told is None else None
    if _asks_date(piece):
        yield reading("ask_date", 0.96, OutOfScope(topic="the date"))
        return
    if not question and shown is None:
        yield from _bare(clause)
        return
    if piece.match("how to|do_i|can_i|do_you|does_one ...") and not names_ours(piece) and not piece.spans("KTNI"):
        yield reading("ask_how", 0.96, OutOfScope())
        return
    if piece.match(_TIME_ASKED) and not piece.spans("KTNI"):
        yield reading("ask_time", 0.96, OutOfScope(topic="the time"))
        return
    if question and len(named := mentions(piece)) > 1 and not _lists_named(piece):
        yield reading(
            "ask_several", 0.94, Query(about="task", target=Target(ids=tuple(m.id for m in named), plural=True))
        )
        return
    for frame in _FRAMES:
        for each in frame(clause):
            yield each
            return
    ours = _ours(clause)
    topic = topic_of(piece)
    if not ours or (topic and not touches_ours(piece) and not names_ours(piece) and not _lists_named(piece)):
        if question:
            yield reading("ask", 0.5, OutOfScope(topic=topic))
        return
    what = shown.get("what") if shown and shown.has("what") else piece
    score = SURE if question else _showing(piece, what, wish=bool(clause.wish))
    names = [token.value.name for token in piece.spans("K") if token.value.name]
    listing = _listing(clause, what)
    if len(names) > 1 and isinstance(listing, Query) and listing.target is None:
        scope = replace(listing.scope, search=None)
        yield reading("ask", score, *(replace(listing, scope=replace(scope, project=name)) for name in names))
        return
    yield reading("ask", score, listing)


def _showing(piece: Piece, what: Piece, *, wish: bool) -> float:
    """Return how sure it is that a verb shows something of the list and is no chore ("check the oven")."""
    words = set(what.words)
    sure = piece.words[0] in ("show", "display", "list", "what", "recite")
    named = (
        "K" in words
        or bool(words & _PLURALS)
        or bool(words & phrases("event") and (words & {"my", "W"} or what.spans("W")))
    )
    chore = (wish and piece.words[0] == "see") or piece.words[0] in (
        "review",
        "get",
        "check",
        "read",
        "present",
        "open",
        "print",
        "find",
        "search",
        "go",
        "fetch",
        "pull",
        "hand",
        "give",
    )
    if sure or not chore:
        return 0.93
    if named:
        return 0.88
    return LIKELY if names_ours(what) else MAYBE


_PLURALS: Final = word_set(
    "tasks to-dos todos reminders events appointments meetings items chores errands plans everything overdue "
    "agenda schedule calendar"
)


def _asks_date(piece: Piece) -> bool:
    words = set(piece.words)
    if not {"date", "day", "month", "year"} & words and not _only_day(piece):
        return False
    return bool(_only_day(piece)) or any(piece.match(text) is not None for text in _DATE_ASKED)


def _only_day(piece: Piece) -> set[str]:
    leads = [token.lead for token in piece.spans("W")]
    return {"W"} if piece.words in (["what", "is", "W"], ["what's", "W"]) and leads == [""] else set()


def _lists_named(piece: Piece) -> bool:
    if piece.match("... anything|something|any ... about|regarding|mentioning ..."):
        return True
    lists = any(not token.value.bare for token in piece.spans("K"))
    return (
        lists
        or bool(piece.spans("TNI"))
        or bool(set(piece.words) & {"task", "tasks", "reminder", "reminders", "todo", "todos", "overdue"})
    )


def _ours(clause: Clause) -> bool:
    """Return whether a question speaks of anything of the user's list."""
    piece = clause.whole
    words = set(piece.words)
    if (
        piece.spans("KTNIQOP")
        or words & _OURS
        or words & phrases("event")
        or {word[:-1] for word in words} & phrases("event")
    ):
        return True
    if _lists_named(piece):
        return True
    if piece.match("... on there|on_it ...") or (words & {"my", "our"} and words & _SPELLS and not topic_of(piece)):
        return True
    if names_ours(piece) or touches_ours(piece) or _narrows(piece):
        return True
    if (
        words & _MINE
        and (words & _STILL or {"reminded", "remind", "supposed"} & words or piece.spans("W"))
        and not topic_of(piece)
    ):
        return True
    return (
        bool(piece.spans("W"))
        and bool(words & {"anything", "what", "what's", "whats", "any", "on", "happening"})
        and not topic_of(piece)
    )


def _narrows(piece: Piece) -> bool:
    """Return whether a question is only a filter ("which are high?", "what repeats?")."""
    said = narrow(piece, question=True)
    return said.scope != Scope() and not _content(said.words) and not topic_of(piece)


def _field_of(clause: Clause) -> Iterator[Reading]:
    """Yield the task of which a field is asked, or the day on which there may be time for something."""
    piece = clause.piece
    found = piece.match(_HAS_FIELD) or piece.match(_FIELD_OF)
    what = found.get("what") if found is not None else None
    target = one_target(what) if what and names_ours(what) else None
    if target is not None and (target.ids or target.candidates):
        yield reading("ask_field", 0.95, Query(about="task", target=target))
    elif piece.match(_TIME_FOR) and (days := piece.spans("W")):
        place = piece.first + piece.tokens.index(days[-1])
        said = narrow(Piece(piece.text, place, place + 1), question=True)
        yield reading("ask_field", 0.95, Query(scope=said.scope))


def _changes(clause: Clause) -> Iterator[Reading]:
    for text in _CHANGED:
        if clause.piece.match(text):
            yield reading("ask_changes", 0.96, Query(about="changes"))
            return

    if clause.piece.match(_IN_TALK):
        yield reading("ask_changes", 0.96, Query(about="history", during="today", by="assistant"))
        return
    found = next((found for form in _LAST_DEEDS if (found := clause.piece.match(form)) is not None), None)
    deed = next((_DEEDS[word] for word in found.get("verb").words if word in _DEEDS), None) if found else None
    if deed is not None:
        yield reading("ask_changes", 0.96, Query(about="history", deed=deed, latest=True))


def _clashes(clause: Clause) -> Iterator[Reading]:
    """Yield what else there is on the day of a task, or on a day."""
    for form in _CLASHES:
        found = clause.piece.match(form)
        if found is None or topic_of(clause.piece):
            continue
        what = found.get("what") if "what" in found.found.re.groupindex else clause.piece
        said = narrow(what, question=True)
        if said.when is not None and not said.words:
            yield reading("ask_clash", 0.95, Query(scope=said.scope))
            return
        target = one_target(what) if what else None
        ids = target.ids if target is not None and target.words else clause.text.context.state.about
        view = clause.text.context.task(ids[0]) if len(ids) == 1 else None
        if view is not None and view.due_date is not None:
            others = (Target(ids=(view.id,)),)
            scope = Scope(due_from=view.due_date, due_to=view.due_date, without=others)
            yield reading("ask_clash", 0.95, Query(scope=scope))
        elif view is not None:
            yield reading("ask_clash", 0.95, Query(about="when", target=Target(ids=ids)))
        return


def _days(clause: Clause) -> Iterator[Reading]:
    """Yield which days are full or free, of those that are named or were asked about."""
    state, words = clause.text.context.state, set(clause.words)
    again = state.asked_about == "days" and clause.piece.match(_FULL_TOO)
    if not words & phrases("fullness") or not (again or any(clause.piece.match(form) for form in _FULLEST)):
        return
    said = narrow(clause.piece, question=True)
    scope = state.scope if said.when is None and state.asked_about == "days" and state.scope else said.scope
    yield reading("ask_days", 0.95, Query(about="days", scope=replace(scope, search=None, status=None)))


def _ranked(clause: Clause) -> Iterator[Reading]:
    """Yield what is due first or last, waits longest or was added last."""
    piece = clause.piece
    kinds: tuple[tuple[QueryKind, tuple[str, ...]], ...] = (
        ("oldest", _LONGEST), ("last", _LATEST), ("newest", (_NEWEST,)), ("next", (_SOONEST,)),
    )  # fmt: skip
    kind = next((kind for kind, forms in kinds if any(piece.match(form) for form in forms)), None)
    if kind is None or (topic_of(piece) and not names_ours(piece)) or mentions(piece, inside=_KEPT_OUT):
        return
    scope, state = narrow(piece, question=True).scope, clause.text.context.state
    scope = replace(scope, search=None, due=None if scope.due == "overdue" else scope.due)
    target = None
    if set(clause.words) & _THEM and scope == Scope():
        scope = state.scope or scope
        target = Target(ids=state.about) if state.scope is None and len(state.about) > 1 else None
    yield reading("ask_ranked", 0.95, Query(about=kind, scope=scope, target=target))


_THEM: Final = word_set("them those these ones they lot")


def _lists(clause: Clause) -> Iterator[Reading]:
    piece = clause.piece
    if piece.match(_LISTS):
        yield reading("ask_lists", 0.95, Query(about="lists"))
    elif piece.match(_TAGS):
        yield reading("ask_tags", 0.95, Query(about="tags"))
    elif piece.match(_STATS):
        yield reading("ask_stats", 0.95, Query(about="stats"))


def _searches(clause: Clause) -> Iterator[Reading]:
    found = clause.piece.match(_SEARCH)
    if (
        found is None
        or not found.get("q")
        or (found.get("q").words[0] in ("what", "when", "which", "if", "my", "the") and "K" in found.get("q").words)
    ):
        return
    said = narrow(found.get("q"), question=True)
    if not said.words or (topic_of(clause.piece) and not names_ours(clause.piece)):
        return
    sure = (
        names_ours(found.get("q"))
        or bool(set(clause.words) & _OURS)
        or clause.words[0] in ("search", "find", "filter", "grep", "lookup")
    )
    if sure:
        scope = replace(said.scope, search=said.words)
        yield reading("search", LIKELY, _search_or_task(clause, said, scope))


def _search_or_task(clause: Clause, said: Narrowed, scope: Scope) -> Query:
    if clause.text.titles:
        target = resolved(clause.text, said)
        if target.ids or target.candidates:
            return Query(about="task", target=target)
    return Query(scope=scope)


def _completed_when(clause: Clause) -> Iterator[Reading]:
    text = clause.text
    if not text.titles:
        return
    for _, _, found in naming(_DONE_WHEN, clause.piece):
        matches = text.titles.choose(found.get("what").raw, done=True)
        opened = text.titles.choose(found.get("what").raw)
        if not matches or (opened and opened[0].score > matches[0].score):
            return
        target = Target(words=found.get("what").raw, ids=tuple(match.id for match in matches), plural=len(matches) > 1)
        yield reading("ask_done_when", 0.95, Query(about="completed_when", target=target))
        return


def _next(clause: Clause) -> Iterator[Reading]:
    if clause.piece.match(_LAST_DONE):
        yield reading("ask_next", 0.95, Query(about="next", scope=Scope(status="completed")))
        return
    for text in _NEXT:
        if clause.piece.match(text) and not (topic_of(clause.piece) and not names_ours(clause.piece)):
            said = narrow(clause.piece, question=True)
            scope = replace(said.scope, priority=None) if said.scope.priority else said.scope
            kind = [
                word
                for word in clause.words
                if word in phrases("event") and word not in ("first", "due", "show", "play")
            ]
            if kind:
                scope = replace(scope, search=kind[0])
            yield reading("ask_next", 0.94, Query(about="next", scope=scope))
            return


def _when(clause: Clause) -> Iterator[Reading]:
    if (reminded := _reminded(clause)) is not None:
        yield reading("ask_when", 0.95, Query(about="task", target=reminded))
        return
    for _, form, found in naming(_WHEN, clause.piece):
        what = _without_ending(found.get("what"))
        if form is _HOW_LONG and not {*_UNTIL, "K"} & set(clause.words) and not names_ours(what):
            yield reading("ask", 0.5, OutOfScope())
            return
        said = narrow(what, question=True)
        if not said.words or not _asks_of_ours(clause, what, said):
            if pointed_at(what) is not None:
                yield reading("ask_when", 0.93, Query(about="when", target=pointed_at(what)))
            return
        target = resolved(clause.text, replace(said, scope=replace(said.scope, status=None)))
        named = target.ids or target.candidates or not clause.text.titles
        if not named and len(inside := mentions(what, inside=_KEPT_OUT)) == 1:
            target, named = Target(words=target.words, ids=(inside[0].id,)), True
        if not named and (form is _HOW_LONG or said.scope != Scope()):
            return
        yield reading("ask_when", 0.93, Query(about="when", target=target))
        return


def _reminded(clause: Clause) -> Target | None:
    """Return the task of which it is asked when its reminder comes."""
    found = next((found for form in _REMINDED if (found := clause.piece.match(form)) is not None), None)
    if found is None:
        return None
    what = found.get("what")
    if what and names_ours(what):
        return one_target(what)
    return Target(pronoun="it") if not what and clause.text.context.state.about else None


def _asks_of_ours(clause: Clause, what: Piece, said: Narrowed) -> bool:
    words = set(clause.words)
    if names_ours(what):
        return True
    if topic_of(clause.piece):
        return False
    return (
        bool(words & _MINE) or bool(words & phrases("event")) or bool(words & {"the"} and len(said.words.split()) < 4)
    )


def _without_ending(what: Piece) -> Piece:
    found = what.match(
        "<what> due|start|starts|begin|begins|end|ends|scheduled|planned|happening|set_for|take_place|"
        "supposed_to_begin|expires|expire|runs_out|run_out|happens|comes|arrives|"
        "again|over|now|due_again|exactly|on|for [W|K|now|again]*"
    )
    return found.get("what") if found and found.get("what") else what


def _whether(clause: Clause) -> Iterator[Reading]:
    for _, _, found in naming(_HAVE, clause.piece):
        what = found.get("what")
        said = narrow(what, question=True)
        if not said.words:
            return
        if "K" in clause.words or (clause.text.titles and names_ours(what)):
            if set(clause.words) & {"any"} or (said.when is not None and "K" not in clause.words):
                break
            target = resolved(
                clause.text,
                replace(
                    said, scope=replace(said.scope, status=None) if clause.text.titles else said.scope, plural=False
                ),
            )
            yield reading("ask_whether", 0.92, Query(about="task", target=target))
            return


def _listing(clause: Clause, piece: Piece) -> Action:
    """Return the question for all tasks that a clause narrows down to."""
    what = _asked_of(piece)
    pointed = pointed_at(what)
    if pointed is not None:
        return Query(about="task", target=pointed)
    said = narrow(what, question=True)
    words = _content(said.words)
    if (
        said.every
        and not words
        and said.scope == Scope()
        and what.match("[me|all|of|my|the|{show}]* all|everything|every [of]? [my|the]* [{task}|K]* [on|K]*")
    ):
        return Query(scope=Scope(status="all"), count_only=False)
    count = clause.piece.match(_COUNTED) is not None
    if words and not count and clause.text.titles:
        target = one_target(what)
        if target is not None and target.ids and not target.plural and not said.plural:
            return Query(about="task", target=target)
    if (
        words
        and not count
        and not said.every
        and said.scope.status is None
        and len(named := mentions(piece, inside=_KEPT_OUT)) == 1
    ):
        return Query(about="task", target=Target(words=words, ids=(named[0].id,)))
    words, unmatched = _matched(clause, words, known=count or said.scope != Scope())
    scope = said.scope if not words else replace(said.scope, search=words)
    if scope.status is None and clause.piece.match(_DID):
        scope = replace(scope, status="completed")
    bought = scope.search is None or set(scope.search.casefold().split()) <= _SHOPS
    if scope.project is None and not scope.without and bought and (shop := _shop(clause)) is not None:
        scope = replace(scope, project=shop, search=None)
    return Query(scope=_recent(clause, scope), count_only=count, unmatched=unmatched)


_DID: Final = (
    "[and|so|then]* what|which|did|have|anything|much [did|have|things|tasks|all|else]* i|we [actually|already|ever|"
    "really|even|all]* do|done|did|achieve|accomplish|manage|complete|finish ..."
)


def _matched(clause: Clause, words: str, *, known: bool) -> tuple[str, str | None]:
    """Return the words that are searched for, and those that are left out since no task has them.

    Words that a question is about ("about the boat", "any boats") stay, and so do all where nothing else is `known`.
    """
    titles = clause.text.titles
    if not words or not titles or not clause.text.context.complete or clause.piece.spans("Q"):
        return words, None
    if not known or any(map(titles.has_beginning, words.split())):
        return words, None
    shown = clause.piece.words
    first = words.split()[0].casefold()
    place = shown.index(first) if first in shown else 0
    return (words, None) if set(shown[max(0, place - 2) : place]) & _SOUGHT else ("", words)


_SOUGHT: Final = word_set("about with regarding mentioning concerning called named containing for any a an my another")
"""Words behind which stands what a question is about."""


_SHOPS: Final = word_set("shop shops store supermarket market shopping")


def _shop(clause: Clause) -> str | None:
    """Return the list that is meant by "what do I need from the shop", where there is one."""
    if not (_SHOPS | {"buy"}) & set(clause.words):
        return None
    names = [
        name for name in clause.text.context.projects if any(word in phrases("shop") for word in name.lower().split())
    ]
    return names[0] if len(names) == 1 else None


def _recent(clause: Clause, scope: Scope) -> Scope:
    """Return a scope whose past days are those of finishing, not of being due."""
    today = clause.text.now.date()
    done = scope.status == "completed"
    if done and scope.due_from is not None and today < scope.due_from <= today + dt.timedelta(days=7):
        week = dt.timedelta(days=7)  # "what did I do on monday" is about the last one
        last = scope.due_to - week if scope.due_to else None
        scope = replace(scope, due_from=scope.due_from - week, due_to=last)
    if scope.due == "today" and done:
        return replace(scope, due=None, completed_from=today, completed_to=today)
    if scope.due == "week" and done:
        first, last = bounds(When(date=today, grain="week"), clause.text.preferences)
        return replace(scope, due=None, completed_from=first, completed_to=last)
    if done and (scope.due_from or scope.due_to):
        return replace(scope, completed_from=scope.due_from, completed_to=scope.due_to, due_from=None, due_to=None)
    return scope


_KEPT_OUT: Final = word_set(
    "i have get do need to buy on my the is there any what what's whats which who who's when where why how am "
    "are was were "
    "did does can could should would will be got going happening coming up left still me show list tell give see check "
    "read open about for with from in at of a an and that it you we scheduled planned supposed busy free available "
    "plate things thing stuff calendar agenda day week month look like looks looking run down rundown over let "
    "hear aloud "
    "out off back through bring pull add added put set tasks want wanted know if whether doing due today lately so "
    "far ever yet remember reminded remind 've 's 'm i've i'm time much many how's hows whole events event anything "
    "something everything please now then this next shop store head heading just morning afternoon evening tonight "
    "don't else or more most items item written noted note made created gotten around finish finished completed "
    "done complete overview summary recap brief update name number count whose whom him her his us our your they "
    "them say "
    "says said plan plans schedule must getting attending attend attended go come goes been being has had having make "
    "i'll i'd we've let's hey fall falls between before after until marked really all each every currently right "
    "first last previous latest recent recently upcoming future past possible able exist exists called "
    "jobs job tasks task to-dos todos clear quiet packed booked clash "
    "else comes anywhere only empty detail details information info specific entire full current active new"
)


def _content(words: str) -> str:
    """Return the words that are searched for, without those that only ask."""
    said = [word for word in words.split() if corrected(word.casefold().strip("?.,!")) not in _KEPT_OUT]
    return " ".join(said).strip("?.,! ")


def _asked_of(piece: Piece) -> Piece:
    found = piece.match(
        "[{ask}|{show}|me|us|i|we|you|do|have|got|is|are|there|'s|'m|to|can|could|should|of|up|out]* <what>"
    )
    return found.get("what") if found and found.get("what") else piece


def _bare(clause: Clause) -> Iterator[Reading]:
    """Yield a list, a day or a filter that is named and nothing else ("shopping list", "overdue tasks", "today")."""
    piece = clause.piece
    if not piece or len(piece.words) > 9 or clause.request:
        return
    if piece.match("[my|the]? plan|plans|agenda [for|on]? W"):
        yield reading("bare_scope", 0.82, _listing(clause, piece))
        return
    if piece.match("[my|the|show|some]* stats|statistics|streak|progress"):
        yield reading("ask_stats", 0.95, Query(about="stats"))
        return
    said = narrow(piece, question=True)
    words = piece.words
    if (
        said.words
        and len(_content(said.words).split()) == 1
        and words[0] not in ("a", "an", "the")
        and _content(said.words).casefold() in _EVENTS_BARE
        and len(words) < 5
    ):
        yield reading("bare_events", 0.81, Query(scope=replace(said.scope, search=_content(said.words))))
        return
    if said.words or clause.wish:
        return
    if said.scope != Scope() or "K" in words or said.named:
        status: Scope = said.scope
        if words in (["everything"], ["all"]):
            status = Scope(status="all")
        known = (
            "K" in words
            or said.named
            or bool(set(words) & _OURS)
            or all(word in ("W", "T", "N", "P") for word in words)
        )
        yield reading("bare_scope", 0.72 if known else FAINT, Query(scope=_recent(clause, status)))


_FRAMES: Final[tuple[Callable[[Clause], Iterator[Reading]], ...]] = (
    _field_of, _changes, _clashes, _days, _lists, _searches, _completed_when, _ranked, _next, _when, _whether,
)  # fmt: skip
