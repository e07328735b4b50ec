#!/usr/bin/env python3
"""Measures RecurrentGemma in Hugging Face transformers, with random weights, as `lapidary bench lengths` measures Lapidary.

    python3 -m venv venv && venv/bin/pip install torch transformers
    venv/bin/python transformers_recurrent_bench.py CONFIG.json [bfloat16|float32] [LENGTH...]

CONFIG.json says the shape; weights are drawn with a standard deviation of 0.02. Two threads (THREADS=N: another number).
"""
import json
import os
import statistics
import sys
import time

import torch
from transformers import AutoConfig, AutoModelForCausalLM, DynamicCache

STEPS = 32
dtype = sys.argv[2] if len(sys.argv) > 2 else "bfloat16"
lengths = [int(n) for n in sys.argv[3:]] or [512, 2048, 8192]
torch.set_num_threads(int(os.environ.get("THREADS", "2")))
torch.set_grad_enabled(False)
torch.manual_seed(0)
config = AutoConfig.from_pretrained(sys.argv[1])
model = AutoModelForCausalLM.from_config(config, dtype=getattr(torch, dtype)).eval()
for parameter in model.parameters():
    parameter.normal_(0, 0.02)
prompt = torch.randint(3, config.vocab_size, (1, max(lengths)))


def step(tokens, position, cache):
    """Reads tokens from a position on and returns the likeliest next one, [1, 1]."""
    places = torch.arange(position, position + tokens.shape[1])[None]
    logits = model(input_ids=tokens, position_ids=places, past_key_values=cache, use_cache=True, logits_to_keep=1).logits
    return logits[:, -1].argmax(-1, keepdim=True)


def report(metric, value):
    print(json.dumps({"peer": "transformers", "quant": dtype, "metric": metric, "value": round(value, 2), "unit": "tok/s", "n": 1}), flush=True)


step(prompt[:, :16], 0, DynamicCache(config=config))
for length in lengths:
    model._setup_cache(config, 1, "cpu", getattr(torch, dtype))  # empties what the recurrences remember
    cache = DynamicCache(config=config)
    begin = time.perf_counter()
    token = step(prompt[:, :length], 0, cache)
    report(f"prefill{length}", length / (time.perf_counter() - begin))
    seconds = []
    for i in range(STEPS):
        begin = time.perf_counter()
        token = step(token, length + i, cache)
        seconds.append(time.perf_counter() - begin)
    report(f"decode_ctx{length}", 1 / statistics.median(seconds))
