"""Many strangers behind one address: slowed, told why, and not banned."""

from tests.stories.shopping.conftest import Shop
from tests.stories.shopping.test_programs import call, problem

HERE = {"X_Forwarded_For": "81.2.69.7"}
ELSEWHERE = {"X_Forwarded_For": "92.40.1.9, 81.2.71.3"}


async def test_a_network_that_holds_its_share_unpaid_is_told_so_and_others_buy_on(shop: Shop) -> None:
    sale = await shop.sale("shared", units=20)
    sale_id = shop.value("SELECT id FROM sales WHERE handle = 'shared'")
    claim = ("POST", f"/sales/{sale_id}/holds", {"sku": "LAMP", "quantity": 1})

    async with shop.visitor("ada") as ada, shop.visitor("bob") as bob, shop.visitor("cy") as cy:
        first = await call(ada, *claim, **HERE)
        second = await call(bob, *claim, **HERE)
        third = await call(cy, *claim, **ELSEWHERE)

    assert first[0] == 201
    assert problem(second) == (429, "network-full")
    assert second[2]["retry-after"] == "30"
    assert third[0] == 201
    assert shop.value("SELECT count(DISTINCT network) FROM holds WHERE sale_id = %s", sale_id) == 2
    assert sale


async def test_a_person_is_told_in_words(shop: Shop) -> None:
    sale = await shop.sale("shared-pages", units=20)
    async with shop.visitor("ada") as ada, shop.visitor("bob") as bob:
        for visitor in (ada, bob):
            visitor.browser.headers["X-Forwarded-For"] = "81.2.69.7"
        await ada.sends(f"{sale}/holds", {"sku": "LAMP", "quantity": "1"})
        page = await bob.sends(f"{sale}/holds", {"sku": "LAMP", "quantity": "1"})

    assert page.status == 429
    assert page.title == "One moment"
    assert "your network’s address" in page.words
