# Cross-entropy of the next token, where the logits are made, which never exist as a whole.
# Labels are ids, or -100 where a row counts for nothing. R rows, n labelled rows at a time, V
# vocabulary in slices of C, M width.

def labelled(labels: Tensor) -> Tensor:
  # the rows that count
  return torch.nonzero(labels != -100).view([-1])

def logits(x: Tensor, e: Tensor, softcap: float) -> Tensor:
  # x [n, M], a slice e [C, M] -> [n, C] float32
  return __torch__.embedding.capped(__torch__.linear.project(x, [e]), softcap)

def of_labels(x: Tensor, e: Tensor, softcap: float) -> Tensor:
  # each row's logit of its label, x [n, M], e [n, M] -> [n, 1], rounded as the others are
  y = torch.sum(x.to(dtype=e.dtype).to(dtype=6) * e.to(dtype=6), [1], True).to(dtype=e.dtype).to(dtype=6)
  return __torch__.embedding.capped(y, softcap)

def cross_entropy(x: Tensor, w: List[List[Tensor]], labels: Tensor, input_scale: float, softcap: float) -> Tensor:
  # -log softmax(logits)[label] of each row, 0 where none counts: x [R, M], w [[[V, M]]], labels [R]
  # -> [R]; the softmax is summed up slice by slice
  e = w[0][0]
  x = __torch__.embedding.scaled(x, input_scale)
  rows = __torch__.loss.labelled(labels)
  losses = torch.zeros([x.size(0)], dtype=6, device=x.device)
  N = 256
  parts = torch.split(rows, N)
  slices = torch.split(e, 8192)
  for k in range(len(parts)):
    part = parts[k]
    h = torch.index_select(x, 0, part)  # [n, M]
    ids = torch.index_select(labels, 0, part)
    total = torch.full([part.size(0)], -inf, dtype=6, device=x.device)
    for i in range(len(slices)):
      total = torch.logaddexp(total, torch.logsumexp(__torch__.loss.logits(h, slices[i], softcap), [1]))
    own = __torch__.loss.of_labels(h, torch.index_select(e, 0, ids), softcap)
    _0 = torch.index_copy_(losses, 0, part, total - own.view([-1]))
  return losses

def chunk_gradients(x: Tensor, e: Tensor, labels: Tensor, g: Tensor, numbers: Tensor, softcap: float) -> Tuple[Tensor, Tensor]:
  # the losses and log-sum-exps [2, n] of rows x [n, M], and the gradient in x of the sum of loss +
  # z log-sum-exp^2 times scale, numbers [scale, z]; that in e is added to g [V, M], if e requires one.
  # The logits l become the numerators of the softmax, p = exp(l - m) (with a cap times its slope),
  # which are kept till the denominators are known; m is the largest l of the row up to this slice.
  C = 8192
  m = torch.full([x.size(0), 1], -1e30, dtype=6, device=x.device)
  z = torch.zeros_like(m)
  numerators = annotate(List[Tensor], [])
  largest = annotate(List[Tensor], [])
  slices = torch.split(e, C)
  for i in range(len(slices)):
    l = __torch__.loss.logits(x, slices[i], softcap)
    n = torch.maximum(m, torch.amax(l, [1], True))
    p = torch.exp(l - n)
    z = torch.addcmul(torch.sum(p, [1], True), z, torch.exp(m - n))
    if softcap > 0.:
      p = p * __torch__.loss.slope(l, softcap)
    _0 = torch.append(numerators, p.to(dtype=e.dtype))
    _1 = torch.append(largest, n)
    m = n
  own = torch.index_select(e, 0, labels)
  l = __torch__.loss.of_labels(x, own, softcap)
  total = torch.log(z) + m  # [n, 1]
  scale = numbers[0]
  weight = scale.expand_as(z)
  if softcap > 0.:
    weight = weight * __torch__.loss.slope(l, softcap)
  of_total = (total * (numbers[1] * 2.) + 1.) * scale
  dx = own.to(dtype=6) * torch.neg(weight)
  sums = torch.split(g, C)
  for i in range(len(slices)):
    factor = torch.exp(largest[i] - m) / z * of_total
    dx = torch.addcmul(dx, torch.mm(numerators[i], slices[i]).to(dtype=6), factor)
    if e.requires_grad:
      _2 = __torch__.loss.add_product(sums[i], numerators[i].t(), (x * factor).to(dtype=e.dtype))
  if e.requires_grad:
    _3 = __torch__.gradients.add_rows(g, labels, x * torch.neg(weight))
  return (torch.cat([total - l, total], 1).t(), dx)

def slope(l: Tensor, softcap: float) -> Tensor:
  # the derivative of a capped logit l
  return torch.neg(torch.square(l / softcap)) + 1.

def add_product(y: Tensor, a: Tensor, b: Tensor) -> Tensor:
  # y + a b in place
  if a.dtype == y.dtype:
    y = torch.addmm_(y, a, b)
  else:
    y = torch.add_(y, torch.mm(a, b))
  return y

def gradients(x: Tensor, w: List[List[Tensor]], labels: Tensor, g: Tensor, numbers: Tensor, losses: Tensor,
              input_scale: float, softcap: float) -> Tensor:
  # the same and the log-sum-exps, kept in losses [2, R], and the gradient in x of the sum of loss +
  # z log-sum-exp^2 times scale, numbers [scale, z] -> [R, M]; that in the weight is added to g [V, M],
  # if the weight requires one
  e = torch.detach(w[0][0]).requires_grad_(w[0][0].requires_grad)
  x = __torch__.embedding.scaled(torch.detach(x), input_scale)
  dx = torch.zeros_like(x)
  # as many rows at a time as keep 128 MB of numerators, but not so few that products become slow
  N = max(64, min(1024, 134217728 // (e.size(0) * torch.element_size(e))))
  parts = torch.split(__torch__.loss.labelled(labels), N)
  for k in range(len(parts)):
    part = parts[k]
    own, d = __torch__.loss.chunk_gradients(
        torch.index_select(x, 0, part), e, torch.index_select(labels, 0, part), g, numbers, softcap)
    _0 = torch.index_copy_(losses, 1, part, own)
    _1 = torch.index_copy_(dx, 0, part, d)
  return __torch__.embedding.scaled(dx, input_scale)
