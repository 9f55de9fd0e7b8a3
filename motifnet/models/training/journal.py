"""The journal of a search: one line per finished trial (checksum and JSON document), flushed to the disk.

If a process is killed while it writes, the last line is incomplete. The line is removed, and the trial is run again.
"""

from __future__ import annotations

import hashlib
import json
import logging
import os
from pathlib import Path
from typing import Any

import optuna
from optuna.distributions import distribution_to_json, json_to_distribution
from optuna.trial import FrozenTrial, TrialState

from motifnet.errors import FormatError
from motifnet.models.network.block import from_mapping
from motifnet.models.network.spec import ModelSpec
from motifnet.models.training.train_spec import TrainSpec
from motifnet.outputs import write_errors

logger = logging.getLogger("motifnet")

_DIGITS = 16


def read_journal(path: Path) -> list[FrozenTrial]:
    """Read the trials; remove an incomplete or damaged end of the file.

    Raises
    ------
    FormatError
        If the first line is not a trial (the file is not a journal), or another undamaged line is not a trial.
    """
    if not path.exists():
        return []
    *lines, rest = path.read_bytes().split(b"\n")
    trials = []
    for number, line in enumerate(lines, start=1):
        if (text := _checked(line)) is None:
            break
        try:
            trials.append(_trial(text))
        except (ValueError, TypeError, LookupError, AttributeError, RecursionError):
            hint = "Continue with the version of motifnet that wrote it, or use --restart to start a new search."
            raise FormatError(path, "not a trial of this version of motifnet", line=number, hint=hint) from None
    if lines and not trials:
        hint = "Use another folder, or --restart to start a new search."
        raise FormatError(path, "not a journal of `motifnet tune`, or damaged", line=1, hint=hint)
    if rest or len(trials) < len(lines):
        logger.warning("%s: its damaged end was removed; %d trials are complete", path, len(trials))
        with write_errors(path):
            os.truncate(path, sum(len(line) + 1 for line in lines[: len(trials)]))
    return trials


def append_trial(path: Path, trial: FrozenTrial) -> None:
    """Add a finished trial.

    Raises
    ------
    FormatError
        If the file cannot be written.
    """
    document = {
        "state": trial.state.name,
        "value": trial.value,
        "params": trial.params,
        "distributions": {name: distribution_to_json(value) for name, value in trial.distributions.items()},
        "losses": trial.intermediate_values,
        "attributes": trial.user_attrs,
    }
    text = json.dumps(document)
    with write_errors(path), path.open("ab") as handle:
        handle.write(f"{_checksum(text.encode())} {text}\n".encode())
        handle.flush()
        os.fsync(handle.fileno())


def _checked(line: bytes) -> bytes | None:
    """The JSON document of a line, or None if its checksum is wrong."""
    checksum, _, text = line.partition(b" ")
    return text if checksum.decode("ascii", "replace") == _checksum(text) else None


def _trial(text: bytes) -> FrozenTrial:
    document: dict[str, Any] = json.loads(text)
    attributes = document["attributes"]
    ModelSpec.from_dict(attributes["spec"])
    from_mapping(TrainSpec, attributes["training"])
    return optuna.trial.create_trial(
        state=TrialState[document["state"]],
        value=document["value"],
        params=document["params"],
        distributions={name: json_to_distribution(value) for name, value in document["distributions"].items()},
        intermediate_values={int(step): loss for step, loss in document["losses"].items()},
        user_attrs=attributes,
    )


def _checksum(text: bytes) -> str:
    return hashlib.sha256(text).hexdigest()[:_DIGITS]
