"""What tests of the runtime share."""

from __future__ import annotations

import gc

import pytest

from tcalc.runtime.lazy.evaluate import evaluate
from tcalc.runtime.lazy.expression import live


@pytest.fixture
def nothing_waits() -> None:
    """What earlier tests left is gone or computed: machine code leaves writes to Python where work waits."""
    gc.collect()
    for holder in list(live.values()):
        if holder.node is not None:
            evaluate(holder.node)
    assert not live
