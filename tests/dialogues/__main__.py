"""Hold the conversations and print what is amiss and the figures: `python -m tests.dialogues [NAME…]`.

NAME is the beginning of names, such as "undo/"; --known writes known_failures.txt anew.
"""

import sys
from collections import Counter
from typing import Final

from kirotodo.core.settings import Settings
from tests.dialogues.conversations import KNOWN_FAILURES, all_conversations, hold, is_wrong_change, judge

HEAD: Final = (
    "# Conversations that do not yet go as they should, and what is amiss. Remove the line of one that passes."
)


def main(names: list[str]) -> None:
    conversations = [each for each in all_conversations() if not names or each.name.startswith(tuple(names))]
    held = hold(conversations, Settings(timezone="UTC"))
    counts: Counter[str] = Counter()
    known = [HEAD]
    for conversation in conversations:
        amiss: list[str] = []
        for turn, outcome in zip(conversation.turns, held[conversation.name], strict=True):
            reason = judge(turn, outcome)
            counts["right turns" if reason is None else "turns amiss"] += 1
            if reason is None:
                continue
            counts["wrong changes"] += is_wrong_change(turn, outcome)
            amiss.append(f"{turn.text!r}: {reason}")
            print(f"{conversation.name} | {amiss[-1]} | {' '.join(outcome.answer.split())[:160]!r}")
        counts["conversations amiss" if amiss else "right conversations"] += 1
        known += [f"{conversation.name}: {' '.join(amiss[0].split())[:180]}"] if amiss else []
    print(", ".join(f"{name}: {count}" for name, count in sorted(counts.items())))
    if "--known" in sys.argv:
        KNOWN_FAILURES.write_text("\n".join(known) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main([name for name in sys.argv[1:] if not name.startswith("--")])
