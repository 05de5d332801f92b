"""Take phone-sized pictures of the demo's pages: `python tests/dashboards/screenshot.py [DIRECTORY]`, by hand.

Needs the Debian package `chromium`. Plays the demo's evening up to two instants of it, and writes alerte-amavi.png,
alerte-reanimation.png and situation.png (default: docs/images).
"""

import subprocess
import sys
import tempfile
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

from dashboards.adapters.exporter import Exporter
from dashboards.adapters.serving import serve
from dashboards.adapters.web import build_app
from dashboards.board import Board
from streams.adapters.sqlite_journal import SqliteJournal
from vigie.demo import Spectator, play
from vigie.demo_scenarios import EVENING, winter_scenario

SEED = 2026
WIDTH, HEIGHT = 390, 844
CASUALTIES = EVENING + timedelta(hours=6, minutes=20)
CRITICAL_CARE = EVENING + timedelta(hours=7, minutes=23)


def board_at(instant: datetime, directory: Path) -> Board:
    """Return what the monitor shows at an instant of the evening."""
    evening = winter_scenario(SEED)
    arrivals = tuple(arrival for arrival in evening.arrivals if arrival.at <= instant)
    played = replace(evening, arrivals=arrivals, ends_at=instant, told=())
    with SqliteJournal.create(directory / f"{instant:%H%M}.db") as journal:
        return play(played, journal, SEED, Spectator(), directory / f"{instant:%H%M}").embedded.board


def _alert_path(board: Board, volet: str, territory: str) -> str:
    [alert] = [each for each in board.alerts if (each.brief.volet, each.brief.territory) == (volet, territory)]
    return f"/alertes/{alert.brief.alert_id}"


def _shoot(board: Board, now: datetime, path: str, picture: Path, height: int) -> None:
    app = build_app(board, Exporter(board), lambda: now)
    with tempfile.TemporaryDirectory() as profile, serve(app, port=0) as serving:
        subprocess.run(
            [
                "chromium",
                "--headless",
                "--no-sandbox",
                "--disable-gpu",
                "--disable-background-networking",
                "--hide-scrollbars",
                f"--user-data-dir={profile}",
                f"--window-size={WIDTH},{height}",
                f"--screenshot={picture}",
                f"http://{serving.host}:{serving.port}{path}",
            ],
            check=True,
            capture_output=True,
            timeout=60,
        )


def main() -> None:
    directory = Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).parents[2] / "docs" / "images"
    directory.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as journals:
        evening = board_at(CASUALTIES, Path(journals))
        later = board_at(CRITICAL_CARE, Path(journals))
    amavi, beds = _alert_path(evening, "AMAVI", "DEP-72"), _alert_path(later, "TENSION (démo)", "DEP-44")
    _shoot(evening, CASUALTIES, amavi, directory / "alerte-amavi.png", HEIGHT)
    _shoot(later, CRITICAL_CARE, beds, directory / "alerte-reanimation.png", HEIGHT)
    _shoot(later, CRITICAL_CARE, "/", directory / "situation.png", HEIGHT)


if __name__ == "__main__":
    main()
