"""The tables of Procrastinate, which says to the workers of PostgreSQL that there is work."""

from importlib.metadata import version

from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None

_FUNCTIONS = """
DO $$ DECLARE found regprocedure; BEGIN
  FOR found IN SELECT oid FROM pg_proc WHERE proname LIKE 'procrastinate\\_%' LOOP
    EXECUTE 'DROP FUNCTION ' || found || ' CASCADE';
  END LOOP;
END $$
"""


def upgrade() -> None:
    """Its own schema as the installed version has it. The comment says which that was: a later version's own
    changes (procrastinate/sql/migrations) are to be applied by a migration of ours from there on."""
    if op.get_bind().dialect.name != "postgresql":
        return
    from procrastinate.schema import SchemaManager  # not at the top: every process reads the list of migrations

    op.get_bind().connection.driver_connection.execute(SchemaManager.get_schema())
    op.execute(f"COMMENT ON TABLE procrastinate_jobs IS 'procrastinate {version('procrastinate')}'")


def downgrade() -> None:
    if op.get_bind().dialect.name != "postgresql":
        return
    tables = "procrastinate_events, procrastinate_periodic_defers, procrastinate_jobs, procrastinate_workers"
    op.execute(f"DROP TABLE {tables} CASCADE")
    op.execute(_FUNCTIONS)
    op.execute("DROP TYPE procrastinate_job_to_defer_v1, procrastinate_job_event_type, procrastinate_job_status")
