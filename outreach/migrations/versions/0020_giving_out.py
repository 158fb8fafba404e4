"""Editions in several formats, links with an end, notices to those who downloaded; downloads by format and link.

What was downloaded until now was the PDF for print.
"""

import sqlalchemy as sa
from alembic import op

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
TIME = sa.DateTime(timezone=True)
FORMAT = sa.Enum(
    "print", "screen", "press", "archive", "hwpx", "portrait", "square", "wide", "kakao", "channel", name="format",
    native_enum=False,
    create_constraint=True, length=32,
)
WAYS = ("portal", "staff", "api", "link")
NEW_WAYS = ("share", "bundle")


def upgrade() -> None:
    op.create_table(
        "material_share",
        sa.Column("material_id", ID, nullable=False),
        sa.Column("organisation_id", ID, nullable=True),
        sa.Column("format", FORMAT, nullable=False),
        sa.Column("label", sa.String(length=120), nullable=False),
        sa.Column("ends_on", sa.Date(), nullable=False),
        sa.Column("created_at", TIME, nullable=False),
        sa.Column("created_by", sa.Integer(), nullable=True),
        sa.Column("revoked_at", TIME, nullable=True),
        sa.Column("id", ID, nullable=False),
        sa.ForeignKeyConstraint(["material_id"], ["material.id"], name=op.f("fk_material_share_material_id_material"), ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["organisation_id"], ["organisation.id"], name=op.f("fk_material_share_organisation_id_organisation"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_material_share")),
    )
    op.create_index(op.f("ix_material_share_material_id"), "material_share", ["material_id"], unique=False)
    op.create_index(op.f("ix_material_share_organisation_id"), "material_share", ["organisation_id"], unique=False)
    op.create_table(
        "edition_file",
        sa.Column("edition_id", ID, nullable=False),
        sa.Column("format", FORMAT, nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("made_at", TIME, nullable=False),
        sa.Column("id", ID, nullable=False),
        sa.ForeignKeyConstraint(["edition_id"], ["edition.id"], name=op.f("fk_edition_file_edition_id_edition"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_edition_file")),
        sa.UniqueConstraint("edition_id", "format", name=op.f("uq_edition_file_edition_id_format")),
    )
    op.create_table(
        "material_notice",
        sa.Column("kind", sa.Enum("renewed", "withdrawn", name="noticekind", native_enum=False, create_constraint=True, length=32), nullable=False),
        sa.Column("edition_id", ID, nullable=False),
        sa.Column("user_id", ID, nullable=False),
        sa.Column("created_at", TIME, nullable=False),
        sa.Column("read_at", TIME, nullable=True),
        sa.Column("id", ID, nullable=False),
        sa.ForeignKeyConstraint(["edition_id"], ["edition.id"], name=op.f("fk_material_notice_edition_id_edition"), ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["user_id"], ["user_account.id"], name=op.f("fk_material_notice_user_id_user_account"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_material_notice")),
        sa.UniqueConstraint("edition_id", "kind", "user_id", name=op.f("uq_material_notice_edition_id_kind_user_id")),
    )
    op.create_index(op.f("ix_material_notice_user_id"), "material_notice", ["user_id"], unique=False)
    op.create_table(
        "material_mail_refusal",
        sa.Column("user_id", ID, nullable=False),
        sa.Column("at", TIME, nullable=False),
        sa.Column("id", ID, nullable=False),
        sa.ForeignKeyConstraint(["user_id"], ["user_account.id"], name=op.f("fk_material_mail_refusal_user_id_user_account"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_material_mail_refusal")),
        sa.UniqueConstraint("user_id", name=op.f("uq_material_mail_refusal_user_id")),
    )
    _ways((*WAYS, *NEW_WAYS))
    with op.batch_alter_table("download") as table:
        table.add_column(sa.Column("format", FORMAT, nullable=False, server_default="print"))
        table.add_column(sa.Column("share_id", ID, nullable=True))
        table.create_foreign_key(
            op.f("fk_download_share_id_material_share"), "material_share", ["share_id"], ["id"], ondelete="SET NULL"
        )
        table.create_index(op.f("ix_download_share_id"), ["share_id"])
    with op.batch_alter_table("download") as table:
        table.alter_column("format", server_default=None)


def _ways(words: tuple[str, ...]) -> None:
    """Let the column hold these words."""
    listed = ", ".join(f"'{word}'" for word in words)
    with op.batch_alter_table("download") as table:
        table.drop_constraint(op.f("ck_download_way"), type_="check")
        table.create_check_constraint(op.f("ck_download_way"), sa.text(f"way IN ({listed})"))


def downgrade() -> None:
    op.execute("UPDATE download SET way = 'link' WHERE way = 'share'")
    op.execute("UPDATE download SET way = 'portal' WHERE way = 'bundle'")
    _ways(WAYS)
    with op.batch_alter_table("download") as table:
        table.drop_constraint(op.f("fk_download_share_id_material_share"), type_="foreignkey")
        table.drop_index(op.f("ix_download_share_id"))
        table.drop_column("share_id")
        table.drop_constraint(op.f("ck_download_format"), type_="check")
        table.drop_column("format")
    for name in ("material_mail_refusal", "material_notice", "edition_file", "material_share"):
        op.drop_table(name)
