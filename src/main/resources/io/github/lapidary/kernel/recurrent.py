# The recurrent mixer of Griffin (arXiv 2402.19427): convolution, RG-LRU and their gate.
# R rows, T tokens of one sequence, M width of the stream, W width of the recurrence, D inputs of the
# convolution.
# A state has two slots: a pass reads the one that its span names and writes the other. At position
# 0 nothing is read.

def convolve(x: Tensor, before: Tensor, taps: Tensor, bias: Tensor) -> Tensor:
  # y_t = bias + sum_d taps_d x_(t - D + 1 + d): x [T, W], the inputs before it [D - 1, W],
  # taps [D, W], bias [W] -> [T, W] float32
  T = x.size(0)
  inputs = torch.cat([before, x]).to(dtype=6)  # [D - 1 + T, W]
  y = bias
  for d in range(taps.size(0)):
    y = torch.addcmul(y, inputs[d:d + T], taps[d])
  return y

def convolution(x: Tensor, w: List[Tensor], s: List[Tensor], spans: List[int]) -> Tensor:
  # x [R, W], w [weight [W, 1, D], bias [W]] -> [R, W] float32; s is [2, D - 1, W] of each sequence
  weight, bias = w
  W, one, D = weight.size()
  taps = weight.view([W, D]).t().contiguous()  # [D, W]
  outputs = annotate(List[Tensor], [])
  row = 0
  for i in range(len(spans) // 3):
    T = spans[3 * i]
    part = x[row:row + T]
    before = torch.zeros([D - 1, W], dtype=x.dtype, device=x.device)
    if len(s) > 0:
      slot = spans[3 * i + 2]
      if spans[3 * i + 1] > 0:
        before = s[i][slot]
      s[i][1 - slot] = torch.cat([before, part])[T:]
    _0 = torch.append(outputs, __torch__.recurrent.convolve(part, before, taps, bias))
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
  # h_t = a_t h_(t-1) + x_t, token by token: a and x [T, W], h [W] before the first -> [T, W].
  # x is overwritten.
  decays = torch.unbind(a)
  states = torch.unbind(x)
  if h is not None:
    _0 = torch.addcmul_(states[0], decays[0], h)
  for t in range(1, len(states)):
    _1 = torch.addcmul_(states[t], decays[t], states[t - 1])
  return x

def chunked(x: Tensor, C: int) -> Tensor:
  # [T, W] -> [n, C, W], zeros after the end
  T, W = x.size()
  n = (T + C - 1) // C
  if T < n * C:
    x = torch.constant_pad_nd(x, [0, 0, 0, n * C - T])
  return x.view([n, C, W])

def scan_linear(a: Tensor, x: Tensor) -> Tensor:
  # the same from no state, where autograd sees x, but nothing of a: chunks of C tokens side by
  # side, then what each hands on to the next
  C = 64
  T, W = x.size()
  products = torch.clone(__torch__.recurrent.chunked(a, C))  # [n, C, W]
  factors = torch.unbind(products, 1)
  decays = torch.unbind(__torch__.recurrent.chunked(a, C), 1)
  inputs = torch.unbind(__torch__.recurrent.chunked(x, C), 1)
  h = inputs[0]  # [n, W]
  states = [h]
  for t in range(1, C):
    _0 = torch.mul_(factors[t], factors[t - 1])
    h = torch.addcmul(inputs[t], decays[t], h)
    _1 = torch.append(states, h)
  ends = torch.unbind(h)
  through = torch.unbind(factors[C - 1])
  h = torch.zeros_like(ends[0])  # [W]
  carried = [h]
  for j in range(len(ends) - 1):
    h = torch.addcmul(ends[j], through[j], h)
    _2 = torch.append(carried, h)
  y = torch.addcmul(torch.stack(states, 1), products, torch.unsqueeze(torch.stack(carried), 1))
  return y.view([-1, W])[:T]

def scan_recorded(a: Tensor, x: Tensor) -> Tensor:
  # the same from no state, with a reverse pass of its own: of a gradient g of the states,
  # d_t = g_t + a_(t+1) d_(t+1) is that of x_t and d_t h_(t-1) that of a_t. So what autograd sees is
  # linear in x, with a as constants; a joins x as a term that is zero, but has its gradient.
  decays = torch.detach(a)
  h = __torch__.recurrent.scan(decays, torch.clone(torch.detach(x)), None)
  before = torch.cat([torch.zeros_like(h[:1]), h[:-1]])
  return __torch__.recurrent.scan_linear(decays, torch.addcmul(x, a - decays, before))

def first_rows(spans: List[int]) -> List[int]:
  # the rows at position 0
  rows = annotate(List[int], [])
  row = 0
  for i in range(len(spans) // 3):
    if spans[3 * i + 1] == 0:
      _0 = torch.append(rows, row)
    row = row + spans[3 * i]
  return rows

def rg_lru(x: Tensor, recurrent_param: List[Tensor], input_gate: List[Tensor], recurrent_gate: List[Tensor],
           s: List[Tensor], spans: List[int]) -> Tensor:
  # a_t = exp(-8 softplus(recurrent_param) sigmoid(recurrent_gate(x_t))),
  # h_t = a_t h_(t-1) + sqrt(1 - a_t^2) (x_t sigmoid(input_gate(x_t))); at position 0 the factors are
  # 0 and 1. x [R, W] float32 -> [R, W] float32; s is h [2, W] of each sequence, float32.
  recurrence = torch.sigmoid(__torch__.linear.block_diagonal(x, recurrent_gate).to(dtype=6))
  log_a = recurrence * (torch.softplus(recurrent_param[0]) * -8.)  # [R, W]
  scale = __torch__.recurrent.bounded_root(torch.neg(torch.expm1(log_a * 2.)))
  rows = __torch__.recurrent.first_rows(spans)
  if len(rows) > 0:
    scale = torch.index_fill(scale, 0, torch.tensor(rows, dtype=4, device=x.device), 1.)
  gated = x * torch.sigmoid(__torch__.linear.block_diagonal(x, input_gate).to(dtype=6)) * scale
  a = torch.exp(log_a)
  outputs = annotate(List[Tensor], [])
  row = 0
  for i in range(len(spans) // 3):
    T = spans[3 * i]
    decay = a[row:row + T]
    inputs = gated[row:row + T]
    if len(s) > 0:
      slot = spans[3 * i + 2]
      before = annotate(Optional[Tensor], None)
      if spans[3 * i + 1] > 0:
        before = s[i][slot]
      y = __torch__.recurrent.scan(decay, inputs, before)
      s[i][1 - slot] = y[T - 1]
    else:
      if gated.requires_grad:
        y = __torch__.recurrent.scan_recorded(decay, inputs)
      else:
        y = __torch__.recurrent.scan(decay, inputs, None)
    _0 = torch.append(outputs, y)
    row = row + T
  return __torch__.attention.joined(outputs, 0)

def rg_lru_alone(x: Tensor, w: List[List[Tensor]], s: List[Tensor], spans: List[int]) -> Tensor:
  # the same of [..., W]
  recurrent_param, input_gate, recurrent_gate = w
  rows = x.reshape([-1, x.size(-1)])
  return __torch__.recurrent.rg_lru(rows, recurrent_param, input_gate, recurrent_gate, s, spans).view(x.size())

def mixer(x: Tensor, w: List[List[Tensor]], s: List[Tensor], spans: List[int]) -> Tensor:
  # linear_out(rg_lru(conv_1d(linear_x x)) * gelu(linear_y x)), [..., M] -> [..., M]; s is the state
  # of the RG-LRU and that of the convolution, of each sequence
  linear_y, linear_x, conv_1d, rg_lru, input_gate, recurrent_gate, linear_out = w
  rows = x.reshape([-1, x.size(-1)])
  h = __torch__.linear.linear(rows, linear_x)  # [R, W]
  h = __torch__.recurrent.convolution(h, conv_1d, s[1::2], spans)
  h = __torch__.recurrent.rg_lru(h, rg_lru, input_gate, recurrent_gate, s[0::2], spans)
  y = __torch__.linear.linear(h * __torch__.linear.gelu(rows, linear_y), linear_out)
  return y.view(x.size())

def mixer_alone(x: Tensor, w: List[List[Tensor]], s: List[Tensor], spans: List[int]) -> Tensor:
  # the same in float32, as it leaves the kernels
  return __torch__.recurrent.mixer(x, w, s, spans).to(dtype=6)
