"""`vigie api`: the front process of the live engine."""

from vigie.api import run_api
from vigie.errors import explained
from vigie.live_settings import live_settings
from vigie.logs import write_log
from vigie.stopping import interrupted


def api() -> None:
    """Take files, over HTTP and from a drop directory, and serve pages and metrics; stop it with SIGTERM.

    Settings are those of the environment and of the file VIGIE_SETTINGS names.
    """
    write_log()
    with explained():
        run_api(live_settings(), interrupted())
