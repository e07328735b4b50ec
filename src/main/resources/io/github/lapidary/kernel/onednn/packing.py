# The layout of weights in memory, for CPUs: bfloat16 in oneDNN's own blocks. What is not packed is
# multiplied with a single row faster as a vector.

def product(x: Tensor, weight: Tensor) -> Tensor:
  # x [..., I], weight [O, I] of the same type -> [..., O]
  if weight.is_mkldnn:
    y = ops.mkldnn._linear_pointwise(x, weight, None, "none", annotate(List[Optional[number]], []), "")
  else:
    if torch.__and__(weight.dtype == 15, x.numel() == x.size(-1)):
      y = torch.mv(weight, x.reshape([-1])).view(torch.add(x.size()[:-1], [weight.size(0)]))
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
