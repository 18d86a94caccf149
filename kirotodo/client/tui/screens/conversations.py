"""The list of conversations, latest first: to search, open, rename, delete and restore."""

from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Final

from rich.cells import cell_len
from textual import on
from textual.app import ComposeResult
from textual.containers import Vertical
from textual.content import Content
from textual.message import Message
from textual.screen import ModalScreen
from textual.timer import Timer
from textual.widgets import Input, OptionList, Static
from textual.widgets.option_list import Option

from kirotodo.client.tui.keymap import bindings, hints, keys_of
from kirotodo.client.tui.markdown import without_marks
from kirotodo.client.tui.messages import (
    ConversationDeleted,
    ConversationRenamed,
    NewConversation,
    OpenConversation,
)
from kirotodo.client.tui.plain import fill, one_line, plain, steady
from kirotodo.client.tui.shell import shell_of
from kirotodo.client.tui.widgets.field import Field
from kirotodo.core.backend import Backend
from kirotodo.core.domain.conversation import Conversation
from kirotodo.core.domain.task import Page
from kirotodo.core.errors import KirotodoError
from kirotodo.core.lazy_dataclasses import dataclass
from kirotodo.core.text.dates import describe_day

PAGE: Final = 50
SEARCH_AFTER: Final = 0.2
"""Seconds without a key until a search goes out."""
EMPTY: Final = "No conversations yet. Press n to start one."


class ConversationList(OptionList, inherit_bindings=False):
    """Shows the conversations in lines; the keys are the screen's."""


class ConversationsScreen(ModalScreen[None]):
    """Calls the backend by itself and reports to the chat."""

    BINDINGS = bindings("conversations")

    @dataclass
    class Loaded(Message):
        """A page was loaded for the text `search`; `first` says whether it is the first one."""

        page: Page[Conversation]
        search: str
        first: bool

    @dataclass
    class Done(Message):
        """Something is done: `message` is for the chat, `notice` for the user."""

        message: Message | None = None
        notice: str = ""
        deleted: int | None = None

    @dataclass
    class Refused(Message):
        """The backend refused; `sentence` says why."""

        sentence: str

    def __init__(self, current: int | None = None) -> None:
        super().__init__()
        self._current = current
        self._found: list[Conversation] = []
        self._next: str | None = None
        self._loading = False
        self._deleted: list[int] = []
        self._renaming: Conversation | None = None
        self._waiting: Timer | None = None

    def compose(self) -> ComposeResult:
        """Yield the search field, the list, the field for a new title and a line for messages."""
        with Vertical(id="conversations") as box:
            box.border_title = Content("conversations")
            box.border_subtitle = hints("conversations", keys=keys_of(self))
            yield Field(id="search", placeholder="search titles and messages")
            yield ConversationList(id="list", markup=False)
            yield Field(id="rename", placeholder="new title")
            yield Static(id="status", markup=False)

    def on_mount(self) -> None:
        """Load the first page."""
        self._list.focus()
        self._load()

    @property
    def _list(self) -> OptionList:
        return self.query_one("#list", OptionList)

    @property
    def _search(self) -> str:
        return self.query_one("#search", Field).value.strip()

    @property
    def highlighted(self) -> Conversation | None:
        """Return the conversation under the cursor."""
        index = self._list.highlighted
        return None if index is None or index >= len(self._found) else self._found[index]

    # --- reading ---

    def _load(self, cursor: str | None = None) -> None:
        self._loading = True
        self.run_worker(self._fetch(self._search, cursor), group="load", exclusive=True, exit_on_error=False)

    async def _fetch(self, search: str, cursor: str | None) -> None:
        async def page(backend: Backend) -> None:
            found = await backend.conversations(search=search or None, limit=PAGE, cursor=cursor)
            self.post_message(self.Loaded(found, search=search, first=cursor is None))

        await self._guarded(page)

    async def _guarded(self, job: Callable[[Backend], Awaitable[None]]) -> None:
        try:
            await job(await shell_of(self).core())
        except KirotodoError as error:
            self.post_message(self.Refused(error.message))

    def on_conversations_screen_loaded(self, message: Loaded) -> None:
        """Show a page, unless it answers an earlier search."""
        message.stop()
        if message.search != self._search:
            return
        self._loading = False
        keep = self.highlighted.id if message.first and self.highlighted else None
        at = self._list.highlighted or 0
        if message.first:
            self._found = []
            self._list.clear_options()
        self._found.extend(message.page.items)
        self._next = message.page.next
        self._list.add_options(Option(self._lines(one)) for one in message.page.items)
        if message.first:
            self._list.highlighted = self._place(keep if keep is not None else self._current, at)
        self._show_status(self._count(message.page.total))

    def _place(self, wanted: int | None, at: int) -> int | None:
        if not self._found:
            return None
        return next((n for n, one in enumerate(self._found) if one.id == wanted), min(at, len(self._found) - 1))

    def _count(self, total: int | None) -> str:
        if not self._found:
            return f"No conversation contains “{self._search}”." if self._search else EMPTY
        total = total if total is not None else len(self._found)
        return f"{total} found" if self._search else f"{total} conversation{'' if total == 1 else 's'}"

    def on_conversations_screen_refused(self, message: Refused) -> None:
        """Show why it did not work."""
        message.stop()
        self._loading = False
        self._show_status(message.sentence, error=True)

    def _show_status(self, text: str, *, error: bool = False) -> None:
        status = self.query_one("#status", Static)
        status.set_class(error, "-error")
        status.update(plain(text))

    # --- drawing ---

    def _lines(self, one: Conversation) -> Content:
        """Draw the title with count and date on the right, and the preview under it."""
        width = max(20, self._list.scrollable_content_region.width or self.size.width - 4) - 2
        now = shell_of(self).clock()
        mark = "› " if one.id == self._current else "  "
        tail = f"{one.message_count} · {when(one.updated_at, now)}"
        title = fill(mark + (steady(one_line(one.title)) or "Untitled"), max(1, width - cell_len(tail) - 1))
        below = one.hit.snippet if one.hit is not None else one.preview
        preview = fill(f"  {steady(without_marks(below))}", width)
        return Content.assemble((title, "bold"), " ", (tail, "$text-muted"), "\n", (preview, "$text-muted"))

    def on_resize(self) -> None:
        """Draw the lines anew at the new width."""
        self.call_after_refresh(self._redraw)

    def _redraw(self) -> None:
        for index, one in enumerate(self._found):
            self._list.replace_option_prompt_at_index(index, self._lines(one))
        box = self.query_one("#conversations")
        box.border_subtitle = hints("conversations", keys=keys_of(self), width=max(0, box.size.width - 2))

    # --- searching and paging ---

    @on(Input.Changed, "#search")
    def _search_soon(self) -> None:
        if self._waiting is not None:
            self._waiting.stop()
        self._waiting = self.set_timer(SEARCH_AFTER, self._load)

    @on(Input.Submitted, "#search")
    def _to_list(self) -> None:
        self._list.focus()

    @on(OptionList.OptionHighlighted)
    def _near_the_end(self, event: OptionList.OptionHighlighted) -> None:
        if self._next and not self._loading and event.option_index >= len(self._found) - 5:
            self._load(self._next)

    def action_search(self) -> None:
        """Search titles and messages."""
        self.query_one("#search").focus()

    def _move(self, steps: int) -> None:
        if self._found:
            here = self._list.highlighted or 0
            self._list.highlighted = max(0, min(len(self._found) - 1, here + steps))

    def action_cursor_down(self) -> None:
        """Go to the conversation below."""
        if self._list.has_focus:
            self._move(1)
        elif self._renaming is None:
            self._list.focus()

    def action_cursor_up(self) -> None:
        """Go to the conversation above. From the first one: search."""
        if not self._list.has_focus:
            return
        if self._list.highlighted in (None, 0):
            self.action_search()
        else:
            self._move(-1)

    def action_page_up(self) -> None:
        """Scroll a page up."""
        self._move(-self._page())

    def action_page_down(self) -> None:
        """Scroll a page down."""
        self._move(self._page())

    def _page(self) -> int:
        return max(1, self._list.size.height // 2 - 1)

    def action_first(self) -> None:
        """Go to the latest conversation."""
        self._move(-len(self._found))

    def action_last(self) -> None:
        """Go to the last one loaded. More are loaded by themselves."""
        self._move(len(self._found))

    # --- opening ---

    @on(OptionList.OptionSelected)
    def action_open(self) -> None:
        """Open the conversation."""
        if one := self.highlighted:
            seq = one.hit.seq if one.hit is not None else None
            shell_of(self).post_to_chat(OpenConversation(one.id, seq))
            self.dismiss(None)

    def action_new(self) -> None:
        """Start a new conversation."""
        shell_of(self).post_to_chat(NewConversation())
        self.dismiss(None)

    def action_close(self) -> None:
        """Leave the rename, or the search, or the screen."""
        search = self.query_one("#search", Field)
        if self._renaming is not None:
            self._end_rename()
        elif search.value:
            search.value = ""
            self._list.focus()
        else:
            self.dismiss(None)

    # --- renaming ---

    def action_rename(self) -> None:
        """Rename the conversation."""
        if one := self.highlighted:
            self._renaming = one
            field = self.query_one("#rename", Field)
            field.value = one_line(one.title)
            field.cursor_position = len(field.value)
            field.add_class("-open")
            field.focus()
            close = keys_of(self).label("conversations.close")
            self._show_status(f"Enter saves the new title, {close} keeps the old one.")

    @on(Input.Submitted, "#rename")
    def _rename(self, event: Input.Submitted) -> None:
        if self._renaming is None:
            return
        if event.value.strip() in ("", one_line(self._renaming.title)):
            self._end_rename()
            return
        self._do(self._renamed(self._renaming.id, event.value.strip()))

    def _renamed(self, id: int, title: str) -> Callable[[Backend], Awaitable[None]]:
        async def rename(backend: Backend) -> None:
            renamed = await backend.rename_conversation(id, title)
            self.post_message(self.Done(ConversationRenamed(renamed)))

        return rename

    def _end_rename(self) -> None:
        self._renaming = None
        self.query_one("#rename").remove_class("-open")
        self._show_status("")
        self._list.focus()

    # --- deleting and bringing back ---

    def action_delete(self) -> None:
        """Delete the conversation. u brings it back."""
        if one := self.highlighted:
            self._do(self._removed(one))

    def _removed(self, one: Conversation) -> Callable[[Backend], Awaitable[None]]:
        async def delete(backend: Backend) -> None:
            await backend.delete_conversation(one.id)
            notice = f"Deleted “{one.title}” · u brings it back"
            self.post_message(self.Done(ConversationDeleted(one.id), notice=notice, deleted=one.id))

        return delete

    def action_restore(self) -> None:
        """Restore the conversation deleted last."""
        if self._deleted:
            self._do(self._restored(self._deleted.pop()))

    def _restored(self, id: int) -> Callable[[Backend], Awaitable[None]]:
        async def restore(backend: Backend) -> None:
            restored = await backend.restore_conversation(id)
            self.post_message(self.Done(notice=f"“{restored.title}” is back"))

        return restore

    def _do(self, job: Callable[[Backend], Awaitable[None]]) -> None:
        self.run_worker(self._guarded(job), group="do", exit_on_error=False)

    def on_conversations_screen_done(self, message: Done) -> None:
        """Report what is done, and load the list again."""
        message.stop()
        if self._renaming is not None:
            self._end_rename()
        if message.deleted is not None:
            self._deleted.append(message.deleted)
        if message.message is not None:
            shell_of(self).post_to_chat(message.message)
        if message.notice:
            shell_of(self).toast(message.notice)
        self._load()


def when(moment: datetime, now: datetime) -> str:
    """Return a past moment in a word: "just now", "5 min", "14:05", "yesterday", "Fri 20 Nov". `now` is local."""
    local = moment.astimezone(now.tzinfo)
    minutes = int((now - local).total_seconds() // 60)
    if minutes < 1:
        return "just now"
    if minutes < 60:
        return f"{minutes} min"
    days = (now.date() - local.date()).days
    if days < 2:
        return f"{local:%H:%M}" if days == 0 else "yesterday"
    return describe_day(local.date(), today=now.date())
