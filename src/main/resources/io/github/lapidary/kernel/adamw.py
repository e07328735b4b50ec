# AdamW (Loshchilov and Hutter, arXiv 1711.05101) in PyTorch's formula. w weights, g gradients, m and v
# their moments, n of each, all float32.

def norms(g: List[Tensor]) -> Tensor:
  # Euclidean norms [n]
  return torch.stack(torch._foreach_norm(g))

def zero(g: List[Tensor]) -> Tensor:
  for i in range(len(g)):
    _0 = torch.zero_(g[i])
  return g[0]

def update(w: List[Tensor], g: List[Tensor], m: List[Tensor], v: List[Tensor], t: List[Tensor], numbers: List[float],
           decay: float, divisor: Optional[Tensor]) -> int:
  if len(w) > 0:
    _0 = torch._fused_adamw_(w, g, m, v, annotate(List[Tensor], []), t, lr=numbers[0], beta1=numbers[1], beta2=numbers[2], weight_decay=decay, eps=numbers[3], amsgrad=False, maximize=False, grad_scale=divisor)
  return len(w)

def step(w: List[Tensor], g: List[Tensor], m: List[Tensor], v: List[Tensor], numbers: Tensor, counts: List[int]) -> Tensor:
  # m = b1 m + (1 - b1) g, v = b2 v + (1 - b2) g^2,
  # w = (1 - lr decay) w - lr (m / (1 - b1^t)) / (sqrt(v / (1 - b2^t)) + eps), all in place; then
  # gradients are zeros. numbers is [lr, b1, b2, eps, decay, what gradients are divided by], counts how
  # many weights decay, the first ones, and the number t of this update for each weight.
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
