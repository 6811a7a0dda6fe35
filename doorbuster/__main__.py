"""`python -m doorbuster` is the same as `doorbuster`."""

from doorbuster.cli import main

if __name__ == "__main__":
    main()
