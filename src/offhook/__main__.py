"""The `offhook` command, and `python -m offhook`."""

import sys


def main() -> None:
    """Run it. Whoever presses Ctrl-C while it is still being loaded has ended it, and is shown no traceback."""
    try:
        from offhook.main import main as run  # loading takes a while, and is what may be interrupted

        run()
    except KeyboardInterrupt:
        sys.exit(130)


if __name__ == "__main__":
    main()
