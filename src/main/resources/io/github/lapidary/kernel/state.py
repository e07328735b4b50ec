# What layers remember, on its way to a file and back: as bytes, since Java's side of the engine knows
# no bfloat16. x is [A, B, ...]; a piece is x[a, begin:end], all of its elements in order.

def piece(x: Tensor, place: List[int]) -> Tensor:
  # place is [a, begin, end] -> its bytes [n] uint8, in memory of their own
  a, begin, end = place
  y = torch.clone(x[a, begin:end], memory_format=0)
  return torch.empty([0], dtype=0, device=x.device).set_(y, 0, [y.numel() * torch.element_size(y)], [1])

def put(x: Tensor, bytes: Tensor, place: List[int]) -> Tensor:
  # writes the bytes [n] uint8 of a piece, in place
  a, begin, end = place
  y = x[a, begin:end]
  z = torch.empty([0], dtype=x.dtype, device=x.device).set_(bytes, 0, [y.numel()], [1])
  return torch.copy_(y, z.view(y.size()))
