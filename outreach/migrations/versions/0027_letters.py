"""Letters by post: a second person's approval, and bodies that differ from company to company."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = '0027'
down_revision = '0026'
branch_labels = None
depends_on = None

BIG = sa.BigInteger().with_variant(sa.Integer(), 'sqlite')
JSON = sa.JSON().with_variant(postgresql.JSONB(), 'postgresql')
STATES = ('draft', 'made', 'posted')
CASE_KEY = 'fk_post_item_case_id_best_practice'


def upgrade() -> None:
    with op.batch_alter_table('post_run') as table:
        table.add_column(sa.Column('approved_at', sa.DateTime(timezone=True), nullable=True))
        table.add_column(sa.Column('approved_by', sa.Integer(), nullable=True))
        table.add_column(sa.Column('bodies', sa.String(80), nullable=False, server_default=''))
    _states((*STATES, 'review'))
    with op.batch_alter_table('post_item') as table:
        table.add_column(sa.Column('values', JSON, nullable=False, server_default='{}'))
        table.add_column(sa.Column('case_id', BIG, nullable=True))
        table.add_column(sa.Column('case_reason', sa.Text(), nullable=False, server_default=''))
        table.add_column(sa.Column('first_page', sa.Integer(), nullable=False, server_default='0'))
        table.add_column(sa.Column('pages', sa.Integer(), nullable=False, server_default='0'))
        table.create_foreign_key(CASE_KEY, 'best_practice', ['case_id'], ['id'], ondelete='SET NULL')
        table.create_index('ix_post_item_case_id', ['case_id'])
    with op.batch_alter_table('post_run') as table:
        table.alter_column('bodies', existing_type=sa.String(80), server_default=None)
    with op.batch_alter_table('post_item') as table:
        table.alter_column('values', existing_type=JSON, server_default=None)
        table.alter_column('case_reason', existing_type=sa.Text(), server_default=None)
        table.alter_column('first_page', existing_type=sa.Integer(), server_default=None)
        table.alter_column('pages', existing_type=sa.Integer(), server_default=None)


def _states(words: tuple[str, ...]) -> None:
    listed = ', '.join(f"'{word}'" for word in words)
    with op.batch_alter_table('post_run') as table:
        table.drop_constraint(op.f('ck_post_run_runstate'), type_='check')
        table.create_check_constraint(op.f('ck_post_run_runstate'), sa.text(f'state IN ({listed})'))


def downgrade() -> None:
    op.execute("UPDATE post_run SET state = 'made' WHERE state = 'review'")
    _states(STATES)
    with op.batch_alter_table('post_item') as table:
        table.drop_index('ix_post_item_case_id')
        table.drop_constraint(CASE_KEY, type_='foreignkey')
        for name in ('values', 'case_id', 'case_reason', 'first_page', 'pages'):
            table.drop_column(name)
    with op.batch_alter_table('post_run') as table:
        for name in ('approved_at', 'approved_by', 'bodies'):
            table.drop_column(name)
