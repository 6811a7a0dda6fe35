"""Every alert has a runbook of its name, and what a runbook tells people to type exists."""

import re
from importlib import import_module

import pytest
import typer

from doorbuster import cli
from doorbuster.control.runbooks import FOLDER, rendered
from doorbuster.watch.rules import BY_NAME, RULES

SECTIONS = ["Meaning", "Impact", "Diagnosis", "Mitigation"]
BOOKS = {entry.name.removesuffix(".md"): entry.read_text(encoding="utf-8") for entry in FOLDER.iterdir()}


def test_every_alert_has_its_runbook_and_there_is_no_other():
    assert BOOKS.keys() == {rule.runbook for rule in RULES}


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.name)
def test_a_runbook_says_what_it_means_whom_it_hurts_how_to_find_out_and_what_to_do(rule):
    text = BOOKS[rule.runbook]

    assert text.startswith(f"# {rule.name}\n")
    assert re.findall(r"^## (.+)$", text, re.MULTILINE) == SECTIONS
    assert "<h2>Mitigation</h2>" in rendered(rule.runbook)


@pytest.mark.parametrize("name", BOOKS)
def test_every_command_of_a_runbook_exists_with_its_options(name):
    for line in re.findall(r"(?:`|^ +)doorbuster ([^`\n]+)", BOOKS[name], re.MULTILINE):
        word, *rest = line.split("#")[0].split()
        command = _command(word)
        if hasattr(command, "commands") and rest and not rest[0].startswith("-"):
            assert rest[0] in command.commands, line
            command = command.commands[rest[0]]
        known = {option for each in command.params for option in (*each.opts, *each.secondary_opts)} | {"--help"}
        assert set(re.findall(r"--[\w-]+", line)) <= known, line


@pytest.mark.parametrize("name", BOOKS)
def test_a_runbook_refers_only_to_alerts_that_exist(name):
    named = set(re.findall(r"(?<!\*)\*([A-Z][a-z]+(?:[A-Z][a-z]+)+)\*(?!\*)", BOOKS[name]))

    assert named <= BY_NAME.keys()


def _command(word):
    if word in cli.ROOMS:
        return typer.main.get_command(import_module(cli.ROOMS[word][0]).app)
    return typer.main.get_command(cli.app).commands[word]
