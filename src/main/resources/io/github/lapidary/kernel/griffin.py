# The layers of RecurrentGemma (arXiv 2404.07839), which are Griffin's (arXiv 2402.19427): a recurrent
# mixer or attention, then a gated feed-forward, each normed before and added to the stream.
# x [..., M] float32 -> [..., M] float32; w, s, spans and the numbers as in recurrent.py and
# attention.py. If rows are named, only these leave the layer, [n, M].

def before_scan(x: Tensor, w: List[List[Tensor]], s: List[Tensor], spans: List[int], eps: float, rows: List[int]) -> Tuple[Tensor, Tensor, Tensor]:
  # of a recurrent layer: the gate of the rows that leave it, and what the RG-LRU scans, [R, W] each
  temporal_pre_norm, linear_y, linear_x, conv_1d, rg_lru, input_gate, recurrent_gate, linear_out, channel_pre_norm, gate_proj, up_proj, down_proj = w
  h = __torch__.norm.rms_norm(x.reshape([-1, x.size(-1)]), temporal_pre_norm, eps)
  return __torch__.recurrent.mixer_inputs(
      h, [linear_y, linear_x, conv_1d, rg_lru, input_gate, recurrent_gate, linear_out], s, spans, rows)

def after_scan(x: Tensor, gate: Tensor, states: Tensor, w: List[List[Tensor]], eps: float) -> Tensor:
  # the rest of the layer: the stream x [..., M] and the states [R, W] -> [..., M]
  temporal_pre_norm, linear_y, linear_x, conv_1d, rg_lru, input_gate, recurrent_gate, linear_out, channel_pre_norm, gate_proj, up_proj, down_proj = w
  y = __torch__.recurrent.mixer_output(gate, states, [linear_y, linear_x, conv_1d, rg_lru, input_gate, recurrent_gate, linear_out])
  x = x + y.view(x.size())
  h = __torch__.norm.rms_norm(x, channel_pre_norm, eps)
  return x + __torch__.feed_forward.geglu(h, gate_proj, up_proj, down_proj)

def recurrent(x: Tensor, w: List[List[Tensor]], s: List[Tensor], spans: List[int], eps: float, rows: List[int]) -> Tensor:
  gate, a, inputs = __torch__.griffin.before_scan(x, w, s, spans, eps, rows)
  states = __torch__.recurrent.scan_all(a, inputs, s[0::2], spans)
  return __torch__.griffin.after_scan(__torch__.tokens.kept(x, rows), gate, __torch__.tokens.kept(states, rows), w, eps)

def recorded(x: Tensor, w: List[List[Tensor]], s: List[Tensor], spans: List[int], eps: float, rows: List[int]) -> List[Tensor]:
  # The same from no states, all rows, in two graphs, between which the scan has a reverse pass of its
  # own: what the layer gives; where the first graph ends, a and the inputs of the scan; where the
  # second begins, the states; and the spans.
  gate, a, inputs = __torch__.griffin.before_scan(x, w, s, spans, eps, annotate(List[int], []))
  # No node holds the inputs, a product, so the states may overwrite them.
  states = __torch__.recurrent.scan_all(torch.detach(a), torch.detach(inputs), s, spans)
  states = states.requires_grad_(True)
  y = __torch__.griffin.after_scan(x, gate, states, w, eps)
  return [y, a, inputs, states, torch.tensor(spans, dtype=4)]

def add_gradients(y: List[Tensor], x: Tensor, w: List[Tensor], dy: Tensor, g: List[Tensor]) -> Tensor:
  # From what was recorded and dy, the gradient [..., M] of what the layer gave, come those of the
  # weights that require one, which are added to g, and that of x.
  result, a, inputs, states, spans = y
  variables = [x]
  sums = annotate(List[Tensor], [])
  for i in range(len(w)):
    if w[i].requires_grad:
      _0 = torch.append(variables, w[i])
      _1 = torch.append(sums, g[i])
  after = torch.grad([result], torch.add([states], variables), annotate(List[Optional[Tensor]], [dy]), True, False, True)
  d = unchecked_cast(Tensor, after[0])
  # Nor does anything hold d, the gradient of one factor of a product.
  of_a = __torch__.recurrent.scan_all_reverse(torch.detach(a), torch.detach(states), d, __torch__.tokens.integers(spans))
  before = torch.grad([a, inputs], variables, annotate(List[Optional[Tensor]], [of_a, d]), None, False, True)
  for i in range(len(sums)):
    _2 = __torch__.griffin.add(sums[i], after[i + 2])
    _3 = __torch__.griffin.add(sums[i], before[i + 1])
  return unchecked_cast(Tensor, after[1]) + unchecked_cast(Tensor, before[0])

def add(sum: Tensor, x: Optional[Tensor]) -> Tensor:
  # adds a gradient, if autograd found one
  if x is not None:
    _0 = torch.add_(sum, x)
  return sum

def attention(x: Tensor, w: List[List[Tensor]], s: List[Tensor], spans: List[int], rope: Tensor,
              N: int, K: int, H: int, W: int, scale: float, softcap: float, eps: float, rows: List[int]) -> Tensor:
  temporal_pre_norm, qkv_proj, o_proj, channel_pre_norm, gate_proj, up_proj, down_proj = w
  h = __torch__.norm.rms_norm(x, temporal_pre_norm, eps)
  x = x + __torch__.attention.attention(h, [qkv_proj, o_proj], s, spans, rope, N, K, H, W, scale, softcap, eps)
  x = __torch__.tokens.kept(x, rows)
  h = __torch__.norm.rms_norm(x, channel_pre_norm, eps)
  return x + __torch__.feed_forward.geglu(h, gate_proj, up_proj, down_proj)
