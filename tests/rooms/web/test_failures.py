"""A page that says that something broke leads to the page that says how the shop is."""

from pathlib import Path

import pytest

from doorbuster.settings import from_environment
from doorbuster.web.pages import Pages


def shown(home: Path, code: int, **environment: str) -> str:
    settings = from_environment({"DOORBUSTER_HOME": str(home), **environment})
    return Pages(settings).render("web/failure.html", code=code, title="Very busy", detail="Wait.", request_id="")


@pytest.mark.parametrize(("environment", "address"), [
    ({}, "http://127.0.0.1:8001/status"),
    ({"PUBLIC_URL": "https://shop.test", "CONTROL_PUBLIC_URL": "https://room.test"}, "https://room.test/status"),
    ({"STATUS_URL": "https://status.test/"}, "https://status.test/"),
])  # fmt: skip
def test_it_links_to_the_status_page(tmp_path: Path, environment: dict[str, str], address: str) -> None:
    assert f'href="{address}"' in shown(tmp_path, 503, **environment)


def test_it_links_to_nothing_that_shoppers_cannot_reach(tmp_path: Path) -> None:
    assert "How the shop is doing" not in shown(tmp_path, 503, PUBLIC_URL="https://shop.test")
    assert "How the shop is doing" not in shown(tmp_path, 404)
