# Kernels that tests need.

def fill(x: Tensor, numbers: Tensor, first: List[int]) -> Tensor:
  # x [K, S, H]: fills the positions from first on with numbers [T], in place
  x[:, first[0]:first[0] + numbers.size(0)] = numbers.view([1, -1, 1])
  return x

def mismatched(x: Tensor) -> Tensor:
  return x + torch.ones([x.numel() + 1])

def slow(x: Tensor, w: List[List[Tensor]], rounds: List[int]) -> Tensor:
  # takes a while
  y = x
  for i in range(rounds[0]):
    y = torch.tanh(torch.linear(y, w[0][0]))
  return y

def product(x: Tensor, weight: Tensor) -> Tensor:
  # x [..., I], weight [O, I] float32 -> [..., O]: with the weight in bfloat16
  return __torch__.linear.project(x, [weight.to(dtype=15)])

def packed_product(x: Tensor, weight: Tensor) -> Tensor:
  # the same, with the weight in the layout that is multiplied fastest
  return __torch__.linear.project(x, [__torch__.packing.pack(weight.to(dtype=15))])

def competition(x: Tensor, w: List[List[Tensor]], before: bool, threshold: float, coefficient: float, routing: List[Tensor],
                groups: List[int]) -> Tensor:
  # what a gate makes of tokens in training: probabilities, weights, experts and slots, [R, E + 6]
  logits = __torch__.experts.logits(x, w[0], groups[0])
  p = torch.softmax(logits, -1)
  g, i, slots = __torch__.experts.compete(logits, p, before, threshold, coefficient, 0., routing, groups)
  return torch.cat([p, g, i.to(dtype=6), slots.to(dtype=6)], 1)

def attend(q: Tensor, keys: Tensor, values: Tensor, numbers: List[int]) -> Tensor:
  # q [T, N, H], keys and values [K, S, H], numbers [type, window, softcap] -> [T, N*H] float32
  type, W, softcap = numbers
  y = __torch__.attention.attend(q, keys.to(dtype=type), values.to(dtype=type), W, 0.25, float(softcap))
  return y.to(dtype=6)

def packed_products(x: Tensor, weight: Tensor, type: List[int]) -> Tensor:
  # x [R, 1, I], weight [O, I] float32 -> [R, 1, 4 O]: packed in that type with a bias of 1, the product, relu
  # and gelu of it, and it times the relu
  w = __torch__.packing.pack(weight.to(dtype=type[0]))
  x = x.to(dtype=type[0])
  bias = torch.ones([weight.size(0)], dtype=type[0])
  relu = __torch__.packing.relu(x, w, bias)
  parts = [__torch__.packing.product(x, w, bias), relu, __torch__.packing.gelu(x, w, bias),
    __torch__.packing.scaled_product(x, w, bias, relu)]
  return torch.cat(parts, 2).to(dtype=6)

def bytes_product(x: Tensor, weight: Tensor) -> Tensor:
  # x [R, I] and weight [O, I] float32, integers from -127 to 127 -> [R, O], the weight in two parts
  parts = annotate(List[Tensor], [])
  for w in torch.split(weight.to(dtype=1), weight.size(0) - 100):
    _0 = torch.append(parts, __torch__.bytes.pack(w))
  return __torch__.bytes.product(x, parts, torch.ones([weight.size(0)], dtype=6))
