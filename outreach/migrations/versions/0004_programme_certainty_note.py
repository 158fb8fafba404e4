"""Programme versions say which of their parts are better known"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = '0004'
down_revision = '0003'
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table('programme_version', schema=None) as batch_op:
        batch_op.add_column(sa.Column('certainty_note', sa.String(length=200), server_default='', nullable=False))


def downgrade() -> None:
    with op.batch_alter_table('programme_version', schema=None) as batch_op:
        batch_op.drop_column('certainty_note')
