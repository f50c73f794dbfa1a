#!/usr/bin/env python3
"""Builds the documentation site: guides, a page for each rule, and the maps from OWASP and CWE to rules.

    python docs/site/build.py --binary target/release/fastwright --output target/site

The pages of the rules come from the binary (``fastwright rule --output-format json``), so the site says what this
version does. MkDocs renders them, with a search index; it has to be installed (``pip install mkdocs==1.6.1``).
``--sources-only`` stops before that. Links that lead nowhere are errors.
"""

from __future__ import annotations

import argparse
import json
import shutil
import subprocess
import sys
from collections import defaultdict
from pathlib import Path

HERE = Path(__file__).resolve().parent
DOCS = HERE.parent

AREAS = {
    "design": "Design", "validation": "Validation", "auth": "Authentication and authorization", "database": "Database",
    "performance": "Performance and concurrency", "errors": "Errors", "security": "Security", "secrets": "Secrets",
    "lifecycle": "Lifecycle and deployment", "architecture": "Architecture", "docs": "OpenAPI", "observability": "Observability",
    "testing": "Testing",
}

OWASP = {
    "API1:2023": "Broken object level authorization", "API2:2023": "Broken authentication",
    "API3:2023": "Broken object property level authorization", "API4:2023": "Unrestricted resource consumption",
    "API5:2023": "Broken function level authorization", "API6:2023": "Unrestricted access to sensitive business flows",
    "API7:2023": "Server side request forgery", "API8:2023": "Security misconfiguration",
    "API9:2023": "Improper inventory management", "API10:2023": "Unsafe consumption of APIs",
}

GUIDES = [("Reading a review", "reading-a-review.md"), ("The catalogue, judged", "catalogue.md"),
          ("How programs are evaluated", "interpreter.md"), ("The OpenAPI document", "openapi.md"),
          ("The contract, differences, the gate", "contract.md"), ("Hooks, CI, coding agents", "hooks.md"),
          ("The agent", "agent.md"), ("The agent with a language model: threat model", "threat-model.md"),
          ("Where commands run", "sandbox.md"), ("For other agents: MCP", "mcp.md"), ("In coding agents", "agents.md")]

VERDICTS = {"implemented": "implemented", "merged": "part of", "left": "left to", "dropped": "dropped"}


def table(head: list[str], rows: list[list[str]]) -> str:
    lines = ["| " + " | ".join(head) + " |", "|" + "---|" * len(head)]
    lines += ["| " + " | ".join(cell.replace("|", "\\|") for cell in row) + " |" for row in rows]
    return "\n".join(lines) + "\n"


def link(rule: dict, up: str = "rules/") -> str:
    return f"[`{rule['name']}`]({up}{rule['name']}.md)"


def rule_page(rule: dict) -> str:
    """The page of a rule with what stands in its metadata in front."""
    title, _, rest = rule["page"].partition("\n")
    facts = [["area", AREAS.get(rule["area"], rule["area"])], ["severity", rule["severity"]],
             ["confidence", rule["confidence"]], ["profile", rule["profile"]], ["contract", rule["contract_effect"]]]
    if rule["owasp"]:
        facts.append(["OWASP API", ", ".join(f"[{entry}](../owasp.md)" for entry in rule["owasp"])])
    if rule["cwe"]:
        facts.append(["CWE", ", ".join(f"[CWE-{number}](https://cwe.mitre.org/data/definitions/{number}.html)" for number in rule["cwe"])])
    references = "".join(f"- <{address}>\n" for address in rule["references"])
    return f"{title}\n\n{table(['', ''], facts)}{rest}\n\n## References\n{references or 'none'}\n"


def index(rules: list[dict]) -> str:
    text = "# Rules\n\n" + f"{len(rules)} rules. `default` is what runs when nothing is said; `strict` adds good habits, `audit` leads for a person who looks for faults.\n\n"
    for area, title in AREAS.items():
        rows = [[link(rule, ""), rule["summary"], rule["severity"], rule["profile"]] for rule in rules if rule["area"] == area]
        if rows:
            text += f"## {title}\n\n{table(['rule', 'what it reports', 'severity', 'profile'], rows)}\n"
    return text


def owasp(rules: list[dict]) -> str:
    text = "# OWASP API Security Top 10 (2023)\n\n"
    for entry, title in OWASP.items():
        found = [rule for rule in rules if entry in rule["owasp"]]
        text += f"## {entry} {title}\n\n"
        text += "".join(f"- {link(rule)}: {rule['summary']} ({rule['profile']})\n" for rule in found) or "Nothing yet.\n"
        text += "\n"
    return text


def cwe(rules: list[dict]) -> str:
    by_number: dict[int, list[dict]] = defaultdict(list)
    for rule in rules:
        for number in rule["cwe"]:
            by_number[number].append(rule)
    rows = [[f"[CWE-{number}](https://cwe.mitre.org/data/definitions/{number}.html)", ", ".join(link(rule) for rule in found)]
            for number, found in sorted(by_number.items())]
    return "# Weaknesses (CWE)\n\n" + table(["weakness", "rules"], rows)


def catalogue(rules: list[dict]) -> str:
    """The researched catalogue, entry by entry, with what became of it."""
    known = {rule["name"] for rule in rules}
    entries = json.loads((DOCS / "catalogue.json").read_text(encoding="utf-8"))["entries"]
    rows, counts, wrong = [], defaultdict(int), []
    for entry in entries:
        counts[entry["verdict"]] += 1
        if entry["by"].startswith("fastwright "):
            what = f"`{entry['by']}`"
        elif entry["verdict"] in ("implemented", "merged"):
            if entry["by"] not in known:
                wrong.append(f"{entry['id']}: there is no rule `{entry['by']}`")
            what = f"[`{entry['by']}`](rules/{entry['by']}.md)"
        else:
            what = entry["by"]
        rows.append([entry["id"], entry["title"], f"{VERDICTS[entry['verdict']]} {what}".strip(), entry.get("because", "")])
    if wrong:
        sys.exit("docs/catalogue.json: " + "; ".join(wrong))
    summary = ", ".join(f"{count} {verdict}" for verdict, count in counts.items())
    return ("# The catalogue, judged\n\nEach entry of the researched catalogue with what became of it. What a linter or scanner does "
            f"well is left to it, so that both side by side do not say things twice. {len(entries)} entries: {summary}.\n\n"
            + table(["entry", "what it is about", "verdict", "why"], rows))


def sources(rules: list[dict], into: Path) -> None:
    shutil.rmtree(into, ignore_errors=True)
    (into / "rules").mkdir(parents=True)
    for rule in rules:
        (into / "rules" / f"{rule['name']}.md").write_text(rule_page(rule), encoding="utf-8")
    (into / "rules" / "index.md").write_text(index(rules), encoding="utf-8")
    (into / "owasp.md").write_text(owasp(rules), encoding="utf-8")
    (into / "cwe.md").write_text(cwe(rules), encoding="utf-8")
    (into / "catalogue.md").write_text(catalogue(rules), encoding="utf-8")
    for _, file in GUIDES:
        if (DOCS / file).exists():
            shutil.copy(DOCS / file, into / file)
    shutil.copy(HERE / "index.md", into / "index.md")


def configuration(rules: list[dict], source: Path, output: Path) -> dict:
    by_area = [{title: [{rule["name"]: f"rules/{rule['name']}.md"} for rule in rules if rule["area"] == area]}
               for area, title in AREAS.items() if any(rule["area"] == area for rule in rules)]
    return {
        "site_name": "fastwright", "docs_dir": str(source), "site_dir": str(output), "theme": {"name": "readthedocs"}, "strict": True,
        "validation": {"omitted_files": "warn", "absolute_links": "warn", "unrecognized_links": "warn"},
        "nav": [{"fastwright": "index.md"}, {"Guides": [{title: file} for title, file in GUIDES if (source / file).exists()]},
                {"Rules": [{"All rules": "rules/index.md"}, *by_area]}, {"OWASP": "owasp.md"}, {"CWE": "cwe.md"}],
    }


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("--binary", type=Path, default=Path("target/release/fastwright"))
    parser.add_argument("--output", type=Path, default=Path("target/site"))
    parser.add_argument("--sources-only", action="store_true", help="write the Markdown files and stop")
    arguments = parser.parse_args()
    done = subprocess.run([str(arguments.binary.resolve()), "rule", "--output-format", "json"], capture_output=True, text=True)
    if done.returncode:
        print(f"build: {arguments.binary} does not tell its rules: {done.stderr.strip()}", file=sys.stderr)
        return 2
    rules = json.loads(done.stdout)["rules"]
    output = arguments.output.resolve()
    source = output.with_name(output.name + "-source")
    sources(rules, source)
    if arguments.sources_only:
        return 0
    settings = output.with_name(output.name + ".yml")
    settings.write_text(json.dumps(configuration(rules, source, output), indent=1), encoding="utf-8")
    return subprocess.run([sys.executable, "-m", "mkdocs", "build", "--quiet", "--strict", "--clean", "--config-file", str(settings)]).returncode


if __name__ == "__main__":
    sys.exit(main())
