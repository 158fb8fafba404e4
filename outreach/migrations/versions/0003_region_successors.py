"""Regions have several successors after a split"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = '0003'
down_revision = '0002'
branch_labels = None
depends_on = None

BIG_ID = sa.BigInteger().with_variant(sa.Integer(), 'sqlite')


def upgrade() -> None:
    op.create_table(
        'region_successor',
        sa.Column('region_id', BIG_ID, nullable=False),
        sa.Column('successor_id', BIG_ID, nullable=False),
        sa.ForeignKeyConstraint(
            ['region_id'], ['region.id'], name=op.f('fk_region_successor_region_id_region'), ondelete='CASCADE'
        ),
        sa.ForeignKeyConstraint(
            ['successor_id'], ['region.id'], name=op.f('fk_region_successor_successor_id_region'), ondelete='CASCADE'
        ),
        sa.PrimaryKeyConstraint('region_id', 'successor_id', name=op.f('pk_region_successor')),
    )
    op.execute(
        'INSERT INTO region_successor (region_id, successor_id) '
        'SELECT id, successor_id FROM region WHERE successor_id IS NOT NULL'
    )
    with op.batch_alter_table('region', schema=None) as batch_op:
        batch_op.drop_constraint(batch_op.f('fk_region_successor_id_region'), type_='foreignkey')
        batch_op.drop_column('successor_id')


def downgrade() -> None:
    with op.batch_alter_table('region', schema=None) as batch_op:
        batch_op.add_column(sa.Column('successor_id', BIG_ID, nullable=True))
        batch_op.create_foreign_key(
            batch_op.f('fk_region_successor_id_region'), 'region', ['successor_id'], ['id']
        )
    op.execute(
        'UPDATE region SET successor_id = (SELECT min(successor_id) FROM region_successor '
        'WHERE region_successor.region_id = region.id)'
    )
    op.drop_table('region_successor')
