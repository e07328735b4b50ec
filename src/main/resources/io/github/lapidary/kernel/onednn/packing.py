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

def gated(x: Tensor, gate: List[Tensor], up: List[Tensor]) -> Tensor:
  # gelu(gate x) * up x with the tanh form of GELU, [..., M] -> [..., F]; in the products themselves
  # where oneDNN makes both
  if torch.__and__(gate[0].is_mkldnn, len(gate) + len(up) == 2):
    x = x.to(dtype=gate[0].dtype)
    y = ops.mkldnn._linear_pointwise(x, gate[0], None, "gelu", annotate(List[Optional[number]], []), "tanh")
    y = ops.mkldnn._linear_pointwise(x, y, up[0], None, "mul")
  else:
    y = torch.gelu(__torch__.linear.linear(x, gate), approximate="tanh") * __torch__.linear.linear(x, up)
  return y

def pack(weight: Tensor) -> Tensor:
  # the layout that is multiplied fastest; shape and type stay
  if weight.dtype == 15:
    y = ops.mkldnn._reorder_linear_weight(weight, 1)
  else:
    y = weight
  return y
