"""What a model may call: schemas that never change, arguments read kindly, faults in sentences."""

import json
from dataclasses import asdict
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kirotodo.core.errors import ToolError
from kirotodo.core.tools.task_tools import TOOLS

NAMES = (
    "add_task",
    "list_tasks",
    "get_task",
    "complete_task",
    "update_task",
    "delete_task",
    "undo",
    "task_stats",
    "plan",
    "move_tasks",
    "list_changes",
)


def test_the_tools_are_those_of_the_design_in_a_fixed_order() -> None:
    assert TOOLS.names == NAMES
    assert tuple(schema.name for schema in TOOLS.schemas()) == NAMES


def test_schemas_are_plain_json_and_know_no_user() -> None:
    text = json.dumps([schema.parameters for schema in TOOLS.schemas()])
    assert "user_id" not in text
    assert "anyOf" not in text
    for schema in TOOLS.schemas():
        assert schema.parameters["type"] == "object"
        assert schema.parameters["additionalProperties"] is False
        assert schema.description.endswith(".")


MOST_BYTES = 9_200
"""Every request to a model pays for the schemas: raise this only for what is worth that."""


def test_what_every_request_pays_for_the_schemas_has_a_limit() -> None:
    size = len(
        json.dumps(
            [{"type": "function", "function": asdict(schema)} for schema in TOOLS.schemas()], separators=(",", ":")
        ).encode()
    )
    assert MOST_BYTES - 1_000 < size <= MOST_BYTES, f"The schemas of the tools take {size:,} bytes of JSON."


@pytest.mark.parametrize(
    ("tool", "given", "understood"),
    [
        ("get_task", {"task_id": "3"}, {"task_id": 3}),
        ("get_task", {"task_id": "#12"}, {"task_id": 12}),
        ("get_task", {"task_id": "task 7"}, {"task_id": 7}),
        ("get_task", {"task_id": 3.0}, {"task_id": 3}),
        ("delete_task", {"task_ids": "1, 2 3"}, {"task_ids": [1, 2, 3]}),
        ("delete_task", {"task_ids": 4}, {"task_ids": [4]}),
        ("delete_task", {"task_id": 4, "task_ids": None}, {"task_id": 4}),
        ("complete_task", {"task_id": 1, "completed": "false"}, {"task_id": 1, "completed": False}),
        ("add_task", {"title": 42}, {"title": "42"}),
        ("add_task", {"title": "x", "due": "", "notes": None}, {"title": "x"}),
        ("add_task", {"title": "x", "priority": "HIGH"}, {"title": "x", "priority": "high"}),
        ("add_task", {"title": "x", "priority": "urgent"}, {"title": "x", "priority": "high"}),
        ("add_task", {"title": "x", "tags": "home, garden"}, {"title": "x", "tags": ["home", "garden"]}),
        ("add_task", {"title": "x", "tags": '["home", "garden"]'}, {"title": "x", "tags": ["home", "garden"]}),
        ("add_task", {"title": "x", "tags": "['home', 'garden']"}, {"title": "x", "tags": ["home", "garden"]}),
        ("add_task", {"title": "x", "tags": "[home, garden]"}, {"title": "x", "tags": ["home", "garden"]}),
        ("add_task", {"title": "x", "tags": ['["home", "garden"]']}, {"title": "x", "tags": ["home", "garden"]}),
        ("add_task", {"title": "x", "tags": ["[home"]}, {"title": "x", "tags": ["[home"]}),
        ("add_task", {"title": "x", "tags": 2026}, {"title": "x", "tags": ["2026"]}),
        ("add_task", {"title": "x", "tags": [2026, "home"]}, {"title": "x", "tags": ["2026", "home"]}),
        ("update_task", {"task_id": 1, "tags": "[]"}, {"task_id": 1, "tags": []}),
        ("update_task", {"task_id": 1, "clear": '["due", "NOTES"]'}, {"task_id": 1, "clear": ["due", "notes"]}),
        ("update_task", {"task_id": 1, "clear": "due"}, {"task_id": 1, "clear": ["due"]}),
        ("get_task", {"task_id": [3]}, {"task_id": 3}),
        ("delete_task", {"task_ids": '["1", "2"]'}, {"task_ids": [1, 2]}),
        ("delete_task", {"task_ids": ["[1, 2]"]}, {"task_ids": [1, 2]}),
        ("add_task", {"title": "x", "due": "null", "notes": "None", "priority": "null"}, {"title": "x"}),
        ("add_task", {"title": "None", "project": "none"}, {"title": "None", "project": "none"}),
        ("list_tasks", {"status": "null", "limit": "null", "due": " None "}, {}),
        ("complete_task", {"task_id": 1, "task_ids": "null", "completed": "null"}, {"task_id": 1}),
        ("undo", {"turns": None, "redo": "undefined"}, {}),
        ("list_tasks", {"status": "open"}, {"status": "pending"}),
        ("list_tasks", {"status": "DONE", "limit": "5"}, {"status": "completed", "limit": 5}),
        ("task_stats", {"period": "this month"}, {"period": 30}),
    ],
)
def test_arguments_are_read_kindly(tool: str, given: dict[str, Any], understood: dict[str, Any]) -> None:
    assert TOOLS.validate(tool, given).as_json() == understood


@pytest.mark.parametrize(
    ("tool", "given", "sentence"),
    [
        ("add_tasks", {}, "There is no tool 'add_tasks'. Did you mean add_task? The tools are: add_task, list_tasks"),
        ("add_task", {}, "add_task needs `title`."),
        ("add_task", {"title": "x", "user_id": "bob"}, "add_task has no argument `user_id`; it takes title, notes"),
        (
            "add_task",
            {"title": "x", "priority": "huge"},
            "`priority` must be one of 'none', 'low', 'medium' or 'high'.",
        ),
        ("add_task", {"title": ["x"]}, "`title` must be text."),
        ("get_task", {"task_id": "milk"}, "`task_id` must be a whole number."),
        ("get_task", {"task_id": 0}, "`task_id` must be at least 1."),
        ("get_task", {"task_id": True}, "`task_id` must be a whole number."),
        ("get_task", {"task_id": 10**30}, "`task_id` must be a"),
        ("delete_task", {}, "Say which task: task_id, or task_ids for several."),
        ("delete_task", {"task_ids": []}, "Say which task: task_id, or task_ids for several."),
        ("delete_task", {"task_ids": list(range(1, 300))}, "`task_ids` takes at most 200."),
        ("complete_task", {"task_id": 1, "completed": "perhaps"}, "`completed` must be true or false."),
        ("list_tasks", {"limit": 1000}, "`limit` must be at most 200."),
    ],
)
def test_faults_are_sentences_to_act_on(tool: str, given: dict[str, Any], sentence: str) -> None:
    with pytest.raises(ToolError) as raised:
        TOOLS.validate(tool, given)
    assert raised.value.message.startswith(sentence)


ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=8,
)
ARGUMENT_NAMES = sorted({name for schema in TOOLS.schemas() for name in schema.parameters["properties"]})


@pytest.mark.slow
@given(
    tool=st.sampled_from(NAMES) | st.text(),
    arguments=st.dictionaries(st.sampled_from(ARGUMENT_NAMES) | st.text(max_size=12), ANYTHING, max_size=6),
)
def test_no_json_crashes_validation(tool: str, arguments: dict[str, Any]) -> None:
    answer = "nothing"
    try:
        answer = json.dumps(TOOLS.validate(tool, arguments).as_json())
    except ToolError as error:
        answer = error.message
    assert 0 < len(answer) < 10_000
