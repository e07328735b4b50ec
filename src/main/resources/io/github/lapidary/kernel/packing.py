# The layout of weights in memory, for any device: as they are.

def product(x: Tensor, weight: Tensor) -> Tensor:
  # x [..., I], weight [O, I] of the same type -> [..., O]
  return torch.linear(x, weight)

def pack(weight: Tensor) -> Tensor:
  # the layout that is multiplied fastest; shape and type stay
  return weight
