"""`db`: migrations, checks and copies of the database."""

import re
from dataclasses import asdict
from datetime import timedelta
from pathlib import Path

import click

from kirotodo.server.commands.console import put, put_json, require_yes, say
from kirotodo.server.commands.loading import load_server_settings


def _url() -> str:
    return load_server_settings().database_url


def _direct_url() -> str:
    """The address, for work that holds a lock of its connection from beginning to end."""
    from kirotodo.core.errors import ConfigError

    settings = load_server_settings()
    if settings.db_pooler != "none":
        raise ConfigError(
            "Migrations need a direct connection to PostgreSQL, not its pooler: "
            "for this command, set DB_POOLER=none and DATABASE_URL to the address of PostgreSQL itself."
        )
    return settings.database_url


class Days(click.ParamType[timedelta]):
    """A number of days, such as 90d."""

    name = "days"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> timedelta:
        """Return the period that a text such as 90d names."""
        if isinstance(value, timedelta):
            return value
        found = re.fullmatch(r"([1-9]\d{0,4})d", str(value))
        if found is None:
            self.fail(f"{value} isn't a number of days. Use a value like 90d.", param, ctx)
        return timedelta(days=int(found[1]))


@click.group(
    short_help="Migrate, check, back up and restore the database.",
    epilog="""\b
Examples:
  kirotodo db check
  kirotodo db backup tasks.db""",
)
def db() -> None:
    """Migrate, check, back up and restore the database."""


@db.command(
    short_help="Migrate to the newest revision.",
    epilog="""\b
Examples:
  kirotodo db upgrade
  kirotodo db upgrade 0001
  kirotodo db upgrade --newer-is-fine    (before servers of any release start)""",
)
@click.argument("revision", default="head")
@click.option("--newer-is-fine", is_flag=True, help="Exit with 0, and change nothing, if a newer release migrated it.")
def upgrade(revision: str, newer_is_fine: bool) -> None:
    """Migrate up to REVISION, by default the newest. A copy of the database is kept, unless it is empty."""
    from kirotodo.core.errors import StorageTooNew
    from kirotodo.core.store import maintenance

    try:
        put(f"The database is at revision {maintenance.upgrade(_direct_url(), revision)}.")
    except StorageTooNew:
        if not newer_is_fine:
            raise
        put("A newer kirotodo has already migrated the database; nothing was changed.")


@db.command(
    short_help="Migrate back to an older revision.",
    epilog="""\b
Examples:
  kirotodo db downgrade 0001
  kirotodo db downgrade base --yes    (drops every table)""",
)
@click.argument("revision")
@click.option("--yes", "-y", is_flag=True, help="Don't ask for confirmation.")
def downgrade(revision: str, yes: bool) -> None:
    """Migrate down to REVISION; `base` drops every table. A copy of the database is kept."""
    from kirotodo.core.store import maintenance

    require_yes(f"Migrating down to {revision!r} may delete columns or tables and the data in them. Continue?", yes=yes)
    reached = maintenance.downgrade(_direct_url(), revision)
    put(f"The database is at revision {reached or 'base'}.")


@db.command(
    short_help="Check the database.",
    epilog="""\b
Examples:
  kirotodo db check
  kirotodo db check --json""",
)
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def check(as_json: bool) -> None:
    """Check the database without changing it. Exits with 1 if something is wrong."""
    from kirotodo.core.store import maintenance

    report = maintenance.check(_url())
    if as_json:
        put_json({"ok": report.ok, **_fields(report)})
    else:
        put(f"place     {report.path}")
        put(f"revision  {report.revision or 'none'} (newest {report.head})")
        for table, count in report.counts.items():
            put(f"{count:>8}  {table}")
        if report.ok:
            say("All is well.")
    for problem in report.problems:
        say(problem)
    if not report.ok:
        raise click.exceptions.Exit(1)


def _fields(report: object) -> dict[str, object]:
    from dataclasses import fields

    return {field.name: getattr(report, field.name) for field in fields(report)}  # type: ignore[arg-type]


@db.command(
    short_help="Back up the database, even while it is in use.",
    epilog="""\b
Examples:
  kirotodo db backup tasks.db
  kirotodo db backup "backup-$(date +%F).db\"""",
)
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
@click.option("--force", is_flag=True, help="Overwrite an existing file.")
def backup(file: Path, force: bool) -> None:
    """Write a complete, consistent copy of the database to FILE."""
    from kirotodo.core.errors import Conflict
    from kirotodo.core.store import maintenance

    if file.exists() and not force:
        raise Conflict(f"{file} already exists. Choose another name, or overwrite it with --force.")
    put(f"Wrote {maintenance.backup(_url(), file, overwrite=force)}.")


@db.command(
    short_help="Restore the database from a backup.",
    epilog="""\b
Examples:
  kirotodo db restore tasks.db
  kirotodo db restore tasks.db --yes""",
)
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--yes", "-y", is_flag=True, help="Don't ask for confirmation.")
def restore(file: Path, yes: bool) -> None:
    """Restore the database from the backup FILE. The previous database is kept beside it."""
    from kirotodo.core.store import maintenance

    require_yes(f"This replaces your list with {file}. Continue?", yes=yes)
    kept = maintenance.restore(file, _url())
    put(f"Restored from {file}.")
    if kept is not None:
        say(f"The previous database is kept in {kept}.")


@db.command(
    short_help="Delete old data that nobody can see anymore.",
    epilog="""\b
Examples:
  kirotodo db purge --older-than 90d --dry-run
  kirotodo db purge --older-than 90d""",
)
@click.option("--older-than", required=True, type=Days(), metavar="DAYS", help="Minimum age in days, such as 90d.")
@click.option("--dry-run", is_flag=True, help="Only show what would be deleted.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def purge(older_than: timedelta, dry_run: bool, as_json: bool) -> None:
    """Delete, for every user, data that ended or was deleted more than DAYS ago.

    That is: deleted tasks and conversations, the journal behind undo, the recorded events of finished turns (their
    messages and calls stay), and expired sessions. Anything in use or visible stays. Accounts that are due for
    deletion are deleted too, with everything in them, whatever DAYS is; a running server does that by itself.
    """
    from kirotodo.core.store import maintenance

    settings = load_server_settings()
    gone = maintenance.purge(settings.database_url, older_than=older_than, dry_run=dry_run, pooler=settings.db_pooler)
    if as_json:
        put_json({"dry_run": dry_run, **asdict(gone)})
        return
    for name, count in asdict(gone).items():
        put(f"{count:>8}  {_PURGED[name]}")
    say("Nothing was changed." if dry_run else "These are deleted.")


_PURGED = {
    "tasks": "deleted tasks",
    "conversations": "deleted conversations",
    "changes": "changes that could be undone",
    "events": "events of finished turns",
    "steps": "steps of finished turns",
    "sessions": "expired sessions",
    "request_keys": "stored answers to repeated requests",
    "accounts": "accounts due for deletion",
}
