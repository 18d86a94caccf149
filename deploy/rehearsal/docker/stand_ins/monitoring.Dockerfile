# Stand in for the images of deploy/compose.monitoring.yml where no registry is: Debian's programs, started as theirs are.
FROM kirotodo-debian-monitoring AS base
RUN install -d -o nobody -g nogroup /prometheus /alertmanager
USER nobody

FROM base AS prometheus
VOLUME /prometheus
WORKDIR /prometheus
ENTRYPOINT ["/usr/bin/prometheus"]

FROM base AS alertmanager
VOLUME /alertmanager
WORKDIR /alertmanager
ENTRYPOINT ["/usr/bin/prometheus-alertmanager"]
CMD ["--config.file=/etc/alertmanager/alertmanager.yml", "--storage.path=/alertmanager"]

FROM base AS node-exporter
ENTRYPOINT ["/usr/bin/prometheus-node-exporter"]

FROM base AS postgres-exporter
ENTRYPOINT ["/usr/bin/prometheus-postgres-exporter"]

FROM base AS blackbox-exporter
ENTRYPOINT ["/usr/bin/prometheus-blackbox-exporter"]
CMD ["--config.file=/etc/blackbox_exporter/config.yml"]
