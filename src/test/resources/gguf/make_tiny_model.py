"""Writes tiny_*.gguf and tiny_gemma3_q8_0_expected.safetensors beside this file.

Needs PyPI gguf 0.19.0, numpy, safetensors 0.8.0, torch 2.15.0 and transformers 5.23.0. The GGUF
files hold tiny checkpoints of ../golden/tiny as llama.cpp's converter writes released ones: norms
are float32 with one added, the vocabulary is padded to the rows of the embedding. The other file
holds the logits that transformers computes with the weights of the Q8_0 file.
"""

import json
import math
import pathlib
import re

import gguf
import numpy
import torch
from gguf import GGMLQuantizationType as Type
from safetensors import safe_open
from safetensors.torch import load_file, save_file
from transformers import AutoModelForCausalLM

folder = pathlib.Path(__file__).parent
tiny = folder.parent / "golden" / "tiny"

NAMES = {
    "model.embed_tokens": "token_embd",
    "model.norm": "output_norm",
    "input_layernorm": "attn_norm",
    "self_attn.q_proj": "attn_q",
    "self_attn.k_proj": "attn_k",
    "self_attn.v_proj": "attn_v",
    "self_attn.o_proj": "attn_output",
    "self_attn.q_norm": "attn_q_norm",
    "self_attn.k_norm": "attn_k_norm",
    "post_attention_layernorm": "post_attention_norm",
    "pre_feedforward_layernorm": "ffn_norm",
    "mlp.gate_proj": "ffn_gate",
    "mlp.up_proj": "ffn_up",
    "mlp.down_proj": "ffn_down",
    "post_feedforward_layernorm": "post_ffw_norm",
}
ARCHITECTURES = {"gemma": "gemma", "gemma2": "gemma2", "gemma3_text": "gemma3"}
NORMAL, CONTROL, USER_DEFINED, UNUSED, BYTE = 1, 3, 4, 5, 6


def gguf_name(name, architecture):
    name = name.removesuffix(".weight")
    layer = re.fullmatch(r"model\.layers\.(\d+)\.(.*)", name)
    if not layer:
        return NAMES[name] + ".weight"
    number, part = layer.groups()
    # In the first version this norm stands before the feed-forward.
    first = architecture == "gemma" and part == "post_attention_layernorm"
    return f"blk.{number}.{'ffn_norm' if first else NAMES[part]}.weight"


def weights(source):
    for file in sorted(source.glob("model*.safetensors")):
        with safe_open(file, "pt") as tensors:
            for name in tensors.keys():
                yield name, tensors.get_tensor(name).float()


def add_vocabulary(writer, source, size):
    tokenizer = json.loads((source / "tokenizer.json").read_text())
    vocabulary = tokenizer["model"]["vocab"]
    tokens = [f"[PAD{i}]" for i in range(size)]
    scores = [-1000.0] * size
    types = [UNUSED] * size
    for token, i in vocabulary.items():
        tokens[i] = token
        types[i] = BYTE if re.fullmatch("<0x[0-9A-F]{2}>", token) else NORMAL
    for rank, merge in enumerate(tokenizer["model"]["merges"]):
        merged = "".join(merge) if isinstance(merge, list) else merge.replace(" ", "")
        if scores[vocabulary[merged]] == -1000:
            scores[vocabulary[merged]] = -float(rank)
    for added in tokenizer["added_tokens"]:
        i, token = added["id"], added["content"]
        control = added["special"] or token == "<mask>" or token.startswith("<unused")
        tokens[i] = token if control else token.replace("\u2581", " ")
        types[i] = CONTROL if control else USER_DEFINED
        scores[i] = -1000.0
    writer.add_tokenizer_model("llama")
    writer.add_tokenizer_pre("default")
    writer.add_token_list(tokens)
    writer.add_token_scores(scores)
    writer.add_token_types(types)
    writer.add_bos_token_id(2)
    writer.add_eos_token_id(1)
    writer.add_unk_token_id(3)
    writer.add_pad_token_id(0)
    writer.add_add_bos_token(True)
    writer.add_add_eos_token(False)
    writer.add_add_space_prefix(False)


def write(name, target, kind):
    source = tiny / name
    config = json.loads((source / "config.json").read_text())
    architecture = ARCHITECTURES[config["model_type"]]
    head_size = config["head_dim"]
    writer = gguf.GGUFWriter(folder / target, architecture)
    writer.add_name("Tiny")
    writer.add_context_length(config["max_position_embeddings"])
    writer.add_embedding_length(config["hidden_size"])
    writer.add_block_count(config["num_hidden_layers"])
    writer.add_feed_forward_length(config["intermediate_size"])
    writer.add_head_count(config["num_attention_heads"])
    writer.add_head_count_kv(config["num_key_value_heads"])
    writer.add_layer_norm_rms_eps(config["rms_norm_eps"])
    writer.add_key_length(head_size)
    writer.add_value_length(head_size)
    if architecture != "gemma":
        writer.add_sliding_window(config["sliding_window"])
    if architecture == "gemma2":
        writer.add_attn_logit_softcapping(config["attn_logit_softcapping"])
        writer.add_final_logit_softcapping(config["final_logit_softcapping"])
    if architecture == "gemma3":
        writer.add_rope_freq_base(config["rope_parameters"]["full_attention"]["rope_theta"])
    add_vocabulary(writer, source, config["vocab_size"])
    dequantised = {}
    for weight_name, weight in weights(source):
        if "norm" in weight_name:
            data, stored = (weight + 1).numpy(), Type.F32
        else:
            if "q_proj" in weight_name:
                # Readers divide by the root of the head size, for the file has no key for another.
                scalar = config.get("query_pre_attn_scalar", head_size)
                weight = weight * math.sqrt(head_size / scalar)
            data, stored = gguf.quants.quantize(weight.numpy(), kind), kind
        writer.add_tensor(gguf_name(weight_name, architecture), data, raw_dtype=stored)
        values = gguf.quants.dequantize(data, stored).reshape(weight.shape)
        dequantised[weight_name] = torch.from_numpy(values - 1 if "norm" in weight_name else values)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    return dequantised


def logits(name, state):
    model = AutoModelForCausalLM.from_pretrained(
        tiny / name, dtype=torch.float32, attn_implementation="eager"
    )
    missing, unexpected = model.load_state_dict(state, strict=False)
    assert missing == ["lm_head.weight"] and not unexpected
    golden = load_file(tiny / name / "golden.safetensors")
    results = {}
    with torch.no_grad():
        for prompt in ("p0", "p1", "p2"):
            ids = golden[f"{prompt}.input_ids"]
            results[f"{prompt}.input_ids"] = ids
            results[f"{prompt}.logits"] = model(ids).logits.contiguous()
    return results


write("gemma1_mqa", "tiny_gemma1_bf16.gguf", Type.BF16)
write("gemma2", "tiny_gemma2_f32.gguf", Type.F32)
write("gemma3_mqa", "tiny_gemma3_bf16.gguf", Type.BF16)
state = write("gemma3_mqa", "tiny_gemma3_q8_0.gguf", Type.Q8_0)
save_file(logits("gemma3_mqa", state), folder / "tiny_gemma3_q8_0_expected.safetensors")
