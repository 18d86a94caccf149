"""A letter at everything that one can go to; the letter that is typed goes there, any other key leaves."""

from collections.abc import Sequence

from textual import events
from textual.app import ComposeResult
from textual.geometry import Size
from textual.screen import ModalScreen
from textual.widgets import Static

from kirotodo.client.tui.jump import Target, labels


class JumpScreen(ModalScreen[Target | None]):
    """Lies over any other screen and takes every key, so that it works where one writes and in dialogs too."""

    AUTO_FOCUS = ""

    def __init__(self, targets: Sequence[Target]) -> None:
        super().__init__()
        self._targets = dict(zip(labels(len(targets)), targets, strict=True))
        self._typed = ""
        self._begun_at: Size | None = None
        self._left = False

    def on_mount(self) -> None:
        """Remember the size of the window that the letters are for."""
        self._begun_at = self.app.size

    def compose(self) -> ComposeResult:
        """Yield a letter at each place."""
        for letters, target in self._targets.items():
            label = Static(letters, markup=False, classes="jump")
            label.styles.offset = (max(0, min(target.at.x, self.app.size.width - len(letters))), target.at.y)
            label.styles.width = len(letters)
            yield label

    def take_key(self, event: events.Key) -> bool:
        """Take every key: the letters of a target, or one that leaves."""
        letter = (event.character or "").lower()
        typed = self._typed + letter
        begun = [letters for letters in self._targets if letter and letters.startswith(typed)]
        if typed in begun:
            self._leave(self._targets[typed])
        elif begun:
            self._typed = typed
            for label, letters in zip(self.query(".jump").results(Static), self._targets, strict=True):
                label.display = letters in begun
        else:
            self._leave()
        return True

    def on_click(self) -> None:
        """Leave."""
        self._leave()

    def on_resize(self, event: events.Resize) -> None:
        """Leave once the letters no longer stand where they belong."""
        if event.size != self._begun_at:
            self._leave()

    def _leave(self, target: Target | None = None) -> None:
        """Leave once, however many sizes and keys arrive until the screen is gone."""
        if self.is_current and not self._left:
            self._left = True
            self.dismiss(target)
