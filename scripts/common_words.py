"""Write kirotodo/core/language/common_words.txt: `make common-words`.

These are the words of the project's own corpora of turns and sentences and a list of further English words, without
those that are misspelt there on purpose. A word among them is never taken for a slip of the finger.
"""

import re
from pathlib import Path
from typing import Final

from kirotodo.core.language.when.tokens import word_set

FOLDER: Final = Path(__file__).parent
COMMON_WORDS: Final = FOLDER.parent / "kirotodo" / "core" / "language" / "common_words.txt"
_WORD: Final = re.compile(r"(?<![\w'])[a-z]{3,}(?![\w'])")
_MISSPELT: Final = word_set(
    """
    adn addd apointment bakc bougt bruh cancle canel chese chnage definately delet dlete doesnt evry evrything finaly
    havent hvae hwo invoise libary mak mvoe neeed pasport plumer postpon prority remeber remimd remvoe rescedule
    schedul shedule shwo soory teh theyre tomorow tommorow tommorrow wat wendsday wensday whos yous meating taks
    """
)


def main() -> None:
    texts = [path.read_text("utf-8").lower() for path in sorted(FOLDER.glob("*/corpus/*.txt"))]
    texts.append((FOLDER / "more_words.txt").read_text("utf-8").lower())
    words = {word for text in texts for word in _WORD.findall(text)} - _MISSPELT
    COMMON_WORDS.write_text("".join(f"{word}\n" for word in sorted(words)), "utf-8")
    print(f"{COMMON_WORDS}: {len(words)} words")


if __name__ == "__main__":
    main()
