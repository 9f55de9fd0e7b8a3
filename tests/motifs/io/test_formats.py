"""Every format: round trips, and other tools read equal matrices."""

from __future__ import annotations

import io

import numpy as np
import pytest
from Bio import motifs as bio_motifs
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st
from memelite.io import read_meme
from numpy.testing import assert_allclose

from motifnet.errors import InputError
from motifnet.motifs.extraction_spec import FORMATS, SUFFIXES
from motifnet.motifs.io import homer
from motifnet.motifs.io.common import MotifText, count_texts
from motifnet.motifs.io.files import (
    format_named,
    format_of,
    losses,
    parse_motifs,
    read_motifs,
    recognise,
    write_motifs,
)
from motifnet.motifs.motif import Motif, MotifSet
from strategies import counts, counts_of, motif_sets, sites

COUNTED = ("jaspar", "transfac")
#: Biopython's names of the formats; HOMER's rows are those of a matrix of four columns.
BIOPYTHON = {"meme": "minimal", "jaspar": "jaspar", "transfac": "transfac", "homer": "pfm-four-columns"}


def written(motifs: MotifSet, format: str) -> str:
    handle = io.StringIO()
    format_named(format).write(motifs, handle)
    return handle.getvalue()


def read(text: str, format: str) -> MotifSet:
    return parse_motifs(text, path="some.txt", format=format)


@st.composite
def counted_motifs(draw) -> MotifSet:
    """One to three motifs that are counts of real sites, as in most files."""
    aligned = draw(st.lists(sites().filter(lambda s: len(s) > 1), min_size=1, max_size=3))
    return MotifSet([Motif(f"m{i}", counts_of(s), nsites=len(s), alt_name=f"TF{i}") for i, s in enumerate(aligned)])


@pytest.mark.parametrize("format", FORMATS)
@settings(max_examples=25)
@given(motifs=motif_sets())
def test_round_trip(format, motifs):
    assume(len(motifs) and "None" not in motifs.names)  # Biopython's text for no name
    text = written(motifs, format)
    assert recognise(MotifText.of(text, "some.txt")) == format
    back = read(text, format)
    assert back.names == motifs.names
    for ours, theirs in zip(motifs, back, strict=True):
        assert_allclose(theirs.ppm, ours.ppm, rtol=0, atol=5e-6)
        assert theirs.alt_name == ours.alt_name
        # nsites is unchanged, or the 20 that is assumed where it is unknown.
        if format not in COUNTED:
            assert theirs.nsites in (ours.nsites, 20, None)
            assert ours.nsites in (theirs.nsites, None)
            assert_allclose(theirs.counts.sum(axis=0), theirs.nsites or 20)


@pytest.mark.parametrize("format", FORMATS)
@settings(max_examples=25)
@given(motifs=motif_sets())
def test_motifs_that_were_read_are_written_unchanged(format, motifs):
    assume(len(motifs) and "None" not in motifs.names)
    text = written(read(written(motifs, format), format), format)
    assert written(read(text, format), format) == text


@given(counts())
@example(np.full((4, 1), 52814.78510684206))  # rounded to seven digits, it is within 1e-6 of a whole number
def test_counts_that_were_read_are_written_unchanged(values):
    for column in values.T:
        texts = count_texts(column)
        assert_allclose(np.array(texts, float), column, rtol=0, atol=2e-6 * column.sum())
        assert count_texts(np.array(texts, float)) == texts


@pytest.mark.parametrize("format", FORMATS)
@settings(max_examples=25)
@given(motifs=counted_motifs())
def test_counts_of_sites_survive_any_two_formats(format, motifs):
    """Whole counts survive probabilities of six decimals."""
    through = read(written(motifs, format), format)
    for counted in COUNTED:
        back = read(written(through, counted), counted)
        for ours, theirs in zip(motifs, back, strict=True):
            assert theirs.nsites == ours.nsites
            if format == "homer":  # without zeros
                assert_allclose(theirs.counts, ours.counts, rtol=0, atol=1e-5 * ours.nsites)
            else:
                assert np.array_equal(theirs.counts, ours.counts)


@pytest.mark.parametrize("format", FORMATS)
@settings(max_examples=25)
@given(motifs=counted_motifs())
def test_biopython_reads_equal_matrices(format, motifs):
    text = written(motifs, format)
    records = bio_motifs.parse(io.StringIO(text), BIOPYTHON[format])
    assert len(records) == len(motifs)
    for ours, theirs in zip(motifs, records, strict=True):
        counts = np.array([theirs.counts[base] for base in "ACGT"])
        assert_allclose(counts / counts.sum(axis=0), ours.ppm, rtol=0, atol=5e-6)
        if format in COUNTED:
            assert np.array_equal(counts, ours.counts)


def test_biopython_reads_the_names():
    motifs = MotifSet([Motif("MA0004.1", np.ones((4, 2)), 4, alt_name="Arnt"), Motif("x", np.ones((4, 101)), 4)])
    records = bio_motifs.parse(io.StringIO(written(motifs, "jaspar")), "jaspar")
    assert [(r.matrix_id, r.name) for r in records] == [("MA0004.1", "Arnt"), ("x", "x")]
    records = bio_motifs.parse(io.StringIO(written(motifs, "transfac")), "transfac")
    assert [(r.get("AC"), r.get("ID"), r.get("NA")) for r in records] == [
        ("MA0004.1", "MA0004.1", "Arnt"),
        ("x",) * 2 + (None,),
    ]
    assert [r.length for r in records] == [2, 101]


@pytest.mark.parametrize("format", COUNTED)
@settings(max_examples=25)
@given(motifs=counted_motifs())
def test_files_of_biopython_are_read(format, motifs):
    theirs = bio_motifs.parse(io.StringIO(written(motifs, format)), format)
    text = bio_motifs.write(theirs, format)
    back = read(text, format)
    assert back.names == motifs.names
    for ours, again in zip(motifs, back, strict=True):
        assert np.array_equal(again.counts, ours.counts)
        assert (again.alt_name, again.nsites) == (ours.alt_name, ours.nsites)


@pytest.mark.parametrize("format", COUNTED)
def test_biopython_motifs_without_names_are_numbered(format):
    plain = [bio_motifs.Motif(counts={base: [i, 2] for base in "ACGT"}) for i in (1, 3)]
    back = read(bio_motifs.write(plain, format), format)
    assert back.names == ("motif_1", "motif_2")
    assert back[1].counts[:, 0].tolist() == [3] * 4


@pytest.mark.parametrize("format", FORMATS)
def test_memelite_reads_motifs_converted_from_a_format(format, tmp_path):
    rng = np.random.default_rng(0)
    motifs = MotifSet([Motif(f"f{i}", rng.integers(0, 50, (4, 5 + i)) + np.eye(4, 5 + i), nsites=80) for i in range(3)])
    write_motifs(motifs, tmp_path / f"a.{format}")
    write_motifs(read_motifs(tmp_path / f"a.{format}"), tmp_path / "b.meme")
    theirs = read_meme(str(tmp_path / "b.meme"))
    for motif in motifs:
        assert_allclose(theirs[motif.name], motif.ppm, rtol=0, atol=1e-5)


@pytest.mark.parametrize("format", FORMATS)
def test_a_name_that_is_not_allowed_leaves_no_file(format, tmp_path):
    path = tmp_path / f"a.{format}"
    with pytest.raises(InputError, match="'a b'"):
        write_motifs(MotifSet([Motif("ok", np.ones((4, 1))), Motif("a b", np.ones((4, 1)))]), path)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("format", FORMATS)
def test_free_text_in_alternate_names(format):
    motif = Motif("m", np.ones((4, 1)), alt_name=" EWSR1 \tFLI1\n")
    assert read(written(MotifSet([motif]), format), format)[0].alt_name.replace("_", " ") == "EWSR1 FLI1"


@pytest.mark.parametrize("suffix", [*FORMATS, *SUFFIXES])
def test_every_suffix(suffix, tmp_path):
    motifs = MotifSet([Motif("m", [[3], [0], [0], [1]], nsites=4)])
    for path in (tmp_path / f"a.{suffix}", tmp_path / f"a.{suffix.upper()}", tmp_path / f"a.{suffix}.gz"):
        write_motifs(motifs, path)
        assert read_motifs(path).names == ("m",)
        assert read_motifs(path, format=format_of(path))[0].consensus == "A"


# --- examples and losses of each format ---


SMALL = Motif("f03_CACGTG", [[10, 0], [0, 203], [2, 609], [0, 0]], nsites=812, alt_name="MAX", e_value=1.2e-31)
EXAMPLES = {
    "jaspar": ">f03_CACGTG\tMAX\nA  [ 10   0 ]\nC  [  0 203 ]\nG  [  2 609 ]\nT  [  0   0 ]\n",
    "transfac": (
        "AC  f03_CACGTG\nXX\nID  f03_CACGTG\nXX\nNA  MAX\nXX\n"
        "P0       A       C       G       T\n"
        "01      10       0       2       0      A\n"
        "02       0     203     609       0      G\n"
        "XX\n//\n"
    ),
    "homer": (
        ">AG\tf03_CACGTG MAX\t1.151293\t0\t0\tT:812\n"
        "0.833331\t0.000001\t0.166667\t0.000001\n"
        "0.000001\t0.250000\t0.749998\t0.000001\n"
    ),
}


@pytest.mark.parametrize("format", EXAMPLES)
def test_the_text_of_each_format(format):
    assert written(MotifSet([SMALL]), format) == EXAMPLES[format]


def test_the_threshold_of_homer_is_half_of_the_highest_score():
    motif = Motif("m", [[97, 1], [1, 1], [1, 1], [1, 97]])
    best = 2 * np.log(0.97 / 0.25)
    assert homer.default_threshold(motif) == pytest.approx(best / 2)
    assert homer.default_threshold(Motif("flat", np.ones((4, 3)))) == 0


@pytest.mark.parametrize("format", COUNTED)
def test_probabilities_are_distinguished_from_counts(format):
    fractions = Motif("m", [[0.5, 1], [0.25, 0], [0.25, 0], [0, 0]])
    one_site = Motif("n", [[1, 0], [0, 1], [0, 0], [0, 0]])
    back = read(written(MotifSet([fractions, one_site]), format), format)
    assert back["m"].nsites is None
    assert_allclose(back["m"].counts, fractions.counts * 20)
    assert back["n"].nsites == 1
    assert_allclose(back["n"].counts, one_site.counts)


@pytest.mark.parametrize("format", FORMATS)
def test_an_empty_set(format):
    assert losses(MotifSet([]), format=format) == ()
    assert (written(MotifSet([]), format) == "") == (format != "meme")


def test_losses_of_each_format():
    rich = MotifSet([SMALL, Motif("n", [[1.5], [2], [0], [1]])], "forward", [0.3, 0.2, 0.2, 0.3])
    assert losses(rich, format="meme") == (
        "the counts (not the probabilities) of 2",
        "unknown nsites of 1 (written as 20)",
    )
    assert losses(rich, format="jaspar") == (
        "the E-values of 1",
        "the background",
        "strands: forward",
        "unknown nsites of 1 (written as 4)",
    )
    assert losses(rich, format="homer")[-2:] == ("the background", "strands: forward")
    spaced = MotifSet([Motif("m", np.full((4, 2), 5), 20, alt_name="EWSR1 FLI1")])
    assert losses(spaced, format="meme") == ("the alternate names of 1",)
    assert losses(spaced, format="transfac") == ()


@settings(max_examples=25)
@given(motif_sets())
def test_everything_but_the_losses_is_kept(motifs):
    for format in FORMATS:
        lost = " ".join(losses(motifs, format=format))
        if len(motifs) and "nsites" not in lost:
            back = read(written(motifs, format), format)
            assert [m.nsites for m in back] == [m.nsites for m in motifs]


@pytest.mark.shared
@pytest.mark.parametrize("format", FORMATS)
@pytest.mark.parametrize(("name", "n"), [("dpinteract_Ecoli", 68), ("flyFactorSurvey_cleaned", 556)])
def test_real_motifs_survive_every_format(shared_data, tmp_path, name, n, format):
    motifs = read_motifs(shared_data / "motifs" / f"{name}.meme.gz")
    path = tmp_path / f"copy.{format}"
    write_motifs(motifs, path)
    back = read_motifs(path)
    assert (len(back), back.names) == (n, motifs.names)
    assert_allclose(np.hstack([m.ppm for m in back]), np.hstack([m.ppm for m in motifs]), rtol=0, atol=5e-6)
    assert [(m.nsites, m.alt_name) for m in back] == [(m.nsites, m.alt_name) for m in motifs]
    with path.open() as handle:
        assert len(bio_motifs.parse(handle, BIOPYTHON[format])) == n
