"""What comes back by mail; answers by mail as responses; addresses that bounce again and again."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None

JSON = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")
BIG_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")

CHANNELS = ("mail_link", "qr", "phone", "visit", "fax", "briefing")
REASONS = ("unsubscribed", "unknown_user", "complaint", "staff")
KINDS = ("bounce", "auto_reply", "complaint", "reply", "unsubscribe", "unknown")
CLASSES = ("hard", "soft", "policy", "full")
STATES = ("done", "waiting", "decided", "ignored")
WAYS = ("mailbox", "pipe")
WHY = (
    "status", "words", "heuristic", "delayed", "delivered", "feedback", "not_spam", "receipt", "auto_header",
    "auto_words", "left", "refusal", "answer", "mentions_refusal", "stranger", "bulk", "unreadable",
)


def upgrade() -> None:
    _words("response", "channel", "channel", (*CHANNELS, "mail_reply"))
    _words("suppression", "reason", "suppressionreason", (*REASONS, "bouncing"))
    op.create_table(
        "inbound_message",
        sa.Column("id", BIG_ID, nullable=False),
        sa.Column("identity", sa.String(64), nullable=False),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        _enum("way", "way", WAYS),
        _enum("kind", "kind", KINDS),
        _enum("bounce_class", "bounceclass", CLASSES, nullable=True),
        _enum("reason", "reason", WHY),
        _enum("state", "inboundstate", STATES),
        sa.Column("verified", sa.Boolean(), nullable=False),
        sa.Column("counted", sa.Boolean(), nullable=False),
        sa.Column("delivery_id", BIG_ID, nullable=True),
        sa.Column("mailing_id", BIG_ID, nullable=True),
        sa.Column("response_id", BIG_ID, nullable=True),
        sa.Column("centre_id", BIG_ID, nullable=True),
        sa.Column("company_id", BIG_ID, nullable=True),
        sa.Column("address", sa.String(254), nullable=False),
        sa.Column("address_key", sa.String(254), nullable=False),
        sa.Column("sender", sa.String(254), nullable=False),
        sa.Column("sender_name", sa.String(100), nullable=False),
        sa.Column("subject", sa.String(300), nullable=False),
        sa.Column("status", sa.String(16), nullable=False),
        sa.Column("diagnostic", sa.String(300), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("sha256", sa.String(64), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("cut", sa.Boolean(), nullable=False),
        sa.Column("decided_by", sa.Integer(), nullable=True),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("details", JSON, nullable=False),
        sa.ForeignKeyConstraint(
            ["delivery_id"], ["delivery.id"], name="fk_inbound_message_delivery_id_delivery", ondelete="SET NULL"
        ),
        sa.ForeignKeyConstraint(
            ["mailing_id"], ["mailing.id"], name="fk_inbound_message_mailing_id_mailing", ondelete="SET NULL"
        ),
        sa.ForeignKeyConstraint(
            ["response_id"], ["response.id"], name="fk_inbound_message_response_id_response", ondelete="SET NULL"
        ),
        sa.ForeignKeyConstraint(["centre_id"], ["centre.id"], name="fk_inbound_message_centre_id_centre"),
        sa.ForeignKeyConstraint(
            ["company_id"], ["company.id"], name="fk_inbound_message_company_id_company", ondelete="SET NULL"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_inbound_message"),
        sa.UniqueConstraint("identity", name="uq_inbound_message_identity"),
    )
    for name, columns in INDEXES.items():
        op.create_index(name, "inbound_message", columns)


INDEXES = {
    "ix_inbound_message_delivery_id": ["delivery_id"],
    "ix_inbound_message_response_id": ["response_id"],
    "ix_inbound_message_company_id": ["company_id"],
    "ix_inbound_message_state": ["state", "centre_id", "received_at"],
    "ix_inbound_message_received_at": ["received_at"],
    "ix_inbound_message_mailing_id": ["mailing_id", "kind"],
    "ix_inbound_message_address_key": ["address_key", "received_at"],
}


def _enum(column: str, name: str, words: tuple[str, ...], nullable: bool = False) -> sa.Column:
    kind = sa.Enum(*words, name=name, native_enum=False, create_constraint=True, length=32)
    return sa.Column(column, kind, nullable=nullable)


def _words(table: str, column: str, name: str, words: tuple[str, ...]) -> None:
    """Let the column hold these words."""
    constraint = f"ck_{table}_{name}"
    listed = ", ".join(f"'{word}'" for word in words)
    with op.batch_alter_table(table, schema=None) as batch_op:
        batch_op.drop_constraint(op.f(constraint), type_="check")
        batch_op.create_check_constraint(op.f(constraint), sa.text(f"{column} IN ({listed})"))


def downgrade() -> None:
    op.drop_table("inbound_message")
    suppression, response = sa.table("suppression", sa.column("reason")), sa.table("response", sa.column("channel"))
    op.execute(suppression.update().where(suppression.c.reason == "bouncing").values(reason="unknown_user"))
    op.execute(response.update().where(response.c.channel == "mail_reply").values(channel="mail_link"))
    _words("suppression", "reason", "suppressionreason", REASONS)
    _words("response", "channel", "channel", CHANNELS)
