"""Verbs that product events are named with, in the forms in which people write them.

Knows: English. Must not know: what a name is checked for.
"""

from __future__ import annotations

REGULAR = [
    "abandon", "accept", "activate", "add", "answer", "apply", "approve", "archive", "assign", "attach",
    "authenticate", "block", "browse", "cancel", "change", "check", "click", "clone", "close", "collapse", "comment",
    "complete", "configure", "confirm", "connect", "convert", "copy", "create", "deactivate", "decline", "delete",
    "deploy", "disable", "disconnect", "dismiss", "display", "download", "drag", "drop", "duplicate", "edit",
    "enable", "end", "enter", "evaluate", "expand", "expire", "export", "fail", "favorite", "filter", "finish",
    "fire", "focus", "follow", "generate", "identify", "import", "impress", "install", "invite", "join", "launch",
    "like", "link", "list", "load", "log", "login", "logout", "merge", "mention", "message", "move", "mute",
    "navigate", "notify", "open", "order", "pause", "pin", "play", "post", "press", "preview", "print", "process",
    "publish", "purchase", "rate", "receive", "reconnect", "refresh", "refund", "register", "reject", "release",
    "reload", "remove", "rename", "render", "renew", "reopen", "reorder", "reply", "report", "request", "reset",
    "resize", "resolve", "restart", "restore", "resume", "retry", "return", "revert", "review", "revoke", "roll",
    "save", "scan", "schedule", "scroll", "search", "select", "share", "show", "sign", "skip", "sort", "start",
    "stop", "submit", "subscribe", "switch", "sync", "tap", "tick", "toggle", "track", "transfer", "trigger", "try",
    "unblock", "undo", "unfollow", "uninstall", "unlink", "unlock", "unmute", "unpin", "unsubscribe", "update",
    "upgrade", "downgrade", "upload", "use", "validate", "verify", "view", "visit", "vote", "watch",
]  # fmt: skip
# base: past, where it is not the base with -ed
IRREGULAR = {
    "begin": "begun", "bring": "brought", "build": "built", "buy": "bought", "choose": "chosen", "cut": "cut", "do": "done",
    "draw": "drawn", "find": "found", "forget": "forgotten", "get": "got", "give": "given", "go": "gone", "hide": "hidden",
    "hit": "hit", "keep": "kept", "leave": "left", "let": "let", "log": "logged", "lose": "lost", "make": "made", "pay": "paid",
    "plan": "planned", "put": "put", "quit": "quit", "read": "read", "rerun": "rerun", "reset": "reset", "run": "run",
    "see": "seen", "sell": "sold", "send": "sent", "set": "set", "show": "shown", "speak": "spoken", "spend": "spent",
    "split": "split", "take": "taken", "undo": "undone", "win": "won", "withdraw": "withdrawn", "write": "written",
    "login": "logged_in", "logout": "logged_out", "drag": "dragged", "drop": "dropped", "pin": "pinned", "unpin": "unpinned",
    "scan": "scanned", "skip": "skipped", "stop": "stopped", "submit": "submitted", "tap": "tapped", "cancel": "cancelled",
    "transfer": "transferred", "refer": "referred",
}  # fmt: skip
# Second words of verbs of two: signed_up, logged_in.
PARTICLES = frozenset({"up", "in", "out", "off", "on", "down", "over", "back", "away", "through"})
# Words that end in -ed and are no past.
NOT_PAST = frozenset(
    {"feed", "need", "seed", "speed", "weed", "embed", "shed", "breed", "newsfeed"}
)
# Verbs that are nouns as often: in `report_view` the report is no act of reporting.
NOUNS = frozenset({
    "answer", "change", "check", "click", "clone", "comment", "copy", "cut", "display", "downgrade", "download",
    "drag", "draw", "drop", "duplicate", "end", "export", "favorite", "filter", "focus", "hit", "import", "join",
    "launch", "like", "link", "list", "load", "log", "login", "logout", "mention", "message", "notice", "order",
    "pin", "plan", "play", "post", "press", "preview", "print", "process", "purchase", "rate", "read", "release",
    "report", "request", "return", "review", "roll", "run", "scan", "schedule", "scroll", "search", "set", "share",
    "show", "sign", "sort", "split", "start", "stop", "switch", "sync", "tap", "tick", "track", "transfer", "trigger",
    "update", "upgrade", "upload", "use", "view", "visit", "vote", "watch", "win",
})  # fmt: skip


def past_of(base: str) -> str:
    """The past of a verb's base: publish → published."""
    if base in IRREGULAR:
        return IRREGULAR[base]
    if base.endswith("e"):
        return f"{base}d"
    if base.endswith("y") and base[-2:-1] not in "aeiou":
        return f"{base[:-1]}ied"
    return f"{base}ed"


def _forms(base: str) -> set[str]:
    past = past_of(base)
    doubled = past.removesuffix("ed") if past.startswith(base) and past.endswith("ed") else base
    stem = base.removesuffix("e") if not base.endswith("ee") else base
    return {form for form in (base, past, f"{stem}ing", f"{doubled}ing") if "_" not in form}


# Every form of a verb to its base; a form of two words is no single word.
BASES = {form: base for base in (*REGULAR, *IRREGULAR) for form in _forms(base)}
BASES |= {"canceled": "cancel", "canceling": "cancel"}
PASTS = frozenset(past_of(base) for base in (*REGULAR, *IRREGULAR)) | {"canceled"}
