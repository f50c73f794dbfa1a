#!/usr/bin/env python3
"""Measures ``fastwright mcp`` and ``fastwright acp``: whether clients of others get along with it, what it costs, and whether it stays small.

    python benchmarks/mcp.py --binary target/release/fastwright
    python benchmarks/mcp.py --only inspector conformance
    python benchmarks/mcp.py --only speed --applications zenml

    inspector    the MCP Inspector's command line lists the tools, resources and prompts of examples/bookshop, and calls
                 every tool; its check of tool schemas (--strict) finds nothing
    conformance  the scenarios of the MCP conformance suite that need no tools made for it, for revisions 2025-11-25 and
                 2026-07-28, over HTTP
    editor       acpx, a client of the Agent Client Protocol, has `fastwright acp` fix the example: nothing is written when
                 it denies permission, and what is safe when it grants it
    session      1,000 calls of all kinds in one session, of which the project changes now and then: memory after call
                 100 and after call 1,000
    speed        for each application: seconds until the first answer of a server that knows nothing yet, and the median
                 of those that follow

Limits: everything passes; memory grows by less than 10%; the first answer takes less than 1 s, later ones less than
50 ms (median). The inspector and the suite come from npm in pinned versions, with a Node of their own. The exit code
is 1 when a limit is missed, and 2 when something could not be measured.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import corpus
from mcp_client import Client, McpError, Relay

HERE = Path(__file__).resolve().parent
EXAMPLE = HERE.parent / "examples" / "bookshop"
PACKAGES = ["node@22.23.3", "@modelcontextprotocol/inspector@2.12.0", "@modelcontextprotocol/conformance@0.2.0-alpha.12",
            "acpx@0.19.1"]
PARTS = ("inspector", "conformance", "editor", "session", "speed")
LARGEST = ("airflow", "zenml", "open_webui")
LIMITS = {"growth": 0.10, "first": 1.0, "later": 0.050}
# Scenarios about a server as such; the others call tools, resources and prompts that a test server has to have.
SCENARIOS = {
    "2025-11-25": ["server-initialize", "server-session-lifecycle", "ping", "tools-list", "resources-list", "prompts-list",
                   "server-sse-multiple-streams", "dns-rebinding-protection"],
    "2026-07-28": ["server-stateless", "tools-list", "resources-list", "prompts-list", "sep-2164-resource-not-found",
                   "caching", "http-header-validation", "dns-rebinding-protection"],
}
# A route of the example about which there is much to say.
ROUTE = "GET /api/v1/orders/{order_id}/invoice"


def node_folder() -> Path:
    """The folder of the pinned packages, installed where it is missing."""

    def fill(folder: Path, _: Path) -> None:
        (folder / "package.json").write_text('{"private": true}\n', encoding="utf-8")
        corpus.run(["npm", "install", "--prefix", str(folder), "--no-audit", "--no-fund", "--save-exact", *PACKAGES],
                   "installing the clients of others from npm")

    if not shutil.which("npm"):
        raise corpus.CorpusError("npm is missing: the inspector and the conformance suite need it")
    return corpus.make(corpus.cache() / "tools" / "mcp-clients", PACKAGES, fill)


def node(folder: Path, program: str, *arguments: str, timeout: float = 300) -> subprocess.CompletedProcess:
    programs = folder / "node_modules" / ".bin"
    environment = {**os.environ, "PATH": f"{programs}{os.pathsep}{os.environ['PATH']}", "HOME": str(folder)}
    command = [str(programs / "node"), str(programs / program), *arguments]
    return subprocess.run(command, capture_output=True, text=True, timeout=timeout, env=environment)


def copied_example(folder: Path) -> Path:
    """The example in a git repository of its own."""
    ignored = shutil.ignore_patterns(".venv", "__pycache__", ".fastwright_cache", ".pytest_cache")
    project = Path(shutil.copytree(EXAMPLE, folder / "bookshop", ignore=ignored))
    for arguments in (["init", "--quiet"], ["add", "--all"], ["commit", "--quiet", "-m", "start"]):
        subprocess.run(["git", "-c", "user.name=b", "-c", "user.email=b@example.org", *arguments], cwd=project, check=True)
    return project


def arguments_of(tool: str, client: Client) -> dict:
    match tool:
        case "get_route":
            return {"route": ROUTE}
        case "get_finding":
            return {"finding": client.call("check_project", {"limit": 1})["findings"][0]["id"]}
        case "explain_rule":
            return {"rule": "missing-ownership-check"}
        case "diff_contract":
            return {"old": "HEAD"}
        case _:
            return {}


def inspector(binary: Path, folder: Path) -> list[str]:
    """What the inspector complains about."""
    problems = []
    with tempfile.TemporaryDirectory(prefix="fastwright-mcp-") as scratch:
        project = copied_example(Path(scratch))

        def ask(*arguments: str) -> dict | None:
            server = [str(binary), "mcp", str(project), "--allow-write"]
            result = node(folder, "mcp-inspector", "--cli", *server, *arguments)
            if result.returncode:
                problems.append(f"{' '.join(arguments[:4])}: exit code {result.returncode}: "
                                f"{(result.stderr or result.stdout).strip()[-300:]}")
                return None
            return json.loads(result.stdout)

        with Client(binary, project) as client:
            tools = (ask("--method", "tools/list", "--strict") or {}).get("tools", [])
            print(f"inspector: {len(tools)} tools listed", flush=True)
            if len(tools) != 10:
                problems.append(f"{len(tools)} tools instead of 10")
            for tool in tools:
                pairs = [f"{name}={value}" for name, value in arguments_of(tool["name"], client).items()]
                given = ["--tool-arg", *pairs] if pairs else []
                answer = ask("--method", "tools/call", "--tool-name", tool["name"], *given)
                if answer is not None and (answer.get("isError") or not answer.get("structuredContent")):
                    problems.append(f"{tool['name']}: {json.dumps(answer)[:300]}")
        for method, field, least in (("resources/list", "resources", 50), ("resources/templates/list", "resourceTemplates", 3),
                                     ("prompts/list", "prompts", 4)):
            listed = (ask("--method", method) or {}).get(field, [])
            print(f"inspector: {len(listed)} {field} listed", flush=True)
            if len(listed) < least:
                problems.append(f"{method}: {len(listed)} entries")
        ask("--method", "resources/read", "--uri", "fastwright://routes")
        ask("--method", "prompts/get", "--prompt-name", "explain_route", "--prompt-args", f"route={ROUTE}")
    return problems


def checks(folder: Path, url: str, scenario: str, revision: str) -> list[dict]:
    """What the suite checked in a scenario."""
    with tempfile.TemporaryDirectory(prefix="fastwright-mcp-") as results:
        result = node(folder, "conformance", "server", "--url", url, "--scenario", scenario, "--spec-version", revision,
                      "--output-dir", results)
        files = list(Path(results).rglob("checks.json"))
        if not files:
            raise McpError(f"{scenario}: the suite says nothing: {(result.stderr or result.stdout)[-600:]}")
        return json.loads(files[0].read_text(encoding="utf-8"))


def conformance(binary: Path, folder: Path) -> list[str]:
    """The checks of the suite that fail."""
    problems = []
    token = "a-token-for-the-conformance-suite"
    command = [str(binary), "mcp", str(EXAMPLE), "--http", "127.0.0.1:0"]
    server = subprocess.Popen(command, stderr=subprocess.PIPE, text=True, env={**os.environ, "FASTWRIGHT_TOKEN": token})
    try:
        line = server.stderr.readline()
        address = re.search(r"http://127\.0\.0\.1:(\d+)", line)
        if not address:
            raise McpError(f"the server does not start: {line.strip()}")
        relay = Relay(int(address[1]), token)
        for revision, scenarios in SCENARIOS.items():
            for scenario in scenarios:
                found = checks(folder, f"http://127.0.0.1:{relay.port}/mcp", scenario, revision)
                # Some checks call a tool that only the suite's own server has.
                untestable = [check for check in found if (check.get("details") or {}).get("untestable")]
                judged = [check for check in found if check not in untestable and check["status"] in ("SUCCESS", "FAILURE")]
                failed = [check for check in judged if check["status"] == "FAILURE"]
                print(f"conformance {revision}: {scenario}: {len(judged) - len(failed)} of {len(judged)} pass, "
                      f"{len(found) - len(judged)} do not apply", flush=True)
                if not judged:
                    problems.append(f"{revision} {scenario}: nothing was checked")
                problems += [f"{revision} {scenario}: {check['id']}: {check.get('errorMessage', '')}" for check in failed]
        relay.close()
    finally:
        server.kill()
        server.communicate()
    return problems


def editor(binary: Path, folder: Path) -> list[str]:
    """What goes wrong when a client of the Agent Client Protocol hosts the agent."""
    problems = []
    with tempfile.TemporaryDirectory(prefix="fastwright-acp-") as scratch:
        project = copied_example(Path(scratch))
        for policy, writes in (("--deny-all", False), ("--approve-all", True)):
            result = node(folder, "acpx", policy, "--cwd", str(project), "--agent", f"{binary} acp --model none", "exec",
                          "fix everything that is safe to fix")
            status = subprocess.run(["git", "status", "--porcelain"], cwd=project, capture_output=True, text=True, check=True)
            changed = [line[3:] for line in status.stdout.splitlines()]
            print(f"editor: {policy}: {len(changed)} files changed", flush=True)
            if "1 fix was made" not in result.stdout and writes or "Understood" not in result.stdout:
                problems.append(f"{policy}: exit code {result.returncode}: {(result.stderr or result.stdout).strip()[-600:]}")
            if bool(changed) != writes:
                problems.append(f"{policy}: changed: {', '.join(changed) or 'nothing'}")
    return problems


def session(binary: Path, calls: int = 1000) -> list[str]:
    """Whether memory grows in a long session."""
    with tempfile.TemporaryDirectory(prefix="fastwright-mcp-") as scratch:
        project = copied_example(Path(scratch))
        changed = project / "src" / "bookshop" / "routers" / "books.py"
        text = changed.read_text(encoding="utf-8")
        with Client(binary, project) as client:
            tools = [tool["name"] for tool in client.request("tools/list", {})["tools"]]
            finding = arguments_of("get_finding", client)
            memory = {}
            for number in range(1, calls + 1):
                tool = tools[number % len(tools)]
                client.call(tool, finding if tool == "get_finding" else arguments_of(tool, client))
                if number % 25 == 0:
                    # A project that somebody works on: what is known of it has to be found out anew.
                    changed.write_text(f"{text}\n# {number}\n", encoding="utf-8")
                if number in (100, calls):
                    memory[number] = client.memory()
    growth = memory[calls] / memory[100] - 1
    print(f"session: {memory[100]:.0f} MB after 100 calls, {memory[calls]:.0f} MB after {calls}: {growth:+.1%}", flush=True)
    return [f"memory grows by {growth:.1%}"] if growth >= LIMITS["growth"] else []


def speed(binary: Path, names: list[str], repeat: int) -> list[str]:
    """First answers, and the median of those that follow."""
    problems = []
    for application in corpus.applications(names):
        tree = corpus.ensure_application(application)
        firsts, laters = [], []
        for _ in range(repeat):
            start = time.perf_counter()
            with Client(binary, tree) as client:
                client.call("check_project")
                firsts.append(time.perf_counter() - start)
                routes = [line["route"] for line in client.call("list_routes")["routes"]]
                findings = [line["id"] for line in client.call("check_project")["findings"]]
                client.call("get_route", {"route": routes[0]})
                for number in range(20):
                    laters.append(client.timed("check_project", {"severity": "high"}))
                    laters.append(client.timed("list_routes", {"limit": 20}))
                    laters.append(client.timed("get_route", {"route": routes[number % len(routes)]}))
                    if findings:
                        laters.append(client.timed("get_finding", {"finding": findings[number % len(findings)]}))
                    laters.append(client.timed("explain_rule", {"rule": "missing-ownership-check"}))
        first, later = statistics.median(firsts), statistics.median(laters)
        print(f"speed: {application.name}: first answer {first:.2f} s, later ones {later * 1000:.1f} ms (median), "
              f"{max(laters) * 1000:.0f} ms (longest)", flush=True)
        if first >= LIMITS["first"]:
            problems.append(f"{application.name}: the first answer takes {first:.2f} s")
        if later >= LIMITS["later"]:
            problems.append(f"{application.name}: later answers take {later * 1000:.0f} ms")
    return problems


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--binary", type=Path, default=HERE.parent / "target" / "release" / "fastwright")
    parser.add_argument("--only", nargs="+", choices=PARTS, metavar="PART", help=f"of {', '.join(PARTS)}")
    parser.add_argument("--applications", nargs="+", default=list(LARGEST), metavar="NAME", help="for speed")
    parser.add_argument("--repeat", type=int, default=3, metavar="N", help="servers started for each application")
    args = parser.parse_args()
    if not args.binary.is_file():
        print(f"mcp: {args.binary} does not exist; build it (cargo build --release) or name it with --binary", file=sys.stderr)
        return 2
    binary, parts = args.binary.resolve(), args.only or list(PARTS)
    problems: list[str] = []
    try:
        if "inspector" in parts:
            problems += [f"inspector: {text}" for text in inspector(binary, node_folder())]
        if "conformance" in parts:
            problems += [f"conformance: {text}" for text in conformance(binary, node_folder())]
        if "editor" in parts:
            problems += [f"editor: {text}" for text in editor(binary, node_folder())]
        if "session" in parts:
            problems += [f"session: {text}" for text in session(binary)]
        if "speed" in parts:
            problems += [f"speed: {text}" for text in speed(binary, args.applications, args.repeat)]
    except (corpus.CorpusError, McpError, OSError, subprocess.SubprocessError) as error:
        print(f"mcp: {error}", file=sys.stderr)
        return 2
    for problem in problems:
        print(f"MISSED {problem}")
    print("everything holds" if not problems else f"{len(problems)} limits missed")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
