# Gated feed-forward networks (Shazeer, arXiv 2002.05202). F inner width, M width.

def geglu(x: Tensor, gate_proj: List[Tensor], up_proj: List[Tensor], down_proj: List[Tensor]) -> Tensor:
  # down(gelu(gate x) * up x) with the tanh form of GELU, [..., M] -> [..., M]
  return __torch__.linear.linear(__torch__.linear.gated(x, gate_proj, up_proj), down_proj)

def geglu_alone(x: Tensor, w: List[List[Tensor]]) -> Tensor:
  # the same in float32, as it leaves the kernels
  gate_proj, up_proj, down_proj = w
  return __torch__.feed_forward.geglu(x, gate_proj, up_proj, down_proj).to(dtype=6)
