# The layout of weights in memory, for any device: as they are.

def product(x: Tensor, weight: Tensor) -> Tensor:
  # x [..., I], weight [O, I] of the same type -> [..., O]
  return torch.linear(x, weight)

def gated(x: Tensor, gate: List[Tensor], up: List[Tensor]) -> Tensor:
  # gelu(gate x) * up x with the tanh form of GELU, [..., M] -> [..., F]
  return torch.gelu(__torch__.linear.linear(x, gate), approximate="tanh") * __torch__.linear.linear(x, up)

def pack(weight: Tensor) -> Tensor:
  # the layout that is multiplied fastest; shape and type stay
  return weight
