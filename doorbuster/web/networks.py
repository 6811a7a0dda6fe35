"""Whence a request comes: the client's address behind trusted proxies, and the network that it belongs to.

Promises: a forwarding header counts only when a trusted proxy wrote it; an address is never kept, only a keyed hash of
its network: an IPv4 /24 or an IPv6 /48, what one party commonly has at its disposal.
Never: takes a private address for a network. A shop behind a proxy that nobody told it of sees the proxy's address for
everybody; most such addresses are private, and then there is no network and no bound.

X-Forwarded-For is read from the right: each trusted proxy appended the address it saw, so the first one from the right
that is no trusted proxy is the client, whatever the client itself wrote further left.
"""

from functools import lru_cache
from hashlib import blake2b
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network

from starlette.types import Scope

FORWARDED_LENGTH_MAX = 1_000
REMEMBERED_MAX = 65_536
CLIENT_KEY = "key of the client"
IPV4_BITS, IPV6_BITS, IPV6_CLIENT_BITS = 24, 48, 64

Address = IPv4Address | IPv6Address
Block = IPv4Network | IPv6Network


class Networks:
    """Tells clients' networks apart."""

    def __init__(self, trusted_proxies: tuple[Block, ...], secret: str) -> None:
        """Believe what `trusted_proxies` forward; hash networks with a key made of `secret`."""
        self._trusted = trusted_proxies
        self._key = blake2b(secret.encode(), digest_size=32, person=b"network-key").digest()
        self._known = lru_cache(REMEMBERED_MAX)(self._network)
        self._clients = lru_cache(REMEMBERED_MAX)(self._client_key)
        self._silent = lru_cache(REMEMBERED_MAX)(self._is_silent)

    def of(self, scope: Scope) -> str | None:
        """Return the network of a request, or None when its address says nothing."""
        client = scope.get("client")
        # Straight from a private address: told without a look at the headers.
        if client is None or self._silent(client[0]):
            return None
        return self._known(client[0], self._forwarded(scope))

    def client_of(self, scope: Scope) -> str:
        """Return a hash of the caller's own address (an IPv6 /64): for counting a moment, not for keeping.

        Who asks again further inside is told the same without a look.
        """
        key: str | None = scope.get(CLIENT_KEY)
        if key is None:
            client = scope.get("client")
            key = scope[CLIENT_KEY] = self._clients(client[0], self._forwarded(scope)) if client else ""
        return key

    def _forwarded(self, scope: Scope) -> bytes:
        """Return all that was forwarded, of however many lines; each proxy may have added one of its own."""
        if not self._trusted:
            return b""
        lines = [value for name, value in scope["headers"] if name == b"x-forwarded-for"]
        return b",".join(lines)[-FORWARDED_LENGTH_MAX:]

    def _network(self, peer: str, forwarded: bytes) -> str | None:
        address = self._client(peer, forwarded)
        if address is None or not address.is_global:
            return None
        return "n:" + self._hash(address, IPV4_BITS if address.version == 4 else IPV6_BITS)

    def _client_key(self, peer: str, forwarded: bytes) -> str:
        address = self._client(peer, forwarded)
        return "a:" + self._hash(address, 32 if address.version == 4 else IPV6_CLIENT_BITS) if address else ""

    def _hash(self, address: Address, bits: int) -> str:
        block = ip_network((address, bits), strict=False)
        return blake2b(str(block).encode(), key=self._key, digest_size=9).hexdigest()

    def _client(self, peer: str, forwarded: bytes) -> Address | None:
        """Return the first address from the right that no trusted proxy has; None when a proxy wrote nonsense."""
        address = _address(peer)
        for word in reversed(forwarded.decode("latin-1").split(",")):
            if address is None or not self._trusts(address) or not word.strip():
                break
            address = _address(word.strip())
        return address

    def _is_silent(self, peer: str) -> bool:
        address = _address(peer)
        return address is None or not (address.is_global or self._trusts(address))

    def _trusts(self, address: Address) -> bool:
        return any(address in block for block in self._trusted)


def _address(text: str) -> Address | None:
    """Read an address as proxies write it: bare, with a port, in brackets, or IPv4 written as IPv6."""
    bare = text.partition("]")[0].lstrip("[") if text.startswith("[") else text
    if bare.count(":") == 1:
        bare = bare.partition(":")[0]
    try:
        address = ip_address(bare)
    except ValueError:
        return None
    return (address.ipv4_mapped or address) if isinstance(address, IPv6Address) else address
