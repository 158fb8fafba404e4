"""Letters by post: runs, their frozen recipients, who wants no letters; and answers that came by post."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0023"
down_revision = "0022"
branch_labels = None
depends_on = None

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
JSON = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")
WHEN = sa.DateTime(timezone=True)
CHANNELS = ("mail_link", "qr", "phone", "visit", "fax", "briefing", "mail_reply")


def _enum(words: tuple[str, ...], name: str) -> sa.Enum:
    return sa.Enum(*words, name=name, native_enum=False, create_constraint=True, length=32)


def _channels(words: tuple[str, ...]) -> None:
    listed = ", ".join(f"'{word}'" for word in words)
    with op.batch_alter_table("response", schema=None) as batch_op:
        batch_op.drop_constraint(op.f("ck_response_channel"), type_="check")
        batch_op.create_check_constraint(op.f("ck_response_channel"), sa.text(f"channel IN ({listed})"))


def upgrade() -> None:
    _channels((*CHANNELS, "post"))
    op.create_table(
        "post_run",
        sa.Column("campaign_id", ID, nullable=False), sa.Column("audience_id", ID, nullable=True),
        sa.Column("place_id", ID, nullable=True), sa.Column("name", sa.String(120), nullable=False),
        sa.Column("state", _enum(("draft", "made", "posted"), "runstate"), nullable=False),
        sa.Column("subject", sa.String(120), nullable=False), sa.Column("salutation", sa.String(120), nullable=False),
        sa.Column("blocks", JSON, nullable=False), sa.Column("window", JSON, nullable=False),
        sa.Column("sender_name", sa.String(80), nullable=False),
        sa.Column("sender_phone", sa.String(32), nullable=False),
        sa.Column("sender_postal", sa.String(200), nullable=False), sa.Column("again", sa.Boolean(), nullable=False),
        sa.Column("base_sha256", sa.String(64), nullable=False),
        sa.Column("look_sha256", sa.String(64), nullable=False), sa.Column("base_pages", sa.Integer(), nullable=False),
        sa.Column("numbers", JSON, nullable=False), sa.Column("made_at", WHEN, nullable=True),
        sa.Column("made_by", sa.Integer(), nullable=True), sa.Column("posted_at", WHEN, nullable=True),
        sa.Column("id", ID, nullable=False), sa.Column("created_at", WHEN, nullable=False),
        sa.Column("updated_at", WHEN, nullable=False), sa.Column("version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["campaign_id"], ["campaign.id"], name="fk_post_run_campaign_id_campaign", ondelete="CASCADE"),
        sa.ForeignKeyConstraint(
            ["audience_id"], ["audience.id"], name="fk_post_run_audience_id_audience", ondelete="SET NULL"),
        sa.ForeignKeyConstraint(
            ["place_id"], ["response_place.id"], name="fk_post_run_place_id_response_place", ondelete="SET NULL"),
        sa.PrimaryKeyConstraint("id", name="pk_post_run"),
    )
    op.create_index("ix_post_run_campaign_id", "post_run", ["campaign_id"])
    op.create_index("ix_post_run_audience_id", "post_run", ["audience_id"])
    op.create_index("ix_post_run_made_at", "post_run", ["made_at"])
    op.create_table(
        "post_item",
        sa.Column("run_id", ID, nullable=False), sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("code", sa.String(12), nullable=False), sa.Column("company_id", ID, nullable=True),
        sa.Column("workplace_id", ID, nullable=True), sa.Column("contact_id", ID, nullable=True),
        sa.Column("centre_id", ID, nullable=True), sa.Column("name", sa.String(400), nullable=False),
        sa.Column("person", sa.String(125), nullable=False), sa.Column("address", sa.String(300), nullable=False),
        sa.Column("address_key", sa.String(300), nullable=False), sa.Column("name_key", sa.String(200), nullable=False),
        sa.Column("postcode", sa.String(5), nullable=False),
        sa.Column("state", _enum(("made", "posted", "returned", "answered"), "itemstate"), nullable=False),
        sa.Column("returned_at", WHEN, nullable=True), sa.Column("returned_by", sa.Integer(), nullable=True),
        sa.Column(
            "returned_reason", _enum(("nobody", "moved", "unknown", "refused", "other"), "returnreason"), nullable=True),
        sa.Column("answered_at", WHEN, nullable=True), sa.Column("response_id", ID, nullable=True),
        sa.Column("id", ID, nullable=False),
        sa.CheckConstraint(
            "(returned_at IS NULL) = (returned_reason IS NULL) AND (state <> 'returned' OR returned_at IS NOT NULL)",
            name=op.f("ck_post_item_returned")),
        sa.ForeignKeyConstraint(["run_id"], ["post_run.id"], name="fk_post_item_run_id_post_run", ondelete="CASCADE"),
        sa.ForeignKeyConstraint(
            ["company_id"], ["company.id"], name="fk_post_item_company_id_company", ondelete="SET NULL"),
        sa.ForeignKeyConstraint(
            ["workplace_id"], ["workplace.id"], name="fk_post_item_workplace_id_workplace", ondelete="SET NULL"),
        sa.ForeignKeyConstraint(
            ["contact_id"], ["contact.id"], name="fk_post_item_contact_id_contact", ondelete="SET NULL"),
        sa.ForeignKeyConstraint(["centre_id"], ["centre.id"], name="fk_post_item_centre_id_centre"),
        sa.ForeignKeyConstraint(
            ["response_id"], ["response.id"], name="fk_post_item_response_id_response", ondelete="SET NULL"),
        sa.PrimaryKeyConstraint("id", name="pk_post_item"),
        sa.UniqueConstraint("code", name="uq_post_item_code"),
        sa.UniqueConstraint("run_id", "position", name="uq_post_item_run_id_position"),
    )
    op.create_index("ix_post_item_run_id", "post_item", ["run_id", "state"])
    op.create_index("ix_post_item_company_id", "post_item", ["company_id"])
    op.create_index("ix_post_item_workplace_id", "post_item", ["workplace_id"])
    op.create_index("ix_post_item_contact_id", "post_item", ["contact_id"])
    op.create_index("ix_post_item_response_id", "post_item", ["response_id"])
    op.create_index("ix_post_item_returned_by", "post_item", ["returned_by", "returned_at"])
    op.create_table(
        "post_objection",
        sa.Column("company_id", ID, nullable=True), sa.Column("name_key", sa.String(200), nullable=False),
        sa.Column("address_key", sa.String(300), nullable=False),
        sa.Column("kind", _enum(("asked", "refused"), "objection"), nullable=False),
        sa.Column("source", sa.String(200), nullable=False), sa.Column("created_at", WHEN, nullable=False),
        sa.Column("created_by", sa.Integer(), nullable=True), sa.Column("id", ID, nullable=False),
        sa.ForeignKeyConstraint(
            ["company_id"], ["company.id"], name="fk_post_objection_company_id_company", ondelete="SET NULL"),
        sa.PrimaryKeyConstraint("id", name="pk_post_objection"),
        sa.UniqueConstraint("name_key", "address_key", name="uq_post_objection_name_key_address_key"),
    )
    op.create_index("ix_post_objection_company_id", "post_objection", ["company_id"])


def downgrade() -> None:
    op.drop_table("post_objection")
    op.drop_table("post_item")
    op.drop_table("post_run")
    response = sa.table("response", sa.column("channel"))
    op.execute(response.update().where(response.c.channel == "post").values(channel="qr"))
    _channels(CHANNELS)
