"""Files of attributions: what TF-MoDISco, genome browsers and tables read."""

from __future__ import annotations

import gzip
from pathlib import Path

import numpy as np
import pybigtools
import pytest
from matplotlib.patches import Rectangle

from dna_strategies import random_dna
from motifnet.documents import read_table
from motifnet.errors import InputError, SpecError
from motifnet.interpretation.attribution import attribution_files
from motifnet.interpretation.attribution.attribution_files import BASE_COLUMNS
from motifnet.interpretation.attribution.contributions import Attributions
from motifnet.interpretation.attribution.explanation_spec import TrackFormat
from motifnet.sequences.alphabet import one_hot_codes, reverse_complement
from motifnet.sequences.ragged import RaggedSequences
from motifnet.sequences.sequence_set import LengthRule, SequenceSet

#: Records of the genome below, as `bedtools getfasta -s` names them; they overlap, and two are longer or shorter.
INTERVALS = [
    ("chr2", 10, 40, "+"),
    ("chr10", 5, 35, "-"),
    ("chr2", 0, 30, "-"),
    ("chr2", 25, 55, "+"),
    ("chr10", 60, 84, "+"),
]
GENOME = {chrom: np.array(list(random_dna(1, 100, seed=seed)[0])) for seed, chrom in enumerate(("chr2", "chr10"))}
COMPLEMENT = dict(zip("ACGTN", "TGCAN", strict=True))


def records(n_unknown: int = 1) -> tuple[list[str], list[str]]:
    """Names and sequences of `INTERVALS`; the genome has N at the first positions."""
    names, strings = [], []
    for chrom, start, end, strand in INTERVALS:
        letters = GENOME[chrom].copy()
        letters[:n_unknown] = "N"
        bases = letters[start:end].tolist()
        strings.append("".join(bases if strand == "+" else [COMPLEMENT[base] for base in reversed(bases)]))
        names.append(f"{chrom}:{start}-{end}({strand})")
    return names, strings


def made(tasks: tuple[str, ...] = ("bound",), *, names: list[str] | None = None, length: int = 28) -> Attributions:
    """Attributions of any values; records are cropped and padded to one length."""
    own, strings = records()
    sequences = RaggedSequences.from_strings(strings, names or own).fit(LengthRule(length))
    values = np.random.default_rng(0).normal(size=(len(own), len(tasks), 4, length)).astype(np.float32)
    values *= (one_hot_codes(sequences.codes).sum(axis=1) > 0)[:, np.newaxis, np.newaxis]
    flat = values if len(tasks) > 1 else values[:, 0]
    return Attributions(sequences, flat, tasks, np.zeros((len(own), len(tasks))), "deeplift", "network")


def plain_means(found: Attributions) -> dict[tuple[str, int], float]:
    """Mean of the observed contributions at each position of the genome, one base at a time."""
    values: dict[tuple[str, int], list[float]] = {}
    length = found.sequences.length
    for observed, codes, (chrom, start, end, strand) in zip(
        found.observed(), found.sequences.codes, INTERVALS, strict=True
    ):
        first = (end - start) // 2 - length // 2
        for i in range(length):
            position = start + first + i if strand == "+" else end - 1 - first - i
            if codes[i] < 4:
                assert "ACGT"[codes[i]] == (base := GENOME[chrom][position]) or COMPLEMENT[base] == "ACGT"[codes[i]]
                values.setdefault((chrom, position), []).append(float(observed[i]))
    return {place: sum(own) / len(own) for place, own in values.items()}


def bedgraph(path: Path) -> dict[tuple[str, int], float]:
    content = path.read_bytes()
    found: dict[tuple[str, int], float] = {}
    text = (gzip.decompress(content) if path.suffix == ".gz" else content).decode()
    rows = [line.split("\t") for line in text.splitlines()]
    for chrom, start, end, value in rows:
        for position in range(int(start), int(end)):
            assert (chrom, position) not in found
            found[chrom, position] = float(value)
    keys = [(chrom, int(start)) for chrom, start, _, _ in rows]
    assert keys == sorted(keys)
    return found


@pytest.mark.parametrize("tasks", [("bound",), ("bound", "a/b", "a b")])
def test_the_pair_for_modisco_has_the_sequences_and_their_contributions(tasks: tuple[str, ...], tmp_path: Path) -> None:
    found = made(tasks)
    found.write_files(tmp_path)
    one_hot = np.load(tmp_path / "one_hot.npz")["arr_0"]
    assert one_hot.shape == (len(found), 4, 28)
    np.testing.assert_array_equal(one_hot, one_hot_codes(found.sequences.codes))
    files = (
        ["contributions"] if len(tasks) == 1 else ["contributions.bound", "contributions.a_b", "contributions.a_b_2"]
    )
    for file, task in zip(files, tasks, strict=True):
        values = np.load(tmp_path / f"{file}.npz")["arr_0"]
        assert values.dtype == np.float32
        np.testing.assert_array_equal(values, found.task(task).values)
        np.testing.assert_array_equal((values * one_hot).sum(axis=1), found.task(task).observed())


@pytest.mark.parametrize("tracks", ["bedgraph.gz", "bedgraph"])
@pytest.mark.parametrize("block", [1, 30, 1 << 20])
def test_tracks_have_the_means_of_overlapping_windows(
    tracks: TrackFormat, block: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("motifnet.sequences.io.genome_tracks._BLOCK", block)
    found = made()
    found.write_files(tmp_path, tracks=tracks)
    means = plain_means(found)
    track = bedgraph(tmp_path / f"contributions.{tracks}")
    assert track.keys() == means.keys()
    assert track == pytest.approx(means, rel=1e-5)


@pytest.mark.parametrize("chromosomes", [None, {"chr10": 100, "chr2": 100, "chr3": 50}])
def test_another_library_reads_the_bigwig(chromosomes: dict[str, int] | None, tmp_path: Path) -> None:
    found = made(("bound", "other"))
    found.write_files(tmp_path, tracks="bigwig", chromosomes=chromosomes)
    for task in found.tasks:
        track = pybigtools.open(str(tmp_path / f"contributions.{task}.bw"))
        lengths = dict(track.chroms())
        assert lengths == (chromosomes or {"chr10": 86, "chr2": 54})
        read = {
            (chrom, position): value
            for chrom in ("chr2", "chr10")
            for start, end, value in track.records(chrom)
            for position in range(start, end)
        }
        means = plain_means(found.task(task))
        assert read.keys() == means.keys()
        assert read == pytest.approx(means, rel=1e-6)


def test_the_strongest_bases_are_those_of_the_contributions(tmp_path: Path) -> None:
    found = made(("bound", "other"))
    found.write_files(tmp_path)
    table = read_table(tmp_path / "bases.tsv")
    assert table.columns.tolist() == list(BASE_COLUMNS)
    _, strings = records()
    for (index, task), own in table.groupby(["sequence_index", "task"], sort=False):
        observed = found.task(task).observed()[index]
        expected = np.sort(np.abs(observed))[::-1][:10]
        assert own["contribution"].abs().tolist() == pytest.approx(expected.tolist(), rel=1e-5)
        assert all(strings[index][row.position] == row.base for row in own.itertuples())
        for row in own.itertuples():
            base = GENOME[row.chrom][row.genome_start]
            assert (base if row.genome_strand == "+" else COMPLEMENT[base]) == row.base
            assert row.genome_end == row.genome_start + 1
    assert len(table) == 2 * 10 * len(found)


def test_without_coordinates_there_is_no_track(tmp_path: Path) -> None:
    made(names=["a", "b", "chr1:1-2", "d", "e"]).write_files(tmp_path)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["bases.tsv", "contributions.npz", "one_hot.npz"]
    table = read_table(tmp_path / "bases.tsv")
    assert set(table["genome_start"]) == {-1}
    assert table["name"].drop_duplicates().tolist() == ["a", "b", "chr1:1-2", "d", "e"]


def test_sequences_without_known_bases_have_no_rows(tmp_path: Path) -> None:
    sequences = SequenceSet.from_strings(["N" * 12, "ACGTACGTACGT"], ["chr1:0-12", "chr1:6-18"])
    values = np.ones((2, 4, 12), dtype=np.float32)
    values[0] = 0
    Attributions(sequences, values, ("t",), np.zeros((2, 1)), "ism", "model").write_files(tmp_path, tracks="bedgraph")
    assert read_table(tmp_path / "bases.tsv")["sequence_index"].unique().tolist() == [1]
    assert (tmp_path / "contributions.bedgraph").read_text() == "chr1\t6\t18\t1\n"


def test_reverse_complements_have_the_same_track(tmp_path: Path) -> None:
    found = made()
    index = [1]
    one = found.take(index)
    (chrom, start, end, _) = INTERVALS[1]
    opposite = SequenceSet(
        [f"{chrom}:{start}-{end}(+)"],
        reverse_complement(one.sequences.codes),
        one.sequences.rule,
        one.sequences.lengths,
    )
    other = Attributions(opposite, one.values[..., ::-1, ::-1], one.tasks, one.outputs, one.method, one.part)
    tracks = []
    for number, own in enumerate((one, other)):
        (tmp_path / str(number)).mkdir()
        own.write_files(tmp_path / str(number), tracks="bedgraph")
        tracks.append((tmp_path / str(number) / "contributions.bedgraph").read_text())
    assert tracks[0] == tracks[1]


def test_the_same_attributions_give_the_same_bytes(tmp_path: Path) -> None:
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        made().write_files(tmp_path / name)
    for path in (tmp_path / "one").iterdir():
        assert path.read_bytes() == (tmp_path / "two" / path.name).read_bytes()


def test_without_pybigwig_the_error_is_raised_before_files_are_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("motifnet.sequences.io.genome_tracks.find_spec", lambda _: None)
    with pytest.raises(InputError):
        made().write_files(tmp_path, tracks="bigwig")
    assert not list(tmp_path.iterdir())


def test_too_many_tasks_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(attribution_files, "_MOST_TASKS", 1)
    with pytest.raises(InputError):
        made(("bound", "other")).write_files(tmp_path)


def test_a_track_of_letters_has_the_contributions_and_the_sites() -> None:
    found = made(("bound", "other"))
    with pytest.raises(SpecError):
        found.plot(0)
    with pytest.raises(InputError):
        found.plot(len(found), "bound")
    axes = found.plot(2, "other")
    outlines = [artist for artist in axes.artists + axes.patches if artist.get_gid() in tuple("ACGT")]
    tops = max(outline.get_path().vertices[:, 1].max() for outline in outlines)
    assert tops == pytest.approx(found.task("other").observed()[2].max(), rel=1e-5)
    consensus = found.sequences[2][8:18]
    below = found.plot(2, "other", motifs=consensus)
    assert any(consensus in text.get_text() for text in below.texts)
    (bar,) = [patch for patch in below.patches if isinstance(patch, Rectangle)]
    assert (bar.get_x(), bar.get_width()) == (8, 10)
    assert bar.get_y() < 0


def test_a_notebook_shows_scores_and_sums() -> None:
    found = made(("bound", "<b>"))
    html = found._repr_html_()
    assert "<b>" not in html
    assert f"{found.observed()[0, 0].sum():.3g}" in html
