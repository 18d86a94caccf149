"""`python -m kirotodo` is the `kirotodo` command."""

from kirotodo.cli import main

if __name__ == "__main__":
    main()
