# Questions to a processor.

def error(x: Tensor, w: Tensor) -> Tensor:
  # how far a packed bfloat16 product is from the float32 one, relative to its size
  exact = torch.linear(x, w)
  weight = __torch__.packing.pack(w.to(dtype=15))
  y = __torch__.linear.project(x, [weight])
  return torch.max(torch.abs(y - exact)) / torch.max(torch.abs(exact))

def product(x: Tensor, w: Tensor) -> Tensor:
  return __torch__.linear.linear(x, [w])

def packed(w: Tensor) -> Tensor:
  return __torch__.packing.pack(w.to(dtype=15))
