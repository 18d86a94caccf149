"""Every zone of IANA is one, and nothing else that lies in the same folder."""

from importlib.resources import files

import pytest

from kirotodo.core.timezones import known_zone

ZONES = (files("tzdata") / "zones").read_text().split()


def test_every_zone_is_known() -> None:
    assert [known_zone(name) for name in ZONES if name != "Factory"] == [name for name in ZONES if name != "Factory"]
    assert len(ZONES) > 500


@pytest.mark.parametrize(
    "name",
    [
        *(
            "localtime",
            "posixrules",
            "right/UTC",
            "posix/Europe/Vienna",
            "Factory",
            "tzdata.zi",
            "leapseconds",
            "zone.tab",
        ),
        *(
            "",
            ".",
            "../UTC",
            "/etc/localtime",
            "Europe",
            "Europe/",
            "europe/vienna",
            "Mars/Phobos",
            "UTC\n",
            "UTC\0",
            "Ü/a",
        ),
    ],
)
def test_what_is_no_zone(name: str) -> None:
    with pytest.raises(ValueError, match="IANA time zone"):
        known_zone(name)
