"""The part of YAML that definitions are written in, read and written; not a general YAML reader.

Read: block maps and lists, flow maps and lists, plain and quoted scalars, `|` and `>` blocks,
comments. Plain scalars stay text, but for whole numbers, true, false and null.
"""

import re

_PLAIN = re.compile(r"[A-Za-z_][A-Za-z0-9_]*\Z")


def read_folder(folder):
    """Every *.yaml and *.yml of a folder, sections spread over files put together."""
    whole = {}
    for path in sorted([*folder.glob("*.yaml"), *folder.glob("*.yml")], key=lambda p: p.name):
        for section, body in read(path.read_text(encoding="utf-8")).items():
            whole.setdefault(section, {}).update(body or {})
    return whole


def read(text):
    lines = []
    for raw in text.split("\n"):
        lines.append((len(raw) - len(raw.lstrip(" ")), raw.rstrip()))
    return _Reader(lines).block(0) or {}


def _scalar(text):
    if re.fullmatch(r"-?\d+", text):
        return int(text)
    return {"true": True, "false": False, "null": None, "~": None, "": None}.get(text, text)


def _uncommented(text):
    """A line's content without its comment; quotes are respected."""
    quote = None
    for position, char in enumerate(text):
        if quote:
            quote = None if char == quote else quote
        elif char in "'\"" and (position == 0 or text[position - 1] in " ,:[{(=!<>&|?+"):
            quote = char
        elif char == "#" and (position == 0 or text[position - 1] == " "):
            return text[:position].rstrip()
    return text.rstrip()


class _Reader:
    def __init__(self, lines):
        self.lines, self.next = lines, 0

    def _skip(self):
        while self.next < len(self.lines) and not _uncommented(self.lines[self.next][1].strip()):
            self.next += 1
        return self.next < len(self.lines)

    def block(self, indent):
        """The map or list whose lines stand at `indent` or further right."""
        if not self._skip() or self.lines[self.next][0] < indent:
            return None
        indent = self.lines[self.next][0]
        if (
            self.lines[self.next][1].strip().startswith(("- ", "-\n"))
            or self.lines[self.next][1].strip() == "-"
        ):
            return self._list(indent)
        return self._map(indent)

    def _list(self, indent):
        out = []
        while self._skip() and self.lines[self.next][0] == indent:
            text = self.lines[self.next][1].strip()
            if not text.startswith("-"):
                break
            body = text[1:].lstrip()
            inner = indent + len(text) - len(body)
            if _key(body):
                # `- key: value`: the rest of the line is the first line of a map.
                self.lines[self.next] = (inner, " " * inner + body)
                out.append(self._map(inner))
            else:
                self.next += 1
                out.append(self._value(_uncommented(body), indent))
        return out

    def _map(self, indent):
        out = {}
        while self._skip() and self.lines[self.next][0] == indent:
            text = _uncommented(self.lines[self.next][1].strip())
            found = _key(text)
            if not found:
                raise ValueError(f"not a key: {text}")
            key, rest = found
            self.next += 1
            out[key] = self._value(rest, indent)
        return out

    def _value(self, text, indent):
        if re.fullmatch(r"[|>][-+]?", text):
            return self._text_block(text[0], indent)
        if not text:
            if (
                self._skip()
                and self.lines[self.next][0] == indent
                and self.lines[self.next][1].strip().startswith("- ")
            ):
                return self._list(indent)  # a list may stand as far left as its key
            return self.block(indent + 1)
        if text[0] in "{[":
            while text.count("{") + text.count("[") > text.count("}") + text.count("]"):
                text += " " + _uncommented(self.lines[self.next][1].strip())
                self.next += 1
            return _Flow(text).value()
        if text[0] in "'\"":
            return _Flow(text).value()
        while (
            self.next < len(self.lines)
            and self.lines[self.next][1].strip()
            and self.lines[self.next][0] > indent
        ):
            text += " " + _uncommented(self.lines[self.next][1].strip())
            self.next += 1
        return _scalar(text)

    def _text_block(self, style, indent):
        out = []
        while self.next < len(self.lines) and (
            not self.lines[self.next][1] or self.lines[self.next][0] > indent
        ):
            out.append(self.lines[self.next][1].strip())
            self.next += 1
        return ("\n" if style == "|" else " ").join(out).strip()


def _key(text):
    """(key, rest) where a line begins a map entry."""
    found = re.match(r"([A-Za-z_][A-Za-z0-9_]*):(?:\s+(.*))?\Z", text)
    return (found.group(1), (found.group(2) or "").strip()) if found else None


class _Flow:
    """One value written in flow style."""

    def __init__(self, text):
        self.text, self.next = text, 0

    def _peek(self):
        while self.text[self.next : self.next + 1] == " ":
            self.next += 1
        return self.text[self.next : self.next + 1]

    def value(self, stops=""):
        first = self._peek()
        if first == "{":
            return self._group("}", dict)
        if first == "[":
            return self._group("]", list)
        if first == "'":
            found = re.compile(r"'((?:[^']|'')*)'").match(self.text, self.next)
            self.next = found.end()
            return found.group(1).replace("''", "'")
        if first == '"':
            found = re.compile(r'"((?:\\.|[^"\\])*)"').match(self.text, self.next)
            self.next = found.end()
            return re.sub(
                r"\\(.)", lambda m: {"n": "\n", "t": "\t"}.get(m[1], m[1]), found.group(1)
            )
        begin = self.next
        while self.next < len(self.text) and self.text[self.next] not in stops:
            self.next += 1
        return _scalar(self.text[begin : self.next].strip())

    def _group(self, close, kind):
        out = kind()
        self.next += 1
        while self._peek() != close:
            if kind is dict:
                found = re.compile(r"([A-Za-z_][A-Za-z0-9_]*)\s*:\s*").match(self.text, self.next)
                self.next = found.end()
                out[found.group(1)] = self.value(",}")
            else:
                out.append(self.value(",]"))
            if self._peek() == ",":
                self.next += 1
        self.next += 1
        return out


def write(data, indent=0):
    """Block style; texts that are not plain names are single-quoted."""
    out = ""
    pad = " " * indent
    for key, value in data.items():
        if isinstance(value, dict) and value:
            out += f"{pad}{key}:\n" + write(value, indent + 2)
        elif isinstance(value, list):
            out += f"{pad}{key}:\n" + "".join(_write_item(item, indent) for item in value)
        else:
            out += f"{pad}{key}: {_write_scalar(value)}\n"
    return out


def _write_item(item, indent):
    body = write(item, indent + 4)
    return " " * (indent + 2) + "- " + body[indent + 4 :]


def _write_scalar(value):
    if value == {}:
        return "{}"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int) or _PLAIN.match(value) and value not in ("true", "false", "null"):
        return str(value)
    return "'" + value.replace("'", "''") + "'"
