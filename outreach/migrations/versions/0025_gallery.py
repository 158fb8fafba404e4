"""The public gallery: its readers by day, and answers that come from a case instead of a campaign."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = '0025'
down_revision = '0024'
branch_labels = None
depends_on = None

BIG = sa.BigInteger().with_variant(sa.Integer(), 'sqlite')
CHANNELS = ('mail_link', 'qr', 'phone', 'visit', 'fax', 'briefing', 'mail_reply', 'post')
CASE_KEY = 'fk_response_place_case_id_best_practice'


def upgrade() -> None:
    op.create_table(
        'gallery_count',
        sa.Column('case_id', BIG, nullable=False),
        sa.Column('day', sa.Date(), nullable=False),
        sa.Column('views', sa.Integer(), nullable=False),
        sa.Column('sheets', sa.Integer(), nullable=False),
        sa.Column('asked', sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(['case_id'], ['best_practice.id'], name='fk_gallery_count_case_id_best_practice',
                                ondelete='CASCADE'),
        sa.PrimaryKeyConstraint('case_id', 'day', name='pk_gallery_count'),
    )
    with op.batch_alter_table('response_place') as table:
        table.alter_column('campaign_id', existing_type=BIG, nullable=True)
        table.add_column(sa.Column('case_id', BIG, nullable=True))
        table.create_foreign_key(CASE_KEY, 'best_practice', ['case_id'], ['id'], ondelete='SET NULL')
        table.create_index('ix_response_place_case_id', ['case_id'])
    _channels((*CHANNELS, 'gallery'))


def _channels(words: tuple[str, ...]) -> None:
    listed = ', '.join(f"'{word}'" for word in words)
    with op.batch_alter_table('response') as table:
        table.drop_constraint(op.f('ck_response_channel'), type_='check')
        table.create_check_constraint(op.f('ck_response_channel'), sa.text(f'channel IN ({listed})'))


def downgrade() -> None:
    response, place = sa.table('response', sa.column('channel'), sa.column('place_id')), sa.table(
        'response_place', sa.column('id'), sa.column('campaign_id'))
    homeless = sa.select(place.c.id).where(place.c.campaign_id.is_(None))
    op.execute(response.update().where(response.c.place_id.in_(homeless)).values(place_id=None))
    op.execute(response.update().where(response.c.channel == 'gallery').values(channel='qr'))
    op.execute(place.delete().where(place.c.campaign_id.is_(None)))
    _channels(CHANNELS)
    with op.batch_alter_table('response_place') as table:
        table.drop_constraint(CASE_KEY, type_='foreignkey')
        table.drop_index('ix_response_place_case_id')
        table.drop_column('case_id')
        table.alter_column('campaign_id', existing_type=BIG, nullable=False)
    op.drop_table('gallery_count')
