"""Where a parcel goes, and who gets it.

Promises: an address that passes here can be printed on a label; every complaint names its field.
Never: asks anybody; whether a street exists is the carrier's business.
"""

import unicodedata
from dataclasses import dataclass

from babel import Locale

from doorbuster.web.mailboxes import is_email

FIELD_LENGTH_MAX = 120
WITHOUT_POSTCODE = frozenset(
    {
        "AE",
        "AO",
        "BS",
        "BZ",
        "FJ",
        "GH",
        "HK",
        "IE",
        "JM",
        "KE",
        "MO",
        "NG",
        "PA",
        "QA",
        "UG",
        "ZW",
    }
)

_REQUIRED = {
    "name": "Enter the name for the parcel.",
    "line1": "Enter the street and number.",
    "city": "Enter the town or city.",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Address:
    """A delivery address; `country` is an ISO 3166 two-letter code, `postcode` is empty where a country has none."""

    name: str
    line1: str
    line2: str = ""
    city: str
    postcode: str = ""
    country: str


def tidy(address: Address) -> Address:
    """Return the address without surplus blanks and control characters, the country in capitals."""
    return Address(
        name=_tidy(address.name),
        line1=_tidy(address.line1),
        line2=_tidy(address.line2),
        city=_tidy(address.city),
        postcode=_tidy(address.postcode).upper(),
        country=_tidy(address.country).upper(),
    )


def complaints(email: str, address: Address) -> dict[str, str]:
    """Return a polite message for each field that is missing or impossible; empty when all is well."""
    found = {field: message for field, message in _REQUIRED.items() if not getattr(address, field)}
    if not is_email(email):
        found["email"] = "Enter an e-mail address, such as name@example.com."
    if address.country not in countries():
        found["country"] = "Choose a country from the list."
    elif not address.postcode and address.country not in WITHOUT_POSTCODE:
        found["postcode"] = "Enter the postcode."
    for field in ("name", "line1", "line2", "city", "postcode"):
        if len(getattr(address, field)) > FIELD_LENGTH_MAX:
            found[field] = f"Use at most {FIELD_LENGTH_MAX} characters."
    return found


def countries() -> dict[str, str]:
    """Return the name in English of every country one can send to, by code, in the order of names."""
    return _COUNTRIES or _load_countries()


_COUNTRIES: dict[str, str] = {}
_NOT_COUNTRIES = frozenset({"EU", "EZ", "UN", "ZZ", "QO", "XA", "XB", "AC", "CP", "CQ", "DG", "EA", "IC", "TA"})


def _load_countries() -> dict[str, str]:
    named = {
        code: str(name)
        for code, name in Locale("en").territories.items()
        if len(code) == 2 and code.isalpha() and code not in _NOT_COUNTRIES
    }
    _COUNTRIES.update(sorted(named.items(), key=lambda item: item[1]))
    return _COUNTRIES


def _tidy(text: str) -> str:
    clean = "".join(" " if unicodedata.category(character)[0] == "C" else character for character in text)
    return " ".join(clean.split())
