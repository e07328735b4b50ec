"""Trains all weights of tiny checkpoints for 20 steps with transformers and torch.optim.AdamW, in float32 on the CPU.

    python make_full_training.py

writes NAME.safetensors beside this script for each checkpoint of ../tiny named below: input_ids and labels [20, B, T] of
each step (labels as the library takes them: what is foretold at a place, -100 for nothing), learning_rate [20], loss and
norm [20] (the gradients' global norm before clipping to 1), final_norm.PARAMETER (float64) and final.PARAMETER of some.
Norms and biases do not decay. Made with transformers 5.23.0 and torch 2.15.0.
"""
from pathlib import Path

import torch
import transformers
from safetensors.torch import save_file

STEPS, B, T = 20, 2, 21
FOLDER = Path(__file__).parent


def train(name):
    torch.manual_seed(1)
    model = transformers.AutoModelForCausalLM.from_pretrained(
        FOLDER.parent / "tiny" / name, dtype=torch.float32, attn_implementation="eager")
    model.train()
    parameters = dict(model.named_parameters())
    decayed = [p for n, p in parameters.items() if p.dim() > 1]
    others = [p for n, p in parameters.items() if p.dim() <= 1]
    optimizer = torch.optim.AdamW([{"params": decayed, "weight_decay": 0.1}, {"params": others, "weight_decay": 0.0}],
                                  lr=1e-3, betas=(0.9, 0.95), eps=1e-8)
    out = {k: [] for k in ("input_ids", "labels", "learning_rate", "loss", "norm")}
    for step in range(STEPS):
        ids = torch.randint(5, 600, (B, T))
        ids[:, 0] = 2
        labels = torch.cat([ids[:, 1:], torch.full((B, 1), -100)], 1)
        labels[0, :3] = -100
        rate = 2e-3 * min(1, (step + 1) / 5)
        for group in optimizer.param_groups:
            group["lr"] = rate
        logits = model(input_ids=ids).logits
        loss = torch.nn.functional.cross_entropy(logits.flatten(0, 1), labels.flatten())
        loss.backward()
        norm = torch.nn.utils.clip_grad_norm_(parameters.values(), 1.0)
        optimizer.step()
        optimizer.zero_grad()
        for key, value in zip(out, (ids, labels, torch.tensor(rate), loss.detach(), norm.detach())):
            out[key].append(value)
    tensors = {k: torch.stack(v) for k, v in out.items()}
    for n, p in parameters.items():
        tensors["final_norm." + n] = p.detach().double().norm().float().reshape(1)
        if p.dim() == 1 or "layers.1.mlp" in n:
            tensors["final." + n] = p.detach().clone()
    save_file(tensors, FOLDER / f"{name}.safetensors")
    print(name, tensors["loss"].tolist(), tensors["norm"].tolist())


for checkpoint in ("gemma3_mqa", "recurrentgemma_bf16"):
    train(checkpoint)
