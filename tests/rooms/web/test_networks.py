"""Whence a request comes: forwarding headers count only from trusted proxies, and private addresses tell nothing."""

from ipaddress import ip_network

import pytest

from doorbuster.web.networks import Networks

SECRET = "s" * 40
PROXIES = (ip_network("10.0.0.0/8"), ip_network("2a00:1::/32"))
TRUSTING = Networks(PROXIES, SECRET)


def network(peer: str, forwarded: str = "", networks: Networks = TRUSTING) -> str | None:
    lines = [(b"x-forwarded-for", line.encode()) for line in forwarded.split("\n") if line]
    return networks.of({"client": (peer, 4711), "headers": lines})


def test_neighbours_in_one_block_are_one_network() -> None:
    assert network("81.2.69.1") == network("81.2.69.250") != network("81.2.70.1")


def test_an_ipv6_site_is_one_network() -> None:
    assert network("2a02:8:1:1::1") == network("2a02:8:1:ffff::2") != network("2a02:8:2::1")


@pytest.mark.parametrize("peer", ["127.0.0.1", "192.168.1.7", "10.1.2.3", "::1", "fe80::1", "testclient"])
def test_a_private_address_is_no_network(peer: str) -> None:
    assert network(peer) is None


@pytest.mark.parametrize("peer", ["127.0.0.1", "192.168.1.7", "nonsense"])
def test_a_private_address_that_is_no_proxys_says_nothing_whatever_it_forwards(peer: str) -> None:
    assert network(peer, "81.2.69.1") is None


def test_what_a_stranger_forwards_is_not_believed() -> None:
    assert network("81.2.69.1", "92.1.1.1") == network("81.2.69.1")


def test_without_trusted_proxies_nothing_forwarded_is_believed() -> None:
    assert network("10.1.2.3", "92.1.1.1", Networks((), SECRET)) is None


def test_behind_trusted_proxies_the_last_untrusted_address_is_the_client_whatever_it_claims_to_be() -> None:
    assert network("10.0.0.1", "92.1.1.1, 81.2.69.1, 10.0.0.7") == network("81.2.69.1")


def test_lines_that_each_proxy_added_by_itself_are_one_list() -> None:
    assert network("10.0.0.1", "92.1.1.1\n81.2.69.1\n10.0.0.7") == network("81.2.69.1")


@pytest.mark.parametrize("written", ["81.2.69.1:8080", "[::ffff:81.2.69.1]:443", "::ffff:81.2.69.1", " 81.2.69.1 "])
def test_an_address_is_read_however_a_proxy_writes_it(written: str) -> None:
    assert network("10.0.0.1", written) == network("81.2.69.1")


@pytest.mark.parametrize("nonsense", ["unknown", "_hidden", "81.2.69.1.1", "-", ",,,", "10.0.0.9"])
def test_nonsense_from_a_proxy_is_no_network(nonsense: str) -> None:
    assert network("10.0.0.1", nonsense) is None


def test_a_very_long_header_is_read_from_its_end() -> None:
    assert network("10.0.0.1", "92.1.1.1, " * 5_000 + "81.2.69.1") == network("81.2.69.1")


def test_the_address_itself_cannot_be_read_from_what_is_kept() -> None:
    kept = network("81.2.69.1")

    assert kept is not None
    assert "81" not in kept or kept != network("81.2.69.1", networks=Networks((), "t" * 40))
