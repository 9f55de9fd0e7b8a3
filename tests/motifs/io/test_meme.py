"""MEME files: written as the format requires, read by other tools, and files by name."""

from __future__ import annotations

import gzip
import io
import re
from decimal import Decimal

import numpy as np
import pytest
from Bio import motifs as bio_motifs
from hypothesis import given
from hypothesis import strategies as st
from memelite.io import read_meme
from numpy.testing import assert_allclose

from motifnet.errors import FormatError, InputError
from motifnet.motifs.io import meme
from motifnet.motifs.io.files import parse_motifs, read_motifs, write_motifs
from motifnet.motifs.motif import Motif, MotifSet
from strategies import counts_of, motif_sets, sites

_NUMBER = r"(?:0|[1-9]\d*)"
_PROBABILITY = r"[01]\.\d{6}"
#: Minimal MEME format, stricter than any reader.
GRAMMAR = re.compile(
    r"MEME version 4\n\n"
    r"ALPHABET= ACGT\n\n"
    r"strands: \+(?: -)?\n\n"
    r"Background letter frequencies\n"
    r"A 0\.\d{5} C 0\.\d{5} G 0\.\d{5} T 0\.\d{5} \n\n"
    r"(?:"
    r"MOTIF [^\s=]+(?: [^\s=]+)?\n"
    rf"letter-probability matrix: alength= 4 w= {_NUMBER} nsites= {_NUMBER} E= (?:0|\d\.\de[-+]\d{{3}})\n"
    rf"(?: {_PROBABILITY} {_PROBABILITY} {_PROBABILITY} {_PROBABILITY}\n)+"
    r"\n)*"
)


def written(motifs: MotifSet) -> str:
    handle = io.StringIO()
    meme.write(motifs, handle)
    return handle.getvalue()


def read(text: str) -> MotifSet:
    return parse_motifs(text, path="some.meme", format="meme")


@st.composite
def counted_sets(draw):
    """Sets whose counts are of real sites, which survive the rounding to counts of other readers."""
    aligned = draw(st.lists(sites(), max_size=3))
    return MotifSet([Motif(f"f{i:02d}", counts_of(s), nsites=len(s)) for i, s in enumerate(aligned)])


@given(motif_sets())
def test_files_follow_the_grammar(motifs):
    assert GRAMMAR.fullmatch(written(motifs))


@given(motif_sets())
def test_rows_and_background_sum_to_exactly_one(motifs):
    text = written(motifs)
    rows = [line.split() for line in text.splitlines() if line.startswith(" ")]
    assert len(rows) == sum(motif.width for motif in motifs)
    background = text.split("frequencies\n")[1].splitlines()[0].split()[1::2]
    for row in [*rows, background]:
        assert sum(map(Decimal, row)) == 1


@pytest.mark.parametrize("n", [3, 12, 29, 33, 34])
def test_the_consensus_survives_a_round_trip_for_all_columns(n):
    columns = [(a, b, c, n - a - b - c) for a in range(n + 1) for b in range(n + 1 - a) for c in range(n + 1 - a - b)]
    motif = Motif("every_column", np.array(columns).T, nsites=n)
    assert read(written(MotifSet([motif])))[0].consensus == motif.consensus


@given(motif_sets())
def test_round_trip(motifs):
    back = read(written(motifs))
    assert (back.names, back.strands) == (motifs.names, motifs.strands)
    assert_allclose(back.background, motifs.background, rtol=0, atol=1e-5)
    for ours, theirs in zip(motifs, back, strict=True):
        assert_allclose(theirs.ppm, ours.ppm, rtol=0, atol=1e-6)
        assert theirs.nsites == (20 if ours.nsites is None else ours.nsites)
        assert_allclose(theirs.counts, theirs.ppm * theirs.nsites, rtol=1e-12)
        assert theirs.alt_name == ours.alt_name
        assert meme._e_text(theirs.e_value) == meme._e_text(ours.e_value)


@given(motif_sets())
def test_a_file_that_was_read_is_written_byte_for_byte(motifs):
    text = written(motifs)
    assert written(read(text)) == text


@given(motif_sets())
def test_motifs_as_written_are_exactly_those_of_their_file(motifs):
    rounded = meme.as_written(motifs)
    back = read(written(rounded))
    assert np.array_equal(rounded.background, back.background)
    for ours, theirs in zip(rounded, back, strict=True):
        assert np.array_equal(ours.counts, theirs.counts)


@given(counted_sets())
def test_biopython_reads_equal_counts(motifs):
    records = bio_motifs.parse(io.StringIO(written(motifs)), "minimal")
    assert [record.name for record in records] == list(motifs.names)
    for ours, theirs in zip(motifs, records, strict=True):
        assert theirs.num_occurrences == ours.nsites
        assert np.array_equal([theirs.counts[base] for base in "ACGT"], ours.counts)
    if len(motifs):
        assert [records.background[base] for base in "ACGT"] == pytest.approx([0.25] * 4)


@pytest.mark.parametrize("n", [0, 1, 3])
def test_biopython_and_memelite_read_all_motifs(n, tmp_path):
    rng = np.random.default_rng(n)
    motifs = MotifSet([Motif(f"f{i}", rng.integers(1, 50, (4, 5 + i)), nsites=80, e_value=1e-31) for i in range(n)])
    path = tmp_path / "motifs.meme"
    write_motifs(motifs, path)
    theirs = read_meme(str(path))
    assert list(theirs) == list(motifs.names)
    for motif in motifs:
        assert_allclose(theirs[motif.name], motif.ppm, rtol=0, atol=1e-6)
    with path.open() as handle:
        records = bio_motifs.parse(handle, "minimal")
    assert [(record.name, record.length) for record in records] == [(motif.name, motif.width) for motif in motifs]
    assert [record.evalue for record in records] == [1e-31] * n


def test_the_text_of_a_file():
    motif = Motif("f03_CACGTG", [[1, 0], [1, 7], [1, 0], [0, 3]], nsites=812, alt_name="MAX", e_value=1.23e-31)
    assert written(MotifSet([motif], background=[0.271, 0.229, 0.229, 0.271])) == (
        "MEME version 4\n"
        "\n"
        "ALPHABET= ACGT\n"
        "\n"
        "strands: + -\n"
        "\n"
        "Background letter frequencies\n"
        "A 0.27100 C 0.22900 G 0.22900 T 0.27100 \n"
        "\n"
        "MOTIF f03_CACGTG MAX\n"
        "letter-probability matrix: alength= 4 w= 2 nsites= 812 E= 1.2e-031\n"
        " 0.333334 0.333333 0.333333 0.000000\n"
        " 0.000000 0.700000 0.000000 0.300000\n"
        "\n"
    )


def test_alternate_names_have_no_space_and_background_frequencies_are_not_zero():
    motif = Motif("m", np.ones((4, 1)), alt_name="EWSR1 FLI1=x")
    text = written(MotifSet([motif], "forward", [1e-9, 0.5, 0.3, 0.2]))
    assert "MOTIF m EWSR1_FLI1_x\n" in text
    assert "A 0.00001 C 0.49999 G 0.30000 T 0.20000 \n" in text
    assert "strands: +\n" in text


def test_a_name_that_is_not_allowed_leaves_the_old_file(tmp_path):
    path = tmp_path / "motifs.meme"
    path.write_text("old")
    with pytest.raises(InputError, match="'a b = c'"):
        write_motifs(MotifSet([Motif("ok", np.ones((4, 1))), Motif("a b = c", np.ones((4, 1)))]), path)
    assert [file.name for file in tmp_path.iterdir()] == ["motifs.meme"]
    assert path.read_text() == "old"


def test_files_by_name_and_content(tmp_path):
    motifs = MotifSet([Motif("m", np.ones((4, 2)), nsites=4)])
    for name, format in [("a.meme", None), ("a.txt", "meme"), ("a.meme.gz", None)]:
        write_motifs(motifs, tmp_path / name, format=format)
        assert read_motifs(tmp_path / name).names == ("m",)
        assert read_motifs(tmp_path / name, format="meme").names == ("m",)
    packed = tmp_path / "packed.meme"  # recognised by its content
    packed.write_bytes(gzip.compress((tmp_path / "a.meme").read_bytes()))
    assert read_motifs(packed)["m"].nsites == 4
    assert gzip.decompress((tmp_path / "a.meme.gz").read_bytes()) == (tmp_path / "a.meme").read_bytes()


def test_files_that_cannot_be_read(tmp_path):
    (tmp_path / "folder").mkdir()
    (tmp_path / "sequences").write_text(">chr1\nACGT\n")
    (tmp_path / "cut.meme.gz").write_bytes(gzip.compress(b"MEME version 4\n")[:-9])
    (tmp_path / "bin.meme").write_bytes(bytes(range(256)))
    (tmp_path / "empty.meme").touch()
    for name in ("no.meme", "plants", "folder", "sequences", "cut.meme.gz", "bin.meme", "empty.meme"):
        with pytest.raises(FormatError) as caught:
            read_motifs(tmp_path / name)
        assert caught.value.path == str(tmp_path / name)
    with pytest.raises(InputError, match="'jaspr'"):
        read_motifs(tmp_path / "sequences", format="jaspr")


@pytest.mark.parametrize("name", ["m.txt", "none/m.meme"])
def test_files_that_cannot_be_written(tmp_path, name):
    with pytest.raises(InputError, match=name):
        write_motifs(MotifSet([Motif("m", np.ones((4, 2)))]), tmp_path / name)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.shared
@pytest.mark.parametrize(
    ("name", "n"),
    [
        ("motifs/JASPAR2016_CORE_vertebrates_official.meme.gz", 518),
        ("motifs/JASPAR2026_CORE_fungi_nr.meme.gz", 193),
        ("motifs/JASPAR2026_CORE_vertebrates_nr.meme.gz", 1019),
        ("motifs/dpinteract_Ecoli.meme.gz", 68),
        ("motifs/flyFactorSurvey_cleaned.meme.gz", 556),
        ("streme_first.meme", 12),
    ],
)
def test_real_files(shared_data, tmp_path, name, n):
    motifs = read_motifs(shared_data / name)
    content = (shared_data / name).read_bytes()
    plain = tmp_path / "plain.meme"
    plain.write_bytes(gzip.decompress(content) if name.endswith(".gz") else content)
    theirs = read_meme(str(plain))
    assert len(motifs) == len(theirs) == n
    for ours, (title, ppm) in zip(motifs, theirs.items(), strict=True):
        assert f"{ours.name} {ours.alt_name}".strip() == title
        assert_allclose(ours.ppm, ppm / ppm.sum(axis=0), atol=1e-12)
    copy = tmp_path / "copy.meme"
    write_motifs(motifs, copy)
    assert_allclose(
        np.hstack([m.ppm for m in read_motifs(copy)]), np.hstack([m.ppm for m in motifs]), rtol=0, atol=1e-6
    )
