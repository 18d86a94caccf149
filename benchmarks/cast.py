"""`python -m benchmarks.cast FILE`: a session as an animated SVG, played by the real program with a real list.

Each frame is the screen as it is then; a style sheet shows one after the other. Who prefers no motion sees the last.
"""

import argparse
import asyncio
import os
import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from benchmarks.pictures import Stage, self_contained, staged
from benchmarks.screen import until
from kirotodo.client.tui import themes
from kirotodo.client.tui.screens.statistics import StatisticsText
from kirotodo.client.tui.widgets.composer import Composer

SIZE: Final = (104, 26)
PIECES: Final = 3
"""Frames in which a message is typed."""
TYPED: Final = 0.5
READ: Final = 2.4
"""Seconds that a frame is shown: while typing, and for reading."""
MESSAGES: Final = (
    "add milk, eggs and bread to shopping",
    "call the dentist tomorrow at half past three !high",
    "what's due this week?",
)


@dataclass
class Film:
    """Frames, and for how many seconds each is shown."""

    stage: Stage
    frames: list[tuple[str, float]] = field(default_factory=list)

    async def shoot(self, seconds: float) -> None:
        await self.stage.pilot.pause(0.3)
        self.frames.append((self_contained(self.stage.app.export_screenshot(title="kirotodo")), seconds))


async def played() -> list[tuple[str, float]]:
    """The frames of the session."""
    async with staged(SIZE, themes.DARK) as stage:
        film = Film(stage)
        await film.shoot(READ)
        for message in MESSAGES:
            for piece in range(1, PIECES + 1):
                stage.app.chat.query_one(Composer).put(message[: len(message) * piece // PIECES])
                await film.shoot(TYPED)
            stage.app.chat.query_one(Composer).put("")
            await stage.say(message)
            await film.shoot(READ)
        await stage.press("ctrl+l", "1")
        await film.shoot(READ)
        await stage.press("down", "space")
        await film.shoot(READ)
        await stage.press("S")
        await until(stage.pilot, lambda: len(stage.app.screen.query_one(StatisticsText).plain_text) > 100)
        await film.shoot(READ + 1)
        return film.frames


def animated(frames: list[tuple[str, float]]) -> str:
    """The frames in one SVG, over and over. A line of the screen is drawn once for all the frames it stands in."""
    styles = _Styles()
    seen: dict[str, list[int]] = {}
    for number, (svg, _) in enumerate(frames):
        for line in _lines(svg, styles):
            seen.setdefault(line, []).append(number)
    groups: dict[tuple[int, ...], list[str]] = {}
    for line, numbers in seen.items():
        groups.setdefault(tuple(numbers), []).append(line)
    times = [0.0]
    for _, seconds in frames:
        times.append(times[-1] + seconds)
    sheet, bodies = [], []
    for place, (standing, lines) in enumerate(groups.items()):
        if len(standing) < len(frames):
            sheet.append(_shown(place, [(times[each], times[each + 1]) for each in standing], times[-1]))
        last = " last" if standing[-1] == len(frames) - 1 else ""
        name = f' id="g{place}" class="part{last}"' if len(standing) < len(frames) else ""
        bodies.append(f"<g{name}>{''.join(lines)}</g>")
    first = frames[0][0]
    before = first[: first.index("<style>")] + "<style>" + first[first.index("<style>") + 7 : first.index("</style>")]
    before = re.sub(r"<!--.*?-->|\.terminal-\d+-r\d+ {.*?}", "", before, flags=re.DOTALL)
    window = first[first.index("</style>") : first.index(MATRIX)]
    window = re.sub(r'<clipPath id="terminal-\d+-line-\d+">.*?</clipPath>', "", window, flags=re.DOTALL)
    still = "@media (prefers-reduced-motion:reduce){.part{animation:none!important}.last{visibility:visible}}"
    rules = "\n".join([".part{visibility:hidden}", *styles.rules(), *sheet, still])
    whole = f'{before}{rules}{window}<g class="terminal-0-matrix">{"".join(bodies)}</g></g></svg>\n'
    return re.sub(r"\s*\n\s*", "\n", re.sub(r"terminal-\d+", "t", whole))


MATRIX: Final = '<g class="terminal'
LINE: Final = 24.4
"""Points of an SVG from one line of the screen to the next."""
_DRAWN: Final = re.compile(r"<rect fill=[^>]*/>|<text [^>]*>[^<]*</text>")


class _Styles:
    """Gives each way of painting text one name, whatever it is called in a frame."""

    def __init__(self) -> None:
        self._names: dict[str, str] = {}

    def of(self, svg: str) -> dict[str, str]:
        """The names of a frame's own names."""
        found = re.findall(r"\.(terminal-\d+-r\d+) {(.*?)}", svg)
        return {own: self._names.setdefault(rule.strip(), f"s{len(self._names)}") for own, rule in found}

    def rules(self) -> list[str]:
        return [f".{name}{{{rule}}}" for rule, name in self._names.items()]


def _lines(svg: str, styles: _Styles) -> list[str]:
    """What is drawn on each line of the screen: its grounds, then its text."""
    names = styles.of(svg)
    body = svg[svg.index("clip-terminal)") :]
    lines: dict[int, list[str]] = {}
    for drawn in _DRAWN.findall(body):
        if drawn.startswith("<text") and not drawn.replace("&#160;", " ").split(">", 1)[1].split("<")[0].strip():
            continue
        y = re.search(r' y="([\d.]+)"', drawn)
        assert y is not None
        piece = re.sub(r' clip-path="[^"]*"| shape-rendering="[^"]*"', "", drawn)
        piece = re.sub(r'class="(terminal-\d+-r\d+)"', lambda found: f'class="{names[found[1]]}"', piece)
        lines.setdefault(int(float(y[1]) / LINE), []).append(piece)
    return ["".join(sorted(pieces, key=lambda each: each.startswith("<text"))) for _, pieces in sorted(lines.items())]


def _shown(place: int, spans: list[tuple[float, float]], total: float) -> str:
    """The animation that shows a group at these times."""
    joined: list[list[float]] = []
    for start, end in spans:
        if joined and joined[-1][1] == start:
            joined[-1][1] = end
        else:
            joined.append([start, end])
    steps = [] if joined[0][0] == 0 else ["0%{visibility:hidden}"]
    for start, end in joined:
        steps.append(f"{100 * start / total:.2f}%{{visibility:visible}}")
        steps.append(f"{100 * end / total:.2f}%{{visibility:hidden}}")
    if joined[-1][1] == total:
        steps[-1] = "100%{visibility:visible}"
    return f"@keyframes k{place}{{{''.join(steps)}}}#g{place}{{animation:k{place} {total:.1f}s step-end infinite}}"


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.cast", description=__doc__)
    parser.add_argument("file", type=Path)
    os.environ |= {"TERM": "xterm-256color", "COLORTERM": "truecolor"}
    file: Path = parser.parse_args().file
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(animated(asyncio.run(played())), encoding="utf-8")


if __name__ == "__main__":
    main()
