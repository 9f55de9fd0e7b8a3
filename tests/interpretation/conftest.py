"""Motifs of a hand-made model, that several tests look at."""

from __future__ import annotations

import pytest

from hand_made import hand_made, tabulate
from motifnet.interpretation.tables.motif_tables import MotifTables
from motifnet.models.trained import TrainedModel
from motifnet.motifs.extraction_spec import ReadoutSpec


@pytest.fixture(scope="package")
def model() -> TrainedModel:
    return hand_made()


@pytest.fixture(scope="package")
def found(model: TrainedModel) -> MotifTables:
    """All tables, importance and known motifs' too."""
    return tabulate(model, readout=ReadoutSpec(database="insects"))
