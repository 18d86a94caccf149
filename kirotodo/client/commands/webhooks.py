"""`webhooks`: the addresses that a server sends the changes of your list to."""

import datetime as dt
from collections.abc import Sequence
from typing import Final, cast, get_args

import click

from kirotodo.client.commands.context import FAILED, leave, now, with_list
from kirotodo.client.commands.output import put, put_json, say
from kirotodo.client.commands.params import CHANGE, Number, json_option
from kirotodo.core.domain.task import PAGE_MAX
from kirotodo.core.domain.webhook import Webhook, WebhookDelivery, WebhookEvent
from kirotodo.core.text.dates import describe_moment
from kirotodo.core.text.sanitize import sanitize_line

WEBHOOK: Final = Number("webhook", "kirotodo webhooks")


@click.group(
    invoke_without_command=True,
    short_help="Send the changes of your list to other programs.",
    epilog="""\b
Examples:
  kirotodo webhooks
  kirotodo webhooks add https://example.com/hook
  kirotodo webhooks add https://example.com/hook --events task.completed --events task.created
  kirotodo webhooks test 1
  kirotodo webhooks deliveries 1
  kirotodo webhooks redeliver 1 41
  kirotodo webhooks disable 1
  kirotodo webhooks remove 1""",
)
@json_option
@click.pass_context
def webhooks(context: click.Context, as_json: bool) -> None:
    """List your webhooks. Your server sends each change to them, signed, and tries again for about a day."""
    if context.invoked_subcommand is not None:
        return
    found = with_list(lambda backend: backend.webhooks())
    if as_json:
        put_json({"items": found, "next": None})
        return
    if not found:
        say("You have no webhooks. Add one: kirotodo webhooks add https://example.com/hook")
    for webhook in found:
        put(f"{webhook.id}  {sanitize_line(webhook.url)}  {_kinds(webhook)}{_state(webhook, now=now())}")


@webhooks.command(
    short_help="Send changes to an address.",
    epilog="""\b
Examples:
  kirotodo webhooks add https://example.com/hook
  kirotodo webhooks add https://example.com/hook --events task.completed""",
)
@click.argument("url")
@click.option("--events", multiple=True, type=click.Choice(get_args(WebhookEvent)), help="Only these; can be repeated.")
@json_option
def add(url: str, events: Sequence[str], as_json: bool) -> None:
    """Send every change to URL from now on, and print the secret that its signatures are verified with, once."""
    added = with_list(lambda backend: backend.add_webhook(url, cast(Sequence[WebhookEvent], events)))
    if as_json:
        put_json(added)
        return
    say(f"Added webhook {added.id}. Its secret, which is shown only now:")
    put(added.secret or "")
    say(f"To try it: kirotodo webhooks test {added.id}")


@webhooks.command(
    short_help="Send a test message.",
    epilog="""\b
Examples:
  kirotodo webhooks test 1""",
)
@click.argument("number", type=WEBHOOK)
@json_option
def test(number: int, as_json: bool) -> None:
    """Send a message of the type webhook.test to webhook NUMBER, now and once."""
    tried = with_list(lambda backend: backend.test_webhook(number))
    if as_json:
        put_json(tried)
    elif tried.accepted:
        put(f"Webhook {number} accepted it ({tried.status_code}).")
    if not tried.accepted:
        leave(FAILED, f"Webhook {number} didn't accept it. {sanitize_line(tried.detail)}")


@webhooks.command(
    short_help="Send nothing to a webhook any more.",
    epilog="""\b
Examples:
  kirotodo webhooks disable 1""",
)
@click.argument("number", type=WEBHOOK)
def disable(number: int) -> None:
    """Disable webhook NUMBER: what changes from now on isn't sent."""
    with_list(lambda backend: backend.enable_webhook(number, enabled=False))
    say(f"Disabled. To send changes again: kirotodo webhooks enable {number}")


@webhooks.command(
    short_help="Send changes to a disabled webhook again.",
    epilog="""\b
Examples:
  kirotodo webhooks enable 1""",
)
@click.argument("number", type=WEBHOOK)
def enable(number: int) -> None:
    """Enable webhook NUMBER, with what was waiting when it was disabled."""
    with_list(lambda backend: backend.enable_webhook(number))
    say(f"Enabled webhook {number}.")


@webhooks.command(
    short_help="Remove a webhook.",
    epilog="""\b
Examples:
  kirotodo webhooks remove 1""",
)
@click.argument("number", type=WEBHOOK)
def remove(number: int) -> None:
    """Remove webhook NUMBER, and everything that is on its way there."""
    with_list(lambda backend: backend.remove_webhook(number))
    say(f"Removed webhook {number}.")


@webhooks.command(
    short_help="Show what was sent, and what became of it.",
    epilog="""\b
Examples:
  kirotodo webhooks deliveries 1
  kirotodo webhooks deliveries 1 --limit 100 --json""",
)
@click.argument("number", type=WEBHOOK)
@click.option("--limit", type=click.IntRange(1, PAGE_MAX), default=20, show_default=True, help="How many at most.")
@click.option("--cursor", metavar="NEXT", help="Continue after a page, from the `next` in its JSON.")
@json_option
def deliveries(number: int, limit: int, cursor: str | None, as_json: bool) -> None:
    """Show the changes that were sent to webhook NUMBER, or are on their way there, the newest first."""
    page = with_list(lambda backend: backend.webhook_deliveries(number, limit=limit, cursor=cursor))
    if as_json:
        put_json({"items": page.items, "next": page.next})
        return
    if not page.items:
        say(f"Nothing was sent to webhook {number} lately.")
    for delivery in page.items:
        put(_delivery(delivery, now=now()))


@webhooks.command(
    short_help="Send a change once more.",
    epilog="""\b
Examples:
  kirotodo webhooks redeliver 1 41""",
)
@click.argument("number", type=WEBHOOK)
@click.argument("change", type=CHANGE)
def redeliver(number: int, change: int) -> None:
    """Send CHANGE to webhook NUMBER once more, with the same id."""
    with_list(lambda backend: backend.redeliver(number, change))
    say(f"Change {change} will be sent to webhook {number} again.")


def _kinds(webhook: Webhook) -> str:
    everything = set(webhook.events) == set(get_args(WebhookEvent))
    return "every change" if everything else ", ".join(map(sanitize_line, webhook.events))


def _state(webhook: Webhook, *, now: dt.datetime) -> str:
    if webhook.disabled_at is not None:
        reason = f" {sanitize_line(webhook.disabled_reason)}" if webhook.disabled_reason else ""
        return f"  disabled {describe_moment(webhook.disabled_at, now=now)}.{reason}"
    if webhook.failing_since is not None:
        return f"  failing since {describe_moment(webhook.failing_since, now=now)}"
    return ""


def _delivery(delivery: WebhookDelivery, *, now: dt.datetime) -> str:
    tries = f"{delivery.attempts} attempt{'' if delivery.attempts == 1 else 's'}"
    line = f"{delivery.change_id}  {delivery.event}  {delivery.status}  {tries}"
    if delivery.status == "pending" and delivery.next_at is not None and delivery.attempts:
        line += f", again {describe_moment(delivery.next_at, now=now)}"
    return f"{line}  {sanitize_line(delivery.detail)}".rstrip()
