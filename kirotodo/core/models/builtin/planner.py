"""What the built-in model sets out to do about a text: the actions of the text, as calls on the list and as answers."""

import datetime as dt
import re
from collections.abc import Mapping, Sequence
from typing import Any, Final
from zoneinfo import ZoneInfo

import msgspec
from msgspec.structs import replace

from kirotodo.core.language.context import Call, DialogueState, Pending, TaskView
from kirotodo.core.language.types import (
    Action,
    Add,
    Amend,
    Away,
    Clarify,
    Clear,
    Complete,
    Confirm,
    CreateList,
    Delete,
    DeleteList,
    Help,
    LeftOut,
    No,
    OutOfScope,
    Pick,
    Query,
    Redo,
    RenameList,
    Repeat,
    Scope,
    Skip,
    Smalltalk,
    Spread,
    TakeBack,
    Target,
    Understanding,
    Undo,
    Update,
    Yes,
)
from kirotodo.core.language.types import (
    Plan as PlanDay,
)
from kirotodo.core.models.builtin.changes import changes_of, describe, months_later, plain_fields
from kirotodo.core.models.builtin.memory import ids_in
from kirotodo.core.models.builtin.plan import Item, Plan
from kirotodo.core.models.builtin.questions import answer, is_whole
from kirotodo.core.models.builtin.replies import HELP, REFUSAL, count, escaped, small_talk, what_is_missing
from kirotodo.core.models.builtin.targets import (
    NOT_SURE,
    PAGE,
    Asked,
    Finder,
    Found,
    Search,
    Status,
    Unclear,
    beginnings,
    listed,
    offered_by_words,
)
from kirotodo.core.text.dates import describe_due
from kirotodo.core.text.patterns import pattern
from kirotodo.core.tools.task_fields import fields_of

_NUMBER_OF_A_TASK: Final = pattern(r"#\s*\d|\b(?:tasks?|todos?|ids?|items?)\s+(?:number\s+|no\.?\s+)?\d", re.IGNORECASE)
_LAST_TASK: Final = pattern(r"\b(?:last|latest|newest) (?:task|item|thing|to-?do)\b", re.IGNORECASE)
""" "The last task" is the one just added, where "the last one" is a place on a list."""
LOOKUP: Final = 20
NOTHING_TO_AMEND: Final = "I am not sure what to take back. Say “undo”, and then what to do instead."


class Planner(msgspec.Struct):
    """Makes the plan of one text."""

    text: str
    finder: Finder
    now: dt.datetime
    zone: ZoneInfo
    items: list[Item] = msgspec.field(default_factory=list)
    pending: Pending | None = None
    shown: tuple[int, ...] = ()
    scope: Scope | None = None
    query: Query | None = None
    unclear: bool = False
    """Whether a change of the text could not be read: none of it is made then before it was asked about."""
    referred: tuple[int, ...] | int | None = None
    """What "it" in the rest of the text means: tasks, or the item that finds or adds them."""

    def plan(self, meant: Understanding) -> Plan:
        """Return the plan of what a text means."""
        actions = _joined(meant.actions)
        if _asks_first(actions):
            self._add_unless_there(actions[0], actions[1])  # type: ignore[arg-type]
            actions = []
        while actions:
            adds = [action for action in _leading(actions) if isinstance(action, Add)]
            if adds:
                self._add(adds)
            else:
                self.act(actions[0])
            del actions[: max(len(adds), 1)]
        if self.unclear:
            self._hold_back()
        if meant.left_out and any(item.kind in ("add", "change") for item in self.items):
            self.say(f"I left out: {', '.join(f'“{escaped(words)}”' for words in meant.left_out)}.")
        return Plan(items=tuple(self.items), state=self._state(meant.actions))

    def _hold_back(self) -> None:
        """Ask before a part of a text is done of which another part is not clear."""
        made = [item for item in self.items if item.kind in ("add", "change")]
        calls = tuple(call for item in made for call in item.calls)
        if not calls or any(item.after is not None or item.quiet for item in made):
            return
        self.items = [item for item in self.items if item not in made]
        if self.pending is not None:
            self.say("The rest waits for your answer.")
            self.pending = replace(self.pending, calls=(*self.pending.calls, *calls))
            return
        self.say("Nothing was done yet. " + " ".join(describe(call, self.finder) for call in calls))
        self.pending, self.shown = Pending(missing="yes", calls=calls), ()

    def act(self, action: Action) -> None:
        """Plan one action."""
        match action:
            case Query():
                self._query(action)
            case Complete():
                self._complete(action)
            case Update():
                self._update(action)
            case Delete():
                self._delete(action)
            case Skip():
                self._skip(action)
            case Away():
                self._away(action)
            case PlanDay() | Spread():
                self._plan(action)
            case Clear() | DeleteList() | CreateList() | RenameList():
                self._list_as_a_whole(action)
            case Undo() | Redo() | Amend() | Repeat() | TakeBack() | Confirm():
                self._about_the_last(action)
            case Pick() | Yes() | No():
                self._reply(action)
            case Add():
                self._add([action])
            case _:
                self._speak(action)

    def _speak(self, action: Action) -> None:
        self.say(_spoken(action))
        if isinstance(action, Clarify) and action.missing == "title":
            self.pending = Pending(missing="title", calls=(Call(tool="add_task"),))

    def say(self, text: str) -> None:
        """Plan to say a sentence."""
        self.items.append(Item(kind="say", text=text))

    # --- what the text leaves to refer to

    def _state(self, actions: Sequence[Action]) -> DialogueState:
        """Return the state after the turn, but for what its outcomes say."""
        before = self.finder.context.state
        lost = all(isinstance(action, OutOfScope | Clarify) and not _is_another_job(action) for action in actions)
        about: tuple[int, ...] = before.about if len(before.about) == 1 and not lost else ()
        if isinstance(self.referred, tuple):
            about = self.referred
        return DialogueState(
            done=before.done,
            shown=self.shown or (before.shown if self._works_on_the_list(before) else ()),
            numbered=self.pending is not None and bool(self.shown),
            about=self.shown or about,
            scope=self.query.scope if self.query is not None else None,
            asked_about=self.query.about if self.query is not None else None,
            pending=self.pending,
            begun=True,
            row=before.row,
        )

    def _works_on_the_list(self, before: DialogueState) -> bool:
        """Whether the turn does nothing but change what was shown: the list stays the one that places are of."""
        ids = set(before.shown)
        calls = [call for item in self.items for call in item.calls[item.lookups :]]
        if not ids or not calls or any(item.kind != "change" for item in self.items if item.text or not item.lookups):
            return False
        return all(call.tool == "undo" or (call.task_ids and ids.issuperset(call.task_ids)) for call in calls)

    # --- additions

    def _add(self, actions: Sequence[Add]) -> None:
        calls = []
        for action in actions:
            project = action.project
            if project is not None and project.casefold() == "same":
                project = self._last_list()
            arguments = plain_fields(fields_of(replace(action, project=project), today=self.finder.today))
            calls.append(Call(tool="add_task", arguments=arguments))
        self.items.append(Item(kind="add", calls=tuple(calls)))
        self.referred = len(self.items) - 1

    def _last_list(self) -> str | None:
        """Return the list of what was talked about last."""
        views = [self.finder.view(each) for each in reversed(self.finder.context.state.about)]
        return next((view.project for view in views if view is not None and view.project), None)

    def _add_unless_there(self, question: Query, addition: Add) -> None:
        """ "Is milk on my list? If not, add it"."""
        assert question.target is not None
        search = Search(asked="show", several=True)
        found = self.finder.find(question.target, search)
        if isinstance(found, Unclear):
            self._add([addition])
            return
        self._look(question.target, search)
        self.shown = found.ids
        call = Call(tool="get_task", arguments={"task_id": found.ids[0]})
        self.items.append(Item(kind="details", calls=(call,), text="It is there already."))

    # --- changes

    def _complete(self, action: Complete) -> None:
        if action.completed:
            self._change("complete_task", action.target, Search(asked="complete"), {})
        else:
            self._change(
                "complete_task", action.target, Search(asked="reopen", status="completed"), {"completed": False}
            )

    def _delete(self, action: Delete) -> None:
        status = action.target.scope.status
        search = Search(asked="delete", status=status or "pending")
        more: tuple[Status, ...] = () if status or not action.target.words else ("completed",)
        self._change("delete_task", action.target, search, {}, *more)

    def _update(self, action: Update) -> None:
        fields = changes_of(action, today=self.finder.today)
        if not fields and not action.shift_months:
            self.say("What should change about it? A new title, a date, a time, a priority, a list or a tag.")
            return
        if action.title and (name := self._list_named(action.target)):
            self._rename_list(name, action.title)
            return
        found = self._found(action.target, Search(asked="change"), ("update_task", fields))
        if found is None:
            return
        if found == ():
            self._later("update_task", fields)
            return
        self._update_each(action, found, fields)

    def _update_each(self, action: Update, ids: Sequence[int], fields: Mapping[str, Any]) -> None:
        """Change tasks, each by what is counted from its own date or appended to its own notes."""
        views = [self.finder.view(each) for each in ids]
        shifts = bool(action.shift_days or action.shift_minutes or action.shift_months)
        undated = [each for each, view in zip(ids, views, strict=True) if view is not None and view.due_date is None]
        left = ""
        if shifts and len(ids) > 1 and undated:
            ids = [each for each in ids if each not in undated]
            if not ids:
                self.say("None of them has a date to move.")
                return
            stay = "stays as it is" if len(undated) == 1 else "stay as they are"
            left = f"{count(len(undated))} without a date {stay}."
        grouped: dict[str, tuple[dict[str, Any], list[int]]] = {}
        for each in ids:
            own = self._own_fields(action, each, fields)
            grouped.setdefault(repr(sorted(own.items())), (own, []))[1].append(each)
        self._calls("change", [("update_task", own, some) for own, some in grouped.values()], text=left)

    def _own_fields(self, action: Update, task_id: int, fields: Mapping[str, Any]) -> dict[str, Any]:
        own, view = dict(fields), self.finder.view(task_id)
        snooze = own.pop("snooze", None)
        if snooze and (not own or (view is not None and view.remind_at is not None)):
            return {"snooze": snooze}
        if view is None:
            return own
        if action.notes and view.notes:
            own["notes"] = f"{view.notes}\n{action.notes}"
        if action.shift_months:
            own["due"] = months_later(view.due_date or self.finder.today, action.shift_months).isoformat()
        return own

    def _skip(self, action: Skip) -> None:
        found = self._found(action.target, Search(asked="change"), ("update_task", {}))
        for each in found or ():
            view = self.finder.view(each)
            if view is None or view.recurrence is None:
                self.say(f"{self.finder.named(each)} does not repeat, so there is no occurrence to skip. Delete it?")
                self.pending = Pending(missing="yes", calls=(Call(tool="delete_task", task_ids=(each,)),))
                continue
            self._calls("change", [("update_task", {"skip": self._which(action, view)}, [each])])

    def _which(self, action: Skip, view: TaskView) -> str:
        """Return which occurrences of a task are skipped, as `update_task` takes it."""
        when, today = action.when, self.finder.today
        if action.until is not None:
            return action.until.isoformat()
        if when is None:
            return "once" if action.count == 1 else f"next {action.count}"
        last = when.until or when.date
        if view.due_date is not None and today <= view.due_date < when.date:
            return f"on {when.date.isoformat()}" + (f"..{last.isoformat()}" if last > when.date else "")
        return "once" if last < today else (last + dt.timedelta(days=1)).isoformat()

    def _away(self, action: Away) -> None:
        due = [
            task
            for task in self.finder.of("pending")
            if task.recurrence is not None and task.due_date is not None and task.due_date < action.until
        ]
        back = describe_due(action.until, None, today=self.finder.today)
        if not due:
            self.say(f"Nothing that repeats is due before {back}.")
            return
        self._calls("change", [("update_task", {"skip": action.until.isoformat()}, [task.id for task in due])])

    def _plan(self, action: PlanDay | Spread) -> None:
        if isinstance(action, Spread):
            given = {} if action.per_day is None else {"per_day": action.per_day}
            call = Call(tool="plan", arguments={"period": "spread", **given})
            self.items.append(Item(kind="spread", calls=(call,), lookups=1))
            return
        arguments: dict[str, Any] = {"period": "week"} if action.week else {}
        arguments |= {} if action.minutes is None else {"minutes": action.minutes}
        self.items.append(Item(kind="plan", calls=(Call(tool="plan", arguments=arguments),)))

    def _change(self, tool: str, target: Target, search: Search, fields: Mapping[str, Any], *statuses: Status) -> None:
        found = self._found(target, search, (tool, fields), *statuses)
        if found == ():
            self._later(tool, fields)
        elif found:
            self._calls("change", [(tool, fields, found)])

    def _found(
        self, target: Target, search: Search, wanted: tuple[str, Mapping[str, Any]], *more: Status
    ) -> tuple[int, ...] | None:
        """Return the tasks that are meant; () where an item before this one is to find them first, and None where it
        was asked or said why there are none."""
        target = self._in_places(target)
        if target.pronoun in ("it", "them") and self.referred is not None:
            if isinstance(self.referred, int):
                return ()
            return self.referred
        found = self.finder.find_in(target, search, search.status, *more)
        self._look(target, search)
        if isinstance(found, Unclear):
            tool, fields = wanted
            self._ask(found, (Call(tool=tool, arguments=dict(fields)),))
            return None
        if found.more:
            noun = f"{count(found.more)} more"
            self.say(f"{noun} {'is' if found.more == 1 else 'are'} left; say it again for those.")
        self.referred = found.ids
        return found.ids

    def _look(self, target: Target, search: Search) -> None:
        """Plan the look at the list by which a task is found that was named by its words or by a scope."""
        if target.ordinals or target.pronoun is not None or (target.ids and not target.words):
            return
        scope = replace(target.scope, search=None)
        more: dict[str, Any] = {"limit": PAGE}
        if target.words:
            words = beginnings(target.words) if target.plural else target.words
            more = {"search": words, "limit": LOOKUP}
        call = Call(tool="list_tasks", arguments=listed(scope, search.status, **more))
        self.items.append(Item(kind="say", calls=(call,), lookups=1))

    def _ask(self, unclear: Unclear, calls: tuple[Call, ...]) -> None:
        self.unclear = True
        self.say(unclear.text)
        if not unclear.offered:
            return
        self.shown = unclear.offered
        if unclear.confirm:
            calls = tuple(replace(call, task_ids=unclear.offered) for call in calls)
        self.pending = Pending(missing="yes" if unclear.confirm else "task", calls=calls, offered=unclear.offered)

    def _later(self, tool: str, fields: Mapping[str, Any]) -> None:
        """Plan a change of what another item of the same text adds or finds."""
        assert isinstance(self.referred, int)
        call = Call(tool=tool, arguments=dict(fields))
        self.items.append(Item(kind="change", calls=(call,), after=self.referred))

    def _calls(
        self, kind: Any, wanted: Sequence[tuple[str, Mapping[str, Any], Sequence[int]]], *, text: str = ""
    ) -> None:
        calls = [
            Call(tool=tool, arguments={**_which(ids[at : at + PAGE]), **fields}, task_ids=tuple(ids[at : at + PAGE]))
            for tool, fields, ids in wanted
            for at in range(0, len(ids), PAGE)
        ]
        self.items.append(Item(kind=kind, calls=tuple(calls), text=text))
        self.referred = tuple(each for call in calls for each in call.task_ids)

    # --- lists as a whole

    def _list_as_a_whole(self, action: Clear | DeleteList | CreateList | RenameList) -> None:
        match action:
            case RenameList(name=name, to=to):
                self._rename_list(name, to)
            case CreateList(name=None):
                self.say("A list begins with its first task: say for example “add milk to groceries”.")
            case CreateList(name=name):
                self.say(f"The list {escaped(name or '')} begins with its first task. What goes on it first?")
                self.pending = Pending(
                    missing="first_item", calls=(Call(tool="add_task", arguments={"project": name}),)
                )
            case DeleteList(name=None):
                self.say("Which list should go? Say for example “delete the groceries list”.")
            case DeleteList(name=name):
                self._clear(Scope(project=name))
            case Clear(scope=scope):
                self._clear(scope)

    def _clear(self, scope: Scope) -> None:
        target = Target(everything=True, plural=True, scope=scope)
        search = Search(asked="delete")
        found = self.finder.find(target, search)
        if isinstance(found, Unclear):
            self._look(target, search)
            nothing = "There is nothing on it." if scope.project else "There is nothing to clear."
            self.say(nothing if not found.offered and not scope.without else found.text)
            return
        self._change("delete_task", target, search, {})

    def _list_named(self, target: Target) -> str | None:
        """Return the list that "the shopping list" names."""
        if target.everything and target.scope.project:
            return target.scope.project
        words = (target.words or "").strip()
        if not words.casefold().endswith(" list") or target.ids:
            return None
        name = words[: -len(" list")].strip()
        return name if name.casefold() in (each.casefold() for each in self.finder.context.projects) else None

    def _rename_list(self, name: str, to: str) -> None:
        scope = Scope(project=name)
        found = self.finder.scoped(scope, "all")
        if isinstance(found, Unclear) or not found:
            self.say(f"There is no list called {escaped(name)}.")
            return
        self._look(Target(everything=True, scope=scope), Search(asked="change"))
        ids = [task.id for task in found]
        self._calls("change", [("update_task", {"project": to}, ids)])
        self.items[-1] = replace(
            self.items[-1], words=(f"Moved {count(len(ids))} from {escaped(name)} to {escaped(to)}.",)
        )

    # --- what was done before

    def _about_the_last(self, action: Undo | Redo | Amend | Repeat | TakeBack | Confirm) -> None:
        state = self.finder.context.state
        match action:
            case Confirm(actions=actions):
                self._confirm(actions)
            case Amend(change=change):
                self._amend(change)
            case Repeat(change=change):
                self._repeat(change)
            case TakeBack(target=Target() as target):
                self._take_back(target)
            case Redo():
                self._undo({"redo": True})
            case Undo(since=str()):
                self._undo_of_time(action)
            case Undo() if state.pending is not None:
                self.say("Left as they are.")
            case Undo() | TakeBack() if not state.done and state != DialogueState():
                self.say("I haven't changed anything in this conversation. Undo the last change made before it?")
                self.pending = Pending(missing="yes", calls=(Call(tool="undo"),))
            case Undo(turns=turns) if turns > 1:
                self._undo({"turns": turns})
            case _:
                self._undo({})

    def _undo(self, arguments: Mapping[str, Any], task_ids: tuple[int, ...] = ()) -> None:
        call = Call(tool="undo", arguments={**arguments, **({"task_ids": list(task_ids)} if task_ids else {})})
        self.items.append(Item(kind="change", calls=(call,)))

    def _undo_of_time(self, action: Undo) -> None:
        """Undo what was changed in a time: of one task, where it names one."""
        ids: tuple[int, ...] = ()
        if action.target is not None:
            found = self.finder.find(action.target, Search(asked="change", status="all"))
            if isinstance(found, Unclear):
                self._ask(found, ())
                return
            ids = found.ids
        given = {"since": action.since, "until": action.until, "by": action.by}
        self._undo({name: value for name, value in given.items() if value is not None}, ids)

    def _confirm(self, actions: Sequence[Action]) -> None:
        """Ask whether a reading is right; a question in it is answered at once."""
        inner = Planner(text=self.text, finder=self.finder, now=self.now, zone=self.zone)
        for action in actions:
            inner.act(action)
        calls = tuple(call for item in inner.items if item.kind in ("add", "change") for call in item.calls)
        if not calls or any(item.after is not None for item in inner.items):
            self.items += inner.items
            self.pending, self.shown, self.query = inner.pending, inner.shown, inner.query
            return
        self.say(" ".join(describe(call, self.finder) for call in calls))
        self.pending = Pending(missing="yes", calls=calls)

    def _done(self) -> tuple[Call, ...]:
        """Return what was changed last, as calls without the tasks."""
        return tuple(
            replace(call, arguments=_without_ids(call.arguments))
            for call in self.finder.context.state.last
            if call.tool != "undo" and call.task_ids
        )

    def _amend(self, change: Update) -> None:
        """Correct what was done last: another value for it, or the same to another task."""
        done = self._done()
        if not done or self.finder.context.state.last[-1].tool == "undo":
            self.say(NOTHING_TO_AMEND)
            return
        touched = ids_in(done)
        ids = self._amended(change.target, touched)
        if ids is None:
            return
        last, known = done[-1], set(ids) <= set(touched)
        if known and not changes_of(change, today=self.finder.today) and not change.shift_months:
            self.say(f"That is the one: #{ids[0]}. Nothing was changed.")
            return
        shifted = change.shift_days or change.shift_minutes or change.shift_months
        again = shifted and str(last.arguments.get("due", ""))[:1] in "+-"
        anew = last.tool != "update_task" or "skip" in last.arguments or len(done) > 1 or (shifted and not again)
        if known and anew:
            self._update(replace(change, target=Target(ids=ids, plural=True)))
        elif len(done) != 1 or last.tool == "add_task":
            self.say(NOTHING_TO_AMEND)
        else:  # a new value is an undo too, so that a later undo brings back what there was at first
            self._undo({}, ids if known else touched)
            kept = {name: value for name, value in last.arguments.items() if name not in change.clear}
            self._calls("change", [(last.tool, {**kept, **changes_of(change, today=self.finder.today)}, ids)])
            if known:
                *others, undone, done_again = self.items
                calls = (*undone.calls, *done_again.calls)
                self.items = [*others, replace(done_again, calls=calls, quiet=len(undone.calls))]

    def _amended(self, target: Target, touched: tuple[int, ...]) -> tuple[int, ...] | None:
        """Return the tasks that a correction names; None where it was asked which."""
        if target.pronoun in ("it", "them") or target == Target():
            return touched
        search = Search(asked=_asked_by(self._done()[-1]), status="all", exact=True)
        found = self.finder.find(self._in_places(target), search)
        if isinstance(found, Unclear):
            self._ask(found, ())
            return None
        return found.ids

    def _repeat(self, change: Update) -> None:
        """Do what was done last to another task, or with another value."""
        done = self._done()
        fields = changes_of(change, today=self.finder.today)
        if fields or change.shift_months:
            self._update(change)
            return
        if not done or done[-1].tool in ("add_task", "move_tasks"):
            self.say(NOT_SURE)
            return
        last = done[-1]
        asked = _asked_by(last)
        status: Status = "completed" if asked == "reopen" else "pending"
        self._change(last.tool, change.target, Search(asked=asked, status=status), last.arguments)

    def _take_back(self, target: Target) -> None:
        """Undo a part of what was done last."""
        touched = self.finder.context.state.changed
        found = self.finder.find(target, Search(asked="change", status="all", several=True))
        named = found.ids if isinstance(found, Found) else ()
        ids = tuple(each for each in named if each in touched) or (named if len(named) == 1 else ())
        if not ids:
            self.say("That was not part of the last change. Say “undo” to take all of it back.")
            return
        self._undo({}, ids)
        self.referred = ids

    # --- answers to what was asked

    def _reply(self, action: Pick | Yes | No) -> None:
        pending = self.finder.context.state.pending
        match action:
            case Yes(change=change, agreed=agreed) if pending and pending.missing == "yes" and pending.calls:
                if agreed:
                    self._carry_out(pending.calls, change)
                else:
                    self._ask_again(_changed(pending.calls, change, today=self.finder.today))
            case Yes():
                self.say("Yes to what? Tell me what to do, for example “add buy milk tomorrow”.")
            case No():
                self.say("Left as they are." if pending is not None else "All right, nothing was changed.")
            case Pick(target=target, instead=True):
                self._amend(Update(target=target))
            case Pick(target=target, change=change):
                self._picked(self._in_places(target), pending, change)

    def _picked(self, target: Target, pending: Pending | None, change: Update | None) -> None:
        state = self.finder.context.state
        if pending is None or not pending.calls or pending.missing not in ("task", "yes"):
            if target.ordinals and not state.shown and not state.about:
                self.say(NOT_SURE)
                return
            self._query(Query(about="task", target=target))
            return
        call = pending.calls[0]
        found = self.finder.find(target, Search(asked=_asked_by(call), status="all", several=True))
        if isinstance(found, Unclear):
            self._ask(found, pending.calls)
            return
        self._carry_out((replace(call, task_ids=found.ids), *pending.calls[1:]), change)

    def _carry_out(self, calls: tuple[Call, ...], change: Update | None = None) -> None:
        """Plan calls that waited for an answer, with the values that the answer gave."""
        calls = _changed(calls, change, today=self.finder.today)
        if calls[0].tool == "get_task":
            self._query(Query(about="task", target=Target(ids=calls[0].task_ids)))
            return
        additions = tuple(call for call in calls if call.tool == "add_task")
        if additions:
            self.items.append(Item(kind="add", calls=additions))
        aimed = [(call.tool, _without_ids(call.arguments), call.task_ids) for call in calls if call.task_ids]
        if aimed:
            self._calls("change", aimed)
        elif not additions and all(call.tool == "undo" for call in calls):
            self.items.append(Item(kind="change", calls=calls))
        elif not additions:
            self.say(NOT_SURE)

    def _ask_again(self, calls: tuple[Call, ...]) -> None:
        """Ask whether to make calls that were asked about before, with other values."""
        self.say(" ".join(describe(call, self.finder) for call in calls))
        self.pending, self.shown = Pending(missing="yes", calls=calls), ()

    def _in_places(self, target: Target) -> Target:
        """Return `target` with bare numbers read as places, if the list shown last had places; else as it was.

        Words are looked up among the tasks offered, where a question is open.
        """
        state = self.finder.context.state
        if target.ordinals == (-1,) and not state.shown and state.about and _LAST_TASK.search(self.text):
            return Target(ids=state.about[-1:])
        if target.pronoun == "them" and max(len(state.about), len(state.shown)) < 2 < 1 + len(state.row):
            both = not {"both", "two"}.isdisjoint(self.text.lower().split())
            return Target(ids=state.row[-2:] if both else state.row, plural=True)
        if state.pending is None or not state.numbered or not state.shown:
            return target
        if (target.pronoun == "them" and self.referred is None) or target.everything:
            return Target(ids=state.shown, plural=True)
        if target.words and (ids := offered_by_words(target.words, self.finder.context)):
            return Target(ids=ids)
        if not target.ids or target.words or _NUMBER_OF_A_TASK.search(self.text):
            return target
        if all(0 < place <= len(state.shown) for place in target.ids):
            return replace(target, ids=tuple(state.shown[place - 1] for place in target.ids))
        return target

    # --- questions

    def _offer_to_add(self, target: Target) -> None:
        """Offer to add what a question found nothing like."""
        project = target.scope.project
        arguments = {"title": target.words, **({"project": project} if project else {})}
        self.say("Say “yes” to add it.")
        self.pending = Pending(missing="yes", calls=(Call(tool="add_task", arguments=arguments),))

    def _coming(self, task_id: int) -> int:
        """Return the open occurrence of a repeating task that was completed."""
        view = self.finder.view(task_id)
        if view is None or view.completed is None or view.recurrence is None:
            return task_id
        return next((task.id for task in self.finder.of("pending") if task.title == view.title), task_id)

    def _query(self, action: Query) -> None:
        self.query = action
        target = self._in_places(action.target) if action.target is not None else None
        action = replace(action, target=target)
        if is_whole(action):
            found: tuple[int, ...] = ()
        else:
            assert target is not None
            status = target.scope.status
            statuses: tuple[Status, ...] = (status,) if status else ("pending", "completed")
            search = Search(asked="show", several=True)
            looked = self.finder.find_in(target, search, *statuses)
            self._look(target, search)
            if isinstance(looked, Unclear):
                self._ask(looked, (Call(tool="get_task"),))
                if action.about == "task" and target.words and not looked.offered:
                    self._offer_to_add(target)
                return
            found = self.referred = tuple(map(self._coming, looked.ids)) if action.about == "when" else looked.ids
        item, shown = answer(action, found, self.finder)
        self.items.append(item)
        self.shown = shown
        if not found:
            self.referred = len(self.items) - 1


def _joined(actions: Sequence[Action]) -> list[Action]:
    """Return actions with the same done to several tasks, each named on its own, as one."""
    joined: list[Action] = []
    for action in actions:
        last = joined[-1] if joined else None
        if (
            isinstance(action, Complete | Delete | Update)
            and isinstance(last, Complete | Delete | Update)
            and replace(last, target=action.target) == action
            and _is_resolved(last.target)
            and _is_resolved(action.target)
        ):
            words = " and ".join(dict.fromkeys((last.target.words or "", action.target.words or "")))
            ids = tuple(dict.fromkeys((*last.target.ids, *action.target.ids)))
            joined[-1] = replace(last, target=Target(ids=ids, words=words, plural=True))
        else:
            joined.append(action)
    return joined


def _is_resolved(target: Target) -> bool:
    return bool(target.ids and target.words and not target.candidates)


def _is_another_job(action: Action) -> bool:
    """Return whether a text was understood, as none of our business: what was talked about before stays."""
    return isinstance(action, OutOfScope) and action.topic is not None


def _asks_first(actions: Sequence[Action]) -> bool:
    match tuple(actions):
        case (Query(about="task", target=Target(words=str(words))), Add(title=title)) if words == title:
            return True
    return False


def _leading(actions: Sequence[Action]) -> Sequence[Action]:
    """Return the additions that stand side by side at the beginning."""
    end = next((at for at, action in enumerate(actions) if not isinstance(action, Add)), len(actions))
    return actions[:end]


def _which(ids: Sequence[int]) -> dict[str, Any]:
    return {"task_id": ids[0]} if len(ids) == 1 else {"task_ids": list(ids)}


def _without_ids(arguments: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in arguments.items() if name not in ("task_id", "task_ids", "titles")}


def _changed(calls: tuple[Call, ...], change: Update | None, *, today: dt.date) -> tuple[Call, ...]:
    """Return calls with the values of a change."""
    values = changes_of(change, today=today) if change is not None else {}
    return tuple(replace(call, arguments=_with(call, values)) for call in calls) if values else calls


def _with(call: Call, values: Mapping[str, Any]) -> dict[str, Any]:
    """Return the arguments of a call with further values; those of an addition or a change alone take any."""
    if call.tool not in ("add_task", "update_task"):
        return dict(call.arguments)
    if call.tool == "add_task":
        values = {"tags" if name == "add_tags" else name: value for name, value in values.items()}
    return {**call.arguments, **values}


def _asked_by(call: Call) -> Asked:
    """Return how a question about a call's target is asked."""
    if call.tool == "complete_task":
        return "complete" if call.arguments.get("completed", True) else "reopen"
    return _ASKED.get(call.tool, "change")


_ASKED: Final[Mapping[str, Asked]] = {"delete_task": "delete", "get_task": "show"}


def _spoken(action: Action) -> str:
    match action:
        case Help():
            return HELP
        case Smalltalk(kind=kind):
            return small_talk(kind)
        case OutOfScope():
            return REFUSAL
        case LeftOut(texts=texts):
            ticked = "it is ticked" if len(texts) == 1 else "they are ticked"
            return f"Left out, as {ticked} off: {', '.join(map(escaped, texts))}."
        case Clarify():
            return what_is_missing(action)
        case _:
            return "I did not get that. Say “help” for what I can do."
