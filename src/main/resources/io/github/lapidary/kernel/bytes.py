# Products of integers from -127 to 127, for which no processor is fast in general.

def is_exact() -> bool:
  # whether product is exact, and worth the memory that packed weights take
  return False

def pack(w: Tensor) -> Tensor:
  # w [O, I] int8 in the layout that is multiplied
  return w

def product(x: Tensor, w: List[Tensor], units: Tensor) -> Tensor:
  # x [R, I] float32, the packed parts of w [O, I], what each of its rows is multiplied by, [O] float32
  # -> [R, O] float32
  parts = annotate(List[Tensor], [])
  for i in range(len(w)):
    _0 = torch.append(parts, torch.linear(x, w[i].to(dtype=6)))
  return torch.cat(parts, 1) * units
