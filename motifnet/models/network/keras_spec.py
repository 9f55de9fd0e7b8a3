"""`KerasSpec`: how a Keras network reads DNA and what its output means. No Keras."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, Literal

from motifnet.errors import SpecError
from motifnet.models.network.block import as_tuple, check, check_integer, check_name, check_tasks, from_mapping

#: Axes of the input: sequences, positions, bases, and an axis of length 1.
LAYOUTS: tuple[str, ...] = ("NL4", "N4L", "NL41", "N4L1")
#: How the score of a task follows from the output before the last activation (`keras_model`).
LINKS: tuple[str, ...] = ("sigmoid", "softmax", "exponential", "linear", "profile")
_OUTPUTS = {"sigmoid": "classes", "softmax": "classes", "exponential": "counts"}


@dataclass(frozen=True)
class KerasSpec:
    """Input and output of a Keras network.

    Parameters
    ----------
    length : int or None
        Length of the sequences in bp; None if the network takes any length.
    layout : {"NL4", "N4L", "NL41", "N4L1"}
    tasks : tuple of str
    link : {"sigmoid", "softmax", "exponential", "linear", "profile"}
        Last activation of the network, before which scores are taken. "profile": the output is the profile of a signal.
    strands : {"forward", "both"}
        "both": the score is the mean of the logits of both strands.
    alphabet : str
        Order of the bases in the input.
    output : str or None
        Name of the output, or of the layer, that is explained; None if there is one output.
    """

    length: int | None
    layout: str
    tasks: tuple[str, ...]
    link: str
    strands: Literal["forward", "both"] = "forward"
    alphabet: str = "ACGT"
    output: str | None = None

    def __post_init__(self) -> None:
        object.__setattr__(self, "tasks", as_tuple(self.tasks))
        for name in ("layout", "link", "strands", "alphabet", "output"):
            value = getattr(self, name)
            check(name, value, "text", isinstance(value, str) or (name == "output" and value is None))
        if self.length is not None:
            check_integer("length", self.length, 1)
        check_name("layout", self.layout, LAYOUTS)
        check_name("link", self.link, LINKS)
        check_name("strands", self.strands, ("forward", "both"))
        check("alphabet", self.alphabet, "A, C, G and T in some order", sorted(self.alphabet) == list("ACGT"))
        check_tasks(self.tasks)

    @property
    def outputs(self) -> str:
        """Kind of the predictions: "classes", "values" or "counts", as in `ModelSpec`."""
        return _OUTPUTS.get(self.link, "values")

    @property
    def is_double_stranded(self) -> bool:
        """Whether both strands are scored."""
        return self.strands == "both"

    @property
    def motif_strands(self) -> Literal["both", "forward"]:
        """Strands on which motifs are found."""
        return self.strands

    @property
    def is_length_fixed(self) -> bool:
        """Whether the network takes only sequences of `length`."""
        return self.length is not None

    @property
    def ignores_padding(self) -> bool:
        """Whether N at the end of a sequence has no effect."""
        return False

    def check_layer(self, k: int) -> None:
        """Raise SpecError unless `k` is 0: only filters of the first convolution can be read."""
        if k != 0:
            raise SpecError(f"layer must be 0, the first convolution of a Keras model. Got {k} instead")

    def to_dict(self) -> dict[str, Any]:
        """Return plain values for JSON."""
        return asdict(self)

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> KerasSpec:
        """Make a spec from the result of `to_dict`; raise SpecError if a field is missing or unknown."""
        return from_mapping(cls, values)
