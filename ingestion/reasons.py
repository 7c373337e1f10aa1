"""The closed list of reason codes: what each means, why it usually happens, and what to do.

Knows: every code that anything in the product may raise. Must not know: who raises it.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Reason:
    """One code, in words."""

    code: str
    meaning: str
    cause: str
    what_to_do: str
    example: str


def _reasons(*rows: tuple[str, str, str, str, str]) -> dict[str, Reason]:
    return {row[0]: Reason(*row) for row in rows}


REASONS: dict[str, Reason] = _reasons(
    ("INCOMPLETE_FILE", "The file is not complete.", "An upload or export was cut off, or the file cannot be read.", "Export or copy it again; the same name is picked up.", "a Mixpanel export that ends with `terminated early`"),
    ("GZ_TRUNCATED", "The gzip data stops before its end or is damaged.", "A download was cut off.", "Download it again.", "the first half of `events.json.gz`"),
    ("GZ_TRAILING_BYTES", "There are bytes after the end of the gzip data.", "Something was appended to the file.", "Export it again; do not append to a .gz by hand.", "a .gz file with `hello` at its end"),
    ("TYPE_MISMATCH", "The content is of a type that is not read.", "A login page, a PDF or a spreadsheet was saved under the export's name.", "Open the file to see what it is, then export it again.", "an HTML page saved as `export.csv`"),
    ("ZIP_PATH", "The name of a zip entry leaves its folder.", "The zip was made by hand or to attack.", "Ask who made the zip; load the other entries.", "an entry called `../../etc/passwd`"),
    ("ZIP_LIMIT", "The archive is larger, deeper or fuller than we unpack.", "A zip bomb, a zip inside a zip, or overlapping entries.", "Unpack it yourself and deliver the content in smaller files.", "10 MB that unpack to 10 GB of zeros"),
    ("ZIP_SYMLINK", "A zip entry is a symbolic link.", "The zip was made with links kept.", "Zip the files themselves.", "`zip -y` of a folder with links"),
    ("ZIP_ENCRYPTED", "A zip entry is encrypted or packed in an unknown way.", "The zip has a password.", "Make it again without one.", "a zip with a password"),
    ("ZIP_DUP_NAME", "Two entries of the zip have the same name.", "The zip was put together from two.", "Make it again with one entry a name.", "two entries called `a.json`"),
    ("ZIP_CRC", "A zip entry is damaged.", "Bytes changed on the way.", "Download it again.", "a zip with one byte flipped"),
    ("UNKNOWN_SOURCE", "No reader fits the source or the content.", "A wrong folder or source name, or content that several sources could have.", "Use landing/<source>/<project>/, or pass --source.", "a file in `landing/amplitud/`"),
    ("NOT_A_REGULAR_FILE", "This is a link, pipe, socket or folder.", "A link was put where a file belongs.", "Deliver the file itself.", "`mkfifo x.json`"),
    ("CHANGED_WHILE_READING", "The file changed while it was copied.", "It was still being written.", "Wait until it is complete; the next run takes it.", "a log that is still growing"),
    ("EMPTY_EXPORT", "The file holds no record.", "Nothing happened in the period, or the export had a wrong filter.", "Nothing, if that is expected.", "a CSV with a header only"),
    ("FUTURE_EXPORT", "The file's name gives a date that has not come.", "A wrong name or clock.", "Nothing: it is read when the date comes; or rename the file.", "`events_2031-01-01.json`"),
    ("NAME_DATE_MISMATCH", "The date in the name is not the date of the content.", "The file was renamed.", "Nothing: the content decides.", "`2024-03-04.json` with events of May"),
    ("SHRINK", "A new delivery has far fewer records than the one that it replaces; the publish is held.", "An export with a filter.", "Look at both files; export again, or `productops quarantine accept SHRINK`.", "1,000 rows yesterday, 300 today"),
    ("DISK_FULL", "There is no room left on the disk.", "Too little space for the load.", "Free space and run again; the last version is still served.", "a load of 4 GB with 1 GB free"),
    ("JSON_SYNTAX", "The line is not JSON.", "It was cut or edited.", "Export it again, or correct the line and deliver the file again.", '`{"event": oops}`'),
    ("LINE_TOO_LONG", "The line is longer than any record may be.", "A missing newline or a huge property.", "Look at the kept start of the line.", "one line of 200 MB"),
    ("CONTROL_CHAR", "The line holds a raw control character.", "Binary data in a text.", "Export it again.", "a NUL byte inside a text"),
    ("BAD_UTF8", "The bytes are not UTF-8.", "The file was saved in another encoding.", "Save it as UTF-8.", "`caf\\xe9` in Latin-1"),
    ("BAD_UNICODE", "An escape is half of a character.", "A text was cut inside an emoji.", "Export it again.", '`"\\ud800x"`'),
    ("DUP_KEY", "An object gives the same key twice.", "A faulty sender.", "Correct the sender; which value counts cannot be told.", '`{"event": "a", "event": "b"}`'),
    ("NON_JSON_NUMBER", "A number is NaN, infinite or too large.", "A sender that divides by zero.", "Correct the sender.", '`{"x": NaN}`'),
    ("TOO_DEEP", "Values are nested deeper than 64.", "A faulty or hostile sender.", "Correct the sender.", "200,000 opening brackets"),
    ("SHAPE", "The content is not in a shape that the source has.", "Another export, title or totals lines, two tables in one file, or a file that another program saved.", "Deliver one record per line or one table per file, or what the source's page shows.", "two tables in one CSV"),
    ("NOT_AN_OBJECT", "The line is JSON but not an object.", "A faulty export.", "Export it again.", "a line `[1, 2]`"),
    ("COLUMN_COUNT", "The row has more or fewer fields than the header.", "A separator inside a field without quotes.", "Export it again with quotes.", "`1,2` under `a,b,c`"),
    ("QUOTE", "A quote is opened and not closed.", "A text that was edited by hand.", "Correct the row and deliver the file again.", '`1,"open`'),
    ("HEADER", "The header lacks a needed column or names one twice.", "Another export, or a translated header.", "Rename the columns as the message says.", "`user` where `user_id` is needed"),
    ("EXCEL_MANGLED_ID", "A spreadsheet has changed an id or a time.", "The file was opened and saved in a spreadsheet.", "Export again with the column as text, and deliver the export as it is.", "`1.23457E+12`"),
    ("NUMBER", "A value is not a plain number.", "Separators, currency or percent signs.", "Declare the project's `locale`, or export plain numbers.", "`1.234,5`"),
    ("NO_ID", "The record has no id of its own.", "The sender gives none.", "Nothing: the hash of the content is its identity.", '`"uuid": ""`'),
    ("ID_CONFLICT", "Two records share an id and differ.", "A record was changed and sent again.", "Nothing: the one received last wins.", "one uuid with two sets of properties"),
    ("EXACT_DUP", "The record was there already.", "Overlapping exports.", "Nothing: it counts once.", "hour 00 in two day files"),
    ("TOO_LATE", "The record arrived later than the project allows.", "An import of old data.", "Accept it by `productops quarantine accept TOO_LATE`, or raise `late_days` and replay.", "an event of last year received today"),
    ("FUTURE_EVENT", "The event lies after the moment it was received.", "A wrong clock.", "Correct the sender's clock.", "an event three days ahead"),
    ("TIME_UNIT", "A time is in a unit that does not fit.", "Milliseconds read as seconds, or microseconds.", "Correct the unit and export again.", "the year 57971"),
    ("TIME_FORMAT", "A time is missing or not written as declared.", "Another locale; day and month are never guessed.", "Declare the format, or export ISO 8601.", "`01/02/2026`"),
    ("CLOCK_SKEW", "The client's clock was off; the server's time is used.", "A device whose clock was never set.", "Nothing; `skew_minutes` makes the limit tighter.", "an event of 1970"),
    ("TZ_SHIFT", "Times look shifted by whole hours.", "A project that stores local time.", "Set `legacy_local_time` and `timezone` for the project.", "noon at midnight"),
    ("TYPE", "A needed value is missing or of another type.", "A faulty sender.", "Correct the sender and export again.", "an event without a name"),
    ("NAME_COLLISION", "Two names become the same.", "Names that differ by case or blanks only.", "Rename one.", "`Plan` and `plan`"),
    ("DISTRIBUTION", "Values changed by a large factor.", "Cents became euros, seconds became milliseconds.", "Ask the sender; deliver it again in the old unit, or `productops quarantine accept DISTRIBUTION`.", "prices a hundred times smaller"),
    ("SCORE_RANGE", "A score is outside its scale.", "A survey of another kind.", "Correct the survey type or the score; it is never clamped.", "11 in an NPS survey"),
    ("SCORE_FORMAT", "A score is not a whole number.", "A text was typed in.", "Correct the score.", "`9/10`"),
    ("NEGATIVE_DURATION", "Something ended before it began.", "A wrong clock or an edited record.", "Correct the record and export again.", "solved before created"),
    ("TOO_MANY_BAD", "Too many records of the last load are bad.", "The export changed its form.", "Look at the quarantine, then correct and replay.", "3 percent of a million lines"),
    ("PII_FOUND", "Personal data stands where none is allowed.", "A sender that fills free text.", "Correct the sender; the value is masked.", "an address in an event name"),
    ("SUPPRESSED_USER", "The record belongs to somebody who was erased.", "An old file was delivered again.", "Nothing.", "an erased user in a new export"),
)  # fmt: skip

# Kept in the list because it is closed; nothing raises them before their check is built.
RESERVED = {
    "PII_FOUND": "cases 168 to 170",
    "SUPPRESSED_USER": "case 171",
}
