"""The journal of a search: one line per finished trial (checksum and JSON document), flushed to the disk.

If a process is killed while it writes, the last line is incomplete. The incomplete line is removed, and its trial is
run again.

Several processes can run one search. Each process locks the trial that it runs, and the journal while it reads or
writes it. The kernel releases the locks of a process that ends, so that another process can continue its trial.
"""

from __future__ import annotations

import hashlib
import json
import logging
import operator
import os
import shutil
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
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
from motifnet.partial_folder import exclusive, lock_file, unlock

logger = logging.getLogger("motifnet")

_DIGITS = 16
#: Lock file of a trial, in the folder of its checkpoint.
_LOCK = "lock"


class TrialQueue:
    """The trials of a search by one or several processes.

    Parameters
    ----------
    journal : Path, optional
        File of the trials. By default they are kept in memory.
    checkpoint : Path, optional
        Folder for the state of each trial. Several processes must use the same one.

    Attributes
    ----------
    finished : list of FrozenTrial
        In the order in which they finished, as of the last time this process locked the journal.
    """

    def __init__(self, journal: Path | None, checkpoint: Path | None) -> None:
        self._journal, self._checkpoint = journal, checkpoint
        self.finished: list[FrozenTrial] = []

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Lock the journal and read it."""
        if self._journal is None:
            yield
            return
        with locked_journal(self._journal) as self.finished:
            yield

    def state(self, number: int) -> Path | None:
        """Folder for the checkpoint of a trial."""
        return None if self._checkpoint is None else self._checkpoint / f"trial-{number}"

    @contextmanager
    def next_trial(self, n_trials: int) -> Iterator[int | None]:
        """Lock the first of `n_trials` trials that is neither finished nor running, and yield its number.

        If other processes run all remaining trials, wait until one is finished or its process has ended. If all trials
        are finished, yield None.
        """
        while True:
            with self.locked():
                left = sorted(set(range(n_trials)) - {trial.number for trial in self.finished})
                if self._journal is None or self._checkpoint is None:
                    number, lock = next(iter(left), None), None
                    break
                number, lock = next(((n, lock) for n in left if (lock := self._lock(n)) is not None), (None, None))
            if lock is not None or not left:
                break
            logger.info("other processes are running the last trials; waiting for trial %d", left[0])
            self._wait(left[0])
        try:
            yield number
        finally:
            if lock is not None:
                unlock(lock)

    def add(self, trial: FrozenTrial) -> None:
        """Add a finished trial. The journal must be locked."""
        if any(other.number == trial.number for other in self.finished):
            logger.warning("trial %d was run by two processes: the file system may not support locks", trial.number)
            return
        self.finished.append(trial)
        if self._journal is not None:
            append_trial(self._journal, trial)

    def remove_state(self, number: int) -> None:
        """Remove the checkpoint of a finished trial, while its lock is held."""
        if (state := self.state(number)) is not None:
            shutil.rmtree(state, ignore_errors=True)

    def _lock(self, number: int) -> int | None:
        state = self.state(number)
        assert state is not None
        state.mkdir(parents=True, exist_ok=True)
        return lock_file(state / _LOCK, wait=False)

    def _wait(self, number: int) -> None:
        """Wait until no process runs a trial."""
        state = self.state(number)
        assert state is not None
        lock = lock_file(state / _LOCK, wait=True, create=False)
        if lock is not None:
            unlock(lock)


@contextmanager
def locked_journal(path: Path) -> Iterator[list[FrozenTrial]]:
    """Lock a journal, create it if it is missing, and yield its trials (`read_journal`)."""
    with ExitStack() as stack:
        with write_errors(path):
            stack.enter_context(exclusive(path))
        yield read_journal(path)


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
        "number": trial.number,
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
    trial = optuna.trial.create_trial(
        state=TrialState[document["state"]],
        value=document["value"],
        params=document["params"],
        distributions={name: json_to_distribution(value) for name, value in document["distributions"].items()},
        intermediate_values={int(step): loss for step, loss in document["losses"].items()},
        user_attrs=attributes,
    )
    trial.number = operator.index(document["number"])
    return trial


def _checksum(text: bytes) -> str:
    return hashlib.sha256(text).hexdigest()[:_DIGITS]
