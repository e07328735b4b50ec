# The layout of weights in memory, for any device: as they are.

def product(x: Tensor, weight: Tensor, bias: Optional[Tensor]) -> Tensor:
  # x [..., I], weight [O, I] and bias [O] of the same type -> [..., O]
  return torch.linear(x, weight, bias)

def gelu(x: Tensor, weight: Tensor, bias: Optional[Tensor]) -> Tensor:
  # the tanh form of GELU of the product, [..., I] -> [..., O]
  return torch.gelu(torch.linear(x, weight, bias), approximate="tanh")

def relu(x: Tensor, weight: Tensor, bias: Optional[Tensor]) -> Tensor:
  # the product where it is positive, else 0, [..., I] -> [..., O]
  return torch.relu_(torch.linear(x, weight, bias))

def scaled_product(x: Tensor, weight: Tensor, bias: Optional[Tensor], factors: Tensor) -> Tensor:
  # the product, element by element times factors [..., O], [..., I] -> [..., O]
  return torch.linear(x, weight, bias) * factors

def row_unit(weight: Tensor) -> int:
  # a product is fastest for a multiple of so many rows
  return 1

def pack(weight: Tensor) -> Tensor:
  # the layout that is multiplied fastest; shape and type stay
  return weight
