"""Why a mailing stands still, so that it can be said in the reader's language: longer than the words themselves."""

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("mailing") as table:
        table.alter_column("pause_reason", existing_type=sa.String(300), type_=sa.Text(), existing_nullable=False)


def downgrade() -> None:
    op.execute("UPDATE mailing SET pause_reason = substr(pause_reason, 1, 300)")
    with op.batch_alter_table("mailing") as table:
        table.alter_column("pause_reason", existing_type=sa.Text(), type_=sa.String(300), existing_nullable=False)
