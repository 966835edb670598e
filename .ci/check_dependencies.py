"""Checks what the workspace depends on: licences, sources, unused entries, and the arrows between our crates.

Reads `cargo metadata` of the locked workspace; prints every violation and exits with 1 if there is one.
"""

import json
import pathlib
import re
import subprocess
import sys

# SPDX ids that may be linked into a permissively licensed program.
ALLOWED_LICENCES = {
    "0BSD", "Apache-2.0", "Apache-2.0 WITH LLVM-exception", "BSD-2-Clause", "BSD-3-Clause", "BSL-1.0",
    "CC0-1.0", "CDLA-Permissive-2.0", "ISC", "MIT", "MIT-0", "MPL-2.0", "MPL-2.0+", "Unicode-3.0", "Unlicense", "Zlib",
}

# What each crate of ours may depend on among ours. Adapters do not know each other; only the composition root and the
# tests name concrete adapters.
DRIVEN = {"syncledger-domain"}
ARROWS = {
    "syncledger-domain": set(),
    "syncledger-commands": {"syncledger-domain"},
    "syncledger-projections": {"syncledger-domain"},
    "syncledger-wbxml": set(),
    "syncledger-simulator": {"syncledger-wbxml"},
    "syncledger-eas": {"syncledger-domain", "syncledger-commands", "syncledger-projections", "syncledger-wbxml"},
    "syncledger-eventlog-memory": DRIVEN,
    "syncledger-eventlog-sqlite": DRIVEN,
    "syncledger-views-sqlite": DRIVEN,
    "syncledger-mailbox-cached": DRIVEN,
    "syncledger-mailbox-files": DRIVEN,
    "syncledger-mailbox-imap": DRIVEN,
    "syncledger-mailbox-memory": DRIVEN,
    "syncledger-smtp": DRIVEN,
}
UNBOUND = {"syncledger", "syncledger-tests"}

# Libraries that belong to particular rooms of the house.
CONFINED = {
    "sqlx": {"syncledger-eventlog-sqlite", "syncledger-views-sqlite"},
    "axum": {"syncledger-eas", "syncledger"},
    "ldap3_proto": set(),
    "anyhow": {"syncledger", "syncledger-tests"},
}
# The domain is pure.
DOMAIN_NEVER = {"tokio", "sqlx", "axum", "ldap3_proto", "reqwest", "getrandom", "rand", "tracing"}


def licence_is_allowed(expression: str) -> bool:
    """Evaluates an SPDX expression with OR, AND, WITH and parentheses."""
    tokens = re.findall(r"\(|\)|[^\s()]+", expression.replace("/", " OR "))
    position = 0

    def peek():
        return tokens[position] if position < len(tokens) else None

    def take():
        nonlocal position
        position += 1
        return tokens[position - 1]

    def alternatives():
        value = conjunction()
        while peek() == "OR":
            take()
            right = conjunction()
            value = value or right
        return value

    def conjunction():
        value = atom()
        while peek() == "AND":
            take()
            right = atom()
            value = value and right
        return value

    def atom():
        if peek() == "(":
            take()
            value = alternatives()
            take()
            return value
        name = take()
        if peek() == "WITH":
            take()
            name = f"{name} WITH {take()}"
        return name in ALLOWED_LICENCES

    return alternatives()


def is_named(package, dependency) -> bool:
    """Whether any source file of a crate of ours names a dependency."""
    name = (dependency["rename"] or dependency["name"]).replace("-", "_")
    root = pathlib.Path(package["manifest_path"]).parent
    sources = [path for folder in ("src", "tests", "benches") for path in root.glob(f"{folder}/**/*.rs")]
    return any(re.search(rf"\b{name}\b", path.read_text()) for path in sources)


def main() -> int:
    command = ["cargo", "metadata", "--format-version", "1", "--locked", "--all-features"]
    metadata = json.loads(subprocess.run(command, check=True, stdout=subprocess.PIPE).stdout)
    ours = set(metadata["workspace_members"])
    problems = []
    for package in metadata["packages"]:
        name = package["name"]
        if package["id"] not in ours:
            licence = package.get("license")
            if not licence or not licence_is_allowed(licence):
                problems.append(f"{name} {package['version']}: licence {licence!r} is not on the list")
            if not (package.get("source") or "").startswith("registry+"):
                problems.append(f"{name} {package['version']}: comes from {package.get('source')}, not from the registry")
            continue
        if package.get("license") != "MIT OR Apache-2.0":
            problems.append(f"{name}: our own licence is missing")
        for dependency in package["dependencies"]:
            target = dependency["name"]
            if not is_named(package, dependency):
                problems.append(f"{name} does not use {target}")
            if dependency["kind"] is not None:
                continue
            if target.startswith("syncledger") and name not in UNBOUND and target not in ARROWS.get(name, set()):
                problems.append(f"{name} must not depend on {target}")
            if target in CONFINED and name not in CONFINED[target]:
                problems.append(f"{name} must not depend on {target}: it belongs to {sorted(CONFINED[target])}")
            if name == "syncledger-domain" and target in DOMAIN_NEVER:
                problems.append(f"the domain is pure and must not depend on {target}")
        if name not in ARROWS and name not in UNBOUND:
            problems.append(f"{name} has no row in the table of arrows")
    for problem in problems:
        print(f"dependency check: {problem}")
    if not problems:
        print(f"dependency check: {len(metadata['packages'])} packages, licences, sources and arrows are good")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
