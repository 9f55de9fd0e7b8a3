"""`check_data`: checks of a dataset for confounders, duplicates and leakage, each with a value, a verdict and advice.

Confounders are features other than motifs that separate the classes: composition, length, N, repeats. Duplicates and
related sequences make held-out metrics optimistic. No network is trained.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from sklearn.metrics import roc_auc_score

from motifnet.sequences.alphabet import Bools, Codes, Floats, Ints, N, reverse_complement
from motifnet.sequences.dataset import Dataset
from motifnet.sequences.kmers import kmer_counts
from motifnet.sequences.sequence_set import SequenceSet
from motifnet.sequences.splits.related import connected_groups, shared_kmers
from motifnet.sequences.store import blocks, fill_blocks

logger = logging.getLogger("motifnet")

Verdict = Literal["ok", "warning", "problem"]

#: Columns of the table of findings.
FINDING_COLUMNS = {
    "check": "name of the check",
    "task": "task whose classes are compared; empty for checks of all sequences",
    "value": "number on which the verdict is based",
    "verdict": "ok, warning or problem",
    "finding": "result in one sentence",
    "advice": "what to do; empty if the verdict is ok",
}
#: Shared k-mer length from which sequences are near-duplicates, as in `group_sequences`.
_K = 40
#: Shortest runs that are repeats, in bp: of one base, and of a dinucleotide.
_HOMOPOLYMER, _DINUCLEOTIDE = 12, 20
#: Maximum number of pairs that share a k-mer and are checked for overlaps.
_MAX_PAIRS = 20_000
#: Features that should not separate the classes: name in a sentence, auROC of a warning and of a problem, advice.
_FEATURES = {
    "GC": ("GC content", 0.6, 0.7, "Use negatives with matched GC content: --negatives-from genome or a pool."),
    "length": ("length", 0.55, 0.7, "Crop both classes to one length (--length)."),
    "N": ("the fraction of N", 0.52, 0.6, "Remove sequences with many N."),
    "4-mer diversity": (
        "the number of different 4-mers",
        0.54,
        0.65,
        "A network may learn sequence complexity instead of motifs. If the negatives are shuffled, also try negatives "
        "from the genome.",
    ),
}


@dataclass(frozen=True)
class Finding:
    """Result of one check.

    Parameters
    ----------
    check : str
        Name of the check.
    value : float
        Number on which the verdict is based.
    verdict : {"ok", "warning", "problem"}
    finding : str
        The result in one sentence.
    advice : str
        What to do; empty if the verdict is ok.
    task : str
        Task whose classes are compared; empty for checks of all sequences.
    """

    check: str
    value: float
    verdict: Verdict
    finding: str
    advice: str = ""
    task: str = ""


def check_data(data: Dataset, *, test: Dataset | None = None) -> tuple[Finding, ...]:
    """Check a dataset for confounders, duplicates and leakage.

    Parameters
    ----------
    data : Dataset
        Classes are compared in tasks with labels 0 and 1. Without tasks, only the sequences are checked.
    test : Dataset, optional
        Test sequences, of any length: checked for sequences that they share with `data`.

    Returns
    -------
    tuple of Finding
        Those of all sequences, then those of each task.
    """
    parts = [data] if test is None else [data, test]
    both = _joined(parts)
    is_test = np.repeat([False, True], [len(data), len(both) - len(data)])
    digests = np.unique(both.strand_hashes(), return_inverse=True)[1]
    pairs = shared_kmers(both.codes, _K)
    own = pairs[:, (pairs < len(data)).all(axis=0)]
    found = [_duplicates(digests[~is_test]), _overlaps(both.codes[: len(data)], own), _repeats(data.sequences)]
    if test is not None:
        found.append(_leakage(digests, pairs, is_test))
    features = _features(data.sequences)
    if not data.tasks:
        found.append(_size(len(data), "sequences"))
    for task, labels in zip(data.tasks, data.labels.T, strict=True):
        known = labels[np.isfinite(labels)]
        values = np.unique(known)
        if np.array_equal(values, (0, 1)):
            of_task = _compare_classes(labels, digests[~is_test], pairs, features)
        else:
            of_task = iter([_size(len(known), "sequences with a label"), *_one_label(values)])
        found += [replace(finding, task=task) for finding in of_task]
    return tuple(replace(finding, advice="") if finding.verdict == "ok" else finding for finding in found)


def statements(findings: Sequence[Finding]) -> list[str]:
    """The sentence of each finding, after its task if there are several tasks."""
    if len({finding.task for finding in findings} - {""}) < 2:
        return [finding.finding for finding in findings]
    return [f"{finding.task}: {finding.finding}" if finding.task else finding.finding for finding in findings]


def log_findings(findings: Sequence[Finding]) -> None:
    """Log warnings and problems (logger ``motifnet``)."""
    for finding, statement in zip(findings, statements(findings), strict=True):
        if finding.verdict != "ok":
            severity = " (problem)" if finding.verdict == "problem" else ""
            logger.warning("%s%s. %s", statement, severity, finding.advice)


def findings_table(findings: Sequence[Finding]) -> pd.DataFrame:
    """Findings as a table with the columns `FINDING_COLUMNS`."""
    return pd.DataFrame([vars(finding) for finding in findings], columns=list(FINDING_COLUMNS))


def _joined(parts: Sequence[Dataset]) -> SequenceSet:
    """All sequences in one set, padded to the longest."""
    if len(parts) == 1:
        return parts[0].sequences
    length = max(part.sequences.length for part in parts)

    def padded(codes: Codes) -> SequenceSet:
        beyond = ((0, 0), (0, length - codes.shape[1]))
        filled = fill_blocks((len(codes), length), lambda rows: np.pad(codes[rows], beyond, constant_values=N))
        return SequenceSet(("",) * len(codes), filled)

    return SequenceSet.concatenate([padded(part.sequences.codes) for part in parts])


def _verdict(value: float, warning: float, problem: float) -> Verdict:
    return "problem" if value >= problem else "warning" if value >= warning else "ok"


# --- duplicates, overlaps, leakage, repeats ---


def _duplicates(digests: Ints) -> Finding:
    n = len(digests) - len(np.unique(digests))
    verdict = _verdict(n / max(len(digests), 1), 1e-9, 0.1)
    advice = "Remove duplicates: they stay in one part of a split, but have more weight than other sequences."
    return Finding("duplicates", n, verdict, f"{n} of {len(digests)} sequences are duplicates (either strand)", advice)


def _overlaps(codes: Codes, pairs: Ints) -> Finding:
    n = len({row for a, b in pairs[:, :_MAX_PAIRS].T if _overlap(codes[a], codes[b]) for row in (a, b)})
    verdict = _verdict(n / max(len(codes), 1), 1e-9, 0.05)
    at_least = "at least " if pairs.shape[1] > _MAX_PAIRS else ""
    advice = (
        "Merge overlapping windows, or keep one per region: they are not independent (a split keeps them together)."
    )
    text = f"{at_least}{n} of {len(codes)} sequences overlap another window by {_K} bp or more"
    return Finding("overlapping windows", n, verdict, text, advice)


def _overlap(first: Codes, second: Codes) -> bool:
    """Whether the end of one sequence is the start of the other, on either strand, but they are not duplicates."""
    one, *others = (codes.tobytes().strip(bytes([N])) for codes in (first, second, reverse_complement(second)))
    for left, right in (pair for other in others for pair in ((one, other), (other, one))):
        start = left.find(right[:_K])
        if start >= 0 and left[start:] == right[: len(left) - start] and left != right:
            return True
    return False


def _leakage(digests: Ints, pairs: Ints, is_test: Bools) -> Finding:
    same = np.isin(digests, digests[~is_test]) & is_test
    related = _in_mixed_groups(len(digests), pairs, is_test) & is_test
    n, n_test = int((same | related).sum()), int(is_test.sum())
    advice = "Remove them from training: metrics on these test sequences are optimistic."
    text = f"{n} of {n_test} test sequences are training sequences ({same.sum()}) or share {_K} bp with one"
    return Finding("test in training", n, _verdict(n, 1, 0.01 * n_test + 1), text, advice)


def _in_mixed_groups(n: int, pairs: Ints, is_one: Bools) -> Bools:
    """Mask of sequences that are linked, directly or through others, to a sequence of the other kind."""
    n_groups, group = connected_groups(pairs[0], pairs[1], n)
    ones, others = (np.bincount(group[kind], minlength=n_groups) > 0 for kind in (is_one, ~is_one))
    return np.asarray((ones & others)[group])


def _repeats(sequences: SequenceSet) -> Finding:
    n = sum(
        int((_has_run(codes, 1, _HOMOPOLYMER) | _has_run(codes, 2, _DINUCLEOTIDE)).sum())
        for _, codes in blocks(sequences.codes)
    )
    fraction = n / max(len(sequences), 1)
    advice = "Filters may learn repeats: mask them, or use negatives from the genome, which also has repeats."
    text = (
        f"{fraction:.1%} of sequences have a homopolymer of {_HOMOPOLYMER} bp or a dinucleotide repeat of "
        f"{_DINUCLEOTIDE} bp"
    )
    return Finding("repeats", fraction, _verdict(fraction, 0.1, 0.4), text, advice)


def _has_run(codes: Codes, period: int, length: int) -> Bools:
    """Mask of sequences with a repeat of `length` bp with this period."""
    if codes.shape[1] < length:
        return np.zeros(len(codes), dtype=np.bool_)
    same = (codes[:, period:] == codes[:, :-period]) & (codes[:, period:] != N)
    before = np.zeros((len(codes), same.shape[1] + 1), dtype=np.int32)
    np.cumsum(same, axis=1, out=before[:, 1:])
    needed = length - period
    return np.asarray((before[:, needed:] - before[:, :-needed] == needed).any(axis=1))


# --- differences between classes ---


def _features(sequences: SequenceSet) -> dict[str, Floats]:
    """Values of `_FEATURES` for each sequence."""
    lengths, length = sequences.record_lengths, sequences.length
    n_unknown = np.minimum(lengths, length) - sequences.composition().sum(axis=1)
    return {
        "GC": sequences.gc_content(),
        "length": lengths.astype(np.float64),
        "N": np.maximum(n_unknown, 0) / length,
        "4-mer diversity": _diversity(sequences),
    }


def _diversity(sequences: SequenceSet) -> Floats:
    """Number of different 4-mers in a sample of about 4 * 10^6 bases; NaN for other sequences."""
    diversity = np.full(len(sequences), np.nan)
    sample = np.arange(0, len(sequences), max(1, -(-sequences.codes.size // 4_000_000)))
    diversity[sample] = np.diff(kmer_counts(sequences.take(sample), 4, strands="forward").indptr)
    return diversity


def _compare_classes(
    labels: NDArray[np.float32], digests: Ints, pairs: Ints, features: Mapping[str, Floats]
) -> Iterator[Finding]:
    positive, negative = labels == 1, labels == 0
    counts = int(positive.sum()), int(negative.sum())
    yield _size(min(counts), "sequences in the smaller class")
    fraction = min(counts) / sum(counts)
    text = f"{counts[0]} positives, {counts[1]} negatives"
    advice = "Compare auPRC with the prevalence; add sequences to the smaller class."
    yield Finding("class balance", fraction, _verdict(-fraction, -0.1, -0.01), text, advice)
    n_both = len(np.intersect1d(digests[positive], digests[negative]))
    advice = "Remove them: their labels contradict each other."
    text = f"{n_both} sequences are both positive and negative"
    yield Finding("in both classes", n_both, _verdict(n_both, 1, 0.01 * min(counts) + 1), text, advice)
    known = positive | negative
    rows = np.full(max(len(labels), int(pairs.max(initial=-1)) + 1), -1, dtype=np.int64)
    rows[np.flatnonzero(known)] = np.arange(known.sum())
    inside = rows[pairs][:, (rows[pairs] >= 0).all(axis=0)]
    mixed = _in_mixed_groups(int(known.sum()), inside, positive[known]).mean()
    text = f"{mixed:.1%} of sequences share {_K} bp with the other class, directly or through other sequences"
    advice = "Use negatives at a distance from the positives: nearby regions or repeats are in both classes."
    yield Finding("near-duplicates across classes", mixed, _verdict(mixed, 0.005, 0.1), text, advice)
    for check, values in features.items():
        yield _compare(check, values, positive, negative)


def _size(n: int, what: str) -> Finding:
    verdict = _verdict(-n, -499, -49)
    advice = "Metrics will be imprecise and motifs few: add sequences, or use fewer filters."
    if verdict == "problem":
        advice = (
            "Too few for a network: use hundreds of sequences of each class, e.g. weaker peaks too. MEME and STREME "
            "find motifs in a few dozen sequences, without held-out tests."
        )
    return Finding("size", n, verdict, f"{n} {what}", advice)


def _one_label(values: NDArray[np.float32]) -> Iterator[Finding]:
    """A problem if there are no two different labels."""
    if len(values) < 2:
        text = f"all labels are {values[0]:g}" if len(values) else "no label is known"
        advice = "A network needs sequences with different labels: add the other class, or choose other tasks."
        yield Finding("labels", len(values), "problem", text, advice)


def _compare(check: str, values: Floats, positive: Bools, negative: Bools) -> Finding:
    """The auROC of a feature as a classifier."""
    name, warning, problem, advice = _FEATURES[check]
    measured = np.isfinite(values)
    ones, others = values[positive & measured], values[negative & measured]
    auroc = 0.5
    if len(ones) and len(others):
        auroc = float(roc_auc_score(np.repeat([1, 0], [len(ones), len(others)]), np.concatenate([ones, others])))
    # Three standard errors of an auROC by chance (Mann-Whitney without ties).
    chance = 3 * float(np.sqrt((len(ones) + len(others) + 1) / (12 * max(len(ones) * len(others), 1))))
    verdict = _verdict(max(auroc, 1 - auroc), max(warning, 0.5 + chance), max(problem, 0.5 + chance))
    text = (
        f"{name} alone separates the classes with auROC {max(auroc, 1 - auroc):.3f} "
        f"(means {_mean(ones)} in positives and {_mean(others)} in negatives)"
    )
    return Finding(check, auroc, verdict, text, advice)


def _mean(values: Floats) -> str:
    if not len(values):
        return "-"
    return f"{values.mean():.0f}" if values.mean() >= 100 else f"{values.mean():.3g}"
