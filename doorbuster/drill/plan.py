"""What a client process is told: whom to send where, when, and how they behave."""

from typing import Literal

import msgspec

Journey = Literal["visit", "purchase", "look", "scrape"]
"""`visit` comes for the sale; `purchase` does nothing but hold, order, pay; `look` searches and looks at products and
buys nothing; `scrape` is a program that asks for page after page."""
Share = float

AGENTS = {
    "phone": "Mozilla/5.0 (Linux; Android 15; Mobile) doorbuster-drill",
    "tablet": "Mozilla/5.0 (Tablet; rv:140.0) doorbuster-drill",
    "desktop": "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) doorbuster-drill",
}
"""What each kind of device calls itself."""

SLOWER_THUMBS = {"phone": 1.3, "tablet": 1.1, "desktop": 1.0}
"""How much longer people take on each, as a factor of their thinking."""


class Habits(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """Shares of the crowd (0 to 1), drawn independently for each shopper."""

    browses_first: Share = 0.5
    """Looks at the home page, a collection and a product before the sale."""

    uses_plain_forms: Share = 0.1
    """Has a browser without JavaScript: forms and redirects only."""

    leaves_hold: Share = 0.04
    """Gets a unit held and walks away."""

    double_clicks: Share = 0.06
    """Sends the same claim twice at the same time."""

    drops_connection: Share = 0.04
    """Loses the connection right after the claim was sent, and asks again with the same key."""

    card_declined_first: Share = 0.05
    """Has the first payment declined, then pays with another card."""

    insists_when_sold_out: Share = 0.1
    """Keeps asking after the shop said sold out."""

    hoards: Share = 0.0
    """Holds whatever it can, never pays, and comes back as somebody else (denial of inventory)."""

    def __post_init__(self) -> None:
        """Refuse shares that are no shares."""
        for name in self.__struct_fields__:
            if not 0 <= getattr(self, name) <= 1:
                raise ValueError(f"{name} is a share of the crowd: give a number from 0 to 1")


class Pace(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """How quick people are, in seconds; means of exponential draws except where said."""

    think_seconds: float = 0.8
    reaction_seconds: float = 0.7
    poll_seconds: float = 4.0
    retry_seconds: float = 2.0
    scrape_seconds: float = 0.2
    patience_seconds: float = 30.0
    """How long a shopper waits for a purchase before giving up; not drawn, the same for everybody."""


class SaleFacts(msgspec.Struct, frozen=True):
    """What a shopper knows of the sale from its page."""

    id: str
    handle: str
    sku: str
    opens_at: float
    """Seconds since the epoch."""

    units: int
    hold_seconds: int = 300
    product: str = ""
    collection: str = ""


class Plan(msgspec.Struct, frozen=True, kw_only=True):
    """The orders for one client process."""

    shop: str
    sale: SaleFacts
    starts_at: float
    """Seconds since the epoch; every time in the record counts from here."""

    arrivals: list[float] = []
    """When each shopper comes, in seconds from the start."""

    first_shopper: int = 0
    shopper_step: int = 1
    """Shoppers are numbered first, first + step, ...; so that several processes share one crowd."""

    lanes: int = 0
    """Not 0: a closed loop of that many shoppers at a time instead of the arrivals."""

    mix: dict[Journey, Share] = msgspec.field(default_factory=lambda: {"visit": 1.0})
    devices: dict[str, Share] = {}
    pages: int = 3
    """How many pages who only looks around looks at, on average."""

    products: int = 0
    """How many made-up products the catalogue has; they are called made-up-1, made-up-2, ..."""

    habits: Habits = Habits()
    pace: Pace = Pace()
    seed: int = 1
    sockets_max: int = 12_000
    hoarder_networks: int = 1
    """From how many networks those who hoard come; everybody else comes from a network of their own."""

    own_addresses: bool = True
    """Give each shopper an own source address in 127.0.0.0/8, where the machine allows it."""


def shares(plan: Plan, processes: int) -> list[Plan]:
    """Deal one crowd out to several client processes, so that together they do what one would."""
    return [
        msgspec.structs.replace(
            plan,
            arrivals=plan.arrivals[which::processes],
            lanes=len(range(which, plan.lanes, processes)),
            first_shopper=which,
            shopper_step=processes,
            sockets_max=plan.sockets_max // processes,
        )
        for which in range(processes)
    ]
