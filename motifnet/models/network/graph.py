"""The graph of a Keras network: its operations in order, those of nested models included."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

from motifnet.errors import ModelError
from motifnet.models.runtime import keras

#: Operations that change neither the values of their input nor their order.
PASSING = (
    *("Dropout", "AlphaDropout", "SpatialDropout1D", "SpatialDropout2D", "GaussianDropout"),
    *("GaussianNoise", "Identity", "Cast"),
)


class Step(NamedTuple):
    """One call of a layer or operation on symbolic tensors."""

    operation: Any
    args: tuple[Any, ...]
    kwargs: Mapping[str, Any]
    output: Any

    @property
    def kind(self) -> str:
        """Name of the class of the layer or operation."""
        return type(self.operation).__name__

    @property
    def inputs(self) -> list[Any]:
        """Symbolic tensors among the arguments, in order."""
        return _tensors([self.args, dict(self.kwargs)])

    @property
    def outputs(self) -> list[Any]:
        """Symbolic tensors of the output, in order."""
        return _tensors(self.output)


@dataclass(frozen=True, eq=False)
class Graph:
    """A network as a list of steps, from its inputs to its outputs.

    Parameters
    ----------
    inputs : list of KerasTensor
    steps : tuple of Step
        In an order in which they can be computed.
    outputs : list of KerasTensor
    names : list of str
        Name of each output: its key, or the name of its layer.
    """

    inputs: list[Any]
    steps: tuple[Step, ...]
    outputs: list[Any]
    names: list[str]

    def maker(self, tensor: Any) -> Step | None:
        """The step that computes a tensor; None for inputs."""
        return next((step for step in self.steps if any(each is tensor for each in step.outputs)), None)

    def users(self, tensor: Any) -> list[Step]:
        """The steps that read a tensor."""
        return [step for step in self.steps if any(each is tensor for each in step.inputs)]

    def called(self, name: str) -> Any:
        """Output of the last layer with a name; None if there is none."""
        found = [step.output for step in self.steps if getattr(step.operation, "name", "") == name]
        return found[-1] if found else None


def flatten_network(network: Any) -> Graph:
    """Return the graph of a Functional or Sequential network; the layers of nested models are steps of their own.

    The layers are called again on new inputs, so that their weights are shared with the network.

    Raises
    ------
    ModelError
        If the network is a subclassed model, which has no graph.
    """
    own = _functional(network)
    if own is None:
        raise ModelError(
            f"{type(network).__name__} is not a Functional or Sequential Keras model: its layers cannot be read",
            hint="Rebuild it with the functional API, e.g. keras.Model(inputs, outputs).",
        )
    inputs = [keras.Input(batch_shape=each.shape, dtype=each.dtype, name=each.name) for each in own.inputs]
    steps: list[Step] = []
    outputs = keras.tree.flatten(_called(own, inputs, steps))
    _rename_repeated(steps)
    return Graph(inputs, tuple(steps), outputs, _output_names(network, own))


def _rename_repeated(steps: list[Step]) -> None:
    """Number the layers of nested models that share a name: Keras refuses a model with two layers of one name."""
    owners: dict[str, Any] = {}
    for operation in (step.operation for step in steps):
        name, number = operation.name, 1
        while owners.setdefault(operation.name, operation) is not operation:
            number += 1
            operation.name = f"{name}_of_nested_{number}"


def _functional(network: Any) -> Any:
    """The network as a Functional model; None if it has no graph."""
    if isinstance(network, keras.Sequential):
        if not network.built:
            raise ModelError("the Sequential model has no input shape", hint="Call network.build(input_shape).")
        return network._functional
    return network if isinstance(network, keras.Model) and hasattr(network, "_run_through_graph") else None


def _called(network: Any, inputs: Any, steps: list[Step]) -> Any:
    def called(operation: Any) -> Callable[..., Any]:
        def call(*args: Any, **kwargs: Any) -> Any:
            nested = _functional(operation) if isinstance(operation, keras.Model) else None
            if nested is not None:
                outputs = _called(nested, args[0], steps)
                return outputs[0] if isinstance(outputs, list) and len(outputs) == 1 else outputs
            output = operation(*args, **kwargs)
            steps.append(Step(operation, args, kwargs, output))
            return output

        return call

    return network._run_through_graph(inputs, operation_fn=called)


def _output_names(network: Any, functional: Any) -> list[str]:
    structure = getattr(network, "output", None)
    if isinstance(structure, dict):
        return sorted(structure)  # the order in which Keras flattens it
    return [str(name) for name in functional.output_names]


def _tensors(structure: Any) -> list[Any]:
    return [each for each in keras.tree.flatten(structure) if isinstance(each, keras.KerasTensor)]
