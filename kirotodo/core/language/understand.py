"""Understand a text: sentences, clauses, the readings of each clause by all frames, and what the best ones come to."""

import datetime as dt
from collections.abc import Iterator
from itertools import pairwise
from typing import TYPE_CHECKING, Final

from msgspec.structs import replace

from kirotodo.core.language.caution import cautious, is_broken, is_sentence
from kirotodo.core.language.clauses import cleaned, corrected, freed, opens, sentences, splits
from kirotodo.core.language.content import added, content_of, cut_at, is_command, is_empty
from kirotodo.core.language.context import Context
from kirotodo.core.language.dialogue import in_dialogue, with_references
from kirotodo.core.language.dumps import dumped
from kirotodo.core.language.frames.adding import SAME, adding, additions
from kirotodo.core.language.frames.asking import asking, question_core
from kirotodo.core.language.frames.base import (
    FAINT,
    LIKELY,
    MAYBE,
    Clause,
    Reading,
    best,
    meant,
    names_ours,
    reading,
    topic_of,
)
from kirotodo.core.language.frames.doubts import doubted
from kirotodo.core.language.frames.editing import editing
from kirotodo.core.language.frames.finishing import finishing
from kirotodo.core.language.frames.history import looking_back
from kirotodo.core.language.frames.known import of_known
from kirotodo.core.language.frames.planning import FOR_ONCE, is_for_once, planning
from kirotodo.core.language.frames.removing import removing
from kirotodo.core.language.frames.replying import replying, yes_no
from kirotodo.core.language.frames.skipping import skipping
from kirotodo.core.language.frames.steps import stepping
from kirotodo.core.language.frames.telling import telling
from kirotodo.core.language.judgement import Verdict, of_imperative, of_implied_addition, of_unread
from kirotodo.core.language.lexicon import phrases
from kirotodo.core.language.mentions import CERTAIN
from kirotodo.core.language.spans import Moment
from kirotodo.core.language.targets import count_of, mentions, targets
from kirotodo.core.language.tokens import Piece, Text
from kirotodo.core.language.types import (
    Action,
    Add,
    Away,
    Clarify,
    Clear,
    Complete,
    Confirm,
    CreateList,
    Delete,
    DeleteList,
    Explanation,
    LeftOut,
    No,
    OutOfScope,
    Pick,
    Plan,
    Preferences,
    Query,
    ReadingView,
    Recurrence,
    Redo,
    RenameList,
    Scope,
    Skip,
    Smalltalk,
    SpanView,
    Spread,
    Target,
    Understanding,
    Undo,
    Update,
    When,
)
from kirotodo.core.text.list_marks import ListItem, read_item

if TYPE_CHECKING:
    from kirotodo.core.language.second_opinion import Opinion

CHANGES: Final = (
    Add,
    Complete,
    Update,
    Delete,
    Skip,
    Away,
    Spread,
    Clear,
    CreateList,
    DeleteList,
    RenameList,
    Undo,
    Redo,
)
_ROW: Final = 6
"""Changes of more tasks are not said with one verb."""
_WEIGHTY: Final = (*CHANGES, Query, Plan, LeftOut, Confirm)
_ASKS: Final = "[and|so|but|then|also|oh|{wake}|W]* {ask} <rest>?"
_ASKS_US: Final = "[and|so|but]? {aux} {subject} <rest>?"
_LONGEST: Final = 400
"""Clauses of more words are read as no more than what to add."""


def understand(
    text: str,
    *,
    now: dt.datetime,
    preferences: Preferences = Preferences(),  # noqa: B008
    context: Context = Context(),  # noqa: B008
) -> Understanding:
    """Return the meaning of a text. Pure: the same text at the same moment and context always means the same."""
    now = now.replace(tzinfo=None)

    def tokens_of(words: str) -> Text:
        words = cleaned(words)
        read = Text(words, now=now, preferences=preferences, context=context)
        mended = corrected(read.whole())
        return read if mended is None else Text(mended, now=now, preferences=preferences, context=context)

    read = tokens_of(with_references(text, context))
    engine = _Engine(read)
    told = in_dialogue(read, asked=_asks(read.raw), read=lambda words: tuple(_Engine(tokens_of(words)).actions()))
    planned = looking_back(read) or planning(read)
    stepped = stepping(read) or skipping(read, read.raw) if planned is None else (planned,)
    framed = stepped or (told if told is not None else tuple(engine.actions()))
    shaped = stepped or _shaped(read, framed)
    return Understanding(
        actions=cautious(read, shaped, engine.unread),
        when=_first_when(read),
        recurrence=_first_rule(read),
        left_out=tuple(engine.left_out),
        explanation=Explanation(
            spans=tuple(
                SpanView(kind=_KINDS.get(t.word, t.word), text=read.raw[t.start : t.end])
                for t in read.tokens
                if t.is_span
            ),
            readings=tuple(engine.considered),
        ),
    )


_WEAK: Final = (OutOfScope, Clarify)
_LONG: Final = 80


def _shaped(text: Text, framed: tuple[Action, ...]) -> tuple[Action, ...]:
    """Return what the learned shape of a text makes of it, where frames refuse, or would add what is no title."""
    inner = meant(framed)
    adds = [action for action in inner if isinstance(action, Add)]
    asks = any(isinstance(action, Clarify) and action.missing == "title" for action in framed)
    weak = (all(isinstance(action, _WEAK) for action in framed) and not asks) or _passed_over(text, framed)
    asked = any(isinstance(action, Confirm) for action in framed) and len(adds) == len(inner)
    broken = len(adds) < _LONG and any(is_broken(text, add.title) for add in adds)
    if not (weak or asked or broken) or not 0 < len(text.tokens) <= _LONG or "\n" in text.raw.strip():
        return framed
    from kirotodo.core.language.wishes import with_shape  # most texts need none

    return with_shape(text, framed, asked=_is_question(freed(text.whole(), asked=_asks(text.raw))))


def _passed_over(text: Text, framed: tuple[Action, ...]) -> bool:
    """Return whether frames took a text that names something of the list for a mere refusal, or only showed it."""
    match framed:
        case (No(),):
            return yes_no(text.raw) is None
        case (Pick(target=target),) if text.context.state.pending is not None or target.words is None:
            return False
        case (Complete(target=target) | Delete(target=target) | Update(target=target) | Pick(target=target),):
            return _is_unknown(target, text)
        case (Query(about="task", target=Target(ids=(_,))),):
            shows = text.whole().words[0] in phrases("show")
            return not shows and not _is_question(freed(text.whole(), asked=_asks(text.raw)))
    return False


def _is_unknown(target: Target, text: Text) -> bool:
    """Return whether a target is words alone, and words of nothing on the list."""
    named = _pointed(target) or target.ordinals or _was_done(target, text)
    return bool(text.titles) and bool(target.words) and not named


_KINDS: Final = {
    "W": "date", "R": "recurrence", "L": "lead time", "D": "shift", "K": "list", "P": "priority", "T": "tag",
    "N": "list", "I": "tasks", "O": "places", "Q": "quotation",
}  # fmt: skip


def _asks(text: str) -> bool:
    return text.rstrip(" .!\"')]").endswith("?")


def is_yes_no(text: str) -> bool | None:
    """Return True for plain agreement, False for plain refusal, None for anything else."""
    return yes_no(text)


def _first_when(read: Text) -> When | None:
    moments: Iterator[Moment] = (token.value for token in read.spans if token.word == "W")
    return next((moment.when for moment in moments), None)


def _first_rule(read: Text) -> Recurrence | None:
    return next((token.value for token in read.spans if token.word == "R"), None)


class _Engine:
    """Reads one text; keeps what was considered and what nothing took."""

    def __init__(self, text: Text) -> None:
        self.text = text
        self.considered: list[ReadingView] = []
        self.left_out: list[str] = []
        self.unread: list[Piece] = []

    def actions(self) -> list[Action]:
        whole = self.text.whole()
        found = list(sentences(whole))
        asked = bool(found) and found[-1][1]
        reply = replying(self.text, whole, asked=asked)
        if reply is not None:
            return [reply]
        if (once := self._for_once()) is not None:
            return once
        if (lines := self._pasted(whole)) is not None:
            return lines
        if (poured := dumped(found)) is not None:
            return poured
        out: list[Action] = []
        before: Piece | None = None
        for sentence, asks in found:
            if (wanted := self._if_not(sentence, out)) is not None:
                out.append(wanted)
                continue
            actions = self._sentence(sentence, asks, before)
            if not _weighty(actions):
                more = self._one_more(sentence, out) if self._on_own_line(sentence) else self._as_well(sentence, out)
                actions = more or actions
                if out and actions and all(isinstance(each, Clarify | OutOfScope) for each in actions):
                    self.left_out.append(sentence.raw)
            out = self._followed(out, actions, before, sentence)
            before = sentence
        kept = self._kept(out)
        return _led_by([self._of_what_was_named(each, kept) for each in kept], _first_when(self.text))

    def _for_once(self) -> list[Action] | None:
        """Read a change that is said to be for this once, without the words that say so."""
        rest = FOR_ONCE.sub(" ", self.text.raw).strip() if "nce" in self.text.low or "this" in self.text.low else ""
        if not rest or rest == self.text.raw.strip():
            return None
        context = self.text.context
        pointed = f"change it to {rest}"  # "just this once at 9"
        for words in (rest, pointed) if context.state.about else (rest,):
            read = Text(words, now=self.text.now, preferences=self.text.preferences, context=context)
            inner = _Engine(read).actions()
            changes = [each for each in inner if isinstance(each, Update) and is_for_once(each)]
            if (
                changes
                and len(changes) == len(inner)
                and not (words == pointed and any(each.title for each in changes))
            ):
                return [replace(each, for_once=True) for each in changes]
        return None

    def _if_not(self, sentence: Piece, so_far: list[Action]) -> Add | None:
        """Read "if not, add it" behind a question for one thing."""
        form = (
            "[and|but]? if [it's|it|they|there|i]? [not|no|isn't|don't|aren't|is]+ [there|on_it|already]* "
            "[then|please|can_you|could_you|would_you|just]* add|put|include [it|them|that|some|one] [please|"
            "to_it|on|there|K|to]*"
        )
        match so_far:
            case [*_, Query(about="task", target=Target(words=str(words), scope=scope))] if sentence.match(form):
                return Add(title=words, project=scope.project)
        return None

    def _kept(self, out: list[Action]) -> list[Action]:
        if weighty := _weighty(out):
            return list(dict.fromkeys(_in_a_row(weighty, lines="\n" in self.text.raw.strip())))
        clear: list[Action] = [a for a in out if not isinstance(a, OutOfScope | Smalltalk)]
        return (clear or out)[:1] or [Clarify()]

    # --- pasted lists

    def _pasted(self, whole: Piece) -> list[Action] | None:
        """Return an addition for each line of a pasted list, with or without a head."""
        raw = self.text.raw
        if "\n" not in raw.strip() and raw.lstrip()[:1] not in "-*•[(☐□☑✅✓✔▢–+1234567890◦▪●○‣":
            return None
        lines = _lines(whole)
        if not lines:
            return None
        head = self._head(lines[0]) if len(lines) > 1 else None
        if head is not None:
            return self._items(lines[1:], *head)
        items = [(line, _item(line)) for line in lines]
        if not all(item.marked for _, item in items):
            return None
        if len(items) > 1 or items[0][1].boxed:
            return self._items(lines, None) or None
        said = _inner(items[0][0], items[0][1])
        if not said:
            return None
        meant = self._sentence(said, raw.rstrip().endswith("?"), None)
        return (
            self._items(lines, None)
            if all(isinstance(each, Clarify | OutOfScope | Confirm) for each in meant)
            else meant
        )

    def _head(self, line: Piece) -> tuple[str | None, When | None] | None:
        """Return the list or the day of a heading ("Camping list:", "add the following to my camping list", "today:"),
        if it is one."""
        clause = freed(line)
        found = clause.piece.match(
            "[{add}|new|todo|to-do|todos|tasks|to_do|things_to_do|include]+ [the_following|these|items|tasks|all|"
            "of|these]* [{onto} list=K]? [please|for_me|thanks]* :?"
        )
        if found is not None and (
            ":" in line.words or found.has("list") or "following" in line.words or len(line.words) < 3
        ):
            return found.value("list").name if found.has("list") else None, None
        found = clause.piece.match("[{own}]* list=K [for <more>]? :")
        if found is not None or (found := clause.piece.match("list=K")) is not None:
            return found.value("list").name, None
        if (found := clause.piece.match("[for|on]? day=W :")) is not None:
            return None, content_of(found.get("day")).when
        return None

    def _items(self, lines: list[Piece], project: str | None, when: When | None = None) -> list[Action]:
        out: list[Action] = []
        ticked: list[str] = []
        for line in lines:
            item = _item(line)
            inner = _inner(line, item)
            if item.done:
                ticked.append(item.text)
            elif inner:
                found = content_of(inner)
                found.project = found.project or project
                found.when = _on_day(found.when, inner, when)
                if found.title:
                    out.append(added(found))
        return [*out, LeftOut(texts=tuple(ticked))] if ticked else out

    def _one_more(self, sentence: Piece, so_far: list[Action]) -> list[Action] | None:
        """Return a line of its own, after an addition, as one more."""
        match so_far:
            case [*_, Add(project=project)]:
                line = _whole_line(sentence)
                item = _item(line)
                if item.done:
                    return [LeftOut(texts=(item.text,))]
                found = content_of(_inner(line, item) or line)
                found.project = found.project or project
                return [added(found)] if found.title else None
        return None

    def _as_well(self, sentence: Piece, so_far: list[Action]) -> list[Action] | None:
        """Return a bare thing that follows an addition ("and eggs", "eggs too") as one more."""
        if not so_far or not isinstance(so_far[-1], Add) or len(sentence.words) > 8:
            return None
        found = sentence.match("[and|also|plus|oh]* <what> too|as_well|also") or sentence.match(
            "[oh|ah]? and|also|plus|oh [and|also|yes|yeah]* <what>"
        )
        if found is None or not found.get("what"):
            return None
        more = content_of(found.get("what"))
        more.project = more.project or so_far[-1].project
        words = (more.title or "").lower().split()
        return [added(more)] if words and not is_sentence(" ".join(words), words) else None

    def _on_own_line(self, sentence: Piece) -> bool:
        return "\n" in self.text.raw[max(0, sentence.start - 6) : sentence.start]

    # --- sentences

    def _sentence(self, sentence: Piece, asked: bool, before: Piece | None) -> list[Action]:
        if (conditional := self._conditional(sentence)) is not None:
            return conditional
        if ":" in sentence.words and (poured := dumped([(sentence, asked)])) is not None:
            return poured
        clause = freed(sentence, asked=asked, before=before)
        whole = self._clause(clause)
        sentence = clause.whole
        if (led := self._led_in(clause)) is not None:
            return led
        if (shared := self._with_one_verb(clause)) is not None:
            return shared
        points = [place for place in splits(sentence) if not _is_front(Piece(self.text, sentence.first, place))]
        if whole.frame in ("note", "rename"):
            renames = whole.frame == "rename"
            points = [place for place in points if renames and self._goes_on(Piece(self.text, place, sentence.last))]
        if _is_question(clause):
            points = [place for place in points if _requests(Piece(self.text, place, sentence.last))]
            if not points:
                return list(whole.actions)
        parts = self._divided(sentence, points, asked, before) if points else None
        if parts is None and whole.score < 0.6:
            parts = self._told_parts(sentence)
        return parts if parts is not None else list(whole.actions)

    def _goes_on(self, rest: Piece) -> bool:
        """Return whether what follows a new title is a wish of its own, and no part of the title."""
        if _adds(rest):
            return True
        meant = self._clause(freed(rest))
        aims = [a.target for a in meant.actions if isinstance(a, Complete | Delete | Update)]
        return meant.score >= LIKELY and len(aims) == len(meant.actions) and all(map(_pointed, aims))

    def _with_one_verb(self, clause: Clause) -> list[Action] | None:
        """Read "move the vet to friday and the party to sunday": each change of a task of its own, with one verb."""
        words = clause.words
        if clause.asked or not words or words[0] not in phrases("editing") | phrases("tagging") | phrases("rename"):
            return None
        parts = cut_at(clause.piece, {",", "and", ";"})
        text, verb = self.text, Piece(self.text, clause.piece.first, clause.piece.first + 1).raw
        if not 1 < len(parts) <= _ROW or not text.titles:
            return None
        out: list[Action] = []
        for place, part in enumerate(parts):
            said = f"{verb} {part.raw}" if place and part.words[0] not in phrases("editing") else part.raw
            read = Text(said, now=text.now, preferences=text.preferences, context=text.context)
            out += _Engine(read).actions()
        aimed = [action.target.ids for action in out if isinstance(action, Update) and len(action.target.ids) == 1]
        return out if len(aimed) == len(out) == len(parts) == len(set(aimed)) else None

    def _told_parts(self, sentence: Piece) -> list[Action] | None:
        """Read "got the eggs, bread too, forgot the milk": facts in a row, of which some are no wish."""
        parts = cut_at(sentence, {",", "and", ";", "but", "plus"})
        if len(parts) < 2:
            return None
        out: list[Action] = []
        for part in parts:
            meant = self._clause(freed(part, before=parts[0]))
            changes = [action for action in meant.actions if isinstance(action, CHANGES)]
            if changes and meant.score >= 0.7 and meant.frame != "dated":
                out += changes
            elif (repeated := self._repeated(part, out)) is not None:
                out += repeated
            elif not out or isinstance(out[-1], Add):
                return None  # more of what is to be added
            else:
                self.left_out.append(part.raw)
        return out or None

    def _repeated(self, part: Piece, so_far: list[Action]) -> list[Action] | None:
        """Return the last change, done to what a part names ("bread too")."""
        last = so_far[-1] if so_far else None
        if not isinstance(last, Complete | Delete | Update):
            return None
        found = part.match("[and|also|the]* <what> [too|as_well|also|is_too|likewise|as|well]*")
        meant = targets(found.get("what")) if found is not None and found.get("what") else []
        if not meant or not all(target.ids for target in meant) or len(part.words) > 6:
            return None
        return [replace(last, target=target) for target in meant]

    def _led_in(self, clause: Clause) -> list[Action] | None:
        """Read "go to june 3rd and add dentist", "open my calendar and remove …": the way there is no wish."""
        found = clause.piece.match(
            "[please]? go_to|open|open_up|turn_to|look_at|check|pull_up [up|to|the|my|events|tasks|on|in|for]* "
            "front=W|K [and|to|then|"
            "please]* <rest>"
        )
        if found is None or not found.get("rest") or not opens(found.get("rest")):
            return None
        meant = self._sentence(found.get("rest"), clause.asked, None)
        around = content_of(found.get("front"))
        return [replace(a, when=a.when or around.when) if isinstance(a, Add) else a for a in meant]

    def _divided(self, sentence: Piece, points: list[int], asked: bool, before: Piece | None) -> list[Action] | None:
        """Return what the clauses of a sentence come to, where it has several."""
        bounds = [sentence.first, *points, sentence.last]
        pieces = [_unjoined(Piece(self.text, a, b)) for a, b in pairwise(bounds)]
        pieces = [piece for piece in pieces if piece]
        out: list[Action] = []
        unread: list[Piece] = []
        told: Piece | None = before
        requested = asked and bool(pieces) and _requests(pieces[-1])
        for piece in pieces:
            if (trailing := self._trailing(piece, told, out)) is not None:
                out = trailing
                told = piece
                continue
            meant = self._clause(freed(piece, asked=asked and not requested, before=told))
            actions = list(meant.actions)
            if meant.score < 0.6 and (parts := self._told_parts(piece)) is not None:
                actions = parts
            if not _weighty(actions) and (names_ours(piece) or piece.spans("WRLD")):
                unread.append(piece)
            out = self._followed(out, actions, told if told is not before else None, piece)
            told = piece
        if not _weighty(out):
            return None
        self.unread += unread
        return self._kept(out)

    def _trailing(self, piece: Piece, told: Piece | None, out: list[Action]) -> list[Action] | None:
        """Return what "… so add that to the list" makes of what was told right before it; None where it is no such."""
        if told is None or (len(told.words) < 5 and names_ours(told)):
            return None  # "the passport thing, put that on friday" moves it
        clause = freed(piece)
        found = (
            clause.piece.match(
                "[so|please|just|then|to|and]* add|put|get|note|set|write|include|mark|block|log|schedule|place|"
                "pop|stick|book|enter|save "
                "[it|that|them|those|this|one|some|these]+ [down|up|in|on]? [{onto} list=K]? [for_me|please|"
                "there|again|W|L|too|as_well|now|down|in]*"
            )
            or clause.piece.match("[so|please|just|and]* remind me [about|of]* [it|that|this]? [W|L]*")
            or clause.piece.match(
                "[so|please]* [set|create|make|add|put|give|send|get]+ [me|in]? [a|an|the]* {reminder} [for_it|"
                "for_that|for_me|about_it|up]* [W|L]*"
            )
            or clause.piece.match("[please]? mark|block [it|my|the|off]* list=K [for_it|off]*")
        )
        if found is None:
            return None
        told_adds = [a for a in out if isinstance(a, Add)]
        if "remind" in clause.words and not told_adds and freed(told).wish:
            out = []
        if (
            out
            and not told_adds
            and not any(isinstance(a, OutOfScope | Clarify | Confirm | Query | Smalltalk) for a in out[-1:])
        ):
            return None
        project = found.value("list").name if "list" in found.found.re.groupindex and found.has("list") else None
        adds = told_adds[-1:] or _told_things(told, project)
        if not adds:
            return None
        outer = content_of(piece)
        leads = piece.spans("L")
        new = [
            replace(
                add,
                project=add.project or project,
                when=add.when or outer.when,
                remind=add.remind or (leads[0].value.text if leads else None),
            )
            for add in adds
        ]
        kept = [a for a in out if a not in adds and not isinstance(a, OutOfScope | Clarify | Confirm | Smalltalk)]
        return [*kept, *new]

    def _conditional(self, sentence: Piece) -> list[Action] | None:
        """Read "do I have nuts on my list, if not add them", "if there is no yeast on the list, add it"."""
        clause = freed(sentence)
        found = clause.piece.match(
            "<asked> [and|but]? if [it|it's|they|i|there|they're]? [is|are|do|don't|isn't|aren't|'s]* [not|no|"
            "n't|isn't|don't|aren't]? [there|on_it|on_there|already|have_it|have_them]* "
            "[then|please|can_you|could_you|would_you|will_you|just|go_ahead_and]* add|put|include <thing>"
        )
        if found is not None and clause.piece.match(_ASKS):
            question = self._asked(freed(found.get("asked"), asked=True))[0]
            match question:
                case Query(about="task", target=Target(words=str(words), scope=scope)):
                    return [question, Add(title=words, project=scope.project)]
            return [question]
        found = clause.piece.match(
            "if|unless [there's|there_is|i|we|my|the]* [no|not|don't|n't|isn't|any]* [have]? <thing> [isn't|"
            "is_not|aren't]? [already|on|in|is]* list=K [already|yet]? "
            "[then|please|can_you|could_you|just|go_ahead_and]* add|put|include [it|them|some|<again>]"
        )
        if found is not None and found.get("thing"):
            adds = additions(found.get("thing"), project=found.value("list").name)
            return list(adds) or None
        return None

    # --- one clause

    def _clause(self, clause: Clause) -> Reading:
        """Return the best reading of a clause."""
        if not clause.piece:
            return reading("none", 0.0, Clarify())
        if _is_question(clause):
            chosen = reading("ask", 0.9, *self._asked(clause))
            self._note(clause, [chosen])
            return chosen
        reply = self._reply(clause)
        if reply is not None:
            return reading("reply", 0.9, reply)
        found = best(_weighed(clause, of_known(clause, each)) for each in self._readings(clause))
        self._note(clause, found)
        return self._settled(clause, found)

    def _reply(self, clause: Clause) -> Action | None:
        if clause.piece.match("{no}") or clause.piece.match("not W"):
            return No()
        follows = clause.before is not None or clause.piece.first > clause.whole.first
        forbids = clause.words[:1] in (["don't"], ["never"]) or clause.words[:2] == ["do", "not"]
        if (clause.request or clause.wish or not follows) and not forbids:
            return None
        return replying(self.text, clause.piece, asked=clause.asked)

    def _readings(self, clause: Clause) -> list[Reading]:
        if len(clause.words) > _LONGEST:
            return list(adding(clause))
        changes = [each for frame in (removing, finishing, editing) for each in frame(clause)]
        if changes and topic_of(clause.piece) and not clause.piece.spans("KIOTN"):
            changes = [_doubted(each, self.text) for each in changes]
        read = [*changes, *telling(clause), *adding(clause), *asking(clause, question=False)]
        return [doubted(clause, each) for each in read]

    def _note(self, clause: Clause, found: list[Reading]) -> None:
        raw = clause.piece.raw
        self.considered += [
            ReadingView(frame=r.frame, score=round(r.score, 2), text=raw, actions=r.actions) for r in found[:3]
        ]

    def _settled(self, clause: Clause, found: list[Reading]) -> Reading:
        if not found or found[0].score < 0.45:
            return self._unknown(clause, found)
        first = found[0]
        if first.score <= MAYBE and any(isinstance(a, CHANGES) for a in first.actions):
            return replace(first, actions=(Confirm(actions=first.actions),))
        return first

    def _unknown(self, clause: Clause, found: list[Reading]) -> Reading:
        """Return what to say to a clause that no frame read: what it names of ours is shown, the rest is not ours."""
        piece = clause.piece
        if (
            any(word.endswith("n't") or word in ("not", "never") for word in clause.whole.words[:4])
            and not clause.request
        ):
            return reading("negated", 0.2, No())
        if names_ours(piece):
            pointed = targets(piece)
            return (
                reading("named", 0.5, Query(about="task", target=pointed[0]))
                if pointed
                else reading("none", 0.2, Clarify())
            )
        topic = topic_of(piece)
        if topic is not None or _states(clause):
            return reading("outside", 0.3, OutOfScope(topic=topic))
        if (thought := self._second(clause)) is not None:
            return thought
        weak = [each for each in found if each.score >= FAINT and all(isinstance(a, CHANGES) for a in each.actions)]
        if weak and not clause.request and len(clause.words) <= 12 and weak[0].frame not in ("done", "remove"):
            return reading("weak", 0.4, Confirm(actions=weak[0].actions))
        if set(piece.words) & (phrases("task") | phrases("list")) or "K" in piece.words:
            return reading(
                "none", 0.2, next(iter(asking(clause, question=True)), reading("none", 0.2, Clarify())).actions[0]
            )
        return reading("none", 0.2, OutOfScope() if len(piece.words) > 2 else Clarify())

    def _second(self, clause: Clause) -> Reading | None:
        """Return what the second opinion makes of a clause that no frame read; None where it takes it for no wish."""
        verdict, kind = of_unread(_opinion_of(clause), dated=bool(clause.piece.spans("WRL")))
        if verdict == "refuse":
            listed = set(clause.words) & (phrases("task") | phrases("list") | {"K"})
            return reading("second", 0.3, OutOfScope()) if len(clause.words) > 2 and not listed else None
        if kind == "query":
            return reading("second", 0.5, *(self._asked(clause)))
        if kind == "add":
            adds = () if clause.request else tuple(additions(clause.piece))
            return reading("second", 0.5, *(adds if verdict == "act" else (Confirm(actions=adds),))) if adds else None
        if kind in ("complete", "delete", "update"):
            return reading("second", 0.5, Clarify(missing="target", action=kind))
        return None

    def _asked(self, clause: Clause) -> tuple[Action, ...]:
        """Return the answer to a question: what it asks of the list, or what is not ours; never a change."""
        found = best(asking(clause, question=True))
        if found and not (isinstance(found[0].actions[0], OutOfScope) and not _opens_question(clause)):
            return found[0].actions
        if not _opens_question(clause):
            return (self._asked_back(clause, found),)
        return found[0].actions if found else (Clarify(missing="meaning", action="query"),)

    def _asked_back(self, clause: Clause, asked: list[Reading]) -> Action:
        """Return a question back for a command that ends in a question mark ("add milk?")."""
        found = best(self._readings(replace(clause, asked=False)))
        change = next(
            (a for each in found[:1] if each.score >= 0.45 for a in each.actions if isinstance(a, CHANGES)), None
        )
        match change:
            case None:
                return asked[0].actions[0] if asked else Clarify(missing="meaning", action="query")
            case Add():
                return Clarify(missing="meaning", action="add")
            case Complete():
                return Clarify(missing="meaning", action="complete")
            case Delete() | Clear() | DeleteList():
                return Clarify(missing="meaning", action="delete")
            case _:
                return Clarify(missing="meaning", action="update")

    # --- one after the other

    def _followed(
        self, so_far: list[Action], actions: list[Action], before: Piece | None, piece: Piece
    ) -> list[Action]:
        """Return what was done so far and then `actions`, with "it" read as what was said right before."""
        if before is None:
            return [*so_far, *(self._same_list(action, so_far) for action in actions)]
        actions = [self._same_list(action, so_far) for action in actions]
        last = so_far[-1] if so_far else None
        aim = last.target if isinstance(last, Update) and len(last.target.ids) == 1 else None
        referred = [self._referring(action, before, aim) for action in actions]
        told = referred != actions and bool(so_far) and isinstance(so_far[-1], Query | Complete | Delete | OutOfScope)
        return [*(so_far[:-1] if told else so_far), *referred]

    def _of_what_was_named(self, action: Action, others: list[Action]) -> Action:
        """Return a change of everything as one of the only list that is spoken of ("the party is off, bin it all").

        Where "the lot" is said and no list, what was shown is meant.
        """
        match action:
            case Complete(target=target) | Delete(target=target) | Update(target=target) if target.everything:
                scope = target.scope
                if isinstance(action, Complete) and (name := self._list_of_exception(scope)) is not None:
                    return replace(action, target=replace(target, scope=replace(scope, project=name)))
            case Clear(scope=scope):
                target = Target(everything=True, plural=True)
            case _:
                return action
        spoken = {token.value.name for token in self.text.spans if token.word == "K"} | {_list_in(a) for a in others}
        names = spoken - {None}
        if scope != Scope() or len(names) > 1:
            return action
        if names:
            scope = Scope(project=names.pop())
            clears = isinstance(action, Clear)
            return replace(action, scope=scope) if clears else replace(action, target=replace(target, scope=scope))
        if len(self.text.context.state.shown) < 2 or self.text.whole().search("the_lot|it_all") is None:
            return action
        them = Target(ids=self.text.context.state.shown, plural=True)
        return Delete(target=them) if isinstance(action, Clear) else replace(action, target=them)

    def _list_of_exception(self, scope: Scope) -> str | None:
        """Return the list of what alone is left out: "everything but the bread is bought" speaks of no other one."""
        if not scope.without or replace(scope, without=()) != Scope():
            return None
        views = [self.text.context.task(each) for target in scope.without for each in target.ids]
        names = {view.project for view in views if view is not None}
        return names.pop() if len(names) == 1 else None

    def _same_list(self, action: Action, so_far: list[Action]) -> Action:
        """Return an addition "to it" as one to the list that was spoken of last."""
        if not isinstance(action, Add) or action.project != SAME:
            return action
        spoken = [_list_in(each) for each in so_far]
        state = self.text.context.state
        called = [str(call.arguments["project"]) for call in state.done if call.arguments.get("project")]
        names = [name for name in (*spoken, state.scope.project if state.scope else None, *called) if name]
        return replace(action, project=names[0] if names else None)

    def _referring(self, action: Action, before: Piece, aim: Target | None) -> Action:
        if not isinstance(action, Delete | Complete | Update | Skip) or action.target.pronoun not in ("it", "them"):
            return action
        said = aim or _spoken_of(before)
        return replace(action, target=said) if said is not None else action


def _opinion_of(clause: Clause) -> "Opinion":
    from kirotodo.core.language.second_opinion import opinion  # most texts need none

    return opinion(clause.whole.raw)


def _weighed(clause: Clause, each: Reading) -> Reading:
    """Return a reading as the second opinion leaves it: done, asked back, or refused."""
    if each.frame not in _IMPLIED or each.score < MAYBE or not all(isinstance(a, Add) for a in each.actions):
        return each
    return replace(each, score=_WEIGHED.get(_verdict(clause, each), each.score))


def _verdict(clause: Clause, each: Reading) -> Verdict:
    thought, dated, ours = _opinion_of(clause), bool(clause.piece.spans("WRL")), names_ours(clause.piece)
    if each.frame in ("imperative", "wish"):
        verb = next((word for word in clause.words if word.islower()), "")
        named = len(mentions(clause.piece)) > 1 or bool(set(clause.words) & {"task", "tasks", "note", "notes"})
        return of_imperative(
            thought,
            request=clause.request or clause.hedged or named or each.score <= MAYBE,
            dated=dated,
            shops=verb in ("buy", "pick"),
            edits=any(verb in phrases(name) for name in ("editing", "finish", "remove", "schedule")),
            foreign=each.frame == "wish" or topic_of(clause.piece) is not None,
            ours=ours,
        )
    return of_implied_addition(
        thought,
        certain=each.score > MAYBE or clause.request,
        dated=dated,
        thing=each.frame == "dated" and each.score < 0.7,
        ours=ours,
    )


def _doubted(each: Reading, text: Text) -> Reading:
    """Return a change of something that sounds like another assistant's job as unlikely, unless the list has it."""
    inner = meant(each.actions)
    aimed = [a.target for a in inner if isinstance(a, Complete | Delete | Update | Skip)]
    if len(aimed) == len(inner) and all(_pointed(target) or _was_done(target, text) for target in aimed):
        return each
    return replace(each, score=min(each.score, FAINT))


def _was_done(target: Target, text: Text) -> bool:
    """Return whether words mean a task that is done."""
    found = text.titles.match(target.words, done=True) if target.words else []
    return bool(found) and found[0].score >= CERTAIN


def _pointed(target: Target) -> bool:
    return bool(target.ids or target.candidates or target.pronoun or target.everything)


def _list_in(action: Action) -> str | None:
    match action:
        case Add(project=str(name)) | CreateList(name=str(name)):
            return name
        case Delete(target=target) | Complete(target=target) | Update(target=target):
            return target.scope.project
        case Query(scope=scope) | Clear(scope=scope):
            return scope.project
    return None


def _on_day(own: When | None, line: Piece, day: When | None) -> When | None:
    """Return when a line under a heading is due: on the heading's day, unless it names one itself."""
    if own is None or day is None:
        return own or day
    only_time = all(token.value.time_only for token in line.spans("W"))
    return replace(own, date=day.date) if only_time else own


def _in_a_row(actions: list[Action], *, lines: bool) -> list[Action]:
    """Return additions as done where several stand in a row, though each alone would be asked back. Where one is no
    command, and the text none of `lines`, what is doubted becomes one question."""
    adds = meant(actions)
    if len(adds) < 2 or len(actions) < 2 or not all(isinstance(add, Add) for add in adds):
        return actions
    doubted = [add for add in adds if isinstance(add, Add) and add not in actions]
    if lines or all(is_command(add.title.lower().split()) for add in doubted):
        return adds
    certain = [add for add in adds if add not in doubted]
    return [*certain, Confirm(actions=tuple(doubted))]


def _weighty(actions: list[Action]) -> list[Action]:
    """Return those that do or ask something of the list."""
    return [action for action in actions if isinstance(action, _WEIGHTY)]


_WEIGHED: Final = {"act": LIKELY, "ask": MAYBE, "refuse": FAINT}
"""The score that a verdict on an implied addition gives it."""
_IMPLIED: Final = frozenset({"imperative", "wish", "dated", "need", "out_of", "bare", "schedule"})
"""Frames that read a text as a to-do with no verb of the list in it."""
_FRONT: Final = "[please]? [go_to|open|open_up|turn_to|look_at|check|on|in|to|for|at|by|from|K|W|R|my|the|up|and|N|T]*"


def _is_front(piece: Piece) -> bool:
    """Return whether a stretch is only what a command is about: "on my shopping list", "tomorrow at 4"."""
    return piece.match(_FRONT) is not None


def _led_by(actions: list[Action], anchor: When | None) -> list[Action]:
    """Return additions that lie "the day before" something that the same text dated, on that day."""
    if anchor is None:
        return actions
    out: list[Action] = []
    for action in actions:
        if isinstance(action, Add) and action.when is None and action.remind and (days := _days_of(action.remind)):
            action = replace(action, when=When(date=anchor.date - dt.timedelta(days=days)), remind=None)
        out.append(action)
    return out


def _days_of(lead: str) -> int:
    words = lead.lower().split()
    if words[:1] == ["the"]:
        return 7 if "week" in words else 1
    count = next((count_of(word) for word in words if count_of(word)), 1)
    if any(word.startswith("hour") for word in words):
        return count // 24
    return count * (7 if any(word.startswith("week") for word in words) else 1)


_STATEMENT: Final = (
    "i|we|she|he|they|you|it|this|that [really|just|always|never|so|all]* hate|hates|love|loves|was|were|is|are|"
    "had|went|made|like|likes|think|thinks|lost|made ...",
    "that's|it's|you're|she's|he's|they're|i'm|lists|you_should ...",
    "the|my|our|a|an [<who>]? was|were|is_a|is_an|are|had|loves|hates ...",
    "i|we bought|got|had a|an ...",
    "what a ...",
)


def _states(clause: Clause) -> bool:
    """Return whether a clause only tells something ("I hate meetings")."""
    return not clause.request and any(clause.whole.match(text) for text in _STATEMENT)


def _requests(piece: Piece) -> bool:
    """Return whether a clause asks for something to be done, so that it may follow a question."""
    return piece.begins("[also|then|please|and|just]* {request} [please|also|just]* ...") is not None and (
        piece.words[:2] not in (["can", "i"], ["could", "i"], ["may", "i"], ["you", "should"])
    )


def _adds(piece: Piece) -> bool:
    """Return whether a clause asks to add something to a list."""
    return (
        piece.match("[and|then|also|please|now]* {add} <what> {onto} K|it|there [too|as_well|please|also]*") is not None
    )


def _is_question(clause: Clause) -> bool:
    """Return whether a clause asks, by its mark or by how it begins."""
    told = clause.words[:1] == ["did"] and clause.words[1:2] not in (["i"], ["we"], ["you"], ["he"], ["she"], ["they"])
    if told and not clause.asked and any(telling(clause)):
        return False  # "did the ironing already", and not "did i do the ironing"
    if _opens_question(clause):
        return True
    return clause.asked and not clause.request


_STILL_COMMANDS: Final = "do it|that|them|lunch|dinner|brunch|drinks|not|the|my|a|an ..."


def _opens_question(clause: Clause) -> bool:
    if question_core(clause.piece) is not None:
        return True
    piece = clause.piece if clause.request or clause.wish else clause.whole
    if (
        piece.match(_STILL_COMMANDS)
        or piece.match("have|had a|an|the|it|my|added ...")
        or piece.match("any|anything|is|are|am|was|were")
    ):
        return clause.asked and not clause.request
    if piece.words[:1] in (["do"], ["have"], ["had"]) and piece.words[1:2] not in (
        ["i"],
        ["we"],
        ["you"],
        ["they"],
        ["my"],
        ["any"],
        ["the"],
        ["there"],
    ):
        return clause.asked and not clause.request
    return piece.match(_ASKS) is not None or piece.match(_ASKS_US) is not None


def _lines(whole: Piece) -> list[Piece]:
    """Return the lines of a text that hold anything."""
    out: list[Piece] = []
    start = whole.first
    for place in range(whole.first, whole.last + 1):
        if place == whole.last or whole.text.tokens[place].word == "\n":
            piece = Piece(whole.text, start, place)
            if piece.first < piece.last:
                out.append(piece)
            start = place + 1
    return [piece for piece in out if piece or piece.first < piece.last]


def _line_raw(line: Piece) -> str:
    raw = line.text.raw
    start = raw.rfind("\n", 0, line.start) + 1 if line.first < line.last else 0
    end = raw.find("\n", line.end)
    return raw[start : end if end >= 0 else len(raw)]


def _item(line: Piece) -> ListItem:
    return read_item(_line_raw(line).rstrip())


def _inner(line: Piece, item: ListItem) -> Piece:
    """Return a line without the marks of a list in front."""
    raw = _line_raw(line)
    start = line.text.raw.rfind("\n", 0, line.start) + 1 + len(raw.rstrip()) - len(item.text)
    first = line.first
    while first < line.last and line.text.tokens[first].end <= start:
        first += 1
    return Piece(line.text, first, line.last)


def _whole_line(sentence: Piece) -> Piece:
    first = sentence.first
    while first and sentence.text.tokens[first - 1].word != "\n":
        first -= 1
    return Piece(sentence.text, first, sentence.last)


def _unjoined(piece: Piece) -> Piece:
    """Return a clause without the joint in front of and behind it."""
    piece = piece.trimmed()
    while (piece and piece.tokens[-1].word in ("and", "then", "but", "so", "plus", "&", "also", "or")) or (
        piece.tokens[-1:] and piece.tokens[-1].is_sign
    ):
        piece = Piece(piece.text, piece.first, piece.last - 1)
    while piece and (piece.tokens[0].word in ("and", "then", "but", "so", "plus", "&") or piece.tokens[0].is_sign):
        piece = Piece(piece.text, piece.first + 1, piece.last)
    return piece


_WANTED: Final = (
    "[the|my|our|a]* <who> want|wants|need|needs|loves|would_like|asked_for <what>",
    "{i} [just|almost|nearly|all|also]* [used|ate|drank|finished|ran]* [up|out|of|the|last|am|are|'m|'re|be|low|"
    "on]* [out_of|the_last_of_the|the_last_of]? <what>",
    "<what>",
)


def _told_things(told: Piece, project: str | None) -> list[Add]:
    """Return what a statement speaks of, as things to add."""
    clause = freed(told)
    readings = best(adding(replace(clause, asked=False)))
    for each in readings:
        adds = [a for a in each.actions if isinstance(a, Add)]
        if (
            adds
            and each.score >= 0.3
            and each.frame in ("schedule", "out_of", "need", "dated", "wish", "imperative", "remind", "add")
        ):
            return adds
    for text in _WANTED:
        found = clause.whole.match(text)
        if found is not None and found.get("what"):
            adds = additions(found.get("what"), project=project)
            if adds:
                return [add for add in adds if not is_empty(add.title)]
    return []


_SPOKEN: Final = (
    "{i} don't|no_longer|do_not [really]? need|want|have [to|to_buy|to_get]? <what> [any_more|anymore|any_longer]?",
    "{i} {have}* {adv}* bought|got|finished|did|done|completed|paid|have|picked_up [enough|plenty]? [of]? <what>",
    "<what> {be} {adv}* {gone}|over|done|postponed",
    "find|locate|look_up|look_for|search_for|check|open|go_to|see|pull_up|whatever <what>",
)


def _spoken_of(before: Piece) -> Target | None:
    """Return the tasks that the clause before speaks of."""
    clause = freed(before)
    for text in _SPOKEN:
        found = clause.whole.match(text) or clause.piece.match(text)
        if found is not None and found.get("what"):
            meant = targets(found.get("what"))
            return meant[0] if meant else None
    named = mentions(clause.whole)
    if len(named) == 1:
        return Target(words=clause.piece.raw, ids=(named[0].id,))
    return None
