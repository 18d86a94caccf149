# Stands in for valkey/valkey:9 where no registry is. The official one is built without protected mode.
FROM kirotodo-debian-valkey
VOLUME /data
WORKDIR /data
EXPOSE 6379
ENTRYPOINT ["sh", "-c", "exec \"$0\" \"$@\" --protected-mode no"]
CMD ["valkey-server"]
