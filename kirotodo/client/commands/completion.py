"""`completion`: print the script that lets a shell complete commands and options."""

import click
from click.shell_completion import BashComplete, get_completion_class

from kirotodo.client.commands.output import put

INSTALL = {
    "bash": "echo 'eval \"$(kirotodo completion bash)\"' >> ~/.bashrc",
    "zsh": "echo 'eval \"$(kirotodo completion zsh)\"' >> ~/.zshrc",
    "fish": "kirotodo completion fish > ~/.config/fish/completions/kirotodo.fish",
}


@click.command(
    short_help="Print the completion script of a shell.",
    epilog="""\b
Examples:
  eval "$(kirotodo completion bash)"
  echo 'eval "$(kirotodo completion zsh)"' >> ~/.zshrc
  kirotodo completion fish > ~/.config/fish/completions/kirotodo.fish""",
)
@click.argument("shell", type=click.Choice(list(INSTALL)))
def completion(shell: str) -> None:
    """Print the script that completes commands and options in SHELL."""
    found = get_completion_class(shell)
    root = click.get_current_context().find_root()
    assert found is not None
    script = found(root.command, {}, "kirotodo", "_KIROTODO_COMPLETE")
    # BashComplete.source() starts a bash to look at its version, which is needless and may print a warning.
    source = script.source_template % script.source_vars() if issubclass(found, BashComplete) else script.source()
    put(source.strip())
    put(f"# To load it in every {shell}: {INSTALL[shell]}")
