"""Reader of Canny: answers of its list endpoints, which are pages, bare arrays, or lines of the same objects.

Knows: posts, votes, comments, status changes, users and companies. Must not know: which post became which feature.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from ingestion.spec import BadRecord, Context, Reader, Sample
from ingestion.values.fields import (  # fmt: skip
    bag,
    boolean,
    identifier,
    instant,
    integer,
    number,
    part,
    parts,
    text,
)

_TABLES = {
    "posts": "posts",
    "votes": "votes",
    "comments": "comments",
    "statusChanges": "status_changes",
    "users": "users",
    "companies": "companies",
}


def looks_like(sample: Sample) -> bool:
    """Every object of Canny has a field of its own beside its id and when it was created."""
    return any("id" in r and "created" in r and _kind(r) is not None for r in sample.records)


def _kind(record: Mapping[str, Any]) -> str | None:
    """The table of an object by the fields that only this kind has."""
    if "voter" in record:
        return "votes"
    if "changer" in record:
        return "status_changes"
    if "score" in record and "board" in record:
        return "posts"
    if "value" in record and "post" in record:
        return "comments"
    if "isAdmin" in record or ("userID" in record and "lastActivity" in record):
        return "users"
    if "monthlySpend" in record and "email" not in record:
        return "companies"
    return None


def table_of(member: str, page_key: str | None, record: Mapping[str, Any]) -> str:
    """By the key of the answer; an object of a bare array or a line by its fields."""
    return _TABLES.get(page_key or "") or _kind(record) or "posts"


def parse(record: Mapping[str, Any], context: Context) -> Mapping[str, Any]:
    """One object as one row of the table of its kind."""
    if not isinstance(record.get("id"), (str, int)) or isinstance(record.get("id"), bool):
        raise BadRecord("TYPE", "id is missing")
    return _ROWS[context.table](record, context)


def _post(record: Mapping[str, Any], context: Context) -> Mapping[str, Any]:
    author, owner, board, category = (
        part(record, name) for name in ("author", "owner", "board", "category")
    )
    created = instant(record, "created", required=True)
    merged = [identifier(part(item, "post"), "id") for item in parts(record, "mergeHistory")]
    return {
        "post_id": identifier(record, "id", required=True),
        "title": text(record, "title"),
        "details": text(record, "details"),
        "status": text(record, "status"),
        "status_changed_at": instant(record, "statusChangedAt") or created,
        "created_at": created,
        "score": integer(record, "score"),
        "comment_count": integer(record, "commentCount"),
        "total_mrr": number(record, "totalMRR"),
        "eta": text(record, "eta"),
        "url": text(record, "url"),
        "author_id": identifier(author, "id"),
        "author_user_id": identifier(author, "userID"),
        "author_email": text(author, "email"),
        "by_id": identifier(part(record, "by"), "id"),
        "owner_id": identifier(owner, "id"),
        "owner_email": text(owner, "email"),
        "board_id": identifier(board, "id"),
        "board_name": text(board, "name"),
        "category_id": identifier(category, "id"),
        "category_name": text(category, "name"),
        "tags": bag([tag.get("name") for tag in parts(record, "tags")]),
        "custom_fields": bag(record.get("customFields") or []),
        "jira_issues": bag(_linked(record, "jira", "linkedIssues", "linkedIssueIDs")),
        "clickup_tasks": bag(_linked(record, "clickup", "linkedTasks")),
        "merge_history": bag(record.get("mergeHistory") or []),
        "merged_post_ids": bag([key for key in merged if key]),
    }


def _vote(record: Mapping[str, Any], context: Context) -> Mapping[str, Any]:
    voter = part(record, "voter")
    return {
        "vote_id": identifier(record, "id", required=True),
        "post_id": identifier(part(record, "post"), "id"),
        "board_id": identifier(part(record, "board"), "id"),
        "voter_id": identifier(voter, "id"),
        "voter_user_id": identifier(voter, "userID"),
        "voter_email": text(voter, "email"),
        "voter_companies": bag(voter.get("companies")),
        "by_id": identifier(part(record, "by"), "id"),
        "priority": text(record, "votePriority"),
        "created_at": instant(record, "created", required=True),
    }


def _comment(record: Mapping[str, Any], context: Context) -> Mapping[str, Any]:
    author = part(record, "author")
    return {
        "comment_id": identifier(record, "id", required=True),
        "post_id": identifier(part(record, "post"), "id"),
        "board_id": identifier(part(record, "board"), "id"),
        "parent_id": identifier(record, "parentID"),
        "author_id": identifier(author, "id"),
        "author_user_id": identifier(author, "userID"),
        "author_email": text(author, "email"),
        "is_author_admin": boolean(author, "isAdmin"),
        "value": text(record, "value"),
        "is_internal": boolean(record, "internal"),
        "is_private": boolean(record, "private"),
        "like_count": integer(record, "likeCount"),
        "created_at": instant(record, "created", required=True),
    }


def _status_change(record: Mapping[str, Any], context: Context) -> Mapping[str, Any]:
    changer, said = part(record, "changer"), record.get("changeComment")
    return {
        "status_change_id": identifier(record, "id", required=True),
        "post_id": identifier(part(record, "post"), "id"),
        "changer_id": identifier(changer, "id"),
        "changer_email": text(changer, "email"),
        "status": text(record, "status"),
        "comment": text(said, "value")
        if isinstance(said, Mapping)
        else text(record, "changeComment"),
        "created_at": instant(record, "created", required=True),
    }


def _user(record: Mapping[str, Any], context: Context) -> Mapping[str, Any]:
    companies = [identifier(company, "id") for company in parts(record, "companies")]
    return {
        "user_id": identifier(record, "id", required=True),
        "external_id": identifier(record, "userID"),
        "email": text(record, "email"),
        "name": text(record, "name"),
        "is_admin": boolean(record, "isAdmin"),
        "companies": bag([key for key in companies if key]),
        "custom_fields": bag(record.get("customFields")),
        "last_activity_at": instant(record, "lastActivity"),
        "created_at": instant(record, "created"),
    }


def _company(record: Mapping[str, Any], context: Context) -> Mapping[str, Any]:
    return {
        "company_id": identifier(record, "id", required=True),
        "name": text(record, "name"),
        "domain": text(record, "domain"),
        "member_count": integer(record, "memberCount"),
        "monthly_spend": number(record, "monthlySpend"),
        "custom_fields": bag(record.get("customFields")),
        "created_at": instant(record, "created"),
    }


def _linked(record: Mapping[str, Any], tool: str, *names: str) -> Any:
    """What is linked in another tool; the first list that holds something."""
    linked = part(record, tool)
    return next((linked[name] for name in names if linked.get(name)), [])


_ROWS: dict[str, Callable[[Mapping[str, Any], Context], Mapping[str, Any]]] = {
    "posts": _post,
    "votes": _vote,
    "comments": _comment,
    "status_changes": _status_change,
    "users": _user,
    "companies": _company,
}

READER = Reader(
    source="canny",
    formats=("json", "ndjson"),
    looks_like=looks_like,
    parse=parse,
    table_of=table_of,
    page_keys=tuple(_TABLES),
)
