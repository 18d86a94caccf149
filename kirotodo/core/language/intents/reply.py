"""Short answers and turns of talk: yes, no, a pick among what was offered, undo, redo, help, greetings, thanks."""

import re

from kirotodo.core.language.intents.prepared_text import Span, fold
from kirotodo.core.language.intents.reschedule import remaking
from kirotodo.core.language.intents.targets import by_number, by_place, by_pronoun, strip_words
from kirotodo.core.language.intents.vocabulary import cardinal
from kirotodo.core.language.patterns import Pattern, pattern
from kirotodo.core.language.types import Action, Help, No, Pick, Redo, Smalltalk, Target, Undo, Yes

_YES = (
    r"(?:y|yes|yeah|yep|yup|yea|ya|aye|sure|sure thing|of course|ok|okay|okey|k|kk|fine|alright|all right"
    r"|absolutely|definitely|certainly|indeed|correct|right|"
    r"that'?s right|that is right|that'?s correct|exactly|affirmative|confirm|confirmed|i confirm"
    r"|i'?m sure|i am sure|yes i am|go ahead|go for it|go on|proceed|continue|do it|do that|please do|"
    r"yes please|please|sounds good|sounds great|looks good|good|perfect|great|approved?|i approve"
    r"|agreed?|i agree|make it so|by all means|why not|you bet|totally|"
    r"that works|works for me|that'?s fine|that is fine|that would be (?:great|awesome|nice|perfect|good"
    r"|fine|lovely)|i do|i would|i'd like that|true|ok do it)"
)
_NO = (
    r"(?:n|no|nope|nah|nay|no way|no thanks|no thank you|not now|not really|not yet|of course not"
    r"|absolutely not|definitely not|certainly not|never|never ?mind|nevermind|"
    r"cancel|cancel that|cancel it|stop|abort|don'?t|do not|don'?t do it|do not do it|don'?t do that"
    r"|please don'?t|no don'?t|leave it|leave them|leave it be|leave them alone|forget it|forget about it"
    r"|forget that|"
    r"wait|hold on|neither|none|none of them|none of those|none of these|neither of them|neither one"
    r"|neither of those|negative|deny|denied|i don'?t want (?:to|that|it)|rather not|i'd rather not|false"
    r"|wrong|"
    r"that'?s wrong|not that|not this|keep it|keep them|let it be|no need|i changed my mind"
    r"|changed my mind|i disagree|disagree)"
)
_PADDING = (
    r"(?:[\s,.!]+(?:please|thanks|thank you|then|now|kiro(?:todo)?|do it|go ahead|sir|man|dude"
    r"|that'?s fine|it is|cancel|stop|don'?t|of course|delete (?:it|them)|do that|sure))*"
)
_DO_NOT = pattern(
    r"(?:please\s+|no,?\s+)?(?:don'?t|do not|never)\s+(?:delete|remove|add|complete|mark|change|clear"
    r"|move|do|cancel|create|touch|erase|rename|reschedule|finish|make|set|update)\b.*"
)
YES = pattern(rf"(?:(?:oh|um|uh|well|hmm)[\s,]+)?{_YES}(?:[\s,.!]+{_YES})?{_PADDING}")
NO = pattern(rf"(?:(?:oh|um|uh|well|hmm|actually)[\s,]+)?{_NO}(?:[\s,.!]+{_NO})?{_PADDING}")

_COUNT = r"(?P<n>\d{1,2}|one|two|three|four|five|six|seven|eight|nine|ten|couple(?: of)?)"
_UNDO = pattern(
    r"(?:undo|revert|roll back|rollback|take back|reverse)(?:\s+(?:it|that|this|them|those|everything"
    r"|all of that|all that|my|the|your|what you (?:just )?did|what i (?:just )?did))?"
    rf"(?:\s*(?:last|previous|latest|most recent|recent))?(?:\s+{_COUNT})?(?:\s*(?:last"
    rf"|previous))?(?:\s+(?:change|changes|action|actions|command|commands|thing|things|step|steps|one"
    rf"|ones|edit|edits|operation|deletion|delete|completion|addition|turn|turns|times?))?(?:\s+(?:i"
    rf"|you) (?:just )?(?:did|made))?(?:\s+(?:again|now))?"
    r"|(?:take|put) (?:that|it|them|this|those) back|(?:that was|i made|it was) a mistake(?:,? undo)?"
    r"|oops,? undo(?: that)?|cancel (?:that |the |my )?last (?:command|change|action)|ctrl[- +]?z"
    r"|put (?:it|them|everything) back(?: the way it was)?|bring (?:it|them|that) back|undo undo|go back"
    r"|add (?:it|them|that) back(?: again| in)?"
    r"|restore (?:it|them|that|what you deleted)|reverse that|undelete(?: (?:it|that|them))?"
)
_REDO = pattern(
    r"(?:redo|re-do)(?:\s+(?:it|that|this|them|the last (?:change|action|one|thing)|what i undid))?"
    r"|undo (?:the|that|my|your) undo|do it again after all|put the change back|revert the undo"
    r"|re-?apply(?: (?:it|that))?"
)
_HELP = pattern(
    r"(?:help(?: me)?(?: out)?(?: with (?:this|kirotodo))?|i need (?:some )?help|(?:can"
    r"|could) you help(?: me)?(?: out)?|\?+|commands?|usage|instructions|examples?|what (?:can|could"
    r"|do) (?:you|i|u|this|it) (?:do|say|ask|type|help(?: me)? with|understand)(?: for me| you| here"
    r"| with (?:this|you))*|"
    r"what (?:are|is) (?:you|your) (?:able to do|capable of|commands|features|skills|capabilities"
    r"|abilities|options|familiar with)|how (?:do|does|can|should) (?:i|you|this|it) (?:use (?:this|you"
    r"|it|kirotodo)|work|start|get started|begin)|how does (?:this|kirotodo) (?:thing |app "
    r"|program )?work|"
    r"what (?:commands|things|questions|kinds? of things) (?:can|do|could) (?:i|you) .*"
    r"|show (?:me )?(?:the )?(?:help|commands|examples)|(?:list|give me) (?:the |your |all )?(?:commands"
    r"|examples|options)|how do i (?:add|delete|remove|complete|finish|mark|change|edit|undo|reschedule"
    r"|rename|move|tag|set|create|make|see|list|search)\b.*)"
)
_TALK: tuple[tuple[str, Pattern], ...] = (
    (
        "greeting",
        pattern(
            r"(?:hi|hello|hey|hiya|howdy|yo|greetings|good (?:morning|afternoon|evening|day)|hi there|hello there"
            r"|hey there|sup|what'?s up|whats up|wassup|morning|evening)(?:[\s,!.]+(?:there|kiro(?:todo)?"
            r"|everyone|friend|buddy|again|assistant|bot))*"
        ),
    ),
    (
        "thanks",
        pattern(
            r"(?:(?:ok(?:ay)?|great|perfect|cool|nice|awesome|good)[\s,.!]+)?(?:many )?(?:thanks|thank you"
            r"|thankyou|thx|ty|cheers|much appreciated|appreciate it|i appreciate (?:it|that)|gracias"
            r"|merci)(?:[\s,!.]+(?:a lot|so much|very much|again|kiro(?:todo)?|for (?:that|your help|the help"
            r"|everything|helping.*)|you|that'?s all|buddy|man|a million|a bunch))*"
        ),
    ),
    (
        "goodbye",
        pattern(
            r"(?:bye|goodbye|good bye|bye bye|see you(?: later| soon| tomorrow)?|see ya|later|farewell|good night"
            r"|goodnight|ciao|take care|have a (?:good|nice|great) (?:day|night|evening|one|weekend|week|month)"
            r"|i'?m off|talk to you later|ttyl|that'?s all(?: for (?:now|today))?|that is all|i'?m done"
            r"|we're done)(?:[\s,!.]+(?:kiro(?:todo)?|then|now|thanks|everyone))*"
        ),
    ),
    (
        "how_are_you",
        pattern(
            r"(?:and )?(?:how are (?:you|things)(?: doing| today| going| feeling)*|how'?s it going"
            r"|how is it going|how do you do|how're you|how have you been|how was your day|are you (?:ok|okay"
            r"|well|there|awake|happy)|you there|you ok)(?: today| then)?"
        ),
    ),
    (
        "who_are_you",
        pattern(
            r"(?:who|what) (?:are|r) (?:you|u)(?: exactly| really)?|what(?:'s| is) your name|tell me (?:about"
            r"|something about) yourself|are you (?:a |an )?(?:human|robot|bot|ai|real|person|machine|real person"
            r"|computer|program|chatgpt|gpt|llm)|who (?:made|created|built|wrote|programmed) you"
            r"|introduce yourself|who do you work for|how old are you|where are you from"
        ),
    ),
    (
        "praise",
        pattern(
            r"(?:(?:you(?:'re| are)|that'?s|that is|that was|this is|it'?s|i am|i'?m)?\s*(?:so |very |really "
            r"|just |the |a |an |pretty |such )*(?:good|great|nice|awesome|amazing|cool|perfect|excellent"
            r"|wonderful|fantastic|brilliant|helpful|best|lovely|impressive|smart|clever|impressed|super|neat"
            r"|sweet|wow)(?: job| work| one| bot| stuff| app)?|well done|good job|nice work|way to go|love it"
            r"|i love (?:it|this|you|kirotodo)|i like (?:it|this|you)|wow|haha+|lol|lmao|:\)"
            r"|you rock)(?:[\s,!.]+(?:kiro(?:todo)?|thanks|man))*"
        ),
    ),
    (
        "apology",
        pattern(
            r"(?:i'?m |i am |so |oh )*sorry(?: about that| for that)?|my bad|my mistake|oops|whoops|apologies"
            r"|excuse me|pardon(?: me)?"
        ),
    ),
)
_PICK_WORDS = pattern(r"(?:the\s+)?(?P<w>[^\s,].{0,60}?)\s+(?:one|ones)")
_PICK_LEAD = pattern(
    r"(?:(?:i meant?|i was talking about|i mean|i said|i choose|i pick|pick|choose|select|go with"
    r"|let'?s go with)[\s,:]+)+"
)
_PICK_SOFT = pattern(
    r"(?:(?:it'?s|it is|that'?s|that would be|just|only|actually|rather|maybe|please|make it|make that"
    r"|take|use|try|i want|no wait|sorry|probably)[\s,:]+)+"
)
_INSTEAD = pattern(
    r"(?:no|nope|nah|not (?:that|this)(?: one)?|wrong(?: one)?|that'?s (?:wrong|not it|not the one"
    r"|the wrong one)|wait|oops|actually)(?:\s*[,.;:!\-]+\s*|\s+(?=i mean|the |not (?:that"
    r"|this)))(?:(?:no|i meant?|i mean|not that one|sorry)[\s,.;:!\-]+)*(?P<rest>.+?)(?:[\s,]+(?:instead"
    r"|please|rather))*"
)


_AFTER_NO = pattern(
    r"(?:(?:no|nope|oh|oops|wait|sorry|actually|hold on)[\s,.;:!\-]+)+(?:(?:please|let'?s)\s+)?(?P<rest>.+)", re.DOTALL
)


def reaction(span: Span) -> Action | None:
    """What a short text answers to what went before; None where it stands for itself."""
    low = " ".join(span.bare.strip(" \t\r\n,;.!").split()).rstrip("?").strip()
    asked = span.bare.rstrip().endswith("?")
    if not low:
        return Help() if "?" in span.bare else None
    if _HELP.fullmatch(low):
        return Help()
    if not asked:
        if (m := _UNDO.fullmatch(low)) is not None:
            return Undo(turns=_turns(m["n"]))
        if _REDO.fullmatch(low):
            return Redo()
        answer = yes_no(low)
        if answer is not None:
            return Yes() if answer else No()
    for kind, form in _TALK:
        if form.fullmatch(low):
            return Smalltalk(kind=kind)  # type: ignore[arg-type]
    if len(low) > 90 or asked:
        return None
    if (m := span.trimmed().fullmatch(_AFTER_NO)) is not None and (
        change := remaking(span.group(m, "rest"))
    ) is not None:
        return change
    if (m := _INSTEAD.fullmatch(low)) is not None and (picked := _pick(m["rest"], span, certain=True)) is not None:
        return Pick(target=picked, instead=True)
    picked = _pick(low, span, certain=False)
    return Pick(target=picked) if picked is not None else None


def yes_no(text: str) -> bool | None:
    low = " ".join(fold(text).strip(" \t\r\n,;.!").split())
    if YES.fullmatch(low):
        return True
    return False if NO.fullmatch(low) or _DO_NOT.fullmatch(low) else None


def _turns(word: str | None) -> int:
    if not word:
        return 1
    return 2 if word.startswith("couple") else max(1, cardinal(word))


def _pick(low: str, span: Span, *, certain: bool) -> Target | None:
    low = low.strip(" ,.!")
    if (m := _PICK_SOFT.match(low)) is not None:
        low = low[m.end() :]
    if (m := _PICK_LEAD.match(low)) is not None:
        low, certain = low[m.end() :], True
    found = by_number(low) or by_place(low) or (None if low.startswith("my ") else by_pronoun(low))
    if found is not None:
        return found
    if (
        (m := _PICK_WORDS.fullmatch(low)) is not None
        and len(m["w"].split()) <= 5
        and not re.match(
            r"(?:add|delete|remove|mark|what|which|show|list|is|are|this|that|no|a|an|next|move|complete|i|we|any"
            r"|can|could|would"
            r"|will|please|put|set|take|change|push|make|get|give|remind|schedule|do|did|does|when|where|who|how|if"
            r"|let|let'?s"
            r"|cancel|clear|drop|find|check|tell|read|create|book|start|has|have|was|were|reschedule|postpone|new)\b",
            m["w"],
        )
    ):
        place = span.reading.low.find(m["w"], span.start)
        words = span.reading.raw[place : place + len(m["w"])] if place >= 0 else m["w"]
        return Target(words=strip_words(words)[0] or words, plural=low.endswith("ones"))
    if (
        certain
        and len(low.split()) <= 5
        and not re.search(
            r"\b(?:add|delete|remove|mark|show|list|it|that|don'?t|do|i|you|is|are|what|how|why|to)\b", low
        )
    ):
        place = span.reading.low.find(low, span.start)
        words = span.reading.raw[place : place + len(low)] if place >= 0 else low
        return Target(words=strip_words(words)[0]) if strip_words(words)[0] else None
    return None
