# One image for the API server, the terminal client in the browser and the one-shot migration: they differ in the command.
# Every dependency is locked and hashed. It runs as an unprivileged user, and writes only to /tmp.

FROM python:3.13-slim-bookworm AS build
ENV PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_INPUT=1
WORKDIR /src
RUN python -m venv /opt/build && python -m venv /opt/kirotodo

# Layers that rarely change come first, so that a new release of kirotodo is a small layer.
COPY requirements/build.txt requirements/server.txt requirements/
RUN --mount=type=cache,target=/root/.cache/pip \
    /opt/build/bin/python -m pip install --require-hashes --no-deps -r requirements/build.txt \
    && /opt/kirotodo/bin/python -m pip install --require-hashes --no-deps -r requirements/server.txt

COPY pyproject.toml README.md LICENSE ./
COPY kirotodo kirotodo
RUN /opt/build/bin/python -m pip wheel --no-deps --no-build-isolation --wheel-dir /dist . \
    && /opt/kirotodo/bin/python -m pip install --no-deps --no-index --find-links /dist kirotodo \
    && /opt/kirotodo/bin/python -m pip uninstall --yes pip

FROM python:3.13-slim-bookworm
LABEL org.opencontainers.image.title="kirotodo" \
      org.opencontainers.image.description="A to-do list you talk to: API server, browser front end and migrations" \
      org.opencontainers.image.licenses="MIT"
ENV PATH=/opt/kirotodo/bin:$PATH \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1 \
    HOME=/tmp \
    KIROTODO_HOME=/var/lib/kirotodo
RUN groupadd --system --gid 10001 kirotodo \
    && useradd --system --uid 10001 --gid kirotodo --no-create-home --home-dir /tmp --shell /usr/sbin/nologin kirotodo \
    && install --directory --owner kirotodo --group kirotodo --mode 0750 /var/lib/kirotodo
COPY --from=build /opt/kirotodo /opt/kirotodo
WORKDIR /app
COPY alembic.ini ./
# A bind volume of Fargate takes its rights from this: without it, only root could write there.
VOLUME /tmp
USER 10001:10001
EXPOSE 8000
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=10s --timeout=12s --start-period=90s --retries=3 \
    CMD ["python", "-c", "import urllib.request as web; web.urlopen('http://127.0.0.1:8000/health', timeout=8)"]
CMD ["kirotodo", "serve", "--host", "0.0.0.0", "--port", "8000"]
