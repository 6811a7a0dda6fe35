"""The runbooks: what an alert means, whom it hurts, how to find the cause and what to do, one page each.

The texts are Markdown files beside the rules (`watch/runbooks/`), so that they travel with the package and are there
when nothing else is.
"""

from functools import lru_cache
from importlib import resources

from markdown_it import MarkdownIt
from markupsafe import Markup
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from doorbuster.control.access import operator_of
from doorbuster.watch.rules import RULES
from doorbuster.web.pages import show

FOLDER = resources.files("doorbuster.watch").joinpath("runbooks")
NAMES = {rule.runbook: rule for rule in RULES}


async def runbooks_index(request: Request) -> Response:
    """List every alert with its sentence and its runbook."""
    return show(request, "control/runbooks.html", operator=operator_of(request), rules=RULES)


async def runbook_show(request: Request) -> Response:
    """Show one runbook."""
    name = request.path_params["name"]
    if name not in NAMES:
        raise HTTPException(404, "There is no such runbook.")
    return show(request, "control/runbook.html", operator=operator_of(request), rule=NAMES[name], text=rendered(name))


@lru_cache(maxsize=len(NAMES))
def rendered(name: str) -> Markup:
    """Return a runbook as HTML, without its title, which the page has; HTML inside the text is shown, not obeyed."""
    text = FOLDER.joinpath(f"{name}.md").read_text(encoding="utf-8")
    _, _, body = text.partition("\n")
    return Markup(MarkdownIt("commonmark", {"html": False}).enable("table").render(body))  # noqa: S704 - our own file
