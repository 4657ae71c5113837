"""Draw bars as SVG, by hand: no library, and readable on a light and on a dark page."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from xml.sax.saxutils import escape

WIDTH = 720
LABELS = 170
ROW = 24
BAR = 15
VALUES = 70

# Where a viewer does not tell which page it is on, the first colours are seen; they can be read on both.
STYLE = """\
text { font: 13px system-ui, "Segoe UI", Helvetica, Arial, sans-serif; fill: #6e7781 }
.title { font-weight: 600; font-size: 14px }
rect.ours { fill: #1f7ae0 } rect.sdk { fill: #8c959f } rect.http { fill: #8c959f; fill-opacity: .45 }
text.ours { font-weight: 600; fill: #1f7ae0 }
@media (prefers-color-scheme: light) { text { fill: #1f2328 } text.ours { fill: #0a58b8 } }
@media (prefers-color-scheme: dark) { text { fill: #d1d7e0 } text.ours { fill: #6cb2ff } }"""


@dataclass(frozen=True)
class Bar:
    """One contender in a panel."""

    name: str
    kind: str
    value: float
    label: str


@dataclass(frozen=True)
class Panel:
    """One measurement of all contenders."""

    title: str
    bars: Sequence[Bar]


def _text(x: float, y: float, content: str, kind: str, anchor: str = "start") -> str:
    return f'<text x="{x:g}" y="{y:g}" class="{kind}" text-anchor="{anchor}">{escape(content)}</text>'


def _panel(panel: Panel, top: int) -> list[str]:
    lines = [_text(0, top + 16, panel.title, "title")]
    most = max(bar.value for bar in panel.bars)
    for number, bar in enumerate(panel.bars):
        y = top + 28 + number * ROW
        width = max(1.5, bar.value / most * (WIDTH - LABELS - VALUES))
        lines += [
            _text(LABELS - 8, y + 12, bar.name, bar.kind, "end"),
            f'<rect x="{LABELS}" y="{y}" width="{width:.1f}" height="{BAR}" rx="2" class="{bar.kind}"/>',
            _text(LABELS + width + 6, y + 12, bar.label, bar.kind),
        ]
    return lines


def _key(kinds: Mapping[str, str], top: int) -> list[str]:
    lines = []
    for number, (kind, meaning) in enumerate(kinds.items()):
        left = LABELS + number * 150
        lines.append(f'<rect x="{left}" y="{top}" width="{BAR}" height="{BAR}" rx="2" class="{kind}"/>')
        lines.append(_text(left + BAR + 6, top + 12, meaning, kind))
    return lines


def draw(title: str, panels: Sequence[Panel], kinds: Mapping[str, str]) -> str:
    """Return the drawing of the panels from top to bottom, with a legend of the colours."""
    lines = []
    top = 0
    for panel in panels:
        if panel.bars:
            lines += _panel(panel, top)
            top += 28 + len(panel.bars) * ROW + 20
    lines += _key(kinds, top)
    height = top + 20
    size = f'width="{WIDTH}" height="{height}"'
    return "\n".join(
        [
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" {size} role="img">',
            f"<title>{escape(title)}</title>",
            f"<style>{STYLE}</style>",
            *lines,
            "</svg>\n",
        ]
    )
