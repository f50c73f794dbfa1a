"""Attempts to limit, and the sold copies that sort the bestsellers"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0003"
down_revision: str | None = "0002"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    op.create_table(
        "attempts",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("action", sa.String(length=32), nullable=False),
        sa.Column("client", sa.String(length=64), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_attempts")),
    )
    op.create_index("ix_attempts_action_client_at", "attempts", ["action", "client", "at"])
    with op.batch_alter_table("books") as batch:
        # The default fills the rows that exist; from then on the service writes the number itself.
        batch.add_column(sa.Column("sold", sa.Integer(), nullable=False, server_default="0"))
        batch.create_index("ix_books_sold", ["sold"])
    with op.batch_alter_table("books") as batch:
        batch.alter_column("sold", server_default=None)


def downgrade() -> None:
    with op.batch_alter_table("books") as batch:
        batch.drop_index("ix_books_sold")
        batch.drop_column("sold")
    op.drop_table("attempts")
