"""Arguments of the wrong type are errors before a network is built; numpy numbers are accepted."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import motifnet as mn
from small_models import SEQUENCES, SPEC, planted

DATA = planted(4, 4, seed=1)


@pytest.mark.parametrize(
    "call",
    [
        lambda: mn.discover("pos.fa"),
        lambda: mn.discover(DATA, test=SEQUENCES),
        lambda: mn.train("default", DATA, valid=DATA),
        lambda: mn.train(SPEC, SEQUENCES, valid=DATA),
        lambda: mn.train(SPEC, SEQUENCES),
        lambda: mn.train(SPEC, DATA, valid=DATA.split(valid=0.5)),
        lambda: mn.train(SPEC, DATA, valid=DATA, training=SPEC),
        lambda: mn.train(SPEC, DATA, valid=DATA, start="model"),
        lambda: mn.build("default", seed=0),
        lambda: mn.tune("default", DATA, valid=DATA),
        lambda: mn.tune(SPEC, DATA, valid=DATA, training={}),
        lambda: mn.evaluate("model", DATA),
        lambda: mn.tabulate_motifs(None, DATA),
    ],
)
def test_a_wrong_type_is_an_error_with_a_hint(call: Callable[[], Any]) -> None:
    with pytest.raises(mn.errors.InputError) as error:
        call()
    assert error.value.hint


def test_numpy_numbers_are_saved(tmp_path: Path) -> None:
    four, nine = np.array([4, 9])
    changes = mn.SpecChanges(num_filters=(four,), conv_width=(nine,), pool_width=nine, dropout=np.float32(0.25))
    spec = mn.ModelSpec.preset("dragonn", length=np.int64(60), changes=changes)
    training = mn.TrainSpec(
        max_steps=np.int64(2), batch_size=np.int64(8), check_every=2, kmers=False, kmer_init=np.bool_(False)
    )
    model = mn.train(spec, DATA, valid=DATA, training=training)
    model.save(tmp_path / "model")
    loaded = mn.TrainedModel.load(tmp_path / "model")
    assert (loaded.spec, loaded.training) == (spec, training)
