"""Reminders and sequences of mailings; a frequency cap for each address and company"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

BIG_ID = sa.BigInteger().with_variant(sa.Integer(), 'sqlite')
BEFORE = ('suppressed', 'no_consent', 'expired')
STATES = ('queued', 'claimed', 'accepted', 'deferred', 'refused', 'skipped', 'in_doubt', 'cancelled')
TROUBLES = (
    'greylisted', 'rate', 'mailbox_full', 'system', 'network', 'unknown_user', 'policy', 'message', 'other',
)
SKIPS = (*BEFORE, 'frequency', 'answered', 'stopped')


def _words(name: str, *words: str) -> sa.Enum:
    return sa.Enum(*words, name=name, native_enum=False, create_constraint=True, length=32)


def _one_of(words: tuple[str, ...]) -> str:
    return "skip_reason IN (" + ", ".join(f"'{word}'" for word in words) + ")"


def upgrade() -> None:
    with op.batch_alter_table('mailing', schema=None) as batch_op:
        batch_op.add_column(sa.Column('follows_id', BIG_ID, nullable=True))
        batch_op.add_column(sa.Column('reminder', sa.Integer(), nullable=True))
        batch_op.add_column(sa.Column('earliest_at', sa.DateTime(timezone=True), nullable=True))
        batch_op.add_column(sa.Column('step', sa.Integer(), nullable=True))
        batch_op.create_foreign_key(batch_op.f('fk_mailing_follows_id_mailing'), 'mailing', ['follows_id'], ['id'])
        batch_op.create_index(batch_op.f('ix_mailing_follows_id'), ['follows_id'], unique=False)
    _skip_reasons(SKIPS)
    op.drop_index('ix_delivery_company_id', 'delivery')
    op.create_index('ix_delivery_company_id', 'delivery', ['company_id', 'done_at'], unique=False)
    _sequences()


def _skip_reasons(words: tuple[str, ...]) -> None:
    """The words that the CHECK of delivery.skip_reason knows. SQLite makes the table anew and forgets its CHECKs."""
    if op.get_bind().dialect.name == 'sqlite':
        with op.batch_alter_table('delivery', recreate='always') as batch_op:
            batch_op.alter_column('state', type_=_words('deliverystate', *STATES))
            batch_op.alter_column('skip_reason', type_=_words('skipreason', *words))
            batch_op.alter_column('trouble', type_=_words('trouble', *TROUBLES))
    else:
        op.drop_constraint(op.f('ck_delivery_skipreason'), 'delivery', type_='check')
        op.create_check_constraint(op.f('ck_delivery_skipreason'), 'delivery', _one_of(words))


def _sequences() -> None:
    op.create_table(
        'sequence',
        sa.Column('id', BIG_ID, nullable=False),
        sa.Column('campaign_id', BIG_ID, nullable=False),
        sa.Column('audience_id', BIG_ID, nullable=True),
        sa.Column('organisation_id', BIG_ID, nullable=True),
        sa.Column('name', sa.String(length=120), nullable=False),
        sa.Column('state', _words(
            'sequencestate', 'draft', 'review', 'approved', 'running', 'paused', 'finished', 'stopped',
        ), nullable=False),
        sa.Column('author_id', sa.Integer(), nullable=True),
        sa.Column('approved_hash', sa.String(length=64), nullable=True),
        sa.Column('approved_at', sa.DateTime(timezone=True), nullable=True),
        sa.Column('approved_by', sa.Integer(), nullable=True),
        sa.Column('starts_at', sa.DateTime(timezone=True), nullable=True),
        sa.Column('finished_at', sa.DateTime(timezone=True), nullable=True),
        sa.Column('note', sa.String(length=300), nullable=False),
        sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
        sa.Column('updated_at', sa.DateTime(timezone=True), nullable=False),
        sa.Column('version', sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ['campaign_id'], ['campaign.id'], name=op.f('fk_sequence_campaign_id_campaign'), ondelete='CASCADE'
        ),
        sa.ForeignKeyConstraint(['audience_id'], ['audience.id'], name=op.f('fk_sequence_audience_id_audience')),
        sa.ForeignKeyConstraint(
            ['organisation_id'], ['organisation.id'], name=op.f('fk_sequence_organisation_id_organisation')
        ),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_sequence')),
    )
    op.create_index('ix_sequence_campaign_id', 'sequence', ['campaign_id'])
    op.create_index('ix_sequence_state', 'sequence', ['state'])
    op.create_table(
        'sequence_step',
        sa.Column('id', BIG_ID, nullable=False),
        sa.Column('sequence_id', BIG_ID, nullable=False),
        sa.Column('mailing_id', BIG_ID, nullable=False),
        sa.Column('position', sa.Integer(), nullable=False),
        sa.Column('wait', sa.Integer(), nullable=False),
        sa.Column('unit', _words('waitunit', 'days', 'workdays'), nullable=False),
        sa.Column('condition', _words(
            'stepcondition', 'no_response', 'clicked', 'form_not_opened', 'everyone',
        ), nullable=False),
        sa.ForeignKeyConstraint(
            ['sequence_id'], ['sequence.id'], name=op.f('fk_sequence_step_sequence_id_sequence'), ondelete='CASCADE'
        ),
        sa.ForeignKeyConstraint(
            ['mailing_id'], ['mailing.id'], name=op.f('fk_sequence_step_mailing_id_mailing'), ondelete='CASCADE'
        ),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_sequence_step')),
        sa.UniqueConstraint('mailing_id', name=op.f('uq_sequence_step_mailing_id')),
        sa.UniqueConstraint('sequence_id', 'position', name=op.f('uq_sequence_step_sequence_id_position')),
    )
    op.create_table(
        'sequence_member',
        sa.Column('id', BIG_ID, nullable=False),
        sa.Column('sequence_id', BIG_ID, nullable=False),
        sa.Column('contact_id', sa.Integer(), nullable=False),
        sa.Column('workplace_id', sa.Integer(), nullable=False),
        sa.Column('company_id', sa.Integer(), nullable=False),
        sa.Column('organisation_id', BIG_ID, nullable=True),
        sa.Column('position', sa.Integer(), nullable=False),
        sa.Column('state', _words('memberstate', 'sending', 'waiting', 'late', 'done', 'ended'), nullable=False),
        sa.Column('reason', _words(
            'endreason', 'answered', 'opted_out', 'bounced', 'partner_stop', 'stopped', 'campaign_ended', 'condition',
            'no_consent', 'gone', 'same_address', 'outside_centre', 'frequency', 'not_sent', 'late',
        ), nullable=True),
        sa.Column('accepted_at', sa.DateTime(timezone=True), nullable=True),
        sa.Column('due_at', sa.DateTime(timezone=True), nullable=True),
        sa.Column('ended_at', sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ['sequence_id'], ['sequence.id'], name=op.f('fk_sequence_member_sequence_id_sequence'), ondelete='CASCADE'
        ),
        sa.ForeignKeyConstraint(
            ['organisation_id'], ['organisation.id'], name=op.f('fk_sequence_member_organisation_id_organisation'),
            ondelete='SET NULL',
        ),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_sequence_member')),
        sa.UniqueConstraint('sequence_id', 'contact_id', name=op.f('uq_sequence_member_sequence_id_contact_id')),
    )
    op.create_index('ix_sequence_member_company_id', 'sequence_member', ['company_id'])
    op.create_index('ix_sequence_member_state', 'sequence_member', ['sequence_id', 'state', 'due_at'])
    op.create_table(
        'partner_stop',
        sa.Column('id', BIG_ID, nullable=False),
        sa.Column('campaign_id', BIG_ID, nullable=False),
        sa.Column('organisation_id', BIG_ID, nullable=False),
        sa.Column('note', sa.String(length=300), nullable=False),
        sa.Column('at', sa.DateTime(timezone=True), nullable=False),
        sa.Column('by', sa.Integer(), nullable=True),
        sa.Column('lifted_at', sa.DateTime(timezone=True), nullable=True),
        sa.Column('lifted_by', sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(
            ['campaign_id'], ['campaign.id'], name=op.f('fk_partner_stop_campaign_id_campaign'), ondelete='CASCADE'
        ),
        sa.ForeignKeyConstraint(
            ['organisation_id'], ['organisation.id'], name=op.f('fk_partner_stop_organisation_id_organisation'),
            ondelete='CASCADE',
        ),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_partner_stop')),
    )
    standing = sa.text('lifted_at IS NULL')
    op.create_index(
        'uq_partner_stop_standing', 'partner_stop', ['campaign_id', 'organisation_id'], unique=True,
        sqlite_where=standing, postgresql_where=standing,
    )


def downgrade() -> None:
    """What knows of reminders and sequences goes; rows skipped for the new reasons keep none."""
    for table in ('partner_stop', 'sequence_member', 'sequence_step', 'sequence'):
        op.drop_table(table)
    op.execute("UPDATE delivery SET skip_reason = NULL WHERE skip_reason IN ('frequency', 'answered', 'stopped')")
    _skip_reasons(BEFORE)
    op.drop_index('ix_delivery_company_id', 'delivery')
    op.create_index('ix_delivery_company_id', 'delivery', ['company_id'], unique=False)
    with op.batch_alter_table('mailing', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_mailing_follows_id'))
        batch_op.drop_constraint(batch_op.f('fk_mailing_follows_id_mailing'), type_='foreignkey')
        for name in ('step', 'earliest_at', 'reminder', 'follows_id'):
            batch_op.drop_column(name)
