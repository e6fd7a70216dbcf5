# The base has to bring python3 (3.11 or newer) with venv. It is the same for both stages.
ARG BASE=docker.io/library/python:3.13-slim

FROM ${BASE} AS build
WORKDIR /build
RUN python3 -m venv /opt/iwmon
COPY constraints.txt pyproject.toml README.md LICENSE indicators.yaml ./
COPY src src
RUN /opt/iwmon/bin/pip install --no-cache-dir -c constraints.txt .

FROM ${BASE}
# Without a login or a home: /data is the only place that it can write.
RUN groupadd --gid 10001 iwmon \
    && useradd --uid 10001 --gid iwmon --home-dir /data --no-create-home --shell /usr/sbin/nologin iwmon \
    && install --directory --owner=iwmon --group=iwmon --mode=0700 /data
COPY --from=build /opt/iwmon /opt/iwmon
COPY indicators.yaml /etc/iwmon/
ENV PATH=/opt/iwmon/bin:$PATH \
    HOME=/data \
    LANG=C.UTF-8 \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1 \
    IWMON_CONFIG=/etc/iwmon/indicators.yaml \
    IWMON_DB=sqlite:////data/iwmon.db
USER 10001:10001
WORKDIR /data
VOLUME /data
STOPSIGNAL SIGTERM
# /-/healthy answers 503 when no step has been committed for a minute. Not urllib: it would ask a proxy.
HEALTHCHECK --interval=30s --timeout=5s --start-period=60s --retries=3 \
    CMD ["python3", "-c", "from http.client import HTTPConnection as C; c = C('127.0.0.1', 9808, timeout=4); c.request('GET', '/-/healthy'); raise SystemExit(c.getresponse().status != 200)"]
ENTRYPOINT ["iwmon"]
CMD ["run"]
