"""Block, ModelSpec, TrainSpec, SpecChanges and the presets; no network is built."""

from __future__ import annotations

import inspect
import json
from collections.abc import Callable
from dataclasses import asdict, fields, replace
from functools import partial
from typing import Any

import pytest

from motifnet.errors import SpecError
from motifnet.models.network.block import STRANDS, Block, from_mapping
from motifnet.models.network.presets import PRESETS
from motifnet.models.network.spec import ModelSpec, SpecChanges
from motifnet.models.training.train_spec import TrainSpec
from motifnet.motifs import motif
from motifnet.sequences.dataset import Dataset

BLOCK = Block(4, 5)
SPEC = ModelSpec(50, (BLOCK,))
DRAGONN = ModelSpec.preset("dragonn", length=500)


# --- presets ---


@pytest.mark.parametrize("name", PRESETS)
def test_every_preset_round_trips_through_json_and_cites_its_source(name: str) -> None:
    spec = ModelSpec.preset(name, length=200, tasks=("a", "b"))
    assert (spec.length, spec.tasks, spec.outputs) == (200, ("a", "b"), "classes")
    assert ModelSpec.from_dict(json.loads(json.dumps(spec.to_dict()))) == spec
    assert len(list(spec.positions())) == len(spec.blocks)
    assert spec.changed(SpecChanges()) == spec
    assert inspect.getdoc(PRESETS[name])


def test_the_dragonn_preset_is_the_network_of_dragonn() -> None:
    block = Block(filters=15, width=15, activation="relu", dropout=0.0, pool=1, batch_norm=False, l1=0.0, l2=0.0)
    assert ModelSpec(500, (block, block, block), final="max", pool_width=35, hidden=()) == DRAGONN
    assert list(DRAGONN.positions()) == [486, 472, 458]
    assert DRAGONN.is_length_fixed


def test_defaults_agree_across_packages() -> None:
    assert ModelSpec(10, (Block(1, 3),)).tasks == (inspect.signature(Dataset.from_classes).parameters["task"].default,)
    assert set(motif.STRANDS) == set(STRANDS) - {"shared"}  # motifs do not depend on how a network shares strands


# --- validation ---


@pytest.mark.parametrize(
    ("spec", "values"),
    [
        (BLOCK, {"filters": 0}),
        (BLOCK, {"width": 0}),
        (BLOCK, {"pool": 0}),
        (BLOCK, {"pool": 2.5}),
        (BLOCK, {"dropout": 1.0}),
        (BLOCK, {"dropout": float("nan")}),
        (BLOCK, {"l1": -1e-5}),
        (BLOCK, {"l2": float("nan")}),
        (BLOCK, {"activation": "rellu"}),
        (BLOCK, {"parallel_widths": (3, 5)}),
        (BLOCK, {"fused": True, "batch_norm": True}),
        (BLOCK, {"fused": True, "parallel_widths": (3,)}),
        (BLOCK, {"residual": True, "pool_place": "first"}),
        (SPEC, {"length": 0}),
        (SPEC, {"blocks": ()}),
        (SPEC, {"hidden": (5, 0)}),
        (SPEC, {"hidden_dropout": 1.0}),
        (SPEC, {"tasks": ()}),
        (SPEC, {"tasks": ("a", "a")}),
        (SPEC, {"strands": "xyz"}),
        (SPEC, {"pool_width": 3}),
        (SPEC, {"final": "globalmax"}),
        (SPEC, {"final": "max"}),
        (SPEC, {"final": "max", "pool_width": 0}),
        (SPEC, {"final": "conv_max", "hidden": (5,)}),
        (SPEC, {"recurrent": "gru"}),
        (SPEC, {"recurrent_units": 3}),
        (SPEC, {"blocks": (Block(4, 5, bottleneck=2),)}),
        (SPEC, {"blocks": (BLOCK, Block(3, 3, residual=True))}),
        (TrainSpec(), {"max_steps": 0}),
        (TrainSpec(), {"batch_size": 2.5}),
        (TrainSpec(), {"check_every": 0}),
        (TrainSpec(), {"patience": 0}),
        (TrainSpec(), {"learning_rate": 0.0}),
        (TrainSpec(), {"learning_rate": float("inf")}),
        (TrainSpec(), {"shift": -1}),
        (TrainSpec(), {"seed": -1}),
    ],
)
def test_invalid_values_are_refused(spec: Any, values: dict[str, Any]) -> None:
    with pytest.raises(SpecError, match=next(iter(values)).removesuffix("s")):
        replace(spec, **values)


@pytest.mark.parametrize(
    ("length", "blocks", "pool_width"),
    [
        (14, (Block(4, 15),), None),
        (20, (Block(4, 15), Block(4, 7)), None),
        (20, (Block(4, 15, pool=7),), None),
        (20, (Block(4, 15),), 7),
    ],
)
def test_sequences_must_be_long_enough(length: int, blocks: tuple[Block, ...], pool_width: int | None) -> None:
    final = "global_max" if pool_width is None else "max"
    with pytest.raises(SpecError, match=f"{length} bp"):
        ModelSpec(length, blocks, final=final, pool_width=pool_width)
    assert ModelSpec(length + 1, blocks, final=final, pool_width=pool_width).length == length + 1


def test_lists_become_tuples() -> None:
    assert ModelSpec(100, [Block(8, 9)]) == ModelSpec(100, (Block(8, 9),))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "values",
    [
        {**DRAGONN.to_dict(), "pool_witdh": 3},
        {"length": 60, "blocks": [asdict(BLOCK) | {"zzz": 3}]},
        {"blocks": [asdict(BLOCK)]},
        {"length": 60, "blocks": [{"filters": "many", "width": 3}]},
    ],
    ids=["unknown field", "unknown field of a block", "missing field", "wrong type"],
)
def test_json_that_is_not_a_spec_is_refused(values: dict[str, Any]) -> None:
    with pytest.raises(SpecError):
        ModelSpec.from_dict(values)


def test_a_train_spec_round_trips_through_json() -> None:
    training = TrainSpec(seed=3, max_steps=7)
    assert from_mapping(TrainSpec, json.loads(json.dumps(asdict(training)))) == training


# --- changes to a preset ---


@pytest.mark.parametrize("name", PRESETS)
def test_every_change_takes_effect(name: str) -> None:
    spec = ModelSpec.preset(name, length=9000)
    n_blocks = len(spec.blocks)
    of_blocks: dict[str, Any] = {
        "num_filters": tuple(range(5, 5 + n_blocks)),
        "conv_width": (9,) * n_blocks,
        "block_pool": (2,) * n_blocks,
        "block_pool_stride": (1,) * n_blocks,
        "conv_stride": (2,) * n_blocks,
    }
    dilation = (3,) * n_blocks  # excludes strides
    in_blocks = {"pool_kind": "lp", "pool_sharpness": 2.5, "batch_norm": True, "dropout": 0.25, "l1": 1e-3, "l2": 1e-4}
    of_network: dict[str, Any] = {
        "pool_width": 4,
        "final": "max",
        "hidden": (7,),
        "hidden_dropout": 0.125,
        "recurrent": "gru",
        "recurrent_units": 3,
        "strands": "forward",
    }
    values = {**of_blocks, **in_blocks, **of_network, "activation": "gelu"}
    assert {*values, "dilation"} == {field.name for field in fields(SpecChanges)}  # a new field needs a line here
    changed = spec.changed(SpecChanges(**values))
    assert {name: getattr(changed, name) for name in of_network} == of_network
    assert changed.length == 9000
    names = {"num_filters": "filters", "conv_width": "width", "block_pool": "pool", "conv_stride": "stride"}
    names["block_pool_stride"] = "pool_stride"
    for name, numbers in of_blocks.items():
        assert tuple(getattr(block, names.get(name, name)) for block in changed.blocks) == numbers
    for block in changed.blocks:
        assert {name: getattr(block, name) for name in in_blocks} == in_blocks
    dilated = spec.changed(SpecChanges(dilation=dilation, conv_stride=(1,) * n_blocks))
    assert tuple(block.dilation for block in dilated.blocks) == dilation
    activations = [block.activation for block in changed.blocks]
    assert activations == ["gelu", *(block.activation for block in spec.blocks[1:])]


def test_changes_of_the_final_layers() -> None:
    assert DRAGONN.changed(SpecChanges(final="global_max")).pool_width is None
    spec = ModelSpec(50, (BLOCK,), final="global_max_average", hidden=(3,))
    changed = spec.changed(SpecChanges(pool_width=10))
    assert (changed.final, changed.pool_width, changed.is_length_fixed) == ("max", 10, True)
    assert spec.changed(SpecChanges(final="conv_max")).hidden == ()
    with pytest.raises(SpecError, match="pool_width"):
        spec.changed(SpecChanges(final="max"))
    with pytest.raises(SpecError, match="600"):
        DRAGONN.changed(SpecChanges(pool_width=600))


def test_filters_and_widths_together_set_the_number_of_blocks() -> None:
    fewer = DRAGONN.changed(SpecChanges(num_filters=(8, 4), conv_width=(9, 5)))
    assert fewer.blocks == (Block(8, 9), Block(4, 5))
    spec = replace(DRAGONN, blocks=(Block(1, 3, activation="exponential"), Block(2, 4, dropout=0.5)))
    more = spec.changed(SpecChanges(num_filters=(1, 2, 3), conv_width=(3, 4, 5)))
    assert more.blocks == (*spec.blocks, Block(3, 5, dropout=0.5))  # further blocks are made like the last one


#: Values of JSON, most of the wrong type for most fields.
JSON_VALUES: tuple[Any, ...] = (
    *(None, True, False, 0, -1, 1.5, -0.5, 1e308, 10**18 - 1, "", "x", "12", [], {}, {"a": 1}, ["a"], [None]),
    *([1.5], [True], [[1]], [{}], ["a", "a"], ["a\tb"], [0], [-1], [3] * 300, "a" * 100_000),
)
#: Types that a field may have, by the type of its value in a valid spec.
TYPES = {int: (int,), float: (int, float), type(None): (int, str), bool: (bool,), str: (str,), tuple: (tuple,)}


def made_or_error(make: Callable[[dict[str, Any]], Any], values: dict[str, Any]) -> Any:
    """The spec, or the error."""
    try:
        return make(values)
    except SpecError as error:
        return error


@pytest.mark.parametrize("spec", [Block(4, 5), SPEC, TrainSpec()], ids=lambda spec: type(spec).__name__)
def test_values_of_other_types_are_errors_that_name_the_field(spec: Any) -> None:
    make: Any = ModelSpec.from_dict if isinstance(spec, ModelSpec) else partial(from_mapping, type(spec))
    for field in fields(spec):
        for value in JSON_VALUES:
            made = made_or_error(make, asdict(spec) | {field.name: value})
            if isinstance(made, SpecError):
                assert len(str(made)) < 600
                continue
            found, valid = getattr(made, field.name), getattr(spec, field.name)
            assert found == (tuple(value) if isinstance(value, list) else value)
            assert found is None or type(found) in TYPES[type(valid)], (field.name, value)
            assert json.loads(json.dumps(asdict(made)))


@pytest.mark.parametrize("blocks", [[1], [None], [[]], ["a"], {"filters": 1}, 5, [{}] * 2, [asdict(BLOCK)] * 300])
def test_blocks_of_other_types_are_errors(blocks: Any) -> None:
    with pytest.raises(SpecError):
        ModelSpec.from_dict(SPEC.to_dict() | {"blocks": blocks})


def test_one_list_alone_needs_one_number_per_block() -> None:
    assert DRAGONN.changed(SpecChanges(conv_width=(9, 7, 5))).blocks == (Block(15, 9), Block(15, 7), Block(15, 5))
    assert DRAGONN.changed(SpecChanges(num_filters=(9, 7, 5))).blocks == (Block(9, 15), Block(7, 15), Block(5, 15))
    for changes in (
        SpecChanges(num_filters=(8, 8), conv_width=(9, 9, 9)),
        SpecChanges(num_filters=(8, 8)),
        SpecChanges(block_pool=(2,)),
        SpecChanges(num_filters=(8, 8), conv_width=(9, 9), block_pool=(2,)),
    ):
        with pytest.raises(SpecError, match="--num-filters"):
            DRAGONN.changed(changes)


def test_changes_can_make_a_preset_fit_short_sequences() -> None:
    with pytest.raises(SpecError, match="60 bp"):
        ModelSpec.preset("dragonn", length=60)
    changes = SpecChanges(num_filters=(8, 8), conv_width=(9, 9), pool_width=10)
    spec = ModelSpec.preset("dragonn", length=60, changes=changes)
    assert spec == ModelSpec(60, (Block(8, 9), Block(8, 9)), final="max", pool_width=10)
