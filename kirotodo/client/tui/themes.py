"""The themes: dark and light ones, and one in the terminal's own colours where it has few.

Themes of one's own are read in `theme_files.py`.
"""

from collections.abc import Mapping
from typing import Any, Final

from textual.app import App
from textual.theme import Theme

DARK: Final = "kirotodo-dark"
LIGHT: Final = "kirotodo-light"
ANSI: Final = "kirotodo-ansi"
PREFIX: Final = "kirotodo-"
OWN: Final = "own-"
"""Begins the names of themes that are read from files."""


def theme_of(name: str, *, dark: bool, colours: Mapping[str, str]) -> Theme:
    """Return a theme of these colours: those that Textual names, and variables of its and of our own sheets."""
    own: dict[str, Any] = {each: colours[each] for each in NAMED}
    variables = {each: colour for each, colour in colours.items() if each not in NAMED}
    return Theme(name=name, dark=dark, variables={**_follows(colours), **variables}, **own)


NAMED: Final = (
    "primary",
    "secondary",
    "accent",
    "success",
    "warning",
    "error",
    "foreground",
    "background",
    "surface",
    "panel",
)


def _follows(colours: Mapping[str, str]) -> dict[str, str]:
    """Return the variables that follow from other colours, where they aren't given themselves."""
    surface = colours["surface"]
    return {
        "border": colours["primary"],
        "footer-key-foreground": colours["accent"],
        "block-cursor-text-style": "none",
        "block-cursor-blurred-foreground": colours["foreground"],
        "scrollbar": colours["border-blurred"],
        "scrollbar-active": colours["primary"],
        "scrollbar-background": surface,
        "scrollbar-background-hover": surface,
        "scrollbar-background-active": surface,
        "scrollbar-corner-color": surface,
    }


_DARK: Final[Mapping[str, str]] = {
    "primary": "#6ea8dc",
    "secondary": "#a3b1c2",
    "accent": "#86cbb0",
    "success": "#8fce94",
    "warning": "#e3b768",
    "error": "#f29191",
    "foreground": "#dbe1e8",
    "background": "#14171c",
    "surface": "#191d24",
    "panel": "#222731",
    "project-0": "#7fb2e5",
    "project-1": "#8fce94",
    "project-2": "#d7a3e0",
    "project-3": "#b9a7e8",
    "project-4": "#7ccfc4",
    "project-5": "#e8a58c",
    "text-muted": "#a2acb9",
    "text-disabled": "#8d97a4",
    "border-blurred": "#3a4350",
    "block-cursor-background": "#2c4560",
    "block-cursor-foreground": "#ffffff",
    "block-cursor-blurred-background": "#262d38",
    "input-selection-background": "#38597c",
    "scrollbar-hover": "#4b5666",
}
_LIGHT: Final[Mapping[str, str]] = {
    "primary": "#1c5a9c",
    "secondary": "#46566a",
    "accent": "#0c6247",
    "success": "#1a6430",
    "warning": "#7a4f00",
    "error": "#a82424",
    "foreground": "#20252c",
    "background": "#fcfbf8",
    "surface": "#f6f4ef",
    "panel": "#ebe8e0",
    "project-0": "#1c5a9c",
    "project-1": "#1a6430",
    "project-2": "#7a2f8a",
    "project-3": "#5a3fa0",
    "project-4": "#0b625b",
    "project-5": "#8f3d1c",
    "text-muted": "#545d68",
    "text-disabled": "#5f6873",
    "border-blurred": "#b9b5ab",
    "block-cursor-background": "#c9ddf2",
    "block-cursor-foreground": "#0d141c",
    "block-cursor-blurred-background": "#e4e9ee",
    "input-selection-background": "#b5d2f0",
    "scrollbar-hover": "#9d998f",
}
_CONTRAST: Final[Mapping[str, str]] = {
    "primary": "#7fc4ff",
    "secondary": "#c8d4e0",
    "accent": "#7dffcf",
    "success": "#8bff8b",
    "warning": "#ffd75f",
    "error": "#ff9d9d",
    "foreground": "#ffffff",
    "background": "#000000",
    "surface": "#0a0a0a",
    "panel": "#1c1c1c",
    "project-0": "#8cc8ff",
    "project-1": "#8bff8b",
    "project-2": "#f0a8ff",
    "project-3": "#cbb8ff",
    "project-4": "#7df0e4",
    "project-5": "#ffb597",
    "text-muted": "#d0d0d0",
    "text-disabled": "#bcbcbc",
    "border-blurred": "#8a8a8a",
    "block-cursor-background": "#004f99",
    "block-cursor-foreground": "#ffffff",
    "block-cursor-blurred-background": "#303030",
    "input-selection-background": "#0a4a8a",
    "scrollbar-hover": "#b0b0b0",
}
_DUSK: Final[Mapping[str, str]] = {
    "primary": "#b49cf0",
    "secondary": "#b7aecb",
    "accent": "#f0a6c8",
    "success": "#9ed6a0",
    "warning": "#eec07a",
    "error": "#f49a9a",
    "foreground": "#e6e0f0",
    "background": "#191522",
    "surface": "#1f1a2b",
    "panel": "#292238",
    "project-0": "#9dbcf2",
    "project-1": "#9ed6a0",
    "project-2": "#e3a4e4",
    "project-3": "#bfa8f5",
    "project-4": "#84d3c6",
    "project-5": "#efab8e",
    "text-muted": "#b0a7c2",
    "text-disabled": "#9a91ad",
    "border-blurred": "#463b5e",
    "block-cursor-background": "#4a3a78",
    "block-cursor-foreground": "#ffffff",
    "block-cursor-blurred-background": "#31294a",
    "input-selection-background": "#54438a",
    "scrollbar-hover": "#5d4f7c",
}
_PAPER: Final[Mapping[str, str]] = {
    "primary": "#7a3b12",
    "secondary": "#5b5040",
    "accent": "#0f5c57",
    "success": "#2c5e1a",
    "warning": "#7a4700",
    "error": "#9c1f1f",
    "foreground": "#2b2418",
    "background": "#f7f0e0",
    "surface": "#f2e9d5",
    "panel": "#e8dcc2",
    "project-0": "#1b4f8a",
    "project-1": "#2c5e1a",
    "project-2": "#742a80",
    "project-3": "#54399a",
    "project-4": "#0b5a54",
    "project-5": "#86360f",
    "text-muted": "#574c3b",
    "text-disabled": "#5d5343",
    "border-blurred": "#bfae8c",
    "block-cursor-background": "#e3c79a",
    "block-cursor-foreground": "#1c140a",
    "block-cursor-blurred-background": "#e9dcc0",
    "input-selection-background": "#dcc08c",
    "scrollbar-hover": "#a8946c",
}
BASES: Final[Mapping[str, Mapping[str, str]]] = {"dark": _DARK, "light": _LIGHT}
"""The colours that a theme of one's own begins with."""

THEMES: Final[tuple[Theme, ...]] = (
    theme_of(DARK, dark=True, colours=_DARK),
    theme_of(LIGHT, dark=False, colours=_LIGHT),
    theme_of("kirotodo-dusk", dark=True, colours=_DUSK),
    theme_of("kirotodo-paper", dark=False, colours=_PAPER),
    theme_of("kirotodo-contrast", dark=True, colours=_CONTRAST),
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


def preferred(app: App[None], wanted: str | None) -> str:
    """Return the theme to start with: the wanted one, if it exists and the terminal has the colours for it."""
    if few_colours(app):
        return ANSI
    return wanted if wanted in choices(app) else DARK


def choices(app: App[None]) -> list[str]:
    """Return the names of the themes to choose from: ours, then one's own. Those of Textual lack colours of ours."""
    if few_colours(app):
        return [ANSI]
    ours = [theme.name for theme in THEMES if theme.name != ANSI]
    return ours + sorted(name for name in app.available_themes if name.startswith(OWN))


def title(name: str) -> str:
    """Return the name of a theme as it is shown."""
    return name.removeprefix(PREFIX).removeprefix(OWN)


def named(app: App[None], wanted: str) -> str | None:
    """Return the theme that is shown under this name."""
    return next((name for name in choices(app) if title(name).casefold() == wanted.strip().casefold()), None)


def few_colours(app: App[None]) -> bool:
    """Return whether the terminal has 16 colours at most, or the user asked for none (NO_COLOR)."""
    return app.no_color or app.console.color_system in (None, "standard", "windows")


def other(theme: Theme) -> str:
    """Return the theme to switch to: dark and light take turns, the ansi theme stays."""
    if theme.name == ANSI:
        return ANSI
    return LIGHT if theme.dark else DARK
