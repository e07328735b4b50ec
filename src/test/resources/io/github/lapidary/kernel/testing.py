# Kernels that tests need.

def fill(x: Tensor, numbers: Tensor, first: List[int]) -> Tensor:
  # x [K, S, H]: fills the positions from first on with numbers [T], in place
  x[:, first[0]:first[0] + numbers.size(0)] = numbers.view([1, -1, 1])
  return x

def mismatched(x: Tensor) -> Tensor:
  return x + torch.ones([x.numel() + 1])

def slow(x: Tensor, w: List[List[Tensor]], rounds: List[int]) -> Tensor:
  # takes a while
  y = x
  for i in range(rounds[0]):
    y = torch.tanh(torch.linear(y, w[0][0]))
  return y

def product(x: Tensor, weight: Tensor) -> Tensor:
  # x [..., I], weight [O, I] float32 -> [..., O]: with the weight in bfloat16
  return __torch__.linear.project(x, [weight.to(dtype=15)])

def packed_product(x: Tensor, weight: Tensor) -> Tensor:
  # the same, with the weight in the layout that is multiplied fastest
  return __torch__.linear.project(x, [__torch__.packing.pack(weight.to(dtype=15))])

def recurrent_gradients(x: Tensor, w: List[List[Tensor]], spans: List[int], eps: float, g: Tensor) -> Tensor:
  # all gradients of a recurrent layer, one after another
  sums = annotate(List[Tensor], [])
  for group in w:
    for weight in group:
      _0 = torch.append(sums, torch.zeros(weight.size()))
  none = annotate(List[Tensor], [])
  all = annotate(List[int], [])
  flat = [__torch__.griffin.recurrent_gradients(x, w, none, spans, eps, all, g, sums).reshape([-1])]
  next = 0
  for group in w:
    for weight in group:
      if weight.requires_grad:
        _1 = torch.append(flat, sums[next].view([-1]))
      next = next + 1
  return torch.cat(flat)

def competition(x: Tensor, w: List[List[Tensor]], before: bool, threshold: float, coefficient: float, routing: List[Tensor],
                groups: List[int]) -> Tensor:
  # what a gate makes of tokens in training: probabilities, weights, experts and slots, [R, E + 6]
  logits = __torch__.experts.logits(x, w[0], groups[0])
  p = torch.softmax(logits, -1)
  g, i, slots = __torch__.experts.compete(logits, p, before, threshold, coefficient, 0., routing, groups)
  return torch.cat([p, g, i.to(dtype=6), slots.to(dtype=6)], 1)
