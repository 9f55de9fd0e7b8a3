"""Weights to and from HDF5, by Keras, whose faults stop here."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import h5py

from motifnet.errors import ModelError


@contextmanager
def saving() -> Iterator[None]:
    """Keras calls numpy in a way that numpy deprecates; as an error that would leave a broken file."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        yield


def write_weights(network: Any, path: Path) -> None:
    """Save the weights of a network."""
    with saving():
        network.save_weights(path)


def read_weights(network: Any, path: Path) -> None:
    """Load weights into a network of the same spec.

    Raises
    ------
    ModelError
        If the file is damaged or holds the weights of another network.
    """
    try:
        with saving():
            # Of the weights of another network Keras warns first, and raises afterwards.
            warnings.simplefilter("ignore", UserWarning)
            network.load_weights(path)
        n_stored = _count_arrays(path)
        if n_stored != len(network.weights):
            # Keras takes what it needs from the weights of a deeper network.
            raise ValueError(f"{n_stored} arrays are stored, this network has {len(network.weights)}")
    except (OSError, RuntimeError, ValueError, KeyError) as error:
        reason = str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__
        hint = "The file is damaged or belongs to another model; train again."
        raise ModelError(f"{path}: the weights cannot be read: {reason}", hint=hint) from None


def _count_arrays(path: Path) -> int:
    names: list[str] = []
    with h5py.File(path) as file:
        file.visititems(lambda name, item: names.append(name) if isinstance(item, h5py.Dataset) else None)
    return len(names)
