"""CSAF documents (2.0 and 2.1; docs.oasis-open.org/csaf) into VEX statements.

A product counts when it has a package URL: a package anywhere, an image, or by a relationship a package in an image.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from gate.judging.vex_fields import MalformedError, moment, objects, section, text, texts, unusable
from gate.judging.vex_matching import LONG_AGO, Product, Statement, Status
from gate.model import purl as purls
from gate.model.purl import Purl
from gate.text import one_line

_VERSIONS = frozenset({"2.0", "2.1"})
_DEEPEST = 30
_STATUS = {
    "known_not_affected": Status.NOT_AFFECTED,
    "fixed": Status.FIXED,
    "first_fixed": Status.FIXED,
    "known_affected": Status.AFFECTED,
    "first_affected": Status.AFFECTED,
    "last_affected": Status.AFFECTED,
    "under_investigation": Status.UNDER_INVESTIGATION,
}


@dataclass(frozen=True)
class _Named:
    """A product of the tree: its package URLs, or why it has none that counts."""

    purls: tuple[Purl, ...] = ()
    why: str = ""


@dataclass(frozen=True)
class _Part:
    """A relationship: one product as a part of another."""

    component: str
    whole: str


_Tree = Mapping[str, _Named | _Part]


def statements(document: Mapping[str, Any], source: str) -> Iterable[Statement]:
    """Read every status of every vulnerability. Raises `MalformedError`."""
    about = section(document, "document")
    version = text(about, "csaf_version")
    if version not in _VERSIONS:
        raise MalformedError(f"CSAF {one_line(version, 20)!r} is not read, only 2.0 and 2.1")
    at = moment(section(about, "tracking"), "current_release_date", "initial_release_date") or LONG_AGO
    tree = _tree(section(document, "product_tree"))
    groups = {
        text(group, "group_id"): texts(group, "product_ids")
        for group in objects(section(document, "product_tree"), "product_groups")
    }
    for place, vulnerability in enumerate(objects(document, "vulnerabilities"), 1):
        names = [text(vulnerability, "cve"), *(text(one, "text") for one in objects(vulnerability, "ids"))]
        ids = tuple(filter(None, names))
        if not ids:
            raise MalformedError(f"vulnerability {place} has no id")
        reasons = _reasons(vulnerability, groups)
        for key, products in section(vulnerability, "product_status").items():
            status = _STATUS.get(key)
            if status is None:
                continue  # `recommended` and what a later version adds excuse nothing
            for product in texts({key: products}, key):
                why = reasons.get(product, "")
                if status is Status.NOT_AFFECTED and not why:
                    raise MalformedError(
                        f"vulnerability {place} says known_not_affected of {one_line(product, 80)} without a reason "
                        "(a flag, or a threat of the category impact)"
                    )
                named, remark = _product(product, tree)
                yield Statement(ids, status, named, why or key, source, at, remark)


def _reasons(vulnerability: Mapping[str, Any], groups: Mapping[str, list[str]]) -> dict[str, str]:
    """For each product why it is not affected: the label of a flag, or the details of an impact."""
    found: dict[str, str] = {}
    impacts = [threat for threat in objects(vulnerability, "threats") if text(threat, "category") == "impact"]
    for key, rows in (("details", impacts), ("label", objects(vulnerability, "flags"))):
        for row in rows:
            listed = [product for group in texts(row, "group_ids") for product in groups.get(group, [])]
            for product in (*texts(row, "product_ids"), *listed):
                found[product] = ": ".join(part for part in (text(row, key), found.get(product, "")) if part)
    return found


def _product(product: str, tree: _Tree) -> tuple[tuple[Product, ...], str]:
    """What an id of a product stands for, and why it stands for nothing."""
    found = tree.get(product)
    if found is None:
        return (), f"the product {one_line(product, 80)} is not in the product tree"
    if isinstance(found, _Named):
        remark = found.why or next((why for purl in found.purls if (why := unusable(purl, inside=False))), "")
        return tuple(map(Product, found.purls)), remark
    component, whole = tree.get(found.component), tree.get(found.whole)
    if not isinstance(component, _Named) or not isinstance(whole, _Named):
        return (), f"the product {one_line(product, 80)} is a part of a part, or of what is not in the product tree"
    if not component.purls or not whole.purls:
        return (), component.why or whole.why
    remark = next((why for purl in whole.purls if (why := unusable(purl, inside=True))), "")
    return tuple(Product(purl, component.purls) for purl in whole.purls), remark


def _tree(tree: Mapping[str, Any]) -> _Tree:
    """Every product by its id."""
    found: dict[str, _Named | _Part] = {}
    for named in objects(tree, "full_product_names"):
        found[text(named, "product_id")] = _named(named, "")
    for product, category in _leaves(objects(tree, "branches"), 0):
        found[text(product, "product_id")] = _named(product, category)
    for relation in objects(tree, "relationships"):
        product_id = text(section(relation, "full_product_name"), "product_id")
        found[product_id] = _Part(text(relation, "product_reference"), text(relation, "relates_to_product_reference"))
    found.pop("", None)
    return found


def _leaves(branches: Iterable[Mapping[str, Any]], depth: int) -> Iterator[tuple[Mapping[str, Any], str]]:
    if depth > _DEEPEST:
        raise MalformedError("branches are nested too deep")
    for branch in branches:
        if branch.get("product") is not None:
            yield section(branch, "product"), text(branch, "category")
        yield from _leaves(objects(branch, "branches"), depth + 1)


def _named(product: Mapping[str, Any], category: str) -> _Named:
    helper = section(product, "product_identification_helper")
    known = [purl for word in (text(helper, "purl"), *texts(helper, "purls")) if (purl := purls.found(word))]
    shown = one_line(text(product, "product_id"), 80)
    if not known:
        return _Named(why=f"the product {shown} has no package URL")
    if category.startswith("product_version") and not all(purl.version for purl in known):
        return _Named(why=f"the product {shown} is of some versions, and its package URL names none")
    return _Named(tuple(known))
