"""What callers may send: a limit for each class of requests, and what levers have made of it.

A policy travels from the control plane to every worker as a short JSON document; it is data, and workers obey the last
one they heard of.
"""

from zlib import crc32

import msgspec

from doorbuster.guard.classes import RouteClass
from doorbuster.guard.gcra import Rate

RATE_MAX, BURST_MAX = 100_000.0, 1_000_000


class Limit(msgspec.Struct, frozen=True, kw_only=True):
    """Requests a second and at once, for one client and for one network; `enforced` off counts only (a dry run)."""

    rate: float
    burst: int
    network_rate: float
    network_burst: int
    enforced: bool = True


class LaneSetting(msgspec.Struct, frozen=True):
    """A lane is closed: only who bears a pass is let in."""

    closed: bool = True


class GateSetting(msgspec.Struct, frozen=True):
    """Whether the gate holds anybody back; off, everybody goes to the database at once."""

    on: bool


class BrownOutSetting(msgspec.Struct, frozen=True):
    """The step of the brown-out ladder on which the shop is to stand."""

    step: int


class WorkSetting(msgspec.Struct, frozen=True):
    """Whether entering a waiting room costs a sum; without one, that depends on who comes."""

    on: bool


Setting = Limit | LaneSetting | GateSetting | BrownOutSetting | WorkSetting


class Policy(msgspec.Struct, frozen=True):
    """A limit for each class, and what the gate and the ladder do; the same settings have the same version.

    `gate` off lets everybody to the database at once; `closed` lanes let in only who bears a pass; `brownout` is the
    step that an operator has set, or None when the ladder moves by itself; so is `work`, the sum at waiting rooms.
    """

    limits: dict[RouteClass, Limit]
    gate: bool = True
    closed: tuple[str, ...] = ()
    brownout: int | None = None
    work: bool | None = None

    @property
    def version(self) -> int:
        """Return a number of 32 bits that stands for these settings."""
        return crc32(encode(self))


DEFAULTS = Policy(
    {
        "browse": Limit(rate=10.0, burst=30, network_rate=100.0, network_burst=400),
        "sale": Limit(rate=5.0, burst=30, network_rate=200.0, network_burst=1_000),
        "hold": Limit(rate=1.0, burst=6, network_rate=100.0, network_burst=400),
        "join": Limit(rate=0.1, burst=3, network_rate=5.0, network_burst=50),
        "cart": Limit(rate=2.0, burst=10, network_rate=20.0, network_burst=100),
        "checkout": Limit(rate=0.5, burst=5, network_rate=20.0, network_burst=100),
    }
)
"""Starting values: a person in a hurry with several tabs stays far below; a network is a carrier's thousand people."""

_decoder = msgspec.json.Decoder(Policy)


def mistakes_of(limit: Limit) -> dict[str, str]:
    """Return what is wrong with a limit, by field."""
    found = {}
    for name, most in (
        ("rate", RATE_MAX),
        ("network_rate", RATE_MAX),
        ("burst", BURST_MAX),
        ("network_burst", BURST_MAX),
    ):
        least = 0.001 if name.endswith("rate") else 1
        if not least <= getattr(limit, name) <= most:
            found[name] = f"must be from {least:g} to {most:g}"
    return found


def rates_of(limit: Limit, share: float) -> tuple[Rate, Rate]:
    """Return a limit's rates for a client and a network, in a worker that lets this share of the whole pass."""
    return (
        Rate(limit.rate * share, max(1, round(limit.burst * share))),
        Rate(limit.network_rate * share, max(1, round(limit.network_burst * share))),
    )


def encode(policy: Policy) -> bytes:
    """Write a policy for the way to the workers."""
    return msgspec.json.encode(policy, order="sorted")


def decode(document: bytes) -> Policy:
    """Read a policy; raises msgspec.DecodeError for anything else."""
    return _decoder.decode(document)
