"""The grammar of recurrences: "every other friday", "the 1st and 15th of every month", "daily at 9 for 10 times".

A recurrence is a head, which says that and how often something repeats, and any number of tails, which say on which
days, at what times and for how long. Both fill one `Draft`, which becomes an RFC 5545 rule.
"""

from kirotodo.core.language.moments import bare_time
from kirotodo.core.language.numbers import digits
from kirotodo.core.language.repeat_draft import EVERY, PLURALS, Draft
from kirotodo.core.language.repeat_heads import ADVERBS, head_at
from kirotodo.core.language.repeat_tails import tail_at
from kirotodo.core.language.spans import Context
from kirotodo.core.language.times import CLOCK_LEADS, clock_at


def repeat_at(ctx: Context, i: int) -> tuple[Draft, int] | None:
    """The recurrence that begins at token i, as long as it goes."""
    draft = Draft()
    end = _leading_time(ctx, i, draft)
    head = head_at(ctx, i if end is None else end, draft)
    if head is None:
        return None
    end = head
    while (more := tail_at(ctx, end, draft)) is not None:
        end = more
    while draft.holes and draft.holes[-1] == end - 1:
        draft.holes.pop()
        end -= 1
    return draft, end


def _leading_time(ctx: Context, i: int, draft: Draft) -> int | None:
    """ "9am daily", "at 9am sundays": a time said before the head."""
    word = ctx.words[i]
    led = word in CLOCK_LEADS
    if not led and not digits(word) and word not in ("noon", "midnight"):
        return None
    clock = clock_at(ctx.line, i + 1 if led else i, "at" if led else "no")
    if clock is None:
        return None
    end = clock[1] + 1 if ctx.words[clock[1]] in (",", "on") else clock[1]
    word = ctx.words[end]
    if word not in EVERY and word not in PLURALS and word not in ADVERBS and word not in ("weekdays", "weekends"):
        return None
    draft.times.append(bare_time(ctx, clock[0], None))
    return end
