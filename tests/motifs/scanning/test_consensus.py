"""A consensus of IUPAC letters as a motif: `scan` finds its exact matches, as a regular expression does."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dna_strategies import random_dna
from filter_banks import reverse_complement_of
from motifnet.errors import InputError
from motifnet.motifs.io.consensus import is_consensus, motif_of_consensus
from motifnet.motifs.known.comparison import compare
from motifnet.motifs.known.databases import as_motifs, read_database, shipped_database
from motifnet.motifs.motif import Motif, MotifSet
from motifnet.motifs.scanning.scanners import scan

#: From the nomenclature of the IUB (Cornish-Bowden 1985, Nucleic Acids Res 13:3021).
CLASSES = {
    "A": "A",
    "C": "C",
    "G": "G",
    "T": "T",
    "R": "[AG]",
    "Y": "[CT]",
    "S": "[CG]",
    "W": "[AT]",
    "K": "[GT]",
    "M": "[AC]",
    "B": "[CGT]",
    "D": "[AGT]",
    "H": "[ACT]",
    "V": "[ACG]",
    "N": "[ACGT]",
}
consensus = st.text("".join(CLASSES), min_size=3, max_size=8)


def matches(text: str, sequence: str) -> list[int]:
    """Starts of exact matches on either strand, by a regular expression."""
    pattern = re.compile("".join(CLASSES[letter] for letter in text))
    windows = [sequence[start : start + len(text)] for start in range(len(sequence) - len(text) + 1)]
    return [
        start
        for start, window in enumerate(windows)
        if pattern.fullmatch(window) or pattern.fullmatch(reverse_complement_of(window))
    ]


@settings(max_examples=40)
@given(consensus)
def test_hits_are_the_exact_matches(text: str) -> None:
    sequences = random_dna(3, 400, seed=len(text))
    hits = scan(text, sequences, threads=1)
    for index, sequence in enumerate(sequences):
        assert hits.start[hits.sequence_index == index].tolist() == matches(text, sequence)


def test_a_set_may_mix_a_consensus_with_matrices() -> None:
    strings = random_dna(2, 2000, seed=1)
    matrix = Motif("matrix", np.eye(4)[:, [3, 3, 0, 1, 1, 1]] * 50)
    alone = {motif.name: scan(MotifSet([motif]), strings).to_frame() for motif in (matrix, motif_of_consensus("TTWC"))}
    table = scan(MotifSet([matrix, motif_of_consensus("TTWC")]), strings).to_frame()
    for name, own in alone.items():
        assert table[table["motif"] == name]["start"].tolist() == own["start"].tolist()
    assert len(alone["TTWC"]) == sum(len(matches("TTWC", string)) for string in strings)
    # With a p-value, that is the limit of all: four bases never reach 1e-4.
    assert set(scan(MotifSet([motif_of_consensus("TTWC")]), strings, p_value=1e-4).motif) == set()


def test_a_consensus_is_accepted_wherever_motifs_are(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (motif,) = as_motifs("TTACCCG")
    assert (motif.name, motif.consensus, motif.width) == ("TTACCCG", "TTACCCG", 7)
    table = compare("CACGTG", shipped_database("vertebrates"), top=1)
    assert table["Query_ID"].tolist() == ["CACGTG"]
    assert [is_consensus(text) for text in ("ACGU", "AC", "ACX", "acgt", "A" * 101, "", "ACG T")] == [True] + [
        False
    ] * 6
    for wrong in ("ACX", "acgtt", "AC"):
        with pytest.raises(InputError):
            read_database(wrong)


def test_a_file_goes_before_a_consensus_of_its_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("TTACCCG").write_text("CACGTG ebox\n")
    assert read_database("TTACCCG").names == ("ebox",)
    assert [record.levelname for record in caplog.records] == ["WARNING"]


def test_thresholds_of_the_motifs_are_used_on_request(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    strings = random_dna(2, 3000, seed=2)
    motif = Motif("m", np.eye(4)[:, [0, 1, 2, 3]] * 20 + 1, threshold=3.0)
    hits = scan(MotifSet([motif]), strings, thresholds="motifs")
    expected = scan(MotifSet([motif]), strings, thresholds={"m": 3.0})
    assert len(hits) > 10
    assert hits.start.tolist() == expected.start.tolist()
    assert hits.start.tolist() != scan(MotifSet([motif]), strings).start.tolist()
    with pytest.raises(InputError):
        scan(MotifSet([motif, Motif("n", np.eye(4))]), strings, thresholds="motifs")
    with pytest.raises(InputError):
        scan(MotifSet([motif]), strings, thresholds="motifs", pseudocount=0.1)
    Path("motifs").write_text("motif\tthreshold\nm\t5\n")  # a table of that name goes before
    assert scan(MotifSet([motif]), strings, thresholds="motifs").score.min() >= 5
