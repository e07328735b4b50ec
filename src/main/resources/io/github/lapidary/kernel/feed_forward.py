# Gated feed-forward networks (Shazeer, arXiv 2002.05202). F inner width, M width.

def geglu(x: Tensor, gate_up_proj: List[Tensor], down_proj: List[Tensor]) -> Tensor:
  # down(gelu(gate x) * up x) with the tanh form of GELU, [..., M] -> [..., M]
  h = __torch__.linear.linear(x, gate_up_proj)  # [..., 2F]
  gate, up = torch.chunk(h, 2, -1)
  return __torch__.linear.linear(torch.gelu(gate, approximate="tanh") * up, down_proj)

def geglu_alone(x: Tensor, w: List[List[Tensor]]) -> Tensor:
  # the same in float32, as it leaves the kernels
  gate_up_proj, down_proj = w
  return __torch__.feed_forward.geglu(x, gate_up_proj, down_proj).to(dtype=6)
