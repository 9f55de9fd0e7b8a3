"""The folder of a search, in which an interrupted search can be continued.

spec.json           best network and training so far
trials.tsv          one row per trial
trials.journal      the trials, one per line
tuning.json         data, network and training of the search: to continue it, they must be the same
provenance.json     versions and command
"""

from __future__ import annotations

import hashlib
import json
import logging
import shutil
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import Any

from motifnet.documents import read_json
from motifnet.errors import FormatError, InputError
from motifnet.models.network.spec import ModelSpec
from motifnet.models.training.train_spec import TrainSpec
from motifnet.outputs import check_folder, resolve_folder, write_errors, write_json
from motifnet.partial_folder import CHECKPOINT, RESULTS, SETUP, exclusive, locked, put_in_place
from motifnet.provenance import write_provenance
from motifnet.sequences.dataset import Dataset
from motifnet.sequences.input_spec import SplitSpec

logger = logging.getLogger("motifnet")

JOURNAL, JOB = "trials.journal", "tuning.json"


@contextmanager
def search_folder(
    path: str | Path, *, force: bool, restart: bool, inputs: Iterable[str | Path | None]
) -> Iterator[Path]:
    """Lock the folder of a search, and yield its partial folder, which has the checkpoints of the current trials.

    Several processes can run one search, unless `force` or `restart` is set.

    Raises
    ------
    InputError
        If another process writes the folder and does not share it, or `outputs.check_folder` does not allow a new one.
    """
    inputs = tuple(inputs)
    target = _check_search(path, force=force, restart=restart, inputs=inputs)
    share = not (force or restart)
    with write_errors(path), locked(target, resume=not restart, share=share) as partial:
        _check_search(path, force=force, restart=restart, inputs=inputs)  # another process may have written it
        yield partial


def _check_search(path: str | Path, *, force: bool, restart: bool, inputs: Iterable[str | Path | None]) -> Path:
    """Check that a folder has a search to continue or to replace, or that a new one can be written."""
    is_search = (Path(path) / JOURNAL).exists()
    if is_search and not (force or restart):
        return resolve_folder(path)
    return check_folder(path, force=force or (restart and is_search), inputs=inputs)


def describe_job(data: Dataset, spec: ModelSpec, training: TrainSpec, splits: SplitSpec) -> dict[str, Any]:
    """Values for JSON that must be the same when a search is continued; the data as a digest."""
    given = b"" if data.given is None else "\n".join(data.given).encode()
    digest = hashlib.sha256(data.sequences.digest().encode() + data.labels.tobytes() + given).hexdigest()
    job = {
        "sequences": digest,
        "split": asdict(splits),
        "network": spec.to_dict(),
        "training": asdict(training),
    }
    plain: dict[str, Any] = json.loads(json.dumps(job, default=str))  # tuples become lists, as in the file
    return plain


def open_search(
    path: str | Path, partial: Path, job: Mapping[str, Any], *, is_new: bool, command: Iterable[str]
) -> Path:
    """Create the folder of a search, or open it to continue, and return the path of the journal.

    Parameters
    ----------
    path : str or Path
    partial : Path
        From `search_folder`.
    job : mapping
        From `describe_job`.
    is_new : bool
        Replace a search, unless the last process on this folder ran the same job and was interrupted.
    command : iterable of str
        Recorded in provenance.json.

    Raises
    ------
    InputError
        If the folder has a search with another job, and `is_new` is false.
    """
    journal, own = Path(path) / JOURNAL, partial / CHECKPOINT / JOB
    with exclusive(partial / SETUP):
        is_interrupted = _read_job(own) == job
        stored = _read_job(Path(path) / JOB)
        if journal.exists() and not (is_new and not (is_interrupted and stored == job)):
            _check_job(path, stored, job)
            if is_interrupted:
                logger.info("%s: continuing the search in this folder", path)
        else:
            shutil.rmtree(own.parent, ignore_errors=True)
            _write_search(resolve_folder(path), partial / RESULTS, job, command)
        own.parent.mkdir(exist_ok=True)
        write_json(job, own)
    return journal


def _check_job(path: str | Path, stored: Mapping[str, Any] | None, job: Mapping[str, Any]) -> None:
    hint = "Use another folder, or --restart to start a new search."
    if stored is None or not set(job) <= set(stored):
        raise InputError(f"{path}: {JOB} is missing or damaged", hint=hint)
    changed = [name for name in job if stored[name] != job[name]]
    if changed:
        raise InputError(f"{path}: the search in this folder has different {' and '.join(changed)}", hint=hint)


def _read_job(path: Path) -> dict[str, Any] | None:
    try:
        return dict(read_json(path, {}))
    except (FormatError, TypeError):
        return None


def _write_search(target: Path, results: Path, job: Mapping[str, Any], command: Iterable[str]) -> None:
    results.mkdir()
    write_json(job, results / JOB)
    (results / JOURNAL).touch()
    write_provenance(results, command=command)
    put_in_place(results, target)
