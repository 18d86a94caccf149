"""The chat: header, transcript, composer, tasks. Layout, keys, slash commands, and what flows to the task pane."""

from collections.abc import Callable, Sequence
from typing import Any, Final

from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical
from textual.screen import Screen
from textual.widget import Widget

from kirotodo.client.tui.change_text import told
from kirotodo.client.tui.editor import EditorFailed, edit_text
from kirotodo.client.tui.keymap import bindings, key_label
from kirotodo.client.tui.messages import (
    BackendFailed,
    BackendReady,
    ConversationDeleted,
    ConversationRenamed,
    ConversationsChanged,
    Edited,
    Failed,
    LinkReported,
    ModelChosen,
    ModelsFetched,
    NewConversation,
    OpenConversation,
    SignOutRequested,
    StatusFetched,
    TasksFetched,
    TasksLoaded,
    TextOffered,
)
from kirotodo.client.tui.model_picker import named, names
from kirotodo.client.tui.screens.slash_commands import ONE_LIST, run_command
from kirotodo.client.tui.screens.talk import TalkScreen
from kirotodo.client.tui.slash import BY_NAME, matching, parse
from kirotodo.client.tui.widgets.approval_bar import ApprovalBar
from kirotodo.client.tui.widgets.composer import Composer
from kirotodo.client.tui.widgets.header import HeaderLine, KeyLine
from kirotodo.client.tui.widgets.queue import MessageQueue, QueuedMessage
from kirotodo.client.tui.widgets.slash_popup import SlashPopup
from kirotodo.client.tui.widgets.task_pane import TaskPane
from kirotodo.client.tui.widgets.transcript import Transcript
from kirotodo.core.backend import ModelChoice, TaskFields
from kirotodo.core.domain.task import Task
from kirotodo.core.errors import NotSignedIn

WIDE: Final = 100
"""Columns from which the tasks stand beside the conversation; below they come as a drawer."""


class ChatScreen(TalkScreen):
    """The one screen one lives in."""

    BINDINGS = bindings("chat")
    HORIZONTAL_BREAKPOINTS = [(0, "-narrow"), (WIDE, "-wide")]
    VERTICAL_BREAKPOINTS = [(0, "-short"), (20, "-tall")]

    def __init__(self) -> None:
        super().__init__()
        self.deleted: int | None = None
        self._wanted: int | None = None

    def compose(self) -> ComposeResult:
        popup = SlashPopup(lambda: self.query_one(TaskPane).tasks, self.choice_of_models, id="slash")
        yield HeaderLine(id="header")
        with Horizontal(id="body"):
            with Vertical(id="conversation"):
                yield Transcript(id="transcript")
                yield MessageQueue(id="queue")
                yield Composer(popup, id="composer")
                yield ApprovalBar(id="approval")
                yield popup
            yield TaskPane(clock=self.shell.clock, id="tasks")
        yield KeyLine(id="keys")

    def on_mount(self) -> None:
        state = self.shell.state
        self.conversation_id = None if self.shell.new else (self.shell.conversation_id or state.last_conversation)
        self.model = self.shell.model or state.model
        self.header.model = self.model or ""
        self.composer.sent = list(state.history)
        self.found = state.draft(self.conversation_id)
        self.composer.put(self.found)
        self.set_class(not state.pane_open, "-pane-closed")
        self.composer.focus()
        self.bindings_updated_signal.subscribe(self, lambda _: self.show_keys())

    def show_keys(self) -> None:
        """The keys of where the focus is, from the inside out."""
        shown = {
            active.binding.action: (key_label(key), active.binding.description)
            for key, active in reversed(self.active_bindings.items())
            if active.binding.show and active.node is not self.app
        }
        keys = list(reversed(shown.values()))
        if self.focused is self.composer:
            keys.append(("/", "commands"))
        if self.approval.asking:
            keys.append(("esc", "no"))
        elif self.live is not None or self.sending is not None:
            keys.append(("esc", "stop"))
        self.query_one(KeyLine).keys = (*keys, ("ctrl+t", "tasks"), ("f1", "help"))

    # --- the core comes, the list flows ---

    def on_backend_ready(self, message: BackendReady) -> None:
        message.stop()
        self.header.refused = False
        shell = self.shell
        shell.work(shell.jobs.follow(), group="follow", exclusive=True)
        self._load_list()
        if shell.new:
            self.post_message(NewConversation())
            shell.work(shell.jobs.send_all(shell.state.outbox))
        else:
            self._load_conversation()

    def _load_list(self) -> None:
        jobs = self.shell.jobs
        self.shell.work(jobs.quietly(jobs.load_tasks()), group="tasks", exclusive=True)
        self.shell.work(jobs.quietly(jobs.models()), group="models", exclusive=True)

    def _load_conversation(self) -> None:
        """The one that was asked for, else the one where one was; what was still on its way goes first."""
        shell, outbox = self.shell, self.shell.state.outbox
        if shell.conversation_id is not None:
            load = shell.jobs.open(shell.conversation_id, self.view, outbox=outbox)
        else:
            load = shell.jobs.open_latest(shell.state.last_conversation, self.view, outbox=outbox)
        shell.work(shell.jobs.quietly(load), group="open", exclusive=True)

    def on_link_reported(self, message: LinkReported) -> None:
        """Say how the link stands; once it is good again, catch up on what happened meanwhile."""
        message.stop()
        change, before = message.change, self.header.link
        self.header.link = change
        if change.wait is not None:
            self.header.count_down(change.wait)
        elif change.link == "offline":
            self.shell.say(f"{change.detail} What you write is kept, and goes out by itself.", "warning")
        elif change.link == "online" and before is not None:
            self._load_list()
            if self.loaded:
                self.post_message(ConversationsChanged())
            elif self._wanted is not None:
                self.shell.work(self.shell.jobs.quietly(self.shell.jobs.open(self._wanted, self.view)))
            else:
                self._load_conversation()

    def on_backend_failed(self, message: BackendFailed) -> None:
        message.stop()
        self.header.refused = True
        if not isinstance(message.error, NotSignedIn):
            self.note(f"{message.error.message} /retry tries again; what you type is kept.")

    def on_tasks_loaded(self, message: TasksLoaded) -> None:
        message.stop()
        self.query_one(TaskPane).set_tasks(message.tasks, total=message.total)

    def on_tasks_fetched(self, message: TasksFetched) -> None:
        message.stop()
        self.query_one(TaskPane).apply(message.tasks, message.removed)
        self.shell.work(self.shell.jobs.status(), group="status", exclusive=True)

    def on_status_fetched(self, message: StatusFetched) -> None:
        message.stop()
        self.header.status = message.status

    def on_models_fetched(self, message: ModelsFetched) -> None:
        message.stop()
        self.models = message.choices
        if self.model is not None and (choice := named(self.model, self.models)) is None:
            default = next(choice.name for choice in self.models if choice.default)
            self.shell.say(f"There is no model {self.model} here; {default} answers.", "warning")
            self._use_model(None)
        elif self.model is not None and choice is not None:
            self.model = choice.name
        self._show_usage()

    def choice_of_models(self) -> tuple[ModelChoice, ...]:
        """The models, where there is a choice."""
        return self.models if len(self.models) > 1 else ()

    def on_model_chosen(self, message: ModelChosen) -> None:
        message.stop()
        choice = named(message.name, self.models)
        if choice is None:
            self.shell.say(f"There is no model {message.name}. There are: {names(self.models)}.", "warning")
        else:
            self._use_model(None if choice.default else choice.name)
            self.shell.say(f"{choice.name} answers from now on.")

    def _use_model(self, name: str | None) -> None:
        """Let this model answer, None the default one; it is remembered."""
        self.model = name
        self.header.model = name or ""
        self.shell.state.model = name
        self.keep_state()

    def on_edited(self, message: Edited) -> None:
        message.stop()
        self.shell.say(message.said)
        for sentence in message.changed.skipped:
            self.shell.say(sentence, "warning")
        self.post_message(TasksFetched(message.changed.tasks, message.changed.removed))

    def on_failed(self, message: Failed) -> None:
        message.stop()
        self.shell.say(message.error.message, "error")

    def before_sending(self) -> None:
        self.query_one(TaskPane).sweep()

    def empty_state(self) -> Widget:
        from kirotodo.client.tui.widgets.first_run import FirstRun

        return FirstRun()

    # --- conversations ---

    def on_open_conversation(self, message: OpenConversation) -> None:
        message.stop()
        if message.conversation_id != self.conversation_id or not self.loaded:
            view = self.visit()
            self._wanted = message.conversation_id
            self.shell.work(self.shell.jobs.open(message.conversation_id, view))
        self.composer.focus()

    def on_new_conversation(self, message: NewConversation) -> None:
        message.stop()
        self.begin_new()

    def begin_new(self) -> None:
        from kirotodo.client.tui.messages import ConversationLoaded

        view = self.visit() if self.loaded or self.view else self.view
        self.conversation_id = None
        self.post_message(ConversationLoaded(None, view))

    def on_conversation_renamed(self, message: ConversationRenamed) -> None:
        message.stop()
        if message.conversation.id == self.conversation_id:
            self.header.title = message.conversation.title

    def on_conversation_deleted(self, message: ConversationDeleted) -> None:
        message.stop()
        self.deleted = message.conversation_id
        if message.conversation_id == self.conversation_id:
            self.begin_new()

    def on_conversations_changed(self, message: ConversationsChanged) -> None:
        message.stop()
        if self.conversation_id is not None and not self.busy:
            job = self.shell.jobs.look_again(self.conversation_id, self.view)
            self.shell.work(job, group="look", exclusive=True)

    def on_sign_out_requested(self, message: SignOutRequested) -> None:
        message.stop()
        run_command(self, "signout", "")

    def on_text_offered(self, message: TextOffered) -> None:
        message.stop()
        if message.send:
            self.submit(message.text)
        else:
            self.composer.give_back(message.text)
        self.composer.focus()

    # --- the composer ---

    def on_composer_submitted(self, message: Composer.Submitted) -> None:
        message.stop()
        command = parse(message.text)
        if command is None:
            self.submit(message.text)
        elif command[0] in BY_NAME:
            run_command(self, *command)
        else:
            near = matching(command[0], [(name, name) for name in BY_NAME])
            self.composer.give_back(message.text)
            self.shell.say(f"There is no /{command[0]}." + (f" Did you mean /{near[0]}?" if near else ""), "warning")

    def on_composer_refused(self, message: Composer.Refused) -> None:
        message.stop()
        self.shell.say(message.reason, "warning")

    def on_composer_page_requested(self, message: Composer.PageRequested) -> None:
        message.stop()
        self.transcript.page(message.direction)

    def on_composer_leave_requested(self) -> None:
        self.shell.leave()

    async def on_composer_editor_requested(self, message: Composer.EditorRequested) -> None:
        message.stop()
        try:
            text = await edit_text(self.app, message.text)
        except EditorFailed as failure:
            self.shell.say(str(failure), "error")
        else:
            self.composer.put(text)

    def on_slash_popup_chosen(self, message: SlashPopup.Chosen) -> None:
        message.stop()
        self.composer.focus()
        self.composer.choose(message.choice, message.send)

    # --- keys ---

    def action_escape(self) -> None:
        """Close what lies on top, say no to a question, stop the turn, or go back to the composer; text stays."""
        if self.composer.popup.open:
            self.composer.popup.close(self.composer.before_cursor)
        elif self.has_class("-drawer"):
            self._close_drawer()
        elif self.approval.asking:
            if not self.approval.leave_edit():
                self.approval.action_no()
        elif self.live is not None or self.sending is not None:
            self.stop()
        else:
            self.action_focus_composer()

    def action_undo(self) -> None:
        self.shell.edit(lambda backend: backend.undo(), lambda changed: told("Undone", changed))

    def action_redo(self) -> None:
        self.shell.edit(lambda backend: backend.redo(), lambda changed: told("Done again", changed))

    def action_help(self) -> None:
        from kirotodo.client.tui.screens.help import HelpScreen

        self._open(HelpScreen())

    def action_conversations(self) -> None:
        from kirotodo.client.tui.screens.conversations import ConversationsScreen

        self._open(ConversationsScreen(self.conversation_id))

    def _open(self, screen: Screen[Any]) -> None:
        self.app.push_screen(screen)

    def action_places(self) -> None:
        from kirotodo.client.tui.screens.server_picker import ServerPickerScreen

        if self.shell.places is None:
            self.shell.say(ONE_LIST, "warning")
        else:
            self._open(ServerPickerScreen(self.shell.places))

    def action_new_conversation(self) -> None:
        self.begin_new()
        self.composer.focus()

    def action_focus_composer(self) -> None:
        (self.approval if self.approval.asking else self.composer).focus()

    def action_toggle_tasks(self) -> None:
        if self.has_class("-wide"):
            self.toggle_class("-pane-closed")
            self.shell.state.pane_open = not self.has_class("-pane-closed")
            self.keep_state()
            if self.has_class("-pane-closed"):
                self.action_focus_composer()
        elif self.has_class("-drawer"):
            self._close_drawer()
        else:
            self.add_class("-drawer")
            self.call_after_refresh(self.query_one(TaskPane).focus)

    def _close_drawer(self) -> None:
        self.remove_class("-drawer")
        self.action_focus_composer()

    def action_next_area(self) -> None:
        self._go_to_area(1)

    def action_previous_area(self) -> None:
        self._go_to_area(-1)

    def _go_to_area(self, step: int) -> None:
        areas = self._areas()
        path = self.focused.ancestors_with_self if self.focused is not None else []
        here = next((index for index, (area, _) in enumerate(areas) if area in path), 0)
        areas[(here + step) % len(areas)][1]()

    def _areas(self) -> list[tuple[Widget, Callable[[], object]]]:
        """The parts of the screen that are there, in order, and how to go to each."""
        pane, transcript = self.query_one(TaskPane), self.transcript
        areas: list[tuple[Widget, Callable[[], object]]] = [
            (self.approval if self.approval.asking else self.composer, self.action_focus_composer)
        ]
        if self.queue.display:
            areas.append((self.queue, lambda: self.queue.query(QueuedMessage).first().focus()))
        if transcript.stops:
            areas.append((transcript, transcript.enter))
        if pane.display:
            areas.append((pane, pane.focus))
        return areas

    # --- what the task pane asks for ---

    def on_task_pane_complete_requested(self, message: TaskPane.CompleteRequested) -> None:
        message.stop()
        ids, done = message.task_ids, message.completed
        self.shell.edit(
            lambda backend: backend.complete_tasks(ids, completed=done),
            lambda changed: told("Done" if done else "Open again", changed, only=ids),
        )

    def on_task_pane_delete_requested(self, message: TaskPane.DeleteRequested) -> None:
        message.stop()
        ids = [task.id for task in message.tasks]
        said = f"Deleted: {_titles(message.tasks)} · u undoes"
        self.shell.edit(lambda backend: backend.delete_tasks(ids), said)

    def on_task_pane_priority_requested(self, message: TaskPane.PriorityRequested) -> None:
        message.stop()
        fields, task = TaskFields(priority=message.priority), message.task
        said = f"Priority {message.priority}: {task.title}"
        self.shell.edit(lambda backend: backend.update_tasks([task.id], fields), said)

    def on_task_pane_undo_requested(self) -> None:
        self.action_undo()

    def on_task_pane_redo_requested(self) -> None:
        self.action_redo()

    def on_task_pane_leave_requested(self) -> None:
        self._close_drawer()

    def on_task_pane_edit_requested(self, message: TaskPane.EditRequested) -> None:
        from kirotodo.client.tui.screens.task_edit import TitleScreen

        self._open(TitleScreen(message.task))

    def on_task_pane_due_requested(self, message: TaskPane.DueRequested) -> None:
        from kirotodo.client.tui.screens.task_edit import DueScreen

        self._open(DueScreen(message.task))

    def on_task_pane_details_requested(self, message: TaskPane.DetailsRequested) -> None:
        from kirotodo.client.tui.screens.task_edit import DetailsScreen

        self._open(DetailsScreen(message.task, zone=self.shell.clock().tzinfo))

    def on_task_pane_add_requested(self) -> None:
        from kirotodo.client.tui.screens.task_edit import NewTaskScreen

        self._open(NewTaskScreen())


def _titles(tasks: Sequence[Task]) -> str:
    return ", ".join(task.title for task in tasks[:3]) + (f" and {len(tasks) - 3} more" if len(tasks) > 3 else "")
