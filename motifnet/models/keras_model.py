"""`KerasModel`: any Keras network on one-hot DNA, with the methods of a model that motifnet trained."""

from __future__ import annotations

import math
from collections.abc import Sequence
from copy import copy
from functools import cached_property
from pathlib import Path
from typing import Any, Literal

import numpy as np

from motifnet.arguments import check_type
from motifnet.errors import ModelError, SpecError, listed, quoted
from motifnet.html import summary_html
from motifnet.models.filters import ConvolutionFilters
from motifnet.models.inference import one_hot_tensor
from motifnet.models.keras_file import read_keras, write_keras
from motifnet.models.manifest import write_manifest
from motifnet.models.network.block import check_name
from motifnet.models.network.first_convolution import NO_FILTERS, FirstConvolution, find_first_convolution
from motifnet.models.network.graph import PASSING, Graph, Step, flatten_network
from motifnet.models.network.keras_spec import LAYOUTS, KerasSpec
from motifnet.models.runtime import keras, tf
from motifnet.models.sequence_model import SequenceModel
from motifnet.models.storage import (
    ALL_FILES,
    FORMAT_VERSION,
    NETWORK,
    SPEC,
    ModelHeader,
    find_model,
    model_file,
    read_spec,
)
from motifnet.sequences.alphabet import LETTERS
from motifnet.sequences.sequence_set import LengthRule
from motifnet.sequences.splits.partition import SplitTable

#: Links by the names of Keras' activation functions, layers and operations.
_LINKS = {
    **dict.fromkeys(("sigmoid", "Sigmoid"), "sigmoid"),
    **dict.fromkeys(("softmax", "Softmax"), "softmax"),
    **dict.fromkeys(("exponential", "exp", "Exp", "Exponential"), "exponential"),
}
_HINT = "Give the layout of the input, e.g. NL4 for (sequences, positions, bases)."
_SELECT = "Select an output or a layer by its name: --head NAME (in Python, output=NAME)."


class LogOdds(keras.layers.Layer):  # type: ignore[misc]  # Keras has no types
    """Log odds of each class ``(N, T)`` from the input of a softmax: the logit minus the log-sum-exp of the others."""

    def call(self, logits: Any) -> Any:
        n = logits.shape[-1]
        others = logits[:, tf.newaxis] + tf.constant(np.where(np.eye(n, dtype=bool), -np.inf, 0), dtype=logits.dtype)
        return logits - tf.reduce_logsumexp(others, axis=2)

    def compute_output_shape(self, shape: tuple[Any, ...]) -> tuple[Any, ...]:
        return shape


class ProfileScore(keras.layers.Layer):  # type: ignore[misc]  # Keras has no types
    """Score ``(N, T)`` of a profile's logits ``(N, P, T)``: their mean, centred and weighted by their softmax.

    The weights are constants for gradients (Shrikumar et al. 2018, arXiv:1811.00416v5; Avsec et al. 2021, Nat Genet
    53:354).
    """

    def call(self, logits: Any) -> Any:
        return self.weighted(logits, tf.stop_gradient(tf.nn.softmax(logits, axis=1)))

    def weighted(self, logits: Any, weights: Any) -> Any:
        """Score with given weights ``(N, P, T)``."""
        return tf.reduce_sum(weights * (logits - tf.reduce_mean(logits, axis=1, keepdims=True)), axis=1)

    def compute_output_shape(self, shape: tuple[Any, ...]) -> tuple[Any, ...]:
        return shape[0], shape[2]


#: Layers that follow the output before the last activation, by link.
_SCORE_LAYERS: dict[str, Any] = {"softmax": LogOdds, "profile": ProfileScore}


class KerasModel(SequenceModel):
    """A Keras network on one-hot DNA that was trained elsewhere.

    The scores of a network are its outputs before the last sigmoid (log odds), softmax (log odds of each class) or
    exponential (logarithms of counts). If the last activation is another one, scores are the outputs themselves. The
    score of a profile ``(N, P, T)`` is the mean of its logits, centred and weighted by their softmax.

    Parameters
    ----------
    network : keras.Model
        A Functional or Sequential model, nested or not, with one input.
    layout : {"NL4", "N4L", "NL41", "N4L1"}
        Axes of the input: N sequences, L positions, 4 bases. Unknown bases (N) are zero.
    tasks : sequence of str, optional
        Names of the outputs. By default ``positive`` if there is one, else ``task_0``, ``task_1``, ...
    strands : {"forward", "both"}
        "both": the score is the mean of the scores of both strands.
    logits : bool, optional
        True: outputs without a last activation are log odds (a network trained with ``from_logits=True``).
    alphabet : str
        Order of the bases in the input.
    output : str, optional
        Name of an output or a layer. Required if there are several outputs.
    profile : bool
        True: an output ``(N, P)`` is the profile of one signal, and not P tasks.
    length_rule : LengthRule, optional
        How sequences of other lengths are cropped or padded. By default to the length of the network, around their
        centre.

    Raises
    ------
    ModelError
        If the network is a subclassed model or has several inputs, its input does not have the layout, the output is
        not found, the number of tasks differs from the number of outputs, or the network does not accept the length.
    SpecError
        If a value is unknown.

    Examples
    --------
    ``KerasModel(keras.models.load_model("basset.keras"), layout="NL4", tasks=cells)``
    """

    spec: KerasSpec

    def __init__(
        self, network: Any, layout: str = "NL4", *, tasks: Sequence[str] | None = None,
        strands: Literal["forward", "both"] = "forward", logits: bool | None = None, alphabet: str = "ACGT",
        output: str | None = None, profile: bool = False, length_rule: LengthRule | None = None,
    ) -> None:  # fmt: skip
        check_type("network", network, keras.Model)
        check_name("layout", layout, LAYOUTS)
        graph = flatten_network(network)
        length = _length(graph, layout)
        before, link = _before_link(graph, _output(graph, output), is_profile=profile)
        if link == "linear" and logits:
            link = "sigmoid"
        n_tasks = before.shape[-1] if link != "profile" or len(before.shape) == 3 else 1
        names = tasks or (["positive"] if n_tasks == 1 else [f"task_{i}" for i in range(n_tasks)])
        if len(names) != n_tasks:
            what = f"the number of names of tasks ({len(names)}) differs from the number of outputs ({n_tasks})"
            raise ModelError(what, hint="Give one name per output.")
        spec = KerasSpec(length, layout, tuple(names), link, strands, alphabet, output)
        rule = length_rule or (None if length is None else LengthRule(length))
        super().__init__(spec, length_rule=rule)
        self.network, self.kmers, self.positives = network, None, None
        self._graph, self._before = graph, before
        if rule is not None:
            self.spec_for(rule.length)

    def __repr__(self) -> str:
        length = f"{self.spec.length} bp" if self.spec.length else "any length"
        return f"<KerasModel: {length} to {', '.join(self.spec.tasks)}>"

    def _repr_html_(self) -> str:
        spec = self.spec
        facts = {
            "input": f"{spec.length or 'any number of'} bp, layout {spec.layout}, {spec.alphabet}",
            "outputs": f"{', '.join(spec.tasks)} ({spec.outputs})",
            "strands": spec.strands,
            "parameters": f"{self.network.count_params():,}",
        }
        return summary_html("KerasModel", facts)

    def write_files(self, folder: Path) -> None:
        (folder / SPEC).write_text(self.to_json())
        write_keras(self.network, folder / NETWORK)
        write_manifest(folder, ALL_FILES, version=FORMAT_VERSION)

    @classmethod
    def load(cls, folder: str | Path) -> KerasModel:
        """Load a model from its folder. No code of the folder is executed.

        Raises
        ------
        ModelError
            If the folder is not that of a Keras network, lacks a file, or is damaged.
        """
        path = find_model(folder)
        header = read_spec(path / SPEC)
        spec = header.spec
        if not isinstance(spec, KerasSpec):
            raise ModelError(f"{folder}: motifnet built this model", hint="Use TrainedModel.load or load_model.")
        with model_file(path / SPEC):
            model = cls(
                read_keras(path / NETWORK), spec.layout, tasks=spec.tasks, strands=spec.strands,
                logits=spec.link == "sigmoid", alphabet=spec.alphabet, output=spec.output,
                profile=spec.link == "profile", length_rule=header.length_rule,
            )  # fmt: skip
            if model.spec != spec:
                raise ModelError(f"{path / SPEC}: does not describe the network in {NETWORK}")
        return model

    @property
    def split_table(self) -> SplitTable:
        return SplitTable.empty()

    @cached_property
    def logits_network(self) -> Any:
        return keras.Model(self._graph.inputs[0], self._scores)

    @cached_property
    def _scores(self) -> Any:
        x = self._before
        if self.spec.link == "profile" and len(x.shape) == 2:
            x = keras.ops.expand_dims(x, 2)
        made = _SCORE_LAYERS.get(self.spec.link)
        return x if made is None else made(name="score")(x)

    def network_input(self, x: Any) -> Any:
        x = tf.gather(x, [LETTERS.index(base) for base in self.spec.alphabet], axis=1)
        if self.spec.layout.startswith("NL"):
            x = tf.transpose(x, (0, 2, 1, 3))
        return x if len(self.spec.layout) == 4 else x[..., 0]

    def spec_for(self, length: int) -> KerasSpec:
        spec: KerasSpec = super().spec_for(length)
        sizes = {"N": 1, "L": length, "4": 4, "1": 1}
        try:
            self.network.compute_output_shape(tuple(sizes[axis] for axis in spec.layout))
        except ValueError:
            what = f"the network does not accept sequences of {length} bp"
            raise ModelError(what, hint="Use longer sequences, e.g. those that it was trained on.") from None
        return spec

    def for_length(self, length: int) -> KerasModel:
        if length == self.spec.length:
            return self
        spec = self.spec_for(length)
        model = copy(self)
        model.__dict__.pop("_compiled", None)
        ModelHeader.__init__(model, spec, length_rule=self.length_rule)
        return model

    def layer(self, k: int = 0) -> ConvolutionFilters:
        self.spec.check_layer(k)
        order = [self.spec.alphabet.index(base) for base in LETTERS[:4]]
        floor = 0.0 if self._first.is_relu else -math.inf
        weights = np.ascontiguousarray(self._first.weights[:, order])
        filters = ConvolutionFilters(weights, self._first.bias, self.spec.motif_strands, floor)
        self._check_filters(filters)
        return filters

    def _check_filters(self, filters: ConvolutionFilters) -> None:
        """Raise SpecError unless the filters give the output of the first convolution, which may be padded."""
        length = self.spec.length or 3 * filters.width
        codes = np.random.default_rng(0).integers(0, 4, (2, length), dtype=np.uint8)
        ours = np.asarray(self._first.activation(filters.activations(codes).transpose(0, 2, 1)))
        network = keras.Model(self._graph.inputs[0], self._first.output)
        theirs = np.asarray(network(self.network_input(one_hot_tensor(codes)), training=False))
        theirs = theirs.reshape(2, -1, len(filters.weights))
        shifts = range(theirs.shape[1] - ours.shape[1] + 1)
        if not any(np.allclose(ours, theirs[:, i : i + ours.shape[1]], rtol=1e-3, atol=1e-4) for i in shifts):
            raise SpecError(
                "the first convolution does not score windows of the sequence: its filters cannot be read",
                hint=NO_FILTERS,
            )

    def cut(self, k: int) -> tuple[Any, Any]:
        self.spec.check_layer(k)
        maps = self._first.maps
        try:
            return keras.Model(self._graph.inputs[0], [maps]), keras.Model([maps], self._scores)
        except ValueError:  # other layers read the sequence too
            both = [maps, self._graph.inputs[0]]
            return keras.Model(self._graph.inputs[0], both), keras.Model(both, self._scores)

    @cached_property
    def _first(self) -> FirstConvolution:
        return find_first_convolution(self._graph)


def _length(graph: Graph, layout: str) -> int | None:
    """Length that the input accepts; None for any. Raises ModelError unless the input has the layout."""
    if len(graph.inputs) != 1:
        names = listed(each.name for each in graph.inputs)
        raise ModelError(
            f"the network has {len(graph.inputs)} inputs ({names})", hint="Build a network with DNA as its only input."
        )
    shape = tuple(graph.inputs[0].shape)
    sizes = {"4": 4, "1": 1}
    has_layout = len(shape) == len(layout) and all(
        sizes.get(axis, size) == size for axis, size in zip(layout, shape, strict=True)
    )
    if not has_layout:
        shown = ", ".join("any" if size is None else str(size) for size in shape)
        raise ModelError(f"the input of the network has the shape ({shown}), which is not {layout}", hint=_HINT)
    size: int | None = shape[layout.index("L")]
    return size


def _output(graph: Graph, name: str | None) -> Any:
    """The output of the network or of a layer, by name."""
    if name is None:
        if len(graph.outputs) > 1:
            raise ModelError(f"the network has {len(graph.outputs)} outputs ({listed(graph.names)})", hint=_SELECT)
        return graph.outputs[0]
    found = graph.outputs[graph.names.index(name)] if name in graph.names else graph.called(name)
    if not isinstance(found, keras.KerasTensor):
        raise ModelError(f"the network has no output or layer {quoted(name)}", hint=f"Outputs: {listed(graph.names)}.")
    return found


def _before_link(graph: Graph, output: Any, *, is_profile: bool) -> tuple[Any, str]:
    """The tensor before the last activation, and the link."""
    after: list[Step] = []
    tensor, step = output, graph.maker(output)
    while step is not None and step.kind in (*PASSING, "Reshape", "Flatten"):
        after.append(step)
        tensor = step.inputs[0]
        step = graph.maker(tensor)
    link = "linear" if step is None else _LINKS.get(_activation(step), "linear")
    if step is not None and link != "linear":
        tensor = step.inputs[0] if step.kind in (*_LINKS, "Activation") else _without_activation(step)
    for passed in reversed(after):
        tensor = passed.operation(tensor)
    if is_profile or len(tensor.shape) == 3:
        link = "profile"
    if len(tensor.shape) not in (2, 3):
        shown = ", ".join("any" if size is None else str(size) for size in tensor.shape)
        raise ModelError(f"the output has the shape ({shown}), neither that of tasks nor of a profile", hint=_SELECT)
    return tensor, link


def _activation(step: Step) -> str:
    """Name of the activation that a step is, or ends with."""
    function = getattr(step.operation, "activation", None)
    return step.kind if function is None else getattr(function, "__name__", type(function).__name__)


def _without_activation(step: Step) -> Any:
    """Output of a layer without its activation."""
    layer = step.operation
    linear = type(layer).from_config({**layer.get_config(), "activation": "linear", "name": f"{layer.name}_logits"})
    output = linear(step.inputs[0])
    linear.set_weights(layer.get_weights())
    return output
