"""The front door and composition root: parses, builds a Backend, hands over; imports the rest only when used."""


def main() -> None:
    """Run the `kirotodo` command."""
