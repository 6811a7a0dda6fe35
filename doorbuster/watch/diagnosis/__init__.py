"""Names the true cause: where the added seconds go, what made it so, and why it is not what everybody thinks first.

Promises: says "undecided" rather than guess; every claim stands beside the numbers it rests on; pure, but for
`doctor.py`, which runs it each second while it hurts.
Never: blames a trigger. A crowd, a release, a dropped index are named as the trigger beside the cause.

Method: symptoms first; then the split of the added waiting by where it waits (design, section 6), medians before
against means after (BARO, FSE 2024), and for each place a few suspects with a signature of their own.
"""

from doorbuster.watch.diagnosis.causes import CAUSES, Cause, CauseName, Diagnosis, Team
from doorbuster.watch.diagnosis.decide import diagnose

__all__ = ["CAUSES", "Cause", "CauseName", "Diagnosis", "Team", "diagnose"]
