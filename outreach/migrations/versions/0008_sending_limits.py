"""Sending limits, the rest of domains and servers, and why a recipient was refused"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

JSON = sa.JSON().with_variant(postgresql.JSONB(), 'postgresql')
ID = sa.BigInteger().with_variant(sa.Integer(), 'sqlite')
TROUBLES = (
    'greylisted', 'rate', 'mailbox_full', 'system', 'network', 'unknown_user', 'policy', 'message', 'other',
)

#: Cautious values of our own (no provider publishes any), for an administrator to change: a day's mailing of a centre
#: passes in minutes, and no large provider sees a burst.
LIMITS = (
    ('all', '모든 메일', (), None, None),
    ('domains', '네이버', ('naver.com',), 1800, 4),
    ('domains', '다음·한메일', ('daum.net', 'hanmail.net'), 1200, 4),
    ('domains', '지메일', ('gmail.com', 'googlemail.com'), 1800, 4),
    ('domains', '카카오', ('kakao.com',), 1200, 4),
    ('domains', '네이트', ('nate.com',), 600, 2),
    ('domains', '공직자통합메일', ('korea.kr',), 600, 2),
    ('others', '그 밖의 도메인', (), None, None),
)


def upgrade() -> None:
    # Plain ALTERs: batch mode would copy every recipient there is, and lose the checks that it cannot see.
    op.add_column('delivery', sa.Column('domain', sa.String(254), nullable=False, server_default=''))
    words = ', '.join(f"'{word}'" for word in TROUBLES)
    op.execute(
        f'ALTER TABLE delivery ADD COLUMN trouble VARCHAR(32) CONSTRAINT ck_delivery_trouble CHECK (trouble IN ({words}))'
    )
    op.add_column('mailing', sa.Column('refusal_percent', sa.Integer(), nullable=True))
    _fill_in()
    queued, refused = sa.text("state = 'queued'"), sa.text("state = 'refused'")
    op.create_index(
        'ix_delivery_domain', 'delivery', ['mailing_id', 'domain', 'id'], sqlite_where=queued, postgresql_where=queued
    )
    op.create_index('ix_delivery_refused', 'delivery', ['done_at'], sqlite_where=refused, postgresql_where=refused)
    _create_tables()


def _fill_in() -> None:
    """The domain of every recipient, and the class of what was refused so far, as far as its status tells."""
    is_postgresql = op.get_bind().dialect.name == 'postgresql'
    behind = "split_part(address_key, '@', 2)" if is_postgresql else "substr(address_key, instr(address_key, '@') + 1)"
    op.execute(f'UPDATE delivery SET domain = {behind}')
    op.execute("""
        UPDATE delivery SET trouble = CASE
          WHEN reply_code IS NULL THEN 'message'
          WHEN reply_status IN ('5.1.1', '5.1.2', '5.1.3', '5.1.6', '5.1.10') THEN 'unknown_user'
          WHEN reply_code = 421 THEN 'rate'
          WHEN reply_status LIKE '4.7.%' THEN 'rate'
          WHEN reply_status LIKE '5.7.%' THEN 'policy'
          WHEN reply_status LIKE '%.2.2' THEN 'mailbox_full'
          WHEN reply_status LIKE '%.3.%' THEN 'system'
          WHEN reply_status LIKE '%.4.%' THEN 'network'
          ELSE 'other' END
        WHERE state IN ('refused', 'deferred')
    """)


def _create_tables() -> None:
    limit = op.create_table(
        'sending_limit',
        sa.Column(
            'kind', sa.Enum('all', 'server', 'domains', 'others', name='limitkind', native_enum=False,
                            create_constraint=True, length=32), nullable=False,
        ),
        sa.Column('name', sa.String(120), nullable=False),
        sa.Column('domains', JSON, nullable=False),
        sa.Column('amount', sa.Integer(), nullable=True),
        sa.Column('window', sa.Integer(), nullable=False),
        sa.Column('abreast', sa.Integer(), nullable=True),
        sa.Column('id', ID, nullable=False),
        sa.Column('version', sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_sending_limit')),
        sa.UniqueConstraint('name', name=op.f('uq_sending_limit_name')),
    )
    op.bulk_insert(limit, [
        {'kind': kind, 'name': name, 'domains': list(domains), 'amount': amount, 'window': 60, 'abreast': abreast,
         'version': 1} for kind, name, domains, amount, abreast in LIMITS
    ])
    policy = op.create_table(
        'sending_policy',
        sa.Column('refusal_percent', sa.Integer(), nullable=False),
        sa.Column('domain_refusal_percent', sa.Integer(), nullable=False),
        sa.Column('id', ID, nullable=False),
        sa.Column('version', sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_sending_policy')),
    )
    op.bulk_insert(policy, [{'refusal_percent': 5, 'domain_refusal_percent': 30, 'version': 1}])
    op.create_table(
        'sending_window',
        sa.Column('key', sa.String(300), nullable=False),
        sa.Column('tokens', sa.Double(), nullable=False),
        sa.Column('at', sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint('key', name=op.f('pk_sending_window')),
    )
    op.create_table(
        'sending_lane',
        sa.Column('key', sa.String(300), nullable=False),
        sa.Column('worker', sa.String(80), nullable=False),
        sa.Column('abreast', sa.Integer(), nullable=False),
        sa.Column('until', sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint('key', 'worker', name=op.f('pk_sending_lane')),
    )
    op.create_table(
        'domain_rest',
        sa.Column('domain', sa.String(254), nullable=False),
        sa.Column('strikes', sa.Integer(), nullable=False),
        sa.Column('since', sa.DateTime(timezone=True), nullable=False),
        sa.Column('until', sa.DateTime(timezone=True), nullable=False),
        sa.Column('reply', sa.String(300), nullable=False),
        sa.PrimaryKeyConstraint('domain', name=op.f('pk_domain_rest')),
    )
    op.create_table(
        'mail_server',
        sa.Column('name', sa.String(120), nullable=False),
        sa.Column('failures', sa.Integer(), nullable=False),
        sa.Column('rests_until', sa.DateTime(timezone=True), nullable=True),
        sa.Column('reason', sa.String(300), nullable=False),
        sa.Column('failed_at', sa.DateTime(timezone=True), nullable=True),
        sa.Column('worked_at', sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint('name', name=op.f('pk_mail_server')),
    )


def downgrade() -> None:
    for table in ('mail_server', 'domain_rest', 'sending_lane', 'sending_window', 'sending_policy', 'sending_limit'):
        op.drop_table(table)
    op.drop_index('ix_delivery_refused', 'delivery')
    op.drop_index('ix_delivery_domain', 'delivery')
    op.execute('ALTER TABLE mailing DROP COLUMN refusal_percent')
    op.execute('ALTER TABLE delivery DROP COLUMN trouble')
    op.execute('ALTER TABLE delivery DROP COLUMN domain')
