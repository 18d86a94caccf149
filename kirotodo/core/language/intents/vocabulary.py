"""The small vocabularies that the grammar is built of: word classes and pieces of regular expressions, nothing more."""

from functools import cache

from kirotodo.core.language.patterns import Pattern, pattern

OWNER = r"(?:the|my|our|a|an|this|that|your|his|her|their|one of my|any of my|all my|all the|both|[\w']+'s)"

LISTS = (
    r"(?:lists?|(?<=shopping )(?:cart|bag|basket|trolley)|agenda|calendars?|calenders?|schedules?|diary"
    r"|planner|itinerary|backlog|to-?dos?|to dos?|reminders?|inbox|(?<=my )(?:tasks|chores|errands))"
)
"""What a list may be called."""
DEFAULT_LISTS = pattern(
    r"(?:to ?-?do|todos?|to-?dos|tasks?|task to ?-?do|reminders?|calendar|calender|current|whole|entire"
    r"|pending|daily|full|main|own|"
    r"general|default|master|open|online|google|outlook|iphone|phone|existing|personal to do|chores? to do|"
    r"things?|stuff|items?|things to (?:do|remember|get done)|pending tasks|agenda|schedule|"
    r"tasks? to (?:do|complete|accomplish|finish)|(?:things|stuff|tasks|items) (?:i )?(?:need|have|want"
    r"|to).*|next|last|first|new)"
)
"""Names of lists that mean the list itself, no project."""
PLACES = (
    r"(?:shopping|groceries|grocery|errands|chores|work|home|school|personal|family|house|housework|garden|"
    r"office|packing|reading|movies|books|wish ?list|bucket list|travel|trip|holiday|finances?|health|hobbies|"
    r"side projects?|someday|later|ideas|gifts|presents|party|kitchen|hardware|pharmacy|drugstore|supermarket)"
)
"""Lists that people name without the word list: "add milk to shopping"."""

THINGS = (
    r"(?:tasks?|to-?dos?|to do|todos?|items?|things?|stuff|entry|entries|reminders?|remainders?|events?"
    r"|activit(?:y|ies)|"
    r"engagements?|plans?|dates?|content|contents|everything|notifications?|agenda items?|list items?"
    r"|chores?|products?)"
)
"""Words for tasks in general, which narrow nothing."""
EVENTS = (
    r"(?:date(?= with| night)|meetings?|mtgs?|oil change|cookout|barbecue|bbq|potluck|gala|recital|tournament"
    r"|conference call|meetup"
    r"|get ?together"
    r"|sleepover|parade|picnic|orientation|hearing|jury duty|surgery|physical|therapy|massage|facial|cleaning|tutoring"
    r"|lecture|convention|retreat|fundraiser|bake sale|book club|game night|movie night|date night|happy hour|choir"
    r"|appointments?|appt|event|lunch|dinner|breakfast|brunch|party|birthday|anniversary"
    r"|wedding|conference|"
    r"concert|interview|dentist|doctor|doctor's|doctors|vet|haircut|exam|test|class|lesson|call|webinar|seminar|"
    r"workshop|standup|stand-up|deadline|checkup|check-up|gym|yoga|practice|training|rehearsal|game|match|ceremony|"
    r"graduation|reunion|trip|vacation|holiday|visit|drinks|coffee|review|demo|presentation|session|due|rent|bills?|"
    r"delivery|pickup|pick-up|service|church|festival|shower|funeral|baptism|date night|playdate|sprint|retro)"
)
"""Nouns that, with a date beside them, are something to put on the list."""

CHORES = (
    r"(?:buy|purchase|get|pick up|pickup|grab|fetch|collect|return|drop off|bring|take|water|feed|walk|clean|tidy|wash|"
    r"vacuum|mop|sweep|dust|iron|fold|mow|rake|trim|prune|plant|weed|shovel|paint|repair|fix|replace|install|assemble|"
    r"pay|renew|file|submit|finish|complete|prepare|prep|write|draft|review|proofread|edit|print|scan|sign|mail|post|"
    r"send|email|e-mail|call|phone|ring|text|message|ask|talk to|speak to|speak with|meet|meet with|visit"
    r"|see|contact|reply to|reply|"
    r"respond to|follow up|check|check in|study|read|practice|practise|learn|revise|research|plan|organi[sz]e|schedule|"
    r"book|reserve|order|cancel|cook|bake|make|defrost|pack|unpack|wrap|donate|sell|backup|back up|update|upgrade|"
    r"change|charge|exercise|work out|workout|run|jog|stretch|meditate|attend|go|start|stop|watch|register|apply|"
    r"empty|refill|recycle|take out|put out|put away|throw out|throw away|sort|shop|host|invite|wake|pray|journal|move|"
    r"deliver|inspect|measure|test|deploy|merge|refactor|rehearse|invoice|bill|deposit|withdraw|transfer|vote|do|find|"
    r"look up|look for|look at|look into|set up|sew|knit|brush|floss|shave|bathe|groom|change|rotate|service|have|give)"
)
"""Verbs that open a to-do written as one says it to oneself."""
HOME_CHORES = (
    r"(?:buy|pick up|water the|feed the|walk the|mow|rake the|weed the|vacuum the|iron the|fold the"
    r"|take out the|put out the|"
    r"renew|submit|proofread|defrost|bake|unpack|donate|refill|drop off|clean|tidy|finish|return the|follow up)"
)
"""Those of them that nobody asks an assistant to carry out, so that they are a to-do even without a date."""

FRIENDLY = (
    r"(?:please|pls|plz|kindly|thanks|thank you|thx|cheers|for me|instead|i(?: would"
    r"|'d) (?:really )?appreciate (?:it|that)|(?:that|it) would be (?:great|nice|awesome|good|helpful"
    r"|wonderful|lovely)|if you (?:can|could|would|please|don'?t mind)|"
    r"would you|will you|could you|can you|ok|okay|right away|asap please|too|as well|also|now|right now"
    r"|immediately|soon|again please|"
    r"(?:kiro(?:todo)?|olly|alexa|siri|google))"
)

_OUTSIDE = {
    "music": r"play|replay|songs?|music|playlists?|albums?|podcasts?|radio|audiobooks?|tracks?|speakers?|lyrics"
    r"|spotify",
    "volume": r"volume|mute|unmute|louder|quieter|whisper\w*|accent|voice box|your voice",
    "the weather": r"weather|forecast|temperature|raining|rain|snow(?:ing)?|umbrella|sunny|humid(?:ity)?|cold outside",
    "smart home": r"lights?|lamps?|lighting|thermostat|brighten|dim|robot vacuum|vacuum cleaner|robot|roomba"
    r"|smart (?:plug|socket|home)|coffee machine|socket|turn (?:on|off|up|down)|switch (?:on|off)"
    r"|sprinklers?|blinds|curtains|coffee maker|furnace|garage door|front door|air conditioner|living room scene",
    "alarms and timers": r"alarms?|timers?|stopwatch|count(?:ing)? ?down|wake (?:me|us)(?: up)?"
    r"|wake up call|get (?:me|us) up",
    "messages": r"e-?mails?|text messages?|(?:last|that|this) (?:text|message)s?|tweets?|twitter|facebook"
    r"|instagram|whats ?app|sms|inbox|voicemail|linkedin"
    r"|snapchat|social media",
    "money": r"bank\w*|accounts?|balance|credit|debit|transfer\w*|checking|savings|stocks?|shares?|exchange rate"
    r"|currenc(?:y|ies)|dollars?|euros?|pounds?|yen|pesos?|interest rate|apr|mortgage rate|401k|rewards?"
    r"|routing number|pin|pin number|w2|paycheck|payday|insurance|bills? total|bitcoin|visa card"
    r"|mastercard|amex",
    "travel": r"flights?|airlines?|airport|hotels?|reservations?|uber|lyft|taxi|cab|car rental|rental car"
    r"|rent a car|(?:book|reserve) a room|room at|itinerary|luggage|carry-?ons?|carry on|visas?|passport status"
    r"|vaccin\w+"
    r"|travel(?:l?ing)? (?:to|inter\w+)|trains? to|train tickets?|bus to|directions?|traffic|route"
    r"|gas (?:station|mileage)|tire pressure|mpg|oil change|jump start",
    "food": r"recipes?|calories|restaurants?|takeaway|sushi"
    r"|burritos?|take ?out from|pizza|ingredients?|nutrition\w*|cook time"
    r"|substitute|table (?:for|at)",
    "devices": r"channel|settings?|passwords?|router|software|language|brightness|ringtone|wallpaper"
    r"|factory settings?|reset (?:my|your|the) (?:device|phone|settings?)|sync|phone call"
    r"|answer the phone"
    r"|bluetooth|wi-?fi|pair|bedside|new device|your (?:name|language|settings?)|incoming|my phone",
    "knowledge": r"define|definition|synonym|translate|spell|president|population|capital of|news|headlines|jokes?"
    r"|trivia|riddle|fun fact|calculate|square root|divided by|multiplied|times|plus|minus|wikipedia"
    r"|meaning of|flip a coin|roll (?:a|the) di(?:c?e)|random number|horoscope",
    "work and leave": r"pto|vacation days|days off|time off|holidays? (?:left|balance)|boss's|meeting rooms?"
    r"|conference rooms?",
}
"""What other assistants do; by topic."""


@cache
def outside() -> Pattern:
    return pattern("|".join(f"(?P<t{i}>\\b(?:{words})\\b)" for i, words in enumerate(_OUTSIDE.values())))


def topic_of(bare: str) -> str | None:
    """The topic of another assistant's job that a text speaks of, if any."""
    m = outside().search(bare)
    if m is None or m.lastgroup is None:
        return None
    return list(_OUTSIDE)[int(m.lastgroup[1:])]


_CARDINALS = ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve")
_ORDINALS = ("first", "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth", "ninth", "tenth")
ORDINAL = (
    r"(?:first|second|third|fourth|fifth|sixth|seventh|eighth|ninth|tenth|second to last|last|latter"
    r"|former|bottom|top|final"
    r"|\d{1,3}(?:st|nd|rd|th))"
)
_OTHERS = {"last": -1, "latter": -1, "bottom": -1, "final": -1, "former": 1, "top": 1, "second to last": -2}


def cardinal(word: str) -> int:
    """0 where it is no number."""
    if word.isdecimal():
        return int(word)
    return _CARDINALS.index(word) if word in _CARDINALS else 0


def ordinal(word: str) -> int:
    """The place in a list that a word names, from the end where negative; 0 where it is none."""
    if word in _ORDINALS:
        return _ORDINALS.index(word) + 1
    return _OTHERS.get(word) or cardinal(word.rstrip("stndrh"))
