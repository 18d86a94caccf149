"""The deployment guide that kirotodo has to make true, as single commands and checklist items."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Final

GUIDE: Final = Path(__file__).parents[3] / "shared" / "deployment-guide.md"


def commands(text: str) -> Iterator[str]:
    """Every command and arrow of the code blocks, one a piece however many lines it has, with single spaces."""
    for block in re.findall(r"```bash\n(.*?)```", text, flags=re.DOTALL):
        yield from _pieces(block)


def _pieces(block: str) -> Iterator[str]:
    held = ""
    for line in block.replace("\\\n", " ").splitlines():
        if not held and line.lstrip().startswith("#"):
            continue
        held = f"{held} {line}".strip()
        if held and held.replace('\\"', "").count('"') % 2 == 0:
            yield " ".join(re.sub(r"\s# .*$", "", held).split())
            held = ""


def items(text: str) -> list[str]:
    """The checklist."""
    return re.findall(r"^- \[ \] (.+)$", text, flags=re.MULTILINE)
