"""Take phone-sized pictures of the pages: `python tests/dashboards/screenshot.py [DIRECTORY]`, by hand.

Needs the Debian package `chromium`. Writes alerte.png and situation.png (default: docs/images).
"""

import subprocess
import sys
import tempfile
from datetime import datetime, timedelta
from pathlib import Path

from dashboards.adapters.exporter import Exporter
from dashboards.adapters.serving import serve
from dashboards.adapters.web import build_app
from dashboards.testing import ALERT_ID, EVENING, evening_board

WIDTH, HEIGHT = 390, 844


def _now() -> datetime:
    return EVENING + timedelta(minutes=25)


def _shoot(address: str, picture: Path, height: int) -> None:
    with tempfile.TemporaryDirectory() as profile:
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
                address,
            ],
            check=True,
            capture_output=True,
            timeout=60,
        )


def main() -> None:
    directory = Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).parents[2] / "docs" / "images"
    height = int(sys.argv[2]) if len(sys.argv) > 2 else HEIGHT
    directory.mkdir(parents=True, exist_ok=True)
    board = evening_board()
    with serve(build_app(board, Exporter(board), _now), port=0) as serving:
        base = f"http://{serving.host}:{serving.port}"
        _shoot(f"{base}/alertes/{ALERT_ID}", directory / "alerte.png", height)
        _shoot(base, directory / "situation.png", height)


if __name__ == "__main__":
    main()
