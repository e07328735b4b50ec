# The layers of Gemma 1, 2 and 3 (arXiv 2403.08295, 2408.00118, 2503.19786).
# x [..., M] float32 -> [..., M] float32; w, s, spans and the numbers as in attention.py. If rows are
# named, only these leave the layer, [n, M].

def layer1(x: Tensor, w: List[List[Tensor]], s: List[Tensor], spans: List[int], rope: Tensor,
           N: int, K: int, H: int, W: int, scale: float, softcap: float, eps: float, rows: List[int]) -> Tensor:
  # two pre-normed residual branches
  input_layernorm, qkv_proj, o_proj, post_attention_layernorm, gate_proj, up_proj, down_proj = w
  h = __torch__.norm.rms_norm(x, input_layernorm, eps)
  x = x + __torch__.attention.attention(h, [qkv_proj, o_proj], s, spans, rope, N, K, H, W, scale, softcap, eps)
  x = __torch__.tokens.kept(x, rows)
  h = __torch__.norm.rms_norm(x, post_attention_layernorm, eps)
  return x + __torch__.feed_forward.geglu(h, gate_proj, up_proj, down_proj)

def branches(x: Tensor, attention: List[List[Tensor]], feed_forward: List[List[Tensor]], s: List[Tensor], spans: List[int],
             rope: Tensor, N: int, K: int, H: int, W: int, scale: float, softcap: float, eps: float, rows: List[int]) -> Tensor:
  # two residual branches with norms on both sides, of Gemma 2 and 3
  h = __torch__.norm.rms_norm(x, attention[0], eps)
  h = __torch__.attention.attention(h, attention[2:], s, spans, rope, N, K, H, W, scale, softcap, eps)
  x = __torch__.tokens.kept(__torch__.norm.add_rms_norm(x, h, attention[1], eps), rows)
  h = __torch__.norm.rms_norm(x, feed_forward[0], eps)
  h = __torch__.feed_forward.geglu(h, feed_forward[2], feed_forward[3], feed_forward[4])
  return __torch__.norm.add_rms_norm(x, h, feed_forward[1], eps)

def layer2(x: Tensor, w: List[List[Tensor]], s: List[Tensor], spans: List[int], rope: Tensor,
           N: int, K: int, H: int, W: int, scale: float, softcap: float, eps: float, rows: List[int]) -> Tensor:
  input_layernorm, qkv_proj, o_proj, post_attention_layernorm, pre_feedforward_layernorm, gate_proj, up_proj, down_proj, post_feedforward_layernorm = w
  return __torch__.gemma.branches(
      x, [input_layernorm, post_attention_layernorm, qkv_proj, o_proj],
      [pre_feedforward_layernorm, post_feedforward_layernorm, gate_proj, up_proj, down_proj],
      s, spans, rope, N, K, H, W, scale, softcap, eps, rows)

def layer3(x: Tensor, w: List[List[Tensor]], s: List[Tensor], spans: List[int], rope: Tensor,
           N: int, K: int, H: int, W: int, scale: float, softcap: float, eps: float, rows: List[int]) -> Tensor:
  # Gemma 2's, with norms of queries and keys
  input_layernorm, qkv_proj, o_proj, q_norm, k_norm, post_attention_layernorm, pre_feedforward_layernorm, gate_proj, up_proj, down_proj, post_feedforward_layernorm = w
  return __torch__.gemma.branches(
      x, [input_layernorm, post_attention_layernorm, qkv_proj, o_proj, q_norm, k_norm],
      [pre_feedforward_layernorm, post_feedforward_layernorm, gate_proj, up_proj, down_proj],
      s, spans, rope, N, K, H, W, scale, softcap, eps, rows)
