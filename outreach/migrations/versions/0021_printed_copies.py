"""Orders of printed copies, what was printed, the delivery ledger, recalls."""

import sqlalchemy as sa
from alembic import op

revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
TIME = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.create_table(
        "print_order",
        sa.Column("material_id", ID, nullable=False),
        sa.Column("edition_id", ID, nullable=False),
        sa.Column("organisation_id", ID, nullable=False),
        sa.Column("state", sa.Enum("requested", "confirmed", "partly", "delivered", "refused", "cancelled", name="orderstate", native_enum=False, create_constraint=True, length=32), nullable=False),
        sa.Column("asked", sa.Integer(), nullable=False),
        sa.Column("granted", sa.Integer(), nullable=True),
        sa.Column("place", sa.String(length=120), nullable=False),
        sa.Column("address", sa.String(length=200), nullable=False),
        sa.Column("recipient", sa.String(length=60), nullable=False),
        sa.Column("phone", sa.String(length=32), nullable=False),
        sa.Column("wanted_on", sa.Date(), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("created_by", sa.Integer(), nullable=True),
        sa.Column("closed_at", TIME, nullable=True),
        sa.Column("id", ID, nullable=False),
        sa.Column("created_at", TIME, nullable=False),
        sa.Column("updated_at", TIME, nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint("asked > 0", name=op.f("ck_print_order_asked_some")),
        sa.ForeignKeyConstraint(["edition_id"], ["edition.id"], name=op.f("fk_print_order_edition_id_edition"), ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["material_id"], ["material.id"], name=op.f("fk_print_order_material_id_material"), ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["organisation_id"], ["organisation.id"], name=op.f("fk_print_order_organisation_id_organisation"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_print_order")),
    )
    op.create_index(op.f("ix_print_order_edition_id"), "print_order", ["edition_id"], unique=False)
    op.create_index(op.f("ix_print_order_material_id"), "print_order", ["material_id"], unique=False)
    op.create_index(op.f("ix_print_order_organisation_id"), "print_order", ["organisation_id"], unique=False)
    op.create_index("ix_print_order_state", "print_order", ["state", "id"], unique=False)
    op.create_table(
        "print_run",
        sa.Column("edition_id", ID, nullable=False),
        sa.Column("quantity", sa.Integer(), nullable=False),
        sa.Column("printed_on", sa.Date(), nullable=False),
        sa.Column("printer", sa.String(length=120), nullable=False),
        sa.Column("created_at", TIME, nullable=False),
        sa.Column("created_by", sa.Integer(), nullable=True),
        sa.Column("id", ID, nullable=False),
        sa.CheckConstraint("quantity > 0", name=op.f("ck_print_run_some")),
        sa.ForeignKeyConstraint(["edition_id"], ["edition.id"], name=op.f("fk_print_run_edition_id_edition"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_print_run")),
    )
    op.create_index(op.f("ix_print_run_edition_id"), "print_run", ["edition_id"], unique=False)
    op.create_table(
        "print_delivery",
        sa.Column("order_id", ID, nullable=False),
        sa.Column("edition_id", ID, nullable=False),
        sa.Column("quantity", sa.Integer(), nullable=False),
        sa.Column("delivered_on", sa.Date(), nullable=False),
        sa.Column("received_by", sa.String(length=60), nullable=False),
        sa.Column("carriage", sa.Enum("courier", "post", "by_hand", "collected", name="carriage", native_enum=False, create_constraint=True, length=32), nullable=False),
        sa.Column("tracking", sa.String(length=60), nullable=False),
        sa.Column("note", sa.String(length=200), nullable=False),
        sa.Column("created_at", TIME, nullable=False),
        sa.Column("created_by", sa.Integer(), nullable=True),
        sa.Column("id", ID, nullable=False),
        sa.CheckConstraint("quantity > 0", name=op.f("ck_print_delivery_some")),
        sa.ForeignKeyConstraint(["edition_id"], ["edition.id"], name=op.f("fk_print_delivery_edition_id_edition"), ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["order_id"], ["print_order.id"], name=op.f("fk_print_delivery_order_id_print_order"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_print_delivery")),
    )
    op.create_index(op.f("ix_print_delivery_delivered_on"), "print_delivery", ["delivered_on"], unique=False)
    op.create_index(op.f("ix_print_delivery_edition_id"), "print_delivery", ["edition_id"], unique=False)
    op.create_index(op.f("ix_print_delivery_order_id"), "print_delivery", ["order_id"], unique=False)
    op.create_table(
        "print_recall",
        sa.Column("order_id", ID, nullable=False),
        sa.Column("edition_id", ID, nullable=False),
        sa.Column("quantity", sa.Integer(), nullable=False),
        sa.Column("returned", sa.Integer(), nullable=True),
        sa.Column("note", sa.String(length=200), nullable=False),
        sa.Column("created_at", TIME, nullable=False),
        sa.Column("done_at", TIME, nullable=True),
        sa.Column("done_by", sa.Integer(), nullable=True),
        sa.Column("id", ID, nullable=False),
        sa.ForeignKeyConstraint(["edition_id"], ["edition.id"], name=op.f("fk_print_recall_edition_id_edition"), ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["order_id"], ["print_order.id"], name=op.f("fk_print_recall_order_id_print_order"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_print_recall")),
        sa.UniqueConstraint("order_id", "edition_id", name=op.f("uq_print_recall_order_id_edition_id")),
    )
    op.create_index(op.f("ix_print_recall_edition_id"), "print_recall", ["edition_id"], unique=False)


def downgrade() -> None:
    for name in ("print_recall", "print_delivery", "print_run", "print_order"):
        op.drop_table(name)
