"""What each engine takes, field by field in our own words, and nothing else: every object is closed.

These are not the projects' own files. They say of the fields that an export may use what is written of them in
- github.com/sigstore/policy-controller at v0.15.1, docs/api-types/index.md and clusterimagepolicy_validation.go
- github.com/kyverno/kyverno at v1.19.0, config/crds/policies.kyverno.io
- github.com/sse-secure-systems/connaisseur at v3.10.0, docs/basics.md, docs/validators/sigstore_cosign.md, the
  `validate` tags in internal/validator/auth/trust_root.go and internal/policy/rule.go
- github.com/notaryproject/ratify at v1.4.4, charts/ratify/crds and the cosign verifier's trustpolicy.go
"""

TEXT = {"type": "string", "minLength": 1}
PEM = {"type": "string", "pattern": r"\A-----BEGIN PUBLIC KEY-----\n[A-Za-z0-9+/=\n]+\n-----END PUBLIC KEY-----\n\Z"}
NAME = {"type": "string", "pattern": r"\A[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\Z"}
WORD = {"type": "string", "pattern": r"\A[A-Za-z_][A-Za-z0-9_]*\Z"}
URI = {"type": "string", "pattern": r"\Ahttps://[^\s]+\Z"}


def closed(required=(), /, **properties):
    return {"type": "object", "properties": properties, "required": [*required], "additionalProperties": False}


def several(items, least=1):
    return {"type": "array", "items": items, "minItems": least}


def one_of(schema, *names):
    """Exactly one of these is there."""
    return schema | {"oneOf": [{"required": [name]} for name in names]}


def resource(version, kind, spec):
    known = {"apiVersion": {"const": version}, "kind": {"const": kind}, "metadata": closed(["name"], name=NAME)}
    return closed(["apiVersion", "kind", "metadata", "spec"], **known, spec=spec)


# An issuer is always exact; a subject is exact or an expression, never both and never neither.
IDENTITY = one_of(closed(["issuer"], issuer=URI, subject=TEXT, subjectRegExp=TEXT), "subject", "subjectRegExp")

REGO = closed(["type", "data"], type={"const": "rego"}, data=TEXT)
AUTHORITY = one_of(
    closed(
        ["name", "signatureFormat"],
        name=NAME,
        key=closed(["data"], data=PEM),
        keyless=closed(["url", "identities"], url=URI, identities=several(IDENTITY) | {"maxItems": 1}),
        signatureFormat={"enum": ["bundle", "legacy"]},
        attestations=several(closed(["name", "predicateType"], name=WORD, predicateType=URI, policy=REGO)),
    ),
    "key",
    "keyless",
) | {
    # Read in validator.go: a bundle is for certificates alone, and is never a signature but as an attestation.
    "if": {"properties": {"signatureFormat": {"const": "bundle"}}},
    "then": {"required": ["keyless", "attestations"]},
}
CLUSTER_IMAGE_POLICY = resource(
    "policy.sigstore.dev/v1beta1",
    "ClusterImagePolicy",
    closed(
        ["mode", "images", "authorities"],
        mode={"const": "enforce"},
        images=several(closed(["glob"], glob={"type": "string", "pattern": r"\A[a-zA-Z0-9-_:/*.@]+\Z"})),
        authorities=several(AUTHORITY),
        policy=REGO,
    ),
)

COSIGN = one_of(
    closed(
        key=closed(["data"], data=PEM),
        keyless=closed(["identities"], identities=several(IDENTITY) | {"maxItems": 1}),
        ctlog=closed(insecureIgnoreTlog={"type": "boolean"}),
    ),
    "key",
    "keyless",
) | {"if": {"required": ["keyless"]}, "then": {"properties": {"ctlog": False}}}
RULES = closed(
    ["apiGroups", "apiVersions", "operations", "resources"],
    apiGroups=several({"const": ""}),
    apiVersions=several({"const": "v1"}),
    operations=several({"enum": ["CREATE", "UPDATE", "DELETE", "CONNECT", "*"]}),
    resources=several(TEXT),
)
IMAGE_VALIDATING_POLICY = resource(
    "policies.kyverno.io/v1",
    "ImageValidatingPolicy",
    closed(
        ["validationActions", "failurePolicy", "matchConstraints", "attestors", "attestations", "validations"],
        validationActions={"const": ["Deny"]},
        failurePolicy={"const": "Fail"},
        webhookConfiguration=closed(timeoutSeconds={"type": "integer", "minimum": 1, "maximum": 30}),
        matchConstraints=closed(["resourceRules"], resourceRules=several(RULES)),
        matchConditions=several(closed(["name", "expression"], name=NAME, expression=TEXT)),
        validationConfigurations=closed(
            mutateDigest={"const": True}, verifyDigest={"const": True}, required={"const": True}
        ),
        matchImageReferences=several(one_of(closed(glob=TEXT, expression=TEXT), "glob", "expression")),
        attestors=several(closed(["name", "cosign"], name=WORD, cosign=COSIGN)),
        attestations=several(closed(["name", "intoto"], name=WORD, intoto=closed(["type"], type=URI))),
        validations=several(closed(["expression", "message"], expression=TEXT, message=TEXT)),
    ),
)

KEYLESS = one_of(closed(["issuer"], issuer=URI, subject=TEXT, subjectRegex=TEXT), "subject", "subjectRegex")
ROOT = one_of(closed(["name"], name=NAME, key=PEM, keyless=KEYLESS), "key", "keyless")
RULE = closed(
    ["pattern", "validator", "with"],
    pattern=TEXT,
    validator=NAME,
    **{
        "with": closed(
            ["trustRoot", "threshold"],
            trustRoot=TEXT,
            threshold={"type": "integer", "minimum": 1},
            verifyInTransparencyLog={"type": "boolean"},
            verifySCT={"type": "boolean"},
        )
    },
)
CONNAISSEUR = closed(
    ["application"],
    application=closed(
        ["validators", "policy"],
        validators=several(
            closed(["name", "type", "trustRoots"], name=NAME, type={"const": "cosign"}, trustRoots=several(ROOT))
        ),
        policy=several(RULE),
    ),
)

RATIFY = "config.ratify.deislabs.io/v1beta1"
ARTIFACT = "application/vnd.dev.cosign.artifact.sig.v1+json"
CERTIFICATE = one_of(
    closed(
        ["certificateOIDCIssuer"],
        certificateOIDCIssuer=URI,
        certificateIdentity=TEXT,
        certificateIdentityRegExp=TEXT,
        ctLogVerify={"const": True},
    ),
    "certificateIdentity",
    "certificateIdentityRegExp",
)
TRUST_POLICY = one_of(
    closed(
        ["name", "scopes"],
        name=NAME,
        scopes=several({"type": "string", "pattern": r"\A[a-z0-9.\-:@/]*\*?\Z"}),
        keys=several(closed(["provider"], provider=NAME)),
        keyless=CERTIFICATE,
        tLogVerify={"type": "boolean"},
    ),
    "keys",
    "keyless",
) | {"if": {"required": ["keyless"]}, "then": {"properties": {"tLogVerify": {"const": True}}}}
RATIFY_KINDS = {
    "Store": closed(["name", "parameters"], name={"const": "oras"}, parameters=closed(cosignEnabled={"const": True})),
    "Verifier": closed(
        ["name", "artifactTypes", "parameters"],
        name={"const": "cosign"},
        artifactTypes={"const": ARTIFACT},
        parameters=closed(["trustPolicies"], trustPolicies=several(TRUST_POLICY)),
    ),
    "Policy": closed(
        ["type", "parameters"],
        type={"const": "config-policy"},
        parameters=closed(
            ["artifactVerificationPolicies"],
            artifactVerificationPolicies={
                "type": "object",
                "required": [ARTIFACT, "default"],
                "additionalProperties": {"enum": ["all", "any"]},
            },
        ),
    ),
    "KeyManagementProvider": closed(
        ["type", "parameters"],
        type={"const": "inline"},
        parameters=closed(["contentType", "value"], contentType={"const": "key"}, value=PEM),
    ),
}


def of(document):
    """The schema for a document that was exported."""
    if "kind" not in document:
        return CONNAISSEUR
    if document["kind"] in RATIFY_KINDS:
        return resource(RATIFY, document["kind"], RATIFY_KINDS[document["kind"]])
    return {"ClusterImagePolicy": CLUSTER_IMAGE_POLICY, "ImageValidatingPolicy": IMAGE_VALIDATING_POLICY}[
        document["kind"]
    ]
