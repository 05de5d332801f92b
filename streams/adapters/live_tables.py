"""The tables that the live processes share, besides the outbox, the ledger, the receipts and the quarantine.

All of it but the outbox's waiting items, the quarantine and the ledger can be made again from the journal, which is
on Kafka.
"""

from typing import Final

from sqlalchemy import Index, MetaData, Table
from sqlmodel import SQLModel

from alerts.adapters import dialects
from alerts.adapters.database import table_of
from alerts.adapters.outbox_store import OUTBOX
from streams.adapters.delivery_store import DELIVERIES
from streams.adapters.ledger_store import LEDGER
from streams.adapters.quarantine_store import QUARANTINE
from streams.adapters.receipt_store import RECEIPTS


class ProjectedEffectRow(SQLModel, table=True):
    """An effect, as its canonical JSON: what was decided, for whoever asks the database."""

    __tablename__ = "projected_effects"
    __table_args__ = (Index("projected_effects_at", "region", "at", "id"), dialects.WITHOUT_ROWID)
    region: str = dialects.key()
    id: str = dialects.key()
    at: int = dialects.big()
    kind: str = dialects.text()
    effect: str = dialects.text()


class JournaledVersionRow(SQLModel, table=True):
    """The last journaled version of a record, by the number that its row of the ledger has in ``seq``."""

    __tablename__ = "journaled_versions"
    __table_args__ = dialects.WITHOUT_ROWID
    region: str = dialects.key()
    number: int = dialects.big(primary_key=True)
    occurred_at: int = dialects.big()
    status: str = dialects.text()
    kind: str = dialects.text()
    payload: bytes
    seal: bytes


class ReservedNumberRow(SQLModel, table=True):
    """The last number given to a version of a région."""

    __tablename__ = "reserved_numbers"
    __table_args__ = dialects.WITHOUT_ROWID
    region: str = dialects.key()
    last: int = dialects.big()


class EtablissementRow(SQLModel, table=True):
    """An establishment the région expects records from."""

    __tablename__ = "etablissements"
    __table_args__ = dialects.WITHOUT_ROWID
    region: str = dialects.key()
    finess: str = dialects.key()
    name: str = dialects.text()
    departement: str = dialects.text()


class DeclaredListRow(SQLModel, table=True):
    """The journal entry that the list of a région's establishments comes from."""

    __tablename__ = "declared_lists"
    __table_args__ = dialects.WITHOUT_ROWID
    region: str = dialects.key()
    seq: int = dialects.big()


PROJECTED: Final = table_of(ProjectedEffectRow)
VERSIONS: Final = table_of(JournaledVersionRow)
RESERVED: Final = table_of(ReservedNumberRow)
ETABLISSEMENTS: Final = table_of(EtablissementRow)
DECLARED: Final = table_of(DeclaredListRow)
LIVE_TABLES: Final[tuple[Table, ...]] = (
    OUTBOX,
    LEDGER,
    RECEIPTS,
    QUARANTINE,
    PROJECTED,
    VERSIONS,
    RESERVED,
    ETABLISSEMENTS,
    DECLARED,
    DELIVERIES,
)


def live_metadata() -> MetaData:
    """Return the live tables alone: what a migrated database must hold, and nothing else."""
    metadata = MetaData()
    for table in LIVE_TABLES:
        table.to_metadata(metadata)
    return metadata
