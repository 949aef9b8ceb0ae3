"""``python -m trialsim``, for where the command is not on the path."""

from trialsim.cli import entry

if __name__ == "__main__":
    entry()
