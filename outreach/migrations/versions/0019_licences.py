"""Under which public licence (공공누리) a material is given out; empty: without a mark."""

import sqlalchemy as sa
from alembic import op

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None

WORDS = ("", "kogl1", "kogl2", "kogl3", "kogl4")


def upgrade() -> None:
    kind = sa.Enum(*WORDS, name="licence", native_enum=False, create_constraint=True, length=32)
    with op.batch_alter_table("material") as table:
        table.add_column(sa.Column("licence", kind, nullable=False, server_default=""))
    with op.batch_alter_table("material") as table:
        table.alter_column("licence", existing_type=kind, server_default=None)


def downgrade() -> None:
    with op.batch_alter_table("material") as table:
        table.drop_constraint(op.f("ck_material_licence"), type_="check")
        table.drop_column("licence")
