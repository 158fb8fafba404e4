"""Cases have several pictures with their rights, tell where they may be shown and what they were about, and are found
by pairs of syllables.

The one picture a case had becomes its first. Its words on rights (the form asked for photographer and consent) are
kept as they are, as rights holder and as evidence; without any it stays unshown until someone has looked. Consents of
before were asked for papers and mails, so that is what they allow; the public gallery needs a new word of the company."""

from __future__ import annotations

import re
import unicodedata

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = '0024'
down_revision = '0023'
branch_labels = None
depends_on = None

JSON = sa.JSON().with_variant(postgresql.JSONB(), 'postgresql')
BIG = sa.BigInteger().with_variant(sa.Integer(), 'sqlite')
TIME = sa.DateTime(timezone=True)
VEIL = sa.Enum('trade', 'section', 'wide', 'no_size', 'no_place', name='veil', native_enum=False, create_constraint=True,
               length=32)
KIND = sa.Enum('scene', 'people', 'product', 'document', name='photokind', native_enum=False, create_constraint=True,
               length=32)
PORTRAIT = sa.Enum('unknown', 'nobody', 'consented', 'refused', name='portrait', native_enum=False,
                   create_constraint=True, length=32)
NEW = (
    sa.Column('ksic', sa.String(5), nullable=False, server_default=''),
    sa.Column('outlets', JSON, nullable=False, server_default='[]'),
    sa.Column('veil', VEIL, nullable=False, server_default='trade'),
    sa.Column('consented_by', sa.String(60), nullable=False, server_default=''),
    sa.Column('withdrawn_reason', sa.String(300), nullable=False, server_default=''),
    sa.Column('taken_down', sa.Boolean(), nullable=False, server_default=sa.false()),
)
EMPTY = (
    sa.Column('interviewed_on', sa.Date(), nullable=True),
    sa.Column('consent_form_id', BIG, nullable=True),
    sa.Column('published_at', TIME, nullable=True),
    sa.Column('withdrawn_at', TIME, nullable=True),
)
FORM_KEY = 'fk_best_practice_consent_form_id_upload'

WORD = re.compile(r'[0-9a-z가-힣]+')


def upgrade() -> None:
    with op.batch_alter_table('best_practice') as table:
        for column in (*NEW, *EMPTY):
            table.add_column(column._copy())
        table.create_foreign_key(FORM_KEY, 'upload', ['consent_form_id'], ['id'])
        table.create_index('ix_best_practice_published', ['state', 'published_at', 'id'])
        table.create_index('ix_best_practice_consent_until', ['consent_until'])
    _new_tables()
    _carry_over()
    with op.batch_alter_table('best_practice') as table:
        for column in NEW:
            table.alter_column(column.name, server_default=None, existing_type=column.type, existing_nullable=False)
        table.drop_constraint('fk_best_practice_photo_id_upload', type_='foreignkey')
        for name in ('photo_id', 'photo_caption', 'photo_rights'):
            table.drop_column(name)


def _new_tables() -> None:
    op.create_table(
        'case_need',
        sa.Column('case_id', BIG, nullable=False),
        sa.Column('need', sa.String(20), nullable=False),
        sa.ForeignKeyConstraint(['case_id'], ['best_practice.id'], name='fk_case_need_case_id_best_practice',
                                ondelete='CASCADE'),
        sa.PrimaryKeyConstraint('case_id', 'need', name='pk_case_need'),
    )
    op.create_index('ix_case_need_need', 'case_need', ['need', 'case_id'])
    op.create_table(
        'case_gram',
        sa.Column('gram', sa.String(2), nullable=False),
        sa.Column('case_id', BIG, nullable=False),
        sa.Column('weight', sa.SmallInteger(), nullable=False),
        sa.ForeignKeyConstraint(['case_id'], ['best_practice.id'], name='fk_case_gram_case_id_best_practice',
                                ondelete='CASCADE'),
        sa.PrimaryKeyConstraint('gram', 'case_id', name='pk_case_gram'),
        sqlite_with_rowid=False,
    )
    op.create_index('ix_case_gram_case_id', 'case_gram', ['case_id'])
    op.create_table(
        'case_photo',
        sa.Column('case_id', BIG, nullable=False),
        sa.Column('upload_id', BIG, nullable=False),
        sa.Column('position', sa.Integer(), nullable=False),
        sa.Column('kind', KIND, nullable=False),
        sa.Column('caption', sa.String(200), nullable=False),
        sa.Column('taken_by', sa.String(60), nullable=False),
        sa.Column('taken_on', sa.Date(), nullable=True),
        sa.Column('rights_holder', sa.String(200), nullable=False),
        sa.Column('portrait', PORTRAIT, nullable=False),
        sa.Column('portrait_evidence', sa.String(300), nullable=False),
        sa.Column('evidence_id', BIG, nullable=True),
        sa.Column('rights_until', sa.Date(), nullable=True),
        sa.Column('client_key', sa.String(64), nullable=True),
        sa.Column('created_at', TIME, nullable=False),
        sa.Column('created_by', sa.Integer(), nullable=True),
        sa.Column('id', BIG, nullable=False),
        sa.ForeignKeyConstraint(['case_id'], ['best_practice.id'], name='fk_case_photo_case_id_best_practice',
                                ondelete='CASCADE'),
        sa.ForeignKeyConstraint(['upload_id'], ['upload.id'], name='fk_case_photo_upload_id_upload'),
        sa.ForeignKeyConstraint(['evidence_id'], ['upload.id'], name='fk_case_photo_evidence_id_upload'),
        sa.PrimaryKeyConstraint('id', name='pk_case_photo'),
        sa.UniqueConstraint('case_id', 'client_key', name='uq_case_photo_case_id_client_key'),
    )
    op.create_index('ix_case_photo_case_id', 'case_photo', ['case_id', 'position'])
    op.create_index('ix_case_photo_rights_until', 'case_photo', ['rights_until'])


def _carry_over() -> None:
    connection = op.get_bind()
    cases = sa.table('best_practice', *(sa.column(name) for name in (
        'id', 'state', 'consent_scope', 'photo_id', 'photo_caption', 'photo_rights', 'updated_at', 'published_at',
        'withdrawn_at', 'headline', 'display_name', 'industry', 'summary', 'problem', 'system', 'effect', 'quote',
    )), sa.column('outlets', JSON), sa.column('keywords', JSON), sa.column('steps', JSON), sa.column('figures', JSON),
        sa.column('advice', JSON))
    photos = sa.table('case_photo', *(sa.column(name) for name in (
        'case_id', 'upload_id', 'position', 'kind', 'caption', 'taken_by', 'rights_holder', 'portrait',
        'portrait_evidence', 'created_at',
    )))
    grams = sa.table('case_gram', sa.column('gram'), sa.column('case_id'), sa.column('weight'))
    change = sa.update(cases)
    connection.execute(change.where(cases.c.consent_scope != 'none').values(outlets=['print', 'mail']))
    connection.execute(change.where(cases.c.state == 'published').values(published_at=cases.c.updated_at))
    connection.execute(change.where(cases.c.state == 'withdrawn').values(withdrawn_at=cases.c.updated_at))
    for row in connection.execute(sa.select(cases)).all():
        if row.photo_id is not None:
            connection.execute(sa.insert(photos).values(
                case_id=row.id, upload_id=row.photo_id, position=1, kind='scene', caption=row.photo_caption,
                taken_by='', rights_holder=row.photo_rights, created_at=row.updated_at,
                portrait='consented' if row.photo_rights else 'unknown', portrait_evidence=row.photo_rights,
            ))
        pairs = _pairs(row)
        if pairs:
            connection.execute(sa.insert(grams), [
                {'gram': gram, 'case_id': row.id, 'weight': weight} for gram, weight in pairs.items()
            ])


def _pairs(row: sa.Row) -> dict[str, int]:
    """As cases.library.grams and cases.library.index made them when this was written."""
    steps = ' '.join(f"{step.get('title', '')} {step.get('text', '')}" for step in row.steps)
    labels = ' '.join(str(figure.get('label', '')) for figure in row.figures)
    body = ' '.join((row.problem, row.system, row.effect, row.quote, steps, labels, *row.advice))
    weights: dict[str, int] = {}
    for text, weight in ((row.headline, 8), (' '.join(row.keywords), 6), (row.display_name, 6),
                         (f'{row.summary} {row.industry}', 4), (body, 1)):
        words = WORD.findall(unicodedata.normalize('NFKC', text).lower())
        grams = {word[place:place + 2] for word in words for place in range(max(len(word) - 1, 1))}
        grams |= {a[-1] + b[0] for a, b in zip(words, words[1:], strict=False) if '가' <= a[-1] <= '힣' and '가' <= b[0] <= '힣'}
        for gram in grams:
            weights[gram] = max(weight, weights.get(gram, 0))
    return weights


def downgrade() -> None:
    with op.batch_alter_table('best_practice') as table:
        table.add_column(sa.Column('photo_id', BIG, nullable=True))
        table.add_column(sa.Column('photo_caption', sa.String(200), nullable=False, server_default=''))
        table.add_column(sa.Column('photo_rights', sa.String(200), nullable=False, server_default=''))
        table.create_foreign_key('fk_best_practice_photo_id_upload', 'upload', ['photo_id'], ['id'])
    for name, column in (('photo_id', 'upload_id'), ('photo_caption', 'caption'), ('photo_rights', 'rights_holder')):
        first = ("(SELECT {0} FROM case_photo WHERE case_photo.case_id = best_practice.id "
                 "ORDER BY position LIMIT 1)").format(column)
        op.execute(f"UPDATE best_practice SET {name} = {first} WHERE id IN (SELECT case_id FROM case_photo)")
    for table_name in ('case_photo', 'case_gram', 'case_need'):
        op.drop_table(table_name)
    with op.batch_alter_table('best_practice') as table:
        table.drop_constraint(FORM_KEY, type_='foreignkey')
        table.drop_index('ix_best_practice_published')
        table.drop_index('ix_best_practice_consent_until')
        table.drop_constraint(op.f('ck_best_practice_veil'), type_='check')
        for column in (*NEW, *EMPTY):
            table.drop_column(column.name)
