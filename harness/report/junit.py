"""JUnit's XML, which CI servers read: a failed case for each finding, and one for whatever held."""

from typing import Any
from xml.etree.ElementTree import Element, SubElement, tostring


def junit(document: dict[str, Any]) -> str:
    """The cases of a rehearsal, or of one run."""
    findings = found(document)
    suite = Element("testsuite", name=f"rehearse {document['migration']}", errors="0", skipped="0")
    failed = dict.fromkeys(one["invariant"] for one in findings)
    held = [one["invariant"] for one in document.get("verdicts", ()) if one["held"]]
    for one in findings:
        case = SubElement(
            suite, "testcase", classname=one["invariant"], name=_clean(one.get("code") or one["what"])
        )
        told = "\n".join(f"{moment['at']} {moment['who']} {moment['what']}" for moment in one["moments"])
        failure = SubElement(case, "failure", message=_clean(one["what"]), type=one["invariant"])
        failure.text = _clean(f"{', '.join(one['keys'])}\n{told}\n{one['replay']}")
    for name in [*held, *(part["part"] for part in document.get("parts", ()))]:
        if name not in failed:
            SubElement(suite, "testcase", classname="held", name=name)
    inconclusive = document.get("verdict") == "inconclusive"
    if inconclusive:
        case = SubElement(suite, "testcase", classname="verdict", name="inconclusive")
        SubElement(case, "failure", message=_clean("; ".join(document["reasons"])))
    suite.set("tests", str(len(suite)))
    suite.set("failures", str(len(findings) + inconclusive))
    suite.set("time", str(document.get("seconds", 0)))
    suites = Element("testsuites")
    suites.append(suite)
    return tostring(suites, "unicode", xml_declaration=False) + "\n"


def found(document: dict[str, Any]) -> list[dict[str, Any]]:
    """The findings of a rehearsal, or of one run, each with its invariant and the command that shows it."""
    if document["kind"] == "rehearsal":
        return list(document["findings"])
    return [
        {**one, "invariant": verdict["invariant"], "title": verdict["title"], "replay": document["replay"]}
        for verdict in document["verdicts"]
        for one in verdict["findings"]
    ]


def _clean(text: str) -> str:
    """Without what XML cannot hold."""
    return "".join(
        one if one in "\t\n" or (one >= " " and one.isprintable()) or one == " " else "�" for one in text
    )
