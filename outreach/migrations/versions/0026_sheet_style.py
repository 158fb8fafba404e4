"""How a case's sheet looks."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = '0026'
down_revision = '0025'
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table('material') as table:
        table.add_column(sa.Column('style', sa.String(32), nullable=False, server_default='warm'))
    with op.batch_alter_table('material') as table:
        table.alter_column('style', existing_type=sa.String(32), server_default=None)


def downgrade() -> None:
    with op.batch_alter_table('material') as table:
        table.drop_column('style')
