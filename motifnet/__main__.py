"""``python -m motifnet``: the same as the command ``motifnet``."""

from motifnet.cli.main import main

if __name__ == "__main__":
    main()
