"""The establishments a région declared, for those who read files without folding the journal."""

from collections.abc import Iterable

from sqlalchemy import Connection, delete, select

from alerts.adapters import dialects
from alerts.adapters.database import Database
from streams.adapters.live_tables import DECLARED, ETABLISSEMENTS
from streams.messages.reference import Etablissement


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


def declared(database: Database, region: str) -> dict[str, Etablissement]:
    """Return a région's establishments by FINESS number, sorted; none before a list was declared."""
    query = select(ETABLISSEMENTS).where(ETABLISSEMENTS.c.region == region).order_by(ETABLISSEMENTS.c.finess)
    with database.asking() as connection:
        rows = connection.execute(query).all()
    return {row.finess: Etablissement(row.finess, row.name, row.departement) for row in rows}
