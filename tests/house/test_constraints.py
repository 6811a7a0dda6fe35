"""Every named invariant has its answer: what a person can run into is mapped, the rest is declared a fault of ours."""

import ast
import re

from tests.house.rooms import PACKAGE, modules

# Reaching one of these means that our own code is wrong: it is answered as a fault and logged, never explained away.
FAULTS = {
    "decided before, by a function that holds the lock": """
        holds_one_effect_per_key orders_one_effect_per_key order_lines_hold_once orders_one_per_cart
        payments_captured_once pool_networks_within_share pool_networks_not_negative
        sale_customers_within_limit sale_customers_not_negative stock_pools_not_negative
        discrepancies_found_once payments_refund_within_amount carts_one_open_each mails_once_per_effect
        payments_one_per_gateway_ref refunds_one_per_gateway_ref
        waiting_list_one_effect_per_key waiting_list_one_place_each waiting_list_offered sale_notices_once_each
        stock_pools_waiting_not_negative waiting_list_offered_with_hold
        room_tickets_one_each room_tickets_place_once room_tickets_two_passes
        room_letters_one_each rooms_within_allowance rooms_drawn_once
        rooms_called_in_order room_networks_not_negative
    """,
    "checked before, where the input is read": """
        cart_lines_quantity_sensible customers_email_plausible customers_email_unique holds_quantity_positive
        collections_handle_is_a_slug collections_handle_unique products_handle_is_a_slug products_handle_unique
        products_title_not_empty products_at_most_three_options prices_amount_not_negative prices_compare_at_above
        prices_currency_iso variants_options_unique variants_sku_readable variants_sku_unique
        variants_weight_not_negative refunds_amount_positive collection_products_once media_position_unique
        rooms_rate_positive
    """,
    "written by us alone": """
        carts_state_known holds_state_known holds_price_not_negative mails_state_known orders_state_known
        orders_number_unique orders_total_adds_up orders_amounts_not_negative order_lines_price_not_negative
        order_lines_quantity_positive payments_state_known products_status_known refunds_state_known
        sale_items_pool_unique sales_leftovers_after_end stock_movements_kind_known locations_name_unique
        shipping_methods_name_unique shipping_methods_amount_not_negative shipping_methods_days_in_order
        tax_rates_sensible discrepancies_kind_known discrepancies_closed_by_somebody
        waiting_list_state_known waiting_list_quantity_positive sale_notices_state_known sales_offer_time_sensible
        rooms_work_bearable rooms_order_known rooms_phase_known rooms_committed
    """,
}


def constraints():
    text = "\n".join(path.read_text() for path in sorted((PACKAGE / "database" / "migrations").glob("*.sql")))
    named = re.findall(r"\bCONSTRAINT (\w+)|CREATE UNIQUE INDEX (\w+)", text)
    names = {constraint or index for constraint, index in named}
    return {name for name in names if not name.endswith(("_pkey", "_fkey")) and not name.startswith("pgqueuer")}


def mapped():
    """Return the keys of every table called SOMETHING_BY_CONSTRAINT."""
    return {
        key.value
        for module in modules()
        for node in ast.walk(module.tree)
        if isinstance(node, ast.Assign | ast.AnnAssign) and isinstance(node.value, ast.Dict)
        for target in (node.targets if isinstance(node, ast.Assign) else [node.target])
        if isinstance(target, ast.Name) and target.id.endswith("_BY_CONSTRAINT")
        for key in node.value.keys
        if isinstance(key, ast.Constant)
    }


def faults():
    return {name for names in FAULTS.values() for name in names.split()}


def test_every_constraint_has_an_answer_or_is_declared_a_fault():
    assert mapped()
    assert not constraints() - mapped() - faults()


def test_every_constraint_that_is_answered_or_declared_exists():
    assert not (mapped() | faults()) - constraints()


def test_nothing_is_both_an_answer_and_a_fault():
    assert not mapped() & faults()
