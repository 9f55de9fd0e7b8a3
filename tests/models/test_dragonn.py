"""Models that DragoNN published: they predict what Theano computed, or are told why not."""

from __future__ import annotations

import copy
import json
import tarfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest
from sklearn.metrics import roc_auc_score

from dna_strategies import random_dna
from dragonn_models import dragonn_predictions, layers_of, random_weights, write_dragonn
from motifnet.errors import FormatError, InputError, ModelError
from motifnet.models.dragonn_files import read_published
from motifnet.sequences.alphabet import one_hot
from motifnet.sequences.io.fasta import read_fasta, write_fasta
from motifnet.sequences.sequence_set import LengthRule, SequenceSet

LENGTH = 60
SEQUENCES = SequenceSet.from_strings(random_dna(20, LENGTH, seed=1))
LAYERS = layers_of([(3, 7), (2, 5)], length=LENGTH, pool_width=10)
WEIGHTS = random_weights(LAYERS)

NETWORKS = {
    "one convolution": {"blocks": [(5, 9)], "pool_width": 8},
    "one filter": {"blocks": [(1, 9)], "pool_width": 13},
    "three convolutions": {"blocks": [(4, 7), (3, 5), (2, 6)], "pool_width": 10},
    "three tasks": {"blocks": [(5, 9)], "pool_width": 8, "n_tasks": 3},
}


@pytest.mark.parametrize("network", NETWORKS.values(), ids=NETWORKS)
def test_predictions_are_those_of_theano(network: dict[str, Any], tmp_path: Path) -> None:
    from motifnet.models.dragonn import read_dragonn

    layers = layers_of(length=LENGTH, **network)
    files = write_dragonn(tmp_path, layers, random_weights(layers))
    model = read_dragonn(*files)
    expected = dragonn_predictions(*files, SEQUENCES)
    assert np.ptp(expected, axis=0).min() > 0.01  # else anything would agree
    np.testing.assert_allclose(model.predict(SEQUENCES), expected, rtol=0, atol=1e-5)
    n_tasks = network.get("n_tasks", 1)
    assert model.spec.tasks == (("positive",) if n_tasks == 1 else ("task_1", "task_2", "task_3"))


def test_a_filter_finds_the_word_that_theano_found(tmp_path: Path) -> None:
    from motifnet.models.dragonn import read_dragonn

    word = "GATTACA"
    weights = [list(arrays) for arrays in WEIGHTS]
    weights[0][0][0, 0] = one_hot(word)[0, ::-1, ::-1]  # stored backwards: Theano's convolution flips
    weights[0][1][0] = 0
    model = read_dragonn(*write_dragonn(tmp_path, LAYERS, weights))
    sequences = SequenceSet.from_strings(["C" * 20 + word + "C" * 33])
    activations = model.layer(0).activations(sequences.codes)[0, 0]
    assert activations.argmax() == 20
    assert activations.max() == pytest.approx(7)


def test_the_model_is_like_any_other(tmp_path: Path) -> None:
    from motifnet.models.dragonn import read_dragonn
    from motifnet.models.trained import TrainedModel

    model = read_dragonn(*write_dragonn(tmp_path, LAYERS, WEIGHTS))
    assert (model.spec.strands, model.spec.blocks[1].dropout, model.length_rule) == ("forward", 0.2, None)
    assert model.split_of(SEQUENCES) == [""] * len(SEQUENCES)
    assert len(model.history) == 0
    model.save(tmp_path / "model")
    again = TrainedModel.load(tmp_path / "model")
    assert again.spec == model.spec
    assert list(again.history.columns) == list(model.history.columns)
    np.testing.assert_array_equal(again.predict(SEQUENCES), model.predict(SEQUENCES))
    again.export(tmp_path / "model.keras")


def test_other_lengths_only_if_asked_for(tmp_path: Path) -> None:
    from motifnet.models.dragonn import read_dragonn

    files = write_dragonn(tmp_path, LAYERS, WEIGHTS)
    longer = tmp_path / "longer.fa"
    write_fasta(SequenceSet.from_strings(random_dna(3, 81, seed=2)), longer)
    with pytest.raises(ModelError, match="81 bp"):
        read_dragonn(*files).read_sequences(longer)
    model = read_dragonn(*files, anchor="end")
    assert model.length_rule == LengthRule(LENGTH, "end")
    cropped = model.read_sequences(longer)
    np.testing.assert_array_equal(cropped.codes, read_fasta(longer).codes[:, -LENGTH:])
    with pytest.raises(InputError, match="anchor must be one of center, start, end"):
        read_dragonn(*files, anchor="middle")  # type: ignore[arg-type]


# --- files that cannot be read ---

LAYOUT = (
    "\n  DragoNN's SequenceDNN can be imported: Convolution2D, Activation, Dropout, once or more; then MaxPooling2D, "
    "Flatten, Dense, Activation. Its recurrent variant (use_RNN) cannot."
)
ORDER = "\n  Give the architecture (JSON) first, then the weights (HDF5)."
KERAS = "\n  Files older than Keras 1 are read, as DragoNN published them; open this one with the Keras that wrote it."
COPY = "\n  Copy or download it again."
OTHER = "\n  These weights belong to another architecture; DragoNN gave both files of a model the same name."


def with_layer(number: int, layer: dict[str, Any]) -> list[dict[str, Any]]:
    """`LAYERS` with another layer at a place."""
    layers = copy.deepcopy(LAYERS)
    layers[number] = layer
    return layers


def with_field(number: int, field: str, value: object) -> list[dict[str, Any]]:
    """`LAYERS` with another value in a layer."""
    return with_layer(number, {**LAYERS[number], field: value})


#: What is in the JSON, and what is said of it.
ARCHITECTURES: dict[str, tuple[object, str]] = {
    "Keras 1": ({"class_name": "Sequential", "config": []}, ": saved by Keras 1 or newer" + KERAS),
    "Keras 2": (
        {"class_name": "Sequential", "config": {"layers": []}, "keras_version": "2.2.4", "backend": "tensorflow"},
        ": saved by Keras 2.2.4" + KERAS,
    ),
    "Keras 3": (
        {"module": "keras", "class_name": "Sequential", "config": {}, "registered_name": None},
        ": saved by Keras 3" + KERAS,
    ),
    "other JSON": ([1, 2], ": this JSON holds no list of layers with their names" + LAYOUT),
    "no layers": ({"layers": []}, ": this JSON holds no list of layers with their names" + LAYOUT),
    "recurrent": (
        {"layers": with_layer(7, {"name": "GRU", "output_dim": 35})},
        ": layer 7 is GRU, where Flatten was expected" + LAYOUT,
    ),
    "no final pool": (
        {"layers": [*LAYERS[:6], *LAYERS[7:]]},
        ": layer 6 is Flatten, where MaxPooling2D was expected" + LAYOUT,
    ),
    "cut off": ({"layers": LAYERS[:8]}, ": the layers end where Dense was expected" + LAYOUT),
    "goes on": ({"layers": LAYERS * 2}, ": layer 10 is Convolution2D, after the end of the network" + LAYOUT),
    "padded": (
        {"layers": with_field(3, "border_mode", "same")},
        ': layer 3 (Convolution2D) has border_mode "same"; only "valid" can be imported' + LAYOUT,
    ),
    "channels last": (
        {"layers": with_field(0, "dim_ordering", "tf")},
        ': layer 0 (Convolution2D) has dim_ordering "tf"; only "th" can be imported' + LAYOUT,
    ),
    "strides": (
        {"layers": with_field(6, "strides", [1, 5])},
        ": layer 6 (MaxPooling2D) has strides [1, 5]; only [1, 10] can be imported" + LAYOUT,
    ),
    "square pool": (
        {"layers": with_field(6, "pool_size", [2, 2])},
        ": layer 6 has pool_size [2, 2]; [1, width] was expected" + LAYOUT,
    ),
    "softmax": (
        {"layers": with_field(9, "activation", "softmax")},
        ': layer 9 (Activation) has activation "softmax"; only "sigmoid" can be imported' + LAYOUT,
    ),
    "two rows": (
        {"layers": with_field(3, "nb_row", 4)},
        ": layer 3 (Convolution2D) has nb_row 4; only 1 can be imported" + LAYOUT,
    ),
    "images": (
        {"layers": with_field(0, "input_shape", [3, 32, 32])},
        ": layer 0 has input_shape [3, 32, 32]; [1, 4, length] was expected" + LAYOUT,
    ),
    "no filters": (
        {"layers": with_field(3, "nb_filter", None)},
        ": layer 3 (Convolution2D) has nb_filter null; a positive number was expected" + LAYOUT,
    ),
    "no dropout rate": (
        {"layers": with_field(2, "p", "much")},
        ': layer 2 (Dropout) has p "much"; a number was expected' + LAYOUT,
    ),
    "dropout of all": (
        {"layers": with_field(2, "p", 1.0)},
        ": layer 2 cannot be imported: dropout must be in [0, 1). Got 1.0 instead" + LAYOUT,
    ),
    "too short": (
        {"layers": with_field(0, "input_shape", [1, 4, 15])},
        ": sequences of 15 bp are too short for this network: the final pool has width 10, its input has 5 positions"
        + COPY,
    ),
}


@pytest.mark.parametrize(("document", "message"), ARCHITECTURES.values(), ids=ARCHITECTURES)
def test_an_architecture_that_cannot_be_imported(document: object, message: str, tmp_path: Path) -> None:
    architecture, weights = write_dragonn(tmp_path, LAYERS, WEIGHTS)
    architecture.write_text(json.dumps(document))
    with pytest.raises(FormatError) as error:
        read_published(architecture, weights)
    assert str(error.value) == f"{architecture}{message}"


def rename_format(path: Path) -> None:
    with h5py.File(path, "a") as file:
        del file.attrs["nb_layers"]
        file.attrs["layer_names"] = [b"convolution2d_1"]
        file.attrs["keras_version"] = b"1.2.2"


def make_other_hdf5(path: Path) -> None:
    with h5py.File(path, "w") as file:
        file["x"] = np.zeros(3)


def drop_parameter(path: Path) -> None:
    with h5py.File(path, "a") as file:
        del file["layer_8/param_1"]


def drop_layer(path: Path) -> None:
    with h5py.File(path, "a") as file:
        del file["layer_4"]


def count_fewer(path: Path) -> None:
    with h5py.File(path, "a") as file:
        file.attrs["nb_layers"] = 7


def spoil_number(path: Path) -> None:
    with h5py.File(path, "a") as file:
        file["layer_0/param_1"][1] = np.nan


def write_other_network(path: Path) -> None:
    layers = layers_of([(3, 9), (2, 5)], length=LENGTH, pool_width=10)
    write_dragonn(path.parent, layers, random_weights(layers))


WEIGHT_FAULTS: dict[str, tuple[Callable[[Path], object], str]] = {
    "Keras 1": (rename_format, ": saved by Keras 1.2.2" + KERAS),
    "other HDF5": (
        make_other_hdf5,
        ": this HDF5 file holds no weights of layers (nb_layers is missing)" + ORDER,
    ),
    "text": (lambda path: path.write_text("ACGT\n"), ": this is not HDF5; the weights (HDF5) were expected" + ORDER),
    "empty": (
        lambda path: path.write_bytes(b""),
        ": the file is empty\n  Check the step that wrote it.",
    ),
    "another architecture": (
        write_other_network,
        ": layer 0 (Convolution2D) has 3x1x4x9 and 3; the architecture asks for 3x1x4x7 and 3" + OTHER,
    ),
    "no bias": (drop_parameter, ": layer 8 (Dense) has 10x1; the architecture asks for 10x1 and 1" + OTHER),
    "fewer layers": (count_fewer, ": weights of 7 layers; the architecture has 10" + OTHER),
    "not a number": (spoil_number, ": layer 0 (Convolution2D) has weights that are not numbers" + COPY),
}


@pytest.mark.parametrize(("spoil", "message"), WEIGHT_FAULTS.values(), ids=WEIGHT_FAULTS)
def test_weights_that_cannot_be_read(spoil: Callable[[Path], object], message: str, tmp_path: Path) -> None:
    architecture, weights = write_dragonn(tmp_path, LAYERS, WEIGHTS)
    kept = architecture.read_text()
    spoil(weights)
    architecture.write_text(kept)
    with pytest.raises(FormatError) as error:
        read_published(architecture, weights)
    assert str(error.value) == f"{weights}{message}"


def test_damaged_weights(tmp_path: Path) -> None:
    architecture, weights = write_dragonn(tmp_path, LAYERS, WEIGHTS)
    whole = weights.read_bytes()
    weights.write_bytes(whole[: len(whole) // 2])
    with pytest.raises(FormatError, match=r"model\.weights\.h5: damaged: .*truncated file"):
        read_published(architecture, weights)
    weights.write_bytes(whole)
    drop_layer(weights)
    with pytest.raises(FormatError, match=r"model\.weights\.h5: damaged: .*layer_4"):
        read_published(architecture, weights)


def test_files_that_are_swapped_missing_or_no_json(tmp_path: Path) -> None:
    architecture, weights = write_dragonn(tmp_path, LAYERS, WEIGHTS)
    with pytest.raises(FormatError) as error:
        read_published(weights, architecture)
    assert str(error.value) == f"{weights}: this is an HDF5 file; the architecture (JSON) was expected{ORDER}"
    with pytest.raises(FormatError) as error:
        read_published(architecture, architecture)
    assert str(error.value) == f"{architecture}: this is JSON; the weights (HDF5) were expected{ORDER}"
    with pytest.raises(
        FormatError, match=r"model\.arch\.jso: there is no such file\n  Did you mean .*model\.arch\.json"
    ):
        read_published(tmp_path / "model.arch.jso", weights)
    with pytest.raises(FormatError, match=r"model\.weights: there is no such file"):
        read_published(architecture, tmp_path / "model.weights")
    architecture.write_text(architecture.read_text()[:-30])
    with pytest.raises(FormatError) as error:
        read_published(architecture, weights)
    assert str(error.value).startswith(f"{architecture}:1: not JSON: ")


# --- the published files themselves ---


@pytest.mark.nightly
def test_all_published_models_predict_what_theano_computed(shared_data: Path, tmp_path: Path) -> None:
    from motifnet.models.dragonn import read_dragonn

    folder = shared_data / "dragonn_models"
    with tarfile.open(folder / "all_weights_and_arch.tar.gz") as archive:
        archive.extractall(tmp_path, filter="data")
    pairs = [
        (path, path.with_name(path.name.replace(".arch.json", ".weights.h5"))) for path in tmp_path.rglob("*.json")
    ]
    pairs += [
        (path, path.with_name(path.name.replace("_arch.arch.json", "_model.weights.hd5")))
        for path in folder.glob("in_vivo_*.json")
    ]
    assert len(pairs) == 143
    random = {length: SequenceSet.from_strings(random_dna(2, length, seed=length)) for length in (500, 1000)}
    for architecture, weights in sorted(pairs):
        model = read_dragonn(architecture, weights)
        sequences = random[model.spec.length]
        # As `predict` does, without a compilation for each of them.
        predicted = model.network(one_hot(sequences)[..., np.newaxis], training=False)
        expected = dragonn_predictions(architecture, weights, sequences)
        np.testing.assert_allclose(predicted, expected, rtol=0, atol=1e-5, err_msg=architecture.name)


@pytest.mark.slow
def test_the_published_ctcf_model_knows_ctcf(shared_data: Path) -> None:
    from motifnet.models.dragonn import read_dragonn

    folder = shared_data / "dragonn_models"
    model = read_dragonn(
        folder / "in_vivo_ctcf_balanced_arch.arch.json", folder / "in_vivo_ctcf_balanced_model.weights.hd5"
    )
    sets = [
        model.read_sequences(shared_data / "tf" / "dragonn_example_CTCF" / f"train.{label}.fa.gz").take(np.arange(150))
        for label in ("pos", "neg")
    ]
    probabilities = [model.predict(sequences)[:, 0] for sequences in sets]
    assert roc_auc_score(np.repeat([1, 0], 150), np.concatenate(probabilities)) > 0.95
