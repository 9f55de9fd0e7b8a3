"""The command ``motifnet``, also as ``python -m motifnet``: how it ends when it is stopped, however early.

What is imported here at once is little: until it is there, Python itself answers to Ctrl-C.
"""

from __future__ import annotations

import signal
import sys
from collections.abc import Callable, Iterable

#: What is said when a signal ends the command; Ctrl-C is the first, the second comes from kill and from job schedulers.
ENDS = {signal.SIGINT: "interrupted", signal.SIGTERM: "terminated"}
#: Shells give the number of the signal in the exit code so.
_BY_SIGNAL = 128
#: So many times Ctrl-C, and it ends at once, whatever it was doing.
_AT_ONCE = 3


def main() -> None:
    """Run one command (`motifnet.cli.main`); exit 130 when it is interrupted, 143 when it is terminated."""
    received: list[int] = []

    def stop(number: int, _: object) -> None:
        # Job schedulers, `timeout` and impatient people send more than one: the first is being answered.
        received.append(number)
        if len(received) == 1:
            raise KeyboardInterrupt
        if received.count(signal.SIGINT) == _AT_ONCE:
            _answer([signal.SIGINT], signal.SIG_DFL)
            signal.raise_signal(signal.SIGINT)

    # What is ignored stays so: nohup, and jobs in the background of a script.
    heard = [number for number in ENDS if signal.getsignal(number) != signal.SIG_IGN]
    try:
        try:
            _answer(heard, stop)
            from motifnet.cli.main import main as run

            run()
        finally:
            # Python is leaving, which takes a moment where TensorFlow is: from here on a signal ends it without a word.
            if not received:
                _answer(heard, signal.SIG_DFL)
    except BaseException as error:
        # Libraries make something else of it now and then, while they are imported.
        if not received or isinstance(error, SystemExit):
            raise
        _answer(heard, signal.SIG_IGN)
        _say_end(received[0], error)
        sys.exit(_BY_SIGNAL + received[0])


def _answer(numbers: Iterable[int], how: Callable[[int, object], None] | signal.Handlers) -> None:
    for number in numbers:
        signal.signal(number, how)


def _say_end(number: int, error: BaseException) -> None:
    lines = [f"motifnet: {ENDS[signal.Signals(number)]}", *(f"  {note}" for note in getattr(error, "__notes__", ()))]
    sys.stderr.write("\n".join([*lines, ""]))
    sys.stderr.flush()


if __name__ == "__main__":
    main()
