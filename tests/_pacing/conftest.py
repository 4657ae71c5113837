import sys

import pytest
from _pacing.gates import Clock

from smtp2go_async import Pacer


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def pacer(clock):
    return Pacer(clock=clock, draw=lambda: 0.0)


@pytest.fixture
def switching():
    """Let Python switch between threads as often as it can."""
    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    yield
    sys.setswitchinterval(before)
