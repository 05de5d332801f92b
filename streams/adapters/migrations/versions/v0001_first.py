"""The first layout: what the live processes share.

Instants are microseconds UTC, days are counted from 0001-01-01; text sorts by code point, whatever the server's
language.
"""

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision: str | None = None


def _text(name: str) -> sa.Column[str]:
    return sa.Column(name, sa.String(collation="C"), nullable=False)


def _big(name: str, *, nullable: bool = False) -> sa.Column[int]:
    return sa.Column(name, sa.BigInteger(), nullable=nullable)


def _small(name: str, *, nullable: bool = False) -> sa.Column[int]:
    return sa.Column(name, sa.Integer(), nullable=nullable)


def _bytes(name: str) -> sa.Column[bytes]:
    return sa.Column(name, sa.LargeBinary(), nullable=False)


def _table(name: str, key: tuple[str, ...], *columns: sa.Column[Any]) -> None:
    op.create_table(name, *columns, sa.PrimaryKeyConstraint(*key))


def upgrade() -> None:
    """Make every table."""
    _outbox()
    _collecting()
    _quarantine()
    _projections()


def downgrade() -> None:
    """Erase every table, with what it holds."""
    for table in (
        "declared_lists",
        "etablissements",
        "reserved_numbers",
        "journaled_versions",
        "projected_effects",
        "quarantine",
        "receipts",
        "ledger",
        "outbox",
    ):
        op.drop_table(table)


def _outbox() -> None:
    _table(
        "outbox",
        ("region", "notification_id"),
        _text("region"),
        _text("notification_id"),
        _bytes("notification"),
        _text("state"),
        _small("attempts"),
        _big("due_at"),
        _text("worker"),
        _big("lease_until", nullable=True),
        _big("ready_at", nullable=True),
        _text("error"),
        _text("title"),
        _text("body"),
        _big("finished_at", nullable=True),
        _bytes("seal"),
    )
    op.create_index("outbox_ready", "outbox", ["ready_at"])


def _collecting() -> None:
    _table(
        "ledger",
        ("region", "feed", "source", "key", "status"),
        *map(_text, ("region", "feed", "source", "key", "status")),
        _small("day"),
        _bytes("digest"),
        _big("extracted_at"),
        _big("seq"),
        _bytes("seal"),
    )
    op.create_index("ledger_day", "ledger", ["region", "feed", "source", "day"])
    op.create_table(
        "receipts",
        sa.Column("number", sa.BigInteger(), sa.Identity(), nullable=False),
        *map(_text, ("id", "region", "feed", "source")),
        _big("extracted_at", nullable=True),
        _small("first_day", nullable=True),
        _small("last_day", nullable=True),
        _small("is_older"),
        _bytes("content"),
        _bytes("seal"),
        sa.PrimaryKeyConstraint("number"),
        sa.UniqueConstraint("id"),
    )
    op.create_index("receipts_source", "receipts", ["region", "feed", "source", "extracted_at"])


def _quarantine() -> None:
    _table(
        "quarantine",
        ("id",),
        sa.Column("id", sa.BigInteger(), sa.Identity(), nullable=False),
        _text("region"),
        _text("source"),
        _small("line"),
        _bytes("record"),
        _text("reason"),
        _big("received_at"),
        *map(_text, ("format", "sha256", "receipt")),
        _small("is_locked"),
        _text("state"),
        _bytes("seal"),
    )
    op.create_index("quarantine_sha256", "quarantine", ["region", "sha256"])


def _projections() -> None:
    _table(
        "projected_effects",
        ("region", "id"),
        _text("region"),
        _text("id"),
        _big("at"),
        _text("kind"),
        _text("effect"),
    )
    op.create_index("projected_effects_at", "projected_effects", ["region", "at", "id"])
    _table(
        "journaled_versions",
        ("region", "number"),
        _text("region"),
        _big("number"),
        _big("occurred_at"),
        _text("status"),
        _text("kind"),
        _bytes("payload"),
        _bytes("seal"),
    )
    _table("reserved_numbers", ("region",), _text("region"), _big("last"))
    _table("etablissements", ("region", "finess"), *map(_text, ("region", "finess", "name", "departement")))
    _table("declared_lists", ("region",), _text("region"), _big("seq"))
