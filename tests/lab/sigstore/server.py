"""All of it on one port, and the files that a client needs."""

import json
import secrets
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from tests.lab.loopback import Answer, Loopback, Request
from tests.lab.sigstore import certificates, configuration, keys, timestamps, tokens
from tests.lab.sigstore.claims import ISSUER, Claims, github_claims, job_env
from tests.lab.sigstore.fulcio import Fulcio
from tests.lab.sigstore.rekor import RekorOne, RekorTwo

_JSON = {"Content-Type": "application/json"}


class Sigstore(Loopback):
    """Serves for as long as a `with` lasts; its files are in `folder`."""

    def __init__(self, folder: Path, now: datetime | None = None) -> None:
        """Its clocks stand still at `now`, or are right."""
        super().__init__(self._route)
        self.folder = folder
        self._now = now
        self._oidc, self._ctlog = keys.new(), keys.new()
        self._authority = certificates.intermediate(certificates.root("lab root"), "lab intermediate")
        self._tsa = certificates.timestamper(certificates.root("lab tsa root"), "lab tsa")
        self._fulcio = Fulcio(self._authority, self._ctlog)
        self._rekor1, self._rekor2 = RekorOne(), RekorTwo("127.0.0.1")
        self._jobs: dict[str, Claims] = {}
        self._write_files()

    @property
    def now(self) -> datetime:
        """What its clocks show, in whole seconds."""
        return (self._now or datetime.now(UTC)).replace(microsecond=0)

    @contextmanager
    def at(self, moment: datetime) -> Iterator[None]:
        """Let its clocks stand at `moment` meanwhile, for evidence of another day."""
        before, self._now = self._now, moment
        try:
            yield
        finally:
            self._now = before

    def token(self, **claims: Any) -> str:
        """Of a job of octo/app on main, or of whom `claims` say: `**github_claims(...)`, `**email_claims(...)`.

        Single claims replace those of the job: `exp=0` makes an expired token.
        """
        base = {} if "sub" in claims else github_claims()
        return tokens.write(self._oidc, {"iss": ISSUER, **base, **claims}, self.now)

    def actions_env(self, **claims: Any) -> dict[str, str]:
        """The environment of a job that may ask for tokens; `claims` as `github_claims` makes them."""
        whole = {**github_claims(), **claims}
        permission = secrets.token_hex(16)
        self._jobs[permission] = whole
        endpoint = {
            "ACTIONS_ID_TOKEN_REQUEST_URL": f"{self.url}/token?api-version=2.0",
            "ACTIONS_ID_TOKEN_REQUEST_TOKEN": permission,
        }
        return {**job_env(whole), **endpoint}

    def fail(self, path: str, status: int = 503, times: int = sys.maxsize) -> None:
        """An outage of what has `path` (a regular expression) in its path."""
        self.fault("*", path, status=status, body=b'{"message": "out of order"}', headers=_JSON, times=times)

    @property
    def trusted_root(self) -> Path:
        """For `--trusted-root`."""
        return self.folder / "trusted_root.json"

    def signing_config(self, *, rekor: int | None = 1, tsa: bool = True) -> Path:
        """For `--signing-config`: with the log of API version 1 or 2 or none, with timestamps or without."""
        path = self.folder / f"signing_config.{rekor or 'none'}{'.tsa' if tsa else ''}.json"
        path.write_text(json.dumps(configuration.signing_config(self.url, rekor=rekor, tsa=tsa)))
        return path

    def cosign2_env(self) -> dict[str, str]:
        """Whom cosign 2 is to believe; it knows trusted roots only for some things."""
        files = {"ROOT_FILE": "fulcio.pem", "CT_LOG_PUBLIC_KEY_FILE": "ctfe.pub", "REKOR_PUBLIC_KEY": "rekor.pub"}
        return {f"SIGSTORE_{name}": str(self.folder / file) for name, file in files.items()}

    def _write_files(self) -> None:
        self.folder.mkdir(parents=True, exist_ok=True)
        root = configuration.trusted_root(
            self.url,
            fulcio=self._authority.chain,
            ctlog=self._ctlog,
            rekor=[self._rekor1.log.key, self._rekor2.log.key],
            tsa=self._tsa.chain,
        )
        files = {
            "trusted_root.json": json.dumps(root, indent=1),
            "fulcio.pem": certificates.pem(self._authority.chain),
            "tsa.pem": certificates.pem(self._tsa.chain),
            "rekor.pub": keys.pem(self._rekor1.log.key),
            "ctfe.pub": keys.pem(self._ctlog),
        }
        for name, text in files.items():
            (self.folder / name).write_text(text)

    def _route(self, request: Request) -> Answer:  # noqa: PLR0911 a table of what there is
        match request.method, request.path.strip("/").split("/"):
            case "GET", ["token"]:
                return self._token_for(request)
            case "POST", ["api", ("v1" | "v2") as version, "signingCert"]:
                return self._certificate(request, version)
            case "POST", ["api", "v1", "log", "entries"]:
                name, entry = self._rekor1.add(request.body, self.now)
                return Answer(201, entry, {**_JSON, "ETag": name, "Location": f"{request.path}/{name}"})
            case "GET", ["api", "v1", "log", "entries", name] if found := self._rekor1.get(name):
                return Answer(200, found, _JSON)
            case "GET", ["api", "v1", "log", "publicKey"]:
                return Answer(200, keys.pem(self._rekor1.log.key).encode(), {"Content-Type": "application/x-pem-file"})
            case "POST", ["api", "v2", "log", "entries"]:
                return Answer(201, self._rekor2.add(request.body), _JSON)
            case "POST", ["api", "v1", "timestamp"]:
                stamp = timestamps.stamp(self._tsa, request.body, self.now)
                return Answer(201, stamp, {"Content-Type": "application/timestamp-reply"})
            case _:
                return _refusal(404, f"there is no {request}")

    def _token_for(self, request: Request) -> Answer:
        claims = self._jobs.get(_bearer(request))
        if claims is None:
            return _refusal(401, "the job has no permission to ask for tokens")
        token = self.token(**claims, aud=request.query.get("audience", [claims["repository_owner"]])[0])
        return Answer(200, json.dumps({"value": token}).encode(), _JSON)

    def _certificate(self, request: Request, version: str) -> Answer:
        given = _bearer(request) or json.loads(request.body).get("credentials", {}).get("oidcIdentityToken", "")
        try:
            claims = tokens.read(self._oidc, given, self.now)
        except tokens.TokenError as exc:
            return _refusal(401, f"There was an error processing the identity token: {exc}")
        if version == "v2":
            return Answer(200, self._fulcio.version_2(request.body, claims, self.now), _JSON)
        chain = self._fulcio.version_1(request.body, claims, self.now)
        return Answer(201, chain, {"Content-Type": "application/pem-certificate-chain"})


def _bearer(request: Request) -> str:
    return (request.headers.get("Authorization") or "").partition(" ")[2]


def _refusal(status: int, message: str) -> Answer:
    return Answer(status, json.dumps({"code": status, "message": message}).encode(), _JSON)
