"""What is shown of a motif: the scores of both classes, and examples in their sequences."""

from __future__ import annotations

import numpy as np

from hand_made import DATA, HOW, PARTS, hand_made, tabulate
from motifnet.interpretation.readout import divide, read_families
from motifnet.interpretation.tables.example_tables import EXAMPLE_COLUMNS, score_table
from motifnet.interpretation.tables.motif_tables import MotifTables
from motifnet.models.trained import TrainedModel
from motifnet.motifs.extraction_spec import ExtractionSpec
from motifnet.sequences.alphabet import decode_codes, reverse_complement
from motifnet.sequences.dataset import Dataset
from motifnet.sequences.sequence_set import LengthRule, SequenceSet
from small_models import WORD, planted


def test_every_held_out_sequence_is_in_one_bin_of_each_motif(found: MotifTables) -> None:
    by_motif = found.score_counts.groupby("motif", sort=False)
    assert list(by_motif.groups) == list(found.motifs.names)
    for _, rows in by_motif:
        assert (rows["n_positive"].sum(), rows["n_negative"].sum()) == (25, 25)
        assert np.allclose(rows["bin_end"].iloc[:-1], rows["bin_start"].iloc[1:])
        assert 23 <= len(rows) <= 25


def test_bins_from_the_threshold_on_hold_the_sites(found: MotifTables) -> None:
    for row in found.table.itertuples():
        own = found.score_counts[found.score_counts["motif"] == row.motif]
        above = own[own["bin_start"] >= row.threshold - 1e-9]
        assert above["bin_start"].iloc[0] == row.threshold
        assert (above["n_positive"].sum(), above["n_negative"].sum()) == (row.sites_positive, row.sites_negative)


def test_values_are_compared_as_thirds(model: TrainedModel) -> None:
    labels = np.where(DATA.labels == 1, 5.0, 1.0) + np.linspace(0, 1, len(DATA))[:, np.newaxis]
    found = tabulate(model, Dataset(DATA.sequences, labels.astype(np.float32), DATA.tasks, DATA.groups))
    counts = found.score_counts.groupby("motif")[["n_positive", "n_negative"]].sum()
    assert (counts == [17, 17]).all(axis=None)  # of 50


def test_scores_that_are_all_equal_have_a_bin(model: TrainedModel) -> None:
    reading = read_families(model, divide(model, DATA, test=None, at_least=1), how=HOW, is_refined=False)
    same = planted(1, 1, seed=5).take([0, 0])
    both = Dataset(same.sequences, np.array([[1.0], [0.0]]), same.tasks, np.arange(2))
    table = score_table(reading, both)
    assert table.groupby("motif")[["n_positive", "n_negative"]].sum().to_numpy().tolist() == [[1, 1]] * 3


def test_examples_are_the_strongest_sites_held_out_ones_first(found: MotifTables) -> None:
    for name, own in found.examples.groupby("motif"):
        sites = found.sites[found.sites["motif"] == name]
        in_test = sites[sites["split"] == "test"]
        best = in_test.sort_values("score", ascending=False, kind="stable").head(6)
        shown = own.iloc[: len(best)]
        columns = ["sequence_index", "name", "start", "end", "strand", "score", "split"]
        assert shown[columns].to_numpy().tolist() == best[columns].to_numpy().tolist()
        assert len(own) == min(6, len(sites))
        assert set(own.iloc[len(best) :]["split"]) <= {"train", "valid"}


def test_examples_read_as_their_sequence_on_the_strand_of_the_site(found: MotifTables) -> None:
    assert set(found.examples["strand"]) == {"+", "-"}
    for row in found.examples.itertuples():
        codes = DATA.sequences.codes[row.sequence_index]
        start, end = max(row.start - 10, 0), min(row.end + 10, len(codes))
        window = codes[start:end] if row.strand == "+" else reverse_complement(codes[start:end])
        assert row.before + row.word + row.after == decode_codes(window)
        assert len(row.word) == row.end - row.start
    first = found.examples[found.examples["motif"] == found.motifs.names[0]]
    assert set(first["word"]) == {WORD}


def test_examples_of_cropped_and_padded_records_are_placed_in_the_records() -> None:
    rule = LengthRule(DATA.sequences.length, "start")
    lengths = np.full(len(DATA), DATA.sequences.length - 4)
    codes = DATA.sequences.codes.copy()
    codes[:, -4:] = 4
    padded = Dataset(SequenceSet(DATA.sequences.names, codes, rule, lengths), DATA.labels, DATA.tasks, DATA.groups)
    model = hand_made()
    splits = dict(zip(padded.sequences.strand_digests(), np.repeat(list(PARTS), [120, 30, 50]), strict=True))
    found = tabulate(TrainedModel(model.spec, model.network, splits, model.history), padded)
    assert (found.examples["end"] <= 56).all()
    assert not found.examples[["before", "after"]].apply(lambda column: column.str.contains("N")).any(axis=None)


def test_test_sequences_of_their_own_come_first(model: TrainedModel) -> None:
    own = planted(8, 8, seed=41)
    found = tabulate(model, test=own)
    first = found.examples[found.examples["motif"] == found.motifs.names[0]]
    assert set(first["split"]) == {"test"}
    known = {*own.sequences.names, *PARTS["test"].sequences.names}
    assert set(first["name"]) <= known
    strings = [*own.sequences, *PARTS["test"].sequences]
    for row in first.itertuples():
        letters = row.before + row.word + row.after
        assert any(letters in s or letters in decode_codes(reverse_complement(_codes(s))) for s in strings)


def _codes(letters: str) -> np.ndarray:
    return SequenceSet.from_strings([letters]).codes[0]


def test_no_motif_no_rows() -> None:
    found = tabulate(hand_made(), how=ExtractionSpec("every", 0.9, min_sites=1000))
    assert len(found.motifs) == len(found.score_counts) == len(found.examples) == 0
    assert list(found.examples.columns) == list(EXAMPLE_COLUMNS)
