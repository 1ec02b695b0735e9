"""A web page as a reader of pages takes it in: html.parser's events, held to what makes a page whole and a table
one that a screen reader can tell."""

import html.parser

VOID = {"meta", "link", "br", "hr", "img", "input"}
PARENTS = {"thead": "table", "tbody": "table", "caption": "table", "tr": ("thead", "tbody"), "td": "tr", "th": "tr",
           "table": "main", "h1": "main", "p": ("main", "form"), "form": "main", "button": "p", "main": "body", "title": "head", "style": "head"}


class Page(html.parser.HTMLParser):
    """tables: a list of {"caption", "head": [texts], "rows": [[texts]]}; title, heading, paragraphs. A page that is not
    in order, or does more than show text, fails."""

    def __init__(self, text, form=False):
        """`form`: whether it may ask something; then `inputs` holds the attributes of its fields by name."""
        super().__init__(convert_charrefs=True)
        self.may_ask, self.inputs = form, {}
        self.tables, self.paragraphs, self.title, self.heading = [], [], None, None
        self.open, self.text, self.seen = [], "", []
        assert text.startswith("<!DOCTYPE html>\n")
        self.feed(text)
        self.close()
        assert not self.open, f"not closed: {self.open}"
        for name in ("html", "head", "title", "body", "main", "h1"):
            assert self.seen.count(name) == 1, name
        assert self.lang == "en-GB" and self.charset == "utf-8" and "width=device-width" in self.viewport

    def handle_starttag(self, tag, attributes):
        given = dict(attributes)
        assert len(given) == len(attributes) and not any(name.startswith("on") for name in given)
        assert tag not in ("script", "iframe", "object", "embed", "link", "img", "base", "svg"), tag
        assert tag not in ("form", "input", "button", "label") or self.may_ask, tag
        assert not {"src", "href", "style", "action"} & set(given)
        parent = self.open[-1] if self.open else None
        if tag in PARENTS:
            assert parent in PARENTS[tag] if isinstance(PARENTS[tag], tuple) else parent == PARENTS[tag], (tag, parent)
        self.seen.append(tag)
        if tag == "form":
            assert given == {"method": "post"}  # to where the page came from
        if tag == "input":
            assert given["id"] == given["name"]
            self.inputs[given["name"]] = given
        self.lang = given["lang"] if tag == "html" else getattr(self, "lang", None)
        if tag == "meta":
            self.charset = given.get("charset", getattr(self, "charset", None))
            self.viewport = given["content"] if given.get("name") == "viewport" else getattr(self, "viewport", "")
        if tag == "table":
            self.tables.append({"caption": None, "head": [], "rows": []})
        if tag == "tr" and parent == "tbody":
            self.tables[-1]["rows"].append([])
        if tag == "th":
            assert given["scope"] == ("col" if "thead" in self.open else "row")
        if tag not in VOID:
            self.open.append(tag)
        self.text = ""

    def handle_data(self, data):
        self.text += data

    def handle_endtag(self, tag):
        assert self.open and self.open[-1] == tag, (tag, self.open)
        self.open.pop()
        if tag in ("th", "td"):
            table = self.tables[-1]
            (table["head"] if "thead" in self.open else table["rows"][-1]).append(self.text)
        elif tag == "caption":
            self.tables[-1]["caption"] = self.text
        elif tag == "title":
            self.title = self.text
        elif tag == "h1":
            self.heading = self.text
        elif tag == "p":
            self.paragraphs.append(self.text)
