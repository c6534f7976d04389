#!/usr/bin/env bash
# Builds the image, scans and judges it, signs it if the policy says so, and only then pushes its tags.
# A pull request (PULL_REQUEST is set) is built and judged here; nothing is pushed to the registry.
# Needs bash, python3 with venv, docker with buildx, and skopeo. Options are handed to `gate scan`.
set -euo pipefail

image=__IMAGE__
work=$(mktemp -d)
builder=$(docker buildx create) # of the driver that can push by digest
trap 'docker buildx rm "$builder"; rm -rf "$work"' EXIT

# gate at one commit; its libraries, Trivy and cosign by hash.
python3 -m venv "$work/gate"
pip() { "$work/gate/bin/pip" --disable-pip-version-check --quiet "$@"; }
pip install --require-hashes --only-binary :all: --requirement __GATE-FILES__/action/requirements.txt
pip install --no-deps __GATE-ARCHIVE__
PATH=$work/gate/bin:$PATH
gate tools install

build=(docker buildx build --builder "$builder" --file __DOCKERFILE__ --platform __PLATFORMS__
    --label "org.opencontainers.image.source=__SOURCE__" --label "org.opencontainers.image.revision=$COMMIT")

if [[ -n ${PULL_REQUEST:-} ]]; then
    "${build[@]}" --provenance=false --output "type=oci,dest=$work/image,tar=false" __CONTEXT__
    gate scan "oci:$work/image" --name "$image" --dockerfile __DOCKERFILE__ "$@"
    exit
fi

printf '%s' "$REGISTRY_PASSWORD" | docker login --username "$REGISTRY_USERNAME" --password-stdin __REGISTRY__
# Push without tags, by digest only: deployments trust tags, and this image has not been judged yet.
"${build[@]}" --metadata-file "$work/build.json" \
    --output "type=image,name=$image,push-by-digest=true,name-canonical=true,push=true" __CONTEXT__
digest=$(python3 -c 'import json, sys; print(json.load(open(sys.argv[1]))["containerimage.digest"])' "$work/build.json")
gate scan "$image@$digest" --dockerfile __DOCKERFILE__ --sign__SIGN-KEY__ "$@"
gate tags "$image" >"$work/tags"
while read -r tag; do
    skopeo --insecure-policy copy --quiet --all --preserve-digests "docker://$image@$digest" "docker://$tag"
done <"$work/tags"
