"""SARIF 2.1.0, which GitHub shows as annotations: a rule for each way of damage, at the migration's file."""

import json
from typing import Any

from harness.report.junit import found


def sarif(document: dict[str, Any]) -> str:
    """The results of a rehearsal, or of one run."""
    findings = found(document)
    rules = {_rule(one): one for one in findings}
    file = document.get("file") or document["command"][1]
    results = [
        {
            "ruleId": _rule(one),
            "level": "error",
            "message": {"text": f"{one['what']}. Again: {one['replay']}"},
            "locations": [
                {"physicalLocation": {"artifactLocation": {"uri": file}, "region": {"startLine": 1}}}
            ],
            "partialFingerprints": {"understudy/1": _rule(one)},
        }
        for one in findings
    ]
    driver = {
        "name": "understudy",
        "rules": [
            {"id": name, "shortDescription": {"text": one["title"] or one["what"]}}
            for name, one in rules.items()
        ],
    }
    run = {"tool": {"driver": driver}, "results": results}
    schema = "https://json.schemastore.org/sarif-2.1.0.json"
    return json.dumps({"$schema": schema, "version": "2.1.0", "runs": [run]}, indent=2) + "\n"


def _rule(one: dict[str, Any]) -> str:
    return f"{one['invariant']}/{one.get('code') or 'found'}".replace(" ", "-")
