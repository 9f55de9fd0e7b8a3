"""The first convolution of a Keras network, as filters of DNA."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from motifnet.errors import SpecError
from motifnet.models.network.graph import PASSING, Graph, Step

#: Operations between the input and the first convolution that only rearrange the input; `KerasModel` checks the
#: resulting filters.
_REARRANGING = (*PASSING, "Permute", "Transpose", "Reshape", "ExpandDims", "Squeeze", "ZeroPadding1D", "ZeroPadding2D")
#: Operations after it that treat each filter alone.
_BY_FILTER = (*PASSING, "Activation", "ReLU", "Relu", "Exp", "BatchNormalization", "MaxPooling1D", "MaxPooling2D",
              "AveragePooling1D", "AveragePooling2D")  # fmt: skip

#: Hint for networks whose first filters cannot be read.
NO_FILTERS = "Motifs are extracted from filters of DNA. Attributions (motifnet explain) do not need them."


@dataclass(frozen=True, eq=False)
class FirstConvolution:
    """The first convolution of a network, with batch norm folded in if it follows directly.

    Parameters
    ----------
    weights : float32 array of shape (F, 4, w)
        Rows in the order of the network's input.
    bias : float32 array of shape (F,)
    is_relu : bool
        Whether the activation is a ReLU.
    output : KerasTensor
        Output of the convolution, or of the batch norm that is folded in.
    activation : callable
        Activation inside the convolution: from pre-activations to `output`.
    maps : KerasTensor
        The maps after the activation and all operations that treat each filter alone; filters are the last axis.
    """

    weights: NDArray[np.float32]
    bias: NDArray[np.float32]
    is_relu: bool
    output: Any
    activation: Callable[[Any], Any]
    maps: Any


def find_first_convolution(graph: Graph) -> FirstConvolution:
    """Find the convolution that reads the input.

    Raises
    ------
    SpecError
        If the first layer is not a convolution, if several layers read the input, or if its filters do not score each
        window of DNA (stride, dilation or groups; filters that are less than four bases high).
    """
    step = _reader(graph)
    weights = _weights(step)
    layer = step.operation
    bias = layer.bias.numpy() if layer.use_bias else np.zeros(len(weights), dtype=np.float32)
    output, is_linear = step.output, layer.activation.__name__ == "linear"
    following = _only_user(graph, output)
    if is_linear and following is not None and following.kind == "BatchNormalization":
        weights, bias = _folded(weights, bias, following.operation)
        output = following.output
        following = _only_user(graph, output)
    name = layer.activation.__name__
    if is_linear and following is not None:
        name = getattr(getattr(following.operation, "activation", None), "__name__", following.kind)
    maps = output
    while following is not None and following.kind in _BY_FILTER:
        maps = following.output
        following = _only_user(graph, maps)
    return FirstConvolution(weights, bias.astype(np.float32), name.lower() == "relu", output, layer.activation, maps)


def _reader(graph: Graph) -> Step:
    """The convolution that reads the input, possibly rearranged."""
    tensor = graph.inputs[0]
    while True:
        users = graph.users(tensor)
        convolutions = [step for step in users if step.kind in ("Conv1D", "Conv2D")]
        if len(convolutions) == 1 and len(users) == 1:
            return convolutions[0]
        if len(users) != 1:
            what = f"{len(users)} layers read the sequence: the filters of the first layer cannot be read"
            raise SpecError(what, hint=NO_FILTERS)
        if users[0].kind not in _REARRANGING:
            what = f"the first layer is {users[0].kind}, not a convolution: it has no filters of DNA"
            raise SpecError(what, hint=NO_FILTERS)
        tensor = users[0].output


def _weights(step: Step) -> NDArray[np.float32]:
    """Filters ``(F, 4, w)``."""
    layer = step.operation
    if max(layer.strides) > 1 or max(layer.dilation_rate) > 1 or layer.groups > 1 or "first" in layer.data_format:
        raise SpecError(
            f"the first convolution, {layer.name}, has a stride, a dilation, groups, or channels on the first axis: "
            "its filters cannot be read",
            hint=NO_FILTERS,
        )
    kernel, output = layer.kernel.numpy(), step.output.shape
    if kernel.ndim == 4 and kernel.shape[2] == 1:  # one of the two axes of the image has the bases
        bases_first = kernel.shape[0] == 4 and output[1] == 1
        bases_second = kernel.shape[1] == 4 and output[2] == 1
        kernel = kernel[:, :, 0]
        kernel = kernel.swapaxes(0, 1) if bases_first else kernel if bases_second else kernel[:, :0]
    if kernel.ndim != 3 or kernel.shape[1] != 4:
        what = f"the filters of the first convolution, {layer.name}, do not cover all four bases"
        raise SpecError(what, hint=NO_FILTERS)
    return np.ascontiguousarray(kernel.transpose(2, 1, 0), dtype=np.float32)


def _only_user(graph: Graph, tensor: Any) -> Step | None:
    users = graph.users(tensor)
    return users[0] if len(users) == 1 else None


def _folded(
    weights: NDArray[np.float32], bias: NDArray[np.float32], norm: Any
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Weights and bias with a batch norm folded in."""
    gamma = norm.gamma.numpy() if norm.scale else 1.0
    beta = norm.beta.numpy() if norm.center else 0.0
    scale = gamma / np.sqrt(norm.moving_variance.numpy() + norm.epsilon)
    return weights * scale[:, np.newaxis, np.newaxis], (bias - norm.moving_mean.numpy()) * scale + beta
