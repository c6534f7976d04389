# The command alone: gate and its libraries, each held to its hash. `gate tools install` brings Trivy and cosign.
FROM python:3.13-slim-trixie@sha256:9d2e5553305c7c7b0097999bb17187c69b921ccd6bc9d40e4bb5ebe652c00285 AS build
COPY action/requirements.txt /tmp/
RUN python -m venv --without-pip /opt/gate \
    && pip --python /opt/gate/bin/python install --no-cache-dir --no-deps --only-binary :all: --require-hashes \
        --requirement /tmp/requirements.txt
COPY dist/ /tmp/dist/
RUN pip --python /opt/gate/bin/python install --no-cache-dir --no-deps --no-index /tmp/dist/*.whl

FROM python:3.13-slim-trixie@sha256:9d2e5553305c7c7b0097999bb17187c69b921ccd6bc9d40e4bb5ebe652c00285
COPY --from=build /opt/gate /opt/gate
ENV PATH=/opt/gate/bin:$PATH HOME=/tmp
USER 65532:65532
ENTRYPOINT ["gate"]
