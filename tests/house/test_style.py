"""The house's style, as far as a machine can judge it. Each complaint says where, and what is asked for."""

import ast
import re

import pytest

from tests.house.rooms import PACKAGE, ROOT, calls, files, functions, inside, modules, told

FILE_LINES_MAX = 300
FUNCTION_LINES_MAX = 40
POSITIONAL_ARGUMENTS_MAX = 5

# Who may start a task outside a TaskGroup: composition roots, and what outlives a request by design.
TASK_STARTERS = {
    "doorbuster/supervisor/children.py",
    "doorbuster/supervisor/postgres.py",
    "doorbuster/supervisor/up.py",
    "doorbuster/data_plane.py",
    "doorbuster/control_plane.py",
    "doorbuster/job_plane.py",
    "doorbuster/database/coalesce.py",
    "doorbuster/test_gateway/delivery.py",
    "doorbuster/test_gateway/store.py",
}
BANNED_CALLS = {
    r"(datetime\.)?datetime\.(now|utcnow|today)": "pass the time in (clock.Clock)",
    r"(datetime\.)?date\.today": "pass the time in (clock.Clock)",
    r"time\.time(_ns)?": "pass the time in (clock.Clock)",
    r"random\.(?!Random$)\w+": "pass chance in, or use random.Random with a seed",
    r"uuid\.uuid\d|uuid4": "use clock.new_id()",
    r"os\.getenv|os\.environ\.get": "settings are read once, by settings.py",
}
BANNED_WORDS = re.compile(r"\b(TODO|FIXME|XXX|HACK)\b|\bfor now\b|\bplaceholder data\b", re.IGNORECASE)


def test_every_file_can_be_read_in_one_sitting():
    long = [f"{m.path} has {m.text.count(chr(10))} lines; split it at {FILE_LINES_MAX}" for m in modules()
            if m.text.count("\n") > FILE_LINES_MAX]  # fmt: skip

    assert not long, told(long)


def test_every_function_fits_on_a_screen():
    long = []
    for module in modules():
        for function in functions(module):
            lines = (function.end_lineno or 0) - function.lineno + 1 - _lines_of_text(function)
            if lines > FUNCTION_LINES_MAX:
                long.append(
                    f"{module.path}:{function.lineno} {function.name} has {lines} lines, {FUNCTION_LINES_MAX} at most"
                )

    assert not long, told(long)


def test_a_function_takes_at_most_five_things_by_position():
    greedy = []
    for module in modules():
        for function in functions(module):
            names = [a.arg for a in (*function.args.posonlyargs, *function.args.args) if a.arg not in ("self", "cls")]
            command = any("command(" in ast.unparse(decorator) for decorator in function.decorator_list)
            if len(names) > POSITIONAL_ARGUMENTS_MAX and not command:
                greedy.append(f"{module.path}:{function.lineno} {function.name}({', '.join(names)})")

    assert not greedy, told(greedy)


def test_everything_public_has_a_docstring():
    silent = []
    for module in modules():
        if not ast.get_docstring(module.tree):
            silent.append(f"{module.path} does not say what it is")
        for node in module.tree.body:
            silent += [
                f"{module.path}:{bare.lineno} {bare.name} does not say what it promises" for bare in _silent(node)
            ]

    assert not silent, told(silent)


def test_every_room_says_at_its_door_what_it_promises_and_what_it_never_does():
    rooms = [m for m in modules() if m.path.count("/") == 2 and m.path.endswith("/__init__.py")]
    vague = []
    for room in rooms:
        text = ast.get_docstring(room.tree) or ""
        vague += [f"{room.path} lacks a paragraph that starts with {word!r}" for word in ("Promises:", "Never:")
                  if word not in text]  # fmt: skip

    assert len(rooms) > 8
    assert not vague, told(vague)


def test_only_one_file_knows_the_database_driver():
    knowing = {m.path for m in modules() if re.search(r"^\s*(import|from) asyncpg\b", m.text, re.MULTILINE)}

    assert knowing == {"doorbuster/database/pool.py"}


@pytest.mark.parametrize(("pattern", "mend"), BANNED_CALLS.items(), ids=BANNED_CALLS)
def test_time_chance_and_settings_come_in_through_the_door(pattern, mend):
    found = [
        f"{module.path}:{line} calls {name}; {mend}"
        for module in modules()
        for line, name in calls(module)
        if re.fullmatch(pattern, name) and module.path != "doorbuster/clock.py"
    ]

    assert not found, told(found)


def test_no_task_is_started_out_of_sight():
    found = [
        f"{module.path}:{line} calls {name}; use a TaskGroup"
        for module in modules()
        for line, name in calls(module)
        if re.fullmatch(r"asyncio\.(create_task|ensure_future)|.*loop\w*(\(\))?\.create_task", name)
        and module.path not in TASK_STARTERS
    ]

    assert not found, told(found)


def test_every_queue_has_a_size():
    endless = [
        f"{module.path}:{node.lineno} makes a queue without a size"
        for module in modules()
        for node in ast.walk(module.tree)
        if isinstance(node, ast.Call)
        and re.fullmatch(r"(asyncio|queue|multiprocessing)\.\w*Queue", ast.unparse(node.func))
        and not node.args
        and not node.keywords
    ]

    assert not endless, told(endless)


def test_colours_have_names_outside_the_tokens():
    styles = [path for path in files(".css") if path.name != "tokens.css"]
    raw = [
        f"{inside(path)}:{number} has a raw colour; name it in tokens.css"
        for path in styles
        for number, line in enumerate(path.read_text().splitlines(), start=1)
        if re.search(r"#[0-9a-fA-F]{3,8}\b(?![^{]*\{)|\brgba?\(|\bhsla?\(", re.sub(r"--[\w-]+:[^;}]*", "", line))
    ]

    assert styles
    assert not raw, told(raw)


def test_pages_ask_nobody_else_for_anything():
    foreign = [
        f"{inside(path)}:{number} {match[0]}"
        for path in files(".html", ".css", ".js")
        for number, line in enumerate(path.read_text().splitlines(), start=1)
        if (match := re.search(r"(src|href|action)\s*=\s*[\"']?(https?:)?//|url\([\"']?(https?:)?//|import .*//", line))
    ]

    assert not foreign, told(foreign)


def test_templates_obey_the_content_security_policy():
    inline = [
        f"{inside(path)}:{number} {match[0].strip()}"
        for path in files(".html")
        if "mails" not in path.parts  # mail programs know no stylesheets
        for number, line in enumerate(path.read_text().splitlines(), start=1)
        if (match := re.search(r"\sstyle=|\son[a-z]+=[\"']|<script(?![^>]*src=)[^>]*>|<style", line))
    ]

    assert not inline, told(inline)


def test_nothing_is_left_for_later():
    unfinished = [
        f"{inside(path)}:{number} {line.strip()}"
        for path in [
            *files(".py", ".sql", ".html", ".css", ".js", ".toml"),
            *ROOT.glob("*.md"),
            *ROOT.glob("docs/**/*.md"),
        ]
        for number, line in enumerate(path.read_text().splitlines(), start=1)
        if BANNED_WORDS.search(line)
    ]

    assert not unfinished, told(unfinished)


def test_nobody_names_a_package_index():
    hosts = re.compile(r"(pypi|pythonhosted|npmjs|registry)\.(org|com)|--(extra-)?index-url")
    looked_at = [*ROOT.glob("*"), *ROOT.glob("docs/**/*.md"), *ROOT.glob("tests/**/*.py"), *PACKAGE.rglob("*.py")]
    naming = [
        inside(path)
        for path in looked_at
        if path.is_file() and path.name != "test_style.py" and hosts.search(path.read_text(errors="ignore"))
    ]

    assert not naming, told(naming)


def _lines_of_text(function: ast.AST) -> int:
    """Count the lines that are inside a text of several lines: a text is read, not followed."""
    texts = [node for node in ast.walk(function) if isinstance(node, ast.JoinedStr) or _is_text(node)]
    return max((text.end_lineno - text.lineno for text in texts), default=0)


def _is_text(node: ast.AST) -> bool:
    return isinstance(node, ast.Constant) and isinstance(node.value, str)


def _silent(node: ast.stmt) -> list[ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef]:
    """Return the public classes, functions and methods under a node that have no docstring."""
    if not isinstance(node, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef) or node.name.startswith("_"):
        return []
    overloads = any("overload" in ast.unparse(decorator) for decorator in node.decorator_list)
    bare = [] if ast.get_docstring(node) or overloads else [node]
    if isinstance(node, ast.ClassDef):
        bare += [found for member in node.body for found in _silent(member)]
    return bare
