"""Indexes for the lists of responses and the nation's board."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index("ix_response_centre_id", "response", ["centre_id", "at"])
    op.create_index("ix_response_at", "response", ["at"])
    is_open = sa.text("closed_at IS NULL")
    op.create_index("ix_lead_open", "lead", ["state", "next_due"], sqlite_where=is_open, postgresql_where=is_open)


def downgrade() -> None:
    op.drop_index("ix_lead_open", "lead")
    op.drop_index("ix_response_at", "response")
    op.drop_index("ix_response_centre_id", "response")
