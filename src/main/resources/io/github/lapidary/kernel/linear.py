# Products with weights. The format of the weights is decided here, by the tensors themselves.
# I inputs, O outputs.

def linear(x: Tensor, w: List[Tensor]) -> Tensor:
  # x [..., I], w [weight [O, I], maybe bias [O]] -> [..., O] in the type of the weight
  weight = w[0]
  y = __torch__.packing.product(x.to(dtype=weight.dtype), weight)
  if len(w) > 1:
    y = y + w[1].to(dtype=weight.dtype)
  return y

def project(x: Tensor, w: List[Tensor]) -> Tensor:
  # the same in float32, as it leaves the kernels
  return __torch__.linear.linear(x, w).to(dtype=6)

def project_alone(x: Tensor, w: List[List[Tensor]]) -> Tensor:
  return __torch__.linear.project(x, w[0])
