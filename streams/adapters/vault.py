"""The key that locks quarantined bytes: Fernet (AES-128-CBC with HMAC-SHA-256) of the cryptography library."""

from collections.abc import Mapping
from typing import Final

from cryptography.fernet import Fernet, InvalidToken, MultiFernet

from streams.collecting.quarantine import NoVault, Vault, VaultClosed

KEY_VARIABLE: Final = "VIGIE_QUARANTINE_KEY"


class UnusableKey(ValueError):
    """The key cannot be used; the message says how to make one and never shows it."""


class FernetVault:
    """Locks with the first key; reads what any of them locked, so that a key can be replaced."""

    is_open: bool = True

    def __init__(self, keys: str) -> None:
        try:
            self._fernet = MultiFernet([Fernet(key.strip()) for key in keys.split(",")])
        except ValueError:
            raise UnusableKey(
                f"{KEY_VARIABLE}: expected keys of 32 bytes in URL-safe base64, separated by commas; make one with "
                "`vigie quarantine key`"
            ) from None

    def lock(self, raw: bytes) -> bytes:
        """Return the bytes, unreadable without the key."""
        return self._fernet.encrypt(raw)

    def unlock(self, locked: bytes) -> bytes:
        """Return the bytes as they were read; VaultClosed when another key locked them."""
        try:
            return self._fernet.decrypt(locked)
        except InvalidToken:
            raise VaultClosed(
                f"these bytes were locked with another key: add it to {KEY_VARIABLE}, after the current one"
            ) from None


def vault_of(environment: Mapping[str, str]) -> Vault:
    """Return the vault of the key in the environment, or one that keeps nothing; UnusableKey."""
    keys = environment.get(KEY_VARIABLE, "")
    return FernetVault(keys) if keys else NoVault()


def new_key() -> str:
    """Return a fresh key."""
    return Fernet.generate_key().decode()
