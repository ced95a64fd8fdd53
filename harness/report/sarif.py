"""SARIF 2.1.0, which GitHub shows as annotations: a rule for each way of damage, at the migration's file,
or for each rule of `lint`, at its line.
"""

import json
from typing import Any

from harness.report.junit import found


def sarif(document: dict[str, Any]) -> str:
    """The results of a rehearsal, of one run, or of `lint`."""
    findings = _looked(document) if document["kind"] == "lint" else _rehearsed(document)
    rules = {one["rule"]: one for one in findings}
    results = [
        {
            "ruleId": one["rule"],
            "level": "error",
            "message": {"text": one["text"]},
            "locations": [
                {
                    "physicalLocation": {
                        "artifactLocation": {"uri": one["file"]},
                        "region": {"startLine": one["line"]},
                    }
                }
            ],
            "partialFingerprints": {"understudy/1": one["fingerprint"]},
        }
        for one in findings
    ]
    driver = {
        "name": "understudy",
        "rules": [
            {"id": name, "shortDescription": {"text": one["title"]}, "help": {"text": one["help"]}}
            for name, one in rules.items()
        ],
    }
    run = {"tool": {"driver": driver}, "results": results}
    schema = "https://json.schemastore.org/sarif-2.1.0.json"
    return json.dumps({"$schema": schema, "version": "2.1.0", "runs": [run]}, indent=2) + "\n"


def _rehearsed(document: dict[str, Any]) -> list[dict[str, Any]]:
    file = document.get("file") or document["command"][1]
    return [
        {
            "rule": _rule(one),
            "fingerprint": _rule(one),
            "title": one["title"] or one["what"],
            "help": f"Again: {one['replay']}",
            "text": f"{one['what']}. Again: {one['replay']}",
            "file": file,
            "line": 1,
        }
        for one in found(document)
    ]


def _looked(document: dict[str, Any]) -> list[dict[str, Any]]:
    return [
        {
            **one,
            "fingerprint": f"{one['rule']} {one['file']} {one['what']}",
            "help": f"{one['why']} {one['do']}",
            "text": f"{one['what']}. {one['why']} {one['do']}",
        }
        for one in document["findings"]
    ]


def _rule(one: dict[str, Any]) -> str:
    return f"{one['invariant']}/{one.get('code') or 'found'}".replace(" ", "-")
