"""The self-test of `motifnet doctor`: learn a planted word, write and read motifs, name a known one. Some seconds."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import wraps
from pathlib import Path
from typing import TYPE_CHECKING

from motifnet.cli.checkup import Check

if TYPE_CHECKING:
    from motifnet.sequences.dataset import Dataset

_WORD = "TGACGTCA"
_LENGTH, _SEED = 50, 1
#: What a network must reach that has learned the word; one that has not is near 0.5.
_LEARNED = 0.95
_KNOWN = "CTCF"


def _timed(part: Callable[[], Check]) -> Callable[[], Iterator[Check]]:
    """The check as a list of one, with the seconds that it took."""

    @wraps(part)
    def timed() -> Iterator[Check]:
        start = time.monotonic()
        check = part()
        yield replace(check, finding=f"{check.finding} ({time.monotonic() - start:.1f} s)")

    return timed


@_timed
def _training() -> Check:
    from motifnet.models.evaluation import evaluate
    from motifnet.models.network.block import Block
    from motifnet.models.network.spec import ModelSpec
    from motifnet.models.training.loop import train
    from motifnet.models.training.train_spec import TrainSpec

    spec = ModelSpec(_LENGTH, (Block(8, 11, batch_norm=True),), final="global_max")
    training = TrainSpec(
        seed=_SEED, max_steps=60, batch_size=64, check_every=20, learning_rate=0.02, shift=0, kmers=False
    )
    model = train(spec, _planted(200, seed=_SEED), valid=_planted(50, seed=_SEED + 1), training=training)
    auroc = float(evaluate(model, _planted(50, seed=_SEED + 2))["auroc"].iloc[0])
    told = f"a network learns a planted word, auROC {auroc:.3f}"
    if auroc >= _LEARNED:
        return Check("training", told)
    advice = "TensorFlow computes something wrong here: install the versions of constraints.txt."
    return Check("training", f"{told}: at least {_LEARNED} was expected", is_ok=False, advice=advice)


def _planted(n: int, *, seed: int) -> Dataset:
    """Random sequences of both classes, the word somewhere in the positives."""
    import numpy as np

    from motifnet.sequences.alphabet import codes_of
    from motifnet.sequences.dataset import Dataset
    from motifnet.sequences.sequence_set import SequenceSet

    rng = np.random.default_rng(seed)
    codes = rng.integers(0, 4, size=(2 * n, _LENGTH), dtype=np.uint8)
    word = codes_of([_WORD])[0]
    for row, start in zip(codes[:n], rng.integers(0, _LENGTH - len(word) + 1, n), strict=True):
        row[start : start + len(word)] = word
    labels = np.repeat([1, 0], n)[:, np.newaxis].astype(np.float32)
    return Dataset(SequenceSet(tuple(map(str, range(2 * n))), codes), labels, ("positive",), np.arange(2 * n))


@_timed
def _formats() -> Check:
    import numpy as np

    from motifnet.motifs.io.files import read_motifs, write_motifs
    from motifnet.motifs.known.databases import shipped_database

    motifs = shipped_database("urochordates")
    with tempfile.TemporaryDirectory() as folder:
        write_motifs(motifs, Path(folder) / "motifs.meme")
        back = read_motifs(Path(folder) / "motifs.meme")
    same = back.names == motifs.names and all(
        np.allclose(a.ppm, b.ppm, atol=1e-5) for a, b in zip(motifs, back, strict=True)
    )
    told = f"{len(motifs)} motifs written in MEME format" + (
        ", and read back the same" if same else " come back changed"
    )
    return Check("MEME", told, is_ok=same, advice="" if same else "Install motifnet anew.")


@_timed
def _tomtom() -> Check:
    from motifnet.motifs.known.comparison import compare
    from motifnet.motifs.known.databases import shipped_database

    known = shipped_database("vertebrates")
    query = next(index for index, motif in enumerate(known) if motif.alt_name == _KNOWN)
    table = compare(known[query : query + 1], known, top=1)
    is_found = len(table) == 1 and table["Target_ID"].iloc[0] == known[query].name
    told = f"{_KNOWN} is {'found' if is_found else 'not found'} among {len(known)} vertebrate motifs"
    return Check("Tomtom", told, is_ok=is_found, advice="" if is_found else "pip install --upgrade memelite numba")


#: In this order; TensorFlow must have been started for the first.
SELF_TESTS = (_training, _formats, _tomtom)
