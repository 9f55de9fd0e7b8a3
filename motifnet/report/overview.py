"""The answer before the figures: what was found, how well the model predicts, and how sure one may be."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from motifnet.models.baselines import BASELINES
from motifnet.report.cards import NOT_TESTED, SIGNIFICANT, Card
from motifnet.report.performance import FEW, TaskView
from motifnet.report.results_folder import Results
from motifnet.report.wording import NOTHING, count, cut, fixed, listed, number_of, percent

#: Problems with the data that the answer names; more are counted.
_NAMED_PROBLEMS = 2
#: auROC from which GC content is said to tell the classes apart.
_TELLING = 0.65


@dataclass(frozen=True, eq=False)
class Line:
    """A line of the answer: its question, and what is to be said."""

    question: str
    text: str


def answer(results: Results, cards: Sequence[Card], tasks: Sequence[TaskView]) -> tuple[Line, ...]:
    """The three lines."""
    return (
        Line("What was found", _found(cards, results.kinds, has_tasks=len(results.metrics) > 1)),
        Line("How well it predicts", _predicts(tasks)),
        Line("How sure", _sure(results, cards, tasks)),
    )


def _found(cards: Sequence[Card], kinds: tuple[str, str], *, has_tasks: bool) -> str:
    if not cards:
        return "No motif: no filter of the network found enough sites for one."
    significant = [card for card in cards if card.row["status"] == SIGNIFICANT]
    if significant:
        first, second = ([c for c in significant if c.has_marked_positives is is_first] for is_first in (True, False))
        if first and second:
            verb = "marks" if len(second) == 1 else "mark"
            others = f"{len(second)} {verb} the {kinds[1]}: {listed([card.short for card in second])}."
            return f"{_enriched(first, kinds[0], kinds, has_tasks)} {others}"
        return _enriched(significant, kinds[0] if first else kinds[1], kinds, has_tasks)
    if all(card.row["status"] == NOT_TESTED for card in cards):
        best = listed([_named(card) for card in cards], most=3)
        return f"{_number(len(cards))} read from the network, not tested on held-out sequences: {best}."
    if any("too few" in str(card.row["status"]) for card in cards):
        return f"{_number(len(cards))}, none of which can be called enriched: too few held-out sequences to tell."
    return f"{_number(len(cards))}, none of which is enriched in held-out sequences beyond chance."


def _enriched(cards: Sequence[Card], kind: str, kinds: tuple[str, str], has_tasks: bool) -> str:
    """The motifs of one class, the first few with their shares, and their task where there are several."""
    few = cards[:3]
    rest = [f"and {len(cards) - len(few)} more"] if len(cards) > len(few) else []
    of_task = [f" (task {cut(card.row['task'], 30)})" if has_tasks else "" for card in few]
    told = "; ".join([*(_told(card, kinds) + task for card, task in zip(few, of_task, strict=True)), *rest])
    verb = "is" if len(cards) == 1 else "are"
    return f"{_number(len(cards))} {verb} enriched in the {kind} that the network never saw: {told}."


def _number(n: int) -> str:
    return "One motif" if n == 1 else f"{n} motifs"


def _named(card: Card) -> str:
    """A motif and what it is like: a match names a family of factors, not the one that was there."""
    if not card.row["match_name"]:
        unmatched = ", no known match" if card.row["match_kind"] == "none" else ""  # else none was looked for
        return f"{card.short} ({cut(card.row['consensus'], 24)}{unmatched})"
    part = "a part of " if card.row["match_kind"] == "partial" else ""
    return f"{card.short} (like {part}{card.title.removesuffix(' (part)')})"


def _told(card: Card, kinds: tuple[str, str]) -> str:
    """A motif and how many of the class that it marks hold it, beside the other class."""
    row = card.row
    shares = [percent(row[f"sites_{kind}"], row[f"n_{kind}"]) for kind in ("positive", "negative")]
    if NOTHING in shares:
        return _named(card)
    own, other = (
        zip(shares, kinds, strict=True) if card.has_marked_positives else zip(shares[::-1], kinds[::-1], strict=True)
    )
    return f"{_named(card)}, in {own[0]} of the {own[1]} and {other[0]} of the {other[1]}"


def _predicts(tasks: Sequence[TaskView]) -> str:
    if not tasks:
        return "Not measured here: the folder holds motifs only."
    if len(tasks) > 1:
        known = [task for task in tasks if task.value is not None]
        if not known:
            return "Not measured: the held-out sequences are all of one class."
        worst, best = (pick(known, key=lambda task: task.value or 0.0) for pick in (min, max))
        if fixed(worst.value, 2) == fixed(best.value, 2):
            return f"{known[0].score} {fixed(best.value, 2)} on held-out sequences, for each of {len(known)} tasks."
        return (
            f"{known[0].score} on held-out sequences from {fixed(worst.value, 2)} ({cut(worst.name, 30)}) to "
            f"{fixed(best.value, 2)} ({cut(best.name, 30)}), over {len(known)} tasks."
        )
    task = tasks[0]
    if task.value is None:
        return f"Not measured: {task.sizes} are held out."
    interval = (
        f" (95\u202f% interval {fixed(task.interval[0], 2)} to {fixed(task.interval[1], 2)})" if task.interval else ""
    )
    beside = listed([f"{name} {fixed(value, 2)}" for name, value in task.baselines], most=4) if task.baselines else ""
    compared = f" Beside it: {beside}." if beside else ""
    return f"{task.score} {fixed(task.value, 3)}{interval} on {task.sizes} that it never saw.{compared}"


def _sure(results: Results, cards: Sequence[Card], tasks: Sequence[TaskView]) -> str:
    """What speaks against believing it, or the reasons to."""
    said = [
        *_problems(results),
        *_sizes(cards, tasks),
        *_baseline_doubts(tasks),
        *_importances(cards),
        *_replicates(cards),
    ]
    return " ".join(said) or "There is nothing in this folder to tell it by."


def _problems(results: Results) -> list[str]:
    """What the look at the data found: problems by name, before anything that they may explain."""
    findings = results.data.get("findings") or ()
    problems = [_problem(f, has_tasks=len(results.metrics) > 1) for f in findings if f.get("verdict") == "problem"]
    looks = sum(finding.get("verdict") == "warning" for finding in findings)
    named = "; ".join(problems[:_NAMED_PROBLEMS])
    said = [f"{'A problem' if len(problems) == 1 else 'Problems'} with the data: {named}."] if problems else []
    rest = max(len(problems) - _NAMED_PROBLEMS, 0) + looks
    if rest:
        more = " more" if problems else ""
        things = "one thing" if rest == 1 else f"{rest} things"
        said.append(f"The look at the data found {things}{more} to consider (see Data).")
    return said


def _problem(finding: Mapping[str, Any], *, has_tasks: bool) -> str:
    task = f" (task {cut(finding['task'], 30)})" if has_tasks and finding.get("task") else ""
    return cut(finding.get("finding"), 200) + task


def _sizes(cards: Sequence[Card], tasks: Sequence[TaskView]) -> list[str]:
    row = cards[0].row if cards else None
    held_out = [number_of(row[key]) for key in ("n_positive", "n_negative")] if row is not None else []
    known = [n for n in held_out if n is not None]
    if any(task.is_few for task in tasks) or (known and min(known) < FEW):
        return ["Few sequences are held out: all of these figures may be luck."]
    if not known and not tasks:
        return ["Nothing was held out, so nothing here is tested."]
    return []


def _baseline_doubts(tasks: Sequence[TaskView]) -> list[str]:
    """Where a simpler model lies within the interval, the network has not shown that it is better."""
    beside = [task for task in tasks if task.interval and task.baselines]
    clear = sum(task.interval is not None and task.interval[0] > task.baselines[0][1] for task in beside)
    if len(beside) > 1:
        better = "It predicts better than every simpler model, beyond the uncertainty of the test"
        return [f"{better}, in {clear} of {len(beside)} tasks."]
    if clear:
        return ["It predicts better than every simpler model, beyond the uncertainty of the test."]
    return [_doubt(task) for task in beside]


def _doubt(task: TaskView) -> str:
    """The simpler models that it is not better than; where that is GC content, what it means for the motifs."""
    lowest = task.interval[0] if task.interval else 0.0
    as_good = [name for name, value in task.baselines if task.value is not None and value >= task.value]
    near = [name for name, value in task.baselines if value >= lowest]
    if as_good:
        which = "a simpler model does" if len(as_good) == 1 else "simpler models do"
        said = f"On these held-out sequences {which} as well or better ({listed(as_good)})."
    else:
        which = "a simpler model" if len(near) == 1 else "simpler models"
        said = f"On these held-out sequences it is not measurably better than {which} ({listed(near)})."
    gc = BASELINES["gc"]
    if gc in near and task.score == "auROC" and dict(task.baselines)[gc] >= _TELLING:
        return f"{said} Where {gc} tells the classes apart, motifs may be mere composition."
    return said


def _importances(cards: Sequence[Card]) -> list[str]:
    significant = [card for card in cards if card.row["status"] in (SIGNIFICANT, NOT_TESTED)]
    needed = [card.short for card in significant if card.is_needed]
    unneeded = [card.short for card in significant if card.is_needed is False]
    said = []
    if needed:
        said.append(
            f"The network needs {listed(needed)}: without it, it loses more than without random filters."
            if len(needed) == 1
            else f"The network needs {listed(needed)}: without each, it loses more than without random filters."
        )
    if unneeded and significant:
        verb = "is" if len(unneeded) == 1 else "are"
        said.append(
            f"{listed(unneeded)} {verb} enriched, but the network does without."
            if significant[0].row["status"] == SIGNIFICANT
            else f"{listed(unneeded)}: the network does without."
        )
    return said  # fmt: skip


def _replicates(cards: Sequence[Card]) -> list[str]:
    """How many of the significant motifs came up in every network."""
    significant = [card.row["replicates"] for card in cards if card.row["status"] == SIGNIFICANT]
    told = [text.split("/") for text in significant if text and text.count("/") == 1]
    if not told:
        return []
    always = sum(found == of for found, of in told)
    which = count(always) if always else "None"
    return [f"{which} of the {len(told)} came up in all {told[0][1]} networks, trained from other random starts."]
