"""The folder of a search, in which an interrupted search can be continued.

spec.json           best network and training so far
trials.tsv          one row per trial
trials.journal      the trials as Optuna stores them
tuning.json         data, network and training of the search: to continue it, they must be the same
provenance.json     versions and command
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

from motifnet.errors import InputError
from motifnet.models.network.spec import ModelSpec
from motifnet.models.training.train_spec import TrainSpec
from motifnet.outputs import check_folder, output_folder
from motifnet.provenance import write_provenance
from motifnet.sequences.dataset import Dataset
from motifnet.sequences.input_spec import SplitSpec

JOURNAL, JOB = "trials.journal", "tuning.json"


def check_search(path: str | Path, *, force: bool, inputs: Iterable[str | Path | None]) -> None:
    """Check that a folder has a search to continue, or that `outputs.check_folder` allows a new one."""
    if force or not (Path(path) / JOURNAL).exists():
        check_folder(path, force=force, inputs=inputs)


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


def open_search(path: str | Path, job: Mapping[str, Any], *, force: bool, command: Iterable[str]) -> Path:
    """Create the folder of a search, or open it to continue, and return the path of the journal.

    Raises InputError if the folder has other content, or a search with another `job` (from `describe_job`).
    """
    journal, hint = Path(path) / JOURNAL, "Use another folder, or start again with --force."
    if force or not journal.exists():
        with output_folder(path, force=force) as folder:
            (folder / JOB).write_text(json.dumps(job, indent=2) + "\n")
            (folder / JOURNAL).touch()
            write_provenance(folder, command=command)
        return journal
    try:
        stored = json.loads((Path(path) / JOB).read_text())
        changed = [name for name in job if stored[name] != job[name]]
    except (OSError, ValueError, LookupError, TypeError) as error:
        raise InputError(f"{path}: {JOB} is damaged: {error}", hint=hint) from None
    if changed:
        raise InputError(f"{path}: the search in this folder has different {' and '.join(changed)}", hint=hint)
    return journal
