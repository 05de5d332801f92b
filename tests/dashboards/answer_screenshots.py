"""Take phone-sized pictures of the answer pages: `python tests/dashboards/answer_screenshots.py [DIRECTORY]`, by hand.

Needs the Debian package `chromium`. Shows the made-up evening of `dashboards.testing`; writes repondre.png,
repondre-choix.png, reponse.png, message.png, mon-astreinte.png and releve.png (default: docs/images).
"""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))  # a script sees only its own folder

from dashboards.adapters.serving import serve
from dashboards.quiet import Quiet
from tests.dashboards.answer_door import answer_path, person_path
from tests.dashboards.browser import chromium, phone
from tests.dashboards.several import DIGEST, several_door
from tests.dashboards.test_quiet import SILENCE, WINDOW, quiet_board


def main() -> None:
    directory = Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).parents[2] / "docs" / "images"
    door = several_door()
    quiet_board(door.board, Quiet((("actual", SILENCE),), (("actual", WINDOW),)))
    with serve(door.app, port=0) as serving, chromium() as browser, phone(browser) as page:
        base = f"http://{serving.host}:{serving.port}"
        page.goto(base + answer_path())
        page.screenshot(path=directory / "repondre.png")
        page.goto(f"{base}{answer_path()}#repondre")
        page.get_by_label("Je prends").check()
        page.get_by_label("Précision").fill("je rappelle le SAMU 44")
        page.screenshot(path=directory / "repondre-choix.png")
        page.get_by_role("button", name="Enregistrer ma réponse").click()
        page.wait_for_selector("text=Réponse enregistrée")
        page.screenshot(path=directory / "reponse.png")
        page.goto(base + answer_path(DIGEST))
        page.screenshot(path=directory / "message.png", full_page=True)
        page.goto(base + person_path())
        page.screenshot(path=directory / "mon-astreinte.png", full_page=True)
        page.get_by_role("link", name="La relève").click()
        page.screenshot(path=directory / "releve.png", full_page=True)


if __name__ == "__main__":
    main()
