"""Materials on their way to publication and out of it: a chosen licence, a review asked for, what replaces them."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0028"
down_revision = "0027"
branch_labels = None
depends_on = None

BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
LICENCE = sa.Enum(
    "", "kogl1", "kogl2", "kogl3", "kogl4", name="licence", native_enum=False, create_constraint=True, length=32
)
KEY = "fk_material_replaced_by_id_material"
TEXTS = {"material": "unlicensed_for", "edition": "withdrawn_for"}


def upgrade() -> None:
    with op.batch_alter_table("material") as table:
        table.add_column(sa.Column("unlicensed_for", sa.Text(), nullable=False, server_default=""))
        table.add_column(sa.Column("replaced_by_id", BIG))
        table.create_foreign_key(KEY, "material", ["replaced_by_id"], ["id"], ondelete="SET NULL")
    with op.batch_alter_table("edition") as table:
        table.add_column(sa.Column("withdrawn_for", sa.Text(), nullable=False, server_default=""))
        table.add_column(sa.Column("licence", LICENCE))
        table.add_column(sa.Column("reviewer_id", sa.Integer()))
        table.add_column(sa.Column("review_asked_at", sa.DateTime(timezone=True)))
        table.create_index("ix_edition_state", ["state"])
    for name, column in TEXTS.items():
        with op.batch_alter_table(name) as table:
            table.alter_column(column, existing_type=sa.Text(), server_default=None)


def downgrade() -> None:
    with op.batch_alter_table("edition") as table:
        table.drop_index("ix_edition_state")
        table.drop_constraint(op.f("ck_edition_licence"), type_="check")
        for column in ("withdrawn_for", "licence", "reviewer_id", "review_asked_at"):
            table.drop_column(column)
    with op.batch_alter_table("material") as table:
        table.drop_constraint(KEY, type_="foreignkey")
        for column in ("unlicensed_for", "replaced_by_id"):
            table.drop_column(column)
