# The layers of GLaM (arXiv 2112.06905): attention, then a gated feed-forward or experts, each normed
# before and added to the stream.
# x [..., M] float32 -> [..., M] float32; w, s, spans, buckets and the numbers as in relative.py and
# experts.py. If rows are named, only these leave the layer, [n, M].

def attended(x: Tensor, w: List[List[Tensor]], s: List[Tensor], spans: List[int], buckets: Tensor,
             N: int, H: int, scale: float, extra: List[float], eps: float, rows: List[int]) -> Tensor:
  # the first half of a layer, by the first of its weights
  h = __torch__.norm.plain_rms_norm(x, w[0], eps)
  x = x + __torch__.relative.attention(h, w[1:4], s, spans, buckets, N, H, scale, extra)
  return __torch__.tokens.kept(x, rows)

def dense(x: Tensor, w: List[List[Tensor]], s: List[Tensor], spans: List[int], buckets: Tensor,
          N: int, H: int, scale: float, extra: List[float], eps: float, rows: List[int]) -> Tensor:
  input_layernorm, qkv_proj, o_proj, relative_attention_bias, post_attention_layernorm, gate_proj, up_proj, down_proj = w
  x = __torch__.glam.attended(x, w, s, spans, buckets, N, H, scale, extra, eps, rows)
  h = __torch__.norm.plain_rms_norm(x, post_attention_layernorm, eps)
  return x + __torch__.feed_forward.geglu(h, gate_proj, up_proj, down_proj)

def sparse(x: Tensor, w: List[List[Tensor]], s: List[Tensor], spans: List[int], buckets: Tensor,
           N: int, H: int, scale: float, extra: List[float], eps: float, activation: str, gated: bool, before: bool,
           threshold: float, coefficient: float, z: float, noise: float, routing: List[Tensor], groups: List[int], rows: List[int]) -> Tensor:
  input_layernorm, qkv_proj, o_proj, relative_attention_bias, post_attention_layernorm, gate, experts = w
  x = __torch__.glam.attended(x, w, s, spans, buckets, N, H, scale, extra, eps, rows)
  h = __torch__.norm.plain_rms_norm(x, post_attention_layernorm, eps).view([-1, x.size(-1)])
  y = __torch__.experts.feed_forward(h, gate, experts, activation, gated, before, threshold, coefficient, z, noise, routing, groups)
  return x + y.view(x.size())

def sparse_gradients(x: Tensor, w: List[List[Tensor]], s: List[Tensor], spans: List[int], buckets: Tensor,
                     N: int, H: int, scale: float, extra: List[float], eps: float, activation: str, gated: bool, before: bool,
                     threshold: float, coefficient: float, z: float, noise: float, routing: List[Tensor], groups: List[int], rows: List[int],
                     dy: Tensor, g: List[Tensor]) -> Tensor:
  # From dy, the gradient of what the layer gives, and its own loss come the gradients of the weights
  # that require one, which are added to g, and that of x.
  x = __torch__.gradients.leaf(x)
  loss = torch.zeros_like(routing[0])
  again = torch.add([loss, torch.zeros_like(routing[1])], routing[2:])
  y = __torch__.glam.sparse(
      x, w, s, spans, buckets, N, H, scale, extra, eps, activation, gated, before, threshold, coefficient, z, noise, again, groups, rows)
  weights = annotate(List[Tensor], [])
  for group in w:
    weights = torch.add(weights, group)
  return __torch__.gradients.add([y, loss], x, weights, dy, g)
