# Products with weights. The format of the weights is decided here, by the tensors themselves.
# I inputs, O outputs.

# w, the weights of a product, is [weight [O, I], maybe bias [O]], and maybe a copy of the weight in the
# layout that is multiplied fastest and the version of the weight that it was made of, [].

def matrix(w: List[Tensor]) -> Tensor:
  # what is multiplied with: the copy, as long as the weight is what it was
  y = w[0]
  if len(w) > 2:
    if int(w[-1]) == torch._version(y):
      y = w[-2]
  return y

def bias(w: List[Tensor]) -> Optional[Tensor]:
  y = annotate(Optional[Tensor], None)
  if len(w) % 2 == 0:
    y = w[1]
  return y

def linear(x: Tensor, w: List[Tensor]) -> Tensor:
  # x [..., I] -> [..., O] in the type of the weight
  return __torch__.packing.product(x.to(dtype=w[0].dtype), __torch__.linear.matrix(w), __torch__.linear.bias(w))

def gelu(x: Tensor, w: List[Tensor]) -> Tensor:
  # the tanh form of GELU of it
  return __torch__.packing.gelu(x.to(dtype=w[0].dtype), __torch__.linear.matrix(w), __torch__.linear.bias(w))

def activated(x: Tensor, w: List[Tensor], activation: str) -> Tensor:
  # relu, silu or the tanh form of GELU of it
  if activation == "relu":
    y = __torch__.packing.relu(x.to(dtype=w[0].dtype), __torch__.linear.matrix(w), __torch__.linear.bias(w))
  elif activation == "silu":
    y = torch.silu(__torch__.linear.linear(x, w))
  else:
    y = __torch__.linear.gelu(x, w)
  return y

def gated(x: Tensor, gate: List[Tensor], up: List[Tensor]) -> Tensor:
  # gelu(gate x) * up x, [..., I] -> [..., O] in the type of the weights
  x = x.to(dtype=up[0].dtype)
  y = __torch__.linear.gelu(x, gate)
  return __torch__.packing.scaled_product(x, __torch__.linear.matrix(up), __torch__.linear.bias(up), y)

def block_diagonal(x: Tensor, w: List[Tensor]) -> Tensor:
  # each block of x times a matrix of its own, plus bias: x [..., N*I], w [weight [N, I, O],
  # bias [N, O]] -> [..., N*O] in the type of the weight
  weight, bias = w
  N, I, O = weight.size()
  blocks = x.to(dtype=weight.dtype).reshape([-1, N, I]).transpose(0, 1)  # [N, R, I]
  y = torch.baddbmm(torch.unsqueeze(bias, 1), blocks, weight)  # [N, R, O]
  return y.transpose(0, 1).reshape(torch.add(x.size()[:-1], [N * O]))

def block_diagonal_alone(x: Tensor, w: List[List[Tensor]]) -> Tensor:
  return __torch__.linear.block_diagonal(x, w[0]).to(dtype=6)

def project(x: Tensor, w: List[Tensor]) -> Tensor:
  # the same in float32, as it leaves the kernels
  return __torch__.linear.linear(x, w).to(dtype=6)

def project_alone(x: Tensor, w: List[List[Tensor]]) -> Tensor:
  return __torch__.linear.project(x, w[0])
