"""Topics of mailings and leaving them, and when a consent was last confirmed"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

TOPICS = ('substitutes', 'flexible', 'subsidies', 'stories', 'events')


def topic(nullable: bool) -> sa.Column:
    kind = sa.Enum(*TOPICS, name='topic', native_enum=False, length=32, create_constraint=True)
    return sa.Column('topic', kind, nullable=nullable)


def upgrade() -> None:
    with op.batch_alter_table('mailing', schema=None) as batch_op:
        batch_op.add_column(sa.Column('commercial_reason', sa.String(400), nullable=False, server_default=''))
        batch_op.add_column(topic(True))
    with op.batch_alter_table('mailing', schema=None) as batch_op:
        batch_op.alter_column('commercial_reason', server_default=None)
    with op.batch_alter_table('consent', schema=None) as batch_op:
        batch_op.add_column(sa.Column('confirmed_at', sa.DateTime(timezone=True), nullable=True))
    standing = sa.text('withdrawn_at IS NULL')
    op.create_index(
        'ix_consent_given_at', 'consent', ['given_at'], sqlite_where=standing, postgresql_where=standing,
    )
    ended = sa.text('withdrawn_at IS NOT NULL')
    op.create_index(
        'ix_consent_withdrawn_at', 'consent', ['withdrawn_at'], sqlite_where=ended, postgresql_where=ended,
    )
    op.create_table(
        'topic_suppression',
        sa.Column('address_key', sa.String(254), nullable=False),
        topic(False),
        sa.Column('source', sa.String(200), nullable=False),
        sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
        sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_topic_suppression')),
        sa.UniqueConstraint('address_key', 'topic', name=op.f('uq_topic_suppression_address_key_topic')),
    )
    op.create_index('ix_topic_suppression_created_at', 'topic_suppression', ['created_at'])
    _create_notices()
    _create_senders()


def _create_senders() -> None:
    states = ('aligned', 'not_aligned', 'unknown')
    op.create_table(
        'sender_domain',
        sa.Column('domain', sa.String(253), nullable=False),
        sa.Column(
            'state', sa.Enum(*states, name='senderstate', native_enum=False, length=32, create_constraint=True),
            nullable=False,
        ),
        sa.Column('findings', sa.JSON().with_variant(postgresql.JSONB(), 'postgresql'), nullable=False),
        sa.Column('checked_at', sa.DateTime(timezone=True), nullable=False),
        sa.Column('acknowledged_at', sa.DateTime(timezone=True), nullable=True),
        sa.Column('acknowledged_by', sa.Integer(), nullable=True),
        sa.Column('acknowledged_reason', sa.String(400), nullable=False),
        sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
        sa.Column('version', sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_sender_domain')),
        sa.UniqueConstraint('domain', name=op.f('uq_sender_domain_domain')),
    )


def _create_notices() -> None:
    kinds = ('consent', 'withdrawal', 'refusal', 'topics', 'rejoined', 'reconfirmation')
    op.create_table(
        'consent_notice',
        sa.Column(
            'kind', sa.Enum(*kinds, name='noticekind', native_enum=False, length=32, create_constraint=True),
            nullable=False,
        ),
        sa.Column('address_key', sa.String(254), nullable=False),
        sa.Column('subject', sa.String(120), nullable=False),
        sa.Column('happened_at', sa.DateTime(timezone=True), nullable=False),
        sa.Column('due_on', sa.Date(), nullable=False),
        sa.Column('to_address', sa.String(254), nullable=False),
        sa.Column('sender_name', sa.String(80), nullable=False),
        sa.Column('centre_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
        sa.Column('text', sa.Text(), nullable=False),
        sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
        sa.Column('attempts', sa.Integer(), nullable=False),
        sa.Column('sent_at', sa.DateTime(timezone=True), nullable=True),
        sa.Column('error', sa.String(500), nullable=False),
        sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
        sa.ForeignKeyConstraint(['centre_id'], ['centre.id'], name=op.f('fk_consent_notice_centre_id_centre')),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_consent_notice')),
        sa.UniqueConstraint(
            'address_key', 'kind', 'happened_at', 'subject', 'due_on', name=op.f('uq_consent_notice_fact')
        ),
    )
    op.create_index('ix_consent_notice_centre_id', 'consent_notice', ['centre_id'])
    op.create_index('ix_consent_notice_created_at', 'consent_notice', ['created_at'])
    unsent = sa.text('sent_at IS NULL')
    op.create_index(
        'ix_consent_notice_open', 'consent_notice', ['id'], sqlite_where=unsent, postgresql_where=unsent,
    )


def downgrade() -> None:
    op.drop_table('sender_domain')
    op.drop_table('consent_notice')
    op.drop_table('topic_suppression')
    op.drop_index('ix_consent_withdrawn_at', 'consent')
    op.drop_index('ix_consent_given_at', 'consent')
    with op.batch_alter_table('consent', schema=None) as batch_op:
        batch_op.drop_column('confirmed_at')
    with op.batch_alter_table('mailing', schema=None) as batch_op:
        batch_op.drop_constraint(op.f('ck_mailing_topic'), type_='check')
        batch_op.drop_column('topic')
        batch_op.drop_column('commercial_reason')
