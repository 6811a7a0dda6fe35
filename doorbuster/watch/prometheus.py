"""The table of alerts as rules for Prometheus, and an example of Alertmanager's configuration.

Promises: made from the same rows that are judged here: name, bound, hold and clear, team, severity, sentence,
runbook.
Sources: prometheus.io/docs/prometheus/latest/configuration/alerting_rules, .../docs/alerting/latest/configuration.
"""

import re
from collections.abc import Mapping, Sequence
from typing import Any

import yaml

from doorbuster.watch.measuring import range_of
from doorbuster.watch.naming import label_of
from doorbuster.watch.rule import Proviso, Rule, Unit, figure

HEAD = (
    "# Written by `doorbuster alerts rules {option}`; a change belongs into the table in doorbuster/watch/rules.py.\n"
)
INTERVAL = "5s"
TEAMS = ("database", "web", "payments", "platform")

_FIGURES: Mapping[Unit, str] = {
    "share": "{{ $value | humanizePercentage }}",
    "seconds": "{{ $value | humanizeDuration }}",
    "bytes": "{{ $value | humanize1024 }}B",
    "rate": "{{ $value | humanize }}/s",
    "times": '{{ $value | printf "%.1f" }} times',
    "count": '{{ $value | printf "%.0f" }}',
}


def prometheus_rules(rules: Sequence[Rule], control_url: str) -> str:
    """Return the rule file; `control_url` is where the runbooks are."""
    windows = sorted({window for rule in rules for window in _windows(_expression(rule))}, key=_seconds)
    recording = [{"record": f"doorbuster:hurt:ratio_{window}", "expr": _hurt(window)} for window in windows]
    groups = [
        {"name": "doorbuster-recorded", "interval": INTERVAL, "rules": recording},
        {"name": "doorbuster-alerts", "interval": INTERVAL, "rules": [_alert(rule, control_url) for rule in rules]},
    ]
    return HEAD.format(option="--prometheus") + _yaml({"groups": groups})


def alertmanager_example(rules: Sequence[Rule]) -> str:
    """Return a configuration with one receiver for each team, pages at once, and consequences inhibited."""
    children: dict[str, list[str]] = {}
    for rule in rules:
        for parent in rule.follows:
            children.setdefault(parent, []).append(rule.name)
    routes = [{"matchers": [f'team="{team}"'], "receiver": team} for team in TEAMS]
    inhibiting = [
        {
            "source_matchers": [f'alertname="{parent}"'],
            "target_matchers": [f'alertname=~"{"|".join(names)}"'],
            "equal": ["job"],
        }
        for parent, names in children.items()
    ]
    receivers = [
        {"name": team, "webhook_configs": [{"url": f"http://127.0.0.1:9095/{team}", "send_resolved": True}]}
        for team in TEAMS
    ]
    route = {
        "receiver": "platform", "group_by": ["job"], "group_wait": "5s", "group_interval": "1m",
        "repeat_interval": "4h", "routes": routes,
    }  # fmt: skip
    whole = {"route": route, "inhibit_rules": inhibiting, "receivers": receivers}
    return HEAD.format(option="--alertmanager") + _yaml(whole)


def _alert(rule: Rule, control_url: str) -> dict[str, Any]:
    subject = f"{{{{ $labels.{label_of(rule.measure.of)} }}}}"
    says = rule.says.format(value=_FIGURES[rule.unit], limit=figure(rule.limit, rule.unit), subject=subject)
    annotations = {"summary": says, "runbook_url": f"{control_url}/runbooks/{rule.runbook}"}
    return {
        "alert": rule.name,
        "expr": _expression(rule),
        **({"for": f"{rule.hold}s"} if rule.hold else {}),
        **({"keep_firing_for": f"{rule.clear}s"} if rule.clear else {}),
        "labels": {"severity": rule.severity, "team": rule.team},
        "annotations": annotations,
    }


def _expression(rule: Rule) -> str:
    sign = ">" if rule.above is not None else "<"
    lines = [f"({rule.measure.promql}) {sign} {rule.limit:.15g}", *(_proviso(each) for each in rule.provided)]
    return "\n".join(lines)


def _proviso(proviso: Proviso) -> str:
    """What is not known is not so, unless the proviso asks for less: hence `unless` there."""
    if proviso.least is not None:
        return f"and on() ({proviso.measure.promql}) >= {proviso.least:.15g}"
    return f"unless on() ({proviso.measure.promql}) >= {proviso.below:.15g}"


def _hurt(window: str) -> str:
    return f"rate(doorbuster_answers_hurt_total[{window}]) / (rate(doorbuster_answers_total[{window}]) > 0)"


def _windows(expression: str) -> list[str]:
    return re.findall(r"doorbuster:hurt:ratio_(\w+)", expression)


def _seconds(window: str) -> int:
    sizes = (1, 60, 3_600, 86_400)
    return next(count * size for size in sizes for count in range(1, 100) if range_of(count * size) == window)


class _Dumper(yaml.SafeDumper):
    """Writes texts of several lines as blocks, and repeats what YAML would point at."""

    def ignore_aliases(self, data: Any) -> bool:
        return True


def _text(dumper: yaml.SafeDumper, text: str) -> yaml.ScalarNode:
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style="|" if "\n" in text else None)


_Dumper.add_representer(str, _text)


def _yaml(document: Any) -> str:
    written: str = yaml.dump(document, Dumper=_Dumper, sort_keys=False, width=1_000, allow_unicode=True)
    return written
