"""Deliveries that wait to be collected: what was promised to whoever sent them."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision: str | None = "0001"


def upgrade() -> None:
    """Make the table."""
    texts = ("name", "sha256", "format", "feed", "source")
    op.create_table(
        "deliveries",
        _text("id"),
        _text("region"),
        sa.Column("received_at", sa.BigInteger(), nullable=False),
        *map(_text, texts),
        sa.Column("sent_at", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("id"),
    )


def downgrade() -> None:
    """Erase it: what waits is collected all the same, and then has its receipt."""
    op.drop_table("deliveries")


def _text(name: str) -> sa.Column[str]:
    return sa.Column(name, sa.String(collation="C"), nullable=False)
