"""Counts of tasks by project, tag, priority, due day and quarter of an hour, which triggers keep.

A later migration that copies `tasks` or `task_tags` on SQLite has to drop the triggers first and create them again.
"""

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None

ROLE = "kirotodo_app"
SORTED = sa.String().with_variant(sa.String(collation="C"), "postgresql")

QUARTER = {
    # Cut to whole seconds, which strftime would round; integer division rounds towards zero, not down.
    "sqlite": "((CAST(strftime('%s', substr({0}, 1, 19)) AS INTEGER) + 62135596800) / 900 - 69039552)",
    "postgresql": "CAST(floor(extract(epoch FROM {0}) / 900) AS integer)",
}
DAY = {
    "sqlite": "CAST(julianday({0}) - 1721424.5 AS INTEGER)",
    "postgresql": "({0} - DATE '0001-01-01' + 1)",
}
BY_STATUS = (
    "CASE WHEN {row}.done THEN 0 ELSE {by} END AS pending, CASE WHEN {row}.done THEN {by} ELSE 0 END AS completed"
)
CHANGED = ("done", "deleted_at", "completed_at", "created_at", "project_key", "priority", "due_date")
KEY = "user_id, kind, slot, name"
ADD = f"""
INSERT INTO task_counts ({KEY}, pending, completed)
SELECT {KEY}, sum(pending), sum(completed) FROM ({{entries}}) AS entries WHERE true
GROUP BY {KEY} HAVING sum(pending) <> 0 OR sum(completed) <> 0
ON CONFLICT ({KEY}) DO UPDATE SET
    pending = task_counts.pending + excluded.pending, completed = task_counts.completed + excluded.completed;
"""
SUBTRACT = f"""
UPDATE task_counts SET pending = task_counts.pending - gone.pending, completed = task_counts.completed - gone.completed
FROM (SELECT {KEY}, sum(pending) AS pending, sum(completed) AS completed FROM ({{entries}}) AS entries
    GROUP BY {KEY}) AS gone
WHERE task_counts.user_id = gone.user_id AND task_counts.kind = gone.kind
    AND task_counts.slot = gone.slot AND task_counts.name = gone.name;
"""


def of_tasks(dialect: str, row: str, source: str = "", by: int = 1) -> str:
    """Return a query for the counts that tasks are in, without tags: of the `row` of a trigger, or of a table."""
    quarter, day = QUARTER[dialect], DAY[dialect]
    counted = BY_STATUS.format(row=row, by=by)
    project = f"coalesce({row}.project_key, '')"
    keys = (
        ("project", "0", project, "true"),
        ("priority", f"{row}.priority", "''", "true"),
        ("due", f"coalesce({day.format(f'{row}.due_date')}, 0)", "''", "true"),
        ("created", quarter.format(f"{row}.created_at"), "''", "true"),
        ("done", quarter.format(f"{row}.completed_at"), project, f"{row}.completed_at IS NOT NULL"),
    )
    return " UNION ALL ".join(
        f"SELECT {row}.user_id AS user_id, '{kind}' AS kind, {slot} AS slot, {name} AS name, {counted} {source} "
        f"WHERE {row}.deleted_at IS NULL AND {condition}"
        for kind, slot, name, condition in keys
    )


def of_tags(row: str, tag: str, source: str, condition: str = "true", by: int = 1) -> str:
    """Return a query for the counts that tags are in, with the status of their tasks."""
    return (
        f"SELECT {row}.user_id AS user_id, 'tag' AS kind, 0 AS slot, {tag}.tag AS name, "
        f"{BY_STATUS.format(row=row, by=by)} {source} WHERE {row}.deleted_at IS NULL AND {condition}"
    )


OF_TASK = "task_tags.user_id = {row}.user_id AND task_tags.task_id = {row}.id"
OF_TAG = "tasks.user_id = {tag}.user_id AND tasks.id = {tag}.task_id"
SQLITE = {
    "tasks_added": f"AFTER INSERT ON tasks BEGIN {ADD.format(entries=of_tasks('sqlite', 'new'))} END",
    "tasks_changed": "AFTER UPDATE ON tasks WHEN {changed} BEGIN {add} END".format(
        changed=" OR ".join(f"old.{name} IS NOT new.{name}" for name in CHANGED),
        add=ADD.format(
            entries=" UNION ALL ".join(
                query
                for row, by in (("old", -1), ("new", 1))
                for query in (
                    of_tasks("sqlite", row, by=by),
                    of_tags(row, "task_tags", "FROM task_tags", OF_TASK.format(row=row), by),
                )
            )
        ),
    ),
    # The tags go first, while their task still says how they were counted.
    "tasks_removing": f"BEFORE DELETE ON tasks BEGIN DELETE FROM task_tags WHERE {OF_TASK.format(row='old')}; END",
    "tasks_removed": f"AFTER DELETE ON tasks BEGIN {SUBTRACT.format(entries=of_tasks('sqlite', 'old'))} END",
    "task_tags_added": "AFTER INSERT ON task_tags BEGIN {} END".format(
        ADD.format(entries=of_tags("tasks", "new", "FROM tasks", OF_TAG.format(tag="new")))
    ),
    "task_tags_removed": "AFTER DELETE ON task_tags BEGIN {} END".format(
        SUBTRACT.format(entries=of_tags("tasks", "old", "FROM tasks", OF_TAG.format(tag="old")))
    ),
}


def _of_new(row: str, by: int) -> str:
    return " UNION ALL ".join(
        (
            of_tasks("postgresql", row, f"FROM {row}", by),
            of_tags(row, "task_tags", f"FROM task_tags JOIN {row} ON {OF_TASK.format(row=row)}", by=by),
        )
    )


POSTGRESQL = {
    "tasks_added": (
        "AFTER INSERT ON tasks REFERENCING NEW TABLE AS added FOR EACH STATEMENT",
        ADD.format(entries=of_tasks("postgresql", "added", "FROM added")),
    ),
    "tasks_changed": (
        "AFTER UPDATE ON tasks REFERENCING OLD TABLE AS was NEW TABLE AS is_now FOR EACH STATEMENT",
        ADD.format(entries=" UNION ALL ".join((_of_new("was", -1), _of_new("is_now", 1)))),
    ),
    "tasks_removing": (
        "BEFORE DELETE ON tasks FOR EACH ROW",
        f"DELETE FROM task_tags WHERE {OF_TASK.format(row='old')}; RETURN old;",
    ),
    "tasks_removed": (
        "AFTER DELETE ON tasks REFERENCING OLD TABLE AS gone_tasks FOR EACH STATEMENT",
        SUBTRACT.format(entries=of_tasks("postgresql", "gone_tasks", "FROM gone_tasks")),
    ),
    "task_tags_added": (
        "AFTER INSERT ON task_tags REFERENCING NEW TABLE AS added FOR EACH STATEMENT",
        ADD.format(entries=of_tags("tasks", "added", f"FROM added JOIN tasks ON {OF_TAG.format(tag='added')}")),
    ),
    "task_tags_removed": (
        "AFTER DELETE ON task_tags REFERENCING OLD TABLE AS gone_tags FOR EACH STATEMENT",
        SUBTRACT.format(
            entries=of_tags("tasks", "gone_tags", f"FROM gone_tags JOIN tasks ON {OF_TAG.format(tag='gone_tags')}")
        ),
    ),
}


def upgrade() -> None:
    op.create_table(
        "task_counts",
        sa.Column("user_id", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("slot", sa.Integer(), nullable=False),
        sa.Column("name", SORTED, nullable=False),
        sa.Column("pending", sa.Integer(), nullable=False),
        sa.Column("completed", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("user_id", "kind", "slot", "name"),
        sqlite_with_rowid=False,
    )
    dialect = op.get_bind().dialect.name
    if dialect == "postgresql":
        op.execute("SELECT set_config('app.operator', 'on', true)")
    op.execute(ADD.format(entries=of_tasks(dialect, "tasks", "FROM tasks")))
    tagged = f"FROM task_tags JOIN tasks ON {OF_TASK.format(row='tasks')}"
    op.execute(ADD.format(entries=of_tags("tasks", "task_tags", tagged)))
    if dialect == "postgresql":
        _secure()
        for name, (when, body) in POSTGRESQL.items():
            end = "" if "RETURN" in body else "RETURN NULL;"
            op.execute(f"CREATE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN {body} {end} END $$")
            op.execute(f"CREATE TRIGGER {name} {when} EXECUTE FUNCTION {name}()")
    else:
        for name, body in SQLITE.items():
            op.execute(f"CREATE TRIGGER {name} {body}")


def _secure() -> None:
    mine = "user_id = (SELECT current_setting('app.user_id', true))"
    op.execute("ALTER TABLE task_counts ENABLE ROW LEVEL SECURITY")
    op.execute("ALTER TABLE task_counts FORCE ROW LEVEL SECURITY")
    op.execute(f"CREATE POLICY own_rows ON task_counts USING ({mine}) WITH CHECK ({mine})")
    op.execute("CREATE POLICY operator ON task_counts USING ((SELECT current_setting('app.operator', true)) = 'on')")
    if op.get_bind().scalar(sa.text(f"SELECT EXISTS (SELECT FROM pg_roles WHERE rolname = '{ROLE}')")):
        op.execute(f"GRANT SELECT, INSERT, UPDATE, DELETE ON task_counts TO {ROLE}")
    op.execute("SELECT set_config('app.operator', '', true)")


def downgrade() -> None:
    postgres = op.get_bind().dialect.name == "postgresql"
    for name in SQLITE:
        op.execute(f"DROP TRIGGER {name}" + (f" ON {'task_tags' if 'tags' in name else 'tasks'}" if postgres else ""))
        if postgres:
            op.execute(f"DROP FUNCTION {name}()")
    op.drop_table("task_counts")
