"""The summary at the top of the report: motifs found, accuracy of the model, and caveats."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from motifnet.models.baselines import BASELINES
from motifnet.report.cards import NOT_TESTED, SIGNIFICANT, Card
from motifnet.report.performance import FEW, TaskView
from motifnet.report.results_folder import Results
from motifnet.report.wording import NOTHING, count, cut, fixed, listed, number_of, percent

#: Problems with the data that the summary lists; others are only counted.
_NAMED_PROBLEMS = 2
#: auROC of GC content from which the summary warns that motifs may reflect composition.
_GC_WARNING = 0.65


@dataclass(frozen=True, eq=False)
class Line:
    """A line of the summary."""

    heading: str
    text: str


def summary(results: Results, cards: Sequence[Card], tasks: Sequence[TaskView]) -> tuple[Line, ...]:
    """The three lines of the summary."""
    return (
        Line("Motifs", _found(cards, results.kinds, has_tasks=len(results.metrics) > 1)),
        Line("Accuracy", _predicts(tasks)),
        Line("Caveats", _caveats(results, cards, tasks)),
    )


def _found(cards: Sequence[Card], kinds: tuple[str, str], *, has_tasks: bool) -> str:
    if not cards:
        return "No motif found: no filter of the network has enough sites."
    significant = [card for card in cards if card.row["status"] == SIGNIFICANT]
    if significant:
        first, second = (
            [c for c in significant if c.is_enriched_in_positives is is_first] for is_first in (True, False)
        )
        if first and second:
            verb = "is" if len(second) == 1 else "are"
            others = f"{len(second)} {verb} enriched in the {kinds[1]}: {listed([card.short for card in second])}."
            return f"{_enriched(first, kinds[0], kinds, has_tasks)} {others}"
        return _enriched(significant, kinds[0] if first else kinds[1], kinds, has_tasks)
    if all(card.row["status"] == NOT_TESTED for card in cards):
        best = listed([_named(card) for card in cards], most=3)
        return f"{_number(len(cards))} found, not tested on held-out sequences: {best}."
    if any("too few" in str(card.row["status"]) for card in cards):
        return f"{_number(len(cards))} found; there are too few held-out sequences to test enrichment."
    return f"{_number(len(cards))} found; none is significantly enriched in held-out sequences."


def _enriched(cards: Sequence[Card], kind: str, kinds: tuple[str, str], has_tasks: bool) -> str:
    """The motifs enriched in one class; the first few with fractions of sequences and, of several tasks, the task."""
    few = cards[:3]
    rest = [f"and {len(cards) - len(few)} more"] if len(cards) > len(few) else []
    of_task = [f" (task {cut(card.row['task'], 30)})" if has_tasks else "" for card in few]
    listing = "; ".join(
        [*(_with_fractions(card, kinds) + task for card, task in zip(few, of_task, strict=True)), *rest]
    )
    verb = "is" if len(cards) == 1 else "are"
    return f"{_number(len(cards))} {verb} enriched in the held-out {kind}: {listing}."


def _number(n: int) -> str:
    return "One motif" if n == 1 else f"{n} motifs"


def _named(card: Card) -> str:
    """A motif and the known motif it resembles. A match suggests a family of factors, not the bound factor."""
    if not card.row["match_name"]:
        unmatched = ", no known match" if card.row["match_kind"] == "none" else ""  # otherwise no database was searched
        return f"{card.short} ({cut(card.row['consensus'], 24)}{unmatched})"
    part = "part of " if card.row["match_kind"] == "partial" else ""
    return f"{card.short} (like {part}{card.title.removesuffix(' (part)')})"


def _with_fractions(card: Card, kinds: tuple[str, str]) -> str:
    """A motif with the fractions of both classes that have a site, enriched class first."""
    row = card.row
    shares = [percent(row[f"sites_{kind}"], row[f"n_{kind}"]) for kind in ("positive", "negative")]
    if NOTHING in shares:
        return _named(card)
    own, other = (
        zip(shares, kinds, strict=True)
        if card.is_enriched_in_positives
        else zip(shares[::-1], kinds[::-1], strict=True)
    )
    return f"{_named(card)}, in {own[0]} of the {own[1]} and {other[0]} of the {other[1]}"


def _predicts(tasks: Sequence[TaskView]) -> str:
    if not tasks:
        return "Not available: the folder contains motifs only."
    if len(tasks) > 1:
        known = [task for task in tasks if task.value is not None]
        if not known:
            return "Not available: all held-out sequences belong to one class."
        worst, best = (pick(known, key=lambda task: task.value or 0.0) for pick in (min, max))
        if fixed(worst.value, 2) == fixed(best.value, 2):
            return f"{known[0].score} {fixed(best.value, 2)} on held-out sequences, for each of {len(known)} tasks."
        return (
            f"{known[0].score} on held-out sequences from {fixed(worst.value, 2)} ({cut(worst.name, 30)}) to "
            f"{fixed(best.value, 2)} ({cut(best.name, 30)}), over {len(known)} tasks."
        )
    task = tasks[0]
    if task.value is None:
        return f"Not available: {task.sizes} are held out."
    interval = (
        f" (95\u202f% interval {fixed(task.interval[0], 2)} to {fixed(task.interval[1], 2)})" if task.interval else ""
    )
    beside = listed([f"{name} {fixed(value, 2)}" for name, value in task.baselines], most=4) if task.baselines else ""
    compared = f" For comparison: {beside}." if beside else ""
    return f"{task.score} {fixed(task.value, 3)}{interval} on {task.sizes} (held out).{compared}"


def _caveats(results: Results, cards: Sequence[Card], tasks: Sequence[TaskView]) -> str:
    """Reasons to doubt or to trust the results."""
    said = [
        *_problems(results),
        *_sizes(cards, tasks),
        *_baseline_doubts(tasks),
        *_importances(cards),
        *_replicates(cards),
    ]
    return " ".join(said) or "None: the folder contains no statistics."


def _problems(results: Results) -> list[str]:
    """Results of the data check: problems are listed, other findings counted."""
    findings = results.data.get("findings") or ()
    problems = [_problem(f, has_tasks=len(results.metrics) > 1) for f in findings if f.get("verdict") == "problem"]
    looks = sum(finding.get("verdict") == "warning" for finding in findings)
    named = "; ".join(problems[:_NAMED_PROBLEMS])
    said = [f"{'A problem' if len(problems) == 1 else 'Problems'} with the data: {named}."] if problems else []
    rest = max(len(problems) - _NAMED_PROBLEMS, 0) + looks
    if rest:
        more = bool(problems)
        warnings = "one warning" if rest == 1 else f"{rest} warnings"
        said.append(f"The data check has {warnings}{more and ' more'} (see Data).")
    return said


def _problem(finding: Mapping[str, Any], *, has_tasks: bool) -> str:
    task = f" (task {cut(finding['task'], 30)})" if has_tasks and finding.get("task") else ""
    return cut(finding.get("finding"), 200) + task


def _sizes(cards: Sequence[Card], tasks: Sequence[TaskView]) -> list[str]:
    row = cards[0].row if cards else None
    held_out = [number_of(row[key]) for key in ("n_positive", "n_negative")] if row is not None else []
    known = [n for n in held_out if n is not None]
    if any(task.is_few for task in tasks) or (known and min(known) < FEW):
        return ["Few sequences are held out: these results may be due to chance."]
    if not known and not tasks:
        return ["No sequences were held out, so nothing is tested."]
    return []


def _baseline_doubts(tasks: Sequence[TaskView]) -> list[str]:
    """Whether the model is better than the simpler ones, beyond the interval of its own score."""
    beside = [task for task in tasks if task.interval and task.baselines]
    clear = sum(task.interval is not None and task.interval[0] > task.baselines[0][1] for task in beside)
    if len(beside) > 1:
        better = "The model is significantly better than every simpler model"
        return [f"{better} in {clear} of {len(beside)} tasks."]
    if clear:
        return ["The model is significantly better than every simpler model."]
    return [_doubt(task) for task in beside]


def _doubt(task: TaskView) -> str:
    """The simpler models that it does not exceed; a warning where GC content is one of them."""
    lowest = task.interval[0] if task.interval else 0.0
    as_good = [name for name, value in task.baselines if task.value is not None and value >= task.value]
    near = [name for name, value in task.baselines if value >= lowest]
    if as_good:
        which = "A simpler model is" if len(as_good) == 1 else "Simpler models are"
        said = f"{which} as good or better on the held-out sequences: {listed(as_good)}."
    else:
        said = f"The model is not significantly better than {listed(near)} on the held-out sequences."
    gc = BASELINES["gc"]
    if gc in near and task.score == "auROC" and dict(task.baselines)[gc] >= _GC_WARNING:
        return f"{said} GC content alone separates the classes, so motifs may reflect composition only."
    return said


def _importances(cards: Sequence[Card]) -> list[str]:
    significant = [card for card in cards if card.row["status"] in (SIGNIFICANT, NOT_TESTED)]
    needed = [card.short for card in significant if card.is_needed]
    unneeded = [card.short for card in significant if card.is_needed is False]
    said = []
    if needed:
        said.append(
            f"The network depends on {listed(needed)}: its loss rises more without {_pronoun(needed)} than without "
            "random filters."
        )
    if unneeded and significant[0].row["status"] == SIGNIFICANT:
        verb = "is" if len(unneeded) == 1 else "are"
        independent = f"the network does not depend on {_pronoun(unneeded)}"
        said.append(f"{listed(unneeded)} {verb} enriched, but {independent}.")
    elif unneeded:
        said.append(f"The network does not depend on {listed(unneeded)}.")
    return said


def _pronoun(names: Sequence[str]) -> str:
    return "it" if len(names) == 1 else "them"


def _replicates(cards: Sequence[Card]) -> list[str]:
    """Number of significant motifs that every network found."""
    significant = [card.row["replicates"] for card in cards if card.row["status"] == SIGNIFICANT]
    counts = [text.split("/") for text in significant if text and text.count("/") == 1]
    if not counts:
        return []
    always = sum(found == of for found, of in counts)
    which = count(always) if always else "None"
    return [f"{which} of {len(counts)} significant motifs were found by all {counts[0][1]} networks (different seeds)."]
