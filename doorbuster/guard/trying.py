"""Trying a change from the command line: the control plane is asked, and asks the workers."""

from urllib.error import HTTPError, URLError
from urllib.request import Request, urlopen

import msgspec
import typer

from doorbuster.accounts.tokens import TOKEN_HEADER, internal_token
from doorbuster.errors import DoorbusterError
from doorbuster.guard.policy import Limit
from doorbuster.guard.rehearsal import Rehearsal
from doorbuster.settings import Settings

PATH = "/internal/rehearsals"
ANSWER_SECONDS_MAX = 6.0
ANSWER_BYTES_MAX = 262_144


class Wish(msgspec.Struct, frozen=True):
    """A change to try: a class and its limit, or `lane:…` to close."""

    name: str
    limit: Limit | None = None


def ask(settings: Settings, wish: Wish) -> Rehearsal:
    """Return what the change would have refused; raise DoorbusterError when the control plane cannot say."""
    request = Request(  # noqa: S310 - the address is the settings' own
        settings.control_url + PATH, msgspec.json.encode(wish), {TOKEN_HEADER: internal_token(settings.secret)}
    )
    try:
        with urlopen(request, timeout=ANSWER_SECONDS_MAX) as reply:  # noqa: S310
            return msgspec.json.decode(reply.read(ANSWER_BYTES_MAX), type=Rehearsal)
    except HTTPError as refusal:
        said = refusal.read(ANSWER_BYTES_MAX).decode(errors="replace").strip()
        raise DoorbusterError(f"the control plane says: {said}") from refusal
    except (URLError, OSError, msgspec.DecodeError) as fault:
        raise DoorbusterError(
            f"the control plane at {settings.control_url} does not answer, and only it can ask the workers; is the "
            "shop up, with this DOORBUSTER_HOME and CONTROL_PORT?"
        ) from fault


def tell_of(found: Rehearsal) -> None:
    """Print what was found, a sentence a line."""
    for sentence in found.words():
        typer.echo(sentence)


def need(reason: str) -> None:
    """Insist on a reason for what is really done."""
    if not reason.strip():
        raise DoorbusterError("say why: --reason TEXT; the journal keeps it")
