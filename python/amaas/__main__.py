"""The command line, as ``python -m amaas`` and as the script ``amaas``: see docs/cli.md.

The trap: Python notes Ctrl-C and acts on it later, between its own instructions. There are none
while a command works, so the key is given back to the system first.
"""

import signal
import sys

from amaas._amaas import _main


def main() -> int:
    """Run the command line of this process and return its exit code."""
    if signal.getsignal(signal.SIGINT) is signal.default_int_handler:
        signal.signal(signal.SIGINT, signal.SIG_DFL)
    return _main(["amaas", *sys.argv[1:]])


if __name__ == "__main__":
    sys.exit(main())
