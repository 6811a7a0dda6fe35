"""The fair draw: a keyed permutation of everybody who registered, committed to beforehand and verifiable afterwards.

The shop commits to a secret before anybody registers. At the opening the seed is made of the secret, the sale, how many
had registered in each stripe, and a public text that nobody knew before (if the operator gave one). The position of a
ticket is its number put through a permutation that the seed picks, so nothing is enumerated and nothing is stored.

Tickets are drawn in bands, one after the other. The first band has the tickets that their network may fairly have, in
STRIPES stripes; what a network takes beyond that is in a later band, each a stripe of its own. Which one, says
enter.function.sql; the idea is fair queueing (Nagle, RFC 970) with networks for hosts.

Promises: positions are exactly 0 … N-1, each once; within a band every order is as likely as HMAC-SHA256 is random;
whoever has the published secret computes the same positions.
"""

import hmac
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from hashlib import sha256
from itertools import accumulate
from uuid import UUID

STRIPES = 10
"""How many stripes the first band has, so that those who register do not all wait for one row."""
LATER_BANDS = 2
ROUNDS = 4


@dataclass(frozen=True, slots=True)
class Draw:
    """The outcome of a draw: with it and a ticket anybody computes a position."""

    seed: bytes
    cohort: int
    offsets: tuple[int, ...]

    def position(self, stripe: int, place: int) -> int:
        """Return the position of the ticket that was number `place` in its stripe: within its band."""
        ends = (*self.offsets[STRIPES:], self.cohort)
        band = band_of_stripe(stripe)
        first = ends[band - 1] if band else 0
        return first + permute(self.seed, self.offsets[stripe] + place - first, ends[band] - first)


def band_of_stripe(stripe: int) -> int:
    """Return the band that a stripe belongs to: 0 is drawn first."""
    return max(0, stripe - STRIPES + 1)


def commitment_of(secret: bytes) -> bytes:
    """Return what is published before the draw: it fixes the secret without telling it."""
    return sha256(secret).digest()


def draw(secret: bytes, sale_id: UUID, counts: Sequence[int], beacon: str) -> Draw:
    """Draw once: the seed is HMAC-SHA256(secret, sale id ‖ N ‖ counts ‖ beacon), each number in 8 bytes."""
    cohort = sum(counts)
    numbers = b"".join(number.to_bytes(8, "big") for number in (cohort, *counts))
    seed = hmac.digest(secret, sale_id.bytes + numbers + beacon.encode(), "sha256")
    return Draw(seed, cohort, (0, *accumulate(counts))[: len(counts)])


def permute(seed: bytes, number: int, cohort: int) -> int:
    """Return where `number` of 0 … cohort-1 comes in the permutation: a Feistel network that walks its cycles.

    The network permutes a power of four that is at least `cohort`; whoever lands outside is sent through again.
    """
    if not 0 <= number < cohort:
        raise ValueError(f"there is no ticket {number} among {cohort}")
    half_bits = half_bits_of(cohort)
    while True:
        number = _feistel(seed, number, half_bits)
        if number < cohort:
            return number


def half_bits_of(cohort: int) -> int:
    """Return how wide one half of the network is for so many tickets."""
    return max(1, ((cohort - 1).bit_length() + 1) // 2)


def _feistel(seed: bytes, number: int, half_bits: int) -> int:
    mask = (1 << half_bits) - 1
    left, right = number >> half_bits, number & mask
    for turn in range(ROUNDS):
        left, right = right, left ^ (_mixed(seed, turn, right) & mask)
    return left << half_bits | right


def _mixed(seed: bytes, turn: int, right: int) -> int:
    hasher = _keyed(seed).copy()
    hasher.update(bytes((turn,)) + right.to_bytes(4, "big"))
    return int.from_bytes(hasher.digest()[:4], "big")


@lru_cache(maxsize=64)
def _keyed(seed: bytes) -> hmac.HMAC:
    """Return the hash with its key digested, so that it only has to be copied."""
    return hmac.new(seed, digestmod=sha256)
