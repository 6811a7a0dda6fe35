"""Passwords: strong hashes, a short line in front of them, and advice that helps."""

import asyncio

import pytest
from argon2 import extract_parameters
from argon2.low_level import Type
from hypothesis import given
from hypothesis import strategies as st

from doorbuster.accounts.passwords import WAITING_MAX, Passwords, hash_now, weakness
from doorbuster.errors import Overloaded


def test_the_hash_is_argon2id_with_at_least_19_mib_and_two_passes():
    parameters = extract_parameters(hash_now("quiet unusual battery"))
    assert parameters.type is Type.ID
    assert parameters.memory_cost >= 19 * 1024
    assert parameters.time_cost >= 2


async def test_the_right_password_is_right_and_every_other_wrong():
    passwords = Passwords()
    kept = await passwords.hash("quiet unusual battery")
    assert await passwords.verify(kept, "quiet unusual battery")
    assert not await passwords.verify(kept, "quiet unusual batter")
    assert not await passwords.verify("not a hash", "quiet unusual battery")


async def test_an_unknown_name_is_compared_with_a_real_hash_and_never_right():
    assert not await Passwords().verify(None, "nobody has this password")


async def test_a_flood_of_log_ins_is_refused_instead_of_queued_for_ever():
    passwords = Passwords()
    tries = await asyncio.gather(
        *(passwords.verify(None, "wrong") for _ in range(WAITING_MAX * 3)), return_exceptions=True
    )
    assert sum(isinstance(each, Overloaded) for each in tries) == WAITING_MAX * 2
    assert sum(each is False for each in tries) == WAITING_MAX


@pytest.mark.parametrize(
    "password",
    [
        "short", "123456789012", "abcdefghijkl", "aaaaaaaaaaaa", "abababababab", "password1234", "Password2026!",
        "qwertyuiop123", "iloveyou1234", "passwordpassword", "Summer2026!!", "correcthorsebatterystaple",
        "987654321098", "doorbuster!!!", "letmein123456",
    ],
)  # fmt: skip
def test_what_everybody_tries_first_is_refused(password: str):
    assert weakness(password, "ada")


@pytest.mark.parametrize(
    "password", ["quiet unusual battery", "kW9-plover-tangent", "äpfel und birnen im mai", "x" * 6 + "7Yq2mz"]
)
def test_long_and_unusual_is_enough_without_rules_of_composition(password: str):
    assert weakness(password, "ada") is None


def test_the_name_is_no_part_of_the_password():
    assert weakness("lovelace-and-babbage", "Lovelace")
    assert weakness("lovelace-and-babbage", "ada") is None


@given(st.text(max_size=300), st.text(max_size=70))
def test_any_text_gets_advice_or_none_and_never_a_fault(password: str, name: str):
    told = weakness(password, name)
    assert told is None or told.endswith(".")
