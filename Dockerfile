# Builds the image mongoping: docker build -t mongoping:0.1.0 .
# docs/install.md describes its arguments and how to run it.

# The image with Python 3.11 or newer that this one is based on, or a mirror of it.
ARG PYTHON=docker.io/library/python:3.13-slim
# What it contains in addition to the core of mongoping: see the extras in docs/install.md.
ARG EXTRAS=atlas,exporter


# To build without a package index, replace this empty stage by a folder with wheels:
# --build-context wheels=FOLDER --build-arg PIP_NO_INDEX=1
FROM scratch AS wheels


FROM ${PYTHON} AS build
ARG EXTRAS
# pip reads these two: a mirror of the package index, and 1 if it must not use any.
ARG PIP_INDEX_URL=""
ARG PIP_NO_INDEX=""

COPY --from=wheels / /wheels/
# .dockerignore leaves only what the build needs.
WORKDIR /src
COPY . .
RUN python3 -m venv --without-pip /opt/mongoping \
 && python3 -m pip --python /opt/mongoping/bin/python install \
      --no-cache-dir --no-compile --disable-pip-version-check --root-user-action ignore \
      --find-links /wheels ".${EXTRAS:+[$EXTRAS]}"

# The official images contain no byte code, and a user without rights cannot store any: each start
# would compile hundreds of modules. These files are valid whatever the times of their sources are.
# The place is set by a variable, because the processes that -j starts do not get the option -X.
RUN PYTHONPYCACHEPREFIX=/opt/mongoping/pycache /opt/mongoping/bin/python \
      -m compileall -q -j 0 --invalidation-mode unchecked-hash \
      -x '/(distutils|ensurepip|idlelib|lib2to3|pip|pydoc_data|pygments|test|tests|tkinter|turtledemo)/' \
      "$(python3 -c 'import sysconfig; print(sysconfig.get_path("stdlib"))')" /opt/mongoping/lib


FROM ${PYTHON}
ARG EXTRAS
LABEL org.opencontainers.image.title="mongoping" \
      org.opencontainers.image.description="Find out why a program cannot connect to MongoDB" \
      org.opencontainers.image.version="0.1.0" \
      org.opencontainers.image.licenses="Apache-2.0"
COPY --from=build /opt/mongoping /opt/mongoping
ENV PATH=/opt/mongoping/bin:$PATH \
    PYTHONPYCACHEPREFIX=/opt/mongoping/pycache \
    MONGOPING_IMAGE_EXTRAS=${EXTRAS}
# A number, so that Kubernetes can verify runAsNonRoot. Every other number works as well.
USER 65532:65532
WORKDIR /
ENTRYPOINT ["mongoping"]
CMD ["--help"]
