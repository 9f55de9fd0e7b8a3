"""Effects of variants against measured ones, on ../shared/data: the model, its k-mer regression, and the JASPAR PWM.

    python tests/benchmarks/variants.py --models DIR [--seeds 0 1 2] [SET ...]

For each set of variants, default models are trained on sites of the factor (kept in DIR), with each seed. Training
sequences that share a 40-mer (either strand) with a window of either allele are dropped first. Prints, for the whole
model, its network and its k-mer regression (means over the seeds), for the mean score of the networks and of the
models of all seeds, and for the JASPAR matrix of the factor that agrees best: the number of variants; agreement in
sign for all variants, for the half and for the 100 with the largest |effect|; Pearson and Spearman correlation with
measured effects.

Of the sets of CTCF sites, that with the most sites is used (encode_CTCFL_K562). Its networks classify the training
file of human_CTCF_gimme500 with auROC 0.986. `variant_speed.py` measures time and memory.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator, Sequence
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


def trained(name: str, factor: str, windows: list[str], folder: Path, seed: int) -> mn.TrainedModel:
    """Read the model for a set of variants from the folder, or train it without sequences that share k-mers."""
    positives, negatives, most, _ = TRAINING[factor]
    folder = folder / f"{factor}_{name}_{seed}"
    if folder.exists():
        return mn.TrainedModel.load(folder)
    data = mn.read_data(DATA / positives, mn.NegativeSpec() if negatives is None else DATA / negatives, seed=seed)
    rng = np.random.default_rng(seed)
    if most is not None:  # shuffles belong to the group of their positive
        groups = rng.permutation(np.unique(data.groups))[:most]
        data = data.take(np.isin(data.groups, groups))
    is_shared = shared_kmers(data.sequences, windows)
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


def metrics(pairs: Pairs, effect: np.ndarray) -> list[float]:
    """Agreement in sign for all, the upper half and the top 100; correlations, NaN where only signs are known."""
    measured, n = pairs.effect, len(effect)
    signs = [agreement(effect, measured, top) for top in (None, n // 2, min(100, n))]
    is_constant = np.ptp(measured) == 0
    return signs + [np.nan if is_constant else f(effect, measured)[0] for f in (pearsonr, spearmanr)]


def print_row(pairs: Pairs, scorer: str, effects: Sequence[np.ndarray]) -> None:
    """One line of the table: means over effects of several seeds."""
    means = np.mean([metrics(pairs, effect) for effect in effects], axis=0)
    cells = ["" if np.isnan(x) else f"{x:.3f}" for x in means]
    print(pairs.name, pairs.factor, scorer, len(pairs.ref), *cells, sep="\t", flush=True)


def scorers(model: mn.TrainedModel) -> dict[str, mn.TrainedModel]:
    """The model, its network alone, and its k-mer regression alone."""
    found = {"model": model}
    if model.kmers is not None:
        found["network"] = replace(model, kmers=None)
        found["k-mer regression"] = replace(
            model, kmers=replace(model.kmers, network_weights=np.zeros_like(model.kmers.network_weights))
        )
    return found


def print_effects(pairs: Pairs, models: Sequence[mn.TrainedModel]) -> None:
    """The lines of a set of pairs."""
    by_scorer: dict[str, list[np.ndarray]] = {}
    for model in models:
        for scorer, own in scorers(model).items():
            table = mn.variant_effects(own, ref=pairs.ref, alt=pairs.alt)
            effect = table[f"effect_{model.spec.tasks[0]}"].to_numpy()
            by_scorer.setdefault(scorer, []).append(effect)
    for scorer, effects in by_scorer.items():
        print_row(pairs, scorer, effects)
    for scorer in ("network", "model") if len(models) > 1 else ():
        print_row(pairs, f"mean of {len(models)} {scorer}s", [np.mean(by_scorer[scorer], axis=0)])
    print_row(pairs, "JASPAR PWM", [pwm_effects(pairs)])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("sets", nargs="*", default=["variants_CTCF_ASB", "variants_dsQTL_LCL", "variants_MPRA"])
    parser.add_argument("--models", type=Path, required=True)
    parser.add_argument("--seeds", type=int, nargs="+", default=[0, 1, 2])
    parser.add_argument("--threads", type=int)
    options = parser.parse_args()
    if options.threads is not None:
        mn.set_threads(options.threads)
    print("set\tfactor\tscorer\tn\tsign\tsign, upper half\tsign, top 100\tPearson\tSpearman")
    for name in options.sets:
        found = list(variant_sets(name))
        for factor in dict.fromkeys(pairs.factor for pairs in found):
            own = [pairs for pairs in found if pairs.factor == factor]
            windows = [window for pairs in own for window in (*pairs.ref, *pairs.alt)]
            models = [trained(name, factor, windows, options.models, seed) for seed in options.seeds]
            for pairs in own:
                print_effects(pairs, models)


if __name__ == "__main__":
    main()
