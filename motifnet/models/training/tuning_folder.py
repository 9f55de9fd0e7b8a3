"""The folder of a search: unlike other folders of results it grows, and a search that was interrupted goes on in it.

spec.json is the best so far. What the search was begun with is kept beside it, so that it goes on with the same.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

from motifnet.errors import InputError
from motifnet.models.storage import ModelHeader
from motifnet.outputs import PROVENANCE, check_folder, output_folder
from motifnet.provenance import provenance
from motifnet.sequences.dataset import Dataset

TRIALS, JOURNAL, JOB = "trials.tsv", "trials.journal", "tuning.json"
_BEGIN_ANEW = "Name another folder, or begin anew with --force."


def check_search(path: str | Path, *, force: bool, inputs: Iterable[str | Path | None]) -> None:
    """Say before the work starts whether a search can be kept there: `outputs.check_folder`, unless one is."""
    if force or not (Path(path) / JOURNAL).exists():
        check_folder(path, force=force, inputs=inputs)


def describe_job(data: Dataset, start: ModelHeader, *, test_fraction: float) -> dict[str, Any]:
    """What may not change when a search goes on, as plain values; the sequences and labels as a digest."""
    given = b"" if data.given is None else "\n".join(data.given).encode()
    digest = hashlib.sha256(data.sequences.digest().encode() + data.labels.tobytes() + given).hexdigest()
    job = {
        "sequences": digest,
        "test fraction": test_fraction,
        "network": start.spec.to_dict(),
        "training": asdict(start.training),
    }
    plain: dict[str, Any] = json.loads(json.dumps(job))  # as it will be compared: tuples become lists
    return plain


def open_search(path: str | Path, job: Mapping[str, Any], *, force: bool, command: Iterable[str]) -> Path:
    """Make the folder of a search, or find it again.

    Parameters
    ----------
    path : str or Path
    job : mapping
        From `describe_job`.
    force : bool
        Begin anew where motifnet wrote already.
    command : iterable of str
        Recorded in provenance.json.

    Returns
    -------
    Path
        The journal in it.

    Raises
    ------
    InputError
        If it holds something else, or a search for which `job` was another.
    """
    journal = Path(path) / JOURNAL
    if force or not journal.exists():
        with output_folder(path, force=force) as folder:
            (folder / JOB).write_text(json.dumps(job, indent=2) + "\n")
            (folder / JOURNAL).touch()
            (folder / PROVENANCE).write_text(provenance(command=command))
        return journal
    try:
        begun_with = json.loads((Path(path) / JOB).read_text())
        other = [name for name in job if begun_with[name] != job[name]]
    except (OSError, ValueError, LookupError, TypeError) as error:
        raise InputError(f"{path}: {JOB} is damaged: {error}", hint=_BEGIN_ANEW) from None
    if other:
        raise InputError(f"{path}: holds a search that was begun with other {' and '.join(other)}", hint=_BEGIN_ANEW)
    return journal
