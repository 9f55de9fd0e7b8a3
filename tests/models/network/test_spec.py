"""ModelSpec, Block, TrainSpec and the presets: values only, no network is built here."""

from __future__ import annotations

import inspect
import json
from dataclasses import asdict, fields, replace
from typing import Any

import pytest

from motifnet.errors import SpecError
from motifnet.models.network.block import ACTIVATIONS, Block
from motifnet.models.network.presets import PRESETS
from motifnet.models.network.spec import FINALS, STRANDS, ModelSpec, from_mapping
from motifnet.models.network.spec_changes import SpecChanges
from motifnet.models.training.train_spec import TrainSpec
from motifnet.motifs import motif
from motifnet.sequences.dataset import Dataset

DRAGONN = ModelSpec.preset("dragonn", length=500)


# --- presets ---


@pytest.mark.parametrize("name", PRESETS)
def test_every_preset_is_a_network_that_travels_as_json(name: str) -> None:
    spec = ModelSpec.preset(name, length=200, tasks=("a", "b"))
    assert (spec.length, spec.tasks, spec.outputs) == (200, ("a", "b"), "classes")
    assert ModelSpec.from_dict(json.loads(json.dumps(spec.to_dict()))) == spec
    assert len(list(spec.positions())) == len(spec.blocks)


@pytest.mark.parametrize("name", PRESETS)
def test_no_preset_says_more_than_a_spec_can(name: str) -> None:
    spec = PRESETS[name](200)
    assert replace(spec) == spec
    assert spec.tasks == ModelSpec(200, spec.blocks).tasks


def test_dragonn_is_the_seed_to_the_letter() -> None:
    block = Block(filters=15, width=15, activation="relu", dropout=0.0, pool=1, batch_norm=False, l1=0.0, l2=0.0)
    assert ModelSpec(500, (block, block, block), final="max", pool_width=35, hidden=()) == DRAGONN
    assert list(DRAGONN.positions()) == [486, 472, 458]
    assert DRAGONN.is_length_fixed


def test_dragonn_with_the_seeds_dropout_and_l1() -> None:
    spec = DRAGONN.changed(SpecChanges(dropout=0.1, l1=1e-5))
    assert spec.blocks == (Block(15, 15, dropout=0.1, l1=1e-5),) * 3


def test_the_default_task_is_what_from_classes_calls_it() -> None:
    task = inspect.signature(Dataset.from_classes).parameters["task"].default
    assert ModelSpec(10, (Block(1, 3),)).tasks == (task,)


def test_both_wings_mean_the_same_by_strands() -> None:
    assert set(motif.STRANDS) == set(STRANDS) - {"shared"}  # to motifs it makes no difference how a network shares


# --- what a spec refuses ---


def bad_block(**values: Any) -> Block:
    return replace(Block(4, 5), **values)


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"filters": 0}, "filters must be at least 1. Got 0 instead"),
        ({"width": 0}, "width must be at least 1. Got 0 instead"),
        ({"pool": 0}, "pool must be at least 1. Got 0 instead"),
        ({"dropout": 1.0}, "dropout must be in [0, 1). Got 1.0 instead"),
        ({"dropout": float("nan")}, "dropout must be in [0, 1). Got nan instead"),
        ({"l1": -1e-5}, "l1 must be at least 0. Got -1e-05 instead"),
        ({"l2": float("nan")}, "l2 must be at least 0. Got nan instead"),
    ],
)
def test_a_block_says_what_it_wants(values: dict[str, Any], message: str) -> None:
    with pytest.raises(SpecError) as error:
        bad_block(**values)
    assert str(error.value) == message


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"length": 0}, "length must be at least 1. Got 0 instead"),
        ({"blocks": ()}, "blocks must be at least one Block. Got () instead"),
        ({"hidden": (5, 0)}, "hidden must be positive numbers of units. Got (5, 0) instead"),
        ({"tasks": ()}, "tasks must be different names, at least one. Got () instead"),
        ({"tasks": ("a", "a")}, "tasks must be different names, at least one. Got ('a', 'a') instead"),
        ({"pool_width": 3}, "pool_width must be None with final='global_max'. Got 3 instead"),
        ({"final": "max"}, "pool_width must be at least 1 with final='max'. Got None instead"),
        ({"final": "max", "pool_width": 0}, "pool_width must be at least 1 with final='max'. Got 0 instead"),
    ],
)
def test_a_model_says_what_it_wants(values: dict[str, Any], message: str) -> None:
    with pytest.raises(SpecError) as error:
        replace(ModelSpec(50, (Block(4, 5),)), **values)
    assert str(error.value) == message


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"max_steps": 0}, "max_steps must be at least 1. Got 0 instead"),
        ({"batch_size": 0}, "batch_size must be at least 1. Got 0 instead"),
        ({"check_every": 0}, "check_every must be at least 1. Got 0 instead"),
        ({"patience": 0}, "patience must be at least 1. Got 0 instead"),
        ({"learning_rate": 0.0}, "learning_rate must be above 0. Got 0.0 instead"),
        ({"shift": -1}, "shift must be at least 0. Got -1 instead"),
        ({"seed": -1}, "seed must be at least 0. Got -1 instead"),
    ],
)
def test_a_train_spec_says_what_it_wants(values: dict[str, Any], message: str) -> None:
    with pytest.raises(SpecError) as error:
        replace(TrainSpec(), **values)
    assert str(error.value) == message


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (
            lambda: ModelSpec.preset("dragon", length=500),
            f"preset must be one of {', '.join(PRESETS)}. Got 'dragon' instead\n  Did you mean 'dragonn'?",
        ),
        (
            lambda: bad_block(activation="rellu"),
            f"activation must be one of {', '.join(ACTIVATIONS)}. Got 'rellu' instead\n  Did you mean 'relu'?",
        ),
        (
            lambda: replace(DRAGONN, final="globalmax"),
            f"final must be one of {', '.join(FINALS)}. Got 'globalmax' instead\n  Did you mean 'global_max'?",
        ),
        (
            lambda: replace(DRAGONN, strands="xyz"),  # type: ignore[arg-type]
            "strands must be one of both, shared, forward. Got 'xyz' instead",
        ),
    ],
)
def test_an_unknown_name_is_answered_with_the_known_ones(make: Any, message: str) -> None:
    with pytest.raises(SpecError) as error:
        make()
    assert str(error.value) == message


# --- sequences too short for the network ---

HINT = "\n  Use longer sequences, or narrower filters and pools (--conv-width, --block-pool, --pool-width)."


@pytest.mark.parametrize(
    ("length", "blocks", "pool_width", "what"),
    [
        (14, (Block(4, 15),), None, "the filters of block 1 are 15 wide"),
        (20, (Block(4, 15), Block(4, 7)), None, "the filters of block 2 are 7 wide, and 6 positions are left there"),
        (20, (Block(4, 15, pool=7),), None, "the pool of block 1 is 7 wide, and 6 positions are left there"),
        (20, (Block(4, 15),), 7, "the final pool is 7 wide, and 6 positions are left there"),
    ],
)
def test_too_short(length: int, blocks: tuple[Block, ...], pool_width: int | None, what: str) -> None:
    final = "global_max" if pool_width is None else "max"
    with pytest.raises(SpecError) as error:
        ModelSpec(length, blocks, final=final, pool_width=pool_width)
    assert str(error.value) == f"sequences of {length} bp are too short for this network: {what}{HINT}"
    assert ModelSpec(length + 1, blocks, final=final, pool_width=pool_width).length == length + 1


# --- from JSON ---


def test_a_typo_in_json_is_an_error_that_names_the_near_field() -> None:
    with pytest.raises(SpecError) as error:
        ModelSpec.from_dict({**DRAGONN.to_dict(), "pool_witdh": 3})
    assert str(error.value) == "ModelSpec has no field 'pool_witdh'\n  Did you mean 'pool_width'?"


def test_a_typo_in_a_block_is_an_error_too() -> None:
    values = DRAGONN.to_dict()
    values["blocks"][1]["zzz"] = 3
    with pytest.raises(SpecError) as error:
        ModelSpec.from_dict(values)
    names = ", ".join(sorted(field.name for field in fields(Block)))
    assert str(error.value) == f"Block has no field 'zzz'\n  Its fields are: {names}."


def test_a_missing_field_or_a_value_of_another_type_is_an_error() -> None:
    with pytest.raises(SpecError, match=r"ModelSpec cannot be made from these values: .*'length'"):
        ModelSpec.from_dict({"blocks": [asdict(Block(1, 3))]})
    with pytest.raises(SpecError, match=r"filters must be an integer. Got 'many' instead"):
        ModelSpec.from_dict({"length": 9, "blocks": [{"filters": "many", "width": 3}]})


def test_train_spec_travels_as_json() -> None:
    training = TrainSpec(seed=3, max_steps=7)
    assert from_mapping(TrainSpec, json.loads(json.dumps(asdict(training)))) == training


# --- changes to a preset ---


def test_no_changes_change_nothing() -> None:
    for name in PRESETS:
        spec = ModelSpec.preset(name, length=200)
        assert spec.changed(SpecChanges()) == spec


@pytest.mark.parametrize("name", PRESETS)
def test_each_field_of_the_changes_arrives(name: str) -> None:
    spec = ModelSpec.preset(name, length=9000)
    n_blocks = len(spec.blocks)
    values: dict[str, Any] = {
        "num_filters": tuple(range(5, 5 + n_blocks)),
        "conv_width": (9,) * n_blocks,
        "block_pool": (2,) * n_blocks,
        "conv_stride": (2,) * n_blocks,
        "dilation": (3,) * n_blocks,
        "pool_kind": "average",
        "pool_width": 4,
        "final": "max",
        "activation": "gelu",
        "batch_norm": True,
        "dropout": 0.25,
        "l1": 1e-3,
        "l2": 1e-4,
        "hidden": (7,),
        "hidden_dropout": 0.125,
        "recurrent": "gru",
        "recurrent_units": 3,
        "strands": "forward",
    }
    assert set(values) == {field.name for field in fields(SpecChanges)}  # a new field needs a line here
    changed = spec.changed(SpecChanges(**values))
    assert [block.filters for block in changed.blocks] == list(range(5, 5 + n_blocks))
    for block in changed.blocks:
        assert (block.width, block.pool, block.batch_norm, block.dropout) == (9, 2, True, 0.25)
        assert (block.l1, block.l2, block.stride, block.dilation) == (1e-3, 1e-4, 2, 3)
    assert changed.blocks[0].activation == "gelu"
    assert [block.activation for block in changed.blocks[1:]] == [block.activation for block in spec.blocks[1:]]
    assert (changed.final, changed.pool_width) == ("max", 4)
    assert {block.pool_kind for block in changed.blocks} == {"average"}
    assert (changed.hidden, changed.strands, changed.length) == ((7,), "forward", 9000)
    assert (changed.recurrent, changed.recurrent_units, changed.hidden_dropout) == ("gru", 3, 0.125)


def test_the_final_pool_alone() -> None:
    assert DRAGONN.changed(SpecChanges(final="global_max")).pool_width is None
    with pytest.raises(SpecError, match="pool_width must be at least 1 with final='max'"):
        ModelSpec.preset("default", length=300).changed(SpecChanges(final="max"))


def test_numbers_of_things_are_integers_and_lists_become_tuples() -> None:
    with pytest.raises(SpecError, match=r"batch_size must be an integer. Got 2.5 instead"):
        TrainSpec(batch_size=2.5)  # type: ignore[arg-type]
    with pytest.raises(SpecError, match=r"learning_rate must be above 0. Got inf instead"):
        TrainSpec(learning_rate=float("inf"))
    assert ModelSpec(100, [Block(8, 9)]) == ModelSpec(100, (Block(8, 9),))  # type: ignore[arg-type]


def test_two_lists_decide_how_many_blocks_there_are() -> None:
    fewer = DRAGONN.changed(SpecChanges(num_filters=(8, 4), conv_width=(9, 5)))
    assert fewer.blocks == (Block(8, 9), Block(4, 5))
    spec = replace(DRAGONN, blocks=(Block(1, 3, activation="exponential"), Block(2, 4, dropout=0.5)))
    more = spec.changed(SpecChanges(num_filters=(1, 2, 3), conv_width=(3, 4, 5)))
    # Further blocks are made like the last one.
    assert more.blocks == (*spec.blocks, Block(3, 5, dropout=0.5))


def test_one_list_keeps_the_other() -> None:
    assert DRAGONN.changed(SpecChanges(conv_width=(9, 7, 5))).blocks == (Block(15, 9), Block(15, 7), Block(15, 5))
    assert DRAGONN.changed(SpecChanges(num_filters=(9, 7, 5))).blocks == (Block(9, 15), Block(7, 15), Block(5, 15))


LISTS_HINT = "\n  Give --num-filters and --conv-width (and --block-pool, --conv-stride, --dilation) one number a block."


@pytest.mark.parametrize(
    ("changes", "lists"),
    [
        (SpecChanges(num_filters=(8, 8), conv_width=(9, 9, 9)), "filters 8 8, width 9 9 9"),
        (SpecChanges(num_filters=(8, 8)), "filters 8 8"),
        (SpecChanges(conv_width=(8, 8)), "width 8 8"),
        (SpecChanges(block_pool=(2,)), "pool 2"),
        (SpecChanges(num_filters=(8, 8), conv_width=(9, 9), block_pool=(2,)), "filters 8 8, width 9 9, pool 2"),
    ],
)
def test_lists_of_other_lengths(changes: SpecChanges, lists: str) -> None:
    with pytest.raises(SpecError) as error:
        DRAGONN.changed(changes)
    what = f"the lists that describe the blocks differ in length: {lists} (the preset has 3 blocks)"
    assert str(error.value) == what + LISTS_HINT


def test_a_final_pool_takes_the_place_of_a_global_one() -> None:
    spec = ModelSpec(50, (Block(4, 5),), final="global_max_average")
    changed = spec.changed(SpecChanges(pool_width=10))
    assert (changed.final, changed.pool_width, changed.is_length_fixed) == ("max", 10, True)
    assert not spec.is_length_fixed


def test_changes_may_be_what_makes_a_preset_fit() -> None:
    changes = SpecChanges(num_filters=(8, 8), conv_width=(9, 9), pool_width=10)
    with pytest.raises(SpecError, match="too short for this network"):
        ModelSpec.preset("dragonn", length=60)
    spec = ModelSpec.preset("dragonn", length=60, changes=changes)
    assert spec == ModelSpec(60, (Block(8, 9), Block(8, 9)), final="max", pool_width=10)


def test_changes_are_checked() -> None:
    with pytest.raises(SpecError, match="the final pool is 600 wide"):
        DRAGONN.changed(SpecChanges(pool_width=600))
