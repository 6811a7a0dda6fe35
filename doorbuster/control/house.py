"""What the control room's handlers may reach."""

from dataclasses import dataclass
from typing import cast

from starlette.requests import Request

from doorbuster.accounts.passwords import Passwords
from doorbuster.accounts.sessions import Sessions
from doorbuster.audit.rounds import Rounds
from doorbuster.control.guarding import PolicyKeeper
from doorbuster.control.pulse import Pulse
from doorbuster.journal import EventLog
from doorbuster.on_call.sending import Sender
from doorbuster.watch.alerts import AlertBook
from doorbuster.watch.collector import Collector
from doorbuster.watch.diagnosis.doctor import Doctor
from doorbuster.watch.history import History
from doorbuster.watch.senses import Senses
from doorbuster.watch.series import Series
from doorbuster.web.pages import House


@dataclass(frozen=True, kw_only=True)
class ControlHouse(House):
    """The house as seen from the control plane."""

    event_log: EventLog
    passwords: Passwords
    sessions: Sessions
    collector: Collector
    keeper: PolicyKeeper
    history: History
    pulse: Pulse
    series: Series
    senses: Senses
    doctor: Doctor
    alerts: AlertBook
    sender: Sender
    rounds: Rounds


def house_of(request: Request) -> ControlHouse:
    """Return the control plane's house."""
    return cast(ControlHouse, request.state.house)
