"""What each session of ours is told when it is opened, and when it is handed back."""

from typing import Any

import msgspec


def server_settings(application: str, statement_timeout_ms: int) -> dict[str, str]:
    """Return the settings of a session: its name, and how long it may take and wait, in milliseconds."""
    return {
        "application_name": application,
        "statement_timeout": str(statement_timeout_ms),
        "lock_timeout": str(statement_timeout_ms),
        "idle_in_transaction_session_timeout": str(statement_timeout_ms * 4),
        "timezone": "UTC",
        "jit": "off",
    }


async def keep_as_it_is(connection: Any) -> None:
    """Hand a connection back without the driver's RESET, a second round trip for every statement.

    Nothing of ours outlives its transaction in a session: settings are local, locks belong to transactions.
    """


async def speak_json(connection: Any) -> None:
    """Let a connection take and give JSON as Python values."""
    for name in ("json", "jsonb"):
        await connection.set_type_codec(
            name,
            schema="pg_catalog",
            encoder=lambda value: msgspec.json.encode(value).decode(),
            decoder=msgspec.json.decode,
        )
