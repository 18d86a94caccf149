"""Row-level security on PostgreSQL: whoever a transaction says it is sees their own rows, and the operator all of them.

It is held against a role that owns nothing, to which each transaction changes. Where that role may not be made, it is
held against the owner of the tables. SQLite, which is one person's file, has nothing of the kind.
"""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

ROLE = "kirotodo_app"
OWNED = (
    "users",
    "tasks",
    "task_tags",
    "changes",
    "conversations",
    "messages",
    "turns",
    "turn_steps",
    "tool_calls",
    "turn_events",
    "search_documents",
    "search_words",
    "sessions",
)
MAKE_ROLE = f"""
DO $$
BEGIN
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = '{ROLE}') THEN
        CREATE ROLE {ROLE} NOLOGIN;
    END IF;
    IF NOT (SELECT rolsuper FROM pg_roles WHERE rolname = current_user) THEN
        EXECUTE format('GRANT {ROLE} TO %I', current_user);
    END IF;
EXCEPTION
    WHEN duplicate_object OR unique_violation OR insufficient_privilege THEN
        NULL;
END
$$
"""
"""Another database of the same server may make it at the same moment, and this user may be allowed nothing of it."""


def upgrade() -> None:
    connection = op.get_bind()
    if connection.dialect.name == "sqlite":
        return
    op.execute(MAKE_ROLE)
    there = connection.scalar(sa.text(f"SELECT EXISTS (SELECT FROM pg_roles WHERE rolname = '{ROLE}')"))
    for table in OWNED:
        user = "id" if table == "users" else "user_id"
        mine = f"{user} = {said_once('app.user_id')}"
        op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
        op.execute(f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY")
        op.execute(f"CREATE POLICY own_rows ON {table} USING ({mine}) WITH CHECK ({mine})")
        op.execute(f"CREATE POLICY operator ON {table} USING ({said_once('app.operator')} = 'on')")
        if there:
            op.execute(f"GRANT SELECT, INSERT, UPDATE, DELETE ON {table} TO {ROLE}")
    if there:
        schema = connection.scalar(sa.text("SELECT quote_ident(current_schema())"))
        op.execute(f"GRANT USAGE ON SCHEMA {schema} TO {ROLE}")
        op.execute(f"GRANT USAGE ON SEQUENCE search_documents_id_seq TO {ROLE}")
        op.execute(f"GRANT SELECT ON alembic_version TO {ROLE}")


def said_once(setting: str) -> str:
    """A setting, asked for once in a statement and not once for each row."""
    return f"(SELECT current_setting('{setting}', true))"


def downgrade() -> None:
    """The role stays, without any right here: other databases of the same server may have it."""
    connection = op.get_bind()
    if connection.dialect.name == "sqlite":
        return
    if connection.scalar(sa.text(f"SELECT EXISTS (SELECT FROM pg_roles WHERE rolname = '{ROLE}')")):
        schema = connection.scalar(sa.text("SELECT quote_ident(current_schema())"))
        op.execute(f"REVOKE ALL ON {', '.join(OWNED)}, alembic_version FROM {ROLE}")
        op.execute(f"REVOKE ALL ON SEQUENCE search_documents_id_seq FROM {ROLE}")
        op.execute(f"REVOKE ALL ON SCHEMA {schema} FROM {ROLE}")
    for table in OWNED:
        op.execute(f"DROP POLICY operator ON {table}")
        op.execute(f"DROP POLICY own_rows ON {table}")
        op.execute(f"ALTER TABLE {table} NO FORCE ROW LEVEL SECURITY")
        op.execute(f"ALTER TABLE {table} DISABLE ROW LEVEL SECURITY")
