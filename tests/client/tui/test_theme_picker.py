"""Themes are chosen with a preview; themes of one's own are files of colours, and what is wrong in one is said."""

from pathlib import Path

import pytest

from kirotodo.client.state import ClientState
from kirotodo.client.tui import themes
from kirotodo.client.tui.screens.theme_picker import FEW_COLOURS, HOW, ThemePickerScreen
from kirotodo.client.tui.theme_files import own_themes
from tests.client.tui.chat_host import backend_of, chatting

NORD = 'base = "dark"\nbackground = "#2e3440"\nprimary = "#88c0d0"\n"project-0" = "#81a1c1"\n'


async def test_the_theme_under_the_cursor_is_shown_at_once_and_esc_brings_the_one_before_back(tmp_path: Path) -> None:
    path = tmp_path / "state.json"
    async with chatting(backend_of(), size=(120, 40), state_path=path) as chat:
        await chat.press("ctrl+l", "T")
        await chat.until(lambda: isinstance(chat.app.screen, ThemePickerScreen))
        await chat.wait_for("dusk", "paper", "contrast", HOW[:20])
        await chat.press("down", "down")
        await chat.until(lambda: chat.app.theme == "kirotodo-dusk")
        await chat.press("up")
        await chat.until(lambda: chat.app.theme == themes.LIGHT)
        await chat.press("escape")
        await chat.until(lambda: chat.app.screen is chat.screen)
        assert chat.app.theme == themes.DARK
        assert ClientState(path).theme is None
        await chat.press("T")
        await chat.until(lambda: isinstance(chat.app.screen, ThemePickerScreen))
        await chat.press("down", "enter")
        await chat.until(lambda: chat.app.screen is chat.screen)
        assert ClientState(path).theme == chat.app.theme == themes.LIGHT


async def test_a_theme_of_ones_own_is_chosen_by_name_used_at_the_next_start_and_read_anew(tmp_path: Path) -> None:
    folder, path = tmp_path / "themes", tmp_path / "state.json"
    folder.mkdir()
    (folder / "Nord.toml").write_text(NORD)
    async with chatting(backend_of(), state_path=path, themes_folder=folder) as chat:
        await chat.say("/theme nord")
        await chat.until(lambda: chat.app.theme == "own-Nord")
        assert chat.screen.styles.background.hex == "#2E3440"
        (folder / "Nord.toml").write_text(NORD.replace("#2e3440", "#000000"))
        await chat.say("/theme nord")
        await chat.until(lambda: chat.screen.styles.background.hex == "#000000")
        await chat.say("/theme nrod")
        await chat.until(
            lambda: "There is no theme nrod. Choose from dark, light, dusk, paper, contrast, Nord." in chat.toasts()
        )
        assert chat.draft == "/theme nrod"
    async with chatting(backend_of(), state_path=path, theme="", themes_folder=folder) as chat:
        assert chat.app.theme == "own-Nord"
        await chat.press("f2")
        assert chat.app.theme == themes.LIGHT


async def test_a_theme_that_can_not_be_read_is_said_at_the_start_and_in_the_picker(tmp_path: Path) -> None:
    folder, path = tmp_path / "themes", tmp_path / "state.json"
    folder.mkdir()
    (folder / "mine.toml").write_text('primry = "#fff"')
    state = ClientState(path)
    state.theme = "own-mine"
    state.save()
    sentence = "mine.toml: 'primry' can't be given a colour. Did you mean 'primary'?"
    async with chatting(backend_of(), size=(120, 40), state_path=path, theme="", themes_folder=folder) as chat:
        assert chat.app.theme == themes.DARK
        assert any(sentence in toast for toast in chat.toasts())
        await chat.say("/theme")
        await chat.wait_for("mine.toml: 'primry'", "Did you mean")


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        ("primary = 3", "primary is 3, which isn't a colour"),
        ('primary = "blu"', "primary is 'blu', which isn't a colour"),
        ('primary = "ansi_blue"', "which isn't a colour"),
        ('primary = "#88c0d055"', "which isn't a colour"),
        ('base = "solarized"', "base is dark or light, not 'solarized'."),
        ('"\x1b[31m" = "#fff"', "this isn't TOML"),
        ('zzz = "#fff"', "There are base, primary"),
        ("primary = ", "this isn't TOML"),
        (b"\xff\xfe", "this isn't a text in UTF-8."),
        (b"#" * 200_000, "too large"),
    ],
)
def test_what_is_wrong_in_a_file_is_said_in_a_sentence(content: str | bytes, sentence: str, tmp_path: Path) -> None:
    (tmp_path / "bad.toml").write_bytes(content if isinstance(content, bytes) else content.encode())
    (tmp_path / "good.toml").write_text('base = "light"\naccent = "teal"')
    (tmp_path / "notes.txt").write_text("no theme")
    found = own_themes(tmp_path)
    assert [theme.name for theme in found.themes] == ["own-good"]
    assert (found.themes[0].accent, found.themes[0].dark) == ("#008080", False)
    (problem,) = found.problems
    assert problem.startswith("bad.toml: ")
    assert sentence in problem
    assert "\x1b" not in problem


def test_no_folder_is_no_theme_and_one_that_can_not_be_read_is_said(tmp_path: Path) -> None:
    assert own_themes(None) == own_themes(tmp_path / "none")
    (tmp_path / "file").write_text("")
    assert "can't be read" in own_themes(tmp_path / "file").problems[0]


async def test_a_terminal_of_few_colours_keeps_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    async with chatting(backend_of(), size=(120, 40)) as chat:
        await chat.say("/theme")
        await chat.wait_for(FEW_COLOURS[:30])
        await chat.press("enter")
        assert chat.app.theme == themes.ANSI
