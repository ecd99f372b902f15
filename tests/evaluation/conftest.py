"""The records of one uninterrupted run, for tests that only read them."""

from __future__ import annotations

import pytest

from fixlip_widget.evaluation.journal import Record
from tests.evaluation.samples import run_table_pairs


@pytest.fixture(scope="session")
def records(tmp_path_factory: pytest.TempPathFactory) -> list[Record]:
    return run_table_pairs(tmp_path_factory.mktemp("run"))[0].records
