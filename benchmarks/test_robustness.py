"""The robustness check notices what it is there to notice, with a stand-in for the binary."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE))

import broken_inputs  # noqa: E402

# Counts files as a reviewer would, except for what FAULT makes it do.
STAND_IN = '''
import json, os, stat, sys
command, target, fault = sys.argv[1], sys.argv[2], os.environ.get("FAULT", "")
if not os.path.isdir(target):
    print("no such folder: " + target, file=sys.stderr); sys.exit(2)
if fault == "panic":
    print("thread 'main' panicked at src/x.rs:1:1", file=sys.stderr); sys.exit(101)
if fault == "signal":
    os.kill(os.getpid(), 11)
if fault == "hang":
    import time; time.sleep(60)
files, problems = [], []
def unreadable(error):
    problems.append({"kind": "not-readable", "location": {"path": os.path.relpath(error.filename, target)}})
for folder, _, names in os.walk(target, onerror=unreadable):
    for name in names:
        path = os.path.join(folder, name)
        if name.endswith(".py") and not os.path.islink(path) and stat.S_ISREG(os.stat(path).st_mode):
            if os.access(path, os.R_OK):
                files.append(path)
            else:
                problems.append({"kind": "not-readable", "location": {"path": name}})
count = len(files) - (1 if fault == "lose" else 0)
if "--show-files" in sys.argv:
    print("\\n".join(os.path.relpath(path, target) for path in files[:count]))
elif command == "review":
    kinds = [{"kind": "internal-error", "message": "a rule failed", "location": {}}] if fault == "internal" else []
    json.dump({"problems": problems + kinds, "statistics": {"files": count, "routes": 1}}, sys.stdout)
else:
    json.dump({"apps": [{"routes": [{"path": "/health"}]}]}, sys.stdout)
sys.exit(1)
'''


class Robustness(unittest.TestCase):
    def check(self, fault: str, *only: str, timeout: str = "20") -> tuple[int, str]:
        with tempfile.TemporaryDirectory() as scratch:
            binary = Path(scratch) / "stand-in"
            binary.write_text(f"#!/usr/bin/python3\n{STAND_IN}" if Path("/usr/bin/python3").exists() else f"#!{sys.executable}\n{STAND_IN}")
            binary.chmod(0o755)
            done = subprocess.run(
                [sys.executable, str(HERE / "robustness.py"), "--binary", str(binary), "--timeout", timeout, "--only", *only],
                env={**os.environ, "FAULT": fault}, capture_output=True, text=True)
            return done.returncode, done.stdout

    def test_a_tool_that_loses_nothing_passes(self) -> None:
        code, output = self.check("", "cut-off", "unreadable", "symlink", "named-py", "missing", "empty-folder")
        # An empty folder has no healthy application, so it may not be given up on either.
        self.assertEqual(code, 0, output)
        self.assertIn("0 panics, 0 with lost files", output)

    def test_faults_are_noticed(self) -> None:
        for fault, told in {
            "panic": "panicked", "signal": "ended by signal 11", "lose": "1 of 2 files are neither reviewed nor named",
            "internal": "internal error: a rule failed",
        }.items():
            with self.subTest(fault):
                code, output = self.check(fault, "utf-16")
                self.assertEqual(code, 1)
                self.assertIn(told, output)
        code, output = self.check("hang", "utf-16", timeout="0.5")
        self.assertEqual(code, 1)
        self.assertIn("no end within", output)

    def test_cases_have_names_of_their_own(self) -> None:
        names = [item.name for item in broken_inputs.CASES]
        self.assertEqual(len(names), len(set(names)))


if __name__ == "__main__":
    unittest.main()
