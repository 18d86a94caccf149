# Stands in for postgres:18 where no registry is: Debian's PostgreSQL with an entrypoint that does as the official one.
FROM kirotodo-debian-postgres
RUN ln -s /usr/lib/postgresql/*/bin/* /usr/local/bin/ && mkdir -p /docker-entrypoint-initdb.d
COPY --chmod=755 postgres-entrypoint.sh /usr/local/bin/docker-entrypoint.sh
ENV PGDATA=/var/lib/postgresql/18/docker
VOLUME /var/lib/postgresql
STOPSIGNAL SIGINT
EXPOSE 5432
ENTRYPOINT ["docker-entrypoint.sh"]
CMD ["postgres"]
