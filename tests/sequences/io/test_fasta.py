"""FASTA files: what is read and written, cropping and padding, batches, and invalid files."""

from __future__ import annotations

import gzip
import io
import os
import sys
from pathlib import Path

import numpy as np
import pytest
from Bio.SeqIO.FastaIO import SimpleFastaParser
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from dna_strategies import dna, random_dna, sequence_sets
from motifnet.errors import FormatError, InputError
from motifnet.sequences.alphabet import decode_codes
from motifnet.sequences.io import fasta_records, reader
from motifnet.sequences.io.fasta import parse_fasta, read_fasta, stream_fasta, write_fasta
from motifnet.sequences.ragged import RaggedSequences
from motifnet.sequences.sequence_set import ANCHORS, Anchor, LengthRule, SequenceSet

TWO = b">one first peak\nACGT\n>two\nTTGA\n"


@pytest.fixture
def fasta(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """``peaks.fa`` in the current folder, not written yet."""
    monkeypatch.chdir(tmp_path)
    return Path("peaks.fa")


class Stdin:
    """Standard input with these bytes."""

    def __init__(self, content: bytes) -> None:
        self.buffer = io.BytesIO(content)


# --- gaps ---

ALIGNED = b">one first peak\nA-CG..T*\n>two\n--TT\n-GA\n*\n"


def test_gaps_and_stops_are_removed_and_counted(fasta: Path, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("INFO", logger="motifnet")
    for content in (ALIGNED, ALIGNED.replace(b"\n", b"\r\n"), gzip.compress(ALIGNED)):
        caplog.clear()
        fasta.write_bytes(content)
        sequences = read_fasta(fasta, ungap=True)
        assert (sequences.names, list(sequences)) == (("one", "two"), ["ACGT", "TTGA"])
        assert "6 gaps" in caplog.text
        assert "2 *" in caplog.text


@pytest.mark.parametrize(
    ("content", "line"),
    [(b">a\nAC*GT\n", 2), (b">a\nAC*\nGT\n", 2), (b">a\nAC**\n", 2), (b">b\nA\n>a\n--\n*\n", 3), (b">a\nA-C!\n", 2)],
)
def test_other_letters_are_errors_with_gaps_removed(fasta: Path, content: bytes, line: int) -> None:
    fasta.write_bytes(content)
    with pytest.raises(FormatError) as error:
        read_fasta(fasta, ungap=True)
    assert error.value.line == line
    assert not (error.value.hint or "").startswith("Use --ungap")


@pytest.mark.parametrize("content", [b">a\nAC-GT\n", b">a\nAC.GT\n", b">a\nACGT*\n"])
def test_gaps_are_refused_by_default_with_the_option_in_the_message(fasta: Path, content: bytes) -> None:
    fasta.write_bytes(content)
    with pytest.raises(FormatError) as error:
        read_fasta(fasta)
    assert error.value.line == 2
    assert error.value.hint is not None
    assert "--ungap" in error.value.hint


# --- reading ---


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
        gzip.compress(TWO[:21]) + gzip.compress(TWO[21:]) + gzip.compress(b""),  # several members, as from bgzip
    ],
    ids=["plain", "CRLF", "CR", "lower case", "RNA", "blank lines", "wrapped", "byte order mark", "gzip", "bgzip"],
)
def test_all_variants_of_fasta_give_the_same_records(fasta: Path, content: bytes) -> None:
    fasta.write_bytes(content)
    sequences = read_fasta(fasta)
    assert list(sequences) == ["ACGT", "TTGA"]
    assert sequences.names == ("one", "two")
    assert sequences.rule is None


def test_standard_input(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", Stdin(gzip.compress(TWO)))
    assert list(read_fasta("-")) == ["ACGT", "TTGA"]


def test_errors_in_a_pipe_and_in_standard_input_are_located(monkeypatch: pytest.MonkeyPatch) -> None:
    reading, writing = os.pipe()
    with os.fdopen(writing, "wb") as handle:
        handle.write(b">a\nACGT\nACX\n")
    try:
        with pytest.raises(FormatError) as error:
            read_fasta(f"/dev/fd/{reading}")
    finally:
        os.close(reading)
    assert error.value.line == 3
    monkeypatch.setattr(sys, "stdin", Stdin(b">a\nACGT\n>b\nACZ\n"))
    with pytest.raises(FormatError) as error:
        read_fasta("-")
    assert error.value.line == 4


def test_names_end_at_white_space_and_default_to_the_index(fasta: Path) -> None:
    fasta.write_text(">a x\nAC\n>a y\nGT\n>\nTT\n> b\nAA\n")
    assert read_fasta(fasta).names == ("a", "a", "2", "b")


def test_iupac_codes_are_read_as_n_and_counted(fasta: Path) -> None:
    fasta.write_text(">a\nACRN\n>b\nyyGT\n")
    ragged = parse_fasta(fasta)
    assert (list(ragged.fit(None)), ragged.n_ambiguous) == (["ACNN", "NNGT"], 3)


@given(st.lists(dna(min_size=1), min_size=1, max_size=5))
def test_records_of_any_lengths_are_read_unchanged(
    tmp_path_factory: pytest.TempPathFactory, strings: list[str]
) -> None:
    path = tmp_path_factory.mktemp("fasta") / "a.fa"
    path.write_text("".join(f">{i}\n{s}\n" for i, s in enumerate(strings)))
    ragged = parse_fasta(path)
    assert ragged.lengths.tolist() == [len(s) for s in strings]
    assert [decode_codes(row) for row in np.split(ragged.flat, ragged.offsets[1:-1])] == strings


@pytest.mark.shared
def test_published_peaks_of_several_lengths_and_soft_masked_ones(shared_data: Path) -> None:
    jun = parse_fasta(shared_data / "tf" / "human_JUN_rsat" / "train.pos.fa.gz")
    assert (jun.lengths.min(), jun.lengths.max()) == (78, 310)
    fitted = jun.fit(LengthRule(310))
    assert (fitted.codes != 4).sum() == (jun.flat != 4).sum()
    nanog = read_fasta(shared_data / "tf" / "human_NANOG_H1" / "train.pos.fa.gz")
    assert nanog.codes.shape == (3200, 200)
    assert (nanog.codes != 4).mean() > 0.99


# --- batches ---


@pytest.mark.parametrize(("batch", "n_batches"), [(1, 5), (50, 2), (10_000, 1)])
def test_batches_have_the_records_of_the_whole_file(fasta: Path, batch: int, n_batches: int) -> None:
    headers, strings = ["a", "", "b c", "", "a"], random_dna(5, 40, seed=1)
    lines = (f">{t}\n{s[: 9 + 3 * i]}\n" for i, (t, s) in enumerate(zip(headers, strings, strict=True)))
    fasta.write_text("".join(lines))
    whole, batches = parse_fasta(fasta), list(stream_fasta(fasta, batch=batch))
    assert tuple(name for part in batches for name in part.names) == whole.names == ("a", "1", "b", "3", "a")
    np.testing.assert_array_equal(np.concatenate([part.flat for part in batches]), whole.flat)
    np.testing.assert_array_equal(np.concatenate([part.lengths for part in batches]), whole.lengths)
    assert len(batches) == n_batches


def test_names_that_are_not_utf8_are_counted(fasta: Path, caplog: pytest.LogCaptureFixture) -> None:
    fasta.write_bytes(b">caf\xe9 x\nACGT\n>caf\xff\nACGA\n>caf\xc3\xa9 \xe9\nACGC\n" + b">b\nAC\n" * 9)
    names = [name for part in stream_fasta(fasta, batch=4) for name in part.names]
    assert names[:3] == ["caf\ufffd", "caf\ufffd", "café"]
    (message,) = caplog.messages
    assert message.startswith("peaks.fa: the names of 2 records")


def test_an_error_in_a_later_batch_is_located(fasta: Path) -> None:
    fasta.write_text(">a\nACGT\n>b\nAC\nAXT\n")
    batches = stream_fasta(fasta, batch=1)
    assert next(batches).names == ("a",)
    with pytest.raises(FormatError) as error:
        next(batches)
    assert error.value.line == 5


# --- cropping and padding ---


@pytest.mark.parametrize(
    ("anchor", "expected"),
    [
        ("center", ["CGTA", "NACN", "NNAN"]),
        ("start", ["ACGT", "ACNN", "ANNN"]),
        ("end", ["GTAC", "NNAC", "NNNA"]),
    ],
)
def test_sequences_are_cropped_and_padded_around_the_anchor(anchor: Anchor, expected: list[str]) -> None:
    rule = LengthRule(4, anchor)
    sequences = RaggedSequences.from_strings(["ACGTAC", "AC", "A"]).fit(rule)
    assert list(sequences) == expected
    assert sequences.rule == rule


@given(
    st.lists(dna("ACGT", min_size=1, max_size=20), min_size=1, max_size=4), st.integers(1, 25), st.sampled_from(ANCHORS)
)
def test_cropping_and_padding_only_shift_the_bases(strings: list[str], length: int, anchor: Anchor) -> None:
    for before, after in zip(
        strings, RaggedSequences.from_strings(strings).fit(LengthRule(length, anchor)), strict=True
    ):
        shift = {"start": 0, "center": len(before) // 2 - length // 2, "end": len(before) - length}[anchor]
        positions = range(shift, shift + length)
        assert after == "".join(before[i] if 0 <= i < len(before) else "N" for i in positions)


def test_unequal_lengths_need_a_rule(fasta: Path) -> None:
    fasta.write_text(">a\nACGT\n>b\nAC\n")
    with pytest.raises(InputError, match=r"peaks\.fa"):
        read_fasta(fasta)
    assert read_fasta(fasta, length=4, anchor="start").rule == LengthRule(4, "start")


# --- writing ---


@pytest.mark.parametrize("suffix", [".fa", ".fa.gz"])
@given(sequences=sequence_sets())
def test_written_sequences_are_read_back(
    tmp_path_factory: pytest.TempPathFactory, suffix: str, sequences: SequenceSet
) -> None:
    path = tmp_path_factory.mktemp("fasta") / f"out{suffix}"
    write_fasta(sequences, path)
    assert read_fasta(path).digest() == sequences.digest()
    assert (path.read_bytes()[:2] == b"\x1f\x8b") == (suffix == ".fa.gz")


def test_each_sequence_is_written_on_one_line(fasta: Path, capsys: pytest.CaptureFixture[str]) -> None:
    sequences = SequenceSet.from_strings(["ACGT" * 50, "NNNN" * 50], ["a", "a"])
    write_fasta(sequences, "-")
    write_fasta(sequences, fasta)
    assert capsys.readouterr().out == fasta.read_text() == f">a\n{'ACGT' * 50}\n>a\n{'NNNN' * 50}\n"


def test_gzip_output_does_not_depend_on_the_file_name(fasta: Path) -> None:
    sequences = SequenceSet.from_strings(["ACGT"])
    for name in ("a.gz", "b.gz"):
        write_fasta(sequences, name)
    assert Path("a.gz").read_bytes() == Path("b.gz").read_bytes()


def test_a_failed_write_leaves_the_previous_file(fasta: Path) -> None:
    fasta.write_text("old")

    class Broken(SequenceSet):
        def __iter__(self):  # type: ignore[no-untyped-def]
            yield "ACGT"
            raise OSError(28, "No space left on device")

    with pytest.raises(FormatError) as error:
        write_fasta(Broken(["a", "b"], np.zeros((2, 4), np.uint8)), fasta)
    assert error.value.path == "peaks.fa"
    assert [p.name for p in Path().iterdir()] == ["peaks.fa"]
    assert fasta.read_text() == "old"


def test_links_and_pipes_are_written_through(fasta: Path) -> None:
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


def test_a_missing_folder_and_a_name_with_a_line_break(fasta: Path) -> None:
    with pytest.raises(FormatError) as error:
        write_fasta(SequenceSet.from_strings(["A"]), "no/peaks.fa")
    assert error.value.path == "no/peaks.fa"
    with pytest.raises(InputError):
        write_fasta(SequenceSet.from_strings(["A"], ["a\nb"]), fasta)
    assert not fasta.exists()


# --- invalid files ---

ERRORS = {
    "empty": (b"", None),
    "blank": (b"\n \n", None),
    "empty gzip": (gzip.compress(b""), None),
    "BED": (b"chr1\t100\t300\tpeak1\n", None),
    "BED with a track line": (b'track name="x"\n#chrom\nchr1 100 300\n', None),
    "FASTQ": (b"@read1\nACGT\n+\nIIII\n", None),
    "SAM": (b"@HD\tVN:1.6\n@SQ\tSN:chr1\tLN:9\n", None),
    "MEME": (b"MEME version 4\n\nALPHABET= ACGT\n", None),
    "HTML": (b"<!DOCTYPE html>\n<html>", None),
    "sequences without headers": (b"ACGTNN\nacgtu\n", None),
    "a table": (b"sequence,label\nACGT,1\n", None),
    "binary": (b"\x89PNG\r\n\x1a\n\x00\x00", None),
    "UTF-16": (">a\nACGT\n".encode("utf-16"), None),
    "bzip2": (b"BZh91AY&SY", None),
    "truncated gzip": (gzip.compress(TWO)[:-9], None),
    "damaged gzip": (gzip.compress(TWO)[:-8] + b"\0" * 8, None),
    "no sequence": (b">a\nACGT\n>b x\n\n>c\nACGT\n", 3),
    "no sequence at the end": (b">a\nACGT\n>b", 3),
    "invalid letter": (b">a\nACGT\n>chr3:5-17\nACGTA\n\nAC GXA\n", 6),
    "gap": (b">a\r\nACGT\r\nA-GT\r\n", 3),
    "not ASCII": (">\nACä".encode(), 2),
    "the first of two errors": (b">a\nAC?\n>b\n", 2),
}


@pytest.mark.parametrize("name", ERRORS)
def test_an_invalid_file_is_reported_with_its_line(fasta: Path, name: str) -> None:
    content, line = ERRORS[name]
    fasta.write_bytes(content)
    with pytest.raises(FormatError) as error:
        parse_fasta(fasta)
    assert (error.value.path, error.value.line) == ("peaks.fa", line)


def test_a_gzip_file_truncated_in_the_middle(fasta: Path) -> None:
    letters = np.random.default_rng(0).choice(list("ACGT"), size=100_000)
    packed = gzip.compress(b">a\n" + "".join(letters).encode())
    fasta.write_bytes(packed[: len(packed) // 2])
    with pytest.raises(FormatError):
        parse_fasta(fasta)


def test_missing_files_folders_and_unreadable_files(fasta: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    Path("peaks.fasta").touch()
    Path("unrelated").touch()
    Path("folder").mkdir()
    Path("folder/train.fa").touch()
    for path, suggestion in (
        ("peaks.fa", "peaks.fasta"),
        ("results/peaks.fa", "results"),
        ("folder", "folder/train.fa"),
    ):
        with pytest.raises(FormatError) as error:
            read_fasta(path)
        assert error.value.path == path
        assert suggestion in str(error.value.hint)

    def refuse(*args: object, **kwargs: object) -> None:
        raise PermissionError(13, "Permission denied")

    fasta.write_bytes(TWO)
    monkeypatch.setattr(Path, "open", refuse)  # chmod would not stop a test that runs as root
    with pytest.raises(FormatError, match="Permission denied"):
        read_fasta(fasta)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(lines=st.lists(st.text("ACGTN a\r>", max_size=30), max_size=12), part=st.integers(1, 9))
def test_long_lines_are_read_in_parts_as_biopython_reads_them_whole(
    fasta: Path, monkeypatch: pytest.MonkeyPatch, lines: list[str], part: int
) -> None:
    monkeypatch.setattr(fasta_records, "_PART", part)
    fasta.write_text(">first\nA\n" + "\n".join(lines), newline="")
    with fasta.open() as handle:
        expected = list(SimpleFastaParser(handle))
    try:
        ragged = parse_fasta(fasta)
    except FormatError:
        assert any(not letters or set(letters) - set("ACGTNa") for _, letters in expected)
        return
    assert list(ragged.headers) == [header for header, _ in expected]
    starts = list(zip(ragged.offsets[:-1], ragged.offsets[1:], strict=True))
    assert [decode_codes(ragged.flat[a:b]) for a, b in starts] == [own.upper() for _, own in expected]


def test_records_that_are_too_long_or_too_many(fasta: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    fasta.write_bytes(b">a\nACGT\n>b\nACG\nTT\n>c\nA\n")
    for name, value, line in (("MAX_BASES", 4, 5), ("MAX_RECORDS", 2, 7), ("MAX_LINE", 0, 1)):
        with monkeypatch.context() as patch:
            for constant, own in ((name, value), ("BATCH_SIZE", 1), ("_PART", 1)):
                patch.setattr(fasta_records, constant, own)
            with pytest.raises(FormatError) as error:
                list(stream_fasta(fasta, batch=1))
        assert error.value.line == line
    # Chromosomes can be scanned, but not learned whole.
    monkeypatch.setattr(reader, "MAX_LENGTH", 4)
    with pytest.raises(InputError):
        reader.read_sequences(fasta, length="auto")
    assert reader.read_sequences(fasta, length=4).length == 4
