"""Reader of roster reports of BambooHR and other HR systems (CSV).

Knows: the columns that report builders offer, title and filter rows, and how HR systems write days. Must not know:
which job titles are which roles; `pm_titles` of the settings says so when people are put together.

Day and month are declared (`date_order`) or proven by the file. A person who came back has one row a stay.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from ingestion.spec import BadRecord, Context, Reader, Reject, Sample
from ingestion.values.fields import bag, identifier, match_header, text
from ingestion.values.localtime import day_order, parse_day

_ALIASES = {
    "employee_id": ("Employee #", "Employee Number", "Employee ID", "Employee No.", "EEID", "Worker ID"),
    "name": ("Full Name", "Employee Name", "Employee", "Display Name", "Worker"),
    "first_name": ("First Name", "Legal First Name"),
    "last_name": ("Last Name", "Legal Last Name", "Surname"),
    "preferred_name": ("Preferred Name", "Preferred First Name"),
    "email": ("Work Email", "Email", "E-mail", "Work E-mail", "Email Address"),
    "job_title": ("Job Title", "Title", "Position", "Business Title"),
    "department": ("Department",),
    "division": ("Division",),
    "location": ("Location",),
    "area": ("Product Area",),
    "supervisor": ("Reporting to", "Reports To", "Supervisor", "Supervisor Name", "Manager", "Worker's Manager"),
    "hire_date": ("Hire Date", "Original Hire Date", "Start Date"),
    "role_start_date": ("Job Start Date", "Role Start Date", "Position Start Date"),
    "termination_date": ("Termination Date", "Term Date", "End Date", "Last Day"),
    "status": ("Employment Status", "Status"),
}  # fmt: skip
_DAYS = ("hire_date", "role_start_date", "termination_date")
_HEAD_ROWS = 12
_NO_DAY = ("0000-00-00", "00/00/0000", "0/0/00")
_ABOUT = re.compile(r"(applied )?filters?\b|filtered\b|totals?\b|(report|generated|exported|run|as of|confidential)\b", re.I)  # fmt: skip
_FILE_DAY = re.compile(r"(20\d{2})-?(0[1-9]|1[0-2])-?(0[1-9]|[12]\d|3[01])(?!\d)")


def looks_like(sample: Sample) -> bool:
    """A roster names the employee, a job and a day of hiring."""
    named = set(match_header(sample.header, _ALIASES, (), may_repeat=lambda _: True))
    return {"hire_date", "job_title"} <= named and bool(named & {"employee_id", "last_name"})


def header(rows: Iterator[list[str]], context: Context) -> Sequence[str]:
    """The first row that names columns of a roster; what stands above it is the report's title."""
    first: list[str] = []
    for row in itertools.islice(rows, _HEAD_ROWS):
        first = first or row
        names = match_header(row, _ALIASES, (), context, lambda name: name not in _ALIASES)
        if len(set(names) & set(_ALIASES)) >= 2:
            if not {"employee_id", "email"} & set(names):
                match_header(row, _ALIASES, ("employee_id",), context)
            return names
    raise Reject(
        "HEADER",
        f"none of the first {_HEAD_ROWS} rows names an employee's number, work email, job title and hire date; "
        f"the first has {', '.join(first[:20])}; name the columns under `columns`",
    )


def is_filtered(cells: Sequence[str], context: Context) -> bool:
    """The rows at the end that tell how the report was made, and rows without anything."""
    filled = [cell for cell in cells if cell.strip()]
    return not filled or (len(filled) == 1 and bool(_ABOUT.match(cells[0].strip())))


def learn(records: Iterable[Mapping[str, Any]], context: Context) -> Mapping[str, Any]:
    """The order of day and month in this file."""
    texts = (text(r, name) or "" for r in records for name in _DAYS)
    declared = context.settings.get("date_order")
    return {"date_order": day_order(texts, str(declared) if declared else None, "the dates")}


def parse(record: Mapping[str, Any], context: Context) -> Mapping[str, Any]:
    """One stay of one person as one row."""
    email = (text(record, "email") or "").strip() or None
    employee = identifier(record, "employee_id") or (email.lower() if email else None)
    if employee is None:
        raise BadRecord("TYPE", "neither the employee's number nor an email is given")
    hired, role_start, left = (_day(record, name, context) for name in _DAYS)
    if hired and left and left < hired:
        raise BadRecord("NEGATIVE_DURATION", "the termination date is before the hire date")
    names = [text(record, name) for name in ("preferred_name", "first_name", "last_name")]
    called = " ".join(name for name in (names[0] or names[1], names[2]) if name)
    return {
        "employee_id": employee,
        "hired_on": hired,
        "stay": hired or "",
        "name": text(record, "name") or called or None,
        "legal_first_name": names[1],
        "last_name": names[2],
        "email": email,
        "job_title": text(record, "job_title"),
        "department": text(record, "department"),
        "division": text(record, "division"),
        "location": text(record, "location"),
        "area": text(record, "area"),
        "supervisor_name": text(record, "supervisor"),
        "role_start_on": role_start,
        "left_on": left,
        "status": text(record, "status"),
        "exported_at": _exported_at(context),
        "properties": bag({n: v for n, v in record.items() if n not in _ALIASES and v}),
    }


def _day(record: Mapping[str, Any], name: str, context: Context) -> str | None:
    written = (text(record, name) or "").strip()
    if not written or written in _NO_DAY:
        return None
    return parse_day(written, str(context.learned["date_order"]), name)


def _exported_at(context: Context) -> str | None:
    """The day in the file's name: the newer of two rosters."""
    found = _FILE_DAY.search(context.member or context.file_name)
    return "-".join(found.groups()) + " 00:00:00" if found else None


READER = Reader(
    source="bamboohr",
    formats=("csv",),
    looks_like=looks_like,
    parse=parse,
    header=header,
    is_filtered=is_filtered,
    learn=learn,
)
