"""Reads a file of text cases: see README.md. A mistake in one is told with its file and line."""
import json
import re
from pathlib import Path

SOURCE = "shop"  # of an event that names none
SECTIONS = ("transitions", "actions", "decisions", "rejected",  # compared as a whole
            "members", "journeys", "counters", "features", "attributes", "segments")
TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)")


class Mistake(Exception):
    pass


class Case:
    """One case: definitions, events in the order of the file, and what must come out."""

    def __init__(self, path, line, title, definitions):
        self.path, self.line, self.title = Path(path), line, title
        # A file beside the definitions begins with a line `--- NAME`.
        self.definitions, *files = re.split(r"^--- (\S+)\n", definitions, flags=re.MULTILINE)
        self.files = dict(zip(files[::2], files[1::2]))
        self.order = self.until = None
        self.events = []    # NDJSON lines without their default ids
        self.expected = {}  # section -> lines, spaces made single and times given milliseconds

    def event_lines(self):
        return list(self.events)


def normal(line):
    """One space between words, no comment, every time with three decimals."""
    words = re.sub(r"\s+#\s.*$", "", line).split()
    return " ".join(re.sub(r"^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)Z$", r"\1.000Z", w) for w in words)


def event_line(text, number):
    """TIME CUSTOMER TYPE [{JSON}] [id=ID] [source=SOURCE], or `raw` and the line itself."""
    if text.startswith("raw "):
        return text[4:].strip()
    words = text.split(None, 3)
    if len(words) < 3 or not TIME.fullmatch(words[0]):
        raise ValueError("an event is TIME CUSTOMER TYPE [{JSON}] [id=ID] [source=SOURCE]")
    time, customer, kind = words[:3]
    rest = words[3] if len(words) > 3 else ""
    data = "{}"
    if rest.startswith("{"):
        _, end = json.JSONDecoder().raw_decode(rest)
        data, rest = rest[:end], rest[end:]  # as written: 12.30 stays 12.30
    names = {"id": f"e{number}", "source": SOURCE}
    for word in re.sub(r"(^|\s)#\s.*", "", rest).split():
        name, _, value = word.partition("=")
        if name not in names or not value:
            raise ValueError(f"'{word}' is neither id=ID nor source=SOURCE")
        names[name] = value
    if kind == "identify":
        data = f'{{"traits": {data}}}'
    head = {"specversion": "1.0", "id": names["id"], "source": names["source"], "type": kind,
            "time": time, "subject": customer}
    return json.dumps(head)[:-1] + f', "data": {data}}}'


def parse(path):
    """The cases of a file. The definitions before the first case are every case's."""
    text = Path(path).read_text()
    head, mark, rest = text.partition("\n---\n")
    if not mark:
        raise Mistake(f"{path}:1: no line '---' after the definitions")
    definitions = re.sub(r"\A(#[^\n]*\n|\s*\n)*definitions:\n", "", head + "\n")
    if len(definitions) == len(head) + 1:
        raise Mistake(f"{path}:1: begins neither with a comment nor with 'definitions:'")
    title = re.sub(r"^#\s*", "", text.split("\n", 1)[0])
    first_line = head.count("\n") + 3
    cases, case, section = [], None, None
    for number, raw in enumerate(rest.split("\n"), first_line):
        line = raw.strip()
        if not line or line.startswith("#"):
            continue
        word, _, value = line.partition(":")
        heading = re.match(r"[a-z]+:(\s|$)", raw)  # not the customer anon:1
        if case is None or (heading and word == "case"):
            case = Case(path, number, value.strip() if word == "case" else title, definitions)
            cases.append(case)
            section = None
            if word == "case":
                continue
        try:
            section = take(case, section, line, word if heading else None, value.strip())
        except ValueError as mistake:
            raise Mistake(f"{path}:{number}: {mistake}") from mistake
    for case in cases:
        if not case.events or not case.expected:
            raise Mistake(f"{path}:{case.line}: a case needs events and what comes of them")
    return cases


def take(case, section, line, heading, value):
    """Takes in one line; returns the section that the next line belongs to."""
    if heading in ("until", "order"):
        setattr(case, heading, value)
        return None
    if heading == "events" or heading in SECTIONS:
        if heading in SECTIONS:
            case.expected[heading] = [] if value in ("", "none") else [normal(value)]
        elif value:
            raise ValueError("events stand on lines of their own")
        return heading
    if heading is not None:
        raise ValueError(f"'{heading}:' is no section; there are case, order, until, events, "
                         + ", ".join(SECTIONS))
    if section is None:
        raise ValueError("stands in no section")
    if section == "events":
        case.events.append(event_line(line, len(case.events) + 1))
    else:
        case.expected[section].append(normal(line))
    return section
