"""FASTA in and out, and what is said about files that are not."""

from __future__ import annotations

import gzip
import io
import os
import sys
import zlib
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dna_strategies import dna, sequence_sets
from motifnet.errors import FormatError, InputError
from motifnet.sequences.alphabet import decode_codes
from motifnet.sequences.io.fasta import RaggedSequences, parse_fasta, read_fasta, write_fasta
from motifnet.sequences.sequence_set import ANCHORS, Anchor, LengthRule, SequenceSet

TWO = b">one first peak\nACGT\n>two\nTTGA\n"


@pytest.fixture
def fasta(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A place for a file called peaks.fa in the current folder, so that messages hold that name alone."""
    monkeypatch.chdir(tmp_path)
    return Path("peaks.fa")


class Stdin:
    """Standard input that gives these bytes once."""

    def __init__(self, content: bytes) -> None:
        self.buffer = io.BytesIO(content)


# --- what is read ---


@pytest.mark.parametrize(
    "content",
    [
        TWO,
        TWO.replace(b"\n", b"\r\n"),
        TWO.replace(b"\n", b"\r"),
        TWO.lower(),
        TWO.replace(b"T", b"U"),
        b"\n\n" + TWO.replace(b"\n", b"\n\n"),
        b">one\nAC\nGT\n>two\nTT GA ",
        b"\xef\xbb\xbf" + TWO,
        gzip.compress(TWO),
        gzip.compress(TWO[:21]) + gzip.compress(TWO[21:]) + gzip.compress(b""),  # as bgzip writes, in members
    ],
    ids=["plain", "CRLF", "CR", "lower case", "RNA", "blank lines", "wrapped", "byte order mark", "gzip", "bgzip"],
)
def test_the_same_two_records_however_they_are_written(fasta: Path, content: bytes) -> None:
    fasta.write_bytes(content)
    sequences = read_fasta(fasta)
    assert list(sequences) == ["ACGT", "TTGA"]
    assert sequences.names == ("one", "two")
    assert sequences.rule is None


def test_standard_input(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", Stdin(gzip.compress(TWO)))
    assert list(read_fasta("-")) == ["ACGT", "TTGA"]


def test_a_pipe_is_read_once_and_its_faults_are_still_located(fasta: Path) -> None:
    reading, writing = os.pipe()
    with os.fdopen(writing, "wb") as handle:
        handle.write(b">a\nACGT\nACX\n")
    try:
        with pytest.raises(FormatError, match=r":3: letter 'X' at position 6 of record 'a'"):
            read_fasta(f"/dev/fd/{reading}")
    finally:
        os.close(reading)


def test_names_are_first_words_may_repeat_and_default_to_the_index(fasta: Path) -> None:
    fasta.write_text(">a x\nAC\n>a y\nGT\n>\nTT\n> b\nAA\n")
    assert read_fasta(fasta).names == ("a", "a", "2", "b")


def test_iupac_codes_become_n_and_are_counted(fasta: Path) -> None:
    fasta.write_text(">a\nACRN\n>b\nyyGT\n")
    ragged = parse_fasta(fasta)
    assert (list(ragged.fit(None)), ragged.n_ambiguous) == (["ACNN", "NNGT"], 3)


@given(st.lists(dna(min_size=1), min_size=1, max_size=5))
def test_ragged_records_keep_their_letters(tmp_path_factory: pytest.TempPathFactory, strings: list[str]) -> None:
    path = tmp_path_factory.mktemp("fasta") / "a.fa"
    path.write_text("".join(f">{i}\n{s}\n" for i, s in enumerate(strings)))
    ragged = parse_fasta(path)
    assert ragged.lengths.tolist() == [len(s) for s in strings]
    assert [decode_codes(row) for row in np.split(ragged.flat, ragged.offsets[1:-1])] == strings


# --- one length for all ---


def ragged_of(*strings: str) -> RaggedSequences:
    flat = SequenceSet.from_strings(["".join(strings)]).codes[0]
    offsets = np.concatenate([[0], np.cumsum([len(s) for s in strings])])
    return RaggedSequences(tuple(map(str, range(len(strings)))), flat, offsets, 0, "peaks.fa")


@pytest.mark.parametrize(
    ("anchor", "expected"),
    [
        ("center", ["CGTA", "NACN", "NNAN"]),
        ("start", ["ACGT", "ACNN", "ANNN"]),
        ("end", ["GTAC", "NNAC", "NNNA"]),
    ],
)
def test_cropped_and_padded_around_the_anchor(anchor: Anchor, expected: list[str]) -> None:
    rule = LengthRule(4, anchor)
    sequences = ragged_of("ACGTAC", "AC", "A").fit(rule)
    assert list(sequences) == expected
    assert sequences.rule == rule


@given(
    st.lists(dna("ACGT", min_size=1, max_size=20), min_size=1, max_size=4), st.integers(1, 25), st.sampled_from(ANCHORS)
)
def test_fitting_shifts_and_changes_nothing_else(strings: list[str], length: int, anchor: Anchor) -> None:
    for before, after in zip(strings, ragged_of(*strings).fit(LengthRule(length, anchor)), strict=True):
        shift = {"start": 0, "center": len(before) // 2 - length // 2, "end": len(before) - length}[anchor]
        places = range(shift, shift + length)
        assert after == "".join(before[i] if 0 <= i < len(before) else "N" for i in places)


def test_equal_lengths_are_kept_and_the_rule_with_them(fasta: Path) -> None:
    fasta.write_bytes(TWO)
    assert read_fasta(fasta, length=4, anchor="start").rule == LengthRule(4, "start")


def test_unequal_lengths_without_a_rule(fasta: Path) -> None:
    fasta.write_text(">a\nACGT\n>b\nAC\n")
    with pytest.raises(InputError) as error:
        read_fasta(fasta)
    assert str(error.value) == (
        "peaks.fa: sequences are 2 to 4 bp long\n"
        "  Settle one length: length=N in Python; --length N or auto in a command that trains."
    )


# --- what is written ---


@pytest.mark.parametrize("suffix", [".fa", ".fa.gz"])
@given(sequences=sequence_sets())
def test_reading_undoes_writing(tmp_path_factory: pytest.TempPathFactory, suffix: str, sequences: SequenceSet) -> None:
    path = tmp_path_factory.mktemp("fasta") / f"out{suffix}"
    write_fasta(sequences, path)
    assert read_fasta(path).digest() == sequences.digest()
    assert (path.read_bytes()[:2] == b"\x1f\x8b") == (suffix == ".fa.gz")


def test_one_line_a_record(fasta: Path, capsys: pytest.CaptureFixture[str]) -> None:
    sequences = SequenceSet.from_strings(["ACGT" * 50, "NNNN" * 50], ["a", "a"])
    write_fasta(sequences, "-")
    write_fasta(sequences, fasta)
    assert capsys.readouterr().out == fasta.read_text() == f">a\n{'ACGT' * 50}\n>a\n{'NNNN' * 50}\n"


def test_gzip_repeats_to_the_byte_under_any_name(fasta: Path) -> None:
    sequences = SequenceSet.from_strings(["ACGT"])
    for name in ("a.gz", "b.gz"):
        write_fasta(sequences, name)
    assert Path("a.gz").read_bytes() == Path("b.gz").read_bytes()


def test_a_failed_write_leaves_the_old_file_and_nothing_else(fasta: Path) -> None:
    fasta.write_text("old")

    class Broken(SequenceSet):
        def __iter__(self):  # type: ignore[no-untyped-def]
            yield "ACGT"
            raise OSError(28, "No space left on device")

    with pytest.raises(FormatError) as error:
        write_fasta(Broken(["a", "b"], np.zeros((2, 4), np.uint8)), fasta)
    assert str(error.value) == (
        "peaks.fa: cannot be written: No space left on device\n  Check the folder, its permissions and the disk."
    )
    assert [p.name for p in Path().iterdir()] == ["peaks.fa"]
    assert fasta.read_text() == "old"


def test_a_link_stays_a_link_and_a_pipe_a_pipe(fasta: Path) -> None:
    sequences = SequenceSet.from_strings(["ACGT"], ["a"])
    Path("link.fa").symlink_to(fasta)
    write_fasta(sequences, "link.fa")
    assert Path("link.fa").is_symlink()
    assert fasta.read_text() == ">a\nACGT\n"
    reading, writing = os.pipe()
    write_fasta(sequences, f"/dev/fd/{writing}")
    os.close(writing)
    with os.fdopen(reading, "rb") as handle:
        assert handle.read() == b">a\nACGT\n"


def test_no_folder_to_write_into(fasta: Path) -> None:
    with pytest.raises(FormatError, match=r"^no/peaks.fa: cannot be written: No such file or directory\n"):
        write_fasta(SequenceSet.from_strings(["A"]), "no/peaks.fa")


def test_a_name_with_a_line_end_is_not_written(fasta: Path) -> None:
    with pytest.raises(InputError) as error:
        write_fasta(SequenceSet.from_strings(["A"], ["a\nb"]), fasta)
    assert str(error.value) == "the name 'a\\nb' holds a line end and cannot be written as FASTA\n  Rename it."
    assert not fasta.exists()


# --- what is refused, and how it is said ---

HINT = "\n  Allowed are A, C, G, T, U and N; other IUPAC codes are read as N."

FAULTS = {
    "empty": (b"", "peaks.fa: the file is empty\n  The step that wrote it may have failed: run it again."),
    "blank": (b"\n \n", "peaks.fa: the file is empty\n  The step that wrote it may have failed: run it again."),
    "empty gzip": (
        gzip.compress(b""),
        "peaks.fa: the file is empty\n  The step that wrote it may have failed: run it again.",
    ),
    "BED": (
        b"chr1\t100\t300\tpeak1\n",
        "peaks.fa: not FASTA but a BED file\n"
        "  Give the genome that its places are on, too: --genome genome.fa (or take the sequences yourself: "
        "bedtools getfasta -fi genome.fa -bed peaks.bed).",
    ),
    "BED with a track line": (
        b'track name="x"\n#chrom\nchr1 100 300\n',
        "peaks.fa: not FASTA but a BED file\n"
        "  Give the genome that its places are on, too: --genome genome.fa (or take the sequences yourself: "
        "bedtools getfasta -fi genome.fa -bed peaks.bed).",
    ),
    "FASTQ": (
        b"@read1\nACGT\n+\nIIII\n",
        "peaks.fa: not FASTA but a FASTQ file\n  Convert it first, e.g. with 'seqtk seq -A reads.fq > reads.fa'.",
    ),
    "SAM": (
        b"@HD\tVN:1.6\n@SQ\tSN:chr1\tLN:9\n",
        "peaks.fa: not FASTA but a SAM file\n  Give the peaks' sequences, e.g. from 'bedtools getfasta'.",
    ),
    "MEME": (
        b"MEME version 4\n\nALPHABET= ACGT\n",
        "peaks.fa: not FASTA but a MEME motif file\n"
        "  Give the sequences; motifs belong to the commands that compare or scan.",
    ),
    "HTML": (
        b"<!DOCTYPE html>\n<html>",
        "peaks.fa: not FASTA but a web page or XML\n"
        "  The download probably ended on a page of the site: get the file itself.",
    ),
    "bare sequences": (
        b"ACGTNN\nacgtu\n",
        "peaks.fa: not FASTA but sequences without headers\n  Put a line '>name' before each sequence.",
    ),
    "a table": (
        b"sequence,label\nACGT,1\n",
        "peaks.fa: not FASTA but a file that begins with 'sequence,label'\n"
        "  Each sequence needs a line '>name' before it.",
    ),
    "binary": (
        b"\x89PNG\r\n\x1a\n\x00\x00",
        "peaks.fa: this is a binary file, not text\n  Give a plain or gzip text file.",
    ),
    "UTF-16": (
        ">a\nACGT\n".encode("utf-16"),
        "peaks.fa: this is a binary file, not text\n  Give a plain or gzip text file.",
    ),
    "bzip2": (b"BZh91AY&SY", "peaks.fa: compressed with bzip2, which is not read\n  Unpack it, or use gzip."),
    "truncated gzip": (
        gzip.compress(TWO)[:-9],
        "peaks.fa: the gzip data end too early: the file is truncated\n  Copy or download it again.",
    ),
    "damaged gzip": (
        gzip.compress(TWO)[:-8] + b"\0" * 8,
        f"peaks.fa: the gzip data are damaged (CRC check failed 0x0 != {hex(zlib.crc32(TWO))})\n"
        "  Copy or download it again.",
    ),
    "no sequence": (
        b">a\nACGT\n>b x\n\n>c\nACGT\n",
        "peaks.fa:3: record 'b' has no sequence\n  Remove the record, or give it its sequence.",
    ),
    "no sequence at the end": (
        b">a\nACGT\n>b",
        "peaks.fa:3: record 'b' has no sequence\n  Remove the record, or give it its sequence.",
    ),
    "a letter": (
        b">a\nACGT\n>chr3:5-17\nACGTA\n\nAC GXA\n",
        "peaks.fa:6: letter 'X' at position 8 of record 'chr3:5-17'" + HINT,
    ),
    "a gap": (
        b">a\r\nACGT\r\nA-GT\r\n",
        "peaks.fa:3: letter '-' at position 5 of record 'a'" + HINT,
    ),
    "a letter that is not ASCII": (
        ">\nACä".encode(),
        "peaks.fa:2: letter 'ä' at position 2 of record '0'" + HINT,
    ),
    "the first fault is told": (
        b">a\nAC?\n>b\n",
        "peaks.fa:2: letter '?' at position 2 of record 'a'" + HINT,
    ),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_a_bad_file_is_told_in_one_message(fasta: Path, fault: str) -> None:
    content, message = FAULTS[fault]
    fasta.write_bytes(content)
    with pytest.raises(FormatError) as error:
        parse_fasta(fasta)
    assert str(error.value) == message
    assert error.value.path == "peaks.fa"


def test_a_gzip_cut_far_behind_its_beginning(fasta: Path) -> None:
    letters = np.random.default_rng(0).choice(list("ACGT"), size=100_000)
    packed = gzip.compress(b">a\n" + "".join(letters).encode())
    fasta.write_bytes(packed[: len(packed) // 2])
    with pytest.raises(FormatError, match=r"^peaks.fa: the gzip data end too early: the file is truncated\n"):
        parse_fasta(fasta)


def test_faults_of_standard_input_are_located(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", Stdin(b">a\nACGT\n>b\nACZ\n"))
    with pytest.raises(FormatError, match=r"^standard input:4: letter 'Z' at position 2 of record 'b'\n"):
        read_fasta("-")


def test_a_missing_file_names_its_neighbours(fasta: Path) -> None:
    Path("peaks.fasta").touch()
    Path("unrelated").touch()
    with pytest.raises(FormatError) as error:
        read_fasta(fasta)
    assert str(error.value) == "peaks.fa: there is no such file\n  Did you mean peaks.fasta?"
    with pytest.raises(FormatError) as error:
        read_fasta("xyz.gz")
    assert str(error.value) == "xyz.gz: there is no such file\n  No file in that folder has a similar name."
    with pytest.raises(FormatError) as error:
        read_fasta("results/peaks.fa")
    assert str(error.value) == "results/peaks.fa: there is no such file\n  There is no folder results either."


def test_a_folder_instead_of_a_file(fasta: Path) -> None:
    fasta.mkdir()
    with pytest.raises(FormatError) as error:
        read_fasta(fasta)
    assert str(error.value) == "peaks.fa: this is a folder, not a file\n  It holds no files."
    (fasta / "train.fa").touch()
    with pytest.raises(FormatError) as error:
        read_fasta(fasta)
    assert str(error.value) == "peaks.fa: this is a folder, not a file\n  Name a file in it, e.g. peaks.fa/train.fa."


def test_an_unreadable_file(fasta: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*args: object, **kwargs: object) -> None:
        raise PermissionError(13, "Permission denied")

    fasta.write_bytes(TWO)
    monkeypatch.setattr(Path, "open", refuse)  # chmod would not stop a test that runs as root
    with pytest.raises(FormatError) as error:
        read_fasta(fasta)
    assert str(error.value) == (
        "peaks.fa: cannot be read: Permission denied\n  Check who may read it (ls -l) and the disk."
    )


# --- published files ---


@pytest.mark.shared
def test_peaks_of_78_to_310_bp_and_soft_masked_ones(shared_data: Path) -> None:
    jun = parse_fasta(shared_data / "tf" / "human_JUN_rsat" / "train.pos.fa.gz")
    assert (jun.lengths.min(), jun.lengths.max()) == (78, 310)
    fitted = jun.fit(LengthRule(310))
    assert (fitted.codes != 4).sum() == (jun.flat != 4).sum()
    nanog = read_fasta(shared_data / "tf" / "human_NANOG_H1" / "train.pos.fa.gz")
    assert nanog.codes.shape == (3200, 200)
    assert (nanog.codes != 4).mean() > 0.99
