"""The dialogue state survives being stored as JSON."""

import datetime as dt
import json

from kirotodo.core.language.context import Call, Context, DialogueState, Pending, TaskView
from kirotodo.core.language.types import Scope, Target


def test_a_dialogue_state_is_the_same_after_json() -> None:
    state = DialogueState(
        done=(Call(tool="update_task", arguments={"task_ids": [3, 4], "due": "tomorrow"}, task_ids=(3, 4)),),
        shown=(4, 3),
        numbered=True,
        about=(3,),
        scope=Scope(
            project="errands",
            due_to=dt.date(2026, 3, 1),
            lacks=frozenset({"remind"}),
            without=(Target(words="bread", ids=(7,)),),
        ),
        asked_about="next",
        pending=Pending(missing="task", calls=(Call(tool="delete_task"),), offered=(1, 2)),
    )
    assert DialogueState.from_json(json.loads(json.dumps(state.to_json()))) == state
    assert DialogueState().to_json() == {}


def test_a_context_finds_a_task_by_its_id() -> None:
    context = Context(tasks=(TaskView(id=4, title="oil the gate"),))
    assert context.task(4) == context.tasks[0]
    assert context.task(5) is None
