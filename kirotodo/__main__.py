"""`python -m kirotodo` is the `kirotodo` command."""

import sys
from pathlib import Path

if __name__ == "__main__" and not sys.flags.safe_path and Path(__file__).parent.parent != Path.cwd():
    del sys.path[0]  # Python puts the working folder there, whose modules are none of ours

from kirotodo.cli import main

if __name__ == "__main__":
    main()
