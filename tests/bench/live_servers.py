"""The servers of the live benchmarks: a real broker and a real PostgreSQL of their own, on loopback, always ended."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from alerts.adapters.postgres import PostgresDatabase
from streams.adapters import migrating
from streams.adapters.kafka_clients import KafkaAccess
from tests.live.broker import NoKafka, cluster_of, running, server_jars
from tests.live_database import postgres_server
from tests.live_database.postgres_server import NoPostgres

ROOT = Path(__file__).resolve().parents[2]


class NoServers(Exception):
    """A server cannot be had here; the message says which and what is missing."""


@contextmanager
def broker(folder: Path) -> Iterator[KafkaAccess]:
    """Start one broker without topics. NoServers."""
    try:
        jars = server_jars(ROOT)
    except NoKafka as why:
        raise NoServers(f"no Kafka: {why}") from None
    with running(cluster_of(1, jars, folder)) as cluster:
        yield cluster.access


@contextmanager
def database(within: Path) -> Iterator[str]:
    """Start PostgreSQL, its data in a directory ``within`` another; give the URL of a migrated database. NoServers."""
    try:
        postgres_server.Programs.find()
    except NoPostgres as why:
        raise NoServers(f"no PostgreSQL: {why}") from None
    with postgres_server.running(within) as server, server.database() as url:
        laid_out = PostgresDatabase.open(url)
        migrating.upgrade(laid_out)
        laid_out.close()
        yield url
