"""Whatever happens in whatever order, the shop does what the model says, and its books balance."""

import os
from urllib.parse import urlsplit, urlunsplit
from uuid import uuid4

from hypothesis import HealthCheck, Phase, settings
from hypothesis.stateful import run_state_machine_as_test

from tests.conftest import TEMPLATE, _execute
from tests.properties.machine import Shop

HISTORIES = int(os.environ.get("DOORBUSTER_HISTORIES", "30"))


def test_every_history_is_as_the_model_says(server_url: str) -> None:
    class History(Shop):
        def __init__(self) -> None:
            name = f"history_{uuid4().hex}"
            _execute(server_url, f"CREATE DATABASE {name} TEMPLATE {TEMPLATE}")
            self.url = urlunsplit(urlsplit(server_url)._replace(path=f"/{name}"))
            super().__init__()

        def teardown(self) -> None:
            try:
                super().teardown()
            finally:
                _execute(server_url, f"DROP DATABASE {urlsplit(self.url).path[1:]} WITH (FORCE)")

    run_state_machine_as_test(
        History,
        settings=settings(
            max_examples=HISTORIES,
            stateful_step_count=40,
            deadline=None,
            derandomize="DOORBUSTER_HISTORIES" not in os.environ,
            print_blob=True,
            phases=(Phase.generate,),
            suppress_health_check=list(HealthCheck),
        ),
    )
