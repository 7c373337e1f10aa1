"""Measures what it takes from landed exports to a published version, against reading the same files on trust.

    python benchmarks/pipeline.py --events 10000000
    python benchmarks/pipeline.py --events 1000000 --keep FOLDER    (exports that are there are used again)

One Amplitude export in gzip files of 25,000 events. The trusting side is `read_json` to Parquet of `benchmarks/ingest.py`; ours
is `productops ingest` and then `productops run`: every line checked, all models, gates, publish and snapshots.
"""

from __future__ import annotations

import argparse
import shutil
import sys
import tempfile
from pathlib import Path

from ingest import make_export, measured
from questions import productops

FILE = 25_000


def main() -> None:
    """Makes the export, reads it both ways, prints both and the ratio."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)  # fmt: skip
    parser.add_argument("--events", type=int, default=1_000_000)
    parser.add_argument("--keep", type=Path, help="keep the exports here")
    options = parser.parse_args()
    folder = options.keep or Path(tempfile.mkdtemp(prefix="pipeline-"))
    exports = folder / f"amplitude-{options.events}"
    try:
        if not exports.exists():
            make_export(exports, "amplitude", options.events, options.events // FILE, 0.0001)
        trusting = measured(sys.executable, "trusting", "amplitude", exports, folder / "trusting")
        print(f"trusting read: {trusting.seconds:.0f} s, {trusting.cpu:.0f} CPU s, peak {trusting.peak:.0f} MB", flush=True)  # fmt: skip
        home = folder / "home"
        shutil.rmtree(home, ignore_errors=True)
        productops(home, "init", "--empty")
        files = [str(file) for file in sorted(exports.glob("*.gz"))]
        wall, cpu = 0.0, 0.0
        for command in (["ingest", "--source", "amplitude", "--project", "bench", *files], ["run"]):
            seconds, spent, peak = productops(home, *command, quiet=True)
            wall, cpu = wall + seconds, cpu + spent
            print(f"{command[0]}: {seconds:.0f} s, {spent:.0f} CPU s, peak {peak:.0f} MB", flush=True)  # fmt: skip
        print(f"landed to published: {wall / trusting.seconds:.2f} times the trusting read, {cpu / trusting.cpu:.2f} by CPU")  # fmt: skip
    finally:
        if options.keep is None:
            shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    main()
