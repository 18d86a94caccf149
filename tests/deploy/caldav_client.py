"""A round of everything that the caldav library does with tasks: a program of its own, run in the venv of the clients.

Prints what it found as JSON. The same round can be run at any other CalDAV server.
"""

import datetime as dt
import json
import sys
from typing import Any

import caldav

HOSTILE = ("]]> <b>&amp;</b>", "a;b,c\\d", "👩‍👩‍👧 \u202ex", "word" * 60)


def main(url: str, user: str, password: str, count: int) -> dict[str, Any]:
    """Run the round and return what was found."""
    found: dict[str, Any] = {}
    with caldav.DAVClient(url=url, username=user, password=password) as client:
        calendars = client.principal().get_calendars()
        found["calendars"] = len(calendars)
        calendar = calendars[0]
        for old in calendar.get_todos(include_completed=True):
            old.delete()
        made = calendar.add_todo(
            summary="Milk", due=dt.datetime(2026, 12, 4, 17, tzinfo=dt.UTC), priority=1, categories=["errand"]
        )
        found["uid"] = made.id in {each.id for each in calendar.get_todos()}
        token = calendar.get_objects_by_sync_token().sync_token
        with made.edit_icalendar_component() as todo:
            todo["summary"] = "Oat milk"
            todo.add("x-own", "kept")
        made.save()
        again = calendar.get_todo_by_uid(made.id)
        found["edited"] = [str(again.icalendar_component[name]) for name in ("summary", "x-own")]
        found["changed"] = len(list(calendar.get_objects_by_sync_token(sync_token=token, load_objects=True)))
        child = calendar.add_todo(summary="Step", parent=[made.id])
        found["parent"] = str(calendar.get_todo_by_uid(child.id).icalendar_component["related-to"]) == made.id
        again = calendar.get_todo_by_uid(made.id)
        again.complete()
        found["open"] = sorted(str(each.icalendar_component["summary"]) for each in calendar.get_todos())
        found["done"] = str(calendar.get_todo_by_uid(made.id).icalendar_component["status"])
        searched = calendar.search(todo=True, include_completed=True, summary="milk")
        found["searched"] = [str(each.icalendar_component["summary"]) for each in searched]
        found["kept"] = 0
        for number in range(count):
            title = HOSTILE[number % len(HOSTILE)]
            stored = calendar.add_todo(
                summary=title, uid=f"hostile-{number}", location=f"place {number}", priority=number % 10
            )
            read = calendar.get_todo_by_uid(stored.id).icalendar_component
            found["kept"] += (str(read["summary"]), str(read["location"])) == (title, f"place {number}")
        for each in calendar.get_todos(include_completed=True):
            each.delete()
        found["left"] = len(calendar.get_todos(include_completed=True))
    return found


if __name__ == "__main__":
    address, user_name, app_password, how_many = sys.argv[1:]
    sys.stdout.write(json.dumps(main(address, user_name, app_password, int(how_many))))
