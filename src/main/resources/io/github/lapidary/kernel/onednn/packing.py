# The layout of weights in memory, for CPUs: bfloat16 in oneDNN's own blocks.

def product(x: Tensor, weight: Tensor) -> Tensor:
  # x [..., I], weight [O, I] of the same type -> [..., O]
  if weight.is_mkldnn:
    y = ops.mkldnn._linear_pointwise(x, weight, None, "none", annotate(List[Optional[number]], []), "")
  else:
    y = torch.linear(x, weight)
  return y

def pack(weight: Tensor) -> Tensor:
  # the layout that is multiplied fastest; shape and type stay
  if weight.dtype == 15:
    y = ops.mkldnn._reorder_linear_weight(weight, 1)
  else:
    y = weight
  return y
