"""`views`: filters under a name."""

import json

import pytest

from tests.client.commands.command_runner import CommandRunner


def test_views_are_saved_shown_changed_and_removed(program: CommandRunner) -> None:
    for text in ("milk +shop !low", "cheese +shop !high", "novel"):
        program.ok("add", text)
    assert "kirotodo views add" in program.run("views").stderr
    assert (
        program.ok("views", "add", "shop", "+shop", "-novel", "--sort", "priority", "--pinned")
        == "Saved @shop: +shop -novel\n"
    )
    assert program.titles("@shop") == ["cheese", "milk"]
    assert program.titles("@shop", "-milk") == ["cheese"]
    assert program.titles("@shop", "--sort", "title-desc") == ["milk", "cheese"]
    assert "+shop -novel (sorted by priority)" in program.ok("views")
    program.ok("views", "edit", "shop", "--name", "to buy", "--sort", "", "--not-pinned")
    (view,) = program.json("views")["items"]
    assert (view["name"], view["filter"], view["sort"], view["pinned"]) == ("to buy", "+shop -novel", None, False)
    assert (view["problem"], view["position"]) == (None, None)
    assert program.titles("@to buy", "--sort", "title") == ["cheese", "milk"]
    removed = program.run("views", "remove", "@To Buy")
    assert removed.stderr == "To bring it back: kirotodo views add 'to buy' '+shop -novel'\n"
    assert program.json("views")["items"] == []
    assert "no view" in program.fails(1, "views", "remove", "to buy")


def test_a_view_is_shown_in_its_groups(program: CommandRunner) -> None:
    program.ok("add", "milk +shop")
    program.ok("views", "add", "everything", "-novel", "--group", "project")
    assert program.ok("list", "@everything").splitlines()[0] == "+shop"


def test_a_view_is_replaced_only_if_told_so(program: CommandRunner) -> None:
    program.ok("views", "add", "a", "+one")
    assert "--force" in program.fails(1, "views", "add", "A", "+two")
    program.ok("views", "add", "A", "+two", "--force")
    assert [view["filter"] for view in program.json("views")["items"]] == ["+two"]


@pytest.mark.parametrize("args", [("a",), ("a", "prio:high"), ("a/b", "x"), ("a", "x", "--sort", "nonsense")])
def test_wrong_usage(program: CommandRunner, args: tuple[str, ...]) -> None:
    program.fails(2, "views", "add", *args)
    program.fails(2, "views", "edit", "a")


def test_a_view_that_cannot_be_read_is_shown_with_the_place(program: CommandRunner) -> None:
    program.ok("views", "add", "work", "+work")
    program.ok("views", "add", "today", "due:today @work")
    program.ok("views", "remove", "work")
    lines = program.ok("views").splitlines()
    assert lines[1] == "  can't be read: There is no view “work”."
    assert lines[2:] == ["    due:today @work", "              ^"]


def test_an_export_keeps_views(program: CommandRunner) -> None:
    program.ok("add", "milk")
    program.ok("views", "add", "work", "+work -#waiting", "--sort", "title", "--group", "tag", "--pinned")
    exported = program.ok("export")
    views = program.json("views")
    program.ok("views", "remove", "work")
    program.ok("import", "-", stdin=exported)
    assert program.json("views") == views
    again = program.run("import", "-", stdin=exported)
    assert "There is a view @work already" in again.stderr
    assert "views" not in json.loads(program.ok("export", "--filter", "milk"))
    broken = json.dumps({"items": [], "views": [{"name": "x"}, {"name": "y", "filter": "prio:high"}]})
    result = program.run("import", "-", stdin=broken)
    assert "View 1" in result.stderr
    assert "@y was not imported" in result.stderr
