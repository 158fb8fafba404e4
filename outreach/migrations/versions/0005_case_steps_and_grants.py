"""Cases tell their steps one by one and give advice; grants know where they come from"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = '0005'
down_revision = '0004'
branch_labels = None
depends_on = None

JSON = sa.JSON().with_variant(postgresql.JSONB(), 'postgresql')


def upgrade() -> None:
    with op.batch_alter_table('best_practice', schema=None) as batch_op:
        batch_op.add_column(sa.Column('steps', JSON, nullable=False, server_default='[]'))
        batch_op.add_column(sa.Column('advice', JSON, nullable=False, server_default='[]'))
    _carry_execution_over()
    with op.batch_alter_table('best_practice', schema=None) as batch_op:
        batch_op.alter_column('steps', server_default=None)
        batch_op.alter_column('advice', server_default=None)
        batch_op.drop_column('execution')
    with op.batch_alter_table('material_grant', schema=None) as batch_op:
        batch_op.add_column(sa.Column('direct', sa.Boolean(), nullable=False, server_default=sa.true()))
        batch_op.add_column(sa.Column('followed', sa.Boolean(), nullable=False, server_default=sa.false()))
    with op.batch_alter_table('material_grant', schema=None) as batch_op:
        batch_op.alter_column('direct', server_default=None)
        batch_op.alter_column('followed', server_default=None)


def _carry_execution_over() -> None:
    """What was told in one text becomes one step a line."""
    cases = sa.table('best_practice', sa.column('id'), sa.column('execution'), sa.column('steps', JSON))
    connection = op.get_bind()
    for row in connection.execute(sa.select(cases.c.id, cases.c.execution).where(cases.c.execution != '')).all():
        steps = [{'when': '', 'title': line[:60], 'text': line} for line in row.execution.splitlines() if line.strip()]
        connection.execute(sa.update(cases).where(cases.c.id == row.id).values(steps=steps))


def downgrade() -> None:
    with op.batch_alter_table('material_grant', schema=None) as batch_op:
        batch_op.drop_column('followed')
        batch_op.drop_column('direct')
    with op.batch_alter_table('best_practice', schema=None) as batch_op:
        batch_op.add_column(sa.Column('execution', sa.Text(), nullable=False, server_default=''))
        batch_op.drop_column('advice')
        batch_op.drop_column('steps')
