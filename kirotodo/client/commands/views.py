"""`views` and its commands: list, add, edit, remove."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any, Final, get_args

import click

from kirotodo.client.commands.context import FAILED, leave, with_list
from kirotodo.client.commands.output import Styled, columns, mark, pointed_out, put, put_json, say
from kirotodo.client.commands.params import SORT, FilterCommand, filter_argument, json_option
from kirotodo.core.backend import Backend
from kirotodo.core.domain.view import Group, View
from kirotodo.core.errors import FilterError, NotFound
from kirotodo.core.text.folding import name_key
from kirotodo.core.text.sanitize import sanitize_line
from kirotodo.core.text.width import fit, pad, width

NAME_WIDTH: Final = 30


@click.group(
    invoke_without_command=True,
    short_help="Save filters under a name, and list, change and remove them.",
    epilog="""\b
Examples:
  kirotodo views
  kirotodo views add work '+work -#waiting' --sort priority,due --pinned
  kirotodo list @work
  kirotodo list '@work due:today'""",
)
@json_option
@click.pass_context
def views(context: click.Context, as_json: bool) -> None:
    """Save filters under a name, which `@NAME` stands for in any filter. Without a command, list them."""
    if context.invoked_subcommand is None:
        context.invoke(list_, as_json=as_json)


@views.command(
    name="list",
    short_help="List the saved views.",
    epilog="""\b
Examples:
  kirotodo views list
  kirotodo views list --json | jq '.items[].name'""",
)
@json_option
def list_(as_json: bool = False) -> None:
    """List the saved views, pinned ones first."""
    found = with_list(lambda backend: backend.views())
    if as_json:
        put_json({"items": found, "next": None})
    elif not found:
        say("There are no views yet. Save one: kirotodo views add work '+work -#waiting'")
    else:
        _put_views(found)


def _put_views(found: Sequence[View]) -> None:
    names = {view.name: f"@{sanitize_line(view.name)}" for view in found}
    name_width = min(max(map(width, names.values())), NAME_WIDTH)
    for view in found:
        pin = mark("★", "*") if view.pinned else " "
        more = [f"sorted by {view.sort}" if view.sort else "", f"by {view.group}" if view.group else ""]
        shown = ", ".join(part for part in more if part)
        detail = sanitize_line(f"{view.filter} ({shown})" if shown else view.filter)
        space = columns()
        name = pad(fit(names[view.name], name_width), name_width)
        put(f"{pin} {name}  ", detail if space is None else fit(detail, max(space - name_width - 4, NAME_WIDTH)))
        if view.problem is not None and view.position is not None:
            error = FilterError(view.problem, text=view.filter, position=view.position)
            put(Styled(f"  can't be read: {sanitize_line(view.problem)}", fg="red"))
            for line in pointed_out(error):
                put("  ", line)


@views.command(
    cls=FilterCommand,
    short_help="Save a filter under a name.",
    epilog="""\b
Examples:
  kirotodo views add work '+work -#waiting'
  kirotodo views add "this week" due:this-week --group date --pinned
  kirotodo views add urgent '!high or overdue' --sort due""",
)
@click.argument("name")
@filter_argument
@click.option("--sort", type=SORT, metavar="KEYS", help="The order, such as priority,title.")
@click.option("--group", type=click.Choice(get_args(Group)), help="Show it in groups.")
@click.option("--pinned", is_flag=True, help="Offer it first.")
@click.option("--force", is_flag=True, help="Replace the view of this name, if there is one.")
@json_option
def add(name: str, words: str | None, force: bool, as_json: bool, **shown: Any) -> None:
    """Save FILTER as the view NAME."""
    if not words:
        raise click.UsageError("A filter is needed. For example: kirotodo views add work +work")
    view = View(name=name, filter=words, **shown)

    async def use(backend: Backend) -> View | None:
        known = {name_key(each.name) for each in await backend.views()}
        if name_key(name.removeprefix("@")) in known and not force:
            return None
        return await backend.save_view(view)

    saved = with_list(use)
    if saved is None:
        leave(FAILED, f"There is a view {sanitize_line(name)} already. To replace it, add --force.")
    _put_saved(saved, "Saved", as_json=as_json)


@views.command(
    short_help="Change a view.",
    epilog="""\b
Examples:
  kirotodo views edit work --filter '+work -#waiting -#someday'
  kirotodo views edit work --name office --pinned
  kirotodo views edit work --sort "" --group ""   (as usual)""",
)
@click.argument("name")
@click.option("--name", "new_name", metavar="NAME", help="The new name.")
@click.option("--filter", "words", metavar="FILTER", help="The new filter.")
@click.option("--sort", metavar="KEYS", help="The new order; nothing for the usual one.")
@click.option("--group", type=click.Choice(("", *get_args(Group))), help="The new groups; nothing for the usual ones.")
@click.option("--pinned/--not-pinned", default=None, help="Offer it first, or don't.")
@json_option
def edit(name: str, new_name: str | None, pinned: bool | None, as_json: bool, **texts: str | None) -> None:
    """Change the view NAME. What isn't given stays as it is."""
    given: dict[str, Any] = {
        **({"name": new_name} if new_name is not None else {}),
        **({"filter": texts["words"]} if texts["words"] is not None else {}),
        **({"pinned": pinned} if pinned is not None else {}),
        **{field: texts[field] or None for field in ("sort", "group") if texts[field] is not None},
    }
    if not given:
        raise click.UsageError("Give at least one thing to change, such as --filter.")

    async def use(backend: Backend) -> View:
        view = await _named(backend, name)
        return await backend.save_view(replace(view, **given), instead_of=view.name)

    _put_saved(with_list(use), "Changed", as_json=as_json)


@views.command(
    short_help="Remove a view; its tasks stay.",
    epilog="""\b
Examples:
  kirotodo views remove work""",
)
@click.argument("name")
@json_option
def remove(name: str, as_json: bool) -> None:
    """Remove the view NAME. Its tasks stay."""
    view = with_list(lambda backend: backend.delete_view(name.removeprefix("@")))
    if as_json:
        put_json(view)
        return
    put(f"Removed @{sanitize_line(view.name)}")
    options = "".join(f" --{field} {value}" for field, value in (("sort", view.sort), ("group", view.group)) if value)
    pinned = " --pinned" if view.pinned else ""
    say(f"To bring it back: kirotodo views add {quoted(view.name)} {quoted(view.filter)}{options}{pinned}")


def quoted(text: str) -> str:
    """Return a text as a shell takes it."""
    from shlex import quote

    return quote(sanitize_line(text))


def _put_saved(view: View, verb: str, *, as_json: bool) -> None:
    if as_json:
        put_json(view)
        return
    put(f"{verb} @{sanitize_line(view.name)}: {sanitize_line(view.filter)}")
    say(f"To see it: kirotodo list {quoted(reference(view))}")


async def _named(backend: Backend, name: str) -> View:
    name = name.removeprefix("@")
    for view in await backend.views():
        if name_key(view.name) == name_key(name):
            return view
    raise NotFound(f"There is no view “{name}”. `kirotodo views` shows them.")


def view_in(words: str | None) -> View | None:
    """Return the view that a filter is the name of, as `@work` is; None for any other filter."""
    name = (words or "").strip().removeprefix("@").strip('"')
    key = name_key(" ".join(name.split()))
    return next((view for view in with_list(lambda backend: backend.views()) if name_key(view.name) == key), None)


def reference(view: View) -> str:
    """Return how a view is written in a filter."""
    return f'@"{view.name}"' if " " in view.name else f"@{view.name}"
