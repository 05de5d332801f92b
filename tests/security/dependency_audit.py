"""`make audit`: look for published vulnerabilities in every pinned dependency.

The advisory service is on the network. Where it cannot be asked, or does not know the packages, nothing was checked:
that is said, and is no failure. A published vulnerability fails, with its identifier and the version that mends it.
"""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

CONSTRAINTS = Path(__file__).parents[2] / "constraints.txt"
PATIENCE_SECONDS = 600


def judged(output: str, errors: str) -> tuple[int, list[str]]:
    """Return the exit code and what to say of an answer of pip-audit: its JSON and its errors."""
    try:
        dependencies: list[dict[str, Any]] = json.loads(output)["dependencies"]
    except (ValueError, KeyError, TypeError):
        last = (errors.strip().splitlines() or ["no answer"])[-1]
        return 0, [f"NOT CHECKED: the advisory service could not be asked: {last[:200]}"]
    known = [each for each in dependencies if "skip_reason" not in each]
    unknown = [each["name"] for each in dependencies if "skip_reason" in each]
    if not known:
        return 0, [f"NOT CHECKED: the advisory service knows none of the {len(unknown)} dependencies from here"]
    said = [f"checked {len(known)} dependencies", *(f"not checked: {name}" for name in unknown)]
    found = [_complaint(each, vulnerability) for each in known for vulnerability in each["vulns"]]
    return bool(found), said + found


def _complaint(dependency: dict[str, Any], vulnerability: dict[str, Any]) -> str:
    mended = ", ".join(vulnerability.get("fix_versions") or ["no version yet"])
    return f"VULNERABLE: {dependency['name']} {dependency['version']}: {vulnerability['id']}, mended in {mended}"


def main() -> int:
    """Ask, say, return the exit code."""
    options = ["--no-deps", "--disable-pip", "--progress-spinner", "off", "--format", "json"]
    command = [sys.executable, "-m", "pip_audit", "--requirement", str(CONSTRAINTS), *options]
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=PATIENCE_SECONDS)
        output, errors = done.stdout, done.stderr
    except subprocess.TimeoutExpired:
        output, errors = "", f"no answer within {PATIENCE_SECONDS} s"
    code, said = judged(output, errors)
    for line in said:
        sys.stdout.write(f"make audit: {line}\n")
    return code


if __name__ == "__main__":
    sys.exit(main())
