"""Reads single settings out of the environment: what each must look like, and what is said when it does not.

Promises: nothing set is the default; Misconfigured names the setting, what it has, and what would be right.
"""

import re
from collections.abc import Mapping
from ipaddress import IPv4Network, IPv6Network, ip_network

from doorbuster.errors import Misconfigured


def http_url(environ: Mapping[str, str], name: str) -> str:
    """Return the address of that name, or nothing."""
    text = environ.get(name, "")
    if text and not re.match(r"https?://[^\s/]", text):
        raise Misconfigured(f"{name}={text!r} must begin with http:// or https://; unset it to do without")
    return text


def one_of(environ: Mapping[str, str], name: str, choices: tuple[str, ...]) -> str:
    """Return one of the choices; the first when nothing is set."""
    text = environ.get(name, "") or choices[0]
    if text not in choices:
        raise Misconfigured(f"{name}={text!r} must be {' or '.join(choices)}; unset it for {choices[0]}")
    return text


def mail_addresses(text: str) -> tuple[str, ...]:
    """Return mail addresses with commas between."""
    words = tuple(word.strip() for word in text.split(",") if word.strip())
    for word in words:
        if not re.fullmatch(r"[^\s@,<>]+@[^\s@,<>]+", word):
            raise Misconfigured(
                f"DIGEST_TO has {word!r}: write addresses such as bea@shop.example, with commas between"
            )
    return words


def blocks(text: str) -> tuple[IPv4Network | IPv6Network, ...]:
    """Return addresses and blocks of a network, with commas between."""
    try:
        return tuple(ip_network(word) for word in listed(text))
    except ValueError as fault:
        raise Misconfigured(f"TRUSTED_PROXIES: {fault}; write addresses or blocks such as 10.0.0.0/8") from fault


def store_url(text: str) -> str:
    """Return the address of a store that speaks the Redis protocol, or nothing."""
    if not text or re.match(r"(redis|rediss|valkey|valkeys|unix)://[^\s]", text):
        return re.sub(r"^valkey", "redis", text)
    raise Misconfigured(f"VALKEY_URL={text!r} must begin with redis://, rediss:// or unix://")


def listed(text: str) -> tuple[str, ...]:
    """Return the words between commas."""
    return tuple(word.strip() for word in text.split(",") if word.strip())


def objective(text: str, name: str) -> float:
    """Return a percentage of two digits and decimals as a share."""
    if not re.fullmatch(r"\d{2}(\.\d{1,3})?", text) or not 90 <= float(text) < 100:
        raise Misconfigured(f"{name}={text!r} must be a percentage from 90 to 99.999, such as 99.5")
    return float(text) / 100


def number(environ: Mapping[str, str], name: str, default: int, least: int, most: int) -> int:
    """Return a whole number within bounds."""
    text = environ.get(name, "").strip()
    if not text:
        return default
    if not text.isdecimal() or not least <= int(text) <= most:
        raise Misconfigured(f"{name}={text!r} must be a whole number from {least} to {most}; unset it for {default}")
    return int(text)
