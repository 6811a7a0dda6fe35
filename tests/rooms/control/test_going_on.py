"""What nobody thought of, in one work of the control plane, ends neither it nor the others."""

import asyncio

import pytest

from doorbuster.control import building


async def test_a_work_that_fails_begins_anew(monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture) -> None:
    monkeypatch.setattr(building, "ANEW_SECONDS", 0.0)
    begun = 0

    async def work() -> None:
        nonlocal begun
        begun += 1
        if begun < 3:
            raise RuntimeError("the server closed the connection")

    await asyncio.wait_for(building.go_on(work), 5)

    assert begun == 3
    assert [record.message for record in caplog.records] == ["a work of the control plane failed, and begins anew"] * 2
