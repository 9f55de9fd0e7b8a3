"""Effects of variants against measured ones, on ../shared/data: the model, its k-mer regression, and the JASPAR PWM.

    python tests/benchmarks/variants.py --models DIR variants_CTCF_ASB variants_dsQTL_LCL variants_MPRA

For each set of variants, a default model is trained on sites of the factor (kept in DIR). Training sequences that share
a 40-mer (either strand) with a window of either allele are dropped first. Prints, for the whole model, its network, its
k-mer regression and the best JASPAR matrix of the factor: the number of variants; agreement in sign for all, for the
upper half and for the top 100 by |effect|; Pearson and Spearman correlation with measured effects. With --speed, also
the time of SNVs beside that of the same number of forward passes.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pandas as pd
from scipy.stats import pearsonr, spearmanr
from training_parts import DATA

import motifnet as mn
from motifnet.motifs.scanning.pwm import best_sites
from motifnet.sequences.alphabet import reverse_complement
from motifnet.sequences.io.fasta import parse_fasta

K = 40


@dataclass(frozen=True)
class Pairs:
    """Pairs of sequences and their measured effects (alternative less reference); NaN: only the sign is known."""

    name: str
    factor: str
    ref: list[str]
    alt: list[str]
    effect: np.ndarray


#: Positives, negatives (None: dinucleotide shuffles), most positives, and the JASPAR name of each factor.
TRAINING: dict[str, tuple[str, str | None, int | None, str]] = {
    "CTCF": ("tf/encode_CTCFL_K562/train.pos.fa.gz", "tf/encode_CTCFL_K562/train.neg.fa.gz", None, "CTCF"),
    "PU1": ("tf_PU1/pu1.fa.gz", None, 8000, "Spi1"),
    "FOXA1": ("tf/encode_FOXA1_HepG2/train.pos.fa.gz", "tf/encode_FOXA1_HepG2/train.neg.fa.gz", None, "FOXA1"),
    "GATA3": ("tf/encode_GATA3_SHSY5Y/train.pos.fa.gz", "tf/encode_GATA3_SHSY5Y/train.neg.fa.gz", None, "GATA3"),
}


def strings_of(path: Path) -> list[str]:
    """Sequences of a FASTA file."""
    records = parse_fasta(path)
    return [
        "".join("ACGTN"[code] for code in records.flat[begin:end])
        for begin, end in zip(records.offsets, records.offsets[1:], strict=False)
    ]


def variant_sets(name: str) -> Iterator[Pairs]:
    """The pairs of each set of variants."""
    folder = DATA / name
    if name == "variants_CTCF_ASB":
        ref, alt = (strings_of(folder / f"{own}_allele.fa.gz") for own in ("nonbinding", "binding"))
        yield Pairs(name, "CTCF", ref, alt, np.ones(len(ref)))
    elif name == "variants_dsQTL_LCL":
        ref, alt = (strings_of(folder / f"{own}.fa.gz") for own in ("low", "high"))
        for factor in ("CTCF", "PU1"):
            yield Pairs(name, factor, ref, alt, np.ones(len(ref)))
    else:
        yield from _mpra(folder)


def _mpra(folder: Path) -> Iterator[Pairs]:
    """SNVs and deletions of each element of the saturation mutagenesis."""
    elements = pd.read_csv(folder / "elements.tsv", sep="\t").set_index("element")
    table = pd.read_csv(folder / "satmut.tsv.gz", sep="\t", keep_default_na=False)
    table = table[table["Barcodes"] >= 10]
    for element, rows in table.groupby("Element"):
        whole, start = elements.loc[element, "sequence"], int(elements.loc[element, "start"])
        factor = "FOXA1" if str(element).startswith("SORT1") else "GATA3"
        for kind, own in rows.groupby(rows["Alt"] == "-"):
            places = own["Pos"].astype(int) - start
            assert all(whole[at] == ref for at, ref in zip(places, own["Ref"], strict=True))
            alt = [
                whole[:at] + new.replace("-", "") + whole[at + 1 :] for at, new in zip(places, own["Alt"], strict=True)
            ]
            name = f"{element} {'deletions' if kind else 'SNVs'}"
            yield Pairs(name, factor, [whole] * len(alt), alt, own["Coefficient"].to_numpy(float))


def shared_kmers(sequences: mn.SequenceSet, others: list[str]) -> np.ndarray:
    """Mask of sequences that share a k-mer of `K` bp with others, on either strand."""
    known = {other[i : i + K] for other in set(others) for i in range(len(other) - K + 1)}
    flipped = mn.SequenceSet(sequences.names, reverse_complement(sequences.codes))
    return np.array(
        [
            any(text[i : i + K] in known for text in pair for i in range(len(text) - K + 1))
            for pair in zip(sequences, flipped, strict=True)
        ]
    )


def trained(pairs: Pairs, models: Path, seed: int) -> mn.TrainedModel:
    """Read the model for these pairs from the folder, or train it."""
    positives, negatives, most, _ = TRAINING[pairs.factor]
    folder = models / f"{pairs.factor}_{pairs.name.split()[0]}_{seed}"
    if folder.exists():
        return mn.TrainedModel.load(folder)
    data = mn.read_data(DATA / positives, mn.NegativeSpec() if negatives is None else DATA / negatives, seed=seed)
    rng = np.random.default_rng(seed)
    if most is not None:  # shuffles belong to the group of their positive
        groups = rng.permutation(np.unique(data.groups))[:most]
        data = data.take(np.isin(data.groups, groups))
    is_shared = shared_kmers(data.sequences, [*pairs.ref, *pairs.alt])
    dropped = np.isin(data.groups, np.unique(data.groups[is_shared]))
    print(f"# {folder.name}: {len(data)} training sequences, {dropped.sum()} dropped (shared {K}-mers)", flush=True)
    data = data.take(~dropped)
    spec = mn.ModelSpec.preset("default", length=data.sequences.length, tasks=data.tasks)
    model = mn.train(spec, data.split(valid=0.1, test=0.0, seed=seed), training=mn.TrainSpec(seed=seed))
    model.save(folder)
    return model


def pwm_effects(pairs: Pairs) -> np.ndarray:
    """Change of the best score of that JASPAR matrix of the factor whose changes agree best in sign."""
    name = TRAINING[pairs.factor][3].upper()
    found = [motif for motif in mn.read_database("vertebrates") if (motif.alt_name or "").upper() == name]
    changes = []
    for motif in found:
        ref, alt = (
            np.concatenate(
                [best_sites([motif], mn.SequenceSet.from_strings([own]), strands="both").score[:, 0] for own in side]
            )
            for side in (pairs.ref, pairs.alt)
        )
        changes.append((alt - ref).astype(float))
    return max(changes, key=lambda change: agreement(change, pairs.effect))


def agreement(effect: np.ndarray, measured: np.ndarray, top: int | None = None) -> float:
    """Fraction of effects with the sign of the measured ones, among the largest; half of those that are 0."""
    order = np.argsort(-np.abs(effect), kind="stable")[:top]
    signs = np.sign(effect[order]) * np.sign(measured[order])
    return float(((signs + 1) / 2).mean())


def row(pairs: Pairs, scorer: str, effect: np.ndarray) -> str:
    """One line of the table."""
    measured, n = pairs.effect, len(effect)
    cells = [f"{agreement(effect, measured, top):.3f}" for top in (None, n // 2, min(100, n))]
    is_constant = np.ptp(measured) == 0
    correlations = ["", ""] if is_constant else [f"{f(effect, measured)[0]:.3f}" for f in (pearsonr, spearmanr)]
    return "\t".join([pairs.name, pairs.factor, scorer, str(n), *cells, *correlations])


def scorers(model: mn.TrainedModel) -> dict[str, mn.TrainedModel]:
    """The model, its network alone, and its k-mer regression alone."""
    found = {"model": model}
    if model.kmers is not None:
        found["network"] = replace(model, kmers=None)
        found["k-mer regression"] = replace(
            model, kmers=replace(model.kmers, network_weights=np.zeros_like(model.kmers.network_weights))
        )
    return found


def speed(model: mn.TrainedModel, n: int) -> str:
    """Time of SNVs of random sequences beside that of as many forward passes."""
    length = int(model.spec.length)
    codes = np.random.default_rng(0).integers(0, 4, (n, length)).astype(np.uint8)
    middle, changed = (length - 1) // 2, codes.copy()
    changed[:, middle] = (codes[:, middle] + 1) % 4
    ref, alt = (mn.SequenceSet([""] * n, own) for own in (codes, changed))
    pairs = list(ref), list(alt)
    model.scores(ref[:256])
    start = time.process_time()
    model.scores(ref)
    passes = time.process_time() - start
    start = time.process_time()
    mn.variant_effects(model, ref=pairs[0], alt=pairs[1])
    effects = time.process_time() - start
    return f"# {n} SNVs: {effects / passes:.2f} times the CPU time of {n} forward passes ({passes:.1f} s)"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("sets", nargs="*", default=["variants_CTCF_ASB", "variants_dsQTL_LCL", "variants_MPRA"])
    parser.add_argument("--models", type=Path, required=True)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--threads", type=int)
    parser.add_argument("--speed", type=int, default=0, help="number of SNVs")
    options = parser.parse_args()
    if options.threads is not None:
        mn.set_threads(options.threads)
    print("set\tfactor\tscorer\tn\tsign\tsign, upper half\tsign, top 100\tPearson\tSpearman")
    for name in options.sets:
        for pairs in variant_sets(name):
            model = trained(pairs, options.models, options.seed)
            for scorer, own in scorers(model).items():
                effect = mn.variant_effects(own, ref=pairs.ref, alt=pairs.alt).iloc[:, -1].to_numpy()
                print(row(pairs, scorer, effect), flush=True)
            print(row(pairs, "JASPAR PWM", pwm_effects(pairs)), flush=True)
            if options.speed:
                print(speed(model, options.speed), flush=True)
                options.speed = 0


if __name__ == "__main__":
    main()
