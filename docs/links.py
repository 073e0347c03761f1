"""Check the built site: ``python docs/links.py SITE``. Every link leads somewhere, and no page loads from a network."""

from __future__ import annotations

import sys
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit

LOADED = {("script", "src"), ("link", "href"), ("img", "src"), ("iframe", "src"), ("source", "src")}


class Page(HTMLParser):
    """What one page links to, what it loads, and which places of it can be linked to."""

    def __init__(self, place: Path) -> None:
        super().__init__()
        self.links: list[str] = []
        self.loaded: list[str] = []
        self.places: set[str] = {""}
        self.feed(place.read_text(encoding="utf-8"))

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note what a tag links to or loads, and its name."""
        given = {name: value or "" for name, value in attrs}
        self.places |= {given[name] for name in ("id", "name") if name in given}
        for name, value in given.items():
            if (tag, name) in LOADED and given.get("rel") != "canonical":
                self.loaded.append(value)
            elif (tag, name) == ("a", "href"):
                self.links.append(value)


def faults(site: Path) -> list[str]:
    """Return what is wrong with the pages of a site, one line each."""
    pages = {place.resolve(): Page(place) for place in site.rglob("*.html") if "_static" not in place.parts}
    found = [] if pages else [f"{site} has no page"]
    for place, page in pages.items():
        for link in (*page.loaded, *page.links):
            address = urlsplit(link)
            if address.scheme or address.netloc:
                if link in page.loaded and address.scheme != "data":
                    found.append(f"{place.name} loads {link} from a network")
                continue
            target = (place.parent / unquote(address.path)).resolve() if address.path else place
            if not target.is_file():
                found.append(f"{place.name} links to {link}, which is not there")
            elif target in pages and unquote(address.fragment) not in pages[target].places:
                found.append(f"{place.name} links to {link}, and that page has no such place")
    return sorted(set(found))


if __name__ == "__main__":
    sys.exit("\n".join(faults(Path(sys.argv[1]))) or None)
