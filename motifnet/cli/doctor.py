"""``motifnet doctor``"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

from motifnet.cli.checkup import Check, databases, devices, is_unicode, places, versions
from motifnet.cli.console import start_tensorflow
from motifnet.cli.selftest import SELF_TESTS
from motifnet.errors import MotifnetError

_MARKS = {True: ("✓", "ok"), False: ("✗", "WRONG"), None: ("–", "note")}


def doctor() -> None:
    """Look at this installation: versions, devices, places, known motifs, and a self-test of some seconds.

    Exit code 0 if all is well; 2 if something is wrong, with what mends it. Its lines belong into a report of a bug.

    Examples
    --------
    motifnet doctor
    """
    sections: dict[str, tuple[Callable[[], Iterable[Check]], ...]] = {
        "versions": (versions,),
        "devices": (_devices,),
        "places": (places,),
        "known motifs": (databases,),
        "self-test": SELF_TESTS,
    }
    wrong = []
    for title, looks in sections.items():
        print(title, flush=True)
        for check in (check for look in looks for check in _caught(look)):
            _print(check)
            wrong += [check.name] if check.is_ok is False else []
    if wrong:
        raise MotifnetError(f"wrong: {', '.join(wrong)}", hint="What mends it stands above.")
    print("all is well", flush=True)


def _devices() -> Iterable[Check]:
    start_tensorflow()
    return devices()


def _caught(look: Callable[[], Iterable[Check]]) -> Iterator[Check]:
    """The checks of a function; what breaks it is one too."""
    try:
        yield from look()
    except Exception as error:  # noqa: BLE001  # whatever is broken here is what was looked for
        reason = f"{type(error).__name__}: {error}".partition("\n")[0]
        name = look.__name__.strip("_")
        yield Check(name, f"cannot be looked at: {reason}", is_ok=False, advice="Install motifnet anew (README).")


def _print(check: Check) -> None:
    print(f"  {_MARKS[check.is_ok][0 if is_unicode() else 1]} {check.name}: {check.finding}", flush=True)
    if check.advice:
        print(f"    {check.advice}", flush=True)
