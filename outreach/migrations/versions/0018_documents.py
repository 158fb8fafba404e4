"""Brochures become documents of any kind, with their versions and what colleagues say about them; an edition knows
which version it was made of, and can be sent back."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
JSON = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")
WHEN = sa.DateTime(timezone=True)
STATES = ("rendering", "ready", "failed", "published", "withdrawn")
LINKS = {"organisation": ("organisation_id", "organisation"), "case": ("case_id", "best_practice"),
         "programme": ("programme_version_id", "programme_version")}
COLUMNS = '"title", "subtitle", "style", "centre_id", "texts", "order", "author_id", "id", "created_at", ' \
          '"updated_at", "version"'


def _enum(words: tuple[str, ...], name: str) -> sa.Enum:
    return sa.Enum(*words, name=name, native_enum=False, create_constraint=True, length=32)


def _main(name: str, *more: sa.Column) -> None:
    op.create_table(
        name, *more,
        sa.Column("title", sa.String(120), nullable=False), sa.Column("subtitle", sa.String(200), nullable=False),
        sa.Column("style", sa.String(32), nullable=False), sa.Column("centre_id", ID, nullable=True),
        sa.Column("texts", JSON, nullable=False), sa.Column("order", JSON, nullable=False),
        sa.Column("author_id", sa.Integer(), nullable=True), sa.Column("id", ID, nullable=False),
        sa.Column("created_at", WHEN, nullable=False), sa.Column("updated_at", WHEN, nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["centre_id"], ["centre.id"], name=f"fk_{name}_centre_id_centre"),
        sa.PrimaryKeyConstraint("id", name=f"pk_{name}"),
    )
    op.create_index(f"ix_{name}_centre_id", name, ["centre_id"])


def _links(name: str) -> None:
    for what, (column, table) in LINKS.items():
        op.create_table(
            f"{name}_{what}", sa.Column(f"{name}_id", ID, nullable=False), sa.Column(column, ID, nullable=False),
            sa.ForeignKeyConstraint(
                [f"{name}_id"], [f"{name}.id"], name=f"fk_{name}_{what}_{name}_id_{name}", ondelete="CASCADE"
            ),
            sa.ForeignKeyConstraint([column], [f"{table}.id"], name=f"fk_{name}_{what}_{column}_{table}"),
            sa.PrimaryKeyConstraint(f"{name}_id", column, name=f"pk_{name}_{what}"),
        )


def _carry(old: str, new: str) -> None:
    for what, (column, _table) in LINKS.items():
        op.execute(f"INSERT INTO {new}_{what} ({new}_id, {column}) SELECT {old}_id, {column} FROM {old}_{what}")
    if op.get_bind().dialect.name == "postgresql":
        op.execute(f"SELECT setval(pg_get_serial_sequence('{new}', 'id'), COALESCE(MAX(id), 1)) FROM {new}")


def _drop_check(table: str, name: str) -> None:
    with op.batch_alter_table(table) as batch:
        batch.drop_constraint(op.f(f"ck_{table}_{name}"), type_="check")


def _material(old: str, new: str) -> None:
    """The material points at ``new``; its kind is a plain word when documents are."""
    _drop_check("material", "made_of_one")
    if new == "document":
        _drop_check("material", "materialkind")
    with op.batch_alter_table("material") as table:
        table.add_column(sa.Column(f"{new}_id", ID, nullable=True))
    op.execute(f"UPDATE material SET {new}_id = {old}_id")
    with op.batch_alter_table("material") as table:
        table.drop_constraint(f"fk_material_{old}_id_{old}", type_="foreignkey")
        table.drop_index(f"ix_material_{old}_id")
        table.drop_column(f"{old}_id")
    with op.batch_alter_table("material") as table:
        table.create_check_constraint("made_of_one", f"(case_id IS NULL) <> ({new}_id IS NULL)")
        table.create_foreign_key(f"fk_material_{new}_id_{new}", new, [f"{new}_id"], ["id"])
        table.create_index(f"ix_material_{new}_id", [f"{new}_id"])


def _drop(name: str) -> None:
    for what in LINKS:
        op.drop_table(f"{name}_{what}")
    op.drop_table(name)


def upgrade() -> None:
    _main("document", sa.Column("kind", sa.String(32), nullable=False))
    _links("document")
    op.execute(f"INSERT INTO document (kind, {COLUMNS}) SELECT 'brochure', {COLUMNS} FROM brochure")
    _carry("brochure", "document")
    _material("brochure", "document")
    _drop("brochure")
    op.execute("UPDATE change_record SET subject = 'document' WHERE subject = 'brochure'")
    op.create_table(
        "document_version", sa.Column("id", ID, nullable=False), sa.Column("document_id", ID, nullable=False),
        sa.Column("number", sa.Integer(), nullable=False), sa.Column("content", JSON, nullable=False),
        sa.Column("saved_at", WHEN, nullable=False), sa.Column("saved_by", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(
            ["document_id"], ["document.id"], name="fk_document_version_document_id_document", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_document_version"),
        sa.UniqueConstraint("document_id", "number", name="uq_document_version_document_id_number"),
    )
    op.create_table(
        "document_comment", sa.Column("id", ID, nullable=False), sa.Column("document_id", ID, nullable=False),
        sa.Column("slot", sa.String(64), nullable=False), sa.Column("text", sa.Text(), nullable=False),
        sa.Column("written_at", WHEN, nullable=False), sa.Column("written_by", sa.Integer(), nullable=True),
        sa.Column("settled_at", WHEN, nullable=True), sa.Column("settled_by", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(
            ["document_id"], ["document.id"], name="fk_document_comment_document_id_document", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_document_comment"),
    )
    op.create_index("ix_document_comment_document_id", "document_comment", ["document_id"])
    _drop_check("edition", "editionstate")
    with op.batch_alter_table("edition") as table:
        table.add_column(sa.Column("document_version", sa.Integer(), nullable=True))
        table.add_column(sa.Column("returned_for", sa.Text(), nullable=False, server_default=""))
    with op.batch_alter_table("edition") as table:
        table.alter_column("state", existing_type=sa.String(32), type_=_enum((*STATES, "returned"), "editionstate"))
        table.alter_column("returned_for", existing_type=sa.Text(), server_default=None)


def downgrade() -> None:
    op.execute("UPDATE edition SET state = 'failed' WHERE state = 'returned'")
    _drop_check("edition", "editionstate")
    with op.batch_alter_table("edition") as table:
        table.drop_column("document_version")
        table.drop_column("returned_for")
    with op.batch_alter_table("edition") as table:
        table.alter_column("state", existing_type=sa.String(32), type_=_enum(STATES, "editionstate"))
    op.drop_table("document_comment")
    op.drop_table("document_version")
    # What is no brochure has no place in the older tables.
    others = "SELECT id FROM document WHERE kind <> 'brochure'"
    op.execute(f"DELETE FROM material WHERE document_id IN ({others})")
    op.execute("DELETE FROM document WHERE kind <> 'brochure'")
    _main("brochure")
    _links("brochure")
    op.execute(f"INSERT INTO brochure ({COLUMNS}) SELECT {COLUMNS} FROM document")
    _carry("document", "brochure")
    _material("document", "brochure")
    with op.batch_alter_table("material") as table:
        table.alter_column("kind", existing_type=sa.String(32), type_=_enum(("case_sheet", "brochure"), "materialkind"))
    _drop("document")
    op.execute("UPDATE change_record SET subject = 'brochure' WHERE subject = 'document'")
