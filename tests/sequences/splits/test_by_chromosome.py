"""Coordinates in the names of sequences."""

from __future__ import annotations

import pytest

from motifnet.errors import InputError
from motifnet.sequences.input_spec import SplitSpec
from motifnet.sequences.sequence_set import SequenceSet
from motifnet.sequences.splits.by_chromosome import places_of


@pytest.mark.parametrize("name", ["chr1:5-65", "p7_chr1:5-65", "peak::chr1:5-65(-)"])
def test_coordinates_are_read_from_names_with_a_prefix(name: str) -> None:
    places = places_of(SequenceSet.from_strings(["A" * 60], [name]))
    assert places is not None
    assert (places.chrom.tolist(), places.start.tolist(), places.end.tolist()) == (["chr1"], [5], [65])


def test_split_specs_that_contradict_themselves() -> None:
    for options in (
        {"test_chromosomes": ("chr1",), "valid_chromosomes": ("chr1",)},
        {"splits": "splits.tsv", "split": "chromosomes"},
    ):
        with pytest.raises(InputError):
            SplitSpec(**options)  # type: ignore[arg-type]
    with pytest.raises(InputError):
        SplitSpec(test_chromosomes=("chr1",)).check_alone("test.fa")
