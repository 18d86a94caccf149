"""What is remembered between runs survives, and its file never breaks the program."""

import json
import os
import stat
from pathlib import Path

import pytest

from kirotodo.client.state import DRAFTS_MAX, HISTORY_MAX, ClientState, Outgoing


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "deep" / "state.json"


def test_everything_comes_back(path: Path) -> None:
    state = ClientState(path)
    state.set_draft(None, "a new thing")
    state.set_draft(3, "half a sentence\nwith [/] two lines \x1b]0;evil\x07 \ud800")
    state.remember("add milk")
    state.set_queued(3, ["then this", "and that"])
    state.post(Outgoing(text="on its way \x1b", request_key="k1", conversation_id=3))
    state.post(Outgoing(text="to a new place", request_key="k2"))
    state.theme = "kirotodo-light"
    state.last_conversation = 3
    state.pane_open = False
    state.save()

    again = ClientState(path)
    assert again.draft(None) == "a new thing"
    assert again.draft(3) == "half a sentence\nwith [/] two lines \x1b]0;evil\x07 \ud800"
    assert again.queued(3) == ("then this", "and that")
    assert again.queued(None) == ()
    assert again.outbox == state.outbox
    assert [one.request_key for one in again.outbox] == ["k1", "k2"]
    assert again.history == ["add milk"]
    assert (again.theme, again.last_conversation, again.pane_open) == ("kirotodo-light", 3, False)
    assert again.trouble is None
    assert not again.changed


def test_a_first_run_has_defaults_and_no_trouble(path: Path) -> None:
    state = ClientState(path)
    assert (state.draft(None), state.draft(1), state.history, state.theme) == ("", "", [], None)
    assert state.last_conversation is None
    assert state.pane_open
    assert state.trouble is None


def test_a_draft_that_was_sent_is_gone(path: Path) -> None:
    state = ClientState(path)
    state.set_draft(1, "x")
    state.save()
    state.set_draft(1, "")
    state.save()
    assert ClientState(path).draft(1) == ""


def test_history_keeps_no_repeats_in_a_row_and_is_bounded(path: Path) -> None:
    state = ClientState(path)
    for text in ("a", "a", "  ", "", "b", "a"):
        state.remember(text)
    assert state.history == ["a", "b", "a"]
    for number in range(HISTORY_MAX + 5):
        state.remember(str(number))
    state.save()
    assert len(ClientState(path).history) == HISTORY_MAX
    assert ClientState(path).history[-1] == str(HISTORY_MAX + 4)


def test_drafts_are_bounded_and_the_latest_stay(path: Path) -> None:
    state = ClientState(path)
    for number in range(DRAFTS_MAX + 5):
        state.set_draft(number, "text")
    assert state.draft(0) == ""
    assert state.draft(DRAFTS_MAX + 4) == "text"


@pytest.mark.skipif(os.name == "nt", reason="modes are a POSIX matter")
def test_the_file_is_for_the_owner_alone_and_nothing_is_left_beside_it(path: Path) -> None:
    state = ClientState(path)
    state.remember("secret plan")
    state.save()
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert [file.name for file in path.parent.iterdir()] == ["state.json"]


@pytest.mark.parametrize(
    "content",
    [b"", b"{", b"[1, 2]", b"null", b'"text"', b"\xff\xfe", b"[" * 100_000, b'{"drafts": 7}', b'{"history": 7}'],
)
def test_a_broken_file_starts_empty_says_so_once_and_is_put_aside(path: Path, content: bytes) -> None:
    path.parent.mkdir()
    path.write_bytes(content)
    state = ClientState(path)
    assert state.history == []
    assert state.trouble
    assert state.take_trouble() == state.trouble
    assert state.take_trouble() is None
    assert path.with_name("state.json.broken").read_bytes() == content
    state.remember("on we go")
    state.save()
    assert ClientState(path).history == ["on we go"]


def test_odd_values_are_left_out_and_the_rest_is_kept(path: Path) -> None:
    path.parent.mkdir()
    odd = {
        "drafts": {"1": 5, "2": "ok"},
        "history": [1, "a"],
        "theme": 3,
        "last_conversation": True,
        "hints": [[], "h"],
    }
    path.write_text(json.dumps(odd))
    state = ClientState(path)
    assert (state.draft(1), state.draft(2), state.history, state.theme) == ("", "ok", ["a"], None)
    assert state.last_conversation is None
    state.remember("b")
    state.save()
    assert json.loads(path.read_text())["hints"] == ["h"]  # an earlier release may read the file again


def test_a_file_that_cannot_be_written_is_told_once_and_nothing_else_happens(tmp_path: Path) -> None:
    (tmp_path / "taken").write_text("a file where a folder should be")
    state = ClientState(tmp_path / "taken" / "state.json")
    state.set_draft(None, "still here")
    state.save()
    first = state.take_trouble()
    assert first
    state.remember("again")
    state.save()
    assert state.take_trouble() is None
    assert state.draft(None) == "still here"
    assert state.changed


def test_without_a_path_all_is_kept_in_memory() -> None:
    state = ClientState()
    state.set_draft(1, "x")
    state.remember("sent")
    state.save()
    assert (state.draft(1), state.history, state.trouble, state.changed) == ("x", ["sent"], None, False)


def test_two_programs_keep_each_others_changes(path: Path) -> None:
    first, second = ClientState(path), ClientState(path)
    first.set_draft(1, "of the first")
    first.remember("one")
    first.theme = "kirotodo-light"
    first.save()
    second.set_draft(2, "of the second")
    second.remember("two")
    second.save()
    result = ClientState(path)
    assert (result.draft(1), result.draft(2)) == ("of the first", "of the second")
    assert result.history == ["one", "two"]
    assert result.theme == "kirotodo-light"


def test_of_two_programs_that_change_one_thing_the_last_wins(path: Path) -> None:
    first, second = ClientState(path), ClientState(path)
    first.theme = "kirotodo-light"
    second.theme = "kirotodo-dark"
    second.save()
    first.save()
    assert ClientState(path).theme == "kirotodo-light"


def test_a_link_to_the_file_stays_a_link(tmp_path: Path) -> None:
    real, link = tmp_path / "real.json", tmp_path / "state.json"
    link.symlink_to(real)
    state = ClientState(link)
    state.remember("a")
    state.save()
    assert link.is_symlink()
    assert ClientState(real).history == ["a"]


def test_saving_nothing_new_touches_no_file(path: Path) -> None:
    ClientState(path).save()
    assert not path.exists()


def test_a_message_that_was_taken_leaves_those_of_another_program_alone(path: Path) -> None:
    mine, theirs = Outgoing(text="mine", request_key="k1"), Outgoing(text="theirs", request_key="k2")
    here, there = ClientState(path), ClientState(path)
    here.post(mine)
    here.save()
    there.post(theirs)
    there.save()
    assert ClientState(path).outbox == (mine, theirs)
    here.settle(mine)
    here.save()
    assert ClientState(path).outbox == (theirs,)


def test_a_folder_that_is_a_file_is_said_once_it_matters(tmp_path: Path) -> None:
    blocked = tmp_path / "file"
    blocked.write_text("")
    state = ClientState(blocked / "state.json")
    assert state.trouble is None
    state.set_draft(None, "x")
    assert not state.save()
    assert "cannot be saved" in (state.trouble or "")


@pytest.mark.parametrize("outbox", ["x", [1], [{"text": 1, "request_key": "k"}], [{"text": "t"}], {"a": 1}, 7])
def test_an_outbox_nobody_can_read_sends_nothing(path: Path, outbox: object) -> None:
    path.parent.mkdir()
    path.write_text(json.dumps({"outbox": outbox}))
    assert ClientState(path).outbox == ()
