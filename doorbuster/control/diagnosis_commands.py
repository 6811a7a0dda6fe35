"""`doorbuster diagnosis`: what is the matter, on a terminal; exit status 1 while customers are hurt."""

import asyncio
import os
from datetime import UTC, datetime
from typing import Annotated, Any

import aiohttp
import msgspec
import typer
from rich.console import Console

from doorbuster.accounts.tokens import metrics_token
from doorbuster.errors import DoorbusterError
from doorbuster.settings import Settings, from_environment

ANSWER_SECONDS_MAX = 5.0
ANSWER_BYTES_MAX = 1_000_000

app = typer.Typer(add_completion=False)


@app.callback(invoke_without_command=True)
def diagnosis(
    as_json: Annotated[bool, typer.Option("--json", help="Print the answer for programs.")] = False,
) -> None:
    """Say what the matter is: the cause, what to do, and what it is not."""
    settings = from_environment(os.environ)
    answer = asyncio.run(_asked(settings))
    if as_json:
        typer.echo(msgspec.json.encode(answer).decode())
    elif answer["now"] is None:
        Console().print("[green]●[/] Nothing hurts: customers are answered, in time.")
    else:
        _tell(Console(), answer["now"])
    raise typer.Exit(0 if answer["now"] is None else 1)


async def _asked(settings: Settings) -> Any:
    headers = {"authorization": f"Bearer {metrics_token(settings.secret)}"}
    timeout = aiohttp.ClientTimeout(total=ANSWER_SECONDS_MAX)
    try:
        async with (
            aiohttp.ClientSession(settings.control_url, headers=headers, timeout=timeout) as session,
            session.get("/api/v1/diagnosis") as response,
        ):
            body = await response.content.read(ANSWER_BYTES_MAX)
    except (aiohttp.ClientError, TimeoutError, OSError) as fault:
        raise DoorbusterError(
            f"the control plane at {settings.control_url} does not answer: is the shop up?"
        ) from fault
    if response.status != 200:
        raise DoorbusterError(f"the control plane answered {response.status}: {body.decode(errors='replace').strip()}")
    return msgspec.json.decode(body)


def _tell(console: Console, said: dict[str, Any]) -> None:
    since = datetime.fromtimestamp(said["onset"], UTC)
    console.print(f"[bold red]■ {said['headline']}[/]")
    console.print(f"  {said['pain']} Since {since:%H:%M:%S} UTC.")
    console.print(
        f"[bold]Do this[/]     {said['remedy']}  [dim]({said['team']} team; {said['lever']})[/]", soft_wrap=True
    )
    if said["trigger"]:
        console.print(f"[bold]Set off by[/]  {said['trigger']}", soft_wrap=True)
    for name, lines in (("Why", said["evidence"]), ("Not this", said["not_because"])):
        for number, line in enumerate(lines):
            console.print(f"[bold]{name if not number else '':<11}[/] {line}", soft_wrap=True)
