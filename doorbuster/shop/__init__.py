"""The shop a shopper walks through: browsing, cart, checkout, orders and their payment.

Promises: totals are frozen when an order is placed; a payment is captured once; money that comes too late is either
still good for a unit or goes back; nobody sees another shopper's order.
Never: decides who gets one of the few (that is `sale`), and never holds a lock or a connection while a payment
provider is asked.
"""
