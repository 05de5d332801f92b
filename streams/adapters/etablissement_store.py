"""The establishments a région declared, for those who read files without folding the journal."""

from collections.abc import Iterable, Mapping
from typing import Final, NamedTuple

from sqlalchemy import Connection, bindparam, delete, select

from alerts.adapters import dialects
from alerts.adapters.database import Database
from streams.adapters.live_tables import DECLARED, ETABLISSEMENTS
from streams.messages.reference import Etablissement

# Made once: building a query costs as much as running it.
_SEQ: Final = select(DECLARED.c.seq).where(DECLARED.c.region == bindparam("of_region"))
_LIST: Final = (
    select(ETABLISSEMENTS).where(ETABLISSEMENTS.c.region == bindparam("of_region")).order_by(ETABLISSEMENTS.c.finess)
)


class DeclaredList(NamedTuple):
    """The establishments of a région by FINESS number, sorted, and the journal entry they come from."""

    seq: int
    etablissements: Mapping[str, Etablissement]


NOTHING_DECLARED: Final = DeclaredList(0, {})


def declare(connection: Connection, region: str, etablissements: Iterable[Etablissement], seq: int) -> bool:
    """Replace a région's list by the one of journal entry ``seq``; False: a later one, or this one, is there."""
    # The row is made before it is locked: two writers of a first list would both find nothing to wait for.
    dialects.insert_new(connection, DECLARED, [{"region": region, "seq": 0}])
    query = select(DECLARED.c.seq).where(DECLARED.c.region == region).with_for_update()
    if connection.execute(query).scalar_one() >= seq:
        return False
    dialects.upsert(connection, DECLARED, [{"region": region, "seq": seq}])
    connection.execute(delete(ETABLISSEMENTS).where(ETABLISSEMENTS.c.region == region))
    rows = [
        {"region": region, "finess": each.finess, "name": each.name, "departement": each.departement}
        for each in etablissements
    ]
    dialects.upsert(connection, ETABLISSEMENTS, rows)
    return True


def declared(database: Database, region: str, known: DeclaredList) -> DeclaredList:
    """Return a région's list; the one that is ``known`` as long as no other was declared."""
    with database.asking() as connection:
        seq = connection.execute(_SEQ, {"of_region": region}).scalar()
    if (seq or 0) == known.seq:
        return known
    with database.reading() as connection:
        seq = connection.execute(_SEQ, {"of_region": region}).scalar_one()
        rows = connection.execute(_LIST, {"of_region": region}).all()
    return DeclaredList(seq, {row.finess: Etablissement(row.finess, row.name, row.departement) for row in rows})
