# The layers of RecurrentGemma (arXiv 2404.07839), which are Griffin's (arXiv 2402.19427): a recurrent
# mixer or attention, then a gated feed-forward, each normed before and added to the stream.
# x [..., M] float32 -> [..., M] float32; w, s, spans and the numbers as in recurrent.py and
# attention.py. If rows are named, only these leave the layer, [n, M].

def before_scan(x: Tensor, w: List[List[Tensor]], s: List[Tensor], spans: List[int], eps: float) -> Tuple[Tensor, Tensor, Tensor]:
  # of a recurrent layer: the gate, and what the RG-LRU scans, [R, W] each
  temporal_pre_norm, linear_y, linear_x, conv_1d, rg_lru, input_gate, recurrent_gate, linear_out, channel_pre_norm, gate_proj, up_proj, down_proj = w
  h = __torch__.norm.rms_norm(x.reshape([-1, x.size(-1)]), temporal_pre_norm, eps)
  return __torch__.recurrent.mixer_inputs(
      h, [linear_y, linear_x, conv_1d, rg_lru, input_gate, recurrent_gate, linear_out], s, spans)

def after_scan(x: Tensor, gate: Tensor, states: Tensor, w: List[List[Tensor]], eps: float) -> Tensor:
  # the rest of the layer: the stream x [..., M] and the states [R, W] -> [..., M]
  temporal_pre_norm, linear_y, linear_x, conv_1d, rg_lru, input_gate, recurrent_gate, linear_out, channel_pre_norm, gate_proj, up_proj, down_proj = w
  y = __torch__.recurrent.mixer_output(gate, states, [linear_y, linear_x, conv_1d, rg_lru, input_gate, recurrent_gate, linear_out])
  x = x + y.view(x.size())
  h = __torch__.norm.rms_norm(x, channel_pre_norm, eps)
  return x + __torch__.feed_forward.geglu(h, gate_proj, up_proj, down_proj)

def recurrent(x: Tensor, w: List[List[Tensor]], s: List[Tensor], spans: List[int], eps: float, rows: List[int]) -> Tensor:
  gate, a, inputs = __torch__.griffin.before_scan(x, w, s, spans, eps)
  states = __torch__.recurrent.scan_all(a, inputs, s[0::2], spans)
  return __torch__.griffin.after_scan(
      __torch__.tokens.kept(x, rows), __torch__.tokens.kept(gate, rows), __torch__.tokens.kept(states, rows), w, eps)

def recurrent_gradients(x: Tensor, w: List[List[Tensor]], spans: List[int], eps: float, g: Tensor) -> List[Tensor]:
  # of a gradient g [..., M] of the layer's output, those of x and of each of w that requires one, in
  # this order. The layer is run again, in two graphs, between which the scan has its own reverse pass.
  x = torch.detach(x).requires_grad_(True)
  variables = [x]
  for group in w:
    for weight in group:
      if weight.requires_grad:
        _0 = torch.append(variables, weight)
  gate, a, inputs = __torch__.griffin.before_scan(x, w, annotate(List[Tensor], []), spans, eps)
  # No node holds the inputs, a product, so the states may overwrite them; nor their own gradient,
  # one of a product.
  states = __torch__.recurrent.scan_all(torch.detach(a), torch.detach(inputs), annotate(List[Tensor], []), spans)
  states = states.requires_grad_(True)
  y = __torch__.griffin.after_scan(x, gate, states, w, eps)
  after = torch.grad([y], torch.add([states], variables), annotate(List[Optional[Tensor]], [g]), True, False, True)
  d = unchecked_cast(Tensor, after[0])
  of_a = __torch__.recurrent.scan_all_reverse(torch.detach(a), torch.detach(states), d, spans)
  before = torch.grad([a, inputs], variables, annotate(List[Optional[Tensor]], [of_a, d]), None, False, True)
  gradients = annotate(List[Tensor], [])
  for i in range(len(variables)):
    _1 = torch.append(gradients, __torch__.griffin.added(after[i + 1], before[i], variables[i]))
  return gradients

def attention(x: Tensor, w: List[List[Tensor]], s: List[Tensor], spans: List[int], rope: Tensor,
              N: int, K: int, H: int, W: int, scale: float, softcap: float, eps: float, rows: List[int]) -> Tensor:
  temporal_pre_norm, qkv_proj, o_proj, channel_pre_norm, gate_proj, up_proj, down_proj = w
  h = __torch__.norm.rms_norm(x, temporal_pre_norm, eps)
  x = x + __torch__.attention.attention(h, [qkv_proj, o_proj], s, spans, rope, N, K, H, W, scale, softcap, eps)
  x = __torch__.tokens.kept(x, rows)
  h = __torch__.norm.rms_norm(x, channel_pre_norm, eps)
  return x + __torch__.feed_forward.geglu(h, gate_proj, up_proj, down_proj)

def added(x: Optional[Tensor], y: Optional[Tensor], like: Tensor) -> Tensor:
  # the sum of two gradients, either of which autograd may have found to be none
  if x is not None:
    if y is not None:
      z = x + y
    else:
      z = x
  else:
    if y is not None:
      z = y
    else:
      z = torch.zeros_like(like)
  return z
