"""The themes are readable, and few colours are enough."""

import inspect
from typing import Any

import pytest
from textual.app import App
from textual.color import Color
from textual.css.errors import UnresolvedVariableError
from textual.css.parse import parse
from textual.css.stylesheet import Stylesheet

from kirotodo.client.tui import themes
from kirotodo.client.tui.stylesheet import ThemedStylesheet
from kirotodo.client.tui.widgets.task_list import PROJECT_INKS

READABLE = 4.5
"""The contrast that WCAG asks of normal text."""
INKS = (
    "foreground",
    "text-muted",
    "text-disabled",
    "primary",
    "secondary",
    "accent",
    "success",
    "warning",
    "error",
    "text-primary",
    "text-secondary",
    "text-accent",
    "text-success",
    "text-warning",
    "text-error",
    "footer-key-foreground",
    *(f"project-{number}" for number in range(PROJECT_INKS)),
)
GROUNDS = ("background", "surface", "panel")
PAIRS = [
    *[(ink, ground) for ink in INKS for ground in GROUNDS],
    ("block-cursor-foreground", "block-cursor-background"),
    ("block-cursor-blurred-foreground", "block-cursor-blurred-background"),
    ("foreground", "input-selection-background"),
]
OURS = [theme.name for theme in themes.THEMES if theme.name != themes.ANSI]


@pytest.mark.parametrize(("ink", "ground"), PAIRS)
@pytest.mark.parametrize("name", OURS)
def test_text_can_be_read_on_every_ground(name: str, ink: str, ground: str) -> None:
    (theme,) = (theme for theme in themes.THEMES if theme.name == name)
    variables = {**theme.to_color_system().generate(), **theme.variables}
    front, back = Color.parse(variables[ink]), Color.parse(variables[ground])
    assert contrast(front, back) >= READABLE


@pytest.mark.parametrize("name", OURS)
def test_the_cursor_stands_out_from_the_list(name: str) -> None:
    (theme,) = (theme for theme in themes.THEMES if theme.name == name)
    variables = theme.to_color_system().generate()
    cursor = Color.parse(variables["block-cursor-background"])
    assert contrast(cursor, Color.parse(variables["surface"])) >= 1.2


def contrast(one: Color, other: Color) -> float:
    lighter, darker = sorted((luminance(one), luminance(other)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


def luminance(color: Color) -> float:
    def linear(channel: int) -> float:
        part = channel / 255
        return part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4

    return 0.2126 * linear(color.r) + 0.7152 * linear(color.g) + 0.0722 * linear(color.b)


def test_every_theme_gives_the_same_variables() -> None:
    *ours, ansi = (set(theme.to_color_system().generate()) for theme in themes.THEMES)
    assert all(each == ours[0] for each in ours)
    assert {*INKS, *GROUNDS, "block-cursor-text-style"} <= ansi


@pytest.mark.parametrize(
    ("environment", "wanted", "expected"),
    [
        ({"TERM": "xterm-256color"}, None, themes.DARK),
        ({"TERM": "xterm-256color"}, themes.LIGHT, themes.LIGHT),
        ({"TERM": "xterm-256color"}, "no-such-theme", themes.DARK),
        ({"TERM": "xterm-256color", "COLORTERM": "truecolor"}, themes.LIGHT, themes.LIGHT),
        ({"TERM": "xterm-256color", "NO_COLOR": "1"}, themes.LIGHT, themes.ANSI),
        ({"TERM": "xterm-16color"}, themes.LIGHT, themes.ANSI),
        ({"TERM": "dumb"}, None, themes.ANSI),
    ],
)
def test_the_terminal_decides_which_theme_can_be_had(
    environment: dict[str, str], wanted: str | None, expected: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for variable in ("NO_COLOR", "COLORTERM", "TERM", "FORCE_COLOR"):
        monkeypatch.delenv(variable, raising=False)
    for variable, value in environment.items():
        monkeypatch.setenv(variable, value)
    app: App[Any] = App()
    assert themes.preferred(app, wanted) == expected


@pytest.mark.parametrize(
    ("name", "other"),
    [
        (themes.DARK, themes.LIGHT),
        (themes.LIGHT, themes.DARK),
        ("kirotodo-dusk", themes.LIGHT),
        ("kirotodo-paper", themes.DARK),
        (themes.ANSI, themes.ANSI),
    ],
)
def test_dark_and_light_take_turns(name: str, other: str) -> None:
    (theme,) = (theme for theme in themes.THEMES if theme.name == name)
    assert themes.other(theme) == other


def test_a_sheet_is_parsed_once_for_a_theme(monkeypatch: pytest.MonkeyPatch) -> None:
    parsed: list[str] = []

    def counted(scope: str, css: str, *args: Any, **options: Any) -> Any:
        parsed.append(css)
        return parse(scope, css, *args, **options)

    # What these tests share of what was parsed would hide how often a single app parses.
    monkeypatch.setattr(Stylesheet, "_parse_rules", inspect.unwrap(Stylesheet._parse_rules))
    monkeypatch.setattr("textual.css.stylesheet.parse", counted)
    sheet = ThemedStylesheet(variables={"ink": "red"})
    sheet.add_source("Label { color: $ink; }")
    for ink, count in (("red", 1), ("red", 1), ("blue", 2), ("blue", 2)):
        sheet.set_variables({"ink": ink})
        sheet.reparse()
        assert len(parsed) == count
        assert sheet.rules[0].styles.color == Color.parse(ink)


def test_a_sheet_that_cannot_be_parsed_leaves_the_rules_as_they_are() -> None:
    sheet = ThemedStylesheet(variables={"ink": "red"})
    sheet.add_source("Label { color: $ink; }")
    sheet.reparse()
    sheet.set_variables({})
    with pytest.raises(UnresolvedVariableError):
        sheet.reparse()
    assert sheet.rules[0].styles.color == Color.parse("red")
