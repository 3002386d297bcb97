"""``python -m atomtug`` is the ``atomtug`` command."""

from atomtug.cli import main

if __name__ == "__main__":
    main()
