"""A plant for what only processes show, and the cast and phones of the stories for all else."""

import itertools
from collections.abc import Callable, Iterator

import pytest

from rota.models import Programme
from tests.escalations.conftest import (  # noqa: F401 - fixtures
    _holds_in_every_story,
    backup,
    customer,
    desk,
    escalate,
    fallback,
    officer,
)
from tests.reliability.plant import Plant, Template, drop_template, make_template


@pytest.fixture(scope="session")
def template(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Template]:
    """A migrated, filled database, made once for all plants of a worker."""
    made = make_template(tmp_path_factory.mktemp("template"))
    yield made
    drop_template(made)


@pytest.fixture(scope="module")
def running_plant(template: Template, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Plant]:
    """The product without a pager: each test starts its own, and has a programme of its own."""
    with Plant(tmp_path_factory.mktemp("plant"), template=template) as started:
        yield started


@pytest.fixture
def plant(running_plant: Plant) -> Iterator[Plant]:
    """That plant for one test: afterwards its pagers stop and Twilio is well again."""
    yield running_plant
    running_plant.stop_pagers()
    running_plant.lift_faults()


@pytest.fixture(scope="module")
def next_programme() -> Callable[[], int]:
    """A programme that no other test of this module uses."""
    numbers = itertools.count()
    return lambda: next(numbers)


@pytest.fixture
def calls_only(programme: Programme) -> Programme:
    """Primary, then backup, by call alone: one thing at a time can go wrong."""
    programme.rungs = [
        {"who": who, "by": ["call"], "at_once": False, "ring_seconds": None} for who in ("primary", "backup")
    ]
    programme.save()
    return programme
