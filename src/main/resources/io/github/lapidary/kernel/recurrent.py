# The recurrent mixer of Griffin (arXiv 2402.19427): convolution, RG-LRU and their gate.
# R rows, T tokens of one sequence, M width of the stream, W width of the recurrence, D inputs of the
# convolution.
# A state has two slots: a pass reads the one that its span names and writes the other. At position
# 0 nothing is read.

def convolve(x: Tensor, taps: Tensor, bias: Tensor) -> Tensor:
  # y_t = bias + sum_d taps_d x_(t - D + 1 + d): x [D - 1 + T, W] float32, the last T and the inputs
  # before them, taps [D, W] float32, bias [W] -> [T, W] float32
  D = taps.size(0)
  T = x.size(0) - D + 1
  if T == 1:
    y = torch.sum(x * taps, [0], True) + bias
  else:
    y = bias
    for d in range(D):
      y = torch.addcmul(y, torch.narrow(x, 0, d, T), taps[d])
  return y

def convolution(x: Tensor, w: List[Tensor], s: List[Tensor], spans: List[int]) -> Tensor:
  # x [R, W], w [weight [W, 1, D], bias [W]] -> [R, W] float32; s is [2, D - 1, W] of each sequence
  weight, bias = w
  W, one, D = weight.size()
  taps = weight.view([W, D]).t().to(dtype=6).contiguous()  # [D, W]
  outputs = annotate(List[Tensor], [])
  row = 0
  for i in range(len(spans) // 3):
    T = spans[3 * i]
    slot = spans[3 * i + 2]
    if len(s) > 0 and spans[3 * i + 1] > 0:
      before = s[i][slot]
    else:
      before = torch.zeros([D - 1, W], dtype=x.dtype, device=x.device)
    inputs = torch.cat([before, torch.slice(x, 0, row, row + T)])
    if len(s) > 0:
      s[i][1 - slot] = torch.slice(inputs, 0, T)
    _0 = torch.append(outputs, __torch__.recurrent.convolve(inputs.to(dtype=6), taps, bias))
    row = row + T
  return __torch__.attention.joined(outputs, 0)

def convolution_alone(x: Tensor, w: List[List[Tensor]], s: List[Tensor], spans: List[int]) -> Tensor:
  # the same of [..., W], as it leaves the kernels
  return __torch__.recurrent.convolution(x.reshape([-1, x.size(-1)]), w[0], s, spans).view(x.size())

def bounded_root(x: Tensor) -> Tensor:
  # the square root; its derivative is held below 1000, for at 0 it has none
  y = torch.sqrt(torch.detach(x))
  if x.requires_grad:
    slope = torch.rsqrt(torch.clamp_min(torch.detach(x) * 4., 1e-06))
    y = torch.addcmul(y, x - torch.detach(x), slope)
  return y

def scan(a: Tensor, x: Tensor, h: Optional[Tensor]) -> Tensor:
  # h_t = a_t h_(t-1) + x_t, token by token: a and x [..., T, W], h [W] before the first
  # -> [..., T, W]. x is overwritten.
  decays = torch.unbind(a, -2)
  states = torch.unbind(x, -2)
  if h is not None:
    _0 = torch.addcmul_(states[0], decays[0], h)
  for t in range(1, len(states)):
    _1 = torch.addcmul_(states[t], decays[t], states[t - 1])
  return x

def scan_recorded(a: Tensor, x: Tensor) -> Tensor:
  # the same from no state, where autograd sees a and x: for blocks under DJL's own collector, to
  # which a kernel text can give no reverse pass. A product and a sum, for the reverse of addcmul has
  # two products more. A pass that asks for gradients itself uses scan_all_reverse, which takes a
  # small part of the time.
  decays = torch.unbind(a, -2)
  inputs = torch.unbind(x, -2)
  h = inputs[0]
  states = [h]
  for t in range(1, len(inputs)):
    h = decays[t] * h + inputs[t]
    _0 = torch.append(states, h)
  return torch.stack(states, -2)

def scan_reverse(a: Tensor, h: Tensor, d: Tensor, of_a: Tensor) -> Tensor:
  # the reverse pass of a scan from no state. Of a gradient d of the states h [..., T, W],
  # d_t + a_(t+1) d_(t+1) is that of x_t and overwrites d; times h_(t-1) it is that of a_t and
  # overwrites of_a.
  T = h.size(-2)
  decays = torch.unbind(a, -2)
  gradients = torch.unbind(d, -2)
  for t in range(T - 1, 0, -1):
    _0 = torch.addcmul_(gradients[t - 1], decays[t], gradients[t])
  _1 = torch.zero_(torch.select(of_a, -2, 0))
  _2 = torch.mul(torch.narrow(d, -2, 1, T - 1), torch.narrow(h, -2, 0, T - 1), out=torch.narrow(of_a, -2, 1, T - 1))
  return d

def sequences(x: Tensor, spans: List[int]) -> List[Tensor]:
  # views of x [R, W] that are scanned one after another: [T, W] of each sequence, or one [B, T, W]
  # if all are of one length
  B = len(spans) // 3
  lengths = annotate(List[int], [])
  alike = True
  for i in range(B):
    _0 = torch.append(lengths, spans[3 * i])
    alike = alike and spans[3 * i] == spans[0]
  if alike:
    parts = [x.view([B, spans[0], x.size(1)])]
  else:
    parts = torch.split_with_sizes(x, lengths)
  return parts

def scan_all(a: Tensor, x: Tensor, s: List[Tensor], spans: List[int]) -> Tensor:
  # the states of all sequences, a and x [R, W] -> [R, W]; s is h [2, W] of each. Without gradients
  # x is overwritten.
  y = x
  if len(s) > 0:
    row = 0
    for i in range(len(s)):
      T = spans[3 * i]
      slot = spans[3 * i + 2]
      before = annotate(Optional[Tensor], None)
      if spans[3 * i + 1] > 0:
        before = s[i][slot]
      h = __torch__.recurrent.scan(a[row:row + T], x[row:row + T], before)
      s[i][1 - slot] = h[T - 1]
      row = row + T
  else:
    decays = __torch__.recurrent.sequences(a, spans)
    inputs = __torch__.recurrent.sequences(x, spans)
    outputs = annotate(List[Tensor], [])
    recorded = a.requires_grad or x.requires_grad
    for i in range(len(inputs)):
      if recorded:
        h = __torch__.recurrent.scan_recorded(decays[i], inputs[i])
        _0 = torch.append(outputs, h.view([-1, x.size(1)]))
      else:
        _1 = __torch__.recurrent.scan(decays[i], inputs[i], None)
    if recorded:
      y = __torch__.attention.joined(outputs, 0)
  return y

def scan_all_reverse(a: Tensor, h: Tensor, d: Tensor, spans: List[int]) -> Tensor:
  # the reverse pass of it without states: of a gradient d of the states h [R, W]. It overwrites d
  # with the gradient of x and returns that of a.
  of_a = torch.empty_like(a)
  decays = __torch__.recurrent.sequences(a, spans)
  states = __torch__.recurrent.sequences(h, spans)
  gradients = __torch__.recurrent.sequences(d, spans)
  products = __torch__.recurrent.sequences(of_a, spans)
  for i in range(len(states)):
    _0 = __torch__.recurrent.scan_reverse(decays[i], states[i], gradients[i], products[i])
  return of_a

def first_rows(spans: List[int]) -> List[int]:
  # the rows at position 0
  rows = annotate(List[int], [])
  row = 0
  for i in range(len(spans) // 3):
    if spans[3 * i + 1] == 0:
      _0 = torch.append(rows, row)
    row = row + spans[3 * i]
  return rows

def decays_and_inputs(x: Tensor, recurrent_param: List[Tensor], input_gate: List[Tensor],
                      recurrent_gate: List[Tensor], spans: List[int]) -> Tuple[Tensor, Tensor]:
  # what the RG-LRU scans: a_t = exp(-8 softplus(recurrent_param) sigmoid(recurrent_gate(x_t))) and
  # sqrt(1 - a_t^2) (x_t sigmoid(input_gate(x_t))), without the root at position 0, where nothing is
  # read. x [R, W] float32 -> [R, W], [R, W] float32
  h = x.to(dtype=input_gate[0].dtype)
  recurrence = torch.sigmoid(__torch__.linear.block_diagonal(h, recurrent_gate).to(dtype=6))
  log_a = recurrence * (torch.softplus(recurrent_param[0]) * -8.)  # [R, W]
  scale = __torch__.recurrent.bounded_root(torch.neg(torch.expm1(log_a * 2.)))
  rows = __torch__.recurrent.first_rows(spans)
  if len(rows) > 0:
    scale = torch.index_fill(scale, 0, torch.tensor(rows, dtype=4, device=x.device), 1.)
  inputs = x * torch.sigmoid(__torch__.linear.block_diagonal(h, input_gate).to(dtype=6)) * scale
  return (torch.exp(log_a), inputs)

def rg_lru_alone(x: Tensor, w: List[List[Tensor]], s: List[Tensor], spans: List[int]) -> Tensor:
  # h_t = a_t h_(t-1) + input_t, [..., W] -> [..., W] float32; s is h [2, W] of each sequence
  recurrent_param, input_gate, recurrent_gate = w
  rows = x.reshape([-1, x.size(-1)])
  a, inputs = __torch__.recurrent.decays_and_inputs(rows, recurrent_param, input_gate, recurrent_gate, spans)
  return __torch__.recurrent.scan_all(a, inputs, s, spans).view(x.size())

def mixer_inputs(x: Tensor, w: List[List[Tensor]], s: List[Tensor], spans: List[int], rows: List[int]) -> Tuple[Tensor, Tensor, Tensor]:
  # the gate gelu(linear_y x) of some rows, or of all if none is named, and what the RG-LRU of
  # conv_1d(linear_x x) scans: x [R, M] -> [n, W], [R, W], [R, W]; w and s as of the mixer. One product
  # right after the other: of a single token, one that begins after other work is slower.
  linear_y, linear_x, conv_1d, rg_lru, input_gate, recurrent_gate, linear_out = w
  x = x.to(dtype=linear_x[0].dtype)
  h = __torch__.linear.linear(x, linear_x)
  gate = __torch__.linear.gelu(__torch__.tokens.kept(x, rows), linear_y)
  h = __torch__.recurrent.convolution(h, conv_1d, s[1::2], spans)
  a, inputs = __torch__.recurrent.decays_and_inputs(h, rg_lru, input_gate, recurrent_gate, spans)
  return (gate, a, inputs)

def mixer_output(gate: Tensor, h: Tensor, w: List[List[Tensor]]) -> Tensor:
  # linear_out(h * gate): the gate and states h [R, W] -> [R, M]; w as of the mixer
  linear_y, linear_x, conv_1d, rg_lru, input_gate, recurrent_gate, linear_out = w
  return __torch__.linear.linear(h * gate, linear_out)

def mixer_alone(x: Tensor, w: List[List[Tensor]], s: List[Tensor], spans: List[int]) -> Tensor:
  # linear_out(rg_lru(conv_1d(linear_x x)) * gelu(linear_y x)), [..., M] -> [..., M] float32; s is the
  # state of the RG-LRU and that of the convolution, of each sequence
  gate, a, inputs = __torch__.recurrent.mixer_inputs(
      x.reshape([-1, x.size(-1)]), w, s, spans, annotate(List[int], []))
  h = __torch__.recurrent.scan_all(a, inputs, s[0::2], spans)
  return __torch__.recurrent.mixer_output(gate, h, w).to(dtype=6).view(x.size())
