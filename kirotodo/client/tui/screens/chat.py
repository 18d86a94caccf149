"""The chat: header, transcript, composer, tasks. What its keys and messages do; the rules are in `TurnController`."""

from dataclasses import replace
from typing import TYPE_CHECKING, Final

from textual import events, on
from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical
from textual.reactive import Reactive
from textual.screen import Screen
from textual.widget import Widget
from textual.widgets import TextArea

from kirotodo.client.custom_commands import CustomCommand
from kirotodo.client.tui.editor import EditorFailed, edit_text
from kirotodo.client.tui.entries import Reverted
from kirotodo.client.tui.keymap import bindings
from kirotodo.client.tui.messages import (
    AnswerRefused,
    BackendFailed,
    CallUndone,
    ConversationDeleted,
    ConversationLoaded,
    ConversationRenamed,
    ConversationsChanged,
    DoneLoaded,
    Edited,
    EditsWaiting,
    EventArrived,
    Failed,
    LinkReported,
    MessageAccepted,
    MessageRefused,
    ModelChosen,
    ModelsFetched,
    MoreLoaded,
    NewConversation,
    OlderLoaded,
    OpenConversation,
    PageFetched,
    PendingCounted,
    RemindersRang,
    SavedLoaded,
    SignOutRequested,
    StatusFetched,
    TasksFetched,
    TasksLoaded,
    TextOffered,
    ViewChosen,
    ViewsLoaded,
    WatchLost,
)
from kirotodo.client.tui.model_picker import ModelPicker
from kirotodo.client.tui.screens.chat_view import ChatView
from kirotodo.client.tui.screens.slash_commands import ONE_LIST, CommandContext, run_command, sign_out
from kirotodo.client.tui.screens.task_requests import handle_task_request, redo, undo
from kirotodo.client.tui.shell import Shell
from kirotodo.client.tui.turn_controller import TurnController
from kirotodo.client.tui.views import BY_ID as VIEWS
from kirotodo.client.tui.views import ViewId
from kirotodo.client.tui.widgets.approval_bar import ApprovalBar
from kirotodo.client.tui.widgets.completion import CompletionPopup
from kirotodo.client.tui.widgets.composer import Composer, over_length
from kirotodo.client.tui.widgets.header import HeaderLine, KeyLine
from kirotodo.client.tui.widgets.messages import AnswerEnd, Note, ToolLine
from kirotodo.client.tui.widgets.queue import MessageQueue, QueuedMessage
from kirotodo.client.tui.widgets.reminder_card import SNOOZE, ReminderCard
from kirotodo.client.tui.widgets.slash_popup import BY_NAME, SlashPopup, matching
from kirotodo.client.tui.widgets.task_pane import TaskPane
from kirotodo.client.tui.widgets.transcript import Transcript
from kirotodo.core.backend import TaskFields
from kirotodo.core.domain.conversation import MESSAGE_MAX
from kirotodo.core.errors import InvalidInput, NotSignedIn

if TYPE_CHECKING:
    from kirotodo.client.tui.widgets.task_card import TaskCard

WIDE: Final = 100
"""Columns from which the tasks stand beside the conversation; below one of the two is shown."""


WAITS: Final = "sent once the server is back"
"""What a toast says of an edit that waits."""


class ChatScreen(Screen[None]):
    """The main screen: it hands messages to the controller of the conversation, and keys to the widgets."""

    BINDINGS = bindings("chat")
    HORIZONTAL_BREAKPOINTS = [(0, "-narrow"), (WIDE, "-wide")]
    VERTICAL_BREAKPOINTS = [(0, "-short"), (20, "-tall")]
    focused: Reactive[Widget | None] = Reactive(None, repaint=False)
    """The widget that has the focus; it and the one before draw themselves anew, and nothing else has to."""

    def __init__(
        self, shell: Shell, *, conversation_id: int | None = None, new: bool = False, model: str | None = None
    ) -> None:
        super().__init__()
        self.shell = shell
        self.models = ModelPicker(model or shell.state.model)
        self.view = ChatView(self, shell)
        self._heard_of_edits = self._resumed = False
        self._wants_conversation = new or conversation_id is not None
        self.controller = TurnController(
            self.view,
            shell.background,
            state=shell.state,
            models=self.models,
            conversation_id=conversation_id,
            new=new,
        )
        self._commands = CommandContext(
            shell=shell,
            conversation=self.controller,
            models=self.models,
            write=self.view.return_text,
            run_action=lambda name: getattr(self, f"action_{name}")(),
            retry=self._retry,
        )

    def compose(self) -> ComposeResult:
        """Yield the header, the conversation, the tasks and the line of keys."""
        self._take_breakpoints()
        own = tuple(self.shell.commands.values())
        popup = SlashPopup(lambda: self.view.tasks.tasks, lambda: self.models.alternatives, own=own, id="slash")
        yield HeaderLine(id="header")
        with Horizontal(id="body"):
            with Vertical(id="conversation"):
                yield Transcript(id="transcript")
                yield ReminderCard(id="reminder")
                yield MessageQueue(id="queue")
                yield Composer(popup, id="composer")
                yield ApprovalBar(id="approval")
                yield popup
            yield TaskPane(clock=self.shell.clock, id="tasks")
        yield KeyLine(id="keys")

    def _take_breakpoints(self) -> None:
        """Take the classes of the window's size before there is anything in it, which they would give new styles."""
        width, height = self.app.size
        across = self._get_breakpoint_classes(width, self.HORIZONTAL_BREAKPOINTS)
        self.add_class(*across, *self._get_breakpoint_classes(height, self.VERTICAL_BREAKPOINTS), update=False)

    def on_screen_resume(self, event: events.ScreenResume) -> None:
        """Leave the styles as they are the first time: the widgets have just got them."""
        if not self._resumed:
            self._resumed, event.refresh_styles = True, False

    def on_mount(self) -> None:
        """Show what is remembered: the draft, the history, the model, whether the pane is open."""
        state, composer = self.shell.state, self.view.composer
        self.view.header.model = self.models.chosen or ""
        composer.sent_messages = state.history
        composer.put(state.draft(self.controller.conversation_id))
        self.set_class(not state.pane_open, "-pane-closed")
        self.view.set_pane_width(state.pane_width)
        if (view := VIEWS.get(state.task_view or "")) is not None:
            self.view.tasks.show_view(view.id)
        if state.pane_full and not self._wants_conversation:
            self.view.toggle_full()
        else:
            composer.focus()
        self.bindings_updated_signal.subscribe(self, lambda _: self.view.show_keys())

    def keep_draft(self) -> None:
        """Put the draft on disk now."""
        if self.is_mounted:
            self.controller.keep_draft()

    # --- the backend and the list ---

    def on_backend_ready(self) -> None:
        """Load the list and the first conversation, and follow the changes."""
        self.view.header.refused = self._heard_of_edits = False
        self.shell.work(self.shell.background.follow(), group="follow", exclusive=True)
        self.shell.work(self.shell.background.ring_reminders(self.shell.clock), group="ring", exclusive=True)
        self._load_list()
        self.controller.start()

    def on_backend_failed(self, message: BackendFailed) -> None:
        """Say why the list could not be opened, unless the sign-in screen does."""
        self.view.header.refused = True
        if not isinstance(message.error, NotSignedIn):
            self.controller.note(f"{message.error.message} /retry tries again; what you type is kept.")

    def _load_list(self) -> None:
        work = self.shell.background
        self.shell.work(work.quietly(work.load_tasks()), group="tasks", exclusive=True)
        self.shell.work(work.quietly(work.models()), group="models", exclusive=True)
        self.shell.work(work.quietly(work.load_views()), group="views", exclusive=True)

    def on_link_reported(self, message: LinkReported) -> None:
        """Show the state of the link; once it is good again, catch up on what happened meanwhile."""
        header, change = self.view.header, message.change
        before, header.link = header.link, change
        if change.wait is not None:
            header.count_down(change.wait)
        elif change.link == "offline":
            self.shell.toast(f"{change.detail} What you write is kept and sent once the server is back.", "warning")
        elif change.link == "online" and before is not None:
            self._load_list()
            self.controller.reconnected()

    def on_edits_waiting(self, message: EditsWaiting) -> None:
        """Show which edits wait for the server, and what became of those that were sent."""
        edits = message.edits
        self.view.header.edits = edits.count
        self.view.tasks.set_pending(edits.task_ids)
        if edits.tasks or edits.removed:
            self.view.show_tasks(edits.tasks, edits.removed)
        new = self.controller.show_notes(edits.notes)
        if self._heard_of_edits:  # those of an earlier start are in the conversation; these have just come to be
            for note in new:
                self.shell.toast(note.text, "warning")
        self._heard_of_edits = True

    def on_note_dismiss_requested(self, message: Note.DismissRequested) -> None:
        """Forget a note."""
        note_id = message.entry.note_id
        if note_id is not None:
            self.controller.drop_note(note_id)
            self.shell.work(self.shell.background.dismiss_note(note_id), group="notes")

    def on_tasks_loaded(self, message: TasksLoaded) -> None:
        """Show the open tasks."""
        self.view.tasks.set_tasks(message.tasks, total=message.total)
        self.view.greet()

    def on_tasks_fetched(self, message: TasksFetched) -> None:
        """Show changed tasks; how many are open comes with the changes of the list."""
        self.view.tasks.apply(message.tasks, message.removed)
        self.view.transcript.update_tasks(message.tasks, message.removed)
        self.view.greet()
        self.query_one(ReminderCard).forget(message.tasks, message.removed)

    def on_pending_counted(self, message: PendingCounted) -> None:
        """Show how many tasks are open."""
        header = self.view.header
        if header.status is not None:
            header.status = replace(header.status, pending=message.pending)

    def on_status_fetched(self, message: StatusFetched) -> None:
        """Show the status in the header."""
        self.view.header.status = message.status

    def on_edited(self, message: Edited) -> None:
        """Report a direct edit, and show its tasks."""
        ids = {task.id for task in message.changed.tasks} | set(message.changed.removed)
        waits = not self.view.tasks.pending.isdisjoint(ids)
        self.shell.toast(f"{message.notice} · {WAITS}" if waits else message.notice)
        for sentence in message.changed.skipped:
            self.shell.toast(sentence, "warning")
        if message.reverts is not None:
            changed = message.changed
            what = Reverted(there=[task.id for task in changed.tasks], gone=changed.removed, changes=changed.changes)
            self.controller.answer.list_reverted(what, undone=message.reverts == "undo")
        if message.settles_marks:
            self.view.tasks.clear_marks()
        self.view.show_tasks(message.changed.tasks, message.changed.removed)

    def on_reminders_rang(self, message: RemindersRang) -> None:
        """Show reminders, with the bell, and with a notification while another window has the focus."""
        self.query_one(ReminderCard).add(message.reminders)
        first, more = message.reminders[0].task.title, len(message.reminders) - 1
        self.shell.alert(f"{first} and {more} more" if more else first)
        self.call_after_refresh(message.shown.set)

    def on_reminder_card_chosen(self, message: ReminderCard.Chosen) -> None:
        """Complete the task of a reminder, put it off, or show it."""
        task = message.task
        match message.choice:
            case "done":
                handle_task_request(self.shell, TaskPane.CompleteRequested((task.id,), True))
            case "snooze":
                fields, notice = TaskFields(snooze=SNOOZE), f"Snoozed for {SNOOZE}: {task.title}"
                self.shell.edit(lambda backend: backend.update_tasks([task.id], fields), notice)
            case "open":
                handle_task_request(self.shell, TaskPane.DetailsRequested(task))

    def on_reminder_card_left(self) -> None:
        """Go back to the composer."""
        self.view.focus_composer()

    def on_failed(self, message: Failed) -> None:
        """Report what did not work."""
        self.shell.toast(message.error.message, "error")

    @on(TaskPane.Request)
    def _task_requested(self, message: TaskPane.Request) -> None:
        handle_task_request(self.shell, message)

    def on_task_pane_leave_requested(self) -> None:
        """Go back to the composer."""
        self.view.focus_composer()

    def on_task_pane_full_width_requested(self) -> None:
        """Give the tasks the whole width, or put them beside the conversation again."""
        self.view.toggle_full()

    def on_task_pane_width_requested(self, message: TaskPane.WidthRequested) -> None:
        """Make the task pane wider or narrower, and remember it."""
        width = self.view.set_pane_width(message.width)
        if message.final:
            self.shell.state.pane_width = width
            self.controller.save()

    def on_task_pane_view_changed(self, message: TaskPane.ViewChanged) -> None:
        """Remember which view is shown."""
        self.shell.state.task_view = message.view
        self.controller.save()

    def on_task_pane_done_requested(self, message: TaskPane.DoneRequested) -> None:
        """Load tasks that are done."""
        work, since = self.shell.background, self.shell.clock().date() if message.today_only else None
        self.shell.work(work.quietly(work.load_done(since, cursor=message.cursor)), group="done", exclusive=True)

    def on_task_card_more_requested(self, message: "TaskCard.MoreRequested") -> None:
        """Load more of the tasks that an answer lists."""
        self.shell.work(self.shell.background.more_tasks(message.where, message.cursor, message.card), group="more")

    def on_more_loaded(self, message: MoreLoaded) -> None:
        """Show more of the tasks that an answer lists."""
        message.card.add(message.tasks, cursor=message.next)

    def on_done_loaded(self, message: DoneLoaded) -> None:
        """Show tasks that are done."""
        self.view.tasks.add_done(message.tasks, next=message.next)

    def on_resize(self) -> None:
        """Give the task pane its part of the window, and the focus to the composer where that part has gone."""
        self.view.set_pane_width(self.shell.state.pane_width)
        self.call_after_refresh(self._keep_focus)

    def _keep_focus(self) -> None:
        if self.focused is None and self.is_current:
            self.view.focus_composer()

    # --- the model ---

    def on_models_fetched(self, message: ModelsFetched) -> None:
        """Show which of the models answers."""
        if warning := self.models.update(message.choices):
            self.shell.toast(warning, "warning")
            self._keep_model()
        self.view.header.model = self.models.chosen or ""
        self.controller.answer.show_usage()

    def on_model_chosen(self, message: ModelChosen) -> None:
        """Let another model answer, and remember it."""
        chosen, notice = self.models.choose(message.name)
        self.shell.toast(notice, "information" if chosen else "warning")
        self._keep_model()

    def _keep_model(self) -> None:
        self.view.header.model = self.models.chosen or ""
        self.shell.state.model = self.models.chosen
        self.controller.save()

    # --- the conversation ---

    def on_open_conversation(self, message: OpenConversation) -> None:
        """Open a conversation."""
        self.controller.open(message.conversation_id, message.seq)
        self.view.focus_composer()

    def on_new_conversation(self, message: NewConversation) -> None:
        """Start a new conversation."""
        self.controller.begin_new()

    async def on_conversation_loaded(self, message: ConversationLoaded) -> None:
        """Show a loaded conversation."""
        await self.controller.conversation_loaded(message.transcript, message.visit)

    def on_page_fetched(self, message: PageFetched) -> None:
        """Add what another program wrote."""
        self.controller.page_fetched(message.transcript, message.visit)

    def on_transcript_older_requested(self) -> None:
        """Load older messages."""
        self.controller.load_older()

    def on_transcript_edit_requested(self, message: Transcript.EditRequested) -> None:
        """Edit a message, or ask the same again."""
        if message.as_it_is:
            self.controller.send_again(message.entry)
        else:
            self.controller.edit_message(message.entry)

    def on_transcript_variant_requested(self, message: Transcript.VariantRequested) -> None:
        """Show another variant of a message."""
        self.controller.show_variant(message.seq)

    def on_older_loaded(self, message: OlderLoaded) -> None:
        """Show older messages."""
        self.controller.older_loaded(message.transcript, message.visit)

    def on_conversation_renamed(self, message: ConversationRenamed) -> None:
        """Show a new title."""
        self.controller.conversation_renamed(message.conversation)

    def on_conversation_deleted(self, message: ConversationDeleted) -> None:
        """Leave a deleted conversation."""
        self.controller.conversation_deleted(message.conversation_id)

    def on_conversations_changed(self, message: ConversationsChanged) -> None:
        """Fetch the newest page once more, if this conversation has more than is on screen."""
        self.controller.conversations_changed(message.heads)

    def on_sign_out_requested(self, message: SignOutRequested) -> None:
        """Sign out of the server."""
        sign_out(self.shell)

    # --- messages and their turns ---

    def on_message_accepted(self, message: MessageAccepted) -> None:
        """Follow the turn of an accepted message."""
        self.controller.message_accepted(message.outgoing, message.sent, message.visit)

    def on_message_refused(self, message: MessageRefused) -> None:
        """Take a refused message back."""
        self.controller.message_refused(message.outgoing, message.error, message.visit)

    def on_event_arrived(self, message: EventArrived) -> None:
        """Show an event of the turn."""
        self.controller.answer.event_arrived(message.event, message.visit)

    def on_watch_lost(self, message: WatchLost) -> None:
        """Show a turn that can no longer be watched as failed."""
        self.controller.answer.watch_lost(message.turn_id, message.error, message.visit)

    def on_answer_end_retry_requested(self, message: AnswerEnd.RetryRequested) -> None:
        """Send the message of a failed turn again."""
        self.controller.retry(message.turn_id)

    def _retry(self) -> None:
        if self.shell.refused:
            self.view.header.refused = False
            self.shell.open_core()
        else:
            self.controller.retry()

    def on_tool_line_undo_requested(self, message: ToolLine.UndoRequested) -> None:
        """Undo a tool call."""
        self.controller.answer.undo_call(message.turn_id, message.call_id)

    def on_call_undone(self, message: CallUndone) -> None:
        """Mark a tool call as undone."""
        self.controller.answer.call_undone(message.turn_id, message.call_id, message.changed)

    def on_approval_bar_answered(self, message: ApprovalBar.Answered) -> None:
        """Send the user's decision."""
        self.controller.answer.answer(message.turn_id, message.call_id, message.decision, message.arguments)

    def on_answer_refused(self, message: AnswerRefused) -> None:
        """Ask again."""
        self.controller.answer.answer_refused(message.turn_id, message.error)

    # --- the queue ---

    def on_queued_message_edit_requested(self, message: QueuedMessage.EditRequested) -> None:
        """Edit a queued message."""
        self.controller.edit_queued(message.index)
        self.view.focus_composer()

    def on_queued_message_remove_requested(self, message: QueuedMessage.RemoveRequested) -> None:
        """Remove a queued message."""
        self.controller.remove_queued(message.index)
        self.view.focus_queue()

    def on_queued_message_send_requested(self, message: QueuedMessage.SendRequested) -> None:
        """Send a queued message next."""
        self.controller.send_queued(message.index)
        self.view.focus_composer()

    # --- the composer ---

    def on_text_area_changed(self, event: TextArea.Changed) -> None:
        """Keep the draft."""
        self.controller.note_draft()

    def on_text_offered(self, message: TextOffered) -> None:
        """Take a text into the composer, or send it."""
        if message.send:
            self.controller.submit(message.text)
        else:
            self.view.return_text(message.text)
        self.view.focus_composer()

    def on_composer_submitted(self, message: Composer.Submitted) -> None:
        """Send a message, or run a slash command."""
        command = message.command
        if command is not None and command[0] in BY_NAME:
            run_command(self._commands, *command)
        elif command is not None and (own := self.shell.commands.get(command[0])) is not None:
            self._send_own(own, message.text, command[1])
        elif command is None or not command[0].isalpha():
            self.controller.submit(message.text)
        else:
            near = matching(command[0], [(name, name) for name in (*BY_NAME, *self.shell.commands)])
            self.view.return_text(message.text)
            suggestion = f" Did you mean /{near[0]}?" if near else ""
            self.shell.toast(f"There is no /{command[0]}.{suggestion}", "warning")

    def _send_own(self, command: CustomCommand, typed: str, argument: str) -> None:
        """Send the prompt of a command of the user's own, or say what it lacks."""
        try:
            text = command.text(argument)
        except InvalidInput as error:
            problem = error.message
        else:
            problem = over_length(text) if len(text) > MESSAGE_MAX else ""
        if problem:
            self.view.return_text(typed)
            self.shell.toast(problem, "warning")
        else:
            self.controller.submit(text)

    def on_composer_refused(self, message: Composer.Refused) -> None:
        """Say why a text cannot be sent."""
        self.shell.toast(message.reason, "warning")

    def on_composer_page_requested(self, message: Composer.PageRequested) -> None:
        """Scroll the conversation."""
        self.view.transcript.page(message.direction)

    def on_composer_leave_requested(self) -> None:
        """Quit."""
        self.shell.leave()

    async def on_composer_editor_requested(self, message: Composer.EditorRequested) -> None:
        """Write the message in the user's editor."""
        try:
            text = await edit_text(self.app, message.text)
        except EditorFailed as failure:
            self.shell.toast(str(failure), "error")
        else:
            self.view.set_draft(text)

    def on_completion_popup_chosen(self, message: CompletionPopup.Chosen) -> None:
        """Take the row that was clicked."""
        self.view.focus_composer()
        self.view.composer.choose(message.choice, message.send)

    # --- keys ---

    def action_escape(self) -> None:
        """Close what lies on top, say no to a question, stop the turn, or go back to the composer; text stays."""
        composer, approval = self.view.composer, self.view.approval
        if composer.popup.open:
            composer.popup.close(composer.completable)
        elif self.view.drawer_open:
            self.view.focus_composer()
        elif approval.asking:
            if not approval.leave_edit():
                approval.action_no()
        elif self.controller.active:
            self.controller.stop()
        elif self.controller.editing is not None:
            self.controller.leave_edit()
        else:
            self.view.focus_composer()

    def action_undo(self) -> None:
        """Undo the latest change to the list."""
        undo(self.shell)

    def action_redo(self) -> None:
        """Redo what was undone last."""
        redo(self.shell)

    def action_help(self) -> None:
        """Show every key."""
        from kirotodo.client.tui.screens.help import HelpScreen

        self.shell.open_screen(HelpScreen(tuple(self.shell.commands.values())))

    def action_keys(self) -> None:
        """Find the key of each action, and change it."""
        from kirotodo.client.tui.screens.keys import KeysScreen

        self.shell.open_screen(KeysScreen())

    def show_keys(self) -> None:
        """Show the keys as they are now, wherever they stand."""
        self.view.show_keys()
        self.view.tasks.show_keys()
        self.view.transcript.show_keys()
        self.view.approval.show_keys()
        self.query_one(ReminderCard).show_keys()
        for row in self.query(QueuedMessage):
            row.renew()

    def action_statistics(self) -> None:
        """Show what was done on which day."""
        from kirotodo.client.tui.screens.statistics import StatisticsScreen

        self.shell.open_screen(StatisticsScreen())

    def action_themes(self) -> None:
        """Choose a theme."""
        from kirotodo.client.tui.screens.theme_picker import ThemePickerScreen

        self.shell.open_screen(ThemePickerScreen())

    def action_conversations(self) -> None:
        """List the conversations."""
        from kirotodo.client.tui.screens.conversations import ConversationsScreen

        self.shell.open_screen(ConversationsScreen(self.controller.conversation_id))

    def action_places(self) -> None:
        """Choose the server, or the local list."""
        from kirotodo.client.tui.screens.server_picker import ServerPickerScreen

        if self.shell.switcher is None:
            self.shell.toast(ONE_LIST, "warning")
        else:
            self.shell.open_screen(ServerPickerScreen(self.shell.switcher))

    def action_new_conversation(self) -> None:
        """Start a new conversation."""
        self.controller.begin_new()
        self.view.focus_composer()

    def action_focus_composer(self) -> None:
        """Go to the composer."""
        self.view.focus_composer()

    def action_toggle_tasks(self) -> None:
        """Show or hide the tasks; beside the conversation, that is remembered."""
        pane_open = self.view.toggle_tasks()
        if pane_open is not None:
            self.shell.state.pane_open = pane_open
            self.controller.save()

    def action_focus_tasks(self) -> None:
        """Go to the task list, and open it if it is hidden."""
        if not self.view.tasks.display or self.has_class("-narrow"):
            if self.view.drawer_open:
                self.view.tasks.focus()
            else:
                self.action_toggle_tasks()
        self.call_after_refresh(self.view.tasks.focus)

    def action_view_all(self) -> None:
        """Show all open tasks."""
        self._show_view("all")

    def action_view_today(self) -> None:
        """Show what is due today, overdue or done today."""
        self._show_view("today")

    def action_view_upcoming(self) -> None:
        """Show the days to come."""
        self._show_view("upcoming")

    def action_view_week(self) -> None:
        """Show the next seven days."""
        self._show_view("week")

    def action_view_projects(self) -> None:
        """Show the tasks by project."""
        self._show_view("projects")

    def action_view_tags(self) -> None:
        """Show the tasks by tag."""
        self._show_view("tags")

    def action_view_done(self) -> None:
        """Show what is done, by day."""
        self._show_view("done")

    def action_view_saved_1(self) -> None:
        """Show your first saved view."""
        self._show_saved("chat.view_saved_1")

    def action_view_saved_2(self) -> None:
        """Show your second saved view."""
        self._show_saved("chat.view_saved_2")

    def action_view_saved_3(self) -> None:
        """Show your third saved view."""
        self._show_saved("chat.view_saved_3")

    def action_views(self) -> None:
        """Choose a view."""
        from kirotodo.client.tui.screens.view_picker import ViewPickerScreen

        self.shell.open_screen(ViewPickerScreen(self.view.tasks.saved, shown=self.view.tasks.view.id))

    def on_view_chosen(self, message: ViewChosen) -> None:
        """Show the view that was chosen."""
        self._show_view(message.view)

    def on_views_loaded(self, message: ViewsLoaded) -> None:
        """Offer the saved views; at the start, show the one that was shown last."""
        self.view.tasks.set_saved(message.views)
        remembered = self.shell.state.task_view or ""
        if remembered != self.view.tasks.view.id and self.view.tasks.has_view(remembered):
            self.view.tasks.show_view(remembered)

    def on_task_pane_saved_requested(self, message: TaskPane.SavedRequested) -> None:
        """Load the tasks of a saved view."""
        work = self.shell.background
        job = work.load_saved(message.view.name, message.view.filter, message.view.sort)
        self.shell.work(work.quietly(job), group="saved", exclusive=True)

    def on_saved_loaded(self, message: SavedLoaded) -> None:
        """Show the tasks of a saved view."""
        self.view.tasks.show_saved(message.name, message.tasks)

    def _show_saved(self, action: str) -> None:
        if (view := self.view.tasks.view_of(action)) is not None:
            self._show_view(view)
        else:
            self.shell.toast("There is no such saved view. Save one with `kirotodo views add`.", "warning")

    def _show_view(self, view: ViewId) -> None:
        self.view.tasks.show_view(view)
        self.action_focus_tasks()

    def action_next_area(self) -> None:
        """Go to the next part of the screen."""
        self.view.focus_area(1)

    def action_previous_area(self) -> None:
        """Go to the part of the screen before."""
        self.view.focus_area(-1)
