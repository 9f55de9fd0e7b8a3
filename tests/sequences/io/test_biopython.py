"""Sequences of Biopython wherever sequences are accepted."""

from __future__ import annotations

import subprocess
import sys

import pytest
from Bio import SeqIO
from Bio.Seq import MutableSeq, Seq
from Bio.SeqRecord import SeqRecord
from hypothesis import given
from hypothesis import strategies as st

from motifnet.errors import InputError, SequenceError
from motifnet.motifs.scanning.scanners import scan
from motifnet.sequences.io.fasta import read_fasta
from motifnet.sequences.io.reader import as_batches, as_sequences

STRINGS = ["ACGTN", "ggcca", "TTTUA"]


@given(strings=st.lists(st.text("ACGTNacgtn", min_size=6, max_size=6), min_size=1, max_size=5))
def test_records_are_the_sequences_of_the_file_they_are_written_to(
    strings: list[str], tmp_path_factory: pytest.TempPathFactory
) -> None:
    path = tmp_path_factory.mktemp("f") / "records.fa"
    SeqIO.write([SeqRecord(Seq(s), id=f"r{i}", description="x") for i, s in enumerate(strings)], path, "fasta")
    with path.open() as handle:
        from_file, from_records = read_fasta(path), as_sequences(list(SeqIO.parse(handle, "fasta")))
    assert (tuple(from_records.names), list(from_records)) == (tuple(from_file.names), list(from_file))


@pytest.mark.parametrize("kind", [Seq, MutableSeq])
def test_sequences_without_names_are_numbered(kind: type) -> None:
    known = as_sequences(STRINGS)
    for values in ([kind(s) for s in STRINGS], [SeqRecord(kind(s)) for s in STRINGS], [kind(STRINGS[0]), *STRINGS[1:]]):
        found = as_sequences(values)
        assert (tuple(found.names), list(found)) == (("0", "1", "2"), list(known))


def test_mixed_lists_and_iterators_are_read() -> None:
    records = [SeqRecord(Seq("ACG"), id="a"), Seq("AC"), "T"]
    assert as_sequences(iter(records), length=3).names == ("a", "1", "2")
    (batch,) = as_batches(iter(records))
    assert (batch.names, batch.lengths.tolist()) == (("a", "1", "2"), [3, 2, 1])
    assert list(as_batches(iter([]))) == []


def test_records_are_scanned() -> None:
    records = [SeqRecord(Seq("TTTTTTT"), id="none"), SeqRecord(Seq("TTCACGTGTT"), id="one")]
    for given_as in (records, iter(records)):
        hits = scan("CACGTG", given_as)
        assert ([hits.names[i] for i in hits.sequence_index], hits.start.tolist()) == (["one"], [2])


@pytest.mark.parametrize("value", [Seq("ACGT"), SeqRecord(Seq("ACGT"), id="a")])
def test_a_single_sequence_is_no_list_of_its_letters(value: object) -> None:
    with pytest.raises(InputError) as error:
        as_sequences(value)
    assert error.value.hint


def test_what_is_not_dna_is_refused() -> None:
    with pytest.raises(SequenceError) as error:
        as_sequences([SeqRecord(Seq("ACGT"), id="a"), SeqRecord(Seq("AC!T"), id="protein")])
    assert (error.value.record, error.value.position) == ("1", 2)
    with pytest.raises(InputError):
        as_sequences([Seq(None, length=4)])


def test_biopython_is_not_imported_for_other_sequences_and_motifs() -> None:
    code = (
        "import sys, motifnet as mn; mn.scan('CACGTG', ['TTCACGTGTT']); mn.MotifSet([]); "
        "sys.exit(any(name.startswith('Bio') for name in sys.modules))"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
