"""Find the browser that the browser tests drive, or get it.

`find()` gives the path of an installed Chromium: the system's first, then Playwright's own. Run as a script with
`--install` it gets one: `apt-get` as root on Debian, else `playwright install chromium`. A missing browser is an
error that says what to do; it never makes a test skip itself.
"""

import os
import shutil
import subprocess
import sys
from pathlib import Path

SYSTEM_NAMES = ("chromium", "chromium-browser", "google-chrome-stable", "google-chrome")
LAUNCH_FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)


class NoBrowser(RuntimeError):
    """No Chromium on this machine; the message says how to get one."""


def playwrights_own() -> Path | None:
    """The Chromium that `playwright install chromium` laid, if any."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        path = Path(playwright.chromium.executable_path)
    return path if path.exists() else None


def find() -> Path:
    """The path of an installed Chromium; raises NoBrowser."""
    for name in SYSTEM_NAMES:
        if path := shutil.which(name):
            return Path(path)
    if path := playwrights_own():
        return path
    raise NoBrowser(
        "no Chromium found. Fix: `apt-get install chromium` (Debian), or "
        "`.venv/bin/playwright install chromium`, then run the tests again."
    )


def install() -> Path:
    """Get a browser where there is none, and give its path."""
    try:
        return find()
    except NoBrowser:
        apt = shutil.which("apt-get")
        if apt and os.geteuid() == 0:
            sys.stderr.write("browser: installing chromium with apt-get\n")
            subprocess.run([apt, "update", "-qq"], check=False, stdin=subprocess.DEVNULL)
            subprocess.run(
                [apt, "install", "-y", "-qq", "--no-install-recommends", "chromium"],
                check=False,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
            )
        if not any(shutil.which(name) for name in SYSTEM_NAMES):
            sys.stderr.write("browser: installing Playwright's Chromium\n")
            subprocess.run([sys.executable, "-m", "playwright", "install", "chromium"], check=False)
        return find()


if __name__ == "__main__":
    try:
        path = install() if "--install" in sys.argv else find()
    except NoBrowser as error:
        sys.exit(f"NO_BROWSER: {error}")
    sys.stdout.write(f"browser: {path}\n")
