"""A pass is for one shopper, for a time, and cannot be made up."""

import pytest

from doorbuster.web.passes import PASS_SECONDS, has_pass, pass_cookie

SECRET, NOW = "s" * 40, 1_800_000_000.0


def sent_back(key: str = "s:ada", *, secure: bool = False) -> str:
    return pass_cookie(key, NOW, SECRET, secure).partition(";")[0]


def test_a_pass_is_known_again_among_other_cookies() -> None:
    assert has_pass(f"shopper=abc; {sent_back()}; theme=dark", "s:ada", NOW + 60, SECRET, False)


def test_it_ends() -> None:
    assert not has_pass(sent_back(), "s:ada", NOW + PASS_SECONDS, SECRET, False)


def test_it_is_of_no_use_to_another_shopper_or_shop() -> None:
    assert not has_pass(sent_back(), "s:eve", NOW, SECRET, False)
    assert not has_pass(sent_back(), "s:ada", NOW, "t" * 40, False)


def test_its_end_cannot_be_moved() -> None:
    _, _, signature = sent_back().partition(".")

    assert not has_pass(f"pass={int(NOW) + 10 * PASS_SECONDS}.{signature}", "s:ada", NOW, SECRET, False)


@pytest.mark.parametrize("cookie", ["", "pass=", "pass=.", "pass=1.x", "pass=ä.ö", f"pass={'9' * 400}.x", ";;=;"])
def test_nonsense_is_no_pass(cookie: str) -> None:
    assert not has_pass(cookie, "s:ada", NOW, SECRET, False)


def test_over_https_its_name_keeps_other_hosts_from_setting_it() -> None:
    assert sent_back(secure=True).startswith("__Host-pass=")
    assert "Secure" in pass_cookie("s:ada", NOW, SECRET, True)
