"""Which model answers in the chat: finding one by its name, and what a conversation cost. Pure."""

from collections.abc import Iterable, Sequence

from kirotodo.client.tui.entries import AnswerEntry
from kirotodo.core.backend import ModelChoice


def named(name: str, choices: Sequence[ModelChoice]) -> ModelChoice | None:
    """The model of this name; where there is none, one whose name differs in case only."""
    exact = next((choice for choice in choices if choice.name == name), None)
    return exact or next((choice for choice in choices if choice.name.casefold() == name.casefold()), None)


def names(choices: Sequence[ModelChoice]) -> str:
    return ", ".join(choice.name for choice in choices)


def about(choice: ModelChoice) -> str:
    """What a model is, in a few words behind its name."""
    parts = [choice.model if choice.model != choice.name else "", choice.place]
    if choice.input_price is not None and choice.output_price is not None:
        prices = f"{choice.input_price:g} / {choice.output_price:g}"
        parts.append(f"{_in(choice.currency)}{prices} a million tokens")
    return " · ".join([part for part in parts if part] + (["default"] if choice.default else []))


def cost_of(answers: Iterable[AnswerEntry], choices: Sequence[ModelChoice]) -> str:
    """What these answers cost, "" where no price is known for any of them."""
    priced = {choice.name: choice for choice in choices}
    sums: dict[str, float] = {}
    for answer in answers:
        choice = priced.get(answer.model)
        amount = choice.cost(answer.usage) if choice is not None else None
        if choice is not None and amount is not None and answer.usage.input_tokens + answer.usage.output_tokens:
            sums[choice.currency] = sums.get(choice.currency, 0.0) + amount
    return " + ".join(f"{_in(currency)}{_amount(total)}" for currency, total in sums.items())


def _in(currency: str) -> str:
    return f"{currency} " if currency[-1:].isalpha() else currency


def _amount(total: float) -> str:
    """Two digits behind the point, or as many as a small amount needs to be seen."""
    if total >= 0.1 or total == 0:
        return f"{total:.2f}"
    return f"{total:.4f}" if total >= 0.0001 else "0.0001"
