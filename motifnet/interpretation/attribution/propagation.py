"""Gradients and DeepLIFT multipliers of a network, computed step by step through its graph."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from motifnet.errors import ModelError
from motifnet.interpretation.attribution.rules import is_constant, rule_of
from motifnet.models.network.graph import Graph, Step, flatten_network
from motifnet.models.runtime import keras, tf
from motifnet.models.sequence_model import SequenceModel

Array = NDArray[np.floating]
#: Layers that can have a linear part and an activation.
_WITH_ACTIVATION = ("Dense", *(f"{kind}{d}D" for d in (1, 2) for kind in ("Conv", "DepthwiseConv", "SeparableConv")))


class Propagation:
    """The network of a model as a list of steps that can be computed with other rules for gradients.

    Masks of padding depend on the sequence, not on the reference or the point at which a gradient is taken.

    Parameters
    ----------
    model : SequenceModel
    tasks : list of int
        Indices of the T tasks whose logits are explained.
    dtype : {"float32", "float64"}
    """

    def __init__(self, model: SequenceModel, *, tasks: list[int], dtype: str = "float32") -> None:
        self._model, self._tasks, self._dtype = model, tasks, dtype
        self._graph = _in_steps(flatten_network(model.logits_network), dtype)
        self._is_variable = _variable_steps(self._graph)

    def check_rules(self) -> None:
        """Raise ModelError if DeepLIFT has no rule for a layer."""
        for step, is_variable in zip(self._graph.steps, self._is_variable, strict=True):
            if is_variable and rule_of(step) is None:
                is_activation = step.kind == "Activation"
                kind = (
                    f"the activation {step.operation.activation.__name__}" if is_activation else f"{step.kind} layers"
                )
                raise ModelError(f"DeepLIFT has no rule for {kind}", hint="Use the method ism.")

    def gradients(self, x: Array, points: Array) -> tuple[Array, Array]:
        """Gradients at points, with the masks of sequences.

        Parameters
        ----------
        x, points : arrays of shape (n, 4, L)
            One-hot sequences, and points of the same shape.

        Returns
        -------
        gradients : array of shape (n, T, 4, L)
        logits : array of shape (n, T)
            At the points.
        """
        gradients, logits = self._gradients(*(self._tensor(values) for values in (x, points)))
        return gradients.numpy()[..., 0], logits.numpy()

    def multipliers(self, x: Array, references: Array) -> tuple[Array, Array, Array]:
        """DeepLIFT multipliers (Shrikumar et al. 2017, ICML) of sequences relative to references.

        The sum over bases and positions of multiplier times (x minus reference) is the difference of the logits.

        Parameters
        ----------
        x, references : arrays of shape (n, 4, L)
            One-hot sequences, and the reference of each.

        Returns
        -------
        multipliers : array of shape (n, T, 4, L)
        logits, reference_logits : arrays of shape (n, T)
        """
        multipliers, *logits = self._multipliers(*(self._tensor(values) for values in (x, references)))
        return multipliers.numpy()[..., 0], *(each.numpy() for each in logits)

    def _tensor(self, values: Array) -> Any:
        return tf.constant(values[..., np.newaxis], dtype=self._dtype)

    @cached_property
    def _signature(self) -> list[Any]:
        return [tf.TensorSpec((None, 4, self._model.spec.length, 1), self._dtype)] * 2

    @cached_property
    def _gradients(self) -> Any:
        @tf.function(input_signature=self._signature, jit_compile=False, autograph=False)
        def gradients(x: Any, points: Any) -> Any:
            constants = self._constants(self._model.network_input(x))
            with tf.GradientTape(persistent=True) as tape:
                tape.watch(points)
                values = self._run(self._model.network_input(points), constants)
                columns = tf.unstack(self._logits(values), axis=1)
            return _by_task(tape, columns, points), self._logits(values)

        return gradients.get_concrete_function()

    @cached_property
    def _multipliers(self) -> Any:
        @tf.function(input_signature=self._signature, jit_compile=False, autograph=False)
        def multipliers(x: Any, references: Any) -> Any:
            constants = self._constants(self._model.network_input(x))
            baseline = self._run(self._model.network_input(references), constants)
            with tf.GradientTape(persistent=True) as tape:
                tape.watch(x)
                values = self._run(self._model.network_input(x), constants, baseline=baseline)
                columns = tf.unstack(self._logits(values), axis=1)
            return _by_task(tape, columns, x), self._logits(values), self._logits(baseline)

        # A tf.function that is made for each model would warn of retracing.
        return multipliers.get_concrete_function()

    def _logits(self, values: Mapping[int, Any]) -> Any:
        return tf.gather(values[id(self._graph.outputs[0])], self._tasks, axis=1)

    def _constants(self, x: Any) -> dict[int, Any]:
        """Values of the steps that count as constant, such as masks, from the sequences."""
        values = {id(self._graph.inputs[0]): x}
        for step in self._graph.steps:
            _store(values, step, _called(step, values))
        known = (step for step, varies in zip(self._graph.steps, self._is_variable, strict=True) if not varies)
        return {id(each): tf.stop_gradient(values[id(each)]) for step in known for each in step.outputs}

    def _run(
        self, x: Any, constants: Mapping[int, Any], *, baseline: Mapping[int, Any] | None = None
    ) -> dict[int, Any]:
        """Values of all steps; with the values of a baseline, gradients through them are DeepLIFT multipliers."""
        values = {**constants, id(self._graph.inputs[0]): x}
        for step, is_variable in zip(self._graph.steps, self._is_variable, strict=True):
            if not is_variable:
                continue
            rule = rule_of(step) if baseline is not None else None
            if rule is None or baseline is None:
                _store(values, step, _called(step, values))
            else:
                _store(values, step, rule(step, _filled(step, values), _filled(step, baseline)))
        return values


def _by_task(tape: Any, columns: list[Any], x: Any) -> Any:
    zero = tf.UnconnectedGradients.ZERO
    return tf.stack([tape.gradient(column, x, unconnected_gradients=zero) for column in columns], axis=1)


def _filled(step: Step, values: Mapping[int, Any]) -> tuple[tuple[Any, ...], dict[str, Any]]:
    """Arguments of a step, with values in place of symbolic tensors."""

    def value(argument: Any) -> Any:
        return values[id(argument)] if isinstance(argument, keras.KerasTensor) else argument

    filled: tuple[tuple[Any, ...], dict[str, Any]] = keras.tree.map_structure(value, (step.args, dict(step.kwargs)))
    return filled


def _called(step: Step, values: Mapping[int, Any]) -> Any:
    args, kwargs = _filled(step, values)
    return step.operation(*args, **kwargs)


def _store(values: dict[int, Any], step: Step, output: Any) -> None:
    values.update(zip(map(id, step.outputs), keras.tree.flatten(output), strict=True))


def _variable_steps(graph: Graph) -> list[bool]:
    """Whether each step depends on the input by a path without constants."""
    varying = {id(graph.inputs[0])}
    are_variable = []
    for step in graph.steps:
        varies = not is_constant(step) and any(id(tensor) in varying for tensor in step.inputs)
        are_variable.append(varies)
        if varies:
            varying.update(map(id, step.outputs))
    needed, wanted = {id(graph.outputs[0])}, []
    for step, varies in zip(reversed(graph.steps), reversed(are_variable), strict=True):
        is_used = varies and any(id(each) in needed for each in step.outputs)
        if is_used:
            needed.update(id(tensor) for tensor in step.inputs)
        wanted.append(is_used)
    return wanted[::-1]


def _in_steps(graph: Graph, dtype: str) -> Graph:
    """The same graph with layers of a float type, and activations inside layers as steps of their own."""
    copies: dict[int, Any] = {}
    steps: list[Step] = []
    for step in graph.steps:
        layer = step.operation
        if not isinstance(layer, keras.layers.Layer):
            steps.append(step)
            continue
        activation = getattr(layer, "activation", None) if step.kind in _WITH_ACTIVATION else None
        if id(layer) not in copies:
            copies[id(layer)] = _copied(layer, dtype, linear=activation is not None)
        if activation is None or activation.__name__ == "linear":
            steps.append(step._replace(operation=copies[id(layer)]))
            continue
        between = keras.KerasTensor(step.output.shape, dtype)
        steps.append(step._replace(operation=copies[id(layer)], output=between))
        steps.append(Step(keras.layers.Activation(activation, dtype=dtype), (between,), {}, step.output))
    return Graph(graph.inputs, tuple(steps), graph.outputs, graph.names)


def _copied(layer: Any, dtype: str, *, linear: bool) -> Any:
    changes = {"activation": "linear"} if linear else {}
    copy = type(layer).from_config({**layer.get_config(), "dtype": dtype, **changes})
    if layer.weights:
        copy.build_from_config(layer.get_build_config())
        copy.set_weights(layer.get_weights())
    return copy
