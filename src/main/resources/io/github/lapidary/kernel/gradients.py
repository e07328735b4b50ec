# Gradients without DJL's collector: a pass asks for those of its own pieces and sums them up.

def leaf(x: Tensor) -> Tensor:
  # the same numbers, where a graph begins
  return torch.detach(x).requires_grad_(True)

def add(y: List[Tensor], x: Tensor, w: List[Tensor], dy: Tensor, g: List[Tensor]) -> Tensor:
  # y was computed from x and the weights w: a result, whose gradient is dy, and maybe losses [].
  # Gradients of the weights that require one are added to g; that of x is returned.
  of_y = annotate(List[Optional[Tensor]], [dy])
  for i in range(1, len(y)):
    _0 = torch.append(of_y, torch.ones_like(y[i]))
  inputs = [x]
  for i in range(len(w)):
    if w[i].requires_grad:
      _1 = torch.append(inputs, w[i])
  gradients = torch.grad(y, inputs, of_y, False, False, False)
  next = 1
  for i in range(len(w)):
    if w[i].requires_grad:
      _2 = torch.add_(g[i], unchecked_cast(Tensor, gradients[next]))
      next = next + 1
  return unchecked_cast(Tensor, gradients[0])

def add_rows(g: Tensor, ids: Tensor, rows: Tensor) -> Tensor:
  # adds rows [R, M] float32 to those of g [V, M] that the ids [R] name, some of them often: then g, if
  # it is bfloat16, gets their sum, as of many small numbers it would lose the last
  if g.dtype == rows.dtype:
    y = torch.index_add_(g, 0, ids, rows)
  else:
    named, places, _0 = torch._unique2(ids, True, True, False)
    sums = torch.zeros([named.size(0), rows.size(1)], dtype=rows.dtype, device=rows.device)
    sums = torch.index_add_(sums, 0, places, rows)
    y = torch.index_add_(g, 0, named, sums.to(dtype=g.dtype))
  return y

def deliver(y: Tensor, w: List[Tensor], g: List[Tensor]) -> Tensor:
  # y [], such that its gradients in the weights w are g
  p = torch.zeros([], device=y.device)
  for i in range(len(w)):
    p = p + torch.dot(w[i].view([-1]), g[i].view([-1]))
  return y + (p - torch.detach(p))
