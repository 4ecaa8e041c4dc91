"""A document of headings, sentences and tables, written as Markdown or as HTML."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from html import escape

STYLE = (
    "body{font:16px/1.5 system-ui,sans-serif;max-width:72rem;margin:2rem auto;padding:0 1rem}"
    "table{border-collapse:collapse;display:block;overflow-x:auto}"
    "th,td{border:1px solid #bbb;padding:.2rem .6rem;text-align:left}"
    "code{background:#eee;padding:0 .2rem}"
    "@media(prefers-color-scheme:dark){body{background:#111;color:#ddd}code{background:#333}}"
)


@dataclass
class Document:
    """A document in the making; add to it from top to bottom."""

    title: str
    _markdown: list[str] = field(default_factory=list)
    _html: list[str] = field(default_factory=list)

    def heading(self, text: str) -> None:
        """Begin a section."""
        self._markdown += [f"## {text}", ""]
        self._html.append(f"<h2>{_inline(text)}</h2>")

    def sentence(self, text: str) -> None:
        """Add a paragraph."""
        self._markdown += [text, ""]
        self._html.append(f"<p>{_inline(text)}</p>")

    def bullets(self, lines: Sequence[str]) -> None:
        """Add a list."""
        self._markdown += [*(f"- {line}" for line in lines), ""]
        items = "".join(f"<li>{_inline(line)}</li>" for line in lines)
        self._html.append(f"<ul>{items}</ul>")

    def table(self, heads: Sequence[str], rows: Sequence[Sequence[object]]) -> None:
        """Add a table."""
        self._markdown.append(f"| {' | '.join(heads)} |")
        self._markdown.append(f"|{' --- |' * len(heads)}")
        for row in rows:
            cells = (str(cell).replace("|", "\\|") for cell in row)
            self._markdown.append(f"| {' | '.join(cells)} |")
        self._markdown.append("")
        head = "".join(f"<th>{_inline(text)}</th>" for text in heads)
        body = "".join(
            "<tr>" + "".join(f"<td>{_inline(str(cell))}</td>" for cell in row) + "</tr>"
            for row in rows
        )
        self._html.append(f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>")

    def as_markdown(self) -> str:
        """Return the document as Markdown."""
        return "\n".join([f"# {self.title}", "", *self._markdown])

    def as_html(self) -> str:
        """Return the document as one HTML page without anything from elsewhere."""
        title = escape(self.title)
        body = "\n".join(self._html)
        return (
            '<!doctype html>\n<html lang="en"><head><meta charset="utf-8">'
            '<meta name="viewport" content="width=device-width">'
            f"<title>{title}</title><style>{STYLE}</style></head>\n"
            f"<body><h1>{title}</h1>\n{body}\n</body></html>\n"
        )


def _inline(text: str) -> str:
    """Escape text; what stands between backticks is code."""
    parts = escape(text).split("`")
    return "".join(f"<code>{part}</code>" if i % 2 else part for i, part in enumerate(parts))
