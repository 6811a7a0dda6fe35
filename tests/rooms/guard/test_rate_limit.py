"""The rate limit before everything: who is refused, what they are told, and who never is."""

import random
from ipaddress import ip_network
from pathlib import Path
from typing import Any

import msgspec
import pytest

from doorbuster.clock import ManualClock
from doorbuster.guard.classes import class_of
from doorbuster.guard.policy import DEFAULTS, Limit, Policy, encode
from doorbuster.guard.rate_limit import POLICY_FILE, RateLimit
from doorbuster.guard.refusals import refusal_of
from doorbuster.guard.refused import Look
from doorbuster.settings import Settings, from_environment
from doorbuster.web.networks import Networks
from doorbuster.web.sessions import mint

HOLDS = "/api/v1/sales/00000000-0000-7000-8000-000000000001/holds"
TIGHT = Limit(rate=1, burst=2, network_rate=1, network_burst=4)


async def passed_on(scope: Any, receive: Any, send: Any) -> None:
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": b"inside"})


class Guarded:
    """An application behind the guard, and callers who knock."""

    def __init__(self, settings: Settings, clock: ManualClock) -> None:
        self.settings, self.clock = settings, clock
        networks = Networks((ip_network("127.0.0.1"),), settings.secret)
        look = Look(b"<a href='@again@'>@sentence@ @seconds@ @refusal@</a>", [(b"x-page", b"1")], [(b"x-data", b"1")])
        self.guard = RateLimit(passed_on, networks, settings, look, clock=clock, chance=random.Random(1))

    def limit(self, name: str = "hold", **changes: Any) -> None:
        limit = msgspec.structs.replace(TIGHT, **changes)
        self.guard.hear(encode(Policy(DEFAULTS.limits | {name: limit})))  # type: ignore[dict-item]

    async def knock(
        self,
        path: str = HOLDS,
        method: str = "POST",
        address: str = "81.2.69.1",
        cookie: str | None = None,
        referer: str = "",
    ) -> tuple[int, dict[str, str], bytes]:
        headers = [(b"x-forwarded-for", address.encode())]
        headers += [(b"cookie", cookie.partition(";")[0].encode())] if cookie else []
        headers += [(b"referer", referer.encode())] if referer else []
        sent: list[Any] = []

        async def send(message: Any) -> None:
            sent.append(message)

        scope = {"type": "http", "method": method, "path": path, "headers": headers, "client": ("127.0.0.1", 1)}
        await self.guard(scope, None, send)  # type: ignore[arg-type]  # nobody reads a body here
        return sent[0]["status"], {k.decode(): v.decode() for k, v in sent[0]["headers"]}, sent[1]["body"]

    async def statuses(self, times: int, **knock: Any) -> list[int]:
        return [(await self.knock(**knock))[0] for _ in range(times)]


@pytest.fixture
def guarded(tmp_path: Path, clock: ManualClock) -> Guarded:
    settings = from_environment({"DOORBUSTER_HOME": str(tmp_path), "DOORBUSTER_SECRET": "s" * 40, "WORKERS": "1"})
    found = Guarded(settings, clock)
    found.limit()
    return found


async def test_a_client_may_send_its_burst_and_is_then_refused(guarded: Guarded) -> None:
    assert await guarded.statuses(4) == [200, 200, 429, 429]


async def test_a_refusal_says_when_to_come_back_and_that_is_true(guarded: Guarded) -> None:
    await guarded.statuses(2)
    status, headers, body = await guarded.knock()
    told = msgspec.json.decode(body)

    assert status == told["status"] == 429
    assert told["retry_after_seconds"] == int(headers["retry-after"]) in (1, 2)
    guarded.clock.advance(int(headers["retry-after"]))
    assert await guarded.statuses(1) == [200]


async def test_a_refusal_carries_the_ratelimit_fields_and_the_security_headers(guarded: Guarded) -> None:
    await guarded.statuses(2)
    _, headers, _ = await guarded.knock()

    assert headers["ratelimit-policy"] == '"hold";q=2;w=2'
    assert headers["ratelimit"] == '"hold";r=0;t=1'
    assert (headers["cache-control"], headers["x-data"]) == ("no-store", "1")


async def test_an_answer_of_the_api_says_what_is_left(guarded: Guarded) -> None:
    _, headers, body = await guarded.knock()

    assert body == b"inside"
    assert headers["ratelimit"] == '"hold";r=1;t=0'


async def test_the_id_of_a_refusal_tells_what_it_was_about(guarded: Guarded) -> None:
    await guarded.statuses(2)
    _, _, body = await guarded.knock()
    refusal = refusal_of(msgspec.json.decode(body)["refusal"], "s" * 40)

    assert refusal is not None
    assert (refusal.route_class, refusal.why, refusal.at) == ("hold", "client", guarded.clock.now())
    assert refusal.policy_version == guarded.guard.policy.version


async def test_a_browser_is_told_by_a_page(guarded: Guarded) -> None:
    guarded.limit("cart")
    await guarded.statuses(2, path="/cart/lines")
    status, headers, body = await guarded.knock(path="/cart/lines")

    assert (status, headers["content-type"], headers["x-page"]) == (429, "text/html; charset=utf-8", "1")
    assert b"R-" in body
    assert b"@" not in body


@pytest.mark.parametrize(
    ("referer", "again"),
    [
        ("http://shop.test/products/lamp?x=1", "/products/lamp"),
        ("", "/"),
        ("http://shop.test//evil.test/x", "/"),
        ("javascript:alert(1)", "/"),
        ("http://[", "/"),
        ("http://shop.test/<b>'", "/&lt;b&gt;&#x27;"),
    ],
)
async def test_who_sent_a_form_is_led_back_to_its_page(guarded: Guarded, referer: str, again: str) -> None:
    guarded.limit("cart")
    await guarded.statuses(2, path="/cart/lines")
    _, _, body = await guarded.knock(path="/cart/lines", referer=referer)

    assert f"<a href='{again}'>".encode() in body


async def test_shoppers_behind_one_address_have_a_turn_each(guarded: Guarded) -> None:
    guarded.limit(network_burst=100)
    cookies = [mint("s" * 40, False, f"key-number-{n:010d}").cookie for n in range(10)]

    assert [(await guarded.knock(cookie=cookie))[0] for cookie in cookies] == [200] * 10


async def test_who_comes_without_a_cookie_and_is_refused_is_given_one_for_a_turn_of_their_own(guarded: Guarded) -> None:
    guarded.limit(network_burst=100)
    await guarded.statuses(2)
    given = [(await guarded.knock())[1]["set-cookie"] for _ in range(10)]

    assert [(await guarded.knock(cookie=cookie))[0] for cookie in given] == [200] * 10


async def test_a_customer_who_does_not_wait_as_told_waits_anew(guarded: Guarded) -> None:
    cookie = mint("s" * 40, False, "key-number-0000000001").cookie
    await guarded.statuses(2, cookie=cookie)
    for _ in range(20):
        assert await guarded.statuses(1, cookie=cookie) == [429]
        guarded.clock.advance(0.9)
    status, headers, _ = await guarded.knock(cookie=cookie)
    guarded.clock.advance(int(headers["retry-after"]))

    assert (status, await guarded.statuses(1, cookie=cookie)) == (429, [200])


async def test_behind_an_address_nobody_waits_anew_for_what_others_do(guarded: Guarded) -> None:
    guarded.limit(network_burst=100)
    told = []
    for _ in range(20):
        told += await guarded.statuses(1)
        guarded.clock.advance(0.5)

    assert told.count(200) >= 10


async def test_a_forged_cookie_is_no_new_client(guarded: Guarded) -> None:
    told = [(await guarded.knock(cookie=f"shopper={n:022d}.{'x' * 16}"))[0] for n in range(4)]

    assert told == [200, 200, 429, 429]


async def test_ever_new_cookies_meet_the_bound_of_their_network(guarded: Guarded) -> None:
    cookies = [mint("s" * 40, False, f"key-number-{n:010d}").cookie for n in range(10)]
    told = [(await guarded.knock(cookie=cookie, address=f"81.2.69.{n}"))[0] for n, cookie in enumerate(cookies)]

    assert told == [200] * 4 + [429] * 6


async def test_another_network_is_not_concerned(guarded: Guarded) -> None:
    await guarded.statuses(10)

    assert await guarded.statuses(1, address="92.40.1.9") == [200]


@pytest.mark.parametrize("address", ["127.0.0.1", "10.1.2.3", "nonsense", ""])
async def test_whose_address_says_nothing_is_never_refused(guarded: Guarded, address: str) -> None:
    assert await guarded.statuses(20, address=address) == [200] * 20


@pytest.mark.parametrize(
    "path", ["/payments/callbacks/hosted", "/healthz", "/readyz", "/assets/shop.css", "/artwork/lamp.svg"]
)
async def test_callbacks_health_and_what_pages_are_made_of_are_never_refused(guarded: Guarded, path: str) -> None:
    assert await guarded.statuses(100, path=path) == [200] * 100


async def test_a_dry_run_counts_and_refuses_nobody(guarded: Guarded) -> None:
    guarded.limit(enforced=False)

    assert await guarded.statuses(10) == [200] * 10


async def test_what_one_has_sent_stays_counted_when_another_class_changes(guarded: Guarded) -> None:
    await guarded.statuses(2)
    guarded.guard.hear(encode(Policy(DEFAULTS.limits | {"hold": TIGHT, "cart": TIGHT})))

    assert await guarded.statuses(1) == [429]


async def test_of_several_workers_each_lets_a_part_pass(tmp_path: Path, clock: ManualClock) -> None:
    settings = from_environment({"DOORBUSTER_HOME": str(tmp_path), "DOORBUSTER_SECRET": "s" * 40, "WORKERS": "4"})
    guarded = Guarded(settings, clock)
    guarded.limit(burst=8, network_burst=100)

    assert await guarded.statuses(6) == [200] * 4 + [429] * 2


async def test_a_worker_that_starts_alone_obeys_the_last_policy_it_finds(tmp_path: Path, clock: ManualClock) -> None:
    (tmp_path / POLICY_FILE).write_bytes(encode(Policy(DEFAULTS.limits | {"hold": TIGHT})))
    settings = from_environment({"DOORBUSTER_HOME": str(tmp_path), "DOORBUSTER_SECRET": "s" * 40, "WORKERS": "1"})

    assert await Guarded(settings, clock).statuses(3) == [200, 200, 429]


@pytest.mark.parametrize(
    ("method", "path", "name"),
    [
        ("GET", "/", "browse"),
        ("GET", "/search", "browse"),
        ("GET", "/api/v1/products", "browse"),
        ("GET", "/sales/lamps", "sale"),
        ("GET", HOLDS.replace("/holds", "/status"), "sale"),
        ("POST", HOLDS, "hold"),
        ("POST", "/sales/lamps/holds", "hold"),
        ("POST", "/holds/1/release", "hold"),
        ("POST", "/sales/lamps/waiting", "join"),
        ("DELETE", "/api/v1/waiting/1", "join"),
        ("POST", "/sales/lamps/notices", "join"),
        ("POST", "/cart/lines", "cart"),
        ("PUT", "/api/v1/cart/lines/1", "cart"),
        ("POST", "/orders", "checkout"),
        ("POST", "/api/v1/orders/1/payments", "checkout"),
        ("POST", "/payments/callbacks/hosted", None),
    ],
)
def test_each_request_belongs_to_a_class(method: str, path: str, name: str | None) -> None:
    assert class_of(method, path) == name


async def test_fifty_times_the_requests_give_at_most_one_and_a_half_times_what_honest_callers_get(
    guarded: Guarded,
) -> None:
    honest, bot = [mint(guarded.settings.secret, secure=False).cookie for _ in range(2)]
    passed = {"honest": 0, "bot": 0}
    for _ in range(40):
        passed["honest"] += (await guarded.knock(cookie=honest, address="81.2.1.1"))[0] == 200
        for _ in range(50):
            passed["bot"] += (await guarded.knock(cookie=bot, address="81.2.2.2"))[0] == 200
        guarded.clock.advance(1.0)

    assert passed["honest"] == 40
    assert passed["bot"] <= 1.5 * passed["honest"]


async def test_ever_new_cookies_from_one_network_get_what_the_network_may_and_take_nothing_from_another(
    guarded: Guarded,
) -> None:
    guarded.limit(rate=1, burst=2, network_rate=5, network_burst=10)
    honest = mint(guarded.settings.secret, secure=False).cookie
    bots = calm = 0
    for _ in range(20):
        calm += (await guarded.knock(cookie=honest, address="81.2.1.1"))[0] == 200
        for host in range(50):
            cookie = mint(guarded.settings.secret, secure=False).cookie
            bots += (await guarded.knock(cookie=cookie, address=f"81.2.2.{host}"))[0] == 200
        guarded.clock.advance(1.0)

    assert calm == 20
    assert bots <= 10 + 20 * 5
