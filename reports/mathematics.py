"""LaTeX as MathML and source code with colours: both need no network and no JavaScript."""

from __future__ import annotations

import inspect
import re
import textwrap
from collections.abc import Callable
from html import unescape
from itertools import pairwise
from typing import TYPE_CHECKING, Any
from xml.etree import ElementTree as ET

from markupsafe import Markup, escape

if TYPE_CHECKING:
    from pygments.formatter import Formatter

# What the converter may produce; everything else (links, styles, scripts) is dropped.
TAGS = frozenset(
    "math mrow mi mn mo mtext mspace ms msub msup msubsup mfrac msqrt mroot mover munder "  # noqa: SIM905
    "munderover mtable mtr mtd mstyle mpadded mphantom menclose".split()
)
ATTRIBUTES = frozenset(
    "display mathvariant stretchy fence form separator linebreak width accent accentunder "  # noqa: SIM905
    "columnalign columnspacing rowspacing displaystyle scriptlevel linethickness minsize maxsize "
    "movablelimits lspace rspace notation".split()
)
RELATIONS = frozenset("~\N{TILDE OPERATOR}\N{DIVIDES}|")
MINUS = "\N{MINUS SIGN}"
CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f]")


def mathml(latex: str) -> Markup:
    """Return a line of LaTeX as MathML, or as it is when it cannot be read.

    Parameters
    ----------
    latex
        One display formula without delimiters.
    """
    from latex2mathml.converter import convert_to_element

    try:
        element = convert_to_element(CONTROL.sub("", latex), display="block")
    except Exception:  # the converter raises whatever it trips over; the reader gets the LaTeX
        return Markup("<code>{}</code>").format(latex)
    _clean(element)
    element.attrib.pop("xmlns", None)
    return Markup(ET.tostring(element, encoding="unicode", method="html"))  # escaped by tostring


def _clean(element: ET.Element) -> None:
    element.text = unescape(element.text) if element.text else element.text
    if element.tag not in TAGS:
        element.tag = "mrow"
    for name in set(element.attrib) - ATTRIBUTES:
        del element.attrib[name]
    for child in list(element):
        if child.tag == "mi" and child.text == "&":
            element.remove(child)
        else:
            _clean(child)
    _close(element)
    if element.tag == "mi" and element.text in RELATIONS:
        element.tag, element.text = (
            "mo",
            "\N{TILDE OPERATOR}" if element.text == "~" else element.text,
        )
    _merge(element)


def _close(element: ET.Element) -> None:
    """Set a name against its parenthesis, and no second space after a comma."""
    for first, second in pairwise(list(element)):
        if first.tag == "mo" and (first.text or "").isalpha() and second.text == "(":
            first.tag = "mi"
        if first.text == "," and second.tag == "mtext" and not (second.text or "").strip():
            element.remove(second)


def _merge(element: ET.Element) -> None:
    """Make one identifier of a word that was set letter by letter."""
    letters = list(element)
    upright = all(c.tag == "mi" and c.get("mathvariant") == "normal" for c in letters)
    if len(letters) > 1 and upright:
        word = "".join(c.text or "" for c in letters)
        for child in letters:
            element.remove(child)
        element.tag, element.text = "mi", word
        element.attrib.clear()


def code(shown: Callable[..., Any] | str) -> Markup:
    """Return Python code with colours.

    Parameters
    ----------
    shown
        The code, or a function whose source it is; nothing is shown of one that has no source.
    """
    from pygments import highlight
    from pygments.formatters import HtmlFormatter
    from pygments.lexers import PythonLexer

    try:
        source = shown if isinstance(shown, str) else textwrap.dedent(inspect.getsource(shown))
    except (OSError, TypeError):
        return Markup("")
    formatter: Formatter[str] = HtmlFormatter(nowrap=True)
    return Markup(highlight(source, PythonLexer(), formatter).rstrip())  # escaped by pygments


def minus(text: str) -> str:
    """Return a number as text with a real minus sign, for places that take no markup."""
    return re.sub(r"(?<![\w.)\]])-(?=[\d∞])", MINUS, text)


def pretty(text: str) -> Markup:
    """Return a text with real minus signs and powers of ten, and no break of a line before a sign of per cent."""
    whole = re.sub(r"(?<=\d) %", "\N{NO-BREAK SPACE}%", str(escape(text)))
    powers = re.sub(r"(\d)e\+?(-?)0*(\d+)\b", r"\1&times;10<sup>\2\3</sup>", whole)
    return Markup(re.sub(r"(?<=<sup>)-", MINUS, minus(powers)))  # escaped above


def breakable(name: str) -> Markup:
    """Return a name that a narrow column breaks between its words and not within them."""
    return Markup(re.sub(r"(_|\)(?=\[))(?=.)", r"\1<wbr>", str(escape(name))))  # escaped here
