"""The themes: a dark and a light one, and one in the terminal's own colours where it has few."""

from typing import Final

from textual.app import App
from textual.css.stylesheet import Stylesheet
from textual.theme import Theme

DARK: Final = "kirotodo-dark"
LIGHT: Final = "kirotodo-light"
ANSI: Final = "kirotodo-ansi"

THEMES: Final[tuple[Theme, ...]] = (
    Theme(
        name=DARK,
        dark=True,
        primary="#6ea8dc",
        secondary="#a3b1c2",
        accent="#86cbb0",
        success="#8fce94",
        warning="#e3b768",
        error="#f29191",
        foreground="#dbe1e8",
        background="#14171c",
        surface="#191d24",
        panel="#222731",
        variables={
            "project-0": "#7fb2e5",
            "project-1": "#8fce94",
            "project-2": "#d7a3e0",
            "project-3": "#b9a7e8",
            "project-4": "#7ccfc4",
            "project-5": "#e8a58c",
            "text-muted": "#a2acb9",
            "text-disabled": "#8d97a4",
            "border": "#6ea8dc",
            "border-blurred": "#3a4350",
            "block-cursor-background": "#2c4560",
            "block-cursor-foreground": "#ffffff",
            "block-cursor-text-style": "none",
            "block-cursor-blurred-background": "#262d38",
            "block-cursor-blurred-foreground": "#dbe1e8",
            "input-selection-background": "#38597c",
            "footer-key-foreground": "#86cbb0",
            "scrollbar": "#3a4350",
            "scrollbar-hover": "#4b5666",
            "scrollbar-active": "#6ea8dc",
            "scrollbar-background": "#191d24",
            "scrollbar-background-hover": "#191d24",
            "scrollbar-background-active": "#191d24",
            "scrollbar-corner-color": "#191d24",
        },
    ),
    Theme(
        name=LIGHT,
        dark=False,
        primary="#1c5a9c",
        secondary="#46566a",
        accent="#0c6247",
        success="#1a6430",
        warning="#7a4f00",
        error="#a82424",
        foreground="#20252c",
        background="#fcfbf8",
        surface="#f6f4ef",
        panel="#ebe8e0",
        variables={
            "project-0": "#1c5a9c",
            "project-1": "#1a6430",
            "project-2": "#7a2f8a",
            "project-3": "#5a3fa0",
            "project-4": "#0b625b",
            "project-5": "#8f3d1c",
            "text-muted": "#545d68",
            "text-disabled": "#5f6873",
            "border": "#1c5a9c",
            "border-blurred": "#b9b5ab",
            "block-cursor-background": "#c9ddf2",
            "block-cursor-foreground": "#0d141c",
            "block-cursor-text-style": "none",
            "block-cursor-blurred-background": "#e4e9ee",
            "block-cursor-blurred-foreground": "#20252c",
            "input-selection-background": "#b5d2f0",
            "footer-key-foreground": "#0c6247",
            "scrollbar": "#b9b5ab",
            "scrollbar-hover": "#9d998f",
            "scrollbar-active": "#1c5a9c",
            "scrollbar-background": "#f6f4ef",
            "scrollbar-background-hover": "#f6f4ef",
            "scrollbar-background-active": "#f6f4ef",
            "scrollbar-corner-color": "#f6f4ef",
        },
    ),
    Theme(
        name=ANSI,
        ansi=True,
        dark=True,
        primary="ansi_blue",
        secondary="ansi_cyan",
        accent="ansi_green",
        success="ansi_green",
        warning="ansi_yellow",
        error="ansi_red",
        foreground="ansi_default",
        background="ansi_default",
        surface="ansi_default",
        panel="ansi_default",
        boost="ansi_default",
        variables={
            "ansi-background": "ansi_black",
            "ansi-foreground": "ansi_white",
            "project-0": "ansi_blue",
            "project-1": "ansi_green",
            "project-2": "ansi_magenta",
            "project-3": "ansi_default",
            "project-4": "ansi_cyan",
            "project-5": "ansi_default",
            "text-muted": "ansi_default",
            "text-disabled": "ansi_default",
            "border": "ansi_blue",
            "border-blurred": "ansi_default",
            "block-cursor-background": "ansi_blue",
            "block-cursor-foreground": "ansi_bright_white",
            "block-cursor-text-style": "bold underline reverse",
            "block-cursor-blurred-background": "ansi_default",
            "block-cursor-blurred-foreground": "ansi_default",
            "block-cursor-blurred-text-style": "bold",
            "input-selection-background": "ansi_cyan",
            "input-selection-foreground": "ansi_black",
            "footer-key-foreground": "ansi_default",
        },
    ),
)
"""What marks a place must not hang on colour: the ansi theme's cursor is reversed and underlined (Textual's own lists
leave `reverse` out), so that NO_COLOR shows it too."""


class ThemedStylesheet(Stylesheet):
    """A stylesheet that is parsed once for a theme.

    Textual's own forgets what it parsed at every refresh, and parses the whole sheet four times at a start.
    """

    def set_variables(self, variables: dict[str, str]) -> None:
        """Set the colours of the theme, and forget what was parsed where they are others."""
        if variables != self._variables:
            super().set_variables(variables)

    def reparse(self) -> None:
        """Parse what is new. Rules stay as they are where the new ones can't be parsed."""
        self.parse()


def preferred(app: App[None], wanted: str | None) -> str:
    """Return the theme to start with: the wanted one, if it exists and the terminal has the colours for it."""
    if few_colours(app):
        return ANSI
    return wanted if wanted in (DARK, LIGHT) else DARK


def few_colours(app: App[None]) -> bool:
    """Return whether the terminal has 16 colours at most, or the user asked for none (NO_COLOR)."""
    return app.no_color or app.console.color_system in (None, "standard", "windows")


def other(name: str) -> str:
    """Return the theme to switch to: dark and light take turns, the ansi theme stays."""
    return {DARK: LIGHT, LIGHT: DARK}.get(name, name)
