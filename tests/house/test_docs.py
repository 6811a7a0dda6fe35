"""The documents tell the truth: every setting, command and version they name exists, and none is missing."""

import dataclasses
import re
import tomllib

import pytest

import doorbuster
from doorbuster import cli
from doorbuster.settings import Settings
from doorbuster.web import problems
from tests.house.rooms import PACKAGE, ROOT, inside, told

DOCS = [
    *sorted(ROOT.glob("*.md")), *sorted(ROOT.glob("docs/**/*.md")), *sorted(PACKAGE.glob("watch/runbooks/*.md"))
]  # fmt: skip
DECISION_LINES = range(5, 41)


def test_the_readme_is_short():
    assert len((ROOT / "README.md").read_text().splitlines()) <= 90


def test_the_changelog_begins_with_this_version():
    text = (ROOT / "CHANGELOG.md").read_text()
    released = re.findall(r"^## \[?([\d.]+)", text, re.MULTILINE)
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]

    assert released[0] == doorbuster.__version__ == project["version"]


def test_every_setting_is_documented():
    guide = (ROOT / "docs/guide/settings.md").read_text()
    read = set(re.findall(r'environ(?:\.get)?[\(\[,]\s*"([A-Z_]+)"', (PACKAGE / "settings.py").read_text()))

    assert len(read) > 10
    assert not [name for name in sorted(read) if f"`{name}`" not in guide]


def test_every_setting_says_its_variable():
    text = (PACKAGE / "settings.py").read_text()
    silent = [
        field.name
        for field in dataclasses.fields(Settings)
        if not re.search(rf'    {field.name}: .*\n    """[A-Z_]+: ', text)
    ]

    assert not silent, told(silent)


def test_every_problem_type_has_a_sentence_and_a_name_for_a_url():
    for name, kind in problems.declared().items():
        assert re.fullmatch(r"[a-z]+(-[a-z]+)*", name)
        assert 400 <= kind.status < 600
        assert kind.meaning.endswith(".")


@pytest.mark.parametrize("path", DOCS, ids=inside)
def test_every_make_target_that_is_named_exists(path):
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    named = set(re.findall(r"(?:`|^ {4})make ([a-z-]+)", path.read_text(), re.MULTILINE))

    assert not named - targets


@pytest.mark.parametrize("path", DOCS, ids=inside)
def test_every_command_that_is_named_exists(path):
    words = {*cli.ROOMS, *[command.name or command.callback.__name__ for command in cli.app.registered_commands]}
    named = set(re.findall(r"(?:-m |`|^ {4})doorbuster ([a-z]+)", path.read_text(), re.MULTILINE))

    assert not named - words


@pytest.mark.parametrize("path", DOCS, ids=inside)
def test_every_file_that_a_document_links_to_exists(path):
    links = re.findall(r"\]\((?!https?:|#|mailto:)([^)#]+)", path.read_text())

    assert not [link for link in links if not (path.parent / link).exists()]


@pytest.mark.parametrize("path", DOCS, ids=inside)
def test_every_source_file_that_a_document_names_exists(path):
    named = re.findall(r"`((?:doorbuster|tests|docs|examples)/[\w./*-]+)`", path.read_text())

    assert not [name for name in named if "*" not in name and not (ROOT / name).exists()]


@pytest.mark.parametrize("path", sorted(ROOT.glob("docs/decisions/*.md")), ids=inside)
def test_a_decision_is_its_title_and_fits_on_a_page(path):
    lines = path.read_text().splitlines()

    assert lines[0].startswith("# ")
    assert len(lines) in DECISION_LINES
