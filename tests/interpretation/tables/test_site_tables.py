"""Sites and examples: they follow from motifs and thresholds, in the coordinates of the records and of the genome."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from dna_strategies import random_dna
from filter_banks import reverse_complement_of
from hand_made import DATA, EXACT, OTHER, PARTS, SPLIT, hand_made, joined, tabulate
from motifnet.documents import read_table
from motifnet.interpretation.readout import find_motifs
from motifnet.interpretation.tables.motif_tables import MotifTables
from motifnet.interpretation.tables.site_tables import collect_sites, example_table, site_table
from motifnet.models.trained import TrainedModel
from motifnet.motifs.io.files import read_motifs
from motifnet.motifs.scanning.pwm import best_sites
from motifnet.sequences.alphabet import decode_codes, reverse_complement
from motifnet.sequences.dataset import Dataset, Split
from motifnet.sequences.input_spec import IntervalSpec
from motifnet.sequences.io.fasta import read_fasta
from motifnet.sequences.io.labels import read_data
from motifnet.sequences.sequence_set import LengthRule, SequenceSet
from small_models import LENGTH, WORD, planted

NAME = f"m01_{WORD}"


def test_sites_are_those_of_the_motif_file_and_the_thresholds(found: MotifTables, tmp_path: Path) -> None:
    found.write_files(tmp_path)
    motifs, table = read_motifs(tmp_path / "motifs.meme"), read_table(tmp_path / "motifs.tsv")
    best = best_sites(motifs.motifs, DATA.sequences, strands=motifs.strands)
    for column, row in enumerate(table.itertuples()):
        is_site = (best.score[:, column] >= row.threshold) & (DATA.labels[:, 0] == (row.direction == "positive"))
        own = found.sites[found.sites["motif"] == row.motif]
        assert own["sequence_index"].tolist() == np.flatnonzero(is_site).tolist()
        assert own["start"].tolist() == best.start[is_site, column].tolist()
        assert (own["strand"] == "-").tolist() == best.is_reverse[is_site, column].tolist()
        assert own["score"].tolist() == best.score[is_site, column].tolist()
        assert (own["split"] == "test").sum() == getattr(row, f"sites_{row.direction}")


def test_the_site_of_the_planted_motif_is_its_kmer(found: MotifTables) -> None:
    strings = list(DATA.sequences)
    for row in found.sites[found.sites["motif"] == f"m01_{WORD}"].itertuples():
        assert strings[row.sequence_index][row.start : row.end] in (WORD, reverse_complement_of(WORD))
        assert row.name == DATA.sequences.names[row.sequence_index]


@pytest.mark.parametrize("with_sites", [0, 1], ids=["split", "other file"])
def test_sites_in_one_of_two_files(model: TrainedModel, with_sites: int) -> None:
    bare = Dataset.from_labels(SequenceSet.from_strings(["C" * LENGTH, "G" * LENGTH]), [1, 0], DATA.tasks)
    readout = find_motifs(model, SPLIT, test=PARTS["test"], extraction=EXACT)
    *parts, test = readout.occurrences
    parts = [part if with_sites == 0 else part.take([]) for part in parts]
    if with_sites == 0:
        test = replace(test.take([0, 1]), data=bare, score=np.full((2, 1), -9, dtype=np.float32))
    readout = replace(readout, occurrences=(*parts, test))
    sites = collect_sites(readout)
    table = site_table(readout, sites)
    examples = example_table(readout, sites, table)
    assert len(table) == len(sites) > len(examples) > 0
    data = (DATA, PARTS["test"])[with_sites]
    assert table["name"].tolist() == [data.sequences.names[row] for row in table["sequence_index"]]


def test_sites_of_a_file_of_test_sequences_are_listed_last(model: TrainedModel) -> None:
    own = planted(20, 20, seed=7)
    sites = tabulate(model, SPLIT, test=own).sites
    sites = sites[sites["motif"] == NAME]
    of_file = sites.iloc[-20:]
    assert of_file["sequence_index"].tolist() == list(range(20))
    assert of_file["name"].tolist() == list(own.sequences.names[:20])
    assert set(of_file["split"]) == {"test"}
    assert sites["sequence_index"].iloc[:-20].is_monotonic_increasing


# --- coordinates ---


def named(data: Dataset, names: list[str], rule: LengthRule | None = None) -> Dataset:
    return replace(data, sequences=SequenceSet(tuple(names), data.sequences.codes, rule))


def windows(n: int, chromosome: str) -> list[str]:
    return [f"{chromosome}:{1000 * i}-{1000 * i + LENGTH}" for i in range(n)]


def bed(found: MotifTables, folder: Path) -> pd.DataFrame:
    found.write_files(folder)
    columns = ["chrom", "start", "end", "motif", "score", "strand"]
    return pd.read_csv(folder / "sites.bed", sep="\t", names=columns, dtype={"chrom": str})


def test_sites_have_genomic_coordinates_if_names_have(model: TrainedModel, tmp_path: Path) -> None:
    found = tabulate(model, named(DATA, windows(len(DATA), "7")))
    assert set(found.sites["chrom"]) == {"7"}
    assert (found.sites["genome_start"] == 1000 * found.sites["sequence_index"] + found.sites["start"]).all()
    written = bed(found, tmp_path)
    assert len(written) == len(found.sites)
    assert set(zip(written["start"], written["end"], strict=True)) == set(
        zip(found.sites["genome_start"], found.sites["genome_end"], strict=True)
    )
    assert set(MotifTables.read(tmp_path).sites["chrom"]) == {"7"}  # text, not a number


def test_shuffles_with_names_of_positives_have_no_coordinates(model: TrainedModel, tmp_path: Path) -> None:
    found = tabulate(model, named(joined(PARTS["train"]), windows(60, "chr1") * 2))
    of_negatives = found.sites["motif"] == f"m02_{OTHER}"
    assert of_negatives.sum() >= 30
    assert set(found.sites.loc[of_negatives, "chrom"]) == {""}
    assert set(found.sites.loc[of_negatives, "genome_start"]) == {-1}
    assert set(found.sites.loc[found.sites["motif"] == NAME, "chrom"]) == {"chr1"}
    assert set(bed(found, tmp_path)["chrom"]) == {"chr1"}


def test_positives_have_coordinates_whatever_the_names_of_negatives(model: TrainedModel, tmp_path: Path) -> None:
    data = joined(PARTS["train"])
    found = tabulate(model, named(data, [*windows(60, "chr1"), *(f"random{i}" for i in range(60))]))
    assert set(bed(found, tmp_path)["chrom"]) == {"chr1"}
    assert set(bed(tabulate(model, data, extraction=EXACT), tmp_path)["chrom"]) == {f"s{i}" for i in range(60)}


def test_sites_are_in_the_coordinates_of_cropped_and_padded_records(model: TrainedModel, tmp_path: Path) -> None:
    # Records of 30 to 70 bp, padded or cropped to LENGTH bp; the k-mer is 5 bp from the start of each.
    rng = np.random.default_rng(3)
    records = ["".join(rng.choice(list("ACGT"), 22 + 2 * (i % 21))) for i in range(60)]
    records = [record[:5] + WORD + record[5:] for record in records]
    lines = [f">chr1:{1000 * i}-{1000 * i + len(record)}\n{record}\n" for i, record in enumerate(records)]
    (tmp_path / "records.fa").write_text("".join(lines))
    positives = read_fasta(tmp_path / "records.fa", length=LENGTH)
    found = tabulate(model, Dataset.from_classes(positives, planted(0, 60, seed=4).sequences), extraction=EXACT)
    sites = found.sites[found.sites["motif"] == found.motifs.names[0]]
    assert len(sites) > 50
    at_kmer = sites[sites["start"] == 5]
    assert len(at_kmer) >= 0.9 * len(sites)
    assert (at_kmer["end"] == 13).all()
    assert (at_kmer["genome_start"] == 1000 * at_kmer["sequence_index"] + 5).all()


@pytest.mark.parametrize("stranded", [False, True])
def test_sites_of_peaks_are_the_kmers_of_the_genome(stranded: bool, tmp_path: Path) -> None:
    letters = random_dna(1, 20_000, seed=8)[0]
    starts = np.arange(200, 10_000, 100)
    for i, start in enumerate(starts):
        kmer = WORD if i % 3 else reverse_complement_of(WORD)
        letters = letters[:start] + kmer + letters[start + len(WORD) :]
    (tmp_path / "g.fa").write_text(f">chrI\n{letters}\n")
    # The summit, in column 10, is a few bp beside the k-mer.
    rows = "".join(f"chrI\t{s - 40}\t{s + 90}\tp\t0\t{'+-'[s // 100 % 2]}\t1\t-1\t-1\t{47 - s % 7}\n" for s in starts)
    (tmp_path / "p.narrowPeak").write_text(rows)
    (tmp_path / "n.bed").write_text("".join(f"chrI\t{s}\t{s + 50}\t.\t0\t+\n" for s in starts + 9_900))
    intervals = IntervalSpec(genome=tmp_path / "g.fa", stranded=stranded)
    data = read_data(tmp_path / "p.narrowPeak", tmp_path / "n.bed", genome=intervals, length=LENGTH)
    split = Split.from_parts(data, np.where(np.arange(len(data)) % 4 == 0, 2, 0))
    found = tabulate(hand_made((WORD,)), split, extraction=EXACT)
    written = bed(found, tmp_path)
    assert set(written["start"]) == set(starts)
    assert set(written["strand"]) == {"+", "-"}
    kmers = [letters[row.start : row.end] for row in written.itertuples()]
    assert {k if s == "+" else reverse_complement_of(k) for k, s in zip(kmers, written["strand"], strict=True)} == {
        WORD
    }
    assert found.positions["sites_positive"].sum() > 0


# --- examples ---


def test_examples_are_the_strongest_sites_held_out_ones_first(found: MotifTables) -> None:
    for name, own in found.examples.groupby("motif"):
        sites = found.sites[found.sites["motif"] == name]
        in_test = sites[sites["split"] == "test"]
        best = in_test.sort_values("score", ascending=False, kind="stable").head(6)
        columns = ["sequence_index", "name", "start", "end", "strand", "score", "split"]
        assert own.iloc[: len(best)][columns].to_numpy().tolist() == best[columns].to_numpy().tolist()
        assert len(own) == min(6, len(sites))
        assert set(own.iloc[len(best) :]["split"]) <= {"train", "valid"}


def test_examples_are_on_the_strand_of_the_site(found: MotifTables) -> None:
    assert set(found.examples["strand"]) == {"+", "-"}
    for row in found.examples.itertuples():
        codes = DATA.sequences.codes[row.sequence_index]
        start, end = max(row.start - 10, 0), min(row.end + 10, len(codes))
        window = codes[start:end] if row.strand == "+" else reverse_complement(codes[start:end])
        assert row.before + row.matched_sequence + row.after == decode_codes(window)
        assert len(row.matched_sequence) == row.end - row.start
    assert set(found.examples.loc[found.examples["motif"] == NAME, "matched_sequence"]) == {WORD}


def test_examples_of_padded_records_are_without_padding(model: TrainedModel) -> None:
    rule, lengths = LengthRule(LENGTH, "start"), np.full(len(DATA), LENGTH - 4)
    codes = DATA.sequences.codes.copy()
    codes[:, -4:] = 4
    padded = replace(DATA, sequences=SequenceSet(DATA.sequences.names, codes, rule, lengths))
    found = tabulate(model, Split.from_parts(padded, np.repeat([0, 1, 2], [len(part) for part in SPLIT])))
    assert (found.examples["end"] <= LENGTH - 4).all()
    assert not found.examples[["before", "after"]].apply(lambda column: column.str.contains("N")).any(axis=None)


def test_no_motif_no_rows(model: TrainedModel) -> None:
    found = tabulate(model, extraction=replace(EXACT, min_sites=1000))
    assert len(found.motifs) == len(found.sites) == len(found.examples) == len(found.score_counts) == 0
