#!/usr/bin/env python3
"""Measures Hugging Face transformers as `lapidary bench` measures Lapidary: same prompts' lengths, same lines.

    python3 -m venv venv && venv/bin/pip install torch transformers
    venv/bin/python transformers_bench.py gemma-3-270m [bfloat16|float32]

Everything is greedy and on the processor, with two threads (THREADS=N: another number).
"""
import json
import os
import statistics
import subprocess
import sys
import time

folder = sys.argv[1]
dtype = sys.argv[2] if len(sys.argv) > 2 else "bfloat16"
only_first_token = sys.argv[3:] == ["first-token"]
os.environ["TRANSFORMERS_VERBOSITY"] = "error"

import torch  # noqa: E402: the time that imports take belongs to the first token
from transformers import AutoModelForCausalLM, DynamicCache  # noqa: E402

torch.set_num_threads(int(os.environ.get("THREADS", "2")))
torch.set_grad_enabled(False)
model = AutoModelForCausalLM.from_pretrained(folder, dtype=getattr(torch, dtype)).eval()
prompt = torch.randint(1000, 200_000, (1, 2048), generator=torch.Generator().manual_seed(0))


def step(tokens, cache):
    """Reads tokens and returns the likeliest next one, [1, 1]."""
    logits = model(input_ids=tokens, past_key_values=cache, use_cache=True, logits_to_keep=1).logits
    return logits[:, -1].argmax(-1, keepdim=True)


def prefill(length):
    cache = DynamicCache(config=model.config)
    begin = time.perf_counter()
    token = step(prompt[:, :length], cache)
    return length / (time.perf_counter() - begin), token, cache


def decode(after, steps=128):
    _, token, cache = prefill(after)
    begin = time.perf_counter()
    for _ in range(steps):
        token = step(token, cache)
    return steps / (time.perf_counter() - begin)


def first_token():
    """Seconds that a new process takes up to the token after a prompt of 16."""
    begin = time.perf_counter()
    subprocess.run([sys.executable, __file__, folder, dtype, "first-token"], check=True)
    return time.perf_counter() - begin


def report(metric, unit, measure, runs, warm_up=True):
    if warm_up:
        measure()
    values = [measure() for _ in range(runs)]
    print(json.dumps({"peer": "transformers", "quant": dtype, "metric": metric, "value": round(statistics.median(values), 2),
                      "unit": unit, "n": runs, "min": round(min(values), 2), "max": round(max(values), 2)}), flush=True)


if only_first_token:
    prefill(16)
    sys.exit()
report("prefill512", "tok/s", lambda: prefill(512)[0], 5)
report("prefill2048", "tok/s", lambda: prefill(2048)[0], 3)
report("decode128_after16", "tok/s", lambda: decode(16), 5)
report("decode128_after2048", "tok/s", lambda: decode(2048), 3, warm_up=False)
report("ttft_16tok_from_process_start", "s", first_token, 3, warm_up=False)
