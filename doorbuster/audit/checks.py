"""The table of checks: what must be true, which query finds the rows where it is not, and how to say so.

A sentence is filled with the columns of a drifted row.
"""

from dataclasses import dataclass

from doorbuster.database import Query, QueryFile

STOCK = QueryFile("doorbuster.audit", "stock.sql")
ORDERS = QueryFile("doorbuster.audit", "orders.sql")


@dataclass(frozen=True, slots=True)
class Check:
    """One promise, the name of the query that looks for its breach, what it looks through, and the words for it."""

    name: str
    promise: str
    noun: str
    file: QueryFile
    sentence: str

    @property
    def query(self) -> Query:
        """Return the query that finds what disagrees."""
        return self.file.all()[f"audit_{self.name}"]


GUARDS = (
    "stock_pools_never_oversold", "stock_pools_not_negative", "stock_pools_one_per_place",
    "waiting_list_one_effect_per_key", "waiting_list_one_place_each", "stock_pools_waiting_not_negative",
    "stock_movements_append_only", "holds_one_effect_per_key", "holds_quantity_positive", "sale_customers_within_limit",
    "sale_customers_not_negative", "pool_networks_within_share", "pool_networks_not_negative",
    "orders_one_effect_per_key", "orders_total_adds_up",
    "orders_number_unique", "order_lines_hold_once",
    "payments_one_per_gateway_ref", "payments_captured_once", "payments_refund_within_amount", "payment_callbacks_pkey",
)  # fmt: skip

CHECKS = (
    Check(
        "guards", "the constraints that keep the promises are in place", "guards", ORDERS,
        "{guard} {fault}",
    ),
    Check(
        "pools_oversold", "no pool holds and sells more than it has", "pools", STOCK,
        "pool {pool} of {sku} has {on_hand} on hand but {held} held and {sold} sold",
    ),
    Check(
        "pools_against_ledger", "a pool's counters are the sums of its movements", "pools", STOCK,
        "pool {pool} of {sku} counts on hand/held/sold {on_hand}/{held}/{sold}, its movements add up to "
        "{ledger_on_hand}/{ledger_held}/{ledger_sold}",
    ),
    Check(
        "pools_against_holds", "what a pool counts as held, its living holds hold", "pools", STOCK,
        "pool {pool} of {sku} counts {held} held, its {holds} living holds hold {holds_hold}",
    ),
    Check(
        "pools_against_sold", "what a pool counts as sold, its sold holds took", "pools", STOCK,
        "pool {pool} of {sku} counts {sold} sold, its sold holds took {holds_sold} of which {gone} went on",
    ),
    Check(
        "holds_against_ledger", "the movements of a hold add up to its state", "holds", STOCK,
        "hold {hold} is {state} with {quantity}, its movements say {ledger_held} held and {ledger_sold} sold",
    ),
    Check(
        "movements_astray", "every movement has its pool and its hold", "movements", STOCK,
        "movement {movement} ({kind}) in pool {pool} for hold {hold}: {fault}",
    ),
    Check(
        "holds_astray", "every hold is in a pool of its sale and variant", "holds", STOCK,
        "hold {hold} names pool {pool}, which {fault}",
    ),
    Check(
        "holds_overdue", "holds that ran out gave their units back", "holds", STOCK,
        "hold {hold} ({state}, {quantity} units) ran out {overdue_seconds} s ago and still keeps its units",
    ),
    Check(
        "allocation", "what sales were given left the shop's own stock", "movements", STOCK,
        "{sku} in {location}: allocations and returns leave {surplus} units that came from nowhere or went nowhere",
    ),
    Check(
        "sale_units", "a sale offers the units its pool was given", "items", STOCK,
        "sale {sale} offers {units} of {sku}, its pool was given {given} (its own pool: {own_pool})",
    ),
    Check(
        "leftovers", "a finished sale keeps nothing that could be sold", "sales", STOCK,
        "sale {sale} gave its leftovers back but keeps {kept} of {sku}",
    ),
    Check(
        "customers_against_holds", "what counts against a customer's limit, their holds say", "customers", STOCK,
        "sale {sale}, customer {customer}: counted {held} held and {sold} sold, "
        "their holds say {holds_held} and {holds_sold}",
    ),
    Check(
        "networks_against_holds", "what counts against a network's share, its holds and places say", "networks", STOCK,
        "pool {pool}, network {network}: counted {held} held, {waiting} waiting, {sold} sold and {lapsed} lapsed, "
        "its holds and places say {holds_held}, {places_waiting}, {holds_sold} and {holds_lapsed}",
    ),
    Check(
        "limits", "nobody got more of a sale than one customer may", "customers", STOCK,
        "sale {sale}, customer {customer} has {has}, the limit is {maximum}",
    ),
    Check(
        "lines_counted", "as many wait for a pool as it counts", "pools", STOCK,
        "pool {pool} of {sku} counts {waiting} waiting, {places} have a place in its line",
    ),
    Check(
        "lines_overtaken", "nobody was overtaken in a line", "pools", STOCK,
        "place {place} of pool {pool} is number {own_place} and waits, number {offered_place} was offered a unit",
    ),
    Check(
        "lines_offers", "every offer to a line is a hold", "holds", STOCK,
        "place {place} is {state} with hold {hold}, which is {hold_state} or somebody else's",
    ),
    Check(
        "hold_keys", "one key had one hold", "holds", STOCK,
        "key {key} of {customer} had {holds} holds, {first} and {last} among them",
    ),
    Check(
        "order_keys", "one key placed one order", "orders", ORDERS,
        "key {key} of {customer} placed {orders} orders: {numbers}",
    ),
    Check(
        "hold_ordered_twice", "one hold became one order", "orders", ORDERS,
        "hold {hold} is in {orders} orders: {numbers}",
    ),
    Check(
        "holds_without_order", "every sold or paying hold has its line in an order", "holds", ORDERS,
        "hold {hold} ({state}, {quantity} at {price}) has {lines} order lines (of {line_quantity} at {line_price})",
    ),
    Check(
        "orders_against_holds", "an order and its holds tell the same story", "orders", ORDERS,
        "order {order} is {order_state}, its hold {hold} is {hold_state}",
    ),
    Check(
        "order_totals", "an order's amounts are the sums of its lines", "orders", ORDERS,
        "order {order}: items {items} + delivery {shipping} = {total}, its {lines} lines add up to {lines_items}",
    ),
    Check(
        "orders_unpaid", "every paid order was paid once, in full", "orders", ORDERS,
        "order {order} is {state} over {total} {currency}; of its payments {captured} captured, {returning} due back, "
        "{returned} gone back, or one is of another amount",
    ),
    Check(
        "payments_without_order", "captured money has its order", "payments", ORDERS,
        "payment {payment} captured {amount} {currency} for order {order}, which is {order_state}",
    ),
    Check(
        "refunds", "refunds give back what was taken, no more", "payments", ORDERS,
        "payment {payment} of order {order} is {state} with {refunded} of {amount} given back; its refunds gave {done} "
        "of {asked} asked for",
    ),
    Check(
        "payments_unsettled", "no money is left hanging", "payments", ORDERS,
        "payment {payment} of order {order} has been {state} for {waiting_seconds} s",
    ),
)  # fmt: skip
