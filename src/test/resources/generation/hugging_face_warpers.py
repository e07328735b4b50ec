"""Writes hugging_face_warpers.json: what transformers' warpers make of small sets of logits.

Run with transformers 5.23 and torch: python hugging_face_warpers.py
Each case: logits, the options, and [id, probability] of every token that is left. Logits are
rounded to a tenth, so that equals occur; where top-p cuts among equals torch.sort's choice among
them is arbitrary, and where a sum meets top-p within 1e-5 rounding decides: such draws are left out.
"""

import json
from pathlib import Path

import numpy as np
import torch
from transformers.generation.logits_process import (
    MinPLogitsWarper,
    RepetitionPenaltyLogitsProcessor,
    TemperatureLogitsWarper,
    TopKLogitsWarper,
    TopPLogitsWarper,
)

WIDTH = 24


def warp(case):
    scores = torch.tensor([case["logits"]], dtype=torch.float32)
    scores = RepetitionPenaltyLogitsProcessor(case["repetition_penalty"])(
        torch.tensor([case["prompt"]]), scores
    )
    scores = TemperatureLogitsWarper(case["temperature"])(None, scores)
    if case["top_k"]:
        scores = TopKLogitsWarper(case["top_k"])(None, scores)
    if case["top_p"] < 1:
        if is_arbitrary(scores[0], case["top_p"]):
            return None
        scores = TopPLogitsWarper(case["top_p"])(None, scores)
    if case["min_p"]:
        scores = MinPLogitsWarper(case["min_p"])(None, scores)
    probabilities = scores[0].softmax(-1).tolist()
    return [[i, round(probabilities[i], 7)] for i in scores[0].isfinite().nonzero()[:, 0].tolist()]


def is_arbitrary(scores, top_p):
    probabilities = scores.double().softmax(-1).sort(descending=True).values
    before = probabilities.cumsum(-1) - probabilities
    if ((before[1:] - top_p).abs() < 1e-5).any():
        return True
    kept = int((before < top_p).sum().clamp(min=1))
    return kept < len(scores) and bool(probabilities[kept - 1] == probabilities[kept])


def main():
    random = np.random.default_rng(20240607)
    cases = []
    while len(cases) < 120:
        case = {
            "logits": [round(float(x), 1) for x in random.normal(0, random.choice([0.5, 2, 5]), WIDTH)],
            "prompt": [int(i) for i in random.integers(0, WIDTH, 6)],
            "repetition_penalty": float(random.choice([1.0, 1.0, 1.3, 0.8])),
            "temperature": float(random.choice([1.0, 0.7, 1.5, 3.0, 0.1])),
            "top_k": int(random.choice([0, 0, 0, 1, 3, 8, 8, 16, 23, 24, 1000])),
            "top_p": float(random.choice([0.0, 0.3, 0.7, 0.9, 0.9, 0.95, 1.0, 1.0])),
            "min_p": float(random.choice([0.0, 0.0, 0.0, 0.02, 0.1, 0.3, 1.0])),
        }
        left = warp(case)
        if left is not None:
            cases.append(case | {"left": left})
    lines = ",\n".join(json.dumps(case) for case in cases)
    Path(__file__).with_suffix(".json").write_text("[\n" + lines + "\n]\n")


if __name__ == "__main__":
    main()
