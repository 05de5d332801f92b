"""A listener that lets in only who shows a certificate and a password: its certificate, its settings, its access."""

from datetime import UTC, datetime, timedelta
from ipaddress import IPv4Address
from pathlib import Path
from typing import Final

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from streams.adapters.kafka_clients import KafkaAccess

USER: Final = "vigie"
WORD: Final = "sesame-ouvre-toi"
_JAAS: Final = "org.apache.kafka.common.security.plain.PlainLoginModule required"


def make_certificate(folder: Path) -> Path:
    """Write a key and its own certificate for 127.0.0.1 in one PEM file, for both ends; return the file."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "essai")])
    now = datetime.now(UTC)
    identifier = x509.SubjectKeyIdentifier.from_public_key(key.public_key())
    usage = x509.KeyUsage(
        digital_signature=True, key_cert_sign=True, crl_sign=True, content_commitment=False, key_encipherment=False,
        data_encipherment=False, key_agreement=False, encipher_only=False, decipher_only=False,
    )  # fmt: skip
    certificate = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - timedelta(hours=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(IPv4Address("127.0.0.1"))]), critical=False)
        .add_extension(usage, critical=True)
        .add_extension(identifier, critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_subject_key_identifier(identifier), critical=False)
        .sign(key, hashes.SHA256())
    )
    pem = serialization.Encoding.PEM
    private = key.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    file = folder / "essai.pem"
    file.write_bytes(private + certificate.public_bytes(pem))
    (folder / "autorite.pem").write_bytes(certificate.public_bytes(pem))
    return file


def closed_listener(file: Path) -> dict[str, str]:
    """Return the settings of a listener SASL_SSL that asks for this certificate and the password."""
    return {
        "sasl.enabled.mechanisms": "PLAIN",
        "listener.name.sasl_ssl.plain.sasl.jaas.config": f'{_JAAS} user_{USER}="{WORD}";',
        "listener.name.sasl_ssl.ssl.keystore.type": "PEM",
        "listener.name.sasl_ssl.ssl.keystore.location": str(file),
        "listener.name.sasl_ssl.ssl.truststore.type": "PEM",
        "listener.name.sasl_ssl.ssl.truststore.location": str(file.with_name("autorite.pem")),
        "listener.name.sasl_ssl.ssl.client.auth": "required",
    }


def closed_access(address: str, file: Path, word: str = WORD) -> KafkaAccess:
    """Return the access to that listener."""
    authority = file.with_name("autorite.pem")
    patience = timedelta(seconds=10)
    return KafkaAccess((address,), "SASL_SSL", "PLAIN", USER, word, authority, file, file, patience)
