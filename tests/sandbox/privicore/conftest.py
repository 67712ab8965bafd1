"""The owner of the ready-made profile, signed in."""

import pytest

from enroller.sandbox.privicore.world import PrivicoreWorld
from tests.sandbox.privicore.client import Client


@pytest.fixture
def owner(privicore: PrivicoreWorld) -> Client:
    return Client(privicore)
