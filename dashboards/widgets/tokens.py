"""The colours that a canvas chart needs as plain values, for both themes.

Knows the same tokens as `.streamlit/config.toml` and `app.css`, which cannot be read from inside a canvas. Must not
know what is drawn with them.
"""

from dataclasses import dataclass


@dataclass(frozen=True)
class Tokens:
    """One theme."""

    background: str
    ink: str
    muted: str
    border: str
    primary: str
    comparator: str
    target: str
    series: tuple[str, ...]
    band_opacity: float


LIGHT = Tokens(
    background="#ffffff",
    ink="#12151c",
    muted="#5e6065",
    border="#e2e5eb",
    primary="#3a55c9",
    comparator="#868c98",
    target="#b45f06",
    series=("#3a55c9", "#cc6a1b", "#0e8f7e", "#7a2b57", "#a576d3"),
    band_opacity=0.16,
)
DARK = Tokens(
    background="#0f1115",
    ink="#e8eaef",
    muted="#a3a5a9",
    border="#2a2f39",
    primary="#8fa6ff",
    comparator="#868d9b",
    target="#f2b163",
    series=("#8fa6ff", "#ea7328", "#95e5d4", "#b35d80", "#f5da47"),
    band_opacity=0.26,
)


def tokens(theme_type: str | None) -> Tokens:
    """The tokens of the theme that the browser shows; light where it did not say."""
    return DARK if theme_type == "dark" else LIGHT
