"""The documents of one call: checked before the work, written whole after it, all from the same verdicts."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import partial
from hashlib import sha256
from pathlib import Path

from gate import __version__
from gate.cli import paths, reports, requests, sbom_files
from gate.cli.options import OutputOptions
from gate.cli.paths import STDOUT
from gate.cli.printing import say, show
from gate.errors import UsageError
from gate.io import files, strict_json
from gate.io.run_context import RunContext
from gate.model.platforms import Manifests
from gate.model.verdict import Failure, NoticeKind, Verdict, VerdictFile
from gate.text import one_line

check_writable = files.check_writable
_JSON = ("sarif", "json_file", "gitlab")
_WIDEST = 200
_BLOCK = 1 << 20


def documents(options: OutputOptions, sbom: str | None = None) -> dict[str, str]:
    """Where each document that was asked for goes, as typed."""
    named = {
        "sarif": options.sarif,
        "json_file": options.json_file,
        "markdown": options.markdown,
        "html": options.html,
        "junit": options.junit,
        "gitlab": options.gitlab,
        "csv": options.csv,
        "annotations": options.annotations,
        "sbom": sbom,
    }
    return {name: path for name, path in named.items() if path}


class Outputs:
    """Where the documents of a call go; `-` is standard output, which then carries nothing else."""

    def __init__(
        self,
        context: RunContext,
        options: OutputOptions,
        *,
        sbom: str | None = None,
        sbom_formats: Sequence[str] = (),
        platforms: Sequence[str] = (),
    ) -> None:
        """Refuse early what cannot end well. Raises `UsageError`, `InputError`.

        `sbom` is where the SBOM in the first of `sbom_formats` goes; `platforms` are those that were asked for.
        """
        self._world = context
        self._options, self._platforms = options, platforms
        self._sbom_formats = sbom_formats
        self._failures: Sequence[Failure] = ()
        self._paths = documents(options, sbom)
        targets = [path for path in self._paths.values() if path != STDOUT]
        if len(self._paths) - len(targets) > 1:
            raise UsageError("only one document can go to standard output", hint="name a file for the others")
        if len({_place(paths.output(context, path)) for path in targets}) < len(targets):
            raise UsageError("two documents cannot go to one file", hint="name a file for each of them")
        if self._paths.get("sbom") == STDOUT:
            raise UsageError("the SBOM cannot go to standard output", hint="name a file; there is one a platform")
        for path in targets:
            check_writable(paths.output(context, path))
        if options.summary:
            reports.check_summary(context)
        sboms = [_place(path) for path in self._sboms()]
        others = {_place(paths.output(context, path)) for path in targets if path != self._paths.get("sbom")}
        if others.intersection(sboms[1:]):
            raise UsageError(
                "the second format of the SBOM and another document cannot go to one file",
                hint="the second one stands beside FILE, with its own suffix: name another file",
            )
        if len(set(sboms)) < len(sboms):
            raise UsageError(
                "the two formats of the SBOM cannot go to one file",
                hint="the second one stands beside FILE, with its own suffix: give FILE that of the first, or another",
            )

    def _sboms(self) -> list[Path]:
        """Where the SBOM goes in each format: the first to the file that was named, another beside it."""
        if not (text := self._paths.get("sbom")):
            return []
        return sbom_files.files(paths.output(self._world, text), self._sbom_formats)

    def write(
        self,
        verdicts: Sequence[Verdict],
        sboms: Mapping[str, Sequence[Mapping[str, bytes]]],
        failures: Sequence[Failure] = (),
    ) -> None:
        """Write every document that was asked for, then the table. Raises `InputError`.

        `sboms` holds for each format, the first first, those of each image by digest.
        `failures` are the images of the call that have no verdict.
        """
        self._failures = failures
        self._put("json_file", partial(_json, failures=failures), verdicts)
        self._put("sarif", self._sarif, verdicts)
        self._put("markdown", partial(_markdown, failures=failures), verdicts)
        self._put("html", partial(_html, failures=failures), verdicts)
        self._put("junit", partial(reports.junit, failures=failures), verdicts)
        self._put("gitlab", partial(reports.gitlab, failures=failures), verdicts)
        self._put("csv", partial(reports.table, failures=failures), verdicts)
        self._put("annotations", self._annotations, verdicts)
        self._write_sboms(verdicts, list(sboms.values()))
        if not self._options.quiet:
            self._table(verdicts)
        else:
            _say_names(verdicts)

    def verdict_sha256(self) -> str:
        """SHA-256 of the verdict file that was written; empty when there is none. Raises `InputError`."""
        text = self._paths.get("json_file", STDOUT)
        if text == STDOUT or files.is_stream(paths.path(self._world, text)):
            return ""
        digest = sha256()
        with files.reading(paths.path(self._world, self._paths["json_file"]), what="the verdict") as file:
            for block in iter(lambda: file.read(_BLOCK), b""):
                digest.update(block)
        return digest.hexdigest()

    def _put(
        self, name: str, make: Callable[[Sequence[Verdict]], Iterable[bytes]], verdicts: Sequence[Verdict]
    ) -> None:
        """Make and write a document, if it was asked for."""
        if path := self._paths.get(name):
            paths.put(self._world, path, make(verdicts), json=name in _JSON)

    def _table(self, verdicts: Sequence[Verdict]) -> None:
        from gate.output import terminal

        err = STDOUT in self._paths.values()
        color = not requests.no_color(self._world, self._options.color, err=err)
        text = terminal.show(verdicts, color=color, width=width(), failures=self._failures)
        show(text, err=err, color=color)

    def _sarif(self, verdicts: Sequence[Verdict]) -> Sequence[bytes]:
        from gate.cli.sarif_options import sarif_options
        from gate.output import sarif

        rendered = sarif.render(verdicts, sarif_options(self._world, self._options, self._platforms), self._failures)
        for note in rendered.cut:
            say(f"note: {one_line(note)}")
        return [sarif.to_bytes(rendered.document)]

    def _annotations(self, verdicts: Sequence[Verdict]) -> Iterable[bytes]:
        from gate.cli.sarif_options import sarif_options

        places = sarif_options(self._world, self._options).places
        return reports.annotations(verdicts, places, self._failures)

    def _write_sboms(self, verdicts: Sequence[Verdict], sboms: Sequence[Sequence[Mapping[str, bytes]]]) -> None:
        """Write the SBOMs of each format. Raises `UsageError` before it would overwrite a document of this call."""
        written = {_place(paths.output(self._world, path)) for name, path in self._paths.items() if name != "sbom"}
        for path, documents in zip(self._sboms(), sboms, strict=False):
            for verdict, of_image, targets in zip(
                verdicts, documents, sbom_files.places(path, verdicts, self._failures), strict=True
            ):
                names = Manifests(verdict.platforms).labels
                for digest, data in of_image.items():
                    target = targets[digest]
                    if _place(target) in written:
                        raise UsageError(
                            f"the SBOM for {one_line(names[digest], 100)} would overwrite another document: {target}",
                            hint="give --sbom a name that no other document begins with",
                        )
                    written.add(_place(target))
                    files.write(target, data)
                    if target != paths.output(self._world, self._paths["sbom"]):
                        said = f"SBOM of {one_line(str(verdict.subject))} {one_line(names[digest], 100)}: {target}"
                        say(f"note: {said}")


def _say_names(verdicts: Sequence[Verdict]) -> None:
    """Say which names came from the images themselves, where no table does."""
    for verdict in verdicts:
        for notice in verdict.notices:
            if notice.kind is NoticeKind.NAME:
                say(f"note: {one_line(verdict.subject.name, 200)}: {one_line(notice.message)}")


def _place(path: Path) -> Path:
    """Where a file is, whichever way leads to its folder."""
    return path.parent.resolve() / path.name


def width() -> int:
    """Columns to print in: those of the terminal, within what can be read."""
    import shutil

    return max(60, min(shutil.get_terminal_size((100, 24)).columns, _WIDEST))


def _json(verdicts: Sequence[Verdict], failures: Sequence[Failure] = ()) -> Sequence[bytes]:
    """The verdicts as `VerdictFile` has them. Findings are written by msgspec: pydantic is slow for thousands."""
    passed = all(one.passed for one in verdicts) and not failures
    document = VerdictFile(gate=__version__, passed=passed, failures=tuple(failures), verdicts=()).model_dump(
        mode="json"
    )
    document["verdicts"] = [
        {
            **one.model_dump(mode="json", exclude={"findings", "advisories"}),
            "findings": one.findings,
            "advisories": one.advisories,
        }
        for one in verdicts
    ]
    return [strict_json.dumps_line(document)]


def _markdown(verdicts: Sequence[Verdict], failures: Sequence[Failure]) -> Sequence[bytes]:
    from gate.output import markdown

    return [markdown.render(verdicts, failures=failures).encode()]


def _html(verdicts: Sequence[Verdict], failures: Sequence[Failure]) -> Sequence[bytes]:
    from gate.output import html

    return [html.render(verdicts, failures).encode()]
