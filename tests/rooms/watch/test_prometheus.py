"""The exported rules mean what the table means: Prometheus checks, judges, and brings an alert to Alertmanager."""

import asyncio
import shutil
import socket
import subprocess
from pathlib import Path

import aiohttp
import pytest
import yaml
from aiohttp import web

from doorbuster.journal import open_event_log
from doorbuster.watch.alerts import AlertBook
from doorbuster.watch.collector import Collector
from doorbuster.watch.exported import exported
from doorbuster.watch.exposition import CONTENT_TYPE, exposition
from doorbuster.watch.measuring import metric
from doorbuster.watch.naming import label_of
from doorbuster.watch.prometheus import alertmanager_example, prometheus_rules
from doorbuster.watch.rules import BY_NAME, RULES
from tests.house.rooms import ROOT
from tests.rooms.watch.test_rules import TROUBLES
from tests.rooms.watch.ticks import CALM, NOON, seconds

DEPLOY = ROOT / "deploy" / "prometheus"
CONTROL = "http://127.0.0.1:8001"
NEED_HISTORY = {
    "LatencyShifted", "OrdersSilent", "VisitorsSilent", "BudgetBurning", "BudgetLeaking", "BudgetSlipping",
    "DiskFillsSoon", "SaleBudgetBurning",
}  # fmt: skip
JUDGED_BY_BOTH = [name for name in TROUBLES if name not in NEED_HISTORY]
CALM_SECONDS = {"TrafficSpike": 660}
"""How long it is calm first, where a minute is not enough."""


def needs(program):
    return pytest.mark.skipif(shutil.which(program) is None, reason=f"{program} is not installed")


def test_the_rule_file_in_deploy_is_what_the_table_gives():
    assert (DEPLOY / "rules.yml").read_text() == prometheus_rules(RULES, CONTROL)


def test_the_alertmanager_example_in_deploy_is_what_the_table_gives():
    assert (DEPLOY / "alertmanager.yml").read_text() == alertmanager_example(RULES)


def test_every_rule_is_exported_once_with_its_severity_team_and_runbook():
    groups = yaml.safe_load(prometheus_rules(RULES, CONTROL))["groups"]
    found = {each["alert"]: each for group in groups for each in group["rules"] if "alert" in each}

    assert found.keys() == BY_NAME.keys()
    for rule in RULES:
        assert found[rule.name]["labels"] == {"severity": rule.severity, "team": rule.team}
        assert found[rule.name]["annotations"]["runbook_url"].endswith(f"/{rule.runbook}")


@needs("promtool")
def test_promtool_finds_nothing_wrong_with_the_rules():
    subprocess.run(["promtool", "check", "rules", DEPLOY / "rules.yml"], check=True, capture_output=True)


@needs("promtool")
def test_promtool_finds_nothing_wrong_with_the_example():
    subprocess.run(["promtool", "check", "config", DEPLOY / "prometheus.yml"], check=True, capture_output=True)


@needs("amtool")
def test_amtool_finds_nothing_wrong_with_the_example():
    subprocess.run(["amtool", "check-config", DEPLOY / "alertmanager.yml"], check=True, capture_output=True)


@needs("promtool")
def test_prometheus_fires_each_rule_on_the_same_trouble_as_we_do_and_not_before(tmp_path):
    """One unit test of promtool for each rule: calm first, then the trouble that fires it here."""
    document = {
        "rule_files": [str(DEPLOY / "rules.yml")],
        "evaluation_interval": "5s",
        "tests": [_judged_by_prometheus(name) for name in JUDGED_BY_BOTH],
    }
    file = tmp_path / "tests.yml"
    file.write_text(yaml.safe_dump(document))

    said = subprocess.run(["promtool", "test", "rules", file], capture_output=True, text=True, check=False)

    assert said.returncode == 0, said.stdout[-6000:] + said.stderr[-6000:]


def _judged_by_prometheus(name):
    trouble, rule = TROUBLES[name], BY_NAME[name]
    asked = f'count by (alertname, severity, team) (ALERTS{{alertname="{name}", alertstate="firing"}})'
    labels = f'{{alertname="{name}", severity="{rule.severity}", team="{rule.team}"}}'
    calm, lasts = CALM_SECONDS.get(name, 60), trouble.lasts + 30
    return {
        "interval": "5s",
        "input_series": [*_signals(trouble, calm, lasts), *_answers(trouble, calm, lasts)],
        "promql_expr_test": [
            {"expr": asked, "eval_time": f"{calm}s", "exp_samples": []},
            {"expr": asked, "eval_time": f"{calm + lasts}s", "exp_samples": [{"labels": labels, "value": 1}]},
        ],
    }


def _signals(trouble, calm_seconds, lasts):
    names = {**dict.fromkeys(CALM), **dict.fromkeys(trouble.values)}
    for full in names:
        calm, then = CALM.get(full), trouble.values.get(full, CALM.get(full))
        base, colon, subject = full.partition(":")
        series = metric(base + colon) + (f'{{{label_of(base)}="{subject}"}}' if colon else "")
        before = f"{0 if calm is None else calm}+0x{calm_seconds // 5}"
        if calm is None and not colon:
            before = f"_x{calm_seconds // 5}"
        after = f"_x{lasts // 5}" if then is None else f"{then}+0x{lasts // 5}"
        yield {"series": series, "values": f"{before} {after}"}


def _answers(trouble, calm_seconds, lasts):
    """The counters that budgets are judged by, growing as the signals say."""
    then = {**CALM, **{key: value for key, value in trouble.values.items() if value is not None}}
    answered, hurt = then["http.requests"] - then["http.refused"], then["http.errors"] + then["http.slow"]
    slots, begun = calm_seconds // 5, CALM["http.requests"] * (calm_seconds + 5)
    yield {
        "series": "doorbuster_answers_total",
        "values": f"0+{CALM['http.requests'] * 5}x{slots} {begun}+{answered * 5}x{lasts // 5}",
    }
    yield {"series": "doorbuster_answers_hurt_total", "values": f"0+0x{slots} 0+{hurt * 5}x{lasts // 5}"}


@needs("prometheus")
@needs("prometheus-alertmanager")
async def test_an_alert_reaches_alertmanagers_webhook_through_a_real_prometheus(tmp_path):
    arrived: asyncio.Queue[dict] = asyncio.Queue(maxsize=100)
    with open_event_log(tmp_path) as log:
        book = AlertBook(log, RULES)

        async def metrics(_):
            return web.Response(
                body=exposition(Collector(), 0.0, book.past.signals(), exported(book)),
                headers={"content-type": CONTENT_TYPE},
            )

        async def webhook(request):
            arrived.put_nowait({"team": request.match_info["team"], **await request.json()})
            return web.Response()

        for tick in seconds(30, {"db.up": 0.0}, since=NOON):
            book.judge(tick.at, tick)
        async with (
            _serving({"/metrics": metrics}) as shop,
            _serving({"/{team}": webhook}, "POST") as pager,
            _alertmanager(tmp_path, pager) as manager,
            _prometheus(tmp_path, shop, manager),
        ):
            async with asyncio.timeout(90):
                while (news := await arrived.get())["team"] != "database":
                    pass

    (alert,) = [each for each in news["alerts"] if each["labels"]["alertname"] == "DatabaseDown"]
    assert alert["labels"]["severity"] == "page"
    assert alert["annotations"]["runbook_url"].endswith("/runbooks/database-down")


class _serving:  # noqa: N801 - reads as the verb it is
    """A small HTTP server on a free port; gives its port."""

    def __init__(self, routes, method="GET"):
        self.application = web.Application()
        for path, handler in routes.items():
            self.application.router.add_route(method, path, handler)

    async def __aenter__(self):
        self.runner = web.AppRunner(self.application)
        await self.runner.setup()
        site = web.TCPSite(self.runner, "127.0.0.1", 0)
        await site.start()
        return self.runner.addresses[0][1]

    async def __aexit__(self, *_):
        await self.runner.cleanup()


class _running:  # noqa: N801 - reads as the verb it is
    """A process that is ready when its address answers, and is ended afterwards."""

    def __init__(self, port, *command):
        self.port, self.command = port, command

    async def __aenter__(self):
        self.process = await asyncio.create_subprocess_exec(
            *self.command, stdout=asyncio.subprocess.DEVNULL, stderr=asyncio.subprocess.DEVNULL
        )
        async with asyncio.timeout(30), aiohttp.ClientSession() as session:
            while True:
                try:
                    async with session.get(f"http://127.0.0.1:{self.port}/-/ready") as answer:
                        if answer.ok:
                            return self.port
                except aiohttp.ClientError:
                    assert self.process.returncode is None, f"{self.command[0]} ended"
                await asyncio.sleep(0.1)

    async def __aexit__(self, *_):
        self.process.terminate()
        await self.process.wait()


def _alertmanager(folder: Path, pager):
    document = yaml.safe_load((DEPLOY / "alertmanager.yml").read_text())
    document["route"]["group_wait"] = "100ms"
    for receiver in document["receivers"]:
        receiver["webhook_configs"][0]["url"] = f"http://127.0.0.1:{pager}/{receiver['name']}"
    file = folder / "alertmanager.yml"
    file.write_text(yaml.safe_dump(document))
    port = _free_port()
    return _running(
        port, "prometheus-alertmanager", f"--config.file={file}", f"--storage.path={folder / 'alertmanager'}",
        f"--web.listen-address=127.0.0.1:{port}", "--cluster.listen-address=",
    )  # fmt: skip


def _prometheus(folder: Path, shop, manager):
    document = yaml.safe_load((DEPLOY / "prometheus.yml").read_text())
    document["global"] = {"scrape_interval": "1s", "evaluation_interval": "1s"}
    document["rule_files"] = [str(folder / "rules.yml")]
    document["alerting"]["alertmanagers"][0]["static_configs"][0]["targets"] = [f"127.0.0.1:{manager}"]
    document["scrape_configs"][0]["static_configs"][0]["targets"] = [f"127.0.0.1:{shop}"]
    # The rules as they are, looked at more often so that nobody has to wait.
    (folder / "rules.yml").write_text((DEPLOY / "rules.yml").read_text().replace("interval: 5s", "interval: 1s"))
    file = folder / "prometheus.yml"
    file.write_text(yaml.safe_dump(document))
    port = _free_port()
    return _running(
        port, "prometheus", f"--config.file={file}", f"--storage.tsdb.path={folder / 'prometheus'}",
        f"--web.listen-address=127.0.0.1:{port}",
    )  # fmt: skip


def _free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]
