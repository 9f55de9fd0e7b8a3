"""The summary at the top of the report: motifs found, accuracy of the model, and caveats."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from motifnet.html import shortened
from motifnet.models.baselines import BASELINES
from motifnet.report.cards import NOT_TESTED, SIGNIFICANT, Card
from motifnet.report.formatting import MISSING, count, finite, fixed, listed, percent
from motifnet.report.performance import TaskView, is_few
from motifnet.report.results_folder import Results


def summary(results: Results, cards: Sequence[Card], tasks: Sequence[TaskView]) -> dict[str, str]:
    """Headings and texts of the summary."""
    has_tasks = len(results.metrics) > 1
    return {
        "Motifs": _motifs(cards, results.kinds, has_tasks=has_tasks),
        "Accuracy": _accuracy(tasks),
        "Caveats": " ".join(
            [
                *_problems(results.data.get("findings") or (), has_tasks=has_tasks),
                *_sizes(cards, tasks),
                *_baselines(tasks),
                *_importances(cards),
                *_replicates(cards),
            ]
        )
        or "None: the folder contains no statistics.",
    }


def _motifs(cards: Sequence[Card], kinds: tuple[str, str], *, has_tasks: bool) -> str:
    if not cards:
        return "No motif found: no filter of the network has enough sites."
    significant = [card for card in cards if card.row["status"] == SIGNIFICANT]
    first = [card for card in significant if card.is_enriched_in_positives]
    second = [card for card in significant if not card.is_enriched_in_positives]
    if first and second:
        verb = "is" if len(second) == 1 else "are"
        others = f"{len(second)} {verb} enriched in the {kinds[1]}: {listed([card.short for card in second])}."
        return f"{_enriched(first, kinds[0], kinds, has_tasks)} {others}"
    if significant:
        return _enriched(significant, kinds[0] if first else kinds[1], kinds, has_tasks)
    number = "One motif" if len(cards) == 1 else f"{len(cards)} motifs"
    if all(card.row["status"] == NOT_TESTED for card in cards):
        return f"{number} found, not tested on held-out sequences: {listed([_named(card) for card in cards])}."
    if any("too few" in str(card.row["status"]) for card in cards):
        return f"{number} found; there are too few held-out sequences to test enrichment."
    return f"{number} found; none is significantly enriched in held-out sequences."


def _enriched(cards: Sequence[Card], kind: str, kinds: tuple[str, str], has_tasks: bool) -> str:
    """The motifs enriched in one class; the first few with fractions of sequences and, of several tasks, the task."""
    texts = [
        _with_fractions(card, kinds) + (f" (task {shortened(card.row['task'], 30)})" if has_tasks else "")
        for card in cards[:3]
    ]
    if len(cards) > 3:
        texts.append(f"and {len(cards) - 3} more")
    number = "One motif is" if len(cards) == 1 else f"{len(cards)} motifs are"
    return f"{number} enriched in the held-out {kind}: {'; '.join(texts)}."


def _named(card: Card) -> str:
    """A motif and the known motif it resembles. A match suggests a family of factors, not the bound factor."""
    if not card.row["match_name"]:
        unmatched = ", no known match" if card.row["match_kind"] == "none" else ""  # otherwise no database was searched
        return f"{card.short} ({shortened(card.row['consensus'], 24)}{unmatched})"
    part = "part of " if card.row["match_kind"] == "partial" else ""
    return f"{card.short} (like {part}{card.title.removesuffix(' (part)')})"


def _with_fractions(card: Card, kinds: tuple[str, str]) -> str:
    """A motif with the fractions of both classes that have a site, enriched class first."""
    fractions = [percent(card.row[f"sites_{kind}"], card.row[f"n_{kind}"]) for kind in ("positive", "negative")]
    if MISSING in fractions:
        return _named(card)
    first, second = (f"{text} of the {kind}" for text, kind in zip(fractions, kinds, strict=True))
    if not card.is_enriched_in_positives:
        first, second = second, first
    return f"{_named(card)}, in {first} and {second}"


def _accuracy(tasks: Sequence[TaskView]) -> str:
    if not tasks:
        return "Not available: the folder contains motifs only."
    if len(tasks) > 1:
        return _range_of_accuracies(tasks)
    (task,) = tasks
    if task.value is None:
        return f"Not available: {task.sizes} are held out."
    interval = ""
    if task.interval:
        interval = f" (95\u202f% interval {fixed(task.interval[0], 2)} to {fixed(task.interval[1], 2)})"
    others = [f"{name} {fixed(value, 2)}" for name, value in task.baselines]
    comparison = f" For comparison: {listed(others, most=4)}." if others else ""
    return f"{task.score} {fixed(task.value, 3)}{interval} on {task.sizes} (held out).{comparison}"


def _range_of_accuracies(tasks: Sequence[TaskView]) -> str:
    known = sorted((task for task in tasks if task.value is not None), key=lambda task: task.value or 0.0)
    if not known:
        return "Not available: all held-out sequences belong to one class."
    lowest, highest = (fixed(task.value, 2) for task in (known[0], known[-1]))
    if lowest == highest:
        return f"{known[0].score} {highest} on held-out sequences, for each of {len(known)} tasks."
    return (
        f"{known[0].score} on held-out sequences from {lowest} ({shortened(known[0].name, 30)}) to "
        f"{highest} ({shortened(known[-1].name, 30)}), over {len(known)} tasks."
    )


def _problems(findings: Sequence[Mapping[str, Any]], *, has_tasks: bool) -> list[str]:
    """Results of the data check: the first two problems are listed, other findings counted."""
    problems = [
        shortened(finding.get("finding"), 200)
        + (f" (task {shortened(finding['task'], 30)})" if has_tasks and finding.get("task") else "")
        for finding in findings
        if finding.get("verdict") == "problem"
    ]
    heading = "A problem" if len(problems) == 1 else "Problems"
    texts = [f"{heading} with the data: {'; '.join(problems[:2])}."] if problems else []
    n_others = len(problems[2:]) + sum(finding.get("verdict") == "warning" for finding in findings)
    if n_others:
        warnings = "one warning" if n_others == 1 else f"{n_others} warnings"
        texts.append(f"The data check has {warnings}{' more' if problems else ''} (see Data).")
    return texts


def _sizes(cards: Sequence[Card], tasks: Sequence[TaskView]) -> list[str]:
    counts = [finite(cards[0].row[key]) or 0.0 for key in ("n_positive", "n_negative")] if cards else []
    # Values have no classes, so both counts are 0.
    if any(task.is_few for task in tasks) or (any(counts) and is_few(counts)):
        return ["Few sequences are held out: these results may be due to chance."]
    if not tasks and all(card.row["status"] == NOT_TESTED for card in cards):
        return ["No sequences were held out, so nothing is tested."]
    return []


def _baselines(tasks: Sequence[TaskView]) -> list[str]:
    """Whether the model is better than the simpler ones, beyond the interval of its own score."""
    compared = [task for task in tasks if task.interval and task.baselines]
    n_better = sum(task.interval is not None and task.interval[0] > task.baselines[0][1] for task in compared)
    better = "The model is significantly better than every simpler model"
    if len(compared) > 1:
        return [f"{better} in {n_better} of {len(compared)} tasks."]
    return [f"{better}."] if n_better else [_doubt(task) for task in compared]


def _doubt(task: TaskView) -> str:
    """The simpler models that it does not exceed; a warning if GC content with an auROC of 0.65 is one of them."""
    lowest = task.interval[0] if task.interval else 0.0
    as_good = [name for name, value in task.baselines if task.value is not None and value >= task.value]
    near = [name for name, value in task.baselines if value >= lowest]
    if as_good:
        which = "A simpler model is" if len(as_good) == 1 else "Simpler models are"
        text = f"{which} as good or better on the held-out sequences: {listed(as_good)}."
    else:
        text = f"The model is not significantly better than {listed(near)} on the held-out sequences."
    gc = BASELINES["gc"]
    if gc in near and task.score == "auROC" and dict(task.baselines)[gc] >= 0.65:
        return f"{text} GC content alone separates the classes, so motifs may reflect composition only."
    return text


def _importances(cards: Sequence[Card]) -> list[str]:
    relevant = [card for card in cards if card.row["status"] in (SIGNIFICANT, NOT_TESTED)]
    needed = [card.short for card in relevant if card.is_needed]
    others = [card.short for card in relevant if card.is_needed is False]
    texts = []
    if needed:
        pronoun = "it" if len(needed) == 1 else "them"
        texts.append(
            f"The network depends on {listed(needed)}: its loss rises more without {pronoun} than without "
            "random filters."
        )
    if others and relevant[0].row["status"] == SIGNIFICANT:
        verb, pronoun = ("is", "it") if len(others) == 1 else ("are", "them")
        texts.append(f"{listed(others)} {verb} enriched, but the network does not depend on {pronoun}.")
    elif others:
        texts.append(f"The network does not depend on {listed(others)}.")
    return texts


def _replicates(cards: Sequence[Card]) -> list[str]:
    """Number of significant motifs that every network found."""
    texts = [card.row["replicates"] for card in cards if card.row["status"] == SIGNIFICANT]
    counts = [text.split("/") for text in texts if text and text.count("/") == 1]
    if not counts:
        return []
    always = sum(found == of for found, of in counts)
    which = count(always) if always else "None"
    return [f"{which} of {len(counts)} significant motifs were found by all {counts[0][1]} networks (different seeds)."]
