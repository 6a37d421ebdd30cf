# syntax=docker/dockerfile:1
# The suite as an image: docker run --rm -v "$PWD/reports:/reports" IMAGE check --base-url URL --report-dir /reports
FROM python:3.11-slim AS build

WORKDIR /src
COPY requirements/lock.txt requirements/lock.txt
RUN python -m venv /opt/messages-conformance \
    && /opt/messages-conformance/bin/pip install --no-cache-dir --disable-pip-version-check -r requirements/lock.txt
COPY pyproject.toml README.md LICENSE ./
COPY spec spec
COPY conformance conformance
RUN /opt/messages-conformance/bin/pip install --no-cache-dir --disable-pip-version-check -c requirements/lock.txt .

FROM python:3.11-slim

LABEL org.opencontainers.image.title="messages-conformance" \
      org.opencontainers.image.description="Says whether what answers at a URL is the Messages API" \
      org.opencontainers.image.licenses="Apache-2.0"
ENV PATH=/opt/messages-conformance/bin:$PATH \
    PYTHONUNBUFFERED=1
COPY --from=build /opt/messages-conformance /opt/messages-conformance
RUN useradd --uid 10001 --create-home conformance \
    && install -d -o conformance /reports
USER 10001
WORKDIR /home/conformance
ENTRYPOINT ["messages-conformance"]
CMD ["--help"]
