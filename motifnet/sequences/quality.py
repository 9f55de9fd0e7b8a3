"""`check_data`: what is wrong with a set of sequences, each finding with a number, a verdict and what to do.

Asked here: could a network tell the classes apart by something else than the biology (letters, length, gaps, "this is
genomic DNA"), and would the figures on held-out sequences be honest? Nothing is trained; 6,400 sequences of 101 bp take
less than a second.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components
from scipy.stats import rankdata

from motifnet.sequences.alphabet import Codes, N, reverse_complement
from motifnet.sequences.dataset import Dataset
from motifnet.sequences.input_spec import IntervalSpec
from motifnet.sequences.io.reader import Length, fit_told, read_files, settle_length
from motifnet.sequences.kmers import kmer_counts
from motifnet.sequences.sequence_set import SequenceSet
from motifnet.sequences.splits.related import shared_kmers
from motifnet.sequences.store import blocks, fill

logger = logging.getLogger("motifnet")

Verdict = Literal["ok", "look", "problem"]
Bools = NDArray[np.bool_]
Ints = NDArray[np.int64]
Floats = NDArray[np.float64]

#: Columns of the table of findings, and what they are.
FINDING_COLUMNS = {
    "check": "what was looked at",
    "task": "the task whose classes are compared; empty where they are not",
    "value": "the number that the verdict rests on",
    "verdict": "ok, look or problem",
    "finding": "the number in words",
    "advice": "what to do; empty where all is well",
}
#: Letters of the word that makes two sequences near-duplicates, as where groups are made for a split.
WORD = 40
#: Runs that count as repeats: one letter so often, or a pair of letters over so many.
HOMOPOLYMER, DINUCLEOTIDE = 12, 20
#: Scores are taken from at most so many letters; so many pairs with a common word are looked at for overlaps.
_MOST_LETTERS, _MOST_PAIRS = 4_000_000, 20_000


@dataclass(frozen=True)
class Finding:
    """One thing that was looked at; fields as in `FINDING_COLUMNS`."""

    check: str
    value: float
    verdict: Verdict
    finding: str
    advice: str = ""
    task: str = ""


def check_data(data: Dataset, *, test: Dataset | None = None) -> tuple[Finding, ...]:
    """Look for what would make a network, or its figures, worthless.

    Parameters
    ----------
    data : Dataset
        Comparisons between classes need a task with both, labelled 0 and 1.
    test : Dataset, optional
        Held-out sequences, of any length: what they share with `data` is told.

    Returns
    -------
    tuple of Finding
        In the order of the checks, with those of every task in turn.
    """
    parts = [data] if test is None else [data, test]
    both = _joined(parts)
    is_test = np.repeat([False, True], [len(data), len(both) - len(data)])
    digests = np.unique(both.strand_hashes(), return_inverse=True)[1]
    pairs = shared_kmers(both.codes, WORD) if both.length >= WORD else np.empty((2, 0), np.int64)
    own = pairs[:, (pairs < len(data)).all(axis=0)]
    found = [_duplicates(digests[~is_test]), _overlaps(both.codes[: len(data)], own), _repeats(data.sequences)]
    if test is not None:
        found.append(_leaks(digests, pairs, is_test))
    scores = _scores(data.sequences)
    for task, labels in zip(data.tasks, data.labels.T, strict=True):
        known = np.isfinite(labels)
        if known.any() and np.isin(labels[known], (0, 1)).all() and len(np.unique(labels[known])) == 2:
            found += _compare_classes(labels, digests[~is_test], pairs, scores, task)
        else:
            found.append(_size(int(known.sum()), "sequences with a label", task))
    return tuple(replace(finding, advice="") if finding.verdict == "ok" else finding for finding in found)


def in_words(findings: Sequence[Finding]) -> list[str]:
    """What was found, each after its task where there are several."""
    if len({finding.task for finding in findings} - {""}) < 2:
        return [finding.finding for finding in findings]
    return [f"{finding.task}: {finding.finding}" if finding.task else finding.finding for finding in findings]


def tell_findings(findings: Sequence[Finding]) -> None:
    """Warn of what is not as it should be (logger ``motifnet``)."""
    for finding, words in zip(findings, in_words(findings), strict=True):
        if finding.verdict != "ok":
            logger.warning("%s (%s). %s", words, finding.verdict, finding.advice)


def read_unchecked(
    positives: str | Path,
    negatives: str | Path | None = None,
    *,
    length: Length = "auto",
    intervals: IntervalSpec = IntervalSpec(),
) -> Dataset:
    """Read one or two classes as they are, whatever is wrong with them: without negatives, of positives only.

    Parameters
    ----------
    positives, negatives : str or Path
        FASTA, plain or gzip, or BED if a genome is given; ``-`` is standard input.
    length, intervals
        As `read_classes`.

    Returns
    -------
    Dataset
        Padded with N to the longest sequence, unless a length is given.

    Raises
    ------
    FormatError
        If a file cannot be read.
    """
    paths = [path for path in (positives, negatives) if path is not None]
    parts, length = read_files(paths, length=length, intervals=intervals)
    rule = settle_length(parts, length, "center")
    sequences = SequenceSet.concatenate([fit_told(part, rule) for part in parts])
    labels = np.repeat([1.0, 0.0][: len(parts)], [len(part) for part in parts])
    return Dataset.from_labels(sequences, labels, ("positive",))


def findings_table(findings: Sequence[Finding]) -> pd.DataFrame:
    """Findings as a table with the columns `FINDING_COLUMNS`."""
    return pd.DataFrame([vars(finding) for finding in findings], columns=list(FINDING_COLUMNS))


def _joined(parts: Sequence[Dataset]) -> SequenceSet:
    """All sequences in one set, the shorter ones padded."""
    length = max(part.sequences.length for part in parts)
    if len(parts) == 1:
        return parts[0].sequences
    return SequenceSet.concatenate([_padded(part.sequences.codes, length) for part in parts])


def _padded(codes: Codes, length: int) -> SequenceSet:
    beyond = ((0, 0), (0, length - codes.shape[1]))
    padded = fill((len(codes), length), lambda rows: np.pad(codes[rows], beyond, constant_values=N))
    return SequenceSet(("",) * len(codes), padded)


def _verdict(value: float, look: float, problem: float) -> Verdict:
    return "problem" if value >= problem else "look" if value >= look else "ok"


# --- sequences that are there twice ---


def _duplicates(digests: Ints) -> Finding:
    n = len(digests) - len(np.unique(digests))
    verdict = _verdict(n / max(len(digests), 1), 1e-9, 0.1)
    advice = "Copies stay in one part of a split, but weigh more than the rest: leave them out."
    return Finding("duplicates", n, verdict, f"{n} of {len(digests)} sequences are copies (either strand)", advice)


def _overlaps(codes: Codes, pairs: Ints) -> Finding:
    first, second = pairs[:, :_MOST_PAIRS]
    overlapping = [(a, b) for a, b in zip(first, second, strict=True) if _overlap(codes[a], codes[b])]
    n = len({row for pair in overlapping for row in pair})
    verdict = _verdict(n / max(len(codes), 1), 1e-9, 0.05)
    at_least = "at least " if pairs.shape[1] > _MOST_PAIRS else ""
    advice = (
        "Windows of one place are no independent evidence: merge them, or take one for each place; a split must keep "
        "them together (motifnet's own does)."
    )
    told = f"{at_least}{n} of {len(codes)} sequences are windows that overlap another's by {WORD} bp or more"
    return Finding("overlapping windows", n, verdict, told, advice)


def _overlap(first: Codes, second: Codes) -> bool:
    """Whether the end of one sequence is the beginning of the other, on either strand, but they are not copies."""
    one = _trimmed(first)
    for other in (_trimmed(second), _trimmed(reverse_complement(second))):
        for left, right in ((one, other), (other, one)):
            place = left.find(right[:WORD])
            if place >= 0 and left[place:] == right[: len(left) - place] and left != right:
                return True
    return False


def _trimmed(codes: Codes) -> bytes:
    return codes.tobytes().strip(bytes([N]))


def _leaks(digests: Ints, pairs: Ints, is_test: Bools) -> Finding:
    same = np.isin(digests, digests[~is_test]) & is_test
    related = _in_mixed_groups(len(digests), pairs, is_test) & is_test
    n, n_test = int((same | related).sum()), int(is_test.sum())
    advice = "Take them out of training, or the figures on these test sequences are flattered."
    told = f"{n} of {n_test} test sequences are in training too ({same.sum()}), or share {WORD} bp with it"
    return Finding("test in training", n, _verdict(n, 1, 0.01 * n_test + 1), told, advice)


def _in_mixed_groups(n: int, pairs: Ints, is_one: Bools) -> Bools:
    """Which sequences are linked, directly or through others, with one of the other kind."""
    graph = coo_array((np.ones(pairs.shape[1], dtype=np.int8), (pairs[0], pairs[1])), shape=(n, n))
    n_groups, group = connected_components(graph, directed=False)
    ones, others = (np.bincount(group[kind], minlength=n_groups) > 0 for kind in (is_one, ~is_one))
    return np.asarray((ones & others)[group])


def _repeats(sequences: SequenceSet) -> Finding:
    found = [_has_run(codes, 1, HOMOPOLYMER) | _has_run(codes, 2, DINUCLEOTIDE) for _, codes in blocks(sequences.codes)]
    runs = np.concatenate([np.empty(0, dtype=np.bool_), *found])
    share = float(runs.mean()) if len(runs) else 0.0
    advice = "Filters may learn the repeat: mask them, or draw negatives from the genome, which has them too."
    told = f"{share:.1%} of sequences hold a run of {HOMOPOLYMER} equal letters, or of pairs over {DINUCLEOTIDE} bp"
    verdict = _verdict(share, 0.1, 0.4)
    return Finding("repeats", share, verdict, told, advice)


def _has_run(codes: Codes, period: int, length: int) -> Bools:
    """Whether a stretch of `length` letters repeats itself after each `period`."""
    if codes.shape[1] < length:
        return np.zeros(len(codes), dtype=np.bool_)
    same = (codes[:, period:] == codes[:, :-period]) & (codes[:, period:] != N)
    before = np.zeros((len(codes), same.shape[1] + 1), dtype=np.int32)
    np.cumsum(same, axis=1, out=before[:, 1:])
    needed = length - period
    return np.asarray((before[:, needed:] - before[:, :-needed] == needed).any(axis=1))


# --- what tells the classes apart ---


@dataclass(frozen=True)
class _Score:
    """A number of each sequence that should not tell its class, and from which auROC on it is worth a look."""

    check: str
    words: str
    values: Floats
    limits: tuple[float, float]
    advice: str


def _scores(sequences: SequenceSet) -> list[_Score]:
    length, composition = sequences.length, sequences.composition()
    lengths = sequences.record_lengths
    known = composition.sum(axis=1)
    gc = composition[:, 1:3].sum(axis=1) / np.maximum(known, 1)
    n_share = np.maximum(np.minimum(lengths, length) - known, 0) / length
    match = "Draw negatives matched in GC: --negatives-from genome or a pool."
    crop = "Crop both classes to one length (--length)."
    diversity = "Against shuffles a network also learns what genomic DNA is: compare with negatives from the genome."
    return [
        _Score("GC", "GC alone", gc, (0.6, 0.7), match),
        _Score("length", "length alone", lengths.astype(np.float64), (0.55, 0.7), crop),
        _Score("N", "the share of N alone", n_share, (0.52, 0.6), "Leave out sequences with many N."),
        _Score(
            "4-mer diversity", "the number of different 4-mers alone", _diversity(sequences), (0.54, 0.65), diversity
        ),
    ]


def _diversity(sequences: SequenceSet) -> Floats:
    """Number of different 4-mers; NaN for sequences that are left out to save time."""
    diversity = np.full(len(sequences), np.nan)
    step = max(1, -(-sequences.codes.size // _MOST_LETTERS))
    chosen = np.arange(0, len(sequences), step)
    diversity[chosen] = np.diff(kmer_counts(sequences.take(chosen), 4, strands="forward").indptr)
    return diversity


def _compare_classes(
    labels: NDArray[np.float32], digests: Ints, pairs: Ints, scores: Sequence[_Score], task: str
) -> Iterator[Finding]:
    positive, negative = labels == 1, labels == 0
    counts = int(positive.sum()), int(negative.sum())
    yield _size(min(counts), "sequences in the smaller class", task)
    share = min(counts) / sum(counts)
    told = f"{counts[0]} positives, {counts[1]} negatives"
    advice = "Read auPRC beside its prevalence; more of the smaller class would help."
    yield Finding("class balance", share, _verdict(-share, -0.1, -0.01), told, advice, task)
    n_both = len(np.intersect1d(digests[positive], digests[negative]))
    advice = "The labels contradict each other: leave these out."
    told = f"{n_both} sequences are both positive and negative"
    yield Finding("in both classes", n_both, _verdict(n_both, 1, 0.01 * min(counts) + 1), told, advice, task)
    known = positive | negative
    rows = np.full(max(len(labels), int(pairs.max(initial=-1)) + 1), -1, dtype=np.int64)
    rows[np.flatnonzero(known)] = np.arange(known.sum())
    inside = rows[pairs][:, (rows[pairs] >= 0).all(axis=0)]
    mixed = _in_mixed_groups(int(known.sum()), inside, positive[known])
    told = f"{mixed.mean():.1%} of sequences share {WORD} bp with the other class, directly or through others"
    advice = "Places near each other, or repeats, are in both: keep negatives away from positives."
    yield Finding(
        "near-duplicates across classes", mixed.mean(), _verdict(mixed.mean(), 0.005, 0.1), told, advice, task
    )
    for score in scores:
        yield _compare(score, positive, negative, task)


def _size(n: int, what: str, task: str) -> Finding:
    verdict = _verdict(-n, -499, -49)
    advice = "Figures will be vague and motifs few: give more sequences, or fewer filters."
    if verdict == "problem":
        advice = (
            "Too few for a network: give some hundreds of each class (weaker peaks too). MEME or STREME find motifs in "
            "so few without learning from some and testing on others."
        )
    return Finding("size", n, verdict, f"{n} {what}", advice, task)


def _compare(score: _Score, positive: Bools, negative: Bools, task: str) -> Finding:
    there = np.isfinite(score.values)
    ones, others = score.values[positive & there], score.values[negative & there]
    auroc = _auroc(ones, others)
    # What chance alone does to an auROC (Mann-Whitney without ties), three times.
    chance = 3 * float(np.sqrt((len(ones) + len(others) + 1) / (12 * max(len(ones) * len(others), 1))))
    strength = max(auroc, 1 - auroc)
    verdict = _verdict(strength, max(score.limits[0], 0.5 + chance), max(score.limits[1], 0.5 + chance))
    told = f"{score.words} tells the classes apart with auROC {auroc:.3f} (means {_mean(ones)} and {_mean(others)})"
    return Finding(score.check, auroc, verdict, told, score.advice, task)


def _mean(values: Floats) -> str:
    if not len(values):
        return "-"
    return f"{values.mean():.0f}" if values.mean() >= 100 else f"{values.mean():.3g}"


def _auroc(ones: Floats, others: Floats) -> float:
    """How often a value of the first is above one of the second, ties half (Mann-Whitney)."""
    if not len(ones) or not len(others):
        return 0.5
    ranks = rankdata(np.concatenate([ones, others]))[: len(ones)]
    return float((ranks.mean() - (len(ones) + 1) / 2) / len(others))
