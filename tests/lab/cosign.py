"""The signing program as it is, without `gate` around it: to sign as others do, to stage attacks, to look again."""

import base64
import json
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.lab import tools
from tests.lab.sigstore import ISSUER, Sigstore

PASSWORD = "lab"
"""Of every private key made here."""
_NOWHERE = "http://127.0.0.1:9"  # the way out of this machine, which is none; loopback needs no proxy


@dataclass(frozen=True)
class Key:
    """A pair of keys in the files that cosign makes."""

    private: Path
    public: Path


@dataclass(frozen=True)
class Cosign:
    """One of the real binaries, in a folder of its own; its home, its logins and its files are there.

    With `sigstore`, all that it signs is entered into the log of API version `rekor` (or none) and stamped (or not),
    but for the old format, which knows version 1 alone and no stamps. Without, only keys sign, and no log is told.
    """

    program: Path
    workdir: Path
    sigstore: Sigstore | None = None
    rekor: int | None = 1
    tsa: bool = True
    env: Mapping[str, str] = field(default_factory=dict)
    """What it sees beside what it needs, such as `sigstore.actions_env()`."""

    def __post_init__(self) -> None:
        self.workdir.mkdir(parents=True, exist_ok=True)

    def run(self, *args: str | Path, code: int = 0) -> subprocess.CompletedProcess[str]:
        """Run it and see that it ends with `code`."""
        own = {"HOME": str(self.workdir), "DOCKER_CONFIG": str(self.workdir), "COSIGN_PASSWORD": PASSWORD}
        proxies = {"HTTP_PROXY": _NOWHERE, "HTTPS_PROXY": _NOWHERE}
        trusted = self.sigstore.cosign2_env() if self.sigstore and not self._is_three else {}
        done = subprocess.run(
            [str(self.program), *map(str, args)],
            cwd=self.workdir,
            env={**own, **proxies, **trusted, **self.env},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        if done.returncode != code:
            told = " ".join(map(str, args))
            raise AssertionError(f"cosign {told} ended with {done.returncode}: {done.stderr[-2000:]}")
        return done

    def key(self, name: str = "cosign") -> Key:
        """A new pair, `NAME.key` and `NAME.pub`; it costs a quarter of a second, as does every signature by it."""
        self.run("generate-key-pair", "--output-key-prefix", name)
        return Key(self.workdir / f"{name}.key", self.workdir / f"{name}.pub")

    def login(self, host: str, user: str, password: str) -> None:
        """Use that registry as `user` from now on."""
        auth = base64.b64encode(f"{user}:{password}".encode()).decode()
        (self.workdir / "config.json").write_text(json.dumps({"auths": {host: {"auth": auth}}}))

    def sign(self, image: str, by: Key | str = "", *more: str, legacy: bool = False, code: int = 0) -> None:
        """Sign `image` with a key, for who holds the token `by`, or for the job whose environment it has.

        `legacy` is the format of cosign 2, which signs in no other.
        """
        self.run("sign", "-y", *self._by(by, legacy=legacy), *more, image, code=code)

    def attest(
        self,
        image: str,
        kind: str,
        predicate: object,
        by: Key | str = "",
        *more: str,
        legacy: bool = False,
        code: int = 0,
    ) -> None:
        """State `predicate` (JSON) of `image`, under the predicate type `kind`; otherwise like `sign`.

        Cosign 2 writes attestations in both formats.
        """
        (self.workdir / "predicate.json").write_text(json.dumps(predicate))
        form = [] if legacy or self._is_three else ["--new-bundle-format"]
        said = ["--type", kind, "--predicate", "predicate.json", *more]
        self.run("attest", "-y", *self._by(by, legacy=legacy), *form, *said, image, code=code)

    def verify(
        self, image: str, by: Key | str, *more: str, issuer: str = ISSUER, code: int = 0
    ) -> list[dict[str, Any]]:
        """What it prints of the signatures of `image` by a key, or by whom a certificate of `issuer` calls `by`."""
        said = self.run("verify", *self._trusting(by, issuer), *more, image, code=code).stdout
        return list(json.loads(said)) if code == 0 else []

    def statements(
        self, image: str, kind: str, by: Key | str, *more: str, issuer: str = ISSUER, code: int = 0
    ) -> list[dict[str, Any]]:
        """The in-toto statements of that predicate type about `image`, proven like signatures in `verify`."""
        trusting = self._trusting(by, issuer)
        said = self.run("verify-attestation", *trusting, "--type", kind, *more, image, code=code).stdout
        envelopes = map(json.loads, said.splitlines())
        return [json.loads(base64.b64decode(one["payload"])) for one in envelopes]

    @property
    def _is_three(self) -> bool:
        return tools.cosign_major(self.program) == 3

    def _by(self, by: Key | str, *, legacy: bool) -> list[str]:
        """The options that say who signs, where to and how."""
        where = self._three(legacy=legacy) if self._is_three else self._services()
        if isinstance(by, Key):
            return ["--key", str(by.private), *where]
        if not by:
            return where
        # In a file, for on the command line it would take one that has expired for the name of a file.
        (self.workdir / "token").write_text(by)
        return ["--identity-token", "token", *where]

    def _three(self, *, legacy: bool) -> list[str]:
        if legacy:
            form = ["--use-signing-config=false", "--new-bundle-format=false"]
            return [*form, *self._services(), *self._root()]
        if self.sigstore is None:
            return ["--use-signing-config=false", "--tlog-upload=false"]
        return ["--signing-config", str(self.sigstore.signing_config(rekor=self.rekor, tsa=self.tsa)), *self._root()]

    def _services(self) -> list[str]:
        if self.sigstore is None:
            return ["--tlog-upload=false"]
        log = ["--rekor-url", self.sigstore.url] if self.rekor else ["--tlog-upload=false"]
        return ["--fulcio-url", self.sigstore.url, *log]

    def _trusting(self, by: Key | str, issuer: str) -> list[str]:
        """The options that say who is believed."""
        identity = ["--certificate-identity", str(by), "--certificate-oidc-issuer", issuer]
        who = ["--key", str(by.public)] if isinstance(by, Key) else identity
        if self.sigstore is None:
            return [*who, "--insecure-ignore-tlog"]
        proof = [] if self.rekor else ["--insecure-ignore-tlog", "--use-signed-timestamps"]
        return [*who, *proof, *self._root()]

    def _root(self) -> list[str]:
        return ["--trusted-root", str(self.sigstore.trusted_root)] if self.sigstore and self._is_three else []
