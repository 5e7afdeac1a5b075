"""Reading a page as a screen reader would: its tags, and what of it has no name or no unique one."""

from collections import Counter
from html.parser import HTMLParser
from itertools import pairwise

VOID = {"img", "input", "link", "meta", "br", "hr"}


class Reading(HTMLParser):
    """Collects the tags of a page, its JSON-LD, and the text inside the elements that must have none."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str]]] = []
        self.inline = ""
        self.data = ""
        self.named: list[tuple[str, str]] = []
        self._open: list[tuple[str, list[str], bool]] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        attributes = {name: value or "" for name, value in attrs}
        self.tags.append((tag, attributes))
        if tag == "img":
            self._hear(attributes.get("alt", ""))
        if tag not in VOID:
            words = [attributes["aria-label"]] if "aria-label" in attributes else []
            self._open.append((tag, words, attributes.get("aria-hidden") == "true"))

    def handle_endtag(self, tag: str) -> None:
        while self._open:
            ended, words, hidden = self._open.pop()
            # What stands inside something hidden from readers needs no name.
            if hidden or not any(outer for _tag, _words, outer in self._open):
                self.named.append((ended, " ".join(" ".join(words).split())))
            if ended == tag:
                return

    def handle_data(self, data: str) -> None:
        if self.cdata_elem in {"script", "style"}:
            # A block of data is no script: nothing runs it, and the strict policy lets it stand.
            if self.tags[-1] == ("script", {"type": "application/ld+json"}):
                self.data += data
            else:
                self.inline += data
        else:
            self._hear(data)

    def _hear(self, text: str) -> None:
        if not any(hidden for _tag, _words, hidden in self._open):
            for _tag, words, _hidden in self._open:
                words.append(text)

    def all(self, *names: str) -> list[dict[str, str]]:
        return [attributes for tag, attributes in self.tags if tag in names]


def faults(html: str, language: str) -> list[str]:
    """What a person who cannot see the page, or has no mouse, would stumble over."""
    reading = Reading(html)
    said = []
    if reading.all("html")[0].get("lang") != language:
        said.append("the language is not named")
    if len(reading.all("h1")) != 1:
        said.append(f"{len(reading.all('h1'))} main headings")
    levels = [int(tag[1]) for tag, _attributes in reading.tags if tag in {"h1", "h2", "h3", "h4"}]
    # The summary of refusals stands above the page's own heading.
    outline = levels[levels.index(1) :] if 1 in levels else levels
    said += [f"h{above} is followed by h{below}" for above, below in pairwise(outline) if below > above + 1]
    ids = Counter(attributes["id"] for _tag, attributes in reading.tags if "id" in attributes)
    said += [f"id {name} stands {count} times" for name, count in ids.items() if count > 1]
    labelled = {attributes.get("for") for attributes in reading.all("label")}
    inputs = [one for one in reading.all("input", "select", "textarea") if one.get("type") != "hidden"]
    said += [f"{one.get('name')} has no label" for one in inputs if one.get("id") not in labelled]
    nameless = ("a", "button", "h1", "h2", "h3", "label", "legend", "summary", "th", "caption", "title")
    said += [f"an empty {tag}" for tag, words in reading.named if tag in nameless and not words]
    said += ["an image without alt" for image in reading.all("img") if "alt" not in image]
    return said
