"""Text leaves the program through few ways out, each of which makes it safe: no other way is taken anywhere."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent / "kirotodo"
WAYS_OUT = ("client/commands/output.py", "server/commands/console.py")
"""What may speak to a terminal."""
VERSION = "cli.py: sys.stdout.write"
"""Our own text alone, printed before anything is imported."""
FORBIDDEN = {
    "click.echo",
    "click.secho",
    "click.style",
    "click.prompt",
    "click.confirm",
    "click.echo_via_pager",
    "click.termui.prompt",
    "print",
    "sys.stdout.write",
    "sys.stderr.write",
    "sys.stdout.buffer.write",
    "sys.stderr.buffer.write",
    "traceback.print_exc",
    "traceback.print_exception",
    "Content.from_markup",
    "Text.from_markup",
    "Text.from_ansi",
}


def called(source: str) -> Iterator[str]:
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Call):
            yield ast.unparse(node.func)
            yield from (
                "markup=True"
                for keyword in node.keywords
                if keyword.arg == "markup" and not (isinstance(keyword.value, ast.Constant) and not keyword.value.value)
            )


def taken(source: str) -> set[str]:
    return set(called(source)) & (FORBIDDEN | {"markup=True"})


@pytest.mark.slow
def test_nothing_is_printed_but_through_the_ways_out() -> None:
    found = {
        f"{path.relative_to(ROOT).as_posix()}: {way}"
        for path in ROOT.rglob("*.py")
        if path.relative_to(ROOT).as_posix() not in WAYS_OUT
        for way in taken(path.read_text(encoding="utf-8"))
    }
    assert found == {VERSION}


@pytest.mark.parametrize(
    ("source", "way"),
    [
        ("click.echo(task.title)", "click.echo"),
        ("def f():\n    sys.stdout.write(title)", "sys.stdout.write"),
        ("Static(title, markup=True)", "markup=True"),
        ("Static(title, markup=given)", "markup=True"),
    ],
)
def test_another_way_would_be_found(source: str, way: str) -> None:
    assert taken(source) == {way}


def test_what_is_safe_is_let_be() -> None:
    assert taken("put(title)\nStatic(title, markup=False)\nclick.option('--x')") == set()
