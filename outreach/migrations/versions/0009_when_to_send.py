"""When to send: hours of each kind of message, holidays the list does not know, a mailing's last moment and spread,
and signs of life of the background"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

ID = sa.BigInteger().with_variant(sa.Integer(), 'sqlite')
INSTANT = sa.DateTime(timezone=True)
CHANNEL = ('email', 'sms', 'alimtalk')
DELIVERY_STATE = (
    'queued', 'claimed', 'accepted', 'deferred', 'refused', 'skipped', 'in_doubt', 'cancelled'
)
TROUBLE = (
    'greylisted', 'rate', 'mailbox_full', 'system', 'network', 'unknown_user', 'policy', 'message', 'other',
)
MESSAGE_CLASS = ('public_notice', 'advertising', 'consent_notice')


def _enum(words, name):
    return sa.Enum(*words, name=name, native_enum=False, create_constraint=True, length=32)


def upgrade() -> None:
    op.create_table(
        'holiday_override',
        sa.Column('day', sa.Date(), nullable=False),
        sa.Column('works', sa.Boolean(), nullable=False),
        sa.Column('name', sa.String(length=60), nullable=False),
        sa.Column('reason', sa.String(length=300), nullable=False),
        sa.Column('decided_by', sa.String(length=254), nullable=False),
        sa.Column('decided_at', INSTANT, nullable=False),
        sa.Column('id', ID, nullable=False),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_holiday_override')),
        sa.UniqueConstraint('day', name=op.f('uq_holiday_override_day')),
    )
    op.create_table(
        'sending_hours',
        sa.Column('channel', _enum(CHANNEL, 'channel'), nullable=False),
        sa.Column('message_class', _enum(MESSAGE_CLASS, 'messageclass'), nullable=False),
        sa.Column('opens', sa.Integer(), nullable=False),
        sa.Column('closes', sa.Integer(), nullable=False),
        sa.Column('workdays_only', sa.Boolean(), nullable=False),
        sa.Column('reason', sa.String(length=300), nullable=False),
        sa.Column('decided_by', sa.String(length=254), nullable=False),
        sa.Column('decided_at', INSTANT, nullable=False),
        sa.Column('id', ID, nullable=False),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_sending_hours')),
        sa.UniqueConstraint('channel', 'message_class', name=op.f('uq_sending_hours_channel_message_class')),
        sa.CheckConstraint('opens >= 0 AND opens < closes AND closes <= 1440',
                           name=op.f('ck_sending_hours_hours_of_a_day')),
    )
    op.create_table(
        'pulse',
        sa.Column('role', sa.String(length=32), nullable=False),
        sa.Column('beat_at', INSTANT, nullable=False),
        sa.Column('by', sa.String(length=120), nullable=False),
        sa.PrimaryKeyConstraint('role', name=op.f('pk_pulse')),
    )
    op.create_table(
        'standstill',
        sa.Column('key', sa.String(length=120), nullable=False),
        sa.Column('place', sa.BigInteger(), nullable=False),
        sa.Column('since', INSTANT, nullable=False),
        sa.PrimaryKeyConstraint('key', name=op.f('pk_standstill')),
    )
    with op.batch_alter_table('mailing') as batch_op:
        batch_op.add_column(sa.Column('not_after', INSTANT, nullable=True))
        batch_op.add_column(sa.Column('spread_until', INSTANT, nullable=True))
    _skip_reasons('suppressed', 'no_consent', 'expired')


def _skip_reasons(*words) -> None:
    """The words that the CHECK of delivery.skip_reason knows. SQLite makes the table anew and forgets its CHECKs."""
    if op.get_bind().dialect.name == 'sqlite':
        with op.batch_alter_table('delivery', recreate='always') as batch_op:
            batch_op.alter_column('state', type_=_enum(DELIVERY_STATE, 'deliverystate'))
            batch_op.alter_column('skip_reason', type_=_enum(words, 'skipreason'))
            batch_op.alter_column('trouble', type_=_enum(TROUBLE, 'trouble'))
    else:
        op.drop_constraint(op.f('ck_delivery_skipreason'), 'delivery', type_='check')
        listed = ', '.join(f"'{word}'" for word in words)
        op.create_check_constraint(op.f('ck_delivery_skipreason'), 'delivery', f'skip_reason IN ({listed})')


def downgrade() -> None:
    op.execute("UPDATE delivery SET skip_reason = NULL WHERE skip_reason = 'expired'")
    _skip_reasons('suppressed', 'no_consent')
    with op.batch_alter_table('mailing') as batch_op:
        batch_op.drop_column('spread_until')
        batch_op.drop_column('not_after')
    op.drop_table('standstill')
    op.drop_table('pulse')
    op.drop_table('sending_hours')
    op.drop_table('holiday_override')
