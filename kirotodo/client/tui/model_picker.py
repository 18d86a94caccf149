"""The model that answers in the chat: choosing it by name, and what a conversation cost. No widget here."""

from collections.abc import Iterable, Sequence

from kirotodo.core.backend import ModelChoice
from kirotodo.core.domain.conversation import Usage


def named(name: str, choices: Sequence[ModelChoice]) -> ModelChoice | None:
    """Return the model of this name, or else one whose name differs in case only."""
    exact = next((choice for choice in choices if choice.name == name), None)
    return exact or next((choice for choice in choices if choice.name.casefold() == name.casefold()), None)


def names(choices: Sequence[ModelChoice]) -> str:
    """Return the names in a row."""
    return ", ".join(choice.name for choice in choices)


class ModelPicker:
    """The models to choose from, and the chosen one; None is the default one."""

    def __init__(self, chosen: str | None) -> None:
        self.chosen = chosen
        self.choices: tuple[ModelChoice, ...] = ()

    @property
    def alternatives(self) -> tuple[ModelChoice, ...]:
        """Return the models, where there is more than one to choose from."""
        return self.choices if len(self.choices) > 1 else ()

    def update(self, choices: Sequence[ModelChoice]) -> str:
        """Take the models there are now. Return a warning where the chosen one is gone, else nothing."""
        self.choices = tuple(choices)
        if self.chosen is None:
            return ""
        choice = named(self.chosen, self.choices)
        if choice is not None:
            self.chosen = choice.name
            return ""
        default = next(choice.name for choice in self.choices if choice.default)
        warning = f"There is no model {self.chosen} here, so {default} answers."
        self.chosen = None
        return warning

    def choose(self, name: str) -> tuple[bool, str]:
        """Let the model of this name answer. Return whether there is one, and the sentence to show."""
        choice = named(name, self.choices)
        if choice is None:
            return False, f"There is no model {name}. Choose one of: {names(self.choices)}."
        self.chosen = None if choice.default else choice.name
        return True, f"{choice.name} answers from now on."


def about(choice: ModelChoice) -> str:
    """Describe a model in a few words that stand after its name."""
    parts = [choice.model if choice.model != choice.name else "", choice.place]
    if choice.input_price is not None and choice.output_price is not None:
        prices = f"{choice.input_price:g} / {choice.output_price:g}"
        parts.append(f"{_in(choice.currency)}{prices} a million tokens")
    return " · ".join([part for part in parts if part] + (["default"] if choice.default else []))


def cost_of(used: Iterable[tuple[str, Usage]], choices: Sequence[ModelChoice]) -> str:
    """Return what this usage of models, each by its name, costs, or "" if no price is known for any of them."""
    priced = {choice.name: choice for choice in choices}
    sums: dict[str, float] = {}
    for name, usage in used:
        choice = priced.get(name)
        amount = choice.cost(usage) if choice is not None else None
        if choice is not None and amount is not None and usage.input_tokens + usage.output_tokens:
            sums[choice.currency] = sums.get(choice.currency, 0.0) + amount
    return " + ".join(f"{_in(currency)}{_amount(total)}" for currency, total in sums.items())


def _in(currency: str) -> str:
    return f"{currency} " if currency[-1:].isalpha() else currency


def _amount(total: float) -> str:
    """Return two decimals, or as many as a small amount needs to be seen."""
    if total >= 0.1 or total == 0:
        return f"{total:.2f}"
    return f"{total:.4f}" if total >= 0.0001 else "0.0001"
