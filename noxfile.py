"""The project's tasks: `python -m nox -s demo`, `python -m nox -s tests`, and those listed by `python -m nox -l`."""

import shutil
import subprocess
from pathlib import Path

import nox

nox.needs_version = ">=2025.2.9"
nox.options.sessions = ["lint", "types", "sync", "tests"]

PROJECT = nox.project.load_toml("pyproject.toml")


def runs(version: str) -> bool:
    """Return whether a Python runs on this machine; a version manager's placeholder can exist without a Python."""
    command = [f"python{version}", "-c", ""]
    if shutil.which(command[0]) is None:
        return False
    return subprocess.run(command, capture_output=True, check=False).returncode == 0


# The classifiers name every supported version; versions that are not on this machine are left out.
PYTHONS = [version for version in nox.project.python_versions(PROJECT) if runs(version)]
LOWEST = PYTHONS[0] if PYTHONS else None
EXTRAS = ["cli", "fast", "sandbox"]


# A file's tests mostly stay in one process; a process that has done its share takes tests from the others.
TOGETHER = ["-n", "auto", "--dist", "worksteal"]
"""Options of pytest, for a process on each core; `-- -n 0` runs the tests in a single process."""

# Hundreds of tests start a program. Without bytecode each of them would compile the package anew.
ENVIRONMENT = {"PYTHONDONTWRITEBYTECODE": ""}


def group(name: str) -> list[str]:
    return list(nox.project.dependency_groups(PROJECT, name))


@nox.session
def demo(session: nox.Session) -> None:
    """Send e-mails and texts into the sandbox, and compare them with what arrived."""
    session.install(".[sandbox]")
    session.run("python", "-W", "error", "examples/demo.py")


@nox.session(python=PYTHONS)
def tests(session: nox.Session) -> None:
    """Run the tests on every supported Python of this machine; check the coverage at the end."""
    session.install("-e", f".[{','.join(EXTRAS)}]", *group("test"))
    if session.python != LOWEST:
        session.run("pytest", "-m", "not once", *TOGETHER, *session.posargs, env=ENVIRONMENT)
        return
    # Coverage is measured on the lowest Python only, since watching each line takes twice the time.
    session.run("coverage", "erase")
    session.run("coverage", "run", "-m", "pytest", *TOGETHER, *session.posargs, env=ENVIRONMENT)
    session.notify("coverage")


@nox.session
def coverage(session: nox.Session) -> None:
    """Combine the coverage of all processes; below 95 % is an error."""
    session.install("coverage")
    session.run("coverage", "combine", "--quiet", success_codes=[0, 1])
    session.run("coverage", "report", "--fail-under=95")


@nox.session
def lint(session: nox.Session) -> None:
    """Check the style, and that the formatter would change nothing."""
    session.install(*group("lint"))
    session.run("ruff", "check", ".")
    session.run("ruff", "format", "--check", ".")


@nox.session(python=LOWEST)
def types(session: nox.Session) -> None:
    """Check the types with mypy and pyright, and that the public names are typed completely."""
    session.install("-e", f".[{','.join(EXTRAS)}]", *group("types"), *group("bench"), "nox")
    session.run("mypy")
    session.run("pyright")
    session.run("pyright", "--ignoreexternal", "--verifytypes", "smtp2go_async")


@nox.session
def sync(session: nox.Session) -> None:
    """Write the blocking groups anew, or with `-- --check` only compare."""
    session.run("python", "tools/make_sync.py", *session.posargs)


@nox.session(python=LOWEST)
def min_deps(session: nox.Session) -> None:
    """Run the tests with the lowest versions that the package declares."""
    project = PROJECT["project"]
    declared = [
        *project["dependencies"],
        *(name for extra in EXTRAS for name in project["optional-dependencies"][extra]),
    ]
    session.install(
        "-e", f".[{','.join(EXTRAS)}]", *group("test"), *(requirement.replace(">=", "==") for requirement in declared)
    )
    session.run("pytest", *TOGETHER, *session.posargs, env=ENVIRONMENT)


@nox.session
def build(session: nox.Session) -> None:
    """Build the wheel once, and run the tests on it."""
    session.install("build", "twine", *group("test"))
    shutil.rmtree("dist", ignore_errors=True)
    session.run("python", "-m", "build", "--outdir", "dist")
    session.run("twine", "check", "--strict", *map(str, Path("dist").iterdir()))
    wheel = next(Path("dist").glob("*.whl"))
    session.install(f"smtp2go-async[{','.join(EXTRAS)}] @ {wheel.resolve().as_uri()}")
    # The tests run in another folder, so that they import the installed package and not the files beside them.
    tests = Path("tests").resolve()
    session.chdir(session.create_tmp())
    session.run(
        "pytest", str(tests), "-c", str(tests.parent / "pyproject.toml"), *TOGETHER, *session.posargs, env=ENVIRONMENT
    )


@nox.session(python=LOWEST)
def bench(session: nox.Session) -> None:
    """Print the costs of the library beside HTTP clients and other SDKs; `-- --quick` takes a minute instead of ten."""
    session.install(".[fast]", *group("peers"), "email-validator>=2.1.1")
    session.install("--no-deps", "postmark-python==0.4.0")
    session.run("python", "benchmarks/compare.py", *session.posargs)
