"""Whether all is calm: whether work that can wait may ask PostgreSQL for something large."""

from doorbuster.watch.signals import Tick

HURT_SHARE_MAX = 0.02


def why_not_now(tick: Tick | None) -> str:
    """Return what large work has to wait for, in words that follow "waits:"; nothing when all is calm."""
    if tick is None or tick.values.get("db.up") != 1.0:
        return "PostgreSQL does not answer"
    if tick.values.get("guard.shed", 0.0) > 0:
        return "the gate turns requests away"
    if tick.values.get("guard.brownout_step", 0.0) > 0:
        return "the shop leaves things out to carry its load"
    if tick.values.get("hurt.share", 0.0) > HURT_SHARE_MAX:
        return "customers wait or get errors"
    return ""
