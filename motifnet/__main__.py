"""The command ``motifnet``, also ``python -m motifnet``: exit codes after SIGINT and SIGTERM, at any time.

Only little is imported before the signal handlers are installed; until then, Python's own handlers apply.
"""

from __future__ import annotations

import signal
import sys
from collections.abc import Callable, Iterable

#: Message after each signal that ends the command: Ctrl-C, and the signal of `kill` and of job schedulers.
ENDS = {signal.SIGINT: "interrupted", signal.SIGTERM: "terminated"}
#: Shells add this to the number of the signal in the exit code.
_SIGNAL_OFFSET = 128
#: After Ctrl-C this many times, the process ends without cleaning up.
_INTERRUPTS_TO_KILL = 3


def main() -> None:
    """Run one command (`motifnet.cli.main`); exit with 130 after SIGINT and with 143 after SIGTERM."""
    received: list[int] = []

    def stop(number: int, _: object) -> None:
        # Job schedulers and `timeout` send several signals: while the first is handled, further ones are ignored.
        received.append(number)
        if len(received) == 1:
            raise KeyboardInterrupt
        if received.count(signal.SIGINT) == _INTERRUPTS_TO_KILL:
            _set_handler([signal.SIGINT], signal.SIG_DFL)
            signal.raise_signal(signal.SIGINT)

    # Signals that are ignored stay ignored: nohup, background jobs of scripts.
    handled = [number for number in ENDS if signal.getsignal(number) != signal.SIG_IGN]
    try:
        try:
            _set_handler(handled, stop)
            from motifnet.cli.main import main as run

            run()
        finally:
            # Shutting down TensorFlow takes a moment: a signal during that time ends the process silently.
            if not received:
                _set_handler(handled, signal.SIG_DFL)
    except BaseException as error:
        # Libraries sometimes replace the KeyboardInterrupt by another exception, e.g. during an import.
        if not received or isinstance(error, SystemExit):
            raise
        _set_handler(handled, signal.SIG_IGN)
        _print_end(received[0], error)
        sys.exit(_SIGNAL_OFFSET + received[0])


def _set_handler(numbers: Iterable[int], handler: Callable[[int, object], None] | signal.Handlers) -> None:
    for number in numbers:
        signal.signal(number, handler)


def _print_end(number: int, error: BaseException) -> None:
    lines = [f"motifnet: {ENDS[signal.Signals(number)]}", *(f"  {note}" for note in getattr(error, "__notes__", ()))]
    sys.stderr.write("\n".join([*lines, ""]))
    sys.stderr.flush()


if __name__ == "__main__":
    main()
