"""Write the reports of one call: outputs are checked before the scan, and all made from the same verdicts after it."""

from collections.abc import Iterable, Mapping, Sequence
from functools import partial
from itertools import chain
from pathlib import Path

from gate import __version__
from gate.cli import job_summary, paths, sbom_files
from gate.cli.options import REPORTS, OutputOptions
from gate.cli.paths import STDOUT
from gate.cli.printing import say
from gate.cli.sarif_options import sarif_options
from gate.cli.terminal import show_page
from gate.errors import UsageError
from gate.io import files, strict_json
from gate.io.run_context import RunContext
from gate.model.platforms import Manifests
from gate.model.verdict import Failure, NoticeKind, Verdict, VerdictFile
from gate.output import annotations, csv, gitlab, markdown, terminal
from gate.output.terminal_findings import Listing
from gate.text import one_line

_JSON = ("sarif", "json", "gitlab")
_TABLE_WIDTH = 120
"""Columns of a table in a file."""
_BYTE_ORDER_MARK = "\ufeff"
"""At the start of a CSV file it tells spreadsheets that the text is UTF-8."""


def documents(options: OutputOptions) -> list[tuple[str, str]]:
    """Return name and path of each report that is wanted, as typed, in the order in which they are written.

    A report may be wanted twice: by its own option and by --format. Raises `UsageError`.
    """
    named = [
        ("json", options.json_file),
        ("sarif", options.sarif),
        ("markdown", options.markdown),
        ("html", options.html),
        ("junit", options.junit),
        ("gitlab", options.gitlab),
        ("csv", options.csv),
        ("annotations", options.annotations),
    ]
    output, chosen = options.output, options.report_format or "table"
    if output and not options.report_format and output.partition("=")[0] in {"table", *REPORTS}:
        raise UsageError(
            f"--output names a file, not a format: {one_line(output, 100)!r}",
            hint=f"write --format {output.partition('=')[0]} --output FILE",
        )
    if chosen != "table" or output not in {None, STDOUT}:
        named.append((chosen, output or STDOUT))
    return [(name, path) for name, path in named if path]


class Outputs:
    """Where the reports of a call go; with `-` standard output has that report alone."""

    def __init__(
        self,
        context: RunContext,
        options: OutputOptions,
        *,
        sbom: str | None = None,
        sbom_formats: Sequence[str] = (),
        platforms: Sequence[str] = (),
    ) -> None:
        """Check that everything can be written. Raises `UsageError`, `InputError`.

        `sbom` is where the SBOM in the first of `sbom_formats` goes; `platforms` are the values of `--platform`.
        """
        self._context = context
        self._options, self._platforms = options, platforms
        self._sbom_formats = sbom_formats
        self._failures: Sequence[Failure] = ()
        self._documents, self._sbom = documents(options), sbom
        if sbom == STDOUT:
            raise UsageError("the SBOM cannot go to standard output", hint="name a file; there is one a platform")
        paths.check_outputs(context, [path for _, path in self._documents] + ([sbom] if sbom else []))
        if options.summary:
            job_summary.check(context)
        sboms = [paths.resolved(path) for path in self._sboms()]
        if self._reports().intersection(sboms[1:]):
            raise UsageError(
                "the second format of the SBOM and another document cannot go to one file",
                hint="the second one is named like FILE, with its own suffix: name another file",
            )
        if len(set(sboms)) < len(sboms):
            raise UsageError(
                "the two formats of the SBOM cannot go to one file",
                hint="the second one is named like FILE, with its own suffix: give FILE that of the first, or another",
            )

    def _sboms(self) -> list[Path]:
        """Return the file of the SBOM in each format: the first is the one that was named."""
        if not self._sbom:
            return []
        return sbom_files.files(paths.output(self._context, self._sbom), self._sbom_formats)

    def _reports(self) -> set[Path]:
        """Return the files of everything but SBOMs."""
        named = (path for _, path in self._documents if path != STDOUT)
        return {paths.resolved(paths.output(self._context, path)) for path in named}

    def write(
        self,
        verdicts: Sequence[Verdict],
        sboms: Mapping[str, Sequence[Mapping[str, bytes]]],
        failures: Sequence[Failure] = (),
    ) -> None:
        """Write every report that is wanted, then the table. Raises `InputError`.

        `sboms` has for each format, in order, the SBOMs of each image by digest.
        `failures` are the images of the call that have no verdict.
        """
        self._failures = failures
        for name, path in self._documents:
            paths.put(self._context, path, self._render(name, verdicts), json=name in _JSON)
        self._write_sboms(verdicts, list(sboms.values()))
        if self._options.quiet:
            _say_names(verdicts)
            return
        if "table" not in dict(self._documents):
            page = partial(terminal.show, verdicts, failures=failures, listing=self._listing)
            show_page(self._context, self._options.color, page, err=self.to_stdout)

    @property
    def _listing(self) -> Listing:
        return Listing(everything=self._options.all_findings)

    @property
    def to_stdout(self) -> bool:
        """Whether a report goes to standard output, which it then has for itself."""
        return STDOUT in (path for _, path in self._documents)

    def _render(self, name: str, verdicts: Sequence[Verdict]) -> Iterable[bytes]:
        """Return one report in pieces."""
        failures = self._failures
        pieces: Iterable[str]
        match name:
            case "json":
                return [_json(verdicts, failures)]
            case "gitlab":
                return [gitlab.render(verdicts, failures)]
            case "sarif":
                return [self._sarif(verdicts)]
            case "markdown":
                pieces = [markdown.render(verdicts, failures=failures)]
            case "html":
                from gate.output import html

                pieces = [html.render(verdicts, failures)]
            case "junit":
                from gate.output import junit

                pieces = junit.render(verdicts, failures)
            case "table":
                pieces = [
                    terminal.show(verdicts, failures=failures, listing=self._listing, color=False, width=_TABLE_WIDTH)
                ]
            case "csv":
                pieces = chain([_BYTE_ORDER_MARK], csv.render(verdicts, failures))
            case _:
                places = sarif_options(self._context, self._options).places
                pieces = [annotations.render(verdicts, places, failures)]
        return (piece.encode() for piece in pieces)

    def _sarif(self, verdicts: Sequence[Verdict]) -> bytes:
        from gate.output import sarif

        rendered = sarif.render(verdicts, sarif_options(self._context, self._options, self._platforms), self._failures)
        for note in rendered.cut:
            say(f"note: {one_line(note)}")
        return sarif.to_bytes(rendered.document)

    def verdict_sha256(self) -> tuple[str, str]:
        """Return the verdict file that was written, as typed, and its SHA-256; both empty without. Raises `OSError`."""
        for name, text in self._documents:
            if name == "json" and text != STDOUT and not files.is_stream(paths.path(self._context, text)):
                return text, files.sha256(paths.path(self._context, text))
        return "", ""

    def _write_sboms(self, verdicts: Sequence[Verdict], sboms: Sequence[Sequence[Mapping[str, bytes]]]) -> None:
        """Write the SBOMs of each format. Raises `UsageError` where one would overwrite another document."""
        written = self._reports()
        for path, documents in zip(self._sboms(), sboms, strict=False):
            for verdict, of_image, targets in zip(
                verdicts, documents, sbom_files.places(path, verdicts, self._failures), strict=True
            ):
                names = Manifests(verdict.platforms).labels
                for digest, data in of_image.items():
                    target = targets[digest]
                    if paths.resolved(target) in written:
                        raise UsageError(
                            f"the SBOM for {one_line(names[digest], 100)} would overwrite another document: {target}",
                            hint="give --sbom a name that no other document begins with",
                        )
                    written.add(paths.resolved(target))
                    files.write(target, data)
                    if target != paths.output(self._context, self._sbom or ""):
                        image = f"{one_line(str(verdict.subject))} {one_line(names[digest], 100)}"
                        say(f"note: SBOM of {image}: {target}")


def _say_names(verdicts: Sequence[Verdict]) -> None:
    """Print which names came from the images themselves; with --quiet no table says so."""
    for verdict in verdicts:
        for notice in verdict.notices:
            if notice.kind is NoticeKind.NAME:
                say(f"note: {one_line(verdict.subject.name, 200)}: {one_line(notice.message)}")


def _json(verdicts: Sequence[Verdict], failures: Sequence[Failure]) -> bytes:
    """Render a `VerdictFile`. Findings are written by msgspec: pydantic is slow for thousands."""
    passed = all(verdict.passed for verdict in verdicts) and not failures
    empty = VerdictFile(gate=__version__, passed=passed, failures=tuple(failures), verdicts=())
    document = empty.model_dump(mode="json")
    document["verdicts"] = [
        {
            **verdict.model_dump(mode="json", exclude={"findings", "advisories"}),
            "findings": verdict.findings,
            "advisories": verdict.advisories,
        }
        for verdict in verdicts
    ]
    return strict_json.dumps_line(document)
