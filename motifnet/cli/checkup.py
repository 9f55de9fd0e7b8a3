"""What `motifnet doctor` looks at: versions, devices, places, known motifs. A check that fails is a finding."""

from __future__ import annotations

import os
import platform
import re
import shutil
import sys
import tempfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, metadata, requires, version
from pathlib import Path

_BOUND = re.compile(r"(?P<name>[A-Za-z0-9_.-]+)\s*>=\s*(?P<least>[0-9.]+)$")
#: Less room for temporary files is worth a word: data larger than memory lie there.
_LITTLE_ROOM = 5e9


@dataclass(frozen=True)
class Check:
    """One thing that was looked at.

    Parameters
    ----------
    name, finding : str
    is_ok : bool or None
        None: no fault, but worth knowing.
    advice : str
        How to mend it.
    """

    name: str
    finding: str
    is_ok: bool | None = True
    advice: str = ""


def versions(needed: Iterable[str] | None = None) -> Iterator[Check]:
    """Python, motifnet and what it needs, against the bounds of the installed package.

    Parameters
    ----------
    needed : iterable of str, optional
        Requirements such as ``numpy>=2.0``; by default motifnet's own, without extras.
    """
    least = str(metadata("motifnet")["Requires-Python"]).removeprefix(">=")
    yield _bounded("python", platform.python_version(), least, "Make an environment of a newer Python.")
    yield Check("motifnet", f"{version('motifnet')} in {Path(__file__).parents[1]}")
    own = [line for line in requires("motifnet") or () if ";" not in line]
    for requirement in own if needed is None else needed:
        bound = _BOUND.match(requirement)
        name, least = (bound["name"], bound["least"]) if bound else (requirement, "0")
        advice = f"pip install --upgrade '{requirement}'"
        try:
            yield _bounded(name, version(name), least, advice)
        except PackageNotFoundError:
            yield Check(name, "is not installed", is_ok=False, advice=advice)


def _bounded(name: str, found: str, least: str, advice: str) -> Check:
    is_ok = _numbers(found) >= _numbers(least)
    return Check(name, f"{found} (at least {least})", is_ok, "" if is_ok else advice)


def _numbers(version: str) -> tuple[int, ...]:
    """``2.21.0rc1`` as (2, 21): trailing zeros say nothing."""
    numbers = [int(part) for part in re.findall(r"\d+", re.split(r"[A-Za-z+]", version)[0])]
    while numbers and not numbers[-1]:
        numbers.pop()
    return tuple(numbers)


def devices() -> Iterator[Check]:
    """What TensorFlow computes on; it must have been started."""
    from motifnet.models import runtime

    tf = runtime.start()["tf"]
    found = [device.device_type for device in tf.config.list_physical_devices()]
    yield Check("TensorFlow sees", ", ".join(f"{found.count(kind)} {kind}" for kind in sorted(set(found))))
    if "GPU" not in found and shutil.which("nvidia-smi"):
        advice = "pip install 'motifnet[gpu]', or go on without: a CPU suffices for most networks here."
        yield Check("GPU", "nvidia-smi is here, but TensorFlow sees no GPU", is_ok=None, advice=advice)
    yield Check("threads", f"{runtime.threads()} of {os.cpu_count()} cores (--threads N to bound them)")


def places() -> Iterator[Check]:
    """Where something is kept between runs, or during one."""
    from motifnet.motifs.known import tomtom
    from motifnet.sequences.io.genome import cache_folder

    folder = tomtom.cache_folder()
    advice = "Set NUMBA_CACHE_DIR to a folder that is; else every run compiles for a minute or two."
    yield _writable("compiled functions (numba)", folder, advice=advice)
    if not tomtom.is_compiled():
        advice = "The first comparison with known motifs compiles it: a minute or two, once."
        yield Check("Tomtom", "not compiled yet on this machine", is_ok=None, advice=advice)
    advice = "Indexes of genomes in read-only folders then lie in the folder for temporary files."
    yield _writable("indexes of genomes", cache_folder(), advice=advice, is_needed=False)
    keras = Path(os.environ.get("KERAS_HOME") or Path.home() / ".keras")
    yield _writable("Keras home", keras, advice="Nothing of motifnet's is kept there.", is_needed=False)
    temporary = Path(tempfile.gettempdir())
    yield _writable("temporary files", temporary, advice="Set TMPDIR to a folder that is.")
    room = shutil.disk_usage(temporary).free
    advice = "Data that are larger than memory lie there: set TMPDIR to a larger disk for them."
    is_little = room < _LITTLE_ROOM
    yield Check("room there", f"{room / 1e9:.1f} GB", is_ok=None if is_little else True, advice=advice * is_little)


def _writable(name: str, folder: Path, *, advice: str, is_needed: bool = True) -> Check:
    """Whether files can be made there, or the folder itself can."""
    there = next((place for place in (folder, *folder.parents) if place.exists()), folder)
    if there.is_dir() and os.access(there, os.W_OK | os.X_OK):
        return Check(name, str(folder))
    return Check(name, f"{folder} is not writable", is_ok=False if is_needed else None, advice=advice)


def databases() -> Iterator[Check]:
    """The known motifs that ship with motifnet."""
    from motifnet.motifs.extraction_spec import DATABASES
    from motifnet.motifs.known.databases import FOLDER, RELEASE, shipped_database

    yield Check(RELEASE, str(FOLDER))
    for name in DATABASES:
        yield Check(name, f"{len(shipped_database(name))} motifs")


def is_unicode() -> bool:
    """Whether standard output takes more than ASCII."""
    return (sys.stdout.encoding or "").lower().replace("-", "").startswith("utf")
