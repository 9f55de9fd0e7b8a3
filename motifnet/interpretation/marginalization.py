"""`marginalize`: the mean effect of planting a motif into background sequences on the score of a model."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal, NamedTuple, get_args

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import stats

from motifnet.arguments import check_integer, check_type
from motifnet.errors import InputError, quoted
from motifnet.models.sequence_model import Part, SequenceModel
from motifnet.motifs.known.databases import AnyMotifs, as_motifs
from motifnet.motifs.motif import Motif, MotifSet
from motifnet.progress import report
from motifnet.sequences.alphabet import Codes, reverse_complement
from motifnet.sequences.io.reader import AnySequences
from motifnet.sequences.sequence_set import SequenceSet

#: Columns of the table of `marginalize`.
MARGINAL_COLUMNS = {
    "motif": "name of the motif",
    "task": "task of the model",
    "n": "number of background sequences",
    "background": "mean score of the background sequences",
    "effect": "mean change of the score caused by a site of the motif",
    "effect_low": "lower limit of its 95 % interval (Student's t distribution, over background sequences)",
    "effect_high": "upper limit",
}
SiteKind = Literal["consensus", "sampled"]
SiteStrand = Literal["both", "+", "-"]
#: Sequences that are scored together.
_BLOCK = 1024

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


class PlantedSites(NamedTuple):
    """Sites of one motif in R sequences, each of which is one of n backgrounds.

    Parameters
    ----------
    bases : uint8 array of shape (n, w)
        The site of each background, on the strand of the motif.
    start : int64 array of shape (R,)
        Start on the forward strand; -1: no site.
    is_reverse : bool array of shape (R,)
        Whether the site is on the ``-`` strand.
    """

    bases: Codes
    start: Ints
    is_reverse: NDArray[np.bool_]

    def plant(self, codes: Codes, rows: slice, background: Ints) -> None:
        """Plant the sites of some rows into their sequences, codes ``(r, L)``, in place."""
        start = self.start[rows]
        here = np.flatnonzero(start >= 0)
        bases, is_reverse = self.bases[background[here]], self.is_reverse[rows][here]
        bases[is_reverse] = reverse_complement(bases[is_reverse])
        codes[here[:, np.newaxis], start[here, np.newaxis] + np.arange(bases.shape[1])] = bases


def marginalize(
    model: SequenceModel,
    motif: Motif | AnyMotifs,
    backgrounds: AnySequences,
    *,
    position: int | Literal["random"] | None = None,
    strand: SiteStrand | None = None,
    sites: SiteKind = "consensus",
    part: Part = "model",
    seed: int = 0,
) -> pd.DataFrame:
    """Compute the mean effect of planting a motif on the score of a model.

    A site of the motif replaces the bases at one position of each background sequence; the effect is the score with the
    site minus the score without it (`SequenceModel.scores`: log odds for classes, values, or logarithms of counts). The
    mean over backgrounds is the marginal effect of the motif (global importance analysis, Koo et al. 2021, PLoS Comput
    Biol 17:e1008925).

    Parameters
    ----------
    model : TrainedModel or KerasModel
    motif : Motif, MotifSet, file, database, consensus, or list of Motif
        One or more motifs, each planted alone.
    backgrounds : SequenceSet, Dataset, sequence of str, one-hot array of shape (N, 4, L), or path of a FASTA file
        As in `SequenceModel.predict`: for example negatives, or shuffled sequences.
    position : int or "random", optional
        0-based start of the site, or a random one for each background. By default the site is in the centre.
    strand : {"both", "+", "-"}, optional
        Strand of the sites. "both": alternately ``+`` and ``-`` over backgrounds. By default "both", or ``+`` if the
        model has motifs on the forward strand only.
    sites : {"consensus", "sampled"}
        "consensus": the most frequent base of each column; "sampled": for each background, bases drawn from the PPM.
    part : {"model", "network"}
        "network": the score without the k-mer regression.
    seed : int
        Seed of random positions and sampled sites.

    Returns
    -------
    DataFrame
        One row for each motif and task, with the columns `MARGINAL_COLUMNS`.

    Raises
    ------
    InputError
        If the backgrounds cannot be read, there are none, or a site does not fit at the position.
    ModelError
        If the model does not accept the length of the backgrounds.

    Examples
    --------
    ``marginalize(model, discovery.motifs.motifs, mn.shuffle(sequences))`` ranks motifs by their effect.
    """
    motifs = MotifSet([motif]) if isinstance(motif, Motif) else as_motifs(motif, name="motif")
    model, known = checked_backgrounds(model, backgrounds, sites=sites, seed=seed)
    if strand is None:
        strand = "both" if model.spec.motif_strands == "both" else "+"
    if strand not in get_args(SiteStrand):
        raise InputError(f"strand must be one of {', '.join(get_args(SiteStrand))}. Got {quoted(strand)} instead")
    n, length = len(known), known.length
    background = np.arange(n)
    before = planted_scores(model, known.codes, background, (), part=part)
    is_reverse = background % 2 == 1 if strand == "both" else np.full(n, strand == "-")
    tables = [pd.DataFrame(columns=list(MARGINAL_COLUMNS))][: not len(motifs)]
    for index, own in enumerate(motifs):
        rng = np.random.default_rng([seed, index])
        start = _starts(own, position, n, length, rng)
        planted = PlantedSites(site_bases(own, n, sites, rng), start, is_reverse)
        effects = planted_scores(model, known.codes, background, (planted,), part=part) - before
        mean, low, high = mean_interval(effects)
        columns = (own.name, model.spec.tasks, n, before.mean(axis=0), mean, low, high)
        tables.append(pd.DataFrame(dict(zip(MARGINAL_COLUMNS, columns, strict=True))))
        report("marginalization", index + 1, len(motifs))
    return pd.concat(tables, ignore_index=True)


def checked_backgrounds(
    model: SequenceModel, backgrounds: AnySequences, *, sites: SiteKind, seed: int
) -> tuple[SequenceModel, SequenceSet]:
    """The model for the length of the backgrounds, and the backgrounds; errors are those of `marginalize`."""
    check_type("model", model, SequenceModel)
    check_integer("seed", seed, at_least=0)
    if sites not in get_args(SiteKind):
        raise InputError(f"sites must be one of {', '.join(get_args(SiteKind))}. Got {quoted(sites)} instead")
    known = model.as_sequences(backgrounds)
    if not len(known):
        raise InputError("there are no background sequences", hint="Use negatives or shuffled sequences.")
    return model.for_length(known.length), known


def site_bases(motif: Motif, n: int, sites: SiteKind, rng: np.random.Generator) -> Codes:
    """A site of the motif for each of n backgrounds: codes ``(n, w)``."""
    if sites == "consensus":
        return np.tile(motif.ppm.argmax(axis=0).astype(np.uint8), (n, 1))
    limits = np.cumsum(motif.ppm, axis=0)[:3].T
    return np.asarray((rng.random((n, motif.width, 1)) >= limits).sum(axis=2), dtype=np.uint8)


def planted_scores(
    model: SequenceModel,
    codes: Codes,
    background: Ints,
    planted: Sequence[PlantedSites],
    *,
    part: Part,
    progress: str = "",
) -> Floats:
    """Scores of sequences with planted sites, computed in blocks.

    Parameters
    ----------
    model : SequenceModel
    codes : uint8 array of shape (n, L)
        Background sequences.
    background : int64 array of shape (R,)
        Background of each of the R sequences.
    planted : sequence of PlantedSites
    part : {"model", "network"}
    progress : str
        Name of the computation, if its progress is reported.

    Returns
    -------
    float64 array of shape (R, T)
    """
    scores = np.empty((len(background), len(model.spec.tasks)))
    for start in range(0, len(background), _BLOCK):
        rows = slice(start, start + _BLOCK)
        block = codes[background[rows]]
        for own in planted:
            own.plant(block, rows, background[rows])
        scores[rows] = model.scores(SequenceSet(("",) * len(block), block), part=part)
        if progress:
            report(progress, min(rows.stop, len(background)), len(background))
    return scores


def mean_interval(values: Floats, *, level: float = 0.95) -> tuple[Floats, Floats, Floats]:
    """Mean over the first axis ``(n, ...)`` and its interval by Student's t distribution; NaN limits for n = 1."""
    n, mean = len(values), values.mean(axis=0)
    if n < 2:
        return mean, np.full_like(mean, np.nan), np.full_like(mean, np.nan)
    half = stats.t.ppf((1 + level) / 2, n - 1) * values.std(axis=0, ddof=1) / np.sqrt(n)
    return mean, mean - half, mean + half


def _starts(
    motif: Motif, position: int | Literal["random"] | None, n: int, length: int, rng: np.random.Generator
) -> Ints:
    """Start of the site in each of n backgrounds."""
    last = length - motif.width
    if last < 0:
        what = f"motif {quoted(motif.name)} ({motif.width} bp) does not fit into backgrounds of {length} bp"
        raise InputError(what, hint="Use longer sequences.")
    if position == "random":
        return rng.integers(0, last + 1, n)
    if position is None:
        return np.full(n, last // 2)
    check_integer("position", position, at_least=0)
    if int(position) > last:
        what = f"motif {quoted(motif.name)} ({motif.width} bp) does not fit at position {position} of {length} bp"
        raise InputError(what, hint=f"Use a position of at most {last}.")
    return np.full(n, position)
