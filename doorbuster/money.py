"""Amounts of money in minor units with their ISO 4217 currency.

Promises: never a float; two currencies are never added.
Never: converts between currencies.
"""

from dataclasses import dataclass
from decimal import ROUND_HALF_EVEN, Decimal, InvalidOperation
from functools import lru_cache

from babel import numbers

from doorbuster.errors import Misconfigured

AMOUNT_MINOR_MAX = 10**15


@dataclass(frozen=True, slots=True, order=False)
class Money:
    """`amount` minor units (pence, cents, yen) of `currency` (three capital letters)."""

    amount: int
    currency: str

    def __add__(self, other: "Money") -> "Money":
        """Add two amounts of the same currency."""
        assert self.currency == other.currency
        return Money(self.amount + other.amount, self.currency)

    def times(self, quantity: int) -> "Money":
        """Return this amount `quantity` times."""
        return Money(self.amount * quantity, self.currency)

    def __str__(self) -> str:
        """Write it as a shopper reads it: £19.99."""
        return _format(self.amount, self.currency)


def exponent(currency: str) -> int:
    """Return how many decimal digits the currency has: 2 for GBP, 0 for JPY, 3 for KWD."""
    return _exponent(require_currency(currency))


def require_currency(currency: str) -> str:
    """Return the code in capitals, or raise Misconfigured when ISO 4217 has no such currency."""
    code = currency.strip().upper()
    if code not in _known_currencies():
        raise Misconfigured(f"{currency!r} is not an ISO 4217 currency code, such as GBP, EUR or USD")
    return code


def parse(text: str, currency: str) -> Money:
    """Read a decimal text such as "19.99"; raise ValueError for anything that is not an exact amount.

    Never rounds: "1.999" pounds is refused rather than changed.
    """
    try:
        value = Decimal(text.strip())
    except InvalidOperation:
        raise ValueError(f"{text!r} is not an amount of money") from None
    if not value.is_finite():
        raise ValueError(f"{text!r} is not an amount of money")
    minor = value.scaleb(exponent(currency))
    if minor != minor.to_integral_value() or abs(minor) > AMOUNT_MINOR_MAX:
        raise ValueError(f"{text!r} has more digits than {currency} allows")
    return Money(int(minor), currency)


def share(amount: int, basis_points: int) -> int:
    """Return `basis_points` ten-thousandths of an amount, rounded half to even, in whole minor units."""
    return int((Decimal(amount) * basis_points / 10_000).to_integral_value(ROUND_HALF_EVEN))


def tax_within(gross: int, basis_points: int) -> int:
    """Return the tax contained in a tax-inclusive amount, rounded half to even, in minor units."""
    part = Decimal(gross) * basis_points / (10_000 + basis_points)
    return int(part.to_integral_value(ROUND_HALF_EVEN))


@lru_cache(maxsize=1)
def _known_currencies() -> frozenset[str]:
    return frozenset(numbers.list_currencies())


@lru_cache(maxsize=256)
def _exponent(code: str) -> int:
    return int(numbers.get_currency_precision(code))


@lru_cache(maxsize=8192)
def _format(amount: int, currency: str) -> str:
    value = Decimal(amount).scaleb(-_exponent(currency))
    return str(numbers.format_currency(value, currency, locale="en_GB"))
