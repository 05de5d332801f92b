"""A real Apache Kafka on this machine, without Docker: Maven fetches the server once, each test session starts its own.

The server's jars are kept in ``.cache/kafka/<version>`` of the checkout, or in VIGIE_KAFKA_LIB. Brokers are KRaft nodes
that are broker and controller at once, on loopback ports.
"""

import os
import random
import re
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import IO, Final

import pytest

from streams.adapters.kafka_clients import KafkaAccess, KafkaAdminClient, KafkaError, opened
from streams.live.topics import TOPICS
from tests.live.closed_broker import closed_listener, make_certificate
from tests.live.processes import until

POM: Final = Path(__file__).parent / "kafka" / "pom.xml"
READY_SECONDS: Final = 90.0
STOP_SECONDS: Final = 30.0
FETCH_SECONDS: Final = 600.0
JVM: Final = (
    "-Xmx384m",
    "-XX:+UseSerialGC",
    "-XX:TieredStopAtLevel=1",
    "-Dorg.apache.logging.log4j.level=WARN",
)
# Below the range from which the system takes the ports of outgoing connections: a broker finds its own again.
PORTS: Final = range(20_000, 32_000)
LOG_LINES: Final = 60
CLUSTER_ID: Final = "dmlnaWUtdGVzdHMta2Fma2E"


class NoKafka(Exception):
    """No broker can be had on this machine; the message says what is missing."""


class BrokerFailed(AssertionError):
    """A broker did not start; the message ends with what it wrote."""


def server_jars(repository: Path) -> Path:
    """Return the folder of the server's jars, fetched when they are missing; NoKafka without Java or Maven."""
    given = os.environ.get("VIGIE_KAFKA_LIB")
    if shutil.which("java") is None:
        raise NoKafka("java is not installed (apt-get install openjdk-17-jre-headless)")
    if given:
        return Path(given)
    folder = repository / ".cache" / "kafka" / _version()
    if not folder.is_dir():
        _fetch(folder)
    return folder


def _version() -> str:
    found = re.search(r"<kafka.version>(.+)</kafka.version>", POM.read_text(encoding="utf-8"))
    assert found is not None
    return found[1]


def _fetch(folder: Path) -> None:
    if shutil.which("mvn") is None:
        raise NoKafka("Maven is not installed, and it fetches Kafka (apt-get install maven)")
    # Under another name until it is whole: two test processes may fetch at once.
    part = folder.with_name(f".{folder.name}.{os.getpid()}")
    command = ["mvn", "-q", "-B", "-f", str(POM), "dependency:copy-dependencies", "-DincludeScope=runtime"]
    try:
        done = subprocess.run(
            [*command, f"-DoutputDirectory={part}"], capture_output=True, text=True, timeout=FETCH_SECONDS, check=False
        )
        if done.returncode or not any(part.glob("kafka_*.jar")):
            raise NoKafka(f"Maven could not fetch Kafka: {done.stdout[-1000:]}{done.stderr[-1000:]}")
        if not folder.is_dir():
            part.rename(folder)
    finally:
        shutil.rmtree(part, ignore_errors=True)


def java(jars: Path, main: str, *arguments: str) -> list[str]:
    """Return the command that runs a class of the server."""
    # The kernel ends a broker whose tests were killed.
    tied = ["setpriv", "--pdeathsig", "KILL"] if shutil.which("setpriv") else []
    return [*tied, "java", *JVM, "-cp", f"{jars}/*", main, *arguments]


def free_ports(count: int) -> list[int]:
    """Return ports on which nothing listens."""
    found: list[int] = []
    for port in random.SystemRandom().sample(PORTS, len(PORTS)):
        with socket.socket() as tried:
            # As the broker does: a port whose last connections are closing is free.
            tried.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                tried.bind(("127.0.0.1", port))
            except OSError:
                continue
        found.append(port)
        if len(found) == count:
            return found
    raise NoKafka(f"no {count} free ports from {PORTS.start} to {PORTS.stop}")


@dataclass(slots=True)
class Broker:
    """One node: its folder holds its settings, data and log, which outlive its process."""

    node: int
    port: int
    folder: Path
    jars: Path
    settings: Mapping[str, str]
    process: "subprocess.Popen[bytes] | None" = None
    _log: IO[bytes] | None = None

    @property
    def address(self) -> str:
        return f"127.0.0.1:{self.port}"

    def format(self) -> None:
        """Write its settings and make its empty storage."""
        self.folder.mkdir(parents=True)
        text = "".join(f"{name}={value}\n" for name, value in self.settings.items())
        (self.folder / "server.properties").write_text(text, encoding="utf-8")
        command = java(self.jars, "kafka.tools.StorageTool", "format", "--cluster-id", CLUSTER_ID)
        done = subprocess.run(
            [*command, "--config", str(self.folder / "server.properties")], capture_output=True, text=True, check=False
        )
        if done.returncode:
            raise BrokerFailed(f"storage of broker {self.node}: {done.stdout}{done.stderr}")

    def start(self) -> None:
        """Start it; it is ready later, see `Kafka.wait_ready`."""
        assert self.process is None, f"broker {self.node} runs already"
        self._log = (self.folder / "broker.log").open("ab")
        self.process = subprocess.Popen(
            java(self.jars, "kafka.Kafka", str(self.folder / "server.properties")),
            stdin=subprocess.DEVNULL,
            stdout=self._log,
            stderr=subprocess.STDOUT,
        )

    def stop(self) -> None:
        """Stop it as an operator would; killed when that takes too long."""
        self._end(signal.SIGTERM)

    def kill(self) -> None:
        """End it as a power cut would."""
        self._end(signal.SIGKILL)

    def _end(self, number: signal.Signals) -> None:
        if self.process is None:
            return
        self.process.send_signal(number)
        try:
            self.process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        self.process = None
        if self._log is not None:
            self._log.close()

    def pause(self) -> None:
        """Freeze it: its connections stay open and nothing answers."""
        assert self.process is not None
        self.process.send_signal(signal.SIGSTOP)

    def go_on(self) -> None:
        """Let it go on after `pause`."""
        assert self.process is not None
        self.process.send_signal(signal.SIGCONT)

    def log_end(self) -> str:
        """Return the last lines it wrote."""
        path = self.folder / "broker.log"
        lines = path.read_text(encoding="utf-8", errors="replace").splitlines() if path.is_file() else []
        return "\n".join(lines[-LOG_LINES:])


@dataclass(slots=True)
class Kafka:
    """A cluster: ``brokers`` is empty when it was running already, and then nobody here may stop it."""

    bootstrap: tuple[str, ...]
    jars: Path | None = None
    brokers: list[Broker] = field(default_factory=list)
    closed: tuple[str, Path] | None = None
    """The address that asks for a certificate and a password, and the certificate."""

    @property
    def access(self) -> KafkaAccess:
        return KafkaAccess(self.bootstrap)

    @property
    def replication(self) -> int:
        return max(1, len(self.brokers))

    def wait_ready(self) -> None:
        """Wait until every broker that was started answers for the cluster; BrokerFailed when one does not."""
        running = [broker for broker in self.brokers if broker.process is not None]
        deadline = time.monotonic() + READY_SECONDS
        while time.monotonic() < deadline:
            dead = [broker for broker in running if broker.process is not None and broker.process.poll() is not None]
            if dead:
                raise BrokerFailed(f"broker {dead[0].node} ended:\n{dead[0].log_end()}")
            addresses = [broker.address for broker in running] or self.bootstrap
            if all(_knows(address, len(running)) for address in addresses):
                return
        logs = "\n".join(f"--- broker {broker.node}\n{broker.log_end()}" for broker in running)
        raise BrokerFailed(f"Kafka is not ready after {READY_SECONDS} s\n{logs}")

    def wait_copied(self, topic: str) -> None:
        """Wait until every broker holds all of a topic again."""
        deadline = time.monotonic() + READY_SECONDS
        while time.monotonic() < deadline:
            if _copies(self.access, topic) == {len(self.brokers)}:
                return
        raise BrokerFailed(f"{topic} is not on {len(self.brokers)} brokers after {READY_SECONDS} s")

    def start(self) -> None:
        """Format and start every broker, and wait until they answer."""
        for broker in self.brokers:
            broker.format()
        for broker in self.brokers:
            broker.start()
        self.wait_ready()

    def end(self) -> None:
        """End every broker: its data is not wanted any more."""
        for broker in self.brokers:
            broker.kill()

    def tool(self, command: str, given: str = "") -> "subprocess.CompletedProcess[str]":
        """Run a command line of Kafka's own tools, such as ``kafka-topics.sh --list …``; skipped without its jars."""
        if self.jars is None:
            pytest.skip("Kafka's own tools are among the jars of a broker started here")
        name, *arguments = command.split()
        line = java(self.jars, _TOOLS[name], *arguments)
        return subprocess.run(line, input=given, capture_output=True, text=True, check=False)


_TOOLS: Final = {
    "kafka-topics.sh": "org.apache.kafka.tools.TopicCommand",
    "kafka-configs.sh": "kafka.admin.ConfigCommand",
    "kafka-reassign-partitions.sh": "org.apache.kafka.tools.reassign.ReassignPartitionsCommand",
}


def _knows(address: str, count: int) -> bool:
    try:
        admin = opened(KafkaAdminClient, KafkaAccess((address,), patience=timedelta(seconds=2)))
    except KafkaError:
        return False
    try:
        return len(admin.describe_cluster()["brokers"]) >= count
    except KafkaError:
        return False
    finally:
        admin.close()


def clear_topics(access: KafkaAccess) -> None:
    """Remove Vigie's topics with all they hold, and what groups had read of them."""
    admin = opened(KafkaAdminClient, access)
    try:
        present = sorted(TOPICS.keys() & set(admin.list_topics()))
        if present:
            admin.delete_topics(present)
        until(lambda: TOPICS.keys().isdisjoint(admin.list_topics()))
    finally:
        admin.close()


def _copies(access: KafkaAccess, topic: str) -> set[int]:
    """Return how many brokers hold a partition of a topic: the number of each, one when all have as many."""
    try:
        admin = opened(KafkaAdminClient, access)
    except KafkaError:
        return set()
    try:
        [described] = admin.describe_topics([topic])
        return {len(each["isr_nodes"]) for each in described["partitions"]}
    except KafkaError:
        return set()
    finally:
        admin.close()


def cluster_of(count: int, jars: Path, folder: Path, extra: Mapping[str, str] | None = None) -> Kafka:
    """Return brokers that are not started yet; ``extra`` settings are given to each."""
    ports = free_ports(2 * count)
    voters = ",".join(f"{node + 1}@127.0.0.1:{port}" for node, port in enumerate(ports[count:]))
    brokers: list[Broker] = []
    for index in range(count):
        place = folder / f"broker-{index + 1}"
        own = _settings(index + 1, count, place / "data", (ports[index], ports[count + index])) | {
            "controller.quorum.voters": voters,
            **(extra or {}),
        }
        brokers.append(Broker(index + 1, ports[index], place, jars, own))
    return Kafka(tuple(broker.address for broker in brokers), jars, brokers)


def _settings(node: int, count: int, data: Path, ports: tuple[int, int]) -> dict[str, str]:
    replicas, in_sync = str(min(3, count)), str(min(2, count))
    return {
        "process.roles": "broker,controller",
        "node.id": str(node),
        "listeners": f"PLAINTEXT://127.0.0.1:{ports[0]},CONTROLLER://127.0.0.1:{ports[1]}",
        "advertised.listeners": f"PLAINTEXT://127.0.0.1:{ports[0]}",
        "listener.security.protocol.map": "PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT",
        "controller.listener.names": "CONTROLLER",
        "inter.broker.listener.name": "PLAINTEXT",
        "log.dirs": str(data),
        "auto.create.topics.enable": "false",
        "default.replication.factor": replicas,
        "min.insync.replicas": in_sync,
        "offsets.topic.replication.factor": replicas,
        "offsets.topic.num.partitions": "4",
        "transaction.state.log.replication.factor": replicas,
        "transaction.state.log.min.isr": in_sync,
        "transaction.state.log.num.partitions": "4",
        "group.initial.rebalance.delay.ms": "0",
        # A broker that is killed is missed sooner than by default (9 s).
        "broker.session.timeout.ms": "4000",
        "broker.heartbeat.interval.ms": "1000",
        # Less than what Vigie lets an operator set: a member may be refused.
        "group.max.session.timeout.ms": "120000",
        # Small machine: the default is 128 MB of the heap.
        "log.cleaner.dedupe.buffer.size": "8388608",
        "num.network.threads": "2",
        "num.io.threads": "2",
    }


def with_closed_listener(cluster: Kafka, folder: Path) -> Kafka:
    """Give a cluster of one broker, not started yet, an address that asks for a certificate and a password."""
    (broker,), (port,), certificate = cluster.brokers, free_ports(1), make_certificate(folder)
    own = dict(broker.settings)
    own["listeners"] += f",SASL_SSL://127.0.0.1:{port}"
    own["advertised.listeners"] += f",SASL_SSL://127.0.0.1:{port}"
    own["listener.security.protocol.map"] += ",SASL_SSL:SASL_SSL"
    broker.settings = own | closed_listener(certificate)
    cluster.closed = (f"127.0.0.1:{port}", certificate)
    return cluster


@contextmanager
def running(cluster: Kafka) -> Iterator[Kafka]:
    """Start a cluster for the length of the block; whatever happens, it is ended."""
    try:
        cluster.start()
        yield cluster
    finally:
        cluster.end()
