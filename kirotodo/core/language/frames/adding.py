"""Putting things on the list: commands, reminders, facts and wishes, and to-dos written as one says them to oneself."""

from collections.abc import Iterator
from typing import Final

from msgspec.structs import replace

from kirotodo.core.language.content import (
    added,
    content_of,
    cut_at,
    inherit,
    is_command,
    is_empty,
    items_of,
    merged,
    take,
    tidied,
)
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
)
from kirotodo.core.language.lexicon import CHORES, phrases
from kirotodo.core.language.spans import ListName
from kirotodo.core.language.targets import narrow, targets
from kirotodo.core.language.tokens import Match, Piece
from kirotodo.core.language.types import Action, Add, Clarify, CreateList, Delete
from kirotodo.core.language.when.tokens import word_set

SAME: Final = "\0same"
"""Stands for the list that was spoken of before ("put pegs on it")."""
_COMMANDS: Final = (
    "{i} need|want|would_like|'d_like a|an|another|one [new]? {newtask}|{reminder} [added|created|made]? [for|to|"
    "about|called|:]+ <what> [{onto} list=K]?",
    "{add} {onto} list=K [that|to|:]* <what>",
    "{add} <what> on|to|in|into|onto here=it|there|that_list|that|them [too|as_well|also|please]*",
    "{add} <what> {onto} list=K also|and|plus|and_also <more>",
    "{add} [some]? <what> [down] [{onto} list=K]? {instead} <old>",
    "get|buy|use|have|grab [some]? <what> {instead} <old>",
    "{add} [some]? <what> [down] {onto}|for list=K <after>?",
    "{onto}|for list=K [i_want_to|please|can_you|you_can|should]* {add}|be|have <what>",
    "list=K {add} <what>",
    "list=K need|needs|should_have|should_also_have|should_include|must_have|wants|also_needs|has_to_have <what> "
    "[{onto} it]?",
    "<what> {be}|needs_to_be|should_be|must_be|belongs|goes|should_go|need_to_be|has_to_be|have_to_be [on|in|"
    "added_to|put_on|onto|written_on]+ list=K",
    "{i} need|want|would_like|'d_like|wish|require [to_have|to_see]? <what> [added|put|written|placed|included|"
    "on]* {onto} list=K",
    "need|want|i'd_like <what> [added|put|written|placed|included]* {onto} list=K",
    "have <what> added [{onto}]? list=K",
    "update list=K with|to_include|to_have <what>",
    "get <what> added [{onto}]? list=K",
    "put|pencil|book|sign me|us down|in|up for <what>",
    "{shopverb} <what> {onto} list=K",
    "put|note|jot|write|pencil|stick|pop <what> down|in [for|on|at]? after=W|R",
    "put|stick|pop|bung|chuck|whack <what> on [for|by]? after=W|R",
    "<what> for list=K [then|please|too|as_well]+",
    "{create}|{add} [me|us|up]* list=K with|containing|including <what> [on|in it]?",
)
_NEW_TASK: Final = (
    "{add}|{create} [me|us]? [a|an|another|the|one|this|my]* [new|quick|daily|weekly|monthly|recurring|repeating|"
    "all_day|all-day|calendar|single]* {newtask}|{reminder} "
    "[W|R]* [for_me]? [{onto} K]? [to|called|named|titled|that_says|saying|:|for|about|of|that|with_the_title]+ <what>",
    "{add}|{create} [a|an|the]* [new|all_day]* task|todo|to-do|event|reminder|notification <what>",
    "{add}|{create} [a|an]? {newtask}|{reminder} [W|R] <what>",
    "event [W|R]? called|named|for|: <what>",
)
_REMIND: Final = (
    "{remind} me|us|myself [W|R|L]* [again|also|please|later]* [to|too|2|about|of|that|for|on|:] [W|R]? <what>",
    "remind|reminds|remined [W|R|L]* [again|also|please|later]* [to|about|of|that|for|on|:]+ [W|R]? <what>",
    "{remind} me|us|myself [W|R|L]* [i|that_i|we] need|have|'ve_got|'m|must|should|got [to]? <what>",
    "{remind} me|us|myself <what>",
    "[{giving}|stick|pop]* [me|us|up|in]* [a|an|the|another|my]* [new|daily|weekly|monthly|recurring|repeating|R|L|W|"
    "quick]* {reminder} [in|down]? [W|R|L]* [for_me|for_myself|to_remind_me]* [to|for|about|of|that|that_says|saying|"
    "on|:|when]* <what>",
    "[i|we] [want|need|would_like|'d_like|like|have|wish|would_need|will_need]* [to_be|to_get|be|a]* reminded|"
    "notified|alerted [to|about|of|that|for|on]+ <what>",
    "i'd_like_to_be|i_want_to_be|want_to_be|need_to_be|i_need_to_be|be|get reminded|notified|alerted [to|about|"
    "of|that|for]+ <what>",
    "{remember} [W|R]? [to]? [{remind} me]? [set_a_reminder]? [to|that|about|the_task|:|of]* <what>",
    "set|set_up|create|put an|a alarm to remind me to <what>",
    "let me know [W|R] [that|to|about]+ <what>",
    "give|drop me a|the shout|nudge|buzz|ping|poke|heads_up [W|R|L]* [to|about|of|that|for|on|:|so]* <what>",
    "tell me [W|R]? to <what>",
    "i'd_appreciate|i'd_like|could_i_get|can_i_get|may_i_have|i_could_use a|another {reminder} [to|for|about|of|"
    "that]+ <what>",
    "reminder|remind|todo|to-do : <what>",
    "make|take|leave|write [me|us]? a|the [quick|mental|little]? note [to|that|about|:|of]+ <what>",
)
_REMIND_NOTHING: Final = (
    "{remind} [me|us|myself]? [W|R|L|again|later|please|something|of_something|about_something|to_do_something|"
    "to_do_it|about_it|of_it|about_this|of_this|"
    "of_this_later|at_a_later_time|in_a_bit|in_a_while|to|about]*",
    "[i]? [have|need|want]? something|stuff [to|added|else]* [add|put]? [{onto}]? [K]?",
    "[i|i'd|we]? [need|want|would_like|like|set|make|create|add|give|get|have|put|new|up|in|me|put_in|set_up]* "
    "[a|an|the|another|my]? [new]? {reminder} "
    "[set|W|R|L|for|me|myself|up|later|to|please|on|at|something|about|of|that|remind|do|K]*",
    "[i]? [would_like|want|need|'d_like]? [to_be|be]? reminded [W|R|L|of_something|about_something]*",
)
_SCHEDULE: Final = (
    "mark|block|save|reserve|clear|hold [off|out]? [my|the|down]* [W|R|K|calendar|schedule|date]+ [W|R]* [for|as|"
    "with|:|that|on]+ [my|a|an|the]? <what>",
    "mark|flag|set|take_note_of [down]? [my]? [W|R]+ [after_this_day]? as [my|a|an|the]? <what>",
    "W needs to be marked as <what>",
    "save the date for|: <what>",
    "{schedule} [me|us|in|up]* [a|an|the|my|our|another]* [new]? <what>",
    "{i} have|'ve_got|have_got|got [a|an|the|my]* <what>",
    "i've|we've got [a|an|the|my]? <what>",
    "there_is|there's|there_will_be|there_are [a|an|the|my]? <what>",
    "{i} will_be|'ll_be|am|'m|are|'re [going|seeing|having|meeting|attending|flying|visiting|leaving|traveling|"
    "travelling]? [to|for]* <what>",
    "i'm|we're|i'll_be|we'll_be [going|seeing|having|meeting|attending|flying|visiting|leaving|traveling|"
    "travelling]* [to|for]* <what>",
)
_OUT_OF: Final = (
    "{i} {be}|{have}|'m [all|almost|nearly|completely|running]* [also|still]? out_of|low_on|short_of|short_on|"
    "run_out_of|down_to_the_last <what>",
    "i'm|we're|i've|we've [also|all|almost|nearly|completely|running|run]* out_of|low_on|short_of|short_on|out <what>",
    "{i} [also|just|have|almost]* ran|run|used|finished out_of|up_the_last|up_all|the_last_of_the|the_last|up|"
    "the [the]? <what>",
    "there_is|there's|there_are|we_have|i_have no|no_more <what> [left|any_more|anymore]?",
    "<what> {be} [all|nearly|almost]* running_out|running_low|used_up|run_out|empty|all_gone|nearly_gone|almost_gone",
)
_NEED: Final = (
    "[for|before <scene>]? {i} [also|still|really|just]* need|want|require [some|more|a_few]? <what>",
    "[still|also|really|just]* need|want [some|more|a_few]? <what>",
    "{i} could use|do_with <what>",
)
_LISTS: Final = (
    "create|make|set_up|start|begin|start_up|build|prepare|write|generate [me|us|up|out|for_me]* [the|my]? [new|"
    "brand_new|separate|blank]* list=K [for_me|please|now]*",
    "[i|we]? need|want|would_like|'d_like|i'd_like [to_have]? [a|an|another|one]* list=K [please]?",
    "{create}|{add} [me|us|up|out]* [a|an|another|one]+ [new|brand_new|separate|blank]* list=K [for_me|please|now]*",
    "create|make|set_up|start|begin|open|open_up|add|need|want|get|give_me|prepare|generate|new|build|write|have "
    "list=K [for_me|please|now]*",
    "create|new|start|make|begin|open_up_a|open_a|open_a_new|add|want|need|set_up|start_up|write|prepare|build|"
    "generate|have|start_creating [me|a|an|another|new|up|the|blank]* "
    "list|checklist|lists [for_me]? [called|named|titled|for|of|to]* <name>?",
    "<name> new list",
    "create|new|start|make|begin|add|set_up [me|a|an|new|another]* project|folder|category called|named|titled <name>",
    "list=K : <name>",
)


def adding(clause: Clause) -> Iterator[Reading]:
    """Yield readings of a clause as putting something on the list."""
    yield from _list_made(clause)
    yield from _reminded(clause)
    yield from _commanded(clause)
    yield from _scheduled(clause)
    yield from _told(clause)
    yield from _implied(clause)


_SHARED: Final = (
    "<what> all|both|everything|each|all_of_them|both_of_them|all_three|the_lot [{i} need]? [{onto}]? tail=W|R|K|P|T"
)
""" "all by friday", "both onto groceries": what holds of each of the things before."""


def additions(piece: Piece, *, project: str | None = None, listed: bool = False, soft: bool = False) -> list[Add]:
    """Return the additions that a stretch of words names; none where it names nothing."""
    if (put_instead := piece.match("<what> instead")) is not None and put_instead.get("what"):
        piece = put_instead.get("what")
    shared = piece.match(_SHARED)
    found = tidied(content_of(shared.get("what") if shared is not None else piece))
    found.project = found.project or project
    if shared is not None:
        inherit(found, content_of(shared.get("tail")))
        found.project = found.project or (shared.value("tail").name if shared.get("tail").spans("K") else None)
    items = [each if each is found else tidied(each) for each in items_of(found, listed=listed, soft=soft)]
    return [added(each) for each in items if each.title and not is_empty(each.title)]


def _reading(
    clause: Clause,
    frame: str,
    score: float,
    what: Piece,
    *,
    project: str | None = None,
    listed: bool = False,
    outer: Piece | None = None,
    soft: bool = False,
) -> Iterator[Reading]:
    adds = additions(what, project=project, listed=listed, soft=soft)
    if not adds:
        yield reading(frame, score - 0.05, Clarify(missing="title", action="add"))
        return
    yield reading(frame, score, *(_with_outer(add, outer) for add in adds))


def _with_outer(add: Add, outer: Piece | None) -> Add:
    """Return an addition with a date that was said outside of its words ("remind me at 7 to …")."""
    if outer is None:
        return add
    around = content_of(Piece(outer.text, outer.first, outer.first))
    for token in outer.spans("WR"):
        take(around, token)
    leads = outer.spans("L")
    when = add.when or around.when
    if add.when and around.when and add.when != around.when:
        timed = add.when.time is not None
        when = merged(around.when, add.when, a_time_only=around.time_only, b_time_only=timed) or add.when
    return replace(
        add,
        when=when,
        recurrence=add.recurrence or around.recurrence,
        remind=add.remind or (str(leads[0].value.text) if leads else None),
    )


def _wished(clause: Clause) -> tuple[Piece, ...]:
    """Return what forms are matched with: the clause, and with its words of wishing where it has some."""
    return (clause.piece, clause.whole) if clause.wish else (clause.piece,)


def _commanded(clause: Clause) -> Iterator[Reading]:
    piece = clause.piece
    nameless: list[Reading] = []
    for _, text, found in naming(_COMMANDS, *_wished(clause)):
        if found.get("what").words[0] == "to":
            continue
        if "{be}" in text and piece.begins("{show} ...") is not None:
            continue
        groups = found.found.re.groupindex
        if "after" in groups and found.has("after") and not _continues(found.get("after")):
            continue
        if "old" in groups and found.get("old").words[0] == "W":  # "not before monday" is no other thing
            continue
        if _is_a_filter(found.get("what")):
            continue
        name: ListName | None = found.value("list") if "list" in groups else None
        named = name is not None and name.name is not None
        outer = found.get("after") if "after" in groups and found.has("after") else None
        project = SAME if "here" in groups else name.name if name else None
        adds = list(
            _reading(
                clause,
                "add",
                SURE,
                found.get("what"),
                project=project,
                listed=named,
                outer=outer,
                soft=name is not None,
            )
        )
        if any(isinstance(action, Clarify) for each in adds for action in each.actions):
            nameless = nameless or adds
            continue
        if "old" in groups:
            adds = [replace(each, actions=(*each.actions, *_dropped(found.get("old"), each))) for each in adds]
        if "more" in groups:
            more = additions(found.get("more"), project=project)
            adds = [replace(each, actions=(*each.actions, *more)) for each in adds]
        yield from adds
        return
    for _, _, found in naming(_NEW_TASK, piece):
        if topic_of(piece) == "volume" or found.get("what").match("[{onto}]? K [W]?"):
            continue
        yield from _reading(
            clause,
            "add",
            SURE,
            found.get("what"),
            project=_project_of(found),
            outer=_outer(found),
            listed=":" in piece.words and any(token.word == "," for token in piece.tokens),
        )
        return
    yield from nameless or _bare_add(clause)


def _is_a_filter(what: Piece) -> bool:
    """Return whether words only say which tasks of the list are meant ("all tasks without a date")."""
    said = narrow(what) if set(what.words) & phrases("every") else None
    return said is not None and not said.words and said.every


def _dropped(old: Piece, each: Reading) -> tuple[Delete, ...]:
    """Return what an addition takes the place of, as deletions."""
    return tuple(Delete(target=target) for target in targets(old) if not target.everything)


def _continues(after: Piece) -> bool:
    """Return whether what stands behind the list belongs to the same addition ("… to my list for friday")."""
    return after.match(
        "[for|on|at|by|W|R|P|T|N|{tail}|too|with|as|high|it's|urgent|L|remind|me|and|{polite}|because|cause|i'm|"
        "i|just|...]*"
    ) is not None and after.words[0] not in ("and", "then")


def _project_of(found: Match) -> str | None:
    names = [token.value.name for token in found.piece.spans("K") if token.end <= found.get("what").start]
    return names[0] if names else None


def _outer(found: Match) -> Piece:
    what = found.get("what")
    return Piece(what.text, found.piece.first, what.first)


def _bare_add(clause: Clause) -> Iterator[Reading]:
    piece = clause.piece
    found = piece.match(
        "add|note|jot|jot_down|note_down|write_down|include|put|pencil_in|put_down|insert|append|log|stick|throw|"
        "pop|re-add|enter|toss|place|mark_down [down|in]? [that|:|the_following|in|also]* <what>"
    )
    if found is None or not found.get("what"):
        if piece.match(
            "add|put|note|write|jot_down|include|insert|append [that|it|this|something|a|an|{task}|new|{onto}|K]*"
        ):
            yield reading("add", LIKELY, Clarify(missing="title", action="add"))
        return
    what = found.get("what")
    if what.match("{onto} K [W]") or what.match(
        "[a|an|another|some|this|the|new]* {task}|something|it|this|that [new]? [{onto} K|it|there] [W|please]*"
    ):
        yield reading("add", LIKELY, Clarify(missing="title", action="add"))
        return
    verb = piece.words[0]
    shown = piece.begins(
        "add|include|append|insert|note|jot|jot_down|note_down|write_down|pencil_in|put_down|re-add|mark_down|"
        "put_in|write"
    )
    score = SURE if shown else MAYBE
    noted = (
        verb in ("note", "jot", "jot_down", "write")
        or what.match("[that]? i|we ...")
        or (what.words[0] in CHORES and not {"to", "from"} & set(what.words[1:2]))
    )
    if what.words[0] == "up":
        return
    if not noted and all(map(topic_of, cut_at(what, {",", "and"}))) and not names_ours(what):
        score = MAYBE if verb == "add" or _sounds_like_ours(clause) else FAINT
    if (
        shown is None
        and verb in ("put", "stick", "throw", "pop", "toss", "place", "log", "enter", "write")
        and not what.spans("K")
    ):
        score = min(score, MAYBE if not topic_of(what) else FAINT)
    yield from _reading(
        clause, "add", score, what, listed=":" in clause.words and any(token.word == "," for token in piece.tokens)
    )


def _sounds_like_ours(clause: Clause) -> bool:
    """Return whether the second opinion takes a text that speaks of another assistant's things for an addition."""
    from kirotodo.core.language.second_opinion import opinion  # most texts need none

    return opinion(clause.whole.raw).by_kind["add"] >= 0.85


def _reminded(clause: Clause) -> Iterator[Reading]:
    """Yield what to be reminded of, which rings when it is due if nothing else was said."""
    for each in _to_remind_of(clause):
        yield replace(each, actions=tuple(map(_ringing, each.actions)))


def _ringing(action: Action) -> Action:
    if not isinstance(action, Add) or action.remind or not (action.when or action.recurrence):
        return action
    return replace(action, remind="at the time")


def _to_remind_of(clause: Clause) -> Iterator[Reading]:
    piece = clause.piece
    for text in _REMIND_NOTHING:
        if piece.match(text):
            listed = "K" in piece.words and piece.words[0] not in ("set", "add", "put", "create", "make")
            if listed and not {"something", "stuff"} & set(piece.words):
                continue
            yield reading("remind", SURE + 0.02, Clarify(missing="title", action="add"))
            return
    front = piece.match("[at|on|in|by|every]? lead=W|R [,]? [please|can_you|you_can|could_you]? <rest>")
    for place, _, found in naming(_REMIND, *_wished(clause)):
        what = found.get("what")
        alerted = piece.words[0] not in ("remind", "reminds", "tell") and what.words[0] == "when"
        if place in (0, 1, 3) and not alerted and what.match("what|when|where|who|how|which|if|whether ..."):
            return
        if place == 4 and found.front.words == [] and piece.words[0] in phrases("remind"):
            continue  # "alert my bank" is no reminder of mine
        if not alerted and what.match("what|when|where|who|which|how [is|are|was|time|i|my|the|was|did]+ ..."):
            return
        score = SURE if place != 8 or not topic_of(what) else FAINT
        if topic_of(what) == "volume":
            score = FAINT
        yield from _reading(clause, "remind", score, _without_article(found, what), outer=_outer(found))
        return
    if front is not None and front.get("rest"):
        rest = replace(clause, piece=front.get("rest").trimmed())
        for each in (*_to_remind_of(rest), *_commanded(rest)):
            yield replace(
                each,
                actions=tuple(_with_outer(a, front.get("lead")) if isinstance(a, Add) else a for a in each.actions),
            )


def _without_article(found: Match, what: Piece) -> Piece:
    """Return what to be reminded about without its article: "about the recital" is of a recital."""
    before = found.front.words or found.piece.before(found.found.start("what")).words
    if before[-1:] and before[-1] in ("about", "of", "for", "on") and (m := what.match("the|my|our|a|an <rest>")):
        return m.get("rest")
    return what


def _scheduled(clause: Clause) -> Iterator[Reading]:
    piece = clause.piece
    dated = bool(piece.spans("WR"))
    for place, _, found in naming(_SCHEDULE, *_wished(clause)):
        what = found.get("what")
        event = _is_event(what)
        if (
            place == 4
            and piece.words[0] in ("book", "make", "set", "create", "reserve", "hold", "save", "plan", "put")
            and not (event and (dated or piece.words[0] not in ("book", "reserve", "save", "hold")))
        ):
            continue
        if piece.words[0] in ("book", "reserve") and topic_of(what):
            continue  # "book a flight" is what there is to do
        if place >= 5 and (not dated or what.words[0] in _AWAY):
            continue
        if (
            what.match("[a|an|the|my]* {task}|appointment|meeting|event [W|K|for|on|at|something|{onto}]*")
            and not dated
        ):
            yield reading("schedule", LIKELY, Clarify(missing="title", action="add"))
            return
        outside_job = topic_of(what) and not names_ours(what)
        score = FAINT if outside_job and not (dated and event) else SURE if place < 5 else LIKELY if event else MAYBE
        yield from _reading(clause, "schedule", score, what, outer=_outer(found))
        return


def _is_event(piece: Piece) -> bool:
    return any(word in phrases("event") for word in piece.words)


def _told(clause: Clause) -> Iterator[Reading]:
    whole = clause.whole
    if clause.asked or clause.request:
        return
    for text in _OUT_OF:
        found = whole.match(text) or clause.piece.match(text)
        if (
            found is not None
            and found.get("what")
            and len(found.get("what").words) < 7
            and found.get("what").words[0] not in ("town", "office", "country", "luck", "work", "bed")
            and not (names_ours(found.get("what")) and len(found.get("what").words) > 1)
        ):
            yield from _reading(clause, "out_of", LIKELY, found.get("what"), listed=True)
            return
    for text in _NEED:
        found = whole.match(text)
        if (
            found is not None
            and found.get("what")
            and found.get("what").words[0] not in ("to", "you", "it", "that", "the", "help", "your")
            and found.get("what").words[-1] not in _NO_THING
        ):
            one = found.get("what").words[0] in ("a", "an")
            score = FAINT if topic_of(found.get("what")) else MAYBE if one else LIKELY - 0.05
            yield from _reading(clause, "need", score, found.get("what"), listed=True)
            return


_NO_THING: Final = word_set(
    "break list reminder task hand favour favor drink nap moment minute second sec rest word hug coffee holiday "
    "vacation while lot bit help answer idea change day hour"
)
"""What is needed, and yet nothing to get."""


def _list_made(clause: Clause) -> Iterator[Reading]:
    piece = clause.piece
    fresh = clause.text.low[piece.start : piece.end].startswith(("new ", "another ", "a new "))
    if piece.match("K") and (fresh or (clause.wish and clause.text.low[piece.start :].startswith("a "))):
        yield reading("create_list", SURE, CreateList(name=piece.spans("K")[0].value.name))
        return
    for place, text in enumerate(_LISTS):
        found = piece.match(text)
        if found is None:
            continue
        groups = found.found.re.groupindex
        if text.startswith("list=K :"):
            if fresh and found.value("list").name is None and _is_a_name(found.get("name")):
                yield reading("create_list", SURE + 0.03, CreateList(name=found.get("name").raw))
                return
            continue
        if "list" in groups:
            said = clause.text.low[found.get("list").start : found.get("list").end]
            fresh = (
                place in (0, 2) or said.startswith(("a ", "an ", "another ", "new ", "one ")) or " new " in f" {said} "
            )
            old = said.startswith(("my ", "the ", "our ")) and place != 0
            verb = piece.words[0]
            if (
                "list" not in said
                or old
                or not (fresh or verb in ("create", "make", "start", "begin", "new", "set", "build"))
            ):
                continue
            yield reading("create_list", SURE + 0.03, CreateList(name=found.value("list").name))
            return
        name = found.get("name").raw if found.has("name") else None
        yield reading("create_list", SURE, CreateList(name=name or None))
        return


def _is_a_name(piece: Piece) -> bool:
    """Return whether words are what a list may be called, and not its first things."""
    return len(piece.words) < 4 and not is_command(piece.words) and len(cut_at(piece, {",", "and"})) == 1


# --- to-dos as one writes them


def _implied(clause: Clause) -> Iterator[Reading]:
    """Yield an imperative that a person could carry out, or a thing with a date, as something to do."""
    piece = clause.piece
    if clause.asked or not piece or len(piece.words) > 40:
        return
    body = _body(piece)
    words = body.words
    if not words:
        return
    if body.match(_POINTING) is not None or words[0] in ("no", "not", "never"):
        return
    if words[0] == "put" and words[1:2] and words[1] in CHORES:
        body = Piece(body.text, body.first + 1, body.last)
        piece, words, clause = body, body.words, replace(clause, piece=body)
    dated = bool(piece.spans("WRL"))
    topic = topic_of(piece) if not names_ours(piece) else None
    if (words[0] in CHORES and (len(words) > 1 or dated)) or is_command(words):
        yield from _chore(clause, listed=words[0] in CHORES)
        return
    if not clause.request and (found := body.match("<what> {onto}|for|from list=K")) is not None and _may_be_new(found):
        project = found.value("list").name
        yield from _reading(clause, "bare", 0.7, found.get("what"), project=project, listed=True)
    if not clause.request and len(cut_at(body, {",", "and"})) > 2 and _nominal(body) and len(words) < 16:
        yield from _reading(clause, "bare", 0.7, body, listed=True)
    if clause.wish and not clause.request:
        yield from _reading(clause, "wish", LIKELY, piece)
        return
    if dated and not clause.request and _nominal(body):
        event = _is_event(body)
        score = FAINT if topic and not event else 0.8 if event else 0.62
        yield from _reading(clause, "dated", score, piece)


_POINTING: Final = "<verb> [all|both|of|just]* it|that|this|them|those|these [{one}|up|out|off|too|again|back|W|K]*"
""" "clear those": what points at the list says nothing new."""


def _body(piece: Piece) -> Piece:
    """Return a clause without the dates in front."""
    while piece and (piece.tokens[0].word in ("W", "R") or piece.tokens[0].is_sign):
        piece = Piece(piece.text, piece.first + 1, piece.last)
    found = piece.match(
        "[and|then|also|so|i_need_to|i_have_to|i_must|i_should|i_want_to|we_need_to|i_also_need_to|"
        "i_also_want_to|i've_got_to]* <rest>"
    )
    return found.get("rest") if found and found.get("rest") else piece


_AWAY: Final = word_set(
    "off free busy away done finished through sick ill not home working travelling happy sorry tired late so too very "
    "fine"
)


def _chore(clause: Clause, *, listed: bool) -> Iterator[Reading]:
    """Yield an imperative as something to do, unless it speaks to the assistant or names a task of the list."""
    piece, words = clause.piece, clause.words
    if piece.match("<verb> [{own}|next|first|last]* {task} [W|K]?") is not None:
        return
    if piece.match("find|search|look|see|get|check [for|at|up]? {every}|something|whatever|what|me|us ...") is not None:
        return
    told = words[1:2] in (["me"], ["us"])
    yield from _reading(clause, "imperative", FAINT if told else LIKELY if listed else MAYBE, piece)


def _may_be_new(found: Match) -> bool:
    """Return whether what is named with a list may be for it ("flour for the groceries")."""
    what = found.get("what")
    if not what or found.value("list").name is None or not _nominal(what) or what.spans("DILOP"):
        return False
    other = (
        phrases("task") | phrases("every") | phrases("show") | phrases("remove") | phrases("finish") | {"any", "and"}
    )
    other |= phrases("move") | phrases("list") | phrases("editing")
    return what.words[0] not in other and what.words[-1] not in phrases("task") | {"left", "due", "overdue"}


def _nominal(piece: Piece) -> bool:
    """Return whether a stretch is a thing rather than a sentence."""
    return not any(word in phrases("stating") or word.endswith("n't") for word in piece.words)
