"""`kirotodo remind` and `kirotodo snooze`."""

import asyncio
import datetime as dt
import os
import sys
from collections.abc import Sequence
from contextlib import aclosing
from typing import TYPE_CHECKING, Any, Final

import click

from kirotodo.client.commands.context import FAILED, leave, now, with_backend, with_list
from kirotodo.client.commands.output import Styled, put, put_json, put_json_line, ring_bell, say, to_json
from kirotodo.client.commands.params import NUMBERS, distinct, json_option
from kirotodo.core.backend import Backend, LinkChanged, TaskFields
from kirotodo.core.text.dates import describe_due, describe_moment
from kirotodo.core.text.sanitize import sanitize_line

if TYPE_CHECKING:
    from kirotodo.client.desktop import Action, Desktop
    from kirotodo.core.domain.reminder import Claimed, Reminder
    from kirotodo.core.errors import KirotodoError

SNOOZE: Final = "10 minutes"
AWAY_SECONDS: Final = 10.0
"""How long to leave a server alone whose changes could not be followed."""


@click.command(
    short_help="Put off reminders.",
    epilog="""\b
Examples:
  kirotodo snooze 12
  kirotodo snooze 12 "1 hour"
  kirotodo snooze 12 14 "until tomorrow 9"
  kirotodo undo                 (takes it back)""",
)
@click.argument("words", nargs=-1, required=True, metavar="NUMBER... [WHEN]")
@json_option
def snooze(words: tuple[str, ...], as_json: bool) -> None:
    """Put off the reminders of tasks, by their numbers: for 10 minutes, for so long, or until a moment.

    The reminder of a repeating task is put off this once; its next one comes as always.
    """
    numbers, when = _split(words)
    fields = TaskFields(snooze=when)
    changed = with_list(lambda backend: backend.update_tasks(numbers, fields))
    if as_json:
        put_json(changed)
        return
    for task in changed.tasks:
        if task.remind_at is not None:
            moment = describe_moment(task.remind_at, now=now())
            put(f"Snoozed: {task.id} {sanitize_line(task.title)} — reminds you {moment}")


def _split(words: tuple[str, ...]) -> tuple[tuple[int, ...], str]:
    """Return the numbers at the beginning, and what follows them. A number on its own is that of a task."""
    count = 0
    while count < len(words) and words[count].lstrip("#").replace(",", "").replace("-", "").isdecimal():
        count += 1
    if count == 0:
        raise click.UsageError('Which task? For example: kirotodo snooze 12 "1 hour"')
    numbers = distinct([NUMBERS.convert(word, None, click.get_current_context()) for word in words[:count]])
    return numbers, " ".join(words[count:]).strip() or SNOOZE


@click.command(
    short_help="Ring reminders in this terminal and on the desktop.",
    epilog="""\b
Examples:
  kirotodo remind               (rings until you press ctrl+c)
  kirotodo remind --once        (what is due now, then ends)
  kirotodo remind --install     (rings in the background, from now on)""",
)
@click.option("--once", is_flag=True, help="Ring what is due now, and end.")
@click.option(
    "--desktop/--no-desktop",
    default=None,
    help="Ring on the desktop alone, or never. By default both ring: the desktop and this terminal.",
)
@click.option("--install", "service", flag_value="install", help="Install a service that rings in the background.")
@click.option("--uninstall", "service", flag_value="uninstall", help="Stop that service and remove it.")
@json_option
def remind(once: bool, desktop: bool | None, service: str | None, as_json: bool) -> None:
    """Ring reminders as long as it runs. Each rings once, here or in an open chat, or where the server rings.

    What was missed while nothing ran is rung at the start, and marked.
    """
    if service is not None:
        if once or as_json or desktop is not None:
            raise click.UsageError(f"--{service} goes without other options.")
        _change_service(service)
        return
    with_backend(lambda backend: Watch(backend, once=once, desktop=desktop, as_json=as_json).run())


class Watch:
    """Rings the reminders of a backend for a person at a terminal, or for a program that reads JSON."""

    def __init__(self, backend: Backend, *, once: bool, desktop: bool | None, as_json: bool) -> None:
        self._backend = backend
        self._once = once
        self._terminal = desktop is not True
        self._wants_desktop = desktop is not False
        self._as_json = as_json
        self._desktop: Desktop | None = None
        self._said: object = self  # nothing yet, which is another thing than no reminder

    async def run(self) -> None:
        """Ring until interrupted; with `once`, what is due now."""
        from kirotodo.client.desktop import open_desktop
        from kirotodo.client.ringing import ClientRinger

        if self._wants_desktop:
            self._desktop = open_desktop(self._chosen)
        ringer = ClientRinger(self._backend, self._show, clock=lambda: now().astimezone(dt.UTC))
        try:
            if self._once:
                self._waiting(await ringer.ring_due())
                return
            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(self._follow(ringer))
                tasks.create_task(ringer.run(waiting=self._waiting, trouble=self._trouble))
        finally:
            if self._desktop is not None:
                await self._desktop.aclose()

    async def _follow(self, ringer: Any) -> None:
        """Wake the ringer where a change, here or elsewhere, brings a reminder that comes sooner."""
        from kirotodo.core.errors import KirotodoError

        while True:
            try:
                first = True
                async with aclosing(self._backend.changes()) as changes:  # type: ignore[type-var]
                    async for change in changes:
                        if not isinstance(change, LinkChanged):
                            ringer.hear([task.remind_at for task in change.tasks], first=first)
                            first = False
                        elif change.link == "online":
                            ringer.wake()
            except KirotodoError:
                await asyncio.sleep(AWAY_SECONDS)

    async def _show(self, reminders: Sequence["Reminder"]) -> bool:
        shown = await self._show_on_desktop(reminders)
        if self._terminal:
            self._print(reminders)
        elif not shown:
            say("No desktop accepted the notification. Is a notification service running in this session?")
        return shown or self._terminal

    async def _show_on_desktop(self, reminders: Sequence["Reminder"]) -> bool:
        from kirotodo.client.desktop import Notice

        if self._desktop is None:
            return False
        if len(reminders) == 1:
            [one] = reminders
            return await self._desktop.show(
                Notice(title=one.task.title, body=detail(one, now=now()), task_id=one.task.id)
            )
        titles = ", ".join(sanitize_line(each.task.title) for each in reminders[:5])
        return await self._desktop.show(Notice(title=f"{len(reminders)} reminders", body=f"{titles} …"))

    def _print(self, reminders: Sequence["Reminder"]) -> None:
        if self._as_json:
            for each in reminders:
                rung = {"task": each.task, "remind_at": each.remind_at, "late": each.late, "again": each.again}
                put_json_line(to_json(rung))
            return
        for each in reminders:
            more = detail(each, now=now())
            put(Styled(f"{each.task.id} {sanitize_line(each.task.title)}", bold=True), f"  {more}" if more else "")
        ring_bell()

    def _waiting(self, claimed: "Claimed") -> None:
        upcoming = claimed.upcoming
        if upcoming == self._said:
            return
        self._said = upcoming
        if self._as_json:
            return
        if upcoming is None:
            say("No reminder is set." if self._once else "No reminder is set. Waiting for one; ctrl+c stops.")
        else:
            moment = describe_moment(upcoming.remind_at, now=now())
            say(f"Next: {upcoming.task_id} {sanitize_line(upcoming.title)}, {moment}")

    def _trouble(self, error: "KirotodoError") -> None:
        say(f"{error.message} Trying again in a minute.")

    async def _chosen(self, task_id: int, action: "Action") -> None:
        from kirotodo.core.errors import KirotodoError

        try:
            if action == "done":
                await self._backend.complete_tasks([task_id])
                say(f"Done: {task_id}")
            else:
                await self._backend.update_tasks([task_id], {"snooze": SNOOZE})
                say(f"Snoozed for {SNOOZE}: {task_id}")
        except KirotodoError as error:
            say(error.message)


def detail(reminder: "Reminder", *, now: dt.datetime) -> str:
    """Return what is worth knowing about a reminder that rings: when it is due, and that it is late."""
    task = reminder.task
    words = []
    if task.due_date is not None:
        words.append(f"due {describe_due(task.due_date, task.due_time, today=now.date(), relative=True)}")
    if reminder.late:
        words.append(f"missed {describe_moment(reminder.remind_at, now=now)}")
    if reminder.again:
        words.append("perhaps shown before")
    return ", ".join(words)


def _change_service(how: str) -> None:
    from kirotodo.client import service

    command = [sys.executable, "-m", "kirotodo", "remind", "--desktop"]
    user = os.getuid() if hasattr(os, "getuid") else 0
    made = service.service(command, platform=sys.platform, environment=os.environ, user=user)
    try:
        failed = service.install(made) if how == "install" else service.uninstall(made)
    except OSError as error:
        leave(FAILED, f"{made.path} could not be {'written' if how == 'install' else 'removed'}: {error.strerror}.")
    if failed is None:
        leave(FAILED, f"There is no {made.path}: nothing was installed.")
    put(str(made.path))
    if failed:
        say("The file is in place." if how == "install" else "The file is removed.")
        say("The system could not be told. Run this yourself:")
        for line in failed:
            say(f"  {' '.join(line)}")
    else:
        say("Reminders ring in the background from now on." if how == "install" else "They ring there no more.")
