"""VEX documents into statements: OpenVEX (0.0.1 to 0.2), CycloneDX (1.4 to 1.6) and CSAF (2.0 and 2.1), as JSON."""

from collections.abc import Iterable, Mapping
from typing import Any
from urllib.parse import unquote

from gate.errors import InputError
from gate.io import strict_json
from gate.judging import csaf
from gate.judging.vex_fields import MalformedError, items, moment, objects, text, unusable
from gate.judging.vex_matching import LONG_AGO, Product, Statement, Status
from gate.model import purl as purls
from gate.model.purl import Purl
from gate.text import one_line

_HINT = "OpenVEX, CycloneDX and CSAF are read, all as JSON"


def parse_vex(data: bytes, name: str) -> tuple[Statement, ...]:
    """Read a VEX document. Raises `InputError`."""
    shown = one_line(name, 200)
    try:
        document = strict_json.loads(data, f"VEX file {shown}")
    except InputError as exc:
        raise InputError(exc.problem, hint=exc.hint or _HINT) from exc
    known = document if isinstance(document, dict) else {}
    about = known.get("document")
    read = None
    if isinstance(about, dict) and "csaf_version" in about:
        read = csaf.statements
    elif known.get("bomFormat") == "CycloneDX":
        read = _cyclonedx
    elif str(known.get("@context", "")).startswith("https://openvex.dev/ns"):
        read = _openvex
    if read is None:
        raise InputError(f"VEX file {shown} is neither OpenVEX nor CycloneDX nor CSAF", hint=_HINT)
    try:
        return tuple(read(known, name))
    except MalformedError as exc:
        raise InputError(f"VEX file {shown}: {exc}", hint="see the specification of its format") from exc


def _openvex(document: Mapping[str, Any], source: str) -> Iterable[Statement]:
    written = moment(document, "last_updated", "timestamp")
    for place, one in enumerate(objects(document, "statements")):
        where = f"statement {place + 1}"
        ids = _openvex_ids(one.get("vulnerability"), where)
        status = _OPENVEX.get(text(one, "status"))
        if status is None:
            raise MalformedError(f"{where} has the unknown status {one_line(str(one.get('status')), 60)!r}")
        why = ": ".join(part for key in ("justification", "impact_statement") if (part := text(one, key).strip()))
        if status is Status.NOT_AFFECTED and not why:
            raise MalformedError(f"{where} says not_affected without a justification or an impact statement")
        products, remark = _openvex_products(one)
        at = moment(one, "last_updated", "timestamp") or written
        yield Statement(ids, status, products, why or text(one, "status_notes"), source, at or LONG_AGO, remark)


_OPENVEX = {
    "not_affected": Status.NOT_AFFECTED,
    "fixed": Status.FIXED,
    "affected": Status.AFFECTED,
    "under_investigation": Status.UNDER_INVESTIGATION,
}


def _openvex_ids(value: Any, where: str) -> tuple[str, ...]:
    """A word (0.0.1) or an object with a name and aliases (0.2)."""
    named = {"name": value} if isinstance(value, str) else value
    if not isinstance(named, dict):
        raise MalformedError(f"{where} names no vulnerability")
    names = [text(named, "name"), *(one for one in items(named, "aliases") if isinstance(one, str))]
    if not names[0]:  # 0.2 lets the identifier stand alone: https://…/CVE-2023-1234
        names[0] = text(named, "@id").rpartition("/")[2]
    if not names[0].strip():
        raise MalformedError(f"{where} names no vulnerability")
    return tuple(one.strip() for one in names if one.strip())


def _openvex_products(statement: Mapping[str, Any]) -> tuple[tuple[Product, ...], str]:
    """The products that a scan can tell, and why one of them stands for nothing."""
    around = _openvex_purls(statement.get("subcomponents"))
    products, remarks = [], []
    for entry in items(statement, "products"):
        packages = _inside(entry, around)
        found = _openvex_purls([entry])
        if not found:
            remarks.append("a product has no package URL")
        elif packages == ():
            remarks.append("a subcomponent has no package URL")
        else:
            products += [Product(purl, packages) for purl in found]
            remarks += [unusable(purl, inside=packages is not None) for purl in found]
    return tuple(products), next(filter(None, remarks), "")


def _openvex_purls(entries: Any) -> tuple[Purl, ...]:
    """The purls of products or components, each a word or an object; what has none names nothing that we know."""
    found = []
    for entry in entries if isinstance(entries, list) else []:
        words = [entry]
        if isinstance(entry, dict):
            identifiers = entry.get("identifiers")
            words = [identifiers.get("purl") if isinstance(identifiers, dict) else None, entry.get("@id")]
        known = [purl for word in words if isinstance(word, str) and (purl := purls.found(word))]
        found += known[:1]
    return tuple(found)


def _inside(entry: Any, around: tuple[Purl, ...]) -> tuple[Purl, ...] | None:
    """Which packages of a product are meant; empty when some are, but none that we can name."""
    if isinstance(entry, dict) and entry.get("subcomponents"):
        return _openvex_purls(entry["subcomponents"])
    return around or None


_CYCLONEDX = {
    "not_affected": Status.NOT_AFFECTED,
    "false_positive": Status.NOT_AFFECTED,
    "resolved": Status.FIXED,
    "resolved_with_pedigree": Status.FIXED,
    "exploitable": Status.AFFECTED,
    "in_triage": Status.UNDER_INVESTIGATION,
}


def _cyclonedx(document: Mapping[str, Any], source: str) -> Iterable[Statement]:
    if text(document, "specVersion") not in {"1.4", "1.5", "1.6"}:
        version = one_line(str(document.get("specVersion")), 20)
        raise MalformedError(f"CycloneDX {version} is not read, only 1.4 to 1.6")
    components = _components(document)
    metadata = document.get("metadata")
    written = moment(metadata, "timestamp") if isinstance(metadata, dict) else None
    for place, one in enumerate(objects(document, "vulnerabilities")):
        analysis = one.get("analysis")
        if not isinstance(analysis, dict) or not text(analysis, "state"):
            continue  # a finding, not a statement
        where = f"vulnerability {place + 1}"
        status = _CYCLONEDX.get(text(analysis, "state"))
        if status is None:
            raise MalformedError(f"{where} has the unknown state {one_line(text(analysis, 'state'), 60)!r}")
        ids = [text(one, "id"), *(text(other, "id") for other in objects(one, "references"))]
        if not ids[0].strip():
            raise MalformedError(f"{where} has no id")
        why = ": ".join(part for key in ("state", "justification", "detail") if (part := text(analysis, key).strip()))
        # A list of versions says for each whether it is affected, which may contradict the state: no excuse then.
        refs = [text(entry, "ref") for entry in objects(one, "affects") if not entry.get("versions")]
        named = [purl for ref in refs if (purl := _resolve(ref, components, document))]
        at = moment(analysis, "lastUpdated", "firstIssued") or moment(one, "updated", "published") or written
        products = tuple(Product(purl) for purl in named)
        yield Statement(tuple(name for name in ids if name), status, products, why, source, at or LONG_AGO)


def _components(document: Mapping[str, Any]) -> dict[str, str]:
    """`bom-ref` to purl, of the document's subject and every component however nested."""
    metadata = document.get("metadata")
    subject = metadata.get("component") if isinstance(metadata, dict) else None
    waiting = [subject, *items(document, "components")]
    found: dict[str, str] = {}
    while waiting:
        one = waiting.pop()
        if isinstance(one, dict):
            found[text(one, "bom-ref")] = text(one, "purl")
            waiting += items(one, "components")
    return found


def _resolve(ref: str, components: Mapping[str, str], document: Mapping[str, Any]) -> Purl | None:
    """What `affects[].ref` names: a component here, a purl, or a BOM-Link (`urn:cdx:serial/version#ref`)."""
    if ref.startswith("urn:cdx:"):
        link, _, ref = ref.partition("#")
        ref = unquote(ref)
        serial = text(document, "serialNumber").removeprefix("urn:uuid:")
        if not serial or link.removeprefix("urn:cdx:").partition("/")[0] != serial:
            components = {}  # of another document: only a purl says what it is
    return purls.found(components.get(ref) or ref)
