"""The review as one HTML file: everything inside it, light and dark, nothing asked of any host."""

from importlib import resources
from pathlib import Path

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from doorbuster.database.plan import outline
from doorbuster.review.budget import Verdict, costly_step
from doorbuster.review.plans import Node
from doorbuster.review.report import conclusion
from doorbuster.review.result import Result


def write_page(result: Result, path: Path) -> None:
    """Write the page."""
    environment = Environment(loader=PackageLoader("doorbuster.review"), autoescape=True, undefined=StrictUndefined)
    environment.trim_blocks = environment.lstrip_blocks = True
    page = environment.get_template("review.html").render(
        style=_style(), result=result, conclusion=conclusion(result), findings=result.all_findings(), steps=_steps,
        verdicts=sorted(result.verdicts, key=_worst_first),
    )  # fmt: skip
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(page, encoding="utf-8")


def _style() -> Markup:
    css = resources.files("doorbuster.review").joinpath("templates/review.css").read_text(encoding="utf-8")
    return Markup(f"<style>\n{css}</style>")  # noqa: S704 -- our own file


def _worst_first(verdict: Verdict) -> tuple[bool, float]:
    return verdict.holds, -verdict.worst.milliseconds if verdict.worst else 0.0


def _steps(root: Node) -> list[tuple[int, Node, bool]]:
    """Return a plan's steps with their depth, and whether each is the one that touches most."""
    return outline(root, costly_step(root))
