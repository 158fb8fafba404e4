"""Each try that did not succeed, beside the recipient's row that tells of the last."""

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
STATES = ("queued", "claimed", "accepted", "deferred", "refused", "skipped", "in_doubt", "cancelled")
TROUBLES = (
    "greylisted", "rate", "mailbox_full", "system", "network", "unknown_user", "policy", "message", "other",
)


def _enum(words: tuple[str, ...], name: str) -> sa.Enum:
    return sa.Enum(*words, name=name, native_enum=False, create_constraint=True, length=32)


def upgrade() -> None:
    op.create_table(
        "delivery_try",
        sa.Column("id", ID, nullable=False),
        sa.Column("delivery_id", ID, nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("state", _enum(STATES, "deliverystate"), nullable=False),
        sa.Column("trouble", _enum(TROUBLES, "trouble"), nullable=True),
        sa.Column("code", sa.Integer(), nullable=True),
        sa.Column("status", sa.String(16), nullable=True),
        sa.Column("stage", sa.String(16), nullable=True),
        sa.Column("text", sa.String(300), nullable=False),
        sa.ForeignKeyConstraint(
            ["delivery_id"], ["delivery.id"], name="fk_delivery_try_delivery_id_delivery", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_delivery_try"),
    )
    op.create_index("ix_delivery_try_delivery_id", "delivery_try", ["delivery_id"])


def downgrade() -> None:
    op.drop_table("delivery_try")
