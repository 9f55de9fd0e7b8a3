"""Every format that is read: values, what follows another format, numbers that are none, and linear time."""

from __future__ import annotations

import itertools
import re
from pathlib import Path

import numpy as np
import pytest
from numpy.testing import assert_allclose

from motif_examples import CONSENSUS, EXAMPLES, PPM
from motifnet.errors import FormatError, InputError
from motifnet.motifs.extraction_spec import FORMATS, READ_FORMATS
from motifnet.motifs.io.common import MotifText
from motifnet.motifs.io.files import parse_motifs, read_motifs, recognise

ALL = {**EXAMPLES, "consensus": CONSENSUS}


def refused(text: str, **how: object) -> FormatError:
    with pytest.raises(FormatError) as caught:
        parse_motifs(text, path="some.txt", **how)  # type: ignore[arg-type]
    return caught.value


def test_there_is_an_example_of_every_format() -> None:
    assert set(ALL) == set(READ_FORMATS) >= set(FORMATS)


@pytest.mark.parametrize("format", EXAMPLES)
def test_values_of_each_format(format: str) -> None:
    text, names = EXAMPLES[format]
    assert recognise(MotifText.of(text, "some.txt")) == format
    for given in (None, format):
        motifs = parse_motifs(text, format=given)
        assert motifs.names == names
        for motif in motifs:
            assert_allclose(motif.ppm.T, PPM, atol=1e-12)


@pytest.mark.parametrize("format", ALL)
def test_line_ends_and_a_missing_last_newline_do_not_matter(format: str) -> None:
    text, names = ALL[format]
    for changed in (text.rstrip("\n"), text.replace("\n", "\r\n"), "\ufeff" + text):
        assert parse_motifs(changed).names == names


@pytest.mark.parametrize(("first", "second"), list(itertools.permutations(ALL, 2)))
def test_a_second_format_in_a_file_is_an_error_at_its_first_line(first: str, second: str) -> None:
    """Otherwise the motifs of one of them would be dropped."""
    above = ALL[first].text + "\n"
    error = refused(above + ALL[second].text)
    assert error.line is not None
    if second != "matrix":  # rows of numbers belong to the motif above
        assert error.line == above.count("\n") + 1
    # Motifs that are invalid may be left out, but not those of another format.
    if second != "matrix":
        assert refused(above + ALL[second].text, skip_invalid=True).line == error.line


@pytest.mark.parametrize("format", ALL)
@pytest.mark.parametrize("rest", ["what is this", "0.1 0.2 0.3 0.4", "1 2", ">", "\x00", "<html>", "A 1 2 3 x"])
def test_trailing_text_is_an_error(format: str, rest: str) -> None:
    if (format, rest) != ("matrix", "0.1 0.2 0.3 0.4"):  # another matrix
        assert refused(f"{ALL[format].text}\n{rest}\n").line is not None


@pytest.mark.parametrize(
    "number", ["nan", "inf", "-inf", "-1", "1e999", "9" * 5000, "²", "٣", "1_0", "0x1", "1,5", "--1"]
)
@pytest.mark.parametrize("format", EXAMPLES)
def test_what_is_not_a_count_is_an_error_in_its_line(format: str, number: str) -> None:
    """Each number of the first matrix is replaced in turn."""
    lines = EXAMPLES[format].text.splitlines()
    for index, line in enumerate(lines):
        fields = list(re.finditer(r"(?<![\w.:-])[0-9.]+(?![\w.:(])", line))
        if not fields or (":" in line.split("\t")[0] and format == "meme") or "version" in line:
            continue
        fields = fields[1:] if format in ("transfac", "cisbp") else fields  # the position
        for field in fields[:4] if not line.startswith((">", "P")) else []:
            changed = [*lines[:index], line[: field.start()] + number + line[field.end() :], *lines[index + 1 :]]
            error = refused("\n".join(changed))
            assert error.line in (index + 1, None), changed[index]
            if index > 4:
                assert error.line == index + 1


@pytest.mark.parametrize("number", ["nan", "-1", "inf", "²", "1" * 5000, "x"])
@pytest.mark.parametrize("key", ["alength", "w", "nsites"])
def test_numbers_of_meme_keys(key: str, number: str) -> None:
    text = re.sub(rf"\b{key}= [0-9]+", f"{key}= {number}", EXAMPLES["meme"].text)
    assert refused(text).line == 6


@pytest.mark.parametrize(
    ("old", "new"), [("3.2", "nan"), ("3.2", "1e9"), ("T:8", "T:nan"), ("T:8", "T:-8"), ("T:8", "T:" + "9" * 400)]
)
def test_numbers_of_homer_headers(old: str, new: str) -> None:
    text = EXAMPLES["homer"].text
    assert refused(text + text.replace("first", "third").replace("second", "x").replace(old, new)).line == 9


LONG = 150_000
LONG_LINES = {
    "letters after the matrix keyword": "MEME version 4\nMOTIF m\nletter-probability matrix: " + "a" * LONG,
    "spaces before a keyword": "MEME version 4\nMOTIF m\n" + " " * LONG + "letter-probability",
    "many width": "MEME version 4\nMOTIF m" + " width" * LONG + "\nletter-probability matrix:\n0 0 0 x\n",
    "many equals signs": "MEME version 4\nMOTIF m\nletter-probability matrix:" + "a =" * LONG,
    "quotes": 'MEME version 4\nALPHABET "DNA"\n' + '"' * LONG,
    "digits": "MEME version 4\nMOTIF m\nletter-probability matrix:\n0 0 0 " + "1" * LONG + "x",
    "brackets": ">a\nA " + "[" * LONG,
    "spaces in a row": ">a\nA" + " " * LONG + "x\nC 1\nG 1\nT 1\n",
    "a base and spaces": "A" + " " * LONG + "x",
    "dots": ">a\nA " + "." * LONG + "\nC 1\nG 1\nT 1\n",
    "a row number": "AC x\nP0 A C G T\n" + "9" * LONG + " 1 2 3 4\n",
    "target sequences": ">ACG\tx\t3\t-1\t0\tT:" + "9" * LONG + "\n0 0 0 1\n",
    "a title": "x" * LONG + "\nA:\t1\nC:\t1\nG:\t1\n",
    "a consensus": "ACGT" * LONG,
    "white space lines": " \t" * LONG + "\n",
    "titles": ">a\n" * LONG,
    "tags": "XX\n" * LONG,
}


@pytest.mark.timeout(60)
@pytest.mark.parametrize("text", LONG_LINES.values(), ids=LONG_LINES)
def test_long_lines_are_refused_in_linear_time(text: str) -> None:
    """A quadratic regular expression needs minutes for one of these lines."""
    assert len(str(refused(text))) < 1000


def test_the_size_of_a_file_is_bounded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("motifnet.motifs.io.files._MOST_CHARACTERS", 100)
    monkeypatch.setattr("motifnet.motifs.io.common._MOST_LINES", 20)
    (tmp_path / "large.meme").write_text("MEME version 4\n" + "A" * 100)
    with pytest.raises(FormatError) as caught:
        read_motifs(tmp_path / "large.meme")
    assert caught.value.path == str(tmp_path / "large.meme")
    assert refused("\n" * 30 + "1 2 3\n" * 21).line == 51
    monkeypatch.setattr("motifnet.motifs.io.common._LONGEST_LINE", 50)
    assert refused(">a\nA " + "1 " * 30 + "\n").line == 2


@pytest.mark.parametrize("format", ["cisbp", "uniprobe"])
def test_damaged_probabilities_are_not_counts(format: str) -> None:
    """Otherwise one damaged number would turn all columns into counts."""
    error = refused(EXAMPLES[format].text.replace("0.75", "1.75", 1))
    assert error.line == (4 if format == "cisbp" else 1)


def test_alternate_names_of_any_length_survive_jaspar() -> None:
    from motifnet.motifs.io import jaspar

    text = EXAMPLES["meme"].text.replace("first one", "first " + "A" * 10_000)
    handle = __import__("io").StringIO()
    jaspar.write(parse_motifs(text), handle)
    assert [len(motif.alt_name) for motif in parse_motifs(handle.getvalue())] == [10_000, 0]


def test_an_unknown_format_or_orientation() -> None:
    for how in ({"format": "xms"}, {"orientation": "rows"}):
        with pytest.raises(InputError):
            parse_motifs(EXAMPLES["jaspar"].text, **how)  # type: ignore[arg-type]


# --- motifs that are invalid ---

MEME_MOTIF = "MOTIF {}\nletter-probability matrix: alength= 4 w= 1\n {}\n\n"
ODD = {
    "meme: without a matrix": EXAMPLES["meme"].text + "MOTIF third\n",
    "meme: the name of another": EXAMPLES["meme"].text + MEME_MOTIF.format("first", "0 0 0 1"),
    "meme: a column of zeros": EXAMPLES["meme"].text + MEME_MOTIF.format("third", "0 0 0 0"),
    "meme: log odds": EXAMPLES["meme"].text + MEME_MOTIF.format("third", "-1 2 -1 -1"),
    "jaspar: a column of zeros": EXAMPLES["jaspar"].text + ">third\nA [ 1 0 ]\nC [ 1 0 ]\nG [ 0 0 ]\nT [ 0 0 ]\n",
    "jaspar: without a matrix": ">empty\n" + EXAMPLES["jaspar"].text,
    "transfac: a column of zeros": EXAMPLES["transfac"].text + "AC  third\nP0 A C G T\n1 0 0 0 0\n//\n",
    "transfac: without a matrix": EXAMPLES["transfac"].text + "AC  third\nXX\n//\n",
    "homer: the name of another": EXAMPLES["homer"].text + ">C\tfirst\t1\n0 1 0 0\n",
    "cisbp: without rows": EXAMPLES["cisbp"].text + "Motif\tthird\nPos\tA\tC\tG\tT\n",
    "uniprobe: a column of zeros": EXAMPLES["uniprobe"].text + "third\nA:\t0\nC:\t0\nG:\t0\nT:\t0\n",
    "matrix: bases or positions": EXAMPLES["matrix"].text + "\n1 0 0 0\n0 1 0 0\n0 0 1 0\n0 0 0 1\n",
    "consensus: the name of another": CONSENSUS.text + "ACGTT Reb1\n",
}


@pytest.mark.parametrize(("name", "text"), ODD.items(), ids=ODD)
def test_invalid_motifs_are_left_out_on_request(name: str, text: str, caplog: pytest.LogCaptureFixture) -> None:
    error = refused(text)
    assert error.line is not None
    assert any("skip" in note for note in error.__notes__)
    motifs = parse_motifs(text, skip_invalid=True)
    assert len(motifs) == 2
    assert set(ALL[name.partition(":")[0]].names) >= set(motifs.names) - {"motif_3"}
    (record,) = caplog.records
    assert record.levelname == "WARNING"
    assert record.args[:2] == (1, 3)  # type: ignore[index]


def test_a_file_of_invalid_motifs_only_is_an_error() -> None:
    assert refused(">a\nA [ 0 ]\nC [ 0 ]\nG [ 0 ]\nT [ 0 ]\n", skip_invalid=True).line == 1


def test_a_cut_motif_in_the_middle_is_not_part_of_the_next() -> None:
    assert refused(">C\ta\t1\n0 1 0 0\n\n0 0 0 1\n").line == 4
    assert refused("MEME version 4\nMOTIF m\nletter-probability matrix:\n0 0 0 1\n\n0 0 0 1\n").line == 6
    assert refused(">a\n1 2 3 4\n\n1 2 3 4\n").line == 4


def test_names_of_single_matrices_are_those_of_the_file(tmp_path: Path) -> None:
    (tmp_path / "M0001_1.02.txt").write_text("Pos\tA\tC\tG\tT\n1\t0.1\t0.2\t0.3\t0.4\n2\t1\t0\t0\t0\n")
    (tmp_path / "MA0001.pfm").write_text("1 2 3 4 5\n2 2 2 2 2\n0 0 1 0 0\n9 8 7 6 5\n")
    (tmp_path / "hox.pwm").write_text("A:\t0.5\t1\nC:\t0.5\t0\nG:\t0\t0\nT:\t0\t0\n")
    found = [read_motifs(tmp_path / name)[0] for name in ("M0001_1.02.txt", "MA0001.pfm", "hox.pwm")]
    assert [motif.name for motif in found] == ["M0001_1.02", "MA0001", "hox"]
    assert parse_motifs((tmp_path / "MA0001.pfm").read_text()).names == ("motif_1",)
    assert_allclose(found[0].ppm.T, [[0.1, 0.2, 0.3, 0.4], [1, 0, 0, 0]])
    assert found[1].counts.tolist() == [[1, 2, 3, 4, 5], [2] * 5, [0, 0, 1, 0, 0], [9, 8, 7, 6, 5]]


def test_seed_and_wobble_output_has_probabilities_beside_scores() -> None:
    probabilities = "A:\t0.7\t0.1\nC:\t0.1\t0.1\nG:\t0.1\t0.1\nT:\t0.1\t0.7\n"
    scores = probabilities.replace("0.", "-0.")
    record = (
        "# Motif: {0}\tEnrichment Score: 0.49\n1\t{0}\t0.49\n\nEnrichment score matrix\n\n"
        + scores
        + "\nEnergy matrix for enoLOGOS\n\nPO\t1\t2\n"
        + scores
        + "\nProbability matrix\n\n"
        + probabilities
        + "\n\n"
    )
    motifs = parse_motifs(record.format("GTAATAAA") + record.format("CCATAAAA"))
    assert motifs.names == ("GTAATAAA", "CCATAAAA")
    for motif in motifs:
        assert_allclose(motif.ppm, [[0.7, 0.1], [0.1, 0.1], [0.1, 0.1], [0.1, 0.7]])


def test_transfac_with_further_columns_and_without_ends() -> None:
    text = (
        "//\nNA\tADNP.p2\nPO\tA\tC\tG\tT\tcons\tinf\n01\t9\t34\t25\t32\tN\t0.05\n02\t100\t0\t0\t0\tA\t1.9\n//\n//\n"
        "NA\tAHR.p2\nPO\tA\tC\tG\tT\tcons\tinf\n01\t0\t0\t0\t100\tT\t2\n//\n"
    )
    first, second = parse_motifs(text)
    assert (first.name, first.counts.T.tolist()) == ("ADNP.p2", [[9, 34, 25, 32], [100, 0, 0, 0]])
    assert (second.name, second.consensus) == ("AHR.p2", "T")
    without_end = "AC {}\nXX\nID x\nXX\nDE y\nPO\tA\tC\tG\tT\n01\t0\t0\t37\t0\n02\t37\t0\t0\t0\nXX\n"
    motifs = parse_motifs(without_end.format("MA1") + without_end.format("MA2"))
    assert [(motif.name, motif.consensus) for motif in motifs] == [("MA1", "GA"), ("MA2", "GA")]
    assert refused(text.replace("1.9", "1.9\t7")).line == 5


def test_text_output_of_dreme_and_streme() -> None:
    matrix = "letter-probability matrix: alength= 4 w= 1 nsites= {} E= {}\n1 0 0 0\n"
    dreme = (
        "# DREME 5.1.1\n#   host: here\n\nMEME version 5.1.1\n\nstrands: + -\n\n"
        "Background letter frequencies (from dataset):\n"
        "A 0.3 C 0.2 G 0.2 T 0.3\n\nMOTIF AAW DREME-1\n\n#  Word  Pos\n# BEST AAW 9\n\n"
        + matrix.format(19, "3.0e-006")
        + "\n\n# Stopping reason: count\n#    Running time: 286.85 seconds\n"
    )
    rule = "*" * 80 + "\n"
    streme = (
        rule
        + "STREME - Sensitive\n"
        + rule
        + "MEME version 5.4.1 (Release date: x)\n\nFor further information\n"
        + rule
        + "ALPHABET= ACGT\nBackground letter frequencies\nA 0.3 C 0.2 G 0.2 T 0.3\n\nMOTIF 1-AAW STREME-1\n"
        + matrix.format(19, "3.0e-006")
        + "\n"
        + rule
        + "Stopped because 3 motifs\nFINALTIME: 3.2\n"
    )
    for text, name in ((dreme, "AAW"), (streme, "1-AAW")):
        (motif,) = parse_motifs(text)
        assert (motif.name, motif.nsites, motif.e_value, motif.consensus) == (name, 19, 3e-6, "A")
        assert_allclose(motif.background, [0.3, 0.2, 0.2, 0.3])


def test_consensus_sequences_have_equal_counts_of_their_bases() -> None:
    first, second = parse_motifs(CONSENSUS.text)
    assert np.array_equal(first.ppm.argmax(axis=0), ["ACGT".index(base) for base in "TTACCCG"])
    assert_allclose(second.ppm[:, 3:], np.array([[0.5, 0, 0.5, 0], [0, 0, 0, 1], [0.25] * 4]).T)
    assert (first.nsites, second.consensus) == (None, "CACRTN")
    for text in ("data\nbad\n", "AC\n", "ACGT 1.5\n", "A" * 101 + "\n"):  # words, short, tables of k-mers, sequences
        assert refused(text).line is None
