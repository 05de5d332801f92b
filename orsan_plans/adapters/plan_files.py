"""Plan files on disk: a directory of YAML files read into one catalogue, or refused with its mistakes."""

from importlib.resources import as_file, files
from pathlib import Path

from orsan_plans.adapters.located_yaml import DocumentError, LocatedDocument, load_document
from orsan_plans.catalogue import Catalogue
from orsan_plans.problem import Problem
from orsan_plans.schema import PlanError


def load_catalogue(directory: Path) -> Catalogue:
    """Read every ``*.yaml`` of ``directory``; DocumentError with all mistakes of all files, in file order."""
    paths = sorted(directory.glob("*.yaml"))
    if not paths:
        raise DocumentError([f"{directory}: {_why_empty(directory)}"])
    documents, refused = _load(paths)
    try:
        catalogue = Catalogue.from_documents((name, found.content) for name, found in documents.items())
    except PlanError as error:
        raise DocumentError([*refused, *_located(error.problems, documents)]) from None
    if refused:
        raise DocumentError(refused)
    return catalogue


def shipped_catalogue() -> Catalogue:
    """Return the plans that come with Vigie."""
    with as_file(files("orsan_plans") / "plans") as directory:
        return load_catalogue(directory)


def _why_empty(directory: Path) -> str:
    if not directory.exists():
        return "no such directory; give the directory of the plan files"
    if not directory.is_dir():
        return "not a directory; give the directory of the plan files"
    return "no plan file here (*.yaml)"


def _load(paths: list[Path]) -> tuple[dict[str, LocatedDocument], list[str]]:
    documents: dict[str, LocatedDocument] = {}
    refused: list[str] = []
    for path in paths:
        try:
            documents[path.name] = load_document(path)
        except DocumentError as error:
            refused.extend(error.lines)
    return documents, refused


def _located(problems: tuple[Problem, ...], documents: dict[str, LocatedDocument]) -> list[str]:
    return [documents[problem.document].located(problem) for problem in problems]
