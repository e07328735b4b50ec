# AdamW (Loshchilov and Hutter, arXiv 1711.05101) in PyTorch's formula. w weights, g gradients, m and v
# their moments, n of each; those of a weight are of its type, float32 or bfloat16.

def norm(g: Tensor) -> Tensor:
  # the Euclidean norm [] float32, of bfloat16 by pieces of float32 copies
  if g.dtype == 6:
    y = torch.linalg_vector_norm(g)
  else:
    pieces = torch.split(g.view([-1]), 1048576)
    norms = annotate(List[Tensor], [])
    for i in range(len(pieces)):
      _0 = torch.append(norms, torch.linalg_vector_norm(pieces[i].to(dtype=6)))
    y = torch.linalg_vector_norm(torch.stack(norms))
  return y

def norms(g: List[Tensor]) -> Tensor:
  # those of all [n]
  y = annotate(List[Tensor], [])
  for i in range(len(g)):
    _0 = torch.append(y, __torch__.adamw.norm(g[i]))
  return torch.stack(y)

def zero(g: List[Tensor]) -> Tensor:
  for i in range(len(g)):
    _0 = torch.zero_(g[i])
  return g[0]

def of_type(x: List[Tensor], dtype: int) -> List[Tensor]:
  y = annotate(List[Tensor], [])
  for i in range(len(x)):
    if x[i].dtype == dtype:
      _0 = torch.append(y, x[i])
  return y

def update_type(w: List[Tensor], g: List[Tensor], m: List[Tensor], v: List[Tensor], t: List[Tensor], numbers: List[float],
                decay: float, divisor: Optional[Tensor]) -> int:
  # weights of one type; the engine computes in float32
  if len(w) > 0:
    _0 = torch._fused_adamw_(w, g, m, v, annotate(List[Tensor], []), t, lr=numbers[0], beta1=numbers[1], beta2=numbers[2], weight_decay=decay, eps=numbers[3], amsgrad=False, maximize=False, grad_scale=divisor)
  return len(w)

def update(w: List[Tensor], g: List[Tensor], m: List[Tensor], v: List[Tensor], t: List[Tensor], numbers: List[float],
           decay: float, divisor: Optional[Tensor]) -> int:
  types = [6, 15]
  for i in range(2):
    own = annotate(List[Tensor], [])
    for k in range(len(w)):
      if w[k].dtype == types[i]:
        _0 = torch.append(own, t[k])
    _1 = __torch__.adamw.update_type(
        __torch__.adamw.of_type(w, types[i]), __torch__.adamw.of_type(g, types[i]), __torch__.adamw.of_type(m, types[i]),
        __torch__.adamw.of_type(v, types[i]), own, numbers, decay, divisor)
  return len(w)

def step(w: List[Tensor], g: List[Tensor], m: List[Tensor], v: List[Tensor], numbers: Tensor, counts: List[int]) -> Tensor:
  # m = b1 m + (1 - b1) g, v = b2 v + (1 - b2) g^2,
  # w = (1 - lr decay) w - lr (m / (1 - b1^t)) / (sqrt(v / (1 - b2^t)) + eps), all in place; then
  # gradients are zeros. numbers is [lr, b1, b2, eps, decay, what gradients are divided by], counts how
  # many weights decay, the first ones, and the number t of this update for each weight.
  for i in range(len(w)):
    if not w[i].is_contiguous():
      ops.prim.RaiseException("The parts of a weight lie apart in their file, where they cannot be trained: load the model with experts in memory.")
  values = annotate(List[float], [])
  for i in range(4):
    _0 = torch.append(values, float(numbers[i]))
  divisor = annotate(Optional[Tensor], None)
  if float(numbers[5]) != 1.:
    divisor = torch.full([1], float(numbers[5]), dtype=6, device=w[0].device)
  t = annotate(List[Tensor], [])
  for i in range(len(w)):
    _1 = torch.append(t, torch.full([], float(counts[i + 1]), dtype=6, device=w[0].device))
  k = counts[0]
  _2 = __torch__.adamw.update(w[:k], g[:k], m[:k], v[:k], t[:k], values, float(numbers[4]), divisor)
  _3 = __torch__.adamw.update(w[k:], g[k:], m[k:], v[k:], t[k:], values, 0., divisor)
  for i in range(len(w)):
    # The engine's function does not count as a change of the weight, but this, of no element, does.
    _4 = torch.zero_(torch.slice(w[i].view([-1]), 0, 0, 0))
  return __torch__.adamw.zero(g)
