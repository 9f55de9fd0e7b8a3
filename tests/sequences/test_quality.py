"""`check_data` finds planted confounders, duplicates and leakage, and nothing in random sequences."""

from __future__ import annotations

import logging
from dataclasses import replace

import numpy as np
import pytest

from dna_strategies import random_dna
from motifnet.sequences.dataset import Dataset
from motifnet.sequences.negatives.shuffled import shuffle
from motifnet.sequences.quality import FINDING_COLUMNS, Finding, check_data, findings_table, log_findings, statements
from motifnet.sequences.sequence_set import LengthRule, SequenceSet

POSITIVES, NEGATIVES = random_dna(600, 100, seed=1), random_dna(600, 100, seed=2)


def checked(positives: list[str], negatives: list[str], test: Dataset | None = None) -> dict[str, Finding]:
    sets = (SequenceSet.from_strings(strings) for strings in (positives, negatives))
    return {finding.check: finding for finding in check_data(Dataset.from_classes(*sets), test=test)}


def reverse_complemented(strings: list[str]) -> list[str]:
    return list(SequenceSet.from_strings(strings).reverse_complement())


def test_random_sequences_pass_all_checks() -> None:
    held_out = Dataset.from_labels(SequenceSet.from_strings(random_dna(50, 80, seed=3)), np.ones(50), ("positive",))
    found = checked(POSITIVES, NEGATIVES, held_out)
    assert {finding.verdict for finding in found.values()} == {"ok"}
    assert {finding.advice for finding in found.values()} == {""}
    assert found["size"].value == 600


def test_duplicates_and_contradictory_labels_on_either_strand() -> None:
    found = checked(
        [*POSITIVES, *reverse_complemented(POSITIVES[:3])], [*NEGATIVES, *reverse_complemented(POSITIVES[:2])]
    )
    assert (found["duplicates"].value, found["duplicates"].verdict) == (5, "warning")
    assert (found["in both classes"].value, found["in both classes"].verdict) == (2, "warning")
    assert found["near-duplicates across classes"].value == pytest.approx(6 / 1205)


def test_overlaps_with_test_sequences_are_leakage_not_overlapping_windows() -> None:
    genome = random_dna(1, 1000, seed=5)[0]
    held_out = SequenceSet.from_strings([genome[start : start + 100] for start in (0, 50, 500)])
    test = Dataset.from_labels(held_out, np.ones(3), ("positive",))
    found = checked([*POSITIVES, genome[520:620]], NEGATIVES, test)
    assert found["overlapping windows"].value == 0
    assert found["test in training"].value == 1


def test_means_of_a_feature_are_rounded_but_not_in_exponents() -> None:
    lengths = np.repeat([1000, 1234], 30)
    sequences = SequenceSet.from_strings(random_dna(60, 1300, seed=4))
    of_lengths = SequenceSet(sequences.names, sequences.codes, LengthRule(1300, "center"), lengths)
    found = check_data(Dataset.from_labels(of_lengths, np.repeat([1.0, 0.0], 30), ("positive",)))
    (length,) = (finding for finding in found if finding.check == "length")
    assert length.value == 0
    assert "1000" in length.finding
    assert "1234" in length.finding


@pytest.mark.parametrize("on_strand", [list, reverse_complemented], ids=["same strand", "other strand"])
def test_overlapping_windows_are_distinguished_from_a_shared_repeat(on_strand: type[list[str]]) -> None:
    genome = random_dna(1, 1000, seed=5)[0]
    windows = on_strand([genome[start : start + 100] for start in (0, 55, 300, 420)])
    repeat = random_dna(1, 60, seed=6)[0]
    repeats = [left[:20] + repeat + left[80:] for left in random_dna(5, 100, seed=7)]
    found = checked([*POSITIVES, genome[30:130]], [*NEGATIVES, *windows, *repeats])
    assert found["overlapping windows"].value == 3
    # The repeats are in one class only; the windows at 0 and 55 overlap the one at 30, in the other.
    assert found["near-duplicates across classes"].value == pytest.approx(3 / 1210)


def test_test_sequences_in_the_training_set() -> None:
    strings = [*random_dna(96, 90, seed=8), *reverse_complemented(POSITIVES[:2]), *[s[5:95] for s in POSITIVES[3:5]]]
    test = Dataset.from_labels(
        SequenceSet.from_strings(
            [s[:90].ljust(100, "N") for s in strings[:96]] + [s.ljust(100, "N") for s in strings[96:]]
        ),
        np.ones(100),
        ("positive",),
    )
    found = checked(POSITIVES, NEGATIVES, test)["test in training"]
    assert (found.value, found.verdict) == (4, "problem")
    assert "4 of 100" in found.finding


def test_classes_that_differ_in_composition() -> None:
    rng = np.random.default_rng(4)
    rich = ["".join(rng.choice(list("ACGT"), p=[0.2, 0.3, 0.3, 0.2], size=100)) for _ in range(600)]
    found = checked(rich, NEGATIVES)
    assert found["GC"].verdict == "problem"
    assert found["GC"].value > 0.9
    assert found["GC"].advice
    # Sequences with each half repeated have half the 4-mers.
    poor = [string[:50] * 2 for string in POSITIVES]
    assert checked(poor, NEGATIVES)["4-mer diversity"].verdict == "problem"
    assert checked(poor, list(shuffle(SequenceSet.from_strings(poor), seed=1)))["GC"].value == pytest.approx(0.5)


def test_classes_that_differ_in_length_or_n() -> None:
    codes = SequenceSet.from_strings([*POSITIVES, *(string[:80].center(100, "N") for string in NEGATIVES)]).codes
    lengths = np.repeat([100, 80], 600)
    sequences = SequenceSet(tuple(map(str, range(1200))), codes, LengthRule(100), lengths)
    data = Dataset.from_labels(sequences, lengths == 100, ("t",))
    found = {finding.check: finding for finding in check_data(data)}
    assert (found["length"].value, found["length"].verdict) == (1.0, "problem")
    assert found["N"].verdict == "ok"  # padding is not N of the record
    gaps = checked([string[:90] + "N" * 10 for string in POSITIVES], NEGATIVES)["N"]
    assert (gaps.value, gaps.verdict) == (1.0, "problem")


@pytest.mark.parametrize(("run", "is_found"), [("A" * 12, 1), ("A" * 11, 0), ("CA" * 10, 1), ("CA" * 9 + "C", 0)])
def test_repeats(run: str, is_found: int) -> None:
    strings = ["G" + run + "T" * (len(run) % 2) + "GATCGGTACC" for _ in range(4)]
    data = Dataset.from_labels(SequenceSet.from_strings(strings), np.ones(4), ("t",))
    assert check_data(data)[2].value == is_found


def test_few_sequences_and_a_rare_class() -> None:
    found = checked(POSITIVES[:5], NEGATIVES)
    assert (found["size"].value, found["size"].verdict) == (5, "problem")
    assert found["class balance"].verdict == "problem"


def test_chance_differences_of_small_sets_are_ok() -> None:
    for seed in range(5):
        strings = random_dna(40, 30, seed=seed)
        assert checked(strings[:20], strings[20:])["GC"].verdict == "ok"


def test_values_are_not_compared_as_classes() -> None:
    data = Dataset.from_labels(SequenceSet.from_strings(POSITIVES), np.arange(600) / 600, ("activity",))
    assert [finding.check for finding in check_data(data)][-1] == "size"


@pytest.mark.parametrize(("label", "n"), [(1.0, 1), (0.0, 1), (7.5, 1), (np.nan, 0)])
def test_a_task_with_one_label_is_a_problem(label: float, n: int) -> None:
    sequences = SequenceSet.from_strings(random_dna(600, 60, seed=1))
    labels = np.stack([np.full(600, label), np.arange(600) % 2], axis=1)
    findings = [each for each in check_data(Dataset.from_labels(sequences, labels, ("one", "both"))) if each.task]
    problems = [(each.task, each.check, each.value) for each in findings if each.verdict == "problem"]
    assert ("one", "labels", n) in problems
    assert {task for task, _, _ in problems} == {"one"}


def test_table_and_warnings(caplog: pytest.LogCaptureFixture) -> None:
    found = tuple(checked([*POSITIVES, POSITIVES[0]], NEGATIVES).values())
    assert list(findings_table(found)) == list(FINDING_COLUMNS)
    with caplog.at_level(logging.WARNING, "motifnet"):
        log_findings(found)
    (warning,) = [record.getMessage() for record in caplog.records]
    assert "1 of 1201" in warning


def test_findings_of_several_tasks_are_distinguished(caplog: pytest.LogCaptureFixture) -> None:
    copies, few = Finding("duplicates", 1, "warning", "1 copy", "Out."), Finding("size", 9, "problem", "9 sequences")
    one, two = replace(few, task="first"), replace(few, task="second")
    assert statements([copies, one, one]) == ["1 copy", "9 sequences", "9 sequences"]
    with caplog.at_level(logging.WARNING, "motifnet"):
        log_findings([copies, one, two])
    assert [record.getMessage().partition(". ")[0] for record in caplog.records] == [
        "1 copy",
        "first: 9 sequences (problem)",
        "second: 9 sequences (problem)",
    ]
