"""A partner's own colour on its editions of materials."""

import sqlalchemy as sa
from alembic import op

revision = "0022"
down_revision = "0021"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("organisation") as table:
        table.add_column(sa.Column("accent", sa.String(7), nullable=False, server_default=""))
    with op.batch_alter_table("organisation") as table:
        table.alter_column("accent", existing_type=sa.String(7), server_default=None)


def downgrade() -> None:
    with op.batch_alter_table("organisation") as table:
        table.drop_column("accent")
