"""What a person would do with a client that openapi-python-client made: run as a program beside that client, with the
address of a server. It fails where an answer is not as the description says."""

import sys
from importlib import import_module
from typing import Any

from kirotodo_client import AuthenticatedClient, Client, models  # type: ignore[import-not-found]


def call(name: str, client: Any, *path: Any, **given: Any) -> Any:
    """The parsed answer of an operation, which has to be a success."""
    tag, operation = name.split(".")
    answer = import_module(f"kirotodo_client.api.{tag}.{operation}").sync_detailed(*path, client=client, **given)
    assert 200 <= answer.status_code < 300, (name, answer.status_code, answer.content)
    assert answer.parsed is not None or answer.status_code == 204, f"{name} was not understood"
    return answer.parsed


def sign_in(address: str) -> tuple[Any, str]:
    stranger = Client(base_url=address)
    account = {"email": "ann@example.com", "password": "a long walk by the sea"}
    call("auth.sign_up", stranger, body=models.SignUpBody(**account))
    tokens = call("auth.sign_in", stranger, body=models.SignInBody(**account))
    return AuthenticatedClient(base_url=address, token=tokens.access_token), tokens.user.id


def keep_a_list(client: Any, user: str) -> None:
    fields = {"title": "Pay rent", "priority": "high", "tags": ["home"], "recurs_from": "completion"}
    new = models.NewTaskBody.from_dict(fields)
    added = call("tasks.add_task", client, user, body=new)
    renamed = call("tasks.update_task", client, user, added.id, body=models.TaskBody(title="Pay the rent"))
    assert renamed.to_dict() == {
        **added.to_dict(),
        "title": "Pay the rent",
        "updated_at": renamed.to_dict()["updated_at"],
    }
    due = call("tasks.update_task", client, user, added.id, body=models.TaskBody(due="2026-12-01 5pm"))
    assert (str(due.due_date), due.due_time, due.title, due.priority) == (
        "2026-12-01",
        "17:00:00",
        "Pay the rent",
        "high",
    )
    same = call("tasks.update_task", client, user, added.id, body=models.TaskBody.from_dict(due.to_dict()))
    assert same == due
    for number in range(3):
        call("tasks.add_task", client, user, body=models.NewTaskBody(title=f"Task {number}"))
    titles, cursor = [], None
    while True:
        page = call("tasks.list_tasks", client, user, limit=2, **({"cursor": cursor} if cursor else {}))
        assert page.total == 4
        titles += [task.title for task in page.items]
        cursor = page.next_
        if cursor is None:
            break
    assert sorted(titles) == ["Pay the rent", "Task 0", "Task 1", "Task 2"]
    done = call("tasks.update_task", client, user, added.id, body=models.TaskBody(completed=True))
    assert done.completed_at is not None
    call("tasks.delete_task", client, user, 2)
    undone = call("tasks.undo", client, user, body=models.UndoBody())
    assert [task.id for task in undone.tasks] == [2]


def chat(client: Any, user: str) -> None:
    outcome = call("chat.chat", client, user, body=models.ChatBody(message="add milk tomorrow"))
    assert (outcome.status, [made.tool for made in outcome.tool_calls]) == ("finished", ["add_task"])
    page = call("conversations.list_conversations", client, user)
    assert [conversation.id for conversation in page.items] == [outcome.conversation_id]
    assert len(call("conversations.list_messages", client, user, outcome.conversation_id).messages) == 2


if __name__ == "__main__":
    signed_in, user_id = sign_in(sys.argv[1])
    keep_a_list(signed_in, user_id)
    chat(signed_in, user_id)
