"""Where SQLite and PostgreSQL differ, and nowhere else: types, rows that may be there already, lists, bare statements.

Types. SQLite's INTEGER holds 64 bits, PostgreSQL's 32: instants in microseconds need BIGINT there. PostgreSQL sorts
text by the rules of a language unless told otherwise: "C" sorts as SQLite and Python do, on every machine, and its
indexes survive a change of the system's language files.
"""

from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any, Final, Self

import msgspec
from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    ColumnClause,
    ColumnElement,
    Connection,
    Dialect,
    Executable,
    Identity,
    Integer,
    LargeBinary,
    String,
    Table,
    TableValuedAlias,
    Text,
    bindparam,
    cast,
    func,
    literal_column,
    select,
)
from sqlalchemy import column as column_of
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.dialects.postgresql.psycopg import dialect as psycopg_dialect
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.operators import OperatorType
from sqlalchemy.types import TypeEngine
from sqlmodel import Field

SQLITE: Final = "sqlite"
POSTGRESQL: Final = "postgresql"
BIG: Final[TypeEngine[int]] = BigInteger().with_variant(Integer(), SQLITE)
TEXT: Final[TypeEngine[str]] = String().with_variant(String(collation="C"), POSTGRESQL)
WITHOUT_ROWID: Final = {"sqlite_with_rowid": False}
"""Rows are stored in the order of their key."""

_DIALECTS: Final[dict[str, Dialect]] = {SQLITE: sqlite.dialect(paramstyle="named"), POSTGRESQL: psycopg_dialect()}  # type: ignore[no-untyped-call]  # SQLAlchemy's own

Rows = Sequence[Mapping[str, Any]]


def key() -> Any:  # noqa: ANN401 - what sqlmodel's Field returns
    """Return the field of a text column of the primary key."""
    return Field(sa_type=TEXT, primary_key=True)


def text(*, unique: bool = False) -> Any:  # noqa: ANN401 - as above
    """Return the field of a text column."""
    return Field(sa_type=TEXT, unique=unique)


def big(*, primary_key: bool = False) -> Any:  # noqa: ANN401 - as above
    """Return the field of a whole number of 64 bits."""
    return Field(sa_type=BIG, primary_key=primary_key)


def numbered() -> Any:  # noqa: ANN401 - as above
    """Return the field of a key that the database numbers from 1, in order of arrival."""
    return Field(default=None, sa_type=BIG, primary_key=True, sa_column_args=(Identity(),))


def storable(words: str) -> str:
    """Return words that both can keep: PostgreSQL's text has no NUL, a sign stands for it."""
    return words.replace("\0", "\u2400")


def insert_new(connection: Connection, table: Table, rows: Rows) -> None:
    """Insert rows that give the same columns; those that a unique key has already are left as they are."""
    if rows:
        statement = _insert_new(table, tuple(rows[0]), connection.dialect.name)
        connection.exec_driver_sql(statement, _at_once(connection, rows))


def upsert(connection: Connection, table: Table, rows: Rows) -> None:
    """Insert whole rows; those whose key is there already are replaced. Of several with one key the last counts."""
    if rows:
        keys = [column.name for column in table.primary_key]
        last = list({tuple(row[name] for name in keys): row for row in rows}.values())
        connection.exec_driver_sql(_upsert(table, connection.dialect.name), _at_once(connection, last))


def _at_once(connection: Connection, rows: Rows) -> Any:  # noqa: ANN401 - parameters, as the driver wants them
    if connection.dialect.name == SQLITE:
        return rows
    # One statement and one parameter: the driver would take longer over each row than the server does.
    return {"rows": msgspec.json.encode(rows).decode()}


def add(connection: Connection, table: Table, key: Mapping[str, object], column: Column[int], amount: int) -> int:
    """Add to a counter, which starts at 0, and return what it reached; whoever adds meanwhile waits."""
    insert = _insert(table, connection.dialect.name).values({**key, column.name: amount})
    changed = {column.name: column + insert.excluded[column.name]}
    counted = insert.on_conflict_do_update(index_elements=list(key), set_=changed)
    return int(connection.execute(counted.returning(column)).scalar_one())


@lru_cache
def _insert_new(table: Table, columns: tuple[str, ...], dialect: str) -> str:
    insert = _insert_all(table, columns, dialect).on_conflict_do_nothing()
    return str(insert.compile(dialect=_DIALECTS[dialect], column_keys=columns))


@lru_cache
def _upsert(table: Table, dialect: str) -> str:
    columns, keys = tuple(table.c.keys()), [column.name for column in table.primary_key]
    insert = _insert_all(table, columns, dialect)
    # Setting the key again, even to itself, would make SQLite look through all the rows that refer to it.
    changes = {name: insert.excluded[name] for name in columns if name not in keys}
    counted = insert.on_conflict_do_update(index_elements=keys, set_=changes)
    return str(counted.compile(dialect=_DIALECTS[dialect], column_keys=columns))


def _insert_all(table: Table, columns: Sequence[str], dialect: str) -> sqlite.Insert | postgresql.Insert:
    if dialect == SQLITE:
        return sqlite.insert(table)
    rows = func.json_to_recordset(cast(bindparam("rows", type_=Text()), postgresql.JSON()))
    given = rows.table_valued(*[_as_json(table.c[name]) for name in columns]).render_derived(with_types=True)
    values = select(*[_from_json(table.c[name], given) for name in columns])
    return postgresql.insert(table).from_select(columns, values)


def _as_json(column: Column[Any]) -> ColumnClause[Any]:
    is_number = isinstance(column.type, Integer)
    return column_of(column.name, BigInteger() if is_number else Text())


def _from_json(column: Column[Any], given: TableValuedAlias) -> ColumnElement[Any]:
    value = given.c[column.name]
    return func.decode(value, literal_column("'base64'")) if isinstance(column.type, LargeBinary) else value


def _insert(table: Table, dialect: str) -> sqlite.Insert | postgresql.Insert:
    return sqlite.insert(table) if dialect == SQLITE else postgresql.insert(table)


class IsListed(ColumnElement[bool]):
    """Whether a column is in a list of texts given as one parameter, `as_list`, of this name."""

    inherit_cache = False

    def __init__(self, column: Column[str], parameter: str) -> None:
        self.column = column
        self.parameter = parameter
        self.type = Boolean()

    def self_group(self, against: OperatorType | None = None) -> Self:  # noqa: ARG002 - the signature of SQLAlchemy
        """Return itself: SQLAlchemy would compare it to 1 for SQLite, and no index would be used."""
        return self


@compiles(IsListed, SQLITE)
def _in_sqlite(listed: IsListed, compiler: SQLCompiler, **_: object) -> str:
    return f"{compiler.process(listed.column)} IN (SELECT value FROM json_each(:{listed.parameter}))"  # noqa: S608 - a name


@compiles(IsListed, POSTGRESQL)
def _in_postgresql(listed: IsListed, compiler: SQLCompiler, **_: object) -> str:
    return f"{compiler.process(listed.column)} = ANY(%({listed.parameter})s::text[])"


def as_list(connection: Connection, values: Sequence[str]) -> object:
    """Return the parameter of an `IsListed`."""
    return msgspec.json.encode(values).decode() if connection.dialect.name == SQLITE else list(values)


def bare_rows(connection: Connection, query: Executable, parameters: Mapping[str, object]) -> list[tuple[Any, ...]]:
    """Run a query on the driver's own cursor: wrapping each row again costs more than finding it."""
    cursor = connection.connection.cursor()
    try:
        statement, constants = _compiled(query, connection.dialect.name)
        cursor.execute(statement, {**constants, **parameters})
        return list(cursor.fetchall())
    finally:
        cursor.close()


@lru_cache
def _compiled(query: Executable, dialect: str) -> tuple[str, dict[str, Any]]:
    compiled = query.compile(dialect=_DIALECTS[dialect])  # type: ignore[attr-defined]  # each is a ClauseElement
    return str(compiled), compiled.params


def overwrite_erased(connection: Connection) -> None:
    """Let what the transaction erases be overwritten in the file, where the database can; its backups keep it."""
    if connection.dialect.name == SQLITE:
        connection.exec_driver_sql("PRAGMA secure_delete=ON")
