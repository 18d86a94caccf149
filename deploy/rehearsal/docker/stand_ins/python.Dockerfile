# Stands in for python:3.13-slim-bookworm where no registry is: Debian's Python, and the wheels of the lock files.
FROM kirotodo-debian-python
RUN ln -s python3 /usr/bin/python
COPY wheels /wheels
ENV PIP_NO_INDEX=1 PIP_FIND_LINKS=/wheels
CMD ["python3"]
