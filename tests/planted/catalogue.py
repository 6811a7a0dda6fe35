"""All planted bugs."""

from tests.planted.bug import Bug
from tests.planted.claiming import CLAIMING
from tests.planted.edges import EDGES
from tests.planted.guarding import GUARDING
from tests.planted.money import MONEY
from tests.planted.ordering import ORDERING

BUGS: tuple[Bug, ...] = (*CLAIMING, *ORDERING, *MONEY, *EDGES, *GUARDING)
