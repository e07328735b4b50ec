# The layout of weights in memory, for CPUs: oneDNN's own blocks. What is not packed is
# multiplied with a single row faster as a vector, up to a width: of several larger ones, some took
# twice as long that way.

def filled(x: Tensor, weight: Tensor) -> Tensor:
  # x [..., I] or, with few rows, [n, I]: these again and again, until the product is fastest. With a
  # weight of less than 4 MB that gains nothing.
  R = x.numel() // x.size(-1)
  n = __torch__.engine.fewest_rows()
  if torch.__and__(R < n, weight.numel() * x.element_size() >= 4000000):
    times = (n + R - 1) // R
    x = x.reshape([1, R, x.size(-1)]).expand([times, R, x.size(-1)]).reshape([times * R, x.size(-1)])
  return x

def cut(y: Tensor, x: Tensor) -> Tensor:
  # what belongs to rows of x [..., I] of the product y of filled ones -> [..., O]
  R = x.numel() // x.size(-1)
  if R * y.size(-1) < y.numel():
    y = torch.narrow(y, 0, 0, R).view(torch.add(x.size()[:-1], [y.size(-1)]))
  return y

def activated(x: Tensor, weight: Tensor, bias: Optional[Tensor], activation: str, form: str) -> Tensor:
  # the product with a packed weight and a function of it that oneDNN makes, [..., I] -> [..., O]
  y = ops.mkldnn._linear_pointwise(
      __torch__.packing.filled(x, weight), weight, bias, activation, annotate(List[Optional[number]], []), form)
  return __torch__.packing.cut(y, x)

def product(x: Tensor, weight: Tensor, bias: Optional[Tensor]) -> Tensor:
  # x [..., I], weight [O, I] and bias [O] of the same type -> [..., O]
  if weight.is_mkldnn:
    y = __torch__.packing.activated(x, weight, bias, "none", "")
  else:
    vector = torch.__and__(x.numel() == x.size(-1), x.size(-1) <= 2048)
    vector = torch.__and__(vector, __torch__.engine.multiplies_vectors_well())
    if torch.__and__(weight.dtype == 15, vector):
      y = torch.mv(weight, x.reshape([-1])).view(torch.add(x.size()[:-1], [weight.size(0)]))
      if bias is not None:
        y = y + bias
    else:
      y = torch.linear(x, weight, bias)
  return y

def gelu(x: Tensor, weight: Tensor, bias: Optional[Tensor]) -> Tensor:
  # the tanh form of GELU of the product, [..., I] -> [..., O]; in the product itself where oneDNN
  # makes it
  if weight.is_mkldnn:
    y = __torch__.packing.activated(x, weight, bias, "gelu", "tanh")
  else:
    y = torch.gelu(__torch__.packing.product(x, weight, bias), approximate="tanh")
  return y

def relu(x: Tensor, weight: Tensor, bias: Optional[Tensor]) -> Tensor:
  # the product where it is positive, else 0, [..., I] -> [..., O]
  if weight.is_mkldnn:
    y = __torch__.packing.activated(x, weight, bias, "relu", "")
  else:
    y = torch.relu_(__torch__.packing.product(x, weight, bias))
  return y

def scaled_product(x: Tensor, weight: Tensor, bias: Optional[Tensor], factors: Tensor) -> Tensor:
  # the product, element by element times factors [..., O], [..., I] -> [..., O]
  if weight.is_mkldnn:
    y = ops.mkldnn._linear_pointwise(
        __torch__.packing.filled(x, weight), __torch__.packing.filled(factors, weight), weight, bias, "mul")
    y = __torch__.packing.cut(y, x)
  else:
    y = __torch__.packing.product(x, weight, bias) * factors
  return y

def row_unit(weight: Tensor) -> int:
  # a product is fastest for a multiple of so many rows: oneDNN compiles one anew for each number of
  # rows, and multiplies in tiles
  unit = 1
  if weight.is_mkldnn:
    unit = __torch__.engine.rows_at_once()
  return unit

def pack(weight: Tensor) -> Tensor:
  # the layout that is multiplied fastest; shape and type stay
  if torch.__or__(weight.dtype == 15, weight.dtype == 6):
    y = ops.mkldnn._reorder_linear_weight(weight, 1)
  else:
    y = weight
  return y
