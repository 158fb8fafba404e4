"""The frequency cap, as headquarters sets it; empty: as the program's setting says."""

import sqlalchemy as sa
from alembic import op

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None

COLUMNS = ("cap_contact", "cap_company", "cap_days")


def upgrade() -> None:
    for name in COLUMNS:
        op.add_column("sending_policy", sa.Column(name, sa.Integer(), nullable=True))


def downgrade() -> None:
    with op.batch_alter_table("sending_policy") as table:
        for name in COLUMNS:
            table.drop_column(name)
