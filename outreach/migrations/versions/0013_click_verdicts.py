"""Clicks with what is needed to judge them; opens and scans; what a mailing asks of them.

Addresses kept so far are cut to their family, as those to come are.
"""

import ipaddress

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
TIME = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.execute("ALTER TABLE click_event RENAME COLUMN address TO network")
    op.add_column("click_event", sa.Column("event_id", sa.String(40), nullable=False, server_default=""))
    op.add_column("click_event", sa.Column("accepted_at", TIME))
    op.add_column("click_event", sa.Column("crowd", sa.Integer()))
    op.add_column("click_event", sa.Column("reason", sa.String(20), nullable=False, server_default=""))
    op.add_column("click_event", sa.Column("judged_at", TIME))
    op.add_column("click_event", sa.Column("lead_source", sa.String(64)))
    op.add_column("click_event", sa.Column("effects", sa.Integer(), nullable=False, server_default="0"))
    op.execute("UPDATE click_event SET event_id = 'before-' || id")
    _cut_addresses()
    op.create_index("uq_click_event_event_id", "click_event", ["event_id"], unique=True)
    op.create_index("ix_click_event_network", "click_event", ["network", "at"])
    unjudged = sa.text("judged_at IS NULL")
    op.create_index(
        "ix_click_event_unjudged", "click_event", ["at"], sqlite_where=unjudged, postgresql_where=unjudged
    )
    op.create_table(
        "weak_signal",
        sa.Column("event_id", sa.String(40), nullable=False),
        sa.Column("kind", sa.Enum("open", "scan", name="signalkind", native_enum=False, create_constraint=True,
                                  length=32), nullable=False),
        sa.Column("delivery_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite")),
        sa.Column("place_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite")),
        sa.Column("at", TIME, nullable=False),
        sa.Column("method", sa.String(8), nullable=False),
        sa.Column("network", sa.String(64), nullable=False),
        sa.Column("user_agent", sa.String(300), nullable=False),
        sa.Column("by_machine", sa.Boolean(), nullable=False),
        sa.Column("id", ID, nullable=False),
        sa.ForeignKeyConstraint(["delivery_id"], ["delivery.id"], ondelete="CASCADE",
                                name=op.f("fk_weak_signal_delivery_id_delivery")),
        sa.ForeignKeyConstraint(["place_id"], ["response_place.id"], ondelete="CASCADE",
                                name=op.f("fk_weak_signal_place_id_response_place")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_weak_signal")),
    )
    op.create_index("uq_weak_signal_event_id", "weak_signal", ["event_id"], unique=True)
    op.create_index("ix_weak_signal_delivery_id", "weak_signal", ["delivery_id", "at"])
    op.create_index("ix_weak_signal_place_id", "weak_signal", ["place_id", "at"])
    op.create_index("ix_weak_signal_at", "weak_signal", ["at"])
    for name in ("track_opens", "clicks_open_leads"):
        op.add_column("mailing", sa.Column(name, sa.Boolean(), nullable=False, server_default=sa.false()))


def downgrade() -> None:
    for name in ("clicks_open_leads", "track_opens"):
        op.drop_column("mailing", name)
    op.drop_table("weak_signal")
    for name in ("ix_click_event_unjudged", "ix_click_event_network", "uq_click_event_event_id"):
        op.drop_index(name, "click_event")
    for name in ("effects", "lead_source", "judged_at", "reason", "crowd", "accepted_at", "event_id"):
        op.drop_column("click_event", name)
    op.execute("ALTER TABLE click_event RENAME COLUMN network TO address")


def _cut_addresses() -> None:
    connection = op.get_bind()
    click = sa.table("click_event", sa.column("network", sa.String))
    told = connection.scalars(sa.select(click.c.network).distinct().where(click.c.network != "")).all()
    for address in told:
        connection.execute(sa.update(click).where(click.c.network == address).values(network=_family(address)))


def _family(address: str) -> str:
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return ""
    return str(ipaddress.ip_network((parsed, 24 if parsed.version == 4 else 48), strict=False))
