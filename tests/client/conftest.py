import pytest
from faults.scripted import Time


@pytest.fixture
def time() -> Time:
    return Time()
