"""How Kafka is reached: one description of the access, handed to kafka-python and to Faust; errors people can act on.

kafka-python is imported here alone: it reads its protocol files in a way that Python 3.11 deprecates.
"""

import logging
import ssl
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any, Final, Literal

from streams.live.problems import KafkaRefused, KafkaUnavailable, TopicMissing, UnusableAccess

with warnings.catch_warnings():
    warnings.filterwarnings("ignore", category=DeprecationWarning, message=r"(read|open)_text is deprecated")
    from kafka import KafkaAdminClient, KafkaProducer, TopicPartition
    from kafka import KafkaConsumer as _LibraryConsumer
    from kafka.admin import ConfigResource, OffsetSpec
    from kafka.errors import (
        AuthorizationError,
        KafkaError,
        KafkaTimeoutError,
        MessageSizeTooLargeError,
        OffsetOutOfRangeError,
        SaslAuthenticationFailedError,
        TopicAlreadyExistsError,
        UnknownTopicOrPartitionError,
    )
    from kafka.net.compat import KafkaNetClient
    from kafka.net.manager import KafkaConnectionManager
    from kafka.net.selector import NetworkSelector
    from kafka.net.transport import KafkaSSLTransport

__all__ = [
    "PATIENCE",
    "ConfigResource",
    "KafkaAccess",
    "KafkaAdminClient",
    "KafkaConsumer",
    "KafkaError",
    "KafkaProducer",
    "KafkaSSLTransport",
    "MessageSizeTooLargeError",
    "OffsetOutOfRangeError",
    "OffsetSpec",
    "TopicAlreadyExistsError",
    "TopicPartition",
    "UnknownTopicOrPartitionError",
    "opened",
    "reaching",
]

PATIENCE: Final = timedelta(seconds=30)
"""How long an answer is waited for before Kafka is said to be unavailable. Vigie's own choice."""

_NETWORK_LOG: Final = logging.getLogger("kafka.net.manager")

SecurityProtocol = Literal["PLAINTEXT", "SSL", "SASL_PLAINTEXT", "SASL_SSL"]
SaslMechanism = Literal["PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512"]


@dataclass(frozen=True, slots=True)
class KafkaAccess:
    """Where the brokers are and how they let Vigie in. ``bootstrap``: host:port of some of them."""

    bootstrap: tuple[str, ...]
    security_protocol: SecurityProtocol = "PLAINTEXT"
    sasl_mechanism: SaslMechanism = "PLAIN"
    sasl_username: str | None = None
    sasl_password: str | None = field(default=None, repr=False)
    ssl_cafile: Path | None = None
    ssl_certfile: Path | None = None
    ssl_keyfile: Path | None = None
    patience: timedelta = PATIENCE

    def __str__(self) -> str:
        return ", ".join(self.bootstrap)

    @property
    def patience_ms(self) -> int:
        """The patience in milliseconds, as the clients count."""
        return self.patience // timedelta(milliseconds=1)

    def for_clients(self) -> dict[str, Any]:
        """Return the arguments of a client of kafka-python; UnusableAccess when they cannot work."""
        own = {
            "bootstrap_servers": list(self.bootstrap),
            "client_id": "vigie",
            "bootstrap_timeout_ms": self.patience_ms,
            "request_timeout_ms": self.patience_ms,
            "reconnect_backoff_max_ms": 1000,
        }
        return own | self.security()

    def security(self) -> dict[str, Any]:
        """Return the arguments that kafka-python and aiokafka have in common."""
        common: dict[str, Any] = {"security_protocol": self.security_protocol}
        if self.has_tls:
            common["ssl_context"] = self.ssl_context()
        if self.has_password:
            user, password = self.credentials()
            common |= {
                "sasl_mechanism": self.sasl_mechanism,
                "sasl_plain_username": user,
                "sasl_plain_password": password,
            }
        return common

    @property
    def has_tls(self) -> bool:
        """Whether the connection is encrypted."""
        return self.security_protocol.endswith("SSL")

    @property
    def has_password(self) -> bool:
        """Whether the account has a name and a password."""
        return self.security_protocol.startswith("SASL")

    def credentials(self) -> tuple[str, str]:
        """Return the account's name and password; UnusableAccess when one is missing."""
        if self.sasl_username is None or self.sasl_password is None:
            raise UnusableAccess(
                f"{self.security_protocol} needs an account: set VIGIE_KAFKA_SASL_USERNAME and "
                "VIGIE_KAFKA_SASL_PASSWORD"
            )
        return self.sasl_username, self.sasl_password

    def ssl_context(self) -> ssl.SSLContext:
        """Return how the brokers' certificates are checked, and Vigie's own; UnusableAccess when it cannot be made."""
        try:
            context = ssl.create_default_context(cafile=self.ssl_cafile)
            if self.ssl_certfile is not None:
                context.load_cert_chain(self.ssl_certfile, self.ssl_keyfile)
        except OSError as error:
            given = [str(file) for file in (self.ssl_cafile, self.ssl_certfile, self.ssl_keyfile) if file]
            raise UnusableAccess(
                f"certificates {', '.join(given)}: {error.strerror or error}; check VIGIE_KAFKA_SSL_CAFILE, "
                "VIGIE_KAFKA_SSL_CERTFILE and VIGIE_KAFKA_SSL_KEYFILE (PEM files)"
            ) from None
        return context


def opened(client: Callable[..., Any], access: KafkaAccess, **settings: object) -> Any:  # noqa: ANN401 - not typed
    """Return a client of kafka-python; one that cannot reach the brokers says why and leaves nothing behind.

    Its constructor starts a thread and holds sockets before it fails, and a process that waits for Kafka tries often.
    """
    networks: list[Any] = []
    failure = _LastFailure()

    def network(**config: object) -> Any:  # noqa: ANN401 - kafka-python is not typed
        selector = NetworkSelector(**config)
        networks.append(KafkaNetClient(selector, _Connections(selector, **config)))
        return networks[-1]

    arguments = {**access.for_clients(), **settings, "kafka_client": network}
    _NETWORK_LOG.addHandler(failure)
    try:
        return client(**arguments)
    except BaseException as error:
        for each in networks:
            each.close()
        if isinstance(error, KafkaTimeoutError) and failure.seen is not None:
            raise failure.seen from None
        raise
    finally:
        _NETWORK_LOG.removeHandler(failure)


class _Connections(KafkaConnectionManager):  # type: ignore[misc]  # not typed
    """Connections that hear what a broker says before it hangs up.

    kafka-python drops bytes that it reads together with the end of the connection. A broker that refuses an account
    says so and hangs up at once: a client that is a little late would only ever see "socket disconnected".
    """

    async def _build_transport(self, *arguments: object, **named: object) -> Any:  # noqa: ANN401 - not typed
        transport = await super()._build_transport(*arguments, **named)
        receive = transport._sock_recv  # noqa: SLF001 - the one place where bytes and the end meet

        def bytes_before_end() -> tuple[bytes, KafkaError | None]:
            received, end = receive()
            return received, None if received else end  # the end is met again by the next reading

        transport._sock_recv = bytes_before_end  # noqa: SLF001 - see above
        return transport


class KafkaConsumer(_LibraryConsumer):  # type: ignore[misc]  # not typed
    """A consumer whose poll hears of records that come while it asks for more.

    kafka-python looks at what has come, asks for more, forgets the answers that are complete, then waits for the next
    one: an answer that came in between would lie there until the wait is over. One call in a hundred left late by it.
    """

    def __init__(self, *topics: str, **config: object) -> None:
        super().__init__(*topics, **config)
        fetcher = self._fetcher
        forget = fetcher._clean_done_fetch_futures  # noqa: SLF001 - where the answer is forgotten

        async def forget_what_was_taken() -> None:
            if not fetcher._completed_fetches:  # noqa: SLF001 - answers nobody took yet
                await forget()

        fetcher._clean_done_fetch_futures = forget_what_was_taken  # noqa: SLF001 - see above


class _LastFailure(logging.Handler):
    """Keeps the last error that kafka-python logs: when it gives up, it only says that time is over.

    A refused account stays said: brokers that throttle it then just hang up.
    """

    seen: KafkaError | None = None

    def emit(self, record: logging.LogRecord) -> None:
        errors = [
            each for each in record.args or () if isinstance(each, KafkaError) and type(each) is not KafkaTimeoutError
        ]
        if errors and not isinstance(self.seen, SaslAuthenticationFailedError):
            self.seen = errors[-1]


@contextmanager
def reaching(access: KafkaAccess, doing: str) -> Iterator[None]:
    """Turn an error of the client into a `KafkaProblem` that says what Vigie was ``doing``."""
    try:
        yield
    except SaslAuthenticationFailedError:
        raise KafkaRefused(
            f"Kafka at {access} does not let {access.sasl_username} in: check VIGIE_KAFKA_SASL_USERNAME, "
            "VIGIE_KAFKA_SASL_PASSWORD and VIGIE_KAFKA_SASL_MECHANISM"
        ) from None
    except AuthorizationError as error:
        raise KafkaRefused(
            f"{doing}: Kafka at {access} does not allow it ({type(error).__name__}): give the account "
            f"{access.sasl_username or 'of Vigie'} the right to"
        ) from None
    except UnknownTopicOrPartitionError:
        raise TopicMissing(f"{doing}: Kafka at {access} has no such topic; run: vigie topics create") from None
    except KafkaError as error:
        raise KafkaUnavailable(
            f"{doing}: Kafka at {access} does not answer as it should ({error}); check that it runs, and "
            "VIGIE_KAFKA_BOOTSTRAP and VIGIE_KAFKA_SECURITY_PROTOCOL"
        ) from None
