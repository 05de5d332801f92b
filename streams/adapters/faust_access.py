"""The same access to Kafka, as a Faust application takes it."""

from typing import Any

import faust
from yarl import URL

from streams.adapters.kafka_clients import KafkaAccess


def faust_broker(access: KafkaAccess) -> dict[str, Any]:
    """Return the arguments of `faust.App` that say where the brokers are; UnusableAccess when they cannot work."""
    broker = [URL(f"kafka://{address}") for address in access.bootstrap]
    credentials = _credentials(access)
    return {"broker": broker} | ({} if credentials is None else {"broker_credentials": credentials})


def _credentials(access: KafkaAccess) -> Any:  # noqa: ANN401 - Faust's own classes are not typed
    context = access.ssl_context() if access.has_tls else None
    if access.has_password:
        user, password = access.credentials()
        return faust.SASLCredentials(
            username=user, password=password, ssl_context=context, mechanism=access.sasl_mechanism
        )
    return None if context is None else faust.SSLCredentials(context)
