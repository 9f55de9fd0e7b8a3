"""A hand-made model and its motifs, for several tests."""

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
    """All tables, with importance and known motifs."""
    return tabulate(model, readout=ReadoutSpec(database="insects"))
