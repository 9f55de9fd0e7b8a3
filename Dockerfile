# motifnet in a container.
#
#     docker build -t motifnet .                                         # CPU
#     docker build -t motifnet:gpu --build-arg EXTRA='[gpu]' .           # NVIDIA GPU; use docker run --gpus all
#     docker run --rm --user "$(id -u):$(id -g)" -v "$PWD":/work motifnet discover peaks.fa --output results
#
# Apptainer: `apptainer build motifnet.sif docker-daemon://motifnet:latest`; run it with --nv to use the GPU.
ARG PYTHON=3.11

FROM python:${PYTHON}-slim AS builder
ARG EXTRA=
WORKDIR /source
COPY pyproject.toml README.md LICENSE constraints.txt ./
COPY motifnet motifnet
RUN python -m venv /opt/motifnet \
    && /opt/motifnet/bin/pip install --no-cache-dir --constraint constraints.txt ".${EXTRA}"

FROM python:${PYTHON}-slim
COPY --from=builder /opt/motifnet /opt/motifnet
ENV PATH=/opt/motifnet/bin:$PATH \
    MPLCONFIGDIR=/tmp/matplotlib
RUN motifnet doctor
WORKDIR /work
USER 1000:1000
ENTRYPOINT ["motifnet"]
CMD ["--help"]
