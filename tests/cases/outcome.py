"""What a replay gave, in the words of the text cases, and how that differs from what was expected."""
import difflib
import json

WHOLE = ("transitions", "actions", "decisions", "rejected")  # each line must be expected


class Outcome:
    def __init__(self, summary, records):
        self.summary = summary  # the JSON that replay printed
        self.records = records  # {file name without ending: [objects]}


def read(folder, printed):
    records = {}
    for name in ("transitions", "actions", "decisions", "customers", "rejected"):
        path = folder / f"{name}.ndjson"
        lines = path.read_text().splitlines() if path.exists() else []
        records[name] = [json.loads(line) for line in lines]
    return Outcome(json.loads(printed), records)


def cause_of(record):
    event = record["cause"].get("event")
    words = f"event {event['id']}" if event else "time"
    if not event and record["cause"]["time"] != record["at"]:
        words = f"time {record['cause']['time']}"  # a due fires with `now` its own instant
    return f"({words}, late)" if record.get("late") else f"({words})"


def again(record):
    return f" occurrence {record['occurrence']}" if record["occurrence"] > 1 else ""


def transition_line(r):
    return (f"{r['at']} {r['customer']} {r['segmentation']} {r['from'] or 'none'} -> "
            f"{r['to'] or 'none'} {cause_of(r)}")


def action_line(r):
    return (f"{r['at']} {r['customer']} {r['journey']} {r['step']} {r['channel']} {r['template']}"
            + again(r))


def decision_line(r):
    return (f"{r['at']} {r['customer']} {r['journey']} {r['step']} {r['decision']} {cause_of(r)}"
            + again(r))


def rejected_line(r):
    return f"line {r['line']} {r['reason']}"


LINES = {"transitions": transition_line, "actions": action_line, "decisions": decision_line,
         "rejected": rejected_line}


def customer_of(section, line):
    """Whose a line is; rejected lines have no owner and keep the order of their file."""
    return "" if section == "rejected" else line.split()[1]


def whole(found, section):
    """Every line of a section, customer by customer: their order among each other is free."""
    records = found.records[section]
    if section != "rejected":
        records = sorted(records, key=lambda r: (r["customer"], r["number"]))
    return [LINES[section](r) for r in records]


def text_of(value):
    """Scalars as JSON writes them, texts bare, nothing as `absent`."""
    if value is None:
        return "absent"
    return value if isinstance(value, str) else json.dumps(value)


def pairs_of(words):
    return list(zip(words[::2], words[1::2]))


def named(found, section, line):
    """The line as it would have to read: the same names with the values that were found."""
    words = line.split()
    if section == "counters":
        return f"{words[0]} {found.summary['counters'].get(words[0], 'no such counter')}"
    if section == "members":
        members = {k: n for k, n in found.summary["members"].get(words[0], {}).items() if n}
        if {name for name, _ in pairs_of(words[1:])} == members.keys():
            members = {name: members[name] for name, _ in pairs_of(words[1:])}
        return " ".join([words[0], *(f"{k} {n}" for k, n in members.items())])
    if section == "journeys":
        journey = found.summary["journeys"].get(words[0], {})
        return " ".join([words[0], *(f"{name} {journey.get(name, 'no such number')}"
                                     for name, _ in pairs_of(words[1:]))])
    return named_of_customer(found, section, words)


def named_of_customer(found, section, words):
    for customer in found.records["customers"]:
        if customer["customer"] == words[0]:
            break
    else:
        return f"{words[0]} does not exist"
    if section == "segments":
        state = customer["segments"].get(words[1]) or {}
        if "segments" in state:
            return independent(state["segments"], words)
        since = f" since {state.get('since')}" if "since" in words else ""
        return f"{words[0]} {words[1]} {state.get('segment') or 'none'}{since}"
    value = customer[section].get(words[1])
    expected = " ".join(words[2:])
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        try:
            if float(expected) == float(value):
                return " ".join(words)  # 12.30 and 12.3 are one number
        except ValueError:
            pass
    return f"{words[0]} {words[1]} {text_of(value)}"


def independent(members, words):
    """`anna interests tennis,hiking` names all that anna is in, with `since` one of them."""
    if "since" in words:
        since = members.get(words[2], {}).get("since", "never")
        return f"{words[0]} {words[1]} {words[2]} since {since}"
    return f"{words[0]} {words[1]} {','.join(members) or 'none'}"


def difference(found, section, expected):
    """The section's lines that differ, '-' expected and '+' found; empty if none does."""
    if section in WHOLE:
        got = whole(found, section)
        expected = sorted(expected, key=lambda line: customer_of(section, line))
    else:
        got = [named(found, section, line) for line in expected]
    if got == expected:
        return ""
    lines = difflib.unified_diff(expected, got, "expected", "found", lineterm="", n=1)
    return "\n".join([f"  {section}:", *(f"    {line}" for line in list(lines)[2:]
                                          if not line.startswith("@@"))])
