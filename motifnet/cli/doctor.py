"""``motifnet doctor``: check versions, devices, folders and known motifs, and run a short self-test.

A check that fails is printed, with advice; the other checks still run.
"""

from __future__ import annotations

import os
import platform
import re
import shutil
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from functools import wraps
from importlib.metadata import PackageNotFoundError, metadata, requires, version
from pathlib import Path

import motifnet as mn
from motifnet.cli.console import print_result

_SYMBOLS = {True: ("✓", "ok"), False: ("✗", "WRONG"), None: ("–", "note")}
_BOUND = re.compile(r"(?P<name>[A-Za-z0-9_.-]+)\s*>=\s*(?P<least>[0-9.]+)$")
#: With less free disk space for temporary files, a note is printed: data larger than memory are kept there.
_LITTLE_SPACE = 5e9
_REINSTALL = "Install motifnet again."

#: The self-test plants a motif into random sequences; a network that has not learned it has an auROC near 0.5.
_PLANTED, _LENGTH, _SEED, _LEAST_AUROC = "TGACGTCA", 50, 1, 0.8
_KNOWN = "CTCF"


@dataclass(frozen=True)
class Check:
    """Result of one check.

    Parameters
    ----------
    name, finding : str
    is_ok : bool or None
        None: not an error, but worth a note.
    advice : str
        How to fix it.
    """

    name: str
    finding: str
    is_ok: bool | None = True
    advice: str = ""


def doctor() -> None:
    """Check this installation: versions, devices, folders, known motifs, and a self-test of a few seconds.

    Exit code 0 if everything works, 2 if something does not, with advice. Include this output in bug reports.

    Examples
    --------
    motifnet doctor
    """
    sections: dict[str, tuple[Callable[[], Iterable[Check]], ...]] = {
        "versions": (versions,),
        "devices": (devices,),
        "folders": (folders,),
        "known motifs": (databases,),
        "self-test": (_training, _formats, _tomtom),
    }
    failed = []
    for title, functions in sections.items():
        print_result(title)
        for check in (check for function in functions for check in _caught(function)):
            _print(check)
            failed += [check.name] if check.is_ok is False else []
    if failed:
        raise mn.errors.MotifnetError(f"checks failed: {', '.join(failed)}", hint="See the advice above.")
    print_result("all checks passed")


def _caught(function: Callable[[], Iterable[Check]]) -> Iterator[Check]:
    """The checks of a function; an exception is a failed check."""
    try:
        yield from function()
    except Exception as error:  # noqa: BLE001  # any exception is a finding here
        reason = f"{type(error).__name__}: {error}".partition("\n")[0]
        yield Check(function.__name__.strip("_"), f"failed with {reason}", is_ok=False, advice=_REINSTALL)


def _print(check: Check) -> None:
    is_unicode = (sys.stdout.encoding or "").lower().replace("-", "").startswith("utf")
    print_result(f"  {_SYMBOLS[check.is_ok][0 if is_unicode else 1]} {check.name}: {check.finding}")
    if check.advice:
        print_result(f"    {check.advice}")


# --- the installation ---


def versions(requirements: Iterable[str] | None = None) -> Iterator[Check]:
    """Versions of Python, motifnet and its dependencies, compared with the required ones.

    Parameters
    ----------
    requirements : iterable of str, optional
        E.g. ``numpy>=2.0``; by default those of motifnet, without extras.
    """
    least = str(metadata("motifnet")["Requires-Python"]).removeprefix(">=")
    yield _compared("python", platform.python_version(), least, "Use an environment with a newer Python.")
    yield Check("motifnet", f"{version('motifnet')} in {Path(__file__).parents[1]}")
    own = [line for line in requires("motifnet") or () if ";" not in line]
    for requirement in own if requirements is None else requirements:
        bound = _BOUND.match(requirement)
        name, least = (bound["name"], bound["least"]) if bound else (requirement, "0")
        advice = f"pip install --upgrade '{requirement}'"
        try:
            yield _compared(name, version(name), least, advice)
        except PackageNotFoundError:
            yield Check(name, "is not installed", is_ok=False, advice=advice)


def _compared(name: str, found: str, least: str, advice: str) -> Check:
    is_ok = _numbers(found) >= _numbers(least)
    return Check(name, f"{found} (at least {least})", is_ok, "" if is_ok else advice)


def _numbers(version: str) -> tuple[int, ...]:
    """``2.21.0rc1`` as (2, 21), without trailing zeros."""
    numbers = [int(part) for part in re.findall(r"\d+", re.split(r"[A-Za-z+]", version)[0])]
    while numbers and not numbers[-1]:
        numbers.pop()
    return tuple(numbers)


def devices() -> Iterator[Check]:
    """Devices that TensorFlow can use."""
    from motifnet.models import runtime

    tf = runtime.start()["tf"]
    found = [device.device_type for device in tf.config.list_physical_devices()]
    yield Check("TensorFlow devices", ", ".join(f"{found.count(kind)} {kind}" for kind in sorted(set(found))))
    if "GPU" not in found and shutil.which("nvidia-smi"):
        advice = "Run pip install 'motifnet[gpu]' to use the GPU. Most networks here are small enough for the CPU."
        yield Check("GPU", "nvidia-smi is installed, but TensorFlow finds no GPU", is_ok=None, advice=advice)
    yield Check("threads", f"{runtime.threads()} of {os.cpu_count()} cores (set with --threads N)")


def folders() -> Iterator[Check]:
    """Folders for caches and temporary files."""
    from motifnet.sequences.io.genome_index import cache_folder

    advice = "Indexes of genomes in read-only folders are then written to the folder for temporary files."
    yield _writable("genome indexes", cache_folder(), advice=advice, is_needed=False)
    keras = Path(os.environ.get("KERAS_HOME") or Path.home() / ".keras")
    yield _writable("Keras home", keras, advice="motifnet does not use it.", is_needed=False)
    temporary = Path(tempfile.gettempdir())
    yield _writable("temporary files", temporary, advice="Set TMPDIR to a writable folder.")
    free = shutil.disk_usage(temporary).free
    advice = "Data larger than memory are kept there: for those, set TMPDIR to a folder on a larger disk."
    is_little = free < _LITTLE_SPACE
    yield Check(
        "free space there", f"{free / 1e9:.1f} GB", is_ok=None if is_little else True, advice=advice * is_little
    )


def _writable(name: str, folder: Path, *, advice: str, is_needed: bool = True) -> Check:
    """Whether files, or the folder itself, can be written."""
    existing = next((path for path in (folder, *folder.parents) if path.exists()), folder)
    if existing.is_dir() and os.access(existing, os.W_OK | os.X_OK):
        return Check(name, str(folder))
    return Check(name, f"{folder} is not writable", is_ok=False if is_needed else None, advice=advice)


def databases() -> Iterator[Check]:
    """The databases of known motifs that are installed with motifnet."""
    from motifnet.motifs.extraction_spec import DATABASES
    from motifnet.motifs.known.databases import FOLDER, RELEASE, shipped_database

    yield Check(RELEASE, str(FOLDER))
    for name in DATABASES:
        yield Check(name, f"{len(shipped_database(name))} motifs")


# --- the self-test ---


def _timed(test: Callable[[], Check]) -> Callable[[], Iterator[Check]]:
    """The check as the only one of a list, with its duration."""

    @wraps(test)
    def timed() -> Iterator[Check]:
        start = time.monotonic()
        check = test()
        yield replace(check, finding=f"{check.finding} ({time.monotonic() - start:.1f} s)")

    return timed


@_timed
def _training() -> Check:
    spec = mn.ModelSpec(_LENGTH, (mn.Block(8, 11, batch_norm=True),), final="global_max")
    training = mn.TrainSpec(
        seed=_SEED, max_steps=60, batch_size=64, check_every=20, learning_rate=0.02, shift=0, kmers=False
    )
    valid, test = (_planted(50, seed=_SEED + number) for number in (1, 2))
    model = mn.train(spec, _planted(200, seed=_SEED), valid=valid, training=training)
    auroc = float(mn.evaluate(model, test)["auroc"].iloc[0])
    finding = f"a network learns a planted motif, auROC {auroc:.3f}"
    if auroc >= _LEAST_AUROC:
        return Check("training", finding)
    advice = "TensorFlow computes wrong results: install the versions in constraints.txt."
    return Check("training", f"{finding}, expected at least {_LEAST_AUROC}", is_ok=False, advice=advice)


def _planted(n: int, *, seed: int) -> mn.Dataset:
    """Random sequences: `n` positives with the planted motif at a random position, and `n` negatives."""
    import numpy as np

    rng = np.random.default_rng(seed)
    strings = ["".join(row) for row in rng.choice(list("ACGT"), size=(2 * n, _LENGTH))]
    starts = rng.integers(0, _LENGTH - len(_PLANTED) + 1, n)
    positives = [s[:a] + _PLANTED + s[a + len(_PLANTED) :] for s, a in zip(strings[:n], starts, strict=True)]
    classes = (mn.SequenceSet.from_strings(own) for own in (positives, strings[n:]))
    return mn.Dataset.from_classes(*classes)


@_timed
def _formats() -> Check:
    import numpy as np

    from motifnet.motifs.known.databases import shipped_database

    motifs = shipped_database("urochordates")
    with tempfile.TemporaryDirectory() as folder:
        mn.write_motifs(motifs, Path(folder) / "motifs.meme")
        back = mn.read_motifs(Path(folder) / "motifs.meme")
    is_same = back.names == motifs.names and all(
        np.allclose(a.ppm, b.ppm, atol=1e-5) for a, b in zip(motifs, back, strict=True)
    )
    finding = f"{len(motifs)} motifs written in MEME format and read again are {'equal' if is_same else 'different'}"
    return Check("MEME", finding, is_ok=is_same, advice="" if is_same else _REINSTALL)


@_timed
def _tomtom() -> Check:
    from motifnet.motifs.known.databases import shipped_database

    known = shipped_database("vertebrates")
    query = next(index for index, motif in enumerate(known) if motif.alt_name == _KNOWN)
    table = mn.compare(known[query : query + 1], known, top=1)
    is_found = len(table) == 1 and table["Target_ID"].iloc[0] == known[query].name
    finding = f"{_KNOWN} is {'found' if is_found else 'not found'} among {len(known)} vertebrate motifs"
    return Check("Tomtom", finding, is_ok=is_found, advice="" if is_found else _REINSTALL)
