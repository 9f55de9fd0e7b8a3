"""Models that DragoNN published predict what Theano computed; other files are refused."""

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
from motifnet.models.dragonn import read_dragonn, read_published
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
    layers = layers_of(length=LENGTH, **network)
    files = write_dragonn(tmp_path, layers, random_weights(layers))
    model = read_dragonn(*files)
    expected = dragonn_predictions(*files, SEQUENCES)
    assert np.ptp(expected, axis=0).min() > 0.01  # predictions vary
    np.testing.assert_allclose(model.predict(SEQUENCES), expected, rtol=0, atol=1e-5)
    n_tasks = network.get("n_tasks", 1)
    assert model.spec.tasks == (("positive",) if n_tasks == 1 else ("task_1", "task_2", "task_3"))


def test_a_filter_scores_its_site_as_in_theano(tmp_path: Path) -> None:
    kmer = "GATTACA"
    weights = [list(arrays) for arrays in WEIGHTS]
    weights[0][0][0, 0] = one_hot(kmer)[0, ::-1, ::-1]  # Theano's convolution flips kernels
    weights[0][1][0] = 0
    model = read_dragonn(*write_dragonn(tmp_path, LAYERS, weights))
    sequences = SequenceSet.from_strings(["C" * 20 + kmer + "C" * 33])
    activations = model.layer(0).activations(sequences.codes)[0, 0]
    assert activations.argmax() == 20
    assert activations.max() == pytest.approx(7)


def test_the_model_can_be_saved_loaded_and_exported(tmp_path: Path) -> None:
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


def test_other_lengths_need_an_anchor(tmp_path: Path) -> None:
    files = write_dragonn(tmp_path, LAYERS, WEIGHTS)
    longer = tmp_path / "longer.fa"
    write_fasta(SequenceSet.from_strings(random_dna(3, 81, seed=2)), longer)
    with pytest.raises(ModelError, match="81 bp"):
        read_dragonn(*files).read_sequences(longer)
    model = read_dragonn(*files, anchor="end")
    assert model.length_rule == LengthRule(LENGTH, "end")
    cropped = model.read_sequences(longer)
    np.testing.assert_array_equal(cropped.codes, read_fasta(longer).codes[:, -LENGTH:])
    with pytest.raises(InputError, match="anchor"):
        read_dragonn(*files, anchor="middle")  # type: ignore[arg-type]


# --- files that cannot be read ---


def with_layer(number: int, layer: dict[str, Any]) -> dict[str, Any]:
    """An architecture with one layer of `LAYERS` replaced."""
    layers = copy.deepcopy(LAYERS)
    layers[number] = layer
    return {"layers": layers}


def with_field(number: int, field: str, value: object) -> dict[str, Any]:
    """An architecture with one field of a layer of `LAYERS` changed."""
    return with_layer(number, {**LAYERS[number], field: value})


#: Content of the JSON file, and what the message must contain.
ARCHITECTURES: dict[str, tuple[object, str]] = {
    "Keras 1": ({"class_name": "Sequential", "config": []}, "Keras 1"),
    "Keras 2": ({"class_name": "Sequential", "config": {"layers": []}, "keras_version": "2.2.4"}, r"Keras 2\.2\.4"),
    "Keras 3": ({"module": "keras", "class_name": "Sequential", "config": {}, "registered_name": None}, "Keras 3"),
    "other JSON": ([1, 2], "layers"),
    "no layers": ({"layers": []}, "layers"),
    "recurrent": (with_layer(7, {"name": "GRU", "output_dim": 35}), "GRU"),
    "no final pool": ({"layers": [*LAYERS[:6], *LAYERS[7:]]}, "Dropout, Flatten"),
    "truncated": ({"layers": LAYERS[:8]}, "MaxPooling2D, Flatten"),
    "too many layers": ({"layers": LAYERS * 2}, "Activation, Convolution2D"),
    "padded": (with_field(3, "border_mode", "same"), "layer 3 .*border_mode"),
    "channels last": (with_field(0, "dim_ordering", "tf"), "layer 0 .*dim_ordering"),
    "strides": (with_field(6, "strides", [1, 5]), "layer 6 .*strides"),
    "square pool": (with_field(6, "pool_size", [2, 2]), "layer 6 .*pool_size"),
    "softmax": (with_field(9, "activation", "softmax"), "layer 9 .*activation"),
    "two rows": (with_field(3, "nb_row", 4), "layer 3 .*nb_row"),
    "images": (with_field(0, "input_shape", [3, 32, 32]), "layer 0 .*input_shape"),
    "no filters": (with_field(3, "nb_filter", None), "layer 3 .*nb_filter"),
    "no dropout rate": (with_field(2, "p", "much"), "layer 2 .*p "),
    "dropout of all": (with_field(2, "p", 1.0), "layer 2 .*p "),
    "too short": (with_field(0, "input_shape", [1, 4, 15]), "15 bp"),
    "a width that is true": (with_field(0, "nb_col", True), "layer 0 .*nb_col"),
    "half a filter": (with_field(3, "nb_filter", 2.5), "layer 3 .*nb_filter"),
    "a billion tasks": (with_field(8, "output_dim", 10**9), "layer 8 .*output_dim"),
    "18 digits": (with_field(3, "nb_col", 10**18 - 1), "layer 3 .*nb_col"),
    "long text": (with_field(9, "activation", "a" * 10**6), "layer 9 .*activation"),
}
#: Texts that are no JSON of an architecture.
TEXTS = {
    "nested": "[" * 3000,
    "nested and closed": '{"layers": ' + "[" * 3000 + "]" * 3000 + "}",
    "NaN": '{"layers": [{"name": NaN}]}',
    "repeated key": '{"layers": [], "layers": []}',
    "5,000 digits": '{"layers": ' + "9" * 5000 + "}",
}


@pytest.mark.parametrize(("document", "named"), ARCHITECTURES.values(), ids=ARCHITECTURES)
def test_architectures_that_cannot_be_imported(document: object, named: str, tmp_path: Path) -> None:
    architecture, weights = write_dragonn(tmp_path, LAYERS, WEIGHTS)
    architecture.write_text(json.dumps(document))
    with pytest.raises(FormatError, match=named) as error:
        read_published(architecture, weights)
    assert error.value.path == str(architecture)


@pytest.mark.parametrize("text", TEXTS.values(), ids=TEXTS)
def test_texts_that_are_no_architecture(text: str, tmp_path: Path) -> None:
    architecture, weights = write_dragonn(tmp_path, LAYERS, WEIGHTS)
    architecture.write_text(text)
    with pytest.raises(FormatError) as error:
        read_published(architecture, weights)
    assert error.value.path == str(architecture)


def edit(change: Callable[[h5py.File], object]) -> Callable[[Path], None]:
    def apply(path: Path) -> None:
        with h5py.File(path, "a") as file:
            change(file)

    return apply


def rename_format(file: h5py.File) -> None:
    del file.attrs["nb_layers"]
    file.attrs["layer_names"] = [b"convolution2d_1"]
    file.attrs["keras_version"] = b"1.2.2"


def set_nan(file: h5py.File) -> None:
    file["layer_0/param_1"][1] = np.nan


def write_other_network(path: Path) -> None:
    layers = layers_of([(3, 9), (2, 5)], length=LENGTH, pool_width=10)
    write_dragonn(path.parent, layers, random_weights(layers))


#: What is done to the file of weights, and what the message must contain.
WEIGHT_FAULTS: dict[str, tuple[Callable[[Path], object], str]] = {
    "Keras 1": (edit(rename_format), r"Keras 1\.2\.2"),
    "other HDF5": (edit(lambda file: file.attrs.__delitem__("nb_layers")), "nb_layers"),
    "text": (lambda path: path.write_text("ACGT\n"), "HDF5"),
    "empty": (lambda path: path.write_bytes(b""), "empty"),
    "truncated": (lambda path: path.write_bytes(path.read_bytes()[: path.stat().st_size // 2]), "truncated"),
    "another architecture": (write_other_network, "layer 0 .*3x1x4x9 .*3x1x4x7"),
    "no bias": (edit(lambda file: file.__delitem__("layer_8/param_1")), "layer 8 .*10x1 and 1"),
    "no layer": (edit(lambda file: file.__delitem__("layer_4")), "layer_4"),
    "fewer layers": (edit(lambda file: file.attrs.__setitem__("nb_layers", 7)), "7 layers"),
    "not finite": (edit(set_nan), "layer 0 "),
    "4 billion floats": (edit(lambda file: file.create_dataset("layer_0/param_2", (10**9, 4), dtype="f4")), "declares"),
    "external link": (edit(lambda file: file.__setitem__("layer_0/x", h5py.ExternalLink("/etc/passwd", "/"))), "link"),
    "integers": (edit(lambda file: file.__setitem__("layer_0/x", [1, 2])), "floats"),
    "a further array": (edit(lambda file: file.__setitem__("layer_0/x", np.ones(3))), "layer 0 "),
    "number of layers that is text": (edit(lambda file: file.attrs.__setitem__("nb_layers", "many")), "damaged"),
    "endless layers": (edit(lambda file: file.attrs.__setitem__("nb_layers", np.inf)), "damaged"),
}


@pytest.mark.parametrize(("damage", "named"), WEIGHT_FAULTS.values(), ids=WEIGHT_FAULTS)
def test_weights_that_cannot_be_imported(damage: Callable[[Path], object], named: str, tmp_path: Path) -> None:
    architecture, weights = write_dragonn(tmp_path, LAYERS, WEIGHTS)
    kept = architecture.read_text()
    damage(weights)
    architecture.write_text(kept)
    with pytest.raises(FormatError, match=named) as error:
        read_published(architecture, weights)
    assert error.value.path == str(weights)


def test_files_that_are_exchanged_missing_or_invalid(tmp_path: Path) -> None:
    architecture, weights = write_dragonn(tmp_path, LAYERS, WEIGHTS)
    missing = tmp_path / "missing"
    for files, faulty in (
        ((weights, architecture), weights),
        ((architecture, architecture), architecture),
        ((missing, weights), missing),
        ((architecture, missing), missing),
    ):
        with pytest.raises(FormatError) as error:
            read_published(*files)
        assert error.value.path == str(faulty)
    architecture.write_text(architecture.read_text()[:-30])
    with pytest.raises(FormatError) as error:
        read_published(architecture, weights)
    assert (error.value.path, error.value.line) == (str(architecture), 1)


# --- the published files ---


@pytest.mark.nightly
def test_all_published_models_predict_what_theano_computed(shared_data: Path, tmp_path: Path) -> None:
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
        # As in `predict`, without compiling a function for each model.
        predicted = model.network(one_hot(sequences)[..., np.newaxis], training=False)
        expected = dragonn_predictions(architecture, weights, sequences)
        np.testing.assert_allclose(predicted, expected, rtol=0, atol=1e-5, err_msg=architecture.name)


@pytest.mark.slow
def test_the_published_ctcf_model_separates_ctcf_sites(shared_data: Path) -> None:
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
