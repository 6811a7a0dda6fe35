"""What the tests of this folder look at: every file of the house, read and parsed once."""

import ast
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PACKAGE = ROOT / "doorbuster"


@dataclass(frozen=True)
class Module:
    """One Python file: its path inside the repository, its text and its tree."""

    path: str
    text: str
    tree: ast.Module

    @property
    def name(self) -> str:
        return self.path.removesuffix(".py").removesuffix("/__init__").replace("/", ".")


@lru_cache(maxsize=1)
def modules() -> tuple[Module, ...]:
    found = []
    for path in sorted(PACKAGE.rglob("*.py")):
        text = path.read_text(encoding="utf-8")
        found.append(Module(str(path.relative_to(ROOT)), text, ast.parse(text, str(path))))
    return tuple(found)


def files(*suffixes: str) -> list[Path]:
    """Return the package's files with one of these endings."""
    return sorted(path for path in PACKAGE.rglob("*") if path.suffix in suffixes and path.is_file())


def inside(path: Path) -> str:
    return str(path.relative_to(ROOT))


def functions(module: Module) -> list[ast.FunctionDef | ast.AsyncFunctionDef]:
    return [node for node in ast.walk(module.tree) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)]


def calls(module: Module) -> list[tuple[int, str]]:
    """Return line and dotted name of every call, as it is written."""
    return [(node.lineno, ast.unparse(node.func)) for node in ast.walk(module.tree) if isinstance(node, ast.Call)]


def told(complaints: list[str]) -> str:
    """Write complaints one per line, for the message of an assertion."""
    return "\n" + "\n".join(complaints)
