"""The documents of one call: checked before the work, written whole after it, all from the same verdicts."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from functools import cache, partial
from hashlib import sha256
from os import SEEK_END
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

from gate import __version__, files, strictjson
from gate.cli import bills, reports, request, where
from gate.cli.printing import say, show
from gate.cli.where import STDOUT
from gate.cores import Twin, beside
from gate.errors import UsageError
from gate.platforms import Manifests
from gate.strictjson import Piece
from gate.text import one_line
from gate.verdict import Failure, NoticeKind, Verdict, VerdictFile
from gate.world import World

if TYPE_CHECKING:
    from gate.sarif import Rendered
    from gate.sarif.runs import Ready

check_writable = files.check_writable
DOCUMENTS = ("sarif", "json_file", "markdown", "html", "junit", "gitlab", "csv", "annotations", "sbom")
_JSON = ("sarif", "json_file", "gitlab")
_WIDEST = 200
_BLOCK = 1 << 20
_MANY = 2_000
"""Findings that are worth a second core."""

_kept: list[object] = []
"""What was written, until the process ends: taking a hundred thousand findings apart, one by one, helps nobody."""


class Outputs:
    """Where the documents of a call go; `-` is standard output, which then carries nothing else."""

    def __init__(self, world: World, given: Mapping[str, Any]) -> None:
        """Refuse early what cannot end well. Raises `UsageError`, `InputError`."""
        self._world = world
        self._given = given
        self._part: files.Part | None = None
        self._failures: Sequence[Failure] = ()
        self._paths = {name: given[name] for name in DOCUMENTS if given.get(name)}
        targets = [path for path in self._paths.values() if path != STDOUT]
        if len(self._paths) - len(targets) > 1:
            raise UsageError("only one document can go to standard output", hint="name a file for the others")
        if len({_place(where.output(world, path)) for path in targets}) < len(targets):
            raise UsageError("two documents cannot go to one file", hint="name a file for each of them")
        if self._paths.get("sbom") == STDOUT:
            raise UsageError("the SBOM cannot go to standard output", hint="name a file; there is one a platform")
        for path in targets:
            check_writable(where.output(world, path))
        reports.check_summary(world, given)
        sboms = [_place(path) for path in self._sboms()]
        others = {_place(where.output(world, path)) for path in targets if path != self._paths.get("sbom")}
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
        return bills.files(where.output(self._world, text), self._given["sbom_format"])

    def write(
        self,
        verdicts: Sequence[Verdict],
        sboms: Mapping[str, Sequence[Mapping[str, bytes]]],
        twin: Twin | None = None,
        failures: Sequence[Failure] = (),
    ) -> None:
        """Write every document that was asked for, then the table. Raises `InputError`.

        `sboms` holds for each format, the first first, those of each image by digest. `twin` makes its `half`.
        `failures` are the images of the call that have no verdict.
        """
        _kept.extend(verdicts)
        self._failures = failures
        with self._verdict_written(verdicts, twin) as written:
            self._put_sarif(verdicts, twin)
            self._put("markdown", partial(_markdown, failures=failures), verdicts)
            self._put("html", partial(_html, failures=failures), verdicts)
            self._put("junit", partial(reports.junit, failures=failures), verdicts)
            self._put("gitlab", partial(reports.gitlab, failures=failures), verdicts)
            self._put("csv", partial(reports.table, failures=failures), verdicts)
            annotations = partial(reports.annotations, self._world, self._given, failures=failures)
            self._put("annotations", annotations, verdicts)
            written()
        self._write_sboms(verdicts, list(sboms.values()))
        if not self._given["quiet"]:
            self._table(verdicts)
        else:
            _say_names(verdicts)

    def verdict_sha256(self) -> str:
        """SHA-256 of the verdict file that was written; empty when there is none. Raises `InputError`."""
        if not self._whole("json_file"):
            return ""
        digest = sha256()
        with files.reading(where.path(self._world, self._paths["json_file"]), what="the verdict") as file:
            for block in iter(lambda: file.read(_BLOCK), b""):
                digest.update(block)
        return digest.hexdigest()

    @contextmanager
    def begun(self, *, worth: bool) -> Iterator[IO[bytes] | None]:
        """The SARIF file with how it begins, for a twin to go on with; None when that is not `worth` it, or not to be.

        Raises `InputError`.
        """
        if not worth or not self._whole("sarif"):
            yield None
            return
        from gate import sarif

        with files.Part(where.output(self._world, self._paths["sarif"])) as self._part:
            self._part.begin(sarif.beginning())
            yield self._part.file

    def half(self, verdicts: Sequence[Verdict], permitted: Callable[[], None]) -> list[Piece]:
        """What a twin does of `write`: the verdict file, and the first rules of SARIF. Raises `InputError`."""
        from gate import sarif

        _kept.extend(verdicts)
        path = where.output(self._world, self._paths["json_file"]) if self._whole("json_file") else None
        with files.replacing(path) if path else nullcontext() as file:
            if file:
                file.writelines(_json(verdicts))
            made, kept = sarif.first_rules(verdicts[0])
            _kept.append(kept)
            permitted()
        return made

    def _verdict_written(
        self, verdicts: Sequence[Verdict], twin: Twin | None
    ) -> AbstractContextManager[Callable[[], object]]:
        """Have the verdict, which takes as long as all other documents, written on another core if that is worth it."""
        if not twin:
            worth = (
                self._whole("json_file") and len(self._paths) > 1 and sum(len(one.findings) for one in verdicts) > _MANY
            )
            make = partial(_json, failures=self._failures)
            return beside(lambda: self._put("json_file", make, verdicts), worth=worth)
        twin.go()

        def written() -> None:
            if twin.wait() is None or not self._whole("json_file"):
                self._put("json_file", _json, verdicts)

        return nullcontext(written)

    @cache  # noqa: B019 there is one of us
    def _whole(self, name: str) -> bool:
        """Whether a document goes to a file that is there as a whole or not at all.

        Only such a one can be written by another process, and again by who finds that it was not.
        """
        text = self._paths.get(name, STDOUT)
        return text != STDOUT and not files.is_stream(where.path(self._world, text))

    def _put(
        self, name: str, make: Callable[[Sequence[Verdict]], Iterable[Piece]], verdicts: Sequence[Verdict]
    ) -> tuple[()]:
        """Make and write a document, if it was asked for."""
        path = self._paths.get(name)
        pieces = make(verdicts) if path else ()
        if path:
            where.put(self._world, path, pieces, json=name in _JSON)
        return ()

    def _put_sarif(self, verdicts: Sequence[Verdict], twin: Twin | None) -> None:
        if not self._part or not twin:
            self._put("sarif", self._sarif, verdicts)
            return
        rendered = self._rendered(verdicts, twin.wait)
        rest = rendered.after(twin.wait() or ())
        if rest is None:
            self._put("sarif", lambda _: rendered.pieces, verdicts)
            return
        with self._part.whole() as file:
            file.seek(0, SEEK_END)
            file.writelines(rest)

    def _table(self, verdicts: Sequence[Verdict]) -> None:
        from gate.views import terminal

        err = STDOUT in self._paths.values()
        color = not request.no_color(self._world, self._given["color"], err=err)
        text = terminal.show(verdicts, color=color, width=width(), failures=self._failures)
        show(text, err=err, color=color)

    def _sarif(self, verdicts: Sequence[Verdict]) -> Sequence[Piece]:
        return self._rendered(verdicts, None).pieces

    def _rendered(self, verdicts: Sequence[Verdict], ready: "Ready | None") -> "Rendered":
        from gate import sarif
        from gate.cli.sources import sarif_options

        rendered = sarif.render(verdicts, sarif_options(self._world, self._given), ready, self._failures)
        _kept.append(rendered)
        for note in rendered.cut:
            say(f"note: {one_line(note)}")
        return rendered

    def _write_sboms(self, verdicts: Sequence[Verdict], sboms: Sequence[Sequence[Mapping[str, bytes]]]) -> None:
        """Write the SBOMs of each format. Raises `UsageError` before it would overwrite a document of this call."""
        written = {_place(where.output(self._world, path)) for name, path in self._paths.items() if name != "sbom"}
        for path, documents in zip(self._sboms(), sboms, strict=False):
            for verdict, of_image, targets in zip(verdicts, documents, bills.places(path, verdicts), strict=True):
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
                    if target != where.output(self._world, self._paths["sbom"]):
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


def _json(verdicts: Sequence[Verdict], failures: Sequence[Failure] = ()) -> Iterator[Piece]:
    """The verdicts as `VerdictFile` has them. Its own way is slow where there are thousands of findings."""
    passed = all(one.passed for one in verdicts) and not failures
    whole = VerdictFile(gate=__version__, passed=passed, failures=tuple(failures), verdicts=())
    yield whole.model_dump_json().encode().removesuffix(b"]}")
    mark = b""
    for one in verdicts:
        yield mark + one.model_dump_json(exclude={"findings", "advisories"}).encode().removesuffix(b"}")
        for name, value in (("findings", one.findings), ("advisories", one.advisories)):
            yield f',"{name}":'.encode()
            yield from strictjson.pieces(value)
        mark = b"},"
    yield b"}]}\n" if verdicts else b"]}\n"


def _markdown(verdicts: Sequence[Verdict], failures: Sequence[Failure]) -> Sequence[bytes]:
    from gate.views import markdown

    return [markdown.render(verdicts, failures=failures).encode()]


def _html(verdicts: Sequence[Verdict], failures: Sequence[Failure]) -> Sequence[bytes]:
    from gate.views import html

    return [html.render(verdicts, failures).encode()]
