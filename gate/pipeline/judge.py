"""Run `gate judge`: judge existing Trivy reports."""

from dataclasses import dataclass, field, replace
from pathlib import Path

from gate.cosign.trusted_root import Roots
from gate.errors import InputError
from gate.io.run_context import RunContext
from gate.judging.judge import judge
from gate.model.findings import Database, Kind, Scan
from gate.model.reported_name import check_name
from gate.model.verdict import Notice, NoticeKind, PolicyRef
from gate.pipeline import Outcome
from gate.pipeline.failed import all_failed, failure
from gate.pipeline.inputs import Comparison, read_inputs
from gate.pipeline.signed_vex import require_signed_vex
from gate.policy import Policy
from gate.policy.loader import Loaded, digest
from gate.text import one_line
from gate.trivy import report_files
from gate.trivy.report_files import Unusable

_FILTERED = Notice(
    kind=NoticeKind.COVERAGE,
    message="the report does not say whether Trivy left out findings (--severity, --ignore-unfixed, .trivyignore): "
    "make it without them",
)
"""A filtered report looks like one of an image with fewer findings, so every verdict says this."""


@dataclass(frozen=True)
class JudgeRequest:
    """Trivy reports to judge. `database` is the one they were made with, for reports that do not name it."""

    reports: tuple[Path, ...]
    loaded: Loaded
    kinds: frozenset[Kind] = frozenset()
    baseline: str = ""
    baseline_of_any_image: bool = False
    name: str = ""
    """Name in SARIF of images whose reports name no registry, as `reported_name.parse_name` returns it."""
    database: Database | None = None
    offline: bool = False
    roots: Roots = field(default_factory=Roots)
    """Sigstore's trusted roots, for VEX documents that have to be signed."""


class ReportJudge:
    """Judges reports. Reports of several platforms of one image make one verdict."""

    def __init__(self, request: JudgeRequest, context: RunContext) -> None:
        """Gather the other inputs. Raises `InputError`, `RegistryError` (feeds)."""
        loaded = request.loaded
        self._request, self._now = request, context.now
        self._compare = Comparison(request.baseline, context, any_image=request.baseline_of_any_image)
        if self._compare.image:
            raise InputError(
                f"the baseline {one_line(request.baseline, 200)} does not exist",
                hint="`gate judge` compares with a file: a verdict or a SARIF file",
            )
        self._trusted = require_signed_vex(
            read_inputs(loaded, context, offline=request.offline), loaded, request.roots, context
        )

    def outcome(self) -> Outcome:
        """Read and judge the reports. An unusable report among usable ones is a `Failure`.

        Raises `InputError` when no report is usable, or two reports are of the same platform.
        """
        request, loaded = self._request, self._request.loaded
        reports = _named(report_files.read_each(request.reports, request.database, request.kinds), request.name)
        errors = [report.error for report in reports if isinstance(report, Unusable)]
        if len(errors) == len(reports):
            raise all_failed(errors)
        verdicts, failures = [], []
        for index, report in enumerate(reports):
            if isinstance(report, Unusable):
                failures.append(failure(index, report.name, report.subject, report.error))
                continue
            inputs = self._compare.with_baseline(self._trusted.inputs, report, request.name)
            policy, ref, unasked = _for_report(report, loaded)
            verdict = judge(report, policy, ref, inputs, self._now)
            notices = (_FILTERED, *self._trusted.notices, *unasked, *verdict.notices)
            verdicts.append(verdict.model_copy(update={"notices": notices}))
        return Outcome(tuple(verdicts), failures=tuple(failures))


def _for_report(report: Scan, loaded: Loaded) -> tuple[Policy, PolicyRef, tuple[Notice, ...]]:
    """Return the policy for a report, without the rule on secrets where only the default asks for them.

    Who runs Trivy chooses the scanners, so a report about vulnerabilities alone is judged by those, and a notice says
    what was not. What the policy file or an option asks for has to be in the report, and vulnerabilities always.
    """
    policy, rules = loaded.policy, loaded.policy.fail_on
    asked = "secrets" in rules.model_fields_set or rules.secrets is None
    if asked or Kind.SECRET in report.kinds or Kind.VULNERABILITY not in report.kinds:
        return policy, loaded.ref, ()
    policy = policy.model_copy(update={"fail_on": rules.model_copy(update={"secrets": None})})
    message = (
        "secrets were not judged: the report does not show that Trivy looked for them, and only the default policy "
        "asks for it; fail_on.secrets in gate.yaml makes it a requirement"
    )
    ref = loaded.ref.model_copy(update={"sha256": digest(policy, loaded.files)})
    return policy, ref, (Notice(kind=NoticeKind.COVERAGE, message=message),)


def _named(reports: list[Scan | Unusable], name: str) -> list[Scan | Unusable]:
    """Set the `--name` of local images. Raises `UsageError` when there are no local images."""
    if not name:
        return reports
    repositories = [report.subject.name for report in reports if not report.subject.local]
    check_name(name, repositories, any_local=len(repositories) < len(reports))
    return [_with_name(report, name) if report.subject.local else report for report in reports]


def _with_name(image: Scan | Unusable, name: str) -> Scan | Unusable:
    subject = image.subject.model_copy(update={"reported_as": name})
    if isinstance(image, Unusable):
        return replace(image, subject=subject)
    return image.model_copy(update={"subject": subject})
