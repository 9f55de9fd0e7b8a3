"""Options of tracks along a genome; imports no numpy."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal, get_args

from motifnet.arguments import check_integer
from motifnet.errors import SpecError, quoted

if TYPE_CHECKING:
    from motifnet.models.storage import ModelHeader
    from motifnet.sequences.sequence_set import SequenceSet

Combine = Literal["center", "mean", "max"]


@dataclass(frozen=True)
class WindowSpec:
    """Windows along a genome.

    Parameters
    ----------
    stride : int
        Distance between the starts of windows in bp. Windows have the length of the model; the first one starts at the
        first base of each chromosome.
    regions : Path, optional
        File of regions (BED, narrowPeak and others): use only windows that overlap a region. Default: the whole genome.

    Raises
    ------
    InputError
        If `stride` is below 1.
    """

    stride: int = 50
    regions: Path | None = None

    def __post_init__(self) -> None:
        check_integer("stride", self.stride, at_least=1)

    def read(self, model: ModelHeader, genome: str | Path) -> SequenceSet:
        """Read the windows; errors are those of `ModelHeader.read_windows`."""
        return model.read_windows(genome, stride=self.stride, regions=self.regions)


@dataclass(frozen=True)
class TrackSpec(WindowSpec):
    """Windows along a genome, and the value of each base.

    Parameters
    ----------
    stride : int
        Distance between the starts of windows in bp. Windows have the length of the model; the first one starts at the
        first base of each chromosome.
    regions : Path, optional
        File of regions (BED, narrowPeak and others): write only values in these regions. Default: the whole genome.
    combine : str
        Value of a base. center: prediction for the window with the nearest centre. mean, max: mean or maximum of the
        predictions for all windows that cover the base.

    Raises
    ------
    InputError
        If `stride` is below 1.
    SpecError
        If `combine` has another value.
    """

    combine: Combine = "center"

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.combine not in get_args(Combine):
            known = ", ".join(get_args(Combine))
            raise SpecError(f"--combine must be one of {known}. Got {quoted(self.combine)} instead")
