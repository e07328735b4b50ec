# The layers of RecurrentGemma (arXiv 2404.07839), which are Griffin's (arXiv 2402.19427): a recurrent
# mixer or attention, then a gated feed-forward, each normed before and added to the stream.
# x [..., M] float32 -> [..., M] float32; w, s, spans and the numbers as in recurrent.py and
# attention.py. If rows are named, only these leave the layer, [n, M].

def recurrent(x: Tensor, w: List[List[Tensor]], s: List[Tensor], spans: List[int], eps: float, rows: List[int]) -> Tensor:
  temporal_pre_norm, linear_y, linear_x, conv_1d, rg_lru, input_gate, recurrent_gate, linear_out, channel_pre_norm, gate_proj, up_proj, down_proj = w
  h = __torch__.norm.rms_norm(x, temporal_pre_norm, eps)
  x = x + __torch__.recurrent.mixer(h, [linear_y, linear_x, conv_1d, rg_lru, input_gate, recurrent_gate, linear_out], s, spans)
  x = __torch__.tokens.kept(x, rows)
  h = __torch__.norm.rms_norm(x, channel_pre_norm, eps)
  return x + __torch__.feed_forward.geglu(h, gate_proj, up_proj, down_proj)

def attention(x: Tensor, w: List[List[Tensor]], s: List[Tensor], spans: List[int], rope: Tensor,
              N: int, K: int, H: int, W: int, scale: float, softcap: float, eps: float, rows: List[int]) -> Tensor:
  temporal_pre_norm, qkv_proj, o_proj, channel_pre_norm, gate_proj, up_proj, down_proj = w
  h = __torch__.norm.rms_norm(x, temporal_pre_norm, eps)
  x = x + __torch__.attention.attention(h, [qkv_proj, o_proj], s, spans, rope, N, K, H, W, scale, softcap, eps)
  x = __torch__.tokens.kept(x, rows)
  h = __torch__.norm.rms_norm(x, channel_pre_norm, eps)
  return x + __torch__.feed_forward.geglu(h, gate_proj, up_proj, down_proj)
