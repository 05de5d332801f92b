"""What is known of the ways to reach people: providers that are down, and the proof that the whole chain works."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta


@dataclass(frozen=True, slots=True)
class Proof:
    """The test record that travels the whole chain: when it last came through, how long it took, whether one is late.

    ``came_at`` is None until one came through since this process started.
    """

    came_at: datetime | None = None
    took: timedelta = timedelta()
    is_late: bool = False


class Delivering:
    """One writer; readers copy. Empty where nobody sends, or asks for a proof."""

    def __init__(self) -> None:
        self._down: dict[str, bool] = {}
        self._proofs: dict[str, Proof] = {}
        self.is_cut_off: bool | None = None

    def providers(self, down: Mapping[str, bool], *, is_cut_off: bool) -> None:
        """Replace what is known of each provider, and whether none of them answers."""
        self._down = dict(down)
        self.is_cut_off = is_cut_off

    def proof(self, region: str, proof: Proof) -> None:
        """Replace the proof of a région."""
        self._proofs[region] = proof

    @property
    def down(self) -> dict[str, bool]:
        """Whether each provider is down, ordered by name."""
        return dict(sorted(self._down.items()))

    @property
    def proofs(self) -> dict[str, Proof]:
        """The proof of each région, ordered."""
        return dict(sorted(self._proofs.copy().items()))
